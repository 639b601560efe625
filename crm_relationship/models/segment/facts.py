from collections import defaultdict
from functools import cached_property

import psycopg2

from odoo.tools import SQL

from ...engine.segmentation import Group
from .crm_segment_rule import FILTER_ERRORS


def _group(by_score):
    """Return groups of ``{score: [(count, smallest, largest), …]}``."""
    groups = []
    for score, parts in by_score.items():
        counts, smallest, largest = zip(*parts, strict=True)
        groups.append(Group(score, sum(counts), min(smallest), max(largest)))
    return groups


class PortfolioFacts:
    """What determines the segments of some customers of one company.

    Fetched once for all of them: the segments, which customer meets which filter, the
    ranks, and the smallest figures for each score.
    """

    def __init__(self, relationships, company):
        self.env = relationships.env
        self.company = company
        self.relationships = relationships
        # sudo: the rules themselves, not the customers in them
        segments = self.env["crm.segment"].sudo()
        self.segments, self.fallback = segments._get_rules(company)
        self.by_margin = company.relationship_monetary == "margin"

    @cached_property
    def filtered(self):
        """Which customers meet the filters: ``{segment: ids of contacts}``.

        Nobody meets a filter that can no longer be read.
        """
        queries, matching = {}, defaultdict(frozenset)
        for segment in self.segments.filtered("partner_domain"):
            try:
                queries[segment] = self._filter_query(segment)
            except FILTER_ERRORS:
                continue
        try:
            with self.env.cr.savepoint():
                return matching | self._run_filters(queries)
        except (psycopg2.DataError, psycopg2.ProgrammingError):
            return matching

    @cached_property
    def ranks(self):
        return self.relationships._get_ranks()

    def _filter_query(self, segment):
        query = segment._partner_query(self.company)
        ids = tuple(self.relationships.partner_id.ids) or (0,)
        query.add_where(SQL("%s IN %s", SQL.identifier("res_partner", "id"), ids))
        return query

    def _run_filters(self, queries):
        if not queries:
            return {}
        # SQL to ask all filters at once
        arrays = [SQL("ARRAY%s", query.subselect()) for query in queries.values()]
        [found] = self.env.execute_query(SQL("SELECT %s", SQL(", ").join(arrays)))
        return {
            segment: frozenset(ids) for segment, ids in zip(queries, found, strict=True)
        }

    @cached_property
    def groups(self):
        """The scored customers by score: ``{"frequency": [Group, …], "monetary": …}``.

        Not for recency: everyone knows how to improve that.
        """
        money = "margin" if self.by_margin else "revenue"
        # sudo: only counts and the lowest and highest figures, over all customers
        rows = (
            self.env["crm.relationship"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "=", self.company.id),
                    ("active", "=", True),
                    ("order_count", ">", 0),
                ],
                ["rfm_frequency", "rfm_monetary"],
                [
                    "__count",
                    *(f"order_count:{end}" for end in ("min", "max")),
                    *(f"{money}:{end}" for end in ("min", "max")),
                ],
            )
        )
        frequency, monetary = defaultdict(list), defaultdict(list)
        for f_score, m_score, count, f_min, f_max, m_min, m_max in rows:
            frequency[f_score].append((count, f_min, f_max))
            monetary[m_score].append((count, m_min or 0, m_max or 0))
        return {"frequency": _group(frequency), "monetary": _group(monetary)}

    @cached_property
    def intervals(self):
        """Usual intervals in days: ``{segment, or none for the company: days}``."""
        # sudo: figures of the segment, not of a customer
        figures = self.env["crm.segment.figure"].sudo()
        return {
            figure.segment_id: figure.purchase_interval
            for figure in figures.search([("company_id", "=", self.company.id)])
        }

    def ranges(self, segment):
        """Return the score ranges a segment asks for: ``{"monetary": (4, 5)}``."""
        return segment._get_score_ranges(self.company)

    def has_filter(self, segment):
        try:
            return not segment._get_partner_domain().is_true()
        except FILTER_ERRORS:
            return True

    def meets_filter(self, relationship, segment):
        if not self.has_filter(segment):
            return True
        return relationship.partner_id.id in self.filtered[segment]

    def fits(self, relationship, segment, with_stage=True):
        return (
            all(
                low <= relationship[f"rfm_{score}"] <= high
                for score, (low, high) in self.ranges(segment).items()
            )
            and (
                not with_stage
                or not segment.lifecycle_stage
                or segment.lifecycle_stage == relationship.lifecycle_stage
            )
            and self.meets_filter(relationship, segment)
        )

    def first_fitting(self, relationship):
        fitting = (s for s in self.segments if self.fits(relationship, s))
        return next(fitting, self.fallback)

    def value_segment(self, relationship):
        """Return the first fitting segment without a condition on the stage."""
        fitting = (
            segment
            for segment in self.segments
            if not segment.lifecycle_stage and self.fits(relationship, segment)
        )
        return next(fitting, self.fallback)
