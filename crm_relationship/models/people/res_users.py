from collections import defaultdict
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, time, timedelta
from functools import cache

from odoo import api, fields, models
from odoo.exceptions import (
    AccessError,
    RedirectWarning,
    ValidationError,
)
from odoo.fields import Domain
from odoo.tools import SQL

from ...engine.stand_in import find_present
from ...engine.windows import HORIZON, Days, Window, zone
from ...engine.workdays import AROUND_THE_CLOCK, Workdays, merge
from ..base.asked import check_one, check_records
from ..base.bounds import Bounds
from .res_company import MAX_DAY
from .res_users_absence import get_span

# What a profile is read from, beside the resources.
_PROFILE_COLUMNS = {
    "res.users": ["contact_minutes_day", "deputy_id", "partner_id", "share"],
    "res.partner": ["tz"],
}
MANAGER = "sales_team.group_sale_manager"
SELLER = "sales_team.group_sale_salesman"
WEEKS_PER_YEAR, DAYS_PER_YEAR = 52, 365


class ResUsers(models.Model):
    """A salesperson's profile: how much, when, with which attributes, and who else."""

    _inherit = ["res.users", "crm.bounds.mixin"]

    contact_minutes_day = fields.Integer(
        string="Minutes for Interactions",
        groups="base.group_user",
        help="Minutes for interactions on a whole working day. At 0: as many"
        " as the settings of the company say.",
    )
    deputy_id = fields.Many2one(
        comodel_name="res.users",
        string="Stand-in",
        domain="[('share', '=', False), ('id', '!=', id)]",
        ondelete="set null",
        groups="base.group_user",
        help="Who takes on interactions for which this person has no time.",
    )
    staff_tag_ids = fields.Many2many(
        comodel_name="crm.staff.tag",
        relation="crm_staff_tag_user_rel",
        column1="user_id",
        column2="tag_id",
        string="Attributes",
        groups="base.group_user",
        help="What customers may require of their salesperson.",
    )
    qualified_segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        relation="crm_segment_qualified_user_rel",
        column1="user_id",
        column2="segment_id",
        string="Qualified For",
        groups="base.group_user",
        help="Segments whose customers this salesperson may serve. Left empty, the"
        " customers of all segments.",
    )
    contact_minutes = fields.Integer(
        string="Minutes a Day",
        compute="_compute_contact_minutes",
        groups="base.group_user",
        help="Minutes for interactions on a whole working day: those of the"
        " profile, else those of the company.",
    )
    absent_from = fields.Date(
        compute="_compute_absent",
        groups="base.group_user",
        help="First day of the present or next absence.",
    )
    absent_to = fields.Date(
        compute="_compute_absent",
        groups="base.group_user",
        help="Last day of the present or next absence.",
    )

    _contact_minutes_in_bounds = Bounds("contact_minutes_day", 0, MAX_DAY)

    @api.constrains("deputy_id")
    def _check_deputy(self):
        for user in self:
            if user.deputy_id == user:
                raise ValidationError(
                    self.env._(
                        "Nobody can stand in for themselves. Choose somebody else."
                    )
                )
            if user.deputy_id.share:
                raise ValidationError(
                    self.env._(
                        "A stand-in works here: choose an internal user instead of"
                        " %(name)s.",
                        name=user.deputy_id.name,
                    )
                )

    @api.depends("contact_minutes_day")
    @api.depends_context("company")
    def _compute_contact_minutes(self):
        for user in self:
            user.contact_minutes = user._get_contact_minutes_day()

    @api.depends_context("uid", "allowed_company_ids")
    @api.depends("resource_ids")
    def _compute_absent(self):
        """Tell whose absence it is to enter or to see, and nobody else."""
        now = fields.Datetime.now()
        shown = self.filtered(lambda u: u._is_kept_by_oneself_or_keeper())
        profiles = shown._read_profiles(now) if shown else {}
        for user in self:
            tz = zone(user.tz or "UTC")
            absences = merge(profiles.get(user.id, {}).get("absences", ()))
            start, end = absences[0] if absences else (None, None)
            user.absent_from = start and _local_day(start, tz)
            user.absent_to = end and _local_day(end - timedelta(seconds=1), tz)

    def write(self, vals):
        """Let queues follow when somebody else stands in; ``sudo``: as a release.

        :raises RedirectWarning: where somebody takes a seller's access away
        """
        asks = {"group_ids", "company_ids"} & vals.keys()
        with self._check_access_taken() if asks else nullcontext():
            result = super().write(vals)
        if "deputy_id" in vals:
            self.env["crm.interaction"].sudo()._follow_absences(self.sudo())
        return result

    # ------------------------------------------------------------------
    # Those who leave
    # ------------------------------------------------------------------

    def action_archive(self):
        """Ask first who follows, where somebody serves customers.

        What is archived without a question (an import, a synchronization) is handed to
        the stand-ins, and told by *Nobody Forgotten*.

        :raises RedirectWarning: leading to the dialog
        """
        check_records(self)
        self.check_access("write")
        if not self.env.su:
            self._ask_who_follows()
        return super().action_archive()

    def _ask_who_follows(self):
        # sudo: whoever archives users need not sell
        for user in self.sudo().filtered("active"):
            customers, interactions = user._count_served()
            if not (customers or interactions):
                continue
            raise RedirectWarning(
                self.env._(
                    "%(name)s still serves somebody. Customers: %(customers)s;"
                    " interactions planned: %(interactions)s. Choose who follows; the"
                    " user is archived afterwards.",
                    name=user.name,
                    customers=customers,
                    interactions=interactions,
                ),
                self.env.ref("crm_relationship.crm_staff_handover_action").id,
                self.env._("Hand Over Customers…"),
                {"default_user_id": user.id, "default_archives": True},
            )

    @contextmanager
    def _check_access_taken(self):
        """Refuse what takes access away from whoever is needed, and say what helps.

        Whichever record it is written on: the user, a group, or a company.

        :raises RedirectWarning: leading to the dialog
        """
        # sudo: whoever manages users need not sell
        serving = {} if self.env.su else self.sudo()._read_serving()
        yield
        sellers = self.sudo().concat(*serving)._filter_sellers() if serving else ()
        for user, companies in serving.items():
            if user not in sellers or companies - user.company_ids:
                user._ask_who_follows_in(companies)

    def _filter_sellers(self):
        """Return those of these who sell; by a query, as groups are being changed."""
        return self.search(
            Domain("id", "in", self.ids)
            & Domain("active", "=", True)
            & Domain("all_group_ids", "in", self.env.ref(SELLER).ids)
        )

    def _read_serving(self):
        """Return those who sell and serve customers, or are to contact some.

        :return: ``{user: companies in which the customers are}``
        """
        mine = Domain("user_id", "in", self._filter_sellers().ids)
        pending = mine & Domain("state", "in", ("scheduled", "open"))
        serving = defaultdict(self.env["res.company"].browse)
        for model, domain in (("crm.relationship", mine), ("crm.interaction", pending)):
            rows = self.env[model]._read_group(domain, ["user_id", "company_id"])
            for user, company in rows:
                serving[user] |= company
        return serving

    def _ask_who_follows_in(self, companies):
        raise RedirectWarning(
            self.env._(
                "%(name)s serves customers of %(companies)s. Choose who follows, then"
                " take the access away.",
                name=self.name,
                companies=", ".join(companies.mapped("name")),
            ),
            self.env.ref("crm_relationship.crm_staff_handover_action").id,
            self.env._("Hand Over Customers…"),
            {"default_user_id": self.id},
        )

    def unlink(self):
        """As archiving: whoever is deleted leaves customers and interactions, too.

        :raises RedirectWarning: leading to the dialog
        """
        self.check_access("unlink")
        if not self.env.su:
            self._ask_who_follows()
        # sudo: assignments are the system's to note in
        lines = self.env["crm.staff.assignment.line"].sudo()
        for user in self:
            lines._note_deleted(user)
        return super().unlink()

    def _count_served(self, companies=None):
        """Return the customers of somebody, and the interactions that are pending."""
        self.ensure_one()
        mine = Domain("user_id", "=", self.id)
        if companies is not None:
            mine &= Domain("company_id", "in", companies.ids)
        return (
            self.env["crm.relationship"].search_count(mine),
            self.env["crm.interaction"].search_count(
                mine & Domain("state", "in", ("scheduled", "open"))
            ),
        )

    def action_open_handover(self):
        """Ask who gets the customers of this person."""
        check_one(self)
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_staff_handover_action"
        )
        return {**action, "context": {"default_user_id": self.id}}

    def action_open_cover(self):
        """Ask who takes over from this person for some days."""
        return {
            **self._open_dialog("crm.staff.cover", self.env._("Take Over")),
            "views": [
                (
                    self.env.ref("crm_relationship.crm_staff_cover_view_dialog").id,
                    "form",
                )
            ],
        }

    def _pass_on_others(self, company):
        """Give what these were to do for customers of others to who serves them."""
        pending = self.env["crm.interaction"].search(
            Domain("user_id", "in", self.ids)
            & Domain("company_id", "=", company.id)
            & Domain("state", "in", ("scheduled", "open"))
            & Domain("relationship_id.user_id", "not in", self.ids)
        )
        for staff, interactions in pending.grouped(
            lambda i: i.relationship_id._get_staff()
        ).items():
            interactions._hand_to(staff - self)

    @api.model
    def _follow_gone(self):
        """Let others follow those who are gone without anybody having been asked.

        Archived by SQL, by a synchronization, or by an older version. Their stand-ins
        serve their customers from now on; who has none is told by the board. Nothing
        stays in a queue that nobody opens.
        """
        self.flush_model(["active", "share", "company_ids"])
        self.env["crm.relationship"].flush_model()
        self.env["crm.interaction"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT named.user_id
                  FROM (SELECT user_id, company_id FROM crm_relationship
                         WHERE active
                         UNION
                        SELECT user_id, company_id FROM crm_interaction
                         WHERE state IN ('scheduled', 'open')) named
                 WHERE user_id IS NOT NULL
                   AND (user_id, company_id) NOT IN (%s)
                """,
                self._staff_sql(),
            )
        )
        gone = self.browse({id_ for [id_] in rows})
        if gone:
            gone._give_to_stand_ins()
            gone._hand_over_pending()

    def _give_to_stand_ins(self):
        served = self.env["crm.relationship"].search(
            [("user_id", "in", self.ids), ("backup_user_id", "!=", False)]
        )
        lost = served.filtered(lambda r: r.user_id != r._get_staff())
        for heir, customers in lost.grouped(lambda r: r._get_staff()).items():
            if heir:
                customers.write({"user_id": heir.id, "backup_user_id": False})

    # ------------------------------------------------------------------
    # Dialogs
    # ------------------------------------------------------------------

    def action_open_profile(self):
        """Open the profile; the user form itself is for administrators of Odoo."""
        return self._open_dialog("crm.staff.profile", self.env._("Profile"))

    def action_open_absence(self):
        """Ask from when to when this person is absent: the first of the two taps."""
        return self._open_dialog("crm.staff.absence", self.env._("Absent"))

    def _open_dialog(self, model, name):
        check_one(self)
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": f"{self.name}: {name}",
            "res_model": model,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_user_id": self.id},
        }

    def _check_keeper(self, may_be_oneself=False):
        """Refuse to change the profiles of others to all but sales administrators.

        :raises AccessError: in words
        """
        staff = self - self.env.user if may_be_oneself else self
        if not staff._is_kept_by_keeper():
            raise AccessError(
                self.env._(
                    "The profiles of colleagues are kept by sales administrators of"
                    " their company."
                )
            )

    # ------------------------------------------------------------------
    # Working days
    # ------------------------------------------------------------------

    def _get_contact_minutes_day(self, company=None):
        """Return the minutes for contacts on a whole working day.

        ``sudo``: whoever plans need not see the profile.
        """
        self.ensure_one()
        company = (company or self.env.company).sudo()
        return self.sudo().contact_minutes_day or company.relationship_minutes_day

    def _get_workdays(self, company, now):
        """Return when these and their stand-ins work: their calendar less absences.

        In a constant number of queries, however many there are. ``sudo``: calendars and
        meetings of colleagues are read for their hours alone.
        """
        company = company.sudo()
        profiles = self._read_profiles(now)
        tz = company._relationship_tz()
        read_meetings = cache(lambda: self.browse(profiles)._read_meetings(now, tz))
        windows = {None: _ALWAYS}
        for profile in profiles.values():
            profile["hours"] = self._get_hours(profile, company, windows)
        return {
            self.browse(user_id): Workdays(
                profile["hours"].in_zone(zone(profile["tz"] or tz)),
                profile["minutes"] or company.relationship_minutes_day,
                [
                    (max(start, now - timedelta(days=1)), min(end, now + HORIZON))
                    for start, end in profile["absences"]
                ],
                lambda user_id=user_id: read_meetings()[user_id],
            )
            for user_id, profile in profiles.items()
        }

    @api.model
    def _get_hours(self, profile, company, windows):
        """Return somebody's working hours, by the resource in this company.

        No calendar, as of those whose hours are fully flexible, and one without hours
        say nothing about when somebody works: the company's counts instead, and at any
        time if that says nothing either.

        :param dict windows: the hours of calendars by their id; new ones are added
        """
        default = company.resource_calendar_id.id or None
        for calendar_id in (profile["calendars"].get(company.id) or default, default):
            if calendar_id not in windows:
                # sudo: as in `_get_workdays`
                calendar = self.env["resource.calendar"].sudo().browse(calendar_id)
                windows[calendar_id] = calendar._to_contact_window(company)
            if windows[calendar_id].has_hours:
                return windows[calendar_id]
        return _ALWAYS

    def _read_profiles(self, now):
        """Return what says when these work, their stand-ins, and theirs in turn.

        Time off counts in whichever company it was entered; what counts as worked (at
        home, a training) is none. SQL because it takes one
        query, where screens ask for one person at a time.

        :return: ``{user id: {"tz", "minutes", "calendars", "absences"}}``; calendars by
            the id of the company, absences as (start, end) in UTC
        """
        for model in _PROFILE_COLUMNS:
            self.env[model].flush_model(_PROFILE_COLUMNS[model])
        self.env["resource.resource"].flush_model()
        self.env["resource.calendar.leaves"].flush_model()
        profiles = {}
        for (
            user_id,
            tz,
            minutes,
            company_id,
            calendar_id,
            start,
            end,
        ) in self.env.execute_query(
            SQL(
                """
                    SELECT u.id, p.tz, u.contact_minutes_day, r.company_id,
                           r.calendar_id, l.date_from, l.date_to
                      FROM res_users u
                      JOIN res_partner p ON p.id = u.partner_id
                 LEFT JOIN resource_resource r ON r.user_id = u.id AND r.active
                 LEFT JOIN resource_calendar_leaves l ON l.resource_id = r.id
                           AND l.time_type = 'leave'
                           AND l.date_to > %(now)s AND l.date_from < %(until)s
                     WHERE NOT u.share AND u.id IN %(chain)s
                  ORDER BY u.id, r.id, l.date_from
                    """,
                chain=self._chain_sql(),
                now=now,
                until=now + HORIZON,
            )
        ):
            profile = profiles.setdefault(
                user_id,
                {"tz": tz, "minutes": minutes, "calendars": {}, "absences": []},
            )
            if company_id:
                profile["calendars"].setdefault(company_id, calendar_id)
            if start:
                profile["absences"].append(get_span(start, end))
        return profiles

    def _chain_sql(self):
        """Return SQL for the ids of these, of their stand-ins, and of theirs in turn.

        ``UNION`` ends with people who stand in for one another.
        """
        return SQL(
            """
            (WITH RECURSIVE chain AS (
                SELECT id, deputy_id FROM res_users WHERE id = ANY(%s)
                 UNION
                SELECT d.id, d.deputy_id
                  FROM chain JOIN res_users d ON d.id = chain.deputy_id
            ) SELECT id FROM chain)
            """,
            self.ids,
        )

    @api.model
    def _find_absent(self):
        """Return who is absent, or replaced for a period, now or before long.

        SQL because time off hangs on resources, which are nobody's to read here.
        """
        self.env["resource.resource"].flush_model()
        self.env["resource.calendar.leaves"].flush_model()
        self.env["crm.staff.cover"].flush_model()
        now = fields.Datetime.now()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT r.user_id
                  FROM resource_calendar_leaves l
                  JOIN resource_resource r ON r.id = l.resource_id
                 WHERE r.user_id IS NOT NULL AND l.time_type = 'leave'
                   AND l.date_to > %(now)s AND l.date_from < %(until)s
                 UNION
                SELECT user_id FROM crm_staff_cover WHERE day_to >= %(yesterday)s
                """,
                now=now,
                until=now + HORIZON,
                yesterday=now.date() - timedelta(days=1),
            )
        )
        return self.browse(id_ for [id_] in rows)

    def _find_relying(self):
        """Return these, and whose stand-ins they are, directly or in turn.

        ``sudo``: who relies on whom is asked for what is moved, and told nobody.
        """
        found = users = self.sudo().with_context(active_test=False)
        while users:
            users = users.search([("deputy_id", "in", users.ids)]) - found
            found |= users
        return found

    def _get_working_days_year(self, company):
        """Return the working days of each within a year from now.

        As in the queues: of 52 weeks, less the share that holidays and absences take of
        them, as far as they are entered.

        :return: ``{user id: days}``
        """
        workdays = self._get_workdays(company, fields.Datetime.now())
        days = dict.fromkeys(self.ids, 0)
        for user, work in workdays.items():
            if user in self:
                share = _get_share(work)
                days[user.id] = round(WEEKS_PER_YEAR * work.days_a_week * share)
        return days

    def _is_kept_by_oneself_or_keeper(self):
        """Tell whether the user may see and enter when these are absent."""
        return self.env.su or (self - self.env.user)._is_kept_by_keeper()

    def _is_kept_by_keeper(self):
        """Tell whether the user keeps the profiles of all these colleagues.

        ``sudo``: where they work, which the caller need not see.
        """
        companies = self.env.companies
        return not self or (
            self.env.user.has_group(MANAGER)
            and all(u.company_ids & companies and not u.share for u in self.sudo())
        )

    def _is_qualified_for(self, segment):
        """Tell whether somebody may serve the customers of a segment, or of none."""
        self.ensure_one()
        qualified = self.qualified_segment_ids
        return not (segment and qualified) or segment in qualified

    def _find_stand_in(self, company, day):
        """Return who stands in for this person on a day, by profile; else nobody."""
        now = fields.Datetime.now()
        work = self._get_workdays(company, now)
        found = find_present(
            self,
            lambda user: list(user.deputy_id),
            lambda user: (
                user._filter_staff_of(company)
                and not (day and user in work and work[user].is_away(day))
            ),
        )
        return found or self.browse()

    def _find_resources(self, company):
        # sudo: as in `_get_workdays`
        return (
            self.env["resource.resource"]
            .sudo()
            .search([("user_id", "in", self.ids), ("company_id", "=", company.id)])
        )

    def _read_meetings(self, now, tz="UTC"):
        """Return when these are busy in meetings that they have not declined.

        Visits of the queue stand in the calendar, too, but are counted as interactions;
        so does what Time Off enters, which is an absence, or none.
        What takes all day does so wherever somebody is: Odoo keeps it as ten hours of a
        day in UTC. SQL because the calendar computes every event that it reads.

        :param str tz: of those whose profile says none
        :return: ``{user id: [(start, end)]}``, in UTC
        """
        self.env["calendar.event"].flush_model()
        self.env["calendar.attendee"].flush_model()
        self.env["crm.interaction"].flush_model(["event_id"])
        meetings = defaultdict(list)
        for user_id, own_tz, start, stop, first, last in self.env.execute_query(
            SQL(
                """
                SELECT u.id, COALESCE(p.tz, %s), e.start, e.stop,
                       CASE WHEN e.allday THEN e.start_date END, e.stop_date
                  FROM res_users u
                  JOIN res_partner p ON p.id = u.partner_id
                  JOIN calendar_attendee a ON a.partner_id = u.partner_id
                                          AND a.state <> 'declined'
                  JOIN calendar_event e ON e.id = a.event_id
                 WHERE u.id = ANY(%s) AND e.active AND e.show_as = 'busy'
                   AND e.res_model IS DISTINCT FROM 'hr.leave'
                   AND e.stop > %s AND e.start < %s
                   AND NOT EXISTS (SELECT FROM crm_interaction i
                                    WHERE i.event_id = e.id)
                """,
                tz,
                self.ids,
                now - timedelta(days=1),
                now + HORIZON,
            )
        ):
            if first:
                local = zone(own_tz)
                start = _midnight(first, local)
                stop = _midnight((last or first) + timedelta(days=1), local)
            meetings[user_id].append((start, stop))
        return meetings


_ALWAYS = Window(AROUND_THE_CLOCK, UTC, Days())


def _local_day(moment, tz):
    return moment.replace(tzinfo=UTC).astimezone(tz).date()


def _midnight(day, tz):
    """Return when a day begins, in UTC."""
    start = datetime.combine(day, time(), tz)
    return start.astimezone(UTC).replace(tzinfo=None)


def _get_share(work):
    """Return which share of the usual working days of a year is worked on."""
    today = work.get_day(fields.Datetime.now())
    days = [today + timedelta(days=number) for number in range(DAYS_PER_YEAR)]
    usual = [day for day in days if not work.is_usually_off(day)]
    return sum(not work.is_off(day) for day in usual) / (len(usual) or 1)
