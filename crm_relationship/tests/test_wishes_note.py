"""A refusal told to a salesperson binds, wherever and by whomever it is noted."""

from datetime import timedelta
from itertools import product

from lxml import etree

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from ..models.courtesy.wishes import REFUSAL_FIELDS
from .common import own_login
from .common_wishes import WishesCase

WORDS = "Please stop calling me"


@tagged("post_install", "-at_install")
class NoteCase(WishesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.day = fields.Date.today() + timedelta(days=30)
        cls.users = (cls.salesperson, cls.all_documents, cls.manager)

    def _each_refusal(self):
        """Return (values that refuse, values that take it back, and the field)."""
        channel = "refused_touchpoint_ids"
        return (
            ({channel: [Command.link(self.call.id)]}, {channel: [Command.clear()]}),
            ({"consent_selling": "refused"}, {"consent_selling": "granted"}),
            ({"consent_relationship": "refused"}, {"consent_relationship": "unknown"}),
            ({"do_not_contact": True}, {"do_not_contact": False}),
            ({"contact_snooze_until": self.day}, {"contact_snooze_until": False}),
        )

    def _make_person(self, **values):
        return self.env["res.partner"].create({"name": "Somebody", **values})

    def _assert_binds(self, person, back):
        for user in self.users:
            with self.assertRaisesRegex(UserError, "only the customer can take it"):
                person.with_user(user).write(back)
        with self.assertRaises(UserError):
            person.sudo().write(back)
        with self.assertRaises(UserError):
            importing = person.with_user(self.salesperson)
            importing.with_context(import_file=True).write(back)
        with self.assertRaises(UserError):
            person.with_user(self.salesperson)._change_preferences(
                back, "told", wording="Never mind"
            )

    def _assert_company_decided(self, person, back):
        row = self._history(person).filtered("is_refusal")
        self.assertEqual(row.decided_by, "company")
        person.with_user(self.salesperson).write(back)


@tagged("post_install", "-at_install")
class TestWishesTold(NoteCase):
    """The rule in the model: whose word a refusal is."""

    def test_told_binds_every_role(self):
        for user, (refusal, back) in product(self.users, self._each_refusal()):
            with self.subTest(user=user.login, refusal=refusal):
                person = self._make_person()
                person.with_user(user)._change_preferences(
                    refusal, "told", wording=WORDS
                )
                row = self._history(person).filtered("is_refusal")
                self.assertRecordValues(
                    row,
                    [
                        {
                            "source": "told",
                            "by_customer": True,
                            "decided_by": "customer",
                            "wording": WORDS,
                            "user_id": user.id,
                        }
                    ],
                )
                self._assert_binds(person, back)

    def test_written_with_the_answer_binds(self):
        """As a form, an import or a request sends it."""
        answer = {"refusal_by": "customer", "refusal_words": WORDS}
        for context, (refusal, back) in product(
            ({}, {"import_file": True}), self._each_refusal()
        ):
            with self.subTest(context=context, refusal=refusal):
                person = self._make_person()
                person.with_user(self.salesperson).with_context(**context).write(
                    {**refusal, **answer}
                )
                self.assertFalse(person.refusal_by, "an answer is not kept")
                self._assert_binds(person, back)

    def test_created_with_the_answer_binds(self):
        for refusal, back in self._each_refusal():
            with self.subTest(refusal=refusal):
                person = (
                    self.env["res.partner"]
                    .with_user(self.salesperson)
                    .create(
                        {
                            "name": "New",
                            **refusal,
                            "refusal_by": "customer",
                            "refusal_words": WORDS,
                        }
                    )
                )
                self._assert_binds(person.with_env(self.env), back)

    def test_without_an_answer_it_is_the_companys_own_decision(self):
        for answer, (refusal, back) in product(
            ({}, {"refusal_by": "company"}, {"refusal_words": WORDS}),
            self._each_refusal(),
        ):
            with self.subTest(answer=answer, refusal=refusal):
                person = self._make_person()
                person.with_user(self.salesperson).write({**refusal, **answer})
                self._assert_company_decided(person, back)

    def test_imported_with_the_answer(self):
        loaded = (
            self.env["res.partner"]
            .with_user(self.salesperson)
            .with_context(import_file=True)
            .load(
                ["name", "do_not_contact", "refusal_by", "refusal_words"],
                [
                    ["From the old list", "1", "Yes, the customer said so", WORDS],
                    ["From the same list", "1", "", ""],
                ],
            )
        )
        self.assertTrue(loaded["ids"], loaded["messages"])
        told, own = self.env["res.partner"].browse(loaded["ids"])
        self._assert_binds(told, {"do_not_contact": False})
        self._assert_company_decided(own, {"do_not_contact": False})

    def test_channels_by_plain_ids(self):
        self.person.with_user(self.salesperson).write(
            {
                "refused_touchpoint_ids": self.call.ids,
                "refusal_by": "customer",
                "refusal_words": WORDS,
            }
        )
        self._assert_binds(self.person, {"refused_touchpoint_ids": self.email.ids})

    def test_words_are_needed(self):
        for words in (False, " \n "):
            for method in ("create", "write"):
                values = {
                    "name": "N",
                    "do_not_contact": True,
                    "refusal_by": "customer",
                    "refusal_words": words,
                }
                with self.assertRaisesRegex(UserError, "own words"):
                    getattr(self.person.with_user(self.salesperson), method)(values)
            with self.assertRaisesRegex(UserError, "own words"):
                self.person._change_preferences(
                    {"consent_selling": "refused"}, "told", wording=words
                )
        with self.assertRaisesRegex(ValidationError, "too long"):
            self.person.write(
                {
                    "do_not_contact": True,
                    "refusal_by": "customer",
                    "refusal_words": "x" * 100_000,
                }
            )
        self.assertFalse(self._history())

    def test_words_about_nothing_change_nothing(self):
        self.person.with_user(self.salesperson).write(
            {"comment": "Nice", "refusal_by": "customer", "refusal_words": WORDS}
        )
        self.assertFalse(self._history())

    def test_what_is_granted_is_not_the_customers_proof(self):
        self.person.with_user(self.salesperson).write(
            {
                "consent_selling": "granted",
                "do_not_contact": True,
                "refusal_by": "customer",
                "refusal_words": WORDS,
            }
        )
        own = {row.kind for row in self._history() if row.by_customer}
        self.assertEqual(own, {"do_not_contact"})

    def test_own_decision_becomes_the_customers(self):
        person = self.person.with_user(self.salesperson)
        person.do_not_contact = True
        person._change_preferences({"do_not_contact": True}, "told", wording=WORDS)
        self._assert_binds(self.person, {"do_not_contact": False})

    def test_a_statement_takes_it_back(self):
        for refusal, back in self._each_refusal():
            with self.subTest(refusal=refusal):
                person = self._make_person()
                person._change_preferences(refusal, "told", wording=WORDS)
                person.with_user(self.manager)._change_preferences(
                    back, "statement", wording="Call me again"
                )
                self.assertFalse(person._filter_refusing())

    def test_the_customer_takes_it_back(self):
        for source, (refusal, back) in product(
            ("portal", "link"), self._each_refusal()
        ):
            with self.subTest(source=source, refusal=refusal):
                person = self._make_person()
                person._change_preferences(refusal, "told", wording=WORDS)
                person.sudo()._change_preferences(back, source)
                self.assertFalse(person._filter_refusing())

    def test_hours_and_favorites_are_wishes_and_no_refusals(self):
        hours = self.env["resource.calendar"].create([{"name": "A"}, {"name": "B"}])
        person = self.person.with_user(self.salesperson)
        person._change_preferences(
            {
                "contact_window_id": hours[0].id,
                "preferred_touchpoint_id": self.call.id,
            },
            "told",
            wording="Call me at noon",
        )
        self.assertFalse(self._history().filtered("by_customer"))
        person.contact_window_id = hours[1]
        self.assertEqual(person.contact_window_id, hours[1])

    def test_merging_keeps_it_binding(self):
        other = self._make_person()
        other._change_preferences({"do_not_contact": True}, "told", wording=WORDS)
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((self.person + other).ids, self.person)
        self._assert_binds(self.person, {"do_not_contact": False})

    def test_reasons_of_the_company_are_not_told_to_the_customer(self):
        self.person._change_preferences(
            {"consent_selling": "refused"}, "staff", wording="Never pays"
        )
        self.person._change_preferences(
            {"consent_relationship": "refused"}, "told", wording=WORDS
        )
        told = [row["wording"] for row in self.person._get_portal_history()]
        self.assertEqual(told, [None, WORDS])


@tagged("post_install", "-at_install")
class TestWishesForm(NoteCase):
    """The contact's form asks before it saves a refusal."""

    def _each_entry(self, form):
        yield lambda: setattr(form, "do_not_contact", True)
        yield lambda: setattr(form, "consent_selling", "refused")
        yield lambda: setattr(form, "consent_relationship", "refused")
        yield lambda: setattr(form, "contact_snooze_until", self.day)
        yield lambda: form.refused_touchpoint_ids.add(self.call)

    def test_each_refusal_is_asked_about(self):
        for number in range(5):
            form = Form(self._make_person().with_user(self.salesperson))
            self.assertFalse(form.adds_refusal)
            list(self._each_entry(form))[number]()
            with self.subTest(number=number):
                self.assertTrue(form.adds_refusal)
                if form.do_not_contact:
                    form.do_not_contact_reason = "Why?"
                with self.assertRaisesRegex(AssertionError, "refusal_by"):
                    form.save()
                form.refusal_by = "customer"
                with self.assertRaisesRegex(AssertionError, "refusal_words"):
                    form.save()
                form.refusal_words = WORDS
                person = form.save()
                row = self._history(person).filtered("is_refusal")
                self.assertEqual(row.decided_by, "customer")

    def test_new_contact_is_asked_about(self):
        form = Form(self.env["res.partner"].with_user(self.salesperson))
        form.name = "New"
        self.assertFalse(form.adds_refusal)
        form.do_not_contact = True
        self.assertTrue(form.adds_refusal)

    def test_nobody_is_asked_about_less(self):
        self.person.write(
            {"do_not_contact": True, "refused_touchpoint_ids": self.call.ids}
        )
        form = Form(self.person.with_user(self.salesperson))
        self.assertFalse(form.adds_refusal)
        form.do_not_contact = False
        form.refused_touchpoint_ids.clear()
        form.consent_selling = "granted"
        self.assertFalse(form.adds_refusal)
        form.save()

    def test_as_the_web_client_asks(self):
        """It sends what has changed, and no more."""
        answer = self.person.with_user(self.salesperson).onchange(
            {"do_not_contact": True},
            ["do_not_contact"],
            {"adds_refusal": {}, "do_not_contact": {}, "do_not_contact_reason": {}},
        )
        self.assertEqual(answer["value"], {"adds_refusal": True})
        view = (
            self.env["res.partner"]
            .with_user(self.salesperson)
            .get_view(self.env.ref("base.view_partner_form").id)
        )
        for name in REFUSAL_FIELDS:
            for node in etree.fromstring(view["arch"]).xpath(
                f"//field[@name='{name}']"
            ):
                self.assertTrue(node.get("on_change"), name)

    def test_asking_costs_a_saved_contact_nothing(self):
        person = self.person
        person._get_refusals()
        with self.assertQueryCount(0):
            self.assertFalse(person.adds_refusal)


@tagged("post_install", "-at_install")
class TestPreferenceNote(NoteCase):
    """The dialog, from each place."""

    def _note(self, user=None, **values):
        Note = self.env["crm.preference.note"].with_user(user or self.salesperson)
        return Note.create({"partner_id": self.person.id, "words": WORDS, **values})

    def _make_contact(self, **values):
        relationship = self.env["crm.relationship"]._ensure(
            self.person, self.env.company
        )
        relationship.user_id = self.salesperson
        return self.env["crm.interaction"].create(
            {
                "name": "How are you?",
                "partner_id": self.person.id,
                "relationship_id": relationship.id,
                "touchpoint_id": self.call.id,
                "state": "open",
                "date_planned": fields.Datetime.now(),
                **values,
            }
        )

    def _each_subject(self):
        return (
            {"subject": "channel", "touchpoint_id": self.call.id},
            {"subject": "consent_selling"},
            {"subject": "consent_relationship"},
            {"subject": "do_not_contact"},
            {"subject": "snooze", "snooze_until": self.day},
        )

    def test_what_the_customer_said_binds(self):
        for user, (values, (_refusal, back)) in product(
            self.users, zip(self._each_subject(), self._each_refusal(), strict=True)
        ):
            with self.subTest(user=user.login, values=values):
                person = self._make_person()
                self._note(user, partner_id=person.id, **values).action_note_said()
                self._assert_binds(person, back)

    def test_the_companys_own_decision_does_not(self):
        for values, (_refusal, back) in zip(
            self._each_subject(), self._each_refusal(), strict=True
        ):
            with self.subTest(values=values):
                person = self._make_person()
                self._note(partner_id=person.id, **values).action_note_own()
                self._assert_company_decided(person, back)

    def test_own_decision_says_why(self):
        self._note(subject="do_not_contact").action_note_own()
        self.assertEqual(self.person.do_not_contact_reason, WORDS)
        blank = self._note(subject="do_not_contact", words=" ")
        with self.assertRaisesRegex(UserError, "Say why"):
            blank.action_note_own()

    def test_what_is_missing_is_said(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        for values, message in (
            ({"subject": "channel"}, "Choose the channel"),
            ({"subject": "snooze"}, "Choose the day"),
            ({"subject": "snooze", "snooze_until": yesterday}, "Choose the day"),
            ({"subject": "do_not_contact", "words": " "}, "own words"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(UserError, message),
            ):
                self._note(**values).action_note_said()

    def test_favorite_that_is_refused_goes(self):
        self.person.preferred_touchpoint_id = self.call
        self._note(subject="channel", touchpoint_id=self.call.id).action_note_said()
        self.assertFalse(self.person.preferred_touchpoint_id)

    def test_from_each_place(self):
        interaction = self._make_contact()
        for record in (
            interaction,
            interaction.relationship_id,
            self.person,
        ):
            with self.subTest(model=record._name):
                action = record.with_user(self.salesperson).action_note_preference()
                self.assertEqual(action["res_model"], "crm.preference.note")
                Note = self.env["crm.preference.note"].with_user(self.salesperson)
                form = Form(Note.with_context(**action["context"]))
                form.subject = "do_not_contact"
                form.words = WORDS
                partner = form.save().partner_id
                self.assertEqual(partner.commercial_partner_id, self.firm)

    def test_from_an_interaction_its_channel_is_offered(self):
        action = self._make_contact().action_note_preference()
        Note = self.env["crm.preference.note"].with_context(**action["context"])
        form = Form(Note)
        self.assertEqual(form.touchpoint_id, self.call)
        self.assertEqual(form.partner_id, self.person)
        self.assertFalse(form.is_done)

    def test_refusal_in_an_interaction_that_took_place(self):
        interaction = self._make_contact()
        action = interaction.with_context(reached=True).action_note_preference()
        Note = (
            self.env["crm.preference.note"]
            .with_user(self.salesperson)
            .with_context(**action["context"])
        )
        form = Form(Note)
        form.subject = "channel"
        form.words = WORDS
        form.save().action_note_said()
        self.assertRecordValues(
            interaction, [{"state": "done", "outcome": "reached", "feedback": WORDS}]
        )
        self.assertEqual(self.person.refused_touchpoint_ids, self.call)

    def test_queue_follows(self):
        interaction = self._make_contact()
        self._note(
            subject="do_not_contact", interaction_id=interaction.id
        ).action_note_said()
        self.assertNotEqual(interaction.state, "open")

    def test_who_may(self):
        reader = new_test_user(self.env, own_login("wishes_note_reader"))
        with self.assertRaises(AccessError):
            self._note(reader, subject="do_not_contact")
        with self.assertRaises(AccessError):
            self.person.with_user(reader).action_note_preference()

    def test_a_colleagues_interaction_is_not_closed_by_guessing(self):
        interaction = self._make_contact()
        stranger = new_test_user(
            self.env, own_login("wishes_stranger"), "sales_team.group_sale_salesman"
        )
        note = self._note(
            stranger,
            subject="consent_selling",
            interaction_id=interaction.id,
            is_done=True,
        )
        with self.assertRaises(AccessError):
            note.action_note_said()
        self.assertEqual(interaction.state, "open")
