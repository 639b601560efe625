"""The customer on one page: cards, line of time, chatter, and what it asks."""

from lxml import etree, html

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import NOW, RelationshipCase

WITH_NOTES = {"tracking_disable": False, "mail_create_nolog": False}


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestPage(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.make_relationship(cls.make_customer("Ani"))

    def done(self, **values):
        return self.make_interaction(
            self.customer,
            **{
                "state": "done",
                "outcome": "reached",
                "date_done": NOW,
                "touchpoint_id": self.call.id,
                **values,
            },
        )

    def text(self, name, user=None, **context):
        record = self.customer.with_user(user or self.sari).with_context(**context)
        record.invalidate_recordset()
        return " ".join(html.fromstring(record[name] or "<p/>").text_content().split())

    # -- the line of time

    def test_interactions_orders_and_mood_are_on_one_line(self):
        self.done(
            name="How are you?",
            date_done="2026-03-10 03:00:00",
            sentiment="negative",
            feedback="Too slow",
        )
        order = self.make_order(self.customer.partner_id, days_ago=5, amount=70)
        self.done(name="Thanks", date_done="2026-03-30 03:00:00", sentiment="positive")
        order.user_id = self.sari
        text = self.text("timeline")
        found = [text.index(word) for word in ("Thanks", order.name, "How are you?")]
        self.assertEqual(found, sorted(found), "The latest comes first")
        for word in ("Happy", "Unhappy", "Too slow", "70.00", "Mar 10, 2026"):
            self.assertIn(word, text)

    def test_what_is_planned_is_no_history(self):
        self.make_open(self.customer, name="Still to come")
        self.assertNotIn("Still to come", self.text("timeline"))
        self.assertIn("Still to come", self.text("overview"))

    def test_line_is_bounded_and_shown_whole_when_asked(self):
        for number in range(14):
            self.done(name=f"Talk {number:02}", date_done=f"2026-03-{number + 1:02}")
        text = self.text("timeline")
        self.assertEqual(text.count("Talk"), 10)
        self.assertIn("The latest 10 are shown here", text)
        action = self.customer.with_user(self.sari).action_view_timeline()
        text = self.text("timeline", **action["context"])
        self.assertEqual(text.count("Talk"), 14)
        self.assertNotIn("are shown here", text)

    def test_words_are_shown_as_they_are(self):
        self.done(name="<script>x</script>", feedback="<b>bold</b>")
        self.assertIn("<b>bold</b>", self.text("timeline"))
        self.assertNotIn("<script>", self.customer.timeline)

    def test_orders_of_a_colleague_stay_theirs(self):
        """Odoo hides them from salespeople, and so does the line of time."""
        order = self.make_order(self.customer.partner_id, days_ago=5)
        order.user_id = self.budi
        self.assertNotIn(order.name, self.text("timeline"))
        self.assertIn(order.name, self.text("timeline", self.all_documents))

    def test_losses_are_on_the_line(self):
        reason = self.env["crm.defection.reason"].create({"name": "Too dear"})
        self.env["crm.defection"].create(
            {
                "relationship_id": self.customer.id,
                "date": "2026-03-05",
                "declared": True,
                "reason_id": reason.id,
                "date_returned": "2026-03-20",
            }
        )
        text = self.text("timeline")
        self.assertLess(text.index("Returned"), text.index("Said goodbye"))
        self.assertIn("Too dear", text)

    # -- cards

    def test_wishes_are_told(self):
        self.customer.partner_id.write(
            {
                "preferred_touchpoint_id": self.whatsapp.id,
                "refused_touchpoint_ids": [Command.link(self.visit.id)],
                "contact_snooze_until": "2026-04-10",
                "consent_selling": "refused",
            }
        )
        text = self.text("overview")
        for words in (
            "Prefers: Whatsapp",
            "Refuses: Visit",
            "Pause until Apr 10, 2026",
            "Selling Consent: Refused",
        ):
            self.assertIn(words, text)

    def test_nothing_planned_tells_why(self):
        text = self.text("overview")
        self.assertIn("Nothing is planned. No contact plan", text)

    def test_orders_programs_and_quotations(self):
        self.make_order(self.customer.partner_id, days_ago=5, amount=70)
        self.make_quotation(
            self.customer.partner_id, amount=30, state="sent"
        ).user_id = self.sari
        program = self.make_program(trigger="manual")
        program._enroll(self.customer)
        self.customer._refresh_portfolio(self.company)
        text = self.text("overview")
        self.assertIn("Purchases in 24 months: 1 for", text)
        self.assertIn("Open quotations: 1", text)
        self.assertIn("After the purchase, since Mar 31, 2026", text)

    def test_open_complaint_is_told_until_it_is_solved(self):
        self.make_open(self.customer).with_user(self.sari)._close_done(
            {"outcome": "complaint", "feedback": "It broke"}
        )
        self.customer.invalidate_recordset()
        customer = self.customer.with_user(self.sari)
        self.assertIn("It broke", customer.complaint_note)
        service = customer.interaction_ids.filtered("is_complaint_open")
        self.assertEqual(customer.action_view_complaint()["res_id"], service.id)
        service._close_done({"outcome": "solved"})
        customer.invalidate_recordset()
        self.assertFalse(customer.complaint_note)

    def test_segment_says_why(self):
        self.make_segment("Everyone")
        self.customer._refresh_portfolio(self.company)
        self.assertIn("Everyone fits", self.customer.segment_reason)
        self.customer._lock_segment(self.customer.segment_id, "Friend of the house")
        self.customer.invalidate_recordset()
        self.assertIn("Friend of the house", self.customer.segment_reason)

    # -- the way there

    def test_contact_leads_to_the_page(self):
        person = self.make_customer("Person", parent_id=self.customer.partner_id.id)
        for contact in (person, self.customer.partner_id):
            action = contact.with_user(self.sari).action_view_relationship()
            self.assertEqual(action["res_id"], self.customer.id)

    def test_page_of_a_colleagues_customer_says_whose(self):
        with self.assertRaisesRegex(UserError, "served by Sari"):
            self.customer.partner_id.with_user(self.budi).action_view_relationship()

    def test_contact_who_is_no_customer(self):
        stranger = self.make_customer("New")
        with self.assertRaisesRegex(UserError, "no customer of Toko Musik yet"):
            stranger.with_user(self.sari).action_view_relationship()

    # -- what it asks of the database

    def test_queries_do_not_grow_with_the_history(self):
        view = self.env.ref("crm_relationship.crm_relationship_view_form")
        page = self.env["crm.relationship"].with_user(self.sari)
        arch = etree.fromstring(page.get_view(view.id, "form")["arch"])
        names = arch.xpath("//field[not(ancestor::field)]/@name")
        opened = page.browse(self.customer.id)
        self.done()
        self.make_order(self.customer.partner_id, user_id=self.sari.id)
        opened.web_read(dict.fromkeys(names, {}))
        few = self.count_queries(opened.web_read, dict.fromkeys(names, {}))
        for number in range(1, 30):
            self.done(date_done=f"2026-03-{number:02} 03:00:00")
            self.make_order(
                self.customer.partner_id, days_ago=number, user_id=self.sari.id
            )
        many = self.count_queries(opened.web_read, dict.fromkeys(names, {}))
        self.assertLessEqual(many, few)
        self.assertLessEqual(few, 85)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestChatter(RelationshipCase):
    """What people decide about a customer is told; what follows from figures is not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, **WITH_NOTES})
        cls.customer = cls.make_relationship(cls.make_customer("Ani"))
        cls.flush(cls)

    def flush(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

    def messages(self, relationships=None):
        self.flush()
        relationships = relationships or self.customer
        return self.env["mail.message"].search(
            [("model", "=", "crm.relationship"), ("res_id", "in", relationships.ids)],
            order="id",
        )

    def changes(self):
        """Return what is told in the chatter: {field: (old, new)}"""
        return {
            value.field_id.name: (value.old_value_char, value.new_value_char)
            for value in self.messages().tracking_value_ids
        }

    def test_a_new_salesperson_is_told(self):
        before = self.messages()
        self.customer.with_user(self.all_documents).with_context(
            **WITH_NOTES
        ).user_id = self.budi
        self.assertEqual(self.changes()["user_id"], ("Sari", "Budi"))
        self.assertEqual(
            (self.messages() - before).author_id, self.all_documents.partner_id
        )
        self.assertFalse(self.customer.message_follower_ids, "Nobody asked for mails")

    def test_plan_stand_in_and_segment_are_told(self):
        plan = self.make_plan()
        gold = self.make_segment("Gold")
        self.customer.with_user(self.all_documents).with_context(**WITH_NOTES).write(
            {"plan_id": plan.id, "backup_user_id": self.budi.id}
        )
        self.customer._lock_segment(gold, "Friend of the house")
        changes = self.changes()
        self.assertEqual(changes["plan_id"], ("", "Care"))
        self.assertEqual(changes["backup_user_id"], ("", "Budi"))
        self.assertEqual(changes["locked_segment_id"], ("", "Gold"))
        self.assertEqual(changes["lock_reason"], (False, "Friend of the house"))

    def test_update_of_the_portfolio_writes_no_message(self):
        self.make_segment("Everyone")
        known = self.messages()
        for number in range(3):
            self.make_order(self.make_customer(f"Buyer {number}"), days_ago=number)
        self.make_order(self.customer.partner_id)
        self.customer._refresh_portfolio(self.company)
        customers = self.customer.search([("company_id", "=", self.company.id)])
        self.assertTrue(self.customer.segment_id)
        self.assertGreater(len(customers), 3)
        self.assertEqual(self.messages(customers), known)

    def test_planning_and_closing_write_no_message(self):
        known = self.messages()
        self.make_open(self.customer).action_done()
        self.env["crm.interaction"]._schedule(self.company)
        self.assertEqual(self.messages(), known)

    def test_salesperson_notes_something(self):
        note = self.customer.with_user(self.sari).message_post(body="Likes tea")
        self.assertIn(note, self.messages())

    def test_note_on_a_colleagues_customer_is_refused(self):
        with self.assertRaises(AccessError):
            self.customer.with_user(self.budi).message_post(body="Likes tea")

    def test_messages_go_along_in_a_merge(self):
        other = self.make_relationship(self.make_customer("Ani Again"))
        note = other.message_post(body="Likes tea")
        other._merge_into(self.customer)
        self.assertIn(note, self.messages())

    def test_messages_are_erased_with_the_customer(self):
        self.customer._lock_segment(self.make_segment("Gold"), "Her son is ill")
        self.customer.message_post(body="Likes tea")
        self.flush()
        self.customer.partner_id.with_user(self.manager)._erase_contact_data()
        messages = self.messages()
        self.assertNotIn("Likes tea", "".join(messages.mapped("body")))
        self.assertNotIn("Her son is ill", str(self.changes()))
