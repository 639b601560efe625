"""The cases: each compares the addon with the least that could do the same work."""

from collections.abc import Callable
from dataclasses import dataclass

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
from bench.case_program import program
from bench.case_proof import proof
from bench.case_release import release
from bench.case_schedule import leave_schedule, schedule
from bench.case_year import year
from devtool.console import step


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


PLANNED = ("history", "schedule")
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
    "preview": Case(preview, PLANNED),
    "nobody": Case(nobody, PLANNED),
    "feasible": Case(feasible, PLANNED),
    "morning": Case(morning, PLANNED),
    "release": Case(release, PLANNED, spoils=("schedule",)),
    "confirm": Case(confirm, ("portfolio",)),
    "program": Case(program, ("portfolio",)),
    "proof": Case(proof, ("portfolio",)),
    "gate": Case(gate),
    "mailqueue": Case(mailqueue, ("portfolio",)),
    "load": Case(load, PLANNED, spoils=("schedule",)),
}
# They make their own data and take long: only when they are named.
ALONE = {"year": year}
# Where a kept database remembers what was left in it.
LEFT = "bench.left"


def run(env, only=None, **options):
    """Return the figures of all cases, or of the one whose name is given.

    What one case needs of others is made first, unless a kept database has it.

    :param options: for a case that makes its own data
    """
    names = [*CASES, *ALONE]
    if only and only not in names:
        raise SystemExit(f"There is no case {only}. Cases: {', '.join(names)}")
    if only in ALONE:
        with step(only):
            return ALONE[only](env, **options)
    if only:
        for name in _get_missing(env, only):
            with step(f"what {name} leaves"):
                CASES[name].leave(env)
            _remember(env, name)
    figures = []
    for name in [only] if only else CASES:
        with step(name):
            figures += CASES[name].measure(env)
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
