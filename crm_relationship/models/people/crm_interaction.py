import json

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.bounds import clamp_day_sql
from ..ledger.planner import placement_sql
from .capacity import Capacity, needs_time

# A contact that waits gains a class of value in so many days, up to so many classes.
GAIN_DAYS, MOST_GAINED = 14, 2
# Of an introduction.
OBJECTIVE, KIND = "relationship", "relationship"


class CrmInteraction(models.Model):
    """What is due finds a day on which somebody has time for it; salespeople introduce
    themselves to the customers they are given.
    """

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

    # what waits for a lawful reason is looked up every night
    _waiting_idx = models.Index(
        "(relationship_id)"
        " WHERE state IN ('scheduled', 'open') AND reason_code IS NOT NULL"
    )

    @api.model
    def _get_urgency_sql(self):
        """First service, then what is about to become late, then the most valuable.

        Complaints are service. Occasions and follow-ups of an order are late soon. The
        value of a customer is the monetary score. Waiting makes a contact gain, but no
        more than two classes: where more is due than can be done for months, it is the
        least valuable who wait, and where it is not, everybody's turn comes.
        """
        return SQL(
            """
            CASE WHEN i.kind = 'service' THEN 0
                 WHEN i.sale_order_id IS NOT NULL
                      OR (SELECT l.occasion_id FROM crm_contact_plan_line l
                           WHERE l.id = i.plan_line_id) IS NOT NULL THEN 1
                 ELSE 2 END,
            c.relationship_bins
            - COALESCE((SELECT r.rfm_monetary FROM crm_relationship r
                         WHERE r.id = i.relationship_id), 0)
            - LEAST(GREATEST((%(now)s::date - i.date_due) / %(days)s, 0), %(most)s),
            i.date_due, %(planned)s
            """,
            now=self.env.cr.now(),
            days=GAIN_DAYS,
            most=MOST_GAINED,
            planned=super()._get_urgency_sql(),
        )

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
                timed[id_] = capacity.fit(verdict, wanted)
                sequence.note_moment(verdict.interaction, timed[id_].moment)
        return [timed.get(v.interaction.id, v) for v in verdicts]

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
