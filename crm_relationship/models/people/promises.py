"""What plans and programs ask of salespeople, week by week, and what they can do."""

from collections import Counter, defaultdict
from datetime import timedelta
from typing import NamedTuple

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ...engine.feasibility import PLACES, WEEKS, WEEKS_PER_YEAR, ramp, spread
from ..matrix.touchpoint_matrix import get_touchpoint, get_yearly_contacts
from ..program.crm_program import FILTERS
from ..program.triggers import TRIGGERS

WEEK = 7
DAYS = WEEK * WEEKS
# Where the company's calendar does not say how many days a week are worked.
USUAL_DAYS = 5
NOBODY = None


class Cell(NamedTuple):
    """Customers who are alike: of one plan and segment, served by one person."""

    plan_id: int
    segment_id: int | None
    user_id: int | None


class Need(NamedTuple):
    """Interactions, and the minutes that people need for them."""

    count: float = 0.0
    minutes: float = 0.0

    def __add__(self, other):
        return Need(self.count + other.count, self.minutes + other.minutes)

    def __sub__(self, other):
        return Need(self.count - other.count, self.minutes - other.minutes)


def sum_up(needs):
    """Return the ``Need`` of all people; not of customers whom nobody serves.

    :param needs: ``Need`` by the id of who does it
    """
    return sum((n for maker, n in needs.items() if maker is not NOBODY), Need())


class Waiting(NamedTuple):
    """Interactions that are pending, and alike."""

    user_id: int | None
    segment_id: int | None
    record: object
    """The plan line or program step that they are for, possibly empty."""
    touchpoint: object
    is_queued: bool
    place: int
    """As ``engine.feasibility.spread`` has it."""
    count: int


class Touch(NamedTuple):
    """How a plan line or program step is carried out, as it is planned."""

    minutes: int
    is_message: bool
    """Sent automatically: it takes nobody's time."""


def _get_first(record):
    """Return the channel that a line or step tries first, possibly none.

    Of one that is being edited, as the form shows it.
    """
    if record and record._origin != record:
        listed = record.touchpoint_ids._origin
        return listed.filtered("active")[:1] or listed[:1]
    return record and get_touchpoint(record)


class Promises:
    """What is promised to the customers of a company, and the time there is for it.

    Customers are counted in SQL, by plan, segment and person; what is pending, by the
    same, its plan line and its week. So everything is read in a number of queries that
    depends neither on customers nor on plans, and computed from a few hundred counts.

    Interactions count with the channel that their line tries first, as in the matrix
    and in assignments. Customers who may not be contacted (*excluded*) are asked for
    nothing. Programs count as often as customers entered them in the last 13 weeks.
    """

    def __init__(self, company):
        # sudo: counts of customers and minutes of people, not who or why
        self.company = company.sudo()
        self.env = self.company.env
        self.today = company._relationship_today()
        self.env.flush_all()
        self._touches = {}
        self._able = self._read_able()
        self._read_touches()
        self._read_customers()
        self._read_pending()
        self._read_enrollments()
        self._read_people()

    # ------------------------------------------------------------------
    # Plans and programs
    # ------------------------------------------------------------------

    def _read_touches(self):
        self.usual = self.env["crm.touchpoint"]._get_in_use()[:1]
        company = Domain("company_id", "in", (self.company.id, False))
        plans = self.env["crm.contact.plan"].search(company)
        self.lines = self.env["crm.contact.plan.line"].search(
            [("plan_id", "in", plans.ids)]
        )
        self.by_plan = self.lines.grouped("plan_id")
        until = Domain("date_end", "=", False) | Domain("date_end", ">=", self.today)
        self.programs = self.env["crm.program"].search(company & until)

    def get_touch(self, record, touchpoint=None, is_queued=False):
        """Return how a line or step is carried out.

        :param record: possibly empty
        :param touchpoint: by default the channel that is tried first
        :param is_queued: it is in somebody's queue, whatever the channel
        """
        key = record, touchpoint, is_queued
        if key not in self._touches:
            touchpoint = touchpoint or _get_first(record) or self.usual
            is_message = not is_queued and bool(
                record and record._get_template(touchpoint)
            )
            self._touches[key] = Touch(touchpoint.duration, is_message)
        return self._touches[key]

    # ------------------------------------------------------------------
    # Customers
    # ------------------------------------------------------------------

    def _customers(self):
        """Return SQL rows of the customers, with what they are counted by."""
        return SQL(
            """
            SELECT r.id, r.segment_id, r.user_id, r.backup_user_id, r.plan_id,
                   r.experiment_id, r.value_12m, COALESCE(r.rfm_monetary, 0) AS score,
                   r.care_state = 'excluded' AS is_excluded
              FROM crm_relationship r
             WHERE r.company_id = %s AND r.active
            """,
            self.company.id,
        )

    def _followed_plan(self):
        """Return SQL for the plan that those follow who are ``alike``.

        It depends on a few of their columns (``_get_plan_fields``), so it is looked up
        when they are counted, not for each customer.
        """
        return self.env["crm.relationship"]._effective_plan_sql(SQL.identifier("alike"))

    def _read_customers(self):
        self.cells = Counter()
        self.customers = Counter()
        self.values = defaultdict(lambda: [0.0, 0])
        self.scores = defaultdict(lambda: [0, 0])
        self.excluded = self.without_plan = 0
        plans = set(self.by_plan)
        for *key, is_excluded, count, value, known, score in self.env.execute_query(
            SQL(
                """
                SELECT %(plan)s, segment_id, user_id, backup_user_id, is_excluded,
                       count, value, known, score
                  FROM (
                    SELECT plan_id, experiment_id, segment_id, user_id, backup_user_id,
                           is_excluded, count(*) AS count, sum(value_12m) AS value,
                           count(value_12m) AS known, sum(score) AS score
                      FROM (%(customers)s) c
                  GROUP BY plan_id, experiment_id, segment_id, user_id, backup_user_id,
                           is_excluded
                  ) alike
                """,
                plan=self._followed_plan(),
                customers=self._customers(),
            )
        ):
            if is_excluded:
                self.excluded += count
                continue
            plan_id, segment_id, *named = key
            cell = Cell(plan_id, segment_id, self._choose(*named))
            self.customers[cell.user_id, segment_id] += count
            self.scores[segment_id][0] += score
            self.scores[segment_id][1] += count
            if self.env["crm.contact.plan"].browse(plan_id) not in plans:
                self.without_plan += count
                continue
            self.cells[cell] += count
            self.values[plan_id][0] += value or 0.0
            self.values[plan_id][1] += known
        self.followers = Counter()
        self.cells_of = defaultdict(list)
        for cell, count in self.cells.items():
            self.followers[cell.plan_id] += count
            self.cells_of[cell.plan_id].append(cell)

    def get_ranks(self):
        """Return the place of each segment when time is short: ``{segment id: place}``.

        By the monetary score that its customers have on average, as the release takes
        the most valuable customers first.
        """
        segments = self.env["crm.segment"].with_context(active_test=False).search([])
        order = {id_: place for place, id_ in enumerate([*segments.ids, None])}
        average = {id_: total / n for id_, (total, n) in self.scores.items()}
        ranked = sorted(order, key=lambda id_: (-average.get(id_, 0), order[id_]))
        return {id_: place for place, id_ in enumerate(ranked)}

    def _read_able(self):
        """Return the ids of all who may serve the customers, in one query."""
        rows = self.env.execute_query(
            SQL(
                "SELECT user_id FROM (%s) works WHERE company_id = %s",
                self.env["res.users"]._staff_sql(),
                self.company.id,
            )
        )
        return {user_id for [user_id] in rows}

    def _choose(self, *named):
        """Return the first of some users who may serve the customers, by id."""
        return next((id_ for id_ in named if id_ in self._able), NOBODY)

    # ------------------------------------------------------------------
    # What is pending
    # ------------------------------------------------------------------

    def _read_pending(self):
        """Read what is scheduled or in a queue, by the week in which it is.

        ``placed`` counts by line and cell what the present plan asks for, ``pending``
        has all of it. SQL because the whole ledger is counted.
        """
        self.placed = defaultdict(lambda: [0] * PLACES)
        self.placed_of = Counter()
        self.pending = []
        plan_of = {line.id: line.plan_id.id for line in self.lines}
        steps = self.env["crm.program.step"]
        for row in self.env.execute_query(self._pending_sql()):
            plan_id, segment_id, user_id, backup_id, maker_id, *rest = row
            line_id, step_id, touchpoint_id, is_queued, place, count = rest
            served_by = self._choose(user_id, backup_id)
            if line_id and plan_of.get(line_id) == plan_id:
                cell = Cell(plan_id, segment_id, served_by)
                self.placed[line_id, cell][place] += count
                self.placed_of[line_id] += count
            record = self.lines.browse(line_id) if line_id else steps.browse(step_id)
            self.pending.append(
                Waiting(
                    self._choose(maker_id) or served_by,
                    segment_id,
                    record,
                    self.env["crm.touchpoint"].browse(touchpoint_id),
                    is_queued,
                    place,
                    count,
                )
            )

    def _pending_sql(self):
        return SQL(
            """
            SELECT %(plan)s, segment_id, user_id, backup_user_id, maker_id,
                   plan_line_id, program_step_id, touchpoint_id, is_queued, place, count
              FROM (
                SELECT c.plan_id, c.segment_id, c.user_id, c.backup_user_id,
                       i.user_id AS maker_id, i.plan_line_id, i.program_step_id,
                       i.touchpoint_id, i.state = 'open' AS is_queued,
                       CASE WHEN i.date_planned < %(start)s THEN 0
                            ELSE LEAST(1 + floor(date_part('epoch',
                                       i.date_planned - %(start)s) / %(week)s)::int,
                                       %(later)s) END AS place,
                       c.experiment_id, count(*) AS count
                  FROM crm_interaction i
                  JOIN (%(customers)s) c ON c.id = i.relationship_id
                 WHERE i.company_id = %(company)s AND i.state IN ('scheduled', 'open')
                   AND NOT c.is_excluded
              GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
              ) alike
            """,
            plan=self._followed_plan(),
            start=self.company._relationship_time(self.today, hour=0),
            week=WEEK * 24 * 60 * 60,
            later=PLACES - 1,
            customers=self._customers(),
            company=self.company.id,
        )

    # ------------------------------------------------------------------
    # Programs
    # ------------------------------------------------------------------

    def _read_enrollments(self):
        """Count who entered which program in the last 13 weeks, by cell."""
        since = self.today - timedelta(days=DAYS)
        self.entered = defaultdict(Counter)
        for program_id, segment_id, *named, count in self.env.execute_query(
            SQL(
                """
                SELECT e.program_id, c.segment_id, c.user_id, c.backup_user_id, count(*)
                  FROM crm_program_enrollment e
                  JOIN (%(customers)s) c ON c.id = e.relationship_id
                 WHERE e.company_id = %(company)s AND e.joined_id IS NULL
                   AND e.state <> 'control' AND NOT c.is_excluded
                   AND e.date > %(since)s AND e.date <= %(today)s
              GROUP BY 1, 2, 3, 4
                """,
                customers=self._customers(),
                company=self.company.id,
                since=since,
                today=self.today,
            )
        ):
            self.entered[program_id][segment_id, self._choose(*named)] += count

    def get_entering(self, program):
        """Return how many enter a program each week, by (segment id, user id).

        As many as in the last 13 weeks, or since it began.
        """
        created = program.create_date or fields.Datetime.now()
        began = program.date_start or created.date()
        open_weeks = min(max((self.today - began).days / WEEK, 1), WEEKS)
        entered = self.entered.get(program._origin.id, {})
        return {key: count / open_weeks for key, count in entered.items()}

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def _read_people(self):
        """Read how many minutes each salesperson has in each week.

        Those who sell, and whoever else is asked for something.
        """
        tags = self.env["crm.staff.tag"]
        found = set(tags._get_salespeople(self.company).ids)
        found |= {cell.user_id for cell in self.cells}
        found |= {waiting.user_id for waiting in self.pending}
        touches = [*self.lines, *self.programs.step_ids]
        found |= {self._choose(touch.user_id.id) for touch in touches}
        self.people = self.env["res.users"].browse(sorted(found - {NOBODY}))
        workdays = self.people._get_workdays(self.company, fields.Datetime.now())
        alike = {work.likeness: work for work in workdays.values()}
        weeks = {key: self._count_minutes(work) for key, work in alike.items()}
        self.capacity = {u.id: weeks[workdays[u].likeness] for u in self.people}
        shares = self.company.resource_calendar_id._get_worked_shares()
        self.days_a_week = sum(shares) or USUAL_DAYS

    def _count_minutes(self, work):
        """Return the minutes of ``Workdays`` in each week."""
        days = [self.today + timedelta(days=day) for day in range(DAYS)]
        minutes = [work.get_minutes(day) for day in days]
        return [sum(minutes[first : first + WEEK]) for first in range(0, DAYS, WEEK)]

    @property
    def available(self):
        """Minutes a week that all people have, on average over the quarter."""
        return sum(map(sum, self.capacity.values())) / WEEKS

    # ------------------------------------------------------------------
    # What is needed in the long run
    # ------------------------------------------------------------------

    def get_yearly(self, line):
        """Return how many interactions a year a line asks for with a customer.

        A personal day is known of those for whom it is planned, once it is planned.
        """
        yearly = get_yearly_contacts(line, self.today)
        known = self.placed_of.get(line._origin.id)
        if line.occasion_id.kind in ("birthday", "anniversary") and known:
            customers = self.followers[line.plan_id._origin.id]
            return yearly * min(known / (customers or 1), 1)
        return yearly

    def get_line_need(self, line, cell, yearly=None, minutes=None):
        """Return what a line needs a week for the customers of a cell."""
        touch = self.get_touch(line)
        if touch.is_message:
            return Need()
        yearly = self.get_yearly(line) if yearly is None else yearly
        count = self.cells[cell] * yearly / WEEKS_PER_YEAR
        return Need(count, count * (touch.minutes if minutes is None else minutes))

    def get_maker(self, touch, user_id):
        """Return who carries out a line or step for the customers of somebody."""
        return self._choose(touch.user_id._origin.id) or user_id

    def get_plan_needs(self, plan_id, lines):
        """Return what the lines of a plan need a week, by the person who does it."""
        needs = defaultdict(Need)
        for line in lines:
            for cell in self.cells_of.get(plan_id, ()):
                maker = self.get_maker(line, cell.user_id)
                needs[maker] += self.get_line_need(line, cell)
        return needs

    def estimate(self, program):
        """Return what a program would need a week that nobody has entered yet.

        By what would have started it in the last 13 weeks, or will in the next ones.
        How many are enrolled manually, nobody knows.
        """
        weekly = self._count_starts(program) / WEEKS
        touches = [self.get_touch(step) for step in program.step_ids]
        minutes = [touch.minutes for touch in touches if not touch.is_message]
        return Need(weekly * len(minutes), weekly * sum(minutes))

    def _count_starts(self, program):
        """Return how often something would have started a program in 13 weeks.

        Nothing starts one whose filters cannot be read, or that lacks a choice.
        """
        trigger = TRIGGERS.get(program.trigger)
        filters = map(program._get_filter, FILTERS)
        if not trigger or trigger.get_missing(program) or any(f.error for f in filters):
            return 0
        since = self.today - timedelta(days=DAYS)
        return trigger.count_starts(program, self.company, since)

    def get_program_needs(self, program):
        """Return what a program needs a week, by the person who does it."""
        needs = defaultdict(Need)
        for (_segment, user_id), weekly in self.get_entering(program).items():
            for step in program.step_ids:
                touch = self.get_touch(step)
                if not touch.is_message:
                    maker = self.get_maker(step, user_id)
                    needs[maker] += Need(weekly, weekly * touch.minutes)
        return needs

    def get_needs(self):
        """Return what all plans and programs need a week, by the person who does it."""
        needs = defaultdict(Need)
        for part in [
            *(self.get_plan_needs(p.id, lines) for p, lines in self.by_plan.items()),
            *map(self.get_program_needs, self.programs),
        ]:
            for maker, need in part.items():
                needs[maker] += need
        return needs

    def count_messages(self):
        """Return how many messages a week the plans let the system send."""
        return sum(
            self.followers[line.plan_id.id] * self.get_yearly(line) / WEEKS_PER_YEAR
            for line in self.lines
            if self.get_touch(line).is_message
        )

    # ------------------------------------------------------------------
    # What comes in the next weeks
    # ------------------------------------------------------------------

    def get_weeks(self):
        """Return the minutes asked for: ``{user id: {segment id: [each week]}}``."""
        asked = defaultdict(lambda: defaultdict(lambda: [0.0] * WEEKS))

        def add(maker, segment_id, weeks, minutes):
            if minutes:
                own = asked[maker][segment_id]
                for week, count in enumerate(weeks):
                    own[week] += count * minutes

        self._add_pending(asked)
        self._add_plans(add)
        self._add_programs(add)
        return asked

    def _add_pending(self, asked):
        """Add what is pending: on its week, what is overdue in the first one."""
        for one in self.pending:
            touch = self.get_touch(one.record, one.touchpoint, one.is_queued)
            if one.place <= WEEKS and touch.minutes and not touch.is_message:
                weeks = asked[one.user_id][one.segment_id]
                weeks[max(one.place - 1, 0)] += one.count * touch.minutes

    def _add_plans(self, add):
        """Add what follows on what is pending, and what is not planned yet."""
        for line in self.lines:
            touch = self.get_touch(line)
            if touch.is_message:
                continue
            yearly = get_yearly_contacts(line, self.today)
            is_personal_day = line.occasion_id.kind in ("birthday", "anniversary")
            for cell in self.cells_of.get(line.plan_id.id, ()):
                placed = self.placed.get((line.id, cell), [0] * PLACES)
                customers = self.cells[cell]
                if is_personal_day and self.placed_of[line.id]:
                    customers = sum(placed)
                weeks = spread(customers, yearly, placed)
                weeks[0] -= placed[0]
                weeks = [n - there for n, there in zip(weeks, placed[1:], strict=False)]
                maker = self.get_maker(line, cell.user_id)
                add(maker, cell.segment_id, weeks, touch.minutes)

    def _add_programs(self, add):
        """Add the steps of those who will enter programs."""
        for program in self.programs:
            end = WEEKS
            if program.date_end:
                end = ((program.date_end - self.today).days + 1) / WEEK
            for (segment_id, user_id), weekly in self.get_entering(program).items():
                for step in program.step_ids:
                    touch = self.get_touch(step)
                    delay = max(0, step._get_length()) / WEEK
                    if not touch.is_message:
                        weeks = ramp(weekly, delay, end + delay)
                        maker = self.get_maker(step, user_id)
                        add(maker, segment_id, weeks, touch.minutes)
