from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.crm_relationship.models.privacy.crm_suppression import (
    KEY_PARAMETER,
    KEY_VERSION,
)

from .common_wishes import WishesCase

CURRENT_KEY = KEY_PARAMETER % KEY_VERSION


@tagged("post_install", "-at_install")
class TestWishesErasure(WishesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person.write(
            {
                "street": "Jalan Merdeka 1",
                "comment": "Likes jazz",
                "birthdate": "1990-02-28",
                "country_id": cls.env.ref("base.id").id,
                "preferred_touchpoint_id": cls.call.id,
            }
        )
        cls.person._change_preferences({"consent_selling": "refused"}, "portal")
        cls.person.message_post(body="My dog is called Bello")
        cls.made, cls.pending = cls.env["crm.interaction"].create(
            [
                {
                    "name": "Call",
                    "partner_id": cls.person.id,
                    "state": "done",
                    "feedback": "Lives alone",
                },
                {"name": "Visit", "partner_id": cls.person.id},
            ]
        )
        cls.order = cls.env["sale.order"].create({"partner_id": cls.person.id})

    def _erase(self):
        self.person.with_user(self.manager)._erase_contact_data()

    def test_who_the_person_was_is_forgotten(self):
        self._erase()
        self.assertRecordValues(
            self.person,
            [
                {
                    "name": f"Erased contact {self.person.id}",
                    "email": False,
                    "email_normalized": False,
                    "phone": False,
                    "phone_sanitized": False,
                    "street": False,
                    "comment": False,
                    "birthdate": False,
                    "preferred_touchpoint_id": False,
                    "active": False,
                    "do_not_contact": True,
                }
            ],
        )
        self.assertFalse(self.person.message_ids)
        self.assertFalse(self._history())

    def test_nothing_of_it_is_left_in_the_database(self):
        self._erase()
        self.env.flush_all()
        for table in ("res_partner", "mail_message", "crm_suppression"):
            self.env.cr.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text ~ %s",
                ["person@example.com|811.?2345.?678|Merdeka|Bello|jazz"],
            )
            self.assertEqual(self.env.cr.fetchone()[0], 0, table)

    def test_documents_stay_and_contacts_end(self):
        self._erase()
        self.assertEqual(self.order.partner_id, self.person)
        self.assertRecordValues(
            self.made | self.pending,
            [
                {"state": "done", "feedback": False},
                {"state": "cancelled", "feedback": False},
            ],
        )
        waiting = self.env["crm.interaction"].search(
            [
                ("partner_id", "=", self.person.id),
                ("state", "in", ("scheduled", "open")),
            ]
        )
        self.assertFalse(waiting)

    def test_what_staff_wrote_about_the_customer_is_forgotten(self):
        self.env.company.customer_properties_definition = [
            {"name": "family", "string": "Family", "type": "char"}
        ]
        customer = self.env["res.partner"].create({"name": "Private"})
        relationship = self.env["crm.relationship"]._ensure(customer, self.env.company)
        relationship.customer_properties = {"family": "Two dogs"}
        segment = self.env["crm.segment"].create({"name": "Gold"})
        relationship._lock_segment(segment, "Is ill")
        customer.with_user(self.manager)._erase_contact_data()
        self.assertEqual(relationship.locked_segment_id, segment)
        self.env.flush_all()
        for table in ("crm_relationship", "crm_segment_move"):
            self.env.cr.execute(
                SQL(
                    "SELECT count(*) FROM %s t WHERE t::text ~ 'Is ill|Two dogs'",
                    SQL.identifier(table),
                )
            )
            self.assertEqual(self.env.cr.fetchone()[0], 0, table)

    def test_lead_is_forgotten_too(self):
        lead = self.env["crm.lead"].create(
            {"name": "Person wants a CD", "partner_id": self.person.id}
        )
        self._erase()
        self.assertRecordValues(
            lead,
            [
                {
                    "name": "Erased contact wants a CD",
                    "email_from": False,
                    "phone": False,
                    "contact_name": "Erased contact",
                }
            ],
        )

    def test_portal_account_is_closed(self):
        user = new_test_user(
            self.env,
            "person@example.com",
            groups="base.group_portal",
            partner_id=self.person.id,
        )
        self._erase()
        self.assertFalse(user.active)
        self.assertNotIn("person", user.login)

    def test_only_managers_erase(self):
        for user in (self.salesperson, self.all_documents):
            with self.assertRaises(AccessError):
                self.person.with_user(user)._erase_contact_data()
            with self.assertRaises(AccessError):
                self.person.with_user(user).sudo()._erase_contact_data()

    def test_staff_and_own_companies_are_not_erased(self):
        for partner in (self.salesperson.partner_id, self.env.company.partner_id):
            with self.assertRaises(UserError):
                partner.with_user(self.manager)._erase_contact_data()

    def test_only_a_keyed_hash_is_kept(self):
        self._erase()
        entries = self.env["crm.suppression"].search([])
        self.assertEqual(set(entries.mapped("kind")), {"email", "phone"})
        self.env["ir.config_parameter"].sudo().set_param(CURRENT_KEY, "other")
        twin = self.env["res.partner"].create(
            {"name": "Twin", "email": "person@example.com"}
        )
        self.assertFalse(twin.do_not_contact, "without the key nothing is recognised")

    def test_imported_again_the_contact_stays_silent(self):
        self._erase()
        result = self.env["res.partner"].load(
            ["name", "email", "phone"],
            [
                ["By mail", "PERSON@Example.com ", ""],
                ["By phone", "", "+62-811-2345-678"],
                ["Somebody else", "else@example.com", "+62 811 9999 999"],
            ],
        )
        mail, phone, other = self.env["res.partner"].browse(result["ids"])
        self.assertTrue(mail.do_not_contact)
        self.assertTrue(phone.do_not_contact)
        self.assertIn("erased", mail.do_not_contact_reason)
        self.assertFalse(other.do_not_contact)
        self.assertEqual(set(self._history(mail).mapped("source")), {"import"})
        self.assertTrue(mail.is_blacklisted, "the rest of Odoo is silent as well")

    def test_edited_to_the_erased_address_the_contact_falls_silent(self):
        self._erase()
        other = self.env["res.partner"].create({"name": "Other"})
        other.with_user(self.salesperson).email = "person@example.com"
        self.assertTrue(other.do_not_contact)
        with self.assertRaises(UserError):
            other.with_user(self.salesperson).do_not_contact = False

    def test_customer_who_comes_back_is_not_silenced_by_other_edits(self):
        self._erase()
        other = self.env["res.partner"].create({"name": "O", "email": "a@example.com"})
        other.email = "person@example.com"
        other.with_user(self.manager)._change_preferences(
            {"do_not_contact": False}, "statement", wording="I am back"
        )
        other.write({"email": "Person@example.com", "phone": "+62 811 1111 111"})
        self.assertFalse(other.do_not_contact)

    def test_erased_twice_is_suppressed_once(self):
        self._erase()
        twin = self.env["res.partner"].create(
            {"name": "T", "email": "person@example.com"}
        )
        twin.with_user(self.manager)._erase_contact_data()
        self.assertEqual(self.env["crm.suppression"].search_count([]), 2)

    def test_nothing_suppressed_costs_one_query(self):
        partners = self.env["res.partner"].create(
            [{"name": f"P{n}", "email": f"p{n}@example.com"} for n in range(30)]
        )
        addresses = partners._get_addresses()
        with self.assertQueryCount(1):
            partners._silence_suppressed(addresses)

    def test_many_suppressed_cost_a_constant_number_of_queries(self):
        self._erase()

        def create(number):
            before = self.env.cr.sql_log_count
            self.env["res.partner"].create(
                [
                    {"name": f"P{n}", "email": "person@example.com"}
                    for n in range(number)
                ]
            )
            return self.env.cr.sql_log_count - before

        create(2)
        few = create(3)
        self.assertLessEqual(create(30), few + 3)

    # ------------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------------

    def _merge(self, source, target):
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source | target).ids, target)

    def test_merge_keeps_every_refusal(self):
        day = fields.Date.to_date("2100-01-01")
        tag = self.env["crm.staff.tag"].create({"name": "Female"})
        target = self.env["res.partner"].create(
            {
                "name": "Target",
                "email": "person@example.com",
                "staff_requirement_ids": [Command.create({"tag_id": tag.id})],
            }
        )
        source = self.env["res.partner"].create(
            {
                "name": "Source",
                "email": "person@example.com",
                "refused_touchpoint_ids": [Command.set(self.call.ids)],
                "contact_snooze_until": day,
                "staff_requirement_ids": [
                    Command.create({"tag_id": tag.id, "level": "must"})
                ],
            }
        )
        source._change_preferences({"consent_selling": "refused"}, "portal")
        self._merge(source, target)
        self.assertRecordValues(
            target,
            [
                {
                    "consent_selling": "refused",
                    "contact_snooze_until": day,
                    "refused_touchpoint_ids": self.call.ids,
                }
            ],
        )
        self.assertEqual(target.staff_requirement_ids.mapped("level"), ["must"])
        self.assertIn("merge", self._history(target).mapped("source"))
        with self.assertRaises(UserError):
            target.consent_selling = "granted"
