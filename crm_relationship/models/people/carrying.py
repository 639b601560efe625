"""Which interaction a message carries out that somebody is just sending.

It is held for some seconds, in which it can be recalled: what has left has left.
"""

from contextvars import ContextVar
from datetime import timedelta

from odoo import fields

# Not a context key of the environment: anybody can set those from outside.
CARRIED_OUT = ContextVar("crm_relationship.carried_out", default=None)
# A little longer than "Undo" is on the screen.
HOLD = timedelta(seconds=15)
QUEUES = ("mail.ir_cron_mail_scheduler_action", "sms.ir_cron_sms_scheduler_action")


def get_departure():
    """Return when a message leaves that is being sent now, None for at once."""
    return CARRIED_OUT.get() and fields.Datetime.now() + HOLD


def start_queues(env):
    """Let Odoo's queues look again as soon as a message may leave.

    ``sudo``: whoever sends a message need not see the queues.
    """
    for name in QUEUES:
        env.ref(name).sudo()._trigger(fields.Datetime.now() + HOLD)
