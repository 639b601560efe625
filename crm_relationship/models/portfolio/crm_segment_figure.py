from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...engine.survival import Survival, fit_survival
from ..base.known import KnownFloat, KnownInteger
from .survival import MIN_BASE, follow_customers


class CrmSegmentFigure(models.Model):
    """What a company knows about a whole segment, or, without one, all customers.

    A table of its own, because several companies may share a segment.
    """

    _name = "crm.segment.figure"
    _inherit = ["crm.record.mixin"]
    _description = "Figures of a Segment"
    _order = "segment_id, id"
    _log_access = False
    _rec_name = "segment_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        ondelete="cascade",
    )
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        index="btree_not_null",
        ondelete="cascade",
        help="Left empty, the figures are those of all customers.",
    )
    refresh_date = fields.Date(
        string="Last Update",
        help="Day of the last update of the portfolio, in the company's time zone.",
    )
    purchase_interval = KnownFloat(
        string="Usual Interval (days)",
        digits=(8, 2),
        help="Median of the usual intervals of the customers with a purchase in the"
        " analysis window, as far as known. They are counted in the segment that their"
        " scores alone lead to, without conditions on the stage.",
    )
    date = fields.Date(
        string="As Of",
        help="The retention ends with the month before this day.",
    )
    base_count = KnownInteger(
        string="Customers a Year Ago",
        help="Customers on whom the retention is based: those of the segment 12 months"
        " before the last month ended, or at the beginning of the records.",
    )
    retention_rate = KnownFloat(
        string="Retention",
        digits=(3, 2),
        help="Share of the customers a year ago who were active when the last month"
        " ended, whatever their segment then, rounded to a whole percent. With records"
        " of h months only: the share of that time to the power of 12 ÷ h.",
    )
    rate_used = KnownFloat(
        string="Retention Used",
        digits=(3, 2),
        help="Retention that values are computed with: the segment's own, or that of"
        " all customers when the segment had fewer than 30 a year ago. Lost customers"
        " of such a segment are expected to bring nothing: how many come back is not"
        " known yet.",
    )

    survival_base = KnownInteger(
        string="Customers Followed",
        help="Active customers of the segment on the day from which they are followed:"
        " the oldest month on record, at most five years ago, that had 30 of them.",
    )
    survival_months = KnownInteger(
        string="Months Followed",
        help="Until as many days ago as make a customer lost: who bought since then was"
        " a customer then.",
    )
    survival_a = KnownFloat(
        digits=(16, 6), help="First parameter of the fitted curve of survival."
    )
    survival_b = KnownFloat(
        digits=(16, 6), help="Second parameter of the fitted curve of survival."
    )

    _company_segment_unique = models.UniqueIndex(
        "(company_id, COALESCE(segment_id, 0))",
        "The figures of this segment and company are there already.",
    )

    def _get_multiples(self, company):
        """Return the margins of a year that a customer stands for, by segment id.

        By the segment's own curve of survival, where it is known, else by that of all
        customers; ``False`` is the key of all. Nothing in it where no curve is known.
        """
        curves = {
            figure.segment_id.id: Survival(figure.survival_a, figure.survival_b)
            for figure in self.search([("company_id", "=", company.id)])
            if figure.survival_a is not False
        }
        discount = company.relationship_discount_rate
        return {id_: curve.get_multiple(discount) for id_, curve in curves.items()}

    @api.model
    def _get_total(self, company):
        """Return the figures of all customers of a company, possibly empty."""
        return self.search(
            [("company_id", "=", company.id), ("segment_id", "=", False)]
        )

    @api.model
    def _get_known_from(self, company):
        """Return the day from which retention will be known, if anything is bought.

        A comparison needs the ends of two months; each is recorded at the beginning of
        the next one, back to the first purchase.

        :return: date, or False where nobody has bought anything yet
        """
        oldest = self.env["crm.relationship.snapshot"].search(
            [("company_id", "=", company.id)], order="date", limit=1
        )
        month = oldest.date
        if not month:
            relationships = self.env["crm.relationship"].with_context(active_test=False)
            [(first,)] = relationships._read_group(
                [("company_id", "=", company.id)], [], ["first_order_date:min"]
            )
            month = first and first.replace(day=1) + relativedelta(months=1)
        return month and month + relativedelta(months=1)

    @api.model
    def _describe_unknown(self, company):
        """Return in words from when retention, and with it the value, will be known."""
        day = self._get_known_from(company)
        if not day:
            return self.env._(
                "Lifetime value: not known yet. Retention is counted from the second"
                " month of records on, and these begin with the first purchase."
            )
        if day <= company._relationship_today():
            return self.env._(
                "Lifetime value: not known yet. Retention is counted from the second"
                " month of records on, with the next nightly update."
            )
        return self.env._(
            "Lifetime value: not known before %(day)s. Retention is counted from the"
            " second month of records on.",
            day=format_date(self.env, day, date_format="medium"),
        )

    @api.model
    def _is_outdated(self, company):
        """Tell whether there are snapshots that the retention does not include yet."""
        domain = [("company_id", "=", company.id)]
        snapshots = self.env["crm.relationship.snapshot"]
        newest = snapshots.search(domain, order="date desc", limit=1).date
        oldest = snapshots.search(domain, order="date", limit=1).date
        # a single month says nothing about retention
        return newest != oldest and newest != self._get_total(company).date

    @api.model
    def _pace_sql(self, query):
        """Return SQL that stores the usual intervals of a ``PortfolioQuery``.

        It also stores the day, which must not be kept on the company: writing there
        clears the caches of all users.
        """
        return SQL(
            """
            INSERT INTO crm_segment_figure AS f
                (company_id, segment_id, refresh_date, purchase_interval)
            SELECT %(company)s, s.id, %(today)s, rhythm.interval_days
              FROM (SELECT id FROM crm_segment
                     WHERE company_id IS NULL OR company_id = %(company)s
                     UNION ALL SELECT NULL) s
         LEFT JOIN %(rhythm)s rhythm
                ON CASE WHEN s.id IS NULL THEN is_total
                        ELSE NOT is_total AND value_segment_id = s.id END
            ON CONFLICT (company_id, COALESCE(segment_id, 0)) DO UPDATE
               SET refresh_date = EXCLUDED.refresh_date,
                   purchase_interval = EXCLUDED.purchase_interval
             WHERE (f.refresh_date, f.purchase_interval)
                   IS DISTINCT FROM (EXCLUDED.refresh_date, EXCLUDED.purchase_interval)
            """,
            company=query.company.id,
            today=query.day,
            rhythm=query.rhythm,
        )

    @api.model
    def _refresh_figures(self, company):
        """Compute retention from the newest snapshot and the one a year before.

        SQL: joins the snapshots of the whole base.
        """
        self.env.flush_all()
        # what is not known is empty, not 0 as the ORM would write it
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_segment_figure
                   SET date = NULL, base_count = NULL,
                       retention_rate = NULL, rate_used = NULL
                 WHERE company_id = %s
                """,
                company.id,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                WITH span AS (
                    SELECT newest.date AS newest, oldest.date AS oldest,
                           12 / (EXTRACT(YEAR FROM age(newest.date, oldest.date)) * 12
                                 + EXTRACT(MONTH FROM age(newest.date, oldest.date)))
                               AS exponent
                      FROM (SELECT max(date) AS date FROM crm_relationship_snapshot
                             WHERE company_id = %(company)s) newest
                CROSS JOIN LATERAL (
                        SELECT min(date) AS date FROM crm_relationship_snapshot
                         WHERE company_id = %(company)s AND date < newest.date
                           AND date >= newest.date - interval '12 months') oldest
                     WHERE oldest.date IS NOT NULL
                ), stayed AS (
                    SELECT before.segment_id, before.is_active AS was_active,
                           count(*) AS base, sum(COALESCE(now.is_active, 0)) AS active
                      FROM span
                      JOIN crm_relationship_snapshot before
                        ON before.company_id = %(company)s AND before.date = span.oldest
                 LEFT JOIN crm_relationship_snapshot now
                        ON now.relationship_id = before.relationship_id
                       AND now.date = span.newest
                  GROUP BY before.segment_id, before.is_active
                ), rated AS (
                    SELECT segment_id, base,
                           round((active::numeric / base) ^ exponent, 2) AS rate
                      FROM span, (
                        SELECT segment_id, sum(base) AS base, sum(active) AS active
                          FROM stayed WHERE segment_id IS NOT NULL GROUP BY segment_id
                        UNION ALL
                        SELECT NULL, sum(base), sum(active)
                          FROM stayed WHERE was_active = 1 HAVING sum(base) > 0
                      ) counted
                )
                INSERT INTO crm_segment_figure
                    (company_id, segment_id, date, base_count, retention_rate,
                     rate_used)
                SELECT %(company)s, s.id, span.newest, COALESCE(rated.base, 0),
                       rated.rate,
                       CASE WHEN s.id IS NULL OR rated.base >= %(min_base)s
                            THEN rated.rate
                            ELSE (SELECT rate FROM rated WHERE segment_id IS NULL) END
                  FROM span
            CROSS JOIN (SELECT id FROM crm_segment
                         WHERE company_id IS NULL OR company_id = %(company)s
                         UNION ALL SELECT NULL) s
             LEFT JOIN rated ON rated.segment_id IS NOT DISTINCT FROM s.id
                ON CONFLICT (company_id, COALESCE(segment_id, 0)) DO UPDATE
                   SET date = EXCLUDED.date,
                       base_count = EXCLUDED.base_count,
                       retention_rate = EXCLUDED.retention_rate,
                       rate_used = EXCLUDED.rate_used
                """,
                company=company.id,
                min_base=MIN_BASE,
            )
        )
        self._refresh_survival(company)
        self.invalidate_model()

    @api.model
    def _refresh_survival(self, company):
        """Fit how long customers stay, of each segment with enough of them, and of all.

        SQL: what is not known is empty, not 0 as the ORM would write it.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_segment_figure
                   SET survival_base = NULL, survival_months = NULL,
                       survival_a = NULL, survival_b = NULL
                 WHERE company_id = %s
                """,
                company.id,
            )
        )
        for segment_id, left in follow_customers(company).items():
            curve = fit_survival(left) if left[0] >= MIN_BASE else None
            if curve:
                self.env.cr.execute(
                    SQL(
                        """
                        UPDATE crm_segment_figure
                           SET survival_base = %s, survival_months = %s,
                               survival_a = %s, survival_b = %s
                         WHERE company_id = %s AND segment_id IS NOT DISTINCT FROM %s
                        """,
                        left[0],
                        len(left) - 1,
                        curve.a,
                        curve.b,
                        company.id,
                        segment_id,
                    )
                )
