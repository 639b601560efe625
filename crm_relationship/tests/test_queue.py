"""The queues of e-mails and SMS, with real transactions: each message by itself.

What customers say while a batch is being sent holds for all messages that have not left
yet; a kill, a second worker or a message that cannot be judged stops nothing else.
"""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import psycopg2

from odoo import SUPERUSER_ID, api, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.addons.sms.tools.sms_api import SmsApi

from ..models.courtesy.gatekeeper import Gatekeeper
from ..models.ledger.mail_mail import MailMail
from ..models.ledger.messages import send
from .common_worker import COUNT, Killed, WorkerCase

LOGS = ("odoo.addons.crm_relationship.models.ledger", "odoo.sql_db")


def send_as_odoo(mails, **kwargs):
    """Send without asking anybody."""
    return super(MailMail, mails)._send(**kwargs)


@tagged("post_install", "-at_install")
class QueueCase(WorkerCase):
    """One queued message for each customer, and a provider that only notes them."""

    model = None
    kind = None
    sent_states = ()
    cancelled = None

    def setUp(self):
        super().setUp()
        # Who got a message, by the number in the name, in this order.
        self.left = []
        # What else happens when the n-th message leaves: {n: function}.
        self.on_leaving = {}
        with self.environment() as env:
            self._queue(env)

    def _queue(self, env):
        touchpoint = env.ref(f"crm_relationship.crm_touchpoint_{self.kind}")
        relationships = env["crm.relationship"].browse(self.relationship_ids)
        for number, partner in enumerate(relationships.partner_id):
            partner.phone = f"+62 812 5555 {1000 + number}"
        contacts = env["crm.interaction"].create(
            [
                {
                    "name": "Queue",
                    "relationship_id": relationship.id,
                    "touchpoint_id": touchpoint.id,
                    "date_planned": fields.Datetime.now() - timedelta(hours=1),
                }
                for relationship in relationships
            ]
        )
        send(contacts, self._template(env), touchpoint)
        messages = env[self.model].search(
            [("crm_interaction_id", "in", contacts.ids)], order="id"
        )
        self.message_ids = messages.ids
        self.contact_ids = messages.crm_interaction_id.ids

    def _template(self, env):
        return env["mail.template"].browse(self.template_id)

    def _leave(self, number):
        """Note that the message of customer ``number`` leaves."""
        action = self.on_leaving.get(len(self.left) + 1)
        if action is Killed:
            raise Killed
        self.left.append(number)
        if action:
            action()

    def work(self):
        """Send the queue as one worker does."""
        with self.environment() as env, self.provider():
            self.work_in(env)

    def rows(self):
        """Return [(state of the message, of its contact, reason)] by number."""
        table = self.model.replace(".", "_")
        with self.environment() as env:
            env.cr.execute(
                f"SELECT m.state, i.state, i.reason_code FROM {table} m"
                " JOIN crm_interaction i ON i.id = m.crm_interaction_id"
                " WHERE m.id = ANY(%s) ORDER BY m.id",
                [self.message_ids],
            )
            return env.cr.fetchall()

    def unsubscribe(self, number):
        """Let a customer unsubscribe, in another transaction that is committed."""
        with self.environment() as env:
            contact = env["crm.interaction"].browse(self.contact_ids[number])
            contact.partner_id._unsubscribe(self.kind)

    def unsubscribe_while_leaving(self, leaving, number):
        self.on_leaving[leaving] = lambda: self.unsubscribe(number)

    @contextmanager
    def failing_gate(self, number, failure):
        """Let the judgment of one contact do something bad."""
        judge = Gatekeeper.judge
        bad_id = self.contact_ids[number]

        def fail(keeper, interaction, *args, **kwargs):
            decision = judge(keeper, interaction, *args, **kwargs)
            return failure(keeper, decision) if interaction.id == bad_id else decision

        with patch.object(Gatekeeper, "judge", fail):
            yield

    def assertAllLeftOnce(self):
        self.assertEqual(sorted(self.left), list(range(COUNT)))
        self.assertEqual({state for state, *_rest in self.rows()}, self.sent_states)


class QueueTests:
    """The same for both queues."""

    allow_inherited_tests_method = True

    def test_each_leaves_once(self):
        self.work()
        self.work()
        self.assertAllLeftOnce()

    def test_unsubscribed_between_two_messages(self):
        self.unsubscribe_while_leaving(1, 1)
        self.unsubscribe_while_leaving(5, COUNT - 1)
        self.work()
        self.assertEqual(self.left, [0, *range(2, COUNT - 1)])
        for number in (1, COUNT - 1):
            self.assertEqual(
                self.rows()[number], (self.cancelled, "skipped", "channel_refused")
            )

    def test_unsubscribed_just_before_the_first_message(self):
        """The worker began long ago: connecting to a provider takes seconds."""
        with self.environment() as env, self.provider():
            env.cr.execute("SELECT 1 FROM res_partner LIMIT 1")
            self.unsubscribe(0)
            self.work_in(env)
        self.assertEqual(self.left, list(range(1, COUNT)))
        self.assertEqual(self.rows()[0], (self.cancelled, "skipped", "channel_refused"))

    def test_paused_between_two_messages(self):
        def pause():
            with self.environment() as env:
                contact = env["crm.interaction"].browse(self.contact_ids[3])
                contact.partner_id._change_preferences(
                    {"contact_snooze_until": fields.Date.today() + timedelta(days=9)},
                    "link",
                )

        self.on_leaving[2] = pause
        self.work()
        self.work()
        self.assertEqual(self.left, [n for n in range(COUNT) if n != 3])
        self.assertEqual(self.rows()[3][0], "outgoing")

    def test_killed_and_resumed(self):
        for calls in (4, 5, 9):
            self.on_leaving = {calls: Killed}
            with self.assertRaises(Killed):
                self.work()
            self.assertEqual(self.left, list(range(calls - 1)))
            states = [state for state, *_rest in self.rows()]
            self.assertEqual(states.count("outgoing"), COUNT - calls + 1)
        self.on_leaving = {}
        self.work()
        self.assertEqual(self.left, list(range(COUNT)))
        self.assertAllLeftOnce()

    def test_two_workers_at_once(self):
        """The second finds one message locked, and takes those that are not."""
        self.on_leaving[3] = self.work
        self.work()
        self.assertAllLeftOnce()
        self.assertEqual(self.left[:3], [0, 1, 2])

    @mute_logger(*LOGS)
    def test_worker_that_loses_a_conflict_goes_on(self):
        """Somebody writes on the contact between the judgment and the writing."""

        times = []

        def collide(keeper, decision):
            times.append(decision)
            if len(times) == 1:
                with self.environment() as env:
                    env.cr.execute(
                        "UPDATE crm_interaction SET feedback = 'x' WHERE id = %s",
                        [self.contact_ids[4]],
                    )
            return decision

        self.unsubscribe(4)
        with self.failing_gate(4, collide):
            self.work()
            self.assertEqual(self.left, [n for n in range(COUNT) if n != 4])
            self.assertEqual(self.rows()[4][:2], ("outgoing", "done"))
            self.work()
        self.assertEqual(self.rows()[4], (self.cancelled, "skipped", "channel_refused"))

    @mute_logger(*LOGS)
    def test_worker_that_cannot_serialize_goes_on(self):
        Message = self.registry[self.model]
        lock = Message.try_lock_for_update

        def collide(records, *args, **kwargs):
            if records.ids == [self.message_ids[2]]:
                raise psycopg2.errors.SerializationFailure
            return lock(records, *args, **kwargs)

        with patch.object(Message, "try_lock_for_update", collide):
            self.work()
        self.assertEqual(self.left, [n for n in range(COUNT) if n != 2])
        self.work()
        self.assertAllLeftOnce()

    def test_gate_that_fails_for_one_withholds_that_one(self):
        def overflow(keeper, decision):
            raise OverflowError("date value out of range")

        def wrong_sql(keeper, decision):
            keeper.env.cr.execute("SELECT 1 / 0")

        for failure in (overflow, wrong_sql):
            with (
                self.subTest(failure=failure.__name__),
                self.failing_gate(2, failure),
                self.assertLogs(LOGS[0], "ERROR"),
                mute_logger("odoo.sql_db"),
            ):
                self.work()
            self.assertEqual(self.left, [n for n in range(COUNT) if n != 2])
            self.assertEqual(self.rows()[2][0], "outgoing")
        self.work()
        self.assertAllLeftOnce()

    def test_gate_that_fails_for_all_leaves_others_alone(self):
        other_id = self.make_other()
        with (
            patch.object(Gatekeeper, "__init__", side_effect=OverflowError),
            self.assertLogs(LOGS[0], "ERROR"),
        ):
            self.message_ids.append(other_id)
            self.work()
            self.message_ids.remove(other_id)
        self.assertEqual(self.left, ["other"])
        self.assertEqual({state for state, *_rest in self.rows()}, {"outgoing"})
        self.work()
        self.left.remove("other")
        self.assertAllLeftOnce()


@tagged("post_install", "-at_install")
class TestMailQueue(QueueTests, QueueCase):
    model = "mail.mail"
    kind = "email"
    sent_states = {"sent"}
    cancelled = "cancel"

    @contextmanager
    def provider(self):
        """A mail server that only notes whom it was given a message for."""

        def send_email(_server, message, *_args, **_kwargs):
            name = message["To"]
            number = int(name.split()[1].strip('"')) if "Worker" in name else "other"
            self._leave(number)
            return message["Message-Id"]

        with (
            patch.object(IrMail_Server, "_disable_send", lambda server: False),
            patch.object(IrMail_Server, "_connect__", lambda server, **kwargs: None),
            patch.object(IrMail_Server, "send_email", send_email),
        ):
            yield

    def work_in(self, env):
        mails = env["mail.mail"].browse(self.message_ids)
        outgoing = mails.filtered(lambda mail: mail.state == "outgoing")
        outgoing.sorted("id").send(auto_commit=True, post_send_callback=self._note)

    def count_queries(self):
        """Queue one e-mail a customer, send them and return the number of queries."""
        with self.environment() as env:
            self._queue(env)
        with self.environment() as env, self.provider():
            before = env.cr.sql_log_count
            self.work_in(env)
            return env.cr.sql_log_count - before

    def test_asking_for_each_costs_four_queries(self):
        """Those that Odoo does not ask itself: the lock, and three by the gate.

        These are the history, the blacklist and the refused channels. What companies
        set is read once a batch.
        """

        self.count_queries()  # fills the registry's caches
        with patch.object(MailMail, "_send", send_as_odoo):
            bare = self.count_queries()
        self.assertLessEqual(self.count_queries(), bare + 4 * COUNT + 10)

    def _note(self, ids):
        self.noted = getattr(self, "noted", set()) | set(ids)

    def make_other(self):
        with self.environment() as env:
            mail = env["mail.mail"].create(
                {"email_to": "Invoice <invoice@example.com>", "body_html": "<p>1</p>"}
            )
            self.addCleanup(self._delete, "mail_mail", mail.id)
            return mail.id

    def _delete(self, table, id_):
        with self.environment() as env:
            env.cr.execute(f"DELETE FROM {table} WHERE id = %s", [id_])

    def test_progress_counts_what_was_withheld(self):
        """Else the job would start again at once, as if there were work left."""
        self.unsubscribe_while_leaving(1, 1)
        self.work()
        self.assertEqual(self.noted, set(self.message_ids))

    def test_mail_that_has_left_is_not_judged_again(self):
        self.work()
        self.unsubscribe(0)
        with self.environment() as env, self.provider():
            env["mail.mail"].browse(self.message_ids).send(auto_commit=True)
        self.assertAllLeftOnce()
        self.assertEqual(self.rows()[0][:2], ("sent", "done"))


@tagged("post_install", "-at_install")
class TestSmsQueue(QueueTests, QueueCase):
    model = "sms.sms"
    kind = "sms"
    sent_states = {"pending"}
    cancelled = "canceled"

    def _template(self, env):
        return env["sms.template"].create(
            {
                "name": "Queue",
                "model_id": env["ir.model"]._get_id("res.partner"),
                "body": "Hello",
            }
        )

    def _forget(self):
        with self.environment() as env:
            env["sms.template"].search([("name", "=", "Queue")]).unlink()
        return super()._forget()

    @contextmanager
    def provider(self):
        """A provider of SMS that only notes whom it was given a message for."""

        def send_batch(_api, messages, delivery_reports_url=False):
            results = []
            for message in messages:
                for number in message["numbers"]:
                    digits = number["number"].replace(" ", "")
                    ours = digits.startswith("+628125555")
                    self._leave(int(digits[-4:]) - 1000 if ours else "other")
                    results.append({"uuid": number["uuid"], "state": "success"})
            return results

        with patch.object(SmsApi, "_send_sms_batch", send_batch):
            yield

    def work_in(self, env):
        env["sms.sms"]._process_queue()

    def make_other(self):
        with self.environment() as env:
            sms = env["sms.sms"].create({"number": "+6281999", "body": "Your parcel"})
            return sms.id

    def test_waiting_messages_do_not_fill_up_the_batches_of_others(self):
        with self.environment() as env:
            contacts = env["crm.interaction"].browse(self.contact_ids)
            contacts.partner_id.contact_snooze_until = fields.Date.today() + timedelta(
                days=9
            )
            env["ir.config_parameter"].set_param("sms.session.batch.size", "5")
        self.addCleanup(self._restore_batch_size)
        self.make_other()
        self.work()
        self.assertEqual(self.left, ["other"])

    def _restore_batch_size(self):
        with self.environment() as env:
            env["ir.config_parameter"].set_param("sms.session.batch.size", False)

    def test_sent_by_a_user_asks_the_gate_for_each(self):
        self.unsubscribe(2)
        with self.environment() as env, self.provider():
            api.Environment(env.cr, SUPERUSER_ID, {})["sms.sms"].browse(
                self.message_ids
            ).send()
        self.assertEqual(self.left, [n for n in range(COUNT) if n != 2])
