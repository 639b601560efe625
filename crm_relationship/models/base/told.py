"""Telling what a button has done, where the screen would not show it."""

from odoo.tools import format_date


def tell_days(env, first, last):
    """Return in words which days these are."""
    if first == last:
        return format_date(env, first, date_format="medium")
    return env._(
        "%(first)s to %(last)s",
        first=format_date(env, first, date_format="medium"),
        last=format_date(env, last, date_format="medium"),
    )


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
