"""Triggers by a sales order, and which orders may start a program."""

from datetime import datetime, time, timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.bounds import MAX_DAYS
from ..base.user_filter import FilterError
from .trigger import Trigger, get_basics, get_day_sql, is_one_of

# How far back the nightly job looks for orders whose hook failed.
CATCH_UP_DAYS = 7
# What is changed in an order that is older than this starts nothing any more.
OLD_DAYS = 30
# Why an enrollment ended, by what became of an order that is confirmed, ...
BY_CHANGES = ("order_changed", "order_returned")
# ... and by whatever became of it: it begins again with the order.
BY_THE_ORDER = ("order_cancelled", *BY_CHANGES)
# Those by which it is none that a customer would remember.
CAME_TO_NOTHING = ("order_cancelled", "order_changed")
# What Odoo computes of an order, but from nothing than what people enter ...
AMOUNTS = {"amount_tax", "amount_total", "amount_untaxed", "price_subtotal"}
AMOUNTS |= {"price_tax", "price_total"}
# ... and what it does not compute by itself, and changes in the course of an order.
COURSE = {"invoice_lines", "locked", "qty_delivered", "state", "transaction_ids"}
COURSE |= {"write_date", "write_uid"}


class OrderTrigger(Trigger):
    """Something happens to a sales order, perhaps only to certain ones."""

    def get_missing(self, program):
        """Say so when the products are gone: any other order would start it."""
        env = program.env
        if program.order_what == "products" and not program.product_tmpl_ids:
            return env._("Choose the products that start the program.")
        if program.order_what == "categories" and not program.product_categ_ids:
            return env._("Choose the product categories that start the program.")
        return False

    def get_warning(self, program):
        if program.order_what == "products" and not any(
            product.active for product in program.product_tmpl_ids
        ):
            return program.env._(
                "All products that start the program are archived. Choose others."
            )
        return False

    def get_watched(self, program):
        names = {"order_line"} if asks_for_content(program) else set()
        if program.team_ids:
            names |= {"team_id", "user_id"}
        try:
            paths = program._get_filter("order_domain").paths
        except FilterError:
            paths = []
        return names | {path.partition(".")[0] for path in paths}

    def keeps(self, program, order):
        """Tell whether what the customer kept of an order is what a program asks for.

        The rank is that which the order had when it came. A filter that cannot be read
        keeps everything, and what it asks of the course of an order is not asked again.
        """
        if program.team_ids and order.team_id not in program.team_ids:
            return False
        if program.order_amount:
            kept = order._get_kept_amount()
            currency = order.company_id.currency_id
            if currency.compare_amounts(kept, program.order_amount) < 0:
                return False
        if program.order_what != "any" and not program._is_about(
            order._get_kept_lines()
        ):
            return False
        try:
            with program._get_filter("order_domain")._told_in_words():
                return bool(order.filtered_domain(program._get_order_domain()))
        except FilterError:
            return True


class SaleTrigger(OrderTrigger):
    """A confirmed sales order starts it, at once or later."""

    counted = SQL("TRUE")
    """Whether the confirmed order ``o`` starts programs sooner or later."""

    def count_starts(self, program, company, since):
        program.env.flush_all()
        [[count]] = program.env.execute_query(
            SQL(
                "SELECT count(*) FROM (%s) started",
                self._get_orders_since(program, company, since),
            )
        )
        return count

    def list_starts(self, program, company, since):
        return self._get_orders_since(program, company, since)

    def _get_orders_since(self, program, company, since):
        """Return the query (partner id, day) of the orders that would have counted."""
        return SQL(
            """
            SELECT r.partner_id, %(day)s AS day
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
              JOIN crm_relationship r
                ON r.partner_id = p.commercial_partner_id
               AND r.company_id = o.company_id
             WHERE r.id IN %(target)s AND o.state = 'sale'
               AND o.date_order >= %(first_day)s
               AND o.id IN %(orders)s AND %(counted)s
            """,
            **get_basics(program, company, since),
            day=get_day_sql(company, SQL("o.date_order")),
            orders=_get_orders(program),
            counted=self.counted,
        )


class OrderConfirmed(SaleTrigger):
    """A sales order is confirmed: ``sale.order._action_confirm`` starts it."""

    label = "A sales order is confirmed"


class OrderReached(SaleTrigger):
    """A confirmed sales order has come so far: what changes it starts the program.

    An order from before the program, or an old one, starts it only by what brings it so
    far: not by a note on it, nor by an import. The nightly job makes up for what
    failed, among the orders that changed lately.
    """

    is_reached = SQL()
    """Whether the order ``o`` has come so far."""

    def find(self, program, company, orders=None, completed=()):
        """Return the query of the orders that start a program.

        :param orders: only these ``sale.order`` records
        :param completed: ids of those that come so far right now, however old they are
        """
        return SQL(
            """
            SELECT o.id
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
              JOIN crm_relationship r
                ON r.partner_id = p.commercial_partner_id
               AND r.company_id = o.company_id
             WHERE r.id IN %(target)s AND o.state = 'sale' AND %(is_reached)s
               AND %(which)s
               AND (%(is_recent)s OR o.id = ANY(%(completed)s) OR EXISTS (
                    SELECT FROM crm_program_enrollment own
                     WHERE own.sale_order_id = o.id AND own.program_id = %(program)s))
               AND o.id IN %(orders)s AND %(is_new)s
            """,
            **get_basics(program, company),
            is_reached=self.is_reached,
            which=self._is_touched(orders),
            is_recent=self._is_recent(program),
            completed=list(completed),
            orders=_get_orders(program),
            is_new=_is_new_order(program),
        )

    def _is_touched(self, orders):
        """Return SQL for whether ``o`` is one of these, or was changed lately."""
        if orders:
            return SQL("o.id = ANY(%s)", orders.ids)
        return SQL(
            """
            EXISTS (
                SELECT FROM sale_order_line l
                 WHERE l.order_id = o.id AND l.display_type IS NULL
                   AND l.write_date >= %s)
            """,
            fields.Datetime.now() - timedelta(days=CATCH_UP_DAYS),
        )

    def _is_recent(self, program):
        """Return SQL for whether ``o`` came since the program began, not long ago."""
        first_moment = datetime.combine(program._get_first_day(), time())
        since = max(program.create_date, first_moment, get_young_since())
        return SQL("o.date_order >= %s", since)


class OrderDelivered(OrderReached):
    """Everything is delivered, by the quantities on the order: no stock is needed."""

    label = "A sales order is delivered"
    is_reached = SQL(
        """
        (SELECT bool_and(l.qty_delivered >= l.product_uom_qty)
           FROM sale_order_line l
          WHERE l.order_id = o.id AND l.display_type IS NULL AND l.price_unit >= 0
            AND l.product_uom_qty > 0 AND NOT COALESCE(l.is_downpayment, FALSE))
        """
    )


class OrderInvoiced(OrderReached):
    """Everything is invoiced."""

    label = "A sales order is invoiced"
    is_reached = SQL("o.invoice_status IN ('invoiced', 'upselling')")


class RunsOut(SaleTrigger):
    """What a customer bought is soon used up.

    Counted from the last day on which each product was bought: quantity times the days
    that one unit lasts. A customer who has bought it on at least three days is known
    better: the median of the days that a unit lasted between two purchases.
    """

    label = "A product soon runs out"
    counted = SQL(
        """
        EXISTS (
            SELECT FROM sale_order_line l
              JOIN product_product pp ON pp.id = l.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
             WHERE l.order_id = o.id AND l.product_uom_qty > 0
               AND pt.relationship_lasting_days > 0)
        """
    )

    def get_missing(self, program):
        return super().get_missing(program) or (
            program.days_before < 1
            and program.env._(
                "Say how many days before the product runs out the program starts."
            )
        )

    def get_watched(self, program):
        return {"order_line"}

    def keeps(self, program, order):
        """Of the order, only what it asks for: something that runs out."""
        lasting = order._get_kept_lines().filtered(
            lambda line: line.product_id.product_tmpl_id.relationship_lasting_days > 0
        )
        return bool(lasting) and program._is_about(lasting)

    def list_starts(self, program, company, since):
        """It starts when the product runs out, and not with the order."""
        return None

    def find(self, program, company):
        return SQL(
            """
            SELECT bought.relationship_id, %(today)s::date, o.id
              FROM (
                SELECT relationship_id, max(lasting) AS lasting, max(day) AS day,
                       max(order_id) FILTER (WHERE next_day IS NULL) AS order_id,
                       max(quantity) FILTER (WHERE next_day IS NULL) AS quantity,
                       count(next_day) AS times,
                       percentile_cont(0.5) WITHIN GROUP (
                           ORDER BY (next_day - day) / quantity) AS lasted
                  FROM (
                    SELECT r.id AS relationship_id, pt.id AS product_id, %(day)s AS day,
                           lead(%(day)s) OVER (
                               PARTITION BY r.id, pt.id ORDER BY %(day)s) AS next_day,
                           max(pt.relationship_lasting_days) AS lasting,
                           max(o.id) AS order_id,
                           sum(l.product_uom_qty * sold.factor
                               / stocked.factor)::float AS quantity
                      FROM sale_order_line l
                      JOIN product_product pp ON pp.id = l.product_id
                      JOIN product_template pt
                        ON pt.id = pp.product_tmpl_id
                       AND pt.relationship_lasting_days > 0
                      JOIN uom_uom sold ON sold.id = l.product_uom_id
                      JOIN uom_uom stocked ON stocked.id = pt.uom_id
                      JOIN sale_order o
                        ON o.id = l.order_id AND o.state = 'sale'
                       AND o.company_id = %(company)s
                      JOIN res_partner p ON p.id = o.partner_id
                      JOIN crm_relationship r
                        ON r.partner_id = p.commercial_partner_id
                       AND r.company_id = o.company_id
                     WHERE l.product_uom_qty > 0 AND r.id IN %(target)s AND %(goods)s
                       AND pt.active AND pp.active
                  GROUP BY r.id, pt.id, %(day)s
                  ) days
              GROUP BY relationship_id, product_id
              ) bought
              JOIN sale_order o ON o.id = bought.order_id
        CROSS JOIN LATERAL (
                SELECT bought.day + LEAST(%(longest)s, round(bought.quantity * CASE
                       WHEN bought.times > 1 THEN bought.lasted
                       ELSE bought.lasting END))::int AS day
              ) empty
             WHERE empty.day BETWEEN %(today)s AND %(today)s::date + %(before)s
               AND %(is_new)s
            """,
            **get_basics(program, company),
            company=company.id,
            day=get_day_sql(company, SQL("o.date_order")),
            goods=_get_goods(program),
            before=program.days_before,
            longest=MAX_DAYS,
            is_new=_is_new_order(program),
        )


class QuotationUnanswered(OrderTrigger):
    """A quotation was sent, and nobody has accepted or refused it for some days."""

    label = "A quotation is not answered"

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, %(today)s::date, o.id
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
              JOIN crm_relationship r
                ON r.partner_id = p.commercial_partner_id
               AND r.company_id = o.company_id
        CROSS JOIN LATERAL (SELECT %(day)s AS day) late
             WHERE r.id IN %(target)s AND o.state = 'sent'
               AND late.day BETWEEN %(first_day)s AND %(today)s
               AND o.id IN %(orders)s AND %(is_new)s
            """,
            **get_basics(program, company, since),
            day=SQL(
                "%s + %s",
                get_day_sql(company, SQL("o.date_order")),
                program.wait_days,
            ),
            orders=_get_orders(program),
            is_new=_is_new_order(program, since),
        )


def get_young_since():
    """Return since when orders may still start something by what is changed in them."""
    return fields.Datetime.now() - timedelta(days=OLD_DAYS)


def filter_orders(programs, orders):
    """Return which of some orders may start programs, by what these ask of an order.

    One query for all programs; a program that asks for nothing takes part in none.

    :return: ``{program: ids}`` of those that ask for something
    """
    asking = programs.filtered(asks_for_orders)
    allowed = {program: set() for program in asking}
    if not asking:
        return allowed
    programs.env.flush_all()
    by_id = {program.id: program for program in asking}
    for program_id, order_id in programs.env.execute_query(
        SQL(" UNION ALL ").join(
            SQL(
                "SELECT %s, o.id FROM sale_order o JOIN res_partner p"
                " ON p.id = o.partner_id WHERE o.id = ANY(%s) AND %s",
                program.id,
                orders.ids,
                _suits(program),
            )
            for program in asking
        )
    ):
        allowed[by_id[program_id]].add(order_id)
    return allowed


def asks_for_orders(program):
    """Tell whether a program asks for certain orders, besides its filter."""
    return bool(
        program.order_rank in ("first", "repeat")
        or program.order_what in ("products", "categories")
        or program.team_ids
        or program.order_amount
    )


def asks_for_content(program):
    """Tell whether a program asks for what a change of an order may bring or take."""
    return bool(
        program.order_what in ("products", "categories")
        or program.team_ids
        or program.order_amount
        or program.order_domain
    )


def find_unsuited(program, company, since):
    """Return the ids of orders changed since that lack what a program asks of them.

    Of those that it follows up, and that entered under what it asks by now. What was
    given back is not looked at: ``keeps`` tells in the end.

    :param datetime since: of the change
    """
    program.env.flush_all()
    rows = program.env.execute_query(
        SQL(
            """
            SELECT DISTINCT o.id
              FROM crm_program_enrollment e
              JOIN sale_order o ON o.id = e.sale_order_id
             WHERE e.program_id = %(program)s AND e.company_id = %(company)s
               AND e.state = 'running' AND o.state = 'sale'
               AND COALESCE(e.date_again, e.create_date) >= %(asked_since)s
               AND (o.write_date >= %(since)s OR EXISTS (
                    SELECT FROM sale_order_line l
                     WHERE l.order_id = o.id AND l.write_date >= %(since)s))
               AND (%(suits)s) IS NOT TRUE
            """,
            program=program.id,
            company=company.id,
            since=since,
            asked_since=program.conditions_since or program.create_date,
            suits=SQL("%s AND %s", _suits_by_content(program), _passes(program)),
        )
    )
    return [id_ for [id_] in rows]


def get_lasting_domain(program):
    """Return what the order filter asks of an order once it has come.

    Apart from what Odoo computes in the ordinary course of an order, as whether it is
    invoiced: that an order comes so far is no change of it.

    :raises FilterError: when the filter cannot be read
    """
    domain = program._get_filter("order_domain").domain
    is_and = getattr(domain, "OPERATOR", None) == "&"
    parts = domain.children if is_and else [domain]
    orders = program.env["sale.order"]
    return Domain.AND(part for part in parts if not _is_of_course(part, orders))


def _is_of_course(domain, records):
    """Tell whether a part of a filter asks for anything of the course of an order."""
    return any(
        _leads_to_course(condition, records) for condition in domain.iter_conditions()
    )


def _leads_to_course(condition, records):
    for name in condition.field_expr.split("."):
        field = records._fields.get(name)
        if field is None or records._name not in ("sale.order", "sale.order.line"):
            return False
        is_linked = field.type == "one2many" and name != "order_line"
        is_computed = field.compute and not field.related and field.readonly
        if name in COURSE or is_linked or (is_computed and name not in AMOUNTS):
            return True
        if not field.relational:
            return False
        records = records.env[field.comodel_name]
    is_any = condition.operator in ("any", "not any")
    value = condition.value
    if not is_any or isinstance(value, str):
        return False
    return _is_of_course(Domain(value), records)


def _passes(program):
    """Return SQL for whether ``o`` still passes the order filter of a program.

    A filter that cannot be read lets everything pass.
    """
    # sudo: what a program asks of an order does not depend on who asks
    orders = program.env["sale.order"].sudo()
    try:
        with program._get_filter("order_domain")._told_in_words():
            passing = orders._search(program._get_order_domain())
            return SQL("o.id IN %s", passing.subselect())
    except FilterError:
        return SQL("TRUE")


def _suits(program):
    """Return SQL for whether ``o``, an order of the contact ``p``, suits a program."""
    parts = [_suits_by_content(program)]
    if program.order_rank in ("first", "repeat"):
        parts.append(
            SQL(
                """
                %s EXISTS (
                    SELECT FROM sale_order earlier
                      JOIN res_partner buyer ON buyer.id = earlier.partner_id
                     WHERE buyer.commercial_partner_id = p.commercial_partner_id
                       AND earlier.company_id = o.company_id
                       AND earlier.state = 'sale'
                       AND (earlier.date_order, earlier.id) < (o.date_order, o.id))
                """,
                SQL("NOT" if program.order_rank == "first" else ""),
            )
        )
    return SQL(" AND ").join(parts)


def _suits_by_content(program):
    """Return SQL for whether the order ``o`` suits a program, whichever order it is."""
    parts = [is_one_of(SQL("o.team_id"), program.team_ids), _has_goods(program)]
    if program.order_amount:
        parts.append(
            SQL(
                "o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1) >= %s",
                program.order_amount,
            )
        )
    return SQL(" AND ").join(parts)


def _has_goods(program):
    """Return SQL for whether the order ``o`` has what a program is about."""
    if program.order_what not in ("products", "categories"):
        return SQL("TRUE")
    return SQL(
        """
        EXISTS (
            SELECT FROM sale_order_line l
              JOIN product_product pp ON pp.id = l.product_id
              JOIN product_template pt ON pt.id = pp.product_tmpl_id
             WHERE l.order_id = o.id AND l.product_uom_qty > 0 AND %s)
        """,
        _get_goods(program),
    )


def _get_goods(program):
    """Return SQL for whether a program is about the product ``pt``."""
    if program.order_what == "products":
        return is_one_of(SQL("pt.id"), program.product_tmpl_ids)
    if program.order_what == "categories":
        return SQL(
            "pt.categ_id IN %s",
            program.env["product.category"]
            ._search([("id", "child_of", program.product_categ_ids.ids)])
            .subselect(),
        )
    return SQL("TRUE")


def _get_orders(program):
    """Return the query of the ids of sales orders that the program is about."""
    # sudo: which orders start a program does not depend on who asks
    orders = program.env["sale.order"].sudo()
    passing = orders._search(program._get_filter("order_domain").domain).subselect()
    if not asks_for_orders(program):
        return passing
    return SQL(
        "(SELECT o.id FROM sale_order o JOIN res_partner p ON p.id = o.partner_id"
        " WHERE o.id IN %s AND %s)",
        passing,
        _suits(program),
    )


def _is_new_order(program, since=None):
    """Return SQL for whether the order ``o`` has not started the program yet.

    :param date since: if given, it counts all the same
    """
    if since:
        return SQL("TRUE")
    return SQL(
        """
        NOT EXISTS (
            SELECT FROM crm_program_enrollment e
             WHERE e.sale_order_id = o.id AND e.program_id = %s
               AND (e.state <> 'stopped' OR e.stop_reason <> ALL(%s)))
        """,
        program.id,
        list(BY_THE_ORDER),
    )
