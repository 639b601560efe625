from odoo import api, fields, models

from ..models.base.holding import holding
from ..models.program import content
from ..models.program.res_partner import PREVIEWED
from ..models.program.trigger_orders import OrderTrigger
from ..models.program.triggers import TRIGGERS


class CrmProgramPreview(models.TransientModel):
    """What a step of a program says to a real customer, before anybody gets it."""

    _name = "crm.program.preview"
    _inherit = ["crm.record.mixin"]
    _description = "Preview of a Program Step"

    step_id = fields.Many2one(
        comodel_name="crm.program.step",
        required=True,
        ondelete="cascade",
    )
    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        string="Customer",
        required=True,
        default=lambda self: self.env["crm.relationship"].search(
            [("company_id", "=", self.env.company.id)], limit=1
        ),
        ondelete="cascade",
    )
    subject = fields.Char(compute="_compute_messages")
    body = fields.Html(string="Email", compute="_compute_messages")
    text = fields.Text(string="Text Message", compute="_compute_messages")
    talk_text = fields.Text(string="WhatsApp and Calls", compute="_compute_messages")
    note = fields.Html(string="Guidance", compute="_compute_messages")
    empty = fields.Char(
        string="Without a Value",
        compute="_compute_messages",
        help="Placeholders that have no value for this customer.",
    )

    @api.depends("step_id", "relationship_id")
    @api.depends_context("lang")
    def _compute_messages(self):
        """Fill in everything as for the customer's last sales order.

        ``sudo``: as when it is sent, by the system; of customers whom the user may see.
        """
        for preview in self:
            # whoever may not open the customer, or the step, is told nothing about it
            preview.relationship_id.check_access("read")
            preview.step_id.check_access("read")
            step, partner = preview.step_id.sudo(), preview._get_partner()
            with holding(PREVIEWED, tuple(preview._get_followed_order().ids)):
                partner.invalidate_recordset(["follow_up_orders"])
                preview.update(preview._render(step, partner))
                empty = []
                for template in (step.mail_template_id, step.sms_template_id):
                    empty += partner and content.find_empty(template, partner) or []
            partner.invalidate_recordset(["follow_up_orders"])
            values = preview._get_values()
            preview.talk_text = content.fill(
                preview._translate(step).talk_text or "", lambda _names, v=values: v
            )
            preview.note = content.fill(
                preview._translate(step).note or "", lambda _names, v=values: v
            )
            empty += preview._find_empty_words(step, values)
            preview.empty = ", ".join(dict.fromkeys(empty))

    def _get_partner(self):
        # sudo: the user may see the customer; that is asked first
        return self.relationship_id.sudo().partner_id

    def _get_followed_order(self):
        """Return the order that messages would name, none where none is followed up."""
        # sudo: as for the interactions of a program
        relationship, step = self.relationship_id.sudo(), self.step_id.sudo()
        if not isinstance(TRIGGERS.get(step.program_id.trigger), OrderTrigger):
            return self.env["sale.order"]
        return relationship._get_last_order()

    def _translate(self, step):
        return step.with_context(lang=self._get_partner().lang or self.env.lang)

    def _render(self, step, partner):
        rendered = {"subject": False, "body": False, "text": False}
        for template, parts in (
            (step.mail_template_id, {"subject": "subject", "body": "body_html"}),
            (step.sms_template_id, {"text": "body"}),
        ):
            for name, part in parts.items():
                if template and partner:
                    rendered[name] = template._render_field(
                        part, partner.ids, compute_lang=True
                    )[partner.id]
        return rendered

    def _get_values(self):
        # sudo: as when the step is made
        relationship = self.relationship_id.sudo()
        step = self.step_id.sudo()
        return content.get_values(
            relationship.partner_id,
            step.user_id or relationship._get_staff(),
            step.benefit_id.filtered("active"),
            # sudo: as for the interactions of a program
            relationship._get_last_order(),
        )

    def _find_empty_words(self, step, values):
        text = f"{step.talk_text or ''} {step.note or ''}"
        return [
            content.brace(name)
            for name, value in values.items()
            if not value and content.brace(name) in text
        ]
