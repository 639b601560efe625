"""Part of the customers of a program are kept aside, to see what it brings."""

import random
from datetime import date, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.portfolio.comparison import CONTROL, TREATED
from ..models.program import holdout
from ..models.program.result import ProgramResult
from ..models.program.triggers import TRIGGERS
from .common import TODAY
from .common_holdout import HoldoutCase


@tagged("post_install", "-at_install")
class TestHoldout(HoldoutCase):
    # -- who

    def test_the_share_is_kept_aside_and_gets_nothing(self):
        customers = self.make_customers(40)
        entered = self.program._enroll(customers)
        aside = entered.filtered("is_control")
        self.assertEqual(len(entered), 40)
        self.assertIn(len(aside), (7, 8, 9))
        self.assertEqual(set(aside.mapped("state")), {"control"})
        self.assertFalse(aside.interaction_ids)
        self.assertEqual(len((entered - aside).interaction_ids), 2 * (40 - len(aside)))

    def test_form_before_it_is_saved(self):
        program = self.program.new(origin=self.program)
        program.holdout_share = 30
        self.assertEqual(program.holdout_hint, self.program.holdout_hint)
        self.assertEqual(bool(program.result), bool(self.program.result))
        self.assertTrue(program.result)
        fresh = self.program.new({"holdout_share": 30, "holdout_from": TODAY})
        self.assertFalse(fresh.holdout_hint)
        self.assertFalse(fresh.result)

    def test_each_segment_has_its_share(self):
        for name in ("Gold", "Silver"):
            segment = self.make_segment(name)
            entered = self.program._enroll(
                self.make_customers(30, segment_id=segment.id)
            )
            self.assertIn(len(entered.filtered("is_control")), (5, 6, 7))

    def test_everybody_stays_in_the_group(self):
        customers = self.make_customers(40)
        first = self.program._enroll(customers)
        treated = first.filtered(lambda e: not e.is_control)
        treated._stop("by_hand")
        again = self.program._enroll(customers)
        self.assertEqual(again.relationship_id, treated.relationship_id)
        self.assertFalse(again.filtered("is_control"))

    def test_who_is_exempt_is_never_kept_aside(self):
        customers = self.make_customers(60, never_kept_aside=True)
        self.assertFalse(self.program._enroll(customers).filtered("is_control"))

    def test_orders(self):
        """Whoever is kept aside is thanked for no order, be it the first or third."""
        program = self.make_program(0, trigger="sale_confirmed", holdout_share=50)
        partners = self.make_customers(12).partner_id
        for _time in range(3):
            orders = self.env["sale.order"]
            for partner in partners:
                orders |= self.make_quotation(partner)
            orders.action_confirm()
        entered = program.enrollment_ids
        self.assertEqual(len(entered), 36)
        by_customer = entered.grouped("relationship_id").values()
        groups = [set(own.mapped("is_control")) for own in by_customer]
        self.assertIn({True}, groups)
        self.assertIn({False}, groups)
        self.assertNotIn({True, False}, groups)
        self.assertFalse(entered.filtered("is_control").interaction_ids)
        orders._action_cancel()
        last = entered.filtered(lambda e: e.sale_order_id in orders)
        aside = last.filtered("is_control")
        self.assertEqual(set(aside.mapped("state")), {"control"})

    def test_until_the_day(self):
        day = self.program.holdout_until
        self.assertEqual(day, TODAY + timedelta(days=90))
        with self.in_days(91):
            entered = self.program._enroll(self.make_customers(30))
        self.assertFalse(entered.filtered("is_control"))

    def test_not_measured_costs_nothing(self):
        program = self.make_program(0, trigger="sale_confirmed")
        orders = self.env["sale.order"]
        for partner in self.make_customers(5).partner_id:
            orders |= self.make_quotation(partner)
        with patch(
            "odoo.addons.crm_relationship.models.program.holdout.choose",
            side_effect=AssertionError,
        ):
            orders.action_confirm()
        self.assertEqual(len(program.enrollment_ids), 5)

    # -- since when

    def test_another_share_begins_anew(self):
        self.program._enroll(self.make_customers(20))
        with self.in_days(10):
            self.program.holdout_share = 30
            self.assertEqual(self.program.holdout_from, TODAY + timedelta(days=10))
            groups = ProgramResult(self.program, self.company).get_groups()
            self.assertEqual(groups[TREATED]["waiting"] + groups[CONTROL]["waiting"], 0)
            self.program.name = "Another name"
            self.program.holdout_share = 30
        self.assertEqual(self.program.holdout_from, TODAY + timedelta(days=10))

    def test_switched_on_in_the_middle(self):
        program = self.make_program(0, trigger="manual")
        program._enroll(self.make_customers(10))
        with self.in_days(5):
            program.holdout_share = 50
            program._enroll(self.make_customers(10))
        with self.in_days(200):
            result = ProgramResult(program, self.company)
            groups = result.get_groups()
            notes = str(result.get_values()["notes"])
        self.assertEqual(groups[TREATED]["size"] + groups[CONTROL]["size"], 10)
        self.assertRegex(notes, "Entered before .* are kept aside: 10. They count in")

    # -- chosen by chance, or not counted

    def assertCounted(self, size, apart):
        """Check how many count on the day of the result, and how many are said not to.

        :param size: those whom chance gave a group
        :param apart: who entered meanwhile without one
        """
        with self.in_days(200):
            result = ProgramResult(self.program, self.company)
            groups = result.get_groups()
            notes = str(result.get_values()["notes"])
        counted = groups[TREATED]["size"] + groups[CONTROL]["size"]
        self.assertEqual(counted, size)
        said = f"was kept aside: {apart}." if apart else "was kept aside"
        (self.assertIn if apart else self.assertNotIn)(said, notes)

    def test_entered_earlier_on_the_day_it_began(self):
        self.program.holdout_share = 0
        with self.in_days(5):
            self.program._enroll(self.make_customers(10))
            self.program.holdout_share = 50
            self.program._enroll(self.make_customers(12))
        self.assertCounted(12, 10)

    def test_whose_turn_comes_later(self):
        """Enrolled before it began, and entering only after it."""
        self.program.holdout_share = 0
        customers = self.make_customers(10)
        later = dict.fromkeys(customers, TODAY + timedelta(days=8))
        self.program._enroll(customers, later)
        with self.in_days(5):
            self.program.holdout_share = 50
            self.program._enroll(self.make_customers(12))
        self.assertCounted(12, 10)

    def test_switched_off_in_the_middle(self):
        self.program._enroll(self.make_customers(20))
        with self.in_days(10):
            self.program.holdout_share = 0
            entered = self.program._enroll(self.make_customers(15))
            self.assertFalse(entered.filtered("is_control"))
        self.assertCounted(20, 15)

    def test_everybody_gets_it_from_now_on(self):
        self.program._enroll(self.make_customers(20))
        with self.in_days(10):
            self.program.for_everybody = True
            self.program._enroll(self.make_customers(15))
        self.assertCounted(20, 15)

    def test_exempt_customers_count_in_neither_group(self):
        exempt = self.make_customers(5, never_kept_aside=True)
        self.program._enroll(self.make_customers(20) | exempt)
        self.assertCounted(20, 5)

    def test_exempted_since(self):
        """Whom chance gave a group stays in it."""
        entered = self.program._enroll(self.make_customers(20))
        entered.relationship_id.never_kept_aside = True
        self.assertCounted(20, 0)

    def test_last_day_moved_after_it_has_passed(self):
        self.program._enroll(self.make_customers(20))
        with self.in_days(95):
            self.program._enroll(self.make_customers(15))
            self.program.holdout_until = TODAY + timedelta(days=100)
            self.program._enroll(self.make_customers(10))
        self.assertCounted(30, 15)

    def test_share_changed_and_back_on_one_day(self):
        self.program._enroll(self.make_customers(20))
        self.program.holdout_share = 50
        self.program.holdout_share = 20
        self.program._enroll(self.make_customers(30))
        self.assertCounted(30, 20)

    def test_since_when_is_chosen_by_nobody(self):
        """The day from which it is measured is chosen by nobody."""
        program = self.program.with_user(self.manager)
        for values in (
            {"holdout_from": TODAY - timedelta(days=9)},
            {"holdout_from": False},
            {"holdout_from": TODAY - timedelta(days=9), "result_days": 9},
            {"holdout_round": 7},
        ):
            with self.assertRaises(UserError):
                program.write(values)
        program.write({"holdout_from": self.program.holdout_from, "name": "Another"})
        program.holdout_share = 30
        self.assertEqual(self.program.holdout_round, 2)
        made = program.create(
            {
                "name": "Made",
                "holdout_from": TODAY - timedelta(days=9),
                "holdout_until": TODAY,
                "holdout_round": 7,
                "step_ids": [Command.create({"name": "Call"})],
            }
        )
        self.assertFalse(made.holdout_from or made.holdout_round)

    def test_sales_of_other_years_are_not_read(self):
        customers = self.make_customers(20)
        self.program._enroll(customers)
        # some may enter for 90 days, each of whom has 90 days
        self.sell_for_years(customers, 180)
        with self.in_days(300):
            read = self.count_sales_read(ProgramResult(self.program, self.company))
        self.assertEqual(read, 20)

    # -- who may

    def test_rights(self):
        enrollment = self.program._enroll(self.make_customers(1))
        relationship = enrollment.relationship_id
        with self.assertRaises(AccessError):
            enrollment.with_user(self.manager).is_control = True
        with self.assertRaises(AccessError):
            self.program.with_user(self.sari).read(["result"])
        with self.assertRaises(AccessError):
            self.program.with_user(self.sari).holdout_share = 1
        relationship.with_user(self.manager).never_kept_aside = True
        self.assertTrue(self.program.with_user(self.manager).read(["result"]))

    def test_bounds(self):
        for values in (
            {"holdout_share": 51},
            {"holdout_share": -1},
            {"result_days": 6},
            {"result_days": 10**9},
            {"holdout_until": date(9999, 1, 1)},
        ):
            with (
                self.subTest(values=values),
                self.assertRaises(UserError),
            ):
                self.program.write(values)
                self.env.flush_all()

    def test_a_copy_is_not_measured(self):
        copy = self.program.copy()
        self.assertFalse(copy.holdout_share or copy.holdout_from)


@tagged("post_install", "-at_install")
class TestEveryTrigger(HoldoutCase):
    """Whatever starts a program: those kept aside get nothing of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer("Ani", birthdate=date(1990, 4, 1))
        cls.relationship = cls.make_relationship(cls.partner)
        cls.silver, cls.gold = cls.make_segment("Silver"), cls.make_segment("Gold")
        cls.product.product_tmpl_id.relationship_lasting_days = 10
        cls.make_accounts()
        occasion = cls.env["crm.occasion"].create({"name": "Day", "kind": "birthday"})
        choices = {
            "lifecycle": {"lifecycle_stage": "at_risk"},
            "occasion": {"occasion_id": occasion.id},
            "segment": {"to_segment_ids": cls.gold.ids},
            "date": {"date_field": "birthdate", "date_yearly": True},
            "quotation": {"wait_days": 2},
            "runs_out": {"days_before": 5},
        }
        cls.programs = {
            trigger: cls.make_program(0, 3, trigger=trigger, holdout_share=20, **values)
            for trigger in TRIGGERS
            for values in [choices.get(trigger, {})]
        }

    def happen(self):
        """Let all of it happen to one customer."""
        self.programs["manual"]._enroll(self.relationship)
        order = self.make_quotation(self.partner)
        order.action_confirm()
        order.order_line.qty_delivered = 1
        order._create_invoices().action_post()
        self.make_quotation(self.partner).state = "sent"
        brought = self.make_customer("Brought", referred_by_id=self.partner.id)
        self.make_relationship(brought)
        self.relationship.sudo().segment_id = self.gold
        self.env["crm.segment.move"].create(
            {
                "relationship_id": self.relationship.id,
                "company_id": self.company.id,
                "date": TODAY,
                "from_segment_id": self.silver.id,
                "to_segment_id": self.gold.id,
            }
        )
        self.make_open(self.relationship)._close_done({"outcome": "complaint"})
        complaints = self.relationship.interaction_ids.filtered("is_complaint_open")
        complaints[:1]._close_done({"outcome": "solved"})
        self.relationship.sudo().write(
            {"lifecycle_stage": "at_risk", "lifecycle_date": TODAY}
        )
        self.env["crm.program"]._enroll_lifecycle(self.company)
        self.env.flush_all()
        for days in (0, 3, 6):
            with self.in_days(days):
                self.env["crm.program"]._enroll_occasions(self.company)

    def test_all_are_kept_aside(self):
        with patch.object(holdout, "choose", lambda _program, entered: entered):
            self.happen()
        for trigger, program in self.programs.items():
            with self.subTest(trigger):
                entered = program.enrollment_ids
                self.assertTrue(entered)
                if trigger == "complaint":
                    self.assertEqual(set(entered.mapped("state")), {"running"})
                    self.assertTrue(entered.interaction_ids)
                else:
                    self.assertEqual(set(entered.mapped("state")), {"control"})
                    self.assertFalse(entered.interaction_ids)


@tagged("post_install", "-at_install")
class TestProgramResult(HoldoutCase):
    def result(self):
        return ProgramResult(self.program, self.company)

    def text(self):
        self.program.invalidate_recordset()
        return self.program.with_user(self.manager).result

    def test_figures_told_a_second_time(self):
        """Random purchases, before and after; told again in the plainest way."""
        draw = random.Random(5)
        entered = self.program._enroll(self.make_customers(60))
        started = entered.relationship_id
        days = {r: draw.choice((0, 3, 12)) for r in started}
        for enrollment in entered:
            enrollment.date = TODAY + timedelta(days=days[enrollment.relationship_id])
        bought = {r: [] for r in started}
        for relationship in started:
            for _time in range(draw.randrange(4)):
                day, amount = draw.randrange(-20, 140), draw.randrange(1, 90)
                with self.in_days(200):
                    self.make_order(
                        relationship.partner_id, days_ago=200 - day, amount=amount
                    )
                bought[relationship].append((day, amount))
        done = entered.interaction_ids[:7]
        with self.in_days(20):
            done._close_done({"outcome": "reached"})
        with self.in_days(100):
            groups = self.result().get_groups()
        for key in (TREATED, CONTROL):
            own = entered.filtered(lambda e, k=key: e.is_control == k).relationship_id
            over = own.filtered(lambda r: days[r] + 90 < 100)
            spent = {
                r: sum(
                    amount
                    for day, amount in bought[r]
                    if days[r] < day <= min(days[r] + 90, 100)
                )
                for r in over
            }
            amounts = sorted(filter(None, spent.values()))
            self.assertEqual(groups[key]["size"], len(over))
            self.assertEqual(groups[key]["waiting"], len(own - over))
            self.assertEqual(groups[key]["buyers"], len(amounts))
            self.assertEqual(sorted(groups[key]["amounts"]), amounts)
            self.assertEqual(groups[key]["revenue"], sum(amounts))
        reached = done.relationship_id.filtered(lambda r: days[r] + 90 < 100)
        self.assertEqual(groups[TREATED]["reached"], len(reached))
        self.assertEqual(groups[CONTROL]["reached"], 0)

    def test_cost_of_the_measured_days_alone(self):
        """What was done before, or after the days to buy, brought nothing in them."""
        customers = self.make_customers(20)
        before = self.program._enroll(customers).filtered("interaction_ids")
        before.interaction_ids._close_done({"outcome": "reached"})
        before._stop("by_hand")
        with self.in_days(10):
            self.program.action_measure_anew()
            entered = self.program._enroll(customers).filtered("interaction_ids")
            first, later = entered.interaction_ids[:3], entered.interaction_ids[3:5]
            first._close_done({"outcome": "reached"})
            first.write({"cost": 2, "duration": 0})
        with self.in_days(101):
            later._close_done({"outcome": "reached"})
        with self.in_days(200):
            group = self.result().get_groups()[TREATED]
        self.assertEqual(group["count"], 3)
        self.assertEqual(group["cost"], 6)

    def test_a_thousand_has_a_separator(self):
        """In the table as in the sentences, as the reader's language has it."""
        result = self.result()
        group = dict.fromkeys(("buyers", "reached", "revenue", "cost", "minutes"), 0)
        group |= {"size": 1234, "waiting": 0, "amounts": []}
        rows = result._get_rows(group, {**group, "size": 4321})
        self.assertIn(("Customers", "1,234", "4,321"), rows)

    def test_a_proven_loss_is_called_so(self):
        """Proven is no good news when those who got the program bought less."""
        self.program.holdout_share = 50
        entered = self.program._enroll(self.make_customers(120))
        aside = entered.filtered("is_control").relationship_id.partner_id
        with self.in_days(30):
            for partner in aside:
                self.make_order(partner, amount=100)
        with self.in_days(181):
            text = self.text()
            page = self.env["crm.morning"].with_user(self.manager).get_page()
        self.assertIn("Proven loss", text)
        self.assertNotIn("text-bg-success", text)
        [programs] = [s for s in page["sections"] if s["id"] == "programs"]
        [row] = [r for r in programs["rows"] if r["title"] == self.program.name]
        self.assertEqual((row["badge"], row["tone"]), ("Proven loss", "danger"))

    def test_no_verdict_before_the_day(self):
        self.program._enroll(self.make_customers(10))
        with self.in_days(180):
            text = self.text()
            self.assertNotIn("Not proven", text)
            self.assertIn("Decided on", text)
        with self.in_days(181):
            text = self.text()
            self.assertIn("Not proven", text)
            self.assertNotIn("Decided on", text)

    def test_what_is_bought_is_told_on_its_day(self):
        entered = self.program._enroll(self.make_customers(20))
        with self.in_days(5):
            self.make_order(entered[0].relationship_id.partner_id, amount=100)
        with self.in_days(180):
            self.assertNotIn("Of them bought", self.text())
            self.assertNotIn("Revenue per customer", self.text())
        with self.in_days(181):
            self.assertIn("Of them bought", self.text())

    def test_a_decided_result_is_not_moved(self):
        """Else whoever extends until it looks right sees an effect one day."""
        with self.in_days(30):
            self.program.holdout_until += timedelta(days=30)
            self.program.result_days = 60
        with self.in_days(181):
            for values in (
                {"holdout_until": TODAY + timedelta(days=400)},
                {"result_days": 200},
                {"holdout_until": TODAY + timedelta(days=5)},
            ):
                with self.assertRaisesRegex(UserError, "is decided"):
                    self.program.write(values)
            self.program.write({"result_days": 60, "name": "Another"})
            self.program.with_user(self.manager).action_measure_anew()
            self.assertEqual(self.program.holdout_from, TODAY + timedelta(days=181))
            self.program.result_days = 30
        with self.assertRaises(AccessError):
            self.program.with_user(self.sari).action_measure_anew()

    def test_without_a_last_day(self):
        with self.assertRaisesRegex(UserError, "until when"):
            self.program.holdout_until = False

    def test_proven(self):
        self.program.holdout_share = 50
        entered = self.program._enroll(self.make_customers(120))
        control = entered.filtered("is_control")
        buyers = (entered - control | control[::2]).relationship_id.partner_id
        with self.in_days(30):
            for partner in buyers:
                self.make_order(partner, amount=100)
        with self.in_days(181):
            text = self.text()
        self.assertEqual(text.count("text-bg-success"), 3)
        self.assertIn("Incremental profit", text)

    def test_nobody_and_two(self):
        with self.in_days(181):
            self.assertIn("Nothing to compare", self.text())
        self.program._enroll(self.make_customers(2))
        with self.in_days(181):
            self.assertNotIn("text-bg-success", self.text())

    def test_merged_across_groups(self):
        self.program.holdout_share = 50
        entered = self.program._enroll(self.make_customers(20))
        control = entered.filtered("is_control").relationship_id[0]
        treated = (entered - entered.filtered("is_control")).relationship_id[0]
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [control.partner_id.id, treated.partner_id.id], treated.partner_id
        )
        with self.in_days(181):
            groups = self.result().get_groups()
            self.assertIn("count in neither: 1", self.text())
        self.assertEqual(groups[None]["size"], 1)
        self.assertEqual(groups[TREATED]["size"] + groups[CONTROL]["size"], 18)

    def test_erased_customers_stay_counted(self):
        entered = self.program._enroll(self.make_customers(20))
        partner = entered.filtered("is_control").relationship_id[0].partner_id
        with self.in_days(5):
            self.make_order(partner, amount=100)
        partner._erase_contact_data()
        with self.in_days(181):
            control = self.result().get_groups()[CONTROL]
        self.assertEqual(control["size"], len(entered.filtered("is_control")))
        self.assertEqual(control["amounts"], [100])

    def test_other_companies_count_by_themselves(self):
        partner = self.make_customer()
        here = self.make_relationship(partner)
        there = self.make_relationship(partner, self.other_company)
        self.program._enroll(here)
        self.program._enroll(there)
        groups = self.result().get_groups()
        self.assertEqual(groups[TREATED]["waiting"] + groups[CONTROL]["waiting"], 1)

    def test_hint(self):
        self.make_customers(50)
        hint = self.program.with_user(self.manager).holdout_hint
        self.assertRegex(hint, r"With 20% kept aside, an effect under [\d.]+ points")
        self.program.partner_domain = str([("name", "=", "nobody of that name")])
        manager = self.program.with_user(self.manager)
        self.assertIn("Nobody is in the target", manager.holdout_hint)

    def test_hint_beside_a_decided_result(self):
        """It is about customers who are still to come, not about those compared."""
        self.program._enroll(self.make_customers(30))
        for day, is_decided in ((180, False), (181, True)):
            with self.in_days(day):
                self.program.invalidate_recordset()
                hint = self.program.with_user(self.manager).holdout_hint
                self.assertEqual(hint.startswith("If you measure anew:"), is_decided)

    def test_hint_counts_a_whole_measurement(self):
        """Not those alone who may still enter in the days that are left of it."""
        program = self.make_program(0, 7, trigger="sale_confirmed", holdout_share=20)
        program._enroll(self.make_customers(30))
        for day in (5, 85, 90):
            with self.in_days(day):
                program.invalidate_recordset()
                hint = program.with_user(self.manager).holdout_hint
                self.assertIn("expected to enter: 30.", hint)

    def test_wizard_tells_how_many(self):
        customers = self.make_customers(40)
        wizard = self.env["crm.program.enroll"].create(
            {
                "program_id": self.program.id,
                "relationship_ids": [Command.set(customers.ids)],
            }
        )
        message = wizard.action_enroll()["params"]["message"]
        self.assertRegex(message, r"Kept aside by chance, .*: [789]\.")
