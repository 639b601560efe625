from odoo import models
from odoo.tools import SQL

from ..base.jobs import start_job
from .planner import planned_sql


class CrmContactCap(models.Model):
    """A limit that is raised or deleted makes places free."""

    _inherit = "crm.contact.cap"

    def write(self, vals):
        companies = self.company_id
        result = super().write(vals)
        if {"count", "days", "company_id"} & vals.keys():
            self._look_again(companies | self.company_id)
        return result

    def unlink(self):
        companies = self.company_id
        result = super().unlink()
        self._look_again(companies)
        return result

    def _look_again(self, companies):
        """Let what waits for a place look for one.

        SQL because it may be every customer of a company.
        """
        ledger = self.env["crm.interaction"]
        ledger.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_interaction i
                   SET date_planned = GREATEST(
                           %(now)s, COALESCE(i.date_asked, %(planned)s)),
                       date_retry = NULL, write_date = %(now)s
                  FROM res_company c
                  JOIN res_partner cp ON cp.id = c.partner_id
                 WHERE c.id = i.company_id AND c.id = ANY(%(companies)s)
                   AND i.state = 'scheduled' AND i.reason_code = 'too_frequent'
                   AND i.date_attempt IS NULL
             RETURNING i.id
                """,
                now=self.env.cr.now().replace(microsecond=0),
                planned=planned_sql(SQL("i.date_due")),
                companies=companies.ids,
            )
        )
        if rows:
            ledger.invalidate_model(["date_planned", "date_retry"])
            start_job(self.env, "release")
