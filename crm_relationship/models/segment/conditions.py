"""What a segment can ask of a customer: each condition in every language it is needed.

Adding one is a class here, named in ``CONDITIONS``, and its test. What it asks for is a
field of ``crm.segment``, on which the preview depends too (``crm_segment.py``), in its
form. (The customer filter can already ask for any field of the contact.)
"""

from odoo.fields import Domain
from odoo.tools import SQL

from ...engine.segmentation import figure_for_score
from ..base.figures import format_amount
from ..base.user_filter import FilterError, UserFilter

# What follows from the segment cannot decide the segment.
CIRCULAR_FIELDS = ("relationship_id", "segment_id", "segment_color", "lifecycle_stage")
PROPERTIES_PATH = "relationship_id.customer_properties"


class Condition:
    """One thing that a segment asks of the customers of a company.

    :meth:`sql`, :meth:`domain` and :meth:`holds` say the same, to PostgreSQL, to the
    ORM and of a single customer. ``facts`` is what is known of the customers besides
    their records: a ``CustomerFacts``, and for :meth:`need` one that also knows the
    customer's rank (``PortfolioFacts`` of the room ``explain``).
    """

    follows_stage = False
    """Whether it looks at the stage, directly or not: see ``SegmentRules``."""

    def __init__(self, segment, company):
        self.segment = segment
        self.company = company
        self.env = company.env

    @classmethod
    def of(cls, segment, company):
        """Return the conditions of this kind that a segment asks for, as a list."""
        raise NotImplementedError

    def sql(self):
        """Return SQL on a row with ``rfm_recency`` …, ``lifecycle_stage``,
        ``partner_id`` and ``present_segment_id``.

        :raises FilterError: when what somebody typed cannot be read any more
        """
        raise NotImplementedError

    def domain(self):
        """Return the ``Domain`` of the ``crm.relationship`` records for which it holds.

        :raises FilterError: when what somebody typed cannot be read any more
        """
        raise NotImplementedError

    def holds(self, relationship, facts):
        """Return whether it holds for a customer; what cannot be read does not."""
        raise NotImplementedError

    def words(self):
        """Return what it asks for, in words."""
        raise NotImplementedError

    def own_words(self, relationship):
        """Return the customer's own value in words, or False where that says nothing
        more.
        """
        return False

    def need(self, relationship, facts):
        """Return what a customer for whom it does not hold lacks, in words.

        In the customer's own terms where possible: "2 more purchases: 7 instead of 5".
        """
        raise NotImplementedError


# ----------------------------------------------------------------------
# Scores
# ----------------------------------------------------------------------


class ScoreCondition(Condition):
    """A score from ``low`` to ``high``, on the scale of the company."""

    score = None

    def __init__(self, segment, company, low, high):
        super().__init__(segment, company)
        self.low = low
        self.high = high

    @classmethod
    def of(cls, segment, company):
        """Nothing where every score fits.

        For a segment on a scale of ``s`` classes, read by a company with ``b`` classes:
        1 + ⌊(low − 1) b ÷ s⌋ and ⌈high b ÷ s⌉; 0 (not scored) stays 0.
        """
        bins, scale = company.relationship_bins, segment.score_bins
        low, high = segment[f"{cls.score}_min"], segment[f"{cls.score}_max"]
        low = 1 + (low - 1) * bins // scale if low else 0
        high = -(-high * bins // scale)
        return [cls(segment, company, low, high)] if (low, high) != (0, bins) else []

    @property
    def field_name(self):
        return f"rfm_{self.score}"

    def sql(self):
        field = SQL.identifier(self.field_name)
        return SQL("%s BETWEEN %s AND %s", field, self.low, self.high)

    def domain(self):
        at_least = Domain(self.field_name, ">=", self.low)
        return at_least & Domain(self.field_name, "<=", self.high)

    def holds(self, relationship, facts):
        return self.low <= relationship[self.field_name] <= self.high

    def words(self):
        if self.low == self.high:
            return f"{self.label()} {self.low}"
        return f"{self.label()} {self.low}–{self.high}"

    def own_words(self, relationship):
        return str(relationship[self.field_name])

    def need(self, relationship, facts):
        own = relationship[self.field_name]
        if own < self.low:
            return self.need_more(relationship, facts)
        return self.env._(
            "%(score)s at most %(high)s instead of %(own)s",
            score=self.name(),
            high=self.high,
            own=own,
        )

    def label(self):
        """Return the name of the score where conditions of all kinds are listed."""
        raise NotImplementedError

    def name(self):
        return score_names(self.env)[self.score]

    def need_more(self, relationship, facts):
        """Return what a customer with too low a score lacks."""
        needed = self.needed_figure(relationship, facts)
        if needed is None:
            return self.env._(
                "a %(score)s score of %(wanted)s, which nobody reaches with so few"
                " customers",
                score=self.name(),
                wanted=self.low,
            )
        return self.need_figure(relationship, needed)

    def needed_figure(self, relationship, facts):
        """Return the figure behind the lowest score that fits; None when there is none.

        :param facts: its ``ranks`` and ``groups`` say how many are worse, and by what
        """
        return figure_for_score(
            self.low,
            self.company.relationship_bins,
            facts.groups[self.score],
            relationship.id in facts.ranks,
            self.unit(),
        )

    def unit(self):
        """Return the smallest difference between two figures behind the score."""
        raise NotImplementedError

    def need_figure(self, relationship, needed):
        raise NotImplementedError


class RecencyCondition(ScoreCondition):
    """How recent the last purchase is: everyone knows what to do for it."""

    score = "recency"

    def label(self):
        return self.env._("Recency score")

    def need_more(self, relationship, facts):
        return self.env._("a purchase now")


class FrequencyCondition(ScoreCondition):
    """How many purchases there are."""

    score = "frequency"

    def label(self):
        return self.env._("Frequency score")

    def unit(self):
        return 1

    def need_figure(self, relationship, needed):
        env = self.env
        own = relationship.order_count
        values = {"more": needed - own, "needed": needed, "own": own}
        if needed - own == 1:
            return env._("1 more purchase: %(needed)s instead of %(own)s", **values)
        return env._("%(more)s more purchases: %(needed)s instead of %(own)s", **values)


class MonetaryCondition(ScoreCondition):
    """How much the purchases bring: revenue, or margin, as the company counts."""

    score = "monetary"

    def label(self):
        return self.env._("Monetary score")

    def unit(self):
        return self.company.currency_id.rounding

    def need_figure(self, relationship, needed):
        env = self.env
        by_margin = self.company.relationship_monetary == "margin"
        own = relationship.margin if by_margin else relationship.revenue
        values = {
            "more": self.amount(needed - own),
            "needed": self.amount(needed),
            "own": self.amount(own),
        }
        if by_margin:
            return env._(
                "%(more)s more margin: %(needed)s instead of %(own)s", **values
            )
        return env._("%(more)s more revenue: %(needed)s instead of %(own)s", **values)

    def amount(self, amount):
        return format_amount(self.env, amount, self.company.currency_id)


def score_names(env):
    """Return what the scores are called: ``{"recency": "Recency", …}``."""
    return {
        "recency": env._("Recency"),
        "frequency": env._("Frequency"),
        "monetary": env._("Monetary"),
    }


# ----------------------------------------------------------------------
# The stage
# ----------------------------------------------------------------------


class StageCondition(Condition):
    """A stage of the life cycle."""

    follows_stage = True

    @classmethod
    def of(cls, segment, company):
        return [cls(segment, company)] if segment.lifecycle_stage else []

    @property
    def stage(self):
        return self.segment.lifecycle_stage

    def sql(self):
        return SQL("lifecycle_stage = %s", self.stage)

    def domain(self):
        return Domain("lifecycle_stage", "=", self.stage)

    def holds(self, relationship, facts):
        return relationship.lifecycle_stage == self.stage

    def words(self):
        return self.env._("Stage: %(stage)s", stage=self.name(self.stage))

    def own_words(self, relationship):
        return self.name(relationship.lifecycle_stage)

    def need(self, relationship, facts):
        env = self.env
        if self.stage == "loyal":
            return env._(
                "loyalty: %(count)s purchases in all",
                count=self.company.relationship_loyal_orders,
            )
        if self.stage == "repeater":
            return env._("a second purchase")
        if self.stage == "recovered":
            return env._("having come back after being lost")
        return env._("stage: %(stage)s", stage=self.name(self.stage))

    def name(self, stage):
        field = self.env["crm.segment"]._fields["lifecycle_stage"]
        return dict(field._description_selection(self.env))[stage]


# ----------------------------------------------------------------------
# The customer filter
# ----------------------------------------------------------------------


class CustomerFilter(UserFilter):
    """The customer filter of a segment: nothing in it follows from the segments."""

    def __init__(self, env, text):
        super().__init__(env, "res.partner", text)

    def contacts(self, company):
        """Return the records to ask it of, for one company.

        As that company, in its time zone: the same contact may have another
        relationship, other properties and another date with each company. ``sudo``: a
        rule counts all customers, whoever looks at the result. Archived ones, too.
        """
        return (
            self.env["res.partner"]
            .sudo()
            .with_context(
                active_test=False,
                allowed_company_ids=company.ids,
                tz=company._relationship_tz(),
            )
        )

    def check_paths(self):
        for path in self.paths:
            if path == PROPERTIES_PATH or path.startswith(f"{PROPERTIES_PATH}."):
                continue
            for name in path.split("."):
                if name in CIRCULAR_FIELDS:
                    raise FilterError(
                        self.env._(
                            "“%(field)s” follows from the segments and cannot decide on"
                            " them. Use the scores and the stage of the rule instead.",
                            field=name,
                        )
                    )


class FilterCondition(Condition):
    """Whatever the database knows of the contact."""

    def __init__(self, segment, company, customer_filter):
        super().__init__(segment, company)
        self.filter = customer_filter

    @classmethod
    def of(cls, segment, company):
        customer_filter = CustomerFilter(company.env, segment.partner_domain)
        if customer_filter.takes_all:
            return []
        return [cls(segment, company, customer_filter)]

    def query(self):
        """Return the query of the contacts who pass, archived ones included.

        A filter that is still being typed is asked with the rights of whoever types it:
        its numbers must tell nothing of what that person may not read.
        """
        contacts = self.filter.contacts(self.company)
        if self.segment.partner_domain != self.segment._origin.partner_domain:
            contacts = contacts.sudo(self.segment.env.su)
        return self.filter.query(contacts)

    def sql(self):
        return SQL("partner_id IN %s", self.query().subselect())

    def domain(self):
        return Domain("partner_id", "in", self.query())

    def holds(self, relationship, facts):
        return relationship.partner_id.id in facts.passing[self]

    def words(self):
        return self.filter.words()

    def need(self, relationship, facts):
        return self.env._("a customer with: %(filter)s", filter=self.words())


class StayCondition(Condition):
    """Being there already: what counts while the filter of a segment cannot be read."""

    def sql(self):
        return SQL("present_segment_id = %s", self.segment._origin.id)

    def domain(self):
        return Domain("segment_id", "=", self.segment._origin.id)

    def holds(self, relationship, facts):
        return relationship.segment_id == self.segment._origin

    def words(self):
        return self.env._("in this segment already (its filter cannot be read)")

    def need(self, relationship, facts):
        return self.env._("a customer filter that can be read")


CONDITIONS = [
    RecencyCondition,
    FrequencyCondition,
    MonetaryCondition,
    StageCondition,
    FilterCondition,
]
"""All kinds that can be chosen, in the order in which they are asked and listed."""


def get_conditions(segment, company):
    """Return what a segment asks of a company's customers, as a list.

    None where everyone fits, as in the segment for all others.
    """
    if not segment or segment.is_fallback:
        return []
    return [found for kind in CONDITIONS for found in kind.of(segment, company)]
