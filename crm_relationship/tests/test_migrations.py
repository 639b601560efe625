"""What an update keeps of a database from before."""

import re
from datetime import timedelta

from odoo import Command
from odoo.modules.module import load_script
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

FOLDER = "crm_relationship/migrations"
GATE = "crm_relationship.crm_interaction_view_form_gate"


@tagged("post_install", "-at_install")
class TestMigrations(TransactionCase):
    def migrate(self, version, stage, topic="migration"):
        script = load_script(f"{FOLDER}/{version}/{stage}-{topic}.py", stage)
        self.env.flush_all()
        script.migrate(self.env.cr, version)
        self.env.invalidate_all()

    def extend(self, view, arch):
        return self.env["ir.ui.view"].create(
            {
                "name": "extension",
                "model": view.model,
                "inherit_id": view.id,
                "arch": arch,
            }
        )

    def test_renamed_records(self):
        """What nobody has renamed gets its present name; translations stay."""
        self.env["res.lang"]._activate_lang("fr_FR")
        call = self.env.ref("crm_relationship.crm_contact_plan_line_gold_call")
        job = self.env.ref("crm_relationship.ir_cron_schedule")
        own = self.env.ref("crm_relationship.crm_contact_plan_line_gold_birthday")
        call.name = "Personal call: does everything serve you well?"
        call.with_context(lang="fr_FR").name = "Appel : tout va bien ?"
        job.ir_actions_server_id.name = "Relationships: plan contacts"
        own.name = "Sing a song"
        benefit = self.env.ref("crm_relationship.crm_benefit_good_wishes")
        steps = self.env["crm.program.step"].with_context(active_test=False)
        steps.search([("benefit_id", "=", benefit.id)]).benefit_id = False
        benefit.unlink()

        self.migrate("19.0.1.1.0", "post")
        self.assertEqual(
            call.name, "Personal call: is everything working well for you?"
        )
        french = call.with_context(lang="fr_FR")
        self.assertEqual(french.name, "Appel : tout va bien ?")
        self.assertEqual(job.name, "Relationships: plan interactions")
        self.assertEqual(own.name, "Sing a song")

    def test_names_after_a_rename_are_those_of_the_data(self):
        script = load_script(f"{FOLDER}/19.0.1.1.0/post-migration.py", "post")
        for name, (_former, present) in script.RENAMED.items():
            self.assertEqual(self.env.ref(f"crm_relationship.{name}").name, present)

    def test_merged_views(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        form = self.env.ref("crm_relationship.crm_interaction_view_form")
        # as it was: what is in the form now was added to it by a view of its own
        old = self.extend(
            form, "<sheet position='inside'><p>Allowed channels</p></sheet>"
        )
        self.env["ir.model.data"]._update_xmlids(
            [
                {
                    "xml_id": "crm_relationship.crm_interaction_view_form_gate",
                    "record": old,
                }
            ]
        )
        old.update_field_translations(
            "arch_db", {"fr_FR": {"Allowed channels": "Pourquoi / pourquoi pas"}}
        )
        # as an administrator may have added to that
        own = self.extend(old, "<field name='email' position='after'><hr/></field>")

        self.migrate("19.0.1.1.0", "pre")
        self.assertFalse(old.active, "must not be applied to the new form")
        self.assertTrue(own.active)
        self.assertEqual(own.inherit_id, form)

        self.migrate("19.0.1.1.0", "post")
        self.assertFalse(old.exists())
        self.assertFalse(self.env.ref(GATE, raise_if_not_found=False))
        self.assertTrue(own.exists())
        self.assertIn(
            "Pourquoi / pourquoi pas",
            form.with_context(lang="fr_FR").get_combined_arch(),
        )

    def test_values_beyond_their_bounds(self):
        """What an earlier version let through is set to the nearest value allowed."""
        company = self.env.company
        cr = self.env.cr
        for table, constraint in (
            ("crm_contact_cap", "days_in_bounds"),
            ("res_company", "relationship_horizon_in_bounds"),
            ("res_partner", "birthdate_in_bounds"),
        ):
            cr.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{constraint}")
        caps = self.env["crm.contact.cap"].create(
            [{"company_id": company.id, "days": days} for days in (900, 901, 902)]
        )
        partner = self.env["res.partner"].create({"name": "Methuselah"})
        self.env.flush_all()
        for cap, days in zip(caps, (999_999, 5_000, 10), strict=True):
            cr.execute(
                "UPDATE crm_contact_cap SET days = %s WHERE id = %s", (days, cap.id)
            )
        cr.execute(
            "UPDATE res_company SET relationship_horizon_days = 1000000000"
            " WHERE id = %s",
            [company.id],
        )
        cr.execute(
            "UPDATE res_partner SET birthdate = '1800-01-01' WHERE id = %s",
            [partner.id],
        )
        with mute_logger("odoo.sql_db"):  # one limit is taken: the next one is tried
            self.migrate("19.0.1.2.0", "post")
        self.assertEqual(caps.mapped("days"), [3650, 3649, 10])
        self.assertEqual(company.relationship_horizon_days, 366)
        self.assertEqual(str(partner.birthdate), "1900-01-01")

    def test_days_of_eid(self):
        """A day that was off is moved, one that somebody entered stays."""
        occasion = self.env.ref("crm_relationship.crm_occasion_eid")
        for before, after in (
            (
                ("2026-03-20", "2027-03-10", "2030-02-05"),
                ("2026-03-21", "2027-03-10", "2030-02-04", "2031-01-25", "2032-01-14"),
            ),
            (
                ("2026-03-20", "2026-03-21", "2033-01-02"),
                ("2026-03-20", "2026-03-21", "2033-01-02"),
            ),
        ):
            occasion.date_ids = [
                Command.clear(),
                *(Command.create({"date": day}) for day in before),
            ]
            self.migrate("19.0.1.2.0", "post")
            days = occasion.date_ids.sorted("date").mapped("date")
            self.assertEqual(tuple(map(str, days)), after)

    def test_greetings(self):
        """Templates greet the customer where the address has no name, as edited."""
        mail = self.env.ref("crm_relationship.mail_template_greeting")
        sms = self.env.ref("crm_relationship.sms_template_birthday")
        mail.body_html = """<p>Hi <t t-out="object.name or ''">you</t>, my dear</p>"""
        sms.body = "Joy, {{ object.name }}!"
        self.migrate("19.0.1.2.0", "post")
        name = "object.name or object.commercial_partner_id.name"
        self.assertIn(f'<t t-out="{name}">you</t>, my dear', mail.body_html)
        self.assertEqual(sms.body, f"Joy, {{{{ {name} }}}}!")

    def test_thanks_name_the_orders(self):
        """In each language, where the message is as it was installed but for words."""
        self.env["res.lang"]._activate_lang("fr_FR")
        thanks = self.env.ref("crm_relationship.mail_template_thanks")
        french = thanks.with_context(lang="fr_FR")
        orders = re.compile(r'<p t-if="object.follow_up_orders">.*?</p>', re.S)
        present = thanks.body_html
        thanks.body_html = orders.sub("", present)
        french.body_html = orders.sub("", present).replace("thank you", "merci")
        self.assertNotIn("follow_up_orders", thanks.body_html)

        for _twice in range(2):
            self.migrate("19.0.1.3.0", "post", "thanks")
            self.assertEqual(
                re.sub(r"\s", "", thanks.body_html), re.sub(r"\s", "", present)
            )
            self.assertIn("merci", french.body_html)
            self.assertEqual(len(orders.findall(french.body_html)), 1)

    def test_thanks_that_somebody_has_rewritten(self):
        thanks = self.env.ref("crm_relationship.mail_template_thanks")
        thanks.body_html = '<p>Hi <t t-out="object.name">you</t></p><p>Great!</p>'
        self.migrate("19.0.1.3.0", "post", "thanks")
        self.assertNotIn("follow_up_orders", thanks.body_html)
        self.env.ref("crm_relationship.crm_program_step_thanks").unlink()
        thanks.unlink()
        self.migrate("19.0.1.3.0", "post", "thanks")

    def test_archived_programs_end(self):
        """What an archived program had planned before the update does not go on."""
        program = self.env["crm.program"].create(
            {
                "name": "Thank-you",
                "trigger": "manual",
                "step_ids": [Command.create({"name": "Call", "delay": 3})],
            }
        )
        partner = self.env["res.partner"].create({"name": "Ani"})
        relationship = self.env["crm.relationship"]._ensure(partner, self.env.company)
        enrollment = program._enroll(relationship)
        self.env.cr.execute(
            "UPDATE crm_program SET active = false WHERE id = %s", program.ids
        )
        self.migrate("19.0.1.4.0", "post", "archived")
        self.assertEqual(enrollment.stop_reason, "program_archived")
        self.assertEqual(enrollment.interaction_ids.state, "cancelled")

    def test_new_records(self):
        """Rules that a database of before lacks are made, once, as in a new one."""
        for topic in ("balance", "new_data_proof", "referral"):
            script = load_script(f"{FOLDER}/19.0.1.6.0/post-{topic}.py", "post")
            names = [name for names in script.NEW.values() for name in names]
            self.assertTrue(names)
            present = {name: self.read_rule(name) for name in names}
            for name in names:
                self.env.ref(f"crm_relationship.{name}").unlink()
            for _twice in range(2):
                self.migrate("19.0.1.6.0", "post", topic)
                for name in names:
                    with self.subTest(rule=name):
                        self.assertEqual(self.read_rule(name), present[name])

    def read_rule(self, name):
        rule = self.env.ref(f"crm_relationship.{name}")
        same = self.env["ir.rule"].search_count(
            [("name", "=", rule.name), ("model_id", "=", rule.model_id.id)]
        )
        [data] = self.env["ir.model.data"].search(
            [("model", "=", "ir.rule"), ("res_id", "=", rule.id)]
        )
        return (
            rule.name,
            rule.model_id,
            rule.domain_force,
            rule.groups,
            rule.active,
            data.noupdate,
            same,
        )

    def test_who_counts_in_a_result(self):
        """All who counted until now: in the days in which the program was measured."""
        program = self.env["crm.program"].create(
            {
                "name": "Measured",
                "trigger": "manual",
                "holdout_share": 50,
                "step_ids": [Command.create({"name": "Call"})],
            }
        )
        unmeasured = program.copy({"trigger": "manual"})
        partners = self.env["res.partner"].create([{"name": n} for n in "ABCDEF"])
        customers = self.env["crm.relationship"]._ensure(partners, self.env.company)
        entered = program._enroll(customers)
        others = unmeasured._enroll(customers)
        today = program.holdout_from
        entered[0].date = today - timedelta(days=1)
        entered[1].date = program.holdout_until + timedelta(days=1)
        self.env.flush_all()
        for table in ("crm_program", "crm_program_enrollment"):
            self.env.cr.execute(f"UPDATE {table} SET holdout_round = NULL")
        self.env.invalidate_all()
        self.migrate("19.0.1.6.0", "post", "holdout")
        self.assertEqual(program.holdout_round, 1)
        self.assertEqual(unmeasured.holdout_round, 0)
        self.assertEqual(entered[:2].mapped("holdout_round"), [0, 0])
        self.assertEqual(set(entered[2:].mapped("holdout_round")), {1})
        self.assertEqual(set(others.mapped("holdout_round")), {0})

    def test_conditions_of_before(self):
        """Whoever entered before it was noted goes on, whatever was asked when."""
        programs = self.env["crm.program"].create(
            [
                {
                    "name": name,
                    "trigger": "manual",
                    "step_ids": [Command.create({"name": "Call"})],
                }
                for name in ("Old", "Changed since", "New")
            ]
        )
        old, changed, new = programs
        came = self.env["ir.model.data"].search(
            [
                ("module", "=", "crm_relationship"),
                ("name", "=", "field_crm_program__conditions_since"),
            ]
        )
        programs.conditions_since = False
        changed.conditions_since = since = came.create_date + timedelta(days=9)
        for program, days in ((old, -1), (changed, -1), (new, 1)):
            self.env.flush_all()
            self.env.cr.execute(
                "UPDATE crm_program SET create_date = %s WHERE id = %s",
                [came.create_date + timedelta(days=days), program.id],
            )
        self.migrate("19.0.1.8.0", "post", "conditions")
        self.assertEqual(
            programs.mapped("conditions_since"), [came.create_date, since, False]
        )
