"""Customers and orders for the benchmarks, made in PostgreSQL itself.

`INSERT ... SELECT` from `generate_series` makes a million orders in a minute or two;
the ORM would need over an hour. Every number comes from a hash of the row's number and
a seed, so each run has the same data, wherever it runs.

What it looks like: a few customers buy very often and most seldom (the share of
customer i falls with a power of i), one in ten never buys, amounts are spread like a
log-normal, orders thicken towards today, one in twenty is a quotation or cancelled, one
in ten is at another currency rate. Each order has one line with one of five products:
core's sales report reads the lines, and so does the portfolio where products are left
out.
"""

from contextlib import contextmanager

from odoo.fields import Command

SEED = 19
DAYS = 1000  # the oldest order; the analysis window is shorter
BUYING_SHARE = 0.9
SKEW = 2.2  # exponent: 1 spreads orders evenly over customers

# A number in [0, 1) from a row's number and the number of the draw.
UNIFORM = """
CREATE OR REPLACE FUNCTION pg_temp.uniform(n bigint, draw int) RETURNS double precision
LANGUAGE sql IMMUTABLE AS $$
    SELECT ((hashint8extended(n, draw) >> 12) & ((1::bigint << 50) - 1))
           / (1::bigint << 50)::double precision
$$
"""

CUSTOMERS = """
INSERT INTO res_partner (
    id, commercial_partner_id, name, complete_name, ref, email, email_normalized,
    phone, active, type, is_company, partner_share, autopost_bills, user_id, country_id,
    birthdate, preferred_touchpoint_id, create_uid, write_uid, create_date, write_date
    {required_columns}
)
SELECT id, id, 'Customer ' || n, 'Customer ' || n, 'BENCH-' || n,
       'customer' || n || '@example.com', 'customer' || n || '@example.com',
       '+62 811-' || lpad(n::text, 7, '0'), TRUE, 'contact', FALSE, TRUE, 'ask',
       (%(users)s::int[])[1 + (n %% %(user_count)s)],
       %(country)s,
       DATE '1950-01-01' + (pg_temp.uniform(n, %(seed)s + 1) * 18000)::int,
       CASE WHEN pg_temp.uniform(n, %(seed)s + 2) < 0.3
            THEN (%(touchpoints)s::int[])[1 + (n %% %(touchpoint_count)s)] END,
       1, 1, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
       {required_values}
  FROM (SELECT nextval('res_partner_id_seq') AS id, n
          FROM generate_series(1, %(customers)s::bigint) n) numbered
"""

GIVEN = {"active", "type", "autopost_bills", "name"}

ORDERS = """
INSERT INTO sale_order (
    name, company_id, partner_id, partner_invoice_id, partner_shipping_id, user_id,
    team_id, currency_id, currency_rate, amount_untaxed, amount_tax, amount_total,
    date_order, state, locked, create_uid, write_uid, create_date, write_date
)
SELECT 'B' || n, %(company)s, partner_id, partner_id, partner_id,
       (%(users)s::int[])[1 + (partner_id %% %(user_count)s)],
       (%(teams)s::int[])[1 + (partner_id %% %(team_count)s)],
       %(currency)s,
       CASE WHEN n %% 10 = 0 THEN 1.25 ELSE 1 END,
       amount, 0, amount, moment,
       CASE WHEN pg_temp.uniform(n, %(seed)s + 13) < 0.95 THEN 'sale'
            WHEN pg_temp.uniform(n, %(seed)s + 13) < 0.98 THEN 'draft'
            ELSE 'cancel' END,
       FALSE, 1, 1, moment, moment
  FROM (
    SELECT n,
           %(first_customer)s + floor(
               pg_temp.uniform(n, %(seed)s + 10) ^ %(skew)s * %(buyers)s)::int
               AS partner_id,
           round(exp(3.5 + 1.1 * 2 * (
               pg_temp.uniform(n, %(seed)s + 14) + pg_temp.uniform(n, %(seed)s + 15)
               + pg_temp.uniform(n, %(seed)s + 16) - 1.5))::numeric, 2) AS amount,
           date_trunc('second', (now() AT TIME ZONE 'UTC') - interval '1 hour'
               - pg_temp.uniform(n, %(seed)s + 11) ^ 1.3
               * make_interval(days => %(days)s)) AS moment
      FROM generate_series(1, %(orders)s::bigint) n
  ) drawn
"""

LINES = """
INSERT INTO sale_order_line (
    order_id, sequence, company_id, currency_id, order_partner_id, salesman_id,
    product_id, product_uom_id, state, qty_delivered_method, invoice_status, name,
    product_uom_qty, price_unit, technical_price_unit, discount, price_subtotal,
    price_total, price_tax, price_reduce_taxexcl, price_reduce_taxinc, qty_delivered,
    qty_invoiced, qty_to_invoice, untaxed_amount_invoiced, untaxed_amount_to_invoice,
    is_downpayment, is_expense, customer_lead, create_uid, write_uid, create_date,
    write_date
)
SELECT o.id, 10, o.company_id, o.currency_id, o.partner_id, o.user_id,
       product.id, product.uom_id, o.state, 'manual', 'no', product.name,
       1, o.amount_untaxed, o.amount_untaxed, 0, o.amount_untaxed,
       o.amount_untaxed, 0, o.amount_untaxed, o.amount_untaxed, 0,
       0, 0, 0, 0,
       FALSE, FALSE, 0, 1, 1, o.create_date,
       o.write_date
  FROM sale_order o
  JOIN (SELECT p.id, t.uom_id, t.name->>'en_US' AS name
          FROM product_product p JOIN product_template t ON t.id = p.product_tmpl_id
       ) product
    ON product.id = (%(products)s::int[])[1 + (o.id %% %(product_count)s)]
 WHERE o.name LIKE 'B%%'
"""

# About one in seven refuses a channel.
REFUSALS = """
INSERT INTO {table} ({partner}, {touchpoint})
SELECT id, (%(touchpoints)s::int[])[1 + (id %% %(touchpoint_count)s)]
  FROM res_partner
 WHERE ref LIKE 'BENCH-%%' AND pg_temp.uniform(id, %(seed)s + 3) < 0.15
"""


def generate(env, customers, orders):
    """Fill an empty database of the addon; commit, and gather statistics."""
    values = {
        "seed": SEED,
        "customers": customers,
        "orders": orders,
        "buyers": customers * BUYING_SHARE,
        "skew": SKEW,
        "days": DAYS,
        "company": env.company.id,
        "currency": env.company.currency_id.id,
        "country": env.ref("base.id").id,
        **_lists(
            users=_staff(env),
            touchpoints=env["crm.touchpoint"].search([]),
            teams=_teams(env),
            products=_products(env),
        ),
    }
    env.flush_all()
    env.cr.execute(UNIFORM)
    with without_triggers(env):
        _insert(env, values)
    env.cr.commit()
    env.invalidate_all()
    analyze(env)


@contextmanager
def without_triggers(env):
    """Ask no foreign key of the rows written meanwhile, which are known to keep them.

    Looking them up takes longer than everything else.
    """
    env.flush_all()
    env.cr.execute("SET LOCAL session_replication_role = replica")
    yield
    env.flush_all()
    env.cr.execute("SET LOCAL session_replication_role = origin")


def _insert(env, values):
    env.cr.execute(*_customers(env, values))
    env.cr.execute("SELECT min(id) FROM res_partner WHERE ref LIKE 'BENCH-%'")
    [values["first_customer"]] = env.cr.fetchone()
    env.cr.execute(ORDERS, values)
    env.cr.execute(LINES, values)
    env.cr.execute(_refusals(env), values)


def _customers(env, values):
    """Return SQL and values with what else a contact requires, at its default.

    Other parts of the addon may add required fields; here they do not matter.
    """
    partners = env["res.partner"]
    required = partners.default_get(
        [
            name
            for name, field in partners._fields.items()
            if field.required and field.store and field.column_type
        ]
    )
    names = [name for name in sorted(required) if name not in GIVEN]
    sql = CUSTOMERS.format(
        required_columns="".join(f", {name}" for name in names),
        required_values="".join(f", %({name})s" for name in names),
    )
    return sql, values | required


def _lists(**records):
    """Return ids and their number, for SQL that picks one by a row's number."""
    ids = {name: found.ids for name, found in records.items()}
    return ids | {f"{name[:-1]}_count": len(found) for name, found in ids.items()}


def _refusals(env):
    """Return the SQL with the names of the relation, which are the field's."""
    field = env["res.partner"]._fields["refused_touchpoint_ids"]
    return REFUSALS.format(
        table=field.relation, partner=field.column1, touchpoint=field.column2
    )


def _staff(env):
    """Return ten salespeople."""
    group = env.ref("sales_team.group_sale_salesman")
    context = {"no_reset_password": True, "tracking_disable": True}
    return (
        env["res.users"]
        .with_context(**context)
        .create(
            [
                {
                    "name": f"Salesperson {number}",
                    "login": f"bench{number}",
                    "group_ids": [Command.set(group.ids)],
                }
                for number in range(10)
            ]
        )
    )


def _teams(env):
    """Return three sales teams, which are the columns of core's sales pivot."""
    return env["crm.team"].create([{"name": f"Team {n}"} for n in range(3)])


def _products(env):
    """Return five products without taxes."""
    return env["product.product"].create(
        [{"name": f"Product {n}", "type": "consu", "taxes_id": False} for n in range(5)]
    )


def analyze(env):
    """Vacuum and gather statistics, so that neither side of a ratio waits for it."""
    env.cr.commit()
    connection = env.cr._cnx
    connection.autocommit = True
    try:
        env.cr.execute("VACUUM ANALYZE")
    finally:
        connection.autocommit = False
