"""A message that was sent by mistake comes back, as long as it has not left."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.people.carrying import HOLD
from .common import NOW
from .common_gate import GateCase
from .test_delivery import DeliveryCase


@tagged("post_install", "-at_install")
class TestRecall(GateCase):
    sms_provider = DeliveryCase.sms_provider
    mail_server = DeliveryCase.mail_server

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.interaction = cls.make_open(cls.relationship)

    def compose(self, kind, **values):
        """Return the composer of the button, with the text of somebody."""
        mine = self.interaction.with_user(self.sari).with_context(channel=kind)
        action = mine.action_reach()
        composer = self.env[action["res_model"]].with_user(self.sari)
        composer = composer.browse(action["res_id"])
        if kind == "email":
            values["subject"] = "Hi"
        composer.write({"body": "Dear you", **values})
        return composer

    def send(self, kind, **values):
        composer = self.compose(kind, **values)
        return (
            composer.action_send_mail()
            if kind == "email"
            else composer.action_send_sms()
        )

    def queued(self, kind):
        model = {"email": "mail.mail", "sms": "sms.sms"}[kind]
        sent = self.interaction.source_id
        return self.env[model].search([("mail_message_id", "=", sent)])

    def progress(self):
        """Let a job run without its commits."""
        jobs = self.env.registry["ir.cron"]
        return patch.object(jobs, "_commit_progress", lambda *_args, **_kwargs: 60)

    def run_queue(self, kind, seconds=0, state="success"):
        with self.at(NOW + timedelta(seconds=seconds)):
            if kind == "sms":
                with self.sms_provider(state), self.progress():
                    self.env["sms.sms"]._process_queue()
            else:
                with self.mail_server():
                    self.env["mail.mail"].process_email_queue()

    def undo(self, action):
        self.assertEqual(action["tag"], "crm_relationship.undo")
        undo = self.env["crm.interaction.undo"].browse(action["params"]["undo_id"])
        return undo.with_user(self.sari).action_undo()

    def rows(self):
        self.env.flush_all()
        self.env.invalidate_all()
        names = self.interaction._get_undone_fields()
        interactions = self.interactions(self.relationship)
        return (
            [{name: i[name] for name in names} for i in interactions],
            self.interaction.activity_id.active,
            self.partner.message_ids,
        )

    def test_held_and_then_sent(self):
        for kind in ("email", "sms"):
            interaction = self.interaction
            with self.subTest(kind):
                self.send(kind)
                self.assertEqual(interaction.state, "done")
                message = self.queued(kind)
                self.assertEqual(message.state, "outgoing")
                self.run_queue(kind, 5)
                self.assertEqual(message.state, "outgoing", "it is held")
                self.run_queue(kind, 20)
                left = message.exists()
                self.assertFalse(left.filtered(lambda m: m.state == "outgoing"))
                self.assertEqual(interaction.state, "done")
                self.assertEqual(interaction.outcome, "sent")
            self.interaction = self.make_open(self.relationship, kind="service")

    def test_the_queues_are_started_in_time(self):
        crons = self.env.ref("mail.ir_cron_mail_scheduler_action") + self.env.ref(
            "sms.ir_cron_sms_scheduler_action"
        )
        self.send("email")
        triggers = self.env["ir.cron.trigger"].search(
            [("cron_id", "in", crons.ids), ("call_at", "=", NOW + HOLD)]
        )
        self.assertEqual(triggers.cron_id, crons)

    def test_recalled(self):
        for kind in ("email", "sms"):
            with self.subTest(kind):
                before = self.rows()
                action = self.send(kind)
                message = self.queued(kind)
                self.assertIn("a few seconds", action["params"]["message"])
                then = self.undo(action)
                self.assertEqual(self.rows(), before)
                self.assertFalse(message.exists())
                self.run_queue(kind, 20)
                self.assertEqual(self.rows(), before)
                draft = then["params"]["draft"]
                composer = self.env[draft["res_model"]].browse(draft["res_id"])
                self.assertIn("Dear you", composer.body)
                self.assertEqual(composer.crm_interaction_id, self.interaction)

    def test_the_draft_can_be_sent(self):
        attachments = self.env["ir.attachment"].with_user(self.sari)
        document = attachments.create(
            {"name": "Offer", "raw": b"1", "res_model": "mail.compose.message"}
        )
        for kind, values in (
            ("email", {"attachment_ids": document.ids}),
            ("sms", {}),
        ):
            with self.subTest(kind):
                draft = self.undo(self.send(kind, **values))["params"]["draft"]
                composer = self.env[draft["res_model"]].browse(draft["res_id"])
                composer = composer.with_user(self.sari)
                if kind == "email":
                    self.assertEqual(composer.subject, "Hi")
                    self.assertEqual(composer.attachment_ids.raw, b"1")
                    action = composer.action_send_mail()
                else:
                    action = composer.action_send_sms()
                self.assertEqual(self.interaction.state, "done")
                self.undo(action)

    def test_what_has_left_has_left(self):
        for kind in ("email", "sms"):
            action = self.send(kind)
            self.run_queue(kind, 20)
            with (
                self.subTest(kind),
                self.at(NOW + timedelta(seconds=25)),
                self.assertRaisesRegex(UserError, "nobody can call it back"),
            ):
                self.undo(action)
            self.assertEqual(self.interaction.outcome, "sent")
            self.interaction = self.make_open(self.relationship, kind="service")

    def test_what_is_being_sent_counts_as_left(self):
        action = self.send("email")
        mails = self.env.registry["mail.mail"]
        with (
            patch.object(mails, "try_lock_for_update", lambda mail: mail.browse()),
            self.assertRaisesRegex(UserError, "nobody can call it back"),
        ):
            self.undo(action)

    def test_chatter_sends_at_once(self):
        self.partner.with_user(self.sari).message_post(
            body="Hello",
            partner_ids=self.partner.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )
        mails = self.env["mail.mail"].search([("res_id", "=", self.partner.id)])
        self.assertFalse(mails.filtered("scheduled_date"))

    def test_that_fails_comes_back(self):
        """The interaction is not lost with the message that was to carry it out."""
        self.send("sms")
        self.run_queue("sms", 20, "insufficient_credit")
        self.assertRecordValues(
            self.interaction,
            [{"state": "open", "outcome": False, "source_id": 0, "date_done": False}],
        )
        self.assertEqual(self.interaction.failed_touchpoint_ids, self.sms)
        self.assertNotEqual(self.interaction.touchpoint_id, self.sms)

    def test_queue_is_not_kept_busy_by_what_is_held(self):
        self.send("sms")
        domain = self.env["sms.sms"]._get_may_leave_domain()
        sms = self.queued("sms")
        self.assertFalse(sms.filtered_domain(domain))
        with self.at(NOW + timedelta(seconds=20)):
            later = self.env["sms.sms"]._get_may_leave_domain()
            self.assertTrue(sms.filtered_domain(later))
        self.assertGreater(sms.crm_departure, fields.Datetime.now())
