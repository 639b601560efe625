"""*Cost and Effect* over a large ledger, against a bare aggregate over the same rows.

Fifty interactions a customer within the analysis window (a million with 20,000
customers), as the case `myday` makes them. The bare query reads what every answer must
read, interactions with their customers and the confirmed orders, and counts both: it
puts no purchase down to anything.
Rolled back at the end.
"""

from bench.case_myday import A_CUSTOMER, PAST, SERVED
from bench.generate import analyze, without_triggers
from bench.measure import Figure, alternate, ratio, seconds

LIMIT = 6
REPEATS = 3
BARE = """
SELECT touchpoint_id, count(*), sum(cost), sum(duration), sum(amount)
  FROM crm_interaction i
  JOIN crm_relationship r ON r.id = i.relationship_id
  LEFT JOIN (
        SELECT p.commercial_partner_id AS partner_id, sum(o.amount_untaxed) AS amount
          FROM sale_order o
          JOIN res_partner p ON p.id = o.partner_id
         WHERE o.state = 'sale' AND o.company_id = %(company)s
      GROUP BY 1
      ) bought ON bought.partner_id = r.partner_id
 WHERE i.company_id = %(company)s AND i.state = 'done'
 GROUP BY touchpoint_id
"""


def effect(env):
    """Return the figures; nothing stays in the database."""
    try:
        return _measure(env)
    finally:
        env.cr.rollback()
        env.invalidate_all()
        analyze(env)


def _measure(env):
    report = env["crm.effect.report"]
    number = fill(env)
    domain = report.get_frame()["domain"]
    figures = ["__count", "reached:avg", "purchase_count:sum", "cost:sum", "profit:sum"]
    times = alternate(
        REPEATS,
        addon=lambda: report.formatted_read_group(domain, ["touchpoint_id"], figures),
        bare=lambda: env.cr.execute(BARE, {"company": env.company.id}),
    )
    note = f"{number:,} interactions"
    sheets = seconds(lambda: report._make_spreadsheet([]))
    return [
        ratio("effect_page", LIMIT, times["addon"], times["bare"], note),
        Figure(
            "effect_spreadsheet_of_page",
            sheets / times["addon"],
            None,
            note="eight sides instead of one",
        ),
    ]


def fill(env):
    """Put fifty interactions a customer into the ledger; return their number."""
    customers = env["res.partner"].search([("ref", "like", "BENCH-")])
    env["crm.relationship"]._ensure(customers, env.company)
    env.flush_all()
    env.cr.execute(SERVED)
    number = A_CUSTOMER * len(customers)
    with without_triggers(env):
        env.cr.execute(
            PAST,
            {
                "call": env["crm.touchpoint"]
                .search([("kind", "=", "call")], limit=1)
                .id,
                "company": env.company.id,
                "each": A_CUSTOMER,
                "user": env["res.users"].search([("login", "=", "bench0")]).id,
                "first": 0,
                "last": number - 1,
            },
        )
    env.invalidate_all()
    env.cr.execute("ANALYZE crm_interaction, crm_relationship, sale_order, res_partner")
    return number
