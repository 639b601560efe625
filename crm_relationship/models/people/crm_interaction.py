import json
from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from lxml import html
from markupsafe import Markup

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, format_date, format_datetime, split_every
from odoo.tools.misc import clean_context

from ...engine import channel
from ...engine.gate import OK, Decision
from ..base.apart import log_failure, run_apart
from ..base.asked import check_one, check_records, check_seen
from ..base.bounds import clamp_day_sql
from ..base.holding import holding
from ..base.jobs import start_job
from ..courtesy.gatekeeper import Gatekeeper, Listener
from ..courtesy.voices import get_address_of
from ..ledger import advice
from ..ledger.address import lacks_address, word_missing
from ..ledger.crm_interaction import PENDING_STATES
from ..ledger.live import may_go
from ..ledger.messages import SENDING
from ..ledger.planner import placement_sql
from ..ledger.release import Release
from ..program.priority import priority_sql
from . import reach
from .backlog import Backlog
from .capacity import OVER_CAPACITY, Capacity, needs_time
from .stand_ins import StandIns
from .undo import Watch

# What tells that somebody has talked to the customer.
TALKED = ("reached", "ordered", "not_now")
# What comes round less often is too seldom to be replaced by a talk about other things.
LONGEST_REPLACED = 100
# What waits gains a class of value in so many days, up to so many classes.
GAIN_DAYS, MOST_GAINED = 28, 1
# Of the most valuable customers, what has waited as long is about to be late.
CLOSING_DAYS = 2
# So many interactions are judged again within a request; more are a matter of the job.
RELEASED_AT_ONCE = 500
# What the gate and the capacity say of a day on which somebody is absent.
MOVED_BY_ABSENCE = ("outside_work", OVER_CAPACITY)
# The last attempt goes through another of these channels: nobody drives for it.
FROM_A_DESK = ("call", "whatsapp", "sms", "email")
# So much of what the customer asks for names the opportunity, or the follow-up.
WISH_CHARS = 80
# In the calendar, where the channel says no time.
VISIT_MINUTES = 60
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
    asked_lead_id = fields.Many2one(
        comodel_name="crm.lead",
        string="Opportunity",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="What the customer asked for, as an opportunity.",
    )
    event_id = fields.Many2one(
        comodel_name="calendar.event",
        string="In the Calendar",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The visit, as it stands in the salesperson's calendar.",
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

    # what somebody has tried today is told in *My Day*
    _attempt_idx = models.Index(
        "(user_id, date_attempt) WHERE date_attempt IS NOT NULL"
    )

    # ------------------------------------------------------------------
    # Compute
    # ------------------------------------------------------------------

    @api.depends(
        "partner_id.refused_touchpoint_ids",
        "partner_id.do_not_contact",
        "phone",
        "email",
        "touchpoint_id",
        "state",
    )
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

    def _find_next_touchpoint(self, listener, kinds=None):
        """Return the first other channel that can be used, possibly none.

        What speaks against all channels alike, such as the hour, does not count.

        :param kinds: of the channels that come into question; all by default
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
            and (kinds is None or candidate.kind in kinds)
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

    def write(self, vals):
        passed_on = self.browse()
        if "user_id" in vals:
            passed_on = self.filtered(lambda i: i.user_id.id != vals["user_id"])
        result = super().write(vals)
        if vals.get("placed_order_id"):
            self._credit_orders()
        if {"state", "date_planned"} & vals.keys():
            self._follow_visits()
        passed_on._pass_visits_on()
        return result

    def _credit_orders(self):
        """Note whose the orders are that came of these, whoever did it.

        ``sudo``: the order may be a colleague's by now.
        """
        for interaction in self.sudo().filtered("placed_order_id"):
            owner = interaction.for_user_id or interaction.relationship_id.user_id
            interaction.placed_order_id.credited_user_id = owner

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

    @api.model
    def get_empty_list_help(self, help_message):
        """Speak of Preview only to those in whose companies something is in Preview."""
        words = super().get_empty_list_help(help_message)
        # sudo: whether a company is live is no secret to those who work in it
        states = set(self.env.companies.sudo().mapped("relationship_state"))
        if not words or not isinstance(words, str) or states != {"live"}:
            return words
        told = html.fragment_fromstring(words, create_parent="div")
        for paragraph in told.find_class("o_crm_in_preview"):
            paragraph.drop_tree()
        return Markup(html.tostring(told, encoding="unicode"))

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
        former = {interaction: interaction.touchpoint_id for interaction in self}
        action = super().action_no_answer()
        changed = self.filtered(lambda i: i.touchpoint_id != former[i])
        return watch.offer(action, self._tell_return(changed))

    def action_solve_complaint(self):
        check_one(self)
        watch = Watch(self)
        action = super().action_solve_complaint()
        if action.get("tag") != "soft_reload":
            return action
        return watch.offer(action, self.env._("Solved."))

    def action_cancel(self):
        check_records(self)
        watch = Watch(self)
        action = super().action_cancel()
        return watch.offer(action, self.env._("Cancelled."))

    @contextmanager
    def _offering_undo(self):
        """Offer on the user's screen to take back what Odoo's own buttons have closed.

        They return nothing of ours, so it comes by the bus, wherever they are.
        """
        undo = self.env["crm.interaction.undo"].sudo(False)
        watch = self and undo.has_access("read") and Watch(self)
        yield
        if watch:
            watch.announce(self._tell_done(self.browse()))

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
            [", ".join(said) + "."]
            + [service._tell_service() for service in self._find_services()]
            + [i._tell_moved() for i in moved.sudo()]
        )

    def _find_services(self):
        """Return what was planned because of complaints among these.

        ``sudo``: it may be in a colleague's queue.
        """
        complaining = self.filtered(lambda i: i.outcome == "complaint")
        if not complaining:
            return self.browse()
        return self.sudo().search(
            [("complaint_id", "in", complaining.ids), ("state", "in", PENDING_STATES)]
        )

    def _tell_service(self):
        self.ensure_one()
        return self.env._(
            "“%(contact)s” is planned for %(day)s, and nothing is sold until it is"
            " solved.",
            contact=self.name,
            day=format_date(self.env, self._get_deadline()),
        )

    def _tell_moved(self):
        self.ensure_one()
        return self.env._(
            "“%(contact)s” moves to %(day)s.",
            contact=self.name,
            day=format_date(self.env, self._get_deadline()),
        )

    def _tell_return(self, changed=()):
        """Return when a pending interaction comes back, or that it does not.

        :param changed: those that come back through another channel
        """
        if len(self) != 1:
            return self.env._("Noted.")
        # sudo: put off beyond an absence, it is out of the stand-in's sight again
        known = self.sudo()
        if known.state not in PENDING_STATES:
            return self.env._("Closed: could not be reached.")
        tz = self.env.user.tz or known.company_id._relationship_tz()
        moment = format_datetime(
            self.env, known.date_planned, tz=tz, dt_format="EEEE d MMMM, HH:mm"
        )
        if self not in changed:
            return self.env._("Comes back %(moment)s.", moment=moment)
        return self.env._(
            "Comes back %(moment)s: %(channel)s instead.",
            moment=moment,
            channel=known.touchpoint_id.name,
        )

    def _change_channel(self):
        """Let the last attempt go through another channel than those in vain.

        The first that the customer accepts, in the order of the plan; none that takes
        longer than from a desk. What was entered for it stays.
        """
        last = self.filtered(
            lambda i: (
                i.attempt_count + 2 == i.company_id.relationship_max_attempts
                and i.partner_id
            )
        )
        if not last:
            return
        listener = Listener(last.partner_id, fields.Datetime.now())
        for interaction in last:
            other = interaction._find_next_touchpoint(listener, FROM_A_DESK)
            if other:
                interaction.touchpoint_id = other

    # ------------------------------------------------------------------
    # What the customer asks for, and visits in the calendar
    # ------------------------------------------------------------------

    def _note_wish(self, becomes, day):
        """Close as reached, and make of what the customer asked for what is wanted.

        With the rights of the user; ``sudo`` for the link alone.

        :param str becomes: "opportunity" or "follow_up"
        :param date day: of the follow-up
        """
        check_one(self)
        words = " ".join((self.feedback or "").split())
        if not words:
            raise UserError(self.env._("Write down what the customer asks for."))
        watch = Watch(self)
        self._close_done({"outcome": "reached"})
        moved = self._move_replaced()
        if becomes == "opportunity":
            self.sudo().asked_lead_id = self._make_opportunity(words)
            told = self.env._("An opportunity was created.")
        else:
            follow_up = self._make_follow_up(words, day)
            told = self.env._(
                "A follow-up is planned for %(day)s.",
                day=format_date(self.env, follow_up.date_due),
            )
        close = {"type": "ir.actions.act_window_close"}
        return watch.offer(close, f"{self._tell_done(moved)} {told}")

    def _make_opportunity(self, words):
        env = self.env(context=clean_context(self.env.context))
        return env["crm.lead"].create(
            {
                "name": words[:WISH_CHARS],
                "description": self.feedback,
                "type": "opportunity",
                "partner_id": self.partner_id.id,
                "user_id": env.uid,
                "company_id": self.company_id.id,
            }
        )

    def _make_follow_up(self, words, day):
        if not day or day <= self.company_id._relationship_today():
            raise UserError(self.env._("Choose a day after today."))
        follow_up = self.create(
            {
                "name": words[:WISH_CHARS],
                "relationship_id": self.relationship_id.id,
                "partner_id": self.partner_id.id,
                "touchpoint_id": self.touchpoint_id.id,
                "user_id": self.env.uid,
                "date_due": day,
            }
        )
        follow_up.action_plan()
        return follow_up

    def _plan_visit(self):
        """Return the event that stands for a visit in the calendar of the user.

        Only the user is invited: an invitation would be a message to the customer that
        nobody has asked the gate about. ``sudo`` for the link alone.
        """
        check_one(self)
        visit = self._take_up()
        visit._check_pending()
        if visit.touchpoint_id.kind != "visit":
            raise UserError(
                self.env._("Only visits are put into the calendar. Call or write.")
            )
        if visit.event_id.active:
            return visit.event_id
        start = max(visit.date_planned, _next_quarter(fields.Datetime.now()))
        minutes = timedelta(minutes=visit.touchpoint_id.duration or VISIT_MINUTES)
        env = self.env(context=clean_context(self.env.context))
        event = env["calendar.event"].create(
            {
                "name": self.display_name,
                "start": start,
                "stop": start + minutes,
                "user_id": env.uid,
                "partner_ids": [Command.set(env.user.partner_id.ids)],
                "location": reach.get_address(visit.partner_id),
            }
        )
        # an appointment: nothing but people moves it any more
        moment = {"date_planned": event.start, "date_asked": event.start}
        visit.write({"event_id": event.id, **moment})
        return event

    def _follow_visits(self):
        """Keep the calendar in step with visits that are put off, called off or undone.

        ``sudo``: a visit may be in a colleague's calendar; whether the user may change
        the interaction was asked when it was written.
        """
        for visit in self.sudo().filtered("event_id"):
            event = visit.event_id
            if visit.state in PENDING_STATES:
                event._follow_visit(visit)
            elif event.active != (visit.state == "done"):
                event.with_context(dont_notify=True).active = not event.active

    def _pass_visits_on(self):
        """Let visits stand in the calendar of whoever goes there now.

        ``sudo``: as above.
        """
        for visit in self.sudo().filtered(lambda i: i.event_id and i.user_id):
            visit.event_id._pass_to(visit.user_id)

    def _follow_release(self):
        """Move visits in the calendar that the release has moved.

        ``sudo``: as above.
        """
        super()._follow_release()
        in_calendar = self.sudo().search(
            [("id", "in", self.ids), ("event_id", "!=", False)]
        )
        in_calendar._follow_visits()

    def _follow_calendar(self, is_about_people, organizers):
        """Do with visits what somebody did with them in the calendar.

        Whoever drags one chose its moment: the gate is asked when it is made, and tells
        now what it would say.

        :param bool is_about_people: whether somebody comes to it, or stays away
        :param dict organizers: ``{visit: res.users}`` before
        """
        off = self.filtered(lambda i: not i.event_id.active)
        for visit in self - off:
            vals = visit._get_values_of_calendar(is_about_people, organizers[visit])
            if vals is None:
                off += visit
            elif vals:
                visit.write(vals)
                visit._check_planned_by_hand({"date_planned", "user_id"} & vals.keys())
                visit._warn_of_moment()
        off._leave_calendar()

    def _get_values_of_calendar(self, is_about_people, organizer):
        """Return what differs from the calendar; None where the visit is off there."""
        self.ensure_one()
        event, vals = self.event_id, {}
        if is_about_people:
            user = event._find_visitor(self, organizer)
            if not user:
                return None
            if user != self.user_id:
                vals["user_id"] = user.id
        moment = event._get_visit_start(self.company_id)
        if moment != self.date_planned:
            # a person chose this day, the gate has moved nothing any more
            vals |= {"date_planned": moment, "date_asked": moment, "reason_code": False}
        return vals

    def _leave_calendar(self):
        """Let visits that are off in the calendar find a day by the rules again."""
        if self:
            self.write({"event_id": False, "date_asked": False})
            self._release_again()

    def _warn_of_moment(self):
        """Tell the user what the gate says of the moment that was chosen."""
        self.ensure_one()
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        moment = max(self.date_planned, now)
        decision = self._ask(keeper, self.touchpoint_id, moment)
        if decision.allowed:
            return
        self.env.user._bus_send(
            "simple_notification",
            {
                "type": "warning",
                "message": self.env._(
                    "%(visit)s: %(advice)s",
                    visit=self.display_name,
                    advice=advice.word(self, decision, keeper, self.touchpoint_id),
                ),
            },
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
        postponed._look_again()
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
            advice.check(talk, vals["override_reason"])
        talk.write({"state": "done", "reason_code": False, **vals})

    # ------------------------------------------------------------------
    # Carried out by a message
    # ------------------------------------------------------------------

    def _get_advice(self, touchpoint):
        """Return why this interaction should not go through a channel now, if so.

        :return: the advice, and whether a reason for going ahead is asked for
        """
        self.ensure_one()
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        decision = self._ask(keeper, touchpoint, now)
        if decision.allowed:
            return False, False
        return (
            advice.word(self, decision, keeper, touchpoint),
            advice.needs_reason(self, decision, keeper),
        )

    def _begin_message(self, touchpoint, override_reason):
        """Ask the gate before somebody's message leaves.

        :param str override_reason: why it leaves against the advice
        :raises UserError: when it must not
        """
        self.ensure_one()
        pending = self._take_up()
        pending._check_pending()
        pending.write({"touchpoint_id": touchpoint.id})
        advice.check(pending, override_reason)

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

    def _note_undelivered(self, passing=False):
        """Reopen what a message was to carry out that did not arrive after all."""
        planned = self.filtered(lambda i: not i.source)
        for kind, own in planned.grouped("channel_kind").items():
            own._follow_failure(kind, passing)
        planned.write({"source_model": False, "source_id": False})
        return super(CrmInteraction, self - planned)._note_undelivered(passing)

    @api.model
    def _get_undone_fields(self):
        """Return the names of the fields that closing sets."""
        return [
            "state",
            "outcome",
            "reason_code",
            "cancel_reason",
            "date_done",
            "date_due",
            "date_planned",
            "date_retry",
            "date_asked",
            "attempt_count",
            "date_attempt",
            "touchpoint_id",
            "user_id",
            "for_user_id",
            "cost",
            "duration",
            "activity_id",
            "given_benefit_id",
            "placed_order_id",
            "asked_lead_id",
            "along_id",
            "is_complaint_open",
            "answer_due",
            "date_answered",
            "answered_in_time",
            "answer_hours",
            "source_model",
            "source_id",
        ]

    # ------------------------------------------------------------------
    # Days with room, and introductions
    # ------------------------------------------------------------------

    @api.model
    def _get_urgency_sql(self):
        """First service, then what is about to become late, then the most valuable.

        Complaints are service. Occasions and follow-ups of an order are late soon, and
        so is what the most valuable customers have waited for. Of
        these, the priority of the program comes first; a plan's is the usual one. The
        value of a customer is the monetary score. Waiting makes an interaction gain,
        but no more than one class, and it never comes before the most valuable
        customers: where more is due than can be done for months, the least valuable
        wait, in order, and where it is not, everybody's turn comes.
        """
        return SQL(
            """
            CASE WHEN i.kind = 'service' THEN 0
                 WHEN i.sale_order_id IS NOT NULL
                      OR (SELECT l.occasion_id FROM crm_contact_plan_line l
                           WHERE l.id = i.plan_line_id) IS NOT NULL
                      OR (%(now)s::date - i.date_due >= %(closing)s
                          AND (SELECT r.rfm_monetary >= c.relationship_bins
                                 FROM crm_relationship r
                                WHERE r.id = i.relationship_id)) THEN 1
                 ELSE 2 END,
            -%(priority)s,
            (SELECT CASE WHEN class <= 0 THEN 0 ELSE GREATEST(class - LEAST(
                        GREATEST((%(now)s::date - i.date_due) / %(days)s, 0),
                        %(most)s), 1) END
               FROM (SELECT c.relationship_bins - COALESCE((
                            SELECT r.rfm_monetary FROM crm_relationship r
                             WHERE r.id = i.relationship_id), 0) AS class) value),
            i.date_due, %(planned)s
            """,
            now=self.env.cr.now(),
            days=GAIN_DAYS,
            closing=CLOSING_DAYS,
            most=MOST_GAINED,
            priority=priority_sql(),
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
                timed[id_] = self._fit(capacity, verdict, wanted, keeper)
                sequence.note_moment(verdict.interaction, timed[id_].moment)
        return [timed.get(v.interaction.id, v) for v in verdicts]

    @api.model
    def _fit(self, capacity, verdict, wanted, keeper):
        """Return the verdict on a day with room; say so where an absence moves it."""
        interaction = verdict.interaction
        staff = keeper.get_staff(interaction)
        replaced = keeper.get_replaced(interaction)
        fitted = capacity.fit(verdict, wanted)
        if replaced or keeper.get_staff(interaction) != staff:
            return fitted
        work = keeper.get_workdays(interaction)
        if not work or not work.has_absence:
            return fitted
        if not work.is_away(
            work.get_day(max(interaction._get_wanted_moment(), keeper.now))
        ):
            return fitted
        if fitted.decision.reason_code not in (OK, *MOVED_BY_ABSENCE):
            return fitted
        return fitted._replace(decision=Decision("absent", fitted.moment))

    # ------------------------------------------------------------------
    # Those who are absent
    # ------------------------------------------------------------------

    def _find_stand_ins(self, keeper, moments=None):
        return StandIns(self, keeper, moments).find()

    @api.model
    def _cron_release(self):
        """Give back first what is still open of those who are there again."""
        if error := run_apart(self.env, self._follow_absences):
            log_failure(error, "The queues did not follow who is absent")
        return super()._cron_release()

    @api.model
    def _follow_absences(self, users=None):
        """Let those do what is in the queues who are there on its day.

        It leaves its queue and is released again: to a stand-in; to its own salesperson
        as soon as that person is there; on the first day back, where nobody stands in.

        :param users: ``res.users`` about whom something has changed; without, those who
            are replaced, and those who are absent
        """
        if users is None:
            staff = self.env["res.users"]._find_absent()
            concerned = Domain("for_user_id", "!=", False)
            waiting = self.browse()
        else:
            staff = users
            concerned = Domain("for_user_id", "in", users.ids)
            waiting = self._find_waiting_for(users)
        in_queue = self.search(
            (Domain("user_id", "in", staff.ids) | concerned)
            & Domain("state", "=", "open")
        )
        misplaced = in_queue._filter_misplaced(is_strict=users is not None)
        (misplaced | waiting)._release_again()

    def _hand_to(self, staff):
        """Find a day for what comes into somebody's queue: it was another's day.

        Whoever gets it may have no time on it, or be absent, or not work. What is still
        in a queue of a company that went back to Preview stays in one.
        """
        coming = self.filtered(
            lambda i: i.state == "open"
            and i.user_id != staff
            and may_go(i, i.touchpoint_id, is_message=False)
        )
        super()._hand_to(staff)
        if staff:
            coming._filter_without_room(staff)._release_again()

    def _filter_without_room(self, staff):
        """Return those of a queue whose days are not worked on, or hold too much.

        SQL because all that is in the queue is summed up. All, where somebody else may
        stand in.
        """
        if not self or staff in self.env["res.users"]._find_absent():
            return self
        self.env["crm.interaction"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT i.date_planned, sum(COALESCE(t.duration, 0))
                  FROM crm_interaction i
             LEFT JOIN crm_touchpoint t ON t.id = i.touchpoint_id
                 WHERE i.user_id = %s AND i.state = 'open' GROUP BY i.date_planned
                """,
                staff.id,
            )
        )
        found, now = self.browse(), fields.Datetime.now()
        for company, own in self.grouped("company_id").items():
            if work := staff._get_workdays(company, now).get(staff):
                found += own._filter_too_much(work, rows, now)
        return found

    def _filter_too_much(self, work, rows, now):
        """Return those on days of these ``Workdays`` that hold more than their minutes.

        :param rows: (moment, minutes) of all that is in the queue
        """
        minutes = Counter()
        for moment, own in rows:
            minutes[work.get_day(max(moment, now))] += own
        return self.filtered(
            lambda i: minutes[day := work.get_day(max(i.date_planned, now))]
            > work.get_minutes(day)
            or work.is_off(day)
        )

    @api.model
    def _follow_stand_in(self, relationships):
        """Ask anew who does what waits for people, where others serve or stand in."""
        concerned = Domain("for_user_id", "!=", False)
        concerned |= Domain("reason_code", "=", "absent")
        concerned |= Domain("reason_code", "=", OVER_CAPACITY) & Domain(
            "state", "=", "scheduled"
        )
        pending = self.search(
            Domain("relationship_id", "in", relationships.ids)
            & Domain("state", "in", PENDING_STATES)
            & concerned
        )
        covered = pending.filtered(lambda i: i.state == "open" and i.for_user_id)
        misplaced = covered._filter_misplaced(is_strict=True)
        (pending - covered + misplaced)._release_again()

    @api.model
    def _find_waiting_for(self, users):
        """Return what waits because nobody stands in, and these might do it now."""
        relying = users._find_relying()
        return self.search(
            Domain("state", "in", PENDING_STATES)
            & Domain("reason_code", "=", "absent")
            & (
                Domain("user_id", "in", relying.ids)
                | Domain("relationship_id.backup_user_id", "in", users.ids)
            )
        )

    def _filter_misplaced(self, is_strict):
        """Return those that somebody else should make than whose queue they are in.

        :param bool is_strict: also where the one who stands in could do it, but another
            one comes first by now
        """
        now = fields.Datetime.now()
        misplaced = self.browse()
        for ids in split_every(RELEASED_AT_ONCE, self.ids):
            own = self.browse(ids)
            keeper = Gatekeeper(own, now)
            keeper.set_staff({i: i._get_own_staff() for i in own})
            misplaced += own._compare_with(StandIns(own, keeper), is_strict)
        return misplaced

    def _compare_with(self, stand_ins, is_strict):
        found = stand_ins.find()

        def is_misplaced(interaction):
            owner, user = interaction._get_own_staff(), interaction.user_id
            moment = max(interaction.date_planned, stand_ins.keeper.now)
            if interaction not in found:
                is_away = stand_ins.is_away(owner, interaction.company_id, moment)
                return user != owner or (
                    is_away and interaction.reason_code != "absent"
                )
            if is_strict or user == owner:
                return user != found[interaction]
            return not stand_ins.is_there(interaction, user, moment)

        return self.filtered(lambda i: i._get_own_staff() and is_misplaced(i))

    def _release_again(self):
        """Take these out of their queues, and ask anew who makes them, and when.

        Many are left to the job.
        """
        queued = self.filtered(lambda i: i.state == "open")
        activities = queued.activity_id
        queued.write({"state": "scheduled", "activity_id": False})
        activities.filtered("active").unlink()
        self._plan_as_wanted()
        at_once = self[:RELEASED_AT_ONCE]
        if at_once:
            Release(self.env).release_safely(at_once)
        if len(self) > RELEASED_AT_ONCE:
            start_job(self.env, "release")

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


def _next_quarter(moment):
    """Return the next quarter of an hour."""
    past = timedelta(
        minutes=moment.minute % 15,
        seconds=moment.second,
        microseconds=moment.microsecond,
    )
    return moment - past + timedelta(minutes=15)
