"""`./dev test`: run the parts one after the other, and count."""

from functools import partial

from . import parts, selection
from .console import Step, say, step
from .parts import Outcome
from .process import SetupError
from .runtime import Runtime

HELP = (
    "engine, odoo, glue, tour, lint, tool, core (slow, not part of the default), a "
    "test module, class or method, a pytest file, or Odoo test tags"
)
PARTS = {
    "lint": parts.linters,
    "engine": parts.engine,
    "tool": parts.tool,
    "odoo": parts.addon_tests,
    "glue": parts.glue,
    "tour": parts.tours,
    "core": parts.core,
}


def run(args):
    """Run what the words of the command line name; return the exit code."""
    chosen = selection.select(args.what)
    runtime, whole = Runtime.prepare(), Step()
    jobs = {name: PARTS[name] for name in PARTS if name in chosen.parts}
    for kind in ("plain", "named", "glued", "tagged"):
        if names := getattr(chosen, kind):
            jobs[kind] = partial(getattr(parts, kind), names=names)
    return report([run_part(runtime, *job) for job in jobs.items()], whole)


def run_part(runtime, name, function):
    """Return the Outcome of a part; show at once what failed."""
    with step(f"test {name}") as running:
        try:
            outcome = function(runtime, running)
        except SetupError as error:
            outcome = Outcome(failed=1, report=str(error))
        except Exception as error:  # a bug of ours must not look like success
            outcome = Outcome(failed=1, report=f"{type(error).__name__}: {error}")
        outcome.name, outcome.time = name, running.time()
        running.result = str(outcome)
        if outcome.taps:
            say(f"\n{outcome.taps}\n")
        if outcome.report:
            say(f"\n----- {name}: what failed\n{outcome.report}\n-----\n")
    return outcome


def report(outcomes, whole):
    """Print the table and the totals; no test at all is a failure."""
    say()
    for outcome in outcomes:
        say(f"{outcome.name:8} {outcome!s:36} {outcome.time:>12}")
    say(f"total time {whole.time()}\n")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes) or int(not passed)
    say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
