from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from .crm_interaction import PENDING_STATES


class CrmInteraction(models.Model):
    """What became of a contact, and what follows from it."""

    _inherit = "crm.interaction"

    duration = fields.Integer(
        string="Duration (minutes)",
        help="Working time of the contact in minutes. Taken from the touch point when"
        " the contact is done; enter the time it really took where it differs.",
    )

    _duration_not_negative = models.Constraint(
        "CHECK(duration >= 0)",
        "The duration of a contact cannot be negative.",
    )
    # All that the touch point matrix sums up, so that it need not read the ledger.
    _done_idx = models.Index(
        "(company_id, date_done)"
        " INCLUDE (relationship_id, touchpoint_id, cost, duration)"
        " WHERE state = 'done'"
    )

    def action_open_outcome(self):
        """Ask for the outcome in a dialog: the first of the two taps."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "crm.interaction",
            "res_id": self.id,
            "views": [
                (
                    self.env.ref(
                        "crm_relationship.crm_interaction_view_form_outcome"
                    ).id,
                    "form",
                )
            ],
            "target": "new",
        }

    def action_done(self):
        """Close as done; the outcome comes from the context key ``outcome``."""
        outcome = self.env.context.get("outcome") or "reached"
        self._close_done({"outcome": outcome})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _close_done(self, vals):
        """Close pending contacts as done.

        :param dict vals: outcome, sentiment, feedback … to note with it.
        :raises UserError: when a contact is closed already, or the gate does not allow
            it and neither a reason nor a right to go on is given.
        """
        for interaction in self:
            if interaction.state not in PENDING_STATES:
                raise UserError(
                    self.env._(
                        "“%(contact)s” is closed already. Reload the page to see its"
                        " present state.",
                        contact=interaction.display_name,
                    )
                )
        self._check_gate(vals.get("override_reason"))
        self.write({"state": "done", "reason_code": False, **vals})

    def action_no_answer(self):
        """Try again some days later; after the last attempt, close as missed."""
        for interaction in self._filter_pending():
            company = interaction.company_id
            attempts = interaction.attempt_count + 1
            if attempts >= company.relationship_max_attempts:
                interaction.write(
                    {
                        "attempt_count": attempts,
                        "state": "missed",
                        "reason_code": "no_answer",
                    }
                )
                continue
            retry = fields.Datetime.now() + timedelta(
                days=company.relationship_retry_days
            )
            interaction.write(
                {
                    "attempt_count": attempts,
                    "reason_code": "no_answer",
                    "date_planned": retry,
                }
            )
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_cancel(self):
        self._filter_pending().write({"state": "cancelled", "reason_code": "by_hand"})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _after_closing(self):
        """Do what follows from a contact being made, missed, cancelled or skipped."""
        if not self:
            return
        done = self.filtered(lambda i: i.state == "done")
        for interaction in done:
            touchpoint = interaction.touchpoint_id
            interaction.cost = interaction.cost or touchpoint.currency_id._convert(
                touchpoint.unit_cost,
                interaction.currency_id,
                interaction.company_id,
                interaction.date_done,
            )
            interaction.duration = interaction.duration or touchpoint.duration
        done._close_activities()
        (self - done).sudo().activity_id.filtered("active").unlink()
        done.filtered(lambda i: i.outcome == "complaint")._open_service()
        self.enrollment_id.sudo()._complete_when_done()
        for company, interactions in self.sudo().grouped("company_id").items():
            interactions._schedule(company, interactions.relationship_id.ids)

    def _open_service(self):
        """Put a service contact into the queue for each complaint, due today."""
        service = self.sudo().create(
            [
                {
                    "name": self.env._("Complaint: %s", interaction.name),
                    "relationship_id": interaction.relationship_id.id,
                    "partner_id": interaction.partner_id.id,
                    "user_id": interaction.user_id.id,
                    "touchpoint_id": interaction.touchpoint_id.id,
                    "sale_order_id": interaction.sale_order_id.id,
                    "kind": "service",
                    "is_complaint": True,
                    "feedback": interaction.feedback,
                    "date_planned": fields.Datetime.now(),
                }
                for interaction in self
            ]
        )
        service._release()
