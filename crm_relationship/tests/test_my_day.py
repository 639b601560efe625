"""*My Day*: which interactions, in which order, what is told, and what taps do."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import format_date

from .common import NOW, TODAY, RelationshipCase

QUERIES = 12


@tagged("post_install", "-at_install")
class MyDayCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls.env["sms.template"].create(
            {
                "name": "Hi",
                "model_id": cls.env["ir.model"]._get_id("res.partner"),
                "body": "Hi {{ object.name }}, how are you?",
            }
        )
        cls.plan = cls.make_plan(
            {"note": "<p>Listen first.</p>", "sms_template_id": cls.template.id}
        )
        cls.numbers = iter(range(1000))

    @classmethod
    def due(cls, name="Ibu Sri", touchpoint=None, days=0, plan=True, **values):
        """Return an interaction in Sari's queue, with a new customer of hers."""
        number = next(cls.numbers)
        partner = cls.make_customer(
            name,
            phone=f"+62 811 555 {number:04}",
            email=f"customer{number}@example.com",
            **values.pop("partner", {}),
        )
        relationship = cls.make_relationship(partner, **values.pop("relationship", {}))
        line = cls.plan.line_ids if plan else cls.plan.line_ids.browse()
        interaction = cls.make_interaction(
            relationship,
            **{
                "name": "How are you?",
                "touchpoint_id": (touchpoint or cls.call).id,
                "plan_line_id": line.id,
                "user_id": cls.sari.id,
                "state": "open",
                "date_due": TODAY + timedelta(days=days),
                "date_planned": NOW + timedelta(days=days),
                **values,
            },
        )
        return interaction

    def my_day(self, user=None):
        my_day = self.env["crm.my.day"].with_user(user or self.sari)
        return my_day.with_context(tz="Asia/Jakarta")

    def get_day(self, user=None, **options):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.my_day(user).get_day(**options)

    def names(self, user=None):
        return [card["who"] for card in self.get_day(user)["cards"]]

    def card(self, interaction, user=None):
        cards = self.get_day(user)["cards"]
        return next(card for card in cards if card["id"] == interaction.id)


@tagged("post_install", "-at_install")
class TestMyDay(MyDayCase):
    # ------------------------------------------------------------------
    # Which ones
    # ------------------------------------------------------------------

    def test_order(self):
        """Service, then what is soon too late, then by value: the server's order."""
        self.due("Poor", relationship={"rfm_monetary": 1})
        self.due("Rich", relationship={"rfm_monetary": 5})
        order = self.make_order(self.make_customer())
        self.due("Follow-up", sale_order_id=order.id)
        self.due("Service", kind="service")
        self.assertEqual(self.names(), ["Service", "Follow-up", "Rich", "Poor"])

    def test_today(self):
        self.due("Yesterday", days=-1)
        self.due("Today")
        self.due("Tomorrow", days=1)
        self.due("Scheduled", state="scheduled")
        self.due("Of a colleague", user_id=self.budi.id)
        day = self.get_day()
        self.assertCountEqual(
            [card["who"] for card in day["cards"]], ["Yesterday", "Today"]
        )
        self.assertEqual((day["waiting"], day["ahead"]), (2, 1))

    def test_going_on_with_the_days_to_come(self):
        """Whoever has time takes what is planned next: a Sunday, or a quick morning."""
        self.due("Tomorrow", days=1)
        self.due("Today")
        self.due("Tried today", days=2, date_attempt=NOW)
        self.due("Tried before", days=2, date_attempt=NOW - timedelta(days=3))
        day = self.get_day(goes_on=True)
        self.assertEqual(
            [card["who"] for card in day["cards"]],
            ["Today", "Tomorrow", "Tried before"],
        )
        self.assertEqual((day["waiting"], day["ahead"]), (3, 1))
        today, tomorrow, _later = (card["why"] for card in day["cards"])
        planned = format_date(
            self.env, TODAY + timedelta(days=1), date_format="EEE d MMM"
        )
        self.assertIn(f"Planned for {planned}", tomorrow)
        self.assertFalse([line for line in today if line.startswith("Planned")])

    def test_today_is_that_of_the_device(self):
        """Whoever travels sees here what the queue calls today."""
        self.sari.tz = "UTC"
        self.due("Tonight", date_planned=NOW.replace(hour=18))
        far = self.my_day().with_context(tz="Europe/London")
        self.assertEqual(far.get_day()["waiting"], 1)
        self.assertEqual(self.get_day()["waiting"], 0, "Tomorrow in Jakarta")
        for strange in ("Nowhere", 7, ["UTC"], {}, False):
            with self.subTest(tz=strange):
                day = self.my_day().with_context(tz=strange).get_day()
                self.assertEqual(day["waiting"], 1)

    def test_minutes(self):
        self.call.duration, self.visit.duration = 10, 60
        self.due()
        self.due(touchpoint=self.visit)
        self.assertEqual(self.get_day()["minutes"], 70)

    def test_visits_by_place(self):
        """They come together where the first of them stands, as one drives."""

        def visit(name, rank, **place):
            values = {"rfm_monetary": rank}
            self.due(name, self.visit, relationship=values, partner=place)

        self.due("Call first", relationship={"rfm_monetary": 5})
        visit("Far", 4, zip="40999")
        self.due("Call last", relationship={"rfm_monetary": 3})
        visit("Near", 2, zip="40115", partner_latitude=-6.9, partner_longitude=107.6)
        visit("Next", 1, zip="40115", partner_latitude=-6.8, partner_longitude=107.6)
        self.assertEqual(
            self.names(), ["Call first", "Near", "Next", "Far", "Call last"]
        )

    def test_those_one_stands_in_for(self):
        interaction = self.due(relationship={"backup_user_id": self.budi.id})
        self.assertEqual(self.names(self.budi), [], "Sari is at work")
        self.sari._note_absence(TODAY, TODAY, "Holiday", self.company)
        self.assertEqual(self.names(self.budi), ["Ibu Sri"])
        self.my_day(self.budi).note(interaction.id, "reached")
        self.assertEqual(interaction.outcome, "reached")
        self.assertEqual(len(self.get_day(self.budi)["done"]), 1)

    def test_stand_in_and_nobody_else(self):
        self.sari.deputy_id = self.budi
        self.due()
        self.sari._note_absence(TODAY, TODAY, "Holiday", self.company)
        self.assertEqual(self.names(self.budi), ["Ibu Sri"])
        self.assertEqual(self.names(self.all_documents), [])

    def test_no_salesperson(self):
        self.due()
        for user in (self.internal, self.portal):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.get_day(user)

    def test_empty(self):
        day = self.get_day()
        self.assertEqual((day["cards"], day["waiting"], day["done"]), ([], 0, []))

    # ------------------------------------------------------------------
    # What stands on a card
    # ------------------------------------------------------------------

    def test_who_and_why(self):
        gold = self.make_segment("Gold", color=3)
        interaction = self.due(
            days=-3,
            relationship={"segment_id": gold.id, "last_contact_date": TODAY},
            attempt_count=1,
        )
        interaction.relationship_id.last_contact_date = TODAY - timedelta(days=40)
        card = self.card(interaction)
        self.assertEqual(
            (card["who"], card["segment"], card["segment_color"]),
            ("Ibu Sri", "Gold", 3),
        )
        self.assertEqual(
            card["why"],
            [
                "To care for the relationship",
                "Due since 28 Mar",
                "Tried without an answer: 1",
                "Last interaction on Feb 19, 2026",
            ],
        )

    def test_why_in_other_cases(self):
        order = self.make_order(self.make_customer())
        occasion = self.env["crm.occasion"].create(
            {"name": "Birthday", "kind": "birthday"}
        )
        line = self.make_plan({"occasion_id": occasion.id}).line_ids
        for values, why in (
            ({"sale_order_id": order.id}, f"Follow-up of {order.name}"),
            ({"plan_line_id": line.id}, "Birthday"),
            ({"kind": "selling"}, "An offer for this customer"),
        ):
            with self.subTest(why=why):
                self.assertEqual(self.card(self.due(**values))["why"][0], why)

    def test_what_to_say(self):
        card = self.card(self.due())
        self.assertEqual(card["guidance"], "<p>Listen first.</p>")
        self.assertEqual(card["text"], "Hi Ibu Sri, how are you?")
        self.assertEqual(
            card["text"],
            self.env["crm.interaction"].browse(card["id"])._get_whatsapp_text(),
        )

    def test_what_to_say_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("id_ID")
        self.template.with_context(lang="id_ID").body = "Halo {{ object.name }}"
        card = self.card(self.due(partner={"lang": "id_ID"}))
        self.assertEqual(card["text"], "Halo Ibu Sri")

    def test_what_to_say_about_orders(self):
        """What it is about is asked for by the screen, once it stands."""
        self.template.body = "About {{ object.follow_up_orders }}"
        program = self.make_program(0)
        program.step_ids.write(
            {"sms_template_id": self.template.id, "note": "<p>Thank you.</p>"}
        )
        partner = self.make_customer("Ibu Ani", phone="+62 811 100 900")
        self.make_relationship(partner)
        order = self.make_quotation(partner)
        order.action_confirm()
        interaction = order.enrollment_ids.interaction_ids
        interaction._release()
        card = self.card(interaction)
        self.assertTrue(card["is_about_orders"])
        texts = self.my_day().get_texts([interaction.id])[interaction.id]
        self.assertEqual(texts["text"], f"About {order.name}: CD")
        self.assertIn(f"About: {order.name}: CD", texts["guidance"])

    def test_last_talks(self):
        interaction = self.due()
        for days in range(1, 6):
            self.make_interaction(
                interaction.relationship_id,
                name=f"Talk {days}",
                touchpoint_id=self.call.id,
                state="done",
                outcome="sent" if days == 1 else "reached",
                sentiment="positive",
                feedback=f"Words {days}",
                date_done=NOW - timedelta(days=days),
            )
        talks = self.card(interaction)["talks"]
        self.assertEqual(
            [talk["name"] for talk in talks], ["Talk 2", "Talk 3", "Talk 4"]
        )
        self.assertEqual(
            {
                name: talks[0][name]
                for name in ("channel", "outcome", "mood", "words", "day")
            },
            {
                "channel": "Call",
                "outcome": "reached",
                "mood": "positive",
                "words": "Words 2",
                "day": fields.Datetime.to_string(NOW - timedelta(days=2)),
            },
        )

    def test_talks_of_others_stay_theirs(self):
        """A customer of Budi's is called by Sari once: she sees no more than that."""
        interaction = self.due(relationship={"user_id": self.budi.id})
        values = {"state": "done", "outcome": "reached", "user_id": self.budi.id}
        self.make_interaction(interaction.relationship_id, name="Secret", **values)
        self.assertEqual(self.card(interaction)["talks"], [])

    def test_what_was_bought(self):
        interaction = self.due()
        self.make_order(interaction.partner_id, days_ago=9, amount=20)
        self.refresh()
        card = self.card(interaction)
        self.assertIn("Purchases in 24 months: 1, ", card["bought"])
        [order] = card["orders"]
        self.assertEqual((order["amount"], order["products"]), (20, ["CD"]))

    def test_what_is_no_answer(self):
        """Whatever a client sends is refused in words, and changes nothing."""
        interaction = self.due()
        for what, values in (
            ("later", {"until": []}),
            ("later", {"until": {"a": 1}}),
            ("later", {"day": "9999-13-45"}),
            ("wish", {"becomes": [], "feedback": "More"}),
            ("reached", {"sentiment": "furious"}),
            ("reached", {"feedback": "a\x00b"}),
            ("reached", {"override_reason": "a\ud800b"}),
            ([], {}),
        ):
            with self.subTest(what=what, values=values), self.assertRaises(UserError):
                self.my_day().note(interaction.id, what, values)
            self.assertEqual(interaction.state, "open")
            self.assertFalse(interaction.feedback)

    def test_orders_of_colleagues_stay_theirs(self):
        interaction = self.due()
        self.make_order(interaction.partner_id, user_id=self.budi.id)
        self.assertEqual(self.card(interaction)["orders"], [])

    def test_how(self):
        tag = self.env["crm.staff.tag"].create({"name": "Female"})
        hours = self.env["resource.calendar"].create({"name": "Lunch", "tz": "UTC"})
        interaction = self.due(
            partner={
                "preferred_touchpoint_id": self.whatsapp.id,
                "contact_window_id": hours.id,
                "staff_requirement_ids": [
                    Command.create({"tag_id": tag.id, "level": "must"})
                ],
            }
        )
        self.assertEqual(
            self.card(interaction)["how"],
            ["Prefers: Whatsapp", "When: Lunch", "Salesperson: Female"],
        )

    def test_what_not_to_do(self):
        interaction = self.due(
            partner={
                "refused_touchpoint_ids": [Command.set(self.whatsapp.ids)],
                "consent_selling": "refused",
            }
        )
        card = self.card(interaction)
        self.assertEqual(
            card["dont"],
            ["Refuses: Whatsapp", "No offers: the customer refused selling"],
        )
        self.assertEqual(
            {b["kind"] for b in card["reach"] if b["is_refused"]}, {"whatsapp"}
        )

    def test_refusals_of_another_record_count(self):
        interaction = self.due()
        self.make_customer(
            "Ibu Sri",
            email=interaction.partner_id.email,
            refused_touchpoint_ids=[Command.set(self.email.ids)],
        )
        self.assertEqual(self.card(interaction)["dont"], ["Refuses: Email"])

    def test_the_gate_says_when_it_does_not_suit(self):
        hours = self.env["resource.calendar"].create(
            {
                "name": "Evenings",
                "tz": "Asia/Jakarta",
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {
                                "name": "Evening",
                                "dayofweek": str(day),
                                "hour_from": 18,
                                "hour_to": 20,
                                "day_period": "afternoon",
                            }
                        )
                        for day in range(7)
                    ),
                ],
            }
        )
        interaction = self.due(partner={"contact_window_id": hours.id})
        [advice] = self.card(interaction)["dont"]
        self.assertIn("Outside the hours that suit the customer", advice)
        self.assertIn("6:00", advice)

    def test_complaint(self):
        interaction = self.due()
        interaction._close_done({"outcome": "complaint", "feedback": "It is broken"})
        card = self.get_day()["cards"][0]
        self.assertTrue(card["is_complaint"])
        self.assertIn("“It is broken”", card["complaint"])
        self.assertEqual(card["why"][0], "A complaint waits for an answer")

    # ------------------------------------------------------------------
    # How much it costs
    # ------------------------------------------------------------------

    def make_many(self, count):
        gold = self.make_segment("Gold")
        for number in range(count):
            touchpoint = (self.call, self.whatsapp, self.visit)[number % 3]
            interaction = self.due(
                f"Customer {number}",
                touchpoint,
                relationship={"segment_id": gold.id},
                partner={
                    "zip": f"40{number}",
                    "refused_touchpoint_ids": [
                        Command.set(self.email.ids if number % 5 else [])
                    ],
                },
                kind=("service", "relationship", "selling")[number % 4 % 3],
            )
            if number % 7 == 0:
                self.make_order(interaction.partner_id, days_ago=number)
            self.make_interaction(
                interaction.relationship_id,
                state="done",
                outcome="reached",
                date_done=NOW - timedelta(days=number % 4),
            )

    def test_few_queries_for_many(self):
        self.make_many(50)
        self.get_day()  # what is kept in memory is kept for everybody
        self.env.flush_all()
        self.env.invalidate_all()
        my_day = self.my_day()
        # as with each request: who asks is known before
        self.assertFalse(my_day.env.user.share)
        with self.assertQueryCount(QUERIES):
            day = my_day.get_day()
        self.assertEqual(len(day["cards"]), 50)
        self.assertTrue(day["done"])

    def test_few_queries_for_customers_with_hours_of_their_own(self):
        """Each customer has other hours, some on other clocks, half of them closed."""
        self.make_many(50)
        mine = [("user_id", "=", self.sari.id), ("state", "=", "open")]
        people = self.env["crm.interaction"].search(mine).partner_id
        self.env.flush_all()
        for number, person in enumerate(people):
            hours = self.company.resource_calendar_id.copy(
                {"name": f"Hours {number}", "tz": ("UTC", "Asia/Jakarta")[number % 2]}
            )
            tz = (None, "Asia/Jayapura", "Asia/Makassar")[number % 3]
            # past the ledger, which would give each another day at once
            self.env.cr.execute(
                "UPDATE res_partner SET contact_window_id = %s, tz = %s WHERE id = %s",
                [hours.id, tz, person.id],
            )
            if number % 2:
                self.env["resource.calendar.leaves"].create(
                    {
                        "name": "Closed",
                        "calendar_id": hours.id,
                        "date_from": NOW - timedelta(days=1),
                        "date_to": NOW + timedelta(days=1),
                    }
                )
        self.env.invalidate_all()
        self.company.selling_calendar_id = people[:1].contact_window_id
        self.get_day()
        self.env.flush_all()
        self.env.invalidate_all()
        my_day = self.my_day()
        self.assertFalse(my_day.env.user.share)
        with self.assertQueryCount(QUERIES):
            day = my_day.get_day()
        self.assertEqual(len(day["cards"]), 50)
        advised = [card for card in day["cards"] if card["dont"]]
        self.assertGreater(len(advised), 20)

    # ------------------------------------------------------------------
    # Taps
    # ------------------------------------------------------------------

    def note(self, interaction, what, user=None, **values):
        return self.my_day(user).note(interaction.id, what, values)

    def test_outcomes(self):
        for what in ("reached", "ordered", "not_now", "complaint"):
            interaction = self.due()
            with self.subTest(what=what):
                answer = self.note(
                    interaction, what, feedback="Fine", sentiment="positive"
                )
                self.assertRecordValues(
                    interaction,
                    [
                        {
                            "state": "done",
                            "outcome": what,
                            "feedback": "Fine",
                            "sentiment": "positive",
                        }
                    ],
                )
                self.assertTrue(answer["undo_id"])
                self.assertIn("Ibu Sri: ", answer["message"])

    def test_undo(self):
        interaction = self.due()
        answer = self.note(interaction, "reached")
        self.assertEqual(len(self.get_day()["done"]), 1)
        undo = self.env["crm.interaction.undo"].browse(answer["undo_id"])
        undo.with_user(self.sari).action_undo()
        self.assertEqual(interaction.state, "open")
        day = self.get_day()
        self.assertEqual((day["waiting"], day["done"]), (1, []))

    def test_no_answer(self):
        interaction = self.due()
        answer = self.note(interaction, "no_answer")
        self.assertIn("Comes back Thursday 2 April", answer["message"])
        day = self.get_day()
        self.assertEqual((day["waiting"], day["ahead"]), (0, 1))
        self.assertEqual([row["outcome"] for row in day["done"]], ["no_answer"])

    def test_last_attempt_goes_through_another_channel(self):
        """The rule: some attempts, the last of them through another channel."""
        interaction = self.due()
        self.assertEqual(self.company.relationship_max_attempts, 3)
        self.note(interaction, "no_answer")
        self.assertEqual(interaction.touchpoint_id, self.call)
        with self.in_days(2):
            answer = self.note(interaction, "no_answer")
        self.assertEqual(interaction.touchpoint_id, self.whatsapp)
        self.assertIn(": Whatsapp instead.", answer["message"])
        with self.in_days(5):
            self.note(interaction, "no_answer")
        self.assertEqual(interaction.state, "missed")

    def test_another_channel_is_one_that_the_customer_accepts(self):
        interaction = self.due(
            partner={"refused_touchpoint_ids": [Command.set(self.whatsapp.ids)]},
            attempt_count=1,
        )
        self.note(interaction, "no_answer")
        self.assertIn(interaction.touchpoint_id, self.email + self.sms)

    def test_nobody_drives_for_another_channel(self):
        (self.whatsapp + self.email + self.sms).active = False
        interaction = self.due(attempt_count=1)
        self.note(interaction, "no_answer")
        self.assertEqual(interaction.touchpoint_id, self.call)

    def test_later(self):
        interaction = self.due()
        answer = self.note(interaction, "later", until="week")
        self.assertEqual(
            interaction.date_planned.date(),
            TODAY + timedelta(weeks=1),
        )
        self.assertTrue(answer["undo_id"])
        other = self.due()
        self.note(other, "later", day="2026-04-20")
        self.assertEqual(other.date_planned.date().isoformat(), "2026-04-20")

    def test_wish_becomes_an_opportunity(self):
        interaction = self.due()
        answer = self.note(
            interaction, "wish", becomes="opportunity", feedback="A bigger guitar"
        )
        lead = interaction.asked_lead_id
        self.assertRecordValues(
            lead,
            [
                {
                    "name": "A bigger guitar",
                    "type": "opportunity",
                    "partner_id": interaction.partner_id.id,
                    "user_id": self.sari.id,
                    "company_id": self.company.id,
                }
            ],
        )
        self.assertEqual(interaction.outcome, "reached")
        undo = self.env["crm.interaction.undo"].browse(answer["undo_id"])
        undo.with_user(self.sari).action_undo()
        self.assertFalse(lead.exists())
        self.assertEqual(interaction.state, "open")

    def test_wish_becomes_a_follow_up(self):
        interaction = self.due()
        answer = self.note(
            interaction,
            "wish",
            becomes="follow_up",
            feedback="Call about strings",
            day="2026-04-09",
        )
        follow_up = self.pending(interaction.relationship_id).filtered(
            lambda i: i.name == "Call about strings"
        )
        self.assertEqual(follow_up.date_due.isoformat(), "2026-04-09")
        self.assertEqual(follow_up.user_id, self.sari)
        undo = self.env["crm.interaction.undo"].browse(answer["undo_id"])
        undo.with_user(self.sari).action_undo()
        self.assertFalse(follow_up.exists())

    def test_wish_without_words(self):
        with self.assertRaisesRegex(UserError, "what the customer asks for"):
            self.note(self.due(), "wish", becomes="opportunity")

    # ------------------------------------------------------------------
    # Sent again, forged, refused
    # ------------------------------------------------------------------

    def test_sent_again(self):
        """Without an answer, the screen sends the tap once more: nothing happens."""
        for what, values in (
            ("reached", {}),
            ("complaint", {"feedback": "Broken"}),
            ("no_answer", {}),
            ("later", {"until": "month"}),
            ("wish", {"becomes": "opportunity", "feedback": "More"}),
        ):
            interaction = self.due()
            with self.subTest(what=what):
                first = self.note(interaction, what, **values)
                rows = self.interactions(interaction.relationship_id)
                leads = self.env["crm.lead"].search_count([])
                again = self.note(interaction, what, **values)
                self.assertEqual(again["undo_id"], first["undo_id"])
                self.assertEqual(self.interactions(interaction.relationship_id), rows)
                self.assertEqual(self.env["crm.lead"].search_count([]), leads)

    def test_closed_otherwise_meanwhile(self):
        interaction = self.due()
        self.note(interaction, "ordered")
        with self.assertRaisesRegex(UserError, "closed already"):
            self.note(interaction, "reached")
        self.assertEqual(interaction.outcome, "ordered")

    def test_nothing_is_forged(self):
        interaction = self.due()
        for what, values in (
            ("sent", {}),
            ("solved", {}),
            (None, {}),
            (["reached"], {}),
            ("later", {}),
            ("later", {"day": "tomorrow"}),
            ("later", {"day": ["2026-04-09"]}),
            ("later", {"until": "year"}),
            ("wish", {"feedback": "More", "becomes": "unlink"}),
            ("wish", {"feedback": "More", "becomes": "follow_up", "day": "2026-01-01"}),
        ):
            with self.subTest(what=what, values=values), self.assertRaises(UserError):
                self.note(interaction, what, **values)
        self.assertEqual(interaction.state, "open")

    def test_strange_ids(self):
        for id_ in ("1", None, [1], 0, -1, 2**40, 1.5, {}):
            with self.subTest(id=id_), self.assertRaises(UserError):
                self.my_day().note(id_, "reached")
        for ids in ("12", None, 5, {"a": 1}, [["1"]]):
            with self.subTest(ids=ids), self.assertRaises(UserError):
                self.my_day().get_texts(ids)

    def test_not_of_others(self):
        interaction = self.due(relationship={"user_id": self.sari.id})
        for user in (self.budi, self.internal, self.portal, self.stranger):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.note(interaction, "reached", user)
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.my_day(user).reach(interaction.id, "call")
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                self.my_day(user).get_texts([interaction.id])

    def test_the_gate_is_asked(self):
        interaction = self.due(kind="selling")
        interaction.partner_id.consent_selling = "refused"
        interaction.state = "open"
        with self.assertRaisesRegex(UserError, "cannot be overridden"):
            self.note(interaction, "reached", feedback="Bought nothing")
        self.env.invalidate_all()

    # ------------------------------------------------------------------
    # Reached, and visited
    # ------------------------------------------------------------------

    def test_reach(self):
        """The link opens, and no dialog follows: the card asks what came of it."""
        interaction = self.due()
        action = self.my_day().reach(interaction.id, "call")
        self.assertEqual(
            action["params"]["url"], f"tel:{self.card(interaction)['phone']}"
        )
        self.assertFalse(action["params"]["next"])
        action = self.my_day().reach(interaction.id, "whatsapp")
        self.assertIn(self.card(interaction)["digits"], action["params"]["url"])
        self.assertEqual(interaction.touchpoint_id, self.whatsapp)
        action = self.my_day().reach(interaction.id, "sms")
        self.assertEqual(action["res_model"], "sms.composer")

    def test_reach_without_a_number(self):
        """The dialog follows in which it is added."""
        interaction = self.due()
        interaction.partner_id.phone = False
        action = self.my_day().reach(interaction.id, "call")
        self.assertEqual(action["res_model"], "crm.interaction")

    def test_reach_refused(self):
        interaction = self.due()
        interaction.partner_id.refused_touchpoint_ids = self.whatsapp
        with self.assertRaises(UserError):
            self.my_day().reach(interaction.id, "whatsapp")

    def test_visit_in_the_calendar(self):
        self.visit.duration = 45
        interaction = self.due(
            touchpoint=self.visit, partner={"street": "Braga 1", "city": "Bandung"}
        )
        planned = self.my_day().plan_visit(interaction.id)
        event = interaction.event_id
        self.assertEqual(planned["event"], "2026-03-31 03:15:00")
        self.assertEqual(self.card(interaction)["event"], "2026-03-31 03:15:00")
        self.assertRecordValues(
            event,
            [
                {
                    "start": NOW + timedelta(minutes=15),
                    "stop": NOW + timedelta(minutes=60),
                    "user_id": self.sari.id,
                    "partner_ids": self.sari.partner_id.ids,
                    "location": "Braga 1, Bandung",
                }
            ],
        )
        self.my_day().plan_visit(interaction.id)
        self.assertEqual(interaction.event_id, event, "once")
        self.assertFalse(self.sari._read_meetings(NOW), "its minutes count once")
        answer = self.note(interaction, "later", until="week")
        self.assertEqual(event.start, interaction.date_planned)
        undo = self.env["crm.interaction.undo"].browse(answer["undo_id"])
        undo.with_user(self.sari).action_undo()
        self.assertEqual(event.start, NOW + timedelta(minutes=15))

    def test_visit_called_off(self):
        interaction = self.due(touchpoint=self.visit)
        self.my_day().plan_visit(interaction.id)
        event = interaction.event_id
        action = interaction.with_user(self.sari).action_cancel()
        self.assertFalse(event.active)
        undo = self.env["crm.interaction.undo"].browse(action["params"]["undo_id"])
        undo.with_user(self.sari).action_undo()
        self.assertTrue(event.active)

    def test_visit_is_noted_once(self):
        interaction = self.due(touchpoint=self.visit)
        self.my_day().plan_visit(interaction.id)
        interaction.event_id.partner_ids += interaction.partner_id
        self.note(interaction, "reached")
        with self.in_days(1):
            self.env["calendar.event"]._note_past_meetings(self.company)
        done = self.interactions(interaction.relationship_id, "done")
        self.assertEqual(done, interaction)

    def test_only_visits_are_put_into_the_calendar(self):
        with self.assertRaisesRegex(UserError, "Only visits"):
            self.my_day().plan_visit(self.due().id)
