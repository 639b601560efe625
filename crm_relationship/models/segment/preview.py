"""What the rules would do with a company's customers, before they are saved."""

from collections import Counter
from functools import cached_property
from typing import NamedTuple

import psycopg2

from odoo.tools import SQL

from ..base.figures import format_number
from ..base.memory import raise_work_mem
from .rules import SegmentRules, first_sql


class Tally(NamedTuple):
    """Customers of a company who belong in the same place, counted in one scan."""

    rule: int | None
    """Position of the first segment that fits, the one for all others included."""
    segment: int | None
    """Position of the segment they would be in: some are kept elsewhere by hand."""
    count: int
    revenue: float
    matching: tuple[int, ...]
    """For each segment: how many of them fit its rule."""
    matching_revenue: tuple[float, ...]


class SegmentPreview:
    """What segments would do as they stand in a form, edited values and all.

    All segments are counted together in one scan of the company's customers, on the
    figures of the last update.
    """

    def __init__(self, edited, company):
        """Prepare the preview; nothing is asked yet.

        :param edited: ``crm.segment`` records that stand for the saved ones
        """
        self.env = edited.env
        self.company = company
        self.edited = edited
        self.rules = SegmentRules(self.env, company, self._get_candidates())
        self.segments = [*self.rules.segments, *self.rules.fallback]
        self.positions = {segment: n for n, segment in enumerate(self.segments)}
        self.errors = self._get_errors()

    def _get_candidates(self):
        saved = self.env["crm.segment"]._get_used_by(self.company)
        return [*(saved - self.edited._origin), *self.edited]

    def _get_errors(self):
        """Return what is wrong with the edited ones: ``{segment: error in words}``.

        A filter is tried when it is not the saved one: that was tried then.
        """
        errors = {
            segment: segment._get_range_error()
            or (
                segment.partner_domain != segment._origin.partner_domain
                and segment._get_filter().error
            )
            or str(self.rules.unreadable.get(segment, ""))
            for segment in self.edited
        }
        return {segment: error for segment, error in errors.items() if error}

    # ------------------------------------------------------------------
    # What the fields show
    # ------------------------------------------------------------------

    def get_values(self, segment):
        """Return the values of the preview fields of an edited segment."""
        unassigned = sum(t.count for t in self.tallies if t.segment is None)
        position = self.positions.get(segment)
        if position is None or segment in self.errors:
            values = self._get_no_figures(segment)
        else:
            values = self._get_figures(position)
        return {"preview_unassigned": unassigned, **values}

    def _get_figures(self, position):
        here = [tally for tally in self.tallies if tally.segment == position]
        taken = Counter()
        for tally in self.tallies:
            if tally.rule not in (None, position):
                taken[self.segments[tally.rule]] += tally.matching[position]
        revenue = sum(tally.matching_revenue[position] for tally in self.tallies)
        return {
            "preview_count": sum(tally.matching[position] for tally in self.tallies),
            "preview_share": self._get_share(revenue),
            "preview_overlap": taken.total(),
            "preview_net_count": sum(tally.count for tally in here),
            "preview_net_share": self._get_share(sum(tally.revenue for tally in here)),
            "preview_note": self._describe_overlap(+taken),
        }

    def _get_share(self, revenue):
        total = sum(tally.revenue for tally in self.tallies)
        return revenue / total if total > 0 else 0

    def _get_no_figures(self, segment):
        return {
            "preview_count": 0,
            "preview_share": 0,
            "preview_overlap": 0,
            "preview_net_count": 0,
            "preview_net_share": 0,
            "preview_note": self._describe_obstacle(segment),
        }

    def _describe_overlap(self, taken):
        """Return who takes customers: "Taken by earlier segments: Gold (12)"."""
        if not taken:
            return False
        segments = sorted(taken, key=lambda segment: -taken[segment])
        return self.env._(
            "Taken by earlier segments: %(segments)s.",
            segments=", ".join(
                f"{s.name or '–'} ({format_number(self.env, taken[s], 0)})"
                for s in segments
            ),
        )

    def _describe_obstacle(self, segment):
        """Return why a segment has no preview."""
        error = self.errors.get(segment)
        if error and error == segment._get_range_error():
            return error
        if error:
            return self.env._(
                "The customer filter cannot be read: %(error)s", error=error
            )
        if not segment.active:
            return self.env._("Archived: no customer comes here.")
        return self.env._(
            "This segment belongs to another company or stands behind another one"
            " that takes all others."
        )

    # ------------------------------------------------------------------
    # Counting
    # ------------------------------------------------------------------

    @cached_property
    def tallies(self):
        """The customers counted by place. What the database refuses, is an error."""
        self.env["crm.relationship"].flush_model()
        try:
            with self.env.cr.savepoint():
                return self._scan_customers()
        except (psycopg2.DataError, psycopg2.ProgrammingError):
            # The database does not say which filter it was.
            for segment in self.segments:
                error = segment not in self.errors and segment._get_filter().error
                if error:
                    self.errors[segment] = error
        return self._scan_customers()

    def _scan_customers(self):
        # sudo: numbers over all customers of the company; what somebody types as a
        # filter is asked with that person's own rights, see `FilterCondition.query`
        relationships = self.env["crm.relationship"].sudo()
        query = relationships._search(
            [("company_id", "=", self.company.id), ("active", "=", True)]
        )
        conditions = [self._get_condition(segment, query) for segment in self.segments]
        fits = [SQL.identifier(f"fits_{n}") for n in range(len(self.segments))]
        raise_work_mem(self.env.cr)
        # SQL because the ORM cannot count by conditions; one scan for all segments.
        # OFFSET 0 keeps PostgreSQL from evaluating a filter again wherever it is used.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT rule, COALESCE(kept, rule) AS segment,
                       count(*), COALESCE(sum(revenue), 0) %(sums)s
                  FROM (
                    SELECT revenue, kept, %(first)s AS rule %(names)s
                      FROM (
                        SELECT crm_relationship.revenue, %(kept)s AS kept %(fits)s
                          FROM %(table)s WHERE %(where)s OFFSET 0
                      ) fitting OFFSET 0
                  ) placed
              GROUP BY 1, 2
                """,
                sums=SQL().join(
                    SQL(
                        ", count(*) FILTER (WHERE %(fit)s),"
                        " COALESCE(sum(revenue) FILTER (WHERE %(fit)s), 0)",
                        fit=fit,
                    )
                    for fit in fits
                ),
                first=self._get_first(fits),
                names=SQL().join(SQL(", %s", fit) for fit in fits),
                kept=self._get_kept(),
                fits=SQL().join(
                    SQL(", %s AS %s", condition, fit)
                    for condition, fit in zip(conditions, fits, strict=True)
                ),
                table=query.from_clause,
                where=query.where_clause,
            )
        )
        return [self._read_tally(*row) for row in rows]

    def _get_condition(self, segment, query):
        """Return the rule as SQL on ``crm_relationship``, FALSE for a broken one.

        ``sudo``: as in ``_scan_customers``.
        """
        if segment.is_fallback or segment in self.errors:
            return SQL("FALSE")
        relationships = self.env["crm.relationship"].sudo()
        domain = self.rules.domain(segment).optimize_full(relationships)
        return domain._to_sql(relationships, query.table, query)

    def _get_first(self, fits):
        """Return SQL for the position of the first segment that fits."""
        tried = len(self.rules.segments)
        cases = [(fits[position], position) for position in range(tried)]
        return first_sql(cases, tried if self.rules.fallback else None)

    def _get_kept(self):
        """Return SQL for the position of the segment a customer is kept in manually."""
        cases = [
            SQL("WHEN %s THEN %s", segment._origin.id, position)
            for position, segment in enumerate(self.segments)
            if segment._origin
        ]
        if not cases:
            return SQL("NULL::int")
        return SQL(
            """CASE WHEN COALESCE(crm_relationship.lock_until, %(today)s) >= %(today)s
                    THEN CASE crm_relationship.locked_segment_id %(cases)s END END""",
            today=self.company._relationship_today(),
            cases=SQL(" ").join(cases),
        )

    def _read_tally(self, rule, segment, count, revenue, *sums):
        """Return a row of the scan, with the segment for all others filled in.

        Whom no other takes, fits it.
        """
        counts, revenues = list(sums[::2]), list(sums[1::2])
        if rule is not None and self.segments[rule].is_fallback:
            counts[rule], revenues[rule] = count, revenue
        return Tally(
            rule,
            segment,
            count,
            float(revenue),
            tuple(counts),
            tuple(map(float, revenues)),
        )
