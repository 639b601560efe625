from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

# From so many lost customers on, the share of those who came back says something.
ENOUGH = 30
YEAR, YEARS = 365, 3
# Who was noticed later was lost before anybody looked: those among them who had come
# back by then were never noticed.
NOTICED_WITHIN = 31


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_return_chances(self, days=YEAR):
        """Count those lost so long ago, in three years; SQL as they may be many."""
        defections = self.env["crm.defection"]
        defections.flush_model()
        today = fields.Date.context_today(self)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT company_id, avg((COALESCE(date_returned - date <= %(days)s,
                                                 FALSE))::int)::float8
                  FROM crm_defection
                 WHERE company_id = ANY(%(companies)s)
                   AND date BETWEEN %(first)s AND %(last)s
                   AND create_date::date - date <= %(noticed)s
              GROUP BY company_id
                HAVING count(*) >= %(enough)s
                """,
                days=days,
                companies=self.ids,
                first=today - timedelta(days=YEARS * YEAR),
                last=today - timedelta(days=days),
                noticed=NOTICED_WITHIN,
                enough=ENOUGH,
            )
        )
        return {
            **super()._get_return_chances(days),
            **{self.browse(id_): share for id_, share in rows},
        }
