from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ..models.base.asked import check_one
from ..models.base.bounds import Bounds
from ..models.base.figures import format_count
from ..models.people.res_users import MANAGER

USERS = "base.group_erp_manager"


class CrmStaffHandover(models.TransientModel):
    """Somebody leaves: all customers go to others, in one step.

    It is an assignment like any other: previewed if wanted, applied in the background
    where there are many, undone within a day, with introductions.
    """

    _name = "crm.staff.handover"
    _inherit = ["crm.record.mixin"]
    _description = "Hand Over All Customers"

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="From Salesperson",
        required=True,
        domain="[('share', '=', False)]",
        context={"active_test": False},
    )
    way = fields.Selection(
        selection=[
            ("people", "The people I choose"),
            ("all", "Whoever suits and has time, of all salespeople"),
            ("stand_in", "Who has stood in so far"),
        ],
        string="Who Follows",
        required=True,
        default="people",
    )
    successor_ids = fields.Many2many(
        comodel_name="res.users",
        string="Successors",
        domain="[('share', '=', False), ('id', '!=', user_id)]",
        help="One gets all customers; several share them by the minutes they have.",
    )
    note = fields.Text(
        string="Internal Note",
        help="What the successors should know. It stands in the chatter of each"
        " customer.",
    )
    introduce = fields.Boolean(
        string="Let Them Introduce Themselves",
        default=True,
        help="Each customer gets an interaction in which the successor says: I am your"
        " salesperson from now on.",
    )
    introduction_days = fields.Integer(string="Within (days)", default=10)
    archives = fields.Boolean(
        string="Archive the User Afterwards",
        help="As soon as the customers are handed over.",
    )
    may_archive = fields.Boolean(compute="_compute_may_archive")
    customer_count = fields.Integer(
        string="Customers",
        compute="_compute_counts",
        help="Customers whom this person serves.",
    )
    interaction_count = fields.Integer(
        string="Planned Interactions",
        compute="_compute_counts",
        help="They go along: what is planned, and what is in the queue.",
    )

    _introduction_days_in_bounds = Bounds("introduction_days", 1, 366)

    @api.depends("user_id")
    @api.depends_context("uid")
    def _compute_may_archive(self):
        for wizard in self:
            user = wizard.user_id._origin.with_env(self.env)
            wizard.may_archive = (
                bool(user)
                and user != self.env.user
                and self.env.user.has_group(USERS)
                and user.has_access("write")
            )

    @api.depends("user_id")
    @api.depends_context("allowed_company_ids")
    def _compute_counts(self):
        for wizard in self:
            # sudo: how many, for those who decide on them all
            user = wizard.user_id._origin.sudo()
            wizard.customer_count, wizard.interaction_count = (
                user._count_served(self.env.companies) if user else (0, 0)
            )

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    def _check(self):
        """Refuse who may not, and whom nobody can mean.

        :raises UserError: in words
        """
        check_one(self)
        if not (self.env.user.has_group(MANAGER) or self.may_archive):
            raise AccessError(
                self.env._(
                    "Customers of colleagues are handed over by sales administrators,"
                    " or by those who manage users."
                )
            )
        if self.archives and not self.may_archive:
            raise AccessError(
                self.env._("Users are archived by those who manage users, not by you.")
            )
        if self.way != "people":
            return
        if not self.successor_ids:
            raise UserError(self.env._("Choose at least one successor."))
        if self.user_id in self.successor_ids:
            raise UserError(
                self.env._(
                    "%s hands over the customers and cannot get them back. Choose"
                    " somebody else.",
                    self.user_id.name,
                )
            )

    def _check_elsewhere(self):
        """Refuse to archive somebody whose customers in other companies stay."""
        if not self.archives:
            return
        # sudo: that there are some, not which
        elsewhere, _planned = self.user_id.sudo()._count_served(
            self.env["res.company"].sudo().search([]) - self.env.companies
        )
        if elsewhere:
            raise UserError(
                self.env._(
                    "%(name)s serves other companies, too. Customers there: %(count)s."
                    " Choose those companies at the top of the screen as well, or hand"
                    " these over without archiving the user.",
                    name=self.user_id.name,
                    count=format_count(self.env, elsewhere),
                )
            )

    # ------------------------------------------------------------------
    # Handing over
    # ------------------------------------------------------------------

    def action_apply(self):
        """Hand all over: a few hundred at once, more in the background."""
        assignments = self._propose()
        for assignment in assignments:
            if assignment.move_count:
                assignment.action_apply()
            else:
                assignment.write({"state": "applying", "applied_uid": self.env.uid})
                assignment._finish()
        if not assignments and self.archives:
            self.user_id.write({"active": False})
        return self._show(assignments, {"type": "ir.actions.client", "tag": "reload"})

    def action_propose(self):
        """Show who would get whom; it is applied there."""
        assignments = self._propose()
        if not assignments:
            raise UserError(
                self.env._("%s serves no customers here.", self.user_id.name)
            )
        return self._show(assignments, None)

    def _show(self, assignments, otherwise):
        may_read = self.env["crm.staff.assignment"].has_access("read")
        if not assignments or not may_read:
            return otherwise or {"type": "ir.actions.act_window_close"}
        return assignments.with_env(self.env)._get_records_action(
            name=self.env._("Hand-over from %s", self.user_id.name)
        )

    def _propose(self):
        """Return a proposal for each company in which customers are served.

        ``sudo``: whoever manages users need not sell; it was asked before who may.
        """
        self._check()
        self._check_elsewhere()
        served = self.env["crm.relationship"].sudo()
        companies = [
            company
            for company, _count in served._read_group(
                [
                    ("user_id", "=", self.user_id.id),
                    ("company_id", "in", self.env.companies.ids),
                ],
                ["company_id"],
                ["__count"],
            )
        ]
        people = {company: self._get_successors(company) for company in companies}
        assignments = self.env["crm.staff.assignment"].sudo()
        for company in companies:
            assignments += self._make_assignment(company, people[company])
        # what archives waits for the last of them
        (assignments - assignments[-1:]).archives_leaver = False
        return assignments

    def _get_successors(self, company):
        """Return who takes part; refuse those who cannot."""
        if self.way == "all":
            # sudo: teams and groups of others
            found = self.env["crm.staff.tag"].sudo()._get_salespeople(company)
            return found - self.user_id
        if self.way == "stand_in":
            return self.env["res.users"]
        for user in self.successor_ids - self.successor_ids._filter_staff_of(company):
            raise UserError(
                self.env._(
                    "%(staff)s does not work in %(company)s and cannot serve its"
                    " customers. Choose somebody who does.",
                    staff=user.name,
                    company=company.name,
                )
            )
        return self.successor_ids

    def _make_assignment(self, company, people):
        # sudo: as in `_propose`
        assignment = (
            self.env["crm.staff.assignment"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "name": self.env._("Hand-over from %s", self.user_id.name),
                    "company_id": company.id,
                    "leaver_id": self.user_id.id,
                    "archives_leaver": self.archives,
                    "handover_note": self.note,
                    "introduce": self.introduce,
                    "introduction_days": self.introduction_days,
                    "person_ids": [
                        Command.create({"user_id": self.user_id.id, "is_leaving": True})
                    ]
                    + [Command.create({"user_id": user.id}) for user in people],
                }
            )
        )
        assignment._propose_handover(self.way)
        return assignment
