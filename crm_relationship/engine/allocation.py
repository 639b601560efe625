"""Who serves whom: every customer gets a person, in minutes a year, fairly.

**The problem.** A customer takes so many minutes a year; a person has so many. Whom a
customer's wishes allow, and what each costs (an unmet preference, a move to somebody
else), is known for each pair. Wanted is the cheapest assignment in which nobody has
more than there is time for; to leave a customer out costs more than anything else.

**The way.** Minutes are a liquid at first: customers of a kind (same wishes, minutes
and person) may be shared out in any way. That is a minimum-cost flow, and as its graph
only needs a node for each *person*, with the cheapest customer that could go from one
to the other as the edge between them, its size does not grow with the customers:

1. Each customer goes to the cheapest person, among equals to the one with most time
   left. Nothing is cheaper, but somebody may have too much.
2. Whoever has too much passes it on along the cheapest chain of people (a customer of
   mine to you, one of yours to a third) that ends with somebody who has time, else
   nobody. Successive shortest paths, by Dijkstra with potentials: after each step no
   cheaper way to arrange the same minutes exists. A chain carries as many minutes as it
   can, so the number of chains depends on people and kinds of customers, not on their
   number.
3. What the flow has divided is put together again: of the few customers cut in two,
   each goes whole to the cheapest person with time, if need be by moving another.
4. Small cases are improved further: single moves and swaps up to ``POLISHED`` kinds,
   and up to ``EXACT`` customers a search that proves that nothing is cheaper.
5. Among equally cheap assignments, customers go from the busier to the less busy.

The flow is a lower bound of what any assignment costs: ``Allocation.bound`` tells how
far from perfect the answer can be at most, at any size. Where all customers take equal
minutes, nothing is ever cut, and the flow is the answer.

**Fair.** People and customers are taken in the order of a hash of their keys, which
nobody's place in a list or number in a database has a say in; so the same input in any
order gives the same answer. Costs are whole numbers, so that equal is equal.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from hashlib import blake2b
from heapq import heapify, heappop, heappush, heapreplace
from math import ceil, gcd
from typing import NamedTuple

# Parts of a unit of cost that are told apart when it is spread over minutes.
SCALE = 10**6
# Nothing costs as much as what is not allowed.
NEVER = 1 << 100
# Up to so many kinds of customers at people, single moves and swaps are looked for.
POLISHED = 600
# Up to so many customers, the cheapest of all assignments is found.
EXACT = 14
# Steps of that search; what is best by then is taken.
PATIENCE = 200_000
# How far above the average somebody may be whose load is evened out.
TOLERANCE = 0.05
MAX_ROUNDS = 50
# Pairs that are looked at to make time for the customers that were cut in pieces.
EFFORT = 3_000_000


class Person(NamedTuple):
    key: str
    capacity: int
    """Minutes a year."""


class Customer(NamedTuple):
    key: str
    minutes: int
    """A year, at least 1."""
    costs: Mapping[str, int]
    """What it costs that a person serves this customer, by key of those who may.
    Customers with the same wishes share the mapping."""
    current: str | None = None
    """Who serves the customer now; anybody else costs a move."""
    is_fixed: bool = False
    """Stays with the current person, whatever that costs and however busy."""
    rank: int = 0
    """Where there is not time for all, those of a lower rank are left out first."""


class Allocation(NamedTuple):
    persons: dict
    """Who serves each customer, by key; None for who is left out."""
    loads: dict
    """Minutes a year of each person, by key."""
    cost: int
    """Of all customers who are served, in units of ``Customer.costs``."""
    left_out: int
    """Minutes of those left out, weighed by their rank."""
    bound: float
    """No assignment that leaves out no more minutes costs less than this."""


def allocate(
    people: Iterable[Person],
    customers: Iterable[Customer],
    move_cost: int = 0,
    even_out: bool = False,
) -> Allocation:
    """Return who serves whom; see the module for how.

    :param move_cost: that a customer who has somebody gets somebody else
    :param even_out: also move customers from people who are more than ``TOLERANCE``
        above the average to people below
    :raises ValueError: at minutes, capacities or costs below what makes sense
    """
    return _Allocator(people, customers, move_cost, even_out).run()


def weigh(rank: int, has_somebody: bool) -> int:
    """Return how much a minute of a customer who is left out weighs.

    Among equals, who has nobody at all comes before who would like somebody else.
    """
    return 2 * (rank + 1) + (not has_somebody)


def _digest(key: Hashable) -> bytes:
    return blake2b(str(key).encode(), digest_size=16).digest()


class _Kind:
    """Customers with the same costs, minutes, person and rank."""

    __slots__ = ("index", "minutes", "costs", "rates", "members", "weight")

    def __init__(self, minutes, costs, weight, left_out):
        """Take whole costs by person, of which the last is nobody."""
        self.minutes = minutes
        self.weight = weight
        self.costs = [*costs, left_out * minutes * weight]
        self.rates = [
            NEVER if cost is None else cost * SCALE // minutes for cost in costs
        ]
        self.rates.append(left_out * SCALE * weight)
        self.members = []


class _Allocator:
    def __init__(self, people, customers, move_cost, even_out):
        self.people = sorted(people, key=lambda person: _digest(person.key))
        self.even_out = even_out
        self.move_cost = move_cost
        self.place = {person.key: i for i, person in enumerate(self.people)}
        self.nobody = len(self.people)
        self.persons = {}
        self.fixed = [0] * self.nobody
        free = self._take_fixed(customers)
        self._check(free)
        self.kinds = self._group(free)
        self.unit = gcd(*(kind.minutes for kind in self.kinds)) or 1
        self.room = [
            max(person.capacity - fixed, 0) // self.unit * self.unit
            for person, fixed in zip(self.people, self.fixed, strict=True)
        ]
        self.load = [0] * (self.nobody + 1)
        self.held = [{} for _ in range(self.nobody + 1)]
        self.price = [0] * (self.nobody + 1)
        self.effort = EFFORT

    def run(self):
        self._start()
        self._resolve(self.room, to_nobody=True)
        bound = self._get_bound()
        if self.even_out:
            self._resolve(self._get_shares(), to_nobody=False)
        self._make_whole()
        if not self.even_out:
            self._improve()
        self._balance()
        return self._tell(bound)

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _take_fixed(self, customers):
        """Put the fixed customers where they are; return the others."""
        free = []
        for customer in customers:
            at = self.place.get(customer.current)
            if customer.is_fixed and at is not None:
                self.fixed[at] += customer.minutes
                self.persons[customer.key] = customer.current
            else:
                free.append(customer)
        return free

    def _check(self, customers):
        if any(person.capacity < 0 for person in self.people):
            raise ValueError("a capacity cannot be negative")
        if self.move_cost < 0 or any(c.minutes < 1 for c in customers):
            raise ValueError("a move costs at least 0, a customer takes a minute")

    def _group(self, customers):
        """Return the kinds of customers, in an order that depends on them alone."""
        vectors, found = {}, defaultdict(list)
        for customer in customers:
            mapping = customer.costs
            known = vectors.get(id(mapping))
            if known is None:
                # kept with the mapping: an id is only one's own while one lives
                known = vectors[id(mapping)] = self._get_vector(mapping), mapping
            at = self.place.get(customer.current, -1)
            weight = weigh(customer.rank, at >= 0)
            found[known[0], customer.minutes, at, weight].append(customer.key)
        highest = max((c for v, *_rest in found for c in v if c is not None), default=0)
        # more than any chain of people can cost
        left_out = (2 * self.nobody + 1) * (highest + self.move_cost + 1)
        kinds = []
        for (vector, minutes, at, weight), keys in found.items():
            costs = [
                cost if cost is None or at in (-1, i) else cost + self.move_cost
                for i, cost in enumerate(vector)
            ]
            kind = _Kind(minutes, costs, weight, left_out)
            kind.members = sorted(keys, key=_digest)
            kinds.append(kind)
        kinds.sort(key=lambda kind: (-kind.minutes, _digest(kind.members[0])))
        for index, kind in enumerate(kinds):
            kind.index = index
        return kinds

    def _get_vector(self, mapping):
        vector = tuple(mapping.get(person.key) for person in self.people)
        if any(cost is not None and cost < 0 for cost in vector):
            raise ValueError("a cost cannot be negative")
        return vector

    # ------------------------------------------------------------------
    # 1. Each to the cheapest
    # ------------------------------------------------------------------

    def _start(self):
        """Give each kind to its cheapest people, filling up whoever is least busy."""

        def freedom(kind):
            lowest = min(kind.rates)
            return sum(rate == lowest for rate in kind.rates), kind.index

        for kind in sorted(self.kinds, key=freedom):
            lowest = min(kind.rates)
            cheapest = [i for i, rate in enumerate(kind.rates) if rate == lowest]
            if len(cheapest) == 1:
                self._put(kind, cheapest[0], kind.minutes * len(kind.members))
                continue
            self._pour(kind, cheapest)

    def _pour(self, kind, cheapest):
        heap = [(self._get_business(i, kind.minutes), i) for i in cheapest]
        heapify(heap)
        counts = defaultdict(int)
        for _member in kind.members:
            _business, at = heap[0]
            counts[at] += kind.minutes
            self.load[at] += kind.minutes
            heapreplace(heap, (self._get_business(at, kind.minutes), at))
        for at, minutes in counts.items():
            self.load[at] -= minutes
            self._put(kind, at, minutes)

    def _get_business(self, at, more=0):
        """Return how busy a person would be, as a share of the time there is."""
        capacity = self.people[at].capacity
        load = self.load[at] + self.fixed[at] + more
        return load / capacity if capacity else NEVER

    def _put(self, kind, at, minutes):
        self.held[at][kind.index] = self.held[at].get(kind.index, 0) + minutes
        self.load[at] += minutes

    def _shift(self, index, at, to, minutes):
        held = self.held[at]
        held[index] -= minutes
        if not held[index]:
            del held[index]
        self.load[at] -= minutes
        self._put(self.kinds[index], to, minutes)

    def held_kinds(self):
        return [(at, index) for at, held in enumerate(self.held) for index in held]

    # ------------------------------------------------------------------
    # 2. Chains
    # ------------------------------------------------------------------

    def _resolve(self, room, to_nobody):
        """Let minutes flow from whoever has more than ``room`` to who has less."""
        edges = _Edges(self)
        while any(self.load[i] > room[i] for i in range(self.nobody)):
            if not self._flow(edges, room, to_nobody):
                return

    def _flow(self, edges, room, to_nobody):
        """Find the nearest person with time, and send what can go there.

        Dijkstra over the people, all who have too much at distance 0.

        :return: whether there was anybody
        """
        price = self.price
        size = self.nobody + to_nobody
        reach = [NEVER] * len(price)
        came = [None] * size
        heap = [(0, i) for i in range(self.nobody) if self.load[i] > room[i]]
        for _length, i in heap:
            reach[i] = 0
        target = None
        while heap:
            length, at = heappop(heap)
            if length > reach[at]:
                continue
            if at == self.nobody or self.load[at] < room[at]:
                target = at
                break
            base = length + price[at]
            for to, (delta, index) in enumerate(edges.get_row(at)[:size]):
                far = base + delta - price[to]
                if delta < NEVER and far < reach[to]:
                    reach[to] = far
                    came[to] = at, index
                    heappush(heap, (far, to))
        if target is None:
            return False
        far = reach[target]
        self.price = [p + min(r, far) for p, r in zip(price, reach, strict=True)]
        self._send(edges, came, target, room)
        return True

    def _send(self, edges, came, target, room):
        path, at = [], target
        while came[at]:
            before, index = came[at]
            path.append((before, index, at))
            at = before
        amount = min(self.held[before][index] for before, index, _to in path)
        amount = min(amount, self.load[at] - room[at])
        if target != self.nobody:
            amount = min(amount, room[target] - self.load[target])
        whole = self.kinds[path[0][1]].minutes
        if amount > whole:
            amount -= amount % whole
        for before, index, to in path:
            self._shift(index, before, to, amount)
            edges.note(index, before, to)

    def _get_bound(self):
        """Return what the flow costs, of those who are served: less is impossible."""
        return sum(
            minutes * self.kinds[index].costs[at] / self.kinds[index].minutes
            for at, held in enumerate(self.held[: self.nobody])
            for index, minutes in held.items()
        )

    def _get_shares(self):
        """Return the minutes of each person if all were equally busy, and a little."""
        total = sum(self.fixed) + sum(self.load[: self.nobody])
        capacity = sum(person.capacity for person in self.people)
        share = total / capacity * (1 + TOLERANCE) if capacity else 0
        return [
            min(room, max(ceil(person.capacity * share) - fixed, 0))
            // self.unit
            * self.unit
            for person, fixed, room in zip(
                self.people, self.fixed, self.room, strict=True
            )
        ]

    # ------------------------------------------------------------------
    # 3. Whole customers
    # ------------------------------------------------------------------

    def _make_whole(self):
        """Take out the customers that were cut in pieces, and place them again."""
        loose = []
        for kind in self.kinds:
            whole = 0
            for at in range(self.nobody + 1):
                minutes = self.held[at].get(kind.index, 0)
                whole += minutes // kind.minutes
                if rest := minutes % kind.minutes:
                    self.load[at] -= rest
                    self.held[at][kind.index] -= rest
                    if not self.held[at][kind.index]:
                        del self.held[at][kind.index]
            loose += [kind] * (len(kind.members) - whole)
        for index, minutes in list(self.held[self.nobody].items()):
            kind = self.kinds[index]
            loose += [kind] * (minutes // kind.minutes)
            self.load[self.nobody] -= minutes
            del self.held[self.nobody][index]
        loose.sort(key=lambda kind: (-kind.weight, -kind.minutes, kind.index))
        hopeless = set()
        for kind in loose:
            if kind.index in hopeless or not self._place(kind):
                hopeless.add(kind.index)
                self._put(kind, self.nobody, kind.minutes)

    def _place(self, kind):
        """Give a customer to the cheapest person with time, or make time."""
        options = [
            (kind.costs[i], self._get_business(i, kind.minutes), i)
            for i in range(self.nobody)
            if kind.costs[i] is not None and self._has_room(i, kind.minutes)
        ]
        best = min(options, default=None)
        lowest = min((c for c in kind.costs[:-1] if c is not None), default=None)
        is_worth_it = best is None or (
            best[0] > lowest and len(self.held_kinds()) <= POLISHED
        )
        if is_worth_it:
            best = self._try_passing_on(kind, best)
        if best is None:
            return False
        if len(best) > 3:
            self._shift(*best[3:])
        self._put(kind, best[2], kind.minutes)
        return True

    def _has_room(self, at, minutes):
        return self.load[at] + minutes <= self.room[at]

    def _try_passing_on(self, kind, best):
        """Return a cheaper way: somebody passes on another customer to take this one.

        :return: (cost, business, person[, kind, from, to, minutes])
        """
        slack = [room - load for room, load in zip(self.room, self.load, strict=False)]
        most = max(slack, default=0)
        roomy = [i for i, minutes in enumerate(slack) if minutes > 0]
        for at, spare in enumerate(slack):
            if kind.costs[at] is None or kind.minutes > spare + most:
                continue
            for index in sorted(self.held[at]):
                other = self.kinds[index]
                if not kind.minutes - spare <= other.minutes <= most:
                    continue
                if self.effort <= 0:
                    return best
                self.effort -= len(roomy)
                saved = kind.costs[at] - other.costs[at]
                for to in roomy:
                    if (
                        to != at
                        and slack[to] >= other.minutes
                        and other.costs[to] is not None
                        and (best is None or saved + other.costs[to] < best[0])
                    ):
                        cost = saved + other.costs[to]
                        best = (cost, 0, at, index, at, to, other.minutes)
        return best

    # ------------------------------------------------------------------
    # 4. Small cases
    # ------------------------------------------------------------------

    def _improve(self):
        if len(self.held_kinds()) <= POLISHED:
            self._polish()
        if sum(len(kind.members) for kind in self.kinds) <= EXACT:
            self._search()

    def _polish(self):
        """Move or swap customers, as long as that makes it cheaper."""
        for _round in range(MAX_ROUNDS):
            if not self._move_once() and not self._swap_once():
                return

    def _move_once(self):
        moved = False
        for at, index in self.held_kinds():
            kind = self.kinds[index]
            for to in range(self.nobody):
                if index not in self.held[at]:
                    break
                if (
                    kind.costs[to] is not None
                    and kind.costs[to] < kind.costs[at]
                    and self._has_room(to, kind.minutes)
                ):
                    self._shift(index, at, to, kind.minutes)
                    moved = True
        return moved

    def _swap_once(self):
        """Swap two customers of different people, or one who is left out for one."""
        swapped = False
        pairs = self.held_kinds()
        for place, (at, index) in enumerate(pairs):
            for to, other in pairs[place + 1 :]:
                if to != at and self._is_good_swap(at, index, to, other):
                    self._shift(index, at, to, self.kinds[index].minutes)
                    self._shift(other, to, at, self.kinds[other].minutes)
                    swapped = True
        return swapped

    def _is_good_swap(self, at, index, to, other):
        if index not in self.held[at] or other not in self.held[to]:
            return False
        one, two = self.kinds[index], self.kinds[other]
        if one.costs[to] is None or two.costs[at] is None:
            return False
        if one.costs[to] + two.costs[at] >= one.costs[at] + two.costs[to]:
            return False
        more = two.minutes - one.minutes
        return (at == self.nobody or self.load[at] + more <= self.room[at]) and (
            to == self.nobody or self.load[to] - more <= self.room[to]
        )

    def _search(self):
        """Find the cheapest assignment of all, or as far as the patience reaches.

        Branch and bound. The prices of the flow tell what the customers still to be
        placed will cost at least: each its cheapest with the price of the minutes, less
        the price of the minutes that are still free.
        """
        if not self.kinds:
            return
        units = [kind for kind in self.kinds for _member in kind.members]
        best = _Search(self, units).run()
        if best is None:
            return
        self.load = [0] * (self.nobody + 1)
        self.held = [{} for _ in range(self.nobody + 1)]
        for kind, at in zip(units, best, strict=True):
            self._put(kind, at, kind.minutes)

    def get_cost(self):
        """Return what the present assignment costs, leaving out included."""
        return sum(
            minutes // self.kinds[index].minutes * self.kinds[index].costs[at]
            for at, held in enumerate(self.held)
            for index, minutes in held.items()
        )

    # ------------------------------------------------------------------
    # 5. Fair
    # ------------------------------------------------------------------

    def _balance(self):
        """Pass customers on where it costs nothing, from the busier to the idler."""
        for _round in range(MAX_ROUNDS):
            order = sorted(
                range(self.nobody), key=lambda i: (-self._get_business(i), i)
            )
            moved = False
            for at in order:
                for index in sorted(self.held[at], reverse=True):
                    moved |= self._spread(at, self.kinds[index])
            if not moved:
                return

    def _spread(self, at, kind):
        moved = False
        cost, minutes = kind.costs[at], kind.minutes
        for to in range(self.nobody):
            if to == at or kind.costs[to] != cost:
                continue
            while (
                kind.index in self.held[at]
                and self._has_room(to, minutes)
                and self._get_business(to, minutes) < self._get_business(at)
            ):
                self._shift(kind.index, at, to, minutes)
                moved = True
        return moved

    # ------------------------------------------------------------------
    # Result
    # ------------------------------------------------------------------

    def _tell(self, bound):
        cost = left_out = 0
        for kind in self.kinds:
            members = iter(kind.members)
            for at in range(self.nobody + 1):
                count = self.held[at].get(kind.index, 0) // kind.minutes
                key = self.people[at].key if at < self.nobody else None
                for _number in range(count):
                    self.persons[next(members)] = key
                if not count:
                    continue
                if key is None:
                    left_out += count * kind.minutes * kind.weight
                else:
                    cost += count * kind.costs[at]
        loads = {
            person.key: self.load[i] + self.fixed[i]
            for i, person in enumerate(self.people)
        }
        return Allocation(self.persons, loads, cost, left_out, bound)


class _Edges:
    """The cheapest kind of customer to go from a person to each other, kept in step."""

    def __init__(self, allocator):
        self.allocator = allocator
        self.rows = {}

    def get_row(self, at):
        """Return for each person what a minute more there costs, and of which kind."""
        row = self.rows.get(at)
        if row is None:
            row = [(NEVER, -1)] * (self.allocator.nobody + 1)
            for index in sorted(self.allocator.held[at]):
                self._add(row, index, at)
            self.rows[at] = row
        return row

    def _add(self, row, index, at):
        rates = self.allocator.kinds[index].rates
        base = rates[at]
        for to, rate in enumerate(rates):
            if rate < NEVER and rate - base < row[to][0]:
                row[to] = rate - base, index

    def note(self, index, before, to):
        """Minutes of a kind have gone from one person to another."""
        if index not in self.allocator.held[before]:
            self.rows.pop(before, None)
        if to in self.rows:
            self._add(self.rows[to], index, to)


class _Search:
    """Branch and bound over whole customers, those with most minutes first."""

    def __init__(self, allocator, units):
        self.units = units
        self.nobody = allocator.nobody
        self.limit = allocator.get_cost()
        self.best = None
        self.steps = 0
        self.room = list(allocator.room)
        self.chosen = [0] * len(units)
        highest = max(allocator.price)
        # what a minute of each person is worth; nobody's are worth nothing
        self.worth = [highest - price for price in allocator.price]
        self.free = sum(w * r for w, r in zip(self.worth, self.room, strict=False))
        self.least = [0]
        for kind in reversed(units):
            cheapest = min(
                cost * SCALE + worth * kind.minutes
                for cost, worth in zip(kind.costs, self.worth, strict=True)
                if cost is not None
            )
            self.least.append(self.least[-1] + cheapest)
        self.least.reverse()

    def run(self):
        """Return the place of each customer, None where nothing cheaper was found."""
        self._place(0, 0)
        return self.best

    def _place(self, at, cost):
        self.steps += 1
        if self.steps > PATIENCE:
            return
        if at == len(self.units):
            if cost < self.limit:
                self.limit, self.best = cost, list(self.chosen)
            return
        if -(-(cost * SCALE + self.least[at] - self.free) // SCALE) >= self.limit:
            return
        kind = self.units[at]
        alike = at and self.units[at - 1] is kind
        first = self.chosen[at - 1] if alike else 0
        for spent, to in sorted(
            (spent, to)
            for to, spent in enumerate(kind.costs)
            if spent is not None and to >= first
        ):
            if to < self.nobody and self.room[to] < kind.minutes:
                continue
            self._take(kind, to, 1)
            self.chosen[at] = to
            self._place(at + 1, cost + spent)
            self._take(kind, to, -1)

    def _take(self, kind, to, sign):
        if to < self.nobody:
            self.room[to] -= sign * kind.minutes
            self.free -= sign * self.worth[to] * kind.minutes
