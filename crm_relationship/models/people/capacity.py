"""What people have time for: due contacts find a day on which they can be made."""

from collections import defaultdict
from datetime import timedelta

from odoo.tools import SQL

from ...engine.capacity import Book
from ...engine.gate import Decision
from ...engine.windows import HORIZON
from ..ledger.live import comes_from_system
from ..ledger.release import DEFER, QUEUE
from .stand_ins import StandIns

OVER_CAPACITY = "over_capacity"
_DAY = timedelta(days=1)


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
        self.books = {}
        self._keys = defaultdict(list)
        self._deputies = {}
        self._staff = {}
        for verdict in verdicts:
            staff = keeper.get_staff(verdict.interaction)
            self._staff[verdict.interaction.id] = staff
            company = verdict.interaction.company_id
            if staff and (staff, company) not in self._deputies:
                deputy = self._find_deputy(staff, company)
                self._deputies[staff, company] = deputy
                for user in staff | deputy:
                    self._open_book(user, company)
            if owner := keeper.get_replaced(verdict.interaction):
                self._open_book(owner, company)
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

    def _open_book(self, user, company):
        work = self.keeper.get_workdays_of(user, company)
        if not work or (user, company) in self.books:
            return
        until = self.keeper.now + company._get_queue_horizon()
        day, days = work.get_day(self.keeper.now), {}
        last = work.get_day(until)
        while day <= last:
            start = work.get_start(day)
            if start and start < until:
                days[day] = work.get_minutes(day)
            day += _DAY
        self.books[user, company] = Book(days)
        self._keys[user.id].append((user, company))

    def _note_queues(self):
        """Enter what is in the queues, and what was done today.

        SQL because thousands are summed up.
        """
        self.env["crm.interaction"].flush_model()
        by_user = {user.id: user for user, _company in self.books}
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
                users=list(by_user),
                since=self.keeper.now - _DAY,
            )
        )
        for user_id, state, moment, minutes in rows:
            for key in self._get_keys(by_user[user_id]):
                self._note(key, state, moment, minutes)

    def _note(self, key, state, moment, minutes):
        work = self.keeper.get_workdays_of(*key)
        day, today = work.get_day(moment), work.get_day(self.keeper.now)
        if state == "open":
            self.books[key].spread(max(day, today), minutes)
        elif day == today:
            self.books[key].take(day, minutes)

    def _get_keys(self, user):
        """Return the keys of somebody's books: one a company, all the same minutes."""
        return self._keys[user.id]

    def _take(self, user, day, minutes):
        for key in self._get_keys(user):
            self.books[key].take(day, minutes)

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
        key = (staff, interaction.company_id)
        book, work = self.books.get(key), self.keeper.get_workdays_of(*key)
        if not book:
            return verdict
        # what is late is made today
        day = work.get_day(max(verdict.moment, self.keeper.now))
        asked = interaction.date_asked
        if not comes_from_system(interaction) or is_promised(
            work, asked, self.keeper.now
        ):
            self._take(staff, day, verdict.touchpoint.duration)
            return verdict
        beyond = verdict.moment >= self.keeper.now + key[1]._get_queue_horizon()
        if verdict.fate == QUEUE and (beyond or work.is_off(day)):
            # asked for ahead of its time, or by a customer who has days off only
            return verdict
        moment = max(verdict.moment, not_before)
        return (
            self._find_with_owner(verdict, key, moment)
            or self._find(verdict, key, moment)
            or self._find_with_deputy(verdict, key, not_before)
            or self._turn_away(verdict, work)
        )

    def _find_with_owner(self, verdict, key, moment):
        """Return the verdict on a day of whom somebody stands in for, if it is better.

        That is where the stand-in has time only when that person is back. None where
        the stand-in is not too late, or nobody stands in.
        """
        interaction, company = verdict.interaction, key[1]
        owner = self.keeper.get_replaced(interaction)
        if not owner or (owner, company) not in self.books:
            return None
        work = self.keeper.get_workdays_of(*key)
        day = self.books[key].find(work.get_day(moment), verdict.touchpoint.duration)
        if day and self._stand_ins.is_away(owner, company, work.get_start(day)):
            return None
        self.keeper.set_staff({interaction: owner})
        found = self._find(verdict, (owner, company), moment)
        if not found:
            self.keeper.stand_in({interaction: key[0]})
        return found

    def _find(self, verdict, key, moment):
        """Return the verdict on the first day of a book that has room and is lawful.

        :param datetime moment: the first that would do
        :return: None where there is no such day
        """
        interaction, touchpoint, minutes = *verdict[:2], verdict[1].duration
        book, work = self.books[key], self.keeper.get_workdays_of(*key)
        # what was found lawful, by whoever makes it, is not asked again
        lawful = verdict.moment if verdict.fate == QUEUE else None
        if self.keeper.get_staff(interaction) != self._staff[interaction.id]:
            lawful = None
        while day := book.find(work.get_day(moment), minutes):
            if day != work.get_day(moment):
                moment = work.get_start(day)
            elif moment == lawful:
                self._take(key[0], day, minutes)
                return verdict
            decision = interaction._ask(self.keeper, touchpoint, moment)
            if not decision.earliest:
                return None
            if work.get_day(decision.earliest) == day:
                self._take(key[0], day, minutes)
                return self._note_moment(verdict, decision.earliest)
            moment = decision.earliest
        return None

    def _find_with_deputy(self, verdict, key, not_before):
        """Return the verdict on a day of the deputy, None without one.

        Who stands in must be what the customer requires of the staff, too.
        """
        interaction = verdict.interaction
        deputy, company = self._deputies[key], key[1]
        if (deputy, company) not in self.books or not _is_able(
            deputy, interaction._get_required_tags(self.keeper.voices)
        ):
            return None
        owner = self.keeper.get_replaced(interaction)
        self.keeper.stand_in({interaction: deputy}, owner)
        found = self._find(verdict, (deputy, company), max(not_before, self.keeper.now))
        if not found:
            self.keeper.stand_in({interaction: key[0]}, owner)
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
        """Return a verdict that waits until a further day comes within the horizon."""
        if verdict.fate == DEFER:
            return verdict
        company = verdict.interaction.company_id
        day = work.get_day(self.keeper.now + company._get_queue_horizon()) + _DAY
        days = (day + _DAY * number for number in range(HORIZON.days))
        first = next((day for day in days if not work.is_off(day)), day)
        moment = max(work.get_start(first) or self.keeper.now + HORIZON, verdict.moment)
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


def _is_able(user, tags):
    return all(user in tag.user_ids for tag in tags)
