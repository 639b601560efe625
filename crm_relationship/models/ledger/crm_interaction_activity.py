from pytz import timezone, utc

from odoo import models


class CrmInteraction(models.Model):
    """In step with the activity, both ways: only what differs is written."""

    _inherit = "crm.interaction"

    def _close_activities(self):
        """Mark the activities of done contacts done, each with its feedback."""
        for interaction in self.sudo():
            if interaction.activity_id.active:
                interaction.activity_id.with_user(self.env.user).sudo()._action_done(
                    feedback=interaction.feedback
                )

    def _get_deadline(self, staff=None, moment=None):
        """Return the day of the contact where the member of staff works.

        :param staff: another ``res.users`` record than the one assigned.
        :param datetime moment: another UTC moment than the planned one.
        """
        self.ensure_one()
        tz = timezone(self._get_staff_tz(self.user_id if staff is None else staff))
        return utc.localize(moment or self.date_planned).astimezone(tz).date()

    def _get_staff_tz(self, staff):
        self.ensure_one()
        return staff.tz or self.company_id._relationship_tz()

    def _push_to_activity(self):
        """Bring open activities up to date; only what differs is written."""
        for interaction in self.sudo():
            activity = interaction.activity_id
            if interaction.state != "open" or not activity.active:
                continue
            wanted = {
                "date_deadline": interaction._get_deadline(),
                "user_id": interaction.user_id.id,
                "summary": interaction.name,
                "activity_type_id": interaction.touchpoint_id.activity_type_id.id
                or activity.activity_type_id.id,
            }
            current = {
                "date_deadline": activity.date_deadline,
                "user_id": activity.user_id.id,
                "summary": activity.summary,
                "activity_type_id": activity.activity_type_id.id,
            }
            changed = {k: v for k, v in wanted.items() if v != current[k]}
            if changed:
                activity.with_context(mail_activity_quick_update=True).write(changed)

    def _pull_from_activity(self):
        """Take over a new deadline or assignee from the activity."""
        for interaction in self:
            activity = interaction.activity_id
            vals = {}
            if activity.user_id != interaction.user_id:
                vals["user_id"] = activity.user_id.id
            if activity.date_deadline != interaction._get_deadline(activity.user_id):
                vals["date_planned"] = interaction.company_id._relationship_time(
                    activity.date_deadline,
                    tz=interaction._get_staff_tz(activity.user_id),
                )
            if vals:
                interaction.write(vals)
