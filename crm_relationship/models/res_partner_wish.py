from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResPartner(models.Model):
    """What a person wishes, the same for all companies."""

    _inherit = "res.partner"

    preferred_touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Preferred Channel",
        ondelete="set null",
        help="Through which channel this contact likes to be reached.",
    )
    refused_touchpoint_ids = fields.Many2many(
        comodel_name="crm.touchpoint",
        relation="res_partner_refused_touchpoint_rel",
        column1="partner_id",
        column2="touchpoint_id",
        string="Refused Channels",
        help="This contact is never contacted through these channels.",
    )
    birthdate = fields.Date(string="Date of Birth", groups="base.group_user")

    @api.constrains("birthdate")
    def _check_birthdate(self):
        for partner in self:
            if partner.birthdate and partner.birthdate > fields.Date.context_today(self):
                raise ValidationError(
                    self.env._("The date of birth lies in the future. Check the year.")
                )

    def _get_contact_wish(self, field_name):
        """Return a wish of this contact; where empty, that of the company contact."""
        self.ensure_one()
        return self[field_name] or self.commercial_partner_id[field_name]
