"""A customer says goodbye: what is recorded, asked and undone."""

from datetime import date, timedelta

import psycopg2

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY
from .common_defection import DefectionCase


@tagged("post_install", "-at_install")
class TestDefection(DefectionCase):
    # -- declared

    def test_customer_counts_as_lost_at_once(self):
        defection = self.declare(
            date="2026-03-29", reason_id=self.price.id, note="Half the price elsewhere"
        )
        self.assertRecordValues(
            defection,
            [
                {
                    "date": date(2026, 3, 29),
                    "declared": True,
                    "reason_id": self.price.id,
                    "avoidable": True,
                    "note": "Half the price elsewhere",
                    "segment_id": self.gold.id,
                    "stage_before": "loyal",
                    "yearly_margin": 120,
                    "company_id": self.company.id,
                    "partner_id": self.customer.partner_id.id,
                    "date_returned": False,
                    "interaction_id": False,
                }
            ],
        )
        self.assertRecordValues(
            self.customer,
            [
                {
                    "lifecycle_stage": "lost",
                    "lifecycle_date": TODAY,
                    "defection_date": date(2026, 3, 29),
                    "segment_id": self.gold.id,
                    "open_defection_id": defection.id,
                    "has_said_goodbye": True,
                }
            ],
        )

    def test_form_of_the_dialog(self):
        with Form(
            self.env["crm.defection.declare"]
            .with_user(self.sari)
            .with_context(default_relationship_ids=self.customer.ids)
        ) as form:
            self.assertEqual(form.date, TODAY)
            form.plan_interview = True
            self.assertEqual(form.interview_date, NOW.replace(day=1, month=4, hour=2))
        form.record.action_declare()
        self.assertEqual(self.customer.lifecycle_stage, "lost")

    def test_several_customers_at_once(self):
        other = self.make_loyal("Budiman")
        defections = self.declare(self.customer, other)
        self.assertEqual(len(defections), 2)
        self.assertEqual(
            (self.customer + other).mapped("lifecycle_stage"), ["lost"] * 2
        )

    def test_selected_customers_enter_the_dialog(self):
        wizard = (
            self.env["crm.defection.declare"]
            .with_context(active_model="crm.relationship", active_ids=self.customer.ids)
            .create({})
        )
        self.assertEqual(wizard.relationship_ids, self.customer)

    def test_silence_becomes_a_good_bye(self):
        silent = self.make_silent(note="Did not answer")
        defection = self.declare(date="2026-03-25", reason_id=self.moved.id)
        self.assertEqual(defection, silent)
        self.assertRecordValues(
            defection,
            [
                {
                    "declared": True,
                    "date": date(2026, 3, 25),
                    "reason_id": self.moved.id,
                    "note": "Did not answer",
                    "stage_before": "loyal",
                }
            ],
        )
        self.assertEqual(self.customer.defection_date, date(2026, 3, 25))

    def test_correcting_the_day(self):
        defection = self.declare()
        defection.with_user(self.sari).date = "2026-03-25"
        self.assertEqual(self.customer.defection_date, date(2026, 3, 25))

    # -- bad input

    def test_day_still_to_come(self):
        with self.assertRaisesRegex(ValidationError, "still to come"):
            self.declare(date=TODAY + timedelta(days=1))

    def test_day_before_the_last_purchase(self):
        with self.assertRaisesRegex(ValidationError, "bought again on 03/21/2026"):
            self.declare(date="2026-03-20")
        self.declare(date="2026-03-21")

    def test_day_corrected_to_one_before_the_last_purchase(self):
        with self.assertRaisesRegex(ValidationError, "bought again"):
            self.declare().date = "2026-03-01"

    def test_prospect_cannot_leave(self):
        prospect = self.make_relationship(self.make_customer("Prospect"))
        with self.assertRaisesRegex(ValidationError, "not bought anything yet"):
            self.declare(prospect)

    def test_at_most_one_open_defection(self):
        self.make_silent()
        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.IntegrityError):
            self.make_silent()

    def test_a_customer_who_returned_may_leave_again(self):
        first = self.declare()
        first.date_returned = TODAY
        first.flush_recordset()
        second = self.declare() - first
        self.assertEqual(len(second), 1)
        self.assertEqual(self.customer.open_defection_id, second)

    def test_reason_in_use_is_not_deleted(self):
        self.declare(reason_id=self.price.id)
        with self.assertRaisesRegex(UserError, "Too dear.*in use.*Ani"):
            self.price.unlink()
        self.moved.unlink()
        self.price.active = False

    # -- take back

    def test_take_back(self):
        defection = self.declare(plan_interview=True)
        interview = defection.interaction_id
        action = defection.with_user(self.sari).action_take_back()
        self.assertFalse(defection.exists())
        self.assertEqual(action["res_id"], self.customer.id)
        self.assertEqual(action["target"], "main")
        self.assertEqual(interview.state, "cancelled")
        self.assertRecordValues(
            self.customer,
            [
                {
                    "lifecycle_stage": "loyal",
                    "lifecycle_date": date(2026, 1, 15),
                    "defection_date": False,
                    "open_defection_id": False,
                }
            ],
        )

    def test_take_back_leaves_the_silence(self):
        silent = self.make_silent()
        action = self.declare(date="2026-03-25").action_take_back()
        self.assertEqual(action["tag"], "soft_reload")
        self.assertRecordValues(silent, [{"declared": False, "date": TODAY}])
        self.assertEqual(self.customer.lifecycle_stage, "lost")
        self.assertFalse(self.customer.defection_date)

    def test_take_back_returns_to_an_earlier_good_bye(self):
        first = self.declare(date="2026-03-22")
        first.date_returned = "2026-03-24"
        first.flush_recordset()
        second = self.declare(date="2026-03-30") - first
        second.action_take_back()
        self.assertEqual(self.customer.defection_date, date(2026, 3, 22))

    def test_what_cannot_be_taken_back(self):
        silent = self.make_silent()
        with self.assertRaisesRegex(UserError, "cannot be undone"):
            silent.action_take_back()
        returned = self.declare()
        returned.date_returned = TODAY
        with self.assertRaisesRegex(UserError, "cannot be undone"):
            returned.action_take_back()

    # -- exit interview

    def test_interview_enters_the_queue_of_the_staff(self):
        interview = self.declare(plan_interview=True).interaction_id
        self.assertRecordValues(
            interview,
            [
                {
                    "kind": "relationship",
                    "objective": "recovery",
                    "user_id": self.sari.id,
                    "date_due": TODAY + timedelta(days=1),
                    "state": "open",
                    "partner_id": self.customer.partner_id.id,
                }
            ],
        )

    def test_interview_by_somebody_else_through_a_channel(self):
        interview = self.declare(
            plan_interview=True,
            interview_user_id=self.budi.id,
            interview_touchpoint_id=self.visit.id,
            interview_date="2026-04-03 07:00:00",
        ).interaction_id
        self.assertEqual(interview.user_id, self.budi)
        self.assertEqual(interview.touchpoint_id, self.visit)
        self.assertEqual(interview.date_due, date(2026, 4, 3))

    def test_interview_by_somebody_who_may_not_serve(self):
        interview = self.declare(
            plan_interview=True,
            interview_user_id=self.stranger.id,
            interview_date="2026-06-02 07:00:00",
        ).interaction_id
        self.assertEqual(interview.state, "scheduled")
        self.assertEqual(interview.user_id, self.sari)

    def test_words_of_the_interview_become_the_note(self):
        defection = self.declare(plan_interview=True, interview_user_id=self.budi.id)
        interview = defection.interaction_id.with_user(self.budi)
        interview.write(
            {"feedback": "Nobody called me", "defection_reason_id": self.price.id}
        )
        self.assertFalse(defection.note)
        interview.action_done()
        self.assertEqual(defection.note, "Nobody called me")
        self.assertEqual(defection.reason_id, self.price)

    def test_words_noted_later(self):
        defection = self.declare(plan_interview=True)
        defection.interaction_id.action_done()
        defection.interaction_id.with_user(self.sari).feedback = "Too far away"
        self.assertEqual(defection.note, "Too far away")

    def test_a_note_is_not_overwritten(self):
        defection = self.declare(plan_interview=True, note="Moves to Medan")
        defection.interaction_id.feedback = "Something else"
        defection.interaction_id.action_done()
        self.assertEqual(defection.note, "Moves to Medan")

    def test_customer_who_refuses_is_not_asked(self):
        self.customer.partner_id.do_not_contact = True
        action = self.dialog(self.customer, plan_interview=True).action_declare()
        self.assertFalse(self.defections(self.customer).interaction_id)
        self.assertIn("do not want to be contacted", action["params"]["message"])

    def test_ask_why(self):
        refusing, planned, returned = (self.make_loyal(name) for name in "RPT")
        refusing.partner_id.consent_relationship = "refused"
        self.declare(planned, plan_interview=True)
        defections = (
            self.make_silent()
            + self.make_silent(refusing)
            + self.defections(planned)
            + self.make_silent(returned, date_returned=TODAY)
        )
        action = defections.with_user(self.all_documents).action_ask_why()
        self.assertEqual(
            action["params"]["message"],
            "Exit interviews planned: 1. Customers who do not want to be contacted: 1."
            " Left out, because they have returned, or an interview is planned or done:"
            " 2.",
        )
        interview = self.customer.open_defection_id.interaction_id
        self.assertRecordValues(
            interview,
            [
                {
                    "state": "scheduled",
                    "user_id": self.sari.id,
                    "date_due": TODAY + timedelta(days=1),
                }
            ],
        )

    def test_ask_again_after_an_interview_that_was_not_made(self):
        defection = self.make_silent()
        defection.action_ask_why()
        first = defection.interaction_id
        first.action_cancel()
        defection.action_ask_why()
        self.assertNotEqual(defection.interaction_id, first)

    # -- access

    def test_colleague_cannot_declare(self):
        with self.assertRaises(AccessError):
            self.dialog(self.customer, user=self.budi).action_declare()
        self.assertEqual(self.customer.lifecycle_stage, "loyal")

    def test_colleague_does_not_see_it(self):
        defection = self.declare()
        for operation in ("read", "write"):
            self.assertTrue(defection.with_user(self.sari).has_access(operation))
            self.assertFalse(defection.with_user(self.budi).has_access(operation))
            self.assertTrue(
                defection.with_user(self.all_documents).has_access(operation)
            )
        for user in (self.sari, self.all_documents, self.manager):
            for operation in ("create", "unlink"):
                self.assertFalse(defection.with_user(user).has_access(operation))
        for user in (self.internal, self.portal):
            self.assertFalse(defection.with_user(user).has_access("read"))

    def test_stand_in_may_declare(self):
        self.customer.backup_user_id = self.budi
        self.dialog(self.customer, user=self.budi).action_declare()
        self.assertEqual(self.customer.lifecycle_stage, "lost")

    def test_defection_cannot_be_moved_to_a_colleagues_customer(self):
        defection = self.declare()
        other = self.make_loyal("Theirs", user_id=self.budi.id)
        with self.assertRaises(AccessError):
            defection.with_user(self.sari).relationship_id = other

    def test_colleagues_contact_cannot_pass_for_the_interview(self):
        """Taking the defection back would cancel it."""
        colleagues = self.make_open(self.make_loyal("Theirs", user_id=self.budi.id))
        defection = self.declare().with_user(self.sari)
        with self.assertRaises(AccessError):
            defection.interaction_id = colleagues
        defection.action_take_back()
        self.assertEqual(colleagues.state, "open")

    def test_staff_correct_the_day_the_reason_and_the_note_only(self):
        defection = self.declare().with_user(self.sari)
        defection.write(
            {"date": "2026-03-25", "reason_id": self.price.id, "note": "Too dear"}
        )
        for vals in (
            {"yearly_margin": 1e9},
            {"date_returned": "2026-03-30"},
            {"declared": False},
            {"stage_before": "prospect"},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                defection.with_user(self.manager).write(vals)

    def test_defection_of_another_company_is_hidden(self):
        defection = self.declare()
        stranger = defection.with_user(self.stranger).with_context(
            allowed_company_ids=self.other_company.ids
        )
        self.assertFalse(stranger.search([("id", "=", defection.id)]))
        with self.assertRaises(AccessError):
            stranger.action_take_back()

    def test_dialog_of_another_company(self):
        with self.assertRaises(AccessError):
            self.dialog(self.customer, user=self.stranger).with_context(
                allowed_company_ids=self.other_company.ids
            ).action_declare()

    def test_only_managers_set_up_reasons(self):
        for user, allowed in ((self.sari, False), (self.manager, True)):
            self.assertTrue(self.price.with_user(user).has_access("read"))
            for operation in ("write", "create", "unlink"):
                self.assertEqual(
                    self.price.with_user(user).has_access(operation), allowed
                )
        self.assertFalse(self.price.with_user(self.internal).has_access("read"))

    # -- erasure and what comes along

    def test_words_are_erased_with_the_customer(self):
        defection = self.declare(note="Is ill")
        self.customer.partner_id.with_user(self.manager)._erase_contact_data()
        self.assertFalse(defection.note)
        self.assertTrue(defection.exists())

    def test_default_reasons(self):
        data = self.env["ir.model.data"].search(
            [
                ("module", "=", "crm_relationship"),
                ("model", "=", "crm.defection.reason"),
            ]
        )
        reasons = self.env["crm.defection.reason"].browse(data.mapped("res_id"))
        self.assertTrue(all(data.mapped("noupdate")))
        self.assertEqual(set(reasons.mapped("avoidable")), {True, False})
