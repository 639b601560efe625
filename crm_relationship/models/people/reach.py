"""How a salesperson reaches somebody: a button for each channel, and what it opens.

A call opens the phone, WhatsApp the conversation, SMS and email Odoo's composers, a
visit the map. Nothing is sent that nobody has read before.
"""

from urllib.parse import quote

from odoo.exceptions import UserError

from ..base.told import tell
from ..ledger.address import lacks_address, word_missing
from ..touch.crm_touchpoint import CHANNEL_ICONS

# what a button can open
ICONS = {
    kind: CHANNEL_ICONS[kind] for kind in ("call", "whatsapp", "sms", "email", "visit")
}
OPEN_LINK = "crm_relationship.open_link"
# https://developers.google.com/maps/documentation/urls: a phone opens its own map.
MAP_URL = "https://www.google.com/maps/search/?api=1&query="


def get_buttons(person, own=None):
    """Return what the buttons of a person show, in the order of the channels.

    :param own: the ``crm.touchpoint`` that is planned, if any
    :return: ``[{"kind", "name", "icon", "missing", "own"}]``
    """
    env = person.env
    # sudo: channels are no secret
    in_use = env["crm.touchpoint"]._get_in_use().sudo()
    first = {kind: those[:1] for kind, those in in_use.grouped("kind").items()}
    own_kind = own.kind if own else None  # read by now, with all others
    return [
        {
            "kind": kind,
            "name": touchpoint.name,
            "icon": ICONS[kind],
            "missing": _word_refusal(person, touchpoint) or _word_lack(person, kind),
            "own": kind == own_kind,
        }
        for kind, touchpoint in first.items()
        if kind in ICONS
        and (kind != "visit" or kind == own_kind or not _word_lack(person, kind))
    ]


def _word_refusal(person, touchpoint):
    """Return that a person does not want to be reached so, False if nothing says it."""
    if person.do_not_contact:
        return person.env._("Not to be contacted")
    return touchpoint in person.refused_touchpoint_ids and person.env._("Refused")


def _word_lack(person, kind):
    """Return what is missing to reach a person so, False if nothing is."""
    if kind == "visit":
        known = person.street or person.city
        return not known and person.env._("No street or city")
    return lacks_address(person, kind) and word_missing(person.env, kind)


def check_kind(env, kind):
    """Refuse what is no button.

    :raises UserError: in words
    """
    if not isinstance(kind, str) or kind not in ICONS:
        raise UserError(
            env._(
                "Nobody can be reached through “%(value)s”. Use one of the buttons.",
                value=str(kind)[:80],
            )
        )


def get_obstacle(person, kind):
    """Return the sentence that says why a button opens nothing, if so."""
    missing = _word_lack(person, kind)
    return missing and person.env._(
        "%(missing)s: add it to %(contact)s, or use another channel.",
        missing=missing,
        contact=person.display_name,
    )


def open_link(url, then=None, is_new_tab=True):
    """Return the action that opens a link on the device, and goes on.

    Odoo's own knows links of the web only, and nothing after them.

    :param dict then: the action that follows
    """
    return {
        "type": "ir.actions.client",
        "tag": OPEN_LINK,
        "params": {
            "url": url,
            "target": "_blank" if is_new_tab else "_self",
            "next": then,
        },
    }


def call(person, then):
    """Return the action that dials."""
    number = person.phone_sanitized or person.phone
    return open_link(f"tel:{''.join(number.split())}", then, is_new_tab=False)


def show_map(person):
    """Return the action that shows the way to a person."""
    return open_link(MAP_URL + quote(get_address(person)))


def get_address(person):
    """Return the address of a person in one line."""
    address = person._display_address(without_company=True)
    return ", ".join(filter(None, map(str.strip, address.splitlines())))


def warn(message, then):
    """Return the action that tells what is in the way, and goes on."""
    return tell(message, then, "warning")


def compose(env, model, title, values):
    """Return the action that opens one of Odoo's composers, filled in.

    The message is rendered here and now, so that the placeholders know what it is
    about.

    :param str model: of the composer
    :param str title: of the dialog: what is written, and to whom
    """
    composer = env[model].create(values)
    return {
        "type": "ir.actions.act_window",
        "name": title,
        "res_model": model,
        "res_id": composer.id,
        "views": [(False, "form")],
        "target": "new",
    }


def write_sms(person, values):
    return compose(
        person.env,
        "sms.composer",
        person.env._("SMS to %s", person.display_name),
        {
            "composition_mode": "comment",
            "res_model": "res.partner",
            "res_id": person.id,
            **({} if values.get("template_id") else {"body": ""}),
            **values,
        },
    )


def _get_subject(person):
    """Return what to write above an email without a template, in the person's words."""
    env = person.with_context(lang=person.lang).env
    return env._("A message from %s", env.company.name)


def write_email(person, values):
    return compose(
        person.env,
        "mail.compose.message",
        person.env._("Email to %s", person.display_name),
        {
            "composition_mode": "comment",
            "model": "res.partner",
            "res_ids": repr(person.ids),
            "partner_ids": person.ids,
            # Odoo's own would be the name of whoever gets it
            **({} if values.get("template_id") else {"subject": _get_subject(person)}),
            **values,
        },
    )
