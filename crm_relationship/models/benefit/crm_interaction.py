from odoo import api, fields, models

from ..ledger.crm_interaction import PENDING_STATES


class CrmInteraction(models.Model):
    """What the customer gets with the interaction, and what it costs.

    While the interaction is pending this follows the plan; once it is done, it is
    history and stays as it was.
    """

    _inherit = "crm.interaction"

    benefit_id = fields.Many2one(
        comodel_name="crm.benefit",
        compute="_compute_benefit_id",
        help="What the customer gets with this interaction, by the plan or program.",
    )
    benefit_description = fields.Text(compute="_compute_benefit_id")
    benefit_warning = fields.Char(
        compute="_compute_benefit_warning",
        help="Says when the benefit does not suit the segment of this customer.",
    )
    benefit_withheld = fields.Boolean(
        string="Not Handed Over",
        copy=False,
        help="The customer did not get the benefit, so it costs nothing.",
    )
    given_benefit_id = fields.Many2one(
        comodel_name="crm.benefit",
        string="Benefit Handed Over",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        copy=False,
        help="Noted when the interaction is done.",
    )

    @api.depends(
        "state",
        "given_benefit_id",
        "plan_line_id.benefit_id",
    )
    def _compute_benefit_id(self):
        for interaction in self:
            if interaction.state in PENDING_STATES:
                benefit = interaction._get_touch().benefit_id
                interaction.benefit_id = benefit.filtered("active").sudo(False)
            else:
                interaction.benefit_id = interaction.given_benefit_id
            interaction.benefit_description = interaction.benefit_id.description

    @api.depends("benefit_id", "segment_id")
    def _compute_benefit_warning(self):
        for interaction in self:
            interaction.benefit_warning = interaction.benefit_id._get_warning(
                interaction.segment_id
            )

    @api.model
    def _get_fields_by_hand(self):
        return super()._get_fields_by_hand() | {"benefit_withheld"}

    def _note_cost(self):
        """Note the benefit handed over and add its cost, in company currency.

        A cost entered manually is taken as it is.
        """
        known = set(self.filtered("cost"))
        super()._note_cost()
        for interaction in self.filtered(lambda i: not i.benefit_withheld):
            benefit = interaction._get_touch().benefit_id.filtered("active")
            if not benefit:
                continue
            vals = {"given_benefit_id": benefit.id}
            if interaction not in known:
                vals["cost"] = interaction.cost + benefit._get_company_cost(
                    interaction.company_id, interaction.date_done
                )
            interaction.write(vals)
