"""The preview of a program against bare aggregates over the same tables.

The bare queries count the customers by how they can be reached, what is planned by
person and week, and who is in which program; they know no limit, no time of people, no
cost and no words. Everything is rolled back.
"""

from odoo.fields import Command

from bench.generate import analyze
from bench.measure import Figure, alternate, ratio

LIMIT = 2
REPEATS = 3
# Seconds. What a preview costs whatever it counts is no matter of size.
FLOOR = 0.25
STEPS = (0, 1, 3, 7, 30, 60)
OTHER = """
INSERT INTO crm_program_enrollment
    (program_id, relationship_id, partner_id, company_id, date, state)
SELECT %s, id, partner_id, company_id, CURRENT_DATE, 'running'
  FROM crm_relationship WHERE company_id = %s AND id %% 3 = 0
"""
BARE = (
    """
    SELECT p.do_not_contact, p.consent_relationship, p.contact_snooze_until > now(),
           r.user_id, r.backup_user_id, count(*), count(done.n)
      FROM crm_relationship r
      JOIN res_partner p ON p.id = r.partner_id
 LEFT JOIN (SELECT relationship_id, count(*) AS n FROM crm_interaction
             WHERE company_id = %(company)s AND state = 'done'
               AND date_done > now() - interval '90 days'
          GROUP BY relationship_id) done ON done.relationship_id = r.id
     WHERE r.company_id = %(company)s AND r.active
  GROUP BY 1, 2, 3, 4, 5
    """,
    """
    SELECT r.segment_id, r.user_id, r.backup_user_id, r.plan_id, count(*),
           sum(r.value_12m), sum(r.rfm_monetary)
      FROM crm_relationship r
     WHERE r.company_id = %(company)s AND r.active
  GROUP BY 1, 2, 3, 4
    """,
    """
    SELECT r.segment_id, r.user_id, r.backup_user_id, i.user_id, i.plan_line_id,
           i.program_step_id, i.touchpoint_id, i.state,
           date_trunc('week', i.date_planned), count(*)
      FROM crm_interaction i
      JOIN crm_relationship r ON r.id = i.relationship_id
     WHERE i.company_id = %(company)s AND i.state IN ('scheduled', 'open')
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
    """,
    """
    SELECT count(*) FILTER (WHERE n > 5)
      FROM (SELECT i.relationship_id, count(*) AS n
              FROM crm_interaction i
              JOIN crm_relationship r ON r.id = i.relationship_id
             WHERE i.company_id = %(company)s AND r.active
               AND i.state IN ('scheduled', 'open', 'done')
          GROUP BY i.relationship_id) busy
    """,
    """
    SELECT e.program_id, r.segment_id, r.user_id, r.backup_user_id,
           count(DISTINCT e.relationship_id)
      FROM crm_program_enrollment e
      JOIN crm_relationship r ON r.id = e.relationship_id
     WHERE e.company_id = %(company)s AND e.state = 'running'
  GROUP BY 1, 2, 3, 4
    """,
)


def preview(env):
    """Return the figures; everything is rolled back."""
    try:
        return _measure(env)
    finally:
        env.cr.rollback()
        env.invalidate_all()


def _measure(env):
    company = env.company
    call = env["crm.touchpoint"].search([("mode", "=", "personal")], limit=1)
    made, other = env["crm.program"].create(
        [
            {
                "name": name,
                "trigger": "manual",
                "step_ids": [
                    Command.create(
                        {
                            "name": "Step",
                            "delay": delay,
                            "touchpoint_ids": [Command.set(call.ids)],
                        }
                    )
                    for delay in STEPS
                ],
            }
            for name in ("Previewed", "Other")
        ]
    )
    env.flush_all()
    env.cr.execute(OTHER, (other.id, company.id))
    analyze(env)

    def bare():
        for query in BARE:
            env.cr.execute(query, {"company": company.id})
            env.cr.fetchall()

    def addon():
        env.invalidate_all()
        made.get_preview()

    addon()  # views and translations are in the cache of the registry from now on
    taken = alternate(REPEATS, bare=bare, addon=addon)
    count = env["crm.relationship"].search_count([("company_id", "=", company.id)])
    queries = env.cr.sql_log_count
    addon()
    return [
        ratio(
            "preview_ratio",
            LIMIT,
            taken["addon"],
            max(taken["bare"], FLOOR),
            f"{count:,} customers, {len(STEPS)} steps",
        ),
        Figure(
            "preview_queries",
            env.cr.sql_log_count - queries,
            None,
            note="whatever the customers",
        ),
    ]
