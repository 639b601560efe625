from odoo import api, fields, models

from .wishes import CHANGE, PARTNER_RECORDS, Change


class CrmStaffRequirement(models.Model):
    """What a customer asks of the salespeople who serve them: required, or preferred.

    However a requirement is created, changed or removed, the customer's history records
    it.
    """

    _name = "crm.staff.requirement"
    _inherit = ["crm.record.mixin"]
    _description = "Salesperson Requirement"
    _order = "partner_id, level, id"
    _rec_name = "tag_id"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        index=True,
        ondelete="cascade",
    )
    tag_id = fields.Many2one(
        comodel_name="crm.staff.tag",
        string="Salesperson Attribute",
        required=True,
        index=True,
        ondelete="restrict",
    )
    level = fields.Selection(
        selection=[("must", "Must"), ("prefer", "Prefer")],
        required=True,
        default="prefer",
        help="Must: nobody else serves this customer. Prefer: others may stand in.",
    )

    _partner_tag_unique = models.Constraint(
        "UNIQUE(partner_id, tag_id)",
        "This requirement for the salesperson is recorded already. Change that line.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        partners = self.env["res.partner"].browse(
            {vals["partner_id"] for vals in vals_list if vals.get("partner_id")}
        )
        if PARTNER_RECORDS.get() or not partners:
            return super().create(vals_list)
        with partners._recording_wishes(self._get_change(), {"staff_requirement"}):
            return super().create(vals_list)

    def write(self, vals):
        if PARTNER_RECORDS.get():
            return super().write(vals)
        partners = self.partner_id.browse(
            {*self.partner_id.ids, *filter(None, [vals.get("partner_id")])}
        )
        with partners._recording_wishes(self._get_change(), {"staff_requirement"}):
            return super().write(vals)

    def unlink(self):
        if PARTNER_RECORDS.get() or not self:
            return super().unlink()
        with self.partner_id._recording_wishes(
            self._get_change(), {"staff_requirement"}
        ):
            return super().unlink()

    @api.model
    def _get_change(self):
        return CHANGE.get() or Change("staff")
