"""What the customers of a company bought: the documents behind every figure."""

from dateutil.relativedelta import relativedelta

from odoo.tools import SQL


class Purchases:
    """The sales of one company up to a day, as SQL.

    SQL because the base may hold a million customers with ten million documents. Days
    are those of the company's time zone. What is dated after ``day`` does not exist
    yet, so that the past can be reconstructed.
    """

    def __init__(self, company, day, since=None):
        """Prepare the purchases of a ``res.company`` as of the end of a day.

        :param date since: only documents of this day or later
        """
        self.env = company.env
        self.company = company
        self.day = day
        self.since = since
        self.has_margin = company._relationship_has_margin()

    def documents(self):
        """Return SQL rows (partner_id, day, amount, margin, user_id, is_purchase).

        ``amount`` and ``margin`` are in company currency, without tax, at the
        document's own rate; sales that the company excludes are not among them.
        ``margin`` is empty unless the company takes it from the orders.
        """
        if self.company.relationship_source == "invoice":
            return self._invoices()
        return self._orders()

    def history(self):
        """Return SQL rows, one per customer who ever bought: what, when, how often.

        ``interval_days`` is the median of the days between successive days of purchase,
        empty with fewer than two such gaps; ``previous_day`` is the day of the purchase
        before the last; ``is_ranked`` tells who gets scores: active contacts who bought
        in the window.
        """
        window = self.day - relativedelta(
            months=self.company.relationship_window_months
        )
        rate = SQL("%s::numeric", f"{self.company.relationship_margin_rate:.4f}")
        margin = SQL("revenue * %s", rate)
        order_margin = SQL("NULL")
        if self.has_margin:
            margin = SQL("order_margin")
            order_margin = SQL(
                "COALESCE(sum(margin) FILTER (WHERE day >= %s), 0)", window
            )
        # only invoices have refunds, which are not purchases
        purchase, kind, gap = SQL("TRUE"), SQL(), SQL("day - lag(day) OVER customer")
        if self.company.relationship_source == "invoice":
            purchase, kind = SQL("is_purchase"), SQL(", is_purchase")
            gap = SQL("CASE WHEN is_purchase THEN %s END", gap)
        return SQL(
            """
            SELECT bought.*, round(%(margin)s, %(digits)s) AS margin,
                   may_rank AND order_count > 0 AS is_ranked
              FROM (
                SELECT partner_id,
                       min(day) FILTER (WHERE %(purchase)s) AS first_day,
                       max(day) FILTER (WHERE %(purchase)s) AS last_day,
                       max(day - gap) AS previous_day,
                       CASE WHEN count(gap) > 1
                            THEN percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)
                            END AS interval_days,
                       count(*) FILTER (WHERE %(purchase)s) AS total_count,
                       count(*) FILTER (WHERE day >= %(window)s AND %(purchase)s)
                           AS order_count,
                       round(COALESCE(sum(amount) FILTER (WHERE day >= %(window)s), 0)
                             ::numeric, %(digits)s) AS revenue,
                       %(order_margin)s AS order_margin
                  FROM (
                    SELECT partner_id, day, amount, margin %(kind)s,
                           NULLIF(%(gap)s, 0) AS gap
                      FROM document
                    WINDOW customer AS (PARTITION BY partner_id %(kind)s ORDER BY day)
                  ) dated
              GROUP BY partner_id
              ) bought
              JOIN (SELECT id AS partner_id,
                           COALESCE(active, FALSE) AND id <> %(self)s AS may_rank
                      FROM res_partner) customer USING (partner_id)
            """,
            self=self.company.partner_id.id,
            window=window,
            margin=margin,
            order_margin=order_margin,
            purchase=purchase,
            kind=kind,
            gap=gap,
            digits=self.company.currency_id.decimal_places,
        )

    # ------------------------------------------------------------------
    # Documents
    # ------------------------------------------------------------------

    def _orders(self):
        rate = SQL("COALESCE(NULLIF(o.currency_rate, 0), 1)")
        tz = self.company._relationship_tz()
        left_out = self._lines_left_out(
            SQL("sale_order_line"),
            SQL("order_id"),
            SQL("price_subtotal"),
        )
        conditions = [
            SQL("o.state = 'sale' AND o.company_id = %s", self.company.id),
            SQL("o.date_order < %s", self._get_end()),
            self._since_condition(SQL("o.date_order"), is_moment=True),
            self._team_condition(SQL("o.team_id")),
            self._tag_condition(SQL("o.id")),
            *left_out["conditions"],
        ]
        margin = SQL("NULL::numeric")
        if self.has_margin:
            margin = SQL("(o.margin%s) / %s", left_out["margin"], rate)
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id,
                   (o.date_order AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS day,
                   (o.amount_untaxed%(left_out)s) / %(rate)s AS amount,
                   %(margin)s AS margin, o.user_id, TRUE AS is_purchase
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
              %(join)s
             WHERE %(conditions)s
            """,
            tz=tz,
            rate=rate,
            margin=margin,
            left_out=left_out["amount"],
            join=left_out["join"](SQL("o.id")),
            conditions=SQL(" AND ").join(conditions),
        )

    def _invoices(self):
        left_out = self._lines_left_out(
            SQL("account_move_line"),
            SQL("move_id"),
            SQL("-balance"),
            *self._tagged_lines(),
        )
        conditions = [
            SQL("m.state = 'posted' AND m.company_id = %s", self.company.id),
            SQL("m.move_type IN ('out_invoice', 'out_refund')"),
            SQL("m.invoice_date <= %s", self.day),
            self._since_condition(SQL("m.invoice_date")),
            self._team_condition(SQL("m.team_id")),
            *left_out["conditions"],
        ]
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id, m.invoice_date AS day,
                   m.amount_untaxed_signed%(left_out)s AS amount,
                   NULL::numeric AS margin, m.invoice_user_id AS user_id,
                   m.move_type = 'out_invoice' AS is_purchase
              FROM account_move m
              JOIN res_partner p ON p.id = m.partner_id
              %(join)s
             WHERE %(conditions)s
            """,
            left_out=left_out["amount"],
            join=left_out["join"](SQL("m.id")),
            conditions=SQL(" AND ").join(conditions),
        )

    def _get_end(self):
        """Return the UTC time stamp at which the day ends."""
        return self.company._relationship_time(self.day + relativedelta(days=1), hour=0)

    def _since_condition(self, column, is_moment=False):
        since = self.since
        if not since:
            return SQL("TRUE")
        if is_moment:
            since = self.company._relationship_time(since, hour=0)
        return SQL("%s >= %s", column, since)

    def _team_condition(self, team):
        teams = self.company.relationship_excluded_team_ids
        if not teams:
            return SQL("TRUE")
        return SQL("(%s IS NULL OR %s NOT IN %s)", team, team, teams._ids)

    def _tag_condition(self, order):
        tags = self.company.relationship_excluded_tag_ids
        if not tags:
            return SQL("TRUE")
        return SQL(
            "NOT EXISTS (SELECT FROM sale_order_tag_rel t"
            " WHERE t.order_id = %s AND t.tag_id IN %s)",
            order,
            tags._ids,
        )

    def _tagged_lines(self):
        """Return SQL that is true for invoice lines of orders with an excluded tag."""
        tags = self.company.relationship_excluded_tag_ids
        if not tags:
            return []
        condition = SQL(
            """
            EXISTS (SELECT
                      FROM sale_order_line_invoice_rel r
                      JOIN sale_order_line ordered ON ordered.id = r.order_line_id
                      JOIN sale_order_tag_rel t ON t.order_id = ordered.order_id
                     WHERE r.invoice_line_id = line.id AND t.tag_id IN %s)
            """,
            tags._ids,
        )
        return [condition]

    def _lines_left_out(self, table, document, amount, *reasons):
        """Return what subtracts the excluded lines from the documents.

        Those of excluded products, and others for which one of the reasons holds.

        :param SQL table: lines of the documents
        :param SQL document: its column that refers to the document
        :param SQL amount: its untaxed amount
        :param reasons: conditions as SQL on ``line``
        :return: SQL by name: ``amount`` and ``margin`` to append to those of the
            document, ``join`` (a function of the document's id), ``conditions``.
        """
        if products := self.company.relationship_excluded_product_ids:
            reasons += (SQL("line.product_id IN %s", products._ids),)
        if not reasons:
            nothing = SQL()
            return {
                "amount": nothing,
                "margin": nothing,
                "join": lambda _id: nothing,
                "conditions": (),
            }
        return {
            "amount": SQL(" - COALESCE(left_out.amount, 0)"),
            "margin": SQL(" - COALESCE(left_out.margin, 0)"),
            # through the document's index: if joined to a sum over all lines, that sum
            # would be computed again for each document wherever PostgreSQL expects few
            # of them
            "join": lambda id_: SQL(
                """
                LEFT JOIN LATERAL (
                    SELECT sum(amount) FILTER (WHERE is_out) AS amount,
                           sum(margin) FILTER (WHERE is_out) AS margin,
                           bool_and(is_out) AS is_all
                      FROM (
                        SELECT %(amount)s AS amount, %(margin)s AS margin,
                               COALESCE(%(is_out)s, FALSE) AS is_out
                          FROM %(table)s line
                         WHERE line.%(document)s = %(id)s
                           AND COALESCE(line.display_type, 'product') = 'product'
                        OFFSET 0
                      ) part
                ) left_out ON TRUE
                """,
                id=id_,
                table=table,
                document=document,
                amount=amount,
                margin=SQL("margin" if self.has_margin else "0"),
                is_out=SQL(" OR ").join(reasons),
            ),
            "conditions": (SQL("left_out.is_all IS NOT TRUE"),),
        }
