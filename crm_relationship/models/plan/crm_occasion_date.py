from odoo import api, fields, models
from odoo.tools import format_date

from ..base.bounds import day_bounds


class CrmOccasionDate(models.Model):
    _name = "crm.occasion.date"
    _inherit = ["crm.record.mixin"]
    _description = "Date of an Occasion"
    _order = "date, id"

    occasion_id = fields.Many2one(
        comodel_name="crm.occasion",
        required=True,
        index=True,
        ondelete="cascade",
    )
    date = fields.Date(required=True)
    recurring = fields.Boolean(
        string="Every Year",
        help="The occasion returns on this day every year.",
    )

    _date_in_bounds = day_bounds("date")
    _occasion_date_unique = models.Constraint(
        "UNIQUE(occasion_id, date)",
        "An occasion has each date only once.",
    )

    @api.depends("date", "recurring")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for record in self:
            day = format_date(self.env, record.date)
            record.display_name = (
                self.env._("%(date)s, every year", date=day)
                if record.recurring
                else day
            )

    def unlink(self):
        """Check at the end of the transaction whether the occasion has dates left.

        The form deletes the old ones before it adds the new ones.
        """
        occasions = self.occasion_id
        result = super().unlink()
        self.env.cr.precommit.add(lambda: occasions.exists()._check_dates())
        return result
