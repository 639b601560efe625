"""The cases: each compares the addon with the least that could do the same work."""

from bench.case_alike import alike
from bench.case_assign import assign
from bench.case_confirm import confirm
from bench.case_effect import effect
from bench.case_feasible import feasible
from bench.case_forecast import forecast
from bench.case_gate import gate
from bench.case_history import history
from bench.case_load import load
from bench.case_mailqueue import mailqueue
from bench.case_morning import morning
from bench.case_myday import myday
from bench.case_nobody import nobody
from bench.case_open import opening
from bench.case_portfolio import portfolio
from bench.case_preview import preview
from bench.case_program import program
from bench.case_proof import proof
from bench.case_release import release
from bench.case_schedule import schedule
from bench.case_year import year
from devtool.console import step

# In this order: each needs what the one before leaves in the database.
CASES = {
    "myday": myday,
    "effect": effect,
    "assign": assign,
    "portfolio": portfolio,
    "forecast": forecast,
    "history": history,
    "open": opening,
    "schedule": schedule,
    "preview": preview,
    "nobody": nobody,
    "feasible": feasible,
    "morning": morning,
    "release": release,
    "confirm": confirm,
    "program": program,
    "proof": proof,
    "gate": gate,
    "mailqueue": mailqueue,
    "load": load,
}
# They make their own data and take long: only when they are named.
ALONE = {"alike": alike, "year": year}


def run(env, only=None, **options):
    """Return the figures of all cases, or of the one whose name is given.

    The cases before it must run for it to have data, so their figures are left out only
    at the end.

    :param options: for a case that makes its own data
    """
    names = [*CASES, *ALONE]
    if only and only not in names:
        raise SystemExit(f"There is no case {only}. Cases: {', '.join(names)}")
    if only in ALONE:
        with step(only):
            return ALONE[only](env, **options)
    figures = []
    for name, case in CASES.items():
        with step(name):
            found = case(env)
        # what a case has taken back is still remembered as if it were there
        env.registry.clear_all_caches()
        if only in (None, name):
            figures += found
        if name == only:
            break
    return figures
