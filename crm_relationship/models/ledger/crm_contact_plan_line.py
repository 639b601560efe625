from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from . import planner


class CrmContactPlanLine(models.Model):
    """What is scheduled follows the cadence of its line."""

    _inherit = "crm.contact.plan.line"

    replan_date = fields.Datetime(
        string="Replanned From",
        copy=False,
        readonly=True,
        help="Interactions scheduled before this moment follow an earlier cadence; the"
        " planning job plans them again.",
    )

    def _follow_cadence(self):
        """Replan the scheduled interactions of these lines.

        Many are left to the job: the lines note since when contacts planned earlier are
        obsolete, so it can be killed at any moment and resumed.

        ``sudo``: the plan is followed by all its customers, whoever may not see them.
        """
        ledger = self.env["crm.interaction"].sudo()
        domain = [("plan_line_id", "in", self.ids), ("state", "=", "scheduled")]
        if (
            ledger.search_count(domain, limit=planner.REPLANNED_AT_ONCE + 1)
            > planner.REPLANNED_AT_ONCE
        ):
            self.sudo().replan_date = self.env.cr.now()
            ledger._trigger_schedule()
            return
        scheduled = ledger.search(domain)
        for company, interactions in scheduled.grouped("company_id").items():
            relationship_ids = interactions.relationship_id.ids
            # SQL: `write` would plan the next interaction of each before all are
            # cancelled
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE crm_interaction
                       SET state = 'cancelled', reason_code = 'plan_changed',
                           write_uid = %s, write_date = %s
                     WHERE id = ANY(%s)
                    """,
                    self.env.uid,
                    fields.Datetime.now(),
                    interactions.ids,
                )
            )
            ledger.invalidate_model()
            planner.Planner(ledger.env, company).plan(relationship_ids)

    def _count_obsolete(self):
        """Return how many interactions of this line the job still has to replan.

        ``sudo``: a number only, over all customers who follow the plan.
        """
        self.ensure_one()
        if not self.active:
            obsolete = Domain.TRUE
        elif self.replan_date:
            obsolete = Domain("create_date", "<", self.replan_date)
        else:
            return 0
        return (
            self.env["crm.interaction"]
            .sudo()
            .search_count(
                obsolete
                & Domain("plan_line_id", "=", self.id)
                & Domain("state", "=", "scheduled")
            )
        )
