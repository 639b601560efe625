from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    relationship_has_margin = fields.Boolean(
        compute="_compute_relationship_has_margin",
        groups="base.group_user",
    )
    relationship_source = fields.Selection(
        related="company_id.relationship_source",
        readonly=False,
        required=True,
    )
    relationship_window_months = fields.Integer(
        related="company_id.relationship_window_months",
        readonly=False,
    )
    relationship_excluded_tag_ids = fields.Many2many(
        related="company_id.relationship_excluded_tag_ids",
        readonly=False,
    )
    relationship_excluded_team_ids = fields.Many2many(
        related="company_id.relationship_excluded_team_ids",
        readonly=False,
    )
    relationship_excluded_product_ids = fields.Many2many(
        related="company_id.relationship_excluded_product_ids",
        readonly=False,
    )
    relationship_bins = fields.Integer(
        related="company_id.relationship_bins",
        readonly=False,
    )
    relationship_monetary = fields.Selection(
        related="company_id.relationship_monetary",
        readonly=False,
        required=True,
    )
    relationship_at_risk_factor = fields.Float(
        related="company_id.relationship_at_risk_factor",
        readonly=False,
    )
    relationship_at_risk_days = fields.Integer(
        related="company_id.relationship_at_risk_days",
        readonly=False,
    )
    relationship_lost_days = fields.Integer(
        related="company_id.relationship_lost_days",
        readonly=False,
    )
    relationship_loyal_orders = fields.Integer(
        related="company_id.relationship_loyal_orders",
        readonly=False,
    )
    relationship_margin_rate = fields.Float(
        related="company_id.relationship_margin_rate",
        readonly=False,
    )
    relationship_discount_rate = fields.Float(
        related="company_id.relationship_discount_rate",
        readonly=False,
    )
    relationship_hourly_cost = fields.Monetary(
        related="company_id.relationship_hourly_cost",
        readonly=False,
    )
    relationship_contact_share = fields.Float(
        related="company_id.relationship_contact_share",
        readonly=False,
    )
    relationship_winback_cost = fields.Monetary(
        related="company_id.relationship_winback_cost",
        readonly=False,
    )
    relationship_fewer_lost = fields.Float(
        related="company_id.relationship_fewer_lost",
        readonly=False,
    )
    relationship_attribution = fields.Selection(
        related="company_id.relationship_attribution",
        readonly=False,
    )
    relationship_attribution_days = fields.Integer(
        related="company_id.relationship_attribution_days",
        readonly=False,
    )

    @api.depends("relationship_source")
    def _compute_relationship_has_margin(self):
        """Tell whether orders carry a margin: `sale_margin` is not a dependency."""
        known = "margin" in self.env["sale.order"]._fields
        for settings in self:
            settings.relationship_has_margin = (
                known and settings.relationship_source == "order"
            )
