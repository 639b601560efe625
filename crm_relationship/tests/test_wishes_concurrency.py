from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, Command, api
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_concurrency import ConcurrencyCase


@tagged("post_install", "-at_install")
class TestWishesConcurrency(ConcurrencyCase):
    """Two changes of the same contact at the same moment, with real transactions."""

    def _change(self, cr, value):
        self._partner(cr)._change_preferences({"consent_selling": value}, "portal")

    def test_later_change_waits_for_the_first(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._change(first, "granted")
            first.flush()
            second.execute("SET LOCAL lock_timeout = '200ms'")
            with self.assertRaises(LockNotAvailable), mute_logger("odoo.sql_db"):
                self._change(second, "refused")
            second.rollback()
            first.rollback()

    def test_later_change_starts_from_what_the_first_left(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            self._change(first, "granted")
            # The second transaction sees the contact as it was before the first.
            second.execute("SELECT 1")
            first.commit()
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                self._change(second, "refused")
            second.rollback()
            # Odoo repeats the request.
            self._change(second, "refused")
            second.commit()
            second.execute(
                "SELECT old_value, new_value FROM crm_preference_change"
                " WHERE partner_id = %s ORDER BY id",
                [self.partner_id],
            )
            self.assertEqual(
                second.fetchall(), [("unknown", "granted"), ("granted", "refused")]
            )

    def test_refused_channel_locks_as_well(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            env = api.Environment(first, SUPERUSER_ID, {})
            call = env.ref("crm_relationship.crm_touchpoint_call")
            env["res.partner"].browse(self.partner_id)._change_preferences(
                {"refused_touchpoint_ids": [Command.link(call.id)]}, "portal"
            )
            second.execute("SELECT 1")
            first.commit()
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                self._change(second, "refused")
            second.rollback()
