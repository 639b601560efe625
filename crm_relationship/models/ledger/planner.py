"""Planning: every relationship gets the contacts its plan asks for."""

from datetime import timedelta

from odoo.tools import SQL

from ..base.bounds import MAX_INTERVAL, MAX_MONTHS, clamp_day_sql, clamp_sql
from ..base.res_company import FIRST_HOUR, LAST_HOUR

# More customers than this get their coverage computed as a whole.
REFRESHED_SINGLY = 1_000
# Beyond this many, interactions are replanned by the job: nobody should have to wait.
REPLANNED_AT_ONCE = 2_000
# A greeting any later than this is more embarrassing than pleasing.
OCCASION_GRACE_DAYS = 7


class Planner:
    """Plans what is missing for the customers of one company, by set-based SQL.

    For each (relationship, plan line) at most one interaction is pending; a partial
    unique index guarantees it. So planning can be killed at any moment and resumed, and
    two workers cannot plan twice.

    The clock of a cadence restarts at the last interaction done. A customer who was
    never contacted begins on a day given by the id, so that the first round of a large
    base spreads evenly over the interval instead of falling on one day.
    """

    def __init__(self, env, company):
        """Prepare the planning for a ``res.company``."""
        self.env = env
        self.company = company
        self.ledger = env["crm.interaction"]
        self.relationships = env["crm.relationship"]
        self.followed_plan = self.relationships._effective_plan_sql(SQL.identifier("r"))

    def plan(self, relationship_ids=None):
        """Cancel what a changed plan no longer asks for, and plan what is missing.

        :param list relationship_ids: only these; all of the company when ``None``.
        :return: number of interactions planned.
        """
        self.env.flush_all()
        where = SQL("r.company_id = %s", self.company.id)
        if relationship_ids is not None:
            if not relationship_ids:
                return 0
            where = SQL("%s AND r.id = ANY(%s)", where, list(relationship_ids))
        self._cancel_obsolete(where)
        is_many = relationship_ids is None or len(relationship_ids) > REFRESHED_SINGLY
        planned = self._plan_many(where) if is_many else self._plan_few(where)
        self.ledger.invalidate_model()
        self.relationships.invalidate_model(["interaction_ids"])
        if is_many:
            self.relationships._update_contact_state(where)
        else:
            self.relationships.browse(relationship_ids)._refresh_contact_state()
        return planned

    def _plan_many(self, where):
        """Plan the missing interactions of a whole base, each kind by itself."""
        planned = self._plan_intervals(where)
        if self._has_occasion_lines():
            planned += self._plan_occasions(where)
        return planned

    def _plan_few(self, where):
        """Plan the missing interactions of some customers in one query.

        Somebody waits for it who has finished an activity, or written a message.
        """
        is_interval = SQL("touch.occasion_id IS NULL")
        return self._insert_planned(
            where,
            SQL("TRUE"),
            SQL(
                "(%s WHERE %s) UNION ALL (%s)",
                self._interval_due_sql(),
                is_interval,
                self._occasion_due_sql(),
            ),
            date_planned=SQL(
                "CASE WHEN %s THEN %s ELSE %s END",
                is_interval,
                planned_sql(self._next_working_day_sql(SQL("due.day"))),
                planned_sql(SQL("due.day")),
            ),
        )

    def _has_occasion_lines(self):
        return bool(
            self.env["crm.contact.plan.line"].search_count(
                [("occasion_id", "!=", False)], limit=1
            )
        )

    def _cancel_obsolete(self, where):
        """Cancel scheduled interactions of a plan the customer no longer follows.

        What is already in somebody's queue stays there. SQL: covers the whole base.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction i
                   SET state = 'cancelled', reason_code = 'plan_changed',
                       write_uid = %(uid)s, write_date = %(now)s
                  FROM crm_relationship r, crm_contact_plan_line l
                  JOIN crm_contact_plan p ON p.id = l.plan_id
                 WHERE r.id = i.relationship_id AND l.id = i.plan_line_id
                   AND i.state = 'scheduled' AND %(where)s
                   AND (NOT (r.active AND l.active AND p.active
                             AND l.plan_id = COALESCE(%(plan)s, 0))
                        OR i.create_date < l.replan_date)
                """,
                where=where,
                plan=self.followed_plan,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )

    def _plan_intervals(self, where):
        """Plan the missing interactions of lines with a regular interval."""
        return self._insert_planned(
            where,
            SQL("touch.occasion_id IS NULL"),
            self._interval_due_sql(),
            date_planned=planned_sql(self._next_working_day_sql(SQL("due.day"))),
        )

    def _interval_due_sql(self):
        """Return the query of the contact and the day, for a line with an interval."""
        return SQL(
            """
            SELECT r.partner_id,
                   CASE WHEN last.day IS NULL
                        THEN %(today)s::date + r.id %% %(length)s
                        ELSE GREATEST(%(today)s, (last.day + make_interval(
                            months => %(months)s, days => %(days)s))::date)
                        END AS day
            """,
            today=self.company._relationship_today(),
            length=clamp_sql(SQL("touch.interval_length"), 1, MAX_INTERVAL),
            months=clamp_sql(SQL("touch.interval_months"), 0, MAX_MONTHS),
            days=clamp_sql(SQL("touch.interval_days"), 0, MAX_INTERVAL),
        )

    def _next_working_day_sql(self, day):
        """Return SQL for the first day from ``day`` on that the company works on.

        So that the plan shows days that can be true; those of the person who makes it
        are asked by the release. ``date_due`` keeps the rhythm.
        """
        shifts = self.company._get_days_to_work()
        if not any(shifts):
            return day
        return SQL(
            "%(day)s + (%(shifts)s::int[])[EXTRACT(isodow FROM %(day)s)::int]",
            day=day,
            shifts=shifts,
        )

    def _plan_occasions(self, where):
        """Plan the missing interactions of lines that follow an occasion."""
        return self._insert_planned(
            where, SQL("touch.occasion_id IS NOT NULL"), self._occasion_due_sql()
        )

    def _occasion_due_sql(self):
        """Return the query of the contact and the day, for a line with an occasion.

        One is pending at a time. By the time it is closed, other people of the same
        firm may have the same day, or one that has passed in the meantime: a few days
        later is not too late.
        """
        today = self.company._relationship_today()
        from_day = SQL(
            "CASE WHEN last.line_day IS NULL THEN %s"
            " ELSE GREATEST(last.line_day, %s) END",
            today,
            today - timedelta(days=OCCASION_GRACE_DAYS),
        )
        return SQL(
            """
            SELECT occurrence.partner_id, occurrence.day
              FROM crm_occasion o CROSS JOIN LATERAL (%s) occurrence
             WHERE o.id = touch.occasion_id AND o.active
               AND NOT EXISTS (
                   SELECT FROM crm_interaction i
                    WHERE i.relationship_id = r.id AND i.plan_line_id = touch.id
                      AND i.partner_id = occurrence.partner_id
                      AND i.date_due = occurrence.day
                      AND COALESCE(i.reason_code, '')
                          NOT IN ('plan_changed', 'archived', 'merged'))
          ORDER BY occurrence.day, occurrence.partner_id LIMIT 1
            """,
            self.env["crm.occasion"]._get_occurrences_sql(from_day),
        )

    def _insert_planned(self, where, line_condition, due, **columns):
        """Insert the missing interactions for some relationships and plan lines.

        The ORDER BY is for PostgreSQL: a sort reads everything before the first row is
        written; without it, a query plan made for an empty ledger scans the ledger as
        it grows.

        ``last.line_day`` is the day for which the line was last carried out or given
        up, ``last.day`` the day on which that happened or the day of the last real
        interaction with the customer, whichever is later.

        :param SQL where: condition on ``crm_relationship r``
        :param SQL line_condition: condition on ``crm_contact_plan_line touch``
        :param SQL due: query of one row (partner_id, day)
        :param SQL columns: further columns with their values
        :return: number of rows inserted.
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_interaction (%(columns)s)
                SELECT %(values)s
                  FROM crm_relationship r
                  JOIN crm_contact_plan p
                    ON p.id = %(plan)s AND p.active
                   AND (p.company_id IS NULL OR p.company_id = r.company_id)
                  JOIN crm_contact_plan_line touch
                    ON touch.plan_id = p.id AND touch.active AND %(line_condition)s
                  JOIN res_company c ON c.id = r.company_id
                  JOIN res_partner cp ON cp.id = c.partner_id
            CROSS JOIN LATERAL (
                    SELECT max(i.date_due) AS line_day,
                           GREATEST(
                               max(CASE WHEN i.state = 'done'
                                        THEN (i.date_done AT TIME ZONE 'UTC'
                                              AT TIME ZONE COALESCE(cp.tz, 'UTC'))::date
                                        ELSE i.date_due END),
                               r.last_contact_date) AS day,
                           COALESCE(bool_or(i.state IN ('scheduled', 'open')), FALSE)
                               AS is_pending
                      FROM crm_interaction i
                     WHERE i.relationship_id = r.id AND i.plan_line_id = touch.id
                       AND COALESCE(i.reason_code, '')
                           NOT IN ('plan_changed', 'archived', 'merged')
                  ) last
            CROSS JOIN LATERAL (%(due)s) due
                 WHERE r.active AND NOT last.is_pending AND %(where)s
              ORDER BY due.day, r.id
                ON CONFLICT DO NOTHING
                """,
                where=where,
                plan=self.followed_plan,
                line_condition=line_condition,
                due=due,
                **placement_sql(
                    self.env,
                    objective=SQL("touch.objective"),
                    kind=SQL("touch.kind"),
                    plan_line_id=SQL("touch.id"),
                    **columns,
                ),
            )
        )
        return self.env.cr.rowcount


def placement_sql(env, **columns):
    """Return the SQL ``columns`` and ``values`` of an insert of scheduled interactions.

    The query they go into names the tables ``crm_relationship r``, the plan line or
    program step ``touch``, ``res_company c``, its partner ``cp`` and a row ``due``
    with (partner_id, day). A contact is planned for the company's hour, on its
    clock, and carries its purpose in the company's language. The system made it, so
    it names no author (which also spares two foreign key checks a row).

    :param SQL columns: further columns with their values.
    """
    day = clamp_day_sql(SQL("due.day"))
    placed = {
        "relationship_id": SQL("r.id"),
        "company_id": SQL("r.company_id"),
        "partner_id": SQL("due.partner_id"),
        "user_id": staff_sql(
            env, SQL("touch.user_id"), SQL("r.user_id"), SQL("r.backup_user_id")
        ),
        "name": SQL(
            "COALESCE(touch.name->>COALESCE(cp.lang, 'en_US'), touch.name->>'en_US')"
        ),
        "state": SQL("'scheduled'"),
        "date_due": day,
        "date_planned": planned_sql(SQL("due.day")),
        "attempt_count": SQL("0"),
        "create_date": SQL("%s", env.cr.now()),
        "write_date": SQL("%s", env.cr.now()),
        **columns,
    }
    return {
        "columns": SQL(", ").join(map(SQL.identifier, placed)),
        "values": SQL(", ").join(placed.values()),
    }


def planned_sql(day):
    """Return SQL for the company's hour of a day, on its clock.

    The query it goes into names ``res_company c`` and its partner ``cp``.
    """
    return SQL(
        "(%s + make_time(%s, 0, 0)) AT TIME ZONE COALESCE(cp.tz, 'UTC')"
        " AT TIME ZONE 'UTC'",
        clamp_day_sql(day),
        clamp_sql(SQL("c.relationship_hour"), FIRST_HOUR, LAST_HOUR),
    )


def staff_sql(env, *named):
    """Return SQL for the first user named who may serve customers of the company.

    The query it goes into names the table ``crm_relationship r``. ``IN`` because
    PostgreSQL then reads the staff once, and not for each row.

    :param SQL named: columns with the id of a user.
    """
    staff = env["res.users"]._staff_sql()
    return SQL(
        "COALESCE(%s)",
        SQL(", ").join(
            SQL(
                "CASE WHEN %(user)s IS NOT NULL"
                " AND (%(user)s, r.company_id) IN (%(staff)s) THEN %(user)s END",
                user=user,
                staff=staff,
            )
            for user in named
        ),
    )
