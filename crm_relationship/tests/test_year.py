"""A small company in fast motion; the large one is played by `bench/case_year.py`."""

from collections import defaultdict
from statistics import mean

from odoo.tests import TransactionCase, tagged

from .common_year import playing

# The queue's horizon: nobody as valuable waits longer.
PLATINUM_DAYS = 7
# A vacation of two weeks and a public holiday are in it.
WEEKS = 4
CUSTOMERS, PEOPLE = 300, 2
MINUTES = 120
# Three quarters more is due than there is time for.
FEW_MINUTES, LONGER = 70, 4
# The highest monetary score; interactions of a score that tell of all of them.
BEST, ENOUGH = 5, 5


@tagged("post_install", "-at_install")
class TestYear(TransactionCase):
    def run_job(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"crm_relationship.ir_cron_{name}").method_direct_trigger()

    def play(self, minutes, customers=CUSTOMERS, weeks=WEEKS):
        """Return a company after some weeks, the clock given back."""
        with playing(self.env, self.run_job, customers, PEOPLE, minutes) as year:
            year.play(7 * weeks)
            year.waits = year.read_waits()
            year.bound = year.get_bound()
            year.load = float(year.get_demand()) / sum(d.capacity for d in year.days)
        return year

    def assertNoFault(self, year):
        self.assertFalse(year.faults, year.examples)
        self.assertTrue(all(sum(day.states.values()) for day in year.days))

    def get_longest(self, year, segment=None):
        return max(days for _m, name, days in year.waits if segment in (None, name))

    def test_with_enough_time(self):
        year = self.play(MINUTES)
        self.assertNoFault(year)
        self.assertLess(year.load, 1)
        self.assertLessEqual(self.get_longest(year), year.bound, year.waits)
        self.assertLessEqual(self.get_longest(year, "Platinum"), PLATINUM_DAYS)
        self.assertGreater(sum(day.worked for day in year.days), 0)

    def test_without_enough_time(self):
        """It is said before, nobody does more, and the least valuable wait, in order.

        What people talk about takes four times as long, so that a visit still fits
        into a day. Of a score to which hardly anybody's turn came, a mean says nothing.
        """
        for channel in self.env["crm.touchpoint"].search([("kind", "!=", "visit")]):
            channel.duration *= LONGER
        year = self.play(FEW_MINUTES)
        self.assertNoFault(year)
        self.assertGreater(year.load, 1.2)
        self.assertTrue(all(person["late_from"] for person in year.outlook["people"]))
        self.assertFalse(year.promises["is_kept"])
        self.assertIn("hours a day are missing", year.promises["sentences"][1])
        self.assertIn("the least valuable first", year.promises["sentences"][-1])
        self.assertGreater(year.days[-1].waiting, 0)
        self.assertLessEqual(self.get_longest(year, "Platinum"), PLATINUM_DAYS)
        waits = defaultdict(list)
        for score, _segment, days in year.waits:
            waits[score].append(days)
        self.assertLessEqual(max(waits[BEST]), PLATINUM_DAYS, waits)
        known = [score for score in waits if score and len(waits[score]) >= ENOUGH]
        means = [mean(waits[score]) for score in sorted(known, reverse=True)]
        self.assertGreaterEqual(len(means), 3, waits)
        self.assertEqual(means, sorted(means), waits)

    def test_the_same_again(self):
        """A run can be repeated, whatever ids its rows get."""
        first = self.play(MINUTES, customers=100, weeks=1)
        first.retire()
        again = self.play(MINUTES, customers=100, weeks=1)
        self.assertEqual(
            [day._replace(rooms=None) for day in again.days],
            [day._replace(rooms=None) for day in first.days],
        )
