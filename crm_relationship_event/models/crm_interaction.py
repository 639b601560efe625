from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.crm_relationship.models.base.asked import check_one

from .res_partner import PLACEHOLDERS

# Why a message is not sent: nobody can come any more.
NO_EVENT = "no_event"
INVITATION_PATH = "/event-invitation"


class CrmInteraction(models.Model):
    """What the customer is invited to, and whether the customer comes."""

    _inherit = "crm.interaction"

    reason_code = fields.Selection(
        selection_add=[(NO_EVENT, "Nobody can come to the event any more")],
    )
    outcome = fields.Selection(
        selection_add=[
            ("accepted", "Accepted the invitation"),
            ("attended", "Came to the event"),
        ],
    )
    invited_event_id = fields.Many2one(
        comodel_name="event.event",
        string="Invited to",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="What the customer was invited to.",
    )
    registration_id = fields.Many2one(
        comodel_name="event.registration",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="event.group_event_registration_desk",
    )

    @api.depends("program_step_id", "invited_event_id")
    def _compute_note(self):
        """Tell whoever invites what to, or why nobody can come."""
        result = super()._compute_note()
        for interaction in self._filter_pending():
            # sudo: as for the guidance
            own = interaction.sudo()
            event = own.invited_event_id or own.program_step_id.event_id
            if not event:
                continue
            text = event._get_obstacle() or self.env._(
                "Invite to: %s", event._describe_event(self.env.user.partner_id)
            )
            line = Markup("<p>%s</p>") % text
            interaction.note = (interaction.note or Markup()) + line
        return result

    # ------------------------------------------------------------------
    # Inviting
    # ------------------------------------------------------------------

    def _bring_along(self):
        """Note to what each customer is invited; ``sudo``: it stands on the step."""
        lacking = super()._bring_along()
        without = self.browse()
        inviting = self.sudo().filtered("program_step_id.event_id")
        for event, own in inviting.grouped(
            lambda i: i.program_step_id.event_id
        ).items():
            if event._get_obstacle():
                without += own.with_env(self.env)
            else:
                own.invited_event_id = event
        if without:
            lacking[NO_EVENT] = lacking.get(NO_EVENT, self.browse()) | without
        return lacking

    def _before_sending(self):
        super()._before_sending()
        self.partner_id.invalidate_recordset(PLACEHOLDERS)

    def _get_moot_reason(self):
        """An invitation that waited until the event was over does not leave."""
        # sudo: whether there are seats does not depend on who asks
        event = self.sudo().invited_event_id
        obstacle = event and not self._is_coming() and event._get_obstacle()
        return NO_EVENT if obstacle else super()._get_moot_reason()

    def _get_invitation_scope(self):
        """Return what the link is bound to: one invitation of one person."""
        return self.partner_id._get_link_scope("event", self.id)

    def _get_invitation_url(self):
        """Return the link by which this customer accepts or declines."""
        self.ensure_one()
        partner = self.partner_id
        token = partner._sign(self._get_invitation_scope())
        path = f"{INVITATION_PATH}/{self.id}/{partner.id}/{token}"
        return f"{partner.get_base_url()}{path}"

    # ------------------------------------------------------------------
    # Accepting
    # ------------------------------------------------------------------

    def action_accept_invitation(self):
        """Note that the customer comes, and register the customer."""
        check_one(self)
        accepted = self._take_up()
        if accepted._filter_pending():
            self._close_done({"outcome": "accepted"})
        else:
            accepted._accept_invitation()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def write(self, vals):
        """Register who accepts, however that is noted."""
        accepting = self.browse()
        if vals.get("outcome") == "accepted":
            accepting = self.filtered(lambda i: i.outcome != "accepted")
        result = super().write(vals)
        for interaction in accepting:
            interaction._book_seat()
        return result

    def _accept_invitation(self):
        """Note that the customer comes; as superuser, whatever was noted before.

        :raises UserError: when nobody can come any more
        """
        self.ensure_one()
        if self._filter_pending():
            self.write({"state": "done", "outcome": "accepted", "reason_code": False})
        elif not self._is_coming():
            self.outcome = "accepted"

    def _decline_invitation(self):
        """Note that the customer does not come; as superuser.

        A seat that was booked is free again.
        """
        self.ensure_one()
        booked = self.registration_id.filtered(lambda r: r.state in ("draft", "open"))
        if booked:
            booked.action_cancel()
        if self._filter_pending():
            self.write({"state": "done", "outcome": "not_now", "reason_code": False})
        elif self.outcome in (False, "sent", "reached", "accepted"):
            self.outcome = "not_now"

    def _is_coming(self):
        self.ensure_one()
        # sudo: registrations are for the desk; the ledger says it to everybody
        return self.sudo().registration_id.state in ("draft", "open", "done")

    def _book_seat(self):
        """Book a seat, unless the customer has one.

        ``sudo``: whoever invites need not have access to registrations.
        """
        own = self.sudo()
        if not own.invited_event_id:
            own.invited_event_id = own.program_step_id.event_id
        event = own.invited_event_id
        if not event:
            raise UserError(
                self.env._(
                    "“%s” invites to no event. Choose another outcome.", self.name
                )
            )
        event._take_turns()
        registrations = self.env["event.registration"].sudo()
        known = registrations.search(
            [
                ("event_id", "=", event.id),
                ("partner_id", "=", own.partner_id.id),
                ("state", "in", ("draft", "open", "done")),
            ],
            limit=1,
        )
        if not known and (obstacle := event._get_obstacle()):
            raise UserError(obstacle)
        tickets = event.event_ticket_ids.filtered("sale_available")
        own.registration_id = known or registrations.create(
            {
                "event_id": event.id,
                "partner_id": own.partner_id.id,
                "event_ticket_id": tickets[:1].id,
            }
        )
