from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user, tagged

from .common_wishes import WishesCase

MAIL = """Return-Path: <{sender}>
To: <reply@example.com>
From: {sender}
Subject: {subject}
Message-Id: <{id}@example.com>
In-Reply-To: {parent}
References: {parent}
Content-Type: text/plain; charset=utf-8

{body}
"""
BOUNCE = """Return-Path: <>
To: <bounce@example.com>
From: MAILER-DAEMON <mailer-daemon@example.com>
Subject: Undelivered Mail Returned to Sender
Message-Id: <{id}@example.com>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="parts"

--parts
Content-Type: text/plain

The mail was not delivered.

--parts
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.com

Final-Recipient: rfc822; person@example.com
Action: failed
Status: 5.1.1

--parts
Content-Type: message/rfc822

Message-Id: {parent}
From: <shop@example.com>
To: <person@example.com>
Subject: hello

How are you?
--parts--
"""


@tagged("post_install", "-at_install")
class TestWishesReply(WishesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.message = cls.person.message_post(
            body="How are you?", message_type="comment", subtype_xmlid="mail.mt_comment"
        )

    def _receive(self, body, sender="Person <person@example.com>", subject="Re: hello"):
        """Let the mail gateway receive an answer to our message."""
        self.env["mail.thread"].message_process(
            "res.partner",
            MAIL.format(
                sender=sender,
                subject=subject,
                body=body,
                id=f"reply-{sender[:3]}-{len(body)}-{len(subject)}",
                parent=self.message.message_id,
            ),
        )

    def test_stop_refuses_email(self):
        self._receive("STOP!\n\n> How are you?")
        self.assertEqual(self.person.refused_touchpoint_ids, self.email)
        row = self._history()
        self.assertRecordValues(
            row, [{"source": "reply", "by_customer": True, "kind": "refused_channel"}]
        )
        self.assertIn("STOP!", row.wording)
        with self.assertRaises(UserError):
            self.person.refused_touchpoint_ids = [Command.clear()]

    def test_stop_in_other_words(self):
        for number, text in enumerate(("Berhenti.", "unsubscribe", "  Please stop  ")):
            with self.subTest(text=text):
                person = self.env["res.partner"].create(
                    {"name": text, "email": f"p{number}@example.com"}
                )
                self.env["mail.thread"].message_process(
                    "res.partner",
                    MAIL.format(
                        sender=person.email,
                        subject="Re: hello",
                        body=text,
                        id=f"words-{number}",
                        parent=person.message_post(
                            body="How are you?", subtype_xmlid="mail.mt_comment"
                        ).message_id,
                    ),
                )
                self.assertEqual(person.refused_touchpoint_ids, self.email)

    def test_empty_message_with_subject_unsubscribe(self):
        self._receive("", subject="unsubscribe")
        self.assertEqual(self.person.refused_touchpoint_ids, self.email)

    def test_other_answers_refuse_nothing(self):
        for body in (
            "Thank you, I am fine.",
            "Stop by my office tomorrow, please",
            "I will not stop buying from you",
            "Fine.\nStop",
        ):
            self._receive(body)
        self.assertFalse(self.person.refused_touchpoint_ids)

    def test_stop_of_a_stranger_refuses_nothing(self):
        self._receive("stop", sender="stranger@example.org")
        self.assertFalse(self.person.refused_touchpoint_ids)

    def test_stop_of_a_colleague_counts_for_the_colleague(self):
        colleague = self.person.create(
            {"name": "C", "parent_id": self.firm.id, "email": "c@example.com"}
        )
        self._receive("stop", sender="c@example.com")
        self.assertEqual(colleague.refused_touchpoint_ids, self.email)
        self.assertFalse(self.person.refused_touchpoint_ids)

    def test_long_stop_reply_is_kept_in_part(self):
        self._receive("stop\n" + "x " * 50_000)
        self.assertEqual(self.person.refused_touchpoint_ids, self.email)
        self.assertEqual(len(self._history().wording), 2000)

    def test_each_of_several_addresses_is_heard(self):
        self.person.email = "first@example.com, Person <person@example.com>"
        self._receive("stop")
        self.assertEqual(self.person.refused_touchpoint_ids, self.email)
        other = self.person.create(
            {"name": "Other", "email": "o@example.com, person@example.com"}
        )
        mail = BOUNCE.format(id="bounce-second", parent="unknown")
        self.env["mail.thread"].message_process(False, mail)
        self.assertEqual(other.refused_touchpoint_ids, self.email)

    def test_bounce_refuses_email_until_staff_corrects_it(self):
        self.person._message_receive_bounce("person@example.com", self.person)
        self.assertEqual(self.person.refused_touchpoint_ids, self.email)
        self.assertRecordValues(
            self._history(), [{"source": "bounce", "by_customer": False}]
        )
        person = self.person.with_user(self.salesperson)
        person.refused_touchpoint_ids = [Command.clear()]
        self.assertFalse(self.person.refused_touchpoint_ids)

    def test_second_bounce_is_not_noted_again(self):
        self.person._message_receive_bounce("person@example.com", self.person)
        self.person._message_receive_bounce("person@example.com", self.person)
        self.assertEqual(len(self._history()), 1)

    # ------------------------------------------------------------------
    # Forged: whoever has a login may call these by RPC
    # ------------------------------------------------------------------

    def _forgers(self):
        """Yield everybody who is no mail gateway."""
        yield new_test_user(self.env, "reply_portal", "base.group_portal")
        yield new_test_user(self.env, "reply_internal", "base.group_user")
        yield self.salesperson
        yield self.manager
        yield self.env.ref("base.public_user")

    def _call(self, user, model, method, *args):
        """Call a method as an RPC does; being refused is fine."""
        try:
            with self.env.cr.savepoint():
                call_kw(self.env[model].with_user(user), method, args, {})
        except AccessError:
            self.env.invalidate_all()

    def test_stop_by_rpc_is_nobodys_word(self):
        said = {"body": "<p>stop</p>", "email_from": "person@example.com"}
        for user in self._forgers():
            with self.subTest(user=user.login):
                self._call(user, "res.partner", "message_update", self.person.ids, said)
                self.assertFalse(self.person.refused_touchpoint_ids)
        self.assertFalse(self._history())

    def test_context_does_not_make_a_gateway(self):
        partner = self.person.with_user(self.salesperson).with_context(
            gateway=True, su=True, fetchmail_cron_running=True
        )
        partner.message_update(
            {"body": "<p>stop</p>", "email_from": "person@example.com"}
        )
        self.assertFalse(self.person.refused_touchpoint_ids)

    def test_email_handed_over_by_rpc_is_nobodys_word(self):
        for number, user in enumerate(self._forgers()):
            with self.subTest(user=user.login):
                mail = MAIL.format(
                    sender="person@example.com",
                    subject="Re: hello",
                    body="stop",
                    id=f"forged-{number}",
                    parent=self.message.message_id,
                )
                self._call(user, "mail.thread", "message_process", "res.partner", mail)
                self.assertFalse(self.person.refused_touchpoint_ids)
        self.assertFalse(self._history())

    def test_bounce_handed_over_by_rpc_is_not_believed(self):
        for number, user in enumerate(self._forgers()):
            with self.subTest(user=user.login):
                mail = BOUNCE.format(
                    id=f"forged-bounce-{number}", parent=self.message.message_id
                )
                self._call(user, "mail.thread", "message_process", "res.partner", mail)
                self.assertFalse(self.person.refused_touchpoint_ids)
        self.assertFalse(self._history())

    def test_bounce_through_the_gateway_refuses_email(self):
        mail = BOUNCE.format(id="bounce", parent=self.message.message_id)
        self.env["mail.thread"].message_process("res.partner", mail)
        self.assertEqual(self.person.refused_touchpoint_ids, self.email)
        self.assertEqual(self._history().source, "bounce")

    def test_account_of_the_mail_server_is_a_gateway(self):
        """Odoo's script `odoo-mailgate.py` logs in as an administrator."""
        administrator = new_test_user(self.env, "reply_admin", "base.group_system")
        self.env["mail.thread"].with_user(administrator).message_process(
            "res.partner",
            MAIL.format(
                sender="person@example.com",
                subject="Re: hello",
                body="stop",
                id="script",
                parent=self.message.message_id,
            ),
        )
        self.assertEqual(self.person.refused_touchpoint_ids, self.email)
        self.assertEqual(self._history().source, "reply")
