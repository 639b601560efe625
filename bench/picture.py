"""Draws the curve of the guide's page on the year in fast motion: plain SVG.

No library: two panels of three lines each, with a title for whoever cannot see them.
"""

from datetime import timedelta

WIDTH, HEIGHT, LEFT, TOP, GAP = 720, 200, 56, 28, 64
LINES = (
    ("queue_minutes", "#714B67", "minutes in the queues"),
    ("horizon", "#1f7a5a", "minutes that people have until then"),
    ("waiting", "#d9822b", "interactions that wait for time"),
)
# So many times as high as they are, where they are few.
RAISED = 10
# The queues hold what is planned for today and so many days more.
AHEAD = 7


def draw(enough, scarce, path):
    """Write the picture.

    :param enough: the days of the run with enough time, as ``common_year.Day``
    :param scarce: of the run without
    """
    panels = (("Enough time", enough), ("Far too little time", scarce))
    height = len(panels) * (HEIGHT + GAP) + TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEFT + 20}'
        f' {height}" font-family="sans-serif" font-size="12" role="img">',
        "<title>Queues and capacity, day by day</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for number, (title, days) in enumerate(panels):
        parts += _panel(title, days, TOP + number * (HEIGHT + GAP))
    parts.append("</svg>\n")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(parts))


def _panel(title, days, top):
    series, raised = _read(days)
    most = max(max(values) for values in series.values()) or 1
    bottom = top + HEIGHT
    yield f'<text x="{LEFT}" y="{top - 8}" font-weight="bold">{title}</text>'
    for share in (0, 0.5, 1):
        y = bottom - share * HEIGHT
        yield f'<path d="M{LEFT} {y}H{LEFT + WIDTH}" stroke="#ddd"/>'
        yield (
            f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">'
            f"{most * share:,.0f}</text>"
        )
    for number, (name, color, label) in enumerate(LINES):
        points = " ".join(
            f"{LEFT + WIDTH * i / max(len(days) - 1, 1):.1f},"
            f"{bottom - HEIGHT * value / most:.1f}"
            for i, value in enumerate(series[name])
        )
        yield (
            f'<polyline points="{points}" fill="none" stroke="{color}"'
            ' stroke-width="2"/>'
        )
        x = LEFT + number * 240
        if name == "waiting" and raised > 1:
            label = f"{label}, × {raised}"
        yield f'<text x="{x}" y="{bottom + 20}" fill="{color}">{label}</text>'
    yield (
        f'<text x="{LEFT + WIDTH}" y="{bottom + 36}" text-anchor="end">'
        f"{days[0].day:%d %b} to {days[-1].day:%d %b}</text>"
    )


def _read(days):
    """Return the values of each line, a value a day; and by what few are raised."""
    waiting = [day.waiting for day in days]
    queue_minutes = [day.queue_minutes for day in days]
    raised = RAISED if RAISED * max(waiting) <= max(queue_minutes) else 1
    series = {
        "queue_minutes": queue_minutes,
        "horizon": [_get_horizon(days, number) for number in range(len(days))],
        "waiting": [raised * count for count in waiting],
    }
    return series, raised


def _get_horizon(days, number):
    """Return the minutes of the days that the queues may hold; beyond the end, usual
    ones.
    """
    usual = max(day.capacity for day in days)
    known = days[number : number + AHEAD + 1]
    beyond = range(len(known), AHEAD + 1)
    later = ((days[number].day + timedelta(days=ahead)).weekday() for ahead in beyond)
    return sum(day.capacity for day in known) + usual * sum(day < 5 for day in later)
