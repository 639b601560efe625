from datetime import timedelta

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import clean_context

from ..base.asked import check_one
from ..courtesy.gatekeeper import Gatekeeper
from ..ledger import advice
from ..ledger.crm_interaction import PENDING_STATES
from . import reach

# In the calendar, where the channel says no time.
VISIT_MINUTES = 60


class CrmInteraction(models.Model):
    """A visit in the calendar of whoever goes there, and what is done with it there."""

    _inherit = "crm.interaction"

    event_id = fields.Many2one(
        comodel_name="calendar.event",
        string="In the Calendar",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The visit, as it stands in the salesperson's calendar.",
    )

    def write(self, vals):
        passed_on = self.browse()
        if "user_id" in vals:
            passed_on = self.filtered(lambda i: i.user_id.id != vals["user_id"])
        result = super().write(vals)
        if {"state", "date_planned"} & vals.keys():
            self._follow_visits()
        passed_on._pass_visits_on()
        return result

    def _plan_visit(self):
        """Return the event that stands for a visit in the calendar of the user.

        Only the user is invited: an invitation would be a message to the customer that
        nobody has asked the gate about. ``sudo`` for the link alone.
        """
        check_one(self)
        visit = self._take_up()
        visit._check_pending()
        if visit.touchpoint_id.kind != "visit":
            raise UserError(
                self.env._("Only visits are put into the calendar. Call or write.")
            )
        if visit.event_id.active:
            return visit.event_id
        start = max(visit.date_planned, _next_quarter(fields.Datetime.now()))
        minutes = timedelta(minutes=visit.touchpoint_id.duration or VISIT_MINUTES)
        env = self.env(context=clean_context(self.env.context))
        event = env["calendar.event"].create(
            {
                "name": self.display_name,
                "start": start,
                "stop": start + minutes,
                "user_id": env.uid,
                "partner_ids": [Command.set(env.user.partner_id.ids)],
                "location": reach.get_address(visit.partner_id),
            }
        )
        # an appointment: nothing but people moves it any more
        moment = {"date_planned": event.start, "date_asked": event.start}
        visit.write({"event_id": event.id, **moment})
        return event

    def _follow_visits(self):
        """Keep the calendar in step with visits that are put off, called off or undone.

        ``sudo``: a visit may be in a colleague's calendar; whether the user may change
        the interaction was asked when it was written.
        """
        for visit in self.sudo().filtered("event_id"):
            event = visit.event_id
            if visit.state in PENDING_STATES:
                event._follow_visit(visit)
            elif event.active != (visit.state == "done"):
                event.with_context(dont_notify=True).active = not event.active

    def _pass_visits_on(self):
        """Let visits stand in the calendar of whoever goes there now.

        ``sudo``: as above.
        """
        for visit in self.sudo().filtered(lambda i: i.event_id and i.user_id):
            visit.event_id._pass_to(visit.user_id)

    def _follow_release(self):
        """Move visits in the calendar that the release has moved.

        ``sudo``: as above.
        """
        super()._follow_release()
        in_calendar = self.sudo().search(
            [("id", "in", self.ids), ("event_id", "!=", False)]
        )
        in_calendar._follow_visits()

    def _follow_calendar(self, is_about_people, organizers):
        """Do with visits what somebody did with them in the calendar.

        Whoever drags one chose its moment: the gate is asked when it is made, and tells
        now what it would say.

        :param bool is_about_people: whether somebody comes to it, or stays away
        :param dict organizers: ``{visit: res.users}`` before
        """
        off = self.filtered(lambda i: not i.event_id.active)
        for visit in self - off:
            vals = visit._get_values_of_calendar(is_about_people, organizers[visit])
            if vals is None:
                off += visit
            elif vals:
                visit.write(vals)
                visit._check_planned_by_hand({"date_planned", "user_id"} & vals.keys())
                visit._warn_of_moment()
        off._leave_calendar()

    def _get_values_of_calendar(self, is_about_people, organizer):
        """Return what differs from the calendar; None where the visit is off there."""
        self.ensure_one()
        event, vals = self.event_id, {}
        if is_about_people:
            user = event._find_visitor(self, organizer)
            if not user:
                return None
            if user != self.user_id:
                vals["user_id"] = user.id
        moment = event._get_visit_start(self.company_id)
        if moment != self.date_planned:
            # a person chose this day, the gate has moved nothing any more
            vals |= {"date_planned": moment, "date_asked": moment, "reason_code": False}
        return vals

    def _leave_calendar(self):
        """Let visits that are off in the calendar find a day by the rules again."""
        if self:
            self.write({"event_id": False, "date_asked": False})
            self._release_again()

    def _warn_of_moment(self):
        """Tell the user what the gate says of the moment that was chosen."""
        self.ensure_one()
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        moment = max(self.date_planned, now)
        decision = self._ask(keeper, self.touchpoint_id, moment)
        if decision.allowed:
            return
        self.env.user._bus_send(
            "simple_notification",
            {
                "type": "warning",
                "message": self.env._(
                    "%(visit)s: %(advice)s",
                    visit=self.display_name,
                    advice=advice.word(self, decision, keeper, self.touchpoint_id),
                ),
            },
        )


def _next_quarter(moment):
    """Return the next quarter of an hour."""
    past = timedelta(
        minutes=moment.minute % 15,
        seconds=moment.second,
        microseconds=moment.microsecond,
    )
    return moment - past + timedelta(minutes=15)
