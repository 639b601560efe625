"""What the tests of this addon share."""

from datetime import timedelta

from odoo import Command

from odoo.addons.crm_relationship.tests.common import NOW
from odoo.addons.crm_relationship.tests.common_message import MessageCase


class InvitationCase(MessageCase):
    """A program that invites whoever buys to an event in two weeks, by email."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.event = cls.make_event()
        cls.mail_template.body_html = (
            '<p t-out="object.invitation_event"/>'
            '<a t-att-href="object.invitation_url">Come</a>'
        )
        cls.sms_template.body = "Come: {{ object.invitation_url }}"

    @classmethod
    def make_event(cls, **values):
        return cls.env["event.event"].create(
            {
                "name": "Tasting",
                "company_id": cls.company.id,
                "date_tz": "Asia/Jakarta",
                "date_begin": NOW + timedelta(days=14),
                "date_end": NOW + timedelta(days=14, hours=3),
                "event_mail_ids": False,
                "address_id": False,
                **values,
            }
        )

    @classmethod
    def make_inviting(cls, touchpoint=None, event=None):
        """Return a program of one step after each order, which invites."""
        step = {
            "name": "Come and taste",
            "delay": 0,
            "touchpoint_ids": [Command.set((touchpoint or cls.email).ids)],
            "use_preferred_touchpoint": False,
            "mail_template_id": cls.mail_template.id,
            "sms_template_id": cls.sms_template.id,
            "event_id": (event or cls.event).id,
        }
        return cls.env["crm.program"].create(
            {
                "name": "Inviting",
                "trigger": "sale_confirmed",
                "company_id": cls.company.id,
                "step_ids": [Command.create(step)],
            }
        )

    def invite(self, **partner):
        """Return the released interaction in which a new customer is invited."""
        partner = self.make_customer(
            **{"email": "c@example.com", "phone": "+62 812-1111-2222", **partner}
        )
        order = self.make_quotation(partner)
        self.make_relationship(partner)
        order.action_confirm()
        interaction = self.env["crm.interaction"].search(
            [("sale_order_id", "=", order.id)]
        )
        interaction._release()
        return interaction

    def fill(self, event=None):
        """Let others take all seats."""
        event = event or self.event
        event.write({"seats_limited": True, "seats_max": 1})
        self.env["event.registration"].create({"event_id": event.id, "name": "Other"})
