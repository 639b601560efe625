from odoo import api, fields, models


class CrmInteraction(models.Model):
    """An exit interview asks a lost customer for the reason."""

    _inherit = "crm.interaction"

    defection_ids = fields.One2many(
        comodel_name="crm.defection",
        string="Lost Customer",
        inverse_name="interaction_id",
    )
    defection_reason_id = fields.Many2one(
        related="defection_ids.reason_id",
        string="Lost Reason",
        readonly=False,
        help="Why the customer was lost, recorded with the lost customer.",
    )

    @api.model
    def _get_free_fields(self):
        """The reason is that of the lost customer, who says who may record it."""
        return super()._get_free_fields() | {"defection_reason_id"}

    def _follow_feedback(self):
        """Keep the words of an exit interview with the defection.

        ``sudo``: somebody other than the customer's salesperson may hold the interview.
        """
        super()._follow_feedback()
        interviews = self.sudo().filtered(
            lambda i: i.objective == "recovery" and i.state == "done" and i.feedback
        )
        if interviews:
            interviews.defection_ids._note_interviews()
