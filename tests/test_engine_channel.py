"""Through which channel a contact is made."""

from hypothesis import given
from hypothesis import strategies as st

from crm_relationship.engine.channel import CHANNEL_REASONS, choose
from crm_relationship.engine.gate import OK, REASONS, Decision

# A channel's name with the gate's answer to it; every answer the gate can give.
ANSWERS = st.lists(st.sampled_from(REASONS), max_size=8)


def ask(answers):
    """Return what is chosen when the gate answers so, and which channels it saw."""
    seen = []

    def judge(number):
        seen.append(number)
        return Decision(answers[number], None)

    return choose(range(len(answers)), judge), seen


def test_nothing_to_choose_from():
    assert ask([]) == ((None, None), [])


def test_first_channel_that_is_not_refused():
    (chosen, decision), seen = ask(["channel_refused", "no_address", OK, OK])
    assert (chosen, decision.reason_code) == (2, OK)
    assert seen == [0, 1, 2], "the others are not even looked at"


def test_none_left_tells_why_the_first_was_not_taken():
    (chosen, decision), _seen = ask(["no_address", "channel_refused"])
    assert (chosen, decision.reason_code) == (None, "no_address")


def test_a_pause_holds_on_every_channel():
    (chosen, decision), _seen = ask(["channel_refused", "snoozed", OK])
    assert (chosen, decision.reason_code) == (1, "snoozed")


@given(ANSWERS)
def test_never_a_channel_that_is_ruled_out(answers):
    (chosen, decision), _seen = ask(answers)
    if chosen is None:
        assert all(answer in CHANNEL_REASONS for answer in answers)
    else:
        assert answers[chosen] not in CHANNEL_REASONS
        assert decision.reason_code == answers[chosen]
        assert all(answer in CHANNEL_REASONS for answer in answers[:chosen])
