import json

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.bounds import clamp_day_sql
from ..ledger.planner import placement_sql

# Of an introduction.
OBJECTIVE, KIND = "relationship", "relationship"


class CrmInteraction(models.Model):
    """Salespeople introduce themselves to the customers they are given."""

    _inherit = "crm.interaction"

    assignment_id = fields.Many2one(
        comodel_name="crm.staff.assignment",
        string="Introduced After",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The assignment by which the customer got this salesperson.",
    )

    @api.model
    def _introduce(self, lines, day, days):
        """Let new salespeople introduce themselves, each to as many customers a day.

        As the system plans it, which is to say without an author: so the release holds
        it back as long as the company is in Preview. SQL because it is the planner's
        own way, and may be thousands.

        :param lines: ``crm.staff.assignment.line`` records of one assignment
        :param date day: the first day
        :param int days: over which they are spread
        """
        assignment = lines.assignment_id
        lang = assignment.company_id.sudo().partner_id.lang or self.env.lang
        name = self.with_context(lang=lang).env._(
            "Introduce yourself: you are this customer's salesperson from now on"
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_interaction (%(columns)s)
                SELECT %(values)s
                  FROM (SELECT id, relationship_id, %(day)s
                               + (%(days)s * (row_number() OVER turn - 1)
                                  / count(*) OVER (PARTITION BY new_user_id))::int
                               AS day
                          FROM crm_staff_assignment_line
                         WHERE assignment_id = %(assignment)s
                           AND new_user_id IS NOT NULL
                           AND new_user_id IS DISTINCT FROM old_user_id
                        WINDOW turn AS (PARTITION BY new_user_id
                                            ORDER BY minutes DESC, id)) line
                  JOIN crm_relationship r ON r.id = line.relationship_id
                  JOIN res_company c ON c.id = r.company_id
                  JOIN res_partner cp ON cp.id = c.partner_id
            CROSS JOIN (SELECT NULL::int AS user_id, %(name)s::jsonb AS name) touch
            CROSS JOIN LATERAL (SELECT r.partner_id, line.day) due
                 WHERE line.id = ANY(%(lines)s)
                """,
                day=clamp_day_sql(SQL("%s::date", day)),
                days=days,
                assignment=assignment.id,
                name=json.dumps({"en_US": name}),
                lines=lines.ids,
                **placement_sql(
                    self.env,
                    objective=SQL("%s", OBJECTIVE),
                    kind=SQL("%s", KIND),
                    assignment_id=SQL("%s", assignment.id),
                ),
            )
        )
        self.invalidate_model()
        # sudo: the customers' next day follows from what is planned
        lines.sudo().relationship_id._refresh_contact_state()
