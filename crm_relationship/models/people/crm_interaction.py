import json

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime
from odoo.tools.misc import clean_context

from ...engine import channel
from ..base.apart import log_failure, run_apart
from ..base.asked import check_one, check_records, check_seen
from ..base.bounds import clamp_day_sql
from ..base.holding import holding
from ..courtesy.gatekeeper import Gatekeeper, Listener
from ..courtesy.voices import get_address_of
from ..ledger.address import lacks_address, word_missing
from ..ledger.crm_interaction import PENDING_STATES
from ..ledger.messages import SENDING
from ..ledger.planner import placement_sql
from . import reach
from .backlog import Backlog
from .capacity import Capacity, needs_time
from .undo import Watch

# What tells that somebody has talked to the customer.
TALKED = ("reached", "ordered", "not_now")
# What comes round less often is too seldom to be replaced by a talk about other things.
LONGEST_REPLACED = 100
# A contact that waits gains a class of value in so many days, up to so many classes.
GAIN_DAYS, MOST_GAINED = 14, 2
# Of an introduction.
OBJECTIVE, KIND = "relationship", "relationship"


class CrmInteraction(models.Model):
    """An interaction carried out: one tap reaches, one notes, and one takes back.

    What is due finds a day on which somebody has time for it. Salespeople introduce
    themselves to the customers they are given.
    """

    _inherit = "crm.interaction"

    # may be added or corrected in the dialog; the contact says who may
    phone = fields.Char(readonly=False)
    email = fields.Char(readonly=False)
    direction = fields.Selection(
        selection=[
            ("out", "We contacted the customer"),
            ("in", "The customer contacted us"),
        ],
        string="Who Contacted Whom",
        copy=False,
    )
    placed_order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Order Placed",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        help="The quotation or sales order that came of the interaction.",
    )
    reach = fields.Json(
        compute="_compute_reach",
        help="The channels through which the person can be reached from here.",
    )
    reach_warning = fields.Char(
        string="Cannot Be Reached",
        compute="_compute_reach_warning",
        help="What is missing for the channel of the interaction, and which channel"
        " comes next.",
    )
    assignment_id = fields.Many2one(
        comodel_name="crm.staff.assignment",
        string="Introduced After",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The assignment by which the customer got this salesperson.",
    )

    # what waits for a lawful reason is looked up every night
    _waiting_idx = models.Index(
        "(relationship_id)"
        " WHERE state IN ('scheduled', 'open') AND reason_code IS NOT NULL"
    )

    # ------------------------------------------------------------------
    # Compute
    # ------------------------------------------------------------------

    @api.depends("partner_id", "phone", "email", "touchpoint_id", "state")
    def _compute_reach(self):
        self.reach = False
        for interaction in self._filter_pending().filtered("partner_id"):
            interaction.reach = reach.get_buttons(
                interaction.partner_id, interaction.touchpoint_id
            )

    @api.depends("partner_id", "phone", "email", "touchpoint_id", "state")
    def _compute_reach_warning(self):
        lacking = self._filter_pending().filtered(
            lambda i: i.partner_id and lacks_address(i.partner_id, i.touchpoint_id.kind)
        )
        (self - lacking).reach_warning = False
        if not lacking:
            return
        listener = Listener(lacking.partner_id, fields.Datetime.now())
        for interaction in lacking:
            interaction.reach_warning = interaction._word_lack(listener)

    def _word_lack(self, listener):
        """Return what is missing for the channel, and the next one, in words."""
        self.ensure_one()
        missing = word_missing(self.env, self.touchpoint_id.kind)
        following = self._find_next_touchpoint(listener)
        if not following:
            return self.env._("%s.", missing)
        return self.env._(
            "%(missing)s. The next channel would be %(channel)s.",
            missing=missing,
            channel=following.name,
        )

    def _find_next_touchpoint(self, listener):
        """Return the first other channel that can be used, possibly none.

        What speaks against all channels alike, such as the hour, does not count.
        """
        self.ensure_one()
        candidates = [
            *self._get_candidates(),
            *self.env["crm.touchpoint"]._get_in_use(),
        ]
        usable = (
            candidate
            for candidate in candidates
            if candidate.kind != self.touchpoint_id.kind
            and not lacks_address(self.partner_id, candidate.kind)
            and self._is_accepted(listener, candidate)
        )
        return next(usable, None)

    def _is_accepted(self, listener, touchpoint):
        """Tell whether nothing speaks against this one channel."""
        address = get_address_of(touchpoint.kind)
        if self._get_touch_template(touchpoint) and not listener.has_address(
            self.partner_id, address
        ):
            return False
        # sudo: whether a consent is needed is no secret to whoever makes contact
        company = self.company_id.sudo()
        reason = listener.get_refusal(
            self.partner_id, self.kind, address, touchpoint.ids, company
        )
        return reason not in channel.CHANNEL_REASONS

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.constrains("placed_order_id")
    def _check_placed_order(self):
        for interaction in self.filtered("placed_order_id"):
            order, customer = interaction.placed_order_id, interaction.customer_id
            check_seen(order)
            if (
                order.partner_id.commercial_partner_id != customer
                or order.company_id != interaction.company_id
            ):
                check_seen(customer)
                raise ValidationError(
                    self.env._(
                        "%(order)s is no order of %(customer)s in this company. Choose"
                        " another one.",
                        order=order.name,
                        customer=customer.display_name,
                    )
                )

    @api.model
    def _get_free_fields(self):
        """Number and address are the contact's, which says who may change them."""
        return super()._get_free_fields() | {"phone", "email"}

    @api.model
    def _get_correctable_fields(self):
        return super()._get_correctable_fields() | {"placed_order_id"}

    def _show(self, name, value):
        if name == "placed_order_id":
            return value.name or ""
        return super()._show(name, value)

    # ------------------------------------------------------------------
    # Reached by one tap
    # ------------------------------------------------------------------

    def action_reach(self):
        """Open the channel of the context key ``channel``; then ask what came of it.

        A missing number can be added in the dialog that follows.
        """
        check_one(self)
        self.check_access("read")
        kind = self.env.context.get("channel")
        reach.check_kind(self.env, kind)
        person, dialog = self.partner_id, self.action_open_outcome()
        if obstacle := reach.get_obstacle(person, kind):
            # the dialog tells what is missing for the channel of the interaction
            is_told = kind == self.touchpoint_id.kind and self.reach_warning
            return dialog if is_told else reach.warn(obstacle, dialog)
        if kind == "visit":
            return reach.show_map(person)
        touchpoint = self._get_touchpoint(kind)
        if kind == "whatsapp":
            action = reach.open_link(self.action_whatsapp()["url"], dialog)
        else:
            self._check_not_refused(touchpoint)
            action = self._open_channel(kind, dialog)
        if kind in ("call", "whatsapp"):
            self._use_channel(touchpoint)
        return action

    def _open_channel(self, kind, dialog):
        """Return the action that dials or writes; closing is up to who sends."""
        self.ensure_one()
        if kind == "call":
            return reach.call(self.partner_id, dialog)
        # sudo: what is said is read by whoever says it
        touch = self._get_touch().sudo()
        self._before_sending()
        with holding(SENDING, tuple(self.ids)):
            values = {"crm_interaction_id": self.id}
            if kind == "sms":
                return reach.write_sms(
                    self.partner_id, {**values, "template_id": touch.sms_template_id.id}
                )
            return reach.write_email(
                self.partner_id, {**values, "template_id": touch.mail_template_id.id}
            )

    def _use_channel(self, touchpoint):
        """Note through which channel somebody tries, as far as that user may."""
        if touchpoint and touchpoint != self.touchpoint_id and self._filter_pending():
            if self.has_access("write"):
                self._take_up().write({"touchpoint_id": touchpoint.id})

    # ------------------------------------------------------------------
    # What came of it, and undoing it
    # ------------------------------------------------------------------

    def action_done(self):
        check_records(self)
        watch = Watch(self)
        action = super().action_done()
        moved = self._move_replaced()
        return watch.offer(action, self._tell_done(moved))

    def action_no_answer(self):
        check_records(self)
        watch = Watch(self)
        action = super().action_no_answer()
        return watch.offer(action, self._tell_return())

    def action_cancel(self):
        check_records(self)
        watch = Watch(self)
        action = super().action_cancel()
        return watch.offer(action, self.env._("Cancelled."))

    def action_later(self):
        """Ask when to try again."""
        check_one(self)
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Later…"),
            "res_model": "crm.interaction.later",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_interaction_id": self.id},
        }

    def action_new_quotation(self):
        """Close as reached, and open a new quotation that came of it.

        Undone, the interaction is open again; the quotation stays, before the user's
        eyes. ``sudo`` for the link alone; the quotation is the user's own.
        """
        check_one(self)
        self.env["sale.order"].check_access("create")
        watch = Watch(self)
        self._close_done({"outcome": "reached"})
        moved = self._move_replaced()
        env = self.env(context=clean_context(self.env.context))
        order = env["sale.order"].create(
            {"partner_id": self.partner_id.id, "company_id": self.company_id.id}
        )
        self.sudo().placed_order_id = order
        action = {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": order.id,
            "views": [(False, "form")],
        }
        return watch.offer(action, self._tell_done(moved))

    def action_log(self):
        """Ask what happened that nobody had planned."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log an Interaction"),
            "res_model": "crm.interaction.log",
            "views": [(False, "form")],
            "target": "new",
        }

    def _tell_done(self, moved):
        """Return the outcome in words, and what else it has moved.

        ``sudo``: what moves may return to whoever the user stands in for.

        :param moved: interactions that need not take place so soon any more
        """
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        said = [outcomes[name] for name in dict.fromkeys(self.mapped("outcome"))]
        return " ".join(
            [", ".join(said) + "."] + [i._tell_moved() for i in moved.sudo()]
        )

    def _tell_moved(self):
        self.ensure_one()
        return self.env._(
            "“%(contact)s” moves to %(day)s.",
            contact=self.name,
            day=format_date(self.env, self._get_deadline()),
        )

    def _tell_return(self):
        """Return when a pending interaction comes back, or that it does not."""
        if len(self) != 1:
            return self.env._("Noted.")
        if self.state not in PENDING_STATES:
            return self.env._("Closed: could not be reached.")
        tz = self.env.user.tz or self.company_id._relationship_tz()
        return self.env._(
            "Comes back %(moment)s.",
            moment=format_datetime(
                self.env, self.date_planned, tz=tz, dt_format="EEEE d MMMM, HH:mm"
            ),
        )

    # ------------------------------------------------------------------
    # Moved
    # ------------------------------------------------------------------

    def _postpone(self, day, is_replanned=False):
        """Let pending interactions wait for a day, out of the queue until then.

        :param bool is_replanned: whether the plan asks for them on that day now
        :return: these interactions, as superuser
        """
        postponed = self._take_up()
        postponed._check_pending()
        activities = postponed.activity_id
        vals = {"state": "scheduled", "activity_id": False, "reason_code": False}
        if is_replanned:
            vals["date_due"] = day
        for company, own in postponed.grouped("company_id").items():
            moment = company._relationship_time(day)
            asked = {"date_asked": False if is_replanned else moment}
            own.write({**vals, **asked, "date_planned": moment})
            own._check_not_too_far_ahead({"date_planned"})
            horizon = fields.Datetime.now() + company._get_queue_horizon()
            own.filtered(lambda i, h=horizon: i.date_planned < h)._release()
        activities.filtered("active").unlink()
        return postponed

    def _move_replaced(self):
        """Move what a talk with the customer has made pointless for now.

        That is what comes round at least every few months through this channel: the
        monthly call after a talk on the phone, but neither the yearly visit nor a
        birthday. ``sudo``: it may be in a colleague's queue.

        :return: the interactions that are moved
        """
        talks = self.sudo().filtered(
            lambda i: i.state == "done" and i.outcome in TALKED
        )
        moved = talks.browse()
        channels = talks.grouped("relationship_id")
        for pending in talks._find_recurring():
            own = channels[pending.relationship_id]
            line = pending.plan_line_id
            step = relativedelta(months=line.interval_months, days=line.interval_days)
            day = pending.company_id._relationship_today() + step
            preferred = pending.partner_id.preferred_touchpoint_id
            if pending._get_deadline() < day and own.touchpoint_id & (
                pending._get_touch()._get_candidates(preferred)
            ):
                moved += pending._postpone(day, is_replanned=True)
        return moved.sudo(False)

    def _find_recurring(self):
        """Return what of the customers' plans is pending and comes round often."""
        return self.search(
            Domain("relationship_id", "in", self.relationship_id.ids)
            & Domain("state", "in", PENDING_STATES)
            & Domain("kind", "=", "relationship")
            & Domain("plan_line_id", "!=", False)
            & Domain("plan_line_id.occasion_id", "=", False)
            & Domain("plan_line_id.interval_length", "<=", LONGEST_REPLACED)
        )

    def _note_talk(self, vals):
        """Close as done what took place unplanned, whoever began it.

        :param dict vals: outcome, direction … to record with it
        :raises UserError: when we began it, and the gate does not allow it
        """
        talk = self._take_up()
        if vals["direction"] == "out":
            talk._check_gate(vals["override_reason"])
        talk.write({"state": "done", "reason_code": False, **vals})

    # ------------------------------------------------------------------
    # Carried out by a message
    # ------------------------------------------------------------------

    def _get_advice(self, touchpoint):
        """Return why this interaction should not go through a channel now, if so."""
        self.ensure_one()
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        decision = self._ask(keeper, touchpoint, now)
        return not decision.allowed and self._word(decision, keeper, touchpoint)

    def _begin_message(self, touchpoint, override_reason):
        """Ask the gate before somebody's message leaves.

        :param str override_reason: why it leaves against the advice
        :raises UserError: when it must not
        """
        self.ensure_one()
        pending = self._take_up()
        pending._check_pending()
        pending.write({"touchpoint_id": touchpoint.id})
        pending._check_gate(override_reason)

    def _end_message(self, message):
        """Close as done by a message that has reached the person.

        ``sudo``: what was asked before it left.
        """
        self.sudo().write(
            {
                "state": "done",
                "outcome": "sent",
                "reason_code": False,
                "source_model": message._name,
                "source_id": message.id,
            }
        )

    @api.model
    def _get_undone_fields(self):
        """Return the names of the fields that closing sets."""
        return [
            "state",
            "outcome",
            "reason_code",
            "date_done",
            "date_due",
            "date_planned",
            "date_retry",
            "date_asked",
            "attempt_count",
            "date_attempt",
            "touchpoint_id",
            "user_id",
            "cost",
            "duration",
            "activity_id",
            "given_benefit_id",
            "placed_order_id",
            "along_id",
            "is_complaint_open",
        ]

    # ------------------------------------------------------------------
    # Days with room, and introductions
    # ------------------------------------------------------------------

    @api.model
    def _get_urgency_sql(self):
        """First service, then what is about to become late, then the most valuable.

        Complaints are service. Occasions and follow-ups of an order are late soon. The
        value of a customer is the monetary score. Waiting makes a contact gain, but no
        more than two classes: where more is due than can be done for months, it is the
        least valuable who wait, and where it is not, everybody's turn comes.
        """
        return SQL(
            """
            CASE WHEN i.kind = 'service' THEN 0
                 WHEN i.sale_order_id IS NOT NULL
                      OR (SELECT l.occasion_id FROM crm_contact_plan_line l
                           WHERE l.id = i.plan_line_id) IS NOT NULL THEN 1
                 ELSE 2 END,
            c.relationship_bins
            - COALESCE((SELECT r.rfm_monetary FROM crm_relationship r
                         WHERE r.id = i.relationship_id), 0)
            - LEAST(GREATEST((%(now)s::date - i.date_due) / %(days)s, 0), %(most)s),
            i.date_due, %(planned)s
            """,
            now=self.env.cr.now(),
            days=GAIN_DAYS,
            most=MOST_GAINED,
            planned=super()._get_urgency_sql(),
        )

    @api.model
    def _make_room(self):
        super()._make_room()
        error = run_apart(self.env, Backlog(self.env).relieve)
        if error:
            log_failure(error, "Queues that hold too much stay as they are")

    def _fit_verdicts(self, verdicts, keeper, sequence):
        """Give each contact a day with room for it, in the order of these records."""
        verdicts = super()._fit_verdicts(verdicts, keeper, sequence)
        timed = {v.interaction.id: v for v in verdicts if needs_time(v)}
        if not timed:
            return verdicts
        capacity = Capacity(list(timed.values()), keeper)
        for id_ in self.ids:
            if id_ in timed:
                verdict = timed[id_]
                wanted, _is_blocked = sequence.get_place(verdict.interaction)
                timed[id_] = capacity.fit(verdict, wanted)
                sequence.note_moment(verdict.interaction, timed[id_].moment)
        return [timed.get(v.interaction.id, v) for v in verdicts]

    @api.model
    def _introduce(self, lines, day, days):
        """Let new salespeople introduce themselves, each to as many customers a day.

        As the system plans it, which is to say without an author: so the release holds
        it back as long as the company is in Preview. SQL because it is the planner's
        own way, and may be thousands.

        :param lines: ``crm.staff.assignment.line`` records of one assignment
        :param date day: the first day
        :param int days: over which they are spread
        """
        assignment = lines.assignment_id
        lang = assignment.company_id.sudo().partner_id.lang or self.env.lang
        name = self.with_context(lang=lang).env._(
            "Introduce yourself: you are this customer's salesperson from now on"
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_interaction (%(columns)s)
                SELECT %(values)s
                  FROM (SELECT id, relationship_id, %(day)s
                               + (%(days)s * (row_number() OVER turn - 1)
                                  / count(*) OVER (PARTITION BY new_user_id))::int
                               AS day
                          FROM crm_staff_assignment_line
                         WHERE assignment_id = %(assignment)s
                           AND new_user_id IS NOT NULL
                           AND new_user_id IS DISTINCT FROM old_user_id
                        WINDOW turn AS (PARTITION BY new_user_id
                                            ORDER BY minutes DESC, id)) line
                  JOIN crm_relationship r ON r.id = line.relationship_id
                  JOIN res_company c ON c.id = r.company_id
                  JOIN res_partner cp ON cp.id = c.partner_id
            CROSS JOIN (SELECT NULL::int AS user_id, %(name)s::jsonb AS name) touch
            CROSS JOIN LATERAL (SELECT r.partner_id, line.day) due
                 WHERE line.id = ANY(%(lines)s)
                """,
                day=clamp_day_sql(SQL("%s::date", day)),
                days=days,
                assignment=assignment.id,
                name=json.dumps({"en_US": name}),
                lines=lines.ids,
                **placement_sql(
                    self.env,
                    objective=SQL("%s", OBJECTIVE),
                    kind=SQL("%s", KIND),
                    assignment_id=SQL("%s", assignment.id),
                ),
            )
        )
        self.invalidate_model()
        # sudo: the customers' next day follows from what is planned
        lines.sudo().relationship_id._refresh_contact_state()
