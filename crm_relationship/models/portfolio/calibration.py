"""How good the forecasts were: what each expected, beside what came."""

from collections import defaultdict

from odoo.tools.misc import format_date

from ..base.figures import format_amount, format_count, format_number

SHOWN = 24
"""So many months are drawn, the newest ones."""


def tell_difference(env, expected, actual):
    """Return what came against what was expected, in percent; in words without it."""
    if not expected:
        return env._("nothing was expected")
    percent = 100 * (actual - expected) / expected
    return env._("%s%%", format_number(env, percent, 0, signed=True))


class Calibration:
    """The forecasts of a company whose months are over, month by month and by segment.

    They stay as they were made, so this is what the figures of today are worth.
    """

    def __init__(self, forecasts, company):
        self.env = forecasts.env
        self.company = company
        found = forecasts.search_fetch(
            [
                ("company_id", "=", company.id),
                ("expected", "!=", False),
                ("actual", "!=", False),
            ],
            [
                "month",
                "is_total",
                "segment_id",
                "expected",
                "low",
                "high",
                "actual",
                "is_reconstructed",
            ],
            order="month, segment_id, id",
        )
        months = sorted(set(found.mapped("month")))[-SHOWN:]
        self.found = found.filtered(lambda forecast: forecast.month in months)
        self.totals = self.found.filtered("is_total")
        self.segments = self.found - self.totals

    def collect(self):
        """Return the page.

        :return: dict with ``company``, ``currency_id``, ``sentences``, ``charts``,
            ``rows`` (one for all customers, then one a segment, each with the domain of
            its forecasts) and ``helps``
        """
        return {
            "company": self.company.name,
            "currency_id": self.company.currency_id.id,
            "sentences": list(self._tell()),
            "charts": list(self._draw()),
            "rows": list(self._get_rows()),
            "helps": self._get_helps(),
        }

    def _get_helps(self):
        env, fields = self.env, self.found._fields
        return {
            "count": env._("Forecasts of this kind whose three months are over."),
            **{
                name: env._(
                    "Sum of these forecasts. Each: %s",
                    fields[name]._description_help(env),
                )
                for name in ("expected", "actual")
            },
        }

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _tell(self):
        env = self.env
        if not self.totals:
            yield env._("Not known yet: no forecast's three months are over.")
            return
        yield self._tell_sum(self.totals)
        banded = self.totals.filtered(lambda forecast: forecast.high is not False)
        if banded:
            within = banded.filtered(lambda forecast: not forecast._is_outside())
            yield env._(
                "Forecasts that had a band: %(count)s. Within it: %(within)s.",
                within=format_count(env, len(within)),
                count=format_count(env, len(banded)),
            )
        if afterwards := self.totals.filtered("is_reconstructed"):
            yield env._(
                "Made afterwards, from what was known before the month: %s.",
                format_count(env, len(afterwards)),
            )
        yield env._(
            "What is expected stays as it was written down on the first of the month."
            " Each month looks three months ahead, so three forecasts look at the same"
            " month, and differ less than separate ones would."
        )

    def _tell_sum(self, forecasts):
        expected, actual = self._add_up(forecasts)
        return self.env._(
            "Expected: %(expected)s. Came: %(actual)s (%(difference)s).",
            expected=self._format(expected),
            actual=self._format(actual),
            difference=tell_difference(self.env, expected, actual),
        )

    def _add_up(self, forecasts):
        return sum(forecasts.mapped("expected")), sum(forecasts.mapped("actual"))

    def _format(self, amount):
        return format_amount(self.env, amount, self.company.currency_id)

    def _name(self, segment):
        return segment.name or self.env._("In no segment")

    def _name_month(self, forecast):
        return format_date(self.env, forecast.month, date_format="MMM y")

    # ------------------------------------------------------------------
    # As pictures
    # ------------------------------------------------------------------

    def _draw(self):
        if self.totals:
            yield self._draw_months()
        if self.segments:
            yield self._draw_segments()

    def _draw_months(self):
        """Return the forecasts of all customers, with their bands, and what came."""
        names = self.env["crm.forecast"]._fields
        parts = (
            ("expected", "info", False),
            ("actual", "success", False),
            ("low", "muted", True),
            ("high", "muted", True),
        )
        return {
            "id": "months",
            "type": "line",
            "tall": True,
            "title": self.env._("All customers, by the month a forecast begins with"),
            "note": self.env._("Dashed: the band. What came should lie within it."),
            "labels": [self._name_month(forecast) for forecast in self.totals],
            "series": [
                {
                    "label": names[name]._description_string(self.env),
                    "values": [
                        None if forecast[name] is False else round(forecast[name], 2)
                        for forecast in self.totals
                    ],
                    "tone": tone,
                    "isLine": is_line,
                }
                for name, tone, is_line in parts
            ],
        }

    def _draw_segments(self):
        """Return a point for each segment and month: expected across, came upwards."""
        most = max(
            max(forecast.expected, forecast.actual) for forecast in self.segments
        )
        series = [
            {
                "label": self.env._("As expected"),
                "values": [{"x": 0, "y": 0}, {"x": most, "y": most}],
                "tone": "muted",
                "isLine": True,
            }
        ]
        for segment, forecasts in self._by_segment():
            series.append(
                {
                    "label": self._name(segment),
                    "values": [self._make_point(forecast) for forecast in forecasts],
                }
            )
        return {
            "id": "segments",
            "type": "scatter",
            "tall": True,
            "title": self.env._("Each segment and month"),
            "note": self.env._(
                "A point above the line: more came than was expected. Below it: less."
            ),
            "labels": False,
            "series": series,
            "axes": {"x": self.env._("Expected"), "y": self.env._("Came")},
        }

    def _make_point(self, forecast):
        return {
            "x": round(forecast.expected, 2),
            "y": round(forecast.actual, 2),
            "text": self.env._(
                "%(segment)s, %(month)s: expected %(expected)s, came %(actual)s",
                segment=self._name(forecast.segment_id),
                month=self._name_month(forecast),
                expected=self._format(forecast.expected),
                actual=self._format(forecast.actual),
            ),
        }

    def _by_segment(self):
        """Return the forecasts of each segment, in the order of the segments."""
        found = defaultdict(self.env["crm.forecast"].browse)
        for forecast in self.segments:
            found[forecast.segment_id] |= forecast
        return sorted(
            found.items(), key=lambda item: (not item[0], item[0].sequence, item[0].id)
        )

    # ------------------------------------------------------------------
    # As rows
    # ------------------------------------------------------------------

    def _get_rows(self):
        if self.totals:
            name = self.env._("All customers")
            yield self._make_row("total", name, self.totals)
        for segment, forecasts in self._by_segment():
            yield self._make_row(segment.id or 0, self._name(segment), forecasts)

    def _make_row(self, id_, name, forecasts):
        expected, actual = self._add_up(forecasts)
        return {
            "id": id_,
            "name": name,
            "count": len(forecasts),
            "expected": expected,
            "actual": actual,
            "verdict": tell_difference(self.env, expected, actual),
            "domain": [("id", "in", forecasts.ids)],
        }
