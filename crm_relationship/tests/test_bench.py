"""The benchmarks of the repository: cases follow one another in one process."""

from unittest.mock import patch

from odoo.tests import TransactionCase, tagged


# They lie in `bench` of the repository, as `demo` does for test_cdnow.
@tagged("post_install", "-at_install", "crm_relationship_oracle")
class TestBench(TransactionCase):
    def setUp(self):
        super().setUp()
        from bench import cases

        self.cases = cases
        self.played = []
        known = {
            "one": cases.Case(self.note("one"), leave=self.note("data of one")),
            "two": cases.Case(self.note("two"), ("one",), self.note("data of two")),
            "three": cases.Case(self.note("three"), ("two",), spoils=("two",)),
            "four": cases.Case(self.note("four"), ("two",)),
            "five": cases.Case(self.note("five")),
        }
        self.clear = self.patch_object(type(self.env.registry), "clear_all_caches")
        self.patch_object(self.env.cr, "commit")
        self.patch_object(cases, "CASES", known)

    def patch_object(self, target, name, *new):
        patched = patch.object(target, name, *new)
        self.addCleanup(patched.stop)
        return patched.start()

    def note(self, what):
        """Return a case that notes that it was played, and measures nothing."""
        return lambda _env: self.played.append(what) or []

    def play(self, *only):
        self.played.clear()
        self.assertEqual(self.cases.run(self.env, only), [])
        return self.played

    def test_nothing_is_remembered_from_case_to_case(self):
        """A case that is rolled back leaves ids in caches of records that are not
        there: with ``--reuse``, nothing else cleared them before the next one.
        """
        played = self.play()
        self.assertEqual(self.clear.call_count, len(played))

    def test_all_cases_follow_one_another(self):
        # what one leaves is made again only where another has spoiled it
        played = ["one", "two", "three", "data of two", "four", "five"]
        self.assertEqual(self.play(), played)

    def test_what_a_case_needs_is_made_once(self):
        self.assertEqual(self.play("three"), ["data of one", "data of two", "three"])
        self.assertEqual(self.play("four"), ["data of two", "four"])
        self.assertEqual(self.play("four"), ["four"])

    def test_a_case_that_needs_nothing(self):
        self.assertEqual(self.play("five"), ["five"])

    def test_a_case_that_there_is_not(self):
        with self.assertRaisesRegex(SystemExit, "No cases: nothing"):
            self.cases.run(self.env, ["nothing"])
