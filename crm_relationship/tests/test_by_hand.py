"""The ledger is written by methods: what people may set by hand, and what not.

Each test is one operation that anybody could send with a request.
"""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import NOW, TODAY
from .common_by_hand import ByHandCase

CLOSED = ("done", "missed", "cancelled", "skipped")


@tagged("post_install", "-at_install")
class TestInteractionByHand(ByHandCase):
    def make_done(self, days_ago=0, relationship=None, **values):
        with self.in_days(-days_ago):
            interaction = self.make_open(relationship or self.own, **values)
            interaction.action_done()
        return interaction

    def links(self):
        """Return a value for every field that the system alone sets."""
        lead = self.env["crm.lead"].create({"name": "Lead", "user_id": self.budi.id})
        activity = lead.activity_schedule(
            "mail.mail_activity_data_call", user_id=self.budi.id, summary="Secret"
        )
        program = self.make_program(trigger="manual")
        enrollment = program._enroll(self.own)
        order = self.make_order(self.own.partner_id)
        return {
            "activity_id": activity.id,
            "enrollment_id": enrollment.id,
            "program_step_id": program.step_ids[0].id,
            "plan_line_id": self.make_plan().line_ids.id,
            "sale_order_id": order.id,
            "given_benefit_id": self.env["crm.benefit"].create({"name": "Gift"}).id,
            "is_complaint": True,
            "reason_code": "no_answer",
            "attempt_count": 2,
            "date_retry": NOW,
            "date_done": NOW,
        }

    # -- planned

    def test_links_are_set_by_the_system(self):
        interaction = self.make_open(self.own)
        for name, value in self.links().items():
            self.assertRefused(interaction, {name: value})

    def test_links_are_not_set_with_a_new_one(self):
        for name, value in self.links().items():
            self.assertNotCreated(
                "crm.interaction",
                {"name": "Mine", "relationship_id": self.own.id, name: value},
            )

    def test_defaults_set_no_links(self):
        values = {**self.links(), "state": "done", "outcome": "sent"}
        context = {f"default_{name}": value for name, value in values.items()}
        interaction = (
            self.env["crm.interaction"]
            .with_user(self.sari)
            .with_context(**context)
            .create({"name": "Mine", "relationship_id": self.own.id})
        )
        self.assertEqual(interaction.state, "scheduled")
        for name in values.keys() - {"state"}:
            self.assertFalse(interaction[name], name)

    def test_own_defaults_set_no_links(self):
        self.env["ir.default"].set(
            "crm.interaction", "state", "done", user_id=self.sari.id
        )
        interaction = (
            self.env["crm.interaction"]
            .with_user(self.sari)
            .create({"name": "Mine", "relationship_id": self.own.id})
        )
        self.assertEqual(interaction.state, "scheduled")

    def test_colleagues_activity_is_out_of_reach(self):
        activity = self.env["mail.activity"].browse(self.links()["activity_id"])
        interaction = self.make_open(self.own)
        with self.assertRaises(UserError):
            interaction.with_user(self.sari).activity_id = activity
        interaction.with_user(self.sari).name = "Renamed"
        interaction.with_user(self.sari).action_done()
        self.assertEqual(activity.summary, "Secret")
        self.assertTrue(activity.active)

    def test_state_is_set_by_the_buttons(self):
        self.own.partner_id.do_not_contact = True
        for interaction in (self.make_interaction(self.own), self.make_open(self.own)):
            for state in ("scheduled", "open", *CLOSED):
                if state != interaction.state:
                    self.assertRefused(interaction, {"state": state})

    def test_the_button_asks_the_gate(self):
        interaction = self.make_open(self.own)
        self.own.partner_id.do_not_contact = True
        for user in self.salespeople:
            with self.assertRaises(UserError):
                interaction.with_user(user).action_done()

    def test_none_is_created_as_closed(self):
        for state in ("open", *CLOSED):
            self.assertNotCreated(
                "crm.interaction",
                {"name": "Mine", "relationship_id": self.own.id, "state": state},
            )

    def test_stays_with_its_customer(self):
        interaction = self.make_interaction(self.own)
        self.assertRefused(interaction, {"relationship_id": self.foreign.id})
        self.assertRefused(interaction, {"relationship_id": self.elsewhere.id})
        self.assertRefused(
            interaction,
            {
                "relationship_id": self.elsewhere.id,
                "partner_id": self.elsewhere.partner_id.id,
                "company_id": self.other_company.id,
            },
        )
        self.assertRefused(interaction, {"company_id": self.other_company.id})
        self.assertRefused(interaction, {"partner_id": self.foreign.partner_id.id})

    def test_is_not_made_for_another_company(self):
        for vals in (
            {"relationship_id": self.elsewhere.id},
            {
                "partner_id": self.elsewhere.partner_id.id,
                "company_id": self.other_company.id,
            },
        ):
            self.assertNotCreated("crm.interaction", {"name": "Mine", **vals})

    def test_making_one_elsewhere_makes_no_relationship(self):
        partner = self.make_customer("New there")
        relationships = self.env["crm.relationship"].search_count([])
        self.assertNotCreated(
            "crm.interaction",
            {
                "name": "Mine",
                "partner_id": partner.id,
                "company_id": self.other_company.id,
            },
        )
        self.assertEqual(self.env["crm.relationship"].search_count([]), relationships)

    def test_is_not_made_for_a_contact_out_of_sight(self):
        partner = self.make_customer("Hidden", company_id=self.other_company.id)
        self.assertNotCreated(
            "crm.interaction", {"name": "Mine", "partner_id": partner.id}
        )

    def test_is_not_planned_for_2030(self):
        interaction = self.make_open(self.own)
        self.assertRefused(interaction, {"date_planned": "2030-01-01 09:00:00"})
        self.assertRefused(
            self.make_interaction(self.own), {"date_planned": "2030-01-01 09:00:00"}
        )
        for vals in (
            {"date_planned": "2030-01-01 09:00:00"},
            {"date_due": "2030-01-01"},
        ):
            self.assertNotCreated(
                "crm.interaction",
                {"name": "Mine", "relationship_id": self.own.id, **vals},
            )

    def test_what_a_rare_plan_asks_for_can_be_moved(self):
        interaction = self.make_interaction(self.own, date_due="2031-01-01")
        moment = NOW + timedelta(days=5)
        interaction.with_user(self.sari).date_planned = moment
        self.assertEqual(interaction.date_planned, moment)

    def test_refusal_tells_only_those_who_may_see_the_activity(self):
        """Whoever guesses ids learns neither what is planned nor who serves whom."""
        interaction = self.make_open(self.foreign, name="Treatment")
        activity = interaction.activity_id
        public = self.env.ref("base.public_user")
        for user in (self.internal, self.portal, public):
            theirs = self.as_user(activity, user)
            for name, act in (
                ("write", lambda a: a.write({"summary": "Mine"})),
                ("unlink", lambda a: a.unlink()),
                ("done", lambda a: a.action_feedback("Done")),
            ):
                with self.subTest(user=user.login, act=name):
                    with self.assertRaises(UserError) as refusal:
                        act(theirs)
                    text = str(refusal.exception)
                    self.assertNotIn("Treatment", text)
                    self.assertNotIn(self.budi.name, text)
        self.assertEqual(activity.summary, "Treatment")
        self.assertEqual(interaction.state, "open")

    def test_contact_of_another_company_is_not_named(self):
        hidden = self.make_customer("Quiet Person", company_id=self.other_company.id)
        interaction = self.make_interaction(self.own)
        for user in self.salespeople:
            theirs = self.as_user(interaction, user)
            vals = {"name": "A word", "partner_id": hidden.id}
            for way, act in (
                ("write", lambda i, vals: i.write({"partner_id": vals["partner_id"]})),
                (
                    "create",
                    lambda i, vals: i.create({**vals, "relationship_id": self.own.id}),
                ),
                ("on its own", lambda i, vals: i.create(vals)),
            ):
                with self.subTest(user=user.login, way=way):
                    self.env.invalidate_all()
                    with self.assertRaises(UserError) as refusal:
                        act(theirs, vals)
                    self.assertNotIn("Quiet Person", str(refusal.exception))

    def test_activity_is_not_planned_for_2030(self):
        activity = self.make_open(self.own).activity_id
        self.assertRefused(activity, {"date_deadline": "2030-01-01"})

    def test_is_not_done_in_the_future(self):
        with self.assertRaisesRegex(UserError, "future"):
            self.make_interaction(
                self.own, state="done", date_done=NOW + timedelta(days=1)
            )

    def test_goes_to_nobody_who_may_not_serve(self):
        interaction = self.make_open(self.own)
        for user in (self.stranger, self.portal):
            self.assertRefused(interaction, {"user_id": user.id})
            self.assertNotCreated(
                "crm.interaction",
                {
                    "name": "Mine",
                    "relationship_id": self.own.id,
                    "user_id": user.id,
                },
            )

    def test_what_people_may_set(self):
        interaction = self.make_open(self.own).with_user(self.sari)
        vals = {
            "name": "Another word",
            "touchpoint_id": self.visit.id,
            "user_id": self.sari.id,
            "kind": "service",
            "date_planned": NOW + timedelta(days=5),
            "feedback": "Glad",
            "sentiment": "positive",
            "override_reason": "Met by chance",
            "benefit_withheld": True,
            "duration": 7,
        }
        interaction.write(vals)
        self.assertRecordValues(interaction, [vals])

    def test_own_interaction_may_be_passed_on(self):
        interaction = self.make_open(self.own)
        interaction.with_user(self.sari).user_id = self.budi
        self.assertEqual(interaction.activity_id.user_id, self.budi)

    def test_fields_of_others_are_left_alone(self):
        """An administrator may add fields of the company's own."""
        self.env["ir.model.fields"].create(
            {
                "name": "x_mood",
                "model_id": self.env["ir.model"]._get_id("crm.interaction"),
                "ttype": "char",
            }
        )
        interaction = self.make_interaction(self.own).with_user(self.sari)
        interaction.x_mood = "Fine"
        self.assertEqual(interaction.x_mood, "Fine")

    # -- closed

    def test_who_and_when_stay(self):
        done = self.make_done()
        for vals in (
            {"user_id": self.budi.id},
            {"date_done": NOW - timedelta(days=3)},
            {"date_planned": NOW + timedelta(days=3)},
            {"name": "Something else"},
            {"touchpoint_id": self.visit.id},
            {"kind": "service"},
            {"objective": "referral"},
            {"benefit_withheld": True},
            {"override_reason": "Why not"},
            {"date_due": TODAY + timedelta(days=3)},
            {"is_complaint": True},
            {"outcome": "sent"},
            {"outcome": False},
        ):
            self.assertRefused(done, vals)

    def test_words_are_corrected_within_a_day(self):
        done = self.make_done()
        vals = {"feedback": "Glad", "sentiment": "positive", "outcome": "not_now"}
        done.with_user(self.sari).write(vals)
        self.assertRecordValues(
            done, [{**vals, "user_id": self.sari.id, "date_done": NOW}]
        )

    def test_correction_is_kept(self):
        done = self.make_done()
        messages = self.own.partner_id.message_ids
        done.with_user(self.sari).outcome = "not_now"
        note = self.own.partner_id.message_ids - messages
        self.assertEqual(note.author_id, self.sari.partner_id)
        self.assertIn("Reached", note.body)
        self.assertIn("Not now", note.body)

    def test_words_stay_afterwards(self):
        done = self.make_done(days_ago=2)
        for vals in (
            {"feedback": "Glad"},
            {"sentiment": "positive"},
            {"outcome": "not_now"},
            {"duration": 1},
            {"cost": 0},
        ):
            self.assertRefused(done, vals)
        self.assertFalse(done.is_correctable)

    def test_cost_is_corrected_by_those_who_see_it(self):
        done = self.make_done()
        self.assertRefused(done, {"cost": 0}, [self.sari])
        done.with_user(self.all_documents).cost = 3
        self.assertEqual(done.cost, 3)
        done.with_user(self.sari).duration = 25
        self.assertEqual(done.duration, 25)

    def test_not_done_stays_as_it_is(self):
        for state in ("missed", "cancelled", "skipped"):
            interaction = self.make_interaction(self.own, state=state)
            self.assertRefused(interaction, {"feedback": "Glad"})
            self.assertRefused(interaction, {"date_planned": NOW})

    def test_correction_to_a_complaint_opens_service(self):
        done = self.make_done()
        done.with_user(self.sari).outcome = "complaint"
        service = self.pending(self.own).filtered(lambda i: i.kind == "service")
        self.assertTrue(service.is_complaint)
        done.with_user(self.sari).outcome = "complaint"
        self.assertEqual(
            service, self.pending(self.own).filtered(lambda i: i.kind == "service")
        )

    # -- other ways in

    def test_copy_is_a_plan(self):
        done = self.make_done(sentiment="positive", feedback="Glad")
        copy = done.with_user(self.sari).copy()
        self.assertEqual(copy.state, "scheduled")
        for name in ("date_done", "outcome", "feedback", "sentiment", "cost"):
            self.assertFalse(copy[name], name)

    def test_import(self):
        interaction = self.make_interaction(self.own)
        interaction_id = interaction._export_rows([["id"]])[0][0]
        model = self.env["crm.interaction"].with_user(self.sari)
        for fields, row in (
            (["name", "relationship_id/.id", "state"], ["A", self.own.id, "done"]),
            (["id", "state"], [interaction_id, "done"]),
            (["id", "date_planned"], [interaction_id, "2030-01-01 09:00:00"]),
        ):
            with self.subTest(fields=fields):
                result = model.load(fields, [[str(value) for value in row]])
                self.assertFalse(result["ids"])
                self.assertTrue(result["messages"])
        self.assertEqual(interaction.state, "scheduled")

    def test_commands_of_others(self):
        interaction = self.make_interaction(self.own)
        enrollment = self.make_program(trigger="manual")._enroll(self.own)
        commands = (
            Command.create({"name": "Mine", "state": "done"}),
            Command.update(interaction.id, {"state": "done"}),
            Command.link(self.make_interaction(self.foreign).id),
        )
        for records in (self.own, enrollment):
            for command in commands:
                with self.subTest(model=records._name, command=command[0]):
                    for user in self.salespeople:
                        with self.assertRaises(UserError):
                            records.with_user(user).write(
                                {"interaction_ids": [command]}
                            )
        self.assertEqual(interaction.state, "scheduled")

    def test_defection_through_the_interaction(self):
        """Whoever asks why may record why; nothing else comes in that way."""
        interaction = self.make_interaction(self.own)
        self.assertRefused(
            interaction,
            {"defection_ids": [Command.create({"relationship_id": self.own.id})]},
        )

    def test_nobody_else(self):
        interaction = self.make_interaction(self.own)
        for user in (self.internal, self.portal, self.env.ref("base.public_user")):
            for operation in (
                lambda records: records.write({"feedback": "Glad"}),
                lambda records: records.create(
                    {"name": "Mine", "relationship_id": self.own.id}
                ),
                lambda records: records.unlink(),
                lambda records: records.action_done(),
                lambda records: records.action_plan(),
                lambda records: records.action_no_answer(),
                lambda records: records.action_cancel(),
                lambda records: records.action_open_outcome(),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    operation(interaction.with_user(user))

    def test_another_company(self):
        interaction = self.make_interaction(self.own)
        stranger = self.as_user(interaction, self.stranger)
        for operation in (
            lambda: stranger.write({"feedback": "Glad"}),
            lambda: stranger.action_done(),
            lambda: stranger.action_plan(),
            lambda: stranger.action_no_answer(),
            lambda: stranger.action_cancel(),
            lambda: stranger.unlink(),
        ):
            with self.assertRaises(AccessError):
                operation()

    def test_colleague(self):
        interaction = self.make_interaction(self.foreign)
        for operation in (
            lambda records: records.write({"feedback": "Glad"}),
            lambda records: records.action_done(),
            lambda records: records.action_plan(),
            lambda records: records.action_no_answer(),
            lambda records: records.action_cancel(),
        ):
            with self.assertRaises(AccessError):
                operation(interaction.with_user(self.sari))

    # -- the forms

    def test_form_plans(self):
        for user in self.salespeople:
            relationship = self.own.with_user(user)
            action = relationship.action_plan_contact()
            form = Form(
                self.env["crm.interaction"]
                .with_user(user)
                .with_context(**action["context"]),
                "crm_relationship.crm_interaction_view_form_plan",
            )
            form.name = "A word"
            form.touchpoint_id = self.visit
            interaction = form.save()
            interaction.action_plan()
            self.assertEqual(interaction.state, "open")

    def test_form_notes_the_outcome(self):
        for user in self.salespeople:
            interaction = self.make_open(self.own).with_user(user)
            with Form(
                interaction, "crm_relationship.crm_interaction_view_form_outcome"
            ) as form:
                form.feedback = "Glad"
                form.sentiment = "positive"
            interaction.with_context(outcome="ordered").action_done()
            self.assertRecordValues(
                interaction,
                [{"state": "done", "outcome": "ordered", "feedback": "Glad"}],
            )

    def test_form_corrects(self):
        for user in self.salespeople:
            interaction = self.make_done().with_user(user)
            with Form(interaction) as form:
                form.feedback = "Glad"
            self.assertEqual(interaction.feedback, "Glad")

    def test_form_moves(self):
        interaction = self.make_open(self.own).with_user(self.sari)
        with Form(interaction) as form:
            form.date_planned = NOW + timedelta(days=3)
            form.touchpoint_id = self.visit
        self.assertEqual(interaction.touchpoint_id, self.visit)
        self.assertEqual(
            interaction.activity_id.date_deadline, TODAY + timedelta(days=3)
        )


@tagged("post_install", "-at_install")
class TestOthersByHand(ByHandCase):
    """The same for what else the system writes."""

    def test_enrollment(self):
        program = self.make_program(trigger="manual")
        enrollment = program._enroll(self.own)
        order = self.make_order(self.own.partner_id)
        users = (self.all_documents, self.manager)
        for vals in (
            {"state": "completed"},
            {"state": "control"},
            {"stop_reason": "by_hand"},
            {"relationship_id": self.foreign.id},
            {"relationship_id": self.elsewhere.id},
            {"sale_order_id": order.id},
            {"program_id": self.make_program(trigger="manual").id},
            {"date": "2030-01-01"},
        ):
            self.assertRefused(enrollment, vals, users)
            self.assertNotCreated(
                "crm.program.enrollment",
                {"program_id": program.id, "relationship_id": self.own.id, **vals},
                users,
            )
        self.assertNotCreated(
            "crm.program.enrollment",
            {"program_id": program.id, "relationship_id": self.foreign.id},
            users,
        )

    def test_enrollment_through_the_order(self):
        program = self.make_program(trigger="manual")
        order = self.make_quotation(self.own.partner_id, user_id=self.sari.id)
        for user in self.salespeople:
            with self.subTest(user=user.login), self.assertRaises(UserError):
                order.with_user(user).enrollment_ids = [
                    Command.create(
                        {"program_id": program.id, "relationship_id": self.own.id}
                    )
                ]

    def test_enrollment_through_the_program(self):
        program = self.make_program(trigger="manual")
        enrollment = program._enroll(self.own)
        for command in (
            Command.create({"relationship_id": self.foreign.id}),
            Command.update(enrollment.id, {"state": "completed"}),
        ):
            with self.assertRaises(UserError):
                program.with_user(self.manager).enrollment_ids = [command]
        self.assertEqual(program.enrollment_ids, enrollment)
        self.assertEqual(enrollment.state, "running")

    def test_figures(self):
        segment = self.make_segment("Gold")
        users = (self.all_documents, self.manager)
        for vals in (
            {"revenue": 1_000_000},
            {"order_count": 99},
            {"rfm_code": "555"},
            {"rfm_recency": 5},
            {"value_12m": 9},
            {"lifetime_value": 9},
            {"yearly_margin": 9},
            {"margin": 9},
            {"purchase_interval": 9},
            {"lifecycle_stage": "loyal"},
            {"lifecycle_date": "2026-01-01"},
            {"first_order_date": "2026-01-01"},
            {"last_order_date": "2026-01-01"},
            {"last_contact_date": "2026-01-01"},
            {"next_contact_date": "2026-05-01"},
            {"coverage_state": "covered"},
            {"defection_date": "2026-01-01"},
            {"segment_id": segment.id},
            {"locked_segment_id": segment.id, "lock_reason": "Why"},
            {"lock_until": "2030-01-01"},
            {"partner_id": self.foreign.partner_id.id},
            {"company_id": self.other_company.id},
            {"active": False},
        ):
            self.assertRefused(self.own, vals, users)
            if "partner_id" in vals or "active" in vals:
                continue
            new = self.make_customer()
            self.assertNotCreated(
                "crm.relationship", {"partner_id": new.id, **vals}, users
            )

    def test_relationship_lists(self):
        for vals in (
            {"segment_move_ids": [Command.create({"date": "2026-01-01"})]},
            {"defection_ids": [Command.create({"declared": True})]},
            {"enrollment_ids": [Command.create({"state": "completed"})]},
            {"interaction_ids": [Command.create({"name": "Mine"})]},
        ):
            self.assertRefused(self.own, vals, (self.all_documents, self.manager))

    def test_what_people_may_set_of_a_relationship(self):
        plan = self.make_plan()
        for user in (self.all_documents, self.manager):
            vals = {
                "user_id": self.budi.id,
                "backup_user_id": self.sari.id,
                "plan_id": plan.id,
            }
            self.own.with_user(user).write(vals)
            self.assertRecordValues(self.own, [vals])
            with Form(self.own.with_user(user)) as form:
                form.user_id = self.sari
            self.assertEqual(self.own.user_id, self.sari)

    def test_relationship_made_by_hand(self):
        partner = self.make_customer()
        relationship = (
            self.env["crm.relationship"]
            .with_user(self.all_documents)
            .create({"partner_id": partner.id, "user_id": self.sari.id})
        )
        self.assertEqual(relationship.lifecycle_stage, "prospect")
        child = self.make_customer(parent_id=partner.id)
        self.assertNotCreated(
            "crm.relationship",
            {"partner_id": child.id},
            (self.all_documents, self.manager),
        )

    def test_defection(self):
        silent = self.env["crm.defection"].create(
            {"relationship_id": self.own.id, "date": "2026-03-01"}
        )
        for vals in (
            {"relationship_id": self.foreign.id},
            {"declared": True},
            {"date_returned": "2026-03-02"},
            {"date_noticed": "2026-03-02"},
            {"yearly_margin": 9},
            {"interaction_id": self.make_interaction(self.own).id},
            {"segment_id": self.make_segment("Gold").id},
            {"stage_before": "loyal"},
            # nobody said a day
            {"date": "2026-03-02"},
        ):
            self.assertRefused(silent, vals)
        self.assertNotCreated("crm.defection", {"relationship_id": self.foreign.id})
        silent.with_user(self.sari).note = "Moved away"
        self.assertEqual(silent.note, "Moved away")

    def test_what_nobody_writes(self):
        """Traces and figures are read only, whoever asks."""
        self.env["crm.segment.move"].create(
            {
                "relationship_id": self.own.id,
                "company_id": self.company.id,
                "date": "2026-03-01",
            }
        )
        for model in (
            "crm.segment.move",
            "crm.relationship.snapshot",
            "crm.segment.figure",
            "crm.suppression",
            "crm.preference.change",
            "crm.segment.report",
            "crm.revenue.concentration",
            "crm.care.day",
            "crm.care.report",
        ):
            records = self.env[model].search([], limit=1)
            for user in (*self.salespeople, self.internal, self.portal, self.stranger):
                for operation in ("write", "create", "unlink"):
                    with self.subTest(
                        model=model, user=user.login, operation=operation
                    ):
                        self.assertFalse(records.with_user(user).has_access(operation))
