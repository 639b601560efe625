"""When silence makes a customer at risk, and when lost."""

from datetime import timedelta

from odoo.tools import SQL

from ...engine.segmentation import first_silent_day


class SilenceRule:
    """What a company makes of the days since a customer's last purchase.

    *Lost*: more days than the company allows (``lost_days``). *At risk*, unless lost:
    more days than a factor times the usual interval; where no usual interval is known,
    more than the company's ``at_risk_days``. The usual interval is the first one known:
    the customer's own, that of the customer's segment, that of all customers.

    The refresh puts the rule to PostgreSQL for everybody (:meth:`lost_sql`,
    :meth:`at_risk_sql`), explanations ask for the day on which it will hold for one
    customer (:meth:`first_day`).

    Medians of days are multiples of ¼, and the factor is given in tenths, so floats are
    exact. They are also several times faster than decimals.
    """

    def __init__(self, company):
        self.lost_days = company.relationship_lost_days
        self.at_risk_days = company.relationship_at_risk_days
        self.tenths = round(10 * company.relationship_at_risk_factor)

    def lost_sql(self, days):
        """Return SQL that is true of so many ``days`` of silence, given as SQL."""
        return SQL("%s > %s", days, self.lost_days)

    def at_risk_sql(self, days, *intervals):
        """Return SQL that is true of so many ``days`` of silence, given as SQL.

        :param intervals: usual intervals as SQL, empty where unknown; the first counts
        """
        return SQL(
            "10 * (%(days)s)"
            " > COALESCE(%(tenths)s * COALESCE(%(intervals)s), 10 * %(at_risk)s)",
            days=days,
            tenths=self.tenths,
            intervals=SQL(", ").join(intervals),
            at_risk=self.at_risk_days,
        )

    def lost_day(self, last_purchase):
        """Return the day from which a customer is lost, unless there is a purchase."""
        return last_purchase + timedelta(days=self.lost_days + 1)

    def first_day(self, last_purchase, *intervals):
        """Return what silence will make of an active customer, and from which day.

        :param intervals: usual intervals in days, 0 where unknown; the first counts
        :return: ``("at_risk" or "lost", day)``
        """
        return first_silent_day(
            last_purchase,
            self.usual_interval(*intervals),
            self.tenths / 10,
            self.at_risk_days,
            self.lost_days,
        )

    @staticmethod
    def usual_interval(*intervals):
        """Return the first interval that is known, else 0."""
        return next(filter(None, intervals), 0)
