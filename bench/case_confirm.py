"""Queries that the follow-ups of a sale add to confirming orders."""

from unittest.mock import patch

from odoo.fields import Command

from bench.measure import Figure

LIMITS = {100: 25, 1: 15}
MODULE = "odoo.addons.crm_relationship."


def confirm(env):
    """Return the figures; everything is rolled back."""
    env.company._go_live()
    figures = []
    for count, limit in LIMITS.items():
        orders = _quotations(env, count)
        _count_queries(env, orders)  # caches of the registry and of programs
        with_addon, interactions = _count_queries(env, orders)
        with _without_hook(env):
            without, _none = _count_queries(env, orders)
        if not interactions:
            raise SystemExit("No program followed the orders: nothing was measured.")
        figures.append(
            Figure(
                f"confirm_{count}_queries",
                with_addon - without,
                limit,
                note=f"{with_addon} with the addon, {without} without;"
                f" {interactions} interactions placed",
            )
        )
    env.cr.rollback()
    return figures


def _quotations(env, count):
    partners = env["res.partner"].search([("ref", "=like", "BENCH-%")], limit=count)
    product = env["product.product"].create({"name": "Thing", "taxes_id": False})
    return env["sale.order"].create(
        [
            {
                "partner_id": partner.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
            for partner in partners
        ]
    )


def _count_queries(env, orders):
    """Return the queries of confirming the orders, and the interactions placed."""
    with env.cr.savepoint() as savepoint:
        env.cr.flush()
        env.invalidate_all()
        before = env.cr.sql_log_count
        orders.action_confirm()
        env.cr.flush()  # with what waits for the commit, such as the tracking of orders
        queries = env.cr.sql_log_count - before
        placed = env["crm.interaction"].search_count(
            [("sale_order_id", "in", orders.ids)]
        )
        savepoint.rollback()
    env.invalidate_all()
    return queries, placed


def _without_hook(env):
    """Return a context in which confirming an order bypasses the addon."""
    [hook] = [
        cls
        for cls in type(env["sale.order"]).__mro__
        if cls.__module__.startswith(MODULE) and "_action_confirm" in vars(cls)
    ]
    return patch.object(
        hook, "_action_confirm", lambda orders: super(hook, orders)._action_confirm()
    )
