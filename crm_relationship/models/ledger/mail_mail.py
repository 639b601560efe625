from odoo import fields, models

from .messages import withhold


class MailMail(models.Model):
    _inherit = "mail.mail"

    crm_interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Interaction",
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
    )

    def send(self, *args, **kwargs):
        """Ask the gate again: the customer may have refused in the meantime."""
        ours = self.filtered("crm_interaction_id")
        if not ours:
            return super().send(*args, **kwargs)
        allowed = withhold(ours, cancel=type(ours).cancel)
        return super(MailMail, (self - ours) + allowed).send(*args, **kwargs)
