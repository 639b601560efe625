"""The start page: what an administrator sees and settles before going live."""

import csv
import io
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from lxml import etree

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import html_sanitize
from odoo.tools.safe_eval import safe_eval

from ..models.ledger import outlook
from ..models.ledger.outlook import Outlook
from .common import NOW, TODAY
from .common_live import PreviewCase


@tagged("post_install", "-at_install")
class TestOutlook(PreviewCase):
    """The next 30 days, by the real rules, and without a trace."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call.duration = 10
        cls.company.contact_cap_ids.unlink()
        for relationship in (cls.to_call, cls.to_mail):
            cls.pending_of(relationship).write({"date_due": TODAY, "date_planned": NOW})

    @classmethod
    def pending_of(cls, relationship):
        return cls.env["crm.interaction"].search(
            [("relationship_id", "=", relationship.id), ("state", "=", "scheduled")]
        )

    def tell(self):
        return Outlook(self.env, self.company).tell()

    def test_who_gets_what_by_whom_and_when(self):
        found = self.tell()
        self.assertEqual(found["count"], 2)
        examples = {e["customer"]: e for e in found["examples"]}
        call = examples[self.to_call.partner_id.name]
        mail = examples[self.to_mail.partner_id.name]
        self.assertEqual(
            (call["channel"], call["salesperson"], call["is_message"]),
            ("Call", self.sari.name, False),
        )
        self.assertEqual((mail["channel"], mail["is_message"]), ("Email", True))
        self.assertEqual(call["day"], TODAY)

    def test_how_many_minutes_a_person(self):
        self.to_mail.plan_id = self.make_plan({"touchpoints": self.call})
        self.pending_of(self.to_mail).write({"date_due": TODAY, "date_planned": NOW})
        [person] = self.tell()["people"]
        self.assertEqual(
            (person["name"], person["count"], person["minutes"]),
            (self.sari.name, 2, 20),
        )

    def test_messages_word_by_word_for_a_real_customer(self):
        [message] = self.tell()["messages"]
        name = self.to_mail.partner_id.name
        self.assertEqual(message["customer"], name)
        self.assertEqual(message["subject"], f"Hello {name}")
        self.assertIn(f"Dear {name}", message["body"])
        self.assertNotIn("contact-preferences", message["body"])

    def test_an_sms_word_by_word(self):
        self.to_mail.plan_id = self.make_plan(
            {"touchpoints": self.sms, "sms_template_id": self.text.id}
        )
        self.to_mail.partner_id.phone = "+62 811 1234567"
        [message] = self.tell()["messages"]
        self.assertEqual(message["body"], f"Hi {self.to_mail.partner_id.name}")

    def test_nothing_remains_of_the_rehearsal(self):
        models = ("mail.mail", "mail.message", "mail.activity", "sms.sms")
        before = {model: self.env[model].search_count([]) for model in models}
        ledger = self.env["crm.interaction"].search([]).read()
        self.tell()
        self.env.invalidate_all()
        self.assertEqual(self.company.relationship_state, "preview")
        self.assertFalse(self.company.live_touchpoint_ids)
        self.assertEqual(self.env["crm.interaction"].search([]).read(), ledger)
        for model, count in before.items():
            self.assertEqual(self.env[model].search_count([]), count)

    def test_it_is_what_happens_then(self):
        found = self.tell()
        self.company._go_live(self.email + self.sms)
        self.run_cron("release")
        done = self.env["crm.interaction"].search(
            [("company_id", "=", self.company.id), ("state", "in", ("open", "done"))]
        )
        self.assertEqual(
            {(e["customer"], e["channel"]) for e in found["examples"]},
            {(i.partner_id.display_name, i.touchpoint_id.name) for i in done},
        )
        [message] = found["messages"]
        mail = self.env["mail.mail"].search([("crm_interaction_id", "in", done.ids)])
        self.assertEqual(message["body"], html_sanitize(mail.body_html))

    def test_what_the_customer_refuses_is_said(self):
        self.to_call.partner_id.refused_touchpoint_ids = self.call
        found = self.tell()
        self.assertEqual(
            found["barred"], [("Every channel of this interaction is refused", 1)]
        )
        self.assertEqual([e["channel"] for e in found["examples"]], ["Email"])

    def test_what_repeats_is_counted(self):
        self.to_call.plan_id = self.make_plan(
            {"times": 1, "every": 1, "period": "week"}
        )
        self.pending_of(self.to_call).write({"date_due": TODAY, "date_planned": NOW})
        self.assertEqual(self.tell()["count"], 5 + 1)

    def test_how_much_time_a_person_has(self):
        """TODAY is a Tuesday: the first week has four working days and a Monday."""
        self.sari.contact_minutes_day = 30
        self.sari._note_absence(TODAY, TODAY, None, self.company)
        [person] = self.tell()["people"]
        self.assertEqual(
            [week["room"] for week in person["weeks"]], [120, 150, 150, 150, 60]
        )
        self.assertEqual(person["room"], 630)
        self.assertFalse(person["late_from"])
        self.assertEqual(person["too_much"], 0)

    def test_it_says_when_there_is_too_little_time(self):
        self.call.duration = 60
        self.sari.contact_minutes_day = 30
        for number in range(14):
            relationship = self.make_relationship(
                plan_id=self.make_plan({"touchpoints": self.call}).id
            )
            day = TODAY + timedelta(days=14 * (number > 3))
            self.pending_of(relationship).write(
                {"date_due": day, "date_planned": NOW + (day - TODAY)}
            )
        [person] = self.tell()["people"]
        # the first week has too much as well, and the second room for it
        self.assertEqual(
            [week["minutes"] for week in person["weeks"]], [300, 0, 600, 0, 0]
        )
        self.assertEqual(person["late_from"], TODAY + timedelta(days=14))
        self.assertEqual(person["too_much"], 600 - 150 - 150 - 60)
        page = self.env["crm.going.live"].with_user(self.manager).create({})
        page.action_show_outlook()
        self.assertIn("More is due than there is time for", page.outlook)
        self.assertIn("minutes too many", page.outlook)

    def test_the_first_days_are_spread(self):
        self.company.relationship_ramp_days = 14
        plan = self.make_plan({})
        for _number in range(26):
            self.make_relationship(user_id=self.sari.id, plan_id=plan.id)
        self.env["crm.interaction"].search(
            [("company_id", "=", self.company.id), ("state", "=", "scheduled")]
        ).write({"date_due": TODAY, "date_planned": NOW})
        [person] = self.tell()["people"]
        first, second, *_later = [week["count"] for week in person["weeks"]]
        self.assertEqual(first + second, 27)
        self.assertLess(abs(first - second), 3)

    def test_others_companies_do_not_count(self):
        self.make_two(self.other_company)
        self.assertEqual(self.tell()["count"], 2)

    def test_what_a_live_company_has_in_its_queues_counts(self):
        self.company._go_live()
        self.run_cron("release")
        self.assertEqual(self.tell()["count"], 2)

    def test_a_large_company_is_sampled(self):
        plan = self.make_plan({})
        for _number in range(60):
            self.make_relationship(user_id=self.sari.id, plan_id=plan.id)
        self.env["crm.interaction"].search(
            [("company_id", "=", self.company.id), ("state", "=", "scheduled")]
        ).write({"date_due": TODAY, "date_planned": NOW})
        self.patch(outlook, "SAMPLE", 20)
        found = self.tell()
        self.assertTrue(found["is_sample"])
        self.assertLess(found["sample_size"], 40)
        self.assertEqual(found["count"], 62)
        [person] = found["people"]
        self.assertAlmostEqual(person["minutes"], 610, delta=60)

    def test_as_many_queries_for_many_as_for_few(self):
        plan = self.make_plan({})
        self.pending_of(self.to_mail).unlink()
        self.patch(outlook, "SAMPLE", 10)
        counts = []
        for number in (10, 60):
            for _number in range(number):
                self.make_relationship(user_id=self.sari.id, plan_id=plan.id)
            self.env["crm.interaction"].search(
                [("company_id", "=", self.company.id), ("state", "=", "scheduled")]
            ).write({"date_due": TODAY, "date_planned": NOW})
            self.env.flush_all()
            self.env.invalidate_all()
            self.tell()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.tell()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertAlmostEqual(*counts, delta=5)


@tagged("post_install", "-at_install")
class TestStartPage(PreviewCase):
    def open(self, user=None):
        return self.env["crm.going.live"].with_user(user or self.manager).create({})

    def test_whoever_is_no_sales_administrator_stays_out(self):
        for user in (self.sari, self.all_documents, self.internal):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.open(user)

    def test_companies_of_others_stay_out(self):
        page = self.env["crm.going.live"].with_user(self.stranger)
        with self.assertRaises(AccessError):
            page.with_company(self.other_company).create(
                {"company_id": self.company.id}
            )

    def test_settings_are_those_of_the_company(self):
        self.company.relationship_first_count = 7
        page = self.open()
        self.assertEqual(page.relationship_first_count, 7)
        self.assertEqual(page.tz, "Asia/Jakarta")

    def test_a_sales_administrator_settles_them(self):
        with Form(self.env["crm.going.live"].with_user(self.manager)) as form:
            form.tz = "Asia/Tokyo"
            form.consent_policy_selling = "opt_in"
            form.relationship_first_count = 4
            with form.contact_cap_ids.edit(0) as cap:
                cap.count = 2
        self.assertEqual(self.company.partner_id.tz, "Asia/Tokyo")
        self.assertEqual(self.company.consent_policy_selling, "opt_in")
        self.assertEqual(self.company.relationship_first_count, 4)
        self.assertIn(2, self.company.contact_cap_ids.mapped("count"))

    def test_nothing_else_of_the_company(self):
        page = self.open()
        with self.assertRaises(AccessError):
            page.company_id.name = "Mine"
        page.write({"relationship_state": "live"})
        self.env.invalidate_all()
        self.assertEqual(self.company.relationship_state, "preview")

    def test_bad_settings_are_refused_in_words(self):
        with self.assertRaises(ValidationError):
            self.open().relationship_ramp_days = 1000

    def test_salespeople_segments_and_channels_are_shown(self):
        segment = self.make_segment("Golden ones")
        self.to_call.segment_id = segment
        self.make_relationship(user_id=False)
        page = self.open()
        self.assertIn(self.sari.name, page.staff_overview)
        self.assertIn("no dedicated salesperson", page.staff_overview)
        self.assertIn("Golden ones", page.segment_overview)
        self.assertIn("Whatsapp", page.touchpoint_overview)
        self.assertEqual((page.customer_count, page.without_staff_count), (3, 1))

    def test_it_goes_live_from_the_outlook(self):
        page = self.open()
        action = page.action_show_outlook()
        self.assertEqual(action["res_id"], page.id)
        self.assertIn(self.to_call.partner_id.name, page.outlook)
        self.assertIn(f"<p>Dear {self.to_mail.partner_id.name}</p>", page.outlook)
        page.touchpoint_ids = self.email
        page.action_go_live()
        self.assertEqual(self.company.relationship_state, "live")
        self.assertEqual(self.company.live_touchpoint_ids, self.email)

    def test_the_outlook_has_an_address_of_its_own(self):
        """Reloaded, or come back to, it is not the page before it once more."""
        page = self.open()
        action = page.action_show_outlook()
        view = self.env.ref("crm_relationship.crm_going_live_view_outlook")
        self.assertTrue(action["path"])
        self.assertEqual(action["views"], [(view.id, "form")])
        outlook_page = page.with_context(going_live_outlook=True)
        self.assertEqual(page.display_name, "Going Live")
        self.assertEqual(outlook_page.display_name, "The Next 30 Days")

    def test_the_hours_made_for_selling_can_be_chosen(self):
        """On this page and in the settings; those of other companies cannot."""
        regulated = self.env.ref("crm_relationship.resource_calendar_regulated")
        calendars = self.env["resource.calendar"]
        other = calendars.create(
            {"name": "Elsewhere", "company_id": self.other_company.id}
        )
        for model in ("crm.going.live", "res.config.settings"):
            with self.subTest(model=model):
                arch = etree.fromstring(self.env[model].get_view()["arch"])
                [field] = arch.xpath("//field[@name='selling_calendar_id']")
                domain = safe_eval(field.get("domain"), {"company_id": self.company.id})
                offered = calendars.search(domain)
                self.assertIn(regulated, offered)
                self.assertNotIn(other, offered)

    def test_a_page_just_opened_knows_what_is_live(self):
        """It is not saved yet: its channels are not the records themselves."""
        self.company._go_live(self.email)
        page = Form(self.env["crm.going.live"].with_user(self.manager))
        self.assertIn("sent automatically", page.touchpoint_overview)

    def test_and_back(self):
        self.company._go_live(self.email)
        self.open().action_go_back_to_preview()
        self.assertEqual(self.company.relationship_state, "preview")

    def test_what_a_customer_is_called_does_no_harm(self):
        self.to_mail.partner_id.name = "<script>alert(1)</script>"
        page = self.open()
        page.action_show_outlook()
        self.assertNotIn("<script", page.outlook)

    def test_an_empty_company_is_told_what_to_do(self):
        self.env["crm.interaction"].search(
            [("company_id", "=", self.company.id)]
        ).unlink()
        page = self.open()
        page.action_show_outlook()
        self.assertIn("Nothing is planned", page.outlook)

    def test_opening_it_is_a_start(self):
        self.open()
        self.assertEqual(self.company.relationship_start_user_id, self.manager)
        with self.in_days(3):
            self.run_cron("schedule")
        self.assertEqual(
            self.company.relationship_start_activity_id.user_id, self.manager
        )

    def test_update_now_updates_this_company(self):
        customer = self.make_customer()
        self.make_order(customer, days_ago=3)
        told = self.open().action_refresh()["params"]["message"]
        self.assertIn("None reaches a queue before", told)
        self.assertTrue(
            self.env["crm.relationship"].search_count(
                [
                    ("partner_id", "=", customer.id),
                    ("company_id", "=", self.company.id),
                ]
            )
        )


@tagged("post_install", "-at_install")
class TestExport(HttpCase):
    """The history leaves as a file, by Odoo's own export."""

    def test_the_history_is_downloaded(self):
        partner = self.env["res.partner"].create({"name": "Remembered"})
        relationship = self.env["crm.relationship"]._ensure(partner, self.env.company)
        self.env["crm.interaction"].create(
            {
                "name": "A word",
                "relationship_id": relationship.id,
                "state": "done",
                "outcome": "reached",
                "feedback": "Very happy",
                "date_planned": NOW - timedelta(days=365),
                "date_done": NOW - timedelta(days=365),
            }
        )
        page = self.env["crm.going.live"].create({})
        self.authenticate("admin", "admin")
        action = page.action_export_history()
        sent = json.loads(parse_qs(urlsplit(action["url"]).query)["data"][0])
        self.assertEqual(sent["model"], "crm.interaction")
        answer = self.url_open(action["url"])
        rows = list(csv.reader(io.StringIO(answer.text)))
        [row] = [row for row in rows if "Remembered" in row]
        self.assertIn("Very happy", row)
        self.assertIn("Done", row)
        self.assertEqual(len(rows[0]), len(sent["fields"]))
