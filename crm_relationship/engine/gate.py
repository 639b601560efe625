"""The gate before every interaction, human or automated: is it allowed, or from when?

One decision on plain values, the same when an interaction is released and when it is
sent. The customer's refusals come first, then the rules of the method, then the moment.
All moments are naive datetimes in UTC, as Odoo stores them; a day is 24 hours.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from .caps import Spans, next_free, next_lawful, spans
from .windows import Window

OK = "ok"
REASONS = (
    "archived",
    "other_company",
    "do_not_contact",
    "snoozed",
    "no_consent",
    "channel_refused",
    "blacklisted",
    "no_address",
    "complaint_open",
    "relationship_first",
    "too_frequent",
    "outside_window",
    "quiet_hours",
    "outside_work",
    OK,
)
"""In the order in which they are checked: the first that applies is the answer."""

MINUTE = timedelta(minutes=1)

KINDS = frozenset(("relationship", "selling", "service"))

# Named tuples for what is created for each decision, because they are created fast.


class Contact(NamedTuple):
    """What is to be done."""

    kind: str
    """relationship, selling or service"""
    channel: Hashable
    """Compared with the channels that the customer refused."""
    objective: str | None = None
    """relationship, retention, recovery, referral or None; no rule depends on it."""
    blacklisted: bool = False
    """The address of this channel is on a blacklist that applies to this contact."""
    has_address: bool = True
    """There is a valid address, where the channel needs one."""
    relationship_first: bool = True
    """False when a program sets the rule "relationship before selling" aside."""
    address: Hashable = None
    """The kind of address that this channel uses, if any."""
    work: Window | None = None
    """When the person who does it works, on that person's clock; None: at any time."""
    turn: timedelta = timedelta(0)
    """How long after hours open, or a pause ends, its turn comes.

    What waits together for a moment does not all leave at it. It is still within the
    hours, where these are short.
    """


class Wishes(NamedTuple):
    """What the person wants, and whether there is still a person to contact."""

    archived: bool = False
    other_company: bool = False
    """The person is a customer of another company alone."""
    do_not_contact: bool = False
    snooze_until: datetime | None = None
    """The first moment after the pause."""
    consent_relationship: str = "unknown"
    consent_selling: str = "unknown"
    """unknown, granted or refused"""
    refused: frozenset = frozenset()
    """Channels."""
    window: Window | None = None
    """None: at any time."""
    closed: frozenset = frozenset()
    """Kinds of address that somebody who shares them does not want to be used."""
    closed_to_selling: frozenset = frozenset()
    """The same, for selling only."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of a company; make one and use it for many decisions."""

    consent_required: frozenset[str] = frozenset()
    """Kinds that need a granted consent (opt-in); for others only a refusal counts.

    Service needs none, in it or not.
    """
    selling_window: Window | None = None
    """When selling is allowed, on the customer's clock; None: at any time."""
    waking_window: Window | None = None
    """When there are no quiet hours, on the customer's clock; None: at any time.

    Whoever named own hours is contacted in these instead.
    """
    min_relationship_contacts: int = 2
    """Relationship interactions that must be done between two selling ones."""
    days_after_follow_up: int = 0
    """From the first follow-up after the last purchase to the next selling."""
    caps: tuple[tuple[int, int], ...] = ()
    """``(count, days)``: at most ``count`` interactions in any ``days`` days."""
    spans: Spans = field(init=False, repr=False, compare=False)
    pause: timedelta = field(init=False, repr=False, compare=False)
    """``days_after_follow_up`` as a length of time."""

    def __post_init__(self):
        """Refuse rules that make no sense, and prepare the caps.

        :raises ValueError: when a kind, number or cap is invalid
        """
        if unknown := set(self.consent_required) - KINDS:
            raise ValueError(f"There is no kind of contact {min(unknown)!r}.")
        if self.min_relationship_contacts < 0 or self.days_after_follow_up < 0:
            raise ValueError("A number of contacts or days cannot be negative.")
        object.__setattr__(self, "spans", spans(self.caps))
        object.__setattr__(self, "pause", timedelta(days=self.days_after_follow_up))


class History(NamedTuple):
    """What happened between the company and the customer, and what is planned."""

    contacts: tuple[datetime, ...] = ()
    """Past and planned interactions in ascending order, without service ones.

    The interaction that is decided about must not be among them.
    """
    relationship_since_selling: int = 0
    """Relationship interactions done since the last selling one."""
    last_purchase_follow_up: datetime | None = None
    """When the first follow-up after the last purchase was made."""
    purchase_pending_follow_up: bool = False
    """There was a purchase whose first follow-up is not made yet."""
    open_complaint: bool = False


class Decision(NamedTuple):
    """The answer: one of ``REASONS``, and from when the interaction is allowed."""

    reason_code: str
    earliest: datetime | None
    """The first moment at which the answer would be ok if nothing but time changed.

    After an opening, that of its turn. None when waiting does not help, or not within
    400 days.
    """

    @property
    def allowed(self) -> bool:
        """Whether the interaction may take place at the moment asked about."""
        return self.reason_code == OK


def decide(
    contact: Contact,
    when: datetime,
    wishes: Wishes,
    policy: Policy,
    history: History,
) -> Decision:
    """Return whether ``contact`` is allowed at ``when``, else why not and from when.

    :raises ValueError: when the kind of interaction is unknown
    :raises OverflowError: in the first and last days of the calendar
    """
    if wishes.archived:
        return Decision("archived", None)
    if wishes.other_company:
        return Decision("other_company", None)
    if wishes.do_not_contact:
        return Decision("do_not_contact", None)
    lasting = _lasting_reason(contact, wishes, policy, history)
    snooze = wishes.snooze_until
    if snooze is not None and when < snooze:
        reason = "snoozed"
    elif lasting:
        return Decision(lasting, None)
    else:
        reason = _passing_reason(contact, when, wishes, policy, history)
        if reason == OK:
            return Decision(OK, when)
    if lasting:
        return Decision(reason, None)
    return Decision(reason, _earliest(contact, when, wishes, policy, history))


def _lasting_reason(
    contact: Contact, wishes: Wishes, policy: Policy, history: History
) -> str | None:
    """Return the first reason that does not go away by waiting."""
    kind = contact.kind
    if kind == "selling":
        consent = wishes.consent_selling
    elif kind == "relationship":
        consent = wishes.consent_relationship
    elif kind == "service":
        consent = "granted"
    else:
        raise ValueError(f"There is no kind of contact {kind!r}.")
    if consent != "granted" and (
        consent == "refused" or kind in policy.consent_required
    ):
        return "no_consent"
    if (
        contact.channel in wishes.refused
        or contact.address in wishes.closed
        or (kind == "selling" and contact.address in wishes.closed_to_selling)
    ):
        return "channel_refused"
    if contact.blacklisted:
        return "blacklisted"
    if not contact.has_address:
        return "no_address"
    if kind == "selling":
        return _lasting_selling_reason(contact, policy, history)
    return None


def _lasting_selling_reason(
    contact: Contact, policy: Policy, history: History
) -> str | None:
    """Return why the method does not allow selling before something else is done."""
    if history.open_complaint:
        return "complaint_open"
    if contact.relationship_first and (
        history.purchase_pending_follow_up
        or history.relationship_since_selling < policy.min_relationship_contacts
    ):
        return "relationship_first"
    return None


def _passing_reason(
    contact: Contact,
    when: datetime,
    wishes: Wishes,
    policy: Policy,
    history: History,
) -> str:
    """Return the first reason that goes away with time, except the snooze, or "ok"."""
    kind = contact.kind
    if kind == "selling":
        start = _selling_start(contact, policy, history)
        if start is not None and when < start:
            return "relationship_first"
    if kind != "service":
        contacts = history.contacts
        for count, span in policy.spans:
            if next_free(when, contacts, count, span) != when:
                return "too_frequent"
    window = wishes.window
    if window is not None and not window.is_open(when):
        return "outside_window"
    if kind == "selling":
        window = policy.selling_window
        if window is not None and not window.is_open(when):
            return "outside_window"
    waking = _waking_window(wishes, policy)
    if waking is not None and not waking.is_open(when):
        return "quiet_hours"
    if contact.work is not None and not contact.work.is_open(when):
        return "outside_work"
    return OK


def _waking_window(wishes: Wishes, policy: Policy) -> Window | None:
    """Return outside which hours everybody is left in peace, if there are any."""
    return policy.waking_window if wishes.window is None else None


def _selling_start(
    contact: Contact, policy: Policy, history: History
) -> datetime | None:
    """Return from when the follow-up of the last purchase is long enough ago."""
    follow_up = history.last_purchase_follow_up
    if follow_up is None or not contact.relationship_first:
        return None
    return follow_up + policy.pause


def _earliest(
    contact: Contact,
    when: datetime,
    wishes: Wishes,
    policy: Policy,
    history: History,
) -> datetime | None:
    """Return the first moment at or after ``when`` that no temporary reason forbids."""
    kind = contact.kind
    starts = [wishes.snooze_until]
    windows = [wishes.window, _waking_window(wishes, policy), contact.work]
    if kind == "selling":
        starts.append(_selling_start(contact, policy, history))
        windows.append(policy.selling_window)
    windows = [window for window in windows if window is not None]
    lawful = partial(
        next_lawful,
        contacts=history.contacts,
        caps=() if kind == "service" else policy.spans,
        windows=windows,
    )
    start = max((start for start in starts if start is not None), default=when)
    moment = lawful(when, not_before=start)
    if moment is None or not contact.turn:
        return moment
    before = moment - MINUTE
    opens = moment == start or any(not hours.is_open(before) for hours in windows)
    return _take_turn(moment, contact.turn, lawful) if opens else moment


def _take_turn(
    opening: datetime, turn: timedelta, lawful: Callable[..., datetime | None]
) -> datetime:
    """Return when the turn comes after an opening, earlier where hours are short."""
    while turn >= MINUTE:
        if lawful(opening + turn) == opening + turn:
            return opening + turn
        turn /= 2
    return opening
