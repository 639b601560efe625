from datetime import timedelta

from odoo import api, fields, models

from . import noted

# How far back the nightly job looks for meetings that have taken place.
LOOK_BACK = timedelta(days=7)


class CalendarEvent(models.Model):
    """Meetings with customers are interactions, as soon as they have taken place."""

    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._note_meetings()
        return events

    def write(self, vals):
        result = super().write(vals)
        if {"active", "start", "stop", "partner_ids"} & vals.keys():
            self._follow_move()
        return result

    def unlink(self):
        self._take_out()
        return super().unlink()

    def _take_out(self):
        """Take back what was noted; who tidies up an old calendar changes no history.

        ``sudo``: the ledger follows, whoever may change a meeting.
        """
        limit = fields.Datetime.now() - LOOK_BACK
        recent = self.sudo().filtered(lambda event: event.stop and event.stop > limit)
        self.env["crm.interaction"]._find_noted(recent)._take_out()

    def _follow_move(self):
        """Take back what was noted of meetings that are called off or still to come."""
        past = self._filter_past()
        (self - past)._take_out()
        past._note_meetings()

    def _filter_past(self):
        now = fields.Datetime.now()
        return self.filtered(
            lambda event: event.active and event.stop and event.stop <= now
        )

    @api.model
    def _note_past_meetings(self, company):
        """Note a company's meetings that have ended since the job last looked."""
        now = fields.Datetime.now()
        # sudo: a private meeting is one, too; nothing but that it took place is noted
        events = self.sudo().search(
            [
                ("stop", "<=", now),
                ("stop", ">", now - LOOK_BACK),
                ("user_id.company_id", "=", company.id),
            ]
        )
        events._note_meetings()

    def _note_meetings(self):
        contacts = [
            contact
            for event in self.sudo()._filter_past()  # sudo: as above
            if event.user_id and not event.user_id.share
            for contact in event._to_contacts()
        ]
        if contacts:
            self.env["crm.interaction"]._note_contacts(contacts)

    def _to_contacts(self):
        """Return a contact for each customer who attends and each company."""
        self.ensure_one()
        declined = self.attendee_ids.filtered(lambda a: a.state == "declined")
        guests = self.partner_ids - declined.partner_id - self.user_id.partner_id
        document = self
        if self.res_model in noted.KINDS and self.res_id:
            document = self.env[self.res_model].browse(self.res_id)
        name = self.env._("Meeting")
        return [
            noted.Contact(
                source=self,
                sort="meeting",
                document=document,
                partner=people[:1],
                company=self.user_id.company_id,
                user=self.user_id,
                moment=self.stop,
                name=name if self.effective_privacy == "private" else self.name,
                touchpoint=noted.choose_touchpoint(self.env, "visit"),
            )
            for people in guests.grouped("commercial_partner_id").values()
        ]
