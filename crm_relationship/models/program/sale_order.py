from datetime import timedelta

from odoo import api, fields, models

from ..base.apart import log_failure, run_apart
from ..base.asked import check_one

# How far back the nightly job looks for orders whose hook failed.
CATCH_UP_DAYS = 7


class SaleOrder(models.Model):
    _inherit = "sale.order"

    enrollment_ids = fields.One2many(
        comodel_name="crm.program.enrollment",
        inverse_name="sale_order_id",
        string="Programs",
        groups="sales_team.group_sale_salesman",
    )
    follow_up_count = fields.Integer(
        string="Follow-ups",
        compute="_compute_follow_up_count",
        help="Interactions, planned and closed, of the programs that this order"
        " started.",
        groups="sales_team.group_sale_salesman",
    )

    def _compute_follow_up_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group(
                [("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"]
            )
        )
        for order in self:
            order.follow_up_count = counts.get(order, 0)

    def action_view_follow_ups(self):
        check_one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_interaction_action_upcoming"
        )
        action["display_name"] = self.env._("Follow-ups")
        action["domain"] = [("sale_order_id", "=", self.id)]
        action["context"] = {}
        return action

    def _action_confirm(self):
        result = super()._action_confirm()
        self._try_follow_up("_start_programs")
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        self._try_follow_up("_stop_programs")
        return result

    def _try_follow_up(self, method_name):
        """Call a method that starts or stops follow-ups; the sale goes on if it fails.

        A sale must never fail because of a follow-up. What fails is logged, and the
        nightly `_catch_up_programs` makes up for it.

        ``sudo``: who confirms an order may neither see nor write what follows from it.
        """
        # sudo: whoever confirms or cancels a sale need not see the programs
        error = run_apart(self.env, getattr(self.sudo(), method_name))
        if error:
            log_failure(
                error, "Follow-ups of orders %s: %s failed", self.ids, method_name
            )

    def _start_programs(self):
        """Enroll the customers of these orders in the programs that wait for a sale.

        The number of queries does not depend on the number of orders.
        """
        for company, orders in self.grouped("company_id").items():
            programs = self.env["crm.program"]._get_running("sale_confirmed", company)
            if programs:
                for failed, error in orders._start_apart(programs, company).items():
                    log_failure(error, "Program %s was not started", failed.id)

    def _start_apart(self, programs, company):
        """Start programs, all at once, or if that fails, each for each order by itself.

        :return: what went wrong: ``{crm.program: exception}``
        """
        error = run_apart(self.env, self._enroll_in, programs, company)
        if error is None:
            return {}
        if len(programs) == len(self) == 1:
            return {programs: error}
        failed = {}
        parts = (
            [(self, program) for program in programs]
            if len(programs) > 1
            else [(order, programs) for order in self]
        )
        for orders, program in parts:
            failed |= orders._start_apart(program, company)
        return failed

    def _enroll_in(self, programs, company):
        relationships = self.env["crm.relationship"]._ensure(self.partner_id, company)
        self.env["crm.program.enrollment"]._enroll_orders(
            programs,
            {
                program: self._filter_for_program(program, relationships)
                for program in programs
            },
        )

    def _filter_for_program(self, program, relationships):
        """Return the orders whose customer and content match the program."""
        orders = self.filtered_domain(program._get_filter("order_domain").domain)
        domain = program._get_target_domain()
        targets = set(relationships.filtered_domain(domain).partner_id)
        return orders.filtered(lambda o: o.partner_id.commercial_partner_id in targets)

    def _stop_programs(self):
        """Stop the follow-ups of these orders."""
        self.env["crm.program.enrollment"].search(
            [("sale_order_id", "in", self.ids), ("state", "=", "running")]
        )._stop("order_cancelled")

    @api.model
    def _catch_up_programs(self, company):
        """Make up for hooks that failed.

        Start the follow-ups of recent orders that have none, and stop those of
        cancelled orders. Only orders confirmed after the program was created count:
        importing or installing must not start follow-ups for old sales.
        """
        self.env["crm.program.enrollment"].search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "running"),
                ("sale_order_id.state", "=", "cancel"),
            ]
        )._stop("order_cancelled")
        for program in self.env["crm.program"]._get_running("sale_confirmed", company):
            orders = self._get_missed(program, company)
            failed = orders._start_apart(program, company) if orders else {}
            for error in failed.values():
                log_failure(error, "Program %s was not started", program.id)
            program._note_failure(failed.get(program), company)

    @api.model
    def _get_missed(self, program, company):
        """Return recent orders that have not started a program; it may suit none."""
        since = fields.Datetime.now() - timedelta(days=CATCH_UP_DAYS)
        return self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "sale"),
                ("date_order", ">=", max(since, program.create_date)),
                ("create_date", ">=", program.create_date),
                (
                    "enrollment_ids",
                    "not any",
                    [
                        ("program_id", "=", program.id),
                        "|",
                        ("state", "!=", "stopped"),
                        ("stop_reason", "!=", "order_cancelled"),
                    ],
                ),
            ]
        )
