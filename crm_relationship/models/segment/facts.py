"""What conditions have to know of customers besides their records."""

from collections import defaultdict
from functools import cached_property

import psycopg2

from odoo.tools import SQL

from ..base.user_filter import FilterError
from .conditions import FilterCondition


class CustomerFacts:
    """Which of some customers pass the filters of the rules, asked at once for all."""

    def __init__(self, rules, relationships):
        """Prepare the facts; nothing is asked yet.

        :param rules: ``SegmentRules`` of the company of these relationships
        """
        self.env = rules.env
        self.company = rules.company
        self.rules = rules
        self.relationships = relationships

    @cached_property
    def passing(self):
        """Who passes the filters: ``{condition: ids of contacts}``.

        A filter that cannot be read any more lets nobody pass.
        """
        queries, passing = {}, defaultdict(frozenset)
        for condition in self._get_filters():
            try:
                queries[condition] = self._limit(condition.query())
            except FilterError:
                continue
        try:
            with self.env.cr.savepoint():
                return passing | self._ask(queries)
        except (psycopg2.DataError, psycopg2.ProgrammingError):
            return passing

    def _get_filters(self):
        return [
            condition
            for segment in self.rules.segments
            for condition in self.rules.conditions(segment)
            if isinstance(condition, FilterCondition)
        ]

    def _limit(self, query):
        ids = tuple(self.relationships.partner_id.ids) or (0,)
        query.add_where(SQL("%s IN %s", SQL.identifier("res_partner", "id"), ids))
        return query

    def _ask(self, queries):
        if not queries:
            return {}
        # SQL to ask all filters at once
        arrays = [SQL("ARRAY%s", query.subselect()) for query in queries.values()]
        [found] = self.env.execute_query(SQL("SELECT %s", SQL(", ").join(arrays)))
        return {
            condition: frozenset(ids)
            for condition, ids in zip(queries, found, strict=True)
        }
