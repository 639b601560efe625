"""Through which channel a contact is made."""

from collections.abc import Callable, Iterable


def choose(
    candidates: Iterable, obstacle: Callable[..., str | None]
) -> tuple:
    """Return the first candidate without an obstacle, as ``(candidate, None)``.

    When every candidate has one, return ``(None, reason)`` where ``reason`` is the
    obstacle of the first: the channel that was wanted most tells best why nothing
    remained. Without candidates the answer is ``(None, None)``.
    """
    first_reason = None
    for candidate in candidates:
        reason = obstacle(candidate)
        if reason is None:
            return candidate, None
        first_reason = first_reason or reason
    return None, first_reason
