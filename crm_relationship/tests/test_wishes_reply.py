from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

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
                person.message_update(
                    {"body": f"<p>{text}</p>", "email_from": person.email}
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
