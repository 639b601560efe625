import logging

import psycopg2
from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.tools import SQL

from .crm_segment import SCORES

_logger = logging.getLogger(__name__)

# What the refresh writes, besides the segment and the date of a new life cycle stage.
PORTFOLIO_FIELDS = (
    "lifecycle_stage",
    "rfm_recency",
    "rfm_frequency",
    "rfm_monetary",
    "rfm_code",
    "order_count",
    "revenue",
    "first_order_date",
    "last_order_date",
)


class CrmRelationship(models.Model):
    """Portfolio refresh: the value and behaviour of every customer of a company.

    One statement a company, because the base may hold a million customers:

    1. ``history``: what each commercial partner bought, ever and within the window;
    2. ``score``: 1 + ⌊5 × customers strictly worse ÷ customers⌋ for each of recency,
       frequency and monetary; equal values get equal scores (``ntile`` does not);
    3. ``figure``: the life cycle stage, from purchases and silence;
    4. ``final``: the first segment, by sequence, whose conditions all hold;
    5. only rows that differ from what is stored are written, and each change of segment
       leaves a row in ``crm.segment.move``.
    """

    _inherit = "crm.relationship"

    @api.model
    def _cron_refresh_portfolio(self):
        """Refresh the portfolio of every company; commit after each.

        A company whose refresh fails (a filter that names a field removed since) is
        logged and does not keep the others waiting.
        """
        companies = self.env["res.company"].sudo().search([])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            try:
                with self.env.cr.savepoint():
                    self._refresh_portfolio(company)
            except psycopg2.OperationalError:
                raise
            except Exception:
                _logger.exception("The portfolio of %s was not refreshed", company.name)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _refresh_portfolio(self, company):
        """Refresh the portfolio of one company.

        :return: ``{"created": n, "changed": n, "moved": n}``: relationships made,
            rewritten, and among both those whose segment changed.
        """
        self.env.flush_all()
        [(created, changed, moved)] = self.env.execute_query(
            SQL(
                """
                WITH document AS (%(document)s),
                history AS (%(history)s),
                score AS (%(score)s),
                figure AS (%(figure)s),
                final AS (
                    SELECT figure.*, %(segment)s AS segment_id,
                           concat(rfm_recency, rfm_frequency, rfm_monetary) AS rfm_code
                      FROM figure
                ), changed AS (%(changed)s),
                written AS (%(write)s),
                moved AS (%(trace)s)
                SELECT count(*) FILTER (WHERE id IS NULL),
                       count(*) FILTER (WHERE id IS NOT NULL),
                       (SELECT count(*) FROM moved)
                  FROM changed
                """,
                document=self._portfolio_documents(company),
                history=self._portfolio_history(company),
                score=self._portfolio_scores(),
                figure=self._portfolio_figures(company),
                segment=self._portfolio_segments(company),
                changed=self._portfolio_changes(company),
                write=self._portfolio_write(company),
                trace=self._portfolio_trace(company),
            )
        )
        self.invalidate_model()
        if created or changed:
            _logger.info(
                "Portfolio of %s: %s new customers, %s changed, %s changed segment",
                company.name,
                created,
                changed,
                moved,
            )
        self.env["crm.program"]._enroll_lifecycle(company)
        return {"created": created, "changed": changed, "moved": moved}

    @api.model
    def _portfolio_documents(self, company):
        """Return SQL rows (partner_id, date, amount, user_id, is_purchase).

        ``date`` is a UTC time stamp, ``amount`` in company currency without tax at the
        rate of the document itself.
        """
        if company.relationship_source == "invoice":
            return SQL(
                """
                SELECT p.commercial_partner_id AS partner_id,
                       (m.invoice_date::timestamp AT TIME ZONE %(tz)s
                        AT TIME ZONE 'UTC') AS date,
                       m.amount_untaxed_signed AS amount,
                       m.invoice_user_id AS user_id,
                       m.move_type = 'out_invoice' AS is_purchase
                  FROM account_move m
                  JOIN res_partner p ON p.id = m.partner_id
                 WHERE m.state = 'posted' AND m.company_id = %(company)s
                   AND m.move_type IN ('out_invoice', 'out_refund')
                """,
                company=company.id,
                tz=company._relationship_tz(),
            )
        return SQL(
            """
            SELECT p.commercial_partner_id AS partner_id,
                   o.date_order AS date,
                   o.amount_untaxed / COALESCE(NULLIF(o.currency_rate, 0), 1) AS amount,
                   o.user_id,
                   TRUE AS is_purchase
              FROM sale_order o
              JOIN res_partner p ON p.id = o.partner_id
             WHERE o.state = 'sale' AND o.company_id = %(company)s
            """,
            company=company.id,
        )

    @api.model
    def _portfolio_history(self, company):
        """Return SQL rows, one a customer who ever bought: what, when, from whom.

        The last purchase and the one before come from one sorted array; ``gap_days``
        between them tells whether the customer had been lost before returning.
        """
        tz = company._relationship_tz()
        window = company._relationship_time(
            company._relationship_today()
            - relativedelta(months=company.relationship_window_months),
            hour=0,
        )
        return SQL(
            """
            SELECT aggregated.*,
                   (first_date AT TIME ZONE 'UTC'
                    AT TIME ZONE %(tz)s)::date AS first_day,
                   (dates[1] AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS last_day,
                   (dates[2] AT TIME ZONE 'UTC'
                    AT TIME ZONE %(tz)s)::date AS previous_day
              FROM (
                SELECT partner_id,
                       min(date) FILTER (WHERE is_purchase) AS first_date,
                       (array_agg(date ORDER BY date DESC)
                        FILTER (WHERE is_purchase))[:2] AS dates,
                       (array_agg(user_id ORDER BY date DESC))[1] AS user_id,
                       count(*) FILTER (WHERE is_purchase) AS total_count,
                       count(*) FILTER (WHERE is_purchase AND date >= %(window)s)
                           AS order_count,
                       round(COALESCE(sum(amount) FILTER (WHERE date >= %(window)s), 0)
                             ::numeric, %(digits)s) AS revenue
                  FROM document
              GROUP BY partner_id
              ) aggregated
            """,
            tz=tz,
            window=window,
            digits=company.currency_id.decimal_places,
        )

    @api.model
    def _portfolio_scores(self):
        """Return SQL rows (partner_id, scores) of customers active in the window."""
        return SQL(
            """
            SELECT history.partner_id,
                   1 + 5 * (rank() OVER (ORDER BY last_day) - 1)
                     / count(*) OVER () AS recency,
                   1 + 5 * (rank() OVER (ORDER BY order_count) - 1)
                     / count(*) OVER () AS frequency,
                   1 + 5 * (rank() OVER (ORDER BY revenue) - 1)
                     / count(*) OVER () AS monetary
              FROM history
              JOIN res_partner p ON p.id = history.partner_id AND p.active
             WHERE order_count > 0
            """
        )

    @api.model
    def _portfolio_figures(self, company):
        """Return SQL rows, one a customer, prospect or known relationship.

        Prospects are those who asked for something and never bought: a quotation or an
        opportunity. The company's own contact is nobody's customer.
        """
        return SQL(
            """
            SELECT base.partner_id, h.user_id,
                   COALESCE(s.recency, 0)::int AS rfm_recency,
                   COALESCE(s.frequency, 0)::int AS rfm_frequency,
                   COALESCE(s.monetary, 0)::int AS rfm_monetary,
                   COALESCE(h.order_count, 0)::int AS order_count,
                   COALESCE(h.revenue, 0) AS revenue,
                   h.first_day AS first_order_date,
                   h.last_day AS last_order_date,
                   CASE WHEN COALESCE(h.total_count, 0) = 0 THEN 'prospect'
                        WHEN %(today)s - h.last_day > %(lost)s THEN 'lost'
                        WHEN %(today)s - h.last_day > %(at_risk)s THEN 'at_risk'
                        WHEN h.total_count = 1 THEN 'first_time'
                        WHEN h.last_day - h.previous_day > %(lost)s THEN 'recovered'
                        WHEN h.total_count >= %(loyal)s THEN 'loyal'
                        ELSE 'repeater' END AS lifecycle_stage
              FROM (
                SELECT partner_id FROM history
                UNION
                SELECT p.commercial_partner_id
                  FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
                 WHERE o.state IN ('draft', 'sent') AND o.company_id = %(company)s
                UNION
                SELECT p.commercial_partner_id
                  FROM crm_lead l JOIN res_partner p ON p.id = l.partner_id
                 WHERE l.active AND l.company_id = %(company)s
                UNION
                SELECT partner_id FROM crm_relationship WHERE company_id = %(company)s
              ) base
         LEFT JOIN history h ON h.partner_id = base.partner_id
         LEFT JOIN score s ON s.partner_id = base.partner_id
             WHERE base.partner_id <> %(self)s
            """,
            company=company.id,
            self=company.partner_id.id,
            today=company._relationship_today(),
            lost=company.relationship_lost_days,
            at_risk=company.relationship_at_risk_days,
            loyal=company.relationship_loyal_orders,
        )

    @api.model
    def _portfolio_segments(self, company):
        """Return SQL for the id of the first segment that fits a row of ``figure``."""
        segments = self.env["crm.segment"].search(
            [("company_id", "in", (company.id, False))]
        )
        cases = [
            SQL(
                "WHEN %s THEN %s",
                self._portfolio_segment_condition(segment),
                segment.id,
            )
            for segment in segments
        ]
        return SQL("CASE %s END", SQL(" ").join(cases)) if cases else SQL("NULL::int")

    @api.model
    def _portfolio_segment_condition(self, segment):
        conditions = [
            SQL(
                "%s BETWEEN %s AND %s",
                SQL.identifier(f"rfm_{score}"),
                segment[f"{score}_min"],
                segment[f"{score}_max"],
            )
            for score in SCORES
        ]
        if segment.lifecycle_stage:
            conditions.append(SQL("lifecycle_stage = %s", segment.lifecycle_stage))
        domain = segment._get_partner_domain()
        if not domain.is_true():
            partners = self.env["res.partner"].with_context(active_test=False)
            conditions.append(
                SQL("partner_id IN %s", partners._search(domain).subselect())
            )
        return SQL("(%s)", SQL(" AND ").join(conditions))

    @api.model
    def _portfolio_changes(self, company):
        """Return SQL rows of ``final`` that the table lacks or that differ from it."""
        columns = (*PORTFOLIO_FIELDS, "segment_id")
        return SQL(
            """
            SELECT final.*, r.id, r.segment_id AS old_segment_id,
                   r.lifecycle_stage AS old_stage, r.lifecycle_date,
                   COALESCE(pu.id, du.id) AS staff_id
              FROM final
              JOIN res_partner p ON p.id = final.partner_id
         LEFT JOIN crm_relationship r
                ON r.partner_id = final.partner_id AND r.company_id = %(company)s
         LEFT JOIN res_users pu ON pu.id = p.user_id AND pu.active AND NOT pu.share
         LEFT JOIN res_users du ON du.id = final.user_id AND du.active AND NOT du.share
             WHERE CASE WHEN r.id IS NULL THEN p.active
                        ELSE (%(old)s) IS DISTINCT FROM (%(new)s) END
            """,
            company=company.id,
            old=SQL(", ").join(SQL.identifier("r", name) for name in columns),
            new=SQL(", ").join(SQL.identifier("final", name) for name in columns),
        )

    @api.model
    def _portfolio_write(self, company):
        """Return SQL that inserts or updates the rows of ``changed``."""
        columns = (*PORTFOLIO_FIELDS, "segment_id")
        return SQL(
            """
            INSERT INTO crm_relationship
                (partner_id, company_id, active, user_id, coverage_state,
                 create_uid, create_date, write_uid, write_date, lifecycle_date,
                 %(columns)s)
            SELECT partner_id, %(company)s, TRUE, staff_id, 'no_plan',
                   %(uid)s, %(now)s, %(uid)s, %(now)s,
                   CASE WHEN old_stage <> lifecycle_stage THEN %(today)s
                        WHEN old_stage IS NOT NULL THEN lifecycle_date
                        WHEN lifecycle_stage = 'first_time' THEN first_order_date
                        END,
                   %(columns)s
              FROM changed
            ON CONFLICT (partner_id, company_id) DO UPDATE
               SET write_uid = EXCLUDED.write_uid,
                   write_date = EXCLUDED.write_date,
                   lifecycle_date = EXCLUDED.lifecycle_date,
                   %(assignments)s
            """,
            company=company.id,
            uid=self.env.uid,
            now=self.env.cr.now(),
            today=company._relationship_today(),
            columns=SQL(", ").join(map(SQL.identifier, columns)),
            assignments=SQL(", ").join(
                SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                for name in columns
            ),
        )

    @api.model
    def _portfolio_trace(self, company):
        """Return SQL that notes the segment changes of known customers."""
        return SQL(
            """
            INSERT INTO crm_segment_move
                (relationship_id, company_id, date, from_segment_id, to_segment_id,
                 from_stage, to_stage, rfm_code)
            SELECT id, %(company)s, %(today)s, old_segment_id, segment_id,
                   old_stage, lifecycle_stage, rfm_code
              FROM changed
             WHERE id IS NOT NULL AND old_segment_id IS DISTINCT FROM segment_id
         RETURNING id
            """,
            company=company.id,
            today=company._relationship_today(),
        )
