"""Contacts on days with only so many minutes: what holds whatever is asked."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from crm_relationship.engine.capacity import Book

FIRST = date(2026, 3, 30)
LENGTH = 8
often = settings(derandomize=True, deadline=None, max_examples=300)

DAYS = st.integers(0, LENGTH - 1).map(lambda shift: FIRST + timedelta(days=shift))
PAGES = st.dictionaries(DAYS, st.sampled_from((0, 15, 60, 240)), max_size=LENGTH)
CONTACTS = st.lists(
    st.tuples(DAYS, st.sampled_from((0, 5, 10, 15, 60, 90, 300))), max_size=40
)


def place(book, contacts):
    """Return the day of each contact, None without one."""
    days = []
    for wanted, minutes in contacts:
        day = book.find(wanted, minutes)
        if day:
            book.take(day, minutes)
        days.append(day)
    return days


@often
@given(PAGES, CONTACTS)
def test_no_day_holds_more_than_it_has(pages, contacts):
    used = {}
    for (_wanted, minutes), day in zip(
        contacts, place(Book(pages), contacts), strict=True
    ):
        used.setdefault(day, []).append(minutes)
    used.pop(None, None)
    for day, lengths in used.items():
        assert pages[day] > 0
        some = [minutes for minutes in lengths if minutes]
        alone = len(some) == 1 and some[0] > max(pages.values())
        assert alone or sum(lengths) <= pages[day]


@often
@given(PAGES, CONTACTS)
def test_never_before_the_day_wanted_and_the_first_that_fits(pages, contacts):
    book = Book(pages)
    for wanted, minutes in contacts:
        day = book.find(wanted, minutes)
        left = {d: book.get_left(d) for d in book.days if d >= wanted}
        if day is None:
            assert not any(rest >= minutes for rest in left.values())
        else:
            assert day >= wanted
            assert not any(rest >= minutes for d, rest in left.items() if d < day)
            book.take(day, minutes)


@often
@given(PAGES, st.lists(DAYS, max_size=40))
def test_nobody_is_left_out_while_there_is_room_for_all(pages, wanted):
    """Contacts of five minutes: as many find a day as the days from then on hold."""
    contacts = [(day, 5) for day in sorted(wanted, reverse=True)]
    days = place(Book(pages), contacts)
    for number, (day, found) in enumerate(zip(sorted(wanted)[::-1], days, strict=True)):
        room = sum(minutes // 5 for other, minutes in pages.items() if other >= day)
        if number < room:
            assert found is not None


@often
@given(PAGES, CONTACTS)
def test_what_waits_in_the_queue_moves_on_to_the_next_days(pages, contacts):
    book = Book(pages)
    over = [book.spread(wanted, minutes) for wanted, minutes in contacts]
    total = sum(minutes for minutes in pages.values())
    assert sum(map(book.get_left, book.days)) + sum(m for _w, m in contacts) == (
        total + sum(over)
    )
    assert all(book.get_left(day) >= 0 for day in book.days)


def test_what_is_longer_than_any_day_gets_a_day_of_its_own():
    second = FIRST + timedelta(days=1)
    book = Book({FIRST: 60, second: 60})
    book.take(FIRST, 5)
    assert book.find(FIRST, 300) == second
    book.take(second, 300)
    assert book.get_left(second) == 0
    assert book.find(FIRST, 300) is None


def test_nobody_works():
    assert Book({}).find(FIRST, 0) is None
    assert Book({FIRST: 0}).find(FIRST, 0) is None
    assert Book({}).spread(FIRST, 10) == 10
