from odoo import Command, models
from odoo.exceptions import AccessError

from ..ledger.crm_interaction import PENDING_STATES

# What says when somebody goes there, and who.
WHEN = {"active", "start", "stop", "start_date", "stop_date", "allday", "duration"}
WHO = {"user_id", "partner_ids", "attendee_ids"}


class CalendarEvent(models.Model):
    """A visit of the queue stands in the calendar: what happens to one happens to both.

    Whoever drags it to another time, hands it to a colleague, or deletes it, does so to
    the interaction. So it belongs to whoever may change that; Odoo alone lets every
    employee move the meetings of all others.
    """

    _inherit = "calendar.event"

    def write(self, vals):
        if not (WHEN | WHO) & vals.keys():
            return super().write(vals)
        visits = self._find_visits()
        organizers = {visit: visit.event_id.user_id for visit in visits}
        is_about_people = bool(WHO & vals.keys())
        self._check_whose(visits)
        result = super().write(vals)
        visits._follow_calendar(is_about_people, organizers)
        return result

    def unlink(self):
        visits = self._find_visits()
        self._check_whose(visits)
        ahead = visits - visits.filtered(lambda i: i.event_id in self._filter_past())
        result = super().unlink()
        ahead._leave_calendar()
        return result

    def _find_visits(self):
        """Return the pending interactions that these stand for.

        ``sudo``: whoever may change a meeting may do the same to the interaction behind
        it, which that user need not be allowed to read (``_check_whose``).
        """
        return (
            self.env["crm.interaction"]
            .sudo()
            .search([("event_id", "in", self.ids), ("state", "in", PENDING_STATES)])
        )

    def _check_whose(self, visits):
        """Refuse to let people touch a colleague's visit.

        :raises AccessError: naming who may
        """
        if self.env.su:
            return
        for visit in visits:
            event, own = visit.event_id, visit.with_env(self.env)
            if self.env.user in (visit.user_id, event.user_id):
                continue
            if not own.has_access("write"):
                raise AccessError(
                    self.env._(
                        "“%(visit)s” is a visit of %(staff)s. Only %(staff)s, the"
                        " customer's salesperson, or somebody who may see all"
                        " documents can change it.",
                        visit=event.with_env(self.env).display_name,
                        staff=(visit.user_id or event.user_id).name,
                    )
                )

    def _find_visitor(self, visit, organizer):
        """Return who goes there, empty where the visit is off.

        :param visit: the ``crm.interaction``, as superuser
        :param organizer: the ``res.users`` who was it before
        """
        self.ensure_one()
        declined = self.attendee_ids.filtered(lambda a: a.state == "declined")
        if visit.partner_id in declined.partner_id:
            return organizer.browse()
        going = self.partner_ids - declined.partner_id
        named = visit.user_id | self.user_id
        if self.user_id != organizer:
            named = self.user_id | named
        candidates = (named | going.user_ids).filtered(
            lambda user: not user.share and user.partner_id in going
        )
        return candidates._filter_staff_of(visit.company_id)[:1]

    def _get_visit_start(self, company):
        """Return when the visit begins; of a whole day, at the company's hour."""
        self.ensure_one()
        if self.allday and self.start_date:
            return company._relationship_time(self.start_date)
        return self.start

    def _follow_visit(self, visit):
        """Stand where the interaction stands, and last as long as before."""
        self.ensure_one()
        vals, start = {}, visit.date_planned
        if start != self._get_visit_start(visit.company_id):
            if self.allday:
                day = visit._get_deadline()
                length = self.stop_date - self.start_date
                vals = {"start_date": day, "stop_date": day + length}
            else:
                vals = {"start": start, "stop": start + (self.stop - self.start)}
        if not self.active:
            vals["active"] = True
        if vals:
            self.with_context(dont_notify=True).write(vals)

    def _pass_to(self, user):
        """Stand in somebody else's calendar."""
        self.ensure_one()
        if user == self.user_id:
            return
        people = self.partner_ids - self.user_id.partner_id | user.partner_id
        self.with_context(dont_notify=True).write(
            {"user_id": user.id, "partner_ids": [Command.set(people.ids)]}
        )

    def _note_meetings(self):
        """Note nothing twice: a visit is an interaction already.

        ``sudo``: whichever interaction it is.
        """
        interactions = self.env["crm.interaction"].sudo()
        visits = interactions.search([("event_id", "in", self.ids)]).event_id
        return super(CalendarEvent, self - visits)._note_meetings()
