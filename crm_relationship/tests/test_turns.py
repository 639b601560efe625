"""Messages that wait for the same hour do not all leave at it."""

from collections import Counter
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import tagged

from ..models.base.jobs import MAIL_QUEUE
from ..models.courtesy import gatekeeper
from ..models.ledger import advice
from .common import NOW, TODAY
from .common_gate import GateCase

TURNS, TURN = 12, timedelta(minutes=5)
MANY = 2 * TURNS
# In UTC: ten in the evening there, and when the quiet hours end.
NIGHT, MORNING = datetime(2026, 3, 31, 15), datetime(2026, 4, 1, 0)
FRIDAY = datetime(2026, 4, 3, 15)


@tagged("post_install", "-at_install")
class TestTurns(GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(gatekeeper, "CUSTOMERS_A_TURN", 2))
        cls.customers = cls.env["res.partner"].create(
            [
                {
                    "name": f"Customer {n}",
                    "email": f"turns{n}@example.com",
                    "company_id": cls.company.id,
                }
                for n in range(MANY)
            ]
        )
        cls.plan = cls.make_plan(
            {"touchpoints": cls.email, "mail_template_id": cls.mail_template.id}
        )

    def make_messages(self, moment=NIGHT):
        ensure = self.env["crm.relationship"]._ensure
        return self.env["crm.interaction"].create(
            [
                {
                    "name": "How are you?",
                    "relationship_id": relationship.id,
                    "plan_line_id": self.plan.line_ids.id,
                    "touchpoint_id": self.email.id,
                    "date_due": moment.date(),
                    "date_planned": moment,
                }
                for relationship in ensure(self.customers, self.company)
            ]
        )

    def assertInTurn(self, messages, opening, reason):
        """Assert that they leave one after another, as many at each turn."""
        self.assertEqual(set(messages.mapped("reason_code")), {reason})
        self.assertEqual(
            Counter(messages.mapped("date_planned")),
            {opening + rank * TURN: MANY / TURNS for rank in range(TURNS)},
        )
        self.assertEqual(messages.mapped("date_retry"), messages.mapped("date_planned"))

    # ------------------------------------------------------------------
    # When their turn comes
    # ------------------------------------------------------------------

    def test_after_quiet_hours(self):
        messages = self.make_messages()
        with self.at(NIGHT):
            messages._release()
        self.assertInTurn(messages, MORNING, "quiet_hours")

    def test_after_a_pause(self):
        until = TODAY + timedelta(days=3)
        self.customers.contact_snooze_until = until
        messages = self.make_messages()
        with self.at(NIGHT):
            messages._release()
        opening = self.company._relationship_time(until)
        self.assertInTurn(messages, opening, "snoozed")

    def test_after_a_weekend(self):
        self.customers.contact_window_id = self.env["resource.calendar"].create(
            {
                "name": "On weekdays",
                "tz": "Asia/Jakarta",
                "company_id": False,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": "Day",
                                "dayofweek": str(day),
                                "hour_from": 8,
                                "hour_to": 17,
                                "day_period": "morning",
                            }
                        )
                        for day in range(5)
                    ),
                ],
            }
        )
        messages = self.make_messages(FRIDAY)
        with self.at(FRIDAY):
            messages._release()
        self.assertInTurn(messages, datetime(2026, 4, 6, 1), "outside_window")

    def test_few_customers_have_one_turn(self):
        messages = self.make_messages()
        with patch.object(gatekeeper, "CUSTOMERS_A_TURN", 100), self.at(NIGHT):
            messages._release()
        self.assertEqual(set(messages.mapped("date_planned")), {MORNING})

    def test_a_message_of_the_day_waits_for_no_turn(self):
        messages = self.make_messages(NOW)
        messages._release()
        self.assertEqual(set(messages.mapped("state")), {"done"})

    def test_people_are_not_asked_to_wait_for_a_turn(self):
        """Their minutes a day spread what they make."""
        call = self.contact(date_planned=NIGHT)
        with self.at(NIGHT):
            call._release()
        self.assertEqual(call.date_planned.minute, 0)

    # ------------------------------------------------------------------
    # Who carries that out
    # ------------------------------------------------------------------

    def test_the_job_comes_for_each_turn(self):
        messages = self.make_messages()
        with self.at(NIGHT):
            self.run_cron("release")
        done = []
        for rank in range(TURNS):
            with self.at(MORNING + rank * TURN):
                self.assertEqual(self.get_calls("release"), rank > 0)
                self.run_cron("release")
                self.assertTrue(self.get_calls(MAIL_QUEUE), "and the queue at once")
            done.append(len(messages.filtered(lambda i: i.state == "done")))
        self.assertEqual(done, [(rank + 1) * MANY / TURNS for rank in range(TURNS)])
        with self.at(MORNING + TURNS * TURN):
            self.assertFalse(self.get_calls("release"))

    def get_calls(self, name):
        """Return whether a job is called by now; what was called before is over."""
        xmlid = name if "." in name else f"crm_relationship.ir_cron_{name}"
        triggers = self.env["ir.cron.trigger"].search(
            [
                ("cron_id", "=", self.env.ref(xmlid).id),
                ("call_at", "<=", fields.Datetime.now()),
            ]
        )
        called = bool(triggers)
        triggers.unlink()
        return called

    def test_the_gate_tells_the_same_time(self):
        messages = self.make_messages()
        with self.at(NIGHT):
            messages._release()
            for message in messages[:TURNS]:
                moment = advice.local_moment(message, message.date_planned)
                self.assertIn(f"Possible from {moment}", message.gate_message)
                self.assertIn(moment, message.gate_overview)
