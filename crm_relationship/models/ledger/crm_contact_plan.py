from odoo import models
from odoo.fields import Domain

from . import planner


class CrmContactPlan(models.Model):
    _inherit = "crm.contact.plan"

    def _plan_followers(self):
        """Plan what is missing for those who follow this plan, many by the job.

        :return: number of customers left to the job.
        """
        self.ensure_one()
        limit = planner.REPLANNED_AT_ONCE
        domain = Domain("effective_plan_id", "=", self.id)
        followers = self.env["crm.relationship"].search(domain, limit=limit + 1)
        if len(followers) > limit:
            self.env["crm.interaction"]._trigger_schedule()
            return followers.search_count(domain)
        for company, relationships in followers.grouped("company_id").items():
            planner.Planner(self.env, company).plan(relationships.ids)
        return 0
