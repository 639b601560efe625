from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.base.figures import format_count
from ..models.base.told import tell


class CrmCareRemedy(models.TransientModel):
    """What helps many customers at fault in one go."""

    _name = "crm.care.remedy"
    _inherit = ["crm.record.mixin"]
    _description = "Help Customers at Fault"

    remedy = fields.Selection(
        selection=[
            ("staff", "Assign a salesperson"),
            ("plan", "Choose a contact plan"),
            ("channel", "Ask for a channel"),
        ],
        required=True,
        default="staff",
    )
    relationship_ids = fields.Many2many(
        comodel_name="crm.relationship",
        string="Customers",
        default=lambda self: self._default_relationship_ids(),
    )
    partner_ids = fields.Many2many(
        comodel_name="res.partner",
        string="Selected People",
        default=lambda self: self._default_partner_ids(),
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_summary",
    )
    customer_count = fields.Integer(
        string="Customers",
        compute="_compute_summary",
        help="Customers to whom this goes.",
    )
    example = fields.Char(
        compute="_compute_summary",
        help="The first of them by name.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Dedicated Salesperson",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Serves these customers from now on, and takes over what is planned.",
    )
    backup_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Stand-in",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Left empty, each customer keeps the present one.",
    )
    plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Contact Plan",
        domain="[('company_id', 'in', (company_id, False))]",
        help="These customers follow it from now on, instead of their segment's plan.",
    )

    def _default_relationship_ids(self):
        if self.env.context.get("active_model") != "crm.relationship":
            return False
        return (
            self.env["crm.relationship"].browse(self.env.context["active_ids"]).exists()
        )

    def _default_partner_ids(self):
        if self.env.context.get("active_model") != "res.partner":
            return False
        return self.env["res.partner"].browse(self.env.context["active_ids"]).exists()

    @api.depends("relationship_ids", "partner_ids")
    def _compute_summary(self):
        for wizard in self:
            customers = wizard.relationship_ids
            companies = customers.company_id
            if wizard.partner_ids:
                customers = wizard.partner_ids.commercial_partner_id
                companies = self.env.company
            wizard.company_id = companies if len(companies) == 1 else False
            wizard.customer_count = len(customers)
            names = customers[:4].mapped("display_name")
            wizard.example = ", ".join(names[:3]) + ("…" if names[3:] else "")

    def action_apply(self):
        """Do it, and judge the customers anew, so that the board shows it at once."""
        check_one(self)
        customers = self.relationship_ids
        if self.partner_ids:
            self.partner_ids.check_access("read")
            customers = customers._ensure(self.partner_ids, self.env.company)
        if not customers:
            raise UserError(self.env._("Choose a record first."))
        customers.check_access("write")
        if not self.company_id:
            raise UserError(
                self.env._(
                    "These customers belong to several companies. Help those of one"
                    " company at a time."
                )
            )
        if self.remedy == "staff":
            self._assign(customers)
        elif self.remedy == "plan":
            self._choose_plan(customers)
        else:
            self._ask(customers)
        # sudo: the state follows from the facts, and is never written by hand
        customers.sudo()._judge_care()
        return tell(
            self.env._("Done. Customers: %s", format_count(self.env, len(customers)))
            if len(customers) > 1
            else self.env._("Done for %s.", customers.display_name),
            {"type": "ir.actions.act_window_close", "infos": {"done": True}},
        )

    def _assign(self, customers):
        if not (self.user_id or self.backup_user_id):
            raise UserError(self.env._("Choose a salesperson or a stand-in."))
        chosen = {"user_id": self.user_id, "backup_user_id": self.backup_user_id}
        customers.write({name: user.id for name, user in chosen.items() if user})

    def _choose_plan(self, customers):
        if not self.plan_id.active:
            raise UserError(self.env._("Choose a contact plan in use."))
        customers.write({"plan_id": self.plan_id.id})

    def _ask(self, customers):
        """Let each salesperson find out how the customer wants to be contacted.

        A to-do on the contact, one at a time: no interaction, because no channel may
        be used for it.
        """
        summary = self.env._("Find out how this customer wants to be contacted")
        asked = self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "in", customers.partner_id.ids),
                ("summary", "=", summary),
            ]
        )
        already = set(asked.mapped("res_id"))
        for relationship in customers:
            if relationship.partner_id.id not in already:
                relationship.partner_id.with_context(
                    mail_activity_quick_update=True
                ).activity_schedule(
                    act_type_xmlid="mail.mail_activity_data_todo",
                    date_deadline=self.company_id._relationship_today(),
                    summary=summary,
                    user_id=(relationship._get_staff() or self.env.user).id,
                )
