"""Programs that start before a product runs out, or when somebody was brought."""

from datetime import date, timedelta

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import NOW, TODAY
from .test_triggers import TriggerCase


@tagged("post_install", "-at_install")
class TestRunsOut(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.make_customer("Ani")
        cls.relationship = cls.make_relationship(cls.partner)
        cls.program = cls.make_program(0, trigger="runs_out", days_before=10)
        cls.supplement = cls.env["product.product"].create(
            {"name": "Supplement", "taxes_id": False, "relationship_lasting_days": 30}
        )

    def bought(self, days_ago, quantity=1, partner=None, **values):
        line = {
            "product_id": self.supplement.id,
            "product_uom_qty": quantity,
            "price_unit": 5,
            **values,
        }
        return self.make_order(
            partner or self.partner, days_ago, order_line=[Command.create(line)]
        )

    def starts(self, days):
        """Tell whether the program has started within some days from today."""
        with self.in_days(days):
            self.night()
        return bool(self.entered(self.program))

    def test_well_before(self):
        order = self.bought(0)
        self.assertFalse(self.starts(19))
        self.assertTrue(self.starts(20))
        self.assertEqual(self.program.enrollment_ids.sale_order_id, order)
        self.assertTrue(self.starts(29))
        self.assertEqual(len(self.entered(self.program)), 1)

    def test_quantity(self):
        self.bought(0, 3)
        self.assertFalse(self.starts(79))
        self.assertTrue(self.starts(80))

    def test_unit_of_measure(self):
        self.bought(0, 1, product_uom_id=self.env.ref("uom.product_uom_dozen").id)
        self.assertFalse(self.starts(12 * 30 - 11))
        self.assertTrue(self.starts(12 * 30 - 10))

    def test_bought_again(self):
        self.bought(15)
        self.bought(0)
        self.assertFalse(self.starts(10))
        self.assertTrue(self.starts(20))

    def test_two_orders_on_a_day_last_together(self):
        self.bought(0, 2)
        second = self.bought(0)
        self.assertFalse(self.starts(79))
        self.assertTrue(self.starts(80))
        self.assertEqual(self.program.enrollment_ids.sale_order_id, second)

    def test_own_pace(self):
        """Takes 60 days for what should last 30."""
        for days_ago in (120, 60, 0):
            self.bought(days_ago)
        self.assertFalse(self.starts(30))
        self.assertFalse(self.starts(49))
        self.assertTrue(self.starts(50))

    def test_twice_is_no_pace_yet(self):
        self.bought(60)
        self.bought(0)
        self.assertTrue(self.starts(20))

    def test_used_up_long_ago(self):
        self.bought(100)
        self.assertFalse(self.starts(0))

    def test_another_product(self):
        self.make_order(self.partner)
        self.assertFalse(self.starts(20))

    def test_only_certain_products(self):
        self.program.write(
            {
                "order_what": "products",
                "product_tmpl_ids": self.product.product_tmpl_id.ids,
            }
        )
        self.bought(0)
        self.assertFalse(self.starts(20))

    def test_cancelled_order(self):
        self.bought(0).state = "cancel"
        self.assertFalse(self.starts(20))

    def test_of_a_person_in_a_firm(self):
        firm = self.make_customer("Firm", is_company=True)
        self.make_relationship(firm)
        person = self.make_customer("Person", parent_id=firm.id)
        self.bought(0, partner=person)
        self.assertTrue(self.starts(20))
        self.assertEqual(self.program.enrollment_ids.interaction_ids.partner_id, person)

    def test_say_how_many_days(self):
        with self.assertRaisesRegex(ValidationError, "how many days before"):
            self.program.days_before = 0

    def test_product_that_is_bought_in_unreasonable_amounts(self):
        self.bought(0, 10**9)
        self.assertFalse(self.starts(20))


@tagged("post_install", "-at_install")
class TestReferral(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ani, cls.budi, cls.citra = (
            cls.make_customer(name) for name in ("Ani", "Budi", "Citra")
        )
        cls.make_relationship(cls.ani)
        cls.program = cls.make_program(0, trigger="referral")

    def test_who_brought_somebody_is_thanked(self):
        self.budi.referred_by_id = self.ani
        self.assertEqual(self.budi.referral_date, TODAY)
        self.night()
        self.assertEqual(self.entered(self.program), [(self.ani, TODAY)])
        self.assertEqual(self.ani.referral_ids, self.budi)

    def test_each_time(self):
        self.budi.referred_by_id = self.ani
        self.night()
        self.pending(self.ani.relationship_id).action_done()
        with self.in_days(5):
            self.citra.referred_by_id = self.ani
            self.night()
        self.assertEqual(len(self.entered(self.program)), 2)

    def test_once_they_buy(self):
        self.program.referral_buys = True
        self.budi.referred_by_id = self.ani
        self.night()
        self.assertFalse(self.entered(self.program))
        self.make_order(self.budi)
        self.refresh()
        self.night()
        self.assertEqual(self.entered(self.program), [(self.ani, TODAY)])

    def test_noted_on_the_order(self):
        order = self.make_quotation(self.budi, referred_by_id=self.ani.id)
        order.with_user(self.sari).sudo().action_confirm()
        self.assertEqual(self.budi.referred_by_id, self.ani)

    def test_noted_on_the_opportunity(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "L",
                "partner_id": self.budi.id,
                "type": "opportunity",
                "referred_by_id": self.ani.id,
            }
        )
        self.make_quotation(self.budi, opportunity_id=lead.id).action_confirm()
        self.assertEqual(self.budi.referred_by_id, self.ani)

    def test_contact_made_from_a_lead(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "L",
                "contact_name": "Dewi",
                "email_from": "dewi@example.com",
                "referred_by_id": self.ani.id,
            }
        )
        lead._handle_partner_assignment()
        self.assertEqual(lead.partner_id.referred_by_id, self.ani)

    def test_who_is_a_customer_already_was_not_brought(self):
        self.make_order(self.budi, 30)
        self.refresh()
        self.make_quotation(self.budi, referred_by_id=self.ani.id).action_confirm()
        self.assertFalse(self.budi.referred_by_id)

    def test_what_is_known_stays(self):
        self.budi.referred_by_id = self.citra
        self.make_quotation(self.budi, referred_by_id=self.ani.id).action_confirm()
        self.assertEqual(self.budi.referred_by_id, self.citra)

    def test_nobody_brings_himself(self):
        for contact in (self.ani, self.budi):
            with self.subTest(contact=contact), self.assertRaises(ValidationError):
                self.budi.referred_by_id = self.ani
                self.ani.referred_by_id = contact

    def test_own_staff_of_a_firm_are_not_brought(self):
        firm = self.make_customer("Firm", is_company=True)
        self.make_relationship(firm)
        person = self.make_customer("Person", parent_id=firm.id)
        person.referred_by_id = firm
        self.night()
        self.assertFalse(self.entered(self.program))


@tagged("post_install", "-at_install")
class TestNoDateAhead(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eid = cls.env["crm.occasion"].create(
            {"name": "Eid", "date_ids": [Command.create({"date": TODAY})]}
        )
        cls.program = cls.make_program(
            0, trigger="occasion", occasion_id=cls.eid.id, user_id=cls.manager.id
        )

    def night_of(self, days):
        with self.in_days(days):
            self.night()
            return len(self.program.activity_ids)

    def test_told_once_a_month(self):
        self.assertEqual(self.night_of(0), 0)
        self.assertFalse(self.program.problem)
        self.assertEqual(self.night_of(1), 1)
        self.assertEqual(self.program.activity_ids.user_id, self.manager)
        self.assertIn("no date ahead", self.program.activity_ids.note)
        self.assertEqual(self.night_of(20), 1)
        self.assertEqual(self.night_of(31), 2)

    def test_shown_on_the_program(self):
        with self.in_days(1):
            self.program.invalidate_recordset()
            self.assertIn("no date ahead", self.program.problem)
            self.eid.date_ids = [Command.create({"date": TODAY + timedelta(days=300)})]
            self.assertFalse(self.program.problem)

    def test_every_year(self):
        self.eid.date_ids.recurring = True
        self.assertEqual(self.night_of(40), 0)

    def test_without_a_responsible_user(self):
        self.program.user_id = False
        self.assertEqual(self.night_of(1), 1)

    def test_days_before_a_birthday(self):
        birthday = self.env["crm.occasion"].create(
            {"name": "Birthday", "kind": "birthday"}
        )
        partner = self.make_customer("Ani", birthdate=date(1990, 4, 20))
        self.make_relationship(partner)
        program = self.make_program(
            0, trigger="occasion", occasion_id=birthday.id, days_before=10
        )
        with self.at(NOW.replace(month=4, day=9)):
            self.company.relationship_horizon_days = 7
            self.night()
        self.assertEqual(self.entered(program), [(partner, date(2026, 4, 10))])


@tagged("post_install", "-at_install")
class TestOccasionBorders(TriggerCase):
    """Days that move, and a day that not every year has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_horizon_days = 2
        cls.partner = cls.make_customer("Ani", birthdate=date(1992, 2, 29))
        cls.make_relationship(cls.partner)

    def make(self, **values):
        occasion = self.env["crm.occasion"].create({"name": "Day", **values})
        return self.make_program(
            0,
            trigger="occasion",
            occasion_id=occasion.id,
            days_before=3,
            user_id=self.manager.id,
        )

    def nights(self, program, first, last):
        """Let the nights of some days go by; return the days on which they entered."""
        before = len(self.entered(program))
        day = first
        while day <= last:
            with self.at(self.company._relationship_time(day, 2)):
                self.night()
            day += timedelta(days=1)
        with self.at(self.company._relationship_time(last, 12)):
            # until then, whoever goes through it does not enter once more
            for step in program.enrollment_ids.interaction_ids._filter_pending():
                step.action_done()
        return [day for _partner, day in self.entered(program)[before:]]

    def test_29_february_in_a_program(self):
        program = self.make(kind="birthday")
        entered = self.nights(program, date(2027, 2, 20), date(2027, 3, 2))
        self.assertEqual(entered, [date(2027, 2, 25)])
        entered = self.nights(program, date(2028, 2, 20), date(2028, 3, 2))
        self.assertEqual(entered, [date(2028, 2, 26)])

    def test_a_feast_that_moves(self):
        days = [date(2026, 4, 10), date(2027, 3, 30)]
        program = self.make(date_ids=[Command.create({"date": day}) for day in days])
        entered = self.nights(program, date(2026, 4, 3), date(2026, 4, 12))
        self.assertEqual(entered, [date(2026, 4, 7)])
        self.assertFalse(program.activity_ids)
        entered = self.nights(program, date(2027, 3, 24), date(2027, 3, 30))
        self.assertEqual(entered, [date(2027, 3, 27)])
        self.assertFalse(program.activity_ids, "until the day itself is over")
        self.nights(program, date(2027, 3, 31), date(2027, 4, 2))
        self.assertEqual(len(program.activity_ids), 1)
