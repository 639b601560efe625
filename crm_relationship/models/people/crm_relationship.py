from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.asked import check_records
from .care import Judgment


class CrmRelationship(models.Model):
    """Nobody forgotten: each customer's state of care, judged every night.

    And for single customers whenever their coverage changes.
    """

    _inherit = "crm.relationship"

    # Written by `Judgment`
    care_state = fields.Selection(
        selection=[
            ("fault", "At fault"),
            ("deferred", "Deferred"),
            ("excluded", "Excluded"),
            ("planned", "Planned"),
            ("in_time", "Contacted in time"),
        ],
        string="Care",
        default="fault",
        required=True,
        help="Contacted in time: the last interaction is no longer ago than the contact"
        " plan asks, and the next is planned. Planned: only the next one is. Deferred,"
        " excluded: for a good reason. At fault: something has to be put right.",
    )
    care_reason = fields.Selection(
        selection=[
            ("no_staff", "No dedicated salesperson"),
            ("no_plan", "No contact plan"),
            ("no_channel", "No accepted channel"),
            ("overdue", "Interaction overdue"),
            ("snoozed", "Pause"),
            ("too_frequent", "Contacted often enough for now"),
            ("outside_window", "Waits for the customer's hours"),
            ("complaint_open", "Selling waits for a complaint"),
            ("relationship_first", "Selling waits for the relationship"),
            ("step_first", "An earlier step comes first"),
            ("preview", "Not live yet"),
            ("do_not_contact", "Does not want to be contacted"),
            ("no_consent", "No consent"),
            ("other_company", "Customer of another company"),
        ],
        string="Reason",
        default="no_plan",
        index="btree_not_null",
        help="Why the customer is at fault, deferred or excluded.",
    )
    care_until = fields.Date(
        string="Deferred Until",
        help="The day on which something happens again: the end of the pause, or the"
        " next interaction.",
    )
    team_id = fields.Many2one(
        related="user_id.sale_team_id",
        string="Sales Team",
        help="Of the dedicated salesperson.",
    )

    _care_reason_given = models.Constraint(
        "CHECK((care_state IN ('in_time', 'planned')) = (care_reason IS NULL))",
        "A customer who is at fault, deferred or excluded is so for one reason.",
    )

    @api.model
    def _get_first_values(self):
        first = {"care_state": "fault", "care_reason": "no_plan"}
        return {**super()._get_first_values(), **first}

    @api.model
    def _get_care_faults(self):
        """Return what else leaves a customer without care: ``{reason: SQL}``.

        A hook: whoever adds a reason to ``care_reason`` adds its condition, on a row
        ``r`` of ``crm_relationship`` and its company ``c`` (with ``today``, ``tz``).
        """
        return {}

    def _refresh_contact_state(self):
        super()._refresh_contact_state()
        self._judge_care()

    def _judge_care(self):
        """Bring the care of these customers up to date."""
        if self:
            Judgment(self.env).store(SQL("r.id = ANY(%s)", list(self.ids)))

    # ------------------------------------------------------------------
    # Remedies
    # ------------------------------------------------------------------

    def action_view_overdue(self):
        """Open the interactions of these customers whose day has passed."""
        check_records(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_interaction_action"
        )
        passed = Domain.OR(
            Domain("relationship_id", "in", customers.ids)
            & Domain(
                "date_planned",
                "<",
                company._relationship_time(company._relationship_today(), hour=0),
            )
            for company, customers in self.grouped("company_id").items()
        )
        title = self.env._("Overdue Interactions")
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": list(Domain("state", "in", ("scheduled", "open")) & passed),
            "context": {},
        }
