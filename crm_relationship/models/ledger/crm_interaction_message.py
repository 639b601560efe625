from odoo import fields, models

from . import delivery
from .messages import recall


class CrmInteraction(models.Model):
    """A message: what goes with it, that it did not arrive or must not leave."""

    _inherit = "crm.interaction"

    mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Email Template",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        readonly=True,
        help="By which the email was written that was sent.",
    )
    sms_template_id = fields.Many2one(
        comodel_name="sms.template",
        string="SMS Template",
        ondelete="set null",
        index="btree_not_null",
        copy=False,
        readonly=True,
        help="By which the text message was written that was sent.",
    )

    def _before_sending(self):
        """Do what has to come before messages are written; rooms add theirs."""

    def _bring_along(self):
        """Have ready what these bring to the customer, such as a coupon.

        Asked before they enter a queue or are sent. Addons that tie us to other apps
        add theirs. What is not needed after all is taken back in ``_follow_closing``.

        :return: those that cannot have it: ``{reason_code: interactions}``. Their
            messages are not sent; people go ahead, and read in the guidance why.
        """
        return {}

    def _filter_sent(self, kind=None):
        """Return those that count as done because a message was sent.

        :param str kind: the kind of channel through which; any by default
        """
        return self.filtered(
            lambda i: i.state == "done"
            and i.outcome == "sent"
            and kind in (None, i.touchpoint_id.kind)
        )

    def _take_back(self, vals):
        """Let sent interactions no longer count as done: nothing reached the customer.

        :param dict vals: what becomes of them instead
        """
        self.write(
            {
                "outcome": False,
                "date_done": False,
                "cost": 0,
                "duration": 0,
                "mail_template_id": False,
                "sms_template_id": False,
                **vals,
            }
        )
        self._look_again()

    def _recall(self, reason):
        """Recall the messages of these that wait in a queue; what has left has left.

        ``sudo``: whoever may stop them need not see queues.

        :param str reason: value of ``reason_code``
        :return: the interactions that are cancelled
        """
        return recall(self.sudo()._filter_sent(), reason)

    def _get_moot_reason(self):
        """Return why a message that waits has lost its cause, if so; rooms add theirs.

        :return: a value of ``reason_code``, else ``None``
        """
        self.ensure_one()
        # sudo: whether a plan is in use does not depend on who asks
        line = self.sudo().plan_line_id
        if line and not (line.active and line.plan_id.active):
            return "plan_changed"
        return None

    def _follow_failure(self, kind, passing=False):
        """Reopen those whose message did not arrive; rooms do what else follows.

        :param str kind: kind of the channel of the messages
        :param bool passing: whether the provider failed, and not the address
        """
        delivery.follow_failure(self, kind, passing)

    def _follow_reopening(self):
        """Do what else follows when interactions are reopened; rooms add theirs."""
