"""What changed in a customer's wishes, and what of it is a refusal.

A state is a dict from ``(kind, detail)`` to ``Wish``: the detail is the id of a touch
point where the kind is about one channel, else False. What is not in a state has the
value that a new contact has.
"""

from typing import NamedTuple

REFUSED, ALLOWED, YES, NO, UNKNOWN = "refused", "allowed", "yes", "no", "unknown"


class Wish(NamedTuple):
    """A wish as it is compared, and as it is noted for people."""

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
    """Return a wish of a state, or what a new contact has."""
    return state.get(key) or _UNTOUCHED.get(key[0], _NOTHING)


def changes(before: dict, after: dict) -> list[tuple]:
    """Return ``(kind, detail, old text, new text)`` for each wish that differs."""
    return [
        (*key, wish(before, key).text, wish(after, key).text)
        for key in sorted({**before, **after})
        if (wish(before, key).value or None) != (wish(after, key).value or None)
    ]


def is_refusal(kind: str, text: str) -> bool:
    """Tell whether a noted wish asks for less contact; a snooze does while it lasts."""
    return bool(text) if kind == "snooze" else _REFUSING.get(kind, "") == text != ""


def is_kept(kind: str, refusal: str, text: str) -> bool:
    """Tell whether a noted wish still honours a refusal of the same kind.

    A snooze may be made longer but not shorter; its text is an ISO date, or empty.
    """
    return text >= refusal if kind == "snooze" else text == refusal
