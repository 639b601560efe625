from datetime import datetime

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.asked import check_one
from ..base.holding import holding
from ..ledger.crm_interaction import PENDING_STATES
from ..ledger.planner import REPLANNED_AT_ONCE, Planner
from .crm_contact_plan_line import TAKING_BACK

# What the matrix writes on a line; all else of it stays.
WRITTEN = ("times", "every", "period", "active", "replan_date")


class CrmMatrixUndo(models.TransientModel):
    """A number typed into the matrix that can be taken back, and all it has moved.

    The number alone would not do: 12 interactions a year are one a month, or four in
    four months, and what was planned had days of its own.
    """

    _name = "crm.matrix.undo"
    _inherit = ["crm.record.mixin"]
    _description = "Undo of a Change in the Matrix"

    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        required=True,
        ondelete="cascade",
    )
    had_plan = fields.Boolean(help="Whether the segment had one before.")
    before = fields.Json(help="The lines of the cell as they were, by id.")
    after = fields.Json(help="The lines of the cell as they were written, by id.")
    planned = fields.Json(help="Ids of what was planned, by state and reason.")

    # ------------------------------------------------------------------
    # Before and after the change
    # ------------------------------------------------------------------

    def _note_before(self, lines):
        """Note how a cell is before it is changed.

        :param lines: ``crm.contact.plan.line`` records of the cell, archived ones too
        """
        self.write(
            {
                "before": read(lines),
                "planned": self._read_planned(lines),
                "had_plan": bool(self.segment_id.plan_id),
            }
        )

    def _read_planned(self, lines):
        """Return what is planned by some lines: ``[[state, reason, [id …]] …]``

        ``sudo``: a plan is followed by all its customers, also out of sight.
        """
        ledger = self.env["crm.interaction"].sudo()
        groups = ledger._read_group(
            [("plan_line_id", "in", lines.ids), ("state", "in", PENDING_STATES)],
            ["state", "reason_code"],
            ["id:array_agg"],
        )
        return [list(group) for group in groups]

    def _note_after(self, lines):
        """Note what the change has written.

        :param lines: ``crm.contact.plan.line`` records of the cell, archived ones too
        """
        self.after = read(lines)

    # ------------------------------------------------------------------
    # Undo
    # ------------------------------------------------------------------

    def action_undo(self):
        """Store again what was stored before, and plan it for its former days.

        :return: a dict like that of ``crm.segment.set_matrix_cell``
        :raises UserError: when somebody has changed the cell since
        """
        check_one(self)
        self.check_access("read")
        self.segment_id.check_access("write")
        # sudo: what the user was allowed to change is changed back
        undo = self.sudo()
        lines = undo.env["crm.contact.plan.line"].browse(map(int, undo.after or ()))
        lines = lines.exists()
        lines.lock_for_update()
        lines.invalidate_recordset()
        if read(lines) != undo.after:
            raise UserError(
                self.env._(
                    "This was undone already, or somebody has changed it since. Reload"
                    " the page to see what there is now."
                )
            )
        undo._put_back(lines)
        undo.unlink()
        return {"message": False, "action": False}

    def _put_back(self, lines):
        known = lines.browse(map(int, self.before or ()))
        followers = self._withdraw(lines)
        with holding(TAKING_BACK, True):
            for line in known:
                line.write(to_write(self.before[str(line.id)]))
        followers |= self._plan_again()
        self._delete_lines(lines - known)
        self._plan_missing(followers)

    def _withdraw(self, lines):
        """Take out what was planned since, from queues as well.

        SQL for what is in no queue: it may be the whole base.

        :return: the relationships it was planned for
        """
        was_planned = [id_ for *_key, ids in self.planned or () for id_ in ids]
        since = self.env["crm.interaction"].search(
            Domain("plan_line_id", "in", lines.ids)
            & Domain("state", "in", PENDING_STATES)
            & Domain("id", "not in", was_planned)
        )
        followers = since.relationship_id
        queued = since.filtered(lambda interaction: interaction.state == "open")
        queued.unlink()
        scheduled = (since - queued).ids
        self.env.flush_all()
        self.env.cr.execute(
            SQL("DELETE FROM crm_interaction WHERE id = ANY(%s)", scheduled)
        )
        self.env.invalidate_all()
        return followers

    def _plan_again(self):
        """Let what the change has cancelled be planned again, for its former day.

        SQL: it may be the whole base, and nothing follows but the customers' next day.

        :return: the relationships it is planned for
        """
        followers = self.env["crm.relationship"]
        for state, reason, ids in self.planned or ():
            if state == "scheduled":
                self.env.cr.execute(
                    SQL(
                        """
                        UPDATE crm_interaction
                           SET state = 'scheduled', reason_code = %s,
                               write_uid = %s, write_date = %s
                         WHERE id = ANY(%s) AND state = 'cancelled'
                           AND reason_code = 'plan_changed'
                     RETURNING relationship_id
                        """,
                        reason or None,
                        self.env.uid,
                        fields.Datetime.now(),
                        ids,
                    )
                )
                followers |= followers.browse(id_ for (id_,) in self.env.cr.fetchall())
        self.env.invalidate_all()
        return followers

    def _delete_lines(self, made):
        """Delete the lines that the change has made, and the plan of the segment.

        Where something was done by them in the meantime, they are archived: the ledger
        shows where it came from.
        """
        ledger = self.env["crm.interaction"]
        used = ledger.search(
            [("plan_line_id", "in", made.ids), ("reason_code", "!=", "plan_changed")]
        ).plan_line_id
        with holding(TAKING_BACK, True):
            used.active = False
            (made - used).unlink()
        plan = self.segment_id.plan_id
        if not self.had_plan and not plan.with_context(active_test=False).line_ids:
            self.segment_id.plan_id = False
            plan.unlink()

    def _plan_missing(self, followers):
        """Plan what is missing now, for many by the job."""
        if len(followers) > REPLANNED_AT_ONCE:
            self.env["crm.interaction"]._trigger_schedule()
            return
        for company, own in followers.grouped("company_id").items():
            Planner(self.env, company).plan(own.ids)


def read(lines):
    """Return ``{id as text: {field: value}}``, as it can be kept in JSON."""
    rows = lines.read(WRITTEN, load=None)
    return {
        str(row.pop("id")): {name: keep(value) for name, value in row.items()}
        for row in rows
    }


def keep(value):
    # with its fractions: what was planned earlier is obsolete to the microsecond
    return value.isoformat() if isinstance(value, datetime) else value


def to_write(row):
    moment = row["replan_date"]
    return {**row, "replan_date": moment and datetime.fromisoformat(moment)}
