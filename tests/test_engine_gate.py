"""The gate, rule by rule: each reason, their order, and from when each is gone."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from crm_relationship.engine.gate import (
    REASONS,
    Contact,
    Decision,
    History,
    Policy,
    Wishes,
    decide,
)
from crm_relationship.engine.windows import Window, zone
from engine_questions import REGULATED_SELLING_HOURS

CALL, MAIL = "call", "mail"
WHEN = datetime(2026, 5, 12, 3, 0)
"""A Tuesday, ten in the morning in Jakarta."""
DAY = timedelta(days=1)
JAKARTA = zone("Asia/Jakarta")
EVENING = Window((((17 * 60, 20 * 60),),) * 7, JAKARTA)
REGULATED = Window(REGULATED_SELLING_HOURS, JAKARTA)

RELATIONSHIP = Contact("relationship", CALL)
SELLING = Contact("selling", CALL)
SERVICE = Contact("service", CALL)
BALANCED = History(relationship_since_selling=2)


def ask(
    contact=RELATIONSHIP,
    when=WHEN,
    wishes=Wishes(),  # noqa: B008 - a value, it cannot change
    policy=Policy(),  # noqa: B008
    history=BALANCED,
):
    """Return the decision, where nothing forbids anything that is not passed."""
    return decide(contact, when, wishes, policy, history)


@pytest.mark.parametrize("contact", [RELATIONSHIP, SELLING, SERVICE])
def test_nothing_forbids(contact):
    decision = ask(contact)
    assert decision == ("ok", WHEN)
    assert decision.allowed


def test_a_kind_that_does_not_exist():
    with pytest.raises(ValueError, match="'sales'"):
        ask(Contact("sales", CALL))


# ----------------------------------------------------------------------
# Reasons that bind every kind
# ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["relationship", "selling", "service"])
@pytest.mark.parametrize(
    ("code", "contact", "wishes"),
    [
        ("archived", {}, {"archived": True}),
        ("other_company", {}, {"other_company": True}),
        ("do_not_contact", {}, {"do_not_contact": True}),
        ("channel_refused", {}, {"refused": frozenset((CALL,))}),
        ("blacklisted", {"blacklisted": True}, {}),
        ("no_address", {"has_address": False}, {}),
    ],
)
def test_lasting_reasons(kind, code, contact, wishes):
    decision = ask(Contact(kind, CALL, **contact), wishes=Wishes(**wishes))
    assert decision == (code, None)
    assert not decision.allowed


@pytest.mark.parametrize("contact", [RELATIONSHIP, SELLING, SERVICE])
def test_snooze(contact):
    wishes = Wishes(snooze_until=WHEN + DAY)
    assert ask(contact, wishes=wishes) == ("snoozed", WHEN + DAY)
    assert ask(contact, WHEN + DAY, wishes).allowed


@pytest.mark.parametrize("contact", [RELATIONSHIP, SELLING, SERVICE])
def test_the_customers_own_window(contact):
    opening = datetime(2026, 5, 12, 10, 0)
    wishes = Wishes(window=EVENING)
    assert ask(contact, wishes=wishes) == ("outside_window", opening)
    assert ask(contact, opening, wishes).allowed


def test_another_channel_than_the_refused_one():
    wishes = Wishes(refused=frozenset((CALL,)))
    assert ask(Contact("relationship", MAIL), wishes=wishes).allowed


def test_a_window_without_any_opening():
    never = Window(((),) * 7, JAKARTA)
    assert ask(wishes=Wishes(window=never)) == ("outside_window", None)


# ----------------------------------------------------------------------
# Consent
# ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consent", "opt_in", "allowed"),
    [
        ("unknown", False, True),
        ("granted", False, True),
        ("refused", False, False),
        ("unknown", True, False),
        ("granted", True, True),
        ("refused", True, False),
    ],
)
@pytest.mark.parametrize("kind", ["relationship", "selling"])
def test_consent(kind, consent, opt_in, allowed):
    decision = ask(
        Contact(kind, CALL),
        wishes=Wishes(**{f"consent_{kind}": consent}),
        policy=Policy(consent_required=frozenset((kind,) if opt_in else ())),
    )
    assert decision == (("ok", WHEN) if allowed else ("no_consent", None))


def test_refusing_selling_silences_nothing_else():
    wishes = Wishes(consent_selling="refused")
    assert ask(SELLING, wishes=wishes).reason_code == "no_consent"
    assert ask(RELATIONSHIP, wishes=wishes).allowed
    assert ask(SERVICE, wishes=wishes).allowed


def test_service_needs_no_consent():
    wishes = Wishes(consent_relationship="refused", consent_selling="refused")
    policy = Policy(consent_required=frozenset(("relationship", "selling", "service")))
    assert ask(SERVICE, wishes=wishes, policy=policy).allowed


# ----------------------------------------------------------------------
# The method: complaints, relationship first, caps
# ----------------------------------------------------------------------


def test_a_complaint_stops_selling_only():
    history = BALANCED._replace(open_complaint=True)
    assert ask(SELLING, history=history) == ("complaint_open", None)
    assert ask(RELATIONSHIP, history=history).allowed
    assert ask(SERVICE, history=history).allowed


@pytest.mark.parametrize(
    ("history", "earliest"),
    [
        ({"relationship_since_selling": 1}, None),
        ({"purchase_pending_follow_up": True}, None),
        ({"last_purchase_follow_up": WHEN - DAY}, WHEN + 2 * DAY),
        (
            {"relationship_since_selling": 1, "last_purchase_follow_up": WHEN - DAY},
            None,
        ),
    ],
)
def test_relationship_before_selling(history, earliest):
    history = BALANCED._replace(**history)
    policy = Policy(days_after_follow_up=3)
    assert ask(SELLING, policy=policy, history=history) == (
        "relationship_first",
        earliest,
    )
    overridden = SELLING._replace(relationship_first=False)
    for contact in (RELATIONSHIP, SERVICE, overridden):
        assert ask(contact, policy=policy, history=history).allowed


def test_selling_once_the_pause_is_over():
    history = BALANCED._replace(last_purchase_follow_up=WHEN - 3 * DAY)
    assert ask(SELLING, policy=Policy(days_after_follow_up=3), history=history).allowed


def test_a_program_may_set_the_balance_aside_but_not_a_complaint():
    contact = SELLING._replace(relationship_first=False)
    history = History(open_complaint=True)
    assert ask(contact, history=history).reason_code == "complaint_open"


@pytest.mark.parametrize("contact", [RELATIONSHIP, SELLING])
def test_too_frequent(contact):
    history = BALANCED._replace(contacts=(WHEN - 6 * DAY, WHEN - DAY))
    policy = Policy(caps=((2, 7),))
    assert ask(contact, policy=policy, history=history) == ("too_frequent", WHEN + DAY)
    assert ask(contact, WHEN + DAY, policy=policy, history=history).allowed
    assert ask(SERVICE, policy=policy, history=history).allowed


def test_planned_contacts_count():
    history = BALANCED._replace(contacts=(WHEN + DAY, WHEN + 2 * DAY))
    decision = ask(policy=Policy(caps=((2, 7),)), history=history)
    assert decision == ("too_frequent", WHEN + 8 * DAY)


def test_a_cap_of_none():
    assert ask(policy=Policy(caps=((0, 7),))) == ("too_frequent", None)


def test_selling_hours_bind_selling_only():
    saturday_evening = datetime(2026, 5, 16, 12, 0)
    policy = Policy(selling_window=REGULATED)
    assert ask(SELLING, saturday_evening, policy=policy) == (
        "outside_window",
        datetime(2026, 5, 18, 1, 0),
    )
    assert ask(RELATIONSHIP, saturday_evening, policy=policy).allowed
    assert ask(SERVICE, saturday_evening, policy=policy).allowed


def test_both_windows_must_be_open():
    """Evenings from 17 to 20 and selling until 18 leave one hour."""
    decision = ask(
        SELLING, wishes=Wishes(window=EVENING), policy=Policy(selling_window=REGULATED)
    )
    assert decision == ("outside_window", datetime(2026, 5, 12, 10, 0))
    decision = ask(
        SELLING,
        datetime(2026, 5, 12, 11, 0),
        Wishes(window=EVENING),
        Policy(selling_window=REGULATED),
    )
    assert decision == ("outside_window", datetime(2026, 5, 13, 10, 0))


# ----------------------------------------------------------------------
# Order, and several reasons at once
# ----------------------------------------------------------------------

EVERYTHING = {
    "archived": ("wishes", {"archived": True}),
    "other_company": ("wishes", {"other_company": True}),
    "do_not_contact": ("wishes", {"do_not_contact": True}),
    "snoozed": ("wishes", {"snooze_until": WHEN + DAY}),
    "no_consent": ("wishes", {"consent_selling": "refused"}),
    "channel_refused": ("wishes", {"refused": frozenset((CALL,))}),
    "blacklisted": ("contact", {"blacklisted": True}),
    "no_address": ("contact", {"has_address": False}),
    "complaint_open": ("history", {"open_complaint": True}),
    "relationship_first": ("history", {"relationship_since_selling": 0}),
    "too_frequent": ("history", {"contacts": (WHEN,)}),
    "outside_window": ("wishes", {"window": EVENING}),
    "quiet_hours": ("policy", {"waking_window": EVENING}),
    "outside_work": ("contact", {"work": EVENING}),
}


def test_every_reason_is_covered():
    assert (*EVERYTHING, "ok") == REASONS


@pytest.mark.parametrize("first", range(len(EVERYTHING) + 1))
def test_the_first_reason_is_the_answer(first):
    given = {"contact": SELLING, "wishes": Wishes(), "history": BALANCED}
    given["policy"] = Policy(caps=((1, 1),))
    for name, values in list(EVERYTHING.values())[first:]:
        change = replace if name == "policy" else type(given[name])._replace
        given[name] = change(given[name], **values)
    decision = ask(**given)
    assert decision.reason_code == REASONS[first]


@pytest.mark.parametrize("contact", [RELATIONSHIP, SELLING, SERVICE])
def test_quiet_hours_bind_every_kind(contact):
    policy = Policy(waking_window=EVENING)
    assert ask(contact, policy=policy) == (
        "quiet_hours",
        EVENING.next_opening(WHEN),
    )


def test_whoever_named_own_hours_is_contacted_in_these():
    policy = Policy(waking_window=REGULATED)
    evening = EVENING.next_opening(WHEN) + timedelta(hours=2)
    assert not REGULATED.is_open(evening)
    assert ask(when=evening, wishes=Wishes(window=EVENING), policy=policy).allowed


def test_quiet_hours_and_working_hours_must_both_be_over():
    contact = RELATIONSHIP._replace(work=REGULATED)
    decision = ask(contact, policy=Policy(waking_window=EVENING))
    assert decision.reason_code == "quiet_hours"
    assert decision.earliest == EVENING.next_opening(WHEN)
    assert REGULATED.is_open(decision.earliest)


def test_a_snooze_does_not_promise_what_something_else_forbids():
    wishes = Wishes(snooze_until=WHEN + DAY, refused=frozenset((CALL,)))
    assert ask(wishes=wishes) == ("snoozed", None)


def test_everything_that_passes_has_passed():
    """The snooze ends within the pause, the pause in the evening, the cap at noon."""
    decision = ask(
        SELLING,
        wishes=Wishes(snooze_until=WHEN + DAY),
        policy=Policy(selling_window=REGULATED, days_after_follow_up=2, caps=((1, 3),)),
        history=BALANCED._replace(
            contacts=(WHEN + timedelta(hours=1),),
            last_purchase_follow_up=WHEN + timedelta(hours=10),
        ),
    )
    assert decision == ("snoozed", WHEN + 3 * DAY + timedelta(hours=1))


def test_an_opening_may_fall_to_a_planned_contact():
    """Free from 3:00 to 9:00 on the 13th, but closed; the evening after is taken."""
    decision = ask(
        wishes=Wishes(window=EVENING),
        policy=Policy(caps=((1, 1),)),
        history=BALANCED._replace(contacts=(WHEN, datetime(2026, 5, 14, 9, 0))),
    )
    assert decision == ("too_frequent", datetime(2026, 5, 15, 10, 0))


@pytest.mark.parametrize("caps", [((1, 3), (2, 7)), ((2, 7), (1, 3))])
def test_caps_in_any_order(caps):
    """One cap leaves the 4th to the 6th day, the other all from the 7th on."""
    history = BALANCED._replace(contacts=(WHEN, WHEN + DAY, WHEN + 9 * DAY))
    decision = ask(when=WHEN + DAY, policy=Policy(caps=caps), history=history)
    assert decision == ("too_frequent", WHEN + 12 * DAY)


def test_a_wait_of_more_than_400_days_is_none():
    wishes = Wishes(snooze_until=WHEN + 400 * DAY)
    assert ask(wishes=wishes) == ("snoozed", WHEN + 400 * DAY)
    wishes = Wishes(snooze_until=WHEN + 400 * DAY + timedelta(minutes=1))
    assert ask(wishes=wishes) == ("snoozed", None)
    wishes = Wishes(snooze_until=datetime.max, window=EVENING)
    assert ask(wishes=wishes) == ("snoozed", None)


def test_near_the_end_of_the_calendar():
    when = datetime(9999, 12, 1)
    history = BALANCED._replace(contacts=(when,))
    policy = Policy(caps=((1, 90),))
    assert ask(when=when, policy=policy, history=history) == ("too_frequent", None)


# ----------------------------------------------------------------------
# Rules that make no sense
# ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {"consent_required": frozenset(("sales",))},
        {"min_relationship_contacts": -1},
        {"days_after_follow_up": -1},
        {"caps": ((-1, 7),)},
        {"caps": ((2, 0),)},
    ],
)
def test_policy_refuses(values):
    with pytest.raises(ValueError, match="There is no|negative|is no cap"):
        Policy(**values)


def test_values_cannot_change():
    with pytest.raises(AttributeError):
        Decision("ok", WHEN).reason_code = "archived"
    with pytest.raises(AttributeError):
        Policy().caps = ((1, 1),)


# ----------------------------------------------------------------------
# Turns: what waited together does not leave at the same minute
# ----------------------------------------------------------------------

TURN = timedelta(minutes=40)


@pytest.mark.parametrize(
    "rule",
    [
        {"wishes": Wishes(window=EVENING)},
        {"policy": Policy(waking_window=EVENING)},
        {"wishes": Wishes(snooze_until=WHEN + DAY)},
        {"contact": SELLING, "policy": Policy(selling_window=EVENING)},
        {"wishes": Wishes(snooze_until=WHEN + DAY, window=EVENING)},
    ],
)
def test_its_turn_comes_after_an_opening(rule):
    opening = ask(**rule).earliest
    contact = rule.pop("contact", RELATIONSHIP)._replace(turn=TURN)
    assert ask(contact, **rule).earliest == opening + TURN
    assert ask(contact, opening + TURN, **rule).allowed


@pytest.mark.parametrize(("minutes", "turn"), [(60, 40), (40, 20), (15, 10), (1, 0)])
def test_a_turn_is_within_short_hours(minutes, turn):
    short = Window((((17 * 60, 17 * 60 + minutes),),) * 7, JAKARTA)
    decision = ask(RELATIONSHIP._replace(turn=TURN), wishes=Wishes(window=short))
    opening = short.next_opening(WHEN)
    assert opening <= decision.earliest < opening + timedelta(minutes=minutes)
    assert decision.earliest - opening <= timedelta(minutes=turn)
    assert (decision.earliest > opening) == (turn > 0)


def test_nothing_waits_for_a_turn_by_day():
    """Neither what is allowed, nor what a limit held back."""
    contact = RELATIONSHIP._replace(turn=TURN)
    assert ask(contact) == ("ok", WHEN)
    history = History((WHEN - timedelta(hours=5),))
    decision = ask(contact, policy=Policy(caps=((1, 1),)), history=history)
    assert decision == ("too_frequent", WHEN - timedelta(hours=5) + DAY)


def test_a_turn_keeps_the_limits():
    """The moment is free only for half an hour."""
    contact = RELATIONSHIP._replace(turn=TURN)
    opening = EVENING.next_opening(WHEN)
    history = History((opening + timedelta(minutes=30) + DAY,))
    wishes, policy = Wishes(window=EVENING), Policy(caps=((1, 1),))
    earliest = ask(contact, wishes=wishes, policy=policy, history=history).earliest
    assert earliest == opening + timedelta(minutes=20)
