from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL, format_date

from .crm_segment_rule import FILTER_ERRORS

# The job runs every night: after two days without it, a night was missed.
STALE_DAYS = 2


class CrmSegment(models.Model):
    """What is shown above the list of segments when something is wrong with them."""

    _inherit = "crm.segment"

    @api.model
    def get_unassigned_count(self):
        """Return how many customers of the current company are in no segment now.

        With the user's rights: a salesperson counts only their own customers.
        """
        return self.env["crm.relationship"].search_count(
            [("company_id", "=", self.env.company.id), ("segment_id", "=", False)]
        )

    @api.model
    def get_warnings(self):
        """Return why customers are no longer sorted into segments.

        :return: list of sentences, for users who can fix it; empty for others
        """
        if not self.has_access("write"):
            return []
        company = self.env.company
        # sudo: the segments as the nightly job reads them
        segments, _fallback = self.sudo()._get_rules(company)
        warnings = [
            self.env._(
                "The customer filter of segment “%(segment)s” cannot be read any more:"
                " %(error)s. Until you correct it, all customers stay in the segments"
                " they are in.",
                segment=segment.name,
                error=error.rstrip("."),
            )
            for segment, error in segments._get_broken_filters(company).items()
        ]
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

    def _get_broken_filters(self, company):
        """Return the filters that cannot be read any more: ``{segment: error}``."""
        broken = {}
        for segment in self.filtered("partner_domain"):
            try:
                with self.env.cr.savepoint(flush=False):
                    query = segment._partner_query(company)
                    # SQL: to see whether it can be run, not what it finds
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
