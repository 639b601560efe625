"""Who serves whom: proposed, edited, applied, undone."""

from collections import Counter
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from odoo.addons.crm_relationship.models.people import crm_staff_assignment

from .common import NOW, RelationshipCase, own_login

YEARS = timedelta(days=400)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class AssignmentCase(RelationshipCase):
    """A plan of 12 calls a year, 20 minutes each, and three salespeople."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call.duration = 20
        cls.plan = cls.make_plan()
        cls.segment = cls.make_segment("All", plan_id=cls.plan.id)
        cls.staff = cls.sari + cls.budi + cls.all_documents
        cls.tag = cls.env["crm.staff.tag"].create(
            {"name": "Female", "user_ids": [Command.set(cls.sari.ids)]}
        )

    @classmethod
    def make_customers(cls, count, staff=None, **values):
        partners = cls.env["res.partner"].create(
            [{"name": f"Customer {n}", **values} for n in range(count)]
        )
        customers = cls.env["crm.relationship"]._ensure(partners, cls.company)
        customers.write(
            {"user_id": staff.id if staff else False, "segment_id": cls.segment.id}
        )
        return customers

    def propose(self, staff=None, user=None, **values):
        assignment = self.env["crm.staff.assignment"].with_user(user or self.manager)
        assignment = assignment.create(
            {
                "person_ids": [
                    Command.create({"user_id": person.id})
                    for person in staff or self.staff
                ],
                **values,
            }
        )
        assignment.action_compute()
        return assignment

    def demand(self, customer, tag=None, level="must"):
        self.env["crm.staff.requirement"].create(
            {
                "partner_id": customer.partner_id.id,
                "tag_id": (tag or self.tag).id,
                "level": level,
            }
        )

    def minutes_day(self, minutes):
        """Let salespeople have so many minutes a year."""
        users = type(self.env["res.users"])
        return patch.multiple(
            users,
            _get_contact_minutes_day=lambda self, company=None: minutes,
            _get_working_days_year=lambda self, company: dict.fromkeys(self.ids, 1),
        )


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestProposal(AssignmentCase):
    def test_thirty_equal_customers_for_three_equal_people(self):
        customers = self.make_customers(30)
        assignment = self.propose()
        self.assertEqual(assignment.state, "ready")
        self.assertEqual(assignment.customer_count, 30)
        lines = assignment.line_ids
        self.assertEqual(lines.relationship_id, customers)
        self.assertEqual(
            Counter(line.new_user_id for line in lines), dict.fromkeys(self.staff, 10)
        )
        self.assertEqual(set(lines.mapped("minutes")), {240})
        self.assertEqual(set(lines.mapped("reason")), {"Has no salesperson so far"})
        self.assertFalse(customers.user_id, "nothing is done yet")

    def test_loads_before_and_after(self):
        self.make_customers(6, self.sari)
        self.make_customers(3)
        assignment = self.propose(self.sari + self.budi)
        sari, budi = assignment.person_ids
        self.assertEqual(sari.capacity, 240 * 260)
        self.assertRecordValues(
            sari + budi,
            [
                {"customers_before": 6, "customers_after": 6, "minutes_after": 1440},
                {"customers_before": 0, "customers_after": 3, "minutes_after": 720},
            ],
        )

    def test_who_has_somebody_suitable_stays(self):
        self.make_customers(10, self.sari)
        self.assertFalse(self.propose().line_ids)

    def test_even_out(self):
        self.make_customers(60, self.sari)
        assignment = self.propose(even_out=True)
        self.assertEqual(assignment.move_count, 39)
        self.assertEqual(max(assignment.person_ids.mapped("customers_after")), 21)

    def test_capacity_holds_and_what_would_help_is_told(self):
        self.make_customers(10)
        with self.minutes_day(500):
            assignment = self.propose()
        self.assertEqual(assignment.move_count, 6)
        self.assertEqual(assignment.unassigned_count, 4)
        left_out = assignment.line_ids.filtered(lambda line: not line.new_user_id)
        self.assertIn("240 minutes a year", left_out[0].reason)
        self.assertLessEqual(max(assignment.person_ids.mapped("load_after")), 1)

    def test_the_better_segment_goes_first(self):
        best = self.make_segment("Best", sequence=-1, plan_id=self.plan.id)
        self.make_customers(5)
        good = self.make_customers(2)
        good.segment_id = best
        with self.minutes_day(500):
            assignment = self.propose(self.sari)
        served = assignment.line_ids.filtered("new_user_id").relationship_id
        self.assertEqual(served, good)

    def test_must(self):
        customer = self.make_customers(1, self.budi)
        self.demand(customer)
        line = self.propose().line_ids
        self.assertEqual(line.new_user_id, self.sari)
        self.assertEqual(line.reason, "Requires: Female; not true of Budi")

    def test_must_of_the_same_person_entered_twice(self):
        customer = self.make_customers(1, self.budi, email="a@example.com")
        twin = self.make_customers(1, self.budi, email="a@example.com")
        self.demand(twin)
        lines = self.propose().line_ids
        self.assertEqual(lines.relationship_id, customer + twin)
        self.assertEqual(lines.new_user_id, self.sari)

    def test_must_of_a_person_in_the_firm(self):
        clinic = self.make_customers(1, self.budi)
        doctor = self.make_customer("Doctor", parent_id=clinic.partner_id.id)
        self.env["crm.staff.requirement"].create(
            {"partner_id": doctor.id, "tag_id": self.tag.id, "level": "must"}
        )
        self.assertEqual(self.propose().line_ids.new_user_id, self.sari)

    def test_must_that_nobody_meets(self):
        customer = self.make_customers(1)
        self.demand(customer, self.env["crm.staff.tag"].create({"name": "Javanese"}))
        line = self.propose().line_ids
        self.assertFalse(line.new_user_id)
        self.assertIn("Javanese", line.reason)
        with self.assertRaisesRegex(UserError, "Nothing would change"):
            line.assignment_id.action_apply()

    def test_prefer(self):
        customers = self.make_customers(4)
        self.demand(customers[0], level="prefer")
        lines = self.propose().line_ids
        line = lines.filtered(lambda line: line.relationship_id == customers[0])
        self.assertEqual(line.new_user_id, self.sari)

    def test_no_move_for_a_mere_preference(self):
        customer = self.make_customers(1, self.budi)
        self.demand(customer, level="prefer")
        self.assertFalse(self.propose().line_ids)

    def test_qualified(self):
        self.segment.qualified_user_ids = self.budi
        other = self.make_segment("Other")
        (self.sari + self.all_documents).qualified_segment_ids = other
        self.make_customers(3)
        assignment = self.propose()
        self.assertEqual(assignment.line_ids.new_user_id, self.budi)
        self.budi.qualified_segment_ids = other
        assignment.action_compute()
        lines = assignment.line_ids
        self.assertFalse(lines.new_user_id)
        self.assertIn("qualified for All", lines[0].reason)

    def test_criteria(self):
        indonesia, france = self.env.ref("base.id"), self.env.ref("base.fr")
        java = self.env["res.country.state"].create(
            {"name": "Java", "code": "J", "country_id": indonesia.id}
        )
        team = self.env["crm.team"].create(
            {"name": "Team", "member_ids": [Command.set(self.budi.ids)]}
        )
        budi = self.budi.partner_id
        budi.write({"country_id": indonesia.id, "state_id": java.id, "zip": "57100"})
        self.sari.partner_id.write({"country_id": france.id, "zip": "75001"})
        place = {"country_id": indonesia.id, "state_id": java.id, "zip": "57 123"}
        place["zip"] = "57123"
        customers = self.make_customers(3, self.sari, **place)
        for customer in customers:
            self.make_order(customer.partner_id, team_id=team.id)
        for rule in ("country_rule", "state_rule", "zip_rule", "team_rule"):
            with self.subTest(rule=rule):
                lines = self.propose(**{rule: "must"}).line_ids
                self.assertEqual(lines.new_user_id, self.budi)
                self.assertEqual(lines.relationship_id, customers)
                self.assertFalse(self.propose(**{rule: "prefer"}).line_ids)
                alone = self.propose(self.sari, **{rule: "must"}).line_ids
                self.assertFalse(alone.new_user_id)
                self.assertIn("Prefer", alone[0].reason)
        customers.user_id = False
        lines = self.propose(country_rule="prefer").line_ids
        self.assertEqual(lines.new_user_id, self.budi)

    def test_team_of_what_a_contact_person_ordered(self):
        """The last order of the firm counts, whoever of it ordered."""
        mine, other = self.env["crm.team"].create(
            [
                {"name": user.name, "member_ids": [Command.set(user.ids)]}
                for user in (self.budi, self.sari)
            ]
        )
        customer = self.make_customers(1)
        person = self.make_customer(parent_id=customer.partner_id.id)
        early = {"date_order": NOW - timedelta(days=30)}
        self.make_order(customer.partner_id, team_id=other.id, **early)
        self.make_order(person, team_id=mine.id)
        [line] = self.propose(team_rule="must").line_ids
        self.assertEqual(line.new_user_id, self.budi)

    def test_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.budi.lang = "fr_FR"
        self.make_customers(3, self.sari, lang="fr_FR")
        lines = self.propose(language_rule="must").line_ids
        self.assertEqual(lines.new_user_id, self.budi)

    def test_scope(self):
        kept = self.make_customers(5, self.sari)
        without = self.make_customers(2)
        other = self.make_customers(1)
        other.segment_id = self.make_segment("Other")
        lines = self.propose(segment_ids=[Command.set(self.segment.ids)]).line_ids
        self.assertEqual(lines.relationship_id, without)
        lines = self.propose(relationship_ids=[Command.set(other.ids)]).line_ids
        self.assertEqual(lines.relationship_id, other)
        with self.minutes_day(720):
            lines = self.propose(scope="without").line_ids
            self.assertFalse(lines.relationship_id & kept)
            self.assertTrue(self.propose().line_ids.relationship_id & kept)

    def test_customers_out_of_scope_take_time(self):
        self.make_customers(2, self.sari)
        chosen = self.make_customers(2)
        with self.minutes_day(480):
            lines = self.propose(
                self.sari + self.budi, relationship_ids=[Command.set(chosen.ids)]
            ).line_ids
        self.assertEqual(lines.new_user_id, self.budi)

    def test_one_leaves_and_only_those_customers_move(self):
        for person in self.staff:
            self.make_customers(10, person)
        assignment = self.propose()
        self.assertFalse(assignment.line_ids)
        assignment.person_ids[0].is_leaving = True
        assignment.action_compute()
        self.assertEqual(assignment.move_count, 10)
        self.assertEqual(assignment.line_ids.old_user_id, self.sari)
        self.assertEqual(
            Counter(line.new_user_id for line in assignment.line_ids),
            {self.budi: 5, self.all_documents: 5},
        )

    def test_served_by_somebody_who_takes_no_part(self):
        self.make_customers(3, self.all_documents)
        self.assertFalse(self.propose(self.sari + self.budi).line_ids)

    def test_never_who_cannot_serve(self):
        self.make_customers(3)
        archived = self.budi.copy({"login": "archived.budi", "active": False})
        for user in (self.stranger, self.portal, archived):
            with self.assertRaisesRegex(UserError, "Nobody takes part"):
                self.propose(user)
        lines = self.propose(self.sari + self.stranger + self.portal).line_ids
        self.assertEqual(lines.new_user_id, self.sari)

    def test_no_time_at_all(self):
        self.make_customers(1)
        for user in self.staff:
            user._note_absence(NOW.date(), NOW.date() + YEARS, None, self.company)
        with self.assertRaisesRegex(UserError, "None of these salespeople has time"):
            self.propose()

    def test_no_working_hours_at_all(self):
        """Nobody knows when they work: any day, as in the queues."""
        customers = self.make_customers(3)
        self.company.resource_calendar_id.attendance_ids.unlink()
        assignment = self.propose()
        self.assertEqual(assignment.line_ids.relationship_id, customers)
        self.assertTrue(all(assignment.line_ids.mapped("new_user_id")))
        self.assertEqual(set(assignment.person_ids.mapped("capacity")), {364 * 240})

    def test_who_takes_part_by_default(self):
        form = Form(self.env["crm.staff.assignment"].with_user(self.manager))
        assignment = form.save()
        self.assertEqual(assignment.person_ids.user_id, self.staff + self.manager)
        self.assertEqual(set(assignment.person_ids.mapped("minutes_day")), {240})

    def test_customers_chosen_in_a_list(self):
        customers = self.make_customers(2)
        form = Form(
            self.env["crm.staff.assignment"]
            .with_user(self.manager)
            .with_context(active_model="crm.relationship", active_ids=customers.ids)
        )
        self.assertEqual(form.chosen_count, 2)
        self.assertEqual(form.save().relationship_ids, customers)

    def test_queries_do_not_grow(self):
        def count(number):
            self.make_customers(number)
            assignment = self.propose()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            assignment.action_compute()
            return self.env.cr.sql_log_count - before

        self.assertLessEqual(count(60), count(10) + 3)


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestEdited(AssignmentCase):
    def test_a_decision_stays(self):
        self.make_customers(9)
        assignment = self.propose()
        line = assignment.line_ids.filtered(lambda x: x.new_user_id == self.sari)[0]
        line.new_user_id = self.budi
        self.assertTrue(line.is_decided)
        self.assertEqual(line.reason, "Chosen by Rina")
        self.assertEqual(assignment.person_ids[1].customers_after, 4)
        assignment.action_compute()
        self.assertEqual(line.new_user_id, self.budi)
        self.assertEqual(set(assignment.person_ids.mapped("customers_after")), {3})

    def test_other_conditions_are_proposed_anew(self):
        """Nothing is applied that the form no longer says."""
        self.make_customers(6)
        assignment = self.propose()
        person = assignment.person_ids[:1]
        changes = (
            lambda: assignment.write({"language_rule": "must"}),
            lambda: assignment.write({"scope": "without"}),
            lambda: assignment.write(
                {"person_ids": [Command.update(person.id, {"is_leaving": True})]}
            ),
            lambda: person.write({"minutes_day": 7}),
            lambda: assignment.write(
                {"person_ids": [Command.create({"user_id": self.manager.id})]}
            ),
            lambda: person.unlink(),
        )
        for number, change in enumerate(changes):
            with self.subTest(number=number):
                assignment.write({"name": f"Number {number}"})
                self.assertEqual(assignment.state, "ready")
                change()
                self.assertEqual(assignment.state, "draft")
                with self.assertRaises(UserError):
                    assignment.action_apply()
                assignment.action_compute()

    def test_another_company_takes_no_decision_along(self):
        customers = self.make_customers(2)
        both = (self.company + self.other_company).ids
        self.manager.company_ids = [Command.set(both)]
        assignment = self.propose()
        assignment.line_ids[:1].action_keep()
        assignment = assignment.with_context(allowed_company_ids=both)
        assignment.company_id = self.other_company
        self.assertEqual(assignment.state, "draft")
        self.assertFalse(assignment.line_ids)
        self.assertFalse(customers.user_id)

    def test_what_was_decided_of_others_is_not_applied(self):
        gold, others = self.make_segment("Gold"), self.make_segment("Others")
        customer = self.make_customers(1)
        self.make_customers(2)
        self.env["crm.relationship"].search([]).segment_id = others
        customer.segment_id = gold
        assignment = self.propose(segment_ids=[Command.set(gold.ids)])
        assignment.line_ids.action_keep()
        assignment.segment_ids = others
        assignment.action_compute()
        self.assertEqual(len(assignment.line_ids), 2)
        self.assertNotIn(customer, assignment.line_ids.relationship_id)

    def test_this_one_stays(self):
        customers = self.make_customers(3, self.sari)
        with self.minutes_day(480):
            assignment = self.propose(self.sari + self.budi)
            line = assignment.line_ids
            self.assertEqual(line.new_user_id, self.budi)
            line.action_keep()
            self.assertEqual(assignment.move_count, 0)
            assignment.action_compute()
        self.assertEqual(line.new_user_id, self.sari)
        self.assertEqual(assignment.move_count, 1, "another one moves instead")
        self.assertLess(assignment.line_ids.relationship_id, customers)

    def test_refused(self):
        customer = self.make_customers(1)
        self.demand(customer)
        line = self.propose().line_ids
        with self.assertRaisesRegex(UserError, "Female"):
            line.new_user_id = self.budi
        with self.assertRaisesRegex(UserError, "does not work in"):
            line.new_user_id = self.stranger
        self.sari.qualified_segment_ids = self.make_segment("Other")
        with self.assertRaisesRegex(UserError, "not qualified for All"):
            line.new_user_id = self.sari

    def test_what_is_proposed_is_written_by_methods(self):
        self.make_customers(1)
        assignment = self.propose()
        line = assignment.line_ids
        with self.assertRaises(AccessError):
            line.old_user_id = self.budi
        with self.assertRaises(AccessError):
            assignment.state = "applied"
        with self.assertRaises(AccessError):
            assignment.person_ids[0].capacity = 10**6
        with self.assertRaises(AccessError):
            assignment.line_ids = [
                Command.create({"relationship_id": line.relationship_id.id})
            ]

    def test_bounds(self):
        assignment = self.propose()
        for values in ({"zip_digits": 0}, {"introduction_days": 0}):
            with self.assertRaises(ValidationError):
                assignment.write(values)
        with self.assertRaises(ValidationError):
            assignment.person_ids[0].minutes_day = -1

    def test_rights(self):
        self.make_customers(1)
        assignment = self.propose()
        for user in (self.sari, self.all_documents, self.internal, self.stranger):
            for action in ("action_compute", "action_apply", "action_undo"):
                with self.assertRaises(AccessError):
                    getattr(assignment.with_user(user), action)()
            with self.assertRaises(AccessError):
                assignment.line_ids.with_user(user).action_keep()

    def test_customers_of_another_company(self):
        customer = self.make_relationship(
            company=self.other_company, user_id=self.stranger.id
        )
        with self.assertRaises(UserError):
            self.propose(relationship_ids=[Command.set(customer.ids)])


@tagged("post_install", "-at_install")
@freeze_time(NOW)
class TestApplied(AssignmentCase):
    def setUp(self):
        super().setUp()
        self.customers = self.make_customers(6)
        self.schedule()

    def introductions(self, *states):
        return self.env["crm.interaction"].search(
            [("assignment_id", "!=", False), ("state", "in", states or ("scheduled",))]
        )

    def test_applied(self):
        assignment = self.propose()
        assignment.action_apply()
        self.assertEqual(assignment.state, "applied")
        self.assertEqual(assignment.progress, 1)
        self.assertEqual(
            Counter(c.user_id for c in self.customers), dict.fromkeys(self.staff, 2)
        )
        for customer in self.customers:
            self.assertEqual(self.pending(customer).user_id, customer.user_id)
        with self.assertRaisesRegex(UserError, "can no longer be changed"):
            assignment.action_apply()
        with self.assertRaisesRegex(UserError, "can no longer be changed"):
            assignment.line_ids[0].new_user_id = self.sari

    def test_introductions(self):
        assignment = self.propose(introduction_days=2)
        assignment.action_apply()
        found = self.introductions()
        self.assertEqual(found.relationship_id, self.customers)
        for interaction in found:
            self.assertEqual(interaction.user_id, interaction.relationship_id.user_id)
        self.assertEqual(set(found.mapped("kind")), {"relationship"})
        self.assertFalse(found.create_uid, "planned by the system")
        days = Counter((i.user_id, i.date_due) for i in found)
        self.assertEqual(set(days.values()), {1})

    def test_introductions_reach_the_queue_of_a_live_company_only(self):
        self.company.relationship_state = "preview"
        self.propose().action_apply()
        self.run_cron("release")
        self.assertEqual(len(self.introductions()), 6)
        self.company._go_live(self.env["crm.touchpoint"])
        self.run_cron("release")
        self.assertTrue(self.introductions("open"))

    def test_without_introductions(self):
        self.propose(introduce=False).action_apply()
        self.assertFalse(self.introductions())

    def test_undone(self):
        self.customers[:2].user_id = self.sari
        assignment = self.propose(self.budi + self.all_documents + self.sari)
        assignment.person_ids[-1].is_leaving = True
        assignment.action_compute()
        assignment.action_apply()
        self.assertNotIn(self.sari, self.customers.user_id)
        assignment.action_undo()
        self.assertEqual(assignment.state, "undone")
        self.assertEqual(self.customers[:2].user_id, self.sari)
        self.assertFalse(self.customers[2:].user_id)
        self.assertFalse(self.introductions("scheduled", "open"))

    def test_undone_within_a_day(self):
        assignment = self.propose()
        assignment.action_apply()
        with self.at(NOW + timedelta(hours=25)):
            assignment.invalidate_recordset()
            self.assertFalse(assignment.may_undo)
            with self.assertRaisesRegex(UserError, "these are over"):
                assignment.action_undo()

    def test_what_others_have_decided_since_stays(self):
        assignment = self.propose()
        self.customers[0].user_id = self.manager
        self.customers[1].partner_id.active = False
        assignment.action_apply()
        self.assertEqual(self.customers[0].user_id, self.manager)
        self.assertFalse(self.customers[1].user_id)
        self.assertEqual(assignment.left_count, 2)
        left = assignment.line_ids.filtered(lambda line: line.state == "left")
        self.assertIn("Somebody else has decided since: Rina.", left.mapped("reason"))
        self.customers[2].user_id = self.manager
        assignment.action_undo()
        self.assertEqual(self.customers[2].user_id, self.manager)

    def test_a_proposal_names_somebody_who_is_deleted(self):
        assignment = self.propose()
        lines = assignment.line_ids.filtered(lambda line: line.new_user_id == self.sari)
        customers = lines.relationship_id
        lines.write({"new_user_id": self.sari.id})
        self.sari.unlink()
        self.assertEqual(
            set(lines.mapped(lambda line: (line.state, line.reason))),
            {("left", "Sari was deleted.")},
        )
        assignment.action_apply()
        self.assertFalse(customers.user_id)
        self.assertEqual(len(self.customers.filtered("user_id")), 4)
        self.assertEqual(assignment.left_count, 2)

    def test_undone_after_somebody_was_deleted(self):
        """Some can be given back and some cannot, which is said; or none."""
        leaver = new_test_user(
            self.env,
            own_login("leaver"),
            "sales_team.group_sale_salesman",
            name="Lia",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        for number in (2, 6):
            with self.subTest(number), self.env.cr.savepoint() as savepoint:
                self.customers[:number].user_id = leaver
                assignment = self.propose(self.staff + leaver)
                assignment.person_ids[-1].is_leaving = True
                assignment.action_compute()
                assignment.action_apply()
                served = self.customers[:number].user_id
                leaver.unlink()
                self.assertEqual(assignment.move_count, 6)
                self.assertFalse(assignment.left_count)
                if number == 6:
                    with self.assertRaisesRegex(UserError, "Lia was deleted."):
                        assignment.action_undo()
                    self.assertEqual(assignment.state, "applied")
                else:
                    assignment.action_undo()
                    self.assertEqual(assignment.state, "undone")
                    self.assertEqual(assignment.left_count, 2)
                    self.assertFalse(self.customers[2:].user_id)
                self.assertEqual(self.customers[:number].user_id, served)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_two_at_once(self):
        first, second = self.propose(), self.propose(self.budi)
        first.action_apply()
        before = self.customers.mapped("user_id")
        second.action_apply()
        self.assertEqual(self.customers.mapped("user_id"), before)
        self.assertEqual(second.left_count, 6)

    def test_somebody_left_meanwhile(self):
        assignment = self.propose()
        self.sari.active = False
        assignment.action_apply()
        self.assertNotIn(self.sari, self.customers.user_id)
        self.assertEqual(assignment.left_count, 2)

    def test_somebody_else_is_qualified_meanwhile(self):
        assignment = self.propose(self.budi)
        self.segment.qualified_user_ids = self.sari
        self.budi.qualified_segment_ids = self.make_segment("Other")
        assignment.action_apply()
        self.assertFalse(self.customers.user_id)
        self.assertIn("not qualified", assignment.line_ids[0].reason)

    def test_a_customer_deleted_meanwhile(self):
        assignment = self.propose()
        self.env["crm.interaction"].search([]).unlink()
        self.customers[0].unlink()
        assignment.action_apply()
        self.assertEqual(assignment.state, "applied")
        self.assertEqual(len(assignment.line_ids), 5)

    def test_one_that_fails_stops_no_other(self):
        assignment = self.propose()
        bad = self.customers[0]
        write = type(bad).write

        def fail(records, vals):
            if bad in records and "user_id" in vals:
                raise ValueError("Cannot be written")
            return write(records, vals)

        with (
            patch.object(type(bad), "write", fail),
            self.assertLogs("odoo.addons.crm_relationship", "ERROR"),
        ):
            assignment.action_apply()
        self.assertEqual(assignment.left_count, 1)
        self.assertEqual(len(self.customers.filtered("user_id")), 5)

    def test_many_by_the_job(self):
        with (
            patch.object(crm_staff_assignment, "AT_ONCE", 2),
            patch.object(crm_staff_assignment, "PER_BATCH", 4),
        ):
            assignment = self.propose()
            assignment.action_apply()
            self.assertEqual(assignment.state, "applying")
            self.assertFalse(self.customers.user_id)
            self.assertEqual(assignment.progress, 0)
            self.run_cron("assign")
            assignment.invalidate_recordset()
            self.assertEqual(assignment.state, "applied")
            self.assertTrue(all(c.user_id for c in self.customers))
            assignment.action_undo()
            self.run_cron("assign")
            assignment.invalidate_recordset()
            self.assertEqual(assignment.state, "undone")
            self.assertFalse(self.customers.user_id)
