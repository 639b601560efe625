from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.asked import check_one
from ..ledger.release import Release
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
        self._put_back(touched)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

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
        known = touched.browse(map(int, self.before)) & touched
        made = touched - known
        made.filtered(lambda i: i.state == "done")._take_back(
            {"state": "cancelled", "reason_code": "by_hand"}
        )
        made._filter_pending().unlink()
        wished = known.asked_lead_id
        for interaction in known:
            vals = dict(self.before[str(interaction.id)])
            activity_id = vals.pop("activity_id")
            reopened = vals["state"] == "open" and self._reopen(
                interaction, activity_id
            )
            activity = reopened or interaction.activity_id.browse()
            interaction.write({**vals, "activity_id": activity.id})
        known._filter_pending()._follow_reopening()
        self._forget_messages(known)
        (wished - known.asked_lead_id).filtered(self._is_made_by_tap).unlink()

    def _is_made_by_tap(self, record):
        return (record.create_date, record.create_uid) == (
            self.create_date,
            self.create_uid,
        )

    def _reopen(self, interaction, activity_id):
        """Return the activity of an interaction that goes back into its queue."""
        activity = interaction.activity_id.browse(activity_id).exists()
        if activity:
            activity.action_unarchive()
            return activity
        before = self.before[str(interaction.id)]
        values = Release(interaction.env)._get_activity_values(
            interaction,
            interaction.touchpoint_id.browse(before["touchpoint_id"]),
            fields.Datetime.to_datetime(before["date_planned"]),
        )
        activities = interaction.activity_id.with_context(
            mail_activity_quick_update=True
        )
        return activities.create(values)

    def _forget_messages(self, interactions):
        """Delete what the tap has logged with the contacts about their activities.

        ``sudo``: the messages are the system's own.
        """
        messages = self.env["mail.message"].sudo()
        messages.search(
            [
                ("model", "=", "res.partner"),
                ("res_id", "in", interactions.partner_id.ids),
                ("mail_activity_type_id", "!=", False),
                ("create_date", "=", self.create_date),
                ("create_uid", "=", self.env.uid),
            ]
        ).unlink()
