from odoo import api, fields, models


class ResPartner(models.Model):
    """ "Can I contact?", answered on the contact."""

    _inherit = "res.partner"

    contact_permission = fields.Html(
        string="Can I Contact?",
        compute="_compute_contact_permission",
        sanitize=False,
        groups="sales_team.group_sale_salesman",
        help="For each channel, whether this contact may be contacted now; if not, why"
        " not and from when. The same rules decide before every contact.",
    )

    @api.depends_context("company", "uid")
    def _compute_contact_permission(self):
        """Judge contacts that are only imagined, one for each kind.

        ``sudo``: the answer must take into account what others have done.
        """
        Interaction = self.env["crm.interaction"].sudo()
        for partner in self:
            imagined = Interaction.union(
                *(
                    Interaction.new(
                        {
                            "partner_id": partner._origin.id,
                            "relationship_id": partner.relationship_id.id,
                            "company_id": self.env.company.id,
                            "kind": kind,
                        }
                    )
                    for kind in ("relationship", "selling", "service")
                )
            )
            partner.contact_permission = (
                partner._origin and imagined._render_gate_overview()
            )
