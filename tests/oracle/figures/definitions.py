"""What a company sets, what is known of its customers, and what is said of them."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

SCORES = ("recency", "frequency", "monetary")


@dataclass(frozen=True)
class Settings:
    """What a company sets; the defaults are the addon's."""

    window_months: int = 24
    bins: int = 5
    at_risk_factor: float = 3.0
    at_risk_days: int = 180
    lost_days: int = 365
    loyal_orders: int = 5
    monetary: str = "revenue"
    margin_of_orders: bool = False
    """Whether the documents tell their margin."""
    margin_rate: float = 0.30
    discount_rate: float = 0.10
    digits: int = 2
    """Decimal places of the company's currency."""


@dataclass(frozen=True)
class Document:
    """One sale, or what reduces sales."""

    customer: object
    date: date
    """Day in the company's time zone."""
    amount: Fraction
    """Without tax, in the company's currency, not rounded."""
    margin: Fraction | None = None
    is_purchase: bool = True
    """A refund reduces amounts and is no purchase."""


@dataclass(frozen=True)
class Facts:
    """What is known of customers apart from their documents."""

    locks: dict = field(default_factory=dict)
    """{customer: (name of the segment, last day or None)}"""
    defections: dict = field(default_factory=dict)
    """{customer: day of the good-bye}"""
    unranked: frozenset = frozenset()
    """Customers who are not compared with others: archived contacts."""
    known: frozenset = frozenset()
    """Customers to be listed even without any document."""


@dataclass(frozen=True)
class Figures:
    """What the analysis says of one customer."""

    order_count: int = 0
    """Purchases within the window."""
    revenue: Decimal = Decimal(0)
    """Untaxed sum within the window, refunds taken off, in the company's currency."""
    margin: Decimal = Decimal(0)
    first_order_date: date | None = None
    last_order_date: date | None = None
    """First and last of all purchases, within the window or not."""
    lifecycle_stage: str = "prospect"
    rfm_recency: int = 0
    rfm_frequency: int = 0
    rfm_monetary: int = 0
    """1 (worst) to the number of bins; 0 without a purchase in the window."""
    bins: int = 5
    purchase_interval: Fraction = Fraction(0)
    """Days: the customer's own; 0 when there are fewer than two intervals."""
    value_segment: str | None = None
    """The segment by scores and filter alone, which tells the interval of others."""
    segment: str | None = None
    yearly_margin: Decimal = Decimal(0)
    lifetime_value: Decimal = Decimal(0)

    @property
    def rfm_code(self):
        """Return the three scores as the addon writes them: "545" or "10-4-5"."""
        separator = "-" if self.bins > 9 else ""
        return separator.join(str(getattr(self, f"rfm_{name}")) for name in SCORES)

    @property
    def is_active(self):
        """Tell whether the customer is one: has bought, and is not lost."""
        return self.lifecycle_stage not in ("prospect", "lost")


PROSPECT = Figures()


@dataclass(frozen=True)
class Rule:
    """A segment: bounds are inclusive, and a customer without scores has 0."""

    name: str
    recency: tuple = (0, 5)
    frequency: tuple = (0, 5)
    monetary: tuple = (0, 5)
    lifecycle_stage: str | None = None
    customers: frozenset | None = None
    """Those who pass the filter; None: everyone does."""
    score_bins: int = 5
    """The scale of the bounds."""
    is_fallback: bool = False
    is_own: bool = False
    """Whether it is this company's alone."""

    def bounds(self, name, bins):
        """Return the bounds of a score for a company with that many bins."""
        low, high = getattr(self, name)
        if low > 0:
            low = 1 + (low - 1) * bins // self.score_bins
        return low, -(-high * bins // self.score_bins)

    def matches_scores(self, customer, figures):
        """Tell whether scores and filter fit, whatever the stage."""
        if self.customers is not None and customer not in self.customers:
            return False
        for name in SCORES:
            low, high = self.bounds(name, figures.bins)
            if not low <= getattr(figures, f"rfm_{name}") <= high:
                return False
        return True

    def matches(self, customer, figures):
        """Tell whether a customer with these figures belongs to the segment."""
        return self.lifecycle_stage in (
            None,
            figures.lifecycle_stage,
        ) and self.matches_scores(customer, figures)


DEFAULT_RULES = (
    Rule("Prospect", lifecycle_stage="prospect"),
    Rule("Lost", lifecycle_stage="lost"),
    Rule("At risk", lifecycle_stage="at_risk"),
    Rule("Platinum", frequency=(4, 5), monetary=(5, 5)),
    Rule("New", lifecycle_stage="first_time"),
    Rule("Gold", monetary=(4, 5)),
    Rule("Silver", monetary=(3, 5)),
    Rule("Regular", is_fallback=True),
)
"""The segments the addon is installed with."""


@dataclass(frozen=True)
class Snapshot:
    """How a month ended for one customer; dated on the first day of the next month."""

    date: date
    segment: str | None
    lifecycle_stage: str
    rfm_recency: int
    rfm_frequency: int
    rfm_monetary: int
    revenue: Decimal
    previous_segment: str | None
    previous_stage: str | None
    """As of a month before; None when there was no snapshot of the customer."""
    is_active: int
    retained: float | None
    """1 or 0 for those who were active a month before, None for others."""
    bought: int
    """1 if the customer bought in the month that ended."""
    cohort_date: date
    """First day of the month of the first purchase."""
    cohort_age: int
    """Whole months from it to the month that ended."""
