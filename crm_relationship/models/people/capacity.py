"""What people have time for: due contacts find a day on which they can be made."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL

from ...engine.capacity import Book
from ...engine.gate import Decision
from ...engine.windows import HORIZON
from ...engine.workdays import Workdays
from ..ledger.live import comes_from_system
from ..ledger.qualified import get_required_tags
from ..ledger.release import DEFER, QUEUE
from .stand_ins import StandIns

OVER_CAPACITY = "over_capacity"
_DAY = timedelta(days=1)


class Desk(NamedTuple):
    """Where somebody makes contacts, for one company."""

    user: models.BaseModel
    company: models.BaseModel
    work: Workdays
    book: Book
    until: datetime
    """How far ahead of its day a contact enters the queue, in UTC."""


class Capacity:
    """The books of those who make some interactions, and of their deputies.

    What somebody planned for a day, and a complaint, stays on it whatever else there
    is; it takes its minutes like all others. What is in the queue already does, too,
    and where it is more than its day holds, on the days that follow. What was done
    today has used up today's minutes.
    """

    def __init__(self, verdicts, keeper):
        """Read the books, in a constant number of queries.

        :param list verdicts: the ``Verdict`` on each interaction
        :param Gatekeeper keeper: who judged them
        """
        self.keeper = keeper
        self.env = verdicts[0].interaction.env
        self._desks = {}
        self._desks_of = defaultdict(list)
        self._deputies = {}
        self._staff = {}
        for verdict in verdicts:
            staff = keeper.get_staff(verdict.interaction)
            self._staff[verdict.interaction.id] = staff
            company = verdict.interaction.company_id
            if staff and (staff.id, company.id) not in self._deputies:
                deputy = self._find_deputy(staff, company)
                self._deputies[staff.id, company.id] = deputy
                for user in staff | deputy:
                    self._open_desk(user, company)
            if owner := keeper.get_replaced(verdict.interaction):
                self._open_desk(owner, company)
        self._stand_ins = StandIns(
            self.env["crm.interaction"].union(*(v.interaction for v in verdicts)),
            keeper,
        )
        self._note_queues()

    def _find_deputy(self, staff, company):
        """Return who takes on what somebody has no time for, possibly nobody."""
        # sudo: who stands in for whom, whoever releases
        deputy = staff.sudo().deputy_id.with_env(self.env)
        return deputy._filter_staff_of(company)

    def _get_desk(self, user, company):
        """Return the ``Desk`` of somebody; None where nobody knows when they work."""
        return self._desks.get((user.id, company.id))

    def _open_desk(self, user, company):
        work = self.keeper.get_workdays_of(user, company)
        if not work or self._get_desk(user, company):
            return
        until = self.keeper.now + company._get_queue_horizon()
        day, days = work.get_day(self.keeper.now), {}
        last = work.get_day(until)
        while day <= last:
            start = work.get_start(day)
            if start and start < until:
                days[day] = work.get_minutes(day)
            day += _DAY
        desk = Desk(user, company, work, Book(days), until)
        self._desks[user.id, company.id] = desk
        self._desks_of[user.id].append(desk)

    def _note_queues(self):
        """Enter what is in the queues, and what was done today.

        SQL because thousands are summed up.
        """
        self.env["crm.interaction"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT i.user_id, i.state,
                       CASE WHEN i.state = 'done' THEN i.date_done
                            ELSE i.date_planned END AS moment,
                       sum(CASE WHEN i.state = 'done' THEN COALESCE(i.duration, 0)
                                ELSE COALESCE(t.duration, 0) END)
                  FROM crm_interaction i
             LEFT JOIN crm_touchpoint t ON t.id = i.touchpoint_id
                 WHERE i.user_id = ANY(%(users)s)
                   AND (i.state = 'open'
                        OR (i.state = 'done' AND i.outcome <> 'sent'
                            AND i.date_done > %(since)s))
              GROUP BY 1, 2, 3 ORDER BY 2, 3
                """,
                users=list(self._desks_of),
                since=self.keeper.now - _DAY,
            )
        )
        for user_id, state, moment, minutes in rows:
            for desk in self._desks_of[user_id]:
                self._note(desk, state, moment, minutes)

    def _note(self, desk, state, moment, minutes):
        day, today = desk.work.get_day(moment), desk.work.get_day(self.keeper.now)
        if state == "open":
            desk.book.spread(max(day, today), minutes)
        elif day == today:
            desk.book.take(day, minutes)

    def _take(self, user, day, minutes):
        """Enter a contact in all books of somebody: one a company, the same minutes."""
        for desk in self._desks_of[user.id]:
            desk.book.take(day, minutes)

    # ------------------------------------------------------------------
    # One contact
    # ------------------------------------------------------------------

    def fit(self, verdict, not_before):
        """Return the verdict, on a day that has room for the contact.

        First on the days of whoever makes it, else on those of the deputy, else not
        before the next run.

        :param datetime not_before: the moment at which earlier ones are made
        """
        interaction = verdict.interaction
        staff = self.keeper.get_staff(interaction)
        desk = self._get_desk(staff, interaction.company_id)
        if not desk:
            return verdict
        work = desk.work
        # what is late is made today
        day = work.get_day(max(verdict.moment, self.keeper.now))
        asked = interaction.date_asked
        if not comes_from_system(interaction) or is_promised(
            work, asked, self.keeper.now
        ):
            self._take(staff, day, verdict.touchpoint.duration)
            return verdict
        is_beyond = verdict.moment >= desk.until
        if verdict.fate == QUEUE and (is_beyond or work.is_off(day)):
            # asked for ahead of its time, or by a customer who has days off only
            return verdict
        moment = max(verdict.moment, not_before)
        return (
            self._find_with_owner(verdict, desk, moment)
            or self._find(verdict, desk, moment)
            or self._find_with_deputy(verdict, desk, not_before)
            or self._turn_away(verdict, work)
        )

    def _find_with_owner(self, verdict, desk, moment):
        """Return the verdict on a day of whom somebody stands in for, if it is better.

        That is where the stand-in has time only when that person is back. None where
        the stand-in is not too late, or nobody stands in.
        """
        interaction, company, work = verdict.interaction, desk.company, desk.work
        owner = self.keeper.get_replaced(interaction)
        own = owner and self._get_desk(owner, company)
        if not own:
            return None
        day = desk.book.find(work.get_day(moment), verdict.touchpoint.duration)
        if day and self._stand_ins.is_away(owner, company, work.get_start(day)):
            return None
        self.keeper.set_staff({interaction: owner})
        found = self._find(verdict, own, moment)
        if not found:
            self.keeper.stand_in({interaction: desk.user})
        return found

    def _find(self, verdict, desk, moment):
        """Return the verdict on the first day of a desk that has room and is lawful.

        :param datetime moment: the first that would do
        :return: None where there is no such day
        """
        interaction, touchpoint, minutes = *verdict[:2], verdict[1].duration
        book, work = desk.book, desk.work
        # what was found lawful, by whoever makes it, is not asked again
        lawful = verdict.moment if verdict.fate == QUEUE else None
        if self.keeper.get_staff(interaction) != self._staff[interaction.id]:
            lawful = None
        while day := book.find(work.get_day(moment), minutes):
            if day != work.get_day(moment):
                moment = work.get_start(day)
            elif moment == lawful:
                self._take(desk.user, day, minutes)
                return verdict
            decision = interaction._ask(self.keeper, touchpoint, moment)
            if not decision.earliest:
                return None
            if work.get_day(decision.earliest) == day:
                self._take(desk.user, day, minutes)
                return self._note_moment(verdict, decision.earliest)
            moment = decision.earliest
        return None

    def _find_with_deputy(self, verdict, desk, not_before):
        """Return the verdict on a day of the deputy, None without one.

        Who stands in must be what the customer requires of the staff, too.
        """
        interaction = verdict.interaction
        company = desk.company
        deputy = self._deputies[desk.user.id, company.id]
        other = self._get_desk(deputy, company)
        if not other or not _is_able(
            deputy, get_required_tags(interaction, self.keeper.voices)
        ):
            return None
        owner = self.keeper.get_replaced(interaction)
        self.keeper.stand_in({interaction: deputy}, owner)
        found = self._find(verdict, other, max(not_before, self.keeper.now))
        if not found:
            self.keeper.stand_in({interaction: desk.user}, owner)
        return found

    def _note_moment(self, verdict, moment):
        if moment == verdict.moment:
            return verdict._replace(fate=QUEUE)
        self.keeper.move(verdict.interaction, moment)
        if self._is_today(verdict, moment):
            return verdict._replace(moment=moment, fate=QUEUE)
        return verdict._replace(
            decision=Decision(OVER_CAPACITY, moment), moment=moment, fate=QUEUE
        )

    def _is_today(self, verdict, moment):
        """Tell whether what is late is made as soon as anybody could."""
        work = self.keeper.get_workdays(verdict.interaction)
        today = work.get_day(self.keeper.now)
        is_late = work.get_day(verdict.moment) < today
        return is_late and work.get_day(moment) == today

    def _turn_away(self, verdict, work):
        """Return a verdict that waits until a further day comes within the horizon.

        One of an absence, too: then the stand-in may have time.
        """
        if verdict.fate == DEFER:
            return verdict
        company = verdict.interaction.company_id
        day = work.get_day(self.keeper.now + company._get_queue_horizon()) + _DAY
        days = (day + _DAY * number for number in range(HORIZON.days))
        first = next((day for day in days if _may_be_worked(work, day)), day)
        start = work.get_start(first) or company._relationship_time(first)
        moment = max(start, verdict.moment)
        self.keeper.move(verdict.interaction, moment)
        return verdict._replace(
            decision=Decision(OVER_CAPACITY, moment), moment=moment, fate=DEFER
        )


def needs_time(verdict):
    """Tell whether a contact takes somebody's time, or would on another's days."""
    if verdict.fate == DEFER:
        away = verdict.decision.reason_code == "outside_work"
        return away and not verdict.template
    return verdict.fate == QUEUE


def is_promised(work, asked, now):
    """Tell whether an interaction stays on its day because somebody chose it.

    Until that day is over, and as long as there is somebody to make it.

    :param asked: the moment that somebody chose, if anybody did
    """
    if not asked:
        return False
    day = work.get_day(asked)
    return day >= work.get_day(now) and not work.is_off(day)


def _may_be_worked(work, day):
    """Tell whether somebody works on a day, or would but for an absence."""
    return not work.is_off(day) or (work.is_away(day) and not work.is_usually_off(day))


def _is_able(user, tags):
    return all(user in tag.user_ids for tag in tags)
