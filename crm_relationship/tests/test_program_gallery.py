"""The ready-made programs: complete, used as drafts, started, brought by an update."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.modules.module import load_script
from odoo.tests import TransactionCase, freeze_time, new_test_user, tagged

from .common import NOW, TODAY, RelationshipCase, own_login

SCRIPT = "crm_relationship/migrations/19.0.1.6.0/post-gallery.py"
READY_MADE = {
    "after_purchase": "relationship",
    "welcome": "relationship",
    "birthday": "relationship",
    "big_days": "relationship",
    "runs_out": "retention",
    "up_sell": "retention",
    "cross_sell": "retention",
    "member_get_member": "referral",
    "referral_thanks": "referral",
    "brought": "referral",
    "at_risk": "relationship",
    "win_back": "recovery",
    "after_complaint": "recovery",
    "anniversary": "relationship",
}


@tagged("post_install", "-at_install")
class TestProgramGallery(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = new_test_user(
            cls.env, own_login("gallery"), "sales_team.group_sale_manager"
        )
        cls.salesperson = new_test_user(
            cls.env, own_login("gallery_sales"), "sales_team.group_sale_salesman"
        )

    def get(self, name):
        return self.env.ref(f"crm_relationship.crm_program_{name}")

    def use(self, name, user=None):
        program = self.get(name).with_user(user or self.manager)
        return self.env["crm.program"].browse(program.action_use_ready_made()["res_id"])

    # ------------------------------------------------------------------
    # What there is
    # ------------------------------------------------------------------

    def test_all_of_them_are_there(self):
        for name, objective in READY_MADE.items():
            with self.subTest(program=name):
                program = self.get(name)
                self.assertTrue(program.is_ready_made)
                self.assertEqual(program.objective, objective)
                self.assertTrue(program.benefit and program.expected_result)
                self.assertEqual(program.active, name == "after_purchase")

    def test_their_steps_say_what_to_do(self):
        for name in READY_MADE:
            for step in self.get(name).step_ids:
                with self.subTest(program=name, step=step.name):
                    self.assertTrue(step.touchpoint_ids)
                    self.assertTrue(step.note)
                    for touchpoint in step.touchpoint_ids:
                        if touchpoint.mode == "automated":
                            self.assertTrue(step._get_template(touchpoint))

    def test_they_branch(self):
        """Each but the two shortest asks what came of an earlier step."""
        plain = {"after_purchase", "referral_thanks"}
        for name in READY_MADE.keys() - plain:
            with self.subTest(program=name):
                self.assertTrue(self.get(name).step_ids.condition_step_id)

    def test_every_one_can_be_used_and_started(self):
        for name in READY_MADE:
            with self.subTest(program=name):
                program, draft = self.get(name), self.use(name)
                self.assertEqual(len(draft.step_ids), len(program.step_ids))
                draft.with_user(self.manager).action_publish()
                self.assertEqual(draft.state, "running")
                self.assertFalse(draft.problem)

    # ------------------------------------------------------------------
    # Using one
    # ------------------------------------------------------------------

    def test_a_draft_does_nothing(self):
        draft = self.use("welcome")
        self.assertRecordValues(
            draft,
            [
                {
                    "name": "Welcome",
                    "active": True,
                    "state": "draft",
                    "is_ready_made": False,
                    "made_from_id": self.get("welcome").id,
                    "user_id": self.manager.id,
                    "trigger": "sale_confirmed",
                }
            ],
        )
        self.assertFalse(draft.enrollment_ids)
        customer = self.env["res.partner"].create({"name": "Ani"})
        product = self.env["product.product"].create({"name": "Tea", "type": "consu"})
        self.env["sale.order"].create(
            {
                "partner_id": customer.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        ).action_confirm()
        self.assertFalse(draft.enrollment_ids)
        self.assertFalse(self.get("welcome").enrollment_ids)

    def test_branches_are_those_of_the_draft(self):
        draft = self.use("at_risk")
        asked = draft.step_ids.condition_step_id
        self.assertTrue(asked)
        self.assertEqual(asked.program_id, draft)

    def test_used_twice_there_are_two(self):
        first, second = self.use("birthday"), self.use("birthday")
        self.assertNotEqual(first, second)
        self.assertEqual(self.get("birthday").made_ids, first | second)

    def test_speaks_every_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.get("welcome").with_context(lang="fr_FR").name = "Bienvenue"
        draft = self.use("welcome")
        self.assertEqual(draft.with_context(lang="fr_FR").name, "Bienvenue")
        self.assertEqual(draft.with_context(lang="en_US").name, "Welcome")

    def test_started_counts_from_that_day(self):
        with freeze_time("2026-03-01 10:00:00"):
            draft = self.use("at_risk")
        with freeze_time("2026-05-01 10:00:00"):
            draft.action_publish()
        self.assertEqual(str(draft._get_first_day()), "2026-05-01")

    def test_a_later_start_is_kept(self):
        draft = self.use("at_risk")
        draft.date_start = "2099-01-01"
        draft.action_publish()
        self.assertEqual(str(draft._get_first_day()), "2099-01-01")

    def test_in_use(self):
        program = self.get("welcome")
        self.assertFalse(program.is_in_use)
        draft = self.use("welcome")
        program.invalidate_recordset(["is_in_use", "made_ids"])
        self.assertFalse(program.is_in_use)
        draft.action_publish()
        program.invalidate_recordset(["is_in_use", "made_ids"])
        self.assertTrue(program.is_in_use)

    def test_in_several_companies_it_is_for_that_one(self):
        self.manager.group_ids += self.env.ref("base.group_multi_company")
        self.assertEqual(self.use("welcome").company_id, self.env.company)

    def test_in_one_company_it_is_for_all(self):
        self.manager.group_ids -= self.env.ref("base.group_multi_company")
        self.assertFalse(self.use("welcome").company_id)

    def test_any_other_program_is_duplicated_instead(self):
        with self.assertRaisesRegex(UserError, "not a ready-made program"):
            self.use("welcome").action_use_ready_made()

    def test_salespeople_use_none(self):
        with self.assertRaises(AccessError):
            self.use("welcome", self.salesperson)
        draft = self.use("welcome")
        with self.assertRaises(AccessError):
            draft.with_user(self.salesperson).action_publish()

    # ------------------------------------------------------------------
    # Updates
    # ------------------------------------------------------------------

    def migrate(self):
        self.env.flush_all()
        load_script(SCRIPT, "post").migrate(self.env.cr, "19.0.1.5.0")
        self.env.invalidate_all()

    def forget(self):
        """Take out what the version before had not."""
        after_purchase = self.get("after_purchase")
        after_purchase.is_ready_made = False
        for name in READY_MADE.keys() - {"after_purchase"}:
            self.get(name).unlink()
        for name in ("big_day", "anniversary"):
            self.env.ref(f"crm_relationship.mail_template_{name}").unlink()

    def test_an_update_brings_them(self):
        steps = {name: len(self.get(name).step_ids) for name in READY_MADE}
        self.forget()
        self.migrate()
        for name, count in steps.items():
            self.assertTrue(self.get(name).is_ready_made, name)
            self.assertEqual(len(self.get(name).step_ids), count, name)
        self.assertTrue(self.get("after_purchase").active)

    def lose(self, *names):
        """Take away what an administrator may have deleted, as the update sees it."""
        self.env["ir.model.data"].search(
            [("module", "=", "crm_relationship"), ("name", "in", names)]
        ).unlink()

    def test_an_update_does_without_what_was_deleted(self):
        self.forget()
        self.lose("crm_touchpoint_letter", "mail_template_birthday")
        self.lose("crm_benefit_gathering")
        self.migrate()
        kinds = self.get("win_back_letter").touchpoint_ids.mapped("kind")
        self.assertEqual(kinds, ["whatsapp"])
        self.assertFalse(self.get("birthday_wish").mail_template_id)
        self.assertFalse(self.get("welcome_gathering").benefit_id)
        self.assertTrue(self.get("member_get_member_ask").benefit_id)

    def test_an_update_leaves_out_a_program_without_its_occasion(self):
        self.forget()
        self.lose("crm_occasion_eid")
        with self.assertLogs("post", "WARNING") as logs:
            self.migrate()
        self.assertIn("big_days is left out", logs.output[0])
        self.assertTrue(self.get("birthday"))


@tagged("post_install", "-at_install")
class TestExpected(RelationshipCase):
    """What is expected of a ready-made program is what came before, or nothing."""

    def use(self, name):
        program = self.env.ref(f"crm_relationship.crm_program_{name}")
        action = program.with_user(self.manager).action_use_ready_made()
        return self.env["crm.program"].browse(action["res_id"])

    def assertExpected(self, program, metric, value, words):
        self.assertEqual(program.expected_metric, metric)
        if metric:
            self.assertEqual(program.expected_value, value)
        self.assertIn(words, program.message_ids[0].body)

    def buy(self, count, again):
        """Let new customers buy, of whom some buy once more within some weeks."""
        for rank in range(count):
            customer = self.make_customer(f"Buyer {rank}")
            self.make_relationship(customer)
            self.make_order(customer, days_ago=200)
            if rank < again:
                self.make_order(customer, days_ago=150)
            elif rank < again + 2:
                self.make_order(customer, days_ago=100)

    def test_after_an_order(self):
        self.buy(30, again=9)
        self.assertExpected(
            self.use("welcome"),
            "buys",
            30,
            "Sales orders of a year that would have started it: 30. After 30% of"
            " them, another purchase followed within 90 days.",
        )

    def test_too_few(self):
        self.buy(29, again=9)
        program = self.use("welcome")
        self.assertExpected(program, False, 0, "Too little of the past tells")
        self.assertFalse(program.expected_note)

    def test_lost_customers(self):
        day = TODAY - timedelta(days=400)
        lost = self.env["crm.defection"].create(
            [
                {
                    "relationship_id": self.make_relationship(self.make_customer()).id,
                    "date": day,
                }
                for _n in range(50)
            ]
        )
        lost[:6].date_returned = day + timedelta(days=100)
        lost[6:9].date_returned = day + timedelta(days=200)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_defection SET create_date = date WHERE id = ANY(%s)",
            [lost.ids],
        )
        self.assertExpected(
            self.use("win_back"),
            "buys",
            12,
            "Of the lost customers here, 12% came back within 180 days.",
        )

    def test_on_an_occasion(self):
        for rank in range(30):
            relationship = self.make_relationship(self.make_customer())
            self.make_interaction(
                relationship,
                state="done",
                date_done=NOW - timedelta(days=30),
                outcome="reached" if rank < 15 else "sent",
            )
        for day in (30, 400):
            for _rank in range(30):
                self.make_interaction(
                    self.make_relationship(self.make_customer()),
                    state="missed",
                    reason_code="no_answer",
                    date_attempt=NOW - timedelta(days=day),
                )
        self.assertExpected(
            self.use("birthday"),
            "reached",
            25,
            "Of 60 of these customers who were contacted within a year, 25% were"
            " reached.",
        )

    def test_of_none_a_guess(self):
        """What a company without a past starts with carries no figure of ours."""
        for name in READY_MADE:
            with self.subTest(program=name):
                self.assertFalse(self.use(name).expected_metric)

    def test_days_of_an_update(self):
        script = load_script(
            "crm_relationship/migrations/19.0.1.7.0/post-result_days.py", "post"
        )
        programs = self.env["crm.program"].union(
            *(self.env.ref(f"crm_relationship.{name}") for name in script.DAYS)
        )
        self.assertEqual(programs.mapped("result_days"), list(script.DAYS.values()))
        programs.result_days = script.DEFAULT
        programs[0].result_days = 30
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.1.7.0")
        self.env.invalidate_all()
        self.assertEqual(
            programs.mapped("result_days"), [30, *list(script.DAYS.values())[1:]]
        )
