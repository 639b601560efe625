"""Contacts merged by Odoo's wizard: the ledger stays whole, nothing is doubled."""

from datetime import timedelta

from odoo.tests import tagged

from .common import TODAY, RelationshipCase


@tagged("post_install", "-at_install")
class TestMerge(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan({"name": "One"}, {"name": "Two"})

    def assertPlannedOnce(self, relationship):
        lines = self.pending(relationship).mapped("plan_line_id")
        self.assertEqual(lines, self.plan.line_ids)
        self.assertEqual(len(self.pending(relationship)), len(lines))

    def history(self, relationship):
        return self.interactions(relationship, "done")

    def test_same_company(self):
        kept = self.make_relationship(self.make_customer("A"), plan_id=self.plan.id)
        gone = self.make_relationship(self.make_customer("B"), plan_id=self.plan.id)
        done = self.make_interaction(gone, state="done", date_due=TODAY)
        self.merge(kept.partner_id, gone.partner_id)
        self.assertFalse(gone.exists())
        self.assertEqual(self.history(kept), done)
        self.assertEqual(done.partner_id, kept.partner_id)
        self.assertEqual(kept.last_contact_date, TODAY)
        self.assertPlannedOnce(kept)

    def test_only_the_merged_one_was_known(self):
        kept = self.make_customer("A")
        gone = self.make_relationship(self.make_customer("B"), plan_id=self.plan.id)
        done = self.make_interaction(gone, state="done", date_due=TODAY)
        self.merge(kept, gone.partner_id)
        self.assertEqual(kept.relationship_id, gone)
        self.assertEqual(self.history(gone), done)
        self.assertPlannedOnce(gone)

    def test_different_companies(self):
        kept = self.make_relationship(self.make_customer("A"), plan_id=self.plan.id)
        gone = self.make_relationship(
            self.make_customer("B"), self.other_company, plan_id=self.plan.id
        )
        self.merge(kept.partner_id, gone.partner_id)
        self.assertEqual((kept + gone).partner_id, kept.partner_id)
        self.assertPlannedOnce(kept)
        self.assertPlannedOnce(gone)

    def test_three_at_once(self):
        kept, *gone = (
            self.make_relationship(self.make_customer(name), plan_id=self.plan.id)
            for name in "ABC"
        )
        for relationship in gone:
            self.make_interaction(relationship, state="done")
        self.merge(kept.partner_id, *(r.partner_id for r in gone))
        self.assertEqual(len(self.history(kept)), 2)
        self.assertPlannedOnce(kept)

    def test_three_at_once_where_the_kept_was_unknown(self):
        kept = self.make_customer("A")
        gone = [
            self.make_relationship(self.make_customer(name), plan_id=self.plan.id)
            for name in "BC"
        ]
        for relationship in gone:
            self.make_interaction(relationship, state="done")
        self.merge(kept, *(r.partner_id for r in gone))
        self.assertEqual(len(self.history(kept.relationship_id)), 2)
        self.assertPlannedOnce(kept.relationship_id)

    def test_person_into_another_firms_person(self):
        firms = [self.make_customer(name, is_company=True) for name in ("F", "G")]
        people = [self.make_customer("P", parent_id=firm.id) for firm in firms]
        kept, gone = (self.make_relationship(firm) for firm in firms)
        done = self.make_interaction(gone, partner_id=people[1].id, state="done")
        planned = self.make_interaction(gone, partner_id=people[1].id)
        self.merge(people[0], people[1])
        self.assertEqual((done + planned).partner_id, people[0])
        self.assertEqual(planned.relationship_id, kept)
        self.assertEqual(done.relationship_id, gone, "made as the other firm's")

    def test_customer_into_a_firms_person(self):
        firm = self.make_customer("Firm", is_company=True)
        person = self.make_customer("P", parent_id=firm.id)
        kept = self.make_relationship(firm, plan_id=self.plan.id)
        gone = self.make_relationship(self.make_customer("B"), plan_id=self.plan.id)
        done = self.make_interaction(gone, state="done")
        self.merge(person, gone.partner_id)
        self.assertEqual(self.history(kept), done)
        self.assertEqual(done.partner_id, person)
        self.assertPlannedOnce(kept)

    def test_merged_firms_keep_their_people(self):
        firms = [self.make_customer(name, is_company=True) for name in ("F", "G")]
        person = self.make_customer("P", parent_id=firms[1].id)
        kept, gone = (self.make_relationship(firm) for firm in firms)
        done = self.make_interaction(gone, partner_id=person.id, state="done")
        self.merge(*firms)
        self.assertEqual(done.relationship_id, kept)
        self.assertEqual(person.commercial_partner_id, firms[0])

    def test_open_contacts_keep_their_activity(self):
        kept = self.make_relationship(self.make_customer("A"))
        contact = self.make_open(self.make_relationship(self.make_customer("B")))
        activity = contact.activity_id
        self.merge(kept.partner_id, contact.partner_id)
        self.assertEqual(contact.state, "open")
        self.assertEqual(activity.res_id, kept.partner_id.id)
        activity.action_done()
        self.assertEqual(contact.state, "done")

    def test_what_was_merged_does_not_delay_the_next(self):
        kept = self.make_relationship(self.make_customer("A"), plan_id=self.plan.id)
        gone = self.make_relationship(self.make_customer("B"), plan_id=self.plan.id)
        self.pending(gone).write({"date_due": "2027-01-01"})
        self.merge(kept.partner_id, gone.partner_id)
        contact = self.pending(kept)[0]
        line = contact.plan_line_id
        contact.date_due = TODAY
        contact.action_done()
        following = self.pending(kept).filtered(lambda i: i.plan_line_id == line)
        self.assertEqual(str(following.date_due), "2026-04-30")

    def test_staff_and_plan_are_kept(self):
        kept = self.make_relationship(self.make_customer("A"), user_id=False)
        gone = self.make_relationship(
            self.make_customer("B"), user_id=self.budi.id, plan_id=self.plan.id
        )
        self.merge(kept.partner_id, gone.partner_id)
        self.assertEqual((kept.user_id, kept.plan_id), (self.budi, self.plan))
        self.assertPlannedOnce(kept)

    def test_programs_go_along(self):
        program = self.make_program(0, 5, trigger="manual")
        kept = self.make_relationship(self.make_customer("A"))
        gone = self.make_relationship(self.make_customer("B"))
        enrollment = program._enroll(gone)
        self.merge(kept.partner_id, gone.partner_id)
        self.assertEqual(enrollment.relationship_id, kept)
        self.assertEqual(enrollment.partner_id, kept.partner_id)
        self.assertEqual(len(self.pending(kept)), 2)

    def enter_both(self, **values):
        """Let two customers enter a program, and merge them some days later."""
        program = self.make_program(5, trigger="manual", **values)
        kept = self.make_relationship(self.make_customer("A"))
        gone = self.make_relationship(self.make_customer("B"))
        runs = program._enroll(kept, {kept: TODAY - timedelta(days=1)})
        runs += program._enroll(gone)
        return program, runs, kept, gone

    def test_both_in_a_program(self):
        """One of them goes on, and no step comes twice."""
        _program, runs, kept, gone = self.enter_both()
        self.merge(kept.partner_id, gone.partner_id)
        self.assertEqual(runs.mapped("state"), ["running", "stopped"])
        self.assertEqual(runs[1].stop_reason, "merged")
        self.assertEqual(self.pending(kept), runs[0].interaction_ids)

    def test_both_in_a_program_the_other_way_round(self):
        _program, runs, kept, gone = self.enter_both()
        self.merge(gone.partner_id, kept.partner_id)
        self.assertEqual(runs.mapped("state"), ["running", "stopped"])
        self.assertEqual(self.pending(gone), runs[0].interaction_ids)

    def test_one_has_been_through_a_program_that_is_entered_once(self):
        _program, runs, kept, gone = self.enter_both(reenroll="never")
        self.pending(gone).action_done()
        self.assertEqual(runs.mapped("state"), ["running", "completed"])
        self.merge(kept.partner_id, gone.partner_id)
        self.assertEqual(runs.mapped("state"), ["stopped", "completed"])

    def test_one_has_been_through_a_program_that_is_entered_again(self):
        _program, runs, kept, gone = self.enter_both()
        self.pending(gone).action_done()
        self.merge(kept.partner_id, gone.partner_id)
        self.assertEqual(runs.mapped("state"), ["running", "completed"])

    def test_both_are_followed_up_for_an_order(self):
        """What both would get comes once, for the later order, and tells of both."""
        program = self.make_program(5, trigger="sale_confirmed")
        customers = [self.make_customer(name) for name in ("A", "B")]
        orders = [self.make_quotation(customer) for customer in customers]
        for order in orders:
            order.action_confirm()
        runs = orders[0].enrollment_ids + orders[1].enrollment_ids
        self.assertEqual(runs.program_id, program)
        self.merge(*customers)
        self.assertEqual(runs.mapped("state"), ["completed", "running"])
        [step] = self.pending(customers[0].relationship_id)
        self.assertEqual(step.covered_ids.enrollment_id | step.enrollment_id, runs)

    def test_refused_channels_add_up(self):
        kept = self.make_customer("A", refused_touchpoint_ids=self.call)
        gone = self.make_customer("B", refused_touchpoint_ids=self.call + self.visit)
        self.merge(kept, gone)
        self.assertEqual(kept.refused_touchpoint_ids, self.call + self.visit)
