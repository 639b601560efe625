"""What somebody enters in a dialog is nobody else's, though it stays for hours."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_by_hand import ByHandCase


@tagged("post_install", "-at_install")
class TestDialogs(ByHandCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        segment = cls.make_segment("Gold")
        program = cls.make_program(trigger="manual")
        customers = {"relationship_ids": [Command.set(cls.own.ids)]}
        cls.dialogs = [
            cls.env[model].with_user(cls.manager).create(values)
            for model, values in (
                ("crm.care.remedy", {**customers, "user_id": cls.sari.id}),
                ("crm.defection.declare", {**customers, "note": "Angry"}),
                ("crm.program.enroll", {**customers, "program_id": program.id}),
                (
                    "crm.segment.keep",
                    {**customers, "segment_id": segment.id, "reason": "Friend"},
                ),
                (
                    "crm.interaction.change",
                    {
                        "operation": "cancel",
                        "interaction_ids": [
                            Command.set(cls.make_interaction(cls.own).ids)
                        ],
                        "cancel_reason": "other",
                    },
                ),
                (
                    "crm.preference.note",
                    {
                        "partner_id": cls.own.partner_id.id,
                        "subject": "consent_selling",
                        "words": "Never again!",
                    },
                ),
                (
                    "crm.preference.statement",
                    {"partner_id": cls.own.partner_id.id, "wording": "Never again!"},
                ),
            )
        ]
        cls.others = (
            cls.sari,
            cls.all_documents,
            cls.stranger,
            cls.internal,
            cls.portal,
            cls.env.ref("base.public_user"),
        )

    def test_own_dialogs_are_there(self):
        for dialog in self.dialogs:
            with self.subTest(model=dialog._name):
                self.assertEqual(dialog.search([("id", "=", dialog.id)]), dialog)
                dialog.check_access("write")

    def test_dialogs_of_others_are_not(self):
        for dialog in self.dialogs:
            for user in self.others:
                with self.subTest(model=dialog._name, user=user.login):
                    theirs = self.as_user(dialog, user)
                    for operation in ("read", "write"):
                        with self.assertRaises(AccessError):
                            theirs.check_access(operation)
                    with self.assertRaises(AccessError):
                        theirs.read(["display_name"])

    def test_dialogs_of_others_are_not_carried_out(self):
        actions = {
            "crm.care.remedy": "action_apply",
            "crm.defection.declare": "action_declare",
            "crm.program.enroll": "action_enroll",
            "crm.segment.keep": "action_keep",
            "crm.interaction.change": "action_apply",
            "crm.preference.note": "action_note_said",
            "crm.preference.statement": "action_record",
        }
        for dialog in self.dialogs:
            for user in self.others:
                with (
                    self.subTest(model=dialog._name, user=user.login),
                    self.assertRaises(AccessError),
                ):
                    getattr(self.as_user(dialog, user), actions[dialog._name])()

    def test_dialog_about_another_company(self):
        """Whoever names it by its id does not learn its name that way."""
        names = [
            name
            for name, model in self.env.registry.items()
            if model._transient and model._original_module == "crm_relationship"
            if "company_id" in model._fields and model._fields["company_id"].store
        ]
        self.assertIn("crm.salesperson.step", names)
        for name in names:
            rules = self.env["ir.rule"].search([("model_id.model", "=", name)])
            self.assertIn("company_ids", rules.domain_force, name)
        steps = self.env["crm.salesperson.step"].with_user(self.manager)
        with self.assertRaises(AccessError):
            steps.create({"company_id": self.other_company.id, "leader": "dedicated"})

    def test_every_dialog_has_a_rule(self):
        """Also one that is added later."""
        for name, model in self.env.registry.items():
            if model._transient and model._original_module == "crm_relationship":
                rules = self.env["ir.rule"].search(
                    [("model_id.model", "=", name), ("groups", "=", False)]
                )
                readers = self.env["ir.model.access"].search(
                    [("model_id.model", "=", name), ("perm_read", "=", True)]
                )
                self.assertTrue(rules or not readers, name)
