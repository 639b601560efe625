from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.asked import check_records
from .staffing import read_requirements


class CrmStaffAssignmentLine(models.Model):
    """A customer who is to get another salesperson, or for whom nobody was found.

    Whoever keeps a suitable salesperson has no line.
    """

    _name = "crm.staff.assignment.line"
    _inherit = ["crm.by.hand.mixin", "crm.record.mixin"]
    _description = "Proposed Salesperson"
    _order = "assignment_id, id"
    _rec_name = "relationship_id"

    assignment_id = fields.Many2one(
        comodel_name="crm.staff.assignment",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        readonly=True,
        ondelete="cascade",
    )
    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    segment_id = fields.Many2one(related="relationship_id.segment_id")
    minutes = fields.Integer(
        string="Minutes a Year",
        readonly=True,
        help="What the contact plan of the customer asks for.",
    )
    old_user_id = fields.Many2one(
        comodel_name="res.users",
        string="So Far",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    new_user_id = fields.Many2one(
        comodel_name="res.users",
        string="From Now On",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        index="btree_not_null",
        ondelete="set null",
        help="Choose somebody else, or the person so far; your choice stays when the"
        " rest is proposed anew.",
    )
    reason = fields.Char(
        readonly=True,
        help="Why the customer gets another salesperson; or which rule excludes all,"
        " and what would help.",
    )
    is_decided = fields.Boolean(
        string="Decided",
        readonly=True,
        help="Chosen by a manager; it stays when the rest is proposed anew.",
    )
    is_change = fields.Boolean(
        string="Change",
        compute="_compute_is_change",
        store=True,
    )
    state = fields.Selection(
        selection=[
            ("proposed", "Proposed"),
            ("done", "Done"),
            ("final", "Done, for good"),
            ("left", "Kept as it was"),
            ("undone", "Undone"),
        ],
        default="proposed",
        readonly=True,
    )
    assignment_state = fields.Selection(related="assignment_id.state")

    _assignment_relationship_unique = models.Constraint(
        "UNIQUE(assignment_id, relationship_id)",
        "This customer is in the assignment already.",
    )

    @api.depends("old_user_id", "new_user_id")
    def _compute_is_change(self):
        for line in self:
            line.is_change = bool(line.new_user_id) and (
                line.new_user_id != line.old_user_id
            )

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.model
    def _get_fields_by_hand(self):
        return super()._get_fields_by_hand() | {"new_user_id"}

    @api.model_create_multi
    def create(self, vals_list):
        """Lines are proposed; nobody adds one."""
        if self._is_by_hand():
            for vals in vals_list:
                self._check_by_hand(vals, set())
        return super().create(vals_list)

    def write(self, vals):
        by_hand = self._is_by_hand()
        if by_hand:
            self._check_by_hand(vals, self._get_fields_by_hand())
            self.assignment_id._check_state("ready")
        result = super().write(vals)
        if by_hand and "new_user_id" in vals:
            self._check_new_user()
            self._note_decision()
        return result

    def _note_decision(self):
        """``sudo``: that it was decided, and by whom, is noted by the system."""
        self.sudo().write(
            {
                "is_decided": True,
                "reason": self.env._("Chosen by %s", self.env.user.name),
            }
        )

    def _check_new_user(self):
        """Refuse who may not serve a customer, with what stands in the way."""
        unmet = self._find_unmet()
        for line in self.filtered("new_user_id"):
            user, customer = line.new_user_id, line.relationship_id
            if not user._filter_staff_of(line.company_id):
                raise UserError(
                    self.env._(
                        "%(staff)s does not work in %(company)s and cannot serve its"
                        " customers. Choose somebody who does.",
                        staff=user.name,
                        company=line.company_id.name,
                    )
                )
            if tag := unmet.get(line):
                raise UserError(
                    self.env._(
                        "%(customer)s requires a salesperson of whom is true:"
                        " %(tag)s. Choose somebody else, or change the requirement"
                        " on the contact.",
                        customer=customer.display_name,
                        tag=tag.name,
                    )
                )
            if not user._is_qualified_for(customer.segment_id):
                raise UserError(
                    self.env._(
                        "%(staff)s is not qualified for %(segment)s, in which"
                        " %(customer)s is. Choose somebody else, or name %(staff)s in"
                        " the segment.",
                        staff=user.name,
                        segment=customer.segment_id.name,
                        customer=customer.display_name,
                    )
                )

    def _find_unmet(self):
        """Return what customers require that the new salesperson is not.

        :return: ``{line: crm.staff.tag}``, the first of them
        """
        customers = self.relationship_id.partner_id
        requirements = read_requirements(self.env, set(customers.ids))
        tags = self.env["crm.staff.tag"].with_context(active_test=False)
        unmet = {}
        for line in self.filtered("new_user_id"):
            partner = line.relationship_id.partner_id
            must, _prefer = requirements.get(partner.id, ((), ()))
            for tag in tags.browse(must):
                if line.new_user_id not in tag.user_ids:
                    unmet.setdefault(line, tag)
        return unmet

    def action_keep(self):
        """Let these customers stay with whom they have."""
        check_records(self, at_least=1)
        self.check_access("write")
        self.assignment_id._check_state("ready")
        # sudo: the person so far stays, however busy and whatever is required
        for line in self.sudo():
            line.new_user_id = line.old_user_id
        self._note_decision()
        return True

    # ------------------------------------------------------------------
    # Applying and undoing
    # ------------------------------------------------------------------

    def _lock(self):
        """Keep others from changing these customers meanwhile; SQL as in `_take_up`."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "SELECT FROM crm_relationship WHERE id = ANY(%s) ORDER BY id"
                " FOR NO KEY UPDATE",
                self.relationship_id.ids,
            )
        )
        self.relationship_id.invalidate_recordset()

    def _apply(self):
        """Hand over the customers who are still as they were when it was proposed."""
        self._lock()
        valid, unmet = self.browse(), self._find_unmet()
        for line in self:
            if obstacle := line._get_obstacle(unmet.get(line)):
                line._leave(obstacle)
            else:
                valid += line
        for user, lines in valid.grouped("new_user_id").items():
            lines.relationship_id.write({"user_id": user.id})
        valid.state = "done"
        for assignment, lines in valid.grouped("assignment_id").items():
            lines._log_handover(assignment.handover_note)
            if assignment.introduce:
                self.env["crm.interaction"]._introduce(
                    lines,
                    assignment.company_id._relationship_today(),
                    assignment.introduction_days,
                )

    def _log_handover(self, note):
        """Leave a note in the chatter of each customer, for whoever comes next."""
        if note:
            self.relationship_id._message_log_batch(
                bodies={
                    line.relationship_id.id: self.env._(
                        "Handed over from %(old)s to %(new)s. %(note)s",
                        old=line.old_user_id.name or self.env._("nobody"),
                        new=line.new_user_id.name,
                        note=note,
                    )
                    for line in self
                },
                author_id=self.assignment_id.applied_uid.partner_id.id,
            )

    def _get_obstacle(self, unmet):
        """Return what has changed since the proposal, in words; else ``False``.

        :param unmet: ``crm.staff.tag`` that the customer requires by now, if any
        """
        customer = self.relationship_id
        if not customer.active:
            return self.env._("The customer is archived by now.")
        if customer.user_id != self.old_user_id:
            return self.env._(
                "Somebody else has decided since: %s.",
                customer.user_id.name or self.env._("nobody"),
            )
        if not self.new_user_id._filter_staff_of(self.company_id):
            return self.env._("%s no longer works here.", self.new_user_id.name)
        if unmet:
            return self.env._(
                "The customer requires a salesperson of whom is true: %s.", unmet.name
            )
        if not self.new_user_id._is_qualified_for(customer.segment_id):
            return self.env._(
                "%(staff)s is not qualified for %(segment)s, in which the customer is"
                " by now.",
                staff=self.new_user_id.name,
                segment=customer.segment_id.name,
            )
        return False

    def _undo(self):
        """Give the customers back whom nobody has given to others since."""
        self._lock()
        valid = self.browse()
        final = self.filtered(lambda line: line.state == "final")
        final.state = "left"
        for line in self - final:
            staff = line.relationship_id.user_id
            old = line.old_user_id
            if staff != line.new_user_id:
                line._leave(
                    self.env._(
                        "Somebody else has decided since: %s.",
                        staff.name or self.env._("nobody"),
                    )
                )
            elif old and not old._filter_staff_of(line.company_id):
                line._leave(self.env._("%s no longer works here.", old.name))
            else:
                valid += line
        for user, lines in valid.grouped("old_user_id").items():
            lines.relationship_id.write({"user_id": user.id})
        valid._cancel_introductions()
        valid.state = "undone"

    def _note_deleted(self, user):
        """Say of whom a user who is being deleted is part that this is the end of it.

        Whoever was to be handed over stays; whoever was cannot be given back.
        """
        named = self.search(
            [
                ("state", "in", ("proposed", "done")),
                "|",
                ("old_user_id", "=", user.id),
                ("new_user_id", "=", user.id),
            ]
        )
        why = self.env._("%s was deleted.", user.name)
        proposed = named.filtered(lambda line: line.state == "proposed")
        proposed.is_decided = False
        proposed._leave(why)
        done = (named - proposed).filtered(lambda line: line.old_user_id == user)
        done.write({"state": "final", "reason": why})

    def _cancel_introductions(self):
        pending = self.env["crm.interaction"].search(
            [
                ("assignment_id", "in", self.assignment_id.ids),
                ("relationship_id", "in", self.relationship_id.ids),
                ("state", "in", ("scheduled", "open")),
            ]
        )
        pending.write({"state": "cancelled", "reason_code": "by_hand"})

    def _leave(self, why):
        self.write({"state": "left", "reason": why})
