"""The customer at a glance: what happened in a year, and how the scores went."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo.tools.misc import format_date

from ..ledger.page import Timeline

MONTHS = 12
# So many interactions and orders are drawn; the line of time has the others.
DRAWN = 200
WIDTH, LEFT = 480, 6
# Places from the top: orders, interactions, and the scores between two lines.
ORDERS, TALKS, TOP, BOTTOM = 14, 38, 66, 136
SCORES = {"rfm_recency": "info", "rfm_frequency": "success", "rfm_monetary": "warning"}
# Lines that run together stay visible beside each other.
APART = 2.5
MOODS = {"positive": "success", "neutral": "muted", "negative": "danger"}


class Picture:
    """A year of a customer on one line: orders, interactions with mood, and scores.

    It shows what the line of time tells, as far as whoever looks may open it, and the
    scores of the monthly snapshots with those of today. The number of queries does not
    depend on how much has happened.
    """

    def __init__(self, relationship):
        self.relationship = relationship
        self.env = relationship.env
        company = relationship.company_id
        self.company = company
        self.today = company._relationship_today()
        self.first = self.today - relativedelta(months=MONTHS)
        self.days = (self.today - self.first).days

    def render(self):
        """Return the picture as HTML; False where there is nothing to draw."""
        timeline = Timeline(self.relationship, DRAWN)
        talks = self._place(timeline.get_interactions(DRAWN))
        orders = self._place(timeline.get_orders(DRAWN))
        scores = self._read_scores()
        if not (talks or orders or len(scores) > 1):
            return False
        return self.env["ir.qweb"]._render(
            "crm_relationship.relationship_picture",
            {
                "width": WIDTH,
                "places": {"orders": ORDERS, "talks": TALKS},
                "top": TOP,
                "bottom": BOTTOM,
                "months": list(self._get_months()),
                "orders": orders,
                "talks": talks,
                "scores": scores,
                "lines": self._draw(scores) if len(scores) > 1 else [],
                "names": self._get_names(),
                "known_from": len(scores) < 2 and self._tell_known_from(),
            },
        )

    def _get_names(self):
        fields = self.relationship._fields
        return [
            (name, fields[name]._description_string(self.env), tone)
            for name, tone in SCORES.items()
        ]

    def _get_x(self, day):
        share = (day - self.first).days / self.days
        return round(LEFT + share * (WIDTH - 2 * LEFT), 1)

    def _place(self, entries):
        """Return what happened within the year: place, color and words."""
        return [
            {
                "x": self._get_x(day),
                "tone": MOODS.get(entry.mood, "muted"),
                "is_complaint": entry.style == "text-danger",
                "words": f"{format_date(self.env, day)}: {entry.title}",
            }
            for entry in entries
            for day in [self.company._relationship_day(entry.moment)]
            if day >= self.first
        ]

    def _get_months(self):
        """Yield every third beginning of a month: place, and name."""
        month = self.first.replace(day=1) + relativedelta(months=1)
        while month <= self.today:
            yield self._get_x(month), format_date(self.env, month, date_format="MMM")
            month += relativedelta(months=3)

    def _read_scores(self):
        """Return the scores at the end of each month and today, the oldest first."""
        snapshots = self.env["crm.relationship.snapshot"].search_fetch(
            [
                ("relationship_id", "=", self.relationship.id),
                ("date", ">", self.first),
            ],
            ["date", *SCORES],
            order="date",
        )
        ends = [(row.date - timedelta(days=1), row) for row in snapshots]
        return [
            {
                "day": day,
                "label": format_date(self.env, day, date_format="d MMM y"),
                **{name: row[name] for name in SCORES},
            }
            for day, row in [*ends, (self.today, self.relationship)]
            if day >= self.first
        ]

    def _draw(self, scores):
        """Return a line for each score, as SVG has it."""
        step = (BOTTOM - TOP) / self.company.sudo().relationship_bins  # sudo: a setting
        return [
            {
                "tone": tone,
                "points": " ".join(
                    f"{self._get_x(row['day'])},"
                    f"{round(BOTTOM - row[name] * step - place * APART, 1)}"
                    for row in scores
                ),
            }
            for place, (name, tone) in enumerate(SCORES.items())
        ]

    def _tell_known_from(self):
        day = (self.today + relativedelta(months=1)).replace(day=1)
        return self.env._(
            "How the scores change is known from %s on.", format_date(self.env, day)
        )
