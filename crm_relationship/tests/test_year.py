"""A small company in fast motion; the large one is played by `bench/case_year.py`."""

import statistics
from collections import defaultdict

from odoo.tests import TransactionCase, tagged

from .common_year import playing

# The queue's horizon: nobody as valuable waits longer.
PLATINUM_DAYS = 7
# A vacation of two weeks and a public holiday are in it.
WEEKS = 4
CUSTOMERS, PEOPLE = 300, 2
MINUTES, SCARCE_MINUTES = 120, 8
# Classes of value, from the monetary score: a customer or two make no order.
VALUABLE, USUAL = 4, 3


@tagged("post_install", "-at_install")
class TestYear(TransactionCase):
    def run_job(self, name):
        with self.enter_registry_test_mode():
            self.env.ref(f"crm_relationship.ir_cron_{name}").method_direct_trigger()

    def play(self, weeks, minutes):
        """Return a company after some weeks, the clock given back."""
        with playing(self.env, self.run_job, CUSTOMERS, PEOPLE, minutes) as year:
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
        year = self.play(WEEKS, MINUTES)
        self.assertNoFault(year)
        self.assertLess(year.load, 1)
        self.assertLessEqual(self.get_longest(year), year.bound, year.waits)
        self.assertLessEqual(self.get_longest(year, "Platinum"), PLATINUM_DAYS)
        self.assertGreater(sum(day.worked for day in year.days), 0)

    def test_without_enough_time(self):
        """The least valuable wait, in order, and it is said before it happens."""
        year = self.play(WEEKS, SCARCE_MINUTES)
        self.assertNoFault(year)
        self.assertGreater(year.load, 1)
        self.assertTrue(any(person["late_from"] for person in year.outlook["people"]))
        self.assertFalse(year.promises["is_kept"])
        self.assertIn("the least valuable first", year.promises["sentences"][-1])
        self.assertGreater(year.days[-1].waiting, 0)
        waits = defaultdict(list)
        for score, _segment, days in year.waits:
            waits[(score < VALUABLE) + (score < USUAL)].append(days)
        means = [statistics.mean(waits[part]) for part in sorted(waits)]
        self.assertEqual(means, sorted(means), year.waits)
