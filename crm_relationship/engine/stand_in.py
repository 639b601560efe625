"""Who stands in for somebody who is away, where those may be away as well.

Each person names others to turn to, in order, and those name theirs. The first who is
there is taken: first the one named first, then whom that person names in turn, and only
then the next. Nobody is asked twice, so people who name one another in a circle end
the search, and nobody at all is an answer, too.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

Person = TypeVar("Person", bound=Hashable)


def find_present(
    person: Person,
    get_named: Callable[[Person], Sequence[Person]],
    is_there: Callable[[Person], bool],
) -> Person | None:
    """Return who stands in for a person, None where nobody does.

    :param get_named: returns whom somebody names, the first choice first
    :param is_there: tells whether somebody can do it
    """
    asked = {person}
    waiting = list(reversed(get_named(person)))
    while waiting:
        other = waiting.pop()
        if other in asked:
            continue
        asked.add(other)
        if is_there(other):
            return other
        waiting.extend(reversed(get_named(other)))
    return None
