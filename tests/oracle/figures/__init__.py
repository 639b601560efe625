"""Portfolio figures straight from their definitions, to compare the addon with.

Money is exact until it is rounded, and each figure is computed from the rounded one
before it, as a user would with a pencil.
"""

from .definitions import (
    DEFAULT_RULES,
    PROSPECT,
    Document,
    Facts,
    Figures,
    Rule,
    Settings,
    Snapshot,
)
from .expected import known_of, within_year
from .history import (
    cohorts,
    concentration,
    migration,
    retention,
    snapshot_months,
    snapshots,
)
from .portfolio import (
    company_interval,
    portfolio,
    segment,
    segment_intervals,
    value_segment,
)
from .rhythm import lifecycle, median, own_interval
from .scores import money, score, window_start
from .value import (
    Rate,
    losing_fewer,
    margin_months,
    rates,
    with_values,
)
