"""Two erasures, or two requests for one, at the same moment, with real transactions."""

from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_concurrency import ConcurrencyCase


@tagged("post_install", "-at_install")
class TestErasureConcurrency(ConcurrencyCase):
    def _at_once(self, act):
        """Run ``act`` in two transactions that began together; the later one again."""
        with self.registry.cursor() as first, self.registry.cursor() as second:
            # it sees the contact as it was before the first
            second.execute("SELECT 1")
            act(self._partner(first))
            first.commit()
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                act(self._partner(second))
            second.rollback()
            # Odoo runs the request again
            act(self._partner(second))
            second.commit()

    @mute_logger("odoo.models.unlink")
    def test_two_clicks_make_one_request(self):
        self._at_once(lambda partner: partner._request_erasure())
        with self.registry.cursor() as cr:
            partner = self._partner(cr)
            self.assertEqual(len(partner.activity_ids), 1)

    @mute_logger("odoo.models.unlink")
    def test_two_erasures_are_one(self):
        self._at_once(lambda partner: partner.action_erase_contact_data())
        with self.registry.cursor() as cr:
            partner = self._partner(cr)
            self.assertEqual(partner.name, f"Erased contact {partner.id}")
            self.assertFalse(partner.message_ids)
