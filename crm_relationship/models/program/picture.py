"""A program at a glance: who entered it, week by week, and what became of them."""

from collections import Counter
from datetime import timedelta

from odoo.tools.misc import format_date

WEEKS = 26
WIDTH, TOP, BOTTOM, GAP = 480, 16, 136, 3
LABELS = 4
"""Every so many weeks a day is written below."""
TONES = {
    "running": "info",
    "completed": "success",
    "stopped": "warning",
    "control": "muted",
}


class ProgramPicture:
    """Half a year of a program: a bar a week, divided by the state of the enrollments.

    As far as whoever looks may open them; in one query. It says nothing of what was
    bought: a result that is looked at every day shows an effect one day.
    """

    def __init__(self, program):
        self.program = program
        self.env = program.env
        company = program.company_id or self.env.company
        today = company._relationship_today()
        monday = today - timedelta(days=today.weekday())
        self.weeks = [
            monday - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)
        ]
        self.end = monday + timedelta(weeks=1)

    def render(self):
        """Return the picture as HTML; False where nobody has entered lately."""
        counts = self._count()
        if not counts:
            return False
        totals = Counter()
        for (_week, state), count in counts.items():
            totals[state] += count
        names = dict(
            self.env["crm.program.enrollment"]
            ._fields["state"]
            ._description_selection(self.env)
        )
        return self.env["ir.qweb"]._render(
            "crm_relationship.program_picture",
            {
                "width": WIDTH,
                "bottom": BOTTOM,
                "bars": list(self._draw(counts)),
                "labels": [
                    (
                        self._get_x(week),
                        format_date(self.env, week, date_format="d MMM"),
                    )
                    for week in self.weeks[::LABELS]
                ],
                "highest": max(self._sum(counts, week) for week in self.weeks),
                "top": TOP,
                "states": [
                    (names[state], tone, totals[state]) for state, tone in TONES.items()
                ],
                "rows": [
                    (
                        format_date(self.env, week),
                        [counts[week, state] for state in TONES],
                    )
                    for week in self.weeks
                    if self._sum(counts, week)
                ],
            },
        )

    def _count(self):
        """Return how many entered, by the Monday of the week and the state."""
        counts = Counter()
        for day, state, count in self.env["crm.program.enrollment"]._read_group(
            [
                ("program_id", "=", self.program.id),
                ("date", ">=", self.weeks[0]),
                ("date", "<", self.end),
            ],
            ["date:day", "state"],
            ["__count"],
        ):
            counts[day - timedelta(days=day.weekday()), state] += count
        return counts

    def _sum(self, counts, week):
        return sum(counts[week, state] for state in TONES)

    def _get_x(self, week):
        """Return the place as text: a number 0 would be left out."""
        return f"{self.weeks.index(week) * WIDTH / WEEKS:.1f}"

    def _draw(self, counts):
        """Yield the parts of the bars, from the line upwards: place, tone and words."""
        highest = max(self._sum(counts, week) for week in self.weeks)
        for week in self.weeks:
            y = BOTTOM
            for state, tone in TONES.items():
                if count := counts[week, state]:
                    height = count / highest * (BOTTOM - TOP)
                    y -= height
                    yield {
                        "x": self._get_x(week),
                        "y": round(y, 1),
                        "width": round(WIDTH / WEEKS - GAP, 1),
                        "height": round(height, 1),
                        "tone": tone,
                        "words": f"{format_date(self.env, week)}: {count}",
                    }
