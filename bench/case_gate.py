"""How many interactions the gate judges in a second, on one core.

Alone: `python -m bench.case_gate`. No database: the gate is plain Python.
"""

import importlib
import random
import sys
import time
import types
from datetime import datetime, timedelta
from pathlib import Path

from bench.measure import Figure

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 100_000
DECISIONS = 20_000
REPEATS = 9
ZONES = (
    "Asia/Jakarta",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "UTC",
)
KINDS = ("relationship", "relationship", "relationship", "selling", "service")
NOW = datetime(2026, 3, 20, 2, 0)
"""The two weeks that follow have the clock changes of Europe."""


def gate(_env=None):
    """Return the figure: decisions per second of processor time, the best repetition.

    The best, because whatever else the machine does only ever slows it down.
    Every repetition judges other customers with windows of its own, so that working out
    the days of each zone is part of what is measured.
    """
    engine = get_engine()
    rng = random.Random(20260320)
    rates, allowed = [], 0
    for _repeat in range(REPEATS):
        cases = _cases(engine, rng)
        engine.windows._pieces.cache_clear()
        started = time.process_time()
        allowed = _judge(engine.gate.decide, cases)
        rates.append(len(cases) / (time.process_time() - started))
    return [
        Figure(
            "gate_decisions_per_second",
            round(max(rates)),
            LIMIT,
            at_least=True,
            note=f"{allowed * 100 // DECISIONS} % allowed; window with zone, 2 caps,"
            " 10 interactions of history",
        )
    ]


def _judge(decide, cases):
    """Return how many interactions are allowed."""
    allowed = 0
    for contact, when, wishes, policy, history in cases:
        if decide(contact, when, wishes, policy, history).allowed:
            allowed += 1
    return allowed


def get_engine():
    """Return the package of the engine, under Odoo or without."""
    name = "odoo.addons.crm_relationship"
    if name not in sys.modules:
        name = "crm_relationship"
        package = types.ModuleType(name)  # runs none of the addon's imports of Odoo
        package.__path__ = [str(ROOT / name)]
        sys.modules.setdefault(name, package)
    for module in ("gate", "windows"):
        importlib.import_module(f"{name}.engine.{module}")
    return sys.modules[f"{name}.engine"]


def _cases(engine, rng):
    """Return the arguments of each decision: another customer each time."""
    windows = engine.windows
    hours = [  # Monday to Saturday with a lunch break, closed on Sundays
        windows.Window((((8 * 60, 12 * 60), (13 * 60, 20 * 60)),) * 6 + ((),), zone)
        for zone in map(windows.zone, ZONES)
    ]
    policies = [
        engine.gate.Policy(
            consent_required=frozenset(("selling",)),
            selling_window=windows.Window((((8 * 60, 18 * 60),),) * 6 + ((),), own.tz),
            days_after_follow_up=3,
            caps=((2, 7), (6, 30)),
        )
        for own in hours
    ]
    cases = [_case(engine.gate, rng, hours, policies) for _one in range(DECISIONS)]
    for window in hours:
        window._days.clear()  # remembered while the cases were made
    return cases


def _case(gate, rng, hours, policies):
    """Return the arguments of one decision, mostly lawful ones: planned by day."""
    zone = rng.randrange(len(hours))
    day = datetime(2026, 3, 20) + timedelta(days=rng.randrange(14))
    when = hours[zone].next_opening(day + timedelta(minutes=rng.randrange(1440)))
    if rng.random() < 0.1:
        when += timedelta(hours=rng.randrange(12))
    contacts = [when - timedelta(hours=rng.uniform(100, 3000)) for _one in range(8)]
    contacts += [when + timedelta(hours=rng.uniform(150, 2000)) for _one in range(2)]
    return (
        gate.Contact(rng.choice(KINDS), rng.randrange(5)),
        when,
        gate.Wishes(
            snooze_until=rng.choice((None, NOW)),
            consent_selling="granted" if rng.random() < 0.95 else "unknown",
            refused=frozenset((rng.randrange(5, 8),)),
            window=hours[zone],
        ),
        policies[zone],
        gate.History(
            contacts=tuple(sorted(contacts)),
            relationship_since_selling=rng.randrange(2, 5),
            last_purchase_follow_up=when - timedelta(days=rng.randrange(1, 60)),
        ),
    )


if __name__ == "__main__":
    for figure in gate():
        print(figure)
