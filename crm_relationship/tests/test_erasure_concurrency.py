"""Two erasures, or two requests for one, at the same moment, with real transactions."""

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestErasureConcurrency(BaseCase):
    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.partner_id = env["res.partner"].create({"name": "Concurrent"}).id
        self.addCleanup(self._forget)

    def _forget(self):
        with self.registry.cursor() as cr:
            cr.execute(
                "DELETE FROM crm_preference_change WHERE partner_id = %s",
                [self.partner_id],
            )
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["res.partner"].browse(self.partner_id).unlink()

    def _partner(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {})["res.partner"].browse(
            self.partner_id
        )

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
