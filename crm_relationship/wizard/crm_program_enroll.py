from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.portfolio.winback import Winback
from ..models.program.faults import find_over

# Of so many who are left out, it is told why.
EXPLAINED = 5


class CrmProgramEnroll(models.TransientModel):
    _name = "crm.program.enroll"
    _inherit = ["crm.customers.dialog.mixin"]
    _description = "Enroll Customers in a Program"

    program_id = fields.Many2one(
        comodel_name="crm.program",
        required=True,
        domain="[('step_ids', '!=', False), ('state', '=', 'running')]",
        help="The customers go through the steps of this program, beginning today.",
    )
    unworthy_count = fields.Integer(
        string="Left Out",
        compute="_compute_unworthy_count",
        help="Customers from whom no more margin is expected within the next 12 months"
        " than the program costs for each customer.",
    )
    unworthy_note = fields.Text(
        string="Why",
        compute="_compute_unworthy_count",
    )
    include_unworthy = fields.Boolean(
        string="Enroll Them Anyway",
        help="Also enrolls the customers for whom the program costs more than is"
        " expected from them.",
    )

    @api.depends("program_id", "relationship_ids")
    def _compute_unworthy_count(self):
        for wizard in self:
            unworthy = wizard._get_unworthy()
            wizard.unworthy_count = len(unworthy)
            told = unworthy[:EXPLAINED]
            program, winback = wizard.program_id, Winback(told.company_id)
            wizard.unworthy_note = "\n".join(
                f"{customer.display_name}: {program._tell_worth(customer, winback)}"
                for customer in told
            )

    def _get_unworthy(self):
        """Return the selected customers for whom the program does not pay off."""
        self.ensure_one()
        if not self.program_id:
            return self.env["crm.relationship"]
        return self.program_id._get_unworthy(self.relationship_ids._origin)

    def action_enroll(self):
        """Enroll the customers; say how many entered and how many already had.

        :raises UserError: when the program pays off for none of them
        """
        check_one(self)
        self.env["crm.program.enrollment"].check_access("create")
        self.relationship_ids.check_access("read")
        self.program_id.check_access("read")
        if not self.program_id.active:
            raise UserError(
                self.env._(
                    "“%(program)s” is archived. Choose a program in use.",
                    program=self.program_id.name,
                )
            )
        if over := find_over(self.program_id):
            raise UserError(over)
        unworthy = self._get_unworthy()
        if self.include_unworthy:
            unworthy = unworthy.browse()
        selected = self.relationship_ids - unworthy
        if unworthy and not selected:
            raise UserError(
                self.env._(
                    "“%(program)s” costs more than is expected from any of these"
                    " customers. Tick “Enroll Them Anyway” to enroll them.",
                    program=self.program_id.name,
                )
            )
        entered = self.program_id._enroll(selected)
        aside = len(entered.filtered(lambda e: e.state == "control"))
        already = len(selected) - len(entered)
        return self._notify(len(entered) - aside, already, len(unworthy), aside)

    def _notify(self, enrolled, already, left_out, aside):
        """Return the action that tells what became of the customers."""
        message = self.env._(
            "Customers who entered “%(program)s”: %(enrolled)s.",
            enrolled=enrolled,
            program=self.program_id.name,
        )
        if already and self.program_id.reenroll != "always":
            message += " " + self.env._(
                "Going through it already, or not to enter it again: %(already)s.",
                already=already,
            )
        elif already:
            message += " " + self.env._(
                "Going through it already: %(already)s.", already=already
            )
        if left_out:
            message += " " + self.env._(
                "Left out, because the program does not pay off for them: %s.",
                left_out,
            )
        if aside:
            message += " " + self.env._(
                "Kept aside by chance, to see what the program brings: %s.", aside
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if enrolled else "info",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
