from odoo import Command, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.base.told import tell
from ..models.courtesy.res_partner import CONSENTS


class CrmPreferenceStatement(models.TransientModel):
    """A customer's words about being contacted, recorded by an administrator.

    The only way for the company to take back a refusal that the customer made; so the
    customer's words are required, and kept.
    """

    _name = "crm.preference.statement"
    _inherit = ["crm.record.mixin"]
    _description = "Customer's Statement"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        ondelete="cascade",
    )
    subject = fields.Selection(
        selection=[
            ("channel", "A channel"),
            ("consent_relationship", "Relationship consent"),
            ("consent_selling", "Selling consent"),
            ("do_not_contact", "Being contacted at all"),
            ("snooze", "A pause"),
            ("window", "When to contact"),
        ],
        string="What the Statement Is About",
        required=True,
        default="consent_selling",
    )
    touchpoint_id = fields.Many2one(comodel_name="crm.touchpoint", string="Channel")
    touchpoint_wish = fields.Selection(
        selection=[("allowed", "Allowed"), ("refused", "Refused")],
        string="The Channel Is",
        default="refused",
    )
    consent = fields.Selection(
        selection=CONSENTS,
        string="The Customer's Decision",
        default="refused",
    )
    do_not_contact = fields.Selection(
        selection=[("yes", "Do not contact at all"), ("no", "May be contacted again")],
        string="The Customer's Preference",
        default="yes",
    )
    snooze_until = fields.Date(
        string="Pause Until",
        help="Left empty, the pause ends.",
    )
    window_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Hours",
        help="Left empty: at any time.",
    )
    wording = fields.Text(
        string="The Customer's Own Words",
        required=True,
        help="What the customer said or wrote, when and where.",
    )

    def action_record(self):
        """Record the statement, and close the dialog."""
        check_one(self)
        self.partner_id._change_preferences(
            self._get_preferences(), "statement", wording=self.wording
        )
        return tell(
            self.env._("The statement of %s is recorded.", self.partner_id.name),
            {"type": "ir.actions.act_window_close"},
        )

    def _get_preferences(self):
        """Return the wish that changes, as for ``_change_preferences``.

        :raises UserError: when the statement is about a channel but names none
        """
        self.ensure_one()
        if self.subject == "channel":
            if not self.touchpoint_id:
                raise UserError(
                    self.env._("Choose the channel the statement is about.")
                )
            refused = self.touchpoint_wish == "refused"
            command = Command.link if refused else Command.unlink
            return {"refused_touchpoint_ids": [command(self.touchpoint_id.id)]}
        if self.subject == "do_not_contact":
            return {"do_not_contact": self.do_not_contact == "yes"}
        if self.subject == "snooze":
            return {"contact_snooze_until": self.snooze_until}
        if self.subject == "window":
            return {"contact_window_id": self.window_id.id}
        return {self.subject: self.consent}
