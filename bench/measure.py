"""Timing, and figures that say by themselves whether they are good enough."""

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One line of the result."""

    name: str
    value: float
    limit: float | None
    """None: for information only."""
    at_least: bool = False
    """Whether a higher value is better."""
    note: str = ""

    @property
    def ok(self):
        """Tell whether the limit is kept."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self):
        number = f"{self.value:.{0 if self.value == int(self.value) else 2}f}"
        if self.limit is None:
            limit, verdict = "-", "info"
        else:
            limit = f"{'>=' if self.at_least else '<='}{self.limit:g}"
            verdict = "ok" if self.ok else "short"
        return (
            f"{self.name:<32} {number:>8} {limit:>7} {verdict:<5}  {self.note}".rstrip()
        )


def ratio(name, limit, taken, bare, note):
    """Return the figure of an addon's seconds, held against those of the bare work."""
    note = f"{taken:.2f} s, bare {bare:.2f} s; {note}"
    return Figure(name, taken / bare, limit, note=note)


clock = time.perf_counter
"""What time is: `use_processor_time` lets it stand still while others compute."""


def use_processor_time(cr):
    """Count what this process and its session of the database compute from now on.

    For a machine that does other things meanwhile. What a session leaves to helpers is
    not counted with it, so it is told to have none; PostgreSQL must run here.
    """
    global clock  # noqa: PLW0603
    cr.execute("SET max_parallel_workers_per_gather = 0")
    cr.execute("SELECT pg_backend_pid()")
    counters = [Path(f"/proc/{pid}/schedstat") for pid in (os.getpid(), *cr.fetchone())]
    cr.commit()

    def spent():
        return sum(int(counter.read_text().split()[0]) for counter in counters) / 1e9

    clock = spent


def seconds(function):
    """Return how long the call takes."""
    started = clock()
    function()
    return clock() - started


def alternate(repeats, **functions):
    """Return {name: median seconds}; the functions take turns.

    Turns, because what else the machine does changes over a minute: it then slows all
    of them alike, and the ratio stays.
    """
    times = {name: [] for name in functions}
    for _turn in range(repeats):
        for name, function in functions.items():
            times[name].append(seconds(function))
    return {name: statistics.median(values) for name, values in times.items()}
