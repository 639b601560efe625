from odoo import api, models
from odoo.tools import SQL

from .crm_segment import SCORES
from .crm_segment_figure import MIN_BASE
from .crm_segment_rule import FILTER_ERRORS


class CrmRelationship(models.Model):
    """Scores, life cycle, segment and value of every customer, as SQL.

    The tables stand on one another:

    1. ``portfolio_history``: what each customer bought, ever and within the window, put
       there by ``_portfolio_collect``;
    2. ``score``: the same with 1 + ⌊classes × customers strictly worse ÷ customers⌋ for
       each of recency, frequency and monetary; equal values get equal scores (``ntile``
       does not);
    3. ``rated``: the customers with their scores and their *value segment*, the first
       segment without a condition on the stage. The stage follows from the usual
       interval, and that may be the segment's: only a segment that does not depend on
       the stage keeps this from running in circles;
    4. ``rhythm``: the usual interval of each value segment, and of all;
    5. ``staged``: the life cycle stage, from purchases and silence;
    6. ``final``: the segment, and the value.

    All derives from the documents, not from a former state: running it twice, or for
    the first time over an old base, gives the same answer.

    ``OFFSET 0`` where a long expression is used more than once: PostgreSQL would
    compute it for each use, and a refresh took a third longer.
    """

    _inherit = "crm.relationship"

    @api.model
    def _portfolio_tables(self, company, day, is_live=True):
        """Return SQL for the tables of a ``WITH``, ``score`` to ``final``.

        They stand on those that ``_portfolio_collect`` found for the same day.

        :param date day: the last day that counts, in the company's time zone
        :param bool is_live: whether segments kept by hand are, and prospects and
            customers without purchases are included; else only who bought by ``day``.
        """
        return SQL(
            """
            score AS (%(score)s),
            rated AS (%(rated)s),
            rhythm AS (%(rhythm)s),
            staged AS (%(staged)s),
            final AS (%(final)s)
            """,
            score=self._portfolio_scores(company),
            rated=self._portfolio_rated(company, day, is_live),
            rhythm=self._portfolio_rhythm(),
            staged=self._portfolio_staged(company, day),
            final=self._portfolio_final(company, day, is_live),
        )

    @api.model
    def _portfolio_scores(self, company):
        """Return SQL rows of the history with scores, 0 for who is not ranked.

        These are appended instead of being joined: without statistics (right after an
        import) PostgreSQL would sort all for each row.
        """
        monetary = "margin" if self._portfolio_has_margin(company) else "revenue"
        ranked = {
            "recency": SQL("last_day"),
            "frequency": SQL("order_count"),
            "monetary": SQL.identifier(monetary),
        }
        return SQL(
            """
            SELECT history.*, %(scores)s
              FROM portfolio_history history
        CROSS JOIN (SELECT count(*) AS customers FROM portfolio_history
                     WHERE is_ranked) ranked
             WHERE is_ranked
             UNION ALL
            SELECT history.*, %(zeros)s FROM portfolio_history history
             WHERE NOT is_ranked
            """,
            scores=SQL(", ").join(
                SQL(
                    "(1 + %(bins)s * (rank() OVER (ORDER BY %(figure)s) - 1)"
                    " / customers)::int AS %(score)s",
                    bins=company.relationship_bins,
                    figure=figure,
                    score=SQL.identifier(f"rfm_{score}"),
                )
                for score, figure in ranked.items()
            ),
            zeros=SQL(", ").join([SQL("0")] * len(ranked)),
        )

    @api.model
    def _portfolio_rated(self, company, day, is_live):
        """Return SQL rows, one a customer, prospect or known relationship."""
        segments, fallback = self.env["crm.segment"]._get_rules(company)
        return SQL(
            """
            SELECT customer.*, %(segment)s AS value_segment_id
              FROM (
                SELECT partner_id, r.id, r.locked_segment_id, r.lock_until,
                       CASE WHEN r.defection_date <= %(day)s THEN r.defection_date
                            END AS good_bye,
                       COALESCE(h.total_count, 0)::int AS total_count,
                       COALESCE(h.order_count, 0)::int AS order_count,
                       COALESCE(h.revenue, 0) AS revenue,
                       COALESCE(h.margin, 0) AS margin,
                       h.first_day AS first_order_date, h.last_day AS last_order_date,
                       h.previous_day, h.interval_days, %(scores)s
                  FROM score h
                  %(join)s (%(known)s) r USING (partner_id)
              ) customer
             WHERE partner_id <> %(self)s
            """,
            known=self._portfolio_known(company, is_live),
            join=SQL("FULL JOIN" if is_live else "JOIN"),
            scores=SQL(", ").join(
                SQL("COALESCE(h.%(score)s, 0) AS %(score)s", score=score)
                for score in (SQL.identifier(f"rfm_{score}") for score in SCORES)
            ),
            segment=self._portfolio_segments(
                segments.filtered(lambda s: not s.lifecycle_stage), fallback, company
            ),
            self=company.partner_id.id,
            day=day,
        )

    @api.model
    def _portfolio_known(self, company, is_live):
        """Return SQL rows of the relationships, and of those who may become one.

        Prospects asked for something and never bought: a quotation or an opportunity.

        A full join, because PostgreSQL cannot do it by a loop. With `NOT EXISTS` it
        takes the prospects without a relationship for one row at times, and then goes
        through all quotations for each of them, for minutes.
        """
        known = SQL(
            "SELECT partner_id, id, locked_segment_id, lock_until, defection_date"
            " FROM crm_relationship WHERE company_id = %s",
            company.id,
        )
        if not is_live:
            return known
        return SQL(
            """
            SELECT *
              FROM (%(known)s) known
         FULL JOIN (
                SELECT p.commercial_partner_id AS partner_id
                  FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
                 WHERE o.state IN ('draft', 'sent') AND o.company_id = %(company)s
                 UNION
                SELECT p.commercial_partner_id
                  FROM crm_lead l JOIN res_partner p ON p.id = l.partner_id
                 WHERE l.active AND l.company_id = %(company)s
              ) prospect USING (partner_id)
            """,
            known=known,
            company=company.id,
        )

    @api.model
    def _portfolio_rhythm(self):
        """Return SQL rows (value_segment_id, is_total, interval_days).

        Medians of the usual intervals of the customers active in the window.
        """
        return SQL(
            """
            SELECT value_segment_id, GROUPING(value_segment_id) = 1 AS is_total,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY interval_days)
                       AS interval_days
              FROM rated
             WHERE interval_days IS NOT NULL AND rfm_recency > 0
          GROUP BY GROUPING SETS ((value_segment_id), ())
            """
        )

    @api.model
    def _portfolio_staged(self, company, day):
        """Return SQL rows of ``rated`` with the life cycle stage.

        Medians of days are multiples of ¼, and the factor is told in tenths: so floats
        are exact. They are also several times faster than decimals.
        """
        return SQL(
            """
            SELECT rated.*,
                   CASE WHEN total_count = 0 THEN 'prospect'
                        WHEN %(day)s - last_order_date > %(lost)s
                          OR good_bye >= last_order_date THEN 'lost'
                        WHEN 10 * (%(day)s - last_order_date)
                          > COALESCE(%(tenths)s * COALESCE(rated.interval_days,
                                own.interval_days, total.interval_days),
                                10 * %(at_risk)s) THEN 'at_risk'
                        WHEN total_count = 1 THEN 'first_time'
                        WHEN last_order_date - previous_day > %(lost)s
                          OR good_bye >= previous_day THEN 'recovered'
                        WHEN total_count >= %(loyal)s THEN 'loyal'
                        ELSE 'repeater' END AS lifecycle_stage
              FROM rated
         LEFT JOIN rhythm own
                ON own.value_segment_id = rated.value_segment_id AND NOT own.is_total
         LEFT JOIN rhythm total ON total.is_total
            OFFSET 0
            """,
            day=day,
            lost=company.relationship_lost_days,
            at_risk=company.relationship_at_risk_days,
            tenths=round(10 * company.relationship_at_risk_factor),
            loyal=company.relationship_loyal_orders,
        )

    @api.model
    def _portfolio_final(self, company, day, is_live):
        """Return SQL rows of ``staged`` with the segment, and what follows from it."""
        segments, fallback = self.env["crm.segment"]._get_rules(company)
        total = self.env["crm.segment.figure"]._get_total(company).rate_used
        code = SQL(", ").join(SQL.identifier(f"rfm_{score}") for score in SCORES)
        if company.relationship_bins > 9:
            code = SQL("concat_ws('-', %s)", code)
        else:
            code = SQL("concat(%s)", code)
        return SQL(
            """
            SELECT valued.*,
                   round(yearly_margin * rate, %(digits)s) AS value_12m,
                   round(yearly_margin * rate / (1 + %(discount)s - CASE
                         WHEN lifecycle_stage = 'lost' THEN %(total)s ELSE rate END),
                         %(digits)s) AS lifetime_value
              FROM (
                SELECT chosen.*, %(code)s AS rfm_code,
                       round(COALESCE(interval_days, 0)::numeric, 1)
                           AS purchase_interval,
                       CASE WHEN first_order_date IS NULL THEN 0 ELSE
                       round(margin * 12 / LEAST(%(window)s, GREATEST(12, %(month)s
                           - date_part('year', first_order_date)::int * 12
                           - date_part('month', first_order_date)::int)),
                           %(digits)s) END AS yearly_margin,
                       CASE WHEN lifecycle_stage = 'lost'
                             AND COALESCE(f.base_count, 0) < %(min_base)s THEN 0
                            ELSE COALESCE(f.rate_used, %(total)s) END AS rate
                  FROM (
                    SELECT staged.*, COALESCE(%(locked)s, %(segment)s) AS segment_id
                      FROM staged OFFSET 0
                  ) chosen
             LEFT JOIN crm_segment_figure f
                    ON f.company_id = %(company)s AND f.segment_id = chosen.segment_id
                OFFSET 0
              ) valued
            OFFSET 0
            """,
            company=company.id,
            month=day.year * 12 + day.month,
            min_base=MIN_BASE,
            window=company.relationship_window_months,
            code=code,
            digits=company.currency_id.decimal_places,
            discount=SQL("%s::numeric", f"{company.relationship_discount_rate:.4f}"),
            total=SQL("%s::numeric", f"{total:.2f}"),
            segment=self._portfolio_segments(segments, fallback, company),
            locked=SQL(
                "CASE WHEN lock_until IS NULL OR lock_until >= %s"
                " THEN locked_segment_id END",
                day,
            )
            if is_live
            else SQL("NULL::int"),
        )

    @api.model
    def _portfolio_segments(self, segments, fallback, company):
        """Return SQL for the id of the first segment that fits a row, or else one."""
        cases = [
            SQL(
                "WHEN %s THEN %s",
                self._portfolio_segment_condition(segment, company),
                segment.id,
            )
            for segment in segments
        ]
        otherwise = fallback.id or SQL("NULL::int")
        if not cases:
            return SQL("%s", otherwise)
        return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), otherwise)

    @api.model
    def _portfolio_segment_condition(self, segment, company):
        """Return SQL on a row of a customer.

        :raises ValidationError: when the filter cannot be read any more
        """
        conditions = [
            SQL("%s BETWEEN %s AND %s", SQL.identifier(f"rfm_{score}"), low, high)
            for score, (low, high) in segment._get_score_ranges(company).items()
        ]
        if segment.lifecycle_stage:
            conditions.append(SQL("lifecycle_stage = %s", segment.lifecycle_stage))
        try:
            if not segment._get_partner_domain().is_true():
                query = segment._partner_query(company)
                conditions.append(SQL("partner_id IN %s", query.subselect()))
        except FILTER_ERRORS as error:
            segment._refuse_filter(segment._describe_filter_error(error))
        return SQL(" AND ").join(conditions) if conditions else SQL("TRUE")
