"""An interaction that cannot be released does not hold up any other."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.ledger.release import Release
from .common import NOW, RelationshipCase

LOGGER = "odoo.addons.crm_relationship.models.ledger.release"


@tagged("post_install", "-at_install")
class TestReleaseError(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contacts = cls.env["crm.interaction"]
        for rank in range(5):
            cls.contacts += cls.make_interaction(
                cls.make_relationship(cls.make_customer(f"C{rank}")),
                touchpoint_id=cls.call.id,
            )
        cls.bad = cls.contacts[2]

    def failing(self, error):
        """Return a patch that makes the release of one interaction fail."""
        original = Release._queue_activities
        bad = self.bad

        def fail(release, chosen, voices):
            original(release, chosen, voices)
            if bad in chosen:
                error(release)

        return patch.object(Release, "_queue_activities", fail)

    def assertOthersReleased(self):
        others = self.contacts - self.bad
        self.assertEqual(set(others.mapped("state")), {"open"})
        self.assertRecordValues(
            self.bad,
            [
                {
                    "state": "scheduled",
                    "reason_code": "error",
                    "date_retry": NOW + timedelta(days=1),
                    "activity_id": False,
                }
            ],
        )
        self.assertFalse(self.bad.partner_id.activity_ids)
        for contact in others:
            self.assertEqual(contact.partner_id.activity_ids, contact.activity_id)

    @mute_logger(LOGGER)
    def test_error_is_noted_and_the_others_go_on(self):
        def error(records):
            raise ValueError("broken")

        with self.failing(error):
            self.run_cron("release")
        self.assertOthersReleased()

    @mute_logger(LOGGER, "odoo.sql_db")
    def test_error_of_the_database_is_noted_and_the_others_go_on(self):
        def error(records):
            records.env.cr.execute("SELECT 1 / 0")

        with self.failing(error):
            self.run_cron("release")
        self.assertOthersReleased()

    @mute_logger(LOGGER)
    def test_it_is_tried_again_the_next_day(self):
        def error(records):
            raise ValueError("broken")

        with self.failing(error):
            self.run_cron("release")
        self.run_cron("release")
        self.assertEqual(self.bad.state, "scheduled", "not before")
        with self.at(NOW + timedelta(days=1, hours=1)):
            self.run_cron("release")
        self.assertEqual((self.bad.state, self.bad.reason_code), ("open", False))
