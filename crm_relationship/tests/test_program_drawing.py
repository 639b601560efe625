"""What the drawing of a program shows, and how the boxes of its steps are counted."""

from odoo import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from .common import own_login


@tagged("post_install", "-at_install")
class TestProgramDrawing(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call, cls.email = cls.env["crm.touchpoint"].create(
            [
                {"name": "Own call", "kind": "call"},
                {"name": "Own email", "kind": "email", "mode": "automated"},
            ]
        )
        cls.template = cls.env["mail.template"].create(
            {"name": "Own", "model_id": cls.env["ir.model"]._get_id("res.partner")}
        )
        cls.program = cls.env["crm.program"].create(
            {
                "name": "Drawn",
                "trigger": "sale_confirmed",
                "order_rank": "first",
                "end_on_complaint": True,
                "step_ids": [
                    Command.create(
                        {
                            "name": "Thanks",
                            "sequence": 1,
                            "touchpoint_ids": [Command.link(cls.email.id)],
                            "mail_template_id": cls.template.id,
                            "expires": "days",
                            "expires_days": 7,
                        }
                    ),
                    Command.create(
                        {
                            "name": "Ask",
                            "sequence": 2,
                            "delay": 1,
                            "touchpoint_ids": [
                                Command.set([cls.call.id, cls.email.id])
                            ],
                        }
                    ),
                    Command.create({"name": "Visit", "sequence": 3, "delay": 2}),
                ],
            }
        )
        cls.thanks, cls.ask, cls.visit = cls.program.step_ids
        cls.visit.write(
            {
                "delay_unit": "weeks",
                "delay_from": "previous",
                "condition_step_id": cls.ask.id,
                "condition_outcome": "reached",
                "condition_negated": True,
                "condition_partner": "[('city', '=', 'Solo')]",
            }
        )

    def draw(self, program=None):
        program = program or self.program
        program.invalidate_recordset(["drawing"])
        return program.drawing

    def make_interactions(self, step, customer, **states):
        relationship = self.env["crm.relationship"]._ensure(customer, self.env.company)
        for state, number in states.items():
            for _number in range(number):
                enrollment = self.env["crm.program.enrollment"].create(
                    {
                        "program_id": self.program.id,
                        "relationship_id": relationship.id,
                        "state": "completed",
                    }
                )
                self.env["crm.interaction"].create(
                    {
                        "name": step.name,
                        "partner_id": customer.id,
                        "relationship_id": relationship.id,
                        "enrollment_id": enrollment.id,
                        "program_step_id": step.id,
                        "state": state,
                        "date_planned": "2026-01-01 08:00:00",
                    }
                )

    def test_start_and_end(self):
        drawing = self.draw()
        self.assertEqual(drawing["start"]["title"], "A sales order is confirmed")
        self.assertEqual(drawing["start"]["details"], ["The customer's first order"])
        self.assertEqual(drawing["ends"], ["The customer complains"])

    def test_boxes(self):
        thanks, ask, visit = self.draw()["steps"]
        self.assertEqual(thanks["when"], "At once")
        self.assertEqual(thanks["who"], "Sent automatically")
        self.assertEqual(thanks["expires"], "Too late after 7 days")
        self.assertEqual(thanks["icon"], "fa-envelope-o")
        self.assertEqual(ask["when"], "1 day after the start")
        self.assertEqual(ask["channels"], "Own call, else Own email")
        self.assertEqual(ask["who"], "Dedicated salesperson")
        self.assertFalse(ask["asks"])
        self.assertEqual(visit["when"], "2 weeks after the previous step")
        self.assertEqual(visit["asks"], ask["key"])
        self.assertEqual(visit["asked"], "Ask")
        self.assertEqual(visit["condition"], "Unless it reached the customer")
        self.assertEqual(visit["filters"], ["Only certain customers"])
        self.assertEqual(visit["channels"], "Any channel the customer accepts")

    def test_every_trigger_is_drawn(self):
        """A name for the start, whatever starts it and whatever is still missing."""
        for trigger, label in self.program._fields["trigger"]._description_selection(
            self.env
        ):
            with self.subTest(trigger=trigger):
                program = self.env["crm.program"].new({"trigger": trigger})
                self.assertEqual(program.drawing["start"]["title"], label)
                self.assertEqual(program.drawing["steps"], [])

    def test_steps_come_in_the_order_in_which_they_are_made(self):
        """As they are made, not as they are listed."""
        self.thanks.delay = 3
        names = [step["name"] for step in self.draw()["steps"]]
        self.assertEqual(names, ["Ask", "Thanks", "Visit"])

    def test_follows_what_is_typed(self):
        with Form(self.program) as form:
            with form.step_ids.edit(0) as step:
                step.name = "Many thanks"
            self.assertEqual(form.drawing["steps"][0]["name"], "Many thanks")
            self.assertEqual(form.drawing["steps"][0]["id"], self.thanks.id)

    def test_counts(self):
        customer = self.env["res.partner"].create({"name": "Ani"})
        self.make_interactions(
            self.thanks, customer, done=2, skipped=1, cancelled=1, missed=1
        )
        self.make_interactions(self.ask, customer, scheduled=1, open=1)
        thanks, ask, visit = self.draw()["steps"]
        self.assertEqual(thanks["counts"], {"done": 2, "skipped": 1, "dropped": 2})
        self.assertEqual(ask["counts"], {"waiting": 2})
        self.assertEqual(visit["counts"], {})

    def test_counts_of_many_programs_are_one_query(self):
        programs = self.program | self.program.copy({"trigger": "manual"})
        programs |= self.program.copy({"trigger": "manual"})
        self.draw(programs[0])
        counted = "crm_interaction"
        queries = []
        execute = type(self.env.cr).execute

        def watch(cursor, query, *args, **kwargs):
            queries.append(str(query))
            return execute(cursor, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", watch)
        programs.invalidate_recordset(["drawing"])
        programs.mapped("drawing")
        asked = [query for query in queries if f'FROM "{counted}"' in query]
        self.assertEqual(len(asked), 1)

    def test_salesperson_counts_own_customers(self):
        """The boxes tell no more than the list of interactions does."""
        user = new_test_user(
            self.env, own_login("drawing"), "sales_team.group_sale_salesman"
        )
        own, other = self.env["res.partner"].create(
            [{"name": "Own", "user_id": user.id}, {"name": "Other"}]
        )
        self.make_interactions(self.thanks, own, done=1)
        self.make_interactions(self.thanks, other, done=1)
        self.env.flush_all()
        drawing = self.draw(self.program.with_user(user))
        self.assertEqual(drawing["steps"][0]["counts"], {"done": 1})
        self.assertFalse(drawing["may_edit"])
        self.assertTrue(self.draw()["may_edit"])
