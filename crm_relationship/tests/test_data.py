"""What the addon installs."""

from collections import defaultdict

from lxml import etree

from odoo import Command
from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestData(TransactionCase):
    def own(self, model):
        """Return the records of a model that the addon installs, archived or not."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "crm_relationship"), ("model", "=", model)]
        )
        records = self.env[model].browse(data.mapped("res_id"))
        return records.sorted()

    def test_touch_points(self):
        touchpoints = self.own("crm.touchpoint")
        self.assertEqual(
            set(touchpoints.mapped("kind")),
            {"visit", "call", "whatsapp", "sms", "email", "letter", "event", "social"},
        )
        types = touchpoints.activity_type_id
        self.assertEqual(len(types), len(touchpoints), "each has a type of its own")
        self.assertEqual(types, self.own("mail.activity.type") & types)
        for touchpoint in touchpoints:
            automated = touchpoint.kind in ("email", "sms")
            self.assertEqual(touchpoint.mode == "automated", automated)
        # the order upsell of core clears To-Dos of its own type only
        todo = self.env.ref("mail.mail_activity_data_todo")
        self.assertNotIn(todo, types)

    def test_a_view_is_read_in_one_place(self):
        # What a model's form shows stands in the form, not in views that extend it;
        # what we add to a view of Odoo's stands in one view.
        views = self.own("ir.ui.view")
        extended = defaultdict(list)
        for view in views.filtered(lambda view: view.mode == "extension"):
            extended[view.inherit_id].append(view.xml_id)
        self.assertIn(self.env.ref("base.view_partner_form"), extended)
        for view, extensions in extended.items():
            with self.subTest(view=view.xml_id):
                self.assertNotIn(view, views, f"merge {extensions} into it")
                self.assertEqual(len(extensions), 1, f"merge {extensions}")

    def test_buttons_can_be_pressed(self):
        # The client passes the ids of the records: a model's method takes none.
        pressed = set()
        for view in self.own("ir.ui.view"):
            for button in etree.fromstring(view.arch).iterfind(".//button[@type]"):
                # those of other models are in the view of these, inside a field
                inside = next(button.iterancestors("field"), None)
                if button.get("type") == "object" and inside is None:
                    pressed.add((view.model, button.get("name")))
        self.assertIn(("crm.relationship", "action_refresh"), pressed)
        self.assertIn("res.partner", dict(pressed))
        for model, name in pressed:
            with self.subTest(model=model, method=name):
                method = getattr(self.env[model], name)
                self.assertFalse(getattr(method, "_api_model", False))

    def test_figures_say_how_they_are_computed(self):
        # A figure is a number that nobody types. Measures are offered, shown or not.
        figures = set()
        for view in self.own("ir.ui.view").filtered("model"):
            model, arch = self.env[view.model], etree.fromstring(view.arch)
            for node in arch.iter("field"):
                owner = self.get_model_of(node, model)
                field = owner._fields.get(node.get("name"))
                if field is None or node.get("help") or self.is_hidden(node):
                    continue
                if field.readonly or field.compute or node.get("readonly") == "1":
                    figures.add((owner._name, field.name))
            if view.type in ("pivot", "graph") or not model._auto:
                figures |= {
                    (model._name, field.name)
                    for field in model._fields.values()
                    if not model._auto or (field.store and field.aggregator)
                }
        self.assertIn(("crm.referral", "revenue"), figures)
        lacking = [
            f"{model}.{name}"
            for model, name in sorted(figures)
            for field in [self.env[model]._fields[name]]
            if field.type in ("integer", "float", "monetary")
            and self.is_our_figure(field)
            and not field.help
        ]
        self.assertFalse(lacking)

    def get_model_of(self, node, model):
        """Return the model whose field a node of a view of another one shows."""
        for outer in reversed(list(node.iterancestors("field"))):
            if not outer.get("position"):  # that is a place in a view of Odoo's
                model = self.env[model._fields[outer.get("name")].comodel_name]
        return model

    def is_hidden(self, node):
        return any(
            node.get(name) in ("1", "True")
            for name in ("invisible", "column_invisible")
        )

    def is_our_figure(self, field):
        is_figure = field.name != "id" and not field.name.endswith("color")
        return is_figure and any(
            name.startswith("crm_relationship") for name in field._modules
        )

    def test_segments_each_with_a_plan(self):
        segments = self.own("crm.segment")
        self.assertEqual(
            set(segments.mapped("name")),
            {
                "Platinum",
                "Gold",
                "Silver",
                "Regular",
                "New",
                "Prospect",
                "At risk",
                "Lost",
            },
        )
        self.assertEqual(len(segments.plan_id), 8)
        for plan in segments.plan_id:
            self.assertTrue(plan.line_ids, plan.name)

    def test_platinum_gets_personal_service_and_no_offer_by_mail(self):
        plan = self.env.ref("crm_relationship.crm_contact_plan_platinum")
        first = {line.touchpoint_ids[0].mode for line in plan.line_ids}
        self.assertEqual(first, {"personal"})

    def test_relationship_comes_before_selling(self):
        for plan in self.own("crm.contact.plan"):
            yearly = {"relationship": 0, "selling": 0}
            for line in plan.line_ids.filtered(lambda x: not x.occasion_id):
                yearly[line.kind] += 365 / line.interval_length
            self.assertGreaterEqual(
                yearly["relationship"], yearly["selling"], plan.name
            )

    def test_program_after_the_purchase(self):
        program = self.env.ref("crm_relationship.crm_program_after_purchase")
        self.assertEqual(
            (program.active, program.objective, program.activity_kind, program.trigger),
            (True, "relationship", "relationship", "sale_confirmed"),
        )
        self.assertEqual(
            program.step_ids.mapped(lambda step: (step.delay, step.delay_unit)),
            [(days, "days") for days in (0, 1, 3, 7, 30, 60)],
        )
        for step in program.step_ids:
            self.assertTrue(step.touchpoint_ids, step.name)
            self.assertTrue(step.note, step.name)

    def test_automated_lines_have_their_message(self):
        """An email that the plan sends needs a text; else a person would write it."""
        lines = self.own("crm.contact.plan").line_ids
        steps = self.env.ref("crm_relationship.crm_program_after_purchase").step_ids
        for touches in (lines, steps):
            for touch in touches:
                for touchpoint in touch.touchpoint_ids:
                    if touchpoint.mode == "automated":
                        self.assertTrue(touch._get_template(touchpoint), touch.name)

    def test_messages_render(self):
        partner = self.env["res.partner"].create(
            {"name": "Ani <b>", "email": "ani@example.com"}
        )
        partner.dedicated_user_id = self.env.ref("base.user_admin")
        company = self.env.company
        for template in self.own("mail.template"):
            with self.subTest(template=template.name):
                body = template._render_field("body_html", partner.ids)[partner.id]
                self.assertIn("Ani &lt;b&gt;", body)
                self.assertIn(company.name, body)
                self.assertIn(partner.dedicated_user_id.name, body)
        for template in self.own("sms.template"):
            with self.subTest(template=template.name):
                body = template._render_field("body", partner.ids)[partner.id]
                self.assertIn(company.name, body)

    def test_jobs_run(self):
        jobs = self.own("ir.cron")
        self.assertTrue(all(jobs.mapped("active")))
        codes = jobs.mapped("code")
        for code in (
            "model._cron_refresh_portfolio()",
            "model._cron_schedule()",
            "model._cron_release()",
        ):
            self.assertIn(code, codes)

    def test_data_is_the_administrators_to_change(self):
        """An update of the addon does not undo what was set up."""
        data = self.env["ir.model.data"].search(
            [
                ("module", "=", "crm_relationship"),
                (
                    "model",
                    "in",
                    [
                        "crm.touchpoint",
                        "crm.segment",
                        "crm.contact.plan",
                        "crm.contact.plan.line",
                        "crm.program",
                        "crm.program.step",
                        "crm.benefit",
                        "crm.occasion",
                        "mail.template",
                        "sms.template",
                        "mail.activity.type",
                        "ir.cron",
                    ],
                ),
            ]
        )
        self.assertTrue(data)
        self.assertFalse(data.filtered(lambda record: not record.noupdate))

    def test_confirmed_order_starts_the_default_program(self):
        partner = self.env["res.partner"].create(
            {"name": "B", "email": "b@example.com"}
        )
        product = self.env["product.product"].create({"name": "CD", "type": "consu"})
        order = self.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [Command.create({"product_id": product.id})],
            }
        )
        order.action_confirm()
        program = self.env.ref("crm_relationship.crm_program_after_purchase")
        self.assertEqual(order.enrollment_ids.program_id, program)
        self.assertEqual(order.follow_up_count, 6)
