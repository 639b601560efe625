"""Who serves whom: held against brute force, and against an exact solver."""

import random
from collections import Counter
from itertools import product

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_matrix

from crm_relationship.engine.allocation import (
    TOLERANCE,
    Customer,
    Person,
    allocate,
    weigh,
)

MOVE = 20
LEFT_OUT = 10_000


@st.composite
def cases(draw, most_customers=12, most_people=4):
    """Return people and customers as they come: wishes, minutes, and who has whom."""
    names = [f"p{n}" for n in range(draw(st.integers(0, most_people)))]
    minutes = draw(
        st.sampled_from(
            [st.just(30), st.sampled_from([12, 24, 60]), st.integers(1, 40)]
        )
    )
    customers = [
        Customer(
            key=f"c{n}",
            minutes=draw(minutes),
            costs={
                name: draw(st.sampled_from([0, 0, 2, 5, 10]))
                for name in names
                if draw(st.sampled_from([True, True, True, False]))
            },
            current=draw(st.sampled_from([None, "gone", *names])),
            rank=draw(st.sampled_from([0, 0, 1])),
        )
        for n in range(draw(st.integers(0, most_customers)))
    ]
    total = sum(customer.minutes for customer in customers)
    people = [Person(name, draw(st.integers(0, max(total, 1)))) for name in names]
    return people, customers


def get_cost(customer, person, names):
    moved = customer.current in names and customer.current != person
    return customer.costs[person] + MOVE * moved


def get_weight(customer, names):
    return customer.minutes * weigh(customer.rank, customer.current in names)


def find_best(people, customers):
    """Return (minutes left out by weight, cost) of the best of all assignments.

    One customer after the other; of the ways that lead to the same loads, the best.
    """
    names = {person.key for person in people}
    states = {(0,) * len(people): (0, 0)}
    for customer in customers:
        after = {}
        for loads, (left, cost) in states.items():
            options = [(loads, (left + get_weight(customer, names), cost))]
            for i, person in enumerate(people):
                load = loads[i] + customer.minutes
                if person.key in customer.costs and load <= person.capacity:
                    more = get_cost(customer, person.key, names)
                    options.append(
                        ((*loads[:i], load, *loads[i + 1 :]), (left, cost + more))
                    )
            for key, value in options:
                after[key] = min(after.get(key, value), value)
        states = after
    return min(states.values())


def check(people, customers, found):
    """Capacity and wishes hold, and what is told is what is done."""
    names = {person.key for person in people}
    loads, left, cost = Counter(), 0, 0
    for customer in customers:
        person = found.persons[customer.key]
        if person is None:
            left += get_weight(customer, names)
            continue
        assert person in customer.costs
        loads[person] += customer.minutes
        cost += get_cost(customer, person, names)
    for person in people:
        assert loads[person.key] <= person.capacity
        assert found.loads[person.key] == loads[person.key]
    assert (found.left_out, found.cost) == (left, cost)
    for customer in customers:
        if found.persons[customer.key] is None:
            assert not any(
                loads[person.key] + customer.minutes <= person.capacity
                for person in people
                if person.key in customer.costs
            ), "there is somebody with time"


@settings(max_examples=60, deadline=None)
@given(cases())
def test_as_good_as_any(case):
    people, customers = case
    found = allocate(people, customers, MOVE)
    check(people, customers, found)
    assert (found.left_out, found.cost) == find_best(people, customers)


@settings(max_examples=100, deadline=None)
@given(cases(most_customers=40, most_people=6), st.booleans())
def test_capacity_and_wishes_hold(case, even_out):
    people, customers = case
    check(people, customers, allocate(people, customers, MOVE, even_out))


@settings(max_examples=100, deadline=None)
@given(cases(most_customers=25), st.randoms(use_true_random=False))
def test_in_any_order_the_same(case, rng):
    people, customers = case
    found = allocate(people, customers, MOVE)
    # the same wishes, shared or not
    customers = [c._replace(costs=dict(reversed(c.costs.items()))) for c in customers]
    rng.shuffle(people)
    rng.shuffle(customers)
    assert allocate(people, customers, MOVE) == found


def make_large(seed, minutes, spare, owned, values):
    rng = random.Random(seed)
    names = [f"p{n}" for n in range(10)]
    customers = [
        Customer(
            key=f"c{n}",
            minutes=rng.choice(minutes),
            costs={name: rng.choice(values) for name in names if rng.random() < 0.8},
            current=rng.choice(names) if rng.random() < owned else None,
        )
        for n in range(300)
    ]
    total = sum(customer.minutes for customer in customers)
    shares = [rng.uniform(0.4, 1.6) for _name in names]
    people = [
        Person(name, int(total * spare * share / sum(shares)))
        for name, share in zip(names, shares, strict=True)
    ]
    return people, customers


def solve(people, customers):
    """Return (minutes left out by weight, cost), from HiGHS."""
    names = {person.key: i for i, person in enumerate(people)}
    pairs, costs = [], []
    for row, customer in enumerate(customers):
        for name, column in names.items():
            if name in customer.costs:
                pairs.append((row, column))
                costs.append(get_cost(customer, name, names))
        pairs.append((row, None))
        costs.append(LEFT_OUT * get_weight(customer, names))
    rows = lil_matrix((len(customers) + len(people), len(pairs)))
    for x, (row, column) in enumerate(pairs):
        rows[row, x] = 1
        if column is not None:
            rows[len(customers) + column, x] = customers[row].minutes
    ones, zeros = numpy.ones(len(customers)), numpy.zeros(len(people))
    limits = [person.capacity for person in people]
    solution = milp(
        costs,
        constraints=LinearConstraint(
            rows.tocsr(),
            numpy.concatenate([ones, zeros]),
            numpy.concatenate([ones, limits]),
        ),
        integrality=numpy.ones(len(pairs)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 1e-3},
    )
    assert solution.success
    chosen = [x for x in range(len(pairs)) if solution.x[x] > 0.5]
    left = sum(costs[x] for x in chosen if pairs[x][1] is None)
    return left // LEFT_OUT, sum(costs[x] for x in chosen if pairs[x][1] is not None)


@pytest.mark.parametrize(
    ("minutes", "spare", "owned", "values"),
    [
        *product(
            ([60], [12, 24, 60, 120, 180]),
            (1.05, 1.3),
            (0, 0.9),
            ([0, 0, 1, 2, 5], range(50)),
        )
    ],
)
def test_within_a_percent_of_the_exact_solution(minutes, spare, owned, values):
    people, customers = make_large(7, minutes, spare, owned, values)
    found = allocate(people, customers, MOVE)
    check(people, customers, found)
    left, cost = solve(people, customers)
    assert found.left_out == left == 0
    assert found.cost <= 1.01 * cost
    assert found.bound <= cost * 1.001 + 1


def test_thirty_equal_customers_for_three_equal_people():
    people = [Person(f"p{n}", 10_000) for n in range(3)]
    costs = dict.fromkeys(("p0", "p1", "p2"), 0)
    customers = [Customer(f"c{n}", 60, costs) for n in range(30)]
    found = allocate(people, customers, MOVE)
    assert Counter(found.persons.values()) == {"p0": 10, "p1": 10, "p2": 10}


def test_load_counts_and_not_heads():
    people = [Person("ann", 1200), Person("bob", 1200)]
    costs = {"ann": 0, "bob": 0}
    customers = [Customer("large", 1000, costs)]
    customers += [Customer(f"small{n}", 100, costs) for n in range(10)]
    found = allocate(people, customers)
    assert found.loads == {"ann": 1000, "bob": 1000}


def make_team(count, capacity=1000):
    names = [f"p{n}" for n in range(count)]
    people = [Person(name, capacity) for name in names]
    return names, people, dict.fromkeys(names, 0)


def test_only_the_customers_of_the_leaver_move():
    names, people, costs = make_team(100)
    customers = [
        Customer(f"c{n}", 30, costs, current=names[n % 100]) for n in range(2000)
    ]
    found = allocate(people[1:], customers, MOVE)
    moved = {c.key for c in customers if found.persons[c.key] != c.current}
    # what the others cost is as before, whoever they are with
    assert moved == {c.key for c in customers if c.current == "p0"}
    assert max(Counter(found.persons.values()).values()) == 21


def test_as_few_moves_as_the_overload_asks_for():
    names, people, costs = make_team(2, capacity=300)
    customers = [Customer(f"c{n}", 30, costs, current="p0") for n in range(12)]
    found = allocate(people, customers, MOVE)
    assert Counter(found.persons.values()) == {"p0": 10, "p1": 2}


def test_evened_out():
    names, people, costs = make_team(2)
    customers = [Customer(f"c{n}", 10, costs, current="p0") for n in range(100)]
    assert allocate(people, customers, MOVE).loads == {"p0": 1000, "p1": 0}
    found = allocate(people, customers, MOVE, even_out=True)
    assert found.loads["p0"] <= 500 * (1 + TOLERANCE)
    assert sum(found.loads.values()) == 1000


def test_who_is_fixed_stays_and_takes_time():
    people = [Person("ann", 100), Person("bob", 100)]
    customers = [
        Customer("kept", 150, {}, current="ann", is_fixed=True),
        Customer("new", 60, {"ann": 0, "bob": 5}),
    ]
    found = allocate(people, customers)
    assert found.persons == {"kept": "ann", "new": "bob"}
    assert found.loads == {"ann": 150, "bob": 60}


def test_the_lower_rank_is_left_out_and_who_has_nobody_comes_first():
    people = [Person("ann", 60)]
    costs = {"ann": 0}
    customers = [Customer("low", 60, costs), Customer("high", 60, costs, rank=1)]
    assert allocate(people, customers).persons == {"low": None, "high": "ann"}
    customers = [Customer("new", 60, costs), Customer("old", 60, costs, current="ann")]
    assert allocate(people, customers).persons == {"new": "ann", "old": None}


def test_a_chain_serves_who_could_not_be_served_directly():
    """The doctor only wants Ann, whose customer may go to Bob, and his to Cleo."""
    people = [Person("ann", 60), Person("bob", 60), Person("cleo", 60)]
    customers = [
        Customer("doctor", 60, {"ann": 0}),
        Customer("second", 60, {"ann": 0, "bob": 0}, current="ann"),
        Customer("third", 60, {"bob": 0, "cleo": 0}, current="bob"),
    ]
    found = allocate(people, customers, MOVE)
    assert found.persons == {"doctor": "ann", "second": "bob", "third": "cleo"}
    assert found.cost == 2 * MOVE


def test_nobody_there_and_no_time():
    customers = [Customer("one", 60, {}), Customer("two", 60, {"ann": 0})]
    assert allocate([], customers).persons == {"one": None, "two": None}
    assert allocate([Person("ann", 0)], customers).persons["two"] is None
    assert allocate([Person("ann", 60)], []).persons == {}


@pytest.mark.parametrize(
    ("capacity", "minutes", "cost", "move"),
    [(-1, 60, 0, 0), (60, 0, 0, 0), (60, 60, -1, 0), (60, 60, 0, -1)],
)
def test_what_makes_no_sense(capacity, minutes, cost, move):
    with pytest.raises(ValueError):
        allocate(
            [Person("ann", capacity)], [Customer("c", minutes, {"ann": cost})], move
        )
