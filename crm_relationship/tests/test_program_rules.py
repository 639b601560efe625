"""Entering again, what ends a run, several orders, and how many enter a day."""

import random
from collections import Counter
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.courtesy.gatekeeper import Gatekeeper
from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class RuleCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer("Ani")
        cls.relationship = cls.make_relationship(cls.partner)

    def confirmed(self, days=0, partner=None):
        with self.in_days(days):
            order = self.make_quotation(partner or self.partner)
            order.action_confirm()
        return order

    def runs(self, program):
        """Return the runs, without orders that go along."""
        return self.env["crm.program.enrollment"].search(
            [("program_id", "=", program.id), ("joined_id", "=", False)], order="id"
        )


@tagged("post_install", "-at_install")
class TestEnteringAgain(RuleCase):
    def test_never_by_hand(self):
        program = self.make_program(0, trigger="manual", reenroll="never")
        program._enroll(self.relationship)
        self.pending(self.relationship).action_done()
        self.assertFalse(program._enroll(self.relationship))

    def test_after_some_days_by_hand(self):
        program = self.make_program(
            0, trigger="manual", reenroll="after", reenroll_days=30
        )
        program._enroll(self.relationship)
        self.pending(self.relationship).action_done()
        with self.in_days(29):
            self.assertFalse(program._enroll(self.relationship))
        with self.in_days(30):
            self.assertTrue(program._enroll(self.relationship))

    def test_always(self):
        program = self.make_program(0)
        for days in (0, 5, 10):
            self.confirmed(days)
        self.assertEqual(len(self.runs(program)), 3)

    def test_never_by_an_order(self):
        program = self.make_program(0, reenroll="never")
        first, soon, later = (self.confirmed(days) for days in (0, 1, 20))
        self.assertEqual(self.runs(program), first.enrollment_ids)
        self.assertEqual(soon.enrollment_ids.joined_id, first.enrollment_ids)
        self.assertFalse(later.enrollment_ids)

    def test_after_some_days_by_an_order(self):
        program = self.make_program(0, reenroll="after", reenroll_days=30)
        orders = [self.confirmed(days) for days in (0, 20, 30, 59, 60)]
        self.assertEqual(
            self.runs(program).sale_order_id, orders[0] + orders[2] + orders[4]
        )

    def test_order_that_came_to_nothing_does_not_count(self):
        program = self.make_program(0, 3, reenroll="never")
        self.confirmed()._action_cancel()
        later = self.confirmed(20)
        self.assertEqual(self.runs(program)[-1].sale_order_id, later)

    def test_orders_of_a_year_confirmed_at_once(self):
        program = self.make_program(400, reenroll="never")
        orders = self.make_quotation(self.partner) + self.make_quotation(self.partner)
        orders.action_confirm()
        program.enrollment_ids.unlink()
        orders[0].date_order = NOW - timedelta(days=100)
        orders._start_at_once()
        self.assertEqual(self.runs(program).sale_order_id, orders[0])

    def test_by_the_stage(self):
        program = self.make_program(
            0, trigger="lifecycle", lifecycle_stage="at_risk", reenroll="never"
        )
        self.make_order(self.partner, 100)
        with self.in_days(100):
            self.refresh()
            self.pending(self.relationship).action_done()
            self.make_order(self.partner)
            self.refresh()
        with self.in_days(300):
            self.refresh()
        self.assertEqual(len(self.runs(program)), 1)


@tagged("post_install", "-at_install")
class TestSeveralOrders(RuleCase):
    def test_within_more_days(self):
        self.make_program(0, merge_days=10)
        first, later, too_late = (self.confirmed(days) for days in (0, 10, 21))
        self.assertEqual(later.enrollment_ids.joined_id, first.enrollment_ids)
        self.assertFalse(too_late.enrollment_ids.joined_id)

    def test_twenty_orders_one_thank_you(self):
        program = self.make_program(0, merge_days=0)
        orders = self.env["sale.order"].union(
            *(self.make_quotation(self.partner) for _n in range(20))
        )
        orders.action_confirm()
        thanks = self.pending(self.relationship)
        self.assertEqual(len(thanks), 1)
        for order in orders:
            self.assertIn(order.name, thanks.about)
        self.assertEqual(len(self.runs(program)), 1)

    def test_parallel(self):
        program = self.make_program(0, merge_rule="parallel")
        orders = self.confirmed() + self.confirmed()
        self.assertEqual(self.runs(program).sale_order_id, orders)
        self.assertEqual(len(self.pending(self.relationship)), 2)

    def test_restart(self):
        program = self.make_program(0, 7, merge_rule="restart", merge_days=5)
        first, second = self.confirmed(), self.confirmed(3)
        self.assertEqual(
            (first.enrollment_ids.state, first.enrollment_ids.stop_reason),
            ("stopped", "restarted"),
        )
        self.assertEqual(
            self.pending(self.relationship).mapped("date_due"),
            [TODAY + timedelta(days=3), TODAY + timedelta(days=10)],
        )
        self.confirmed(20)
        self.assertEqual(second.enrollment_ids.state, "running", "long before")
        self.assertEqual(len(self.runs(program)), 3)

    def test_restart_with_several_at_once(self):
        program = self.make_program(0, merge_rule="restart", merge_days=5)
        self.confirmed()
        orders = self.make_quotation(self.partner) + self.make_quotation(self.partner)
        orders.action_confirm()
        self.assertEqual(self.runs(program).mapped("state"), ["stopped", "running"])
        thanks = self.pending(self.relationship)
        self.assertEqual(len(thanks), 1)
        for order in orders:
            self.assertIn(order.name, thanks.about)

    def test_restarted_order_that_is_changed_stays_stopped(self):
        self.make_program(0, 7, merge_rule="restart", merge_days=5)
        first = self.confirmed()
        self.confirmed(3)
        first.order_line.product_uom_qty = 3
        self.run_cron("schedule")
        self.assertEqual(first.enrollment_ids.stop_reason, "restarted")


@tagged("post_install", "-at_install")
class TestEndOfARun(RuleCase):
    def end(self, program, reason):
        """Check that the only run is over, and that nothing is planned for it."""
        run = self.runs(program)[0]
        self.assertEqual((run.state, run.stop_reason), ("stopped", reason))
        self.assertFalse(run.interaction_ids._filter_pending())
        self.assertEqual(
            set(run.interaction_ids.mapped("reason_code")) - {False}, {reason}
        )

    def enter(self, **values):
        program = self.make_program(0, 7, trigger="manual", **values)
        program._enroll(self.relationship)
        return program

    def test_purchase(self):
        program = self.enter(end_on_purchase=True)
        other = self.enter()
        self.confirmed(2)
        self.end(program, "purchase")
        self.assertEqual(self.runs(other).state, "running")

    def test_purchase_of_another_customer(self):
        program = self.enter(end_on_purchase=True)
        self.confirmed(2, self.make_customer("Budi"))
        self.assertEqual(self.runs(program).state, "running")

    def test_purchase_noticed_at_night(self):
        program = self.enter(end_on_purchase=True)
        self.make_order(self.partner, -1)
        self.run_cron("schedule")
        self.end(program, "purchase")

    def test_next_purchase_ends_the_run_of_the_first(self):
        program = self.make_program(0, 30, end_on_purchase=True)
        self.confirmed()
        self.confirmed(10)
        self.end(program, "purchase")
        self.assertEqual(self.runs(program)[1].state, "running")

    def test_orders_that_go_along_end_nothing(self):
        program = self.make_program(0, 30, end_on_purchase=True)
        orders = self.confirmed() + self.confirmed(1)
        self.run_cron("schedule")
        self.assertEqual(
            program.enrollment_ids.mapped("state"), ["running"] * len(orders)
        )

    def test_answer(self):
        program = self.enter(end_on_answer=True)
        first = self.pending(self.relationship)[0]
        first._close_done({"outcome": "sent"})
        self.assertEqual(self.runs(program).state, "running")
        self.pending(self.relationship)[0]._close_done({"outcome": "reached"})
        self.assertEqual(self.runs(program).state, "completed")

    def test_answer_before_the_last_step(self):
        program = self.enter(end_on_answer=True)
        self.pending(self.relationship)[0]._close_done({"outcome": "reached"})
        self.end(program, "reply")

    def test_complaint(self):
        program = self.enter(end_on_complaint=True)
        talk = self.make_open(self.relationship)
        talk._close_done({"outcome": "complaint"})
        self.end(program, "complaint")

    def test_complaint_from_before(self):
        talk = self.make_open(self.relationship)
        with self.at(NOW - timedelta(hours=1)):
            talk._close_done({"outcome": "complaint"})
        program = self.enter(end_on_complaint=True)
        self.run_cron("schedule")
        self.assertEqual(self.runs(program).state, "running")

    def test_refusal(self):
        program = self.enter(end_on_refusal=True)
        other = self.enter()
        self.partner._change_preferences({"consent_selling": "refused"}, "portal")
        self.end(program, "refusal")
        self.assertEqual(self.runs(other).state, "running")

    def test_refused_and_then_confirmed_again(self):
        program = self.make_program(0, 7, end_on_refusal=True)
        order = self.confirmed()
        self.partner._change_preferences({"consent_selling": "refused"}, "portal")
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.end(program, "refusal")

    def test_segment(self):
        silver, gold = self.make_segment("Silver"), self.make_segment("Gold")
        self.relationship.sudo().segment_id = silver
        program = self.enter(end_on_segment=True, segment_ids=silver.ids)
        self.run_cron("schedule")
        self.assertEqual(self.runs(program).state, "running")
        self.relationship.sudo().segment_id = gold
        self.env["crm.interaction"]._before_scheduling(self.company)
        self.end(program, "segment_changed")

    def test_end_date(self):
        program = self.enter(end_on_date=True, date_end=TODAY + timedelta(days=3))
        self.env["crm.interaction"]._before_scheduling(self.company)
        self.assertEqual(self.runs(program).state, "running")
        with self.in_days(4):
            self.env["crm.interaction"]._before_scheduling(self.company)
        self.end(program, "period_over")

    def test_failing_does_not_stop_the_sale(self):
        program = self.enter(end_on_purchase=True)
        program.step_ids = [Command.clear(), Command.create({"name": "Other"})]
        self.assertEqual(self.confirmed(2).state, "sale")


@tagged("post_install", "-at_install")
class TestDailyLimit(RuleCase):
    def enter(self, program, count):
        partners = self.env["res.partner"].create(
            [{"name": f"C{n}"} for n in range(count)]
        )
        relationships = self.env["crm.relationship"]._ensure(partners, self.company)
        return program._enroll(relationships)

    def days(self, program):
        dates = Counter(program.enrollment_ids.mapped("date"))
        return {(day - TODAY).days: count for day, count in dates.items()}

    def test_no_more_than_that_on_a_day(self):
        program = self.make_program(0, 2, trigger="manual", daily_limit=3)
        self.enter(program, 7)
        self.assertEqual(self.days(program), {0: 3, 1: 3, 2: 1})
        self.enter(program, 3)
        self.assertEqual(self.days(program), {0: 3, 1: 3, 2: 3, 3: 1})
        late = program.enrollment_ids.sorted("date")[-1]
        self.assertEqual(
            late.interaction_ids.sorted("date_due").mapped("date_due"),
            [TODAY + timedelta(days=3), TODAY + timedelta(days=5)],
        )

    def test_without_a_limit(self):
        program = self.make_program(0, trigger="manual")
        self.enter(program, 7)
        self.assertEqual(self.days(program), {0: 7})

    def test_occasions_keep_their_day(self):
        program = self.make_program(
            0, trigger="date", date_field="birthdate", daily_limit=1
        )
        partners = self.env["res.partner"].create(
            [{"name": f"C{n}", "birthdate": TODAY} for n in range(3)]
        )
        self.env["crm.relationship"]._ensure(partners, self.company)
        program._enroll_occasions(self.company)
        self.assertEqual(self.days(program), {0: 3})


@tagged("post_install", "-at_install")
class TestStartedByAModule(RuleCase):
    """``_start``, which other modules call."""

    def test_only_the_target(self):
        silver = self.make_segment("Silver")
        program = self.make_program(0, 3, trigger="complaint", segment_ids=silver.ids)
        other = self.make_customer("Budi")
        self.relationship.sudo().segment_id = silver
        self.env["crm.program"].with_user(self.sari)._start(
            "complaint", self.partner + other, self.company, TODAY + timedelta(days=2)
        )
        self.assertEqual(program.enrollment_ids.partner_id, self.partner)
        self.assertEqual(program.enrollment_ids.date, TODAY + timedelta(days=2))

    def test_one_fails_alone(self):
        broken = self.make_program(0, trigger="complaint")
        good = self.make_program(0, trigger="complaint")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_program SET partner_domain = %s WHERE id = %s",
            ["[('x_gone', '=', 1)]", broken.id],
        )
        broken.invalidate_recordset()
        with mute_logger("odoo.addons.crm_relationship.models.base.apart"):
            self.env["crm.program"]._start("complaint", self.partner, self.company)
        self.assertTrue(good.enrollment_ids)
        self.assertFalse(broken.enrollment_ids)
        self.assertTrue(broken.problem)


@tagged("post_install", "-at_install")
class TestTargetNote(RuleCase):
    def test_who_could_be_contacted(self):
        silver = self.make_segment("Silver")
        program = self.make_program(0, trigger="manual", segment_ids=silver.ids)
        self.assertIn("Nobody is in the target", program.target_note)
        states = {
            "reachable": {},
            "refused": {"consent_relationship": "refused"},
            "never": {"do_not_contact": True},
            "paused": {"contact_snooze_until": TODAY + timedelta(days=3)},
            "no address": {"email": False, "phone": False},
            "full": {},
            "got help": {},
        }
        customers = {
            name: self.make_customer(name, **{"email": f"{len(name)}@x.id", **values})
            for name, values in states.items()
        }
        for partner in customers.values():
            self.make_relationship(partner).sudo().segment_id = silver
        self.company.contact_cap_ids.unlink()
        self.env["crm.contact.cap"].create(
            {"company_id": self.company.id, "count": 1, "days": 7}
        )
        self.make_open(customers["full"].relationship_id).action_done()
        served = customers["got help"].relationship_id
        self.make_open(served, kind="service").action_done()
        program.invalidate_recordset(["target_note"])
        self.assertEqual(
            program.target_note,
            "Customers in the target: 7, of whom reachable now: 2, refused: 2,"
            " paused: 1, over the limit: 1, no address: 1.",
        )

        self.assertEqual(
            [part["text"] for part in program.target_counts["parts"]],
            [
                "reachable now: 2",
                "refused: 2",
                "paused: 1",
                "over the limit: 1",
                "no address: 1",
            ],
        )
        self.check_lists(program, customers)

    def check_lists(self, program, customers):
        """Behind each number stand those whom it counts."""
        lists = {
            "reachable": ["reachable", "got help"],
            "refused": ["refused", "never"],
            "paused": ["paused"],
            "over_limit": ["full"],
            "no_address": ["no address"],
        }
        for state, names in lists.items():
            with self.subTest(state=state):
                partners = self.env["res.partner"].union(
                    *(customers[name] for name in names)
                )
                found = self.open_target(program.with_user(self.manager), state)
                self.assertEqual(found.partner_id, partners)

    def open_target(self, program, state):
        action = program.action_view_target(state)
        self.assertEqual(
            action["domain"], [("target_place", "in", [state, program.id])]
        )
        return program.env["crm.relationship"].search(action["domain"], order="id")

    def test_over_the_limit_as_the_gate_judges(self):
        """Whatever is done, in queues or planned, before or after now."""
        self.company.contact_cap_ids.unlink()
        Cap = self.env["crm.contact.cap"]
        caps = Cap.create(
            [
                {"company_id": self.company.id, "count": count, "days": days}
                for count, days in ((1, 2), (2, 10))
            ]
        )
        program = self.make_program(0, trigger="manual")
        chance = random.Random(25)
        asked = self.env["crm.interaction"]
        for number in range(60):
            relationship = self.make_relationship(
                self.make_customer(f"C{number}", email=f"c{number}@example.com")
            )
            asked += self.make_interaction(relationship, touchpoint_id=self.call.id)
            for _n in range(chance.randrange(6)):
                moment = NOW + timedelta(hours=chance.randrange(-300, 300))
                state = "done" if moment < NOW else chance.choice(("open", "scheduled"))
                self.make_interaction(
                    relationship,
                    date_planned=moment,
                    kind=chance.choice(("relationship", "relationship", "service")),
                ).write({"state": state, "date_done": state == "done" and moment})
        for kept in (caps, caps[1], Cap):
            with self.subTest(kept.mapped("days")):
                (self.company.contact_cap_ids - kept).unlink()
                keeper = Gatekeeper(asked, NOW)
                full = asked.filtered(
                    lambda i, keeper=keeper: i._ask(keeper, self.call, NOW).reason_code
                    == "too_frequent"
                )
                found = self.open_target(program, "over_limit")
                self.assertEqual(found, full.relationship_id.sorted("id"))
                self.assertEqual(bool(found), bool(kept))

    def test_lists_show_no_more_than_others_do(self):
        """A filter typed by one finds for another what that one may see."""
        hidden = self.make_relationship(company=self.other_company)
        program = self.make_program(0, trigger="manual")
        self.partner.email = "a@example.com"
        found = self.open_target(program.with_user(self.manager), "reachable")
        self.assertIn(self.partner, found.partner_id)
        self.assertNotIn(hidden, found)
        self.assertEqual(found.company_id, self.company)

    def test_lists_are_for_sales_administrators(self):
        program = self.make_program(0, trigger="manual")
        domain = [("target_place", "in", ["reachable", program.id])]
        with self.assertRaises(AccessError):
            self.env["crm.relationship"].with_user(self.sari).search(domain)

    def test_lists_of_nothing_that_there_is(self):
        program = self.make_program(0, trigger="manual")
        customers = self.env["crm.relationship"].with_user(self.manager)
        theirs = self.make_program(
            0, trigger="manual", company_id=self.other_company.id
        )
        for value in (
            ["reachable"],
            [program.id],
            ["reachable", 2**31 - 1],
            ["reachable", "refused", program.id],
            ["everybody", program.id],
            ["reachable", theirs.id],
            [False],
        ):
            with self.subTest(value=value):
                found = customers.search([("target_place", "in", value)])
                self.assertFalse(found)
        with self.assertRaises(UserError):
            program.action_view_target("everybody")

    def test_kind_of_the_program(self):
        self.partner.write({"consent_selling": "refused", "email": "a@example.com"})
        program = self.make_program(0, trigger="manual", objective="relationship")
        self.assertIn("reachable now: 1", program.target_note)
        program.objective = "retention"
        self.assertIn("refused: 1", program.target_note)

    def test_while_it_is_edited(self):
        silver = self.make_segment("Silver")
        program = self.make_program(0, trigger="manual")
        with Form(program.with_user(self.manager)) as form:
            form.segment_ids.add(silver)
            self.assertIn("Nobody", form.target_note)
            form.partner_domain = "[('x_gone', '=', 1)]"
            self.assertFalse(form.target_note)
            form.partner_domain = False

    def test_nothing_is_told_of_what_others_may_read(self):
        """The filter is the user's words, and runs with the user's rights."""
        self.env["crm.lead"].create(
            {
                "name": "Secret of others",
                "partner_id": self.partner.id,
                "company_id": self.other_company.id,
                "type": "opportunity",
            }
        )
        self.make_relationship(company=self.other_company)
        program = self.make_program(0, trigger="manual")
        with Form(program.with_user(self.manager)) as form:
            form.partner_domain = "[('opportunity_ids.name', '=like', 'Secret%')]"
            self.assertIn("Nobody", form.target_note)
            form.partner_domain = False
        manager = program.with_user(self.manager)
        theirs = manager.new({"company_id": self.other_company.id}, origin=manager)
        self.assertFalse(theirs.target_note)
