"""Done means that it reached the customer: what became of each message is fed back."""

import smtplib
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.addons.sms.tools.sms_api import SmsApi

from .common import NOW, TODAY
from .common_message import MessageCase

MAIL_LOG = "odoo.addons.mail.models.mail_mail"


@tagged("post_install", "-at_install")
class DeliveryCase(MessageCase):
    def sent(self, touchpoints, **partner):
        """Return an interaction whose message waits in the queue, and the message."""
        contact = self.planned(touchpoints, **partner)
        contact._release()
        self.assertEqual(contact.state, "done")
        return contact, self.mails(contact) or self.texts(contact)

    @contextmanager
    def mail_server(self, failure=None):
        """A mail server that refuses every address, or takes every message."""

        def send_email(_server, message, *_args, **_kwargs):
            if failure:
                raise failure
            return message["Message-Id"]

        with (
            patch.object(IrMail_Server, "_disable_send", lambda server: False),
            patch.object(IrMail_Server, "_connect__", lambda server, **kwargs: None),
            patch.object(IrMail_Server, "send_email", send_email),
            mute_logger(MAIL_LOG),
        ):
            yield

    @contextmanager
    def no_mail_server(self):
        def connect(_server, **_kwargs):
            raise ConnectionRefusedError("no route to host")

        with (
            patch.object(IrMail_Server, "_connect__", connect),
            mute_logger(MAIL_LOG),
        ):
            yield

    @contextmanager
    def sms_provider(self, state):
        """A provider of SMS that answers with one of its states."""

        def answer(_api, messages, delivery_reports_url=False):
            return [
                {"uuid": number["uuid"], "state": state}
                for message in messages
                for number in message["numbers"]
            ]

        with patch.object(SmsApi, "_send_sms_batch", answer):
            yield

    def send_sms(self, text, state):
        with self.sms_provider(state):
            text.send()

    def bounce(self, mail, address="c@example.com"):
        """Let an e-mail that was sent come back, as the mail gateway is told."""
        self.env["mail.thread"].sudo()._routing_handle_bounce(
            EmailMessage(),
            {
                "bounced_email": address,
                "bounced_partner": mail.recipient_ids,
                "bounced_msg_ids": [mail.message_id],
                "bounced_message": mail.mail_message_id,
                "body": "<p>No such user</p>",
                "email_from": "mailer-daemon@example.com",
                "to": "bounce@example.com",
                "message_id": "<bounce@example.com>",
            },
        )

    def assertSkipped(self, contact, reason="undelivered"):
        self.assertRecordValues(
            contact,
            [
                {
                    "state": "skipped",
                    "reason_code": reason,
                    "outcome": False,
                    "date_done": False,
                    "cost": 0,
                    "duration": 0,
                }
            ],
        )
        self.assertFalse(contact.relationship_id.last_contact_date)

    def assertInQueue(self, contact, touchpoint):
        self.assertRecordValues(
            contact,
            [
                {
                    "state": "open",
                    "touchpoint_id": touchpoint.id,
                    "outcome": False,
                    "date_done": False,
                }
            ],
        )
        self.assertTrue(contact.activity_id)
        self.assertFalse(contact.relationship_id.last_contact_date)


@tagged("post_install", "-at_install")
class TestDelivery(DeliveryCase):
    # -- email

    def test_email_that_leaves_stays_done(self):
        contact, mail = self.sent(self.email + self.call)
        with self.mail_server():
            mail.send()
        self.assertEqual((mail.state, contact.state), ("sent", "done"))
        self.assertEqual(contact.relationship_id.last_contact_date, TODAY)

    def test_email_that_waited_for_days_counts_from_when_it_left(self):
        contact, mail = self.sent(self.email)
        with self.in_days(3), self.mail_server():
            mail.send()
            self.assertEqual(contact.date_done, NOW + timedelta(days=3))
            self.assertEqual(
                contact.relationship_id.last_contact_date, TODAY + timedelta(days=3)
            )

    def test_sms_that_waited_for_days_counts_from_when_it_left(self):
        contact, text = self.sent(self.sms)
        with self.in_days(3):
            self.send_sms(text, "success")
            self.assertEqual(contact.date_done, NOW + timedelta(days=3))

    def test_refused_by_the_mail_server(self):
        refusal = smtplib.SMTPRecipientsRefused({"c@example.com": (550, b"unknown")})
        contact, mail = self.sent(self.email)
        with self.mail_server(refusal):
            mail.send()
        self.assertEqual(mail.state, "exception")
        self.assertSkipped(contact)

    def test_refused_by_the_mail_server_goes_to_the_next_channel(self):
        refusal = smtplib.SMTPRecipientsRefused({"c@example.com": (550, b"unknown")})
        contact, mail = self.sent(self.email + self.call)
        with self.mail_server(refusal):
            mail.send()
        self.assertInQueue(contact, self.call)

    def test_next_channel_may_be_a_message_as_well(self):
        contact, mail = self.sent(self.email + self.sms)
        with self.mail_server(AssertionError(IrMail_Server.NO_VALID_RECIPIENT)):
            mail.send()
        self.assertEqual((contact.state, contact.touchpoint_id), ("done", self.sms))
        self.send_sms(self.texts(contact), "wrong_number_format")
        self.assertSkipped(contact)

    def test_no_connection_is_tried_again_later(self):
        contact, mail = self.sent(self.email + self.call)
        with self.no_mail_server():
            mail.send()
        self.assertRecordValues(
            contact, [{"state": "scheduled", "reason_code": "error", "outcome": False}]
        )
        self.assertFalse(contact.relationship_id.last_contact_date)
        with self.in_days(2):
            contact._release()
            self.assertEqual(
                (contact.state, contact.touchpoint_id), ("done", self.email)
            )

    def test_no_connection_for_days_goes_to_the_next_channel(self):
        contact, mail = self.sent(self.email + self.call)
        for day in range(2, 2 * self.company.relationship_max_attempts, 2):
            with self.no_mail_server():
                mail.send()
            self.assertEqual(contact.state, "scheduled")
            with self.in_days(day):
                contact._release()
            mail = self.mails(contact).filtered(lambda m: m.state == "outgoing")
        with self.no_mail_server():
            mail.send()
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.call))

    def test_email_that_somebody_cancels_or_deletes(self):
        for method in ("cancel", "unlink"):
            with self.subTest(method=method):
                contact, mail = self.sent(self.email + self.call)
                getattr(mail, method)()
                self.assertRecordValues(
                    contact,
                    [
                        {
                            "state": "cancelled",
                            "reason_code": "by_hand",
                            "outcome": False,
                            "date_done": False,
                        }
                    ],
                )

    def test_email_that_odoo_cancels(self):
        contact, mail = self.sent(self.email)
        mail.write({"state": "cancel", "failure_type": "mail_bl"})
        self.assertSkipped(contact)

    def test_email_that_comes_back_later(self):
        contact, mail = self.sent(self.email + self.call)
        with self.mail_server():
            mail.send()
        with self.in_days(1):
            self.bounce(mail)
        self.assertInQueue(contact, self.call)

    def test_cost_and_effect_of_a_template(self):
        """Only of what arrived: the call that follows is nobody's template."""
        email, mail = self.sent(self.email + self.call)
        sms, _text = self.sent(self.sms, phone="+62 812-3333-4444")
        self.assertEqual(email.mail_template_id, self.mail_template)
        self.assertFalse(email.sms_template_id)
        self.assertEqual(sms.sms_template_id, self.sms_template)
        self.env.flush_all()
        report = self.env["crm.effect.report"].with_user(self.manager)
        for template, contact in (
            (self.mail_template, email),
            (self.sms_template, sms),
        ):
            found = report.search([(f"{template._table}_id", "=", template.id)])
            self.assertEqual(found.ids, contact.ids)
        with self.mail_server():
            mail.send()
        self.bounce(mail)
        self.assertInQueue(email, self.call)
        self.assertFalse(email.mail_template_id)

    def test_email_that_comes_back_without_another_channel(self):
        contact, mail = self.sent(self.email)
        with self.mail_server():
            mail.send()
        self.bounce(mail)
        self.assertSkipped(contact)

    def test_bounce_that_a_user_makes_up(self):
        contact, mail = self.sent(self.email)
        with self.mail_server():
            mail.send()
        thread = self.env["mail.thread"].with_user(self.sari)
        with patch.object(
            type(self.env["mail.thread"]), "_routing_handle_bounce"
        ) as handled:
            handled.return_value = None
            self.assertFalse(thread._is_mail_gateway())
        self.assertEqual(contact.state, "done")

    def test_failed_email_put_back_after_a_call_does_not_leave(self):
        contact, mail = self.sent(self.email + self.call)
        with self.mail_server(AssertionError(IrMail_Server.NO_VALID_RECIPIENT)):
            mail.send()
        contact.action_done()
        mail.action_retry()
        with self.mail_server():
            mail.send()
        self.assertEqual((mail.state, contact.state), ("cancel", "done"))

    # -- SMS

    def test_sms_without_credit(self):
        contact, text = self.sent(self.sms)
        self.send_sms(text, "insufficient_credit")
        self.assertEqual(text.state, "error")
        self.assertSkipped(contact)

    def test_each_failure_of_an_sms_goes_to_the_next_channel(self):
        for state in (
            "insufficient_credit",
            "wrong_number_format",
            "country_not_supported",
            "unregistered",
            "something_new",
        ):
            with self.subTest(state=state):
                contact, text = self.sent(self.sms + self.visit)
                self.send_sms(text, state)
                self.assertInQueue(contact, self.visit)

    def test_provider_out_of_reach_is_tried_again_later(self):
        contact, text = self.sent(self.sms + self.call)
        self.send_sms(text, "server_error")
        self.assertRecordValues(
            contact, [{"state": "scheduled", "reason_code": "error"}]
        )

    def test_sms_blacklisted_in_the_queue(self):
        contact, text = self.sent(self.sms + self.visit)
        text.write({"state": "canceled", "failure_type": "sms_blacklist"})
        self.assertInQueue(contact, self.visit)

    def test_sms_that_somebody_cancels_or_deletes(self):
        for method in ("action_set_canceled", "unlink"):
            with self.subTest(method=method):
                contact, text = self.sent(self.sms + self.call)
                getattr(text, method)()
                self.assertEqual(
                    (contact.state, contact.reason_code), ("cancelled", "by_hand")
                )

    def test_report_that_an_sms_was_not_delivered(self):
        for state in ("not_delivered", "expired", "rejected"):
            with self.subTest(state=state):
                contact, text = self.sent(self.sms + self.visit)
                self.send_sms(text, "success")
                self.assertEqual(contact.state, "done")
                tracker = text.sms_tracker_id
                text.sudo().unlink()
                tracker._action_update_from_provider_error(state)
                self.assertInQueue(contact, self.visit)

    def test_ledger_that_fails_does_not_stop_the_queue(self):
        contact, mail = self.sent(self.email)
        with (
            patch.object(
                type(contact), "_follow_failure", side_effect=ValueError("broken")
            ),
            self.mail_server(AssertionError(IrMail_Server.NO_VALID_RECIPIENT)),
            mute_logger("odoo.addons.crm_relationship.models.base.apart"),
        ):
            mail.send()
        self.assertEqual((mail.state, contact.state), ("exception", "done"))

    # -- what follows

    def test_next_one_of_the_plan_waits_until_this_one_is_done(self):
        contact, mail = self.sent(self.email + self.call)
        line = contact.plan_line_id
        successor = self.pending(contact.relationship_id)
        self.assertEqual(successor.plan_line_id, line)
        mail.write({"state": "cancel", "failure_type": "mail_optout"})
        self.assertEqual(self.pending(contact.relationship_id), contact)
        contact.action_done()
        self.assertEqual(
            self.pending(contact.relationship_id).date_due,
            TODAY.replace(month=4, day=30),
        )

    def test_next_one_in_a_queue_already_stays_there(self):
        contact, mail = self.sent(self.email)
        successor = self.pending(contact.relationship_id)
        contact.plan_line_id.touchpoint_ids = self.call
        successor.date_planned = NOW + timedelta(days=1)
        successor._release()
        self.assertEqual(successor.state, "open")
        mail.write({"state": "cancel", "failure_type": "mail_optout"})
        self.assertEqual(successor.state, "open")
        self.assertEqual(
            (contact.state, contact.reason_code), ("skipped", "undelivered")
        )
