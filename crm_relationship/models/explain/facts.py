"""What an explanation has to know of customers besides their records."""

from collections import defaultdict
from functools import cached_property

from ...engine.segmentation import Group
from ..segment.facts import CustomerFacts


class PortfolioFacts(CustomerFacts):
    """Where some customers stand among all of their company, asked at once for all."""

    @cached_property
    def ranks(self):
        """How many are worse: see ``crm.relationship._get_ranks``."""
        return self.relationships._get_ranks()

    @cached_property
    def groups(self):
        """The scored customers by score: ``{"frequency": [Group, …], "monetary": …}``.

        Not for recency: everyone knows how to improve that.
        """
        by_margin = self.company.relationship_monetary == "margin"
        money = "margin" if by_margin else "revenue"
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


def _group(by_score):
    """Return groups of ``{score: [(count, smallest, largest), …]}``."""
    groups = []
    for score, parts in by_score.items():
        counts, smallest, largest = zip(*parts, strict=True)
        groups.append(Group(score, sum(counts), min(smallest), max(largest)))
    return groups
