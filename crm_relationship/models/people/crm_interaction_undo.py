from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.asked import check_one
from ..ledger.release import Release
from .recall import Recall, forget
from .undo import MOST, read

# The button is there for ten seconds; a slow line and a slow hand take longer.
TIME_TO_UNDO = timedelta(minutes=1)


class CrmInteractionUndo(models.TransientModel):
    """A tap that can be taken back as long as nothing has followed from it."""

    _name = "crm.interaction.undo"
    _inherit = ["crm.record.mixin"]
    _description = "Undo of an Interaction"

    before = fields.Json(help="The rows as they were, by id.")
    after = fields.Json(help="The rows after the tap, by id.")

    @api.model
    def _find_latest(self, interaction):
        """Return what the user can still take back of an interaction, possibly none."""
        since = fields.Datetime.now() - TIME_TO_UNDO
        recent = self.search(
            [("create_uid", "=", self.env.uid), ("create_date", ">=", since)],
            order="id desc",
            limit=MOST,
        )
        return recent.filtered(lambda undo: str(interaction.id) in (undo.after or {}))[
            :1
        ]

    def action_undo(self):
        """Put back what a tap changed.

        :raises UserError: when it is too late, or somebody has gone on since
        """
        check_one(self)
        self.check_access("read")
        # sudo: what the user was allowed to do is undone, with all that followed
        ledger = self.env["crm.interaction"].sudo()
        touched = ledger.browse(map(int, self.after or ())).exists()._take_up()
        touched.invalidate_recordset()
        self._check_unchanged(touched)
        carried = self._get_carried()
        recall = Recall(self.env, list(carried.values()))
        recall.check()
        self._put_back(touched)
        reload = {"type": "ir.actions.client", "tag": "soft_reload"}
        if not carried:
            return reload
        interaction = self.env["crm.interaction"].browse(carried)
        return {**reload, "params": {"draft": recall.take_out(interaction)}}

    def _get_carried(self):
        """Return which message has carried an interaction out: ``{id: message id}``"""
        return {
            int(id_): row["source_id"]
            for id_, row in (self.after or {}).items()
            if row["source_model"] == "mail.message" and row["state"] == "done"
        }

    def _check_unchanged(self, touched):
        if self.create_date < fields.Datetime.now() - TIME_TO_UNDO:
            raise UserError(
                self.env._(
                    "It is too late to undo this. On the interaction you can correct"
                    " what came of it until tomorrow."
                )
            )
        if read(touched) != self.after:
            raise UserError(
                self.env._(
                    "This was undone already, or somebody has gone on since. Reload"
                    " the page to see what there is now."
                )
            )

    def _put_back(self, touched):
        """Restore the rows, and take away those that followed.

        :param touched: all of them, as superuser
        """
        known = touched.browse(map(int, self.before or ())) & touched
        made = touched - known
        made.filtered(lambda i: i.state == "done")._take_back(
            {"state": "cancelled", "reason_code": "by_hand"}
        )
        made._filter_pending().unlink()
        wished = known.asked_lead_id
        self._restore_activities(known)
        self._restore(known)
        known._filter_pending()._follow_reopening()
        self._forget_messages(known)
        (wished - known.asked_lead_id).filtered(self._is_made_by_tap).unlink()

    def _is_made_by_tap(self, record):
        return (record.create_date, record.create_uid) == (
            self.create_date,
            self.create_uid,
        )

    def _restore(self, known):
        """Write what the tap has changed, for all alike at once."""
        changes, both = defaultdict(known.browse), (self.before, self.after)
        for interaction in known:
            before, after = (rows[str(interaction.id)] for rows in both)
            changed = {name for name in before if before[name] != after[name]}
            if {"date_planned", "date_due"} & changed:
                changed.add("date_retry")  # it is cleared when the day is written
            changed.discard("activity_id")
            changes[tuple((name, before[name]) for name in sorted(changed))] += (
                interaction
            )
        for values, interactions in changes.items():
            if values:
                interactions.write(dict(values))

    def _restore_activities(self, known):
        """Let each have the activity it had; those in a queue get one in any case."""
        rows = {i: self.before[str(i.id)] for i in known}
        former = known.activity_id.browse(
            row["activity_id"] for row in rows.values() if row["activity_id"]
        )
        by_id = {activity.id: activity for activity in former.exists()}
        found = {i: by_id.get(row["activity_id"]) for i, row in rows.items()}
        waiting = known.filtered(lambda i: rows[i]["state"] == "open")
        found |= self._make_activities(waiting.filtered(lambda i: not found[i]))
        self._reopen(former.browse().union(*(found[i] for i in waiting)))
        dropped = known.activity_id.filtered("active")
        for interaction in known:
            activity = found[interaction] or former.browse()
            dropped -= activity
            if interaction.activity_id != activity:
                interaction.activity_id = activity
        dropped.unlink()

    def _reopen(self, activities):
        archived = activities.filtered(lambda activity: not activity.active)
        archived.action_unarchive()
        archived.feedback = False

    def _make_activities(self, lost):
        """Return the new activity of each whose former one exists no more."""
        former = ((i, self.before[str(i.id)]) for i in lost)
        values = Release(lost.env)._get_activity_values(
            (
                interaction,
                interaction.touchpoint_id.browse(row["touchpoint_id"]),
                fields.Datetime.to_datetime(row["date_planned"]),
            )
            for interaction, row in former
        )
        activities = lost.activity_id.with_context(mail_activity_quick_update=True)
        return dict(zip(lost, activities.create(list(values)), strict=True))

    def _forget_messages(self, interactions):
        """Delete what the tap has logged with the contacts about their activities.

        A document that came with it stays where people find it.

        ``sudo``: the messages are the system's own.
        """
        messages = self.env["mail.message"].sudo()
        logged = messages.search(
            [
                ("model", "=", "res.partner"),
                ("res_id", "in", interactions.partner_id.ids),
                ("mail_activity_type_id", "!=", False),
                ("attachment_ids", "=", False),
                ("create_date", "=", self.create_date),
                ("create_uid", "=", self.env.uid),
            ]
        )
        forget(logged)
