from odoo import api, fields, models

# An agreement older than this is asked for again.
VALID_DAYS = 30


class CrmErasureAgreement(models.Model):
    """A company's word that a customer it shares with others may be erased.

    A contact that several companies serve is erased when a sales administrator of each
    has pressed the button. Rows are made by that button only, and go with the erasure.
    """

    _name = "crm.erasure.agreement"
    _inherit = ["crm.record.mixin"]
    _description = "Agreement to an Erasure"
    _rec_name = "company_id"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Agreed By",
        required=True,
        ondelete="cascade",
    )
    date = fields.Date(required=True)

    _partner_company_unique = models.Constraint(
        "UNIQUE(partner_id, company_id)",
        "This company has agreed already.",
    )

    @api.model
    def _agree(self, partner, companies):
        """Note the user's agreement for these companies, anew where one is noted."""
        today = fields.Date.context_today(self)
        known = self.search([("partner_id", "=", partner.id)])
        known.filtered(lambda row: row.company_id in companies).unlink()
        return self.create(
            [
                {
                    "partner_id": partner.id,
                    "company_id": company.id,
                    "user_id": self.env.uid,
                    "date": today,
                }
                for company in companies
            ]
        )

    @api.model
    def _get_companies(self, partner):
        """Return the companies whose agreement stands."""
        since = fields.Date.subtract(fields.Date.context_today(self), days=VALID_DAYS)
        return self.search(
            [("partner_id", "=", partner.id), ("date", ">=", since)]
        ).company_id

    @api.model
    def _forget(self, partners):
        self.search([("partner_id", "in", partners.ids)]).unlink()
