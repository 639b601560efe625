"""Questions for the engine: contacts, windows and caps near special moments."""

from bisect import insort
from datetime import datetime, timedelta
from typing import NamedTuple

from hypothesis import strategies as st

from crm_relationship.engine.caps import next_lawful, rank, spans
from crm_relationship.engine.gate import Contact, History, Policy, Wishes
from crm_relationship.engine.windows import Window, zone
from oracle.gate import MINUTE

# Monday to Saturday, 08:00 to 18:00, the hours that regulated selling allows.
REGULATED_SELLING_HOURS = (((8 * 60, 18 * 60),),) * 6 + ((),)

INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)

# A moment near which something is special, and zones in which it is.
OCCASIONS = (
    ("Europe/Berlin", datetime(2026, 3, 29, 1, 0)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, 0)),
    ("America/New_York", datetime(2026, 3, 8, 7, 0)),
    ("America/New_York", datetime(2026, 11, 1, 6, 0)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, 0)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30)),
    ("Asia/Jakarta", datetime(2028, 2, 29, 0, 0)),
    ("Asia/Jakarta", datetime(2026, 12, 31, 17, 0)),
    ("Asia/Kathmandu", datetime(2027, 1, 1, 0, 0)),
    ("Africa/Casablanca", datetime(2026, 2, 15, 2, 0)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, 0)),
    ("UTC", datetime(2028, 2, 29, 0, 0)),
)

ZONES = st.sampled_from(sorted({name for name, _moment in OCCASIONS})).map(zone)


@st.composite
def days(draw):
    """Return the opening hours of one weekday, which may be none."""
    bounds = draw(
        st.lists(
            st.sampled_from((0, 60, 90, 120, 121, 180, 480, 720, 1080, 1439, 1440)),
            max_size=4,
            unique=True,
        ).map(sorted)
    )
    return tuple(zip(bounds[::2], bounds[1::2], strict=False))


@st.composite
def weeks(draw):
    """Return the opening hours of a week."""
    day, other = draw(days()), draw(days())
    others = draw(st.sampled_from(((), (5, 6), (0, 2, 4), range(6))))
    return tuple(other if number in others else day for number in range(7))


@st.composite
def windows(draw, near, tz=ZONES):
    """Return a window, with holidays near a moment."""
    week = draw(weeks())
    around = st.integers(-2, 4).map(lambda shift: (near + shift * DAY).date())
    closed = draw(st.frozensets(around, max_size=3))
    parts = st.tuples(st.integers(-3000, 6000), st.integers(1, 900)).map(
        lambda part: (near + part[0] * MINUTE, near + sum(part) * MINUTE)
    )
    shut = draw(st.just(()) | st.lists(parts, max_size=2).map(tuple))
    return Window(week, draw(tz), closed, draw(st.none() | weeks()), shut)


def moments(near, spread=5):
    """Return moments, mostly on a minute, at most ``spread`` days from another."""
    exact = st.integers(-spread * 1440, spread * 1440).map(
        lambda shift: near + shift * MINUTE
    )
    return exact | exact.map(
        lambda moment: moment + timedelta(seconds=37, microseconds=5)
    )


SOME_CAPS = st.lists(
    st.sampled_from(((1, 1), (1, 3), (2, 2), (2, 7), (3, 5), (4, 30))),
    min_size=1,
    max_size=3,
).map(tuple)
CAPS = SOME_CAPS | st.sampled_from(((), ((0, 1),), ((0, 1), (2, 7))))


@st.composite
def questions(draw, permissive=False):
    """Return the arguments of a decision.

    :param permissive: leave out what waiting does not remove, and have many rules that
        it does, so that they get into each other's way
    """
    name, near = draw(st.sampled_from(OCCASIONS))
    tz = ZONES | st.just(zone(name))
    rarely = st.just(False) if permissive else st.sampled_from((False,) * 7 + (True,))
    consents = st.sampled_from(
        ("granted",) if permissive else ("unknown", "granted", "refused")
    )
    maybe_window = windows(near, tz) if permissive else st.none() | windows(near, tz)
    contact = Contact(
        kind=draw(st.sampled_from(("relationship", "selling", "service"))),
        channel=draw(st.integers(1, 3)),
        blacklisted=draw(rarely),
        has_address=not draw(rarely),
        relationship_first=draw(st.booleans()),
        address=draw(st.sampled_from((None, "email", "phone"))),
        work=draw(st.none() | windows(near, tz)),
    )
    shut = st.sampled_from((frozenset(),) * 7 + (frozenset(("email",)),))
    wishes = Wishes(
        archived=draw(rarely),
        other_company=draw(rarely),
        do_not_contact=draw(rarely),
        snooze_until=draw(st.none() | moments(near)),
        consent_relationship=draw(consents),
        consent_selling=draw(consents),
        refused=draw(
            st.just(frozenset())
            if permissive
            else st.frozensets(st.integers(1, 3), max_size=2)
        ),
        window=draw(maybe_window),
        closed=frozenset() if permissive else draw(shut),
        closed_to_selling=frozenset() if permissive else draw(shut),
    )
    policy = Policy(
        consent_required=draw(
            st.frozensets(st.sampled_from(("relationship", "selling")))
        ),
        selling_window=draw(maybe_window),
        waking_window=draw(st.none() | windows(near, tz)),
        min_relationship_contacts=0 if permissive else draw(st.integers(0, 2)),
        days_after_follow_up=draw(st.integers(0, 3)),
        caps=draw(SOME_CAPS if permissive else CAPS),
    )
    contacts = st.lists(moments(near), min_size=3 if permissive else 0, max_size=8)
    history = History(
        contacts=tuple(sorted(draw(contacts))),
        relationship_since_selling=draw(st.integers(0, 3)),
        last_purchase_follow_up=draw(st.none() | moments(near)),
        purchase_pending_follow_up=draw(rarely),
        open_complaint=draw(rarely),
    )
    return contact, draw(moments(near, 3)), wishes, policy, history


class Request(NamedTuple):
    """A contact that wants a place among the others of the same customer."""

    id: int
    wanted: datetime
    kind: str
    objective: str | None = None
    windows: tuple[Window, ...] = ()


def place(requests, history, caps):
    """Return the moment of each request of one customer by its id, None without one.

    The way the release goes about it: one after the other by rank, and what was given
    a place counts for those after it. Service is never capped and counts for no cap.
    """
    taken, places = sorted(history), {}
    limits = spans(caps)
    for request in sorted(
        requests, key=lambda r: (rank(r.kind, r.objective), r.wanted, r.id)
    ):
        is_service = request.kind == "service"
        moment = places[request.id] = next_lawful(
            request.wanted, taken, () if is_service else limits, request.windows
        )
        if moment is not None and not is_service:
            insort(taken, moment)
    return places
