"""The cases: each compares the addon with the least that could do the same work."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.case_alike import alike
from bench.case_assign import assign
from bench.case_confirm import confirm
from bench.case_effect import effect
from bench.case_feasible import feasible
from bench.case_forecast import forecast
from bench.case_gate import gate
from bench.case_history import history, leave_history
from bench.case_load import load
from bench.case_mailqueue import mailqueue
from bench.case_morning import morning
from bench.case_myday import myday
from bench.case_nobody import nobody
from bench.case_open import opening
from bench.case_portfolio import leave_portfolio, portfolio
from bench.case_preview import preview
from bench.case_program import enroll, hook, night
from bench.case_proof import proof
from bench.case_release import release
from bench.case_reports import reports
from bench.case_schedule import leave_schedule, schedule
from bench.case_year import year
from devtool.console import say, step


@dataclass(frozen=True)
class Case:
    """What is measured, and what it finds and leaves in the database."""

    measure: Callable
    needs: tuple[str, ...] = ()
    """The cases that must have left their data."""
    leave: Callable | None = None
    """Leaves the same data as measuring does, in a fraction of the time."""
    spoils: tuple[str, ...] = ()
    """The cases whose data are not as they were."""


# In this order: each finds what those before leave in the database.
CASES = {
    "myday": Case(myday),
    "effect": Case(effect),
    "assign": Case(assign),
    "portfolio": Case(portfolio, leave=leave_portfolio),
    "forecast": Case(forecast, ("portfolio",)),
    "history": Case(history, ("portfolio",), leave_history),
    "open": Case(opening, ("history",)),
    "schedule": Case(schedule, ("portfolio",), leave_schedule),
    "preview": Case(preview, ("schedule",)),
    "nobody": Case(nobody, ("schedule",)),
    "feasible": Case(feasible, ("schedule",)),
    "morning": Case(morning, ("history", "schedule")),
    "reports": Case(reports, ("history", "schedule")),
    "release": Case(release, ("schedule",), spoils=("schedule",)),
    "confirm": Case(confirm, ("portfolio",)),
    "night": Case(night),
    "hook": Case(hook),
    "enroll": Case(enroll),
    "proof": Case(proof, ("portfolio",)),
    "gate": Case(gate),
    "mailqueue": Case(mailqueue, ("portfolio",)),
    "load": Case(load, ("schedule",), spoils=("schedule",)),
}
# They make their own data and take long: only when they are named.
ALONE = {"alike": alike, "year": year}
# Where a kept database remembers what was left in it.
LEFT = "bench.left"


def play_alone(env, name, **options):
    """Return the figures of a case that makes its own data, from options of its own."""
    with step(name):
        return ALONE[name](env, **options)


def run(env, only=()):
    """Return the figures of all cases, or of those named.

    What one case needs of others is made first, unless a kept database has it.
    """
    if unknown := set(only) - set(CASES):
        raise SystemExit(f"No cases: {', '.join(unknown)}. Known: {', '.join(CASES)}")
    figures = []
    for name in [case for case in CASES if case in only] or CASES:
        for needed in _get_missing(env, name):
            with step(f"what {needed} leaves"):
                CASES[needed].leave(env)
            _remember(env, needed)
        with step(name):
            found = CASES[name].measure(env)
        for figure in found:
            say(f"    {figure}")  # a run may take an hour
        figures += found
        _remember(env, name)
    return figures


def _get_missing(env, name):
    """Return the names of the cases whose data the case needs and does not find."""
    left, missing = _get_left(env), []
    for needed in CASES[name].needs:
        missing += [*_get_missing(env, needed), needed]
    return [need for need in dict.fromkeys(missing) if need not in left]


def _get_left(env):
    return env["ir.config_parameter"].get_param(LEFT, "").split()


def _remember(env, name):
    """Remember that the case has been played, and forget what it took back."""
    # what a case has taken back is still in the caches as if it were there
    env.registry.clear_all_caches()
    env.invalidate_all()
    case, left = CASES[name], set(_get_left(env))
    left -= set(case.spoils)
    if case.leave:
        left.add(name)
    env["ir.config_parameter"].set_param(LEFT, " ".join(sorted(left)))
    env.cr.commit()
