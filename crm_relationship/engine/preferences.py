"""What changed in a customer's wishes, and which of the changes are refusals.

A state is a dict from ``(kind, detail)`` to ``Wish``: the detail is the id of a channel
where the kind is about one channel, else False. Whatever is not in a state has the
value of a new contact.
"""

from typing import NamedTuple

REFUSED, ALLOWED, YES, NO, UNKNOWN = "refused", "allowed", "yes", "no", "unknown"


class Wish(NamedTuple):
    """A wish as it is compared, and as it is recorded for people to read."""

    value: object
    text: str


_NOTHING = Wish(False, "")
_UNTOUCHED = {
    "refused_channel": Wish(ALLOWED, ALLOWED),
    "do_not_contact": Wish(NO, NO),
    "consent_relationship": Wish(UNKNOWN, UNKNOWN),
    "consent_selling": Wish(UNKNOWN, UNKNOWN),
}
_REFUSING = {
    "refused_channel": REFUSED,
    "do_not_contact": YES,
    "consent_relationship": REFUSED,
    "consent_selling": REFUSED,
}


def wish(state: dict, key: tuple) -> Wish:
    """Return a wish from a state, or the value of a new contact."""
    return state.get(key) or _UNTOUCHED.get(key[0], _NOTHING)


def changes(before: dict, after: dict) -> list[tuple]:
    """Return ``(kind, detail, old text, new text)`` for each wish that differs."""
    return [
        (*key, wish(before, key).text, wish(after, key).text)
        for key in sorted({**before, **after})
        if (wish(before, key).value or None) != (wish(after, key).value or None)
    ]


def is_refusal(kind: str, text: str) -> bool:
    """Tell whether a recorded wish asks for less; a snooze does while it lasts."""
    return bool(text) if kind == "snooze" else _REFUSING.get(kind, "") == text != ""


def is_kept(kind: str, refusal: str, text: str) -> bool:
    """Tell whether a recorded wish still honors a refusal of the same kind.

    A snooze may be made longer but not shorter; its text is an ISO date, or empty.
    """
    return text >= refusal if kind == "snooze" else text == refusal
