"""Telling what a button has done, where the screen would not show it."""


def tell(message, then, kind="success"):
    """Return the action that tells something, and goes on.

    :param str message: in words
    :param dict then: the action that follows
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {"type": kind, "message": message, "next": then},
    }
