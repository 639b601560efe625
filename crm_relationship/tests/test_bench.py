"""The benchmarks of the repository: cases follow one another in one process."""

from unittest.mock import Mock, patch

from odoo.tests import TransactionCase, tagged


# They lie in `bench` of the repository, as `demo` does for test_cdnow.
@tagged("post_install", "-at_install", "crm_relationship_oracle")
class TestBench(TransactionCase):
    def test_nothing_is_remembered_from_case_to_case(self):
        """A case that is rolled back leaves ids in caches of records that are not
        there: with ``--reuse``, nothing else cleared them before the next one.
        """
        from bench import cases

        env, seen = Mock(), []

        def case(env):
            seen.append(env.registry.clear_all_caches.call_count)
            return []

        with patch.object(cases, "CASES", dict.fromkeys(("one", "two", "three"), case)):
            self.assertEqual(cases.run(env, "two"), [])
        self.assertEqual(seen, [0, 1])
        self.assertEqual(env.registry.clear_all_caches.call_count, 2)

    def test_a_case_that_there_is_not(self):
        from bench import cases

        with self.assertRaisesRegex(SystemExit, "no case nothing"):
            cases.run(self.env, "nothing")
