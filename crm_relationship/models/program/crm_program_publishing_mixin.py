from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import is_html_empty

from ..base.asked import check_one, refuse_id
from ..base.bounds import day_bounds, moment_bounds
from ..base.figures import format_count
from . import approval, faults, rehearsal, versions
from .preview import Foresight, ProgramPreview


class CrmProgramPublishingMixin(models.AbstractModel):
    """What comes before a program reaches anybody: it is previewed, and approved.

    A part of ``crm.program``, and of nothing else.
    """

    _name = "crm.program.publishing.mixin"
    _description = "Publishing of a Program"

    state = fields.Selection(
        selection=approval.STATES,
        required=True,
        default=approval.RUNNING,
        readonly=True,
        copy=False,
        tracking=True,
        groups="base.group_user",
        help="Customers enter running programs only.",
    )
    edited_by_id = fields.Many2one(
        comodel_name="res.users",
        string="Last Changed By",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    approved_by_id = fields.Many2one(
        comodel_name="res.users",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    date_approved = fields.Datetime(
        string="Approved On",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    date_published = fields.Datetime(
        string="Published On",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="For the first time, or since it was last archived. What happened before"
        " starts nothing.",
    )
    approval_activity_id = fields.Many2one(
        comodel_name="mail.activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups="base.group_user",
    )
    needs_approval = fields.Boolean(
        compute="_compute_needs_approval",
        groups="base.group_user",
        help="A company that it is for wants another sales manager to approve it.",
    )
    is_mine_to_approve = fields.Boolean(
        compute="_compute_needs_approval",
        groups="base.group_user",
    )

    _approved_in_bounds = moment_bounds("date_approved")
    _published_in_bounds = moment_bounds("date_published")

    # ------------------------------------------------------------------
    # Publishing
    # ------------------------------------------------------------------

    @api.depends("company_id", "edited_by_id", "state")
    @api.depends_context("uid")
    def _compute_needs_approval(self):
        for program in self:
            program.needs_approval = approval.is_wanted(program.company_id)
            program.is_mine_to_approve = (
                program.state == approval.TO_APPROVE
                and program.edited_by_id != self.env.user
            )

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [dict(vals) for vals in vals_list]
        for vals in vals_list:
            approval.begin(self.env, vals)
        return super().create(vals_list)

    def write(self, vals):
        if self.env.su:
            return super().write(vals)
        vals = approval.check_written(self, vals)
        edits = approval.is_edit(self, vals)
        if edits:
            approval.note_edit(self)
        result = super().write(vals)
        if edits and "company_id" in vals:
            approval.note_edit(self)
        return result

    def action_publish(self):
        self._check_publishing()
        approval.publish(self)
        return True

    def action_approve(self):
        self._check_publishing()
        approval.approve(self)
        return True

    def action_back_to_draft(self):
        self._check_publishing()
        approval.take_back(self)
        return True

    def action_end(self):
        self._check_publishing()
        approval.end(self)
        return True

    def _check_publishing(self):
        check_one(self)
        self.check_access("write")

    def _check_running(self):
        """Refuse to let customers enter a program that is not published.

        :raises UserError: in words
        """
        self.ensure_one()
        if self.state != approval.RUNNING:
            raise UserError(
                self.env._(
                    "“%(program)s” is not running, so nobody enters it. Publish it"
                    " first.",
                    program=self.name,
                )
            )

    @api.model
    def _end_those_over(self, company):
        """End the programs whose last day is past, in whatever time zone."""
        yesterday = company._relationship_today() - timedelta(days=1)
        approval.end(
            self.search(
                [
                    ("state", "=", approval.RUNNING),
                    ("date_end", "<", yesterday),
                    ("company_id", "in", (company.id, False)),
                ]
            )
        )

    # ------------------------------------------------------------------
    # Versions of the steps
    # ------------------------------------------------------------------

    date_steps = fields.Date(
        string="Steps Since",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When the steps were last changed while customers went through them.",
    )
    former_note = fields.Char(
        compute="_compute_former_note",
        groups="base.group_user",
        help="How many customers still follow the steps of before.",
    )

    _date_steps_in_bounds = day_bounds("date_steps")

    def _compute_former_note(self):
        for program in self:
            program.former_note = versions.describe(program)

    def _before_edit(self):
        """Prepare for a person's change of the steps.

        :raises AccessError: for programs that this person may not change
        """
        programs = self.exists()
        programs.check_access("write")
        versions.keep(programs)
        approval.note_edit(programs)

    def action_move_runs(self):
        """Let the customers who follow former steps follow those of today."""
        self._check_publishing()
        self._check_running()
        count = versions.move(self)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "Customers who follow the steps of today from now on: %s.",
                    format_count(self.env, count),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def action_open_preview(self):
        """Open the page that says what the program would bring."""
        check_one(self)
        action = self.env["ir.actions.client"]._for_xml_id(
            "crm_relationship.crm_program_preview_action"
        )
        return {**action, "context": {"active_id": self.id}}

    def get_preview(self):
        """Return what the program would bring; nothing is written.

        :return: dict with ``name``, ``html``, ``customer`` (id and name of the first
            one to look at, or False), ``company_id``, ``state`` in words, and what the
            user ``may_publish`` or ``may_approve``
        """
        company = self._check_previewed()
        values, first = {"faults": faults.find(self)}, False
        if not self._get_filter("partner_domain").error:
            values = ProgramPreview(self, company).get_values()
            first = self._find_previewed(company)
        return {
            "name": self.display_name,
            "html": self.env["ir.qweb"]._render(
                "crm_relationship.program_preview", values
            ),
            "company_id": company.id,
            "may_publish": self.state in (approval.DRAFT, approval.ENDED),
            "may_approve": self.is_mine_to_approve,
            "state": dict(self._fields["state"]._description_selection(self.env))[
                self.state
            ],
            "customer": bool(first) and {"id": first.id, "name": first.display_name},
        }

    def get_customer_preview(self, relationship_id):
        """Return what the program would be for one customer; nothing is written.

        :return: HTML
        """
        company = self._check_previewed()
        if type(relationship_id) is not int:
            refuse_id(self.env, relationship_id)
        customer = self.env["crm.relationship"].browse(relationship_id)
        check_one(customer)
        customer.check_access("read")
        if customer.company_id != company:
            raise UserError(
                self.env._("Choose a customer of %(company)s.", company=company.name)
            )
        steps = [
            {**row, **self._render_step(row["step_id"], customer)}
            for row in rehearsal.play(self, customer)
        ]
        return self.env["ir.qweb"]._render(
            "crm_relationship.program_preview_customer",
            {
                "steps": steps,
                "worth": self._tell_worth(customer),
                "is_outside": not customer.filtered_domain(self._get_target_domain()),
            },
        )

    def _check_previewed(self):
        """Check that the user may see what the program would bring.

        :return: the ``res.company`` whose customers it is about
        """
        check_one(self)
        self.check_access("write")
        return self.company_id or self.env.company

    def _find_previewed(self, company):
        """Return a customer of the target to look at first, possibly none."""
        target = self._get_target_domain() & Domain("company_id", "=", company.id)
        return self.env["crm.relationship"].search(target, limit=1)

    def _render_step(self, step_id, customer):
        """Return what a step says to a customer, in the customer's language."""
        said = self.env["crm.program.preview"].new(
            {"step_id": step_id, "relationship_id": customer.id}
        )
        return {
            "name": said.step_id.name,
            "subject": said.subject,
            "body": said.body,
            "text": said.text,
            "talk_text": said.talk_text,
            "note": not is_html_empty(said.note) and said.note,
            "empty": said.empty,
        }

    @api.model
    def _foresee(self, company):
        """Return the ``Foresight`` of the program; the people know more."""
        return Foresight()
