from odoo.tools.misc import format_date

from ...engine.segmentation import SCORES, percent_worse
from ..base.figures import format_amount, format_count, format_number
from ..portfolio.silence import SilenceRule
from ..segment.conditions import score_names
from ..segment.rules import SegmentRules
from .facts import PortfolioFacts

# Nobody should be guided into these.
NO_GOAL = ("prospect", "first_time", "at_risk", "lost")
GOALS_SHOWN = 3


class Explainer:
    """Explains why a company's customers are in their segments, and what would help.

    Texts are plain strings: the template that shows them escapes what people entered.
    """

    def __init__(self, relationships, company):
        self.env = relationships.env
        self.company = company
        self.by_margin = company.relationship_monetary == "margin"
        self.silence_rule = SilenceRule(company)
        self.rules = SegmentRules(self.env, company)
        self.facts = PortfolioFacts(self.rules, relationships)

    def explain(self, relationship):
        """Return the values of the template ``relationship_explanation``.

        ``sudo``: the rule that put the customer there, for whoever sees the customer.
        """
        segment = relationship.segment_id.sudo()
        return {
            "segment": segment.name,
            "scores": [self.explain_score(relationship, score) for score in SCORES],
            "bins": self.company.relationship_bins,
            "kept": relationship.kept_note,
            "conditions": self.explain_conditions(relationship, segment),
            "note": self.explain_place(relationship, segment),
            "stage": self.explain_stage(relationship),
            "goals": self.explain_goals(relationship, segment),
            "outlook": self.explain_outlook(relationship),
        }

    def summarize(self, values):
        """Return in one line why the customer is where the rules, or people, say.

        :param dict values: as returned by :meth:`explain`
        """
        if values["kept"]:
            return values["kept"]
        met = [c["text"] for c in values["conditions"] if c["met"]]
        parts = [*met, *values["stage"][:1]] or [values["note"]]
        return "; ".join(part.rstrip(".") for part in parts)

    def explain_score(self, relationship, score):
        """Return a score, with the figure behind it and the rank in words."""
        env = self.env
        figures = {
            "recency": env._(
                "Last purchase: %(day)s",
                day=self.day(relationship.last_order_date) or env._("never"),
            ),
            "frequency": env._(
                "Purchases: %(count)s",
                count=format_count(env, relationship.order_count),
            ),
            "monetary": self.money_label(self.money(relationship)),
        }
        return {
            "name": score_names(env)[score],
            "score": relationship[f"rfm_{score}"],
            "figure": figures[score],
            "rank": self.explain_rank(relationship, score),
        }

    def explain_rank(self, relationship, score):
        """Return how many customers are worse in a score, in words."""
        env = self.env
        months = self.company.relationship_window_months
        if relationship.id not in self.facts.ranks:
            return env._("Not scored: no purchase in the last %(n)s months.", n=months)
        customers, *worse = self.facts.ranks[relationship.id]
        percent = percent_worse(worse[SCORES.index(score)], customers)
        if percent:
            return self.explain_percent(score, percent=percent, months=months)
        return env._(
            "Among the last of all who bought in the last %(months)s months"
            " (%(customers)s).",
            customers=format_count(env, customers),
            months=months,
        )

    def explain_percent(self, score, **values):
        env = self.env
        if score == "recency":
            return env._(
                "More recent than %(percent)s%% of the customers who bought in the"
                " last %(months)s months.",
                **values,
            )
        if score == "frequency":
            return env._(
                "More purchases than %(percent)s%% of the customers who bought in the"
                " last %(months)s months.",
                **values,
            )
        if self.by_margin:
            return env._(
                "More margin than %(percent)s%% of the customers who bought in the"
                " last %(months)s months.",
                **values,
            )
        return env._(
            "More revenue than %(percent)s%% of the customers who bought in the last"
            " %(months)s months.",
            **values,
        )

    def explain_conditions(self, relationship, segment):
        """Return the conditions of a segment with the customer's own figures."""
        return [
            {
                "text": condition.words(),
                "own": condition.own_words(relationship),
                "met": condition.holds(relationship, self.facts),
            }
            for condition in self.rules.conditions(segment)
        ]

    def explain_place(self, relationship, segment):
        """Return what else to say about the segment: why this one, or why none."""
        env = self.env
        if relationship._is_kept():
            if segment == relationship.locked_segment_id:
                return env._("The rules do not decide as long as this lasts.")
            return env._("This takes effect with the next update.")
        fitting = self.rules.first_fitting(relationship, self.facts)
        if fitting != segment:
            return env._(
                "The rules, or what is known of the customer, have changed since the"
                " last update. By now the customer would come into: %(segment)s.",
                segment=fitting.name or env._("no segment"),
            )
        if not segment:
            return env._(
                "No segment fits. A segment “for all others” would take customers like"
                " this one."
            )
        if segment == self.rules.fallback:
            return env._("No other segment fits: this one takes all others.")
        if not self.rules.conditions(segment):
            return env._("Everyone fits, and no segment before it does.")
        return env._("The first segment whose conditions all hold.")

    def explain_goals(self, relationship, segment):
        """Return what is lacking for the segments tried earlier, the nearest first."""
        if relationship.lifecycle_stage in ("prospect", "at_risk", "lost"):
            return []
        if relationship._is_kept():
            return []
        earlier = self.rules.segments
        if segment in earlier:
            earlier = earlier[: earlier.index(segment)]
        goals = []
        for goal in reversed(earlier):
            if goal.lifecycle_stage in NO_GOAL:
                continue
            needs = self.explain_needs(relationship, goal)
            if needs:
                goals.append({"name": goal.name, "needs": needs})
        return goals[:GOALS_SHOWN]

    def explain_needs(self, relationship, segment):
        """Return what a customer lacks for a segment, in the customer's own terms."""
        return [
            condition.need(relationship, self.facts)
            for condition in self.rules.conditions(segment)
            if not condition.holds(relationship, self.facts)
        ]

    def explain_outlook(self, relationship):
        """Return what becomes of the customer with a purchase, and without one."""
        env = self.env
        stage = relationship.lifecycle_stage
        if stage == "prospect":
            return [env._("A first purchase makes this prospect a customer.")]
        if stage in ("at_risk", "lost"):
            value = self.rules.value_segment(relationship, self.facts)
            back = env._("A purchase would bring this customer back.")
            if not value:
                return [back]
            return [
                back,
                env._("By the present scores, into: %(segment)s.", segment=value.name),
            ]
        if not relationship.last_order_date:
            return []
        then, day, why = self.silence(relationship)
        if then == "lost":
            text = env._("Lost from %(day)s if nothing is bought.", day=self.day(day))
        else:
            text = env._(
                "At risk from %(day)s if nothing is bought.", day=self.day(day)
            )
        return [text, why]

    def explain_stage(self, relationship):
        """Return since when a silent customer is at risk or lost, and by what rule."""
        env = self.env
        stage = relationship.lifecycle_stage
        last = relationship.last_order_date
        if stage not in ("at_risk", "lost") or not last:
            return []
        goodbye = relationship.defection_date
        if stage == "lost" and goodbye and goodbye >= last:
            return [env._("Said goodbye on %(day)s.", day=self.day(goodbye))]
        if stage == "lost":
            days = self.company.relationship_lost_days
            day = self.silence_rule.lost_day(last)
            return [
                env._("Lost since %(day)s.", day=self.day(day)),
                env._("Customers are lost %(days)s days after a purchase.", days=days),
            ]
        _then, day, why = self.silence(relationship)
        return [env._("At risk since %(day)s.", day=self.day(day)), why]

    def silence(self, relationship):
        """Return what silence makes of a customer, from which day, and by what rule.

        :return: ``("at_risk" or "lost", day, rule in words)``
        """
        segment = self.rules.value_segment(relationship, self.facts)
        of_all = self.env["crm.segment"]
        intervals = (
            relationship.purchase_interval,
            self.facts.intervals.get(segment) if segment else 0,
            self.facts.intervals.get(of_all),
        )
        stage, day = self.silence_rule.first_day(
            relationship.last_order_date, *intervals
        )
        if stage == "at_risk":
            return stage, day, self.explain_rhythm(segment, *intervals)
        why = self.env._(
            "Customers are lost %(days)s days after a purchase, although the usual"
            " interval would allow a longer silence.",
            days=self.company.relationship_lost_days,
        )
        return stage, day, why

    def explain_rhythm(self, segment, own, of_segment, of_all):
        """Return which usual interval decides, and whose it is, in words."""
        env = self.env
        usual = self.silence_rule.usual_interval(own, of_segment, of_all)
        values = {
            "factor": format_number(env, self.company.relationship_at_risk_factor),
            "days": format_number(env, usual),
            "segment": segment.name,
        }
        if own:
            return env._(
                "%(factor)s times the customer's own usual interval of %(days)s days.",
                **values,
            )
        if of_segment:
            return env._(
                "%(factor)s times the usual interval of the customers in %(segment)s,"
                " %(days)s days: the customer's own is not known yet.",
                **values,
            )
        if of_all:
            return env._(
                "%(factor)s times the usual interval of all customers, %(days)s days:"
                " the customer's own is not known yet.",
                **values,
            )
        return env._(
            "After %(days)s days, because no usual interval is known yet.",
            days=self.company.relationship_at_risk_days,
        )

    def money(self, relationship):
        return relationship.margin if self.by_margin else relationship.revenue

    def money_label(self, amount):
        if self.by_margin:
            return self.env._("Margin: %(amount)s", amount=self.amount(amount))
        return self.env._("Revenue: %(amount)s", amount=self.amount(amount))

    def day(self, day):
        return format_date(self.env, day, date_format="medium")

    def amount(self, amount):
        return format_amount(self.env, amount, self.company.currency_id)
