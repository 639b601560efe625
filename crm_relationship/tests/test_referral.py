"""Who brought whom: what is refused, the tree, its revenue, and what keeps it true."""

from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import TODAY
from .test_triggers import TriggerCase


@tagged("post_install", "-at_install")
class ReferralCase(TriggerCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ani, cls.budi_c, cls.citra, cls.dewi = (
            cls.make_customer(name) for name in ("Ani", "Budi", "Citra", "Dewi")
        )
        for partner in (cls.ani, cls.budi_c, cls.citra, cls.dewi):
            cls.make_relationship(partner)

    def rows(self, ancestor, user=None):
        """Return the tree: ``[(customer, level, revenue)]``"""
        self.env.flush_all()
        referrals = self.env["crm.referral"].with_user(user or self.manager)
        found = referrals.search([("ancestor_id", "=", ancestor.id)])
        return [(r.partner_id, r.level, r.revenue) for r in found]


@tagged("post_install", "-at_install")
class TestWhatCannotBe(ReferralCase):
    def make_lead(self, partner, by):
        return self.env["crm.lead"].create(
            {
                "name": "L",
                "type": "opportunity",
                "partner_id": partner.id,
                "referred_by_id": by.id,
            }
        )

    def test_nobody_brings_himself(self):
        person = self.make_customer("Person", parent_id=self.ani.id)
        self.ani.is_company = True
        for by in (self.ani, person):
            for make in (self.make_lead, self.quote):
                with (
                    self.subTest(by=by.name, make=make.__name__),
                    self.assertRaisesRegex(ValidationError, "by the same customer"),
                ):
                    make(self.ani, by)

    def quote(self, partner, by):
        return self.make_quotation(partner, referred_by_id=by.id)

    def test_nobody_is_brought_in_a_circle(self):
        self.budi_c.referred_by_id = self.ani
        self.citra.referred_by_id = self.budi_c
        for make in (self.make_lead, self.quote):
            with (
                self.subTest(make=make.__name__),
                self.assertRaisesRegex(ValidationError, "the other way around"),
            ):
                make(self.ani, self.citra)

    def test_when_the_customer_of_the_order_changes(self):
        order = self.quote(self.budi_c, self.ani)
        with self.assertRaises(ValidationError):
            order.partner_id = self.ani


@tagged("post_install", "-at_install")
class TestCarriedOver(ReferralCase):
    def opportunity(self, partner, by):
        return self.env["crm.lead"].create(
            {
                "name": "L",
                "type": "opportunity",
                "partner_id": partner.id,
                "referred_by_id": by.id,
            }
        )

    def test_from_lead_to_order_to_contact(self):
        lead = self.opportunity(self.budi_c, self.ani)
        order = self.make_quotation(self.budi_c, opportunity_id=lead.id)
        self.assertEqual(order.referred_by_id, self.ani)
        self.assertFalse(self.budi_c.referred_by_id)
        order.action_confirm()
        self.assertEqual(self.budi_c.referred_by_id, self.ani)

    def test_what_the_order_says_stays(self):
        lead = self.opportunity(self.budi_c, self.ani)
        order = self.make_quotation(self.budi_c, referred_by_id=self.citra.id)
        order.opportunity_id = lead
        self.assertEqual(order.referred_by_id, self.citra)

    def test_order_of_another_customer(self):
        """Of whom the opportunity says nothing that could be."""
        lead = self.opportunity(self.budi_c, self.ani)
        order = self.make_quotation(self.ani, opportunity_id=lead.id)
        self.assertFalse(order.referred_by_id)

    def test_says_that_what_is_known_stays(self):
        self.budi_c.referred_by_id = self.citra
        order = self.make_quotation(self.budi_c, referred_by_id=self.ani.id)
        self.assertIn("was brought by Citra", order.referral_note)
        lead = self.opportunity(self.budi_c, self.ani)
        self.assertIn("was brought by Citra", lead.referral_note)
        order.action_confirm()
        self.assertEqual(self.budi_c.referred_by_id, self.citra)

    def test_says_who_was_a_customer_before(self):
        self.make_order(self.budi_c, 30)
        self.refresh()
        order = self.make_quotation(self.budi_c, referred_by_id=self.ani.id)
        self.assertIn("was a customer before", order.referral_note)

    def test_says_nothing_where_all_is_well(self):
        order = self.make_quotation(self.budi_c, referred_by_id=self.ani.id)
        self.assertFalse(order.referral_note)
        self.assertFalse(self.make_quotation(self.budi_c).referral_note)

    def test_copy_of_an_order_says_nothing(self):
        order = self.make_quotation(self.budi_c, referred_by_id=self.ani.id)
        self.assertFalse(order.copy().referred_by_id)


@tagged("post_install", "-at_install")
class TestTree(ReferralCase):
    def test_levels_and_revenue(self):
        self.budi_c.referred_by_id = self.ani
        self.citra.referred_by_id = self.budi_c
        self.dewi.referred_by_id = self.ani
        self.make_order(self.budi_c, 3, 100)
        self.make_order(self.citra, 2, 20)
        self.make_order(self.citra, 1, 5)
        self.make_quotation(self.citra, 7)
        self.assertEqual(
            self.rows(self.ani),
            [(self.budi_c, 1, 100), (self.citra, 2, 25), (self.dewi, 1, 0)],
        )
        self.assertEqual(self.rows(self.budi_c), [(self.citra, 1, 25)])

    def test_report_counts_everybody_once(self):
        self.budi_c.referred_by_id = self.ani
        self.citra.referred_by_id = self.budi_c
        self.make_order(self.budi_c, 3, 100)
        self.make_order(self.citra, 2, 20)
        self.env.flush_all()
        action = self.env.ref("crm_relationship.crm_referral_action")
        self.assertEqual(action.domain, "[('level', '=', 1)]")
        rows = self.env["crm.referral"]._read_group(
            [("level", "=", 1), ("company_id", "=", self.company.id)],
            ["ancestor_id"],
            ["customer_count:sum", "buyer_count:sum", "revenue:sum"],
        )
        self.assertEqual(rows, [(self.ani, 1, 1, 100), (self.budi_c, 1, 1, 20)])

    def test_people_of_a_company_count_for_it(self):
        """The orders of a firm are those of all its people, and it was brought once."""
        firm = self.make_customer("Firm", is_company=True)
        self.make_relationship(firm)
        person = self.make_customer("Person", parent_id=firm.id)
        firm.referred_by_id = self.ani
        person.referred_by_id = self.ani
        self.make_order(person, 1, 40)
        self.make_order(firm, 1, 2)
        self.assertEqual(self.rows(self.ani), [(firm, 1, 42)])

    def test_in_the_currency_of_the_company(self):
        self.budi_c.referred_by_id = self.ani
        other = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("id", "!=", self.company.currency_id.id)], limit=1)
        )
        other.active = True
        other.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": other.id,
                "company_id": self.company.id,
                "name": TODAY - timedelta(days=60),
                "rate": 4,
            }
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "P", "currency_id": other.id, "company_id": self.company.id}
        )
        order = self.make_quotation(self.budi_c, 100, pricelist_id=pricelist.id)
        order.order_line.price_unit = 100
        order.action_confirm()
        self.assertEqual(order.currency_id, other)
        self.assertEqual(self.rows(self.ani), [(self.budi_c, 1, 25)])

    def test_each_company_its_own(self):
        self.budi_c.referred_by_id = self.ani
        self.make_relationship(self.budi_c, self.other_company)
        self.make_order(self.budi_c, 1, 10)
        self.make_order(self.budi_c, 1, 99, company=self.other_company)
        self.assertEqual(self.rows(self.ani), [(self.budi_c, 1, 10)])

    def test_who_is_nobodys_customer_yet(self):
        friend = self.make_customer("Friend", referred_by_id=self.ani.id)
        self.assertEqual(self.rows(self.ani), [(friend, 1, 0)])

    def test_salespeople_see_those_whom_they_serve(self):
        self.budi_c.referred_by_id = self.ani
        self.citra.referred_by_id = self.ani
        self.make_relationship(self.citra, user_id=self.budi.id)
        self.assertEqual(self.rows(self.ani, self.sari), [(self.budi_c, 1, 0)])
        self.assertEqual(self.rows(self.ani, self.budi), [(self.citra, 1, 0)])
        self.assertEqual(len(self.rows(self.ani, self.all_documents)), 2)
        for user in (self.internal, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.rows(self.ani, user)

    def test_button_of_the_customer(self):
        self.budi_c.referred_by_id = self.ani
        self.citra.referred_by_id = self.budi_c
        partner = self.ani.with_user(self.manager)
        self.assertEqual(partner.referral_count, 1)
        action = partner.action_view_referrals()
        found = self.env["crm.referral"].search(action["domain"])
        self.assertEqual(found.partner_id, self.budi_c | self.citra)
        self.assertEqual(found.mapped("tree_name"), ["Budi", f"{chr(0x3000)}Citra"])


@tagged("post_install", "-at_install")
class TestNewCustomer(ReferralCase):
    """What whoever was brought gets."""

    def test_who_was_brought_is_welcomed(self):
        program = self.make_program(0, trigger="brought")
        self.budi_c.referred_by_id = self.ani
        self.night()
        self.assertEqual(self.entered(program), [(self.budi_c, TODAY)])

    def test_once_they_buy(self):
        program = self.make_program(0, trigger="brought", referral_buys=True)
        self.budi_c.referred_by_id = self.ani
        self.night()
        self.assertFalse(self.entered(program))
        self.make_order(self.budi_c)
        self.refresh()
        self.night()
        self.assertEqual(self.entered(program), [(self.budi_c, TODAY)])

    def test_not_who_was_brought_before_the_program(self):
        self.budi_c.referred_by_id = self.ani
        self.budi_c.referral_date = TODAY - timedelta(days=9)
        program = self.make_program(0, trigger="brought", date_start=TODAY)
        self.night()
        self.assertFalse(self.entered(program))

    def test_both_are_thanked(self):
        thanks = self.make_program(0, trigger="referral")
        welcome = self.make_program(0, trigger="brought")
        self.budi_c.referred_by_id = self.ani
        self.night()
        self.assertEqual(self.entered(thanks), [(self.ani, TODAY)])
        self.assertEqual(self.entered(welcome), [(self.budi_c, TODAY)])


@tagged("post_install", "-at_install")
class TestReferralsMerged(ReferralCase):
    def brought(self, partner, by, days_ago):
        partner.referred_by_id = by
        partner.referral_date = TODAY - timedelta(days=days_ago)

    def test_whom_they_brought(self):
        self.citra.referred_by_id = self.budi_c
        self.merge(self.ani, self.budi_c)
        self.assertEqual(self.ani.referral_ids, self.citra)
        self.assertEqual(self.rows(self.ani), [(self.citra, 1, 0)])

    def test_who_brought_them_first_and_when(self):
        """Nobody is thanked again because two contacts are one."""
        program = self.make_program(0, trigger="referral")
        self.brought(self.budi_c, self.ani, 40)
        self.brought(self.citra, self.dewi, 20)
        program.date_start = TODAY - timedelta(days=10)
        self.merge(self.citra, self.budi_c)
        self.assertEqual(self.citra.referred_by_id, self.ani)
        self.assertEqual(self.citra.referral_date, TODAY - timedelta(days=40))
        self.night()
        self.assertFalse(self.entered(program))

    def test_one_brought_the_other(self):
        self.budi_c.referred_by_id = self.ani
        self.merge(self.ani, self.budi_c)
        self.assertFalse(self.ani.referred_by_id)
        self.assertFalse(self.rows(self.ani))

    def test_one_brought_the_other_by_way_of_a_third(self):
        self.budi_c.referred_by_id = self.ani
        self.citra.referred_by_id = self.budi_c
        self.merge(self.ani, self.citra)
        self.assertFalse(self.ani.referred_by_id)
        self.assertEqual(self.rows(self.ani), [(self.budi_c, 1, 0)])

    def test_order_says_that_one_brought_the_other(self):
        order = self.make_quotation(self.budi_c, referred_by_id=self.ani.id)
        self.merge(self.ani, self.budi_c)
        self.assertEqual(order.partner_id, self.ani)
        self.assertFalse(order.referred_by_id)


@tagged("post_install", "-at_install")
class TestReferralsForgotten(ReferralCase):
    def test_who_brought_somebody_is_forgotten_with_them(self):
        self.budi_c.referred_by_id = self.ani
        order = self.make_order(self.budi_c, referred_by_id=self.ani.id)
        self.budi_c.with_user(self.manager)._erase_contact_data()
        self.assertFalse(self.budi_c.referred_by_id)
        self.assertFalse(order.referred_by_id)
        self.assertFalse(self.rows(self.ani))

    def test_whom_they_brought_stays_counted(self):
        self.budi_c.referred_by_id = self.ani
        self.make_order(self.budi_c, 1, 30)
        self.ani.with_user(self.manager)._erase_contact_data()
        self.assertEqual(self.rows(self.ani), [(self.budi_c, 1, 30)])
        self.assertNotIn("Ani", self.ani.name)
