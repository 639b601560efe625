"""The channel × segment matrix: what is planned, beside what was actually done."""

from collections import Counter, defaultdict

from dateutil.relativedelta import relativedelta

from ...engine import cadence, matrix
from ...engine.matrix import Figures

WEEKS_PER_YEAR = 52
# Besides the segments: the customers who follow a plan of their own.
OWN_PLANS = 0
# Besides the channels: interactions for which none is specified.
ANY_TOUCHPOINT = 0


def get_yearly_contacts(line, today):
    """Return how many interactions a year with a customer a plan line asks for.

    :param line: ``crm.contact.plan.line``
    :param date today: where the next twelve months begin
    """
    occasion = line.occasion_id
    if not occasion:
        return cadence.per_year(line.times, line.every, line.period)
    if not occasion.active:
        return 0
    if occasion.kind != "big_day":
        return 1
    end = today + relativedelta(years=1)
    return sum(day.recurring or today <= day.date < end for day in occasion.date_ids)


def get_touchpoint(line):
    """Return the channel a plan line tries first; empty if any will do."""
    listed = line.channel_ids.touchpoint_id
    return listed.filtered("active")[:1] or listed[:1]


class TouchpointMatrix:
    """Reads all it needs when it is created, in a constant number of queries.

    Figures are those of one company. Customers and interactions are read with the
    user's rights, plans and working hours as superuser: what a segment's plan asks for
    is no secret to those who may see the segment.
    """

    def __init__(self, segments, company, with_all_own_plans):
        """Prepare the matrix of some ``crm.segment`` records, in their order.

        :param bool with_all_own_plans: count customers with a plan of their own even
            when they belong to none of these segments.
        """
        # sudo: the name of a plan, and how often it asks for what; no customer
        self.env = segments.env
        self.company = company
        self.segments = segments
        self.with_all_own_plans = with_all_own_plans
        self.today = company._relationship_today()
        self.plans = {
            segment: plan
            for segment in segments
            if (plan := segment.sudo().plan_id) and self._is_followed(plan)
        }
        self._read_customers()
        self._read_plan_lines()
        self._read_done()
        self._read_touchpoints()

    def _is_followed(self, plan):
        return plan.active and plan.company_id.id in (False, self.company.id)

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _get_column(self, segment, plan):
        """Return the column of such customers; ``None`` if it is not shown."""
        if segment in self.segments:
            return OWN_PLANS if plan else segment.id
        return OWN_PLANS if plan and self.with_all_own_plans else None

    def _get_own_plan(self, segment, plan, experiment):
        """Return the plan of such customers, if it is not that of their segment.

        ``sudo``: as in ``__init__``; half of those in an experiment follow its plan.
        """
        if plan or not experiment or experiment.sudo().segment_id != segment:
            return plan
        return experiment.sudo().trial_plan_id.with_env(plan.env)

    def _read_customers(self):
        # sudo: as in `__init__`; the customers are counted with the user's rights
        self.customers = Counter()
        self.own_plans = Counter()
        self.own_plans_of_segment = Counter()
        groups = self.env["crm.relationship"]._read_group(
            [("company_id", "=", self.company.id), ("active", "=", True)],
            ["segment_id", "plan_id", "experiment_id", "user_id"],
            ["__count"],
        )
        self.staff = self.env["res.users"].union(*(user for *_x, user, _c in groups))
        for segment, own_plan, experiment, _user, count in groups:
            plan = self._get_own_plan(segment, own_plan, experiment)
            column = self._get_column(segment, plan)
            if column is None:
                continue
            self.customers[column] += count
            if plan:
                self.own_plans[plan.sudo()] += count
                self.own_plans_of_segment[segment.id] += count

    def _read_plan_lines(self):
        """Group the lines of all plans in use by plan and first channel.

        ``sudo``: as in ``__init__``.
        """
        plans = (
            self.env["crm.contact.plan"]
            .sudo()
            .union(*self.plans.values(), *filter(self._is_followed, self.own_plans))
        )
        self.lines = defaultdict(lambda: defaultdict(list))
        for line in plans.env["crm.contact.plan.line"].search(
            [("plan_id", "in", plans.ids)]
        ):
            touchpoint = get_touchpoint(line)
            self.lines[line.plan_id][touchpoint.id or ANY_TOUCHPOINT].append(line)

    def _read_done(self):
        """Sum up the interactions done in the last twelve months, by cell."""
        since = self.company._relationship_time(
            self.today - relativedelta(years=1), hour=0
        )
        self.done = defaultdict(Figures)
        groups = self.env["crm.interaction"]._read_group(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "done"),
                ("date_done", ">=", since),
            ],
            [
                "touchpoint_id",
                "relationship_id.segment_id",
                "relationship_id.plan_id",
                "relationship_id.experiment_id",
            ],
            ["__count", "cost:sum", "duration:sum"],
        )
        for touchpoint, segment, own_plan, experiment, count, cost, minutes in groups:
            plan = self._get_own_plan(segment, own_plan, experiment)
            column = self._get_column(segment, plan)
            if column is None:
                continue
            minutes = minutes or 0
            self.done[touchpoint.id or ANY_TOUCHPOINT, column] += Figures(
                done=count,
                spent=(cost or 0.0) + self.company._get_working_cost(minutes),
                hours_spent=minutes / 60,
            )

    def _read_touchpoints(self):
        """Keep the active ones, and the archived ones that still have figures."""
        with_figures = {row for row, _column in self.done}.union(*self.lines.values())
        self.touchpoints = (
            self.env["crm.touchpoint"]
            .with_context(active_test=False)
            .search(["|", ("active", "=", True), ("id", "in", list(with_figures))])
        )
        in_use = self.touchpoints.filtered("active")
        self.usual_touchpoint = in_use[:1]
        self.prices = {
            currency: currency._convert(
                1.0, self.company.currency_id, self.company, self.today, round=False
            )
            for currency in self.touchpoints.currency_id
        }

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _get_unit_cost(self, touchpoint):
        """Return the cost without working time, in company currency."""
        return touchpoint.unit_cost * self.prices.get(touchpoint.currency_id, 0.0)

    def _get_cost(self, touchpoint):
        """Return what an interaction costs, including working time."""
        working_cost = self.company._get_working_cost(touchpoint.duration)
        return self._get_unit_cost(touchpoint) + working_cost

    def _get_planned(self, row, column):
        """Return a cell's yearly interactions per customer, those on occasions, its
        lines.
        """
        if column == OWN_PLANS:
            total = sum(
                count * self._sum_lines(self.lines[plan][row])
                for plan, count in self.own_plans.items()
            )
            return total / (self.customers[OWN_PLANS] or 1), 0, []
        plan = self.plans.get(self.env["crm.segment"].browse(column))
        lines = self.lines[plan][row] if plan else []
        on_occasions = [line for line in lines if line.occasion_id]
        return self._sum_lines(lines), self._sum_lines(on_occasions), lines

    def _sum_lines(self, lines):
        return sum(get_yearly_contacts(line, self.today) for line in lines)

    def _get_cell(self, touchpoint, row, column):
        """Return the figures of a cell, and how to show them."""
        contacts, occasions, lines = self._get_planned(row, column)
        customers = self.customers[column]
        figures = self.done[row, column] + matrix.plan(
            contacts, customers, self._get_cost(touchpoint), touchpoint.duration
        )
        return figures, {
            **figures.describe(customers, contacts),
            "column": column,
            "occasions": occasions,
            "interval_line_count": sum(not line.occasion_id for line in lines),
            "lines": [f"{line.name}: {line.cadence}" for line in lines],
        }

    def _get_columns(self):
        columns = [
            {
                "id": segment.id,
                "name": segment.name,
                "color": segment.color,
                **self._describe_plan(segment),
                "customers": self.customers[segment.id],
                "own_plans": self.own_plans_of_segment[segment.id],
            }
            for segment in self.segments
        ]
        if self.own_plans:
            name = self.env._("Plans of their own")
            columns.append(
                {
                    "id": OWN_PLANS,
                    "name": name,
                    "color": 0,
                    "plan": False,
                    "plan_state": "own",
                    "shared": [],
                    "shared_elsewhere": 0,
                    "customers": self.customers[OWN_PLANS],
                    "own_plans": 0,
                }
            )
        return columns

    def _describe_plan(self, segment):
        """Return the plan of a segment, and which others an edit would change.

        ``sudo``: segments of other companies are counted, and not named.
        """
        plan = segment.sudo().plan_id
        sharing = plan.segment_ids.filtered("active") - segment
        visible = sharing.filtered(
            lambda s: s.company_id.id in (False, *self.env.companies.ids)
        )
        state = "none"
        if plan:
            state = "followed" if self._is_followed(plan) else "other"
        return {
            "plan": plan.name if state == "followed" else False,
            "plan_state": state,
            "shared": visible.mapped("name") if state == "followed" else [],
            "shared_elsewhere": len(sharing - visible) if state == "followed" else 0,
        }

    def _get_rows(self):
        """Yield (channel whose cost counts, row without its figures)."""
        for touchpoint in self.touchpoints:
            yield touchpoint, self._describe_row(touchpoint)
        if self.touchpoints:
            yield (
                self.usual_touchpoint,
                {
                    **self._describe_row(self.usual_touchpoint),
                    "id": ANY_TOUCHPOINT,
                    "name": self.env._("Any accepted channel"),
                    "kind": False,
                    "active": True,
                    "usual": self.usual_touchpoint.name,
                },
            )

    def _describe_row(self, touchpoint):
        return {
            "id": touchpoint.id,
            "name": touchpoint.name,
            "kind": touchpoint.kind,
            "active": touchpoint.active,
            "usual": False,
            "unit_cost": self._get_unit_cost(touchpoint),
            "duration": touchpoint.duration,
            "contact_cost": self._get_cost(touchpoint),
            "cells": [],
        }

    # ------------------------------------------------------------------
    # Result
    # ------------------------------------------------------------------

    def to_dict(self):
        """Return everything the view shows; see ``get_touchpoint_matrix``."""
        columns = self._get_columns()
        everybody = sum(column["customers"] for column in columns)
        totals = dict.fromkeys((column["id"] for column in columns), Figures())
        contacts = Counter()
        rows = [
            self._fill_row(touchpoint, row, totals, contacts, everybody)
            for touchpoint, row in self._get_rows()
        ]
        for column in columns:
            column["total"] = totals[column["id"]].describe(
                column["customers"], contacts[column["id"]]
            )
        total = sum(totals.values(), Figures())
        return {
            "columns": columns,
            "rows": rows,
            "total": total.describe(everybody),
            "customers": everybody,
            "currency_id": self.company.currency_id.id,
            "company": self.company.name,
            "hourly_cost": self.company.relationship_hourly_cost,
            "staff": self._get_staff_hours(total),
        }

    def _fill_row(self, touchpoint, row, totals, contacts, everybody):
        """Return a row with its cells; they are added to the sums of the columns."""
        row_total = Figures()
        for column in totals:
            figures, cell = self._get_cell(touchpoint, row["id"], column)
            row["cells"].append(cell)
            row_total += figures
            totals[column] += figures
            contacts[column] += cell["contacts"]
        return {**row, "total": row_total.describe(everybody)}

    def _get_staff_hours(self, total):
        """Return the hours a year that dedicated salespeople have for interactions.

        Weekly working hours come from each person's calendar in this company, or else
        from the company's own. ``sudo``: the sum of the hours, not whose they are.
        """
        staff = self.staff.sudo().filtered("active")
        usual = self.company.sudo().resource_calendar_id.hours_per_week
        weekly = dict.fromkeys(staff.ids, usual)
        resources = staff.env["resource.resource"].search(
            [
                ("user_id", "in", staff.ids),
                ("company_id", "=", self.company.id),
                ("calendar_id", "!=", False),
            ]
        )
        for resource in resources:
            weekly[resource.user_id.id] = resource.calendar_id.hours_per_week
        share = self.company.relationship_contact_share
        return {
            "count": len(staff),
            "weekly_hours": sum(weekly.values()),
            "share": share,
            "needed": total.hours,
            "available": sum(weekly.values()) * WEEKS_PER_YEAR * share,
        }
