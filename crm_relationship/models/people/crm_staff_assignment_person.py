from odoo import api, fields, models

from ..base.bounds import Bounds

MINUTES_OF_A_DAY = 24 * 60


class CrmStaffAssignmentPerson(models.Model):
    """A salesperson who takes part in an assignment, with the load before and after."""

    _name = "crm.staff.assignment.person"
    _inherit = ["crm.by.hand.mixin", "crm.record.mixin"]
    _description = "Salesperson in an Assignment"
    _order = "assignment_id, id"
    _rec_name = "user_id"

    assignment_id = fields.Many2one(
        comodel_name="crm.staff.assignment",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="assignment_id.company_id")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        required=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        index=True,
        ondelete="cascade",
    )
    minutes_day = fields.Integer(
        string="Minutes a Day",
        compute="_compute_minutes_day",
        store=True,
        readonly=False,
        help="Minutes for customers on a working day. 0: nobody is assigned.",
    )
    is_leaving = fields.Boolean(
        string="Gives Away",
        help="Gives all customers away and gets none, for example before a change of"
        " job.",
    )
    capacity = fields.Integer(
        string="Capacity (minutes a year)",
        readonly=True,
        help="Minutes a day × working days a year by the working hours.",
    )
    customers_before = fields.Integer(
        readonly=True,
        help="Customers whom this person served when the proposal was made.",
    )
    minutes_before = fields.Integer(readonly=True)
    customers_after = fields.Integer(
        compute="_compute_after",
        help="Customers before, with those of the proposal who come, less who go.",
    )
    minutes_after = fields.Integer(compute="_compute_after")
    hours_capacity = fields.Float(
        string="Hours There Are",
        compute="_compute_after",
        help="Hours a year for customers.",
    )
    hours_before = fields.Float(
        compute="_compute_after",
        help="Hours a year that the contact plans of the present customers ask for.",
    )
    hours_after = fields.Float(
        compute="_compute_after",
        help="Hours a year that the contact plans of the customers ask for, as"
        " proposed.",
    )
    load_after = fields.Float(
        string="Load",
        compute="_compute_after",
        help="Share of the time that the contact plans of the customers ask for.",
    )

    _minutes_day_in_bounds = Bounds("minutes_day", 0, MINUTES_OF_A_DAY)
    _assignment_user_unique = models.Constraint(
        "UNIQUE(assignment_id, user_id)",
        "This salesperson takes part already.",
    )

    @api.depends("user_id")
    def _compute_minutes_day(self):
        for person in self:
            company = person.assignment_id.company_id
            person.minutes_day = (
                person.user_id._get_contact_minutes_day(company)
                if person.user_id
                else 0
            )

    @api.depends(
        "assignment_id.line_ids.new_user_id",
        "assignment_id.line_ids.state",
        "minutes_before",
        "capacity",
    )
    def _compute_after(self):
        changes = self._read_changes()
        for person in self:
            key = person.assignment_id._origin.id, person.user_id.id
            gained, more = changes.get((*key, "new"), (0, 0))
            lost, less = changes.get((*key, "old"), (0, 0))
            person.customers_after = person.customers_before + gained - lost
            person.minutes_after = person.minutes_before + more - less
            person.hours_capacity = person.capacity / 60
            person.hours_before = person.minutes_before / 60
            person.hours_after = person.minutes_after / 60
            person.load_after = (
                person.minutes_after / person.capacity if person.capacity else 0
            )

    def _read_changes(self):
        """Return ``{(assignment id, user id, "old" or "new"): (customers, minutes)}``.

        What was left as it was is none.
        """
        found = {}
        for side in ("old", "new"):
            for assignment, user, count, minutes in self.env[
                "crm.staff.assignment.line"
            ]._read_group(
                [
                    ("assignment_id", "in", self.assignment_id._origin.ids),
                    ("is_change", "=", True),
                    ("state", "!=", "left"),
                ],
                ["assignment_id", f"{side}_user_id"],
                ["__count", "minutes:sum"],
            ):
                found[assignment.id, user.id, side] = count, minutes
        return found

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.model
    def _get_fields_by_hand(self):
        own = {"assignment_id", "user_id", "minutes_day", "is_leaving"}
        return super()._get_fields_by_hand() | own

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_by_hand():
            allowed = self._get_fields_by_hand()
            vals_list = [self._begin_by_hand(vals, allowed) for vals in vals_list]
        people = super().create(vals_list)
        if self._is_by_hand():
            people.assignment_id._check_state("draft", "ready")
            people.assignment_id._begin_anew()
        return people

    def write(self, vals):
        if self._is_by_hand():
            self._check_by_hand(vals, self._get_fields_by_hand())
            self.assignment_id._check_state("draft", "ready")
            self.assignment_id._begin_anew()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        if self._is_by_hand():
            self.assignment_id._check_state("draft", "ready")
            self.assignment_id._begin_anew()

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _measure(self):
        """Note how many minutes a year each has."""
        for company, people in self.grouped("company_id").items():
            days = people.user_id._get_working_days_year(company)
            for person in people:
                person.capacity = person.minutes_day * days[person.user_id.id]

    def _note_loads(self, loads):
        """Note what each has to do now.

        :param dict loads: ``{user id: (customers, minutes)}``
        """
        for person in self:
            customers, minutes = loads.get(person.user_id.id, (0, 0))
            person.write({"customers_before": customers, "minutes_before": minutes})
