from datetime import date

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_concurrency import ConcurrencyCase

FIRST, LAST = date(2099, 3, 2), date(2099, 3, 6)


@tagged("post_install", "-at_install")
class TestAbsenceConcurrency(ConcurrencyCase):
    """The same absence in two tabs, with transactions that are really committed."""

    def setUp(self):
        super().setUp()
        with self.registry.cursor() as cr:
            self.known = self._admin(cr)._find_resources(self._company(cr)).ids

    def _forget(self):
        super()._forget()
        with self.registry.cursor() as cr:
            self._entered(cr).unlink()
            resources = self._admin(cr)._find_resources(self._company(cr))
            resources.filtered(lambda r: r.id not in self.known).unlink()

    def _admin(self, cr):
        return api.Environment(cr, SUPERUSER_ID, {}).ref("base.user_admin")

    def _company(self, cr):
        return self._admin(cr).company_id

    def _entered(self, cr):
        return (
            self._admin(cr)
            .env["resource.calendar.leaves"]
            .search(
                [
                    ("resource_id.user_id", "=", self._admin(cr).id),
                    ("date_from", ">", date(2099, 1, 1)),
                ]
            )
        )

    def _note(self, cr):
        return self._admin(cr)._note_absence(FIRST, LAST, None, self._company(cr))

    def test_later_one_sees_the_first(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            second.execute("SELECT 1")
            self.assertTrue(self._note(first))
            first.commit()
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                self._note(second)
            second.rollback()
            # Odoo repeats the request.
            self.assertFalse(self._note(second))
            self.assertEqual(len(self._entered(second)), 1)
