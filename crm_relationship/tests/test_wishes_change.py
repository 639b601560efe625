from contextlib import suppress
from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_wishes import WishesCase


@tagged("post_install", "-at_install")
class TestWishesChange(WishesCase):
    # ------------------------------------------------------------------
    # History
    # ------------------------------------------------------------------

    def test_creation_without_wishes_writes_no_history(self):
        self.assertFalse(self._history())

    def test_creation_with_wishes_is_noted(self):
        partner = self.env["res.partner"].create(
            {
                "name": "New",
                "consent_selling": "refused",
                "refused_touchpoint_ids": [Command.set(self.call.ids)],
            }
        )
        self.assertEqual(
            self._rows(partner),
            [
                ("consent_selling", "unknown", "refused", "import"),
                ("refused_channel", "allowed", "refused", "import"),
            ],
        )

    def test_write_is_noted_with_user_and_channel(self):
        person = self.person.with_user(self.salesperson)
        person.refused_touchpoint_ids = [Command.link(self.call.id)]
        row = self._history()
        self.assertRecordValues(
            row,
            [
                {
                    "kind": "refused_channel",
                    "touchpoint_id": self.call.id,
                    "old_value": "allowed",
                    "new_value": "refused",
                    "source": "staff",
                    "user_id": self.salesperson.id,
                    "by_customer": False,
                    "is_refusal": True,
                }
            ],
        )

    def test_every_wish_is_noted(self):
        day = fields.Date.today() + timedelta(days=9)
        window = self.env["resource.calendar"].create({"name": "Always"})
        tag = self.env["crm.staff.tag"].create({"name": "Speaks Javanese"})
        self.person.write(
            {
                "preferred_touchpoint_id": self.whatsapp.id,
                "contact_window_id": window.id,
                "contact_snooze_until": day,
                "do_not_contact": True,
                "do_not_contact_reason": "Moved abroad",
                "consent_relationship": "granted",
                "staff_requirement_ids": [
                    Command.create({"tag_id": tag.id, "level": "must"})
                ],
            }
        )
        self.assertEqual(
            self._rows(),
            [
                ("consent_relationship", "unknown", "granted", "staff"),
                ("do_not_contact", "no", "yes", "staff"),
                ("do_not_contact_reason", "", "Moved abroad", "staff"),
                ("preferred_channel", "", "WhatsApp", "staff"),
                ("snooze", "", day.isoformat(), "staff"),
                ("staff_requirement", "", "Speaks Javanese (must)", "staff"),
                ("window", "", "Always", "staff"),
            ],
        )

    def test_unchanged_value_is_not_noted(self):
        self.person.consent_selling = "granted"
        self.person.consent_selling = "granted"
        self.assertEqual(len(self._history()), 1)

    def test_old_and_new_form_a_chain(self):
        for value in ("granted", "refused", "unknown"):
            self.person.consent_selling = value
        self.assertEqual(
            [row[1:3] for row in self._rows()],
            [("unknown", "granted"), ("granted", "refused"), ("refused", "unknown")],
        )

    def test_staff_requirement_changed_directly_is_noted(self):
        tag = self.env["crm.staff.tag"].create({"name": "Female"})
        requirement = self.env["crm.staff.requirement"].create(
            {"partner_id": self.person.id, "tag_id": tag.id}
        )
        requirement.level = "must"
        requirement.unlink()
        self.assertEqual(
            [row[1:3] for row in self._rows()],
            [
                ("", "Female (prefer)"),
                ("Female (prefer)", "Female (must)"),
                ("Female (must)", ""),
            ],
        )

    def test_batch_costs_a_constant_number_of_queries(self):
        def change(number):
            partners = self.env["res.partner"].create(
                [{"name": f"P{index}"} for index in range(number)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            partners.write(
                {
                    "consent_selling": "refused",
                    "refused_touchpoint_ids": [Command.link(self.call.id)],
                }
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        change(2)
        self.assertEqual(change(3), change(40))

    def test_history_cannot_be_written_even_by_superuser(self):
        self.person.consent_selling = "refused"
        row = self._history()
        for env_row in (row, row.sudo(), row.with_user(self.manager)):
            with self.assertRaises(UserError):
                env_row.new_value = "granted"

    def test_history_cannot_be_deleted_even_by_superuser(self):
        self.person.consent_selling = "refused"
        for row in (self._history(), self._history().sudo()):
            with self.assertRaises(UserError):
                row.unlink()
        with self.assertRaises(AccessError):
            self._history().with_user(self.manager).unlink()

    def test_history_is_written_by_the_addon_only(self):
        with self.assertRaises(AccessError):
            self.env["crm.preference.change"].with_user(self.manager).create(
                {
                    "partner_id": self.person.id,
                    "kind": "consent_selling",
                    "source": "portal",
                    "by_customer": True,
                }
            )

    def test_contact_with_history_cannot_be_deleted(self):
        self.person.consent_selling = "refused"
        with self.assertRaisesRegex(ValidationError, "history"):
            self.person.unlink()

    def test_contact_without_history_can_be_deleted(self):
        self.person.unlink()
        self.assertFalse(self.person.exists())

    def test_consent_shows_its_latest_row(self):
        self.person._change_preferences(
            {"consent_selling": "granted"}, "portal", wording="I like offers"
        )
        self.person._change_preferences({"consent_relationship": "granted"}, "staff")
        self.assertRecordValues(
            self.person,
            [
                {
                    "consent_selling_source": "portal",
                    "consent_selling_wording": "I like offers",
                    "consent_selling_user_id": self.env.uid,
                    "consent_selling_date": self._history()[0].date,
                    "consent_relationship_source": "staff",
                    "consent_relationship_wording": False,
                }
            ],
        )

    # ------------------------------------------------------------------
    # Refusals of the customer
    # ------------------------------------------------------------------

    def test_change_returns_its_rows(self):
        rows = self._refuse({"consent_selling": "refused"}, wording="No offers")
        self.assertRecordValues(
            rows,
            [{"by_customer": True, "source": "portal", "wording": "No offers"}],
        )

    def test_staff_cannot_turn_round_a_refused_consent(self):
        self._refuse({"consent_selling": "refused"})
        for user in (self.salesperson, self.all_documents, self.manager):
            person = self.person.with_user(user)
            for value in ("granted", "unknown"):
                with self.assertRaisesRegex(
                    UserError, "record the customer's own words"
                ):
                    person.consent_selling = value
        self.assertEqual(self.person.consent_selling, "refused")

    def test_superuser_cannot_turn_round_a_refusal(self):
        self._refuse({"consent_selling": "refused"})
        with self.assertRaises(UserError):
            self.person.sudo().consent_selling = "granted"
        with self.assertRaises(UserError):
            self.person.with_context(by_customer=True, source="portal").write(
                {"consent_selling": "granted"}
            )

    def test_caught_error_keeps_the_refusal(self):
        self._refuse({"consent_selling": "refused"})
        with suppress(UserError):
            self.person.consent_selling = "granted"
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.person.consent_selling, "refused")

    def test_staff_cannot_allow_a_refused_channel(self):
        self._refuse({"refused_touchpoint_ids": [Command.link(self.call.id)]})
        person = self.person.with_user(self.salesperson)
        for command in (
            Command.unlink(self.call.id),
            Command.clear(),
            Command.set(self.email.ids),
        ):
            with self.assertRaises(UserError):
                person.refused_touchpoint_ids = [command]

    def test_staff_may_refuse_and_allow_other_channels(self):
        self._refuse({"refused_touchpoint_ids": [Command.link(self.call.id)]})
        person = self.person.with_user(self.salesperson)
        person.refused_touchpoint_ids = [Command.link(self.email.id)]
        person.refused_touchpoint_ids = [Command.unlink(self.email.id)]
        self.assertEqual(self.person.refused_touchpoint_ids, self.call)

    def test_staff_cannot_lift_do_not_contact(self):
        self._refuse({"do_not_contact": True})
        self.assertTrue(self.person.do_not_contact_reason)
        with self.assertRaises(UserError):
            self.person.with_user(self.manager).do_not_contact = False

    def test_staff_may_lift_what_staff_set(self):
        person = self.person.with_user(self.salesperson)
        person.write({"do_not_contact": True, "do_not_contact_reason": "Abroad"})
        person.do_not_contact = False
        self.assertFalse(self.person.do_not_contact_reason)

    def test_staff_may_make_a_snooze_longer_only(self):
        today = fields.Date.today()
        self._refuse({"contact_snooze_until": today + timedelta(days=30)})
        person = self.person.with_user(self.salesperson)
        person.contact_snooze_until = today + timedelta(days=40)
        person.contact_snooze_until = today + timedelta(days=30)
        for value in (today + timedelta(days=29), False):
            with self.assertRaises(UserError):
                person.contact_snooze_until = value

    def test_snooze_that_is_over_binds_nobody(self):
        self._refuse({"contact_snooze_until": fields.Date.today()})
        self.person.with_user(self.salesperson).contact_snooze_until = False
        self.assertFalse(self.person.contact_snooze_until)

    def test_staff_may_change_the_window(self):
        calendars = self.env["resource.calendar"].create([{"name": "A"}, {"name": "B"}])
        self._refuse({"contact_window_id": calendars[0].id})
        self.person.with_user(self.salesperson).contact_window_id = calendars[1]
        self.assertEqual(self.person.contact_window_id, calendars[1])

    def test_customer_may_take_a_refusal_back(self):
        self._refuse({"consent_selling": "refused"}, "unsubscribe")
        self._refuse({"consent_selling": "granted"}, "link")
        person = self.person.with_user(self.salesperson)
        person.consent_selling = "unknown"
        self.assertEqual(self.person.consent_selling, "unknown")

    def test_refusal_of_staff_becomes_the_customers_own(self):
        self.person.consent_selling = "refused"
        self._refuse({"consent_selling": "refused"})
        with self.assertRaises(UserError):
            self.person.consent_selling = "granted"
        self._refuse({"consent_selling": "refused"})
        self.assertEqual(len(self._history()), 2, "said once is enough")

    def test_customer_makes_only_named_channels_own(self):
        both = self.call | self.email
        self.person.refused_touchpoint_ids = both
        self._refuse({"refused_touchpoint_ids": [Command.link(self.email.id)]})
        own = self._history().filtered("by_customer")
        self.assertEqual(own.touchpoint_id, self.email)

    def test_refusing_selling_leaves_other_wishes_alone(self):
        self._refuse({"consent_selling": "refused"})
        self.assertRecordValues(
            self.person,
            [
                {
                    "consent_relationship": "unknown",
                    "do_not_contact": False,
                    "refused_touchpoint_ids": [],
                }
            ],
        )

    # ------------------------------------------------------------------
    # Statements
    # ------------------------------------------------------------------

    def test_manager_records_a_statement(self):
        self._refuse({"do_not_contact": True})
        person = self.person.with_user(self.manager)
        rows = person._change_preferences(
            {"do_not_contact": False}, "statement", wording="Call me again, please"
        )
        self.assertFalse(self.person.do_not_contact)
        self.assertEqual(set(rows.mapped("by_customer")), {True})
        self.assertEqual(rows[0].user_id, self.manager)

    def test_statement_needs_the_customers_words(self):
        with self.assertRaisesRegex(UserError, "own words"):
            self.person.with_user(self.manager)._change_preferences(
                {"consent_selling": "granted"}, "statement", wording="  "
            )

    def test_statement_needs_a_manager(self):
        for user in (self.salesperson, self.all_documents):
            with self.assertRaises(AccessError):
                self.person.with_user(user)._change_preferences(
                    {"consent_selling": "granted"}, "statement", wording="Yes"
                )
