from odoo import api, fields, models
from odoo.fields import Command, Domain

OBJECTIVES = [
    ("relationship", "Relationship"),
    ("retention", "Retention"),
    ("recovery", "Recovery"),
    ("referral", "Referral"),
]
# Relationship activity has no link to a sale; retention and referral sell (DOMAIN, 4R).
KIND_BY_OBJECTIVE = {
    "relationship": "relationship",
    "recovery": "relationship",
    "retention": "selling",
    "referral": "selling",
}


class CrmTouchMixin(models.AbstractModel):
    """What is communicated, who does it and through which channel.

    A model that inherits it has a one2many ``channel_ids`` to ``crm.touch.channel``.
    """

    _name = "crm.touch.mixin"
    _inherit = ["crm.record.mixin"]
    _description = "Planned Interaction Mixin"

    name = fields.Char(
        string="Purpose",
        required=True,
        translate=True,
        help="What the interaction is about, as the salesperson reads it in the queue.",
    )
    note = fields.Html(
        string="Guidance",
        translate=True,
        help="What to say, ask or bring. Shown with the interaction.",
    )
    touchpoint_ids = fields.Many2many(
        comodel_name="crm.touchpoint",
        string="Channels",
        compute="_compute_touchpoint_ids",
        inverse="_inverse_touchpoint_ids",
        search="_search_touchpoint_ids",
        help="Tried in this order until one is found that the customer accepts. Left"
        " empty, every channel may be used.",
    )
    use_preferred_touchpoint = fields.Boolean(
        string="Customer's Preferred Channel First",
        default=True,
        help="The channel the customer prefers comes before the ones listed.",
    )
    mail_template_id = fields.Many2one(
        comodel_name="mail.template",
        string="Email Message",
        domain="[('model', '=', 'res.partner')]",
        ondelete="restrict",
        help="Sent when the interaction is an automated email.",
    )
    sms_template_id = fields.Many2one(
        comodel_name="sms.template",
        string="Text Message",
        domain="[('model', '=', 'res.partner')]",
        ondelete="restrict",
        help="Sent when the interaction is an automated SMS. In WhatsApp it is ready to"
        " be sent.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Done By",
        domain="[('share', '=', False)]",
        ondelete="set null",
        help="Left empty, the customer's dedicated salesperson does it.",
    )

    @api.depends("channel_ids.touchpoint_id", "channel_ids.sequence")
    def _compute_touchpoint_ids(self):
        for touch in self:
            touch.touchpoint_ids = touch.channel_ids.sorted("sequence").touchpoint_id

    def _inverse_touchpoint_ids(self):
        # Read first: writing the channels of one clears the cache of the others.
        wanted = {touch: touch.touchpoint_ids for touch in self}
        for touch, touchpoints in wanted.items():
            touch.channel_ids = [Command.clear()] + [
                Command.create({"touchpoint_id": touchpoint.id, "sequence": rank})
                for rank, touchpoint in enumerate(touchpoints)
            ]

    @api.model
    def _search_touchpoint_ids(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        found = Domain("channel_ids.touchpoint_id", operator, value)
        if operator == "in" and False in value:
            found |= Domain("channel_ids", "=", False)
        return found

    @api.model
    def _get_touch_models(self):
        """Return the models of touches, archived records included.

        ``sudo``: what is in use counts in every company.
        """
        names = self.env.registry.descendants([self._name], "_inherit")
        return [
            self.env[name].sudo().with_context(active_test=False)
            for name in sorted(names)
            if not self.env[name]._abstract
        ]

    def _get_candidates(self, preferred):
        """Return the active channels to try, best first; possibly none.

        :param preferred: the customer's preferred ``crm.touchpoint``, possibly empty.
        """
        self.ensure_one()
        listed = self.channel_ids.touchpoint_id
        if not listed:
            listed = self.env["crm.touchpoint"]._get_in_use()
        candidates = (preferred | listed) if self.use_preferred_touchpoint else listed
        return candidates.filtered("active")

    def _get_template(self, touchpoint):
        """Return the template sent through an automated channel, if any."""
        self.ensure_one()
        if touchpoint.mode == "automated":
            if touchpoint.kind == "email":
                return self.mail_template_id
            if touchpoint.kind == "sms":
                return self.sms_template_id
        return self.env["mail.template"]
