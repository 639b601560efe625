from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

FIGURES = {
    "kpi_crm_reached": "crm_relationship.crm_interaction_action_report",
    "kpi_crm_complaints": "crm_relationship.crm_interaction_action_complaints",
    "kpi_crm_lost": "crm_relationship.crm_defection_action",
    "kpi_crm_at_fault": "crm_relationship.crm_care_report_action",
}
# Odoo's template praises whatever grows, in green.
BETTER_FEWER = ("kpi_crm_complaints", "kpi_crm_lost", "kpi_crm_at_fault")


class DigestDigest(models.Model):
    """Customers who were looked after, and who were not, in Odoo's digest emails.

    Each recipient reads what he may read: salespeople their own customers, managers the
    whole company.
    """

    _inherit = "digest.digest"

    kpi_crm_reached = fields.Boolean(
        string="Interactions Done",
        groups="base.group_user",
    )
    kpi_crm_reached_value = fields.Integer(
        compute="_compute_kpi_crm_reached_value",
        groups="base.group_user",
    )
    kpi_crm_complaints = fields.Boolean(string="Complaints", groups="base.group_user")
    kpi_crm_complaints_value = fields.Integer(
        compute="_compute_kpi_crm_complaints_value",
        groups="base.group_user",
    )
    kpi_crm_lost = fields.Boolean(
        string="Customers Lost",
        groups="base.group_user",
    )
    kpi_crm_lost_value = fields.Integer(
        compute="_compute_kpi_crm_lost_value",
        groups="base.group_user",
    )
    kpi_crm_at_fault = fields.Boolean(
        string="Customers at Fault",
        groups="base.group_user",
    )
    kpi_crm_at_fault_value = fields.Integer(
        compute="_compute_kpi_crm_at_fault_value",
        groups="base.group_user",
    )

    def _compute_kpi_crm_reached_value(self):
        self._check_sells()
        self._calculate_company_based_kpi(
            "crm.interaction",
            "kpi_crm_reached_value",
            date_field="date_done",
            additional_domain=[("state", "=", "done"), ("along_id", "=", False)],
        )

    def _compute_kpi_crm_complaints_value(self):
        """Count complaints where they were made, not the talks about them."""
        self._check_sells()
        self._calculate_company_based_kpi(
            "crm.interaction",
            "kpi_crm_complaints_value",
            date_field="date_done",
            additional_domain=[("outcome", "=", "complaint")],
        )

    def _compute_kpi_crm_lost_value(self):
        self._check_sells()
        self._calculate_company_based_kpi(
            "crm.defection", "kpi_crm_lost_value", date_field="date"
        )

    def _compute_kpi_crm_at_fault_value(self):
        """Count those at fault after the last night of the period."""
        _start, end, companies = self._get_kpi_compute_parameters()
        days = self.env["crm.care.day"]
        nights = days._read_group(
            [
                ("company_id", "in", companies.ids),
                ("date", "<=", fields.Datetime.to_datetime(end).date()),
            ],
            ["company_id"],
            ["date:max"],
        )
        last_nights = Domain.OR(
            [("company_id", "=", company.id), ("date", "=", night)]
            for company, night in nights
        )
        counts = dict(
            days._read_group(
                last_nights & Domain("care_state", "=", "fault"),
                ["company_id"],
                ["customer_count:sum"],
            )
        )
        for digest in self:
            company = digest.company_id or self.env.company
            digest.kpi_crm_at_fault_value = counts.get(company, 0)

    def _check_sells(self):
        """Skip what does not concern whoever gets the digest, as core's figures do."""
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            raise AccessError(
                self.env._("The figures of customers are for salespeople.")
            )

    def _compute_kpis(self, company, user):
        """Compare no figure with the period before of which fewer are better."""
        kpis = super()._compute_kpis(company, user)
        for kpi in kpis:
            if kpi["kpi_name"] in BETTER_FEWER:
                for column in ("kpi_col1", "kpi_col2", "kpi_col3"):
                    kpi[column]["margin"] = 0
        return kpis

    def _compute_kpis_actions(self, company, user):
        menu = self.env.ref("crm_relationship.crm_relationship_menu_root").id
        actions = {name: f"{action}?menu_id={menu}" for name, action in FIGURES.items()}
        return super()._compute_kpis_actions(company, user) | actions
