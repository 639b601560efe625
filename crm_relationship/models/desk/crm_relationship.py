from odoo import api, fields, models

from ..base.asked import check_one
from ..ledger.noted import choose_touchpoint
from ..ledger.whatsapp import make_url
from . import reach


class CrmRelationship(models.Model):
    """The customer is reached by one tap, also where nothing was planned."""

    _inherit = "crm.relationship"

    reach = fields.Json(
        compute="_compute_reach",
        help="The channels through which the customer can be reached from here.",
    )

    @api.depends("partner_id.phone", "partner_id.email", "active")
    def _compute_reach(self):
        for relationship in self:
            relationship.reach = relationship.active and reach.get_buttons(
                relationship.partner_id
            )

    def action_reach(self):
        """Open the channel of the context key ``channel``; then ask what came of it.

        Emails and SMS are noted as they are sent.
        """
        check_one(self)
        self.check_access("read")
        kind = self.env.context.get("channel")
        reach.check_kind(self.env, kind)
        person, dialog = self.partner_id, self._open_log(kind)
        if obstacle := reach.get_obstacle(person, kind):
            return reach.warn(obstacle, dialog)
        if kind == "visit":
            return reach.show_map(person)
        self._check_not_refused(kind)
        if kind == "call":
            return reach.call(person, dialog)
        if kind == "whatsapp":
            return reach.open_link(make_url(person), dialog)
        write = reach.write_sms if kind == "sms" else reach.write_email
        return write(person, {})

    def action_log(self):
        """Ask what happened with this customer that nobody had planned."""
        check_one(self)
        self.check_access("read")
        return self._open_log("call")

    def _open_log(self, kind):
        action = self.env["crm.interaction"].action_log()
        action["context"] = {
            "default_partner_id": self.partner_id.id,
            "default_company_id": self.company_id.id,
            "default_touchpoint_id": choose_touchpoint(self.env, kind).id,
        }
        return action

    def _check_not_refused(self, kind):
        """Refuse to reach a customer who has refused to be reached so.

        ``sudo``: the answer must take into account what others have done.
        """
        imagined = (
            self.env["crm.interaction"]
            .sudo()
            .new(
                {
                    "partner_id": self.partner_id.id,
                    "relationship_id": self.id,
                    "company_id": self.company_id.id,
                    "kind": "service",
                }
            )
        )
        imagined._check_not_refused(choose_touchpoint(self.env, kind))
