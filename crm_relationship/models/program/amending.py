"""Orders that are being changed: what follows is done once, when all is written.

A form writes an order and its lines one by one. In between, an amount may be too small
that in the end is not: nobody is to lose a coupon, or a message, over that.
"""

from contextlib import contextmanager

AMENDED = "crm_relationship.amended"


@contextmanager
def amending(env):
    """Let the follow-ups know of changed orders, once the outermost change is made.

    Costs no query where nobody adds an order.

    :return: the set to which the ids of those orders are added
    """
    # not the data of ``precommit``, which each savepoint clears
    cache = env.cr.cache
    if AMENDED in cache:
        yield cache[AMENDED]
        return
    amended = cache[AMENDED] = set()
    try:
        yield amended
    finally:
        cache.pop(AMENDED, None)
    if amended:
        orders = env["sale.order"].browse(sorted(amended))
        orders._try_follow_up("_follow_changes")
