from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL

from ...engine.gate import OK, Decision
from ..base.apart import log_failure, run_apart
from ..ledger.live import may_go
from ..program.priority import priority_sql
from .backlog import Backlog
from .capacity import OVER_CAPACITY, Capacity, needs_time

# What waits gains a class of value in so many days, up to so many classes.
GAIN_DAYS, MOST_GAINED = 28, 1
# Of the most valuable customers, what has waited as long is about to be late.
CLOSING_DAYS = 2
# What the gate and the capacity say of a day on which somebody is absent.
MOVED_BY_ABSENCE = ("outside_work", OVER_CAPACITY)


class CrmInteraction(models.Model):
    """What is due finds a day on which somebody has time for it."""

    _inherit = "crm.interaction"

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
