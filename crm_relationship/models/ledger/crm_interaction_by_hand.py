from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..base.asked import check_one
from . import advice, complaints
from .crm_interaction import PENDING_STATES

# What came of an interaction can be corrected for so long, then it is history.
CORRECTION_TIME = timedelta(days=1)
# Nobody who plans an interaction further ahead means it.
YEARS_AHEAD = 2
ALL_DOCUMENTS = "sales_team.group_sale_salesman_all_leads"


class CrmInteraction(models.Model):
    """What people may plan, change and correct by hand."""

    _inherit = "crm.interaction"

    is_correctable = fields.Boolean(
        compute="_compute_is_correctable",
        help="What came of the interaction can still be entered or corrected.",
    )

    @api.depends("state", "date_done")
    def _compute_is_correctable(self):
        since = fields.Datetime.now() - CORRECTION_TIME
        for interaction in self:
            interaction.is_correctable = interaction.state in PENDING_STATES or (
                interaction.state == "done"
                and bool(interaction.date_done)
                and interaction.date_done >= since
            )

    # ------------------------------------------------------------------
    # What may be written
    # ------------------------------------------------------------------

    @api.model
    def _get_fields_by_hand(self):
        return {
            *super()._get_fields_by_hand(),
            "name",
            "touchpoint_id",
            "user_id",
            "objective",
            "kind",
            "date_planned",
            "override_reason",
            "together_ids",
            *self._get_correctable_fields(),
        }

    @api.model
    def _get_correctable_fields(self):
        """Return the names of the fields that say what came of an interaction."""
        return {"outcome", "sentiment", "feedback", "cost", "duration"}

    @api.model
    def _get_free_fields(self):
        """Return the names of fields that other records guard; rooms add theirs."""
        return set()

    def _check_write_by_hand(self, vals):
        """Refuse what people may not change.

        Of what is planned, they change what is planned; of what is closed, nothing but
        what came of it, for a day. Who did it, and when, stays in any case.

        :return: as ``_get_outcomes``
        """
        free = self._get_free_fields()
        pending = self._filter_pending()
        if pending:
            allowed = self._get_fields_by_hand() | free
            if all(interaction.state == "scheduled" for interaction in pending):
                # nobody has it in the queue yet; it stays with the same customer
                allowed.add("partner_id")
            pending._check_by_hand(vals, allowed)
        closed = self - pending
        if closed:
            correctable = self._get_correctable_fields()
            if not self.env.user.has_group(ALL_DOCUMENTS):
                correctable.discard("cost")
            closed._check_by_hand(vals, correctable | free)
            if correctable & vals.keys():
                closed._check_correctable(vals)
        return self._get_outcomes()

    def _check_correctable(self, vals):
        for interaction in self:
            if not interaction.is_correctable:
                raise AccessError(
                    self.env._(
                        "“%(contact)s” is history: what came of an interaction can be"
                        " corrected for a day after it was done. Plan another"
                        " interaction to note what is new.",
                        contact=interaction.name,
                    )
                )
        if "outcome" in vals and not vals["outcome"]:
            raise UserError(
                self.env._("Say what came of the interaction: choose an outcome.")
            )

    def _get_by_hand_error(self, name):
        if name == "state":
            return AccessError(
                self.env._(
                    "What became of an interaction is not entered as its state. Use"
                    " the buttons “Done”, “No answer” and “Cancel”."
                )
            )
        if self - self._filter_pending():
            return AccessError(
                self.env._(
                    "This interaction is closed: “%(field)s” stays as it is. Plan"
                    " another interaction instead.",
                    field=self._fields[name]._description_string(self.env),
                )
            )
        return super()._get_by_hand_error(name)

    def _check_planned_by_hand(self, names=("date_planned", "date_due", "user_id")):
        """Refuse days, people and outcomes that nobody can mean.

        :param names: names of the fields that somebody has set
        """
        self._check_not_too_far_ahead(set(names))
        if "user_id" in names:
            self._check_staff()
        if "outcome" in names and "sent" in self.mapped("outcome"):
            raise UserError(
                self.env._(
                    "Only a message of the system counts as sent. Choose another"
                    " outcome."
                )
            )
        if "outcome" in names:
            self.filtered(lambda i: i.outcome == "solved")._check_complaint()

    def _check_not_too_far_ahead(self, names):
        limit = fields.Datetime.now() + relativedelta(years=YEARS_AHEAD)
        limits = {"date_planned": limit, "date_due": limit.date()}
        for interaction in self:
            if any(interaction[n] > limits[n] for n in limits.keys() & names):
                raise UserError(
                    self.env._(
                        "An interaction can be planned at most %(count)s years ahead."
                        " Choose an earlier day.",
                        count=YEARS_AHEAD,
                    )
                )

    def _check_staff(self):
        for interaction in self:
            staff = interaction.user_id
            if staff and not staff._filter_staff_of(interaction.company_id):
                raise UserError(
                    self.env._(
                        "%(staff)s does not work in %(company)s and cannot take on its"
                        " interactions. Choose somebody who does.",
                        staff=staff.name,
                        company=interaction.company_id.name,
                    )
                )

    # ------------------------------------------------------------------
    # Corrected
    # ------------------------------------------------------------------

    def _get_outcomes(self):
        """Return what came of those that are done: ``{interaction: {field: value}}``"""
        names = self._get_correctable_fields()
        done = self.filtered(lambda i: i.state == "done")
        return {interaction: {n: interaction[n] for n in names} for interaction in done}

    def _follow_correction(self, before):
        """Keep in the customer's chatter what was corrected, and act on a complaint.

        :param dict before: as returned by ``_get_outcomes``
        """
        for interaction, old in before.items():
            lines = [
                f"{self._fields[name]._description_string(self.env)}:"
                f" {interaction._show(name, value)} → "
                f"{interaction._show(name, interaction[name])}"
                for name, value in old.items()
                if value and value != interaction[name]
            ]
            if lines:
                # sudo: whoever may correct it need not be allowed to write the contact
                interaction.partner_id.sudo()._message_log(
                    body=self.env._(
                        "Correction of “%(contact)s”. %(changes)s",
                        contact=interaction.name,
                        changes=", ".join(sorted(lines)),
                    ),
                    author_id=self.env.user.partner_id.id,
                )
            if interaction.outcome != old["outcome"]:
                # sudo: what follows from a complaint is written by the system
                complaints.follow_correction(interaction.sudo(), old["outcome"])

    def _show(self, name, value):
        """Return a value as people read it."""
        field = self._fields[name]
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        return value or ""

    # ------------------------------------------------------------------
    # Planned manually
    # ------------------------------------------------------------------

    def action_plan(self):
        """Put a manually planned interaction into the queue at once if it is due soon.

        What is in the queue already stays there as it is.
        """
        check_one(self)
        planned = self._take_up()
        planned._check_pending()
        close = {"type": "ir.actions.act_window_close"}
        if self.state != "scheduled":
            return close
        day, moment = planned._get_deadline(), planned.date_planned
        if not planned._get_touch():
            planned.write({"date_due": day, "date_planned": moment})
        horizon = planned.company_id._get_queue_horizon()
        if moment < fields.Datetime.now() + horizon:
            planned._release()
        if not self.reason_code:
            return close
        return self._notify_planned(moment, close)

    def _notify_planned(self, moment, then):
        """Return the action that tells what became of an interaction, and why.

        :param datetime moment: for which it was planned
        :param dict then: the action that follows
        """
        self.ensure_one()
        reasons = dict(self._fields["reason_code"]._description_selection(self.env))
        message = reasons[self.reason_code]
        if self.state in PENDING_STATES and self.date_planned != moment:
            message = self.env._(
                "%(reason)s. Planned for %(moment)s instead.",
                reason=message,
                moment=advice.local_moment(self, self.date_planned),
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self._get_plan_title(),
                "message": message,
                "next": then,
            },
        }

    def _get_plan_title(self):
        """Return what became of an interaction not planned as requested."""
        self.ensure_one()
        if self.state in PENDING_STATES:
            return self.env._("This interaction has to wait")
        return self.env._("This interaction is not allowed")
