"""What happened, noted by one tap, put off, logged, and undone."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..models.people import undo
from ..wizard import crm_interaction_change
from .common import NOW, TODAY, RelationshipCase

FIELDS = (
    "state",
    "outcome",
    "reason_code",
    "date_planned",
    "date_done",
    "attempt_count",
    "cost",
    "touchpoint_id",
    "user_id",
)


@tagged("post_install", "-at_install")
class DeskCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer(phone="+62 812 5555 1234")
        cls.relationship = cls.make_relationship(cls.partner)

    def planned(self, touchpoints=None, days=0, **line):
        """Return the interaction of a monthly line, due in some days."""
        plan = self.make_plan({"touchpoints": touchpoints or self.call, **line})
        self.relationship.plan_id = plan
        interaction = self.pending(self.relationship).filtered(
            lambda i: i.plan_line_id == plan.line_ids
        )
        day = TODAY + timedelta(days=days)
        interaction.write({"date_due": day, "date_planned": NOW + timedelta(days=days)})
        interaction._release()
        return interaction

    def undo(self, action, user=None):
        self.assertEqual(action["tag"], "crm_relationship.undo")
        undo = self.env["crm.interaction.undo"].browse(action["params"]["undo_id"])
        return undo.with_user(user or self.sari).action_undo()

    def rows(self):
        """Return all that the customer's interactions say, and the queue."""
        self.env.flush_all()
        self.env.invalidate_all()
        interactions = self.interactions(self.relationship)
        return [
            (i.id, bool(i.activity_id.active), *(i[name] for name in FIELDS))
            for i in interactions
        ], self.partner.message_ids.ids


@tagged("post_install", "-at_install")
class TestUndo(DeskCase):
    def test_done(self):
        interaction = self.planned().with_user(self.sari)
        before = self.rows()
        action = interaction.with_context(outcome="reached").action_done()
        self.assertEqual(action["params"]["next"]["tag"], "soft_reload")
        self.assertIn("Reached", action["params"]["message"])
        self.assertEqual(len(self.pending(self.relationship)), 1, "the next one")
        self.undo(action)
        self.assertEqual(self.rows(), before)
        self.assertEqual(interaction.activity_id.date_deadline, TODAY)

    def test_complaint(self):
        interaction = self.planned().with_user(self.sari)
        before = self.rows()
        action = interaction.with_context(outcome="complaint").action_done()
        self.assertTrue(self.pending(self.relationship).filtered("is_complaint"))
        self.undo(action)
        self.assertEqual(self.rows(), before)

    def test_no_answer(self):
        interaction = self.planned().with_user(self.sari)
        before = self.rows()
        action = interaction.action_no_answer()
        self.assertEqual(
            action["params"]["message"],
            "Customer: Comes back Thursday 2 April, 15:00.",
        )
        self.undo(action)
        self.assertEqual(self.rows(), before)

    def test_missed(self):
        self.company.relationship_max_attempts = 1
        interaction = self.planned().with_user(self.sari)
        before = self.rows()
        action = interaction.action_no_answer()
        self.assertEqual(interaction.state, "missed")
        self.undo(action)
        self.assertEqual(self.rows(), before)

    def test_cancelled(self):
        interaction = self.planned().with_user(self.sari)
        before = self.rows()
        self.undo(interaction.action_cancel())
        self.assertEqual(self.rows(), before)

    def test_words_are_kept(self):
        interaction = self.planned().with_user(self.sari)
        interaction.feedback = "Call my wife"
        self.undo(interaction.action_done())
        self.assertEqual(interaction.feedback, "Call my wife")

    def test_last_step_of_a_program(self):
        program = self.make_program(0, trigger="manual")
        enrollment = program._enroll(self.relationship)
        interaction = enrollment.interaction_ids
        interaction._release()
        action = interaction.with_user(self.sari).action_done()
        self.assertEqual(enrollment.state, "completed")
        self.undo(action)
        self.assertEqual((enrollment.state, interaction.state), ("running", "open"))

    def test_benefit(self):
        benefit = self.env["crm.benefit"].create({"name": "Tea", "cost": 2})
        interaction = self.planned(benefit_id=benefit.id).with_user(self.sari)
        action = interaction.action_done()
        self.assertEqual(interaction.given_benefit_id, benefit)
        self.undo(action)
        self.assertFalse(interaction.given_benefit_id)

    # -- what cannot be undone

    def test_twice(self):
        action = self.planned().with_user(self.sari).action_done()
        self.undo(action)
        before = self.rows()
        with self.assertRaisesRegex(UserError, "undone already"):
            self.undo(action)
        self.assertEqual(self.rows(), before)

    def test_somebody_has_gone_on(self):
        interaction = self.planned().with_user(self.sari)
        action = interaction.with_context(outcome="complaint").action_done()
        service = self.pending(self.relationship).filtered("is_complaint")
        service.with_user(self.sari).action_done()
        with self.assertRaisesRegex(UserError, "gone on since"):
            self.undo(action)
        self.assertEqual(interaction.state, "done")

    def test_too_late(self):
        action = self.planned().with_user(self.sari).action_done()
        with (
            self.at(NOW + timedelta(minutes=5)),
            self.assertRaisesRegex(UserError, "too late"),
        ):
            self.undo(action)

    def test_only_ones_own(self):
        action = self.planned().with_user(self.sari).action_done()
        for user in (self.budi, self.manager, self.internal, self.portal):
            with self.assertRaises(AccessError):
                self.undo(action, user)

    def test_nobody_writes_an_undo(self):
        with self.assertRaises(AccessError):
            self.env["crm.interaction.undo"].with_user(self.sari).create({})

    def test_so_many_at_once_cannot_be_undone(self):
        interactions = self.many(3).with_user(self.sari)
        with patch.object(undo, "MOST", 2):
            action = interactions.action_cancel()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["message"], "Cancelled.")
        self.assertEqual(action["params"]["next"]["tag"], "soft_reload")

    def many(self, count):
        return self.env["crm.interaction"].create(
            [
                {"name": "Many", "relationship_id": self.relationship.id}
                for _number in range(count)
            ]
        )


@tagged("post_install", "-at_install")
class TestUndoMarkDone(DeskCase):
    """Odoo's own “Mark done”, in the chatter, the list and the menu of activities."""

    @contextmanager
    def offers(self):
        """Collect what is offered meanwhile on people's screens."""
        found = []

        def send(bus, target, kind, message):
            if kind == "crm_relationship.undo":
                found.append((target, message))

        with patch.object(self.env.registry["bus.bus"], "_sendone", send):
            yield found

    def mark_done(self, activity, user=None, **values):
        """Return the offer, as an action of ours would carry it."""
        with self.offers() as offers:
            activity.with_user(user or self.sari).action_feedback(**values)
        [(target, message)] = offers
        self.assertEqual(target, (user or self.sari).partner_id)
        return {"tag": "crm_relationship.undo", "params": message}

    def test_undone(self):
        interaction = self.planned()
        activity = interaction.activity_id
        before = self.rows()
        offer = self.mark_done(activity)
        self.assertEqual(interaction.state, "done")
        self.assertEqual(offer["params"]["message"], "Customer: Reached.")
        self.undo(offer)
        self.assertEqual(self.rows(), before)
        self.assertEqual(interaction.activity_id, activity)
        self.assertFalse(activity.feedback)

    def test_words_stay_with_the_interaction(self):
        interaction = self.planned()
        before = self.rows()
        self.undo(self.mark_done(interaction.activity_id, feedback="Call my wife"))
        self.assertEqual(self.rows(), before)
        self.assertEqual(interaction.feedback, "Call my wife")

    def test_buttons_of_lists_and_of_what_comes_next(self):
        for button in ("action_done", "action_feedback_schedule_next"):
            interaction = self.planned()
            before = self.rows()
            with self.subTest(button), self.offers() as offers:
                getattr(interaction.activity_id.with_user(self.sari), button)()
                self.undo({"tag": "crm_relationship.undo", "params": offers[0][1]})
                self.assertEqual(self.rows(), before)

    def test_several_at_once(self):
        interactions = self.make_open(self.relationship) + self.make_open(
            self.make_relationship(self.make_customer("Other"))
        )
        offer = self.mark_done(interactions.activity_id)
        self.assertEqual(offer["params"]["message"], "Reached.")
        self.undo(offer)
        self.assertEqual(set(interactions.mapped("state")), {"open"})
        self.assertTrue(all(interactions.activity_id.mapped("active")))

    def test_by_whom_it_is_assigned_to(self):
        interaction = self.planned()
        interaction.user_id = self.budi
        before = self.rows()
        offer = self.mark_done(interaction.activity_id, self.budi)
        with self.assertRaises(AccessError):
            self.undo(offer, self.sari)
        self.undo(offer, self.budi)
        self.assertEqual(self.rows(), before)

    def test_documents_that_came_with_it_stay(self):
        interaction = self.planned()
        document = self.env["ir.attachment"].create(
            {
                "name": "Signed.txt",
                "raw": b"Yes",
                "res_model": "res.partner",
                "res_id": self.partner.id,
            }
        )
        offer = self.mark_done(interaction.activity_id, attachment_ids=document.ids)
        self.undo(offer)
        self.assertEqual(interaction.state, "open")
        self.assertEqual(document.exists().raw, b"Yes")

    def test_the_chatter_forgets_it_on_the_screen(self):
        offer = self.mark_done(self.planned().activity_id)
        logged = self.partner.message_ids.filtered("mail_activity_type_id")
        sent = []

        def send(_bus, _target, kind, message):
            if kind == "mail.message/delete":
                sent.append(message)

        with patch.object(self.env.registry["bus.bus"], "_sendone", send):
            self.undo(offer)
        self.assertIn({"message_ids": logged.ids}, sent)

    def test_nothing_is_offered_that_does_not_work(self):
        interaction = self.planned()
        interaction.activity_id.user_id = self.internal
        own = self.partner.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.sari.id
        )
        ours = self.make_open(self.relationship)
        with self.offers() as offers:
            interaction.activity_id.with_user(self.internal).action_feedback()
            own.with_user(self.sari).action_feedback()
            # from a button of ours, which offers it itself
            ours.with_user(self.sari).action_done()
        self.assertEqual(interaction.state, "done")
        self.assertFalse(offers)


@tagged("post_install", "-at_install")
class TestUndoMany(DeskCase):
    """What is done to many planned interactions at once can be taken back at once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = cls.make_relationship(cls.make_customer("Other"))
        cls.waiting = cls.make_open(cls.relationship, touchpoint_id=cls.visit.id)
        cls.another = cls.make_open(other)
        cls.later = cls.make_interaction(
            cls.relationship,
            date_planned=NOW + timedelta(days=40),
            touchpoint_id=cls.call.id,
        )
        # it was moved by the gate, and says so
        cls.later.write({"reason_code": "too_frequent", "date_retry": NOW})
        cls.all = cls.waiting + cls.another + cls.later

    def apply(self, operation, user=None, **values):
        context = {
            "active_model": "crm.interaction",
            "active_ids": self.all.ids,
            "default_operation": operation,
        }
        dialog = self.env["crm.interaction.change"].with_user(user or self.sari)
        return dialog.with_context(**context).create(values).action_apply()

    def stored(self):
        """Return the rows, with their activities as people see them in the queue."""
        self.env.flush_all()
        self.env.invalidate_all()
        names = [*self.all._get_undone_fields(), "date_retry"]
        return [
            (
                {name: i[name] for name in names if name != "activity_id"},
                i.activity_id.active,
                i.activity_id.user_id,
                i.activity_id.date_deadline,
                i.activity_id.activity_type_id,
            )
            for i in self.all
        ]

    def assertUndone(self, operation, **values):
        before = self.stored()
        action = self.apply(operation, **values)
        self.assertEqual(
            action["params"]["next"], {"type": "ir.actions.act_window_close"}
        )
        self.assertNotEqual(self.stored(), before)
        self.undo(action)
        self.assertEqual(self.stored(), before)
        self.assertEqual(len(self.relationship.interaction_ids), 2)

    def test_cancel(self):
        self.assertUndone("cancel", cancel_reason="settled")

    def test_pass_on(self):
        self.assertUndone("pass_on", user_id=self.budi.id)
        with self.assertRaises(AccessError):
            self.another.with_user(self.budi).name = "Mine"

    def test_move_some_days_later(self):
        self.assertUndone("move", days=7)

    def test_move_to_one_day(self):
        self.assertUndone("move", move_by="day", day="2026-04-20")

    def test_more_than_one_day_holds(self):
        """Said before it is done: what somebody chooses a day for stays on it."""
        (self.call + self.visit).duration = 20
        self.sari.contact_minutes_day = 45
        context = {"active_model": self.all._name, "active_ids": self.all.ids}
        dialog = self.env["crm.interaction.change"].with_user(self.sari)
        dialog = dialog.with_context(**context).create(
            {"operation": "move", "move_by": "day", "day": "2026-04-20"}
        )
        self.assertEqual(
            dialog.warning,
            "Minutes that Sari has on this day: 45. These take 60, and stay on it,"
            " because it is chosen for them.",
        )
        # a Sunday
        dialog.day = "2026-04-19"
        self.assertIn("on this day: 0.", dialog.warning)
        # what a form may hold until it is saved
        for typed in ("9999-12-31", "0001-01-01", False):
            form = dialog.new({"day": typed}, origin=dialog)
            self.assertIsInstance(form.warning or "", str)
        dialog.update({"move_by": "days", "day": "2026-04-20"})
        self.assertFalse(dialog.warning)
        self.sari.contact_minutes_day = 60
        dialog.move_by = "day"
        self.assertFalse(dialog.warning)

    def test_message_says_how_many(self):
        action = self.apply("cancel", cancel_reason="settled")
        self.assertEqual(action["params"]["message"], "Interactions cancelled: 3")

    def test_somebody_has_gone_on(self):
        action = self.apply("pass_on", user_id=self.budi.id)
        self.another.with_user(self.budi).action_done()
        with self.assertRaisesRegex(UserError, "gone on since"):
            self.undo(action)
        self.assertEqual(self.waiting.user_id, self.budi, "all or nothing")

    def test_plan_goes_on_from_where_it_was(self):
        planned = self.planned()
        self.all = self.waiting + planned
        before = self.stored()
        self.undo(self.apply("cancel", cancel_reason="no_time"))
        self.assertEqual(self.stored(), before)
        self.assertEqual(
            self.pending(self.relationship).filtered("plan_line_id"), planned
        )

    def test_queries_do_not_grow_with_the_number(self):
        """A hundred are given back to their queue in a second."""
        relationships = self.env["crm.relationship"].union(
            *(self.make_relationship(self.make_customer()) for _number in range(20))
        )
        found = []
        for some in (relationships[:5], relationships):
            self.all = self.env["crm.interaction"].union(
                *(self.make_open(relationship) for relationship in some)
            )
            action = self.apply("cancel", cancel_reason="settled")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.undo(action)
            self.env.flush_all()
            found.append(self.env.cr.sql_log_count - before)
        self.assertLess((found[1] - found[0]) / 15, 6)

    def test_too_many_are_said_beforehand(self):
        with patch.object(crm_interaction_change, "MOST", 2):
            dialog = self.env["crm.interaction.change"].create(
                {"interaction_ids": [Command.set(self.all.ids)]}
            )
            self.assertTrue(dialog.is_final)
        dialog.invalidate_recordset()
        self.assertFalse(dialog.is_final)


@tagged("post_install", "-at_install")
class TestLater(DeskCase):
    def later(self, interaction, until=None, **values):
        return (
            self.env["crm.interaction.later"]
            .with_user(self.sari)
            .create({"interaction_id": interaction.id, **values})
            .with_context(until=until)
        )

    def test_chips(self):
        for until, day in (
            ("tomorrow", "2026-04-01"),
            ("week", "2026-04-07"),
            ("month", "2026-04-30"),
            (1, "2026-04-06"),
            (2, "2026-05-04"),
            (3, "2026-06-08"),
        ):
            with self.subTest(until=until):
                interaction = self.make_open(self.relationship)
                self.later(interaction, until).action_put_off()
                self.assertEqual(str(interaction._get_deadline()), day)
                interaction.action_cancel()

    def test_months_are_named(self):
        later = self.later(self.make_open(self.relationship))
        self.assertEqual(
            (later.month_1, later.month_2, later.month_3),
            ("In April", "In May", "In June"),
        )

    def test_it_leaves_the_queue(self):
        interaction = self.make_open(self.relationship)
        interaction.feedback = "After Lebaran"
        before = self.rows()
        activity = interaction.activity_id
        action = self.later(interaction, "month").action_put_off()
        self.assertRecordValues(
            interaction, [{"state": "scheduled", "feedback": "After Lebaran"}]
        )
        self.assertFalse(activity.exists())
        self.assertIn("Comes back Thursday 30 April", action["params"]["message"])
        self.undo(action)
        self.assertEqual(self.rows(), before)

    def test_a_day(self):
        interaction = self.make_open(self.relationship)
        for day in (False, TODAY, TODAY - timedelta(days=1)):
            with self.assertRaisesRegex(UserError, "after today"):
                self.later(interaction, day=day).action_put_off()
        self.later(interaction, day="2026-08-17").action_put_off()
        self.assertEqual(str(interaction._get_deadline()), "2026-08-17")

    def test_not_for_ever(self):
        interaction = self.make_open(self.relationship)
        with self.assertRaisesRegex(UserError, "years ahead"):
            self.later(interaction, day="2036-01-01").action_put_off()

    def test_closed_in_another_tab(self):
        interaction = self.make_open(self.relationship)
        later = self.later(interaction, "week")
        interaction.with_user(self.sari).action_done()
        with self.assertRaisesRegex(UserError, "closed already"):
            later.action_put_off()

    def test_not_a_colleagues(self):
        interaction = self.make_open(self.relationship)
        later = self.later(interaction, "week").with_user(self.budi)
        with self.assertRaises(AccessError):
            later.action_put_off()


@tagged("post_install", "-at_install")
class TestLog(DeskCase):
    def log(self, outcome="reached", user=None, **values):
        return (
            self.env["crm.interaction.log"]
            .with_user(user or self.sari)
            .create(
                {
                    "partner_id": self.partner.id,
                    "touchpoint_id": self.call.id,
                    **values,
                }
            )
            .with_context(outcome=outcome)
            .action_log()
        )

    def test_logged(self):
        order = self.make_quotation(self.partner)
        self.log(
            "ordered",
            direction="in",
            feedback="I need another one",
            sentiment="positive",
            placed_order_id=order.id,
        )
        self.assertRecordValues(
            self.interactions(self.relationship),
            [
                {
                    "state": "done",
                    "outcome": "ordered",
                    "direction": "in",
                    "date_done": NOW,
                    "user_id": self.sari.id,
                    "touchpoint_id": self.call.id,
                    "feedback": "I need another one",
                    "placed_order_id": order.id,
                    "cost": 0.5,
                    "sale_order_id": False,
                }
            ],
        )

    def test_a_customer_of_nobody(self):
        partner = self.make_customer("New")
        self.log(partner_id=partner.id)
        relationship = self.env["crm.relationship"].search(
            [("partner_id", "=", partner.id)]
        )
        self.assertEqual(self.interactions(relationship).state, "done")

    def test_complaint(self):
        self.log("complaint", feedback="Broken")
        service = self.pending(self.relationship)
        self.assertTrue(service.is_complaint)

    def test_the_gate_is_asked_about_our_own_calls(self):
        self.partner._change_preferences({"do_not_contact": True}, "portal")
        with self.assertRaises(UserError):
            self.log()
        self.log(direction="in")
        self.assertEqual(self.interactions(self.relationship).state, "done")

    def test_without_an_outcome(self):
        for outcome in (None, "sent", 7):
            with self.assertRaisesRegex(UserError, "buttons"):
                self.log(outcome)
        self.assertFalse(self.interactions(self.relationship))

    def test_not_for_everybody(self):
        for user in (self.internal, self.portal):
            with self.assertRaises(AccessError):
                self.log(user=user)

    def test_undo(self):
        self.planned(days=10)
        before = self.rows()
        action = self.log()
        self.assertIn("moves to", action["params"]["message"])
        self.undo(action)
        after, messages = self.rows()
        self.assertEqual(messages, before[1])
        self.assertEqual([row for row in after if row[2] != "cancelled"], before[0])
        self.assertEqual(len(after), len(before[0]) + 1, "the ledger forgets nothing")

    def test_undo_where_nothing_else_is_planned(self):
        self.undo(self.log())
        self.assertEqual(self.interactions(self.relationship).state, "cancelled")

    def test_new_quotation(self):
        interaction = self.make_open(self.relationship).with_user(self.sari)
        before = self.rows()
        action = interaction.action_new_quotation()
        order = self.env["sale.order"].browse(action["params"]["next"]["res_id"])
        self.assertEqual((order.partner_id, order.state), (self.partner, "draft"))
        self.assertRecordValues(
            interaction,
            [{"state": "done", "outcome": "reached", "placed_order_id": order.id}],
        )
        with self.assertRaisesRegex(UserError, "closed already"):
            interaction.action_new_quotation()
        self.undo(action)
        self.assertEqual(self.rows(), before)
        self.assertFalse(interaction.placed_order_id)
        self.assertEqual(order.state, "draft", "the user is looking at it")

    def test_order_of_somebody_else(self):
        interaction = self.make_open(self.relationship).with_user(self.manager)
        theirs = self.make_quotation(self.make_customer())
        elsewhere = self.make_quotation(self.partner, company=self.other_company)
        for order, error in ((theirs, ValidationError), (elsewhere, AccessError)):
            with self.assertRaises(error):
                interaction.placed_order_id = order

    def test_new_quotation_whatever_a_client_sends(self):
        interaction = self.make_open(self.relationship).with_user(self.sari)
        action = interaction.with_context(default_state="sale").action_new_quotation()
        order = self.env["sale.order"].browse(action["params"]["next"]["res_id"])
        self.assertEqual(order.state, "draft")

    def test_order_is_corrected_on_the_same_day(self):
        interaction = self.make_open(self.relationship).with_user(self.sari)
        interaction.action_done()
        order = self.make_quotation(self.partner)
        interaction.write({"outcome": "ordered", "placed_order_id": order.id})
        self.assertEqual(interaction.placed_order_id, order)
        with self.at(NOW + timedelta(days=2)), self.assertRaises(AccessError):
            interaction.placed_order_id = False


@tagged("post_install", "-at_install")
class TestReplaced(DeskCase):
    """A talk makes pointless what would have asked the same some days later."""

    def talk(self, touchpoint=None, outcome="reached"):
        other = self.make_open(
            self.relationship, touchpoint_id=(touchpoint or self.call).id
        )
        return other.with_user(self.sari).with_context(outcome=outcome).action_done()

    def test_the_monthly_call_moves(self):
        monthly = self.planned(days=10)
        action = self.talk()
        self.assertEqual(
            (str(monthly.date_due), str(monthly._get_deadline())),
            ("2026-04-30", "2026-04-30"),
        )
        self.assertIn("“How are you?” moves to", action["params"]["message"])

    def test_one_in_the_queue_moves_and_comes_back(self):
        monthly = self.planned()
        self.assertEqual(monthly.state, "open")
        before = self.rows()
        other = self.make_open(self.relationship).with_user(self.sari)
        opened = self.rows()
        action = other.action_done()
        self.assertEqual(monthly.state, "scheduled")
        self.undo(action)
        self.assertEqual(self.rows(), opened)
        self.assertEqual(self.rows()[0][:1], before[0][:1])

    def test_what_stays(self):
        for touchpoints, line, how in (
            (self.visit, {}, {}),
            (self.call, {"every": 12}, {}),
            (self.call, {"objective": "retention"}, {}),
            (self.call, {}, {"outcome": "complaint"}),
        ):
            with self.subTest(line=line, how=how):
                pending = self.planned(touchpoints, days=10, **line)
                day = pending.date_due
                self.talk(**how)
                self.assertEqual(pending.date_due, day)

    def test_an_occasion_stays(self):
        self.partner.birthdate = "1980-04-05"
        occasion = self.env["crm.occasion"].create(
            {"name": "Birthday", "kind": "birthday"}
        )
        plan = self.make_plan({"occasion_id": occasion.id})
        self.relationship.plan_id = plan
        greeting = self.pending(self.relationship)
        self.assertTrue(greeting)
        self.talk()
        self.assertEqual(str(greeting.date_due), "2026-04-05")
