from odoo import fields, models

from odoo.addons.crm_relationship.models.benefit.crm_benefit import NAMED_SEGMENTS

# Of these, each customer has one card, to which points are added.
NOMINATIVE_TYPES = ("loyalty", "ewallet")
# Of these, a card of its own is made each time.
COUPON_TYPES = ("coupons", "next_order_coupons", "gift_card")


class LoyaltyProgram(models.Model):
    _name = "loyalty.program"
    _inherit = ["loyalty.program", "crm.approved.mixin"]

    _step_field = "benefit_id.loyalty_program_id"

    crm_segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        relation="loyalty_program_crm_segment_rel",
        column1="program_id",
        column2="segment_id",
        string="Limited to Segments",
        ondelete="restrict",
        groups="sales_team.group_sale_salesman",
        help="The program is given to customers of these segments alone, and accepted"
        " from nobody else. Left empty: from everybody.",
    )

    def _get_obstacle(self, company):
        """Return why nothing of this program can be given now, else False.

        :param company: ``res.company`` on whose day it is asked
        """
        self.ensure_one()
        today, name = company._relationship_today(), self.name
        if not self.active:
            return self.env._("“%s” is archived.", name)
        if self.date_from and self.date_from > today:
            return self.env._("“%s” has not begun yet.", name)
        if self.date_to and self.date_to < today:
            return self.env._("“%s” is over.", name)
        if self.limit_usage and self.total_order_count >= self.max_usage:
            return self.env._("“%s” was used as often as it may be.", name)
        return False

    def _get_limits(self):
        """Return the segments it is limited to, if any.

        Archived ones count: without them, it would seem to be for everybody.
        """
        return self.with_context(active_test=False).crm_segment_ids

    def _is_for(self, segment):
        """Tell whether customers of a segment (possibly none) may have it."""
        self.ensure_one()
        limits = self._get_limits()
        return not limits or segment in limits

    def _describe_limits(self):
        """Return for whom it is, as a sentence."""
        self.ensure_one()
        names = self._get_limits().mapped("name")
        shown = names[:NAMED_SEGMENTS] + ["…"] * (len(names) > NAMED_SEGMENTS)
        return self.env._(
            "“%(program)s” is for these segments only: %(segments)s.",
            program=self.name,
            segments=", ".join(shown),
        )

    def _is_noticed(self, name):
        """What is given, are its rewards; its dates and limits are looked at then."""
        return name == "program_type"
