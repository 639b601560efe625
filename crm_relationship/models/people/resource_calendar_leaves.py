from odoo import api, models

from ..base.apart import log_failure, run_apart

# What says who is absent, and when.
WHEN = {"date_from", "date_to", "resource_id", "time_type"}


class ResourceCalendarLeaves(models.Model):
    """Time off moves what is in the queue of whoever takes it."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._follow_absence(leaves._get_absent())
        return leaves

    def write(self, vals):
        absent = self._get_absent() if WHEN & vals.keys() else None
        result = super().write(vals)
        if absent is not None:
            self._follow_absence(absent | self._get_absent())
        return result

    def unlink(self):
        absent = self._get_absent()
        result = super().unlink()
        self._follow_absence(absent)
        return result

    def _get_absent(self):
        # sudo: whose time off it is, whoever enters it
        return self.sudo().resource_id.user_id

    @api.model
    def _follow_absence(self, users):
        """Let others do what is due meanwhile, and give back what is not any more.

        Never in the way of the time off itself: what fails is done by the next release.
        ``sudo``: whoever enters time off need not sell.
        """
        if not users:
            return
        users.invalidate_recordset(["absent_from", "absent_to"])
        follow = self.env["crm.interaction"].sudo()._follow_absences
        if error := run_apart(self.env, follow, users):
            log_failure(error, "The queues of %s did not follow", users.ids)
