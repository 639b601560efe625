from odoo import api, fields, models, tools

from ..base.bounds import MAX_AMOUNT, MAX_MINUTES, Bounds, sequence_bounds
from ..base.deletion import check_unused

# The sign of a channel, by its kind.
CHANNEL_ICONS = {
    "visit": "fa-map-marker",
    "call": "fa-phone",
    "whatsapp": "fa-whatsapp",
    "sms": "fa-commenting-o",
    "email": "fa-envelope-o",
    "letter": "fa-pencil-square-o",
    "event": "fa-calendar",
    "social": "fa-share-alt",
}


class CrmTouchpoint(models.Model):
    _name = "crm.touchpoint"
    _inherit = ["crm.copy.mixin"]
    _description = "Channel"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[
            ("visit", "Visit"),
            ("call", "Call"),
            ("whatsapp", "WhatsApp"),
            ("sms", "SMS"),
            ("email", "Email"),
            ("letter", "Letter"),
            ("event", "Event"),
            ("social", "Social media"),
        ],
        required=True,
        default="call",
    )
    mode = fields.Selection(
        selection=[
            ("personal", "Personal: a salesperson does it"),
            ("automated", "Automated: the system sends it"),
        ],
        required=True,
        default="personal",
        help="Only email and SMS can be automated, and only where the plan line or "
        "program step names a message template; everything else becomes an activity.",
    )
    activity_type_id = fields.Many2one(
        comodel_name="mail.activity.type",
        domain="['|', ('res_model', '=', False), ('res_model', '=', 'res.partner')]",
        required=True,
        ondelete="restrict",
        default=lambda self: self.env.ref("mail.mail_activity_data_todo"),
        help="Type of the activity in the salesperson's queue.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    unit_cost = fields.Monetary(
        help="What one interaction through this channel costs, without working time.",
    )
    duration = fields.Integer(
        string="Duration (minutes)",
        help="Working time of one interaction, in minutes.",
    )

    _sequence_in_bounds = sequence_bounds()
    _unit_cost_in_bounds = Bounds("unit_cost", high=MAX_AMOUNT)
    _duration_in_bounds = Bounds("duration", high=MAX_MINUTES)
    _unit_cost_not_negative = models.Constraint(
        "CHECK(unit_cost >= 0 AND duration >= 0)",
        "The cost and the duration of a channel cannot be negative.",
    )
    _automated_is_a_message = models.Constraint(
        "CHECK(mode = 'personal' OR kind IN ('email', 'sms'))",
        "Only email and SMS can be sent automatically. Choose “Personal” for this"
        " channel, or another kind.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if {"active", "sequence"} & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        check_unused(self)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    def _get_in_use(self):
        """Return all active channels, without a query for each interaction released."""
        return self.browse(self._get_in_use_ids())

    @api.model
    @tools.ormcache()
    def _get_in_use_ids(self):
        # sudo: channels belong to all companies and are no secret; cached for everybody
        return self.sudo().with_context(active_test=True).search([])._ids
