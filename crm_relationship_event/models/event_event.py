from odoo import fields, models
from odoo.tools import SQL, format_date, format_time


class EventEvent(models.Model):
    _inherit = "event.event"

    def _get_obstacle(self):
        """Return why nobody can be invited to this event any more, else False."""
        self.ensure_one()
        if not self.active or self.kanban_state == "cancel":
            return self.env._("“%s” does not take place.", self.name)
        if self.is_finished:
            return self.env._("“%s” is over.", self.name)
        if self.is_multi_slots:
            return self.env._(
                "“%s” has several slots, among which nobody can choose for the"
                " customer. Invite to an event without slots.",
                self.name,
            )
        if self.event_registrations_sold_out:
            return self.env._("“%s” is fully booked.", self.name)
        if not self.event_registrations_open:
            return self.env._("“%s” does not take registrations now.", self.name)
        return False

    def _describe_event(self, partner):
        """Return name, time and place of the event, in a person's language."""
        self.ensure_one()
        event = self.with_context(lang=partner.lang or self.env.lang)
        moment = fields.Datetime.context_timestamp(
            event.with_context(tz=event.date_tz), event.date_begin
        )
        parts = (
            event.name,
            format_date(event.env, moment.date(), date_format="long"),
            format_time(event.env, moment.time(), time_format="short"),
            event.address_id.name,
        )
        return ", ".join(filter(None, parts))

    def _take_turns(self):
        """Let others wait who book a seat: each may be the last.

        SQL because the ORM's lock gives up instead of waiting.
        """
        self.env.execute_query(
            SQL(
                "SELECT FROM event_event WHERE id = ANY(%s) ORDER BY id"
                " FOR NO KEY UPDATE",
                self.ids,
            )
        )
        self.invalidate_recordset()
        self.event_ticket_ids.invalidate_recordset()
