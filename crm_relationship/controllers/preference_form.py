"""What the customer's form asks for: only what differs from what the page showed.

The form carries the values it was shown with (``was_…``). A value that was not touched
is not written, so two changes at the same moment do not undo each other.

Pages that were opened before version 19.0.1.3.0 have a form for each section; they send
the same values, one section at a time.
"""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.exceptions import ValidationError

from ..models.base.figures import format_count

WORDS_LIMIT = 500
PAUSE_LIMIT = relativedelta(years=3)
PAUSES = {
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "quarter": relativedelta(months=3),
}
CONSENTS = ("consent_relationship", "consent_selling")


def read_words(env, form, section):
    """Return what the customer wrote in the free text of a section.

    :raises ValidationError: when it is longer than what we keep
    """
    words = form.get(f"{section}_words", form.get("words")) or ""
    words = words.replace("\x00", "").strip()
    if len(words) > WORDS_LIMIT:
        raise ValidationError(
            env._(
                "Your text is too long: %(length)s characters, and at most %(limit)s"
                " can be kept. Please shorten it.",
                length=format_count(env, len(words)),
                limit=format_count(env, WORDS_LIMIT),
            )
        )
    return words


def read_channels(partner, form):
    """Return the changes of preferred and refused channels."""
    offered = partner._get_portal_touchpoints()
    commands, refused = [], partner.refused_touchpoint_ids & offered
    for touchpoint in offered:
        shown = form.get(f"was_{touchpoint.id}")
        wanted = "1" if form.get(f"may_{touchpoint.id}") else "0"
        if shown is None or shown == wanted:
            continue
        if wanted == "1":
            commands.append(Command.unlink(touchpoint.id))
            refused -= touchpoint
        else:
            commands.append(Command.link(touchpoint.id))
            refused |= touchpoint
    vals = {"refused_touchpoint_ids": commands} if commands else {}
    preferred = partner.preferred_touchpoint_id
    if form.get("preferred") not in (None, form.get("was_preferred", "")):
        preferred = _find(offered, form.get("preferred"))
    if preferred in refused:
        # A refusal is the stronger wish.
        preferred = preferred.browse()
    if preferred != partner.preferred_touchpoint_id:
        vals["preferred_touchpoint_id"] = preferred.id
    return vals


def read_window(partner, form):
    """Return the change of the hours in which to contact the person."""
    if form.get("window") in (None, form.get("was_window", "")):
        return {}
    window = _find(partner._get_portal_windows(), form.get("window"))
    return {"contact_window_id": window.id}


def _find(records, text):
    """Return the record that a form's text names; an empty text means none of them."""
    if not text:
        return records.browse()
    found = records.filtered(lambda record: str(record.id) == text)
    if not found:
        raise ValidationError(
            records.env._(
                "This choice is not offered any more. Please choose again from the page"
                " as it is now."
            )
        )
    return found


def read_consents(form):
    """Return ``{field name: state}`` of the consents that were changed."""
    return {
        name: form[name]
        for name in CONSENTS
        if form.get(name) in ("granted", "refused")
        and form[name] != form.get(f"was_{name}")
    }


def read_pause(env, form, today):
    """Return the change of the pause; none where nothing was chosen.

    :param date today: where the customer lives
    :raises ValidationError: when the day is not a date, is in the past or too far away,
        or when a length was chosen and a day given as well
    """
    choice, day = form.get("pause"), (form.get("until") or "").strip()
    if choice == "end":
        return {"contact_snooze_until": False}
    if choice in PAUSES:
        if day:
            raise ValidationError(
                env._(
                    "You chose a length and gave a day as well. Please clear the day,"
                    " or choose “Until the day below”."
                )
            )
        return {"contact_snooze_until": today + PAUSES[choice]}
    if choice != "until" and not day:
        return {}
    return {"contact_snooze_until": _read_day(env, day, today)}


def _read_day(env, text, today):
    try:
        until = date.fromisoformat(text)
    except ValueError:
        until = None
    earliest, latest = today + timedelta(days=1), today + PAUSE_LIMIT
    if not until or not earliest <= until <= latest:
        raise ValidationError(
            env._(
                "Please give a day between tomorrow and three years from now. To hear"
                " nothing for longer, choose “Stop everything”."
            )
        )
    return until


def find_unsent(env, form, sent):
    """Return what the customer wrote for a button that was not the one pressed.

    :param set sent: the sections that were sent
    :return: ``{section: what to do about it}``
    """
    hints = {
        "stop": env._(
            "You wrote why you do not want to hear from us, and have not stopped it"
            " yet. To do so, press “Stop everything”."
        ),
        "erasure": env._(
            "You wrote something about erasing your data, and have not asked for it"
            " yet. To do so, press “Ask for erasure”."
        ),
    }
    return {
        section: hint
        for section, hint in hints.items()
        if section not in sent and (form.get(f"{section}_words") or "").strip()
    }
