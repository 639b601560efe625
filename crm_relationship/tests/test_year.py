"""A small company in fast motion; the large one is played by `bench/case_year.py`."""

from odoo.tests import TransactionCase, tagged

from .common_year import playing

# The queue's horizon: nobody as valuable waits longer.
PLATINUM_DAYS = 7
# A vacation of two weeks and a public holiday are in it.
WEEKS = 4
CUSTOMERS, PEOPLE = 300, 2
MINUTES = 120


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

    def test_the_same_again(self):
        """A run can be repeated, whatever ids its rows get."""
        first = self.play(MINUTES, customers=100, weeks=1)
        first.retire()
        again = self.play(MINUTES, customers=100, weeks=1)
        self.assertEqual(
            [day._replace(rooms=None) for day in again.days],
            [day._replace(rooms=None) for day in first.days],
        )
