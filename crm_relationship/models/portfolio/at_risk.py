"""What another factor of the usual interval would have said of a company's customers.

The customers of a day in the past, and who of them bought again since.
"""

from datetime import timedelta

from odoo.tools import SQL

from ...engine.at_risk import choose, judge
from .crm_segment_figure import MIN_BASE
from .purchases import Purchases
from .query import PortfolioQuery

FACTORS = tuple(step / 2 for step in range(2, 31))
"""1 to 15, by halves."""
MIN_DAYS = 90
"""With fewer days to wait for a purchase, nothing is judged."""


class AtRiskTrial:
    """The trial of one company: half of its history is known, the rest comes after.

    At most as many days come after as make a customer lost: whoever buys later than
    that has been given up meanwhile.
    """

    def __init__(self, company):
        self.company = company
        self.env = company.env
        self.today = company._relationship_today()
        self.days = self._get_days()
        self.day = self.today - timedelta(days=self.days)
        self.verdicts = self._judge() if self.days >= MIN_DAYS else []

    @property
    def is_known(self):
        """Whether enough customers have bought again, and enough have not."""
        first = self.verdicts[0] if self.verdicts else None
        return bool(first) and min(first.back, first.gone) >= MIN_BASE

    @property
    def proposal(self):
        """The verdict on the factor that is proposed; ``None`` where too few tell."""
        return choose(self.verdicts) if self.is_known else None

    @property
    def present(self):
        """The verdict on the factor in the settings."""
        return next(v for v in self.verdicts if v.factor == self._get_present())

    def _get_present(self):
        return round(self.company.relationship_at_risk_factor, 1)

    def _get_days(self):
        self.env.flush_all()
        [(first,)] = self.env.execute_query(
            SQL(
                "SELECT min(first_order_date) FROM crm_relationship"
                " WHERE company_id = %s",
                self.company.id,
            )
        )
        known = (self.today - first).days if first else 0
        return min(self.company.relationship_lost_days, known // 2)

    def _judge(self):
        factors = sorted({*FACTORS, self._get_present()})
        query = PortfolioQuery(self.env, self.company, self.day, is_live=False)
        query.collect()
        later = Purchases(self.company, self.today, since=self.day + timedelta(days=1))
        return judge(self.env.execute_query(query.outcomes(later)), factors)
