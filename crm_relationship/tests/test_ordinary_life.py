"""Two months of ordinary life, played in any order: what arrives, and is it told right?

Hypothesis chooses what customers, salespeople and the clock do. Whatever it chooses, no
message reaches an address that refuses it, whatever record the refusal is on, and none
follows an order that was cancelled or given back.
"""

import os
import unittest
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import tagged

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.addons.sms.tools.sms_api import SmsApi

from .common import NOW, RelationshipCase

try:
    import hypothesis
    from hypothesis import strategies
except ImportError:  # where the addon is installed, its tests may run without
    hypothesis = None

DAYS = 60
# More, if somebody has a night.
EXAMPLES = int(os.environ.get("CRM_RELATIONSHIP_LIVES", 12))
LENGTH = 14


@tagged("post_install", "-at_install")
@unittest.skipUnless(hypothesis, "hypothesis is not installed")
class TestOrdinaryLife(RelationshipCase):
    least_total = EXAMPLES

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.contact_cap_ids.unlink()
        cls.program = cls._make_program()
        plan = cls.make_plan(
            {
                "name": "How are you?",
                "touchpoints": cls.email + cls.sms,
                "every": 2,
                "period": "week",
                **cls._make_templates("How are you?"),
            }
        )
        segment = cls.make_segment("All", plan_id=plan.id)
        cls.people = cls._make_people()
        for customer in cls.people.commercial_partner_id:
            cls.make_relationship(customer)._move_to(segment, "test")

    @classmethod
    def _make_templates(cls, name):
        model_id = cls.env["ir.model"]._get_id("res.partner")
        mail = cls.env["mail.template"].create(
            {
                "name": name,
                "model_id": model_id,
                "subject": name,
                "body_html": f"<p>{name}</p>",
                "partner_to": "{{ object.id }}",
                "use_default_to": False,
            }
        )
        sms = cls.env["sms.template"].create(
            {"name": name, "model_id": model_id, "body": name}
        )
        return {"mail_template_id": mail.id, "sms_template_id": sms.id}

    @classmethod
    def _make_program(cls):
        return cls.env["crm.program"].create(
            {
                "name": "After the purchase",
                "trigger": "sale_confirmed",
                "step_ids": [
                    Command.create(
                        {
                            "name": name,
                            "delay": delay,
                            "sequence": rank,
                            "touchpoint_ids": [Command.set((cls.email + cls.sms).ids)],
                            **cls._make_templates(name),
                        }
                    )
                    for rank, (name, delay) in enumerate(
                        (("Thank you", 0), ("Is it fine?", 3), ("Still fine?", 7))
                    )
                ],
            }
        )

    @classmethod
    def _make_people(cls):
        """Return somebody, the same as a guest, and a boss with the firm's address."""
        anna = cls.make_customer(
            "Anna", email="anna@example.com", phone="+62 812 5555 0001"
        )
        guest = cls.make_customer(
            "Anna (guest)", email="Anna@Example.com", phone="+62 812 5555 0001"
        )
        firm = cls.make_customer(
            "Firm", is_company=True, email="firm@example.com", phone="+62 812 5555 0002"
        )
        boss = cls.make_customer(
            "Boss", parent_id=firm.id, email="firm@example.com", lang="en_US"
        )
        return anna | guest | firm | boss

    # ------------------------------------------------------------------
    # What may happen
    # ------------------------------------------------------------------

    def moves(self):
        who = strategies.integers(0, len(self.people) - 1)
        simple = {
            name: strategies.tuples(strategies.just(name), who)
            for name in (
                "order",
                "cancel",
                "give_back",
                "refuse_email",
                "refuse_sms",
                "unsubscribe",
                "stop",
                "bounce",
                "merge",
            )
        }
        pause = strategies.tuples(
            strategies.just("pause"), who, strategies.integers(1, 20)
        )
        wait = strategies.tuples(strategies.just("wait"), strategies.integers(1, 9))
        clock = strategies.tuples(
            strategies.just("set_clock"),
            strategies.sampled_from(("Asia/Jakarta", "America/Los_Angeles", "UTC")),
            strategies.integers(6, 18),
        )
        # Orders and days go by more often than anybody complains.
        return strategies.one_of(
            simple["order"],
            *(wait, wait, wait),
            simple["order"],
            pause,
            clock,
            *simple.values(),
        )

    def play(self, moves):
        """Play the moves; somebody has bought something before."""
        moves = [("order", 0), *moves]
        self.day, self.left, self.latest = 0, [], NOW
        alive = list(self.people)
        for name, *args in moves:
            if name == "wait":
                self.wait(*args)
                continue
            with self.at(self.now()):
                if name == "set_clock":
                    self.set_clock(*args)
                    continue
                person = alive[args[0] % len(alive)]
                if name == "merge":
                    if len(alive) == len(self.people):
                        self.merge(alive)
                elif name == "pause":
                    self.pause(person, *args[1:])
                else:
                    getattr(self, name)(person)
                self.env.flush_all()
        self.wait(5)

    def now(self):
        """Return noon on the company's clock, never earlier than before."""
        noon = self.company._relationship_time((NOW + timedelta(self.day)).date(), 12)
        self.latest = max(self.latest, noon)
        return self.latest

    def wait(self, days):
        """Let days go by, with all that happens each night and morning."""
        for _day in range(days):
            if self.day >= DAYS:
                return
            self.day += 1
            with self.at(self.now()):
                self.work()

    def work(self):
        jobs = (
            "crm_relationship.ir_cron_schedule",
            "crm_relationship.ir_cron_release",
            "mail.ir_cron_mail_scheduler_action",
            "sms.ir_cron_sms_scheduler_action",
        )
        with self.enter_registry_test_mode(), self.delivering():
            for job in jobs:
                self.env.ref(job).method_direct_trigger()
                self.env.invalidate_all()

    def order(self, person):
        self.make_quotation(person).action_confirm()

    def cancel(self, person):
        self._get_last_order(person)._action_cancel()

    def give_back(self, person):
        self._get_last_order(person).order_line.product_uom_qty = 0

    def _get_last_order(self, person):
        return self.env["sale.order"].search(
            [("partner_id", "=", person.id), ("state", "=", "sale")],
            order="id desc",
            limit=1,
        )

    def set_clock(self, timezone, hour):
        self.company.partner_id.tz = timezone
        self.company.relationship_hour = hour

    def refuse_email(self, person):
        self._refuse(person, self.email)

    def refuse_sms(self, person):
        self._refuse(person, self.sms)

    def _refuse(self, person, touchpoint):
        person._change_preferences(
            {"refused_touchpoint_ids": [Command.link(touchpoint.id)]}, "portal"
        )

    def unsubscribe(self, person):
        person._unsubscribe("email")

    def stop(self, person):
        person._change_preferences({"do_not_contact": True}, "portal")

    def pause(self, person, days):
        until = fields.Date.today() + timedelta(days=days)
        if not person.contact_snooze_until or person.contact_snooze_until < until:
            person._change_preferences({"contact_snooze_until": until}, "portal")

    def bounce(self, person):
        person._message_receive_bounce(person.email_normalized, person)

    def merge(self, alive):
        guest = alive.pop(1)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((alive[0] | guest).ids, alive[0], extra_checks=False)

    # ------------------------------------------------------------------
    # What leaves
    # ------------------------------------------------------------------

    @contextmanager
    def delivering(self):
        def send_email(_server, message, *_args, **_kwargs):
            mail = self.env["mail.mail"].search(
                [("message_id", "=", message["Message-Id"])], limit=1
            )
            self.note("email", mail.crm_interaction_id, message["To"])
            return message["Message-Id"]

        def send_batch(_api, messages, delivery_reports_url=False):
            results = []
            for message in messages:
                for number in message["numbers"]:
                    sms = self.env["sms.sms"].search([("uuid", "=", number["uuid"])])
                    self.note("sms", sms.crm_interaction_id, number["number"])
                    results.append({"uuid": number["uuid"], "state": "success"})
            return results

        with (
            patch.object(IrMail_Server, "_disable_send", lambda server: False),
            patch.object(IrMail_Server, "_connect__", lambda server, **kwargs: None),
            patch.object(IrMail_Server, "send_email", send_email),
            patch.object(SmsApi, "_send_sms_batch", send_batch),
        ):
            yield

    def note(self, kind, interaction, address):
        """Note a message as it leaves, and ask whether it should have."""
        if not interaction:
            return
        self.total += 1
        self.left.append((fields.Datetime.now(), kind, address.lower(), interaction))
        self.assert_welcome(kind, interaction.partner_id)
        self.assertNotEqual(interaction.sale_order_id.state, "cancel", "cancelled")
        if interaction.enrollment_id:
            followed = interaction.enrollment_id._get_followed_orders()
            self.assertTrue(
                any(followed.order_line.mapped("product_uom_qty")), "returned"
            )

    def assert_welcome(self, kind, person):
        """Assert that nobody with this address, and no firm of theirs, refuses it."""
        field = "email_normalized" if kind == "email" else "phone_sanitized"
        touchpoint = self.email if kind == "email" else self.sms
        same = self.env["res.partner"].search([(field, "=", person[field])])
        for record in same | person | person.commercial_partner_id:
            self.assertFalse(record.do_not_contact, record.name)
            self.assertNotIn(touchpoint, record.refused_touchpoint_ids, record.name)
            until = record.contact_snooze_until
            self.assertFalse(until and until > fields.Date.today(), record.name)

    # ------------------------------------------------------------------
    # What must hold
    # ------------------------------------------------------------------

    def assert_in_order(self):
        for enrollment in self.env["crm.program.enrollment"].search(
            [("program_id", "=", self.program.id)]
        ):
            left = [
                interaction.program_step_id.sequence
                for _moment, _kind, _address, interaction in self.left
                if interaction.enrollment_id == enrollment
            ]
            self.assertEqual(left, sorted(set(left)), "steps in order, each once")

    def assert_nothing_twice(self):
        last = {}
        for moment, _kind, address, interaction in self.left:
            key = (address, interaction.name)
            if key in last:
                self.assertGreaterEqual(moment - last[key], timedelta(days=1), key)
            last[key] = moment

    def assert_ledger_tells_the_truth(self):
        """Done means that a message left, or still waits in its queue today."""
        left = {interaction for *_rest, interaction in self.left}
        done = self.env["crm.interaction"].search(
            [
                ("partner_id", "in", self.people.exists().ids),
                ("state", "=", "done"),
                ("touchpoint_id.mode", "=", "automated"),
            ]
        )
        waiting = (
            self.env["mail.mail"].search([("state", "=", "outgoing")])
        ).crm_interaction_id | (
            self.env["sms.sms"].search([("state", "=", "outgoing")])
        ).crm_interaction_id
        self.assertFalse(done - waiting - self.env["crm.interaction"].union(*left))
        for interaction in left:
            if interaction.exists():
                self.assertIn(interaction, done | self._reopened(interaction))

    def _reopened(self, interaction):
        """Return the interaction if it came back because its message bounced."""
        bounced = interaction.partner_id.refused_touchpoint_ids & self.email
        return interaction if bounced else interaction.browse()

    def play_apart(self, moves):
        """Play the moves, check what must hold, and take everything back."""
        point = self.env.cr.savepoint()
        try:
            self.play(moves)
            self.assert_in_order()
            self.assert_nothing_twice()
            self.assert_ledger_tells_the_truth()
        finally:
            point.close(rollback=True)
            self.env.invalidate_all()

    def test_sixty_days(self):
        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
            phases=(hypothesis.Phase.generate,),
        )
        @hypothesis.given(
            strategies.lists(self.moves(), min_size=LENGTH // 2, max_size=LENGTH)
        )
        def play(moves):
            self.play_apart(moves)

        self.total = 0
        play()
        self.assertGreater(self.total, self.least_total, "messages did leave")
