"""Refusals add up: person, firm, and every record of the same address or number."""

from datetime import timedelta
from itertools import product
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..engine.voices import unite
from ..models.courtesy.gatekeeper import Gatekeeper
from ..models.courtesy.voices import SILENCE, Voices, sharing_sql
from .common import NOW, TODAY
from .common_gate import GateCase

EMAIL, PHONE = "customer@example.com", "+6281234567890"


@tagged("post_install", "-at_install")
class RefusalCase(GateCase):
    """A firm with an employee, and another record of the employee's addresses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.firm = cls.make_customer("Firm", is_company=True)
        cls.partner.write({"name": "Siti", "parent_id": cls.firm.id})
        cls.relationship = cls.make_relationship(cls.partner)
        cls.guest = cls.make_customer("Siti R.", email=EMAIL, phone=PHONE)

    def ask(self, touchpoint, kind="relationship", partner=None, when=NOW):
        """Return what the gate says about a hypothetical interaction."""
        imagined = self.imagine(kind, partner)
        return Gatekeeper(imagined, when).judge(imagined, touchpoint, when)

    def imagine(self, kind, partner=None):
        partner = partner or self.partner
        relationships = self.env["crm.relationship"]
        return self.env["crm.interaction"].new(
            {
                "partner_id": partner.id,
                "relationship_id": relationships._ensure(partner, self.company).id,
                "company_id": self.company.id,
                "kind": kind,
            }
        )

    def assert_answer(self, reason, touchpoint, **kwargs):
        self.assertEqual(self.ask(touchpoint, **kwargs).reason_code, reason)

    def released(self, *args, **values):
        contact = self.contact(*args, partner_id=self.partner.id, **values)
        contact._release()
        return contact


@tagged("post_install", "-at_install")
class TestPersonAndFirm(RefusalCase):
    def test_own_refusals_do_not_hide_the_firms(self):
        self.firm.refused_touchpoint_ids = self.email
        self.partner.refused_touchpoint_ids = self.sms
        for touchpoint in (self.email, self.sms):
            self.assert_answer("channel_refused", touchpoint)
            self.assert_state(self.released(touchpoint), "skipped", "channel_refused")
        contact = self.released(self.email + self.sms + self.call)
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.call))

    def test_the_latest_pause_counts(self):
        for own, firms in ((20, 40), (40, 20)):
            self.partner.contact_snooze_until = TODAY + timedelta(days=own)
            self.firm.contact_snooze_until = TODAY + timedelta(days=firms)
            decision = self.ask(self.call)
            self.assertEqual(decision.reason_code, "snoozed")
            # nine o'clock in Jakarta
            expected = fields.Datetime.to_datetime(TODAY) + timedelta(days=40)
            self.assertEqual(decision.earliest, expected + timedelta(hours=2))

    def test_the_firm_may_say_do_not_contact(self):
        self.firm.do_not_contact = True
        self.assert_answer("do_not_contact", self.call)

    def test_consent_is_the_persons_and_else_the_firms(self):
        self.firm.consent_selling = "refused"
        self.assert_answer("no_consent", self.call, kind="selling")
        self.partner.consent_selling = "granted"
        self.assert_answer("ok", self.call, kind="selling")
        self.firm.consent_selling = "granted"
        self.partner.consent_selling = "refused"
        self.assert_answer("no_consent", self.call, kind="selling")

    def test_all_that_is_required_of_the_staff(self):
        female, javanese = self.env["crm.staff.tag"].create(
            [
                {"name": "Female (test)", "user_ids": [Command.set(self.sari.ids)]},
                {
                    "name": "Javanese (test)",
                    "user_ids": [Command.set((self.sari + self.budi).ids)],
                },
            ]
        )
        self.relationship.user_id = self.budi
        self.partner.staff_requirement_ids = [
            Command.create({"tag_id": javanese.id, "level": "must"})
        ]
        self.firm.staff_requirement_ids = [
            Command.create({"tag_id": female.id, "level": "must"})
        ]
        self.assertEqual(self.released(self.call).user_id, self.sari)
        female.user_ids = self.internal
        self.assertFalse(self.released(self.call).user_id)

    def test_a_preference_is_no_refusal(self):
        self.firm.preferred_touchpoint_id = self.visit
        self.partner.refused_touchpoint_ids = self.sms
        contact = self.released(self.call)
        self.assertEqual(contact.touchpoint_id, self.visit)

    def test_the_answer_says_on_which_contact_it_is_noted(self):
        self.firm.refused_touchpoint_ids = self.call
        overview = self.partner.with_user(self.manager).contact_permission
        self.assertIn("noted on Firm", overview)
        self.partner.refused_touchpoint_ids = self.call
        self.partner.invalidate_recordset()
        overview = self.partner.with_user(self.manager).contact_permission
        self.assertNotIn("noted on Firm", overview)

    def test_names_of_contacts_that_the_user_may_not_read_stay_unsaid(self):
        self.guest.company_id = self.other_company
        self.guest.do_not_contact = True
        overview = self.partner.with_user(self.manager).contact_permission
        self.assertIn("another entry with this address or number", overview)
        self.assertNotIn(self.guest.name, overview)

    def test_a_firm_that_refuses_empties_its_peoples_queues(self):
        contact = self.released(self.call)
        self.assertEqual(contact.state, "open")
        self.partner.refused_touchpoint_ids = self.sms
        self.firm.refused_touchpoint_ids = self.call
        self.assert_state(contact, "skipped", "channel_refused")

    def test_going_ahead_against_the_firms_refusal_cannot_be_insisted_on(self):
        contact = self.released(self.call)
        self.partner.refused_touchpoint_ids = self.sms
        self.env.cr.execute(
            "INSERT INTO res_partner_refused_touchpoint_rel VALUES (%s, %s)",
            [self.firm.id, self.call.id],
        )
        self.env.invalidate_all()
        contact.override_reason = "I want to."
        with self.assertRaisesRegex(UserError, "cannot be overridden"):
            contact.action_done()


@tagged("post_install", "-at_install")
class TestSameAddress(RefusalCase):
    def test_one_click_holds_for_the_address_in_every_record(self):
        """Firm and boss share an address: the firm is not e-mailed there, either."""
        self.firm.email = f"Office <{EMAIL.upper()}>"
        self.partner._unsubscribe("email")
        for partner in (self.firm, self.guest):
            self.assert_answer("channel_refused", self.email, partner=partner)
            self.assert_answer("ok", self.call, partner=partner)
        self.guest.email = "else@example.com"
        self.assert_answer("ok", self.email, partner=self.guest)

    def test_one_click_on_an_offer_closes_the_address_to_offers(self):
        self.partner._unsubscribe("selling")
        self.assert_answer(
            "channel_refused", self.email, kind="selling", partner=self.guest
        )
        self.assert_answer("ok", self.email, partner=self.guest)
        self.assert_answer("ok", self.call, kind="selling", partner=self.guest)

    def test_consent_stays_the_persons(self):
        for answer in ("refused", "granted"):
            self.partner.consent_selling = answer
            self.assert_answer("ok", self.call, kind="selling", partner=self.guest)
        self.company.consent_policy_selling = "opt_in"
        self.assert_answer("no_consent", self.call, kind="selling", partner=self.guest)

    def test_the_same_person_entered_twice_has_one_consent(self):
        self.guest.name = " siti"
        self.partner.consent_selling = "granted"
        self.guest.consent_selling = "refused"
        self.assert_answer("no_consent", self.call, kind="selling")
        self.company.consent_policy_selling = "opt_in"
        self.guest.consent_selling = "unknown"
        self.assert_answer("ok", self.call, kind="selling")
        self.assert_answer("no_consent", self.call, kind="selling", partner=self.guest)

    def test_each_of_several_addresses_in_one_field(self):
        for ours, theirs in (
            (f"a@example.com, {EMAIL}", EMAIL),
            (EMAIL, f'"B, Boss" <b@example.com>; <{EMAIL.upper()}>'),
            (f"a@example.com,{EMAIL}", f"b@example.com,{EMAIL}"),
        ):
            with self.subTest(ours=ours, theirs=theirs):
                self.partner.email = ours
                self.guest.write(
                    {
                        "email": theirs,
                        "phone": False,
                        "refused_touchpoint_ids": [Command.set(self.email.ids)],
                    }
                )
                self.assert_answer("channel_refused", self.email)
                self.guest.refused_touchpoint_ids = False
                self.assert_answer("ok", self.email)

    def test_each_of_several_addresses_may_be_on_the_blacklist(self):
        self.partner.email = f"a@example.com, {EMAIL}"
        self.env["mail.blacklist"]._add(EMAIL)
        self.assert_answer("blacklisted", self.email)
        self.env["mail.blacklist"]._remove(EMAIL)
        self.assert_answer("ok", self.email)

    def test_a_number_is_one_however_it_is_written(self):
        self.guest.write({"email": False, "phone": "+62 812-3456-7890"})
        self.guest.refused_touchpoint_ids = self.sms + self.call
        self.assert_answer("channel_refused", self.sms)
        self.assert_answer("channel_refused", self.call)
        self.assert_answer("ok", self.email)

    def test_what_is_refused_without_an_address_is_the_records_own(self):
        self.guest.refused_touchpoint_ids = self.visit
        self.assert_answer("ok", self.visit)
        self.guest.name = "Siti"
        self.assert_answer("channel_refused", self.visit)

    def test_an_archived_record_still_speaks(self):
        self.guest.refused_touchpoint_ids = self.email
        self.guest.active = False
        self.assert_answer("channel_refused", self.email)

    def test_a_bounce_closes_the_address(self):
        self.guest._message_receive_bounce(EMAIL, self.guest)
        self.assert_answer("channel_refused", self.email)

    def test_a_guest_who_wanted_no_contact_gets_nothing(self):
        self.partner.do_not_contact = True
        for number in range(3):
            guest = self.make_customer(f"Guest {number}", email=EMAIL)
            for touchpoint, kind in product(
                (self.email, self.sms, self.call, self.visit),
                ("relationship", "selling", "service"),
            ):
                self.assert_answer(
                    "do_not_contact", touchpoint, kind=kind, partner=guest
                )
            self.relationship = self.make_relationship(guest)
            contact = self.contact(self.email, partner_id=guest.id)
            contact._release()
            self.assert_state(contact, "skipped", "do_not_contact")

    def test_a_guests_pause_holds_for_the_customer(self):
        self.guest.contact_snooze_until = TODAY + timedelta(days=9)
        self.partner.contact_snooze_until = TODAY + timedelta(days=3)
        decision = self.ask(self.email)
        self.assertEqual(decision.reason_code, "snoozed")
        self.assertEqual(decision.earliest.date(), TODAY + timedelta(days=9))

    def test_a_colleague_closes_the_shared_number_alone(self):
        """A switchboard: who wants no contact does not speak for the whole office."""
        colleague = self.make_customer("Joko", parent_id=self.firm.id, phone=PHONE)
        for vals in (
            {"do_not_contact": True},
            {"contact_snooze_until": TODAY + timedelta(days=9)},
        ):
            colleague.write(vals)
            self.assert_answer("channel_refused", self.call)
            self.assert_answer("ok", self.email)
            self.assert_answer("ok", self.visit)
            colleague.write(dict.fromkeys(vals, False))
            self.assert_answer("ok", self.call)

    def test_a_firm_entered_twice_speaks_for_its_people(self):
        self.firm.email = "office@example.com"
        self.make_customer(
            "FIRM", email="office@example.com", is_company=True, do_not_contact=True
        )
        self.assert_answer("do_not_contact", self.call)

    def test_what_waits_follows_what_another_record_refuses(self):
        contact = self.released(self.call + self.visit)
        self.assertEqual(contact.touchpoint_id, self.call)
        self.guest.refused_touchpoint_ids = self.call
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.visit))
        self.guest.do_not_contact = True
        self.assert_state(contact, "skipped", "do_not_contact")

    def test_what_waits_follows_who_is_entered_refusing(self):
        contact = self.released(self.call)
        self.make_customer("Imported", phone=PHONE, do_not_contact=True)
        self.assert_state(contact, "skipped", "do_not_contact")

    def test_what_waits_follows_a_new_address(self):
        contact = self.released(self.call)
        self.make_customer("Silent", phone="+6281111111111", do_not_contact=True)
        self.partner.phone = "+6281111111111"
        self.assert_state(contact, "skipped", "do_not_contact")

    def test_what_waits_follows_the_blacklists(self):
        contact = self.released(self.call + self.visit)
        self.env["phone.blacklist"].add(PHONE)
        self.assertEqual((contact.state, contact.touchpoint_id), ("open", self.visit))
        waiting = self.contact(self.email, partner_id=self.partner.id)
        waiting.date_planned = NOW + timedelta(days=20)
        waiting._release()
        self.env["mail.blacklist"]._add(EMAIL)
        waiting._release()
        self.assert_state(waiting, "skipped", "blacklisted")

    def test_a_queued_message_hears_another_record(self):
        contact = self.released(self.email)
        mail = self.env["mail.mail"].search([("crm_interaction_id", "=", contact.id)])
        self.env.cr.execute(
            "UPDATE res_partner SET do_not_contact = TRUE WHERE id = %s",
            [self.guest.id],
        )
        self.env.invalidate_all()
        mail.send()
        self.assertEqual(mail.state, "cancel")
        self.assert_state(contact, "skipped", "do_not_contact")

    def test_staff_that_the_same_person_asked_for_elsewhere(self):
        female = self.env["crm.staff.tag"].create(
            {"name": "Female (test)", "user_ids": [Command.set(self.budi.ids)]}
        )
        self.guest.staff_requirement_ids = [
            Command.create({"tag_id": female.id, "level": "must"})
        ]
        self.assertEqual(self.released(self.call).user_id, self.sari)
        self.guest.name = "Siti"
        self.assertEqual(self.released(self.call).user_id, self.budi)

    # ------------------------------------------------------------------
    # Nobody becomes reachable by refusing more
    # ------------------------------------------------------------------

    def test_nobody_becomes_reachable_by_refusing_more(self):
        """Person × firm × other record × channel: each refusal, alone and on top."""
        colleague = self.make_customer(
            "Joko", parent_id=self.firm.id, email=EMAIL, phone=PHONE
        )
        refusals = (
            {"refused_touchpoint_ids": [Command.set((self.email + self.call).ids)]},
            {"contact_snooze_until": TODAY + timedelta(days=5)},
            {"consent_relationship": "refused", "consent_selling": "refused"},
            {"do_not_contact": True},
        )
        nothing = {
            "refused_touchpoint_ids": [Command.clear()],
            "contact_snooze_until": False,
            "consent_relationship": "unknown",
            "consent_selling": "unknown",
            "do_not_contact": False,
        }
        speakers = (self.partner, self.firm, self.guest, colleague)
        for first, second in product(speakers, repeat=2):
            for one, other in product(refusals, repeat=2):
                first.write(one)
                before = self._get_reachable()
                second.write(other)
                with self.subTest(first=first.name, second=second.name, on_top=other):
                    self.assertLessEqual(self._get_reachable(), before)
                for partner in (first, second):
                    partner.write(nothing)

    def _get_reachable(self):
        kinds = ("relationship", "selling", "service")
        imagined = {kind: self.imagine(kind) for kind in kinds}
        keeper = Gatekeeper(imagined["service"].concat(*imagined.values()), NOW)
        return {
            (touchpoint.kind, kind)
            for touchpoint in (self.email, self.sms, self.call, self.visit)
            for kind, interaction in imagined.items()
            if keeper.judge(interaction, touchpoint, NOW).allowed
        }

    # ------------------------------------------------------------------
    # Cost
    # ------------------------------------------------------------------

    def test_one_query_where_nobody_else_has_the_address(self):
        alone = self.make_customer("Alone", email="alone@example.com", phone="+628111")
        self.assertFalse(alone.refused_touchpoint_ids)
        self.assertFalse(alone.contact_window_id)
        self.env.flush_all()
        with self.assertQueryCount(1):
            Voices(alone)

    def test_who_says_nothing_is_not_heard_one_by_one(self):
        firm = self.make_customer("Firm", is_company=True, do_not_contact=True)
        person = self.make_customer("Person", parent_id=firm.id)
        granted = self.make_customer("Granted", consent_selling="granted")
        twin = self.make_customer("Twin", email="twin@example.com")
        alone = self.make_customer("Alone", email="alone@example.com")
        self.make_customer("Other", email="twin@example.com", do_not_contact=True)
        voices = Voices(person + granted + twin + alone)
        with patch.object(Voices, "_get_voices") as listening:
            self.assertIs(voices.unite(alone), SILENCE)
            self.assertFalse(voices.get_window(alone))
        listening.assert_not_called()
        self.assertTrue(voices.unite(person).do_not_contact)
        self.assertTrue(voices.unite(twin).do_not_contact)
        self.assertEqual(voices.unite(granted).consent_selling, "granted")

    def test_silence_is_what_listening_tells(self):
        today = fields.Date.today()
        window = self.env["resource.calendar"].create({"name": "Evenings"})
        firm = self.make_customer("Firm", is_company=True)
        said = [
            {},
            {"do_not_contact": True},
            {"contact_snooze_until": today - timedelta(days=1)},
            {"contact_snooze_until": today + timedelta(days=9)},
            {"consent_relationship": "granted"},
            {"consent_selling": "refused"},
            {"refused_touchpoint_ids": [Command.set(self.call.ids)]},
            {"contact_window_id": window.id},
            {"parent_id": firm.id},
            {"parent_id": firm.id, "do_not_contact": True},
            {"email": "said1@example.com", "do_not_contact": True},
            {"email": "said1@example.com"},
        ]
        people = self.env["res.partner"].browse()
        for number, values in enumerate(said):
            people += self.make_customer(f"Said {number}", **values)
        voices = Voices(people)
        for person, values in zip(people, said, strict=True):
            with self.subTest(values=values):
                heard = unite(
                    voices._get_voices(person).values(), today, voices._get_kind
                )
                self.assertEqual(voices.unite(person), heard)
                self.assertEqual(
                    voices.get_window(person).id, values.get("contact_window_id", False)
                )

    def test_as_many_queries_for_many_as_for_few(self):
        def queries(count):
            people = self.env["res.partner"].create(
                [
                    {"name": f"Person {rank}", "email": f"p{count}.{rank}@example.com"}
                    for rank in range(count)
                ]
            )
            self.env["res.partner"].create(
                [
                    {
                        "name": f"Guest {rank}",
                        "email": person.email,
                        "refused_touchpoint_ids": [Command.set(self.email.ids)],
                        "consent_selling": "refused",
                    }
                    for rank, person in enumerate(people)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            voices = Voices(people)
            for person in people:
                self.assertIn(self.email.id, voices.unite(person).refused)
                voices.get_requirements(person)
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertEqual(queries(40), queries(10))

    def test_addresses_are_looked_up_by_index(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        query = sharing_sql({("email", EMAIL), ("phone", PHONE)})
        plan = str(self.env.execute_query(SQL("EXPLAIN %s", query)))
        self.assertNotIn("Seq Scan on res_partner", plan)
        self.assertIn("res_partner_several_emails_idx", plan)
