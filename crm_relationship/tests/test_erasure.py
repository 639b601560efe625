"""Erasing a person: who may, what is stopped, what stays with whom."""

import hashlib
import hmac
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.modules.module import load_script
from odoo.tests import new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.crm_relationship.models.courtesy.voices import Voices
from odoo.addons.crm_relationship.models.privacy.crm_suppression import (
    KEY_PARAMETER,
    KEY_VERSION,
)

from .common_wishes import WishesCase

CURRENT_KEY = KEY_PARAMETER % KEY_VERSION
FIRST_KEY = KEY_PARAMETER % 1


@tagged("post_install", "-at_install")
class ErasureCase(WishesCase):
    def erase(self, partner=None, user=None):
        return (
            (partner or self.person)
            .with_user(user or self.manager)
            ._erase_contact_data()
        )

    def press(self, partner=None, user=None):
        return (
            (partner or self.person)
            .with_user(user or self.manager)
            .action_erase_contact_data()
        )


@tagged("post_install", "-at_install")
class TestErasureKey(ErasureCase):
    def parameter(self, name):
        return self.env["ir.config_parameter"].sudo().get_param(name)

    def twin(self):
        return self.env["res.partner"].create(
            {"name": "Twin", "email": "person@example.com"}
        )

    def test_duplicate_of_the_database_recognizes_the_erased(self):
        self.erase()
        # what Odoo does to a duplicate
        self.env["ir.config_parameter"].init(force=True)
        self.assertTrue(self.twin().do_not_contact)

    def test_key_is_made_with_the_installation(self):
        key = self.parameter(CURRENT_KEY)
        self.assertEqual(len(key), 64)
        self.assertNotEqual(key, self.parameter("database.secret"))
        self.env["crm.suppression"].init()
        self.assertEqual(self.parameter(CURRENT_KEY), key, "an update keeps it")

    def test_only_system_administrators_read_the_key(self):
        for user in (self.salesperson, self.manager):
            Parameters = self.env["ir.config_parameter"].with_user(user)
            with self.assertRaises(AccessError):
                Parameters.get_param(CURRENT_KEY)
            with self.assertRaises(AccessError):
                Parameters.search([])

    def test_without_a_key_nothing_fails(self):
        self.erase()
        self.env["ir.config_parameter"].sudo().set_param(CURRENT_KEY, False)
        self.assertFalse(self.twin().do_not_contact)
        self.erase(self.twin())
        self.assertTrue(self.twin().do_not_contact, "a new key is made")

    def test_hashes_of_the_version_before(self):
        """They were keyed with the secret that the database had then."""
        secret = self.parameter("database.secret")
        message = b"crm_suppression:email:person@example.com"
        old = self.env["crm.suppression"].create(
            {
                "kind": "email",
                "digest": hmac.new(
                    secret.encode(), message, hashlib.sha256
                ).hexdigest(),
            }
        )
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE crm_suppression DROP COLUMN key_version")
        script = load_script(
            "crm_relationship/migrations/19.0.1.1.0/pre-migration.py", "pre"
        )
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.env.registry.clear_cache("stable")
        self.assertEqual(old.key_version, 1)
        self.assertEqual(self.parameter(FIRST_KEY), secret)
        self.env["ir.config_parameter"].init(force=True)
        self.assertNotEqual(self.parameter("database.secret"), secret)
        self.assertTrue(self.twin().do_not_contact)
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.registry.clear_cache("stable")
        self.assertEqual(self.parameter(FIRST_KEY), secret, "never overwritten")

    def test_new_hashes_say_their_key(self):
        self.erase()
        entries = self.env["crm.suppression"].search([])
        self.assertEqual(set(entries.mapped("key_version")), {KEY_VERSION})


@tagged("post_install", "-at_install")
class TestErasureSilence(ErasureCase):
    """Nothing leaves to the address while it is erased, nor afterwards."""

    def test_no_mail_is_made(self):
        new_test_user(
            self.env,
            "person@example.com",
            "base.group_portal",
            partner_id=self.person.id,
        )
        event = self.env["calendar.event"].create(
            {
                "name": "Lunch",
                "start": fields.Datetime.add(fields.Datetime.now(), days=1),
                "stop": fields.Datetime.add(fields.Datetime.now(), days=1, hours=1),
                "partner_ids": [
                    Command.set((self.person | self.salesperson.partner_id).ids)
                ],
            }
        )
        made = []
        Mail = self.env.registry["mail.mail"]
        create = Mail.create

        def watch(mails, vals_list):
            made.extend(vals_list)
            return create(mails, vals_list)

        with patch.object(Mail, "create", watch):
            self.erase()
        self.assertFalse(made)
        self.assertTrue(event.exists())
        self.assertNotIn(self.person, event.partner_ids)

    def test_queued_messages_are_cancelled_whatever_record_they_come_from(self):
        self.person.email = "person@example.com"
        other = self.env["res.partner"].create({"name": "O", "email": "o@example.com"})
        Mail = self.env["mail.mail"]
        to_person, by_contact, to_both, to_three, to_other = Mail.create(
            [
                {"email_to": '"P" <PERSON@example.com>', "body_html": "x"},
                {"recipient_ids": [Command.set(self.person.ids)], "body_html": "x"},
                {
                    "recipient_ids": [Command.set((self.person | other).ids)],
                    "body_html": "x",
                },
                {
                    "email_to": "a@example.com, person@example.com",
                    "email_cc": "person@example.com",
                    "body_html": "x",
                },
                {"email_to": "notperson@example.com", "body_html": "x"},
            ]
        )
        by_number, by_person, to_another = self.env["sms.sms"].create(
            [
                {"number": "0062 811-2345-678", "body": "x"},
                {"partner_id": self.person.id, "number": "1", "body": "x"},
                {"number": "+62 811 2345 6789", "body": "x"},
            ]
        )
        self.erase()
        for gone in (to_person, by_contact, by_number, by_person):
            self.assertFalse(gone.exists())
        self.assertEqual(to_both.recipient_ids, other)
        self.assertEqual(to_three.email_to, "a@example.com")
        self.assertFalse(to_three.email_cc)
        self.assertEqual(to_other.email_to, "notperson@example.com")
        self.assertTrue(to_another.exists())
        self.assertEqual(
            (to_other | to_both | to_three).mapped("state"), ["outgoing"] * 3
        )

    def test_message_of_the_ledger_counts_as_not_made(self):
        interaction = self.env["crm.interaction"].create(
            {
                "name": "Greeting",
                "partner_id": self.person.id,
                "touchpoint_id": self.email.id,
                "state": "done",
                "outcome": "sent",
            }
        )
        self.env["mail.mail"].create(
            {
                "recipient_ids": [Command.set(self.person.ids)],
                "body_html": "x",
                "crm_interaction_id": interaction.id,
            }
        )
        self.erase()
        self.assertRecordValues(
            interaction,
            [{"state": "skipped", "reason_code": "do_not_contact", "outcome": False}],
        )

    def test_blacklists_forget_what_nobody_has_any_more(self):
        for address in ("person@example.com", "shared@example.com"):
            self.env["mail.blacklist"]._add(address)
        lead = self.env["crm.lead"].create(
            {"name": "Lead", "email_from": "person@example.com"}
        )
        self.erase()
        Blacklist = self.env["mail.blacklist"].with_context(active_test=False)
        self.assertFalse(Blacklist.search([("email", "=", "person@example.com")]))
        self.assertFalse(lead.email_from, "no record keeps an address that may be used")
        self.assertTrue(Blacklist.search([("email", "=", "shared@example.com")]))

    def test_shared_address_stays_refused(self):
        """The other contact did not ask for anything, and never gets a message."""
        spouse = self.env["res.partner"].create(
            {
                "name": "Spouse",
                "email": "person@example.com",
                "phone": "+62 811 2345 678",
            }
        )
        lead = self.env["crm.lead"].create(
            {"name": "Lead", "email_from": "person@example.com"}
        )
        self.env["mail.blacklist"]._add("person@example.com")
        kept = self.erase()
        self.assertEqual(spouse.email, "person@example.com")
        self.assertEqual(spouse.phone, "+62 811 2345 678")
        self.assertTrue(spouse.is_blacklisted)
        self.assertTrue(any(f"#{lead.id}" in line for line in kept), kept)
        self.assertTrue(any("somebody else has" in line for line in kept), kept)

    def test_a_shared_address_is_closed_for_whoever_has_it(self):
        """Whoever writes there reaches the person who was erased."""
        spouse = self.env["res.partner"].create(
            {
                "name": "Spouse",
                "email": "spouse@example.com, PERSON@example.com",
                "phone": "+62 811 2345 678",
            }
        )
        self.env["mail.blacklist"]._add("person@example.com")
        self.env["mail.blacklist"]._remove("person@example.com")
        self.erase()
        self.assertIn("person@example.com", spouse.email.lower())
        voices = Voices(spouse)
        self.assertTrue(voices.is_blacklisted(spouse, "email"))
        self.assertTrue(voices.is_blacklisted(spouse, "phone"))
        self.assertFalse(voices.unite(spouse).do_not_contact)


@tagged("post_install", "-at_install")
class TestErasureOthers(ErasureCase):
    """What belongs to somebody else stays theirs."""

    def test_company_keeps_its_address(self):
        colleague = self.env["res.partner"].create(
            {"name": "Colleague", "parent_id": self.firm.id}
        )
        self.firm.write({"street": "Jalan Merdeka 1", "city": "Bandung", "vat": "X1"})
        self.assertEqual(self.person.street, "Jalan Merdeka 1")
        kept = self.erase()
        self.assertFalse(self.person.street)
        self.assertRecordValues(
            self.firm | colleague,
            [{"street": "Jalan Merdeka 1", "city": "Bandung"}] * 2,
        )
        self.assertEqual(self.firm.vat, "X1")
        self.assertTrue(any("postal address" in line for line in kept), kept)

    def test_namesake_keeps_the_name(self):
        """One word may mean anybody, and so may a name that two people have."""
        for name in ("Sari", "Budi Santoso"):
            with self.subTest(name=name):
                person, namesake = self.env["res.partner"].create(
                    [{"name": name}, {"name": name}]
                )
                product = self.env["product.product"].create({"name": f"Kopi {name}"})
                order = self.env["sale.order"].create(
                    {"partner_id": person.id, "client_order_ref": f"for {name}"}
                )
                foreign = self.env["sale.order"].create(
                    {"partner_id": namesake.id, "client_order_ref": f"for {name}"}
                )
                order.message_post(body=f"{name} called")
                kept = self.erase(person)
                self.assertEqual(namesake.name, name)
                self.assertEqual(product.name, f"Kopi {name}")
                self.assertEqual(foreign.client_order_ref, f"for {name}")
                self.assertEqual(order.client_order_ref, "for Erased contact")
                self.assertNotIn(name, order.message_ids[0].body)
                for record in (foreign, namesake):
                    self.assertTrue(
                        any(f"#{record.id}" in line for line in kept), "told"
                    )

    def test_similar_words_are_left_alone(self):
        person = self.env["res.partner"].create(
            {"name": "Ann Lee", "email": "ann@x.example", "phone": "+62 811 2345 111"}
        )
        other = self.env["res.partner"].create(
            {
                "name": "Other",
                "comment": "<p>Joann Lee, Ann Leeds, joann@x.example,"
                " ann@x.example.org, +62 811 2345 1119</p>",
            }
        )
        self.erase(person)
        self.assertEqual(
            other.comment,
            "<p>Joann Lee, Ann Leeds, joann@x.example,"
            " ann@x.example.org, +62 811 2345 1119</p>",
        )

    def test_words_in_every_spelling(self):
        person = self.env["res.partner"].create(
            {
                "name": "Renée O'Zyx & Co",
                "email": "renée+a@x.example",
                "phone": "+62 811 2345 222",
            }
        )
        other = self.env["res.partner"].create(
            {
                "name": "Other",
                "comment": "<p>RENÉE  O'Zyx &amp; Co; 0811-2345 222;"
                " (+62) 811.2345.222;"
                ' <a href="tel:+62%20811%202345%20222">x</a>;'
                ' <a href="mailto:x?q=Ren%C3%A9e%20O%27Zyx%20%26%20Co">y</a></p>',
            }
        )
        self.env["ir.logging"].create(
            {
                "name": "x",
                "type": "server",
                "message": '{"name": "Ren\\u00e9e O\'Zyx & Co"}',
                "path": "x",
                "func": "x",
                "line": "1",
            }
        )
        self.erase(person)
        self.assertNotRegex(other.comment, "(?i)zyx|2345")
        self.assertFalse(self.env["ir.logging"].search([("message", "like", "Zyx")]))

    def test_names_in_other_scripts(self):
        person = self.env["res.partner"].create(
            {"name": "李 小龍", "email": "李@例.example"}
        )
        other = self.env["res.partner"].create(
            {"name": "Other", "comment": "<p>李&nbsp;小龍, 李@例.example</p>"}
        )
        self.erase(person)
        self.assertNotRegex(other.comment, "小龍|例")

    def test_words_of_the_person_without_author(self):
        task = self.env["res.partner"].create({"name": "Other"})
        message = task.message_post(body="My knee hurts", message_type="comment")
        message.write({"author_id": False, "email_from": "P <person@example.com>"})
        self.erase()
        self.assertFalse(message.exists())

    def test_sealed_invoice_is_told_and_left(self):
        move = self.env["account.move"].create(
            {"move_type": "entry", "partner_id": self.person.id, "narration": "Person"}
        )
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                "UPDATE account_move SET inalterable_hash = 'x' WHERE id = %s"
                " RETURNING id",
                move.id,
            )
        )
        self.env.invalidate_all()
        kept = self.erase()
        self.assertIn("Person", str(move.narration))
        self.assertTrue(any(f"#{move.id}" in line for line in kept), kept)

    def test_files_of_the_books_stay(self):
        quotation, order = self.env["sale.order"].create(
            [{"partner_id": self.person.id} for _number in range(2)]
        )
        order.state = "sale"
        files = self.env["ir.attachment"].create(
            [
                {
                    "name": "Contract.pdf",
                    "raw": b"x",
                    "res_model": "sale.order",
                    "res_id": document.id,
                }
                for document in (quotation, order)
            ]
        )
        kept = self.erase()
        self.assertEqual(files.exists(), files[1])
        self.assertTrue(any("1 files" in line for line in kept), kept)

    def test_tax_number_stays_with_documents_only(self):
        buyer, visitor = self.env["res.partner"].create(
            [{"name": name, "vat": "NL123"} for name in ("Buyer", "Visitor")]
        )
        order = self.env["sale.order"].create({"partner_id": buyer.id})
        order.state = "sale"
        self.erase(buyer)
        self.erase(visitor)
        self.assertTrue(buyer.vat)
        self.assertFalse(visitor.vat)


@tagged("post_install", "-at_install")
class TestErasureStates(ErasureCase):
    def test_nobody(self):
        nobody = self.env["res.partner"].with_user(self.manager)
        with self.assertRaisesRegex(UserError, "Choose the person"):
            nobody.action_erase_contact_data()
        self.assertEqual(nobody._erase_contact_data(), [])

    def test_twice_is_once(self):
        self.erase()
        self.env.flush_all()
        before = self.person.read()[0]
        self.erase()
        after = self.person.read()[0]
        changed = {
            name
            for name in after
            if after[name] != before[name] and "date" not in name and name[:2] != "__"
        }
        self.assertFalse(changed)
        self.assertEqual(self.env["crm.suppression"].search_count([]), 2)

    def test_closed_account_stays_closed(self):
        user = new_test_user(
            self.env, "somebody", "base.group_portal", partner_id=self.person.id
        )
        self.env["res.users.apikeys"].with_user(user)._generate(
            None, "key", fields.Datetime.add(fields.Datetime.now(), days=1)
        )
        for _time in range(2):
            self.erase()
            self.assertEqual(user.login, f"erased-{user.id}")
        self.assertFalse(self.env["res.users.apikeys"].search([]))
        self.env.cr.execute("SELECT password FROM res_users WHERE id = %s", [user.id])
        self.assertFalse(self.env.cr.fetchone()[0])

    def test_login_is_silenced_too(self):
        new_test_user(
            self.env, "l@x.example", "base.group_portal", partner_id=self.person.id
        )
        self.person.email = "person@example.com"
        self.erase()
        twin = self.env["res.partner"].create({"name": "T", "email": "l@x.example"})
        self.assertTrue(twin.do_not_contact)

    def test_what_came_since_is_erased_by_doing_it_again(self):
        self.erase()
        self.person.message_post(body="Was called Person once")
        self.erase()
        self.assertFalse(self.person.message_ids)

    def test_button_tells_what_stays(self):
        self.env["sale.order"].create({"partner_id": self.person.id})
        action = self.press()
        self.assertEqual(action["params"]["type"], "success")
        self.assertIn("Sales orders (1)", action["params"]["message"])
        self.assertIn("Sales orders (1)", self.person.erasure_note)
        self.assertIn(self.manager.name, self.person.erasure_note)

    def test_result_is_for_administrators(self):
        self.erase()
        with self.assertRaises(AccessError):
            self.person.with_user(self.salesperson).read(["erasure_note"])

    def test_one_call_for_several_contacts(self):
        two = self.env["res.partner"].create(
            [{"name": "Two A", "email": "a@x.example"}, {"name": "Two B"}]
        )
        two[1].comment = "Husband of Two A"
        self.erase(two)
        self.assertEqual(two.mapped("active"), [False, False])
        self.assertFalse(two[1].comment)


@tagged("post_install", "-at_install")
class TestErasureCompanies(ErasureCase):
    """A customer of several companies is erased when all of them agree."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company, cls.third_company = cls.env["res.company"].create(
            [{"name": "Toko Sebelah"}, {"name": "Third"}]
        )
        cls.neighbor = new_test_user(
            cls.env,
            "erasure_neighbor",
            "sales_team.group_sale_manager",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )
        cls.both = new_test_user(
            cls.env,
            "erasure_both",
            "sales_team.group_sale_manager",
            company_ids=[Command.set((cls.env.company | cls.other_company).ids)],
        )
        for company in cls.env.company | cls.other_company:
            cls.env["crm.relationship"]._ensure(cls.firm, company)

    def _requests(self):
        return self.person.activity_ids.filtered(
            lambda activity: activity.user_id == self.neighbor
        )

    def test_refused_with_the_names_of_the_others(self):
        with self.assertRaisesRegex(UserError, "Toko Sebelah"):
            self.erase()
        with self.assertRaisesRegex(UserError, "Toko Sebelah"):
            self.erase(user=self.manager)
        self.assertTrue(self.person.active)
        self.assertEqual(self.person.email, "person@example.com")

    def test_whoever_speaks_for_all_may(self):
        self.erase(user=self.both)
        self.assertFalse(self.person.active)

    def test_which_companies_are_open_makes_no_difference(self):
        person = self.person.with_user(self.both).with_context(
            allowed_company_ids=self.env.company.ids
        )
        person._erase_contact_data()
        self.assertFalse(self.person.active)

    def test_erased_when_the_last_one_agrees(self):
        action = self.press()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("Toko Sebelah", action["params"]["message"])
        self.assertTrue(self.person.active)
        self.assertEqual(len(self._requests()), 1)
        for _click in range(5):
            self.press()
        self.assertEqual(len(self._requests()), 1, "asked once")
        self.press(user=self.neighbor)
        self.assertFalse(self.person.active)
        self.assertFalse(self.env["crm.erasure.agreement"].search([]))

    def test_agreement_does_not_last_for_ever(self):
        self.press()
        agreement = self.env["crm.erasure.agreement"].search([])
        agreement.date = fields.Date.subtract(fields.Date.today(), days=31)
        action = self.press(user=self.neighbor)
        self.assertEqual(action["params"]["type"], "warning")
        self.assertTrue(self.person.active)

    def test_an_order_makes_a_customer(self):
        self.env["sale.order"].create(
            {"partner_id": self.person.id, "company_id": self.third_company.id}
        )
        with self.assertRaisesRegex(UserError, "Third"):
            self.erase(user=self.both)

    def test_nobody_agrees_by_hand(self):
        for user in (self.salesperson, self.manager, self.neighbor):
            with self.assertRaises(AccessError):
                self.env["crm.erasure.agreement"].with_user(user).create(
                    {
                        "partner_id": self.person.id,
                        "company_id": self.other_company.id,
                        "user_id": user.id,
                        "date": fields.Date.today(),
                    }
                )
