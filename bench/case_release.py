"""Release into the salespeople's queues, held against creating activities alone.

The peer is core's own way of planning activities for many records, the plan wizard.
"""

import statistics

from odoo.fields import Command

from bench.generate import analyze
from bench.measure import Figure, seconds

BATCH = 1000  # interactions a turn, fewer where there are too few customers
REPEATS = 3
WIZARD_RECORDS = 50
OF_BARE = 0.5
MOSTLY = 0.8
MINUTES_DAY = 24 * 60
OF_WIZARD = 20
QUICK = {
    "mail_activity_quick_update": True,
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
}
# Nothing is due but these: one each with customers who have none in a queue.
POSTPONE = """
UPDATE crm_interaction SET date_planned = date_planned + interval '10 years'
 WHERE state = 'scheduled' AND date_planned < now() + interval '5 years'
"""
MAKE_DUE = """
UPDATE crm_interaction SET date_planned = (now() AT TIME ZONE 'UTC')
 WHERE id IN (
    SELECT id FROM (
        SELECT DISTINCT ON (relationship_id) id FROM crm_interaction
         WHERE state = 'scheduled' AND user_id IS NOT NULL
           AND relationship_id NOT IN (
               SELECT relationship_id FROM crm_interaction WHERE state = 'open')
      ORDER BY relationship_id, id
    ) one_each ORDER BY hashint8(id), id LIMIT %(limit)s)
"""


def release(env):
    """Return the figures; the activities stay in the database."""
    env.cr.execute(POSTPONE)
    env.company._go_live()
    # the days of ten people are filled one after the other, and all turns find room
    env.company.relationship_minutes_day = MINUTES_DAY
    analyze(env)
    customers = env["crm.relationship"].search_count([("user_id", "!=", False)])
    # each turn takes as many for the release as for the bare creation
    batch = min(BATCH, customers // (2 * (REPEATS + 2)))
    release_rates, bare_rates, wizard_rates = [], [], []
    for turn in range(REPEATS + 1):
        released = _release_rate(env, batch)
        bare, wizard = _bare_rate(env, batch), _wizard_rate(env)
        if turn:  # the first turn fills caches
            release_rates.append(released)
            bare_rates.append(bare)
            wizard_rates.append(wizard)
    released, bare, wizard = map(
        statistics.median, (release_rates, bare_rates, wizard_rates)
    )
    note = f"{released:,.0f} a second"
    return [
        Figure(
            "release_of_bare_create",
            released / bare,
            OF_BARE,
            at_least=True,
            note=f"{note}, bare create {bare:,.0f}",
        ),
        Figure(
            "release_of_plan_wizard",
            released / wizard,
            OF_WIZARD,
            at_least=True,
            note=f"{note}, wizard {wizard:,.0f}",
        ),
    ]


def _rate(env, count, function, known=None):
    """Return records a second; caches are dropped first, as in a new transaction.

    :param known: contacts that the function may find read, names and all
    """
    env.cr.commit()
    env.invalidate_all()
    if known:
        known.mapped("display_name")
    return count / seconds(lambda: (function(), env.cr.commit()))


def _release_rate(env, batch):
    """Return interactions a second that entered a queue."""
    env.flush_all()
    env.cr.execute(MAKE_DUE, {"limit": batch})
    contacts, opened = env["crm.interaction"], [("state", "=", "open")]
    before = contacts.search_count(opened)
    rate = _rate(env, batch, contacts._cron_release)
    share = (contacts.search_count(opened) - before) / batch
    if share < MOSTLY:
        raise SystemExit(f"Only {share:.0%} of the interactions entered a queue.")
    return rate * share


def _partners(env, limit, *terms):
    """Return generated customers, first those who never buy and are in no queue.

    :param terms: further conditions
    """
    return env["res.partner"].search(
        [("ref", "=like", "BENCH-%"), *terms], order="id DESC", limit=limit
    )


def _activity_type(env):
    return (
        env["crm.touchpoint"].search([("kind", "=", "call")], limit=1).activity_type_id
    )


def _bare_rate(env, batch):
    """Create as many activities, for as many contacts and salespeople, in one call.

    For contacts whom nobody follows, as those of the release: creating the first
    activity also makes its user a follower, which is work too. Core computes the name
    of each contact singly; the contacts are read before, outside the time taken, so
    that nothing but the creation is measured.
    """
    activity_type = _activity_type(env)
    partners = _partners(env, batch, ("message_follower_ids", "=", False))
    if len(partners) < batch:
        raise SystemExit("Too few contacts whom nobody follows: take more customers.")
    model = env["ir.model"]._get_id("res.partner")
    values = [
        {
            "res_model_id": model,
            "res_id": partner.id,
            "activity_type_id": activity_type.id,
            "summary": "Bare",
            "user_id": partner.user_id.id,
        }
        for partner in partners
    ]
    activities = env["mail.activity"].with_context(**QUICK)
    return _rate(env, len(values), lambda: activities.create(values), known=partners)


def _wizard_rate(env):
    plan = env["mail.activity.plan"].create(
        {
            "name": "Bench",
            "res_model": "res.partner",
            "template_ids": [
                Command.create(
                    {
                        "activity_type_id": _activity_type(env).id,
                        "summary": "Wizard",
                        "responsible_type": "on_demand",
                    }
                )
            ],
        }
    )
    partners = _partners(env, WIZARD_RECORDS)
    wizard = env["mail.activity.schedule"].create(
        {
            "res_model": "res.partner",
            "res_ids": str(partners.ids),
            "plan_id": plan.id,
            "plan_on_demand_user_id": partners[0].user_id.id,
        }
    )
    return _rate(env, len(partners), wizard.action_schedule_plan)
