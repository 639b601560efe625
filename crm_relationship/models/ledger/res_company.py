from contextlib import contextmanager
from datetime import timedelta

from markupsafe import Markup
from pytz import timezone, utc

from odoo import Command, api, fields, models
from odoo.tools import SQL

from ..base.bounds import MAX_COUNT, MAX_HORIZON, MAX_PERIOD, Bounds
from ..base.jobs import start_job
from .live import PREVIEW, comes_from_system
from .ramp import Ramp

MAX_RAMP = 90
MAX_ANSWER_HOURS = 1000
# Whoever has begun to set the company up is reminded after so long.
REMIND_AFTER = timedelta(days=2)
START_PAGE = "/odoo/going-live"


class ResCompany(models.Model):
    """What a company settles about its queues, and whether anything enters them."""

    _inherit = "res.company"

    relationship_state = fields.Selection(
        selection=[("preview", "Preview"), ("live", "Live")],
        string="Relationships",
        default="preview",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="In Preview, interactions are planned and can be looked at; none enters a"
        " queue and no message is sent, unless somebody plans it manually.",
    )
    live_touchpoint_ids = fields.Many2many(
        comodel_name="crm.touchpoint",
        relation="crm_live_touchpoint_rel",
        string="Live Channels",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Automated channels through which messages are sent. Messages of others"
        " wait.",
    )
    relationship_ramp_days = fields.Integer(
        string="Spread over (days)",
        default=10,
        groups="base.group_user",
        help="Regular interactions of the first days after going live are spread evenly"
        " over this many days, for each salesperson.",
    )
    relationship_start_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Set Up By",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Who has begun to set up the relationships, and is reminded to go on.",
    )
    relationship_start_date = fields.Datetime(
        string="Set Up Since",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    relationship_start_activity_id = fields.Many2one(
        comodel_name="mail.activity",
        string="Reminder",
        ondelete="set null",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    relationship_horizon_days = fields.Integer(
        string="Queue Horizon",
        default=7,
        groups="base.group_user",
        help="Planned interactions enter the activity queue this many days before they"
        " are due.",
    )
    relationship_retry_days = fields.Integer(
        string="Retry After",
        default=2,
        groups="base.group_user",
        help="Days until the next attempt when a customer could not be reached.",
    )
    relationship_max_attempts = fields.Integer(
        string="Attempts",
        default=3,
        groups="base.group_user",
        help="Attempts after which an interaction is closed as missed.",
    )
    relationship_complaint_days = fields.Integer(
        string="Complaints Go to the Manager After",
        default=3,
        groups="base.group_user",
        help="Days after which a complaint that is not solved is told to the leader of"
        " the sales team, or to a sales administrator.",
    )

    relationship_answer_hours = fields.Integer(
        string="Complaints Are Answered Within (hours)",
        default=8,
        groups="base.group_user",
        help="Working hours of the company within which somebody talks with a customer"
        " who has complained. Afterwards the leader of the sales team, or a sales"
        " administrator, is told.",
    )
    relationship_has_hours = fields.Boolean(
        string="Has Working Hours",
        compute="_compute_relationship_has_hours",
        groups="base.group_user",
        help="Whether the working calendar of the company has hours to count by.",
    )

    _relationship_answer_in_bounds = Bounds(
        "relationship_answer_hours", 1, MAX_ANSWER_HOURS
    )
    _relationship_ramp_in_bounds = Bounds("relationship_ramp_days", high=MAX_RAMP)
    _relationship_horizon_in_bounds = Bounds(
        "relationship_horizon_days", high=MAX_HORIZON
    )
    _relationship_retry_in_bounds = Bounds("relationship_retry_days", high=MAX_PERIOD)
    _relationship_attempts_in_bounds = Bounds(
        "relationship_max_attempts", high=MAX_COUNT
    )
    _relationship_complaint_in_bounds = Bounds(
        "relationship_complaint_days", 1, MAX_PERIOD
    )
    _relationship_settings_positive = models.Constraint(
        "CHECK(relationship_horizon_days >= 0 AND relationship_retry_days > 0"
        " AND relationship_max_attempts > 0 AND relationship_ramp_days > 0)",
        "Queue horizon, days until the next attempt, number of attempts and the days of"
        " going live must be positive numbers.",
    )

    def write(self, vals):
        moving = self if "relationship_hour" in vals else self.browse()
        with moving._moving_plans():
            return super().write(vals)

    @contextmanager
    def _moving_plans(self):
        """Let what is planned follow the clock and the hour of these companies.

        ``sudo``: they go for all interactions, whoever sets them.
        """
        before = {
            company: (company._relationship_tz(), company._get_planned_hour())
            for company in self.sudo()
        }
        yield
        for company, former in before.items():
            self.env["crm.interaction"].sudo()._follow_clock(company, *former)

    def _convert_own_amounts(self, currency):
        """Convert what interactions have cost; SQL because there may be millions."""
        interactions = self.env["crm.interaction"]
        interactions.flush_model(["cost", "company_id"])
        self.env.cr.execute(
            SQL(
                "UPDATE crm_interaction SET cost = round(cost * %s::numeric, %s)"
                " WHERE company_id = %s AND cost <> 0",
                currency._get_conversion_rate(currency, self.currency_id, self),
                self.currency_id.decimal_places,
                self.id,
            )
        )
        interactions.invalidate_model(["cost"])
        return super()._convert_own_amounts(currency)

    def _get_queue_horizon(self):
        """Return how long before they are planned interactions enter a queue."""
        self.ensure_one()
        return timedelta(days=min(self.relationship_horizon_days, MAX_HORIZON))

    # ------------------------------------------------------------------
    # Working hours
    # ------------------------------------------------------------------

    @api.depends("resource_calendar_id.attendance_ids")
    def _compute_relationship_has_hours(self):
        for company in self:
            company.relationship_has_hours = bool(company._get_working_calendar())

    def _get_answer_hours(self):
        """Return the working hours within which complaints are answered.

        ``sudo``: whoever notes a complaint need not read the settings.
        """
        self.ensure_one()
        return min(max(self.sudo().relationship_answer_hours, 1), MAX_ANSWER_HOURS)

    def _get_working_calendar(self):
        """Return the working calendar, on the company's clock, if it has hours.

        One with flexible hours does not say when. ``sudo``: hours are no secret.
        """
        self.ensure_one()
        tz = timezone(self._relationship_tz())
        calendar = self.sudo().resource_calendar_id.with_context(employee_timezone=tz)
        is_fixed = not calendar.flexible_hours and calendar._has_opening()
        return calendar if is_fixed else calendar.browse()

    def _get_days_off(self):
        """Return the domain of the days on which this company does not work."""
        return [
            ("time_type", "=", "leave"),
            ("company_id", "in", (False, self.id)),
        ]

    def _add_working_hours(self, moment, hours):
        """Return when so many working hours have passed since a moment, in UTC.

        Hours of the clock count where the calendar has none to count by, or closes for
        years.
        """
        calendar = self._get_working_calendar()
        end = calendar and calendar.plan_hours(
            hours,
            utc.localize(moment),
            compute_leaves=True,
            domain=self._get_days_off(),
        )
        if not end:
            return moment + timedelta(hours=hours)
        return end.astimezone(utc).replace(tzinfo=None)

    def _count_working_hours(self, start, end):
        """Return the working hours from one moment to another, both in UTC.

        Hours of the clock, where the calendar has none to count by.
        """
        if end <= start:
            return 0.0
        calendar = self._get_working_calendar()
        if not calendar:
            return (end - start) / timedelta(hours=1)
        return calendar.get_work_hours_count(
            utc.localize(start), utc.localize(end), domain=self._get_days_off()
        )

    # ------------------------------------------------------------------
    # Preview and live
    # ------------------------------------------------------------------

    def _get_release_note(self):
        """Return what becomes of the interactions that are due, in words."""
        waiting = self.filtered(lambda company: company.relationship_state != "live")
        if not waiting:
            return self.env._("Those that are due reach the queues within a minute.")
        return self.env._(
            "None reaches a queue before a sales administrator goes live: %(company)s.",
            company=", ".join(waiting.mapped("name")),
        )

    def _go_live(self, touchpoints=None):
        """Open the people's queues, and automated channels in addition.

        What has waited is spread over the first days, follow-ups whose day has passed
        meanwhile are dropped. Calling it again opens further channels.

        :param touchpoints: ``crm.touchpoint`` records whose messages are sent from now
            on
        """
        self.ensure_one()
        was_live = self.relationship_state == "live"
        channels = touchpoints or self.env["crm.touchpoint"]
        opened = (
            channels.filtered(lambda channel: channel.mode == "automated")
            - self.live_touchpoint_ids
        )
        if was_live and not opened:
            return
        self.write(
            {
                "relationship_state": "live",
                "live_touchpoint_ids": [Command.link(id_) for id_ in opened.ids],
            }
        )
        Ramp(self.env, self, opened if was_live else None).start()
        self._end_reminder()
        start_job(self.env, "release")

    def _go_back_to_preview(self):
        """Close the queues and all channels again.

        What the system put into people's queues leaves them and waits; what somebody
        planned manually stays. Messages that wait in the mail queue are cancelled by it
        instead of being sent.
        """
        self.ensure_one()
        self.write(
            {
                "relationship_state": "preview",
                "live_touchpoint_ids": [Command.clear()],
            }
        )
        queued = (
            self.env["crm.interaction"]
            .search([("company_id", "=", self.id), ("state", "=", "open")])
            .filtered(comes_from_system)
        )
        activities = queued.activity_id
        queued.write(
            {"state": "scheduled", "activity_id": False, "reason_code": PREVIEW}
        )
        activities.filtered("active").unlink()

    # ------------------------------------------------------------------
    # Who stopped halfway
    # ------------------------------------------------------------------

    def _note_start(self, user):
        """Remember who is setting a company up, to remind them if they stop."""
        self.ensure_one()
        if self.relationship_state != "live" and not self.relationship_start_user_id:
            self.write(
                {
                    "relationship_start_user_id": user.id,
                    "relationship_start_date": fields.Datetime.now(),
                }
            )

    @api.model
    def _remind_who_stopped(self):
        """Remind whoever has begun to set up a company that is still in Preview; once.

        Whoever opens the start page again is reminded again.
        """
        stopped = self.search(
            [
                ("relationship_state", "!=", "live"),
                ("relationship_start_user_id.active", "=", True),
                (
                    "relationship_start_date",
                    "<",
                    fields.Datetime.now() - REMIND_AFTER,
                ),
            ]
        )
        for company in stopped:
            user = company.relationship_start_user_id
            company.write(
                {
                    "relationship_start_activity_id": company._schedule_reminder(user),
                    "relationship_start_user_id": False,
                    "relationship_start_date": False,
                }
            )

    def _schedule_reminder(self, user):
        """Put the reminder into the user's activities; return its id.

        Odoo's own to-do on the contact of the company: companies have no activities.
        """
        self.ensure_one()
        env = self.with_context(lang=user.lang).env
        note = Markup('<p>%s</p><p><a href="%s">%s</a></p>') % (
            env._(
                "The relationships of %s are still in Preview: interactions are"
                " planned, but none reaches a queue and no message is sent.",
                self.name,
            ),
            START_PAGE,
            env._("Go on where you stopped"),
        )
        activity = self.partner_id.with_context(
            mail_activity_quick_update=True
        ).activity_schedule(
            act_type_xmlid="mail.mail_activity_data_todo",
            date_deadline=self._relationship_today(),
            summary=env._("Relationships: go live, or stay in Preview"),
            note=note,
            user_id=user.id,
        )
        return activity.id

    def _end_reminder(self):
        """Mark the reminder as done once nobody needs it any more."""
        self.relationship_start_activity_id.filtered("active").action_feedback()
        self.write(
            {"relationship_start_user_id": False, "relationship_start_date": False}
        )
