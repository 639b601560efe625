from odoo import Command, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.base.told import tell
from ..models.courtesy.res_partner import REASON_LIMIT
from ..models.people.undo import Watch


class CrmPreferenceNote(models.TransientModel):
    """What a salesperson notes that a customer refuses, and whose decision it is.

    What the customer said is the customer's own refusal from then on: salespeople
    cannot take it back. What the customer did not say is the company's own decision.
    """

    _name = "crm.preference.note"
    _inherit = ["crm.record.mixin"]
    _description = "Note a Preference"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        ondelete="cascade",
    )
    customer_id = fields.Many2one(related="partner_id.commercial_partner_id")
    interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        ondelete="cascade",
        help="The interaction at which the customer said so.",
    )
    subject = fields.Selection(
        selection=[
            ("channel", "One channel"),
            ("consent_selling", "Selling: no more offers"),
            ("consent_relationship", "Greetings, tips and questions"),
            ("do_not_contact", "Everything: do not contact at all"),
            ("snooze", "Everything, for some time"),
        ],
        string="What Is Refused",
        required=True,
    )
    touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Channel",
        ondelete="cascade",
    )
    snooze_until = fields.Date(string="Pause Until")
    words = fields.Text(
        string="What the Customer Said",
        help="Word for word, and when and where: the proof of the customer's decision."
        " Where the decision is your own, why.",
    )
    is_done = fields.Boolean(
        string="The customer has been reached: this interaction is done",
    )

    def action_note_said(self):
        """Note it as what the customer said."""
        check_one(self)
        self.check_access("write")
        if not (self.words or "").strip():
            # before anything is done: the words are the proof
            self.partner_id._clean_words(self.words, "told")
        return self._note("told")

    def action_note_own(self):
        """Note it as the company's own decision."""
        check_one(self)
        self.check_access("write")
        if self.subject == "do_not_contact" and not (self.words or "").strip():
            raise UserError(
                self.env._("Say why this customer is not to be contacted at all.")
            )
        return self._note("staff")

    def _note(self, source):
        vals = self._get_preferences(source)
        closed = self.interaction_id if self.is_done else self.interaction_id.browse()
        watch = Watch(closed)
        if closed:
            # first: what is refused from now on does not undo what took place
            said = {"feedback": self.words} if source == "told" else {}
            closed._close_done({"outcome": "reached", **said})
        self.partner_id._change_preferences(vals, source, wording=self.words)
        close = {"type": "ir.actions.act_window_close"}
        if not closed:
            return tell(self._tell_noted(), close)
        return watch.offer(
            close, f"{self._tell_noted()} {closed._tell_done(closed.browse())}"
        )

    def _tell_noted(self):
        """Return what was noted, in words."""
        subjects = dict(self._fields["subject"]._description_selection(self.env))
        noted = subjects[self.subject]
        if self.subject == "channel":
            noted = self.touchpoint_id.name
        return self.env._("Refused from now on: %s.", noted)

    def _get_preferences(self, source):
        """Return the wishes that change, as for ``_change_preferences``.

        :raises UserError: when the channel or the day is missing
        """
        self.ensure_one()
        if self.subject == "channel":
            return self._get_channel_refusal()
        if self.subject == "do_not_contact":
            vals = {"do_not_contact": True}
            if source == "staff":
                vals["do_not_contact_reason"] = self.words.strip()[:REASON_LIMIT]
            return vals
        if self.subject == "snooze":
            return {"contact_snooze_until": self._get_pause()}
        return {self.subject: "refused"}

    def _get_channel_refusal(self):
        channel = self.touchpoint_id
        if not channel:
            raise UserError(self.env._("Choose the channel that is refused."))
        vals = {"refused_touchpoint_ids": [Command.link(channel.id)]}
        if self.partner_id.preferred_touchpoint_id == channel:
            vals["preferred_touchpoint_id"] = False
        return vals

    def _get_pause(self):
        today = fields.Date.context_today(self)
        if not self.snooze_until or self.snooze_until <= today:
            raise UserError(
                self.env._(
                    "Choose the day until which this customer is not disturbed: a day"
                    " after today."
                )
            )
        return self.snooze_until
