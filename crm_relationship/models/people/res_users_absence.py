"""Absences: entered, ended, and told as they are meant."""

from datetime import datetime, timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.workdays import merge

_FIRST_MOMENT = datetime.min + timedelta(days=1)
_LAST_MOMENT = datetime.max.replace(microsecond=0) - timedelta(days=1)


class ResUsers(models.Model):
    """Time off, entered by a person or for one."""

    _inherit = "res.users"

    def _note_absence(self, first, last, reason, company):
        """Enter time off from the first to the last day, on the person's clock.

        What overlaps or adjoins an entry of the company extends that one; what Time Off
        keeps is left to it.

        ``sudo``: whoever may do it was asked before; a resource is what Odoo hangs time
        off on, and is made where there is none.

        :return: the ``resource.calendar.leaves`` record, made or extended; none where
            the person is absent on all of these days already
        """
        self.ensure_one()
        self._queue_up_absences()
        tz = self.tz or company._relationship_tz()
        start = company._relationship_time(first, hour=0, tz=tz)
        end = company._relationship_time(last + timedelta(days=1), hour=0, tz=tz)
        resources = self._find_resources(company)
        leaves = self.env["resource.calendar.leaves"].sudo()
        entered = leaves.search(
            [("resource_id.user_id", "=", self.id), ("time_type", "=", "leave")],
            order="date_from, id",
        )
        spans = {leave: get_span(leave.date_from, leave.date_to) for leave in entered}
        if any(begin <= start and end <= over for begin, over in merge(spans.values())):
            return leaves
        near = entered.filtered(
            lambda leave: leave.resource_id in resources
            and spans[leave][0] <= end
            and start <= spans[leave][1]
            and not _is_kept_elsewhere(leave)
        )
        end -= timedelta(seconds=1)
        if near:
            start = min(start, *near.mapped("date_from"))
            end = max(end, *near.mapped("date_to"))
            near[1:].unlink()
            near[0].write({"date_from": start, "date_to": end})
            return near[0]
        resource = resources[:1] or resources.create(
            {"name": self.name, "user_id": self.id, "company_id": company.id}
        )
        return leaves.create(
            {
                "name": reason or self.env._("Absent"),
                "resource_id": resource.id,
                "calendar_id": resource.calendar_id.id,
                "company_id": company.id,
                "date_from": start,
                "date_to": end,
            }
        )

    def _queue_up_absences(self):
        """Let the later of two who enter an absence wait, and see the first one's.

        Updating the row makes it fail with a serialization error, after which Odoo
        repeats the request. SQL because nothing changes.
        """
        self.env.cr.execute(
            SQL("UPDATE res_users SET write_date = write_date WHERE id = %s", self.id)
        )

    def _end_absence(self):
        """End the present absence now, or take back the next one.

        ``sudo``: whoever may do it was asked before.

        :raises UserError: where there is none, or where another app keeps it
        """
        self.ensure_one()
        now = fields.Datetime.now()
        leaves = self._find_absence(now)
        if not leaves:
            raise UserError(self.env._("No absence of %s is entered.", self.name))
        if any(map(_is_kept_elsewhere, leaves)):
            raise UserError(
                self.env._(
                    "This absence was entered in Time Off. Change or cancel it there."
                )
            )
        begun = leaves.filtered(lambda leave: leave.date_from < now)
        begun.date_to = now
        (leaves - begun).unlink()

    def _find_absence(self, now):
        """Return the entries of the present or next absence: one, or several in a row.

        ``sudo``: as in `_end_absence`.
        """
        leaves = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                [
                    ("resource_id.user_id", "=", self.id),
                    ("time_type", "=", "leave"),
                    ("date_to", ">", now),
                ],
                order="date_from, id",
            )
        )
        spans = {leave: get_span(leave.date_from, leave.date_to) for leave in leaves}
        first = next(iter(merge(spans.values())), None)
        return leaves.filtered(lambda leave: first and spans[leave][0] < first[1])


def get_span(start, end):
    """Return an absence as it is meant, on days that every clock knows.

    One that ends a second before midnight ends at midnight.
    """
    end += timedelta(seconds=end.second == 59 and end < _LAST_MOMENT)
    return max(start, _FIRST_MOMENT), min(end, _LAST_MOMENT)


def _is_kept_elsewhere(leave):
    """Tell whether Time Off keeps this entry, where that app is installed."""
    return bool(leave._fields.get("holiday_id") and leave.holiday_id)
