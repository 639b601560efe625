from odoo import api, fields, models
from odoo.tools import SQL


class CrmRelationship(models.Model):
    """Coverage: when the customer was and will be contacted, and if not, why."""

    _inherit = "crm.relationship"

    def _refresh_contact_state(self):
        """Recompute the dates and coverage of these relationships from the ledger."""
        if self:
            self._update_contact_state(
                SQL("r.id IN %s", tuple(self.ids)),
                last_contact=SQL(
                    """(SELECT max(done.date_done)
                          FROM crm_interaction done
                         WHERE done.relationship_id = r.id AND done.state = 'done')"""
                ),
                unreachable=SQL(
                    """(SELECT closed.state = 'skipped'
                          FROM crm_interaction closed
                         WHERE closed.relationship_id = r.id
                           AND closed.state IN ('done', 'missed', 'skipped')
                      ORDER BY closed.date_due DESC, closed.id DESC
                         LIMIT 1)"""
                ),
            )

    @api.model
    def _update_contact_state(self, where, last_contact=None, unreachable=None):
        """Update ``next_contact_date``, ``coverage_state`` and ``last_contact_date``.

        Only rows that change are written. SQL because the nightly call covers the whole
        base; for it, the two costly parts keep what each closing contact has left.

        :param SQL where: condition on ``crm_relationship r``
        :param SQL last_contact: UTC time stamp of the last contact
        :param SQL unreachable: whether the latest contact found no accepted channel
        """
        self.env["crm.interaction"].flush_model()
        self.flush_model()
        self.env["crm.segment"].flush_model(["plan_id"])
        self.env.cr.execute(
            SQL(
                """
                WITH tz AS (
                    SELECT c.id AS company_id, COALESCE(p.tz, 'UTC') AS name
                      FROM res_company c JOIN res_partner p ON p.id = c.partner_id
                ), pending AS (
                    SELECT i.relationship_id, min(i.date_planned) AS date_planned
                      FROM crm_interaction i
                      JOIN crm_relationship r ON r.id = i.relationship_id
                     WHERE i.state IN ('scheduled', 'open') AND %(where)s
                  GROUP BY i.relationship_id
                ), dates AS (
                    SELECT r.id, r.user_id, COALESCE(r.plan_id, s.plan_id) AS plan_id,
                           (pending.date_planned AT TIME ZONE 'UTC'
                            AT TIME ZONE tz.name)::date AS next,
                           %(last_contact)s AS last,
                           %(unreachable)s AS unreachable,
                           (%(now)s AT TIME ZONE 'UTC'
                            AT TIME ZONE tz.name)::date AS today
                      FROM crm_relationship r
                      JOIN tz ON tz.company_id = r.company_id
                 LEFT JOIN crm_segment s ON s.id = r.segment_id
                 LEFT JOIN pending ON pending.relationship_id = r.id
                     WHERE %(where)s
                ), state AS (
                    SELECT id, next, last,
                           CASE WHEN unreachable THEN 'unreachable'
                                WHEN next IS NULL AND plan_id IS NULL THEN 'no_plan'
                                WHEN user_id IS NULL THEN 'no_staff'
                                WHEN next IS NULL THEN 'no_plan'
                                WHEN next < today THEN 'overdue'
                                ELSE 'covered' END AS coverage
                      FROM dates
                )
                UPDATE crm_relationship r
                   SET next_contact_date = state.next,
                       last_contact_date = state.last,
                       coverage_state = state.coverage
                  FROM state
                 WHERE r.id = state.id
                   AND (r.next_contact_date, r.last_contact_date, r.coverage_state)
                       IS DISTINCT FROM (state.next, state.last, state.coverage)
                """,
                where=where,
                now=fields.Datetime.now(),
                last_contact=SQL(
                    "(%s AT TIME ZONE 'UTC' AT TIME ZONE tz.name)::date", last_contact
                )
                if last_contact
                else SQL("r.last_contact_date"),
                unreachable=unreachable or SQL("r.coverage_state = 'unreachable'"),
            )
        )
        self.invalidate_model(
            ["next_contact_date", "last_contact_date", "coverage_state"]
        )
