from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CrmOccasionDate(models.Model):
    _name = "crm.occasion.date"
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

    _occasion_date_unique = models.Constraint(
        "UNIQUE(occasion_id, date)",
        "An occasion has each date only once.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_last(self):
        for occasion in self.occasion_id:
            if occasion.kind == "big_day" and not occasion.date_ids - self:
                raise ValidationError(
                    self.env._(
                        "“%(occasion)s” would have no dates left. Add another day"
                        " first, or archive the occasion.",
                        occasion=occasion.name,
                    )
                )
