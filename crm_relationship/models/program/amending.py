"""Orders that are being changed: what follows is done once, when all is written.

A form writes an order and its lines one by one. In between, an amount may be too small
that in the end is not: nobody is to lose a coupon, or a message, over that.
"""

from contextlib import contextmanager

AMENDED = "crm_relationship.amended"


class Amended(set):
    """The ids of orders that are being changed."""

    def __init__(self):
        super().__init__()
        self.suited = {}
        """The ids of the programs that an order suited before, by the order's id."""
        self.completed = set()
        """The ids of those that are delivered by the change."""


@contextmanager
def amending(env):
    """Let the follow-ups know of changed orders, once the outermost change is made.

    Costs no query where nobody adds an order.

    :return: the :class:`Amended` to which the ids of those orders are added
    """
    # not the data of ``precommit``, which each savepoint clears
    cache = env.cr.cache
    if AMENDED in cache:
        yield cache[AMENDED]
        return
    amended = cache[AMENDED] = Amended()
    try:
        yield amended
    finally:
        cache.pop(AMENDED, None)
    if amended:
        orders = env["sale.order"].browse(sorted(amended))
        orders._try_follow_up("_follow_changes", amended.suited, amended.completed)
