"""How the customers of a company are sorted into segments."""

from functools import cached_property

from odoo.fields import Domain
from odoo.tools import SQL

from ..base.user_filter import find_unreadable
from .conditions import StayCondition, get_conditions


def first_sql(cases, otherwise):
    """Return SQL for the value of the first case that holds.

    :param cases: pairs of a condition and a value, as SQL or plain values
    :param otherwise: the value when none does, possibly None
    """
    last = SQL("NULL::int") if otherwise is None else SQL("%s", otherwise)
    whens = [SQL("WHEN %s THEN %s", condition, value) for condition, value in cases]
    return SQL("CASE %s ELSE %s END", SQL(" ").join(whens), last) if whens else last


class SegmentRules:
    """The segments of a company in the order in which they are tried.

    A customer belongs to the first one whose conditions all hold, or else to the one
    for all others, if there is any.

    Without the stage: the stage of a silent customer follows from the usual interval of
    a segment. It is taken from the first segment that fits among those that do not look
    at the stage, or else this would run in circles.
    """

    def __init__(self, env, company, candidates=None):
        """Prepare the rules; nothing is read yet.

        :param candidates: segments to take instead of the saved ones, in any order;
            those that the company does not use are left out
        """
        self.env = env
        self.company = company.with_env(env)
        self.candidates = candidates
        self._conditions = {}

    # ------------------------------------------------------------------
    # The segments
    # ------------------------------------------------------------------

    @cached_property
    def _used(self):
        candidates = self.candidates
        if candidates is None:
            candidates = self.env["crm.segment"]._get_used_by(self.company)
        return list(filter(self._is_used, candidates))

    @cached_property
    def _in_order(self):
        return sorted(self._used, key=self._get_place)

    def _is_used(self, segment):
        return segment.active and segment.company_id.id in (self.company.id, False)

    def _get_place(self, segment):
        """Return the sort key; before all others, segments that cannot be read.

        Nobody can tell whether their customers still belong there, so these stay.
        """
        is_readable = segment not in self.unreadable
        return is_readable, segment.sequence, segment._origin.id or float("inf")

    @cached_property
    def unreadable(self):
        """Segments whose filter names what there is no more: ``{segment: error}``.

        An app took a field along. Each is judged by itself: it keeps its customers and
        gets no others, until somebody corrects it; all others are tried as usual.
        """
        filters = {}
        for segment in self._used:
            if not segment.is_fallback:
                customer_filter = segment._get_filter()
                contacts = customer_filter.contacts(self.company)
                filters[segment] = (customer_filter, contacts)
        return find_unreadable(filters)

    @cached_property
    def segments(self):
        """Those that are tried, as a list; the one for all others is none of them."""
        return [segment for segment in self._in_order if not segment.is_fallback]

    @cached_property
    def fallback(self):
        """The segment for all others, the company's own before a shared one."""
        fallbacks = [segment for segment in self._in_order if segment.is_fallback]
        fallbacks.sort(key=lambda segment: not segment.company_id)
        return fallbacks[0] if fallbacks else self.env["crm.segment"]

    def conditions(self, segment):
        """Return what a segment asks for: a list of ``Condition``."""
        if segment not in self._conditions:
            self._conditions[segment] = (
                [StayCondition(segment, self.company)]
                if segment in self.unreadable
                else get_conditions(segment, self.company)
            )
        return self._conditions[segment]

    def _get_tried(self, with_stage):
        return [
            segment
            for segment in self.segments
            if with_stage or not any(c.follows_stage for c in self.conditions(segment))
        ]

    # ------------------------------------------------------------------
    # Who belongs where
    # ------------------------------------------------------------------

    def place_sql(self, with_stage=True):
        """Return SQL for a customer's segment, on the row that conditions look at."""
        return first_sql(
            [(self._condition_sql(s), s.id) for s in self._get_tried(with_stage)],
            self.fallback.id or None,
        )

    def _condition_sql(self, segment):
        conditions = [condition.sql() for condition in self.conditions(segment)]
        return SQL(" AND ").join(conditions) if conditions else SQL("TRUE")

    def domain(self, segment):
        """Return the domain of the relationships that meet a segment's conditions.

        Those alone, as if there were no other segment: neither the order of the
        segments nor customers kept by hand.
        """
        domain = Domain("company_id", "=", self.company.id)
        return Domain.AND([domain, *(c.domain() for c in self.conditions(segment))])

    def fits(self, segment, relationship, facts):
        """Return whether all conditions of a segment hold for a customer."""
        return all(c.holds(relationship, facts) for c in self.conditions(segment))

    def first_fitting(self, relationship, facts, with_stage=True):
        """Return the segment of a customer, possibly empty.

        :param facts: ``CustomerFacts`` of that customer and others
        """
        fitting = (
            segment
            for segment in self._get_tried(with_stage)
            if self.fits(segment, relationship, facts)
        )
        return next(fitting, self.fallback)

    def value_segment(self, relationship, facts):
        """Return the segment of a customer by what does not follow from the stage."""
        return self.first_fitting(relationship, facts, with_stage=False)
