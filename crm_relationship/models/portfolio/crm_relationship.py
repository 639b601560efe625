from odoo import fields, models


class CrmRelationship(models.Model):
    """What a customer is worth, the customer's rhythm, and what staff lays down."""

    _inherit = "crm.relationship"

    # Written by `_cron_refresh_portfolio`
    margin = fields.Monetary(
        help="Margin of the purchases within the analysis window: that of the orders"
        " where the monetary score is by margin, else revenue × margin (settings).",
    )
    yearly_margin = fields.Monetary(
        string="Margin a Year",
        help="Margin within the analysis window × 12 ÷ months looked at: the months"
        " since the first purchase, at least 12, at most those of the window.",
    )
    purchase_interval = fields.Float(
        string="Usual Interval (days)",
        digits=(8, 1),
        aggregator="avg",
        help="Median of the days between successive days of purchase, known from the"
        " third day of purchase on; 0: not known yet.",
    )
    value_12m = fields.Monetary(
        string="Value, 12 Months",
        help="Margin expected within the next 12 months: margin a year × retention, the"
        " share of the segment's customers of a year ago who are still active (of"
        " lost ones: who came back).",
    )
    lifetime_value = fields.Monetary(
        help="Margin expected for as long as the customer stays, in today's money:"
        " margin a year × retention ÷ (1 + discount rate − retention). Of lost"
        " customers, the divisor takes the retention of all customers. Source: Gupta"
        " and Lehmann, Customers as Assets, 2003.",
    )
    # Laid down by staff
    locked_segment_id = fields.Many2one(
        comodel_name="crm.segment",
        string="Kept in Segment",
        index="btree_not_null",
        ondelete="set null",
        help="The customer stays in this segment, whatever the rules say.",
    )
    lock_reason = fields.Char(
        string="Kept Because",
        help="Why the rules do not decide on the customer's segment.",
    )
    lock_until = fields.Date(
        string="Kept Until",
        help="Last day on which the segment is kept. Left empty, it is kept until"
        " somebody releases it.",
    )
    defection_date = fields.Date(
        string="Said Goodbye On",
        help="Day on which the customer said goodbye. The customer counts as lost until"
        " the next purchase.",
    )
