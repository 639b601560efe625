from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..base.asked import check_seen
from . import referral


class CrmReferralMixin(models.AbstractModel):
    """A document of a customer that says who brought them."""

    _name = "crm.referral.mixin"
    _description = "Document of a Customer Who Was Brought"

    referred_by_id = fields.Many2one(
        comodel_name="res.partner",
        string="Brought By",
        index="btree_not_null",
        groups="base.group_user",
    )
    referral_note = fields.Char(
        compute="_compute_referral_note",
        groups="base.group_user",
        help="Why it will not be noted on the contact who brought the customer.",
    )

    @api.depends("referred_by_id", "partner_id", "company_id")
    @api.depends_context("lang")
    def _compute_referral_note(self):
        for document in self:
            document.referral_note = referral.tell_kept(
                document.partner_id,
                document.referred_by_id,
                document.company_id or self.env.company,
            )

    @api.constrains("referred_by_id", "partner_id")
    def _check_referral(self):
        for document in self.filtered("referred_by_id"):
            customer, by = document.partner_id, document.referred_by_id
            if error := referral.find_error(customer, by):
                check_seen(by)
                raise ValidationError(error)
