"""What the customers of a company are expected to buy, by a fitted model.

The models are told in ``engine/forecast.py``. Weeks, because nobody's purchases depend
on the day.
"""

from collections import Counter

from odoo.tools import SQL

from ...engine.forecast import Buying, Spending, fit_buying, fit_spending
from .purchases import Purchases

WEEK = 7
YEAR = 365
USUAL_WEEKS = 10.0
"""From where the search begins; where it ends does not depend on it."""
MAX_CELLS = 10_000
"""So many different histories are fitted; of more, similar ones are put together."""


class Forecast:
    """The purchases of one company as of the end of a day, and the model they fit."""

    def __init__(self, company, day, parameters=None):
        """Prepare a forecast.

        :param day: ``date``; what was sold later is not known
        :param dict parameters: of a model fitted before (see :meth:`get_parameters`);
            without them, it is fitted to these purchases
        """
        self.company = company
        self.env = company.env
        self.day = day
        self.customers = self._read_customers()
        if parameters:
            self.buying = Buying(**parameters["buying"])
            self.spending = Spending(**parameters["spending"])
        else:
            self.buying, self.spending = self._fit()

    @property
    def is_known(self):
        """Whether enough customers came again for a model."""
        return bool(self.buying and self.spending)

    def get_parameters(self):
        """Return the models as a dict that can be stored."""
        return {"buying": vars(self.buying), "spending": vars(self.spending)}

    def expect(self, days):
        """Return what each customer is expected to buy within so many days.

        :return: ``{relationship id: amount in company currency}`` of all who ever
            bought; empty where it is not known
        """
        if not self.is_known:
            return {}
        purchases, expected = {}, {}
        for id_, again, last, age, average in self.customers:
            history = (again, last, age)
            count = purchases.get(history)
            if count is None:
                times = (last / WEEK, age / WEEK, days / WEEK)
                count = purchases[history] = self.buying.expect(again, *times)
            expected[id_] = count * self.spending.expect(again, average)
        return expected

    def expect_within_year(self, since):
        """Return what each customer is expected to buy within 12 months.

        From the last purchase on, or from a day on where that is later: so a figure
        changes when the customer does, and once a month, but not every night.

        :param since: ``date``, at the latest the day of the forecast
        :return: ``{relationship id: (amount, amount if still a customer for sure)}``
        """
        if not self.is_known:
            return {}
        counts, expected = {}, {}
        passed = (self.day - since).days
        for id_, again, last, age, average in self.customers:
            history = (again, last, max(age - passed, last))
            count = counts.get(history)
            if count is None:
                count = counts[history] = self._count_within_year(*history)
            amount = self.spending.expect(again, average)
            expected[id_] = count[0] * amount, count[1] * amount
        return expected

    def _count_within_year(self, again, last, age):
        last, age, time = last / WEEK, age / WEEK, YEAR / WEEK
        certain = self.buying.expect_of_customer(again, age, time)
        return self.buying.get_alive(again, last, age) * certain, certain

    def _read_customers(self):
        """Return rows (relationship id, days of purchase after the first, days from the
        first to the last one, days from the first until now, average after the first).

        SQL because the base may hold a million customers. Refunds lower the average,
        to nothing at the lowest.
        """
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                SELECT r.id, count(*) - 1, max(day) - min(day),
                       GREATEST(%(day)s - min(day), 0),
                       CASE WHEN count(*) > 1 THEN GREATEST(
                            COALESCE(sum(amount) FILTER (WHERE day > first_day), 0)
                            / (count(*) - 1), 0)::float ELSE 0 END
                  FROM (
                    SELECT partner_id, day, amount,
                           min(day) OVER (PARTITION BY partner_id) AS first_day
                      FROM (
                        SELECT partner_id, day, sum(amount) AS amount
                          FROM (%(documents)s) document
                      GROUP BY partner_id, day
                        HAVING bool_or(is_purchase)
                      ) bought
                  ) dated
                  JOIN crm_relationship r ON r.partner_id = dated.partner_id
                   AND r.company_id = %(company)s
              GROUP BY r.id
                """,
                day=self.day,
                documents=Purchases(self.company, self.day).documents(),
                company=self.company.id,
            )
        )

    def _fit(self):
        """Return both models; ``None`` where too few came again."""
        again_and_average = Counter(
            (again, round(average, 2))
            for _id, again, _last, _age, average in self.customers
            if again and average > 0
        )
        averages = [(*key, number) for key, number in again_and_average.items()]
        return (
            fit_buying(self._get_histories(), USUAL_WEEKS),
            fit_spending(self._thin_out(averages)),
        )

    def _get_histories(self):
        """Return the number of customers by history: by the day, or where there are
        too many different ones, in the shortest steps of weeks that suffice.
        """
        days = 1
        while True:
            histories = Counter(
                (
                    again,
                    days * round(last / days) / WEEK,
                    days * round(age / days) / WEEK,
                )
                for _id, again, last, age, _average in self.customers
            )
            if len(histories) <= MAX_CELLS or days > 52 * WEEK:
                return histories
            days = 2 * days if days > 1 else WEEK

    @staticmethod
    def _thin_out(averages):
        """Return the averages, neighbours put together where there are too many."""
        averages.sort()
        width = -(-len(averages) // MAX_CELLS)
        if width <= 1:
            return averages
        groups = (
            averages[start : start + width] for start in range(0, len(averages), width)
        )
        return [
            (
                group[len(group) // 2][0],
                sum(a * n for _c, a, n in group) / sum(n for *_a, n in group),
                sum(n for *_a, n in group),
            )
            for group in groups
        ]
