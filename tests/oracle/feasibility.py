"""What plans ask of people, told from the facts in the plainest way.

Written from the page for managers, not from the addon: one customer and one line at a
time, in Python, without a query. A year has 52 weeks.
"""

from dataclasses import dataclass, field

WEEKS = 13
NOBODY = None


@dataclass(frozen=True)
class Line:
    """A line of a plan, with the channel that it tries first."""

    key: int
    plan: int
    yearly: float
    minutes: int
    automatic: bool = False
    maker: int | None = None


@dataclass(frozen=True)
class Pending:
    """What is scheduled or in a queue for a customer."""

    day: float
    """Days from the beginning of today; before it, it is overdue."""
    minutes: int
    maker: int | None
    line: int | None = None
    automatic: bool = False


@dataclass(frozen=True)
class Customer:
    segment: int
    plan: int | None
    person: int | None
    excluded: bool = False
    value: float | None = None
    pending: list[Pending] = field(default_factory=list)


def needs(customers, lines):
    """Return {person: [interactions, minutes] a week} in the long run."""
    found = {}
    for customer in customers:
        if customer.excluded:
            continue
        for line in lines:
            if line.plan != customer.plan or line.automatic:
                continue
            person = line.maker or customer.person
            sums = found.setdefault(person, [0.0, 0.0])
            sums[0] += line.yearly / 52
            sums[1] += line.yearly * line.minutes / 52
    return found


def weeks(customers, lines):
    """Return {(person, segment): minutes in each of the next 13 weeks}."""
    found = {}

    def add(person, segment, week, minutes):
        row = found.setdefault((person, segment), [0.0] * WEEKS)
        if week < WEEKS:
            row[week] += minutes

    for customer in customers:
        if customer.excluded:
            continue
        for pending in customer.pending:
            if not pending.automatic:
                week = int(max(pending.day, 0) // 7)
                person = pending.maker or customer.person
                add(person, customer.segment, week, pending.minutes)
        for line in lines:
            if line.plan == customer.plan and not line.automatic and line.yearly:
                _add_line(customer, line, add)
    return found


def _add_line(customer, line, add):
    """Add what follows on what is pending; without it, the same in every week."""
    person = line.maker or customer.person
    every = 52 / line.yearly
    pending = [p for p in customer.pending if p.line == line.key]
    if not pending:
        for week in range(WEEKS):
            add(person, customer.segment, week, line.minutes / every)
    for one in pending:
        overdue = one.day < 0
        # known by its week: in the middle of it
        moment = every + (0 if overdue else int(one.day // 7) + 0.5)
        while moment < WEEKS:
            add(person, customer.segment, int(moment), line.minutes)
            moment += every


def stake(customers, lines, line, saved):
    """Return the value at stake when people save minutes of a line in a quarter."""
    followers = [c for c in customers if c.plan == line.plan and not c.excluded]
    values = [c.value for c in followers if c.value is not None]
    if not values:
        return None
    own = [other for other in lines if other.plan == line.plan and not other.automatic]
    minutes = sum(o.yearly * o.minutes for o in own) * len(followers) / 4
    return sum(values) * saved / minutes
