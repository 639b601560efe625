from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ..ledger.page import Card, Line
from ..portfolio.comparison import keep_compared
from .target_count import LISTED, find_in_target

PROGRAMS_SHOWN = 4


class CrmRelationship(models.Model):
    """The programs a customer goes through."""

    _inherit = "crm.relationship"

    enrollment_ids = fields.One2many(
        comodel_name="crm.program.enrollment",
        inverse_name="relationship_id",
        string="Programs",
    )

    referral_ids = fields.One2many(related="partner_id.referral_ids")
    never_kept_aside = fields.Boolean(
        help="Gets every program the customer is in the target of, also where others"
        " are kept aside by chance to see what it brings. Nor is such a customer in an"
        " experiment with another cadence.",
    )

    target_place = fields.Char(
        string="Place in the Target of a Program",
        compute="_compute_target_place",
        search="_search_target_place",
        groups="sales_team.group_sale_manager",
        exportable=False,
        help="For lists: who is in the target of a program, and can be reached or not.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_kept_aside(self):
        # sudo: a group counts, whoever may not see it
        keep_compared(self.sudo().enrollment_ids._get_compared().relationship_id)

    def _compute_target_place(self):
        """Of no use alone: a customer is in the targets of many programs."""
        self.target_place = False

    @api.model
    def _search_target_place(self, operator, value):
        """Find who can be reached like this: ``[state, id of the program]``."""
        # Odoo does not ask it of fields that search by a method
        self._check_field_access(self._fields["target_place"], "read")
        if operator != "in":
            return NotImplemented
        programs = self.env["crm.program"].with_context(active_test=False)
        ids = [part for part in value if type(part) is int]
        program = programs.search([("id", "in", ids)], limit=1)
        states = [part for part in value if part in LISTED]
        company = program.company_id or self.env.company
        if not program or len(states) != 1 or company not in self.env.companies:
            return Domain.FALSE
        if program._get_filter("partner_domain").error:
            return Domain.FALSE
        return Domain("id", "in", find_in_target(program, company, states[0]))

    def _get_last_order(self):
        """Return the last sales order of the customer here, possibly none."""
        self.ensure_one()
        return self.env["sale.order"].search(
            [
                ("partner_id", "child_of", self.partner_id.ids),
                ("company_id", "=", self.company_id.id),
                ("state", "=", "sale"),
            ],
            order="date_order desc, id desc",
            limit=1,
        )

    def _get_fields_by_hand(self):
        return super()._get_fields_by_hand() | {"never_kept_aside"}

    @api.model
    def _get_divided_domain(self, segment, company):
        """Leave out whoever is exempt from being kept aside."""
        divided = super()._get_divided_domain(segment, company)
        return divided & Domain("never_kept_aside", "=", False)

    def _get_cards(self):
        return [*super()._get_cards(), self._make_programs_card()]

    def _make_programs_card(self):
        """Return the card of the programs the customer goes through at present."""
        running = self.env["crm.program.enrollment"].search(
            [("relationship_id", "=", self.id), ("state", "=", "running")],
            limit=PROGRAMS_SHOWN,
        )
        lines = [
            Line(
                self.env._(
                    "%(program)s, since %(day)s",
                    program=enrollment.display_name,
                    day=format_date(self.env, enrollment.date, date_format="medium"),
                ),
                icon="fa-refresh",
            )
            for enrollment in running
        ] or [Line(self.env._("In no program at present"), style="text-muted")]
        return Card(50, self.env._("Programs"), "fa-list-ol", lines)

    def _end_former_stage(self):
        """Stop the programs of customers who are lost, apart from those to win back."""
        super()._end_former_stage()
        running = self.enrollment_ids.filtered(lambda e: e.state == "running")
        running.filtered(lambda e: e.objective != "recovery")._stop("lost")

    @api.model
    def _follow_refresh(self, company):
        super()._follow_refresh(company)
        self.env["crm.program"]._enroll_lifecycle(company)

    def _hand_over_to(self, target):
        super()._hand_over_to(target)
        # An order that changed hands between the two went through the program twice.
        taken = {(e.program_id, e.sale_order_id) for e in target.enrollment_ids}
        self.enrollment_ids.filtered(
            lambda e: e.sale_order_id and (e.program_id, e.sale_order_id) in taken
        ).write({"sale_order_id": False})
        self.enrollment_ids.write({"relationship_id": target.id})
        target.enrollment_ids._stop_doubles()
