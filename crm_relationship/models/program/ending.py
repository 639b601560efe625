"""What ends a run before its last step: what the program chose, whatever noticed it.

The same question for one customer, when something happens, and for a company at night.
And what a purchase ended goes on, once that purchase is none any more.
"""

from operator import itemgetter

from odoo import fields
from odoo.tools import SQL, groupby

from ..base.apart import run_each_apart

# Orders of one moment are confirmed one after the other.
SAME_MOMENT = "1 minute"


def end_runs(env, where):
    """Stop the runs that something has ended.

    SQL because those concerned are found among all runs of a company.

    :param SQL where: condition on ``crm_relationship r``
    """
    env.flush_all()
    rows = env.execute_query(_get_query(where))
    # sudo: a run is stopped by what happens, whoever did it
    Enrollment = env["crm.program.enrollment"].sudo()
    for reason, own in groupby(rows, itemgetter(1)):
        ended = Enrollment.browse(id_ for id_, _reason in own)
        (ended | ended.joined_ids)._stop(reason)


def _get_query(where):
    """Return the query of the runs that are over, and of why."""
    return SQL(
        """
        SELECT * FROM (
            SELECT e.id, %(reason)s AS reason
              FROM %(runs)s
             WHERE e.state = 'running' AND e.joined_id IS NULL AND %(where)s
          ) run
         WHERE reason IS NOT NULL
        """,
        reason=_get_reason(),
        runs=_get_runs(),
        where=where,
    )


def _get_reason():
    """Return SQL for why a run is over; null where it is not."""
    return SQL(
        "CASE %s END",
        SQL(" ").join(
            SQL("WHEN %s THEN %s", condition, reason)
            for reason, condition in _REASONS.items()
        ),
    )


def _get_runs():
    """Return the tables by which the reasons tell whether a run is over."""
    return SQL(
        """
        crm_program_enrollment e
              JOIN crm_relationship r ON r.id = e.relationship_id
              JOIN crm_program program ON program.id = e.program_id
              JOIN res_company c ON c.id = e.company_id
              JOIN res_partner cp ON cp.id = c.partner_id
         LEFT JOIN sale_order o ON o.id = e.sale_order_id
        CROSS JOIN LATERAL (
                SELECT (%s AT TIME ZONE 'UTC'
                        AT TIME ZONE COALESCE(cp.tz, 'UTC'))::date AS day
              ) today
        """,
        fields.Datetime.now(),
    )


def resume_runs(env, gone):
    """Let go on what purchases ended that are none any more.

    Apart from what something else would end by now, and from customers who have
    entered the program again since.

    :param SQL gone: query of these purchases: (customer's id, company's id, moment)
    """
    env.flush_all()
    rows = env.execute_query(
        SQL(
            """
            SELECT e.id, max(gone.moment)
              FROM %(runs)s
              JOIN (%(gone)s) AS gone (customer_id, company_id, moment)
                ON gone.customer_id = r.partner_id AND gone.company_id = r.company_id
               AND gone.moment > e.create_date + %(same_moment)s::interval
             WHERE e.state = 'stopped' AND e.stop_reason = 'purchase'
               AND e.joined_id IS NULL AND program.active AND r.active
               AND (r.lifecycle_stage IS DISTINCT FROM 'lost'
                    OR program.objective = 'recovery')
               AND NOT %(bought)s AND %(reason)s IS NULL
               AND NOT EXISTS (
                   SELECT FROM crm_program_enrollment again
                    WHERE again.relationship_id = r.id
                      AND again.program_id = program.id
                      AND again.state = 'running' AND e.sale_order_id IS NULL)
          GROUP BY e.id
            """,
            runs=_get_runs(),
            gone=gone,
            same_moment=SAME_MOMENT,
            bought=_BOUGHT,
            reason=_get_reason(),
        )
    )
    moments = dict(rows)
    # sudo: a run goes on by what happens, whoever did it
    run_each_apart(
        env["crm.program.enrollment"].sudo().browse(moments),
        lambda runs: [run._resume(moments[run.id]) for run in runs],
        "%s could not go on",
    )


_BOUGHT = SQL(
    """
    EXISTS (
        SELECT FROM sale_order bought
          JOIN res_partner buyer ON buyer.id = bought.partner_id
         WHERE buyer.commercial_partner_id = r.partner_id
           AND bought.company_id = r.company_id AND bought.state = 'sale'
           AND bought.date_order > e.create_date + %s::interval
           AND bought.id IS DISTINCT FROM e.sale_order_id
           AND NOT EXISTS (
               SELECT FROM crm_program_enrollment joined
                WHERE joined.joined_id = e.id
                  AND joined.sale_order_id = bought.id))
    """,
    SAME_MOMENT,
)
"""Whether the customer has bought since the run began."""
_REASONS = {
    "answered": SQL("program.trigger = 'quotation' AND o.state = 'sale'"),
    "order_changed": SQL(
        """
        program.trigger = 'quotation' AND r.partner_id <> (
            SELECT buyer.commercial_partner_id
              FROM res_partner buyer WHERE buyer.id = o.partner_id)
        """
    ),
    "period_over": SQL("program.end_on_date AND program.date_end < today.day"),
    "segment_changed": SQL(
        """
        program.end_on_segment AND EXISTS (
            SELECT FROM crm_program_crm_segment_rel aim
             WHERE aim.crm_program_id = program.id)
        AND NOT EXISTS (
            SELECT FROM crm_program_crm_segment_rel aim
             WHERE aim.crm_program_id = program.id
               AND aim.crm_segment_id = r.segment_id)
        """
    ),
    "purchase": SQL("program.end_on_purchase AND %s", _BOUGHT),
    "reply": SQL(
        """
        program.end_on_answer AND EXISTS (
            SELECT FROM crm_interaction i
             WHERE i.enrollment_id = e.id AND i.state = 'done'
               AND i.outcome IN ('reached', 'ordered', 'not_now', 'complaint'))
        """
    ),
    "complaint": SQL(
        """
        program.end_on_complaint AND EXISTS (
            SELECT FROM crm_interaction i
             WHERE i.relationship_id = r.id AND i.date_complaint >= e.create_date)
        """
    ),
    "refusal": SQL(
        """
        program.end_on_refusal AND EXISTS (
            SELECT FROM crm_preference_change change
              JOIN res_partner person ON person.id = change.partner_id
             WHERE person.commercial_partner_id = r.partner_id
               AND change.is_refusal AND change.date >= e.create_date)
        """
    ),
}
"""Why a run ends, and as of when: a value of ``stop_reason``, and its condition."""
