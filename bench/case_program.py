"""Programs: enrolling many, the hook with many programs, and the nightly triggers.

Held against the rows that have to be written, and against the SQL that finds those
concerned and nothing else. Rolled back at the end.
"""

from odoo.fields import Command

from bench.case_confirm import _count_queries, _quotations, _without_hook
from bench.generate import without_triggers
from bench.measure import Figure, alternate, ratio

CUSTOMERS = 100_000
STEPS = (0, 1, 3, 7, 30, 60)
ENROLL_LIMIT, NIGHT_LIMIT = 3, 2
QUERIES = {100: 25, 1: 15}
PROGRAMS = 20
TURNS = 3
ENROLL_TURNS = 2
# Seconds. What a program costs a night whatever it finds is no matter of size.
FLOOR = 0.05

BARE_ENROLLMENTS = """
INSERT INTO crm_program_enrollment
    (program_id, relationship_id, partner_id, company_id, date, state)
SELECT %(program)s, id, partner_id, company_id, CURRENT_DATE, 'running'
  FROM crm_relationship WHERE id = ANY(%(ids)s)
"""
BARE_INTERACTIONS = """
INSERT INTO crm_interaction
    (relationship_id, company_id, partner_id, enrollment_id, program_step_id, name,
     state, objective, kind, date_due, date_planned, attempt_count)
SELECT e.relationship_id, e.company_id, e.partner_id, e.id, s.id, 'Step', 'scheduled',
       'relationship', 'relationship', e.date + s.delay, e.date + s.delay, 0
  FROM crm_program_enrollment e JOIN crm_program_step s ON s.program_id = e.program_id
 WHERE e.program_id = %(program)s AND e.state = 'running'
"""
# Five moves a customer over the years, and today of one in a hundred, another of whom
# had a complaint that was solved today; every quotation was sent.
MOVES = """
INSERT INTO crm_segment_move
    (relationship_id, company_id, date, from_segment_id, to_segment_id)
SELECT id, company_id, CURRENT_DATE - 200 * n, %(segment)s, %(segment)s
  FROM crm_relationship CROSS JOIN generate_series(0, 5) n
 WHERE n > 0 OR id %% 100 = 1
"""
SOLVED = """
UPDATE crm_interaction SET date_solved = now() AT TIME ZONE 'UTC'
 WHERE id IN (SELECT max(id) FROM crm_interaction
               WHERE relationship_id % 100 = 2 GROUP BY relationship_id)
"""
# One customer in a hundred was brought today by the one before.
BROUGHT = """
UPDATE res_partner SET referred_by_id = id - 1, referral_date = CURRENT_DATE
 WHERE ref LIKE 'BENCH-%' AND id % 100 = 3
"""
# The stage of another one in a hundred is of today.
STAGES = """
UPDATE crm_relationship SET lifecycle_stage = 'lost', lifecycle_date = CURRENT_DATE
 WHERE id % 100 = 4
"""
SEGMENTS = "UPDATE crm_relationship SET segment_id = %(segment)s WHERE id %% 100 = 1"
SENT = "UPDATE sale_order SET state = 'sent' WHERE state IN ('draft', 'cancel')"
# A year of interactions, where no case before has planned any.
LEDGER = """
INSERT INTO crm_interaction (
    name, relationship_id, partner_id, company_id, touchpoint_id, user_id, kind, state,
    date_due, date_planned, date_done
)
SELECT 'Bench', r.id, r.partner_id, r.company_id, %(call)s, r.user_id, 'relationship',
       'done', day::date, day, day
  FROM crm_relationship r
 CROSS JOIN LATERAL (
     SELECT (now() AT TIME ZONE 'UTC') - make_interval(days => r.id %% 365) AS day
 ) moment
"""
BIRTHDAYS = """
SELECT r.id
  FROM crm_relationship r JOIN res_partner p ON p.id = r.partner_id
 WHERE r.active
   AND date_part('month', p.birthdate) * 100 + date_part('day', p.birthdate)
       BETWEEN to_char(CURRENT_DATE, 'MMDD')::int
           AND to_char(CURRENT_DATE + 1, 'MMDD')::int
"""
BARE_NIGHT = {
    "segment": """
        SELECT relationship_id FROM crm_segment_move
         WHERE date >= CURRENT_DATE AND to_segment_id = %(segment)s
    """,
    "quotation": """
        SELECT r.id
          FROM sale_order o
          JOIN res_partner p ON p.id = o.partner_id
          JOIN crm_relationship r
            ON r.partner_id = p.commercial_partner_id AND r.company_id = o.company_id
         WHERE o.state = 'sent' AND o.date_order >= CURRENT_DATE - %(waited)s
           AND o.date_order < CURRENT_DATE - %(waited)s + 1
    """,
    "date": BIRTHDAYS,
    "occasion": BIRTHDAYS,
    "lifecycle": """
        SELECT id FROM crm_relationship
         WHERE active AND lifecycle_stage = 'lost' AND lifecycle_date >= CURRENT_DATE
    """,
    "referral": """
        SELECT r.id
          FROM res_partner p JOIN crm_relationship r ON r.partner_id = p.referred_by_id
         WHERE p.referral_date >= CURRENT_DATE
    """,
    "brought": """
        SELECT r.id
          FROM res_partner p JOIN crm_relationship r ON r.partner_id = p.id
         WHERE p.referral_date >= CURRENT_DATE
    """,
    "complaint": """
        SELECT relationship_id FROM crm_interaction
         WHERE date_solved >= CURRENT_DATE
    """,
    "runs_out": """
        SELECT relationship_id, product_id, max(day),
               percentile_cont(0.5) WITHIN GROUP (ORDER BY next_day - day)
          FROM (
            SELECT r.id AS relationship_id, pp.product_tmpl_id AS product_id,
                   o.date_order::date AS day,
                   lead(o.date_order::date) OVER (
                       PARTITION BY r.id, pp.product_tmpl_id ORDER BY o.date_order)
                       AS next_day
              FROM sale_order_line l
              JOIN product_product pp ON pp.id = l.product_id
              JOIN product_template pt
                ON pt.id = pp.product_tmpl_id AND pt.relationship_lasting_days > 0
              JOIN sale_order o ON o.id = l.order_id AND o.state = 'sale'
              JOIN res_partner p ON p.id = o.partner_id
              JOIN crm_relationship r
                ON r.partner_id = p.commercial_partner_id
               AND r.company_id = o.company_id
             WHERE l.product_uom_qty > 0
          ) bought
      GROUP BY relationship_id, product_id
    """,
}


def enroll(env):
    """Return how entering is held against the bare inserts; nothing stays."""
    return _take_back(env, _enroll)


def hook(env):
    """Return the queries that many programs add to orders; nothing stays."""
    return _take_back(env, _confirm)


def night(env):
    """Return what the nightly triggers take; nothing stays."""
    return _take_back(env, _night)


def _take_back(env, measure):
    try:
        _make_customers(env)
        env.company._go_live()
        _fill_ledger(env)
        return measure(env)
    finally:
        env.cr.rollback()
        env.invalidate_all()


def _make_customers(env):
    if not env["crm.relationship"].search_count([], limit=1):
        contacts = env["res.partner"].search([("ref", "like", "BENCH-")])
        with without_triggers(env):
            env["crm.relationship"]._ensure(contacts, env.company)


def _fill_ledger(env):
    if not env["crm.interaction"].search_count([], limit=1):
        call = env["crm.touchpoint"].search([("mode", "=", "personal")], limit=1)
        with without_triggers(env):
            env.cr.execute(LEDGER, {"call": call.id})
        env.cr.execute("ANALYZE crm_interaction")


def _make_program(env, steps=STEPS, **values):
    call = env["crm.touchpoint"].search([("mode", "=", "personal")], limit=1)
    return env["crm.program"].create(
        {
            "name": "Bench",
            "trigger": "manual",
            "step_ids": [
                Command.create(
                    {
                        "name": "Step",
                        "delay": delay,
                        "touchpoint_ids": [Command.set(call.ids)],
                    }
                )
                for delay in steps
            ],
            **values,
        }
    )


def _enroll(env):
    """Return how enrolling is held against the bare inserts."""
    relationships = env["crm.relationship"].search([], limit=CUSTOMERS)
    made = _make_program(env)
    values = {"program": made.id, "ids": relationships.ids}

    def bare():
        env.cr.execute(BARE_ENROLLMENTS, values)
        env.cr.execute(BARE_INTERACTIONS, values)

    def undone(work):
        def play():
            env.flush_all()
            with env.cr.savepoint(flush=False) as savepoint:
                work()
                savepoint.rollback()
            env.invalidate_all()

        return play

    taken = alternate(
        ENROLL_TURNS,
        bare=undone(bare),
        addon=undone(lambda: made._enroll(relationships)),
    )
    note = f"{len(relationships):,} customers, {len(STEPS)} steps"
    return [ratio("enroll_ratio", ENROLL_LIMIT, taken["addon"], taken["bare"], note)]


def _confirm(env):
    """Return how many queries the hook adds with many programs of all kinds."""
    env["crm.program"].search([]).active = False
    kinds = (
        {},
        {"order_rank": "first"},
        {"order_amount": 10},
        {"reenroll": "after", "end_on_purchase": True},
        {"merge_rule": "restart"},
    )
    for number in range(PROGRAMS):
        _make_program(env, trigger="sale_confirmed", **kinds[number % len(kinds)])
    figures = []
    for count, limit in QUERIES.items():
        orders = _quotations(env, count)
        _count_queries(env, orders)  # caches of the registry and of programs
        with_addon, placed = _count_queries(env, orders)
        with _without_hook(env):
            without, _none = _count_queries(env, orders)
        figures.append(
            Figure(
                f"programs_{count}_queries",
                with_addon - without,
                limit,
                note=f"{PROGRAMS} programs, {placed:,} interactions placed",
            )
        )
    return figures


def _night(env):
    """Return how each trigger is held against the SQL that finds those concerned."""
    env.cr.execute("UPDATE product_template SET relationship_lasting_days = 30")
    segment = env["crm.segment"].search([], limit=1)
    with without_triggers(env):
        env.cr.execute(MOVES, {"segment": segment.id})
        env.cr.execute(SEGMENTS, {"segment": segment.id})
        for statement in (SENT, SOLVED, BROUGHT, STAGES):
            env.cr.execute(statement)
    env.cr.execute("ANALYZE")
    env.invalidate_all()
    today = env.company._relationship_today()
    birthday = env.ref("crm_relationship.crm_occasion_birthday")
    kinds = {
        "segment": {"to_segment_ids": segment.ids},
        "quotation": {},
        "date": {"date_field": "birthdate", "date_yearly": True},
        "occasion": {"occasion_id": birthday.id},
        "lifecycle": {"lifecycle_stage": "lost"},
        "referral": {},
        "brought": {},
        "complaint": {},
        "runs_out": {"days_before": 7},
    }
    figures = []
    for trigger, values in kinds.items():
        made = _make_program(env, (0,), trigger=trigger, date_start=today, **values)
        made._enroll_found(env.company)  # the night after: nobody is new
        env.flush_all()
        sql = BARE_NIGHT[trigger]
        known = {"segment": segment.id, "waited": made.wait_days}

        def bare(sql=sql, known=known):
            env.cr.execute(sql, known)
            env.cr.fetchall()

        taken = alternate(
            TURNS, bare=bare, addon=lambda made=made: made._enroll_found(env.company)
        )
        entered = len(made.enrollment_ids)
        figures.append(
            ratio(
                f"night_{trigger}",
                NIGHT_LIMIT,
                taken["addon"],
                max(taken["bare"], FLOOR),
                f"{entered:,} entered",
            )
        )
    return figures
