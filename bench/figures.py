"""Portfolio figures straight from their definitions, to compare the addon with.

Nothing of the addon is used here. It computes in SQL over the whole base, this
customer by customer in the plainest way there is, so a mistake in one is not repeated
in the other.
"""

import calendar
from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from .cdnow import by_customer


@dataclass(frozen=True)
class Settings:
    """What a company sets; the defaults are the addon's."""

    window_months: int = 24
    at_risk_days: int = 180
    lost_days: int = 365
    loyal_orders: int = 5


@dataclass(frozen=True)
class Figures:
    """What the analysis says of one customer."""

    order_count: int
    """Orders within the window."""
    revenue: Decimal
    """Their untaxed sum, in the company's currency."""
    first_order_date: date
    last_order_date: date
    """First and last of all orders, within the window or not."""
    lifecycle_stage: str
    rfm_recency: int = 0
    rfm_frequency: int = 0
    rfm_monetary: int = 0
    """1 (worst) to 5; 0 without an order in the window."""

    @property
    def rfm_code(self):
        """Return the three scores as the addon writes them: "545"."""
        return f"{self.rfm_recency}{self.rfm_frequency}{self.rfm_monetary}"


PROSPECT = Figures(0, Decimal(0), None, None, "prospect")


@dataclass(frozen=True)
class Rule:
    """A segment: bounds are inclusive, and a customer without scores has 0."""

    name: str
    recency: tuple = (0, 5)
    frequency: tuple = (0, 5)
    monetary: tuple = (0, 5)
    lifecycle_stage: str | None = None

    def matches(self, figures):
        """Tell whether a customer with these figures belongs to the segment."""
        return (
            self.lifecycle_stage in (None, figures.lifecycle_stage)
            and self.recency[0] <= figures.rfm_recency <= self.recency[1]
            and self.frequency[0] <= figures.rfm_frequency <= self.frequency[1]
            and self.monetary[0] <= figures.rfm_monetary <= self.monetary[1]
        )


DEFAULT_RULES = (
    Rule("Prospect", lifecycle_stage="prospect"),
    Rule("Lost", lifecycle_stage="lost"),
    Rule("At risk", lifecycle_stage="at_risk"),
    Rule("Platinum", frequency=(4, 5), monetary=(5, 5)),
    Rule("New", lifecycle_stage="first_time"),
    Rule("Gold", monetary=(4, 5)),
    Rule("Silver", monetary=(3, 5)),
    Rule("Regular"),
)
"""The segments the addon is installed with."""


def segment(figures, rules):
    """Return the name of the first rule that matches, or None."""
    return next((rule.name for rule in rules if rule.matches(figures)), None)


def window_start(today, months):
    """Return the first day of the window: the same day `months` months ago.

    The 31st becomes the last day of a shorter month.
    """
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    day = min(today.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day)


def score(value, values):
    """Return 1 + floor(5 * (values strictly worse) / n); equal values score equal.

    :param values: all values including this one, ascending, greater is better
    """
    return 1 + 5 * bisect_left(values, value) // len(values)


def lifecycle(dates, today, settings):
    """Return the stage of a customer who ordered on these dates (ascending)."""
    if not dates:
        return "prospect"
    silent_days = (today - dates[-1]).days
    if silent_days > settings.lost_days:
        return "lost"
    if silent_days > settings.at_risk_days:
        return "at_risk"
    if len(dates) == 1:
        return "first_time"
    if (dates[-1] - dates[-2]).days > settings.lost_days:
        return "recovered"
    return "loyal" if len(dates) >= settings.loyal_orders else "repeater"


def portfolio(purchases, today, settings=None):
    """Return {customer: Figures} of everyone who bought."""
    settings = settings or Settings()
    start = window_start(today, settings.window_months)
    result = {}
    for customer, bought in by_customer(purchases).items():
        dates = [purchase.date for purchase in bought]
        recent = [purchase for purchase in bought if purchase.date >= start]
        result[customer] = Figures(
            order_count=len(recent),
            revenue=sum((purchase.amount for purchase in recent), Decimal(0)),
            first_order_date=dates[0],
            last_order_date=dates[-1],
            lifecycle_stage=lifecycle(dates, today, settings),
        )
    return _with_scores(result)


def _with_scores(portfolio_figures):
    """Return the figures with scores among those who ordered within the window."""
    scored = [row for row in portfolio_figures.values() if row.order_count]
    recency = sorted(row.last_order_date for row in scored)
    frequency = sorted(row.order_count for row in scored)
    monetary = sorted(row.revenue for row in scored)
    return {
        customer: replace(
            row,
            rfm_recency=score(row.last_order_date, recency),
            rfm_frequency=score(row.order_count, frequency),
            rfm_monetary=score(row.revenue, monetary),
        )
        if row.order_count
        else row
        for customer, row in portfolio_figures.items()
    }
