"""Finding a customer as people type it, in every list that is about customers."""

from lxml import etree

from odoo.tests import tagged

from .common import RelationshipCase

LISTS = (
    "crm.relationship",
    "crm.interaction",
    "crm.program.enrollment",
    "crm.defection",
    "crm.preference.change",
    "crm.relationship.snapshot",
)


@tagged("post_install", "-at_install")
class TestFinding(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.country_id = cls.env.ref("base.id")
        program = cls.make_program(trigger="manual")
        for name, values in {
            "Kartini Widyastuti": {
                "phone": "+62 813-2610-0042",
                "email": "kartini@example.com",
            },
            "Toko Hasan": {"phone": "0813 2610 777", "ref": "TH-9", "is_company": True},
            "Raden 3": {"phone": "(021) 555-813", "email": "raden@toko.example"},
        }.items():
            cls._make_all(cls.make_customer(name, **values), program)
        cls.hasan = cls.env["res.partner"].search([("name", "=", "Toko Hasan")])
        cls.ayu = cls.make_customer(
            "Ayu Lestari", parent_id=cls.hasan.id, phone="0819 222 333"
        )
        cls.env["crm.relationship"]._refresh_portfolio(cls.company)
        cls.take_snapshots()
        cls.env.flush_all()

    @classmethod
    def _make_all(cls, partner, program):
        """Give a customer a row in each list."""
        cls.make_order(partner, days_ago=60)
        relationship = cls.make_relationship(partner)
        cls.make_interaction(relationship)
        program._enroll(relationship)
        cls.env["crm.defection"].create({"relationship_id": relationship.id})
        partner.contact_snooze_until = "2026-05-01"

    def ask(self, model, user):
        companies = user.company_ids.ids
        return (
            self.env[model].with_user(user).with_context(allowed_company_ids=companies)
        )

    def find(self, model, text, user=None):
        """Return the names of the customers that a list finds."""
        records = self.ask(model, user or self.sari)
        found = records.search([("customer_search", "ilike", text)])
        path = records._customer_path
        return set(found.sudo().mapped(f"{path}.name")) - {"Customer"}

    def assertFinds(self, text, *names, user=None):
        for model in LISTS:
            with self.subTest(text=text, model=model):
                self.assertEqual(self.find(model, text, user), set(names))

    def test_part_of_a_name(self):
        self.assertFinds("widya", "Kartini Widyastuti")
        self.assertFinds("Widya kart", "Kartini Widyastuti")
        self.assertFinds("Raden 3", "Raden 3")
        self.assertFinds("nobody")

    def test_email_and_reference(self):
        self.assertFinds("kartini@exa", "Kartini Widyastuti")
        self.assertFinds("toko.example", "Raden 3")
        self.assertFinds("th-9", "Toko Hasan")

    def test_number_as_people_type_it(self):
        both = ("Kartini Widyastuti", "Toko Hasan")
        for text in ("813-2610", "0813 2610", "+62 813 2610", "62813.2610", "00628132"):
            self.assertFinds(text, *both)
        for text in ("0813-2610-0042", "+6281326100042", "610 0042", "26100042"):
            self.assertFinds(text, "Kartini Widyastuti")
        for text in ("+62 813-2610-777", "0813/2610/777"):
            self.assertFinds(text, "Toko Hasan")
        self.assertFinds("021-555", "Raden 3")
        self.assertFinds("81", *())

    def test_number_of_a_company_without_country(self):
        self.company.country_id = False
        self.assertFinds("0813-2610", "Toko Hasan")
        self.assertFinds("813-2610", "Kartini Widyastuti", "Toko Hasan")

    def test_number_that_was_just_entered(self):
        self.hasan.phone = "0877 111"
        self.assertFinds("0877-111", "Toko Hasan")

    def test_a_company_by_its_people(self):
        self.assertFinds("0819-222", "Toko Hasan")
        self.assertFinds("Lestari", "Toko Hasan")
        interaction = self.make_interaction(
            self.hasan.relationship_id, partner_id=self.ayu.id
        )
        for text in ("Toko Hasan", "0813 2610 777", "Ayu"):
            found = interaction.search([("customer_search", "ilike", text)])
            self.assertIn(interaction, found, text)

    def test_other_ways_to_ask(self):
        records = self.env["crm.relationship"]
        everybody = records.search([])
        found = records.search([("customer_search", "ilike", "widya")])
        for leaf, expected in (
            (("customer_search", "not ilike", "widya"), everybody - found),
            (("customer_search", "=", "widya"), found),
            (("customer_search", "in", ["widya"]), found),
            (("customer_search", "ilike", ""), everybody),
            (("customer_search", "ilike", " "), records),
        ):
            with self.subTest(leaf=leaf):
                self.assertEqual(records.search([leaf]), expected)

    def test_first_in_every_search(self):
        """What is typed and confirmed with Enter goes to the first field."""
        for model in LISTS:
            arch = self.env[model].get_view(view_type="search")["arch"]
            first = etree.fromstring(arch).find(".//field")
            self.assertEqual(first.get("name"), "customer_search", model)

    def test_each_role_finds_its_own(self):
        self.hasan.relationship_id.user_id = self.budi
        self.assertEqual(
            self.find("crm.relationship", "813-2610", self.budi), {"Toko Hasan"}
        )
        self.assertEqual(
            self.find("crm.relationship", "813-2610", self.sari),
            {"Kartini Widyastuti"},
        )
        both = {"Kartini Widyastuti", "Toko Hasan"}
        self.assertEqual(self.find("crm.relationship", "813-2610", self.manager), both)
        self.assertFalse(self.find("crm.relationship", "813-2610", self.stranger))

    def test_contacts_out_of_sight_are_not_told(self):
        """Whoever may not read a contact does not learn its number by searching."""
        self.hasan.company_id = self.company
        asked = self.ask("crm.preference.change", self.stranger)
        for text in ("0813-2610-777", "Toko Hasan"):
            found = asked.search([("customer_search", "ilike", text)])
            self.assertNotIn(self.hasan, found.sudo().partner_id, text)
