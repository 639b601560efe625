from ..base.figures import format_amount, format_number

# From so many interactions a year more or fewer, or so many hours, a change is asked
# about before it is kept: it decides about somebody's working week.
BIG_INTERACTIONS = 500
BIG_HOURS = 40


class MatrixChange:
    """What one number typed into the matrix would bring, a year.

    :param segment: the column, one ``crm.segment``
    :param touchpoint: the row, a ``crm.touchpoint``; empty for any channel
    :param float before: interactions a year and customer up to now
    :param float after: as typed
    """

    def __init__(self, segment, touchpoint, before, after):
        self.env = segment.env
        self.segment = segment
        # as in the matrix, any channel costs as much as the first one in use
        self.touchpoint = touchpoint or self.env["crm.touchpoint"]._get_in_use()[:1]
        self.before, self.after = before, after
        self.customers = self._count_customers()
        self.interactions = round((after - before) * self.customers)
        self.hours = self.interactions * self.touchpoint.duration / 60

    @property
    def is_big(self):
        return (
            abs(self.interactions) >= BIG_INTERACTIONS or abs(self.hours) >= BIG_HOURS
        )

    def ask(self):
        """Return the question: how many interactions, hours, and how much money."""
        figures = {
            "customers": self.customers,
            "before": self._show(self.before, 2),
            "after": self._show(self.after, 2),
            "interactions": self._show(abs(self.interactions)),
            "hours": self._show(abs(self.hours)),
            "cost": self._show_cost(),
        }
        if self.interactions < 0:
            return self.env._(
                "Customers concerned: %(customers)s. Each gets %(after)s instead of"
                " %(before)s interactions a year. Together that is %(interactions)s"
                " fewer a year: %(hours)s hours and %(cost)s less. Keep this?",
                **figures,
            )
        return self.env._(
            "Customers concerned: %(customers)s. Each gets %(after)s instead of"
            " %(before)s interactions a year. Together that is %(interactions)s more a"
            " year: %(hours)s hours and %(cost)s more. Keep this?",
            **figures,
        )

    def _count_customers(self):
        """``sudo``: a plan is followed by all its customers, also out of sight."""
        plan = self.segment.plan_id
        follows = (
            [("effective_plan_id", "=", plan.id)]
            if plan
            else [("segment_id", "=", self.segment.id), ("plan_id", "=", False)]
        )
        company = self.env.company
        return (
            self.env["crm.relationship"]
            .sudo()
            .search_count([("company_id", "=", company.id), *follows])
        )

    def _show_cost(self):
        """As the matrix counts: the unit cost, and the working time.

        ``sudo``: what an hour costs shows in the matrix, to whoever may edit it.
        """
        company = self.env.company
        cost = self.touchpoint.currency_id._convert(
            abs(self.interactions) * self.touchpoint.unit_cost,
            company.currency_id,
            company,
            company._relationship_today(),
        )
        cost += company.sudo()._get_working_cost(abs(self.hours) * 60)
        return format_amount(self.env, cost, company.currency_id)

    def _show(self, number, digits=0):
        digits = digits if number % 1 else 0
        return format_number(self.env, number, digits)
