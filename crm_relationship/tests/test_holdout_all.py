"""Part of the customers get no program at all, to see what all of them bring."""

import random
from datetime import date, timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.portfolio.comparison import CONTROL, TREATED
from ..models.program.crm_holdout import HoldoutResult
from ..models.program.result import ProgramResult
from .common import TODAY
from .common_holdout import HoldoutCase

LENGTH = (date(2026, 9, 29) - TODAY).days
"""Six months from the last of March, which begin and end with a day of their own."""
OVER = LENGTH + 91
"""Days from the beginning of a period until it is decided."""


@tagged("post_install", "-at_install")
class AllCase(HoldoutCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.holdout_share = 0
        cls.other = cls.make_program(0, trigger="manual")
        cls.company.relationship_holdout_share = 20
        cls.period = cls.get_period()

    @classmethod
    def get_period(cls, company=None):
        return cls.env["crm.holdout"]._get_running(company or cls.company)

    def groups(self, period=None):
        period = period or self.period
        return HoldoutResult(period, period.company_id).get_groups()

    def text(self, period=None):
        period = period or self.period
        period.invalidate_recordset()
        return period.with_user(self.manager).result

    def begin(self):
        self.env["crm.interaction"]._before_scheduling(self.company)


@tagged("post_install", "-at_install")
class TestHoldoutOfAll(AllCase):
    # -- who

    def test_no_program_at_all(self):
        customers = self.make_customers(50)
        first = self.program._enroll(customers)
        second = self.other._enroll(customers)
        aside = first.filtered("is_kept_from_all")
        self.assertIn(len(aside), (9, 10, 11))
        self.assertEqual(set(aside.mapped("state")), {"control"})
        self.assertFalse(aside.interaction_ids)
        self.assertFalse(first.filtered("is_control"))
        self.assertEqual(
            second.filtered("is_kept_from_all").relationship_id, aside.relationship_id
        )
        self.assertEqual((first | second).holdout_id, self.period)

    def test_everything_else(self):
        """Plans go on for whoever is kept aside."""
        plan = self.make_plan(self.line_values())
        customers = self.make_customers(30, plan_id=plan.id)
        aside = self.program._enroll(customers).filtered("is_kept_from_all")
        self.assertTrue(aside)
        for customer in aside.relationship_id:
            self.assertTrue(self.pending(customer))

    def test_each_segment_has_its_share(self):
        for name in ("Gold", "Silver"):
            segment = self.make_segment(name)
            entered = self.program._enroll(
                self.make_customers(40, segment_id=segment.id)
            )
            self.assertIn(len(entered.filtered("is_kept_from_all")), (7, 8, 9))

    def test_every_night_the_same(self):
        """Who is kept aside does not enter again while the period runs."""
        customers = self.make_customers(40)
        self.program._enroll(customers)
        before = len(self.program.enrollment_ids)
        self.program._enroll(customers)
        self.assertEqual(len(self.program.enrollment_ids), before)

    def test_orders(self):
        program = self.make_program(0, trigger="sale_confirmed")
        partners = self.make_customers(20).partner_id
        for _time in range(2):
            orders = self.env["sale.order"]
            for partner in partners:
                orders |= self.make_quotation(partner)
            orders.with_user(self.sari).action_confirm()
        by_customer = program.enrollment_ids.grouped("relationship_id").values()
        groups = [set(own.mapped("is_kept_from_all")) for own in by_customer]
        self.assertIn({True}, groups)
        self.assertIn({False}, groups)
        self.assertNotIn({True, False}, groups)

    # -- who is not

    def test_what_everybody_gets(self):
        """Service, and what follows a complaint: nobody is kept aside."""
        self.company.relationship_holdout_share = 50
        complaint = self.make_program(
            0, trigger="complaint", objective="recovery", holdout_share=50
        )
        service = self.make_program(
            0, trigger="manual", for_everybody=True, holdout_share=50
        )
        self.assertTrue(complaint.for_everybody)
        for program in (complaint, service):
            entered = program._enroll(self.make_customers(30))
            self.assertEqual(set(entered.mapped("state")) - {"completed"}, {"running"})
            self.assertFalse(entered.holdout_id)

    def test_recovery_cannot_be_kept_from_anybody(self):
        complaint = self.make_program(0, trigger="complaint", objective="recovery")
        complaint.for_everybody = False
        complaint.holdout_share = 50
        entered = complaint._enroll(self.make_customers(20))
        self.assertFalse(entered.filtered(lambda e: e.state == "control"))

    def test_who_is_exempt(self):
        customers = self.make_customers(40, never_kept_aside=True)
        entered = self.program._enroll(customers)
        self.assertFalse(entered.filtered("is_kept_from_all"))
        self.assertFalse(entered.holdout_id)
        with self.in_days(OVER):
            self.assertIn("in neither group", self.text())

    def test_exempted_since(self):
        entered = self.program._enroll(self.make_customers(30))
        customer = entered.filtered("is_kept_from_all").relationship_id[0]
        customer.never_kept_aside = True
        again = self.program._enroll(customer)
        self.assertEqual(again.state, "running")
        with self.in_days(OVER):
            groups = self.groups()
        self.assertEqual(groups[None]["size"], 0)
        aside = entered.filtered("is_kept_from_all")
        self.assertEqual(groups[CONTROL]["size"], len(aside))

    def test_other_company(self):
        partner = self.make_customer()
        there = self.make_relationship(partner, self.other_company)
        entered = self.program._enroll(there)
        self.assertFalse(entered.holdout_id)

    def test_switched_off_costs_nothing(self):
        self.company.relationship_holdout_share = 0
        self.assertEqual(self.period.state, "over")
        entered = self.program._enroll(self.make_customers(30))
        self.assertFalse(entered.holdout_id)

    # -- periods

    def test_reshuffled_keeps_the_history(self):
        customers = self.make_customers(60)
        first = self.program._enroll(customers)
        aside = first.filtered("is_kept_from_all").relationship_id
        with self.in_days(10):
            self.period.with_user(self.manager).action_reshuffle()
            new = self.get_period()
            self.assertNotEqual(new, self.period)
            again = self.other._enroll(customers)
        self.assertEqual(again.holdout_id, new)
        self.assertNotEqual(again.filtered("is_kept_from_all").relationship_id, aside)
        self.assertEqual(first.holdout_id, self.period)
        self.assertEqual(first.filtered("is_kept_from_all").relationship_id, aside)
        self.assertEqual(self.period.day_until, TODAY + timedelta(days=10))
        with self.in_days(400):
            self.assertEqual(self.groups()[CONTROL]["size"], len(aside))
            self.assertEqual(self.groups(new)[CONTROL]["size"], 12)

    def test_kept_aside_before_may_enter_now(self):
        entered = self.program._enroll(self.make_customers(40))
        aside = entered.filtered("is_kept_from_all").relationship_id
        with self.in_days(1):
            self.period.action_reshuffle()
            again = self.program._enroll(aside)
        self.assertEqual(again.relationship_id, aside)

    def test_each_period_by_itself(self):
        with self.in_days(LENGTH):
            self.begin()
            self.assertEqual(self.get_period(), self.period)
        with self.in_days(LENGTH + 1):
            self.begin()
            self.begin()
            new = self.get_period()
            self.assertNotEqual(new, self.period)
            self.assertEqual(new.day_from, TODAY + timedelta(days=LENGTH + 1))
        self.assertEqual(self.period.state, "over")

    def test_another_share_is_not_mixed(self):
        self.company.relationship_holdout_share = 20
        self.assertEqual(self.get_period(), self.period)
        self.company.relationship_holdout_share = 10
        self.assertNotEqual(self.get_period(), self.period)
        self.assertEqual(self.get_period().share, 10)
        self.company.relationship_holdout_days = 30
        self.assertEqual(self.get_period().result_days, 90)

    def test_switched_on_in_the_middle(self):
        """Who entered before has no group; who is still in it is said."""
        self.company.relationship_holdout_share = 0
        customers = self.make_customers(30)
        before = self.program._enroll(customers)
        with self.in_days(5):
            self.company.relationship_holdout_share = 20
            period = self.get_period()
            self.other._enroll(customers)
            before.interaction_ids[:3]._close_done({"outcome": "reached"})
        with self.in_days(5 + OVER):
            groups = self.groups(period)
            self.assertEqual(groups[TREATED]["size"] + groups[CONTROL]["size"], 30)
            self.assertRegex(self.text(period), "had entered before: [123]")
        self.assertFalse(before.holdout_id)

    def test_one_period_at_a_time(self):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.period.copy({"state": "running"})

    # -- who may

    def test_rights(self):
        for user in (self.sari, self.all_documents, self.stranger):
            with self.assertRaises(AccessError):
                self.period.with_user(user).action_reshuffle()
            with self.assertRaises(AccessError):
                self.period.with_user(user).read(["result"])
        with self.assertRaises(AccessError):
            self.period.with_user(self.manager).share = 1
        with self.assertRaises(UserError):
            self.company.relationship_holdout_share = 0
            self.period.with_user(self.manager).action_reshuffle()

    def test_wizard_tells_how_many(self):
        customers = self.make_customers(40)
        wizard = self.env["crm.program.enroll"].create(
            {"program_id": self.program.id, "relationship_ids": customers.ids}
        )
        message = wizard.action_enroll()["params"]["message"]
        self.assertRegex(message, r"Kept aside by chance, .*: [789]\.")


@tagged("post_install", "-at_install")
class TestHoldoutResult(AllCase):
    def test_figures_told_a_second_time(self):
        """Two programs, random purchases and interactions, in the plainest way."""
        draw = random.Random(8)
        customers = self.make_customers(80)
        begun = {}
        for program in (self.program, self.other):
            for customer in customers:
                day = draw.choice((0, 4, 30))
                with self.in_days(day):
                    entered = program._enroll(
                        customer, {customer: TODAY + timedelta(days=day)}
                    )
                self.assertEqual(len(entered), 1)
                begun.setdefault(customer, []).append((day, entered))
        spent = dict.fromkeys(customers, 0)
        for customer, entries in begun.items():
            first = min(day for day, _entered in entries)
            for _time in range(draw.randrange(4)):
                day, amount = draw.randrange(-20, 140), draw.randrange(1, 90)
                with self.in_days(280):
                    self.make_order(
                        customer.partner_id, days_ago=280 - day, amount=amount
                    )
                spent[customer] += amount if first < day <= first + 90 else 0
        done = (self.program | self.other).enrollment_ids.interaction_ids[:20]
        cost, reached = 0, set()
        for number, interaction in enumerate(done, 1):
            day = draw.choice((31, 80, 200))
            with self.in_days(day):
                interaction._close_done(
                    {"outcome": "reached", "cost": number, "duration": 0}
                )
            first = min(d for d, _entered in begun[interaction.relationship_id])
            if day <= first + 90:
                cost += number
                reached.add(interaction.relationship_id)
        with self.in_days(OVER):
            groups = self.groups()
        for key in (TREATED, CONTROL):
            own = [
                customer
                for customer, entries in begun.items()
                if entries[0][1].is_kept_from_all == key
            ]
            amounts = sorted(filter(None, (spent[customer] for customer in own)))
            self.assertEqual(groups[key]["size"], len(own))
            self.assertEqual(groups[key]["buyers"], len(amounts))
            self.assertEqual(sorted(groups[key]["amounts"]), amounts)
            self.assertEqual(groups[key]["revenue"], sum(amounts))
        self.assertEqual(groups[TREATED]["cost"], cost)
        self.assertEqual(groups[TREATED]["reached"], len(reached))
        self.assertEqual(groups[CONTROL]["cost"], 0)
        self.assertEqual(groups[CONTROL]["reached"], 0)

    def test_nothing_before_its_day(self):
        """Neither a verdict nor what the groups bought: nobody is to look daily."""
        entered = self.program._enroll(self.make_customers(30))
        with self.in_days(30):
            for partner in entered.relationship_id.partner_id:
                self.make_order(partner, amount=100)
        with self.in_days(OVER - 1):
            text = self.text()
            self.assertIn("Decided on", text)
            self.assertNotIn("Revenue per customer", text)
            self.assertNotIn("Of them bought", text)
            self.assertNotIn("roven", text)
        with self.in_days(OVER):
            text = self.text()
            self.assertNotIn("Decided on", text)
            self.assertIn("Revenue per customer", text)

    def test_proven(self):
        self.company.relationship_holdout_share = 50
        period = self.get_period()
        entered = self.program._enroll(self.make_customers(120))
        control = entered.filtered("is_kept_from_all")
        buyers = (entered - control | control[::2]).relationship_id.partner_id
        with self.in_days(30):
            for partner in buyers:
                self.make_order(partner, amount=100)
        with self.in_days(OVER):
            text = self.text(period)
        self.assertEqual(text.count("text-bg-success"), 3)
        self.assertIn("Incremental profit of all programs", text)

    def test_nobody_one_and_all(self):
        """No control group, one of one, nobody bought, everybody bought."""
        with self.in_days(OVER):
            self.assertIn("Nothing to compare", self.text())
        self.program._enroll(self.make_customers(3))
        with self.in_days(OVER):
            self.assertNotIn("text-bg-success", self.text())
        entered = self.program._enroll(self.make_customers(100))
        with self.in_days(OVER):
            self.assertNotIn("text-bg-success", self.text())
        with self.in_days(20):
            for partner in entered.relationship_id.partner_id:
                self.make_order(partner, amount=100)
        with self.in_days(OVER):
            self.assertNotIn("text-bg-success", self.text())

    def test_a_billion_and_less_than_nothing(self):
        self.company.relationship_holdout_share = 50
        period = self.get_period()
        entered = self.program._enroll(self.make_customers(100))
        control = entered.filtered("is_kept_from_all")
        partners = (entered - control).relationship_id.partner_id
        with self.in_days(20):
            for partner in entered.relationship_id.partner_id:
                self.make_order(partner, amount=100)
            self.make_order(partners[0], amount=10**9)
            self.make_order(partners[1], amount=-500)
        with self.in_days(OVER):
            text = self.text(period)
            self.assertEqual(self.groups(period)[TREATED]["buyers"], len(partners))
        self.assertNotIn("text-bg-success", text)
        self.assertNotIn("text-bg-danger", text)

    def test_merged_across_groups(self):
        entered = self.program._enroll(self.make_customers(20))
        control = entered.filtered("is_kept_from_all").relationship_id[0]
        treated = entered.filtered(lambda e: not e.is_kept_from_all)[0].relationship_id
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [control.partner_id.id, treated.partner_id.id], treated.partner_id
        )
        with self.in_days(OVER):
            groups = self.groups()
            self.assertIn("count in neither: 1", self.text())
        self.assertEqual(groups[None]["size"], 1)
        self.assertEqual(groups[TREATED]["size"] + groups[CONTROL]["size"], 18)

    def test_erased_customers_stay_counted(self):
        entered = self.program._enroll(self.make_customers(20))
        aside = entered.filtered("is_kept_from_all")
        partner = aside.relationship_id[0].partner_id
        with self.in_days(5):
            self.make_order(partner, amount=100)
        partner._erase_contact_data()
        with self.in_days(OVER):
            control = self.groups()[CONTROL]
        self.assertEqual(control["size"], len(aside))
        self.assertEqual(control["amounts"], [100])

    def test_currency_changed(self):
        entered = self.program._enroll(self.make_customers(30))
        with self.in_days(30):
            for partner in entered.relationship_id.partner_id:
                self.make_order(partner, amount=100)
        with self.in_days(60):
            self.company.currency_id = self.env.ref("base.JPY")
        with self.in_days(OVER):
            text = self.text()
        self.assertIn("currency was changed", text)
        self.assertIn("Buyers:", text)
        self.assertNotIn("Revenue per customer", text)

    def test_sales_of_other_years_are_not_read(self):
        customers = self.make_customers(20)
        self.program._enroll(customers)
        self.sell_for_years(customers, OVER - 2)
        with self.in_days(OVER + 100):
            read = self.count_sales_read(HoldoutResult(self.period, self.company))
        self.assertEqual(read, 20)

    def test_entered_before_the_period(self):
        """What an enrollment follows may have a day before the period began."""
        customers = self.make_customers(20)
        entered = self.program._enroll(customers)
        entered.date = TODAY - timedelta(days=10)
        with self.in_days(-5):
            for customer in customers:
                self.make_order(customer.partner_id)
        with self.in_days(OVER):
            groups = self.groups()
        self.assertEqual(groups[TREATED]["buyers"] + groups[CONTROL]["buyers"], 20)

    def test_a_program_does_not_count_them(self):
        """Who gets no program at all is no control group of a single one."""
        self.program.holdout_share = 20
        entered = self.program._enroll(self.make_customers(60))
        kept = entered.filtered("is_kept_from_all")
        self.assertFalse(kept.filtered("is_control"))
        self.assertTrue(entered.filtered("is_control"))
        with self.in_days(181):
            result = ProgramResult(self.program, self.company)
            groups = result.get_groups()
            self.assertIn(
                f"not counted here: {len(kept)}", str(result.get_values()["notes"])
            )
        own = len(entered.filtered("is_control"))
        self.assertEqual(groups[CONTROL]["size"], own)
        self.assertEqual(groups[TREATED]["size"], 60 - own - len(kept))
