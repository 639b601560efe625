"""A quarter of a large company in fast motion, twice: with enough time, and without.

What happens is played by `crm_relationship/tests/common_year.py`: the real jobs every
night, people who do what their queue holds, customers who answer or not. Here it is
10,000 customers and 10 people with 240 minutes a day, over 90 days; then the same
company with so little time that 130 % of it is due.

Runs by itself only (`--only year`): it needs no data of the other cases, and minutes
instead of seconds. `--picture FILE` draws the curve of the guide.
"""

import json
import math
import statistics
import time
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

from bench.measure import Figure, seconds
from devtool.console import say

CUSTOMERS, CUSTOMERS_EACH, DAYS = 10_000, 1000, 90
FEWEST_PEOPLE = 3
TOO_MUCH = 1.3
# Quiet, both together.
SECONDS = 2 * 15 * 60
# The horizon of the queues: whoever is most valuable waits no longer.
PLATINUM_DAYS = 7
# Share of the people of whom it is said before it happens.
WARNED = 0.5
# Standard errors that one in twenty differences exceeds by chance.
CHANCE = 1.645


def year(env, customers=None, picture=None, half=None, minutes=None, results=None):
    """Return the figures of both runs.

    :param str half: "enough" or "scarce": only that one is played, and nothing judged
    :param int minutes: of a person a day, in that half
    :param str results: folder in which each run is kept, and found again
    """
    customers = customers or CUSTOMERS
    kept = Kept(env, customers, results)
    if half:
        run = kept.get(half, minutes or kept.full)
        _tell(run)
        return [Figure(f"year_{half}_faults", _count_faults(run), 0)]
    enough = kept.get("enough", kept.full)
    less = max(round(enough["minutes"] * enough["load"] / TOO_MUCH), 1)
    scarce = kept.get("scarce", less)
    _tell(enough, scarce)
    if picture:
        # lazily: it is for the guide only
        from bench.picture import draw

        draw(enough["days"], scarce["days"], picture)
    return [
        Figure(
            "year_seconds",
            enough["seconds"] + scarce["seconds"],
            SECONDS,
            note=f"{DAYS} days of {customers:,} customers, twice",
        ),
        *_judge(enough, scarce),
    ]


class Kept:
    """The runs, each played once: a run takes long, and two may be played at once."""

    def __init__(self, env, customers, folder):
        # lazily: Odoo finds its addons when it has its settings
        from odoo.addons.crm_relationship.tests import common_year

        self.env, self.customers = env, customers
        self.folder = Path(folder) if folder else None
        self.people = max(customers // CUSTOMERS_EACH, FEWEST_PEOPLE)
        whole = common_year.MINUTES * customers / CUSTOMERS_EACH
        self.full = round(whole / self.people)
        self._year = common_year

    def get(self, name, minutes):
        """Return what a run showed, from its file if there is one."""
        path = self.folder and self.folder / f"{name}.json"
        if path and path.exists():
            return self._read(path)
        shown = _play(self.env, self.customers, self.people, minutes)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            days = [day._asdict() for day in shown["days"]]
            path.write_text(json.dumps({**shown, "days": days}, default=str))
        return shown

    def _read(self, path):
        shown = json.loads(path.read_text())
        for day in shown["days"]:
            day["day"] = date.fromisoformat(day["day"])
        shown["days"] = [self._year.Day(**day) for day in shown["days"]]
        shown["faults"] = Counter(shown["faults"])
        return shown


def _play(env, customers, people, minutes):
    """Return what one run showed.

    Timed from outside: as long as it plays, the clock stands still.
    """
    env.cr.commit()
    shown = {"minutes": minutes}
    shown["seconds"] = seconds(
        lambda: shown.update(_watch(env, customers, people, minutes))
    )
    return shown


def _watch(env, customers, people, minutes):
    # lazily: as above
    from odoo.addons.crm_relationship.tests.common_year import playing

    with playing(env, _runner(env), customers, people, minutes) as played:
        played.play(DAYS, lambda day: _tell_day(env, played))
        shown = {
            "outlook": [p["late_from"] for p in played.outlook["people"]],
            "promises": played.promises["sentences"],
            "days": played.days,
            "faults": played.faults,
            "examples": played.examples,
            "waits": played.read_waits(),
            "bound": played.get_bound(),
            "load": float(played.get_demand())
            / (sum(day.capacity for day in played.days) or 1),
        }
        played.retire()
        env.cr.commit()
    return shown


def _tell_day(env, played):
    """Say what the day was like: a run takes long, and may be cut."""
    env.cr.commit()
    day = played.days[-1]
    say(
        f"{day.day} queue {day.queue} minutes {day.queue_minutes} today {day.today} "
        f"worked {day.worked} of {day.capacity} waiting {day.waiting} "
        f"faults {dict(played.faults)} processor {time.process_time():.0f} s"
    )


def _runner(env):
    def run_job(name):
        env.flush_all()
        env.cr.commit()
        env.ref(f"crm_relationship.ir_cron_{name}").method_direct_trigger()
        env.cr.commit()
        env.invalidate_all()

    return run_job


def _judge(enough, scarce):
    """Return what must hold, as figures."""
    return [
        Figure("year_faults", _count_faults(enough, scarce), 0, note="of any kind"),
        Figure(
            "year_longest_wait_days",
            _get_longest(enough["waits"]),
            enough["bound"],
            note=f"{enough['load']:.0%} of the time is due; the bound is the longest"
            " queue without an empty day",
        ),
        Figure(
            "year_platinum_wait_days",
            _get_longest(enough["waits"], "Platinum"),
            PLATINUM_DAYS,
        ),
        Figure(
            "year_scarce_platinum_wait_days",
            _get_longest(scarce["waits"], "Platinum"),
            PLATINUM_DAYS,
            note=f"{scarce['load']:.0%} of the time is due",
        ),
        Figure(
            "year_scarce_out_of_order",
            _count_out_of_order(scarce["waits"]),
            0,
            note="classes of value that wait longer than a lower one, beyond chance",
        ),
        Figure(
            "year_scarce_warned_people",
            sum(map(bool, scarce["outlook"])) / len(scarce["outlook"]),
            WARNED,
            at_least=True,
            note="the page of the next 30 days says it on the first day",
        ),
    ]


def _get_longest(waits, segment=None):
    return max((d for _m, name, d in waits if segment in (None, name)), default=0)


def _count_faults(*runs):
    for run in runs:
        for what, example in run["examples"].items():
            say(f"fault: {what}: {example}")
    return sum(run["faults"].total() for run in runs)


def group_waits(waits):
    """Return the days waited, by monetary score, the most valuable first."""
    by_score = defaultdict(list)
    for score, _name, days in waits:
        by_score[score].append(days)
    return {score: by_score[score] for score in sorted(by_score, reverse=True)}


def _count_out_of_order(waits):
    """Count the scores that wait longer than the next one, by more than chance.

    Where there is no time for either of two scores, what is counted is how long ago it
    was due, and that is drawn: so a difference is held against its standard error.
    """
    groups = [days for score, days in group_waits(waits).items() if score]
    return sum(
        statistics.mean(more) - statistics.mean(less)
        > CHANCE * math.hypot(_get_error(more), _get_error(less))
        for more, less in zip(groups, groups[1:], strict=False)
    )


def _get_error(days):
    """Return the standard error of their mean."""
    return statistics.pstdev(days) / math.sqrt(len(days))


def _tell(*runs):
    """Print a line a week, for the guide."""
    for run in runs:
        say(f"==> {run['minutes']} minutes a day, {run['load']:.0%} of them due")
        say(f"{'WEEK':<10} {'QUEUE':>7} {'MINUTES':>8} {'WORKED':>7} {'OF':>7} WAITING")
        for first in range(0, len(run["days"]), 7):
            week = run["days"][first : first + 7]
            say(
                f"{week[0].day:%d %b}     {week[0].queue:>7,} "
                f"{week[0].queue_minutes:>8,} {sum(d.worked for d in week):>7,} "
                f"{sum(d.capacity for d in week):>7,} {week[-1].waiting:>7,}"
            )
        for score, days in group_waits(run["waits"]).items():
            say(
                f"monetary score {score}: {statistics.mean(days):.1f} days"
                f" ± {_get_error(days):.1f}, {len(days):,} interactions"
            )
