from contextlib import nullcontext
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..base.asked import check_one, check_records
from ..base.holding import holding
from . import advice, attempts, complaints, in_step, noted, visit
from .crm_interaction import PENDING_STATES
from .messages import SENDING
from .whatsapp import make_url

# "No answer" once more within this time is the same attempt, clicked twice.
SAME_ATTEMPT = timedelta(minutes=10)
# A message counts as sent when the system has sent it.
OUTCOMES_BY_HAND = ("reached", "ordered", "not_now", "complaint", "solved")


class CrmInteraction(models.Model):
    """What became of an interaction: done, tried in vain, cancelled; what follows."""

    _inherit = "crm.interaction"

    # ------------------------------------------------------------------
    # What people say
    # ------------------------------------------------------------------

    def action_open_outcome(self):
        """Ask for the outcome in a dialog: the first of the two taps."""
        check_one(self)
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

    def action_note_preference(self):
        """Ask what the customer refuses, where the salesperson stands.

        The context key ``reached`` says that this interaction has taken place.
        """
        check_one(self)
        self.check_access("read")
        return self.partner_id._open_note(
            interaction_id=self.id,
            touchpoint_id=self.touchpoint_id.id,
            is_done=bool(self.env.context.get("reached"))
            and self.state in PENDING_STATES,
        )

    def action_done(self):
        """Close as done; the outcome comes from the context key ``outcome``."""
        check_records(self)
        outcome = self.env.context.get("outcome") or "reached"
        if outcome not in OUTCOMES_BY_HAND:
            raise UserError(
                self.env._(
                    "“%(value)s” is no outcome of an interaction. Use one of the"
                    " buttons.",
                    value=outcome,
                )
            )
        if outcome == "complaint" and self.env.context.get("words_needed"):
            self._check_words()
        self._close_done({"outcome": outcome})
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _close_done(self, vals):
        """Close pending interactions as done.

        :param dict vals: outcome, sentiment, feedback … to record with it.
        :raises UserError: when an interaction is already closed, or the gate does not
            allow it and there is neither a reason nor a right to go ahead.
        """
        pending = self._take_up()
        pending._check_pending()
        if vals.get("outcome") == "solved":
            pending._check_complaint()
        advice.check(pending, vals.get("override_reason"))
        along = visit.find_along(self)
        for other in along:
            other._check_not_refused(other.touchpoint_id)
        pending.write({"state": "done", "reason_code": False, **vals})
        for first, others in along.grouped("along_id").items():
            said = {"sentiment": first.sentiment} if first.sentiment else {}
            others.write({"state": "done", "reason_code": False, **said, **vals})

    def action_no_answer(self):
        """Try again some days later; after the last attempt, close as missed."""
        check_records(self)
        now = fields.Datetime.now()
        pending = self._take_up()._filter_pending()
        pending |= visit.find_along(pending)
        if self._is_by_hand():
            pending = pending.filtered(lambda i: not i._is_just_tried())
        pending._change_channel()
        moments = attempts.get_next(pending, now)
        for (moment, count), interactions in pending.grouped(
            lambda i: (moments[i], i.attempt_count + 1)
        ).items():
            vals = {
                "attempt_count": count,
                "date_attempt": now,
                "reason_code": "no_answer",
                **({"date_planned": moment} if moment else {"state": "missed"}),
            }
            interactions.write(vals)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _is_just_tried(self):
        """Tell whether "no answer" was tapped moments ago: that is the same attempt."""
        self.ensure_one()
        since = fields.Datetime.now() - SAME_ATTEMPT
        return bool(self.date_attempt) and self.date_attempt > since

    def _change_channel(self):
        """Let the next attempt go through another channel, if any; rooms know when."""

    def action_cancel(self):
        check_records(self)
        self._cancel()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _cancel(self, reason=False):
        """Close as cancelled what is still pending.

        :param str reason: value of ``cancel_reason``
        """
        pending = self._take_up()._filter_pending()
        pending.write(
            {"state": "cancelled", "reason_code": "by_hand", "cancel_reason": reason}
        )

    def _offering_undo(self):
        """Return the context in which Odoo's own buttons close these.

        Rooms that can take it back offer that.
        """
        return nullcontext()

    # ------------------------------------------------------------------
    # On WhatsApp
    # ------------------------------------------------------------------

    def action_whatsapp(self):
        """Open the conversation with the customer, the text of the plan ready in it."""
        check_one(self)
        self.check_access("read")
        self._check_not_refused(self._get_touchpoint("whatsapp"))
        return {
            "type": "ir.actions.act_url",
            "url": make_url(self.partner_id, self._get_whatsapp_text()),
            "target": "new",
        }

    def _get_whatsapp_text(self):
        """Return the text message of the plan or program, in the customer's language.

        ``sudo``: it is filled in from the contact by whoever reads the interaction.
        """
        if text := self._get_spoken_text():
            return text
        touch = self._get_touch().sudo().with_company(self.company_id)
        template = touch.sms_template_id
        if not template:
            return ""
        self._before_sending()
        with holding(SENDING, tuple(self.ids)):
            bodies = template._render_field(
                "body", self.partner_id.ids, compute_lang=True
            )
        return bodies[self.partner_id.id]

    def _get_spoken_text(self):
        """Return what a person sends or says, where it is no message; rooms know it."""
        self.ensure_one()
        return ""

    def _get_touchpoint(self, kind):
        """Return the channel of a kind: that of this interaction, else one in use."""
        self.ensure_one()
        own = self.touchpoint_id
        return own if own.kind == kind else noted.choose_touchpoint(self.env, kind)

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    def _after_closing(self):
        """Do what follows once an interaction is done, missed, cancelled or skipped.

        ``sudo``: the activity may be a colleague's, and the next interaction is planned
        by the system.
        """
        if not self:
            return
        done = self.filtered(lambda i: i.state == "done")
        done._note_cost()
        done._note_owner()
        in_step.close(done)
        (self - done).sudo().activity_id.filtered("active").unlink()
        (self - done)._look_again()
        if complaining := done.filtered(lambda i: i.outcome == "complaint"):
            complaints.open_service(complaining.sudo())
        complaints.follow_closing(self.sudo().filtered("is_complaint_open"))
        self._follow_closing()
        for company, interactions in self.sudo().grouped("company_id").items():
            interactions._schedule(company, interactions.relationship_id.ids)

    def _note_owner(self):
        """Record whose customer it was, where somebody else did it.

        Not where the plan or program wanted that other person. ``sudo``: it is noted
        by the system, and whose customer it is may be out of sight.
        """
        for interaction in self.sudo():
            owner = interaction.relationship_id.user_id
            if (
                owner
                and interaction.user_id
                and owner != interaction.user_id
                and not interaction.for_user_id
                and not interaction._get_touch().user_id
            ):
                interaction.for_user_id = owner

    def _note_cost(self):
        """Record the cost and the time of the channel; what was entered stays.

        What was done along with another one takes no time and no channel of its own.
        """
        for interaction in self.filtered(lambda i: i.along_id.state != "done"):
            touchpoint = interaction.touchpoint_id
            if not interaction.cost and touchpoint.unit_cost:
                interaction.cost = touchpoint.currency_id._convert(
                    touchpoint.unit_cost,
                    interaction.currency_id,
                    interaction.company_id,
                    interaction.date_done,
                )
            if not interaction.duration:
                interaction.duration = touchpoint.duration

    def _follow_closing(self):
        """Do what else follows when interactions are closed; rooms add theirs."""

    def _follow_feedback(self):
        """Do what follows from what the customer said; rooms add theirs."""
