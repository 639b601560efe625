from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_date

from ..base.apart import first_line, log_failure, run_apart
from ..base.asked import check_one
from ..base.bounds import Bounds
from ..base.jobs import start_job
from .staffing import Staffing

RULES = [("prefer", "Prefer"), ("must", "Must")]
# Customers who are handed over within the request; more are a matter of the job.
AT_ONCE = 200
PER_BATCH = 500
# As long as this, an assignment can be undone.
UNDO_HOURS = 24
# What a proposal follows from, beside the salespeople.
CONDITIONS = {
    *("scope", "segment_ids", "relationship_ids", "company_id", "even_out"),
    *("language_rule", "country_rule", "state_rule", "zip_rule", "zip_digits"),
    "team_rule",
}
RUNNING = {"applying": "applied", "undoing": "undone"}


class CrmStaffAssignment(models.Model):
    """A proposal of who serves whom: computed, edited, applied, and undone.

    How it is computed stands in ``engine/allocation.py``; what it is computed from, and
    how it is explained, in ``staffing.py``.
    """

    _name = "crm.staff.assignment"
    _inherit = ["crm.by.hand.mixin", "crm.record.mixin"]
    _description = "Assignment of Salespeople"
    _order = "id desc"

    name = fields.Char(
        required=True,
        default=lambda self: self._default_name(),
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("ready", "Proposal"),
            ("applying", "Being Applied"),
            ("applied", "Applied"),
            ("undoing", "Being Undone"),
            ("undone", "Undone"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    scope = fields.Selection(
        selection=[
            ("without", "Customers without a suitable salesperson"),
            ("all", "All, those included whose salesperson has too much to do"),
        ],
        default="all",
        required=True,
        help="Suitable is who takes part below and meets all that is required. Whoever"
        " has a suitable salesperson with time keeps that person in either case.",
    )
    segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        string="Only Segments",
        domain="[('company_id', 'in', (company_id, False))]",
        help="Left empty, customers of all segments.",
    )
    relationship_ids = fields.Many2many(
        comodel_name="crm.relationship",
        string="Only Customers",
        domain="[('company_id', '=', company_id)]",
        default=lambda self: self._default_relationship_ids(),
        help="Left empty, all customers of the company.",
    )
    chosen_count = fields.Integer(
        string="Chosen Customers",
        compute="_compute_chosen_count",
        help="Only the customers who were chosen in the list.",
    )
    language_rule = fields.Selection(
        selection=RULES,
        string="Language",
        help="Whether the language of the customer is that of the salesperson. Where"
        " nothing is chosen, it does not matter.",
    )
    country_rule = fields.Selection(
        selection=RULES,
        string="Country",
        help="Whether customer and salesperson are in the same country, by their"
        " addresses.",
    )
    state_rule = fields.Selection(
        selection=RULES,
        string="State",
        help="Whether customer and salesperson are in the same state, by their"
        " addresses.",
    )
    zip_rule = fields.Selection(
        selection=RULES,
        string="Zip",
        help="Whether customer and salesperson are in the same area, by the first"
        " digits of their zip codes.",
    )
    zip_digits = fields.Integer(
        string="Digits of the Zip",
        default=2,
        help="This many first digits of the zip code make an area.",
    )
    team_rule = fields.Selection(
        selection=RULES,
        string="Sales Team",
        help="Whether the salesperson is a member of the sales team of the customer's"
        " last sales order.",
    )
    leaver_id = fields.Many2one(
        comodel_name="res.users",
        string="From Salesperson",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="Only the customers of this person, who hands them over.",
    )
    archives_leaver = fields.Boolean(
        string="Archive the User Afterwards",
        readonly=True,
        copy=False,
        help="As soon as the customers are handed over.",
    )
    handover_note = fields.Text(
        string="Internal Note",
        readonly=True,
        copy=False,
        help="Stands in the chatter of each customer who is handed over.",
    )
    even_out = fields.Boolean(
        string="Even Out the Load",
        help="Also moves customers from salespeople who have more to do than the"
        " others, until nobody is more than 5% above the average. Otherwise only"
        " those move who have to.",
    )
    introduce = fields.Boolean(
        string="Let Them Introduce Themselves",
        default=True,
        help="Each customer who gets another salesperson gets an interaction in which"
        " that person says so. In Preview these wait.",
    )
    introduction_days = fields.Integer(
        string="Within (days)",
        default=10,
        help="The introductions of each salesperson are spread over this many days.",
    )
    person_ids = fields.One2many(
        comodel_name="crm.staff.assignment.person",
        inverse_name="assignment_id",
        string="Salespeople",
        compute="_compute_person_ids",
        store=True,
        readonly=False,
        copy=False,
    )
    line_ids = fields.One2many(
        comodel_name="crm.staff.assignment.line",
        inverse_name="assignment_id",
        string="Proposed Changes",
        copy=False,
    )
    customer_count = fields.Integer(
        string="Customers",
        readonly=True,
        copy=False,
        help="Customers who were looked at.",
    )
    move_count = fields.Integer(
        string="Changes",
        compute="_compute_counts",
        help="Customers who get another salesperson.",
    )
    unassigned_count = fields.Integer(
        string="Not Assigned",
        compute="_compute_counts",
        help="Customers for whom nobody was found.",
    )
    progress = fields.Float(
        compute="_compute_counts",
        help="Share of the changes that are carried out.",
    )
    left_count = fields.Integer(
        string="Kept as They Were",
        compute="_compute_counts",
        help="Changes that were not carried out, because something was different by"
        " then.",
    )
    date_applied = fields.Datetime(string="Applied On", readonly=True, copy=False)
    applied_uid = fields.Many2one(
        comodel_name="res.users",
        string="Applied By",
        readonly=True,
        copy=False,
    )
    may_undo = fields.Boolean(compute="_compute_may_undo")

    _zip_digits_in_bounds = Bounds("zip_digits", 1, 10)
    _introduction_days_in_bounds = Bounds("introduction_days", 1, 366)

    # ------------------------------------------------------------------
    # Defaults and computed fields
    # ------------------------------------------------------------------

    @api.model
    def _default_name(self):
        day = self.env.company._relationship_today()
        return self.env._("Assignment of %s", format_date(self.env, day))

    @api.model
    def _default_relationship_ids(self):
        """Begin with the customers who are chosen in a list."""
        context = self.env.context
        if context.get("active_model") != "crm.relationship":
            return False
        chosen = self.env["crm.relationship"].browse(context.get("active_ids") or ())
        return chosen.exists()

    @api.depends("relationship_ids")
    def _compute_chosen_count(self):
        for assignment in self:
            assignment.chosen_count = len(assignment.relationship_ids)

    @api.depends("company_id")
    def _compute_person_ids(self):
        """Propose all salespeople of the company; sudo: teams and groups of others."""
        for assignment in self:
            tags = self.env["crm.staff.tag"].sudo()
            users = tags._get_salespeople(assignment.company_id)
            assignment.person_ids = [Command.clear()] + [
                Command.create({"user_id": user.id}) for user in users
            ]

    @api.depends("line_ids.new_user_id", "line_ids.state")
    def _compute_counts(self):
        counts = {
            (assignment.id, is_found, state): count
            for assignment, is_found, state, count in self._count_lines()
        }
        for assignment in self:
            own = {k[1:]: n for k, n in counts.items() if k[0] == assignment.id}
            moves = {state: n for (found, state), n in own.items() if found}
            assignment.move_count = sum(moves.values())
            assignment.unassigned_count = sum(
                n for (found, _state), n in own.items() if not found
            )
            assignment.left_count = moves.get("left", 0)
            todo = sum(moves.get(state, 0) for state in assignment._get_todo_states())
            assignment.progress = (
                1 - todo / assignment.move_count if assignment.move_count else 0
            )

    def _count_lines(self):
        """Return rows (assignment, whether somebody was found, state, number)."""
        groups = self.env["crm.staff.assignment.line"]._read_group(
            [("assignment_id", "in", self.ids), ("is_change", "=", True)],
            ["assignment_id", "state"],
            ["__count"],
        )
        left_out = self.env["crm.staff.assignment.line"]._read_group(
            [
                ("assignment_id", "in", self.ids),
                ("new_user_id", "=", False),
                ("is_change", "=", False),
            ],
            ["assignment_id", "state"],
            ["__count"],
        )
        return [(a, True, state, n) for a, state, n in groups] + [
            (a, False, state, n) for a, state, n in left_out
        ]

    @api.depends("state", "date_applied")
    def _compute_may_undo(self):
        limit = fields.Datetime.now() - timedelta(hours=UNDO_HOURS)
        for assignment in self:
            assignment.may_undo = (
                assignment.state == "applied"
                and bool(assignment.date_applied)
                and assignment.date_applied >= limit
            )

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.model
    def _get_fields_by_hand(self):
        own = {"name", "introduce", "introduction_days", "person_ids", "line_ids"}
        return super()._get_fields_by_hand() | CONDITIONS | own

    @api.model_create_multi
    def create(self, vals_list):
        if not self._is_by_hand():
            return super().create(vals_list)
        allowed = self._get_fields_by_hand()
        assignments = super().create(
            [self._begin_by_hand(vals, allowed) for vals in vals_list]
        )
        assignments._check_customers()
        return assignments

    def write(self, vals):
        if self._is_by_hand():
            self._check_by_hand(vals, self._get_fields_by_hand())
            if set(vals) - {"name", "line_ids"}:
                self._check_state("draft", "ready")
        result = super().write(vals)
        if self._is_by_hand():
            if {"relationship_ids", "company_id"} & vals.keys():
                self._check_customers()
            if set(vals) & CONDITIONS:
                self._begin_anew()
        return result

    def _begin_anew(self):
        """Let nothing be applied that was proposed on other conditions.

        What the manager has decided is kept, unless it is about another company's
        customers. ``sudo``: the state and the lines are the system's.
        """
        for assignment in self.sudo():
            assignment.line_ids.search(
                [
                    ("assignment_id", "=", assignment.id),
                    ("company_id", "!=", assignment.company_id.id),
                ]
            ).unlink()
            if assignment.state == "ready":
                assignment.state = "draft"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        self._check_state("draft", "ready", "applied", "undone")

    def _check_customers(self):
        for assignment in self:
            if assignment.relationship_ids.company_id - assignment.company_id:
                raise UserError(
                    self.env._(
                        "These customers do not all belong to %(company)s. Assign those"
                        " of one company at a time.",
                        company=assignment.company_id.name,
                    )
                )

    def _check_state(self, *states):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for assignment in self:
            if assignment.state not in states:
                raise UserError(
                    self.env._(
                        "“%(assignment)s” is “%(state)s” and can no longer be changed"
                        " this way. Reload the page, or begin another assignment.",
                        assignment=assignment.name,
                        state=labels[assignment.state],
                    )
                )

    def _take_up(self, *states):
        """Let the same action elsewhere wait, and start from what it leaves behind.

        As ``crm.interaction._take_up``. SQL because the ORM's lock gives up instead of
        waiting. ``sudo``: what is proposed is written by methods alone.

        :raises UserError: when it is in none of the states
        """
        check_one(self)
        self.check_access("write")
        self.env.execute_query(
            SQL(
                "SELECT FROM crm_staff_assignment WHERE id = %s FOR NO KEY UPDATE",
                self.id,
            )
        )
        self._check_state(*states)
        return self.sudo()

    # ------------------------------------------------------------------
    # Proposing
    # ------------------------------------------------------------------

    def _get_scope(self):
        """Return the domain of the customers to look at."""
        self.ensure_one()
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("active", "=", True)
        if self.segment_ids:
            domain &= Domain("segment_id", "in", self.segment_ids.ids)
        if self.relationship_ids:
            domain &= Domain("id", "in", self.relationship_ids.ids)
        if self.leaver_id:
            domain &= Domain("user_id", "=", self.leaver_id.id)
        return domain

    def action_compute(self):
        """Propose who serves whom; what the manager has decided stays as it is.

        Apart from what was decided of customers who are not chosen any more.
        """
        assignment = self._take_up("draft", "ready")
        assignment.person_ids._measure()
        staffing = Staffing(assignment)
        staffing.check()
        lines = assignment.line_ids.filtered("is_decided")
        proposed = staffing.propose(
            {line.relationship_id.id: line.new_user_id.id or None for line in lines}
        )
        chosen = {row.id for row in staffing.found}
        lines.filtered(lambda line: line.relationship_id.id not in chosen).unlink()
        assignment._store(proposed)
        assignment.person_ids._note_loads(staffing.loads)
        assignment.write({"state": "ready", "customer_count": len(staffing.found)})
        return True

    def _propose_handover(self, way):
        """Propose who gets the customers of somebody who hands them all over.

        :param str way: "people": those who take part, even beyond their time; "all":
            as any other assignment; "stand_in": who stands in so far
        """
        self.person_ids._measure()
        staffing = Staffing(self)
        if way == "all":
            staffing.check()
        staffing.loads = staffing.read_loads()
        if way == "stand_in":
            proposed = staffing.propose_stand_ins(self.leaver_id)
        elif staffing.users:
            proposed = staffing.propose({})
            if way == "people":
                proposed = staffing.fill_up(proposed)
        else:
            proposed = []
        self._store(proposed)
        self.person_ids._note_loads(staffing.loads)
        self.write({"state": "ready", "customer_count": len(staffing.found)})

    def _finish(self):
        """Do what follows once the last customer has changed hands, or is back.

        What a leaver was to do for the customers of others goes to whoever serves
        them. ``sudo`` is the caller's, who asked whether the user may archive users.
        """
        self.state = RUNNING[self.state]
        if self.state != "applied" or not self.leaver_id:
            return
        self.leaver_id._pass_on_others(self.company_id)
        if self.archives_leaver:
            self.leaver_id.filtered("active").write({"active": False})

    def _store(self, proposed):
        """Take these changes in place of those proposed before.

        SQL because they may be a hundred thousand.

        :param proposed: as ``Staffing.propose`` returns it
        """
        lines = self.env["crm.staff.assignment.line"]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_staff_assignment_line"
                " WHERE assignment_id = %s AND NOT COALESCE(is_decided, FALSE)",
                self.id,
            )
        )
        columns = [
            list(column)
            for column in zip(
                *(
                    (row.id, row.minutes, old or None, new, reason)
                    for row, old, new, reason in proposed
                ),
                strict=True,
            )
        ] or [[], [], [], [], []]
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_staff_assignment_line
                    (assignment_id, company_id, state, is_decided, is_change,
                     relationship_id, minutes, old_user_id, new_user_id, reason,
                     create_uid, create_date, write_uid, write_date)
                SELECT %(id)s, %(company)s, 'proposed', FALSE, v.new IS NOT NULL,
                       v.relationship, v.minutes, v.old, v.new, v.reason,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(relationships)s::int[], %(minutes)s::int[],
                              %(old)s::int[], %(new)s::int[], %(reasons)s::varchar[])
                       AS v (relationship, minutes, old, new, reason)
                """,
                id=self.id,
                company=self.company_id.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
                relationships=columns[0],
                minutes=columns[1],
                old=columns[2],
                new=columns[3],
                reasons=columns[4],
            )
        )
        lines.invalidate_model()
        self.invalidate_recordset()

    # ------------------------------------------------------------------
    # Applying and undoing
    # ------------------------------------------------------------------

    def action_apply(self):
        """Hand the customers over: a few at once, many by the job, with progress."""
        assignment = self._take_up("ready")
        if not assignment.move_count:
            raise UserError(
                self.env._(
                    "Nothing would change: everybody has a suitable salesperson, or"
                    " nobody was found. See “Not Assigned” for what would help."
                )
            )
        assignment.write(
            {
                "state": "applying",
                "date_applied": fields.Datetime.now(),
                "applied_uid": self.env.uid,
            }
        )
        return assignment._begin()

    def action_undo(self):
        """Give the customers back, as far as nobody has decided otherwise since.

        :raises UserError: when that day is over, or nobody is there to get them back
        """
        assignment = self._take_up("applied")
        if not assignment.may_undo:
            raise UserError(
                self.env._(
                    "An assignment can be undone within %(hours)s hours, and these are"
                    " over. Begin another one instead.",
                    hours=UNDO_HOURS,
                )
            )
        lines = assignment.line_ids
        final = lines.filtered(lambda line: line.state == "final")
        if final and not lines.filtered(lambda line: line.state == "done"):
            raise UserError(
                self.env._(
                    "No customer can be given back. %(why)s Begin another assignment"
                    " instead.",
                    why=" ".join(dict.fromkeys(final.mapped("reason"))),
                )
            )
        assignment.state = "undoing"
        return assignment._begin()

    def _begin(self):
        """Carry out what is small at once; let the job do the rest."""
        if len(self._get_todo(AT_ONCE + 1)) > AT_ONCE:
            start_job(self.env, "assign")
        else:
            self._carry_out(AT_ONCE)
        return True

    def _get_todo_states(self):
        """Return in which states the lines are that are yet to be seen to."""
        return ("done", "final") if self.state == "undoing" else ("proposed",)

    def _get_todo(self, limit):
        """Return the next lines to carry out, or to take back."""
        self.ensure_one()
        return self.env["crm.staff.assignment.line"].search(
            [
                ("assignment_id", "=", self.id),
                ("state", "in", self._get_todo_states()),
                ("is_change", "=", True),
            ],
            order="id",
            limit=limit,
        )

    def _carry_out(self, limit):
        """Carry out a batch; what fails is noted and stops no other.

        :return: number of lines
        """
        lines = self._get_todo(limit)
        work = "_apply" if self.state == "applying" else "_undo"
        error = run_apart(self.env, getattr(lines, work))
        for line in lines if error else ():
            if error := run_apart(self.env, getattr(line, work)):
                log_failure(error, "Assignment line %s failed", line.id)
                line._leave(first_line(error))
        if len(lines) < limit:
            self._finish()
        return len(lines)

    @api.model
    def _cron_assign(self):
        """Carry out what managers have applied or undone, in committed batches."""
        # sudo: the job works for all companies, whichever its user works in
        running = self.sudo().search([("state", "in", list(RUNNING))], order="id")
        commit = self.env["ir.cron"]._commit_progress
        commit(remaining=sum(len(a._get_todo(None)) for a in running))
        for assignment in running:
            while assignment.state in RUNNING:
                if not commit(assignment._carry_out(PER_BATCH)):
                    return

    # ------------------------------------------------------------------
    # Looking
    # ------------------------------------------------------------------

    def action_view_changes(self):
        check_one(self)
        return self._view_lines("search_default_changes")

    def action_view_unassigned(self):
        check_one(self)
        return {
            **self._view_lines("search_default_unassigned"),
            "help": Markup("<p class='o_view_nocontent_smiling_face'>%s</p>")
            % self.env._("Somebody was found for every customer"),
        }

    def _view_lines(self, default_filter):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_staff_assignment_line_action"
        )
        action["domain"] = [("assignment_id", "=", self.id)]
        action["context"] = {default_filter: 1}
        return action
