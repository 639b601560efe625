"""A company's sales, customers and settings as the database has them, read one by one.

Through the ORM and in plain Python: the addon reads the same in SQL.
"""

from ast import literal_eval
from fractions import Fraction
from zoneinfo import ZoneInfo

from .figures import Document, Facts, Rule, Settings
from .figures.scores import exact

UTC = ZoneInfo("UTC")


def settings(env):
    """Return the company's settings for the independent figures."""
    company = env.company
    names = ("bins", "at_risk_factor", "at_risk_days", "lost_days", "loyal_orders")
    return Settings(
        window_months=company.relationship_window_months,
        monetary=company.relationship_monetary,
        margin_of_orders=company.relationship_monetary == "margin",
        margin_rate=company.relationship_margin_rate,
        discount_rate=company.relationship_discount_rate,
        digits=company.currency_id.decimal_places,
        **{name: company[f"relationship_{name}"] for name in names},
    )


def rules(env):
    """Return the company's segments in their order."""
    found = env["crm.segment"].search([("company_id", "in", (False, env.company.id))])
    return [_rule(env, segment) for segment in found]


def _rule(env, segment):
    bounds = {
        name: (segment[f"{name}_min"], segment[f"{name}_max"])
        for name in ("recency", "frequency", "monetary")
    }
    conditions = literal_eval(segment.partner_domain or "[]")
    partners = env["res.partner"].with_context(
        active_test=False, tz=env.company.partner_id.tz
    )
    return Rule(
        segment.name,
        **bounds,
        lifecycle_stage=segment.lifecycle_stage or None,
        customers=frozenset(partners.search(conditions).ids) if conditions else None,
        score_bins=segment.score_bins,
        is_fallback=segment.is_fallback,
        is_own=bool(segment.company_id),
    )


def facts(env):
    """Return what is known of the company's customers apart from their sales."""
    known = relationships(env)
    return Facts(
        locks={
            row.partner_id.id: (row.locked_segment_id.name, row.lock_until or None)
            for row in known
            if row.locked_segment_id
        },
        defections={
            row.partner_id.id: row.defection_date for row in known if row.defection_date
        },
        unranked=frozenset(
            env["res.partner"]
            .with_context(active_test=False)
            .search([("active", "=", False)])
            .ids
        ),
        known=frozenset(known.partner_id.ids),
    )


def relationships(env):
    return (
        env["crm.relationship"]
        .with_context(active_test=False)
        .search([("company_id", "=", env.company.id)])
    )


def documents(env):
    """Return the company's sales as `Document`, each customer by its contact's id.

    The company's own contact is nobody's customer, nor do contacts become customers
    after they were archived.
    """
    if env.company.relationship_source == "invoice":
        found = _invoices(env)
    else:
        orders = env["sale.order"].search(
            [("state", "=", "sale"), ("company_id", "=", env.company.id)]
        )
        found = of_orders(env, orders)
    known_facts = facts(env)
    nobody = known_facts.unranked - known_facts.known | {env.company.partner_id.id}
    return [row for row in found if row.customer not in nobody]


def local_day(env, moment):
    """Return the company's day of a UTC time."""
    zone = ZoneInfo(env.company.partner_id.tz or "UTC")
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def of_orders(env, orders):
    """Return the sales that confirmed orders are."""
    company = env.company
    result = []
    for order in orders:
        if order.tag_ids & company.relationship_excluded_tag_ids:
            continue
        if order.team_id & company.relationship_excluded_team_ids:
            continue
        lines = order.order_line.filtered(lambda line: not line.display_type)
        out = _excluded(env, lines)
        if out and out == lines:
            continue
        rate = exact(order.currency_rate) or Fraction(1)
        amounts = [exact(order.amount_untaxed)]
        amounts += [-exact(line.price_subtotal) for line in out]
        margin = None
        if "margin" in order._fields:
            margin = exact(order.margin) - sum(exact(line.margin) for line in out)
            margin /= rate
        result.append(
            Document(
                order.partner_id.commercial_partner_id.id,
                local_day(env, order.date_order),
                sum(amounts) / rate,
                margin,
            )
        )
    return result


def _invoices(env):
    company = env.company
    moves = env["account.move"].search(
        [
            ("state", "=", "posted"),
            ("company_id", "=", company.id),
            ("move_type", "in", ("out_invoice", "out_refund")),
        ]
    )
    result = []
    for move in moves:
        if move.team_id & company.relationship_excluded_team_ids:
            continue
        lines = move.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
        )
        out = _excluded(env, lines)
        if out and out == lines:
            continue
        amount = exact(move.amount_untaxed_signed)
        amount += sum(exact(line.balance) for line in out)
        result.append(
            Document(
                move.partner_id.commercial_partner_id.id,
                move.invoice_date,
                amount,
                is_purchase=move.move_type == "out_invoice",
            )
        )
    return result


def _excluded(env, lines):
    products = env.company.relationship_excluded_product_ids
    tags = env.company.relationship_excluded_tag_ids

    def is_excluded(line):
        # orders with such a tag are no documents at all
        invoiced = line._name == "account.move.line" and line.sale_line_ids.order_id
        return line.product_id in products or invoiced and invoiced.tag_ids & tags

    return lines.filtered(is_excluded)
