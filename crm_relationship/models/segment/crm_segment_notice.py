from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL, format_date

from .conditions import FILTER_ERRORS

# The job runs every night: two days without it are a night left out.
STALE_DAYS = 2


class CrmSegment(models.Model):
    """What stands above the list of segments when something is wrong with them."""

    _inherit = "crm.segment"

    @api.model
    def get_unassigned_count(self):
        """Return how many customers of the current company are in no segment now.

        With the rights of the user: a salesperson counts the own customers.
        """
        return self.env["crm.relationship"].search_count(
            [("company_id", "=", self.env.company.id), ("segment_id", "=", False)]
        )

    @api.model
    def get_warnings(self):
        """Return why the customers are not sorted into segments any more.

        :return: list of sentences, for those who can mend it; empty for others
        """
        if not self.has_access("write"):
            return []
        company = self.env.company
        # sudo: the segments as the nightly job reads them
        segments, _fallback = self.sudo()._get_rules(company)
        warnings = [
            self.env._(
                "The customer filter of segment “%(segment)s” cannot be read any more:"
                " %(error)s. Until you mend it, all customers stay in the segments they"
                " are in.",
                segment=segment.name,
                error=error.rstrip("."),
            )
            for segment, error in segments._get_broken_filters(company).items()
        ]
        last = self.env["crm.segment.figure"].sudo()._get_total(company).refresh_date
        if last and last <= company._relationship_today() - timedelta(days=STALE_DAYS):
            warnings.append(
                self.env._(
                    "Customers were sorted into segments on %(date)s for the last time."
                    " The nightly job that does it is switched off or fails: ask who"
                    " administers Odoo.",
                    date=format_date(self.env, last),
                )
            )
        return warnings

    def _get_broken_filters(self, company):
        """Return the filters that cannot be read any more: ``{segment: error}``."""
        broken = {}
        for segment in self.filtered("partner_domain"):
            try:
                with self.env.cr.savepoint(flush=False):
                    query = segment._partner_query(company)
                    # SQL: whether it can be asked, not what it finds
                    self.env.execute_query(SQL("SELECT EXISTS %s", query.subselect()))
            except FILTER_ERRORS as error:
                broken[segment] = segment._describe_filter_error(error)
        return broken

    @api.model
    def action_view_unassigned(self):
        """Open the customers of the current company who are in no segment."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_relationship_action"
        )
        action["display_name"] = action["name"] = self.env._("No Segment")
        action["domain"] = [
            ("company_id", "=", self.env.company.id),
            ("segment_id", "=", False),
        ]
        return action
