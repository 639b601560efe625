from collections import Counter
from operator import itemgetter

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, groupby

from ..base.bounds import clamp_day_sql
from . import covering, holdout, sense
from .crm_program_enrollment import STOP_REASONS
from .entry import CAME_TO_NOTHING, claim_sql


class CrmProgramEnrollment(models.Model):
    """Who enters for which order, who is kept aside, what several orders become."""

    _inherit = "crm.program.enrollment"

    @api.model
    def _enroll_orders(self, programs, orders, day=None):
        """Enroll the customers of confirmed orders, two queries however many there are.

        An order that was cancelled and confirmed again continues where it stopped:
        steps already carried out are not repeated. Orders that one person places at
        about the same time are followed up together. Our own companies are nobody's
        customers.

        SQL because ten orders confirmed at
        once must not cost more queries than one, and a customer new to the portfolio
        has no relationship record yet.

        :param dict orders: for each program the ``sale.order`` records that start it.
        :param date day: the first day of the programs; that of the order by default
        :return: the enrollments of these orders.
        """
        programs = programs.filtered(lambda program: program.state == "running")
        pairs = [
            (program.id, order.id) for program in programs for order in orders[program]
        ]
        if not pairs:
            return self
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                %(claim)s
                INSERT INTO crm_program_enrollment
                    (program_id, sale_order_id, relationship_id, partner_id, company_id,
                     date, state, by_target,
                     create_uid, create_date, write_uid, write_date)
                SELECT program_id, order_id, relationship_id, partner_id, company_id,
                       day, 'running', TRUE, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM (
                SELECT program.id AS program_id, o.id AS order_id,
                       r.id AS relationship_id, r.partner_id, r.company_id,
                       o.date_order, entry.day, program.reenroll,
                       program.reenroll_days, entry.merge_days,
                       min(entry.day) OVER (PARTITION BY program.id, r.id) AS first_day
                  FROM (VALUES %(pairs)s) AS pair (program_id, order_id)
                  JOIN crm_program program ON program.id = pair.program_id
                  JOIN sale_order o ON o.id = pair.order_id
                  JOIN res_partner p ON p.id = o.partner_id
                  JOIN res_company c ON c.id = o.company_id
                  JOIN res_partner cp ON cp.id = c.partner_id
                  JOIN crm_relationship r
                    ON r.partner_id = p.commercial_partner_id
                   AND r.company_id = o.company_id
            CROSS JOIN LATERAL (
                    SELECT %(day)s AS day,
                           CASE program.merge_rule WHEN 'parallel' THEN 0
                           ELSE program.merge_days END AS merge_days
                  ) entry
                 WHERE NOT EXISTS (
                       SELECT FROM res_company us WHERE us.partner_id = r.partner_id)
                  ) entering
                 WHERE reenroll = 'always' OR (
                       day <= first_day + merge_days AND NOT EXISTS (
                       SELECT FROM (
                           SELECT * FROM crm_program_enrollment own
                            WHERE own.relationship_id = entering.relationship_id
                           OFFSET 0
                       ) e
                        WHERE e.program_id = entering.program_id
                          AND e.sale_order_id IS DISTINCT FROM order_id
                          AND abs(e.date - day) > merge_days
                          AND (reenroll = 'never' OR abs(e.date - day) < reenroll_days)
                          AND NOT %(came_to_nothing)s))
              ORDER BY date_order, order_id
                ON CONFLICT (program_id, sale_order_id, relationship_id)
                      WHERE sale_order_id IS NOT NULL
                DO UPDATE SET state = 'running', stop_reason = NULL,
                              date = EXCLUDED.date, joined_id = NULL,
                              date_again = EXCLUDED.create_date,
                              write_uid = EXCLUDED.write_uid,
                              write_date = EXCLUDED.write_date
                    WHERE crm_program_enrollment.state = 'stopped'
                      AND crm_program_enrollment.stop_reason <> ALL(%(final)s)
             RETURNING id, date, program_id, relationship_id, EXISTS (
                       SELECT FROM crm_program_enrollment other
                        WHERE other.program_id = crm_program_enrollment.program_id
                          AND other.relationship_id
                              = crm_program_enrollment.relationship_id
                          AND other.id <> crm_program_enrollment.id)
                """,
                claim=self._get_claim(programs, [order_id for _id, order_id in pairs]),
                uid=self.env.uid,
                now=self.env.cr.now(),
                came_to_nothing=CAME_TO_NOTHING,
                # what the customer did ended the run, not the order
                final=["by_hand", "merged", *dict(STOP_REASONS)],
                day=clamp_day_sql(
                    SQL("%s", day)
                    if day
                    else SQL(
                        "(o.date_order AT TIME ZONE 'UTC'"
                        " AT TIME ZONE COALESCE(cp.tz, 'UTC'))::date"
                    )
                ),
                pairs=SQL(", ").join(SQL("%s", pair) for pair in pairs),
            )
        )
        enrollments = self.browse(row[0] for row in rows)
        times = Counter((program_id, r_id) for _id, _day, program_id, r_id, _x in rows)
        repeated = [
            (id_, day)
            for id_, day, program_id, r_id, others in rows
            if others or times[program_id, r_id] > 1
        ]
        for _day, own in groupby(sorted(repeated, key=itemgetter(1)), itemgetter(1)):
            self.browse(id_ for id_, _day in own)._join_runs()
        enrollments.invalidate_recordset()
        if "restart" in programs.mapped("merge_rule"):
            self.browse(id_ for id_, _day in repeated)._restart_runs()
        companies = self.env["sale.order"].union(*orders.values()).company_id
        enrollments._keep_aside(programs, companies)
        enrollments._place_steps()
        covering.cover(self.browse(id_ for id_, _day in repeated))
        return enrollments

    @api.model
    def _get_claim(self, programs, order_ids):
        """Return what keeps other workers from enrolling these customers meanwhile.

        Where each order has a run of its own, nothing depends on the others.
        """
        if all(p.reenroll == "always" and p.merge_rule == "parallel" for p in programs):
            return SQL("")
        relationships = SQL(
            """
            SELECT r.id
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
              JOIN crm_relationship r
                ON r.partner_id = p.commercial_partner_id
               AND r.company_id = o.company_id
             WHERE o.id = ANY(%s)
            """,
            order_ids,
        )
        return SQL("WITH claimed AS (%s)", claim_sql(relationships))

    def _keep_aside(self, programs, companies):
        """Keep aside part of those who entered, where their program is measured.

        Who is in a group stays in it, however often the customer enters.

        Who is kept aside from all programs is so from each of them.

        :param programs: those of these enrollments
        :param companies: those of these enrollments, which need not be read for it
        """
        free = self
        if any(companies.mapped("relationship_holdout_share")):
            free -= self._keep_from_all()
        if not any(programs.mapped("holdout_share")):
            return
        groups = free.grouped(lambda e: (e.program_id, e.company_id))
        for (program, company), entered in groups.items():
            if not program._keeps_aside(company):
                continue
            chosen = holdout.choose(program, entered)
            chosen.write({"state": "control", "is_control": True, "joined_id": False})

    def _keep_from_all(self):
        """Return those of customers whom chance gives none of the programs."""
        kept = self.browse()
        for company, entered in self.grouped("company_id").items():
            if company.relationship_holdout_share:
                # sudo: which period it is, whoever confirms an order
                period = self.env["crm.holdout"].sudo()._get_running(company)
                kept |= period._keep_aside(entered) if period else kept
        return kept

    def _note_target(self):
        """Note who is among those the program is for, of whom it is not known."""
        unknown = self.filtered(lambda enrollment: not enrollment.by_target)
        for program, entered in unknown.grouped("program_id").items():
            own = Domain("id", "in", entered.ids)
            outside = sense.find_outside(program, own)
            if outside is not None:
                (entered - entered.browse(outside)).by_target = True

    def _join_runs(self):
        """Let orders go along with one of the same person that started shortly before.

        These started on the same day, so that none joins one that joins another. What
        went along with one of them before, goes along with the same. SQL because the
        orders of a thousand customers are confirmed at once.
        """
        self.env.execute_query(
            SQL(
                """
                WITH joined AS (
                    UPDATE crm_program_enrollment e
                       SET joined_id = leader.id, state = leader.state
                      FROM (SELECT DISTINCT ON (own.id) own.id AS own_id, other.*
                              FROM crm_program_enrollment own
                              JOIN crm_program program ON program.id = own.program_id
                              JOIN sale_order o ON o.id = own.sale_order_id
                              JOIN crm_program_enrollment other
                                ON other.program_id = own.program_id
                               AND other.relationship_id = own.relationship_id
                               AND other.state IN ('running', 'completed')
                               AND other.joined_id IS NULL
                               AND CASE program.merge_rule
                                   WHEN 'join' THEN other.date BETWEEN
                                        own.date - program.merge_days AND own.date
                                   WHEN 'restart' THEN other.date = own.date
                                        AND other.id = ANY(%(ids)s)
                                   END
                               AND other.id <> own.id
                               AND (other.id < own.id OR NOT other.id = ANY(%(ids)s))
                              JOIN sale_order other_order
                                ON other_order.id = other.sale_order_id
                               AND other_order.partner_id = o.partner_id
                             WHERE own.id = ANY(%(ids)s) AND own.state = 'running'
                          ORDER BY own.id, other.id = ANY(%(ids)s), other.date,
                                   other.id) leader
                     WHERE e.id = leader.own_id
                 RETURNING e.id, e.joined_id
                )
                UPDATE crm_program_enrollment e
                   SET joined_id = joined.joined_id
                  FROM joined
                 WHERE e.joined_id = joined.id
             RETURNING e.id
                """,
                ids=self.ids,
            )
        )

    def _restart_runs(self):
        """Stop what the same person goes through for an order shortly before.

        SQL as for joining.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT other.id
                  FROM crm_program_enrollment own
                  JOIN crm_program program
                    ON program.id = own.program_id AND program.merge_rule = 'restart'
                  JOIN sale_order o ON o.id = own.sale_order_id
                  JOIN crm_program_enrollment other
                    ON other.program_id = own.program_id
                   AND other.relationship_id = own.relationship_id
                   AND other.state = 'running' AND NOT other.id = ANY(%(ids)s)
                   AND other.date BETWEEN own.date - program.merge_days AND own.date
                  JOIN sale_order other_order
                    ON other_order.id = other.sale_order_id
                   AND other_order.partner_id = o.partner_id
                 WHERE own.id = ANY(%(ids)s) AND own.state = 'running'
                """,
                ids=self.ids,
            )
        )
        self.browse(id_ for [id_] in rows)._stop("restarted")
