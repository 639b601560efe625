from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.base.told import tell


class CrmSegmentKeep(models.TransientModel):
    _name = "crm.segment.keep"
    _inherit = ["crm.customers.dialog.mixin"]
    _description = "Keep Customers in a Segment"

    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_company_id",
    )
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        required=True,
        domain="[('company_id', 'in', (company_id, False))]",
        help="The customers come into this segment at once and stay in it.",
    )
    reason = fields.Char(
        required=True,
        help="Why the rules do not decide: others have to understand it later.",
    )
    until = fields.Date(
        string="Last Day",
        help="Afterwards the rules decide again. Left empty, the customers stay until"
        " somebody releases them.",
    )

    @api.depends("relationship_ids")
    def _compute_company_id(self):
        for wizard in self:
            companies = wizard.relationship_ids.company_id
            wizard.company_id = companies if len(companies) == 1 else False

    def action_keep(self):
        """Keep the customers in the segment.

        ``sudo``: a segment changes with a move that says why, never by hand.
        """
        check_one(self)
        self.relationship_ids.check_access("write")
        company = self.company_id
        if not company:
            raise UserError(
                self.env._(
                    "These customers belong to several companies. Keep those of one"
                    " company at a time."
                )
            )
        if self.until and self.until < company._relationship_today():
            raise UserError(
                self.env._(
                    "The last day is in the past. Choose today or a later day, or leave"
                    " it empty."
                )
            )
        if not self.segment_id.active:
            raise UserError(
                self.env._(
                    "%(segment)s is archived. Choose a segment in use.",
                    segment=self.segment_id.name,
                )
            )
        self.relationship_ids.sudo()._lock_segment(
            self.segment_id, self.reason.strip(), self.until
        )
        return tell(
            self.env._(
                "Kept in %(segment)s: %(customers)s.",
                segment=self.segment_id.name,
                customers=self.customer_summary,
            ),
            {"type": "ir.actions.act_window_close"},
        )
