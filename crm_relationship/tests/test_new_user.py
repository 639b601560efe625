"""Where somebody stumbled who had not read the guide: each stands for its kind."""

import ast
from datetime import timedelta

from lxml import etree

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from .common import NOW, TODAY
from .common_gate import GateCase
from .test_undo import DeskCase

# What can be left empty: without a hint, nothing shows that one can write there.
EMPTY = ("char", "text", "date", "datetime", "many2one", "many2many")
# These show what can be chosen, or stand open already.
SHOWN = ("radio", "selection", "selection_badge", "many2many_checkboxes", "domain")
# Dialogs of ours that stay open for nothing else, and what people enter by hand.
MODELS = (
    "crm.staff.cover",
    "crm.interaction",
    "crm.program",
    "crm.program.step",
    "crm.relationship",
)
# Filled by whatever opens them.
FILLED = {
    ("crm.going.live", "company_id"),
    ("crm.interaction", "partner_id"),
    ("crm.interaction", "date_planned"),
    ("crm.preference.note", "partner_id"),
    ("crm.preference.statement", "partner_id"),
}


@tagged("post_install", "-at_install")
class TestEmptyFields(DeskCase):
    def test_empty_fields_say_what_to_write(self):
        """Odoo draws no line below an empty field: it looks like nothing."""
        models = [
            name
            for name, model in self.env.registry.items()
            if model._original_module == "crm_relationship"
            and not model._abstract
            and (model._transient or name in MODELS)
        ]
        found = []
        for name in sorted(models):
            views = self.env["ir.ui.view"].search(
                [("model", "=", name), ("type", "=", "form"), ("mode", "=", "primary")]
            )
            for view in views:
                found += [(name, field) for field in self._find_bare(name, view)]
        self.assertEqual([pair for pair in found if pair not in FILLED], [])

    def _find_bare(self, name, view):
        model = self.env[name]
        form = etree.fromstring(model.get_view(view.id, "form")["arch"])
        given = model.default_get(list(model._fields))
        for node in form.xpath("//field[not(ancestor::field)]"):
            field = model._fields[node.get("name")]
            is_hidden = node.get("invisible") in ("1", "True")
            is_readonly = node.get("readonly") in ("1", "True") or (
                field.readonly and not node.get("readonly")
            )
            # what is there for years may have been emptied since
            is_filled = given.get(field.name) and (model._transient or field.required)
            if (
                field.type in EMPTY
                and node.get("widget") not in SHOWN
                and not (is_hidden or is_readonly or is_filled)
                and not node.get("placeholder")
            ):
                yield field.name


@tagged("post_install", "-at_install")
class TestTold(DeskCase):
    """A dialog that closes without a word leaves one wondering whether it worked."""

    def assertTold(self, action, words):
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["type"], "success")
        self.assertIn(words, action["params"]["message"])
        self.assertIn(
            action["params"]["next"].get("tag") or action["params"]["next"]["type"],
            ("soft_reload", "ir.actions.act_window_close"),
        )

    def test_taking_over(self):
        cover = (
            self.env["crm.staff.cover"]
            .with_user(self.manager)
            .create({"user_id": self.sari.id, "stand_in_id": self.budi.id})
        )
        self.assertTold(
            cover.action_tell(), f"{self.budi.name} takes over from {self.sari.name}"
        )

    def test_absence(self):
        absence = (
            self.env["crm.staff.absence"]
            .with_user(self.manager)
            .create(
                {
                    "user_id": self.sari.id,
                    "date_from": TODAY + timedelta(days=2),
                    "date_to": TODAY + timedelta(days=3),
                }
            )
        )
        self.assertTold(absence.action_save(), f"{self.sari.name} is absent: ")
        self.assertTold(absence.action_end(), "not absent any more")

    def test_profile(self):
        profile = self.env["crm.staff.profile"].with_user(self.manager)
        profile = profile.create({"user_id": self.sari.id})
        self.assertTold(profile.action_save(), f"profile of {self.sari.name}")

    def test_segment(self):
        keep = (
            self.env["crm.segment.keep"]
            .with_user(self.manager)
            .create(
                {
                    "relationship_ids": [Command.set(self.relationship.ids)],
                    "segment_id": self.make_segment("Gold").id,
                    "reason": "Friend",
                }
            )
        )
        self.assertTold(keep.action_keep(), "Kept in Gold: Customer")

    def test_remedy(self):
        remedy = (
            self.env["crm.care.remedy"]
            .with_user(self.manager)
            .create(
                {
                    "relationship_ids": [Command.set(self.relationship.ids)],
                    "remedy": "staff",
                    "user_id": self.budi.id,
                }
            )
        )
        self.assertTold(remedy.action_apply(), "Done for Customer")

    def test_statement(self):
        statement = (
            self.env["crm.preference.statement"]
            .with_user(self.manager)
            .create({"partner_id": self.partner.id, "wording": "Never on Sundays"})
        )
        self.assertTold(statement.action_record(), "statement of Customer")

    def note(self, interaction=None, **values):
        note = (
            self.env["crm.preference.note"]
            .with_user(self.sari)
            .create(
                {
                    "partner_id": self.partner.id,
                    "subject": "channel",
                    "touchpoint_id": self.sms.id,
                    "words": "No texts, please",
                    "interaction_id": interaction and interaction.id,
                    "is_done": bool(interaction),
                    **values,
                }
            )
        )
        return note.action_note_said()

    def test_preference(self):
        self.assertTold(self.note(), f"Refused from now on: {self.sms.name}.")

    def test_preference_that_closes_can_be_undone(self):
        """The tap comes back; what the customer said stays."""
        interaction = self.planned().with_user(self.sari)
        before = self.rows()[0]
        action = self.note(interaction, subject="consent_selling")
        self.assertEqual(interaction.outcome, "reached")
        self.assertIn("no more offers. Reached.", action["params"]["message"])
        self.undo(action)
        self.assertEqual(self.rows()[0], before)
        self.assertEqual(self.partner.consent_selling, "refused")


@tagged("post_install", "-at_install")
class TestComplaintTold(DeskCase):
    def complain(self):
        interaction = self.planned().with_user(self.sari)
        action = interaction.with_context(outcome="complaint").action_done()
        service = self.pending(self.relationship).filtered("is_complaint")
        return service.with_user(self.sari), action["params"]["message"]

    def test_words_are_asked_for(self):
        """Whoever settles it has nothing else to go by: as on My Day."""
        interaction = self.planned().with_user(self.sari)
        form = self.env.ref("crm_relationship.crm_interaction_view_form_outcome")
        (button,) = etree.fromstring(form.arch).xpath(
            """//button[contains(@context, "'complaint'")]"""
        )
        context = ast.literal_eval(button.get("context"))
        for words in (False, " "):
            interaction.feedback = words
            with self.assertRaisesRegex(UserError, "Write down what the customer"):
                interaction.with_context(**context).action_done()
        interaction.feedback = "It is scratched"
        interaction.with_context(**context).action_done()
        self.assertEqual(interaction.outcome, "complaint")

    def test_words_are_asked_for_where_nothing_was_planned(self):
        values = {"partner_id": self.partner.id, "touchpoint_id": self.call.id}
        log = self.env["crm.interaction.log"].with_user(self.sari).create(values)
        log = log.with_context(outcome="complaint")
        with self.assertRaisesRegex(UserError, "Write down what the customer"):
            log.action_log()
        log.feedback = "It is scratched"
        log.action_log()

    def test_what_follows_is_told(self):
        """It may be in the queue of tomorrow, where nobody looks for it today."""
        service, message = self.complain()
        self.assertIn(f"“{service.name}” is planned for", message)
        self.assertIn("nothing is sold until it is solved", message)

    def test_solved_without_an_interaction_can_be_undone(self):
        service, _message = self.complain()
        service.action_cancel()
        self.assertTrue(service.is_complaint_open)
        action = service.action_solve_complaint()
        self.assertFalse(service.is_complaint_open)
        self.undo(action)
        self.assertTrue(service.is_complaint_open)


@tagged("post_install", "-at_install")
class TestComposers(GateCase):
    def open(self, kind):
        interaction = self.contact(self.call).with_user(self.sari)
        interaction.sudo()._release()
        action = interaction.with_context(channel=kind).action_reach()
        composer = self.env[action["res_model"]].browse(action["res_id"])
        return action["name"], composer.with_user(self.sari)

    def test_title_says_what_is_written(self):
        self.assertEqual(self.open("sms")[0], "SMS to Customer")
        self.assertEqual(self.open("email")[0], "Email to Customer")

    def test_subject_is_not_the_name_of_who_gets_it(self):
        self.mail_template = self.mail_template.browse()
        subject = self.open("email")[1].subject
        self.assertEqual(subject, f"A message from {self.company.name}")

    def test_subject_of_a_template_stays(self):
        self.mail_template.subject = "How are you?"
        self.assertEqual(self.open("email")[1].subject, "How are you?")

    def test_reason_is_asked_for_only_where_it_is_needed(self):
        """Whoever writes down a reason that nobody keeps has written it in vain."""
        with self.at(NOW.replace(hour=20)):  # at night
            composer = self.open("sms")[1]
            self.assertTrue(composer.interaction_advice)
            self.assertFalse(composer.is_reason_needed)
        self.past(1)
        self.company.contact_cap_ids.count = 1
        composer = self.open("sms")[1]
        self.assertIn("often enough", composer.interaction_advice)
        self.assertTrue(composer.is_reason_needed)
        self.partner.do_not_contact_reason = "Asked us to"
        self.partner.do_not_contact = True
        composer.invalidate_recordset()
        self.assertTrue(composer.interaction_advice)
        self.assertFalse(composer.is_reason_needed)


@tagged("post_install", "-at_install")
class TestSelectedOnAPhone(TransactionCase):
    def test_no_calendar_covers_a_dialog_that_has_just_opened(self):
        """Odoo puts the cursor into what comes first: there, a calendar opens."""
        forms = self.env["ir.ui.view"].search(
            [("type", "=", "form"), ("mode", "=", "primary"), ("model", "like", "crm.")]
        )
        for view in forms:
            model = self.env[view.model]
            if not model._transient or model._original_module != "crm_relationship":
                continue
            form = etree.fromstring(model.get_view(view.id, "form")["arch"])
            entered = [
                model._fields[node.get("name")].type
                for node in form.xpath(
                    "//field[not(ancestor::field or preceding::button or @invisible)]"
                )
                if not (model._fields[node.get("name")].readonly or node.get("widget"))
                and not node.get("readonly")
            ]
            self.assertNotIn((entered or [""])[0], ("date", "datetime"), view.name)

    def test_what_is_done_to_several_is_offered_there(self):
        """On a phone a list is shown as cards, without the buttons of the list."""
        lists = self.env["ir.ui.view"].search(
            [("type", "=", "list"), ("mode", "=", "primary")]
        )
        ours = lists.filtered(
            lambda view: (view.xml_id or "").startswith("crm_relationship.")
        )
        checked = 0
        for view in ours:
            for button in etree.fromstring(view.arch).xpath(
                "//header/button[@type='action'][not(@display)]"
            ):
                action = self.env["ir.actions.act_window"].browse(
                    int(button.get("name"))
                )
                with self.subTest(view=view.name, action=action.name):
                    self.assertEqual(action.binding_model_id.model, view.model)
                    self.assertIn("kanban", action.binding_view_types)
                checked += 1
        self.assertGreater(checked, 4)

    def get_buttons(self, views, path):
        """Return the names of the methods that buttons at a path of views call."""
        return {
            button.get("name")
            for view in views
            for button in etree.fromstring(view.arch).xpath(path)
            if button.get("type") == "object"
        }

    def test_a_button_of_a_list_is_on_the_cards_or_the_form(self):
        """Of several on the cards; of one there, or where the card leads."""
        views = self.env["ir.ui.view"].search([("mode", "=", "primary")])
        ours = views.filtered(
            lambda view: (view.xml_id or "").startswith("crm_relationship.")
        )
        several = one = 0
        for model, of_model in ours.grouped("model").items():
            lists, cards, forms = (
                of_model.filtered(lambda view, kind=kind: view.type == kind)
                for kind in ("list", "kanban", "form")
            )
            # without cards, a phone has the list
            replaced = lists if cards else cards
            for name in self.get_buttons(replaced, "/list/header/button"):
                with self.subTest(model=model, several=name):
                    self.assertIn(
                        name, self.get_buttons(cards, "/kanban/header/button")
                    )
                several += 1
            for name in self.get_buttons(lists, "/list/button"):
                with self.subTest(model=model, one=name):
                    self.assertIn(
                        name,
                        self.get_buttons(cards, "//templates//*[@name]")
                        | self.get_buttons(forms, "//button"),
                    )
                one += 1
        self.assertGreater(several, 3)
        self.assertGreater(one, 6)


@tagged("post_install", "-at_install")
class TestPlanFromTheMatrix(TransactionCase):
    def test_when_can_be_read_in_a_dialog(self):
        """“1 × every 3 months” is what the plan is about."""
        view = self.env.ref("crm_relationship.crm_contact_plan_line_view_list")
        arch = etree.fromstring(view.arch)
        (when,) = arch.xpath("//field[@name='cadence']")
        self.assertGreaterEqual(int(when.get("width", "0px")[:-2]), 150)
        (preferred,) = arch.xpath("//field[@name='use_preferred_touchpoint']")
        self.assertEqual(preferred.get("optional"), "hide")


@tagged("post_install", "-at_install")
class TestSentences(TransactionCase):
    def test_no_sentence_ends_with_a_colon_and_nothing(self):
        """“These channels:” needs some; without any, the sentence is another one."""
        checked = 0
        for view in self.env["ir.ui.view"].search([("mode", "=", "primary")]):
            if not (view.xml_id or "").startswith("crm_relationship."):
                continue
            for node in etree.fromstring(view.arch).iter("field"):
                before = node.getprevious()
                words = node.getparent().text if before is None else before.tail
                if not (words or "").rstrip().endswith(":"):
                    continue
                field = self._get_field(view, node)
                if not field.relational or field.required:
                    continue
                with self.subTest(view=view.name, field=field.name):
                    conditions = node.xpath("ancestor-or-self::*/@invisible")
                    self.assertIn(field.name, " ".join(conditions))
                checked += 1
        self.assertTrue(checked)

    def _get_field(self, view, node):
        """The field that `node` shows: in a list, of the records there."""
        model = self.env[view.model]
        for outer in reversed(list(node.iterancestors("field"))):
            model = self.env[model._fields[outer.get("name")].comodel_name]
        return model._fields[node.get("name")]
