from odoo import fields, models


class CrmInteraction(models.Model):
    """An exit interview asks a customer who left for the reason."""

    _inherit = "crm.interaction"

    defection_ids = fields.One2many(
        comodel_name="crm.defection",
        inverse_name="interaction_id",
    )
    defection_reason_id = fields.Many2one(
        related="defection_ids.reason_id",
        string="Reason for Leaving",
        readonly=False,
        help="Why the customer left, noted with the defection.",
    )

    def _follow_feedback(self):
        """Keep the words of an exit interview with the defection.

        ``sudo``: who makes the contact may be somebody else than the customer's staff.
        """
        super()._follow_feedback()
        interviews = self.sudo().filtered(
            lambda i: i.objective == "recovery" and i.state == "done" and i.feedback
        )
        if interviews:
            interviews.defection_ids._note_interviews()
