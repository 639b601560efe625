from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.fields import Domain

from ..ledger.crm_interaction import PENDING_STATES

# What tells that somebody has talked to the customer.
TALKED = ("reached", "ordered", "not_now")
# What comes round less often is too seldom to be replaced by a talk about other things.
LONGEST_REPLACED = 100


class CrmInteraction(models.Model):
    """Moved: put off, or made pointless for now by a talk about other things."""

    _inherit = "crm.interaction"

    def _postpone(self, day, is_replanned=False):
        """Let pending interactions wait for a day, out of the queue until then.

        :param bool is_replanned: whether the plan asks for them on that day now
        :return: these interactions, as superuser
        """
        postponed = self._take_up()
        postponed._check_pending()
        activities = postponed.activity_id
        vals = {"state": "scheduled", "activity_id": False, "reason_code": False}
        if is_replanned:
            vals["date_due"] = day
        for company, own in postponed.grouped("company_id").items():
            moment = company._relationship_time(day)
            asked = {"date_asked": False if is_replanned else moment}
            own.write({**vals, **asked, "date_planned": moment})
            own._check_not_too_far_ahead({"date_planned"})
            horizon = fields.Datetime.now() + company._get_queue_horizon()
            own.filtered(lambda i, h=horizon: i.date_planned < h)._release()
        activities.filtered("active").unlink()
        postponed._look_again()
        return postponed

    def _move_replaced(self):
        """Move what a talk with the customer has made pointless for now.

        That is what comes round at least every few months through this channel: the
        monthly call after a talk on the phone, but neither the yearly visit nor a
        birthday. ``sudo``: it may be in a colleague's queue.

        :return: the interactions that are moved
        """
        talks = self.sudo().filtered(
            lambda i: i.state == "done" and i.outcome in TALKED
        )
        moved = talks.browse()
        channels = talks.grouped("relationship_id")
        for pending in talks._find_recurring():
            own = channels[pending.relationship_id]
            line = pending.plan_line_id
            step = relativedelta(months=line.interval_months, days=line.interval_days)
            day = pending.company_id._relationship_today() + step
            preferred = pending.partner_id.preferred_touchpoint_id
            if pending._get_deadline() < day and own.touchpoint_id & (
                pending._get_touch()._get_candidates(preferred)
            ):
                moved += pending._postpone(day, is_replanned=True)
        return moved.sudo(False)

    def _find_recurring(self):
        """Return what of the customers' plans is pending and comes round often."""
        return self.search(
            Domain("relationship_id", "in", self.relationship_id.ids)
            & Domain("state", "in", PENDING_STATES)
            & Domain("kind", "=", "relationship")
            & Domain("plan_line_id", "!=", False)
            & Domain("plan_line_id.occasion_id", "=", False)
            & Domain("plan_line_id.interval_length", "<=", LONGEST_REPLACED)
        )
