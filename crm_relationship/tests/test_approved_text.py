"""What approved programs send and give stays as it was approved, whoever edits it."""

from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .common import own_login
from .test_program_approval import ApprovalCase

REFUSED = "was approved along with"


class ApprovedTextCase(ApprovalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        model_id = cls.env["ir.model"]._get_id("res.partner")
        cls.employee = new_test_user(
            cls.env,
            own_login("editor"),
            "base.group_user,mail.group_mail_template_editor",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        cls.administrator = new_test_user(
            cls.env,
            own_login("system"),
            "base.group_system",
            company_id=cls.company.id,
            company_ids=cls.company.ids,
        )
        cls.mail = cls.env["mail.template"].create(
            {
                "name": "Thanks",
                "model_id": model_id,
                "subject": "Thank you",
                "body_html": "<p>Text A</p>",
                "user_id": cls.employee.id,
            }
        )
        cls.sms = cls.env["sms.template"].create(
            {"name": "Thanks", "model_id": model_id, "body": "Text A"}
        )
        cls.benefit = cls.env["crm.benefit"].create(
            {"name": "A tea cup", "kind": "emotional"}
        )
        cls.step = {
            "mail_template_id": cls.mail.id,
            "sms_template_id": cls.sms.id,
            "benefit_id": cls.benefit.id,
        }

    def edits(self):
        """Return who changes what, each in a way that customers would notice."""
        mail = self.mail.with_user(self.employee)
        own = self.mail.with_user(self.administrator)
        sms = self.sms.with_user(self.administrator)
        benefit = self.benefit.with_user(self.manager)
        return {
            "body": lambda: mail.write({"body_html": "<p>Text B</p>"}),
            "subject": lambda: mail.write({"subject": "Buy more"}),
            "translation": lambda: mail.update_field_translations(
                "body_html", {"en_US": "<p>Text B</p>"}
            ),
            "enclosed": lambda: mail.write(
                {"attachment_ids": [(0, 0, {"name": "B.txt", "raw": b"B"})]}
            ),
            "administrator": lambda: own.write({"body_html": "<p>Text B</p>"}),
            "sms": lambda: sms.write({"body": "Text B"}),
            "sms translation": lambda: sms.update_field_translations(
                "body", {"en_US": "Text B"}
            ),
            "benefit": lambda: benefit.write({"name": "A coffee cup"}),
        }

    def assertEditable(self):
        for what, edit in self.edits().items():
            with self.subTest(what=what), self.env.cr.savepoint() as point:
                edit()
                self.env.flush_all()
                point.rollback()
                self.env.invalidate_all()

    def assertKept(self):
        for what, edit in self.edits().items():
            with self.subTest(what=what), self.assertRaisesRegex(UserError, REFUSED):
                with self.env.cr.savepoint():
                    edit()
            self.env.invalidate_all()
        self.assertIn("Text A", self.mail.body_html)
        self.assertEqual(self.sms.body, "Text A")


@tagged("post_install", "-at_install")
class TestApprovedText(ApprovedTextCase):
    # ------------------------------------------------------------------
    # When it is kept
    # ------------------------------------------------------------------

    def test_of_no_program(self):
        self.assertEditable()

    def test_of_a_draft(self):
        self.draft(self.step)
        self.assertEditable()

    def test_while_it_waits_for_approval(self):
        self.draft(self.step).action_publish()
        self.assertKept()

    def test_of_a_running_program(self):
        self.approved(self.step)
        self.assertKept()

    def test_where_four_eyes_are_not_wanted(self):
        self.company.program_four_eyes = False
        self.draft(self.step).action_publish()
        self.assertEditable()

    def test_taken_back_with_nobody_in_it(self):
        self.approved(self.step).action_back_to_draft()
        self.assertEditable()

    def test_of_an_archived_program(self):
        self.approved(self.step).active = False
        self.assertEditable()

    def test_while_somebody_goes_through_it(self):
        """Also by steps that have been changed since."""
        program = self.approved(self.step)
        run = program._enroll(self.relationship)
        program.action_back_to_draft()
        self.assertKept()
        program.step_ids.write(
            {"mail_template_id": False, "sms_template_id": False, "benefit_id": False}
        )
        self.assertKept()
        run.action_stop()
        self.assertEditable()

    def test_where_another_program_may_change_it(self):
        """One of a company without four eyes names the same ones."""
        self.approved(self.step)
        self.env["crm.program"].create(
            {
                "name": "Elsewhere",
                "company_id": self.other_company.id,
                "trigger": "manual",
                "step_ids": [(0, 0, {"name": "Step", **self.step})],
            }
        )
        self.assertKept()

    # ------------------------------------------------------------------
    # What it says, and what may be done
    # ------------------------------------------------------------------

    def test_it_says_what_to_do(self):
        self.approved(self.step)
        self.mail.user_id = self.manager
        body = {"body_html": "<p>Text B</p>"}
        with self.assertRaisesRegex(UserError, "Drafted.*Duplicate it"):
            self.mail.with_user(self.manager).write(body)

    def test_who_sees_no_programs(self):
        self.approved(self.step)
        with self.assertRaisesRegex(UserError, "a program that you may not see"):
            self.mail.with_user(self.employee).subject = "Buy more"

    def test_programs_of_other_companies_are_not_named(self):
        self.approved(self.step)
        elsewhere = new_test_user(
            self.env,
            own_login("far"),
            "base.group_system",
            company_id=self.other_company.id,
            company_ids=self.other_company.ids,
        )
        own = self.mail.with_user(elsewhere).with_company(self.other_company)
        own = own.with_context(allowed_company_ids=self.other_company.ids)
        with self.assertRaisesRegex(UserError, "a program that you may not see"):
            own.write({"body_html": "<p>Text B</p>"})

    def test_a_duplicate_takes_the_approval_back(self):
        program = self.approved(self.step)
        other = self.mail.with_user(self.employee).copy()
        other.body_html = "<p>Text B</p>"
        program.step_ids.mail_template_id = other
        self.assertEqual(program.state, "draft")

    def test_what_nobody_notices(self):
        self.approved(self.step)
        self.mail.with_user(self.employee).write(
            {"name": "Thanks for all", "description": "Ours", "subject": "Thank you"}
        )
        self.sms.with_user(self.administrator).name = "Thanks for all"
        self.benefit.with_user(self.manager).cost = 3
        self.assertEqual(self.mail.name, "Thanks for all")

    def test_corrections_of_the_system(self):
        """An update of the module brings what it brings."""
        self.approved(self.step)
        self.mail.sudo().body_html = "<p>Text B</p>"
        self.assertIn("Text B", self.mail.body_html)

    def test_what_is_enclosed(self):
        self.mail.attachment_ids = [(0, 0, {"name": "A.txt", "raw": b"A"})]
        enclosed = self.mail.attachment_ids.with_user(self.employee)
        self.approved(self.step)
        with self.assertRaisesRegex(UserError, REFUSED):
            enclosed.raw = b"B"
        with self.assertRaisesRegex(UserError, REFUSED):
            enclosed.unlink()


@tagged("post_install", "-at_install")
class TestApprovedLayout(ApprovedTextCase):
    """What surrounds an approved message is approved along with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        views = cls.env["ir.ui.view"]
        cls.layout, cls.another = (
            views.create(
                {
                    "name": name,
                    "key": f"crm_relationship.test_{name}",
                    "type": "qweb",
                    "arch": f"<div><p>{name}</p><t t-out='message.body'/></div>",
                }
            )
            for name in ("layout", "another")
        )
        cls.part = views.create(cls.make_part("part"))
        cls.mail.email_layout_xmlid = cls.layout.key

    @classmethod
    def make_part(cls, name):
        return {
            "name": name,
            "type": "qweb",
            "inherit_id": cls.layout.id,
            "arch": "<p position='after'><p>More</p></p>",
        }

    def edits(self):
        layout = self.layout.with_user(self.administrator)
        part = self.part.with_user(self.administrator)
        another = self.another.with_user(self.administrator)
        changed = "<div><p>Other</p><t t-out='message.body'/></div>"
        return {
            "text": lambda: layout.write({"arch": changed}),
            "key": lambda: layout.write({"key": "crm_relationship.test_gone"}),
            "translation": lambda: layout.update_field_translations(
                "arch_db", {"en_US": {"layout": "Buy more"}}
            ),
            "part": lambda: part.write({"active": False}),
            "deleted part": part.unlink,
            "new part": lambda: part.create(self.make_part("new")),
            "moved part": lambda: another.write(
                {
                    "inherit_id": layout.id,
                    "mode": "extension",
                    "arch": "<p position='after'><p>More</p></p>",
                }
            ),
        }

    def assertKept(self):
        for what, edit in self.edits().items():
            with self.subTest(what=what), self.assertRaisesRegex(UserError, REFUSED):
                with self.env.cr.savepoint():
                    edit()
            self.env.invalidate_all()

    def test_of_a_running_program(self):
        self.approved(self.step)
        self.assertKept()

    def test_of_no_program(self):
        self.assertEditable()

    def test_of_another_message(self):
        self.approved(self.step)
        view = self.another.with_user(self.administrator)
        view.arch = "<div><p>Other</p><t t-out='message.body'/></div>"
        self.layout.with_user(self.administrator).name = "Layout"

    def test_what_an_update_brings(self):
        self.approved(self.step)
        self.layout.sudo().arch = "<div><p>New</p><t t-out='message.body'/></div>"
