"""Nobody forgotten: the one state in which every customer is, and why."""

from odoo import fields
from odoo.tools import SQL

from ..base.bounds import MAX_INTERVAL, MAX_MONTHS, clamp_sql
from ..ledger.live import from_system_sql
from .capacity import OVER_CAPACITY

EXCLUDED = ("do_not_contact", "other_company", "no_consent")
"""Why nobody may contact a customer."""
DEFERRED = (
    "snoozed",
    "too_frequent",
    "outside_window",
    "complaint_open",
    "relationship_first",
    "step_first",
    "preview",
)
"""Why the next interaction waits, and rightly."""
PASSED = ("snoozed", "complaint_open", "relationship_first", "step_first")
"""Those of them that let the planned day pass."""
CARE_FIELDS = ("care_state", "care_reason", "care_until")
RELATIONSHIPS = SQL.identifier("crm_relationship")
# Waiting for somebody is a fault once it is later than that.
LATE_DAYS = 7
# The rhythm of a plan without regular interactions.
YEARLY = (12, 0)


class Judgment:
    """Tells of customers in which state of care they are; a query and what reads it.

    It stands on the coverage, which the ledger defines: *no plan*, *no salesperson*,
    *no channel* and *overdue* are taken from there, and here is added what makes them,
    or a day in the future, lawful. A customer gets one reason, the first that applies,
    or none; the state follows from the reason, so that no customer can be in two.

    1. Nobody may contact the customer (``EXCLUDED``): the customer's own record says
       so, or the gate did when it judged the last interaction.
    2. Nobody would, whatever else holds: no plan, or no salesperson.
    3. The customer has asked for a pause.
    4. A fault: no channel, what rooms add, or a day that has passed. A passed day is
       none where everything that is late waits for a reason of ``PASSED`` and something
       else is planned (selling waits for a solved complaint, say). What waits without
       anything else coming is a fault: nobody would ever notice.
    5. The gate has moved the next interaction (``DEFERRED``).

    Without a reason, customers are contacted *in time* when their last interaction is
    no longer ago than the shortest interval of their plan (a year, where it has
    occasions only), and *planned* otherwise.
    """

    def __init__(self, env, source=RELATIONSHIPS):
        """Prepare to judge.

        :param SQL source: a table, or query, of relationships as they are
        """
        self.env = env
        self.source = source
        self.relationships = env["crm.relationship"]

    def store(self, where):
        """Store the state of some customers. Only rows that change are written.

        SQL because every night it goes over the whole base. By ``ctid``: see
        ``_update_contact_state``.

        :param SQL where: condition on ``crm_relationship r``
        :return: number of rows written
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_relationship r
                   SET care_state = s.care_state, care_reason = s.care_reason,
                       care_until = s.care_until
                  FROM (%s) s
                 WHERE r.ctid = s.row
                   AND (r.care_state, r.care_reason, r.care_until)
                       IS DISTINCT FROM (s.care_state, s.care_reason, s.care_until)
                """,
                self.get_states(where),
            )
        )
        written = self.env.cr.rowcount
        self.relationships.invalidate_model(CARE_FIELDS)
        return written

    def get_states(self, where):
        """Return the query of the state of some customers.

        It has their place (``row``), ``CARE_FIELDS`` and what they follow from, the
        ``STATE_FIELDS`` of the ledger.

        ``MATERIALIZED`` because PostgreSQL would otherwise work out a reason anew
        wherever it is read.

        :param SQL where: condition on a relationship ``r``
        """
        return SQL(
            """
            WITH rhythm AS MATERIALIZED (%(rhythm)s),
            facts AS (%(facts)s),
            covered AS MATERIALIZED (
                SELECT *, CASE WHEN verdict_holds IS FALSE THEN %(coverage)s
                               ELSE coverage_state END AS coverage
                  FROM facts
            ),
            reasons AS MATERIALIZED (
                SELECT row, today, next, last, months, days, coverage, coverage_state,
                       pause_until, late_until, moved_day, %(reason)s AS reason
                  FROM covered
            )
            SELECT row, next AS next_contact_date, last AS last_contact_date,
                   coverage_state, %(state)s AS care_state, reason AS care_reason,
                   %(until)s AS care_until
              FROM reasons
            """,
            rhythm=self._rhythm(),
            facts=self._facts(where),
            coverage=self.relationships._coverage_sql(),
            reason=self._reason(),
            state=self._state(),
            until=self._until(),
        )

    # ------------------------------------------------------------------
    # Reason, state, until: expressions on a row of the facts
    # ------------------------------------------------------------------

    def _reason(self):
        faults = self.relationships._get_care_faults()
        return SQL(
            """
            CASE WHEN do_not_contact OR verdict = 'do_not_contact'
                 THEN 'do_not_contact'
                 WHEN is_elsewhere OR verdict = 'other_company' THEN 'other_company'
                 WHEN verdict = 'no_consent' THEN 'no_consent'
                 WHEN coverage IN ('no_plan', 'no_staff') THEN coverage
                 WHEN pause_until > today THEN 'snoozed'
                 WHEN coverage = 'unreachable' THEN 'no_channel'
                 %(faults)s
                 WHEN coverage = 'overdue' THEN
                      CASE WHEN late_waits AND (late_reason = 'preview'
                                                OR late_until >= today)
                           THEN late_reason ELSE 'overdue' END
                 WHEN moved_day = next THEN moved_reason
                 END
            """,
            faults=SQL(" ").join(
                SQL("WHEN %s THEN %s", SQL.identifier(f"fault_{reason}"), reason)
                for reason in faults
            ),
        )

    def _state(self):
        return SQL(
            """
            CASE WHEN reason IN %(excluded)s THEN 'excluded'
                 WHEN reason IN %(deferred)s THEN 'deferred'
                 WHEN reason IS NOT NULL THEN 'fault'
                 WHEN last + make_interval(months => months, days => days) >= today
                 THEN 'in_time'
                 ELSE 'planned' END
            """,
            excluded=EXCLUDED,
            deferred=DEFERRED,
        )

    def _until(self):
        return SQL(
            """
            CASE WHEN reason NOT IN %(deferred)s THEN NULL
                 WHEN reason = 'snoozed' AND pause_until > today THEN pause_until
                 WHEN coverage = 'overdue' THEN late_until
                 WHEN reason IS NOT NULL THEN moved_day END
            """,
            deferred=DEFERRED,
        )

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------

    def _facts(self, where):
        """Return the query of what a reason depends on, one row a customer.

        For each customer by itself (``LATERAL``), for the reason told at
        ``_update_contact_state``.
        """
        flags = [
            SQL(", (%s) IS TRUE AS %s", condition, SQL.identifier(f"fault_{reason}"))
            for reason, condition in self.relationships._get_care_faults().items()
        ]
        return SQL(
            """
            SELECT r.id, r.ctid AS row, c.today, p.do_not_contact,
                   r.next_contact_date AS next,
                   r.last_contact_date AS last, p.contact_snooze_until AS pause_until,
                   p.company_id <> r.company_id AS is_elsewhere,
                   r.coverage_state, waits.user_id, waits.plan_id,
                   waits.verdict_holds, waits.verdict, waits.late_waits,
                   waits.late_reason, waits.late_until, waits.moved_reason,
                   waits.moved_day,
                   COALESCE(rhythm.months, %(months)s) AS months,
                   COALESCE(rhythm.days, %(days)s) AS days
                   %(faults)s
              FROM %(source)s r
              JOIN (%(companies)s) c ON c.id = r.company_id
              JOIN res_partner p ON p.id = r.partner_id
         LEFT JOIN rhythm
                ON rhythm.plan_id
                   = CASE WHEN r.last_contact_date IS NOT NULL THEN %(plan)s END
         LEFT JOIN LATERAL (%(looked_up)s) waits ON TRUE
             WHERE %(where)s
            """,
            source=self.source,
            where=where,
            plan=self.relationships._effective_plan_sql(SQL.identifier("r")),
            months=YEARLY[0],
            days=YEARLY[1],
            companies=self._companies(),
            looked_up=self._looked_up(),
            faults=SQL("").join(flags),
        )

    def _looked_up(self):
        """Return what only a customer has who is late, unreachable or made to wait.

        One question to most customers, and four to these: asked of everybody, they
        take longer than all the rest. ``OFFSET 0``: PostgreSQL would ask first, and
        then whether it had to.
        """
        return SQL(
            """
            SELECT verdict.user_id, verdict.plan_id, verdict.holds AS verdict_holds,
                   CASE WHEN verdict.holds THEN verdict.reason END AS verdict,
                   late.waits AS late_waits, late.reason AS late_reason,
                   late.until AS late_until, moved.reason_code AS moved_reason,
                   moved.day AS moved_day, waits.*
              FROM (VALUES (1)) once
         LEFT JOIN LATERAL (%(moved)s) moved ON TRUE
         LEFT JOIN LATERAL (%(verdict)s) verdict ON TRUE
         LEFT JOIN LATERAL (%(late)s) late ON TRUE
         LEFT JOIN LATERAL (%(waits)s) waits ON TRUE
             WHERE r.coverage_state = 'unreachable' OR r.next_contact_date < c.today
                OR EXISTS (
                   SELECT FROM crm_interaction i
                    WHERE i.relationship_id = r.id
                      AND i.state IN ('scheduled', 'open')
                      AND i.reason_code IS NOT NULL)
            OFFSET 0
            """,
            moved=self._moved(),
            verdict=self._verdict(),
            late=self._late(),
            waits=self._waits(),
        )

    def _companies(self):
        return SQL(
            """
            SELECT c.id, own.tz, c.relationship_state = 'live' AS is_live,
                   c.consent_policy_relationship, c.consent_policy_selling,
                   (%s AT TIME ZONE 'UTC' AT TIME ZONE own.tz)::date AS today
              FROM res_company c JOIN res_partner cp ON cp.id = c.partner_id
        CROSS JOIN LATERAL (SELECT COALESCE(cp.tz, 'UTC') AS tz) own
            """,
            fields.Datetime.now(),
        )

    def _rhythm(self):
        """Return the shortest interval of each plan, as rows (plan, months, days)."""
        return SQL(
            """
            SELECT DISTINCT ON (plan_id) plan_id, %(months)s AS months, %(days)s AS days
              FROM crm_contact_plan_line
             WHERE active AND occasion_id IS NULL
          ORDER BY plan_id, interval_length, id
            """,
            months=clamp_sql(SQL("interval_months"), 0, MAX_MONTHS),
            days=clamp_sql(SQL("interval_days"), 0, MAX_INTERVAL),
        )

    def _moved(self):
        """Return the first interaction of customer ``r`` moved to a later day.

        Those that are moved to another hour of their day are not.
        """
        return SQL(
            """
            SELECT i.reason_code, own.day
              FROM crm_interaction i
        CROSS JOIN LATERAL (SELECT %(day)s AS day) own
             WHERE i.relationship_id = r.id AND i.state IN ('scheduled', 'open')
               AND i.reason_code IN %(reasons)s AND own.day > i.date_due
          ORDER BY i.date_planned, i.id LIMIT 1
            """,
            day=_day(SQL("i.date_planned")),
            reasons=tuple(reason for reason in DEFERRED if reason != "preview"),
        )

    def _waits(self):
        """Return for which reasons the next interaction comes late, as flags.

        Those of our own; it waits until somebody is back, or has time.
        """
        return SQL(
            """
            SELECT bool_or(i.reason_code = 'absent') AS absent,
                   bool_or(i.reason_code = %(over)s AND i.state = 'scheduled')
                       AS over_capacity
              FROM crm_interaction i
             WHERE i.relationship_id = r.id AND i.state IN ('scheduled', 'open')
               AND i.reason_code IN ('absent', %(over)s)
               AND r.next_contact_date = %(day)s
               AND r.next_contact_date > i.date_due + %(days)s
            """,
            day=_day(SQL("i.date_planned")),
            over=OVER_CAPACITY,
            days=LATE_DAYS,
        )

    def _verdict(self):
        """Return what the gate said last of a customer whom no channel reached.

        It *holds* as long as somebody still refuses, or for want of a consent, as long
        as nothing is planned that has one. Who speaks for whom is the gate's
        (``courtesy/voices.py``); here it is only asked whether anybody still does. Who
        serves the customer, and by which plan, is asked where it does not hold.
        """
        return SQL(
            """
            SELECT closed.reason_code AS reason,
                   %(staff)s AS user_id, %(plan)s AS plan_id,
                   CASE closed.reason_code
                        WHEN 'do_not_contact' THEN EXISTS (
                             SELECT FROM res_partner d, res_partner person
                              WHERE person.id IN (closed.partner_id, r.partner_id)
                                AND d.do_not_contact
                                AND (d.id = person.id
                                     OR d.email_normalized = person.email_normalized
                                     OR d.phone_sanitized = person.phone_sanitized))
                        WHEN 'no_consent' THEN NOT EXISTS (
                             SELECT FROM crm_interaction i
                              WHERE i.relationship_id = r.id
                                AND i.state IN ('scheduled', 'open')
                                AND i.kind <> closed.kind AND %(consented)s)
                        ELSE TRUE END AS holds
              FROM crm_interaction closed
             WHERE r.coverage_state = 'unreachable' AND closed.relationship_id = r.id
               AND closed.state IN ('done', 'missed', 'skipped')
          ORDER BY closed.date_due DESC, closed.id DESC LIMIT 1
            """,
            staff=self.relationships._served_by_sql(),
            plan=self.relationships._effective_plan_sql(SQL.identifier("r")),
            consented=SQL(
                "CASE i.kind WHEN 'service' THEN TRUE"
                " WHEN 'selling' THEN %s ELSE %s END",
                _consented("selling"),
                _consented("relationship"),
            ),
        )

    def _late(self):
        """Return whether all that is late waits rightly, why, and what comes next.

        ``OFFSET 0``: found first, then put in order. An index in that order would do,
        too, and reads the interactions of all customers for each.
        """
        in_preview = SQL("(NOT c.is_live AND %s)", from_system_sql())
        return SQL(
            """
            SELECT bool_and(w.waits) FILTER (WHERE w.day < c.today) AS waits,
                   (array_agg(w.reason ORDER BY w.day, w.interaction))[1] AS reason,
                   COALESCE(min(w.day) FILTER (WHERE w.day >= c.today),
                            max(w.retry)) AS until
              FROM (
                SELECT i.id AS interaction, %(day)s AS day,
                       CASE WHEN i.reason_code = 'snoozed' THEN %(retry)s END AS retry,
                       CASE WHEN %(in_preview)s THEN 'preview'
                            ELSE i.reason_code END AS reason,
                       i.state = 'scheduled'
                       AND (%(in_preview)s OR COALESCE(i.reason_code, '') IN %(passed)s)
                       AS waits
                  FROM crm_interaction i
                 WHERE i.relationship_id = r.id AND r.next_contact_date < c.today
                   AND i.state IN ('scheduled', 'open')
                OFFSET 0
              ) w
            """,
            day=_day(SQL("i.date_planned")),
            retry=_day(SQL("i.date_retry")),
            in_preview=in_preview,
            passed=PASSED,
        )


def _day(moment):
    """Return SQL for the day of a UTC moment in the time zone of company ``c``."""
    return SQL("(%s AT TIME ZONE 'UTC' AT TIME ZONE c.tz)::date", moment)


def _consented(kind):
    """Return SQL for whether contact ``p`` allows a kind of interaction to ``c``."""
    return SQL(
        "(%(said)s = 'granted' OR (COALESCE(%(said)s, 'unknown') <> 'refused'"
        " AND %(policy)s IS DISTINCT FROM 'opt_in'))",
        said=SQL.identifier("p", f"consent_{kind}"),
        policy=SQL.identifier("c", f"consent_policy_{kind}"),
    )
