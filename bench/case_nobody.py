"""The night of *Nobody forgotten*, against the barest SQL that tells the same coverage.

The bare query reads what every answer must read (customers, their contacts, what is
pending) and counts by segment, person and the five states of coverage; it knows no
pause, no refusal and no reason, and writes nothing. The night judges everybody, stores
what has changed and the counts of the day.

By itself the case has nothing planned: `schedule` runs before.
"""

from odoo.tools import SQL

from bench.generate import analyze
from bench.measure import Figure, alternate, ratio, seconds

LIMIT = 2
REPEATS = 3
# A day's work: as many customers as 1 % have another day or nobody from now on.
DAY = """
UPDATE crm_relationship
   SET next_contact_date = next_contact_date - 60, coverage_state = 'overdue'
 WHERE id %% 100 = %s AND next_contact_date IS NOT NULL
"""
BARE = """
SELECT segment_id, user_id, state, count(*)
  FROM (
    SELECT r.segment_id, r.user_id,
           CASE WHEN p.do_not_contact THEN 'excluded'
                WHEN pending.next IS NULL THEN 'no_plan'
                WHEN r.user_id IS NULL THEN 'no_staff'
                WHEN pending.next < now() THEN 'overdue'
                ELSE 'covered' END AS state
      FROM crm_relationship r
      JOIN res_partner p ON p.id = r.partner_id
 LEFT JOIN (
        SELECT relationship_id, min(date_planned) AS next
          FROM crm_interaction
         WHERE state IN ('scheduled', 'open')
      GROUP BY relationship_id
      ) pending ON pending.relationship_id = r.id
     WHERE r.company_id = %s AND r.active
  ) customers
GROUP BY segment_id, user_id, state
"""


def nobody(env):
    """Return the figures; the counts of the day stay committed."""
    first = seconds(lambda: _night(env))
    env.cr.commit()
    analyze(env)
    turns = iter(range(100))

    def night():
        _night(env)
        env.cr.commit()

    def night_after_a_day():
        env.cr.execute(DAY, [next(turns)])
        env.cr.commit()
        night()

    times = alternate(REPEATS, addon=night, bare=lambda: _bare(env))
    changed = alternate(REPEATS, addon=night_after_a_day, bare=lambda: _bare(env))
    board = alternate(REPEATS, addon=lambda: _board(env), bare=lambda: _bare(env))
    # what follows finds the ledger's own coverage again
    env["crm.relationship"]._update_contact_state(SQL("TRUE"))
    env.cr.commit()
    rows = env["crm.care.day"].search_count([("company_id", "=", env.company.id)])
    return [
        ratio("nobody_night", LIMIT, times["addon"], times["bare"], "nothing changed"),
        ratio(
            "nobody_night_changed",
            None,
            changed["addon"],
            changed["bare"],
            "1 % of the customers overdue",
        ),
        Figure("nobody_first", first / times["bare"], None, note=f"{first:.2f} s"),
        ratio("nobody_board", LIMIT, board["addon"], board["bare"], "the manager's"),
        Figure("nobody_rows_a_day", rows, None, note="stored, whatever the customers"),
    ]


def _night(env):
    # lazily: Odoo finds its addons when it has its settings
    from odoo.addons.crm_relationship.models.people.care import Judgment

    env.invalidate_all()
    days = env["crm.care.day"]
    for customers in days._get_batches(env.company):
        Judgment(env).store(customers)
    days._count(env.company)


def _board(env):
    env.invalidate_all()
    env["crm.care.report"].search([]).read(["customer_count", "share", "note"])


def _bare(env):
    env.cr.execute(SQL(BARE, env.company.id))
    env.cr.fetchall()
