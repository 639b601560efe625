from datetime import timedelta

from odoo.tools.misc import format_amount, format_date

from ...engine.segmentation import (
    SCORES,
    figure_for_score,
    first_silent_day,
    percent_worse,
)
from ..segment.facts import PortfolioFacts

# Nobody should be guided into these.
NO_GOAL = ("prospect", "first_time", "at_risk", "lost")
GOALS_SHOWN = 3


class Explainer(PortfolioFacts):
    """Explains why a company's customers are in their segments, and what would help.

    Texts are plain strings: the template that shows them escapes what people entered.
    """

    def __init__(self, relationships, company):
        super().__init__(relationships, company)
        stages = self.env["crm.relationship"].fields_get(["lifecycle_stage"])
        self.stage_names = dict(stages["lifecycle_stage"]["selection"])

    def explain(self, relationship):
        """Return the values of the template ``relationship_explanation``."""
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

    def explain_score(self, relationship, score):
        """Return a score, with the figure behind it and the rank in words."""
        env = self.env
        labels = {
            "recency": env._("Recency"),
            "frequency": env._("Frequency"),
            "monetary": env._("Monetary"),
        }
        figures = {
            "recency": env._(
                "Last purchase: %(day)s",
                day=self.day(relationship.last_order_date) or env._("never"),
            ),
            "frequency": env._("Purchases: %(count)s", count=relationship.order_count),
            "monetary": self.money_label(self.money(relationship)),
        }
        return {
            "name": labels[score],
            "score": relationship[f"rfm_{score}"],
            "figure": figures[score],
            "rank": self.explain_rank(relationship, score),
        }

    def explain_rank(self, relationship, score):
        env = self.env
        months = self.company.relationship_window_months
        if relationship.id not in self.ranks:
            return env._("Not scored: no purchase in the last %(n)s months.", n=months)
        customers, *worse = self.ranks[relationship.id]
        percent = percent_worse(worse[SCORES.index(score)], customers)
        if not percent:
            return env._(
                "Among the last of the %(customers)s customers who bought in the last"
                " %(months)s months.",
                customers=customers,
                months=months,
            )
        values = {"percent": percent, "months": months}
        if score == "recency":
            return env._(
                "More recent than %(percent)s %% of the customers who bought in the"
                " last %(months)s months.",
                **values,
            )
        if score == "frequency":
            return env._(
                "More purchases than %(percent)s %% of the customers who bought in the"
                " last %(months)s months.",
                **values,
            )
        if self.by_margin:
            return env._(
                "More margin than %(percent)s %% of the customers who bought in the"
                " last %(months)s months.",
                **values,
            )
        return env._(
            "More revenue than %(percent)s %% of the customers who bought in the last"
            " %(months)s months.",
            **values,
        )

    def explain_conditions(self, relationship, segment):
        """Return the conditions of a segment with the customer's own figures."""
        if not segment or segment.is_fallback:
            return []
        env = self.env
        labels = {
            "recency": env._("Recency score"),
            "frequency": env._("Frequency score"),
            "monetary": env._("Monetary score"),
        }
        conditions = []
        for score, (low, high) in self.ranges(segment).items():
            own = relationship[f"rfm_{score}"]
            wanted = f"{low}–{high}" if low != high else str(low)
            conditions.append(
                {
                    "text": f"{labels[score]} {wanted}",
                    "own": str(own),
                    "met": low <= own <= high,
                }
            )
        if segment.lifecycle_stage:
            stage = relationship.lifecycle_stage
            name = self.stage_names[segment.lifecycle_stage]
            conditions.append(
                {
                    "text": env._("Stage: %(stage)s", stage=name),
                    "own": self.stage_names[stage],
                    "met": stage == segment.lifecycle_stage,
                }
            )
        if segment.partner_domain and self.has_filter(segment):
            conditions.append(
                {
                    "text": self.describe_filter(segment),
                    "own": False,
                    "met": self.meets_filter(relationship, segment),
                }
            )
        return conditions

    def explain_place(self, relationship, segment):
        """Return what else to say about the segment: why this one, or why none."""
        env = self.env
        if relationship._is_kept():
            if segment == relationship.locked_segment_id:
                return env._("The rules do not decide as long as this lasts.")
            return env._("This takes effect with the next update.")
        fitting = self.first_fitting(relationship)
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
        if segment == self.fallback:
            return env._("No other segment fits: this one takes all others.")
        if not self.ranges(segment) and not self.explain_conditions(
            relationship, segment
        ):
            return env._("Everyone fits, and no segment before it does.")
        return env._("The first segment whose conditions all hold.")

    def explain_goals(self, relationship, segment):
        """Return what is missing for the segments tried earlier, the nearest first."""
        if relationship.lifecycle_stage in ("prospect", "at_risk", "lost"):
            return []
        if relationship._is_kept():
            return []
        earlier = self.segments
        if segment in earlier:
            earlier = earlier[: list(earlier).index(segment)]
        goals = []
        for goal in reversed(earlier):
            if goal.lifecycle_stage in NO_GOAL:
                continue
            needs = self.explain_needs(relationship, goal)
            if needs:
                goals.append({"name": goal.name, "needs": needs})
        return goals[:GOALS_SHOWN]

    def explain_needs(self, relationship, segment):
        """Return what a customer lacks for a segment, in the customer's own figures."""
        env = self.env
        needs = []
        for score, (low, high) in self.ranges(segment).items():
            own = relationship[f"rfm_{score}"]
            if own < low:
                needs.append(self.explain_need(relationship, score, low))
            elif own > high:
                needs.append(
                    env._(
                        "%(score)s at most %(high)s instead of %(own)s",
                        score=self.explain_score(relationship, score)["name"],
                        high=high,
                        own=own,
                    )
                )
        wanted = segment.lifecycle_stage
        if wanted and wanted != relationship.lifecycle_stage:
            needs.append(self.explain_stage_need(wanted))
        if self.has_filter(segment) and not self.meets_filter(relationship, segment):
            needs.append(
                env._(
                    "a customer with: %(filter)s", filter=self.describe_filter(segment)
                )
            )
        return needs

    def explain_need(self, relationship, score, wanted):
        env = self.env
        if score == "recency":
            return env._("a purchase now")
        scored = relationship.id in self.ranks
        needed = figure_for_score(
            wanted,
            self.company.relationship_bins,
            self.groups[score],
            scored,
            1 if score == "frequency" else self.company.currency_id.rounding,
        )
        if needed is None:
            return env._(
                "a %(score)s score of %(wanted)s, which nobody reaches with so few"
                " customers",
                score=self.explain_score(relationship, score)["name"],
                wanted=wanted,
            )
        if score == "frequency":
            more = needed - relationship.order_count
            values = {"more": more, "needed": needed, "own": relationship.order_count}
            if more == 1:
                return env._("1 more purchase: %(needed)s instead of %(own)s", **values)
            return env._(
                "%(more)s more purchases: %(needed)s instead of %(own)s", **values
            )
        own = self.money(relationship)
        values = {
            "more": self.amount(needed - own),
            "needed": self.amount(needed),
            "own": self.amount(own),
        }
        if self.by_margin:
            return env._(
                "%(more)s more margin: %(needed)s instead of %(own)s", **values
            )
        return env._("%(more)s more revenue: %(needed)s instead of %(own)s", **values)

    def explain_stage_need(self, stage):
        """Return how a customer enters a stage of the life cycle."""
        env = self.env
        if stage == "loyal":
            return env._(
                "loyalty: %(count)s purchases in all",
                count=self.company.relationship_loyal_orders,
            )
        if stage == "repeater":
            return env._("a second purchase")
        if stage == "recovered":
            return env._("having come back after being lost")
        return env._("stage: %(stage)s", stage=self.stage_names[stage])

    def explain_outlook(self, relationship):
        """Return what becomes of the customer with a purchase, and without one."""
        env = self.env
        stage = relationship.lifecycle_stage
        if stage == "prospect":
            return [env._("A first purchase makes this prospect a customer.")]
        if stage in ("at_risk", "lost"):
            value = self.value_segment(relationship)
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
            day = self.day(last + timedelta(days=days + 1))
            return [
                env._("Lost since %(day)s.", day=day),
                env._("Customers are lost %(days)s days after a purchase.", days=days),
            ]
        _then, day, why = self.silence(relationship)
        return [env._("At risk since %(day)s.", day=self.day(day)), why]

    def silence(self, relationship):
        """Return what silence makes of a customer, from which day, and by what rule.

        :return: ``("at_risk" or "lost", day, rule in words)``
        """
        company = self.company
        usual, why = self.rhythm(relationship)
        stage, day = first_silent_day(
            relationship.last_order_date,
            usual,
            company.relationship_at_risk_factor,
            company.relationship_at_risk_days,
            company.relationship_lost_days,
        )
        if stage == "lost":
            why = self.env._(
                "Customers are lost %(days)s days after a purchase, although the usual"
                " interval would allow a longer silence.",
                days=company.relationship_lost_days,
            )
        return stage, day, why

    def rhythm(self, relationship):
        """Return the usual interval in days, 0 when unknown, and whose it is."""
        env = self.env
        company = self.company
        segment = self.value_segment(relationship)
        own = relationship.purchase_interval
        of_segment = self.intervals.get(segment) if segment else 0
        usual = own or of_segment or self.intervals.get(segment.browse()) or 0
        values = {
            "factor": f"{company.relationship_at_risk_factor:g}",
            "days": f"{usual:g}",
            "segment": segment.name,
        }
        if own:
            text = env._(
                "%(factor)s times the customer's own usual interval of %(days)s days.",
                **values,
            )
        elif of_segment:
            text = env._(
                "%(factor)s times the usual interval of the customers in %(segment)s,"
                " %(days)s days: the customer's own is not known yet.",
                **values,
            )
        elif usual:
            text = env._(
                "%(factor)s times the usual interval of all customers, %(days)s days:"
                " the customer's own is not known yet.",
                **values,
            )
        else:
            text = env._(
                "After %(days)s days, because no usual interval is known yet.",
                days=company.relationship_at_risk_days,
            )
        return usual, text

    def describe_filter(self, segment):
        return segment.with_env(self.env)._describe_filter()

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
