from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..base.asked import check_one, check_records
from ..base.jobs import start_job
from ..courtesy.voices import Voices
from ..customer.lifecycle import LIFECYCLE_STAGES
from .crm_interaction import ASKED_AFTER

# What salespeople may correct; the rest follows from purchases and from what is
# declared.
STAFF_FIELDS = {"date", "reason_id", "note"}


class CrmDefection(models.Model):
    """One time that a customer was lost: when, why, and what it costs the company.

    Either the customer said goodbye (`declared`), or the portfolio refresh noticed the
    silence. A customer who buys again has returned; being lost once more is another
    row.
    """

    _name = "crm.defection"
    _inherit = ["crm.record.mixin", "crm.customer.search.mixin"]
    _description = "Lost Customer"
    _order = "date desc, id desc"
    _rec_name = "partner_id"

    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        required=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        related="relationship_id.partner_id",
        string="Customer",
        store=True,
        index=True,
    )
    company_id = fields.Many2one(related="relationship_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(related="relationship_id.user_id")
    date = fields.Date(
        string="Lost On",
        required=True,
        default=lambda self: self.env.company._relationship_today(),
        index=True,
        help="Day on which the customer said goodbye, or on which the customer had"
        " been silent for so long as to count as lost.",
    )
    date_noticed = fields.Date(
        readonly=True,
        help="Day on which the silence was noticed, before the customer said anything.",
    )
    declared = fields.Boolean(
        string="Said Goodbye",
        readonly=True,
        help="The customer said so. Otherwise the loss was noticed because the"
        " customer had become silent.",
    )
    reason_id = fields.Many2one(
        comodel_name="crm.defection.reason",
        string="Lost Reason",
        index="btree_not_null",
        ondelete="restrict",
        help="Why the customer was lost. Left empty: not known yet.",
    )
    avoidable = fields.Boolean(related="reason_id.avoidable")
    note = fields.Text(help="What the customer said about it, in the customer's words.")
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        readonly=True,
        ondelete="set null",
        help="Segment of the customer before being lost; where that is a segment for a"
        " stage, such as “At risk”, the one before it, if known.",
    )
    stage_before = fields.Selection(
        selection=LIFECYCLE_STAGES,
        string="Previous Stage",
        readonly=True,
    )
    stage_before_since = fields.Date(string="Previous Stage Since", readonly=True)
    yearly_margin = fields.Monetary(
        string="Yearly Margin Lost",
        readonly=True,
        help="The customer's margin a year when the loss was recorded: margin within"
        " the analysis window × 12 ÷ months counted (the months since the first"
        " purchase, at least 12, at most those of the window).",
    )
    interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Exit Interview",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The interaction in which the customer is asked why. What was said"
        " becomes the note, where that is empty.",
    )
    interview_state = fields.Selection(
        related="interaction_id.state",
        string="State of the Interview",
    )
    date_returned = fields.Date(
        string="Returned On",
        readonly=True,
        help="Day of the first purchase noticed after the customer was lost.",
    )

    _open_unique = models.UniqueIndex(
        "(relationship_id) WHERE date_returned IS NULL",
        "This customer is lost already. Change the existing record instead.",
    )

    # ------------------------------------------------------------------
    # Constrains and CRUD
    # ------------------------------------------------------------------

    @api.constrains("date")
    def _check_date(self):
        for defection in self.filtered("declared"):
            defection.relationship_id._check_leaving_day(defection.date)

    def write(self, vals):
        """Update the customer's stage when the day is corrected.

        :raises AccessError: when a salesperson changes more than the day, the reason
            and the note: the interview, for example, decides who may cancel it
        """
        if not self.env.su and vals.keys() - STAFF_FIELDS:
            raise AccessError(
                self.env._(
                    "Only the day, the reason and the note of a lost customer can be"
                    " changed."
                )
            )
        if not self.env.su and "date" in vals:
            self._check_day_is_told()
        result = super().write(vals)
        if "date" in vals:
            for defection in self.filtered(lambda d: d.declared and d._is_open()):
                # sudo: a salesperson may record a loss; the stage follows from the
                # rules
                defection.relationship_id.sudo().defection_date = defection.date
        return result

    def _check_day_is_told(self):
        """Refuse to change the day of a silence, or of what is over."""
        for defection in self:
            if not (defection.declared and defection._is_open()):
                raise UserError(
                    self.env._(
                        "The day on which %(customer)s was lost follows from the"
                        " purchases. Only the day of a goodbye can be changed, until"
                        " the customer returns.",
                        customer=defection.partner_id.display_name,
                    )
                )

    def _is_open(self):
        self.ensure_one()
        return not self.date_returned

    def _take_up(self):
        """Let the same action elsewhere wait, and start from what it leaves behind.

        The later of two gets PostgreSQL's serialization error, and Odoo repeats its
        request. SQL because the ORM's lock gives up instead of waiting.
        """
        self.check_access("write")
        if self.ids:
            self.env.execute_query(
                SQL(
                    "SELECT FROM crm_defection WHERE id = ANY(%s) ORDER BY id"
                    " FOR NO KEY UPDATE",
                    self.ids,
                )
            )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_relationship(self):
        check_one(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.partner_id.display_name,
            "res_model": "crm.relationship",
            "res_id": self.relationship_id.id,
            "view_mode": "form",
        }

    def action_ask_why(self):
        """Plan an exit interview with each of these customers who may be asked."""
        check_records(self)
        self._take_up()
        to_ask = self.filtered(lambda d: d._is_open() and d._needs_interview())
        refusing = to_ask._filter_refusing()
        planned = to_ask - refusing
        planned._plan_interviews(
            lambda defection: {
                "date_due": defection.company_id._relationship_today() + ASKED_AFTER
            }
        )
        start_job(self.env, "release")
        return self._notify_planned(
            len(planned), len(refusing), len(self) - len(to_ask)
        )

    @api.model
    def _notify_planned(self, planned, refusing, others):
        sentences = [self.env._("Exit interviews planned: %s.", planned)]
        if refusing:
            sentences.append(
                self.env._("Customers who do not want to be contacted: %s.", refusing)
            )
        if others:
            sentences.append(
                self.env._(
                    "Left out, because they have returned, or an interview is planned"
                    " or done: %s.",
                    others,
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if planned else "warning",
                "message": " ".join(sentences),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_take_back(self):
        """Undo goodbyes recorded by mistake.

        The customer returns to the previous stage; the portfolio refresh, started at
        once, decides the rest. Customers who had already been lost through silence stay
        lost.
        """
        check_one(self)
        self._take_up()
        for defection in self:
            if not (defection.declared and defection._is_open()):
                raise UserError(
                    self.env._(
                        "This cannot be undone for %(customer)s: only a goodbye can,"
                        " and only if the customer has not returned since.",
                        customer=defection.partner_id.display_name,
                    )
                )
        interviews = self.interaction_id._filter_pending()
        to_customer = self.action_view_relationship() if len(self) == 1 else {}
        # sudo: as when declaring it; the right to do so was checked above
        self.sudo()._take_back()
        interviews.sudo().action_cancel()
        start_job(self.env, "refresh")
        if to_customer and not self.exists():
            # Otherwise the form would be left without its record.
            return {**to_customer, "views": [(False, "form")], "target": "main"}
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _take_back(self):
        relationships = self.relationship_id
        by_silence = self.filtered("date_noticed")
        for defection in by_silence:
            defection.write({"declared": False, "date": defection.date_noticed})
        before = {
            defection.relationship_id: {
                "lifecycle_stage": defection.stage_before,
                "lifecycle_date": defection.stage_before_since,
            }
            for defection in self - by_silence
        }
        (self - by_silence).unlink()
        earlier = dict(
            self._read_group(
                [("relationship_id", "in", relationships.ids), ("declared", "=", True)],
                ["relationship_id"],
                ["date:max"],
            )
        )
        for relationship in relationships:
            vals = {"defection_date": earlier.get(relationship, False)}
            relationship.write({**vals, **before.get(relationship, {})})

    # ------------------------------------------------------------------
    # Exit interview
    # ------------------------------------------------------------------

    def _needs_interview(self):
        self.ensure_one()
        # sudo: somebody else may hold the interview
        interview = self.sudo().interaction_id
        return not interview or interview.state not in ("scheduled", "open", "done")

    def _ask_once(self):
        """Take back what else would ask these customers why in the next weeks."""
        interactions = self.env["crm.interaction"]
        for company, losses in self.grouped("company_id").items():
            interactions._ask_soon(company, losses.relationship_id.ids)

    def _take_interview(self, interview):
        """Let an interview that is planned for later be the one, and come soon.

        :param interview: an interaction of the plan for lost customers
        """
        self.ensure_one()
        self.interaction_id = interview
        day = self.company_id._relationship_today() + ASKED_AFTER
        if interview.date_due > day:
            interview.write(
                {
                    "date_due": day,
                    "date_planned": self.company_id._relationship_time(day),
                }
            )

    def _filter_refusing(self):
        """Return those of whom asking is out of the question, whatever the channel.

        ``sudo``: a refusal also binds those who may not see who recorded it.
        """
        customers = self.sudo().partner_id
        voices = Voices(customers)
        silent = customers.filtered(
            lambda c: (
                not c.active
                or voices.unite(c).do_not_contact
                or voices.unite(c).consent_relationship == "refused"
            )
        )
        return self.filtered(lambda d: d.sudo().partner_id in silent)

    def _plan_interviews(self, get_values):
        """Plan an exit interview for each defection.

        ``sudo``: the interaction belongs to the customer's salesperson, who may be a
        colleague.

        :param get_values: returns the values of the interaction that depend on the
            defection
        :return: the new ``crm.interaction`` records
        """
        interviews = (
            self.env["crm.interaction"]
            .sudo()
            .create(
                [
                    {
                        "name": self.env._("Exit interview: why did you leave us?"),
                        "relationship_id": defection.relationship_id.id,
                        "partner_id": defection.partner_id.id,
                        "objective": "recovery",
                        "kind": "relationship",
                        **get_values(defection),
                    }
                    for defection in self
                ]
            )
        )
        for defection, interview in zip(self.sudo(), interviews, strict=True):
            defection.interaction_id = interview
        return interviews

    def _note_interviews(self):
        """Fill an empty note with what the customer said in the interview."""
        for defection in self:
            if not defection.note:
                defection.note = defection.interaction_id.feedback
