"""What holds for every question one can ask the gate, compared with brute force."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_relationship.engine.gate import REASONS, decide
from engine_questions import DAY, INSTANT, moments, questions
from oracle.gate import minutes, reason

LOOK_AHEAD = 3 * DAY
"""How far the brute force goes by the minute; beyond, by the hour for 30 days."""

alike = settings(derandomize=True, deadline=None, max_examples=60)
slow = settings(derandomize=True, deadline=None, max_examples=60)


@alike
@given(questions())
def test_the_reason_is_that_of_the_plain_rules(question):
    decision = decide(*question)
    assert decision.reason_code == reason(*question)
    assert decision.reason_code in REASONS
    if decision.allowed:
        assert decision.earliest == question[1]


@alike
@given(questions())
def test_a_refused_channel_is_never_allowed(question):
    contact, when, wishes, policy, history = question
    refusing = wishes._replace(refused=wishes.refused | {contact.channel})
    decision = decide(contact, when, refusing, policy, history)
    assert not decision.allowed
    assert decision.earliest is None


@slow
@given(questions(permissive=True))
def test_earliest_is_the_first_lawful_moment(question):
    """By the minute, and at each instant at which some rule could end."""
    contact, when, *rest = question
    decision = decide(*question)
    assert decision.reason_code == reason(*question)
    earliest = decision.earliest

    def lawful(moment):
        return reason(contact, moment, *rest) == "ok"

    if earliest is not None:
        assert earliest >= when
        assert lawful(earliest)
        assert earliest == when or not lawful(earliest - INSTANT)
    end = when + 30 * DAY if earliest is None else earliest
    tried = minutes(when, min(end, when + LOOK_AHEAD))
    tried += [when + timedelta(hours=hour) for hour in range(30 * 24)]
    tried += _endings(*rest)
    assert not [m for m in tried if when <= m < end and lawful(m)]


def _endings(wishes, policy, history):
    """Return the moments at which snooze, pause and caps may end."""
    endings = [
        contact + days * DAY
        for contact in history.contacts
        for _count, days in policy.caps
    ]
    endings.append(wishes.snooze_until)
    if history.last_purchase_follow_up:
        endings.append(
            history.last_purchase_follow_up + policy.days_after_follow_up * DAY
        )
    return [ending for ending in endings if ending]


@alike
@given(questions())
def test_earliest_answers_ok_and_itself(question):
    contact, _when, *rest = question
    earliest = decide(*question).earliest
    if earliest is not None:
        assert decide(contact, earliest, *rest) == ("ok", earliest)


@alike
@given(questions(permissive=True), st.data())
def test_asking_later_never_gives_an_earlier_moment(question, data):
    contact, when, *rest = question
    later = data.draw(moments(when, 3).filter(lambda moment: moment >= when))
    first = decide(contact, when, *rest).earliest
    second = decide(contact, later, *rest).earliest
    if first is not None and second is not None:
        assert second >= first
        if later <= first:
            assert second == first


@alike
@given(questions(permissive=True), st.data())
def test_one_more_contact_never_allows_earlier(question, data):
    contact, when, wishes, policy, history = question
    more = sorted((*history.contacts, data.draw(moments(when))))
    crowded = history._replace(contacts=tuple(more))
    before = decide(contact, when, wishes, policy, history).earliest
    after = decide(contact, when, wishes, policy, crowded).earliest
    assert before is not None or after is None
    assert after is None or after >= before


@alike
@given(questions())
def test_what_selling_may_relationship_may(question):
    """Where the consents are the same, selling is never the freer kind."""
    contact, when, wishes, policy, history = question
    wishes = wishes._replace(consent_relationship=wishes.consent_selling)
    if len(policy.consent_required) == 1:
        return
    selling, relationship, service = (
        decide(contact._replace(kind=kind), when, wishes, policy, history).allowed
        for kind in ("selling", "relationship", "service")
    )
    assert selling <= relationship <= service
