"""What is done to many planned interactions at once, and with whose rights."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..models.ledger import advice
from .common import NOW, RelationshipCase


@tagged("post_install", "-at_install")
class TestMany(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = cls.make_relationship(cls.make_customer("Mine"))
        cls.foreign = cls.make_relationship(
            cls.make_customer("Foreign"), user_id=cls.budi.id
        )
        cls.late, cls.soon = (
            cls.make_interaction(
                cls.mine, name=name, date_planned=NOW + timedelta(days=days)
            )
            for name, days in (("Late", -3), ("Soon", 2))
        )
        cls.done = cls.make_open(cls.mine)
        cls.done.action_done()
        cls.both = cls.late + cls.soon

    def dialog(self, interactions, operation, user=None, **values):
        context = {
            "active_model": "crm.interaction",
            "active_ids": interactions.ids,
            "default_operation": operation,
        }
        return (
            self.env["crm.interaction.change"]
            .with_user(user or self.sari)
            .with_context(**context)
            .create(values)
        )

    def test_counts_instead_of_names(self):
        dialog = self.dialog(self.both + self.done, "cancel")
        self.assertEqual((dialog.pending_count, dialog.closed_count), (2, 1))

    def test_pass_on(self):
        action = self.dialog(
            self.both + self.done, "pass_on", user_id=self.budi.id
        ).action_apply()
        self.assertEqual(self.both.user_id, self.budi)
        self.assertEqual(self.done.user_id, self.sari)
        self.assertEqual(self.mine.user_id, self.sari)
        self.assertIn("2", action["params"]["message"])

    def test_not_to_whoever_carries_them_out_already(self):
        """Nothing would happen, and nothing would be said."""
        with self.assertRaisesRegex(UserError, "carries them out already"):
            self.dialog(self.both, "pass_on", user_id=self.sari.id).action_apply()

    def test_move_some_days_later(self):
        self.dialog(self.both, "move", days=7).action_apply()
        self.assertEqual(self.late.date_planned, NOW + timedelta(days=7))
        self.assertEqual(self.soon.date_planned, NOW + timedelta(days=9))

    def test_move_to_one_day_keeps_the_time(self):
        self.soon.date_planned = NOW + timedelta(days=2, hours=4)
        self.dialog(self.both, "move", move_by="day", day="2026-04-20").action_apply()
        self.assertEqual(
            [i.date_planned for i in self.both],
            [
                fields.Datetime.to_datetime("2026-04-20 03:00:00"),
                fields.Datetime.to_datetime("2026-04-20 07:00:00"),
            ],
        )

    def test_cancel_with_a_reason_that_is_counted(self):
        self.dialog(self.both, "cancel", cancel_reason="settled").action_apply()
        counts = self.env["crm.interaction"]._read_group(
            [("id", "in", (self.both + self.done).ids)],
            ["state", "cancel_reason"],
            ["__count"],
            order="state",
        )
        self.assertEqual(counts, [("cancelled", "settled", 2), ("done", False, 1)])
        self.assertEqual(set(self.both.mapped("reason_code")), {"by_hand"})

    def test_what_is_missing_is_asked_for(self):
        for operation, values in (
            ("pass_on", {}),
            ("move", {"move_by": "day"}),
            ("move", {"move_by": "day", "day": "2026-03-30"}),
            ("cancel", {}),
        ):
            with self.subTest(operation=operation), self.assertRaises(UserError):
                self.dialog(self.both, operation, **values).action_apply()
        with self.assertRaises(UserError):
            self.dialog(self.done, "cancel", cancel_reason="other").action_apply()
        self.assertEqual(set(self.both.mapped("state")), {"scheduled"})

    def test_interactions_of_others(self):
        for operation, values in (
            ("pass_on", {"user_id": self.sari.id}),
            ("move", {}),
            ("cancel", {"cancel_reason": "mistake"}),
        ):
            theirs = self.make_interaction(self.foreign, user_id=self.budi.id)
            with self.subTest(operation=operation), self.assertRaises(AccessError):
                self.dialog(theirs + self.soon, operation, **values).action_apply()
            self.assertEqual(self.soon.state, "scheduled")
            self.dialog(
                theirs, operation, user=self.all_documents, **values
            ).action_apply()
            if operation == "cancel":
                self.assertEqual(theirs.state, "cancelled")

    def test_not_to_people_of_other_companies(self):
        with self.assertRaises(UserError):
            self.dialog(
                self.both, "pass_on", self.all_documents, user_id=self.stranger.id
            ).action_apply()

    def test_reason_is_not_written_by_hand(self):
        with self.assertRaises(AccessError):
            self.soon.with_user(self.sari).cancel_reason = "other"

    def test_form_of_the_dialog(self):
        for operation, name, value in (
            ("pass_on", "user_id", self.budi),
            ("move", "days", 3),
            ("cancel", "cancel_reason", "customer"),
        ):
            context = {
                "active_model": "crm.interaction",
                "active_ids": self.both.ids,
                "default_operation": operation,
            }
            form = Form(
                self.env["crm.interaction.change"]
                .with_user(self.sari)
                .with_context(**context)
            )
            setattr(form, name, value)
            form.save().action_apply()
        self.assertEqual(set(self.both.mapped("state")), {"cancelled"})


@tagged("post_install", "-at_install")
class TestManyCustomers(RelationshipCase):
    """Dialogs about customers name a few, and count the others."""

    def test_summary(self):
        customers = self.env["crm.relationship"].union(
            *(self.make_relationship(self.make_customer(name)) for name in "ABCDE")
        )
        for model in (
            "crm.program.enroll",
            "crm.segment.keep",
            "crm.defection.declare",
        ):
            for chosen, text in (
                (customers[:2], "A, B"),
                (customers[:3], "A, B, C"),
                (customers, "A, B, C and 2 more"),
            ):
                dialog = (
                    self.env[model]
                    .with_user(self.manager)
                    .with_context(active_model=chosen._name, active_ids=chosen.ids)
                    .new()
                )
                with self.subTest(model=model, text=text):
                    self.assertEqual(dialog.relationship_ids._origin, chosen)
                    self.assertEqual(dialog.customer_summary, text)

    def test_lists_are_edited_where_a_manager_needs_it(self):
        """In one go: who serves these customers; and only what people may set."""
        for model, names in (
            ("crm.relationship", {"user_id", "backup_user_id", "plan_id"}),
            ("crm.interaction", {"user_id", "date_planned"}),
        ):
            view = self.env.ref(f"crm_relationship.{model.replace('.', '_')}_view_list")
            arch = (
                self.env[model]
                .with_user(self.manager)
                ._get_view_cache(view.id, "list")["arch"]
            )
            self.assertIn('multi_edit="1"', arch)
            records = self.env[model]
            for name in names:
                self.assertIn(name, records._get_fields_by_hand())


@tagged("post_install", "-at_install")
class TestWhoRefused(RelationshipCase):
    """A refusal is told with its day and author, where the channel is."""

    def row(self, interaction, channel):
        """Return what the overview says of a channel."""
        overview = advice.render_overview(interaction.with_user(self.sari))
        rows = str(overview).split('<div class="o_crm_gate_row')
        return next(row for row in rows if channel.name in row)

    def test_channel(self):
        interaction = self.make_open()
        partner = interaction.partner_id
        with self.in_days(0):
            partner.with_user(self.sari).refused_touchpoint_ids = [
                Command.link(self.whatsapp.id)
            ]
        row = self.row(interaction, self.whatsapp)
        self.assertIn("Refused on 31 March 2026 by Sari", row)
        self.assertNotIn("Refused", self.row(interaction, self.call))
        partner._change_preferences(
            {"refused_touchpoint_ids": [Command.link(self.call.id)]}, "portal"
        )
        self.assertIn(
            "Refused on 31 March 2026 by the customer", self.row(interaction, self.call)
        )

    def test_everything(self):
        interaction = self.make_open()
        interaction.partner_id._change_preferences({"do_not_contact": True}, "portal")
        self.assertIn("refused on 31 March 2026 by", self.row(interaction, self.call))

    def test_of_the_firm(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("Person", parent_id=firm.id)
        firm.with_user(self.sari).refused_touchpoint_ids = [Command.link(self.call.id)]
        interaction = self.make_interaction(
            self.make_relationship(firm), partner_id=person.id
        )
        row = self.row(interaction, self.call)
        self.assertIn("Refused on 31 March 2026 by Sari (noted on Firm)", row)
