"""The rules of the gate, said again in the plainest way, to compare the engine with.

Slow and without any of the engine's own steps: a moment is put on the customer's clock
by the standard library, a cap is counted window by window, and the next lawful moment
is looked for minute by minute.
"""

from datetime import timedelta, timezone

MINUTE = timedelta(minutes=1)


def is_open(window, moment):
    """Tell whether a window is open at a moment in UTC."""
    local = moment.replace(tzinfo=timezone.utc).astimezone(window.tz)
    if local.date() in window.closed:
        return False
    if any(start <= moment < end for start, end in window.shut):
        return False
    minutes = local.hour * 60 + local.minute
    week = window.hours
    # as Odoo tells which of two weeks it is
    if window.second is not None and (local.toordinal() - 1) // 7 % 2:
        week = window.second
    return any(start <= minutes < end for start, end in week[local.weekday()])


def fits(contacts, moment, caps):
    """Tell whether no window that holds the moment holds too many contacts with it.

    A window that holds too many still does when it is moved on to the first of them.
    """
    together = [*contacts, moment]
    for count, days in caps:
        for start in together:
            end = start + timedelta(days=days)
            if start <= moment < end:
                if sum(start <= other < end for other in together) > count:
                    return False
    return True


def reasons(contact, when, wishes, policy, history):
    """Yield the codes of all rules that forbid a contact, in their order."""
    if wishes.archived:
        yield "archived"
    if wishes.other_company:
        yield "other_company"
    if wishes.do_not_contact:
        yield "do_not_contact"
    if wishes.snooze_until and when < wishes.snooze_until:
        yield "snoozed"
    consent = {
        "selling": wishes.consent_selling,
        "relationship": wishes.consent_relationship,
        "service": "granted",
    }[contact.kind]
    needed = (
        {"granted"}
        if contact.kind in policy.consent_required
        else {"granted", "unknown"}
    )
    if consent not in needed:
        yield "no_consent"
    closed = set(wishes.closed)
    if contact.kind == "selling":
        closed |= wishes.closed_to_selling
    if contact.channel in wishes.refused or contact.address in closed:
        yield "channel_refused"
    if contact.blacklisted:
        yield "blacklisted"
    if not contact.has_address:
        yield "no_address"
    if contact.kind == "selling":
        yield from selling_reasons(contact, when, policy, history)
    if contact.kind != "service" and not fits(history.contacts, when, policy.caps):
        yield "too_frequent"
    windows = [wishes.window]
    if contact.kind == "selling":
        windows.append(policy.selling_window)
    if not all(window is None or is_open(window, when) for window in windows):
        yield "outside_window"
    quiet = policy.waking_window and not is_open(policy.waking_window, when)
    if quiet and not wishes.window:
        yield "quiet_hours"
    if contact.work and not is_open(contact.work, when):
        yield "outside_work"


def selling_reasons(contact, when, policy, history):
    """Yield the codes of the method's rules for selling."""
    if history.open_complaint:
        yield "complaint_open"
    if not contact.relationship_first:
        return
    follow_up = history.last_purchase_follow_up
    pause = timedelta(days=policy.days_after_follow_up)
    if (
        history.relationship_since_selling < policy.min_relationship_contacts
        or history.purchase_pending_follow_up
        or (follow_up is not None and when - follow_up < pause)
    ):
        yield "relationship_first"


def reason(*arguments):
    """Return the code that `decide` should give."""
    return next(reasons(*arguments), "ok")


def minutes(start, end):
    """Return ``start`` and every full minute after it before ``end``."""
    moments = [start] if start < end else []
    moment = start.replace(second=0, microsecond=0) + MINUTE
    while moment < end:
        moments.append(moment)
        moment += MINUTE
    return moments
