from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.known import KnownFloat
from ..customer.lifecycle import LIFECYCLE_STAGES
from .query import PortfolioQuery

# From this many new rows on, collect statistics before going on. PostgreSQL's own job
# comes later: until then it would expect few rows, and compare each with every other.
ANALYZE_FROM = 1000
HISTORY_MONTHS = 24
"""How far back the first refresh reconstructs the past."""


class CrmRelationshipSnapshot(models.Model):
    """How each relationship stood at the end of each month.

    One narrow row per month and relationship, written by SQL and never changed: what
    the reports compare (from which segment to which, who stayed) is in the row itself,
    so that they need no join.
    """

    _name = "crm.relationship.snapshot"
    _inherit = ["crm.record.mixin", "crm.customer.search.mixin"]
    _description = "Monthly Snapshot of a Customer"
    _customer_path = "relationship_id.partner_id"
    _order = "date desc, id desc"
    _log_access = False
    _rec_name = "relationship_id"

    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        string="Customer",
        required=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="Start of Month",
        required=True,
        help="First day of a month. The row says how the month before it ended.",
    )
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        string="To Segment",
        ondelete="set null",
        help="Segment at the end of the month before.",
    )
    lifecycle_stage = fields.Selection(
        selection=LIFECYCLE_STAGES,
        string="To Stage",
        help="Stage at the end of the month before.",
    )
    rfm_recency = fields.Integer(
        string="Recency",
        aggregator="avg",
        help="Score at the end of the month before; 0: no purchase in the analysis"
        " window that ended then.",
    )
    rfm_frequency = fields.Integer(
        string="Frequency",
        aggregator="avg",
        help="Score at the end of the month before; 0: no purchase in the analysis"
        " window that ended then.",
    )
    rfm_monetary = fields.Integer(
        string="Monetary",
        aggregator="avg",
        help="Score at the end of the month before; 0: no purchase in the analysis"
        " window that ended then.",
    )
    revenue = fields.Monetary(
        help="Revenue within the analysis window that ended then.",
    )
    previous_segment_id = fields.Many2one(
        comodel_name="crm.segment",
        string="From Segment",
        ondelete="set null",
        help="Segment one month before “To Segment”.",
    )
    previous_stage = fields.Selection(
        selection=LIFECYCLE_STAGES,
        string="From Stage",
        help="Stage one month before “To Stage”.",
    )
    is_active = fields.Integer(
        string="Active Customers",
        help="Customers who had bought and were not lost when the month before ended.",
    )
    retained = KnownFloat(
        string="Retention",
        digits=(2, 1),
        aggregator="avg",
        help="Of the customers who were active (had bought and were not lost) a month"
        " earlier, the share still active. New customers do not count.",
    )
    churned = KnownFloat(
        string="Churn",
        digits=(2, 1),
        aggregator="avg",
        help="Of the customers who were active a month earlier, the share that is no"
        " longer: 1 − retention.",
    )
    bought = fields.Float(
        string="Share Who Bought",
        digits=(2, 1),
        aggregator="avg",
        help="Customers with a purchase in the month before ÷ customers.",
    )
    cohort_date = fields.Date(
        string="First Purchase",
        help="First day of the month of the first purchase.",
    )
    cohort_age = fields.Integer(
        string="Months Since First Purchase",
        aggregator=None,
        help="Calendar months between the first purchase and the month before.",
    )

    _relationship_date_unique = models.Constraint(
        "UNIQUE(relationship_id, date)",
        "The snapshot of this customer and month is there already.",
    )
    _company_date_idx = models.Index("(company_id, date)")

    @api.model
    def _drop_future(self, company):
        """Delete snapshots of future months, taken while the clock was wrong.

        Those months would count as taken, and the newest of them as the present. SQL:
        there may be two years of the whole base.
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_relationship_snapshot"
                " WHERE company_id = %s AND date > %s",
                company.id,
                company._relationship_today().replace(day=1),
            )
        )
        self.invalidate_model()

    @api.model
    def _get_missing(self, company):
        """Return the months without a snapshot, oldest first.

        Reaches back to the first purchase, at most ``HISTORY_MONTHS``.
        """
        current = company._relationship_today().replace(day=1)
        relationships = self.env["crm.relationship"].with_context(active_test=False)
        [(first,)] = relationships._read_group(
            [("company_id", "=", company.id)], [], ["first_order_date:min"]
        )
        if not first:
            return []
        month = max(
            first.replace(day=1) + relativedelta(months=1),
            current - relativedelta(months=HISTORY_MONTHS),
        )
        missing = []
        while month <= current:
            taken = [("company_id", "=", company.id), ("date", "=", month)]
            if not self.search_count(taken, limit=1):
                missing.append(month)
            month += relativedelta(months=1)
        return missing

    @api.model
    def _copy_relationships(self, company, month):
        """Record how the relationships stand now as the end of the previous month."""
        return self._insert(
            company,
            month,
            SQL("SELECT * FROM crm_relationship WHERE company_id = %s", company.id),
        )

    @api.model
    def _reconstruct(self, company, month):
        """Record how the previous month ended, from the documents of that time.

        Rules, filters and settings are those of today; which customers were kept in a
        segment manually in the past is not known.

        :return: number of rows
        """
        query = PortfolioQuery(
            self.env, company, month - relativedelta(days=1), is_live=False
        )
        query.collect()
        rows = self._insert(company, month, query.states())
        self._link(company, month + relativedelta(months=1))
        return rows

    @api.model
    def _insert(self, company, month, state):
        """Insert the snapshots of a month. SQL: covers the whole base.

        :param SQL state: query of the figures, with the id of the relationship
        :return: number of rows
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_relationship_snapshot
                    (relationship_id, company_id, date, segment_id, lifecycle_stage,
                     rfm_recency, rfm_frequency, rfm_monetary, revenue,
                     previous_segment_id, previous_stage, is_active, retained, churned,
                     bought, cohort_date, cohort_age)
                SELECT s.id, %(company)s, %(month)s, s.segment_id, s.lifecycle_stage,
                       s.rfm_recency, s.rfm_frequency, s.rfm_monetary, s.revenue,
                       before.segment_id, before.lifecycle_stage, activity.is_active,
                       CASE WHEN before.is_active = 1 THEN activity.is_active END,
                       CASE WHEN before.is_active = 1 THEN 1 - activity.is_active END,
                       (s.last_order_date >= %(previous)s)::int,
                       date_trunc('month', s.first_order_date)::date,
                       (EXTRACT(YEAR FROM %(previous)s::date)
                        - EXTRACT(YEAR FROM s.first_order_date)) * 12
                       + EXTRACT(MONTH FROM %(previous)s::date)
                       - EXTRACT(MONTH FROM s.first_order_date)
                  FROM (%(state)s) s
            CROSS JOIN LATERAL (
                    SELECT (s.lifecycle_stage NOT IN ('prospect', 'lost'))::int
                           AS is_active
                  ) activity
             LEFT JOIN crm_relationship_snapshot before
                    ON before.relationship_id = s.id AND before.date = %(previous)s
              ORDER BY s.id
                ON CONFLICT DO NOTHING
                """,
                state=state,
                company=company.id,
                month=month,
                previous=month - relativedelta(months=1),
            )
        )
        rows = self.env.cr.rowcount
        if rows >= ANALYZE_FROM:
            # the next month is compared with this one: without statistics, in a nested
            # loop
            self.env.cr.execute("ANALYZE crm_relationship_snapshot")
        self.invalidate_model()
        return rows

    @api.model
    def _link(self, company, month):
        """Link the snapshots of a month with the month before.

        For those that were taken before the previous month was reconstructed.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_relationship_snapshot s
                   SET previous_segment_id = before.segment_id,
                       previous_stage = before.lifecycle_stage,
                       retained = CASE WHEN before.is_active = 1 THEN s.is_active END,
                       churned = CASE WHEN before.is_active = 1
                                      THEN 1 - s.is_active END
                  FROM crm_relationship_snapshot before
                 WHERE before.relationship_id = s.relationship_id
                   AND before.date = %s AND s.date = %s AND s.company_id = %s
                """,
                month - relativedelta(months=1),
                month,
                company.id,
            )
        )

    @api.model
    def _move_to(self, relationship, target):
        """Move the snapshots of a merged customer; the target's own remain."""
        own = {
            snapshot.date
            for snapshot in self.search([("relationship_id", "=", target.id)])
        }
        merged = self.search([("relationship_id", "=", relationship.id)])
        merged.filtered(lambda s: s.date not in own).relationship_id = target
