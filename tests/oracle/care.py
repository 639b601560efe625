"""The state of care of one customer, told from the facts in the plainest way.

Written from the page for managers, not from the addon: one customer at a time, in
Python, without a query.
"""

import datetime
from dataclasses import dataclass, field

from dateutil.relativedelta import relativedelta

LAWFUL_WAIT = {"snoozed", "complaint_open", "relationship_first", "step_first"}
MOVED = LAWFUL_WAIT | {"too_frequent", "outside_window"}
FAULTS = {"no_plan", "no_staff", "no_channel", "absent", "over_capacity", "overdue"}
LATE = datetime.timedelta(days=7)
EXCLUDED = {"do_not_contact", "other_company", "no_consent"}


@dataclass(frozen=True)
class Pending:
    """An interaction that is scheduled or in a queue."""

    day: datetime.date
    due: datetime.date
    kind: str = "relationship"
    reason: str | None = None
    in_queue: bool = False
    by_system: bool = False
    retry: datetime.date | None = None


@dataclass(frozen=True)
class Closed:
    """The last interaction that was done, missed or skipped."""

    skipped: bool
    kind: str
    reason: str | None


@dataclass(frozen=True)
class Customer:
    """What is known of a customer."""

    today: datetime.date
    served: bool
    has_plan: bool
    months: int
    days: int
    refuses: bool
    elsewhere: bool
    pause: datetime.date | None
    consents: dict
    """Kinds of interaction that the customer, or the company's policy, allows."""
    live: bool
    last: datetime.date | None
    closed: Closed | None
    pending: list[Pending] = field(default_factory=list)


def care(customer):
    """Return (state, reason, until)."""
    reason, until = _why(customer)
    if reason in EXCLUDED:
        return "excluded", reason, None
    if reason in FAULTS:
        return "fault", reason, None
    if reason:
        return "deferred", reason, until
    rhythm = relativedelta(months=customer.months, days=customer.days)
    if customer.last and customer.last + rhythm >= customer.today:
        return "in_time", None, None
    return "planned", None, None


def _why(customer):
    barred = _barred(customer)
    if barred in EXCLUDED:
        return barred, None
    if not barred:
        if not customer.pending and not customer.has_plan:
            return "no_plan", None
        if not customer.served:
            return "no_staff", None
        if not customer.pending:
            return "no_plan", None
    if customer.pause and customer.pause > customer.today:
        return "snoozed", customer.pause
    if barred:
        return "no_channel", None
    return _when(customer)


def _barred(customer):
    """Return what bars every interaction: a reason of ``EXCLUDED`` or "channel"."""
    if customer.refuses:
        return "do_not_contact"
    if customer.elsewhere:
        return "other_company"
    closed = customer.closed
    if not (closed and closed.skipped) or closed.reason == "already_sent":
        return None
    if closed.reason == "do_not_contact":
        return None  # nobody says so any more
    if closed.reason == "no_consent":
        open_kinds = {p.kind for p in customer.pending if customer.consents[p.kind]}
        return None if open_kinds - {closed.kind} else "no_consent"
    return closed.reason if closed.reason in EXCLUDED else "channel"


def _when(customer):
    today = customer.today
    pending = sorted(customer.pending, key=lambda p: p.day)
    late = [p for p in pending if p.day < today]
    coming = [p.day for p in pending if p.day >= today]
    put_off = {p.reason for p in pending if _is_put_off(p, pending[0].day)}
    for reason in ("absent", "over_capacity"):
        if reason in put_off:
            return reason, None
    if not late:
        return _moved(pending)
    if any(not _waits(p, customer.live) for p in late):
        return "overdue", None
    reason = "preview" if _held(late[0], customer.live) else late[0].reason
    retries = [p.retry for p in pending if p.reason == "snoozed" and p.retry]
    until = min(coming) if coming else max(retries, default=None)
    if reason == "preview" or (until and until >= today):
        return reason, until
    return "overdue", None


def _is_put_off(interaction, first):
    """Tell whether the next one waits for somebody's return or time, for too long."""
    if interaction.reason == "over_capacity" and interaction.in_queue:
        return False
    return interaction.day == first and first > interaction.due + LATE


def _held(interaction, live):
    return not live and interaction.by_system


def _waits(interaction, live):
    if interaction.in_queue:
        return False
    return _held(interaction, live) or interaction.reason in LAWFUL_WAIT


def _moved(pending):
    for interaction in pending:
        if interaction.day > pending[0].day:
            break
        if interaction.reason in MOVED and interaction.day > interaction.due:
            return interaction.reason, interaction.day
    return None, None
