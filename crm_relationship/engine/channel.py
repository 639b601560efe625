"""Through which channel an interaction takes place."""

from collections.abc import Callable, Iterable

from .gate import Decision

CHANNEL_REASONS = frozenset(("channel_refused", "blacklisted", "no_address"))
"""Reasons that speak against one channel and say nothing about the next."""


def choose(candidates: Iterable, judge: Callable[..., Decision]) -> tuple:
    """Return ``(candidate, decision)`` for the first candidate not ruled out itself.

    The decision may still be "no" or "not yet", for reasons that hold on every channel.
    When all are ruled out, return ``(None, decision)`` with the decision on the first:
    the channel that was wanted most best explains why none was left. Without
    candidates, return ``(None, None)``.
    """
    first = None
    for candidate in candidates:
        decision = judge(candidate)
        if decision.reason_code not in CHANNEL_REASONS:
            return candidate, decision
        first = first or decision
    return None, first
