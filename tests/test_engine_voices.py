"""What several records say about one person: refusals add up, whoever speaks."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_relationship.engine.voices import (
    COLLEAGUE,
    FIRM,
    OTHER,
    OWN,
    SAME,
    United,
    Voice,
    says,
    unite,
)

TODAY = date(2026, 3, 31)
LATER = TODAY + timedelta(days=9)
ADDRESS = {"mail": "email", "call": "phone", "sms": "phone", "visit": None}
MAIL = frozenset(("email",))
alike = settings(derandomize=True, deadline=None, max_examples=300)

CHANNELS = st.frozensets(st.sampled_from(sorted(ADDRESS)))
ANSWERS = st.sampled_from(("unknown", "granted", "refused"))


def voices(nearness):
    return st.builds(
        Voice,
        nearness=st.just(nearness),
        shared=st.just(frozenset())
        if nearness in (OWN, FIRM)
        else st.frozensets(st.sampled_from(("email", "phone")), min_size=1),
        do_not_contact=st.booleans(),
        pause_until=st.none() | st.dates(TODAY, LATER),
        consent_relationship=ANSWERS,
        consent_selling=ANSWERS,
        refused=CHANNELS,
        unsubscribed=st.just(frozenset())
        if nearness in (OWN, FIRM)
        else st.sampled_from((frozenset(), MAIL)),
    )


ANYBODY = st.sampled_from((FIRM, SAME, OTHER, COLLEAGUE)).flatmap(voices)
CHOIRS = st.tuples(voices(OWN), st.lists(ANYBODY, max_size=4)).map(
    lambda pair: [pair[0], *pair[1]]
)


def hear(*said):
    return unite(said, TODAY, ADDRESS.get)


def get_reachable(united, needed=("granted", "unknown")):
    """Return the pairs (kind, channel) that nobody has refused, and the last pause."""
    consents = {
        "relationship": united.consent_relationship,
        "selling": united.consent_selling,
    }
    shut = {"selling": united.closed | united.closed_to_selling}
    return {
        (kind, channel)
        for kind in ("relationship", "selling", "service")
        for channel, address in ADDRESS.items()
        if not united.do_not_contact
        and consents.get(kind, "granted") in needed
        and channel not in united.refused
        and address not in shut.get(kind, united.closed)
    }


# ----------------------------------------------------------------------
# Nobody becomes reachable by refusing more
# ----------------------------------------------------------------------


@st.composite
def more(draw):
    """Return voices, and the same with one that refuses more than before."""
    choir = draw(CHOIRS)
    place = draw(st.integers(0, len(choir) - 1))
    voice = choir[place]
    pauses = [day for day in (voice.pause_until, draw(st.dates(TODAY, LATER))) if day]
    refusing = {
        "do_not_contact": True,
        "pause_until": max(pauses),
        "consent_relationship": "refused",
        "consent_selling": "refused",
        "refused": voice.refused | draw(CHANNELS),
    }
    names = draw(st.frozensets(st.sampled_from(sorted(refusing)), min_size=1))
    louder = list(choir)
    louder[place] = voice._replace(**{name: refusing[name] for name in names})
    return choir, louder


@alike
@given(more(), st.sampled_from((("granted",), ("granted", "unknown"))))
def test_refusing_more_makes_nobody_reachable(question, needed):
    choir, louder = question
    before, after = hear(*choir), hear(*louder)
    assert get_reachable(after, needed) <= get_reachable(before, needed)
    assert (after.pause_until or TODAY) >= (before.pause_until or TODAY)


@alike
@given(CHOIRS, st.sampled_from((SAME, OTHER, COLLEAGUE)).flatmap(voices))
def test_one_more_record_makes_nobody_reachable(choir, voice):
    """Also where it agrees to something: an address does not prove who agreed."""
    before, after = hear(*choir), hear(*choir, voice)
    for needed in (("granted",), ("granted", "unknown")):
        assert get_reachable(after, needed) <= get_reachable(before, needed)


@alike
@given(CHOIRS, st.data())
def test_the_order_makes_no_difference(choir, data):
    assert hear(*choir) == hear(*data.draw(st.permutations(choir)))


@alike
@given(voices(OWN))
def test_nobody_else_speaking_is_the_same_as_others_who_say_nothing(own):
    """Whoever is alone takes a short cut."""
    assert hear(own) == hear(own, Voice(OTHER), Voice(COLLEAGUE))


@alike
@given(CHOIRS)
def test_whoever_is_silenced_can_be_told_by_whom(choir):
    united = hear(*choir)
    reasons = []
    if united.do_not_contact:
        reasons.append(("do_not_contact", "service", "visit"))
    if united.pause_until:
        reasons.append(("snoozed", "service", "visit"))
    if united.consent_selling == "refused":
        reasons.append(("no_consent", "selling", "visit"))
    shut = united.closed | united.closed_to_selling
    reasons += [
        ("channel_refused", "selling", channel)
        for channel, address in ADDRESS.items()
        if channel in united.refused or address in shut
    ]
    for reason, kind, channel in reasons:
        assert any(
            says(voice, reason, kind, channel, ADDRESS[channel]) for voice in choir
        )


# ----------------------------------------------------------------------
# Who speaks for whom
# ----------------------------------------------------------------------


def test_nobody_says_anything():
    assert hear(Voice()) == United()


@pytest.mark.parametrize("nearness", [OWN, FIRM, SAME, OTHER])
def test_do_not_contact_and_pauses_hold_for_the_person(nearness):
    said = hear(Voice(), Voice(nearness, MAIL, do_not_contact=True, pause_until=LATER))
    assert (said.do_not_contact, said.pause_until) == (True, LATER)


@pytest.mark.parametrize("vals", [{"do_not_contact": True}, {"pause_until": LATER}])
def test_a_colleague_closes_what_is_shared(vals):
    said = hear(Voice(), Voice(COLLEAGUE, MAIL, **vals))
    assert said == United(closed=MAIL)


def test_a_colleagues_pause_that_is_over_closes_nothing():
    said = hear(Voice(), Voice(COLLEAGUE, MAIL, pause_until=TODAY))
    assert said == United()


@pytest.mark.parametrize("nearness", [OTHER, COLLEAGUE])
def test_others_refuse_for_the_address_in_common(nearness):
    voice = Voice(nearness, MAIL, refused=frozenset(ADDRESS))
    assert hear(Voice(), voice).refused == {"mail"}


@pytest.mark.parametrize("nearness", [OWN, FIRM, SAME])
def test_the_person_and_the_firm_refuse_any_channel(nearness):
    voice = Voice(nearness, MAIL, refused=frozenset(ADDRESS))
    assert hear(Voice(), voice).refused == frozenset(ADDRESS)


@pytest.mark.parametrize(
    ("own", "firm", "same", "other", "expected"),
    [
        ("unknown", "unknown", "unknown", "refused", "unknown"),
        ("unknown", "unknown", "granted", "granted", "unknown"),
        ("unknown", "unknown", "refused", "unknown", "refused"),
        ("unknown", "granted", "unknown", "unknown", "granted"),
        ("unknown", "granted", "refused", "unknown", "refused"),
        ("unknown", "refused", "granted", "granted", "refused"),
        ("granted", "refused", "unknown", "refused", "granted"),
        ("granted", "granted", "refused", "unknown", "refused"),
        ("refused", "granted", "granted", "granted", "refused"),
    ],
)
def test_consent_is_the_persons(own, firm, same, other, expected):
    said = hear(
        Voice(consent_selling=own),
        Voice(FIRM, consent_selling=firm),
        Voice(SAME, MAIL, consent_selling=same),
        Voice(OTHER, MAIL, consent_selling=other),
    )
    assert said.consent_selling == expected
    assert said.consent_relationship == "unknown"


def test_one_click_closes_the_address_to_offers():
    said = hear(
        Voice(), Voice(OTHER, MAIL, consent_selling="refused", unsubscribed=MAIL)
    )
    assert said == United(closed_to_selling=MAIL)
