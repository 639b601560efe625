from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from .crm_gatekeeper import Gatekeeper

# What the customer has said no to: nobody can go on regardless.
REFUSALS = ("do_not_contact", "channel_refused", "blacklisted")
PRIORITY = {"recovery": 1, "relationship": 2, "retention": 3, "referral": 4}


class CrmInteraction(models.Model):
    """The gate before every contact, human or automated.

    It is asked when a contact is released, when a message leaves, and when a member of
    staff notes a contact as done. Its answer is shown with every contact.
    """

    _inherit = "crm.interaction"

    reason_code = fields.Selection(
        selection_add=[
            ("other_company", "The customer belongs to another company"),
            ("do_not_contact", "The customer does not want to be contacted"),
            ("snoozed", "The customer asked for a pause"),
            ("no_consent", "No consent for this kind of contact"),
            ("complaint_open", "A complaint is open; selling waits"),
            ("relationship_first", "Relationship contacts come first; selling waits"),
            ("too_frequent", "Contacted often enough for now"),
            ("outside_window", "Outside the hours that suit the customer"),
        ],
    )
    is_complaint = fields.Boolean(
        help="As long as it is open, nothing is sold to this customer.",
    )
    override_reason = fields.Char(
        string="Reason for Going On",
        size=500,
        help="Why the contact was made although the system advised against it.",
    )
    gate_message = fields.Char(
        string="Advice",
        compute="_compute_gate_message",
        help="Why this contact should not be made now, and from when it may.",
    )
    gate_overview = fields.Html(
        string="Why / Why Not",
        compute="_compute_gate_overview",
        sanitize=False,
        help="For each channel, whether the customer may be contacted through it.",
    )

    # ------------------------------------------------------------------
    # Why and why not
    # ------------------------------------------------------------------

    @api.depends("touchpoint_id", "partner_id", "kind", "state", "date_planned")
    def _compute_gate_message(self):
        now = fields.Datetime.now()
        pending = self._filter_pending().filtered("partner_id")
        keeper = Gatekeeper(pending, now)
        for interaction in self - pending:
            interaction.gate_message = False
        for interaction in pending:
            decision = keeper.judge(interaction, interaction.touchpoint_id, now)
            interaction.gate_message = (
                False if decision.allowed else interaction._word(decision)
            )

    @api.depends("touchpoint_id", "partner_id", "kind")
    def _compute_gate_overview(self):
        for interaction in self:
            interaction.gate_overview = (
                interaction.partner_id and interaction._render_gate_overview()
            )

    def _render_gate_overview(self):
        """Return a table: touch points by kinds of contact, each allowed or why not.

        All contacts in ``self`` are with the same person; one column for each.
        """
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        rows = []
        for touchpoint in self.env["crm.touchpoint"].search([]):
            decisions = [keeper.judge(i, touchpoint, now) for i in self]
            rows.append(
                {
                    "name": touchpoint.name,
                    "icon": touchpoint.activity_type_id.icon,
                    "cells": [
                        (decision.allowed, interaction._word(decision))
                        for interaction, decision in zip(self, decisions, strict=True)
                    ],
                }
            )
        return self.env["ir.qweb"]._render(
            "crm_relationship.gate_overview",
            {"kinds": [kinds[interaction.kind] for interaction in self], "rows": rows},
        )

    def _word(self, decision):
        """Return a decision in plain words, with the moment from which it changes."""
        self.ensure_one()
        if decision.allowed:
            return self.env._("Allowed now")
        reasons = dict(self._fields["reason_code"]._description_selection(self.env))
        reason = reasons[decision.reason_code]
        if not decision.earliest:
            return reason
        return self.env._(
            "%(reason)s. Possible from %(moment)s.",
            reason=reason,
            moment=self._local_moment(decision.earliest),
        )

    def _local_moment(self, moment):
        """Return a UTC moment as text on the clock of the user who reads it."""
        tz = self.env.user.tz or self.company_id._relationship_tz()
        return format_datetime(self.env, moment, tz=tz, dt_format="short")

    # ------------------------------------------------------------------
    # Asked at release
    # ------------------------------------------------------------------

    def _get_priority(self):
        """Return the sort key by which contacts of one customer get their moments."""
        self.ensure_one()
        rank = 0 if self.kind == "service" else PRIORITY.get(self.objective, 2)
        return rank, self.date_planned, self.id

    # ------------------------------------------------------------------
    # Asked when staff notes a contact as done
    # ------------------------------------------------------------------

    def _check_gate(self, override_reason=None):
        """Refuse to note contacts as made that the gate does not allow now.

        :param str override_reason: why the person went on regardless; noted in the
            chatter of the customer. It does not help against a customer's own refusal.
        :raises UserError: with the reason, the date from which it may be done, and what
            the person can do.
        """
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        for interaction in self:
            decision = keeper.judge(interaction, interaction.touchpoint_id, now)
            if decision.allowed:
                continue
            if interaction._is_refusal(decision.reason_code):
                raise UserError(
                    self.env._(
                        "%(advice)s\n\nThis cannot be overridden: the customer said so."
                        " Cancel the contact, or make it through another channel.",
                        advice=interaction._word(decision),
                    )
                )
            reason = override_reason or interaction.override_reason
            if not reason:
                raise UserError(
                    self.env._(
                        "%(advice)s\n\nIf the contact was made all the same, say why in"
                        " “Reason for Going On”.",
                        advice=interaction._word(decision),
                    )
                )
            interaction.override_reason = reason
            interaction.partner_id.sudo()._message_log(
                body=self.env._(
                    "“%(contact)s” was made although: %(advice)s"
                    " Reason given: %(reason)s",
                    contact=interaction.name,
                    advice=interaction._word(decision),
                    reason=reason,
                ),
                author_id=self.env.user.partner_id.id,
            )

    def _is_refusal(self, reason_code):
        """Tell whether a reason is the customer's own no."""
        self.ensure_one()
        if reason_code == "no_consent":
            partner = self.partner_id.sudo()
            return partner._get_contact_wish(f"consent_{self.kind}") == "refused"
        return reason_code in REFUSALS

    # ------------------------------------------------------------------
    # Asked again when wishes change
    # ------------------------------------------------------------------

    @api.model
    def _reconsider(self, partners):
        """Ask the gate again for the pending contacts of people whose wishes changed.

        What is in a queue and no longer allowed as it stands leaves it, and is released
        anew: through another channel, at another time, or closed with the reason.
        """
        pending = self.search(
            [
                ("partner_id", "child_of", partners.ids),
                ("state", "in", ("scheduled", "open")),
            ]
        )
        if not pending:
            return
        waiting = pending.filtered(lambda i: i.state == "scheduled" and i.date_retry)
        waiting.write({"date_retry": False})
        now = fields.Datetime.now()
        keeper = Gatekeeper(pending, now)
        barred = pending.filtered(
            lambda i: i.state == "open"
            and not keeper.judge(i, i.touchpoint_id, max(now, i.date_planned)).allowed
        )
        activities = barred.activity_id
        barred.write({"state": "scheduled", "activity_id": False})
        activities.filtered("active").unlink()
        barred._release_safely()
