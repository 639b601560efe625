from math import isfinite

from odoo import Command, api, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ...engine import cadence
from ..base.asked import check_one
from ..base.figures import format_count, format_number
from ..base.user_filter import UNREADABLE
from . import undisturbed
from .change import MatrixChange
from .touchpoint_matrix import (
    TouchpointMatrix,
    get_touchpoint,
    get_yearly_contacts,
)

MAX_CONTACTS_A_YEAR = 366
# Sums of cadences are compared to as many digits as people type.
PRECISION = 0.005


class CrmSegment(models.Model):
    """The channel × segment matrix: reading it, and changing one of its cells."""

    _inherit = "crm.segment"

    def write(self, vals):
        """Note on which day an experiment's halves began to differ in more."""
        result = super().write(vals)
        if "plan_id" in vals:
            undisturbed.note_changes(undisturbed.find_running(segments=self))
        return result

    @api.model
    def get_touchpoint_matrix(self, domain=None):
        """Return the whole matrix of the current company for one opening of the view.

        :param list domain: which segments; all if empty.
        :return: dict with ``columns`` (segments, and last, with id 0, the customers who
            follow a plan of their own), ``rows`` (channels, and last, with id 0, the
            interactions through any channel) with a cell for each column, ``total``,
            ``staff`` (hours a year needed and available), ``editable``. Interactions
            are per year and customer, ``done`` is over the last 12 months; amounts are
            in ``currency_id``. See ``engine.matrix.Figures``.
        """
        company = self.env.company
        try:
            segments = self.search(domain or [])
        except AccessError:
            raise
        except UNREADABLE as error:
            raise UserError(
                self.env._("This filter of segments cannot be read.")
            ) from error
        segments = segments.filtered(lambda s: s.company_id.id in (False, company.id))
        matrix = TouchpointMatrix(segments, company, with_all_own_plans=not domain)
        return {**matrix.to_dict(), "editable": self._can_edit_matrix()}

    @api.model
    def _can_edit_matrix(self):
        return self.has_access("write") and all(
            self.env[model].has_access(operation)
            for model in ("crm.contact.plan", "crm.contact.plan.line")
            for operation in ("write", "create")
        )

    # ------------------------------------------------------------------
    # Editing
    # ------------------------------------------------------------------

    def set_matrix_cell(self, touchpoint_id, contacts_a_year, confirmed=False):
        """Change the plan to ask for this many interactions a year through a channel.

        The number is what the cell shows: interactions on occasions count, but stay as
        they are; the rest becomes the cadence of the cell's line. If a cell has several
        lines, none is changed, because only the user knows which one to change: their
        plan is opened.

        :param touchpoint_id: id of a ``crm.touchpoint``; false for any channel
        :param contacts_a_year: per customer, a number
        :param confirmed: a change that means much work is made only then
        :return: dict with ``message`` (a sentence for the user, or False) and
            ``action`` (to open, or False). Of a change that means much work also
            ``question`` (nothing is changed before it is confirmed), or, when it is
            made, ``undo``: the id of the ``crm.matrix.undo`` that takes it back.
        :raises UserError: when the number cannot be used; the sentence says why.
        """
        check_one(self)
        self.check_access("write")
        contacts = self._check_matrix_contacts(contacts_a_year)
        touchpoint = self._check_matrix_touchpoint(touchpoint_id)
        self._check_matrix_plan()
        lines = self._get_matrix_lines(touchpoint)
        regular = lines.filtered(lambda line: not line.occasion_id)
        if len(regular) > 1:
            return self._open_matrix_plan(touchpoint, regular)
        wanted = self._get_regular_contacts(contacts, lines - regular)
        change = MatrixChange(
            self, touchpoint, self._get_line_contacts(lines), contacts
        )
        if not confirmed:
            warning = self._get_matrix_warning(change)
            if change.is_big or warning:
                question = " ".join(filter(None, [warning, change.ask()]))
                return {"message": False, "action": False, "question": question}
        undo = (change.is_big or confirmed) and self._begin_matrix_undo(touchpoint)
        waiting = self._set_matrix_lines(touchpoint, regular, wanted)
        told = {"message": self._describe_background(waiting), "action": False}
        if not undo:
            return told
        undo._note_after(self._get_all_matrix_lines(touchpoint))
        return {**told, "undo": undo.id}

    def _get_matrix_warning(self, change):
        """Return why a change should not be made lightly, in a sentence; or False.

        A hook: the matrix itself knows only what is big (``MatrixChange``).
        """
        return False

    def _begin_matrix_undo(self, touchpoint):
        """Return the record that can take back what is about to change.

        ``sudo``: it is written by methods alone.
        """
        lines = self._get_all_matrix_lines(touchpoint)
        undo = self.env["crm.matrix.undo"].sudo().create({"segment_id": self.id})
        undo._note_before(lines)
        return undo

    def _get_all_matrix_lines(self, touchpoint):
        return self._get_matrix_lines(touchpoint) | self._get_matrix_lines(
            touchpoint, active=False
        )

    def _set_matrix_lines(self, touchpoint, regular, wanted):
        """Give the cell its cadence; return how many customers wait to be replanned.

        :param regular: the line of the cell without occasion, if any
        :param float wanted: interactions a year at regular intervals
        """
        if wanted < PRECISION:
            regular.active = False
            return regular._count_obsolete() if regular else 0
        if regular:
            self._set_line_cadence(regular, wanted)
            return regular._count_obsolete()
        self._add_matrix_line(touchpoint, wanted)
        # sudo: the plan is followed by all its customers
        return self.plan_id.sudo()._plan_followers()

    @api.model
    def _check_matrix_contacts(self, value):
        """Return what was entered as a number.

        :raises ValidationError: when it is not a number, or out of range.
        """
        try:
            contacts = float(value)
        except (TypeError, ValueError, OverflowError):
            contacts = None
        if contacts is None or isinstance(value, bool) or not isfinite(contacts):
            raise ValidationError(
                self.env._(
                    "“%(value)s” is not a number. Enter how many interactions a year"
                    " each customer gets, for example 12 for once a month.",
                    value=value,
                )
            )
        if not 0 <= contacts <= MAX_CONTACTS_A_YEAR:
            raise ValidationError(
                self.env._(
                    "%(value)s interactions a year are not possible. Enter a number"
                    " from 0 (never) to %(most)s (every day).",
                    value=value,
                    most=MAX_CONTACTS_A_YEAR,
                )
            )
        return contacts

    @api.model
    def _check_matrix_touchpoint(self, touchpoint_id):
        touchpoint = self.env["crm.touchpoint"].browse(touchpoint_id or ()).exists()
        if touchpoint_id and not touchpoint.active:
            raise UserError(
                self.env._(
                    "This channel is no longer in use. Reload the page, or restore the"
                    " channel first."
                )
            )
        return touchpoint

    def _check_matrix_plan(self):
        """Refuse to edit if the segment's plan is not the one in use.

        ``sudo``: that it belongs to another company is what has to be told.
        """
        plan = self.sudo().plan_id
        if plan and not plan.active:
            raise UserError(
                self.env._(
                    "The contact plan “%(plan)s” of segment “%(segment)s” is archived."
                    " Restore it, or choose another one in the segment.",
                    plan=plan.name,
                    segment=self.name,
                )
            )
        if plan.company_id and plan.company_id != self.env.company:
            raise UserError(
                self.env._(
                    "The contact plan of segment “%(segment)s” belongs to another"
                    " company. Choose a plan in the segment that this company may use.",
                    segment=self.name,
                )
            )

    def _get_matrix_lines(self, touchpoint, active=True):
        """Return the lines of the segment's plan that try this channel first."""
        lines = self.env["crm.contact.plan.line"].search(
            [("plan_id", "in", self.plan_id.ids), ("active", "=", active)]
        )
        return lines.filtered(lambda line: get_touchpoint(line) == touchpoint)

    @api.model
    def _get_line_contacts(self, lines):
        """Return how many interactions a year some lines ask for together."""
        today = self.env.company._relationship_today()
        return sum(get_yearly_contacts(line, today) for line in lines)

    @api.model
    def _get_regular_contacts(self, contacts, occasion_lines):
        """Return how many of these interactions are left for regular intervals.

        :raises UserError: when the occasions alone exceed the number.
        """
        occasions = self._get_line_contacts(occasion_lines)
        if contacts - occasions <= -PRECISION:
            raise UserError(
                self.env._(
                    "Interactions that take place here on occasions, a year:"
                    " %(count)s (%(lines)s). Enter at least as many, or remove them in"
                    " the contact plan.",
                    count=format_number(self.env, occasions),
                    lines=", ".join(occasion_lines.mapped("name")),
                )
            )
        return contacts - occasions

    @api.model
    def _set_line_cadence(self, line, contacts):
        today = self.env.company._relationship_today()
        if abs(get_yearly_contacts(line, today) - contacts) >= PRECISION:
            line.write(self._get_cadence_values(contacts))

    @api.model
    def _get_cadence_values(self, contacts):
        try:
            times, every, period = cadence.from_yearly(round(contacts, 2))
        except ValueError as error:
            raise ValidationError(
                self.env._(
                    "%(contacts)s interactions a year are less than one in %(years)s"
                    " years. Enter more, or 0 for never.",
                    contacts=format_number(self.env, contacts),
                    years=cadence.MAX_YEARS,
                )
            ) from error
        return {"times": times, "every": every, "period": period}

    def _add_matrix_line(self, touchpoint, contacts):
        """Give the segment's plan a line for the channel, created or restored.

        A line that was set to 0 earlier comes back with its guidance, if it was the
        only one.
        """
        values = self._get_cadence_values(contacts)
        archived = self._get_matrix_lines(touchpoint, active=False)
        line = archived.filtered(lambda line: not line.occasion_id)
        if len(line) == 1:
            line.write({**values, "active": True})
        else:
            line.create(
                {
                    **values,
                    "plan_id": self._ensure_matrix_plan().id,
                    "name": touchpoint.name
                    or self.env._("Interaction through any channel"),
                    "objective": "relationship",
                    "touchpoint_ids": [Command.set(touchpoint.ids)],
                }
            )

    def _ensure_matrix_plan(self):
        if not self.plan_id:
            self.plan_id = self.env["crm.contact.plan"].create(
                {"name": self.name, "company_id": self.company_id.id}
            )
        return self.plan_id

    # ------------------------------------------------------------------
    # What the user is told
    # ------------------------------------------------------------------

    @api.model
    def _describe_background(self, count):
        """Return a sentence about the interactions left to the planning job, if any."""
        if not count:
            return False
        return self.env._(
            "The change is saved. Next interactions are moved in the background,"
            " which takes a few minutes. Customers: %(count)s.",
            count=format_count(self.env, count),
        )

    def action_open_matrix_plan(self, touchpoint_id):
        """Open the plan of a cell that the matrix cannot edit.

        :return: a dict like that of :meth:`set_matrix_cell`.
        """
        check_one(self)
        touchpoint = self.env["crm.touchpoint"].browse(touchpoint_id or ())
        return self._open_matrix_plan(touchpoint, self._get_matrix_lines(touchpoint))

    def _open_matrix_plan(self, touchpoint, lines):
        return {
            "message": self.env._(
                "%(count)s interactions of the plan “%(plan)s” use %(touchpoint)s."
                " Change each of them in the plan.",
                count=format_count(self.env, len(lines)),
                plan=self.plan_id.name,
                touchpoint=touchpoint.name or self.env._("any channel"),
            ),
            "action": {
                "type": "ir.actions.act_window",
                "name": self.plan_id.name,
                "res_model": "crm.contact.plan",
                "res_id": self.plan_id.id,
                "views": [(False, "form")],
                "target": "new",
            },
        }
