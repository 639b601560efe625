from datetime import timedelta

from odoo import api, models
from odoo.tools import format_date

# The job runs every night: after two days without it, a night was missed.
STALE_DAYS = 2


class CrmSegment(models.Model):
    _inherit = "crm.segment"

    def unlink(self):
        """Count their customers' forecasts where there is no segment, too."""
        self.check_access("unlink")
        self.env["crm.forecast"]._join_rest(self)
        return super().unlink()

    @api.model
    def _get_warnings(self, company):
        """Tell also when the customers have not been sorted for some nights."""
        warnings = super()._get_warnings(company)
        # sudo: the notice, for those who may change segments
        if failure := company.sudo().relationship_failure:
            warnings.append(
                self.env._(
                    "The last update of the portfolio failed: %(failure)s. Customers"
                    " stay where they are until it succeeds; ask your Odoo"
                    " administrator.",
                    failure=failure.rstrip("."),
                )
            )
        # sudo: a figure of all customers, of which only the day is told
        last = self.env["crm.segment.figure"].sudo()._get_total(company).refresh_date
        if last and last <= company._relationship_today() - timedelta(days=STALE_DAYS):
            warnings.append(
                self.env._(
                    "Customers were last sorted into segments on %(date)s. The nightly"
                    " job that does it is switched off or fails: ask your Odoo"
                    " administrator.",
                    date=format_date(self.env, last),
                )
            )
        return warnings
