from odoo import fields, models

from ..customer.lifecycle import LIFECYCLE_STAGES


class CrmSegmentMove(models.Model):
    """The trace of a customer's way through the segments, written by the refresh."""

    _name = "crm.segment.move"
    _inherit = ["crm.record.mixin"]
    _description = "Segment Change"
    _order = "date desc, id desc"
    _log_access = False

    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(comodel_name="res.company", required=True)
    date = fields.Date(required=True)
    from_segment_id = fields.Many2one(
        comodel_name="crm.segment",
        string="From",
        ondelete="set null",
    )
    to_segment_id = fields.Many2one(
        comodel_name="crm.segment",
        string="To",
        ondelete="set null",
    )
    from_stage = fields.Selection(selection=LIFECYCLE_STAGES)
    to_stage = fields.Selection(selection=LIFECYCLE_STAGES)
    rfm_code = fields.Char(string="RFM")
    reason = fields.Char(
        help="Why somebody moved the customer manually; empty when the rules did.",
    )
