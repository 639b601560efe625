"""The nightly job of the portfolio: what must not stop or slow it."""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RelationshipCase

LOGGER = "odoo.addons.crm_relationship.models.base.apart"


@tagged("post_install", "-at_install")
class TestPortfolioJob(RelationshipCase):
    def test_company_that_fails_does_not_stop_the_others(self):
        Relationship = type(self.env["crm.relationship"])
        refresh, done = Relationship._refresh_portfolio, []

        def fail_for_one(relationships, company):
            if company == self.company:
                raise ValueError("a filter names a field that was removed")
            done.append(company)
            return refresh(relationships, company)

        with (
            patch.object(Relationship, "_refresh_portfolio", fail_for_one),
            mute_logger(LOGGER),
        ):
            self.run_cron("refresh")
        self.assertIn(self.other_company.id, [company.id for company in done])

    def test_memory_for_filters_that_find_many(self):
        """With too little memory, each customer would mean another scan."""
        for before, after in (("4MB", "64MB"), ("1GB", "1GB")):
            self.env.cr.execute("SELECT set_config('work_mem', %s, TRUE)", [before])
            self.refresh()
            self.env.cr.execute("SHOW work_mem")
            self.assertEqual(self.env.cr.fetchone(), (after,))
