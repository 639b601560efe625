from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..customer.lifecycle import LIFECYCLE_STAGES

# What staff may correct; the rest follows from purchases and from what is declared.
STAFF_FIELDS = {"date", "reason_id", "note"}


class CrmDefection(models.Model):
    """One time that a customer left: when, why, and what it costs the company.

    Either the customer said so (`declared`), or the portfolio refresh noticed it by the
    silence. A customer who buys again has returned; leaving once more is another row.
    """

    _name = "crm.defection"
    _description = "Defection"
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
        string="Left On",
        required=True,
        default=lambda self: self.env.company._relationship_today(),
        index=True,
        help="Day on which the customer said goodbye, or on which the silence became"
        " so long that the customer counts as lost.",
    )
    date_noticed = fields.Date(
        readonly=True,
        help="Day on which the silence was noticed, before the customer said a word.",
    )
    declared = fields.Boolean(
        string="Said Goodbye",
        readonly=True,
        help="The customer said it. Otherwise it was noticed by the silence.",
    )
    reason_id = fields.Many2one(
        comodel_name="crm.defection.reason",
        index="btree_not_null",
        ondelete="restrict",
        help="Why the customer left. Left empty: not known yet.",
    )
    avoidable = fields.Boolean(related="reason_id.avoidable")
    note = fields.Text(help="What the customer said about it, in the customer's words.")
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        readonly=True,
        ondelete="set null",
        help="Segment of the customer before leaving; where that is a segment for a"
        " stage, such as “At risk”, the one before it, if known.",
    )
    stage_before = fields.Selection(
        selection=LIFECYCLE_STAGES,
        string="Stage before Leaving",
        readonly=True,
    )
    stage_before_since = fields.Date(readonly=True)
    yearly_margin = fields.Monetary(
        string="Yearly Margin Lost",
        readonly=True,
        help="The customer's margin a year when the defection was noted: margin within"
        " the analysis window × 12 ÷ months looked at (the months since the first"
        " purchase, at least 12, at most those of the window).",
    )
    interaction_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Exit Interview",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The contact in which the customer is asked why. What was said becomes the"
        " note, where that is empty.",
    )
    interview_state = fields.Selection(
        related="interaction_id.state",
        string="State of the Interview",
    )
    date_returned = fields.Date(
        string="Returned On",
        readonly=True,
        help="Day of the first purchase noticed after the customer had left.",
    )

    _open_unique = models.UniqueIndex(
        "(relationship_id) WHERE date_returned IS NULL",
        "This customer has left already. Change the defection that is noted.",
    )

    # ------------------------------------------------------------------
    # Constrains and CRUD
    # ------------------------------------------------------------------

    @api.constrains("date")
    def _check_date(self):
        for defection in self.filtered("declared"):
            defection.relationship_id._check_leaving_day(defection.date)

    def write(self, vals):
        """Let the customer's stage follow when the day is corrected.

        :raises AccessError: when staff change more than the day, the reason and the
            note: whose interview it is, for example, decides on who may cancel it
        """
        if not self.env.su and vals.keys() - STAFF_FIELDS:
            raise AccessError(
                self.env._(
                    "Of a defection, only the day, the reason and the note can be"
                    " changed."
                )
            )
        result = super().write(vals)
        if "date" in vals:
            for defection in self.filtered(lambda d: d.declared and d._is_open()):
                # sudo: staff may note a defection, the stage follows by the rules
                defection.relationship_id.sudo().defection_date = defection.date
        return result

    def _is_open(self):
        self.ensure_one()
        return not self.date_returned

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_relationship(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.partner_id.display_name,
            "res_model": "crm.relationship",
            "res_id": self.relationship_id.id,
            "view_mode": "form",
        }

    def action_ask_why(self):
        """Plan an exit interview with each of these customers, where one may ask."""
        self.check_access("write")
        to_ask = self.filtered(lambda d: d._is_open() and d._needs_interview())
        refusing = to_ask.filtered(lambda d: d._refuses_contact())
        planned = to_ask - refusing
        planned._plan_interviews(
            lambda defection: {
                "date_due": defection.company_id._relationship_today()
                + timedelta(days=1)
            }
        )
        self.env.ref("crm_relationship.ir_cron_release").sudo()._trigger()
        return self._notify_planned(
            len(planned), len(refusing), len(self) - len(to_ask)
        )

    @api.model
    def _notify_planned(self, planned, refusing, others):
        sentences = [self.env._("%s exit interviews were planned.", planned)]
        if refusing:
            sentences.append(
                self.env._("%s customers do not want to be contacted.", refusing)
            )
        if others:
            sentences.append(
                self.env._(
                    "%s were left out: returned, or an interview is planned or made.",
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
        """Undo declared defections noted by mistake.

        The customer gets back the stage from before; the portfolio refresh, started at
        once, decides on the rest. Who had been lost by silence already stays so.
        """
        self.check_access("write")
        for defection in self:
            if not (defection.declared and defection._is_open()):
                raise UserError(
                    self.env._(
                        "The defection of %(customer)s cannot be taken back: only a"
                        " goodbye of a customer who has not returned since can.",
                        customer=defection.partner_id.display_name,
                    )
                )
        interviews = self.interaction_id._filter_pending()
        to_customer = self[:1].action_view_relationship()
        # sudo: as for declaring it; the right to do so was checked above
        self.sudo()._take_back()
        interviews.sudo().action_cancel()
        self.env.ref("crm_relationship.ir_cron_refresh").sudo()._trigger()
        if len(self) == 1 and not self.exists():
            # The form would be left without its record.
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
        interview = self.sudo().interaction_id
        return not interview or interview.state not in ("scheduled", "open", "done")

    def _refuses_contact(self):
        """Tell whether asking is out of the question, whatever the channel.

        ``sudo``: a refusal binds also those who may not see who recorded it.
        """
        self.ensure_one()
        customer = self.sudo().partner_id
        return bool(
            not customer.active
            or customer._get_contact_wish("do_not_contact")
            or customer._get_contact_wish("consent_relationship") == "refused"
        )

    def _plan_interviews(self, get_values):
        """Plan an exit interview for each defection.

        ``sudo``: the contact belongs to the customer's staff, who may be a colleague.

        :param get_values: returns the values of the contact that belong to a defection
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
        """Where there is no note, take what the customer said in the interview."""
        for defection in self:
            if not defection.note:
                defection.note = defection.interaction_id.feedback
