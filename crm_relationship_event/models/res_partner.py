from odoo import fields, models

from odoo.addons.crm_relationship.models.ledger.messages import SENDING

PLACEHOLDERS = ["invitation_url", "invitation_event"]


class ResPartner(models.Model):
    _inherit = "res.partner"

    invitation_url = fields.Char(
        string="Link to the Invitation",
        compute="_compute_invitation",
        groups="base.group_user",
        help="For the templates of messages: the link by which the customer accepts or"
        " declines. Empty anywhere else.",
    )
    invitation_event = fields.Char(
        string="Invited to",
        compute="_compute_invitation",
        groups="base.group_user",
        help="For the templates of messages: name, time and place of the event. Empty"
        " anywhere else.",
    )

    def _compute_invitation(self):
        # sudo: the message says it, whoever sends it
        sending = self.env["crm.interaction"].sudo().browse(SENDING.get())
        invited = sending.filtered("invited_event_id").grouped("partner_id")
        for partner in self:
            own = invited.get(partner._origin, sending.browse())[:1]
            event = own.invited_event_id
            partner.invitation_url = own._get_invitation_url() if event else False
            partner.invitation_event = (
                event._describe_event(partner) if event else False
            )

    def _erase_in_apps(self):
        """Let registrations forget who it was; that somebody came stays."""
        registrations = (
            self.env["event.registration"]
            .with_context(tracking_disable=True)
            .search([("partner_id", "in", self.ids)])
        )
        coming = registrations.filtered(
            lambda r: r.state in ("draft", "open") and not r.event_id.is_finished
        )
        coming.write({"state": "cancel"})
        registrations.mail_registration_ids.unlink()
        registrations.registration_answer_ids.unlink()
        registrations.message_ids.unlink()
        registrations.write(
            {
                "name": self.env._("Erased contact"),
                "email": False,
                "phone": False,
                "company_name": False,
                "registration_properties": False,
            }
        )
        kept = super()._erase_in_apps()
        if registrations:
            kept.append(
                self.env._(
                    "Registrations for events, without a name: they are counted."
                )
            )
        return kept
