"""Assigning customers to a hundred salespeople: what a manager waits for.

10,000, 30,000 and 100,000 customers of their own, with five segments and plans, areas,
requirements and preferences; nine in ten have a salesperson already, whose loads differ
by half. Two years ago they were shared out by chance; now somebody asks who is to serve
whom. Rolled back at the end.
"""

import math
import resource

from odoo.fields import Command

from bench.generate import SEED, UNIFORM
from bench.measure import Figure, seconds

SIZES = (10_000, 30_000, 100_000)
SECONDS = 60
GIGABYTES = 1.5
PEOPLE = 100
# Times n log n; a machine may be busy meanwhile.
TOLERATED = 1.3
PLANS = ((1, 24), (3, 12), (6, 6), (12, 3), (12, 1))  # every so many months: minutes

CUSTOMERS = """
INSERT INTO res_partner (
    id, commercial_partner_id, name, complete_name, ref, zip, active, type, is_company,
    partner_share, autopost_bills, create_uid, write_uid, create_date, write_date
)
SELECT id, id, 'Assigned ' || n, 'Assigned ' || n, 'ASSIGN-' || n,
       lpad(((pg_temp.uniform(n, %(seed)s) * 25)::int)::text, 2, '0') || '000',
       TRUE, 'contact', FALSE, TRUE, 'ask', 1, 1, now(), now()
  FROM (SELECT nextval('res_partner_id_seq') AS id, n
          FROM generate_series(1, %(count)s::bigint) n) numbered
"""
SERVED = """
UPDATE crm_relationship r
   SET user_id = CASE WHEN pg_temp.uniform(p.id, %(seed)s + 1) < 0.9
                      THEN (%(users)s::int[])[1 + floor(
                          pg_temp.uniform(p.id, %(seed)s + 2) ^ 1.3 * %(people)s
                      )::int] END,
       segment_id = (%(segments)s::int[])[1 + floor(
           sqrt(pg_temp.uniform(p.id, %(seed)s + 3)) * 5)::int]
  FROM res_partner p WHERE p.id = r.partner_id AND p.ref LIKE 'ASSIGN-%%'
"""
REQUIREMENTS = """
INSERT INTO crm_staff_requirement (partner_id, tag_id, level)
SELECT p.id, (%(tags)s::int[])[1 + p.id %% 4],
       CASE WHEN p.id %% 3 = 0 THEN 'must' ELSE 'prefer' END
  FROM res_partner p
 WHERE p.ref LIKE 'ASSIGN-%%' AND pg_temp.uniform(p.id, %(seed)s + 4) < 0.02
"""


def assign(env):
    """Return the figures; nothing stays in the database."""
    times, moves, leaving = {}, {}, 0
    for count in SIZES:
        try:
            assignment = _make(env, count)
            times[count] = seconds(assignment.action_compute)
            moves[count] = assignment.move_count, assignment.unassigned_count
            if count == SIZES[0]:
                leaving = _let_one_leave(assignment)
        finally:
            env.cr.rollback()
            env.invalidate_all()
    first, last = SIZES[0], SIZES[-1]
    growth = (
        times[last] / times[first] / (last * math.log(last)) * (first * math.log(first))
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    told = ", ".join(f"{count:,} {times[count]:.1f} s" for count in SIZES)
    changed, left_out = moves[last]
    return [
        Figure(
            "assign_seconds",
            times[last],
            SECONDS,
            note=f"{told}; {changed:,} change hands, {left_out:,} not assigned",
        ),
        Figure("assign_of_n_log_n", growth, TOLERATED, note=told),
        Figure("assign_gigabytes", memory, GIGABYTES, note="the whole process"),
        Figure("assign_others_of_a_leaver", leaving, 0, note="customers of others"),
    ]


def _make(env, count):
    """Return an assignment of so many customers, to be proposed."""
    company, users, segments = env.company, _make_people(env), _make_segments(env)
    tags = env["crm.staff.tag"].create([{"name": f"Assign {n}"} for n in range(4)])
    for number, user in enumerate(users):
        tags[number % 4].user_ids += user
    env["crm.relationship"].search([]).active = False
    env.flush_all()
    env.cr.execute(UNIFORM)
    values = {
        "seed": SEED,
        "count": count,
        "users": users.ids,
        "people": PEOPLE,
        "segments": segments.ids,
        "tags": tags.ids,
    }
    env.cr.execute(CUSTOMERS, values)
    partners = env["res.partner"].search([("ref", "like", "ASSIGN-")])
    env["crm.relationship"]._ensure(partners, company)
    env.cr.execute(SERVED, values)
    env.cr.execute(REQUIREMENTS, values)
    env.cr.execute("ANALYZE res_partner")
    env.cr.execute("ANALYZE crm_relationship")
    env.invalidate_all()
    minutes = max(1, count // PEOPLE * 80 // 260)
    return env["crm.staff.assignment"].create(
        {
            "zip_rule": "prefer",
            "person_ids": [
                Command.create({"user_id": user.id, "minutes_day": minutes})
                for user in users
            ],
        }
    )


def _make_people(env):
    group = env.ref("sales_team.group_sale_salesman")
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True)
    return users.create(
        [
            {
                "name": f"Assigned {number}",
                "login": f"assign{number}",
                "zip": f"{number % 20:02}000",
                "group_ids": [Command.set(group.ids)],
            }
            for number in range(PEOPLE)
        ]
    )


def _make_segments(env):
    call = env["crm.touchpoint"].create({"name": "Assign", "duration": 1})
    channels = [
        call.copy({"name": f"Assign {n}", "duration": minutes})
        for n, (_every, minutes) in enumerate(PLANS)
    ]
    plans = env["crm.contact.plan"].create(
        [
            {
                "name": f"Assign {n}",
                "line_ids": [
                    Command.create(
                        {
                            "name": "Call",
                            "every": every,
                            "touchpoint_ids": [Command.set(channels[n].ids)],
                        }
                    )
                ],
            }
            for n, (every, _minutes) in enumerate(PLANS)
        ]
    )
    return env["crm.segment"].create(
        [{"name": f"Assign {n}", "plan_id": plan.id} for n, plan in enumerate(plans)]
    )


def _let_one_leave(assignment):
    """Return how many customers of others move when one of all leaves.

    First what is proposed is carried out, as if it had been applied.
    """
    env = assignment.env
    env.cr.execute(
        """
        UPDATE crm_relationship r SET user_id = l.new_user_id
          FROM crm_staff_assignment_line l
         WHERE l.assignment_id = %s AND l.relationship_id = r.id
           AND l.new_user_id IS NOT NULL
        """,
        [assignment.id],
    )
    env.invalidate_all()
    leaver = assignment.person_ids[0]
    people = assignment.person_ids - leaver
    people.write({"minutes_day": people[0].minutes_day * 11 // 10})
    leaver.is_leaving = True
    assignment.action_compute()
    return len(
        assignment.line_ids.filtered(
            lambda line: line.old_user_id and line.old_user_id != leaver.user_id
        )
    )
