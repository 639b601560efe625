from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name


class ConcurrencyCase(BaseCase):
    """One contact, and transactions of its own that are really committed."""

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
            self._partner(cr).unlink()

    def _partner(self, cr):
        env = api.Environment(cr, SUPERUSER_ID, {})
        return env["res.partner"].browse(self.partner_id)
