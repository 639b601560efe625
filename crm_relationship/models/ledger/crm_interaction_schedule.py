from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

RELATIONSHIPS_PER_BATCH = 50_000
# More contacts than this are planned anew by the job: nobody should wait for them.
REPLANNED_AT_ONCE = 2_000
# A wish that comes later than this embarrasses more than it pleases.
OCCASION_GRACE_DAYS = 7


class CrmInteraction(models.Model):
    """Planning: every relationship gets the contacts its plan asks for.

    For each (relationship, plan line) at most one contact is pending; a partial unique
    index guarantees it. So planning can be killed at any moment and resumed, and two
    workers cannot plan twice.

    The clock of a cadence restarts at the last contact really made. A customer who was
    never contacted begins on a day given by the id, so that the first round of a large
    base spreads evenly over the interval instead of falling on one day.
    """

    _inherit = "crm.interaction"

    @api.model
    def _cron_schedule(self):
        """Plan the missing contacts of all companies, in committed batches."""
        companies = self.env["res.company"].sudo().search([])
        Relationship = self.env["crm.relationship"]
        self.env["ir.cron"]._commit_progress(
            remaining=Relationship.search_count([("company_id", "in", companies.ids)])
        )
        for company in companies:
            self.env["sale.order"]._catch_up_programs(company)
            self.env["crm.program"]._enroll_occasions(company)
            last_id = 0
            while ids := Relationship.search(
                [("company_id", "=", company.id), ("id", ">", last_id)],
                order="id",
                limit=RELATIONSHIPS_PER_BATCH,
            ).ids:
                last_id = ids[-1]
                self._schedule(company, ids)
                if not self.env["ir.cron"]._commit_progress(len(ids)):
                    return

    @api.model
    def _schedule(self, company, relationship_ids=None):
        """Cancel what a changed plan no longer asks for, and plan what is missing.

        :param list relationship_ids: only these; all of the company when ``None``.
        :return: number of contacts planned.
        """
        self.env.flush_all()
        where = SQL("r.company_id = %s", company.id)
        if relationship_ids is not None:
            if not relationship_ids:
                return 0
            where = SQL("%s AND r.id = ANY(%s)", where, list(relationship_ids))
        self._cancel_obsolete(where)
        planned = self._plan_intervals(where, company)
        if self._has_occasion_lines():
            planned += self._plan_occasions(where, company)
        self.invalidate_model()
        self.env["crm.relationship"].invalidate_model(["interaction_ids"])
        if relationship_ids is None or len(relationship_ids) > 1000:
            self.env["crm.relationship"]._update_contact_state(where)
        else:
            self.env["crm.relationship"].browse(
                relationship_ids
            )._refresh_contact_state()
        return planned

    @api.model
    def _has_occasion_lines(self):
        return bool(
            self.env["crm.contact.plan.line"].search_count(
                [("occasion_id", "!=", False)], limit=1
            )
        )

    @api.model
    def _cancel_obsolete(self, where):
        """Cancel scheduled contacts of a plan the customer no longer follows.

        What is already in somebody's queue stays there. SQL: covers the whole base.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction i
                   SET state = 'cancelled', reason_code = 'plan_changed',
                       write_uid = %(uid)s, write_date = %(now)s
                  FROM crm_relationship r
             LEFT JOIN crm_segment s ON s.id = r.segment_id,
                       crm_contact_plan_line l
                  JOIN crm_contact_plan p ON p.id = l.plan_id
                 WHERE r.id = i.relationship_id AND l.id = i.plan_line_id
                   AND i.state = 'scheduled' AND %(where)s
                   AND (NOT (r.active AND l.active AND p.active
                             AND l.plan_id = COALESCE(r.plan_id, s.plan_id, 0))
                        OR i.create_date < l.replan_date)
                """,
                where=where,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )

    @api.model
    def _plan_intervals(self, where, company):
        """Plan the missing contacts of lines with a regular interval."""
        today = company._relationship_today()
        return self._insert_planned(
            where,
            SQL("touch.occasion_id IS NULL"),
            SQL(
                """
                SELECT r.partner_id,
                       CASE WHEN last.day IS NULL
                            THEN %(today)s + r.id %% touch.interval_length
                            ELSE GREATEST(%(today)s, (last.day + make_interval(
                                months => touch.interval_months,
                                days => touch.interval_days))::date)
                            END AS day
                """,
                today=today,
            ),
        )

    @api.model
    def _plan_occasions(self, where, company):
        """Plan the missing contacts of lines that follow an occasion.

        One is pending at a time. When it is closed, others of the same firm may have
        the same day, or one that passed meanwhile: it is not too late for a few days.
        """
        today = company._relationship_today()
        from_day = SQL(
            "CASE WHEN last.line_day IS NULL THEN %s"
            " ELSE GREATEST(last.line_day, %s) END",
            today,
            today - timedelta(days=OCCASION_GRACE_DAYS),
        )
        return self._insert_planned(
            where,
            SQL("touch.occasion_id IS NOT NULL"),
            SQL(
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
            ),
        )

    @api.model
    def _insert_planned(self, where, line_condition, due):
        """Insert the contacts missing for some relationships and plan lines.

        The order is there for the planner: a sort reads all before the first row is
        written, else a plan made for an empty ledger scans it as it grows.

        ``last.line_day`` is the day for which the line was last carried out or given
        up, ``last.day`` the later of the day on which that happened and of the last
        real contact with the customer.

        :param SQL where: condition on ``crm_relationship r``
        :param SQL line_condition: condition on ``crm_contact_plan_line touch``
        :param SQL due: query of one row (partner_id, day)
        :return: number of rows inserted.
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_interaction (%(columns)s)
                SELECT %(values)s
                  FROM crm_relationship r
             LEFT JOIN crm_segment s ON s.id = r.segment_id
                  JOIN crm_contact_plan p
                    ON p.id = COALESCE(r.plan_id, s.plan_id) AND p.active
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
                line_condition=line_condition,
                due=due,
                **self._placement_sql(
                    objective=SQL("touch.objective"),
                    kind=SQL("touch.kind"),
                    plan_line_id=SQL("touch.id"),
                ),
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _placement_sql(self, **columns):
        """Return the SQL ``columns`` and ``values`` of an insert of scheduled contacts.

        The query they go into names the tables ``crm_relationship r``, the plan line or
        program step ``touch``, ``res_company c``, its partner ``cp`` and a row ``due``
        with (partner_id, day). A contact is planned for nine in the morning, company
        time, and carries its purpose in the company's language. The system made it, so
        it names no author (which also spares two foreign key checks a row).

        :param SQL columns: further columns with their values.
        """
        placed = {
            "relationship_id": SQL("r.id"),
            "company_id": SQL("r.company_id"),
            "partner_id": SQL("due.partner_id"),
            "user_id": SQL("COALESCE(touch.user_id, r.user_id, r.backup_user_id)"),
            "name": SQL(
                "COALESCE(touch.name->>COALESCE(cp.lang, 'en_US'),"
                " touch.name->>'en_US')"
            ),
            "state": SQL("'scheduled'"),
            "date_due": SQL("due.day"),
            "date_planned": SQL(
                "(due.day + time '09:00') AT TIME ZONE COALESCE(cp.tz, 'UTC')"
                " AT TIME ZONE 'UTC'"
            ),
            "attempt_count": SQL("0"),
            "create_date": SQL("%s", self.env.cr.now()),
            "write_date": SQL("%s", self.env.cr.now()),
            **columns,
        }
        return {
            "columns": SQL(", ").join(map(SQL.identifier, placed)),
            "values": SQL(", ").join(placed.values()),
        }

    # ------------------------------------------------------------------
    # When a plan changes
    # ------------------------------------------------------------------

    @api.model
    def _replan_lines(self, lines):
        """Plan scheduled contacts of these lines anew, after their cadence changed.

        Many are left to the job: the lines note since when contacts planned earlier are
        obsolete, so it can be killed at any moment and resumed.
        """
        domain = [("plan_line_id", "in", lines.ids), ("state", "=", "scheduled")]
        if self.search_count(domain, limit=REPLANNED_AT_ONCE + 1) > REPLANNED_AT_ONCE:
            lines.sudo().replan_date = self.env.cr.now()
            self._trigger_schedule()
            return
        scheduled = self.search(domain)
        for company, interactions in scheduled.grouped("company_id").items():
            relationship_ids = interactions.relationship_id.ids
            # SQL: `write` would plan the next contact of each before all are cancelled
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE crm_interaction
                       SET state = 'cancelled', reason_code = 'plan_changed',
                           write_uid = %s, write_date = %s
                     WHERE id = ANY(%s)
                    """,
                    self.env.uid,
                    fields.Datetime.now(),
                    interactions.ids,
                )
            )
            self.invalidate_model()
            self._schedule(company, relationship_ids)

    @api.model
    def _plan_followers(self, plan):
        """Plan what is missing for those who follow a plan, many of them by the job.

        :return: number of customers left to the job.
        """
        followers = self.env["crm.relationship"].search(
            self._get_followers_domain(plan), limit=REPLANNED_AT_ONCE + 1
        )
        if len(followers) > REPLANNED_AT_ONCE:
            self._trigger_schedule()
            return followers.search_count(self._get_followers_domain(plan))
        for company, relationships in followers.grouped("company_id").items():
            self._schedule(company, relationships.ids)
        return 0

    @api.model
    def _get_followers_domain(self, plan):
        return Domain("plan_id", "=", plan.id) | (
            Domain("plan_id", "=", False) & Domain("segment_id.plan_id", "=", plan.id)
        )

    @api.model
    def _trigger_schedule(self):
        self.env.ref("crm_relationship.ir_cron_schedule").sudo()._trigger()

    @api.model
    def _count_obsolete(self, line):
        """Return how many contacts of a plan line the job still has to plan anew."""
        if not line.active:
            obsolete = Domain.TRUE
        elif line.replan_date:
            obsolete = Domain("create_date", "<", line.replan_date)
        else:
            return 0
        return self.search_count(
            obsolete
            & Domain("plan_line_id", "=", line.id)
            & Domain("state", "=", "scheduled")
        )
