"""A company in fast motion: day after day, with the real jobs and the real outcomes.

Shared by `test_year.py`, which plays a small company, and by `bench/case_year.py`,
which plays one of ten thousand customers. Nothing of the addon is replaced: the nightly
jobs plan and release, people work off what their queue holds on that morning, by the
buttons of their screens, and customers answer, or not. Only the clock is ours, and the
mail server: messages that wait are taken for sent.

What happens is drawn from a seed. So a run can be repeated.
"""

import math
from collections import Counter, defaultdict
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError
from odoo.sql_db import BaseCursor
from odoo.tests.test_cursor import TestCursor
from odoo.tools import SQL, split_every

from ..models.ledger.outlook import Outlook
from .common import QUIET, own_login

# A Monday; where the company is, it is seven hours later.
START = datetime(2026, 3, 1, 19)
TZ = "Asia/Jakarta"
NIGHT, MORNING, NOON = 2, 9, 10
MINUTES = 240
# The ids of the customers start here, whatever was in the database before: a first
# round begins on a day given by the id.
FIRST_ID = 10_000_000
PER_CALL = 1000
# What comes of an interaction, in so many of a thousand.
OUTCOMES = {
    "reached": 687,
    "no_answer": 180,
    "not_now": 60,
    "ordered": 8,
    "later": 30,
    "complaint": 12,
    "cancel": 8,
    "pause": 8,
    "refuse_channel": 5,
    "stop": 2,
}
# Of a complaint: most are solved by the first talk.
SERVICE_OUTCOMES = {"solved": 700, "reached": 150, "no_answer": 150}
# Customers who buy on a day by themselves, in so many of a thousand.
BUYERS = 0.4
ATTEMPT_MINUTES = 2
# Why an interaction waits though there would be time for it.
NOT_FOR_TIME = (
    "too_frequent",
    "outside_window",
    "snoozed",
    "complaint_open",
    "relationship_first",
    "step_first",
    "no_answer",
)
# Shares of the customers who have bought nothing yet, once, or not for a long time; the
# others' purchases, and how much those who buy often spend the less.
PROSPECTS, NEW, LOST, SKEW = 0.02, 0.04, 0.2, 0.25


class Day(NamedTuple):
    """What a day was like."""

    day: date
    queue: int
    """Interactions in all queues in the morning."""
    queue_minutes: int
    """What they take; those of the days to come as well."""
    today: int
    """Minutes of what is planned for this day, and left from former ones."""
    capacity: int
    """Minutes that all people have on this day."""
    worked: int
    """Minutes that they spent."""
    waiting: int
    """Interactions for which there was no time within the horizon."""
    states: dict
    """Customers by state of care."""
    rooms: dict
    """The minutes of each person: ``{user id: minutes}``"""


class Year:
    """Plays the days of one company, and notes what must not be."""

    def __init__(
        self, env, run_job, customers, people, minutes=MINUTES, seed=19, offset=0
    ):
        """Found the company; the clock stands still from now on, until `close`.

        :param run_job: runs one of our jobs by its name, commits and all
        :param int minutes: of a person for interactions a day
        :param int offset: of the customers' ids; another one makes other days
        """
        self.run_job = run_job
        self.offset = offset
        self.random = Random(seed)
        self.faults = Counter()
        self.examples = {}
        self.advised = Counter()
        self.moved = set()  # by what customers ask for, and not for want of time
        self.worth = {}  # (monetary score, segment) of the customer on the day due
        self.days = []
        self._clock = freeze_time(START)
        self.frozen = self._clock.start()
        self._patches = [
            patch.object(cursor, "now", lambda _cr: self.now)
            for cursor in (BaseCursor, TestCursor)
        ]
        for patched in self._patches:
            patched.start()
        self.now = START
        try:
            self._found(env, customers, people, minutes)
        except BaseException:
            self.close()
            raise

    def close(self):
        for patched in self._patches:
            patched.stop()
        self._clock.stop()

    def retire(self):
        """Close the company, so that another one can be played in its place."""
        self.env.flush_all()
        for table in ("crm_interaction", "crm_relationship", "sale_order"):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM %s WHERE company_id = %s",
                    SQL.identifier(table),
                    self.company.id,
                )
            )
        self.env.invalidate_all(flush=False)
        self.people.active = False
        self.company.name = f"{self.company.name} {self.company.id}"
        self.env.flush_all()

    def set_clock(self, moment):
        self.now = moment
        self.frozen.move_to(moment)

    # ------------------------------------------------------------------
    # The company
    # ------------------------------------------------------------------

    def _found(self, env, customers, people, minutes):
        company = env["res.company"].create({"name": "A Year in Fast Motion"})
        company.partner_id.tz = TZ
        company.relationship_minutes_day = minutes
        company.resource_calendar_id.tz = TZ
        self.env = env(
            context={**env.context, **QUIET, "allowed_company_ids": company.ids}
        )
        self.company = self.env["res.company"].browse(company.id)
        self.people = self._hire(people)
        self.product = self.env["product.product"].create(
            {"name": "Fast motion", "type": "consu", "taxes_id": False}
        )
        self._win(customers)
        self._give_leaves()
        self.env.flush_all()
        self.run_job("refresh")
        self.run_job("schedule")
        self.env.invalidate_all()
        self.company._go_live(
            self.env["crm.touchpoint"].search([("mode", "=", "automated")])
        )
        self.outlook = Outlook(self.env, self.company).tell()
        pages = self.env["crm.feasibility"].with_company(self.company)
        self.promises = pages.get_page()
        self.env.flush_all()

    def _hire(self, count):
        group = self.env.ref("sales_team.group_sale_salesman")
        people = self.env["res.users"].create(
            [
                {
                    "name": f"Year {number}",
                    "login": own_login(f"year{self.company.id}.{number}"),
                    "tz": TZ,
                    "company_id": self.company.id,
                    "company_ids": [Command.set(self.company.ids)],
                    "group_ids": [Command.set(group.ids)],
                    "notification_type": "inbox",
                }
                for number in range(count)
            ]
        )
        # each stands in for the next one
        for person, deputy in zip(people, [*people[1:], people[0]], strict=True):
            person.deputy_id = deputy if count > 1 else False
        return people

    def _win(self, count):
        """Make customers, their preferences and what they have bought before."""
        channels = {t.kind: t for t in self.env["crm.touchpoint"].search([])}
        liked = [channels[kind].id for kind in ("call", "whatsapp", "email")]
        hours = self.env["resource.calendar"].search(
            [
                ("is_contact_window", "=", True),
                # whoever accepts Saturdays alone is called on one
                ("attendance_ids.dayofweek", "in", list("01234")),
            ],
            order="id",
        )
        vals_list = []
        for number in range(count):
            vals = {
                "name": f"Customer {number}",
                "email": f"customer{number}@example.com",
                "phone": f"+62 812-{number:07}",
                "tz": TZ,
                "birthdate": date(1950, 1, 1)
                + timedelta(days=self.random.randrange(18000)),
                "user_id": self.people[number % len(self.people)].id,
            }
            if self.random.random() < 0.3:
                vals["preferred_touchpoint_id"] = self.random.choice(liked)
            if hours and self.random.random() < 0.1:
                vals["contact_window_id"] = self.random.choice(hours.ids)
            vals_list.append(vals)
        self.customers = self.env["res.partner"]
        for part in split_every(PER_CALL, vals_list):
            self.customers += self.customers.create(list(part))
        self._buy_before()
        # as the server does when it finds the time; then it looks up orders by customer
        self.env.cr.execute("ANALYZE res_partner; ANALYZE sale_order")
        self.env["crm.relationship"]._ensure(self.customers, self.company)
        self._number()
        self.env.cr.execute("ANALYZE crm_relationship")

    def _number(self):
        """Give the relationships ids of ours, in the order of the customers."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_relationship r SET id = %s + place.number
                  FROM (SELECT id, row_number() OVER (ORDER BY partner_id) AS number
                          FROM crm_relationship WHERE company_id = %s) place
                 WHERE place.id = r.id
                """,
                FIRST_ID + self.offset,
                self.company.id,
            )
        )
        self.env.invalidate_all(flush=False)

    def _buy_before(self):
        """Orders of the two years before, straight into the table: they are many."""
        rows = []
        for partner in self.customers:
            kind = self.random.random()
            if kind < PROSPECTS:
                continue
            usual = 240 + self.random.expovariate(1 / 120)
            last = usual * self.random.uniform(0, 1)
            count = self.random.randrange(2, 6)
            if kind < PROSPECTS + NEW:
                last, count = self.random.uniform(0, 100), 1
            elif kind > 1 - LOST:
                last += 500
            spent = math.exp(self.random.gauss(6, 1) - SKEW * count)
            for number in range(count):
                days = 1 + last + number * usual * self.random.uniform(0.8, 1.2)
                moment = START - timedelta(days=days)
                rows.append((partner.id, moment, max(spent / count, 1)))
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO sale_order (
                    name, company_id, partner_id, partner_invoice_id,
                    partner_shipping_id, currency_id, currency_rate, amount_untaxed,
                    amount_tax, amount_total, date_order, state, locked, create_date)
                SELECT 'Y' || n, %(company)s, partner, partner, partner, %(currency)s,
                       1, round(amount::numeric, 2), 0, round(amount::numeric, 2),
                       moment, 'sale', FALSE, moment
                  FROM unnest(%(partners)s::int[], %(moments)s::timestamp[],
                              %(amounts)s::float[])
                       WITH ORDINALITY AS drawn (partner, moment, amount, n)
                """,
                company=self.company.id,
                currency=self.company.currency_id.id,
                partners=[row[0] for row in rows],
                moments=[row[1] for row in rows],
                amounts=[row[2] for row in rows],
            )
        )

    def _give_leaves(self):
        """Two weeks for one person in three, a public holiday, meetings."""
        for number, person in enumerate(self.people[::3]):
            first = self._day(14 + 21 * number)
            person._note_absence(first, first + timedelta(days=11), None, self.company)
        holiday = self._day(25)
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Public holiday",
                "calendar_id": self.company.resource_calendar_id.id,
                "company_id": self.company.id,
                "date_from": self.company._relationship_time(holiday, hour=0),
                "date_to": self.company._relationship_time(
                    holiday + timedelta(days=1), hour=0
                )
                - timedelta(seconds=1),
            }
        )
        for number, person in enumerate(self.people):
            start = self.company._relationship_time(self._day(8 + number), hour=10)
            self.env["calendar.event"].create(
                {
                    "name": "Meeting",
                    "start": start,
                    "stop": start + timedelta(hours=2),
                    "user_id": person.id,
                    "partner_ids": [Command.set(person.partner_id.ids)],
                }
            )

    def _day(self, number):
        return (START + timedelta(hours=7, days=number)).date()

    # ------------------------------------------------------------------
    # Days
    # ------------------------------------------------------------------

    def play(self, days, tell=lambda day: None):
        """Play the days; what must not be is counted in `faults`."""
        for number in range(days):
            self._play_day(self._day(number))
            tell(self.days[-1])

    def _play_day(self, day):
        self._at(day, NIGHT)
        for job in ("refresh", "schedule", "release", "care"):
            self.run_job(job)
        self.env.invalidate_all()
        states = self._check_night(day)
        self._note_worth(day)
        self._at(day, MORNING)
        self.run_job("release")
        self.env.invalidate_all()
        self._deliver(day)
        self._at(day, NOON)
        queue = self._read_queue()
        workdays = self.people._get_workdays(self.company, self.now)
        rooms = {person.id: workdays[person].get_minutes(day) for person in self.people}
        today = self._check_morning(day, queue, workdays)
        worked = self._work(day, queue, rooms)
        self._buy(self.random.sample(self.customers.ids, self._get_buyers()))
        self.env.flush_all()
        self.days.append(
            Day(
                day,
                len(queue),
                sum(row["minutes"] for row in queue),
                today,
                sum(rooms.values()),
                worked,
                self._count_waiting(),
                states,
                rooms,
            )
        )

    def _get_buyers(self):
        expected = len(self.customers) * BUYERS / 1000
        return int(expected) + (self.random.random() < expected % 1)

    def _at(self, day, hour):
        self.set_clock(self.company._relationship_time(day, hour))

    def _read_queue(self):
        """Return what is in the queues, in the order of the moments.

        Not of the ids: in which order PostgreSQL makes the rows of a plan depends on
        what else is in the database, and no two runs would be the same.
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT i.id, i.user_id, i.date_planned, i.date_due, i.reason_code,
                       i.kind, COALESCE(t.duration, 0) AS minutes,
                       i.is_complaint IS TRUE OR i.date_asked IS NOT NULL AS is_fixed,
                       (i.date_planned AT TIME ZONE 'UTC'
                        AT TIME ZONE %s)::date AS day
                  FROM crm_interaction i
             LEFT JOIN crm_touchpoint t ON t.id = i.touchpoint_id
                 WHERE i.company_id = %s AND i.state = 'open'
              ORDER BY i.date_planned, i.relationship_id, i.date_due, i.plan_line_id,
                       i.program_step_id, i.id
                """,
                TZ,
                self.company.id,
            )
        )
        return self.env.cr.dictfetchall()

    def _count_waiting(self):
        """Count what waits for time; note what waits for customers."""
        rows = self.env["crm.interaction"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "in", ("scheduled", "open")),
                ("reason_code", "in", NOT_FOR_TIME),
            ]
        )
        self.moved.update(rows.ids)
        return self.env["crm.interaction"].search_count(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "scheduled"),
                ("reason_code", "=", "over_capacity"),
            ]
        )

    def _deliver(self, day):
        """Take messages for sent; check that they left at a lawful moment."""
        self.env.flush_all()
        for model, table in (("mail.mail", "mail_mail"), ("sms.sms", "sms_sms")):
            self.env.cr.execute(
                SQL(
                    "UPDATE %s m SET state = 'sent' FROM crm_interaction i"
                    " WHERE m.crm_interaction_id = i.id AND m.state = 'outgoing'"
                    " AND i.company_id = %s"
                    " RETURNING i.id, i.date_due, i.date_done",
                    SQL.identifier(table),
                    self.company.id,
                )
            )
            for id_, due, done in self.env.cr.fetchall():
                local = done + timedelta(hours=7)
                if due > local.date():
                    self.note("a message before its day", id_)
                if not 8 <= local.hour < 20:
                    self.note("a message in quiet hours", id_)
            self.env[model].invalidate_model()

    def note(self, what, *example):
        self.faults[what] += 1
        self.examples.setdefault(what, (self.now, *example))

    # ------------------------------------------------------------------
    # What must hold
    # ------------------------------------------------------------------

    def _check_night(self, day):
        """Check that the states of care add up; return them."""
        found = dict(
            self.env["crm.care.day"]._read_group(
                [("company_id", "=", self.company.id), ("date", "=", day)],
                ["care_state"],
                ["customer_count:sum"],
            )
        )
        customers = self.env["crm.relationship"].search_count(
            [("company_id", "=", self.company.id)]
        )
        if sum(found.values()) != customers:
            self.note("the states do not add up", found, customers)
        if self.company.relationship_care_failure:
            self.note("the night failed", self.company.relationship_care_failure)
        return found

    def _check_morning(self, day, queue, workdays):
        """Check that the day can be done, and each to come; return today's minutes."""
        loads = Counter()
        for row in queue:
            self._check_planned(row, workdays, day)
            person = self.env["res.users"].browse(row["user_id"])
            work = workdays.get(person)
            # what is left over is no task for a day off
            if row["day"] >= day or not work or not work.is_off(day):
                loads[row["user_id"], max(row["day"], day)] += row["minutes"]
        for (user_id, planned), minutes in loads.items():
            person = self.env["res.users"].browse(user_id)
            work = workdays.get(person)
            room = work.get_minutes(planned) if work else 0
            if minutes > room:
                rows = [
                    row
                    for row in queue
                    if row["user_id"] == user_id
                    and max(row["day"], day) == planned
                    and row["minutes"]
                ]
                # what somebody chose the day for, and a complaint, stays in any case;
                # what is longer than any day takes a whole one
                if len(rows) > 1 and any(not row["is_fixed"] for row in rows):
                    self.note("a day above capacity", person.name, planned, room, rows)
        return sum(minutes for (_id, d), minutes in loads.items() if d == day)

    def _check_planned(self, row, workdays, day):
        person = self.env["res.users"].browse(row["user_id"])
        if person not in workdays:
            self.note("in nobody's queue", row)
            return
        if row["day"] < row["date_due"]:
            self.note("before its day", row)
        if row["day"] >= day and workdays[person].is_off(row["day"]):
            self.note("on a day off", row)
        local = row["date_planned"] + timedelta(hours=7)
        if not 8 <= local.hour < 20:
            self.note("in quiet hours", row)

    # ------------------------------------------------------------------
    # How long customers wait
    # ------------------------------------------------------------------

    def _note_worth(self, day):
        """Note what customers are worth whose turn it is: an order changes it later."""
        self.env.cr.execute(
            SQL(
                """
                SELECT i.id, r.rfm_monetary, s.name->>'en_US'
                  FROM crm_interaction i
                  JOIN crm_relationship r ON r.id = i.relationship_id
             LEFT JOIN crm_segment s ON s.id = r.segment_id
                 WHERE i.company_id = %(company)s
                   AND (i.date_due = %(day)s OR (
                        i.date_due < %(day)s AND i.state IN ('scheduled', 'open')))
                """,
                company=self.company.id,
                day=day,
            )
        )
        for id_, *worth in self.env.cr.fetchall():
            self.worth.setdefault(id_, worth)

    def read_waits(self):
        """Return how long regular interactions waited for time, or still wait.

        Those that a customer moved (a pause, own hours, nobody at home, "call me next
        week") do not count: they did not wait for us. Neither do those of the first
        days, which going live spreads, nor e-mails written by hand, which take nobody's
        minutes and fit in any day.

        :return: rows (monetary score, name of the segment, days), of the day due
        """
        today = self.days[-1].day
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT i.id,
                       CASE WHEN i.state = 'done'
                            THEN (i.date_done AT TIME ZONE 'UTC'
                                  AT TIME ZONE %(tz)s)::date
                            ELSE %(today)s END - i.date_due AS days
                  FROM crm_interaction i
                  JOIN crm_contact_plan_line l ON l.id = i.plan_line_id
             LEFT JOIN crm_touchpoint t ON t.id = i.touchpoint_id
                 WHERE i.company_id = %(company)s AND l.occasion_id IS NULL
                   AND i.date_due BETWEEN %(since)s AND %(today)s
                   AND i.kind = 'relationship'
                   AND COALESCE(i.attempt_count, 0) = 0 AND i.date_asked IS NULL
                   AND (i.state IN ('scheduled', 'open')
                        OR (i.state = 'done' AND i.outcome <> 'sent'))
                   AND COALESCE(t.duration, 1) > 0 AND NOT i.id = ANY(%(moved)s)
                """,
                tz=TZ,
                today=today,
                since=self._day(self.company.relationship_ramp_days),
                company=self.company.id,
                moved=list(self.moved),
            )
        )
        return [
            (*self.worth[id_], days)
            for id_, days in self.env.cr.fetchall()
            if id_ in self.worth  # not what was planned today, after the night
        ]

    def get_bound(self):
        """Return within how many days everybody's turn comes, as things were due.

        What was due for a person and what that person had time for make a queue of
        minutes, *left(day) = max(0, left(day − 1) + due(day) − time(day))*. Whoever
        works whenever there is work, in whichever order, has done everything that was
        due each time that the queue is empty. So nobody waits longer than it takes from
        one empty queue to the next: the longest such stretch, over all people. Each
        attempt counts as due, on the day of the first.
        """
        due = Counter()
        self.env.cr.execute(
            SQL(
                """
                SELECT i.user_id, i.date_due,
                       sum((1 + COALESCE(i.attempt_count, 0)) * t.duration)
                  FROM crm_interaction i JOIN crm_touchpoint t ON t.id = i.touchpoint_id
                 WHERE i.company_id = %s AND i.user_id IS NOT NULL
                   AND i.state IN ('scheduled', 'open', 'done', 'missed')
                   AND i.outcome IS DISTINCT FROM 'sent'
              GROUP BY i.user_id, i.date_due
                """,
                self.company.id,
            )
        )
        for user_id, day, minutes in self.env.cr.fetchall():
            due[user_id, day] += minutes
        return max(self._get_longest_queue(person.id, due) for person in self.people)

    def _get_longest_queue(self, user_id, due):
        left = longest = since = 0
        for day in self.days:
            left = max(left + due[user_id, day.day] - day.rooms[user_id], 0)
            since = since + 1 if left else 0
            longest = max(longest, since)
        return longest + 1

    def get_demand(self):
        """Return the minutes due in these days, of all people.

        What waits has no channel yet: it takes as long as others of its plan's line, or
        of its program's step.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT sum(attempts * COALESCE(duration, of_kind, of_all))
                  FROM (
                    SELECT 1 + COALESCE(i.attempt_count, 0) AS attempts, t.duration,
                           avg(t.duration) OVER (
                               PARTITION BY i.plan_line_id, i.program_step_id
                           ) AS of_kind,
                           avg(t.duration) OVER () AS of_all
                      FROM crm_interaction i
                 LEFT JOIN crm_touchpoint t ON t.id = i.touchpoint_id
                     WHERE i.company_id = %s AND i.date_due BETWEEN %s AND %s
                       AND i.state IN ('scheduled', 'open', 'done', 'missed')
                       AND i.outcome IS DISTINCT FROM 'sent'
                  ) due
                """,
                self.company.id,
                self.days[0].day,
                self.days[-1].day,
            )
        )
        return self.env.cr.fetchone()[0] or 0

    # ------------------------------------------------------------------
    # Work
    # ------------------------------------------------------------------

    def _work(self, day, queue, rooms):
        """Let everybody do what is planned for the day; return the minutes spent.

        What all can do at ten is done then, the rest at its moment.
        """
        by_moment = defaultdict(list)
        for row in queue:
            if row["day"] <= day:
                by_moment[max(row["date_planned"], self.now)].append(row)
        left, before = dict(rooms), sum(rooms.values())
        for moment, rows in sorted(by_moment.items()):
            self.set_clock(moment)
            own = defaultdict(list)
            for row in rows:
                if left.get(row["user_id"], 0) >= row["minutes"]:
                    own[row["user_id"]].append(row)
            for user_id, todo in own.items():
                left[user_id] -= self._work_off(user_id, todo)
        return before - sum(left.values())

    def _work_off(self, user_id, rows):
        """Do some interactions of a person; return the minutes that it took."""
        drawn = defaultdict(list)
        minutes = 0
        for row in rows:
            known = SERVICE_OUTCOMES if row["kind"] == "service" else OUTCOMES
            [outcome] = self.random.choices(list(known), known.values())
            drawn[outcome].append(row["id"])
            minutes += (
                ATTEMPT_MINUTES
                if outcome in ("no_answer", "cancel")
                else row["minutes"]
            )
        env = self.env(user=user_id)
        for outcome, ids in sorted(drawn.items()):
            # what came before may have closed or moved it, out of this person's sight
            known = self.env["crm.interaction"].browse(ids)
            known = known.filtered(
                lambda i: (i.state, i.user_id.id) == ("open", user_id)
            )
            self._note_outcome(known.with_env(env), outcome)
        self.env.invalidate_all()
        return minutes

    def _note_outcome(self, interactions, outcome):
        if not interactions:
            return
        if outcome == "no_answer":
            interactions.action_no_answer()
        elif outcome == "cancel":
            interactions.action_cancel()
        elif outcome == "later":
            for interaction in interactions:
                until = self.random.choice(["tomorrow", "week", "month"])
                self._put_off(interaction, until)
        elif outcome in ("pause", "refuse_channel", "stop"):
            for interaction in interactions:
                self._refuse(interaction, outcome)
        else:
            self._close(interactions, outcome)

    def _close(self, interactions, outcome):
        """Close all at once, as from a list; one by one where the gate says no."""
        try:
            with self.env.cr.savepoint():
                interactions.with_context(outcome=outcome).action_done()
        except UserError as error:
            if len(interactions) > 1:
                for interaction in interactions:
                    self._close(interaction, outcome)
                return
            # somebody else has talked to the customer meanwhile, say
            self.advised[str(error).partition(".")[0]] += 1
            interactions.invalidate_recordset()
            self._put_off(interactions, "week")
            return
        if outcome == "ordered":
            self._buy(interactions.partner_id.ids)

    def _put_off(self, interaction, until):
        later = interaction.env["crm.interaction.later"]
        later = later.create({"interaction_id": interaction.id})
        later.with_context(until=until).action_put_off()

    def _refuse(self, interaction, outcome):
        # sudo: as the page of the customer does
        partner = interaction.partner_id.sudo()
        if outcome == "pause":
            until = self.now.date() + timedelta(days=self.random.randrange(7, 40))
            values = {"contact_snooze_until": until}
        elif outcome == "stop":
            values = {"do_not_contact": True}
        else:
            values = {
                "refused_touchpoint_ids": [Command.link(interaction.touchpoint_id.id)]
            }
        partner._change_preferences(values, "portal")

    def _buy(self, partner_ids):
        """Confirm an order of each."""
        if not partner_ids:
            return
        orders = self.env["sale.order"].create(
            [
                {
                    "partner_id": id_,
                    "company_id": self.company.id,
                    "user_id": False,
                    "pricelist_id": False,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": self.product.id,
                                "price_unit": self.random.choice([40, 90, 200, 500]),
                                "tax_ids": False,
                            }
                        )
                    ],
                }
                for id_ in sorted(partner_ids)
            ]
        )
        orders.action_confirm()


@contextmanager
def playing(*args, **kwargs):
    """Give a `Year`, and the clock back afterwards."""
    year = Year(*args, **kwargs)
    try:
        yield year
    finally:
        year.close()
