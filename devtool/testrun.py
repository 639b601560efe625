"""`./dev test`: run the parts, two lanes at a time, and count.

The parts in a lane run one after the other. Odoo's tests take longest and keep one
core and the database busy; the linters and pytest fill the other core meanwhile. The
browser tours have the machine to themselves.
"""

import threading
from dataclasses import dataclass, field

from . import parts, selection
from .console import Step, duration, elapsed, say
from .errors import SetupError
from .parts import Outcome
from .runtime import Runtime


@dataclass
class Job:
    """A part to run: `function(runtime, running)` returns its Outcome."""

    name: str
    function: object


@dataclass
class Summary:
    """The outcomes so far; parts in two threads add to it."""

    outcomes: list = field(default_factory=list)
    lock: object = field(default_factory=threading.Lock)

    def add(self, outcome):
        with self.lock:
            self.outcomes.append(outcome)

    def totals(self):
        """Return (passed, failed); a run without any test counts as one failure."""
        passed = sum(outcome.passed for outcome in self.outcomes)
        failed = sum(outcome.failed for outcome in self.outcomes)
        return passed, failed if passed or failed else 1


def run(words):
    """Run what the words of the command line name; return the exit code."""
    chosen = selection.select(words)
    runtime = Runtime.prepare()
    summary = Summary()
    for lanes in make_stages(chosen):
        threads = [
            threading.Thread(
                target=_run_lane, args=(lane, runtime, summary), daemon=True
            )
            for lane in lanes
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return _report(summary)


def make_stages(chosen):
    """Return the jobs as stages, each a list of lanes that run side by side.

    The tours come last and alone: a step of a tour that takes more than ten seconds
    fails, and a busy machine is slow.
    """
    short = [job for name, job in _short_jobs() if name in chosen.parts]
    if chosen.pytest:
        short.append(Job("pytest", _pytest("pytest", lambda: chosen.pytest)))
    long = [job for name, job in _long_jobs() if name in chosen.parts]
    if chosen.tags:
        long.append(Job("named", _named(",".join(chosen.tags))))
    alone = [Job("tour", parts.tours)] if "tour" in chosen.parts else []
    stages = [[lane for lane in (long, short) if lane], [alone] if alone else []]
    return [stage for stage in stages if stage]


def _short_jobs():
    yield "lint", Job("lint", _lint)
    yield "engine", Job("engine", _pytest("engine", parts.engine_args))
    yield "tool", Job("tool", _pytest("tool", parts.tool_tests))


def _long_jobs():
    yield "odoo", Job("odoo", parts.odoo_tests)
    yield "core", Job("core", _core)


def _lint(runtime, running):
    from . import lint

    return lint.part(runtime, running)


def _core(runtime, running):
    from . import coretests

    return coretests.part(runtime, running)


def _pytest(name, get_args):
    return lambda rt, running: parts.pytest_part(rt, running, name, get_args())


def _named(tags):
    return lambda rt, running: parts.odoo_part(
        rt, running, "named", tags, need_chromium=True
    )


def _run_lane(jobs, runtime, summary):
    for job in jobs:
        running = Step(f"test {job.name}")
        running.start()
        try:
            outcome = job.function(runtime, running)
        except SetupError as error:
            report = "\n".join(filter(None, (error.message, error.detail)))
            outcome = Outcome(job.name, 0, 1, 0, report)
        except Exception as error:  # a bug of ours must not look like success
            outcome = Outcome(job.name, 0, 1, 0, f"{type(error).__name__}: {error}")
        outcome.seconds = running.seconds()
        if outcome.report:
            say(f"\n----- {job.name}: what failed\n{outcome.report}\n-----\n")
        running.stop(_counts(outcome))
        summary.add(outcome)


def _counts(outcome):
    text = f"{outcome.passed} passed, {outcome.failed} failed"
    return f"{text}, {outcome.skipped} skipped" if outcome.skipped else text


def _report(summary):
    say()
    for outcome in summary.outcomes:
        say(f"{outcome.name:8} {_counts(outcome):36} {duration(outcome.seconds):>12}")
    passed, failed = summary.totals()
    say(f"total time {elapsed()}\n")
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
