"""What starts a program: a small class for each, named in ``TRIGGERS``.

A new trigger is a class, the fields behind it on the program, and a test. SQL because
those concerned are found among a million customers, each night.
"""

from calendar import isleap
from datetime import datetime, time, timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.bounds import MAX_DAYS

# How far back the nightly job looks for orders whose hook failed.
CATCH_UP_DAYS = 7


class Trigger:
    """Something that starts programs."""

    label = ""
    """What people choose."""
    has_day = False
    """Whether it starts on a day known before: steps can come ahead of it, and none is
    pushed back."""
    may_wait = True
    """Whether whoever enters may begin some days later, when many enter at once."""

    def get_missing(self, program):
        """Return which choice the program lacks, as a sentence; else ``False``."""
        return False

    def get_warning(self, program):
        """Return why it finds nobody any more, as a sentence; else ``False``."""
        return False

    def find(self, program, company, since=None):
        """Return whom the nightly job enrolls, as the query that ``entry`` takes.

        Whom it has enrolled, it does not find again: so a night that was interrupted,
        or that runs twice, does no harm.

        :param date since: what happened since then counts, whoever has entered for it
        """
        raise NotImplementedError

    def count_starts(self, program, company, since):
        """Return how often it would have started a program since a day.

        As far as that is still known: a quotation that was answered late no longer
        shows that it waited.
        """
        program.env.flush_all()
        [[count]] = program.env.execute_query(
            SQL("SELECT count(*) FROM (%s) found", self.find(program, company, since))
        )
        return count

    def list_starts(self, program, company, since):
        """Return the query (partner id, day) of when it would have started a program.

        ``None`` where the past does not tell: who was lost or late, and is no more.
        """
        return None


class DayTrigger(Trigger):
    """A day known before, on which the program begins.

    Counted are the days ahead, as many as since then: those of the past are not kept.
    """

    has_day = True
    may_wait = False


class Manual(Trigger):
    """Somebody enrolls customers from their list."""

    label = "Customers are enrolled manually"

    def count_starts(self, program, company, since):
        """Nobody knows."""
        return 0


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
            **_get_basics(program, company, since),
            day=get_day_sql(company, SQL("o.date_order")),
            orders=_get_orders(program),
            counted=self.counted,
        )


class OrderConfirmed(SaleTrigger):
    """A sales order is confirmed: ``sale.order._action_confirm`` starts it."""

    label = "A sales order is confirmed"


class OrderReached(SaleTrigger):
    """A confirmed sales order has come so far: what changes it starts the program.

    The nightly job makes up for what failed, among the orders that changed lately.
    """

    is_reached = SQL()
    """Whether the order ``o`` has come so far."""

    def find(self, program, company, orders=None):
        """Return the query of the orders that start a program.

        :param orders: only these ``sale.order`` records
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
               AND %(which)s AND o.id IN %(orders)s AND %(is_new)s
            """,
            **_get_basics(program, company),
            is_reached=self.is_reached,
            which=SQL("o.id = ANY(%s)", orders.ids)
            if orders
            else self._is_recent(program),
            orders=_get_orders(program),
            is_new=_is_new_order(program),
        )

    def _is_recent(self, program):
        since = fields.Datetime.now() - timedelta(days=CATCH_UP_DAYS)
        first_moment = datetime.combine(program._get_first_day(), time())
        return SQL(
            """
            o.date_order >= %s AND EXISTS (
                SELECT FROM sale_order_line l
                 WHERE l.order_id = o.id AND l.write_date >= %s)
            """,
            max(program.create_date, first_moment),
            since,
        )


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

    Counted from the last sales order of each product: quantity times the days that one
    unit lasts. A customer who has bought it at least three times is known better: the
    median of the days that a unit lasted between two purchases.
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

    def list_starts(self, program, company, since):
        """It starts when the product runs out, and not with the order."""
        return None

    def find(self, program, company):
        return SQL(
            """
            WITH bought AS (
                SELECT r.id AS relationship_id, pt.id AS product_id,
                       pt.relationship_lasting_days AS lasting, o.id AS order_id,
                       %(day)s AS day,
                       sum(l.product_uom_qty * sold.factor / stocked.factor) AS quantity
                  FROM sale_order_line l
                  JOIN product_product pp ON pp.id = l.product_id
                  JOIN product_template pt
                    ON pt.id = pp.product_tmpl_id AND pt.relationship_lasting_days > 0
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
              GROUP BY r.id, pt.id, o.id
            ), followed AS (
                SELECT *, lead(day) OVER (
                              PARTITION BY relationship_id, product_id
                              ORDER BY day, order_id) AS next_day
                  FROM bought
            ), pace AS (
                SELECT relationship_id, product_id,
                       CASE WHEN count(*) > 1
                            THEN percentile_cont(0.5) WITHIN GROUP (
                                 ORDER BY (next_day - day) / quantity) END AS lasted
                  FROM followed
                 WHERE next_day > day
              GROUP BY relationship_id, product_id
            )
            SELECT last.relationship_id, %(today)s::date, last.order_id
              FROM followed last
              JOIN sale_order o ON o.id = last.order_id
         LEFT JOIN pace USING (relationship_id, product_id)
        CROSS JOIN LATERAL (
                SELECT last.day + LEAST(%(longest)s, round(
                       last.quantity * COALESCE(pace.lasted, last.lasting)))::int AS day
              ) empty
             WHERE last.next_day IS NULL AND empty.day >= %(today)s
               AND empty.day - %(before)s <= %(today)s AND %(is_new)s
            """,
            **_get_basics(program, company),
            company=company.id,
            day=get_day_sql(company, SQL("o.date_order")),
            goods=_get_goods(program),
            before=program.days_before,
            longest=MAX_DAYS,
            is_new=_is_new_order(program),
        )


class StageEntered(Trigger):
    """The nightly update, or an order, moves a customer to another stage."""

    label = "A customer enters a life cycle stage"

    def get_missing(self, program):
        return not program.lifecycle_stage and program.env._(
            "Choose the life cycle stage that starts the program."
        )

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM crm_relationship r
             WHERE r.id IN %(target)s AND r.lifecycle_stage = %(stage)s
               AND r.lifecycle_date >= %(first_day)s
               AND %(is_new)s
            """,
            **_get_basics(program, company, since),
            stage=program.lifecycle_stage,
            is_new=_is_new_since(program, SQL("r.lifecycle_date"), since),
        )


class Occasion(DayTrigger):
    """A birthday, an anniversary or a big day is near, on which the program begins."""

    label = "An occasion of the customer"

    def get_missing(self, program):
        return not program.occasion_id and program.env._(
            "Choose the occasion that starts the program."
        )

    def get_warning(self, program):
        occasion = program.occasion_id
        today = (program.company_id or program.env.company)._relationship_today()
        return (
            occasion.kind == "big_day"
            and not any(day.recurring or day.date >= today for day in occasion.date_ids)
            and program.env._(
                "“%s” has no date ahead. Add the days on which it falls next.",
                occasion.name,
            )
        )

    def find(self, program, company, since=None):
        sources, falls = self._get_source(program.occasion_id)
        return SQL(
            """
            SELECT r.id, start.day, NULL::int
              FROM crm_relationship r
                   %(sources)s
              JOIN unnest(%(days)s::date[], %(marks)s::int[]) AS near (day, mark)
                ON %(falls)s
        CROSS JOIN LATERAL (SELECT near.day - %(before)s AS day) start
             WHERE r.id IN %(target)s AND %(is_new)s
            """,
            **_get_basics(program, company, since),
            **_get_near_days(program, company, since),
            **_list_near_days(program, company, since),
            sources=sources,
            falls=falls,
        )

    def _get_source(self, occasion):
        """Return what has the days of an occasion, and when one falls on ``near.day``.

        As the ledger's ``_get_occurrences_sql`` tells of each customer. Here the few
        days ahead are what is looked for, and nobody's next birthday is worked out.
        """
        if occasion.kind == "birthday":
            return SQL(
                "JOIN res_partner p ON p.commercial_partner_id = r.partner_id"
                " AND p.active"
            ), _falls_yearly(SQL("p.birthdate"))
        if occasion.kind == "anniversary":
            given = SQL("r.first_order_date")
            return SQL(), SQL("%s AND %s < near.day", _falls_yearly(given), given)
        return SQL("JOIN crm_occasion_date d ON d.occasion_id = %s", occasion.id), SQL(
            "(d.date = near.day OR d.recurring AND %s)", _falls_yearly(SQL("d.date"))
        )


class SegmentEntered(Trigger):
    """The nightly update, or somebody manually, moves a customer to another segment."""

    label = "A customer changes segment"

    def get_missing(self, program):
        return not (
            program.from_segment_ids or program.to_segment_ids
        ) and program.env._("Choose the segments that customers enter, or come from.")

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM crm_relationship r
              JOIN crm_segment_move move ON move.relationship_id = r.id
             WHERE r.id IN %(target)s AND move.date >= %(first_day)s
               AND r.segment_id IS NOT DISTINCT FROM move.to_segment_id
               AND %(from_segments)s AND %(to_segments)s AND %(is_new)s
            """,
            **_get_basics(program, company, since),
            from_segments=_is_one_of(
                SQL("move.from_segment_id"), program.from_segment_ids
            ),
            to_segments=_is_one_of(SQL("move.to_segment_id"), program.to_segment_ids),
            is_new=_is_new_since(program, SQL("move.date"), since),
        )


class ComplaintSolved(Trigger):
    """A complaint is over, and the customer has no other one."""

    label = "A complaint is solved"

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM crm_relationship r
              JOIN crm_interaction i ON i.relationship_id = r.id
        CROSS JOIN LATERAL (SELECT %(day)s AS day) solved
             WHERE r.id IN %(target)s AND solved.day >= %(first_day)s
               AND NOT EXISTS (
                   SELECT FROM crm_interaction other
                    WHERE other.relationship_id = r.id AND other.is_complaint_open)
               AND %(is_new)s
            """,
            **_get_basics(program, company, since),
            day=get_day_sql(company, SQL("i.date_solved")),
            is_new=_is_new_since(program, SQL("solved.day"), since),
        )


class ReferralMade(Trigger):
    """A customer brought somebody: it is that customer who enters."""

    label = "A customer brings somebody"

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM res_partner brought
              JOIN res_partner p ON p.id = brought.referred_by_id
              JOIN crm_relationship r ON r.partner_id = p.commercial_partner_id
         LEFT JOIN crm_relationship own
                ON own.partner_id = brought.commercial_partner_id
               AND own.company_id = r.company_id
        CROSS JOIN LATERAL (
                SELECT CASE WHEN %(must_buy)s
                       THEN GREATEST(brought.referral_date, own.first_order_date)
                       ELSE brought.referral_date END AS day
              ) made
             WHERE r.id IN %(target)s AND made.day >= %(first_day)s
               AND p.commercial_partner_id <> brought.commercial_partner_id
               AND (NOT %(must_buy)s OR own.first_order_date IS NOT NULL)
               AND %(is_new)s
            """,
            **_get_basics(program, company, since),
            must_buy=program.referral_buys,
            is_new=_is_new_since(program, SQL("made.day"), since),
        )


class CustomerBrought(Trigger):
    """Somebody was brought: it is the new customer who enters."""

    label = "A customer is brought by another one"

    def find(self, program, company):
        return SQL(
            """
            SELECT r.id, %(today)s::date, NULL::int
              FROM crm_relationship r
              JOIN res_partner brought ON brought.id = r.partner_id
              JOIN res_partner p ON p.id = brought.referred_by_id
        CROSS JOIN LATERAL (
                SELECT CASE WHEN %(must_buy)s
                       THEN GREATEST(brought.referral_date, r.first_order_date)
                       ELSE brought.referral_date END AS day
              ) made
             WHERE r.id IN %(target)s AND made.day >= %(first_day)s
               AND p.commercial_partner_id <> brought.id
               AND (NOT %(must_buy)s OR r.first_order_date IS NOT NULL)
               AND %(is_new)s
            """,
            **_get_basics(program, company),
            must_buy=program.referral_buys,
            is_new=_is_new_since(program, SQL("made.day")),
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
            **_get_basics(program, company, since),
            day=SQL(
                "%s + %s",
                get_day_sql(company, SQL("o.date_order")),
                program.wait_days,
            ),
            orders=_get_orders(program),
            is_new=_is_new_order(program, since),
        )


class DateReached(DayTrigger):
    """A day that is noted on the contact: a contract ends, a child starts school."""

    label = "A date of the customer"

    def get_missing(self, program):
        env = program.env
        if not program.date_field:
            return env._("Choose the date that starts the program.")
        known = dict(program._select_date_fields())
        return program.date_field not in known and env._(
            "The date that starts the program (%s) is no longer a field of customers."
            " Choose another one.",
            program.date_field,
        )

    def find(self, program, company, since=None):
        return SQL(
            """
            SELECT r.id, start.day, NULL::int
              FROM crm_relationship r
              JOIN res_partner p ON p.id = r.partner_id
              JOIN unnest(%(days)s::date[], %(marks)s::int[]) AS near (day, mark)
                ON %(falls)s
        CROSS JOIN LATERAL (SELECT near.day - %(before)s AS day) start
             WHERE r.id IN %(target)s AND %(is_new)s
            """,
            **_get_basics(program, company, since),
            **_get_near_days(program, company, since),
            **_list_near_days(program, company, since),
            falls=self._get_match(program, _get_date_column(program, company)),
        )

    def _get_match(self, program, given):
        """Return SQL for whether a date falls on ``near.day``, perhaps years later.

        :param SQL given: expression of type date
        """
        if not program.date_yearly:
            return SQL("%s = near.day", given)
        return _falls_yearly(given)


def _falls_yearly(given):
    """Return SQL for whether a date comes round on ``near.day``.

    One comparison a contact, which PostgreSQL can look up.

    :param SQL given: expression of type date
    """
    return SQL(
        "(date_part('month', %(given)s) * 100 + date_part('day', %(given)s))::int"
        " = near.mark AND %(given)s <= near.day",
        given=given,
    )


def _list_near_days(program, company, since=None):
    """Return the days ahead whose program begins within the horizon.

    :return: ``days``, and their ``marks``: 420 is 20 April. In years without a 29
        February its mark is that of the 28th as well.
    """
    first = _get_first_to_look_for(program, company)
    near = [
        first + timedelta(days=number)
        for number in range(_get_ahead(program, company, since).days)
    ]
    marked = [(day, day.month * 100 + day.day) for day in near]
    marked += [
        (day, 229)
        for day in near
        if (day.month, day.day) == (2, 28) and not isleap(day.year)
    ]
    return {
        "days": [day for day, _mark in marked],
        "marks": [mark for _day, mark in marked],
    }


def _get_date_column(program, company):
    """Return SQL for the day of the contact ``p`` that starts a program."""
    column = SQL.identifier("p", program.date_field)
    field = program.env["res.partner"]._fields[program.date_field]
    return column if field.type == "date" else get_day_sql(company, column)


def _get_near_days(program, company, since=None):
    """Return what finds days ahead: ``before`` and ``is_new``."""
    return {
        "before": program.days_before,
        "is_new": SQL("TRUE")
        if since
        else SQL(
            """
            NOT EXISTS (
                SELECT FROM crm_program_enrollment e
                 WHERE e.relationship_id = r.id AND e.program_id = %s
                   AND e.date = start.day)
            """,
            program.id,
        ),
    }


def _get_ahead(program, company, since=None):
    """Return how far ahead those are looked for who enter; as far as ``since`` is."""
    if since:
        return company._relationship_today() - since
    return company._get_queue_horizon() + program._get_lead()


def _get_first_to_look_for(program, company):
    """Return the first day whose program begins today or later."""
    return company._relationship_today() + timedelta(days=program.days_before)


def get_day_sql(company, moment):
    """Return SQL for the day of a moment, on the company's clock."""
    return SQL(
        "(%s AT TIME ZONE 'UTC' AT TIME ZONE %s)::date",
        moment,
        company._relationship_tz(),
    )


def _is_one_of(column, records):
    return SQL("%s = ANY(%s)", column, records.ids) if records else SQL("TRUE")


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


def _suits(program):
    """Return SQL for whether ``o``, an order of the contact ``p``, suits a program."""
    parts = [_is_one_of(SQL("o.team_id"), program.team_ids), _has_goods(program)]
    if program.order_amount:
        parts.append(
            SQL(
                "o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1) >= %s",
                program.order_amount,
            )
        )
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
        return _is_one_of(SQL("pt.id"), program.product_tmpl_ids)
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
               AND (e.state <> 'stopped' OR e.stop_reason NOT IN (
                    'order_cancelled', 'order_changed', 'order_returned')))
        """,
        program.id,
    )


def _get_basics(program, company, since=None):
    """Return what the queries of all triggers are made of.

    :return: ``today``; ``target``, the query of the ids of the company's customers whom
        the program is for; ``first_day`` of which events count; the id of the
        ``program``
    """
    target = program._get_target_domain() & Domain("company_id", "=", company.id)
    return {
        "today": company._relationship_today(),
        "target": program.env["crm.relationship"]._search(target).subselect(),
        "first_day": since or program._get_first_day(),
        "program": program.id,
    }


def _is_new_since(program, day, since=None):
    """Return SQL for whether ``r`` has not entered since something happened.

    :param SQL day: the day on which it happened
    :param date since: if given, it counts all the same
    """
    if since:
        return SQL("TRUE")
    return SQL(
        """
        NOT EXISTS (
            SELECT FROM crm_program_enrollment e
             WHERE e.relationship_id = r.id AND e.program_id = %s AND e.date >= %s)
        """,
        program.id,
        day,
    )


TRIGGERS = {
    "sale_confirmed": OrderConfirmed(),
    "delivered": OrderDelivered(),
    "invoiced": OrderInvoiced(),
    "quotation": QuotationUnanswered(),
    "runs_out": RunsOut(),
    "lifecycle": StageEntered(),
    "segment": SegmentEntered(),
    "complaint": ComplaintSolved(),
    "referral": ReferralMade(),
    "brought": CustomerBrought(),
    "occasion": Occasion(),
    "date": DateReached(),
    "manual": Manual(),
}
# What the nightly job looks for, before it plans. The stage is entered by the update of
# the portfolio, which then enrolls at once, and a sale by the hook on sales orders.
REACHED = ("delivered", "invoiced")
NIGHTLY = (
    "occasion",
    "date",
    "segment",
    "complaint",
    "quotation",
    "runs_out",
    "referral",
    "brought",
)
# Those that begin on a day known before.
DATED = sorted(name for name, trigger in TRIGGERS.items() if trigger.has_day)
