"""Ways to close the gap between what is promised and what people have time for."""

from math import ceil, floor
from typing import NamedTuple

from odoo.exceptions import UserError
from odoo.fields import Command

from ...engine import cadence
from ...engine.feasibility import WEEKS, Remedy, choose
from ..base.figures import format_count, format_number
from ..matrix.touchpoint_matrix import get_touchpoint

# Interactions a year of the rhythms that people are used to, the most often first.
RHYTHMS = (365, 52, 26, 12, 6, 4, 3, 2, 1)
# So many of them are proposed below that of a line.
LONGER = 3
# What is done to the customers, the mildest first: another channel, which still
# reaches them; a longer cadence of selling; one of the relationship, which comes first.
CHANNEL, MESSAGE, SELLING, RELATIONSHIP = range(4)


class Change(NamedTuple):
    """What a remedy does to a plan line."""

    line: object
    values: dict
    """Either times, every and period, or the id of the channel to try first."""

    @property
    def key(self):
        return f"{self.line.id}:" + ":".join(str(v) for v in self.values.values())

    @property
    def touchpoint(self):
        id_ = self.values.get("touchpoint_id")
        return self.line.env["crm.touchpoint"].browse(id_)


class Remedies:
    """Finds, ranks and carries out changes of plan lines.

    **Saved** are the minutes that the line takes less, with all customers who follow
    its plan, in 13 weeks.

    **Value at stake** is the value of these customers (the margin that the forecast
    expects of them within 12 months, ``value_12m``) in proportion to the time that is
    planned for them::

        Σ value × minutes saved ÷ minutes that their plan takes of people

    How much of the value depends on that time, nobody knows: this is the most that can
    be at stake. It is not known where the value of none of the customers is.
    """

    def __init__(self, promises):
        self.promises = promises
        self.env = promises.env
        self.changes = {}
        self.remedies = {}
        self._find()

    def _find(self):
        attention = {
            plan.id: sum(need.minutes for need in needs.values())
            for plan, lines in self.promises.by_plan.items()
            if (needs := self.promises.get_plan_needs(plan.id, lines))
        }
        weights = self._get_weights()
        for line in self.promises.lines:
            if line.plan_id.experiment_ids:
                continue  # it would not be known what its cadence brings
            for change, harm in self._get_changes(line):
                saved = floor(self._get_saved(change) + 1e-6)
                if saved > 0:
                    plan_id = line.plan_id.id
                    value, known = self.promises.values[plan_id]
                    whole = attention[plan_id] * WEEKS
                    self.changes[change.key] = change
                    self.remedies[change.key] = Remedy(
                        key=change.key,
                        line=line.id,
                        saved=saved,
                        lost=max(value, 0.0) * saved / whole if known else None,
                        weight=weights.get(plan_id, 1),
                        harm=harm,
                    )

    def _get_weights(self):
        """Return how much the customers of a plan count: the least valuable 1."""
        ranks = self.promises.get_ranks()
        weights = {}
        for cell in self.promises.cells:
            weight = 1 + len(ranks) - ranks[cell.segment_id]
            weights[cell.plan_id] = max(weights.get(cell.plan_id, 1), weight)
        return weights

    # ------------------------------------------------------------------
    # What could be changed
    # ------------------------------------------------------------------

    def _get_changes(self, line):
        """Yield (change, harm) of everything that would take less time."""
        touch = self.promises.get_touch(line)
        if touch.is_message or not touch.minutes:
            return
        in_use = self.env["crm.touchpoint"]._get_in_use()
        accepted = line.channel_ids.touchpoint_id or in_use
        for touchpoint in in_use:
            other = self.promises.get_touch(line, touchpoint)
            if other.is_message:
                yield Change(line, {"touchpoint_id": touchpoint.id}), MESSAGE
            elif touchpoint in accepted and other.minutes < touch.minutes:
                yield Change(line, {"touchpoint_id": touchpoint.id}), CHANNEL
        if not line.occasion_id:
            harm = SELLING if line.kind == "selling" else RELATIONSHIP
            now = cadence.per_year(line.times, line.every, line.period)
            longer = [rhythm for rhythm in RHYTHMS if rhythm < now][:LONGER]
            for step, yearly in enumerate(longer):
                names = ("times", "every", "period")
                values = dict(zip(names, cadence.from_yearly(yearly), strict=True))
                yield Change(line, values), harm + 2 * step

    def _get_saved(self, change):
        """Return the minutes that a change saves people in 13 weeks."""
        line, promises = change.line, self.promises
        if change.touchpoint:
            other = promises.get_touch(line, change.touchpoint)
            changed = {"minutes": 0 if other.is_message else other.minutes}
        else:
            changed = {"yearly": cadence.per_year(**change.values)}
        saved = sum(
            promises.get_line_need(line, cell).minutes
            - promises.get_line_need(line, cell, **changed).minutes
            for cell in promises.cells_of.get(line.plan_id.id, ())
            if promises.get_maker(line, cell.user_id)
        )
        return saved * WEEKS

    # ------------------------------------------------------------------
    # What should be changed
    # ------------------------------------------------------------------

    def rank(self, gap):
        """Return the remedies, those first that together close the gap.

        :param gap: minutes that are missing in 13 weeks
        :return: list of (remedy, whether it is one of them)
        """
        best = choose(self.remedies.values(), ceil(gap))
        others = (remedy for remedy in self.remedies.values() if remedy not in best)
        ranked = sorted(others, key=lambda remedy: remedy.rank)
        return [(r, True) for r in best] + [(r, False) for r in ranked]

    def count_people(self, gap):
        """Return how many more people would close the gap of 13 weeks."""
        able = [sum(weeks) for weeks in self.promises.capacity.values() if any(weeks)]
        if able:
            minutes = sum(able) / len(able)
        else:
            days = self.promises.days_a_week * WEEKS
            minutes = self.promises.company.relationship_minutes_day * days
        return ceil(gap / minutes) if gap > 0 and minutes else 0

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def tell(self, change):
        """Return what changes for whom, in a few words."""
        return self.env._(
            "%(who)s: “%(line)s” %(after)s instead of %(before)s",
            who=self.get_who(change.line.plan_id),
            line=change.line.name,
            after=change.touchpoint.name
            or self.env["crm.contact.plan.line"].new(change.values).cadence,
            before=(get_touchpoint(change.line) or self.promises.usual).name
            if change.touchpoint
            else change.line.cadence,
        )

    def get_who(self, plan):
        """Return the segments that follow a plan here, or its own name."""
        segment_ids = {c.segment_id for c in self.promises.cells_of.get(plan.id, ())}
        named = plan.segment_ids.filtered(lambda s: s.id in segment_ids)
        return ", ".join(named.mapped("name")) or plan.name

    def ask(self, change):
        """Return the question before a change is made: what follows, and for whom."""
        line = change.line
        customers = self.promises.followers[line.plan_id.id]
        minutes = self.remedies[change.key].saved / WEEKS / self.promises.days_a_week
        said = [
            self.tell(change) + ".",
            self.env._(
                "This changes the contact plan “%(plan)s” (customers who follow it:"
                " %(count)s) and saves %(hours)s hours a working day.",
                plan=line.plan_id.name,
                count=format_count(self.env, customers),
                hours=format_number(self.env, minutes / 60, 1),
            ),
        ]
        if not change.touchpoint:
            said.append(self.env._("What is scheduled moves to the new days."))
        elif self.promises.get_touch(line, change.touchpoint).is_message:
            said.append(self.env._("The message is sent automatically."))
            if change.touchpoint not in self.promises.company.live_touchpoint_ids:
                said.append(
                    self.env._("It waits until the channel goes live (Going Live).")
                )
        if self._is_followed_elsewhere(line.plan_id):
            said.append(self.env._("Customers of other companies follow it, too."))
        return " ".join(said)

    def _is_followed_elsewhere(self, plan):
        return bool(
            self.env["crm.relationship"].search_count(
                [
                    ("effective_plan_id", "=", plan.id),
                    ("company_id", "!=", self.promises.company.id),
                ],
                limit=1,
            )
        )


# ----------------------------------------------------------------------
# Carrying out, and taking back
# ----------------------------------------------------------------------


def apply(change):
    """Change the line with the user's rights; return how to take it back.

    :param change: a ``Change`` of a line with the user's rights
    """
    line = change.line
    before = read(line)
    if change.touchpoint:
        put_first(line, change.touchpoint)
    else:
        line.write(change.values)
    return {"line_id": line.id, "before": before, "after": read(line)}


def read(line):
    """Return what remedies change of a line, as it can be sent to a client."""
    cadence_now = [line.times, line.every, line.period]
    return {"cadence": cadence_now, "channels": line.channel_ids.touchpoint_id.ids}


def put_first(line, touchpoint):
    """Let a line try this channel first, and then those it has tried so far."""
    listed = line.channel_ids.touchpoint_id
    set_channels(line, touchpoint | (listed or get_touchpoint(line)))


def set_channels(line, touchpoints):
    line.channel_ids = [Command.clear()] + [
        Command.create({"touchpoint_id": touchpoint.id, "sequence": rank})
        for rank, touchpoint in enumerate(touchpoints)
    ]


def take_back(line, before, after):
    """Give a line back what it had.

    :raises UserError: when somebody has changed it since
    """
    if read(line) != after:
        raise UserError(
            line.env._(
                "“%(line)s” has been changed since. Change it in the contact plan.",
                line=line.name,
            )
        )
    if before["cadence"] != after["cadence"]:
        names = ("times", "every", "period")
        line.write(dict(zip(names, before["cadence"], strict=True)))
    if before["channels"] != after["channels"]:
        channels = line.env["crm.touchpoint"].browse(before["channels"])
        set_channels(line, channels.exists())
