"""The portfolio of one company: scores, life cycle, segment and value, as SQL."""

from odoo.tools import SQL

from ...engine.segmentation import SCORES
from ..base.memory import raise_work_mem
from ..segment.rules import SegmentRules
from .crm_segment_figure import MIN_BASE
from .purchases import Purchases
from .silence import SilenceRule

# What the refresh writes, apart from the date of a new life cycle stage.
PORTFOLIO_FIELDS = (
    "segment_id",
    "lifecycle_stage",
    "rfm_recency",
    "rfm_frequency",
    "rfm_monetary",
    "rfm_code",
    "order_count",
    "revenue",
    "margin",
    "yearly_margin",
    "purchase_interval",
    "lifetime_value",
    "first_order_date",
    "last_order_date",
)


class PortfolioQuery:
    """What is known of each customer of a company as of a day, by set-based SQL.

    The tables build on one another:

    1. ``portfolio_history``, temporary, made by :meth:`collect`: a row a customer who
    ever bought, with ``partner_id``, ``first_day``, ``last_day``, ``previous_day``
    (the day of purchase before the last), ``interval_days`` (the median between
    days of purchase; empty below two gaps), ``total_count`` (of all time), and of
    the analysis window ``order_count``, ``revenue``, ``margin`` and ``is_ranked``
    (whether the customer gets scores);
    2. ``score``: the same with ``rfm_recency``, ``rfm_frequency``, ``rfm_monetary``:
    1 + ⌊classes × customers strictly worse ÷ customers⌋; equal values get equal
    scores (``ntile`` does not), who is not ranked gets 0;
    3. ``rated``: a row a customer, prospect or known relationship, with ``id`` (of the
    relationship, empty for a new one), ``partner_id``, ``first_order_date``,
    ``last_order_date``, ``good_bye``, ``locked_segment_id``, ``lock_until``,
    ``present_segment_id`` and ``value_segment_id``, the first segment without a
    condition on the stage. The stage follows from the usual interval, and that may be
    the segment's: only a segment that does not depend on the stage keeps this from
    going round in circles;
    4. ``rhythm``: ``interval_days``, the usual interval, of each ``value_segment_id``,
    and where ``is_total``, of all;
    5. ``staged``: ``rated`` with ``lifecycle_stage``, from purchases and silence;
    6. ``final``: ``staged`` with ``segment_id``, ``rfm_code``, ``purchase_interval``,
    ``yearly_margin``, ``rate`` and ``lifetime_value``;
    7. ``changed``: the rows of ``final`` that ``crm_relationship`` lacks or that differ
    from it, with ``old_segment_id``, ``old_stage`` and ``lifecycle_date``, the
    present ones.

    Other rooms take ``rhythm`` and ``changed`` from the attributes of that name.

    Everything is derived from the documents, not from an earlier state: running it
    twice, or for the first time on an old base, gives the same answer.

    ``OFFSET 0`` where a long expression is used more than once: PostgreSQL would
    compute it for each use, and a refresh took a third longer.
    """

    rhythm = SQL.identifier("rhythm")
    changed = SQL.identifier("changed")

    def __init__(self, env, company, day, is_live=True):
        """Prepare the query; nothing is asked yet.

        :param company: ``res.company``
        :param date day: the last day that counts, in the company's time zone
        :param bool is_live: whether manually kept segments apply, and prospects and
            customers without purchases are included; else only customers who had bought
            by ``day``.
        """
        self.env = env
        self.company = company.with_env(env)
        self.day = day
        self.is_live = is_live
        self.rules = SegmentRules(env, company)
        self.purchases = Purchases(self.company, day)

    # ------------------------------------------------------------------
    # Running it
    # ------------------------------------------------------------------

    def collect(self):
        """Put the history of the purchases into a temporary table.

        A statement of its own, because PostgreSQL reads in parallel only where nothing
        else is written: that takes a quarter off a refresh. It is told that passing
        rows between processes is cheap; otherwise it sorts them all in a single one.
        """
        self.env.flush_all()
        raise_work_mem(self.env.cr)
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.portfolio_history")
        self.env.cr.execute("SET LOCAL parallel_tuple_cost = 0")
        self.env.cr.execute(
            SQL(
                "CREATE TEMP TABLE portfolio_history ON COMMIT DROP AS"
                " WITH document AS (%s) %s",
                self.purchases.documents(),
                self.purchases.history(),
            )
        )
        self.env.cr.execute("SET LOCAL parallel_tuple_cost TO DEFAULT")

    def states(self):
        """Return SQL for the state of each known customer who had bought by the day."""
        return SQL(
            "WITH %s SELECT * FROM final"
            " WHERE id IS NOT NULL AND first_order_date IS NOT NULL",
            self._tables(),
        )

    def outcomes(self, later):
        """Return SQL rows (silence ÷ usual interval, bought again, customers).

        Of those who are not lost on the day, and of whom any usual interval is known.
        The quotient is rounded up to tenths: it exceeds the same factors, which are
        given in tenths.

        :param later: ``Purchases`` after the day
        """
        return SQL(
            """
            WITH %(tables)s, later AS (
                SELECT DISTINCT partner_id FROM (%(later)s) d WHERE is_purchase)
            SELECT ceil(10 * (%(silent)s) / days::numeric)::int / 10.0::float8,
                   bought_again, count(*)
              FROM (
                SELECT rated.last_order_date, later.partner_id IS NOT NULL
                           AS bought_again,
                       COALESCE(rated.interval_days, own.interval_days,
                                total.interval_days) AS days
                  FROM rated
             LEFT JOIN rhythm own
                    ON own.value_segment_id = rated.value_segment_id
                   AND NOT own.is_total
             LEFT JOIN rhythm total ON total.is_total
             LEFT JOIN later ON later.partner_id = rated.partner_id
                 WHERE total_count > 0
                   AND (good_bye >= last_order_date) IS NOT TRUE
              ) customer
             WHERE days > 0 AND NOT %(lost)s
          GROUP BY 1, 2
            """,
            tables=self._tables(),
            later=later.documents(),
            silent=SQL("%s - last_order_date", self.day),
            lost=SilenceRule(self.company).lost_sql(
                SQL("%s - last_order_date", self.day)
            ),
        )

    def store(self, steps):
        """Write what changed, and do what follows from it, in one statement.

        :param dict steps: further writing statements by name, as SQL
        :return: numbers of relationships made, rewritten, and moved to a segment
        """
        steps = {"written": self._write(), "moved": self._trace(), **steps}
        [counts] = self.env.execute_query(
            SQL(
                """
                WITH %(tables)s, changed AS (%(changed)s), %(steps)s
                SELECT count(*) FILTER (WHERE id IS NULL),
                       count(*) FILTER (WHERE id IS NOT NULL),
                       (SELECT count(*) FROM moved)
                  FROM changed
                """,
                tables=self._tables(),
                changed=self._changes(),
                steps=SQL(", ").join(
                    SQL("%s AS (%s)", SQL.identifier(name), step)
                    for name, step in steps.items()
                ),
            )
        )
        return counts

    # ------------------------------------------------------------------
    # The tables
    # ------------------------------------------------------------------

    def _tables(self):
        """Return SQL for the tables of a ``WITH``, ``score`` to ``final``."""
        return SQL(
            """
            score AS (%(score)s),
            rated AS (%(rated)s),
            rhythm AS (%(rhythm)s),
            staged AS (%(staged)s),
            final AS (%(final)s)
            """,
            score=self._scores(),
            rated=self._rated(),
            rhythm=self._rhythm(),
            staged=self._staged(),
            final=self._final(),
        )

    def _scores(self):
        """Return SQL rows of the history with scores; 0 where not ranked.

        These are appended instead of being joined: without statistics (right after an
        import) PostgreSQL would sort everything again for each row.
        """
        monetary = "margin" if self.purchases.has_margin else "revenue"
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
                    bins=self.company.relationship_bins,
                    figure=figure,
                    score=SQL.identifier(f"rfm_{score}"),
                )
                for score, figure in ranked.items()
            ),
            zeros=SQL(", ").join([SQL("0")] * len(ranked)),
        )

    def _rated(self):
        """Return SQL rows, one for each customer, prospect or known relationship."""
        return SQL(
            """
            SELECT customer.*, %(segment)s AS value_segment_id
              FROM (
                SELECT partner_id, r.id, r.locked_segment_id, r.lock_until,
                       r.segment_id AS present_segment_id,
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
            known=self._known(),
            join=SQL("FULL JOIN" if self.is_live else "JOIN"),
            scores=SQL(", ").join(
                SQL("COALESCE(h.%(score)s, 0) AS %(score)s", score=score)
                for score in (SQL.identifier(f"rfm_{score}") for score in SCORES)
            ),
            segment=self.rules.place_sql(with_stage=False),
            self=self.company.partner_id.id,
            day=self.day,
        )

    def _known(self):
        """Return SQL rows of the relationships, and of contacts that may get one.

        Prospects have asked for something and never bought: a quotation or an
        opportunity.

        A full join, because PostgreSQL cannot run it as a nested loop. With `NOT
        EXISTS` it sometimes estimates the prospects without a relationship as one row,
        and then goes through all quotations for each of them, for minutes.
        """
        known = SQL(
            "SELECT partner_id, id, locked_segment_id, lock_until, defection_date,"
            " segment_id"
            " FROM crm_relationship WHERE company_id = %s",
            self.company.id,
        )
        if not self.is_live:
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
            company=self.company.id,
        )

    def _rhythm(self):
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

    def _staged(self):
        """Return SQL rows of ``rated`` with the life cycle stage."""
        rule = SilenceRule(self.company)
        silent = SQL("%s - last_order_date", self.day)
        return SQL(
            """
            SELECT rated.*,
                   CASE WHEN total_count = 0 THEN 'prospect'
                        WHEN %(lost)s OR good_bye >= last_order_date THEN 'lost'
                        WHEN %(at_risk)s THEN 'at_risk'
                        WHEN total_count = 1 THEN 'first_time'
                        WHEN %(was_lost)s OR good_bye >= previous_day THEN 'recovered'
                        WHEN total_count >= %(loyal)s THEN 'loyal'
                        ELSE 'repeater' END AS lifecycle_stage
              FROM rated
         LEFT JOIN rhythm own
                ON own.value_segment_id = rated.value_segment_id AND NOT own.is_total
         LEFT JOIN rhythm total ON total.is_total
            OFFSET 0
            """,
            lost=rule.lost_sql(silent),
            at_risk=rule.at_risk_sql(
                silent,
                SQL("rated.interval_days"),
                SQL("own.interval_days"),
                SQL("total.interval_days"),
            ),
            was_lost=rule.lost_sql(SQL("last_order_date - previous_day")),
            loyal=self.company.relationship_loyal_orders,
        )

    def _final(self):
        """Return SQL rows of ``staged`` with the segment, and what follows from it."""
        total = self.env["crm.segment.figure"]._get_total(self.company).rate_used
        code = SQL(", ").join(SQL.identifier(f"rfm_{score}") for score in SCORES)
        if self.company.relationship_bins > 9:
            code = SQL("concat_ws('-', %s)", code)
        else:
            code = SQL("concat(%s)", code)
        return SQL(
            """
            SELECT valued.*,
                   round(yearly_margin * rate / (1 + %(discount)s - CASE
                         WHEN lifecycle_stage = 'lost' THEN %(total)s ELSE rate END),
                         %(digits)s) AS lifetime_value
              FROM (
                SELECT chosen.*, %(code)s AS rfm_code,
                       round(interval_days::numeric, 1)
                           AS purchase_interval,
                       CASE WHEN first_order_date IS NULL THEN 0 ELSE
                       round(margin * 12 / LEAST(%(window)s, GREATEST(12, %(month)s
                           - date_part('year', first_order_date)::int * 12
                           - date_part('month', first_order_date)::int)),
                           %(digits)s) END AS yearly_margin,
                       CASE WHEN %(total)s IS NULL THEN NULL
                            WHEN lifecycle_stage = 'lost'
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
            company=self.company.id,
            month=self.day.year * 12 + self.day.month,
            min_base=MIN_BASE,
            window=self.company.relationship_window_months,
            code=code,
            digits=self.company.currency_id.decimal_places,
            discount=SQL(
                "%s::numeric", f"{self.company.relationship_discount_rate:.4f}"
            ),
            # nothing is expected as long as nothing is known
            total=SQL("%s::numeric", None if total is False else f"{total:.2f}"),
            segment=self.rules.place_sql(),
            locked=SQL(
                "CASE WHEN lock_until IS NULL OR lock_until >= %s"
                " THEN locked_segment_id END",
                self.day,
            )
            if self.is_live
            else SQL("NULL::int"),
        )

    # ------------------------------------------------------------------
    # What changed
    # ------------------------------------------------------------------

    def _changes(self):
        """Return SQL rows of ``final`` that the table lacks or that differ from it."""
        return SQL(
            """
            SELECT final.*, r.segment_id AS old_segment_id,
                   r.lifecycle_stage AS old_stage, r.lifecycle_date
              FROM final
         LEFT JOIN crm_relationship r ON r.id = final.id
             WHERE CASE WHEN r.id IS NULL
                        THEN (SELECT p.active FROM res_partner p
                               WHERE p.id = final.partner_id)
                        ELSE (%(old)s) IS DISTINCT FROM (%(new)s) END
            """,
            old=SQL(", ").join(SQL.identifier("r", name) for name in PORTFOLIO_FIELDS),
            new=SQL(", ").join(
                SQL.identifier("final", name) for name in PORTFOLIO_FIELDS
            ),
        )

    def _write(self):
        """Return SQL that inserts or updates the rows of ``changed``."""
        first = self.env["crm.relationship"]._get_first_values()
        first = {k: v for k, v in first.items() if k not in PORTFOLIO_FIELDS}
        return SQL(
            """
            INSERT INTO crm_relationship
                (partner_id, company_id, active, %(first_columns)s,
                 create_uid, create_date, write_uid, write_date, lifecycle_date,
                 %(columns)s)
            SELECT partner_id, %(company)s, TRUE, %(first_values)s,
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
            company=self.company.id,
            uid=self.env.uid,
            now=self.env.cr.now(),
            today=self.day,
            first_columns=SQL(", ").join(map(SQL.identifier, first)),
            first_values=SQL(", ").join(SQL("%s", v) for v in first.values()),
            columns=SQL(", ").join(map(SQL.identifier, PORTFOLIO_FIELDS)),
            assignments=SQL(", ").join(
                SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                for name in PORTFOLIO_FIELDS
            ),
        )

    def _trace(self):
        """Return SQL that records the segment changes of known customers."""
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
            company=self.company.id,
            today=self.day,
        )
