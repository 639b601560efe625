import logging
from datetime import timedelta

import psycopg2

from odoo import api, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# What the refresh writes, besides the date of a new life cycle stage.
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
    "value_12m",
    "lifetime_value",
    "first_order_date",
    "last_order_date",
)
# From so many new rows on, PostgreSQL gets statistics before it goes on with them.
# Its own job comes later: it would take them for few, and compare all with all.
ANALYZE_FROM = 1000
# An older state of the relationships does not say how the month ended.
SNAPSHOT_GRACE_DAYS = 3


class CrmRelationship(models.Model):
    """Portfolio refresh: the value and behaviour of every customer of a company.

    Two statements a company, because the base may hold a million customers: one reads
    the documents, one writes. Their tables are described in
    ``crm_relationship_figure.py``; here, only rows that differ from
    what is stored are written, and each change of segment leaves a row in
    ``crm.segment.move``.
    """

    _inherit = "crm.relationship"

    @api.model
    def _cron_refresh_portfolio(self):
        """Refresh the portfolio of every company; commit after each step.

        A company whose refresh fails (a filter that names a field removed since) is
        logged and does not keep the others waiting.
        """
        companies = self.env["res.company"].sudo().search([])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            try:
                with self.env.cr.savepoint():
                    self._refresh_portfolio(company)
                has_time = self._refresh_history(company)
            except psycopg2.OperationalError:
                raise
            except Exception:
                _logger.exception("The portfolio of %s was not refreshed", company.name)
                has_time = True
            if not has_time or not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _refresh_history(self, company):
        """Reconstruct the months that are missing, and compute the values from them.

        Commits after each month: on the first night there are up to 25.

        :return: whether there is time left for more
        """
        snapshots = self.env["crm.relationship.snapshot"]
        figures = self.env["crm.segment.figure"]
        snapshots._drop_future(company)
        missing = snapshots._get_missing(company)
        for month in missing:
            with self.env.cr.savepoint():
                snapshots._reconstruct(company, month)
            if not self.env["ir.cron"]._commit_progress():
                return False
        if missing or figures._is_outdated(company):
            with self.env.cr.savepoint():
                figures._refresh_figures(company)
                self._refresh_portfolio(company)
        return True

    @api.model
    def _refresh_portfolio(self, company):
        """Refresh the portfolio of one company.

        The first refresh of a month notes how the month before ended.

        :return: ``{"created": n, "changed": n, "moved": n}``: relationships made,
            rewritten, and among both those whose segment changed.
        """
        self.env.flush_all()
        today = company._relationship_today()
        self._close_month(company, today)
        self._portfolio_collect(company, today)
        [(created, changed, moved)] = self.env.execute_query(
            SQL(
                """
                WITH %(tables)s,
                changed AS (%(changed)s),
                written AS (%(write)s),
                moved AS (%(trace)s),
                defected AS (%(defections)s),
                returned AS (%(returns)s),
                unfounded AS (%(false_alarms)s),
                paced AS (%(pace)s)
                SELECT count(*) FILTER (WHERE id IS NULL),
                       count(*) FILTER (WHERE id IS NOT NULL),
                       (SELECT count(*) FROM moved)
                  FROM changed
                """,
                tables=self._portfolio_tables(company, today),
                changed=self._portfolio_changes(company),
                write=self._portfolio_write(company, today),
                trace=self._portfolio_trace(company, today),
                defections=self._portfolio_defections(company, today),
                returns=self._portfolio_returns(),
                false_alarms=self._portfolio_false_alarms(),
                pace=self.env["crm.segment.figure"]._portfolio_pace(company, today),
            )
        )
        if created >= ANALYZE_FROM:
            self.env.cr.execute("ANALYZE crm_relationship")
        if created:
            self._portfolio_assign_staff(company, today)
        self.invalidate_model()
        self.env["crm.defection"].invalidate_model()
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
    def _close_month(self, company, today):
        """Note how the month before ended, unless the last refresh is long ago.

        What is missing then, the nightly job reconstructs from the documents.
        """
        figures = self.env["crm.segment.figure"]
        month = today.replace(day=1)
        last = figures._get_total(company).refresh_date
        if last and month - timedelta(days=SNAPSHOT_GRACE_DAYS) <= last < month:
            self.env["crm.relationship.snapshot"]._copy_relationships(company, month)
            figures._refresh_figures(company)

    @api.model
    def _portfolio_changes(self, company):
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
            company=company.id,
            old=SQL(", ").join(SQL.identifier("r", name) for name in PORTFOLIO_FIELDS),
            new=SQL(", ").join(
                SQL.identifier("final", name) for name in PORTFOLIO_FIELDS
            ),
        )

    @api.model
    def _portfolio_write(self, company, today):
        """Return SQL that inserts or updates the rows of ``changed``."""
        return SQL(
            """
            INSERT INTO crm_relationship
                (partner_id, company_id, active, coverage_state,
                 create_uid, create_date, write_uid, write_date, lifecycle_date,
                 %(columns)s)
            SELECT partner_id, %(company)s, TRUE, 'no_plan',
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
            today=today,
            columns=SQL(", ").join(map(SQL.identifier, PORTFOLIO_FIELDS)),
            assignments=SQL(", ").join(
                SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name))
                for name in PORTFOLIO_FIELDS
            ),
        )

    @api.model
    def _portfolio_trace(self, company, today):
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
            today=today,
        )

    @api.model
    def _portfolio_assign_staff(self, company, today):
        """Give new relationships the staff of the contact, or else of the last sale.

        SQL for the first refresh of a large base, which makes them all. They were
        written a moment ago: PostgreSQL takes them for very few and would go through
        all documents again for each, so it may not join by such loops.
        """
        self.env.cr.execute("SET LOCAL enable_nestloop = off")
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_relationship r
                   SET user_id = staff.user_id
                  FROM (
                    SELECT made.id, COALESCE(
                               min(pu.id),
                               (array_agg(du.id ORDER BY document.day DESC)
                                FILTER (WHERE du.id IS NOT NULL))[1]) AS user_id
                      FROM crm_relationship made
                      JOIN res_partner p ON p.id = made.partner_id
                 LEFT JOIN res_users pu
                        ON pu.id = p.user_id AND pu.active AND NOT pu.share
                 LEFT JOIN (%(documents)s) document
                        ON document.partner_id = made.partner_id AND pu.id IS NULL
                 LEFT JOIN res_users du
                        ON du.id = document.user_id AND du.active AND NOT du.share
                     WHERE made.company_id = %(company)s AND made.create_date = %(now)s
                       AND made.user_id IS NULL
                  GROUP BY made.id
                  ) staff
                 WHERE staff.id = r.id AND staff.user_id IS NOT NULL
                """,
                documents=self._portfolio_documents(company, today),
                company=company.id,
                now=self.env.cr.now(),
            )
        )
        self.env.cr.execute("SET LOCAL enable_nestloop TO DEFAULT")
