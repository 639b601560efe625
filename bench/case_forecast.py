"""What every customer is expected to bring, against the refresh of the portfolio.

The night of the forecast: the purchases read, the model applied to each customer, and
the values that differ written.
"""

from bench.measure import Figure, alternate, ratio, seconds

LIMIT = 2
FIT_LIMIT = 60
REPEATS = 3


def forecast(env):
    """Return the figures; everything is rolled back."""
    Relationship, Forecast = env["crm.relationship"], env["crm.forecast"]
    fit = seconds(lambda: Forecast._forecast(env.company))
    newest = Forecast.search([("is_total", "=", True)], order="month desc", limit=1)
    if newest.expected is False:
        raise SystemExit("Too few customers came again: nothing was measured.")
    note = f"three forecasts, of {newest.customer_count} customers"
    times = alternate(
        REPEATS,
        addon=lambda: Relationship._refresh_values(env.company),
        refresh=lambda: Relationship._refresh_portfolio(env.company),
    )
    env.cr.rollback()
    return [
        Figure("forecast_fit_seconds", fit / 3, FIT_LIMIT, note=note),
        ratio(
            "forecast_of_refresh",
            LIMIT,
            times["addon"],
            times["refresh"],
            "refresh instead of bare",
        ),
    ]
