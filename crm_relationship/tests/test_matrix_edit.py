"""Editing a cell of the channel matrix: what becomes of plan and interactions."""

from datetime import date, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, MissingError, UserError, ValidationError
from odoo.tests import tagged

from ..models.ledger import planner
from ..models.matrix import change
from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install", "crm_relationship_matrix")
class TestMatrixEdit(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan({"name": "Ask", "every": 6, "period": "month"})
        cls.segment = cls.make_segment("Gold", plan_id=cls.plan.id)
        cls.customer = cls.make_relationship(segment_id=cls.segment.id)

    def edit(self, touchpoint, contacts, segment=None, user=None):
        segment = (segment or self.segment).with_user(user or self.manager)
        return segment.set_matrix_cell(touchpoint.id, contacts)

    def undo(self, answer, user=None):
        undo = self.env["crm.matrix.undo"].browse(answer["undo"])
        return undo.with_user(user or self.manager).action_undo()

    def contacts(self, touchpoint, segment=None):
        segment = segment or self.segment
        matrix = segment.with_user(self.manager).get_touchpoint_matrix(
            [("id", "=", segment.id)]
        )
        [row] = [row for row in matrix["rows"] if row["id"] == touchpoint.id]
        return row["cells"][0]["contacts"]

    def assertCadence(self, line, times, every, period):
        self.assertRecordValues(
            line, [{"times": times, "every": every, "period": period}]
        )

    # -- what means much work

    def make_followers(self, segment, count):
        self.env["crm.relationship"].union(
            *(
                self.make_relationship(self.make_customer(), segment_id=segment.id)
                for _number in range(count)
            )
        )

    def test_much_is_asked_about_before_it_is_kept(self):
        self.call.write({"duration": 10, "unit_cost": 0.5})
        self.company.relationship_hourly_cost = 30
        self.make_followers(self.segment, 9)
        answer = self.edit(self.call, 52)
        self.assertFalse(answer["message"])
        for text in (
            "Customers concerned: 10.",
            "52 instead of 2",
            "500 more",
            "83 hours",
            "2,750.00",
        ):
            self.assertIn(text, answer["question"])
        self.assertEqual(self.contacts(self.call), 2)
        segment = self.segment.with_user(self.manager)
        answer = segment.set_matrix_cell(self.call.id, 52, True)
        self.assertNotIn("question", answer)
        self.assertEqual(self.contacts(self.call), 52)
        # and back
        self.assertIn("fewer", self.edit(self.call, 2)["question"])
        self.undo(answer)
        self.assertEqual(self.contacts(self.call), 2)

    # -- taken back: what was stored is stored again

    def stored(self, *segments):
        """Return lines and what is planned by them, as stored, with their days."""
        self.env.flush_all()
        self.env.invalidate_all()
        segments = self.segment.union(*segments)
        lines = segments.plan_id.with_context(active_test=False).line_ids
        written = ("times", "every", "period", "active", "name", "replan_date")
        planned = ("date_due", "date_planned", "state", "reason_code", "user_id")
        relationships = self.env["crm.relationship"].search(
            [("segment_id", "in", segments.ids)]
        )
        return (
            segments.mapped("plan_id.id"),
            [[line.id, *(line[n] for n in written)] for line in lines],
            [
                [i.id, i.plan_line_id.id, bool(i.activity_id), *(i[n] for n in planned)]
                for i in self.env["crm.interaction"].search(
                    [
                        ("relationship_id", "in", relationships.ids),
                        ("state", "in", ("scheduled", "open")),
                    ],
                    order="id",
                )
            ],
            [(r.id, r.next_contact_date) for r in relationships],
        )

    def change(self, touchpoint, contacts, segment=None):
        """Make a change that means much work."""
        with patch.object(change, "BIG_INTERACTIONS", 1):
            segment = (segment or self.segment).with_user(self.manager)
            return segment.set_matrix_cell(touchpoint.id, contacts, True)

    def make_two_channels(self):
        """Calls twice in four months, a week apart from their rhythm, and WhatsApp."""
        self.make_followers(self.segment, 3)
        self.plan.line_ids.write({"times": 2, "every": 4, "period": "month"})
        self.env["crm.contact.plan.line"].create(
            {
                **self.line_values(touchpoints=self.whatsapp, name="Tip"),
                "plan_id": self.plan.id,
                "times": 3,
                "every": 2,
                "period": "week",
            }
        )
        self.schedule()
        calls = self.env["crm.interaction"].search(
            [
                ("plan_line_id", "=", self.plan.line_ids[0].id),
                ("state", "=", "scheduled"),
            ]
        )
        for number, call in enumerate(calls):
            # one moved by somebody, one by the gate, one in a queue
            call.write(
                {
                    "date_due": TODAY + timedelta(days=40 + number),
                    "date_planned": NOW + timedelta(days=44 + 3 * number),
                    "reason_code": ("too_frequent", False)[number % 2],
                }
            )
        calls[3].date_planned = NOW
        calls[3]._release()
        self.assertEqual(calls[3].state, "open")
        return calls

    def test_exactly_what_was_there(self):
        self.make_two_channels()
        before = self.stored()
        for touchpoint, contacts in (
            (self.call, 52),
            (self.call, 0),
            (self.call, 366),
            (self.whatsapp, 4),
            (self.whatsapp, 0),
            (self.visit, 12),
            (self.env["crm.touchpoint"], 6),
        ):
            with self.subTest(touchpoint=touchpoint.name, contacts=contacts):
                answer = self.change(touchpoint, contacts)
                self.assertNotEqual(self.stored(), before)
                self.undo(answer)
                self.assertEqual(self.stored(), before)
                self.schedule()
                self.assertEqual(self.stored(), before, "and it lasts")

    def test_other_cells_stay_as_they_are_by_then(self):
        self.make_two_channels()
        self.change(self.whatsapp, 4)
        before = self.stored()
        answer = self.change(self.call, 52)
        self.undo(answer)
        self.assertEqual(self.stored(), before)

    def test_one_after_the_other(self):
        self.make_two_channels()
        first = self.stored()
        one = self.change(self.call, 52)
        second = self.stored()
        two = self.change(self.call, 100)
        with self.assertRaisesRegex(UserError, "changed it since"):
            self.undo(one)
        self.undo(two)
        self.assertEqual(self.stored(), second)
        self.undo(one)
        self.assertEqual(self.stored(), first)

    def test_once(self):
        answer = self.change(self.call, 52)
        self.undo(answer)
        with self.assertRaises(MissingError):
            self.undo(answer)

    def test_line_that_was_changed_since(self):
        answer = self.change(self.call, 52)
        self.plan.line_ids.times = 3
        with self.assertRaisesRegex(UserError, "changed it since"):
            self.undo(answer)
        self.assertEqual(self.plan.line_ids.times, 3)

    def test_segment_without_a_plan_has_none_again(self):
        bare = self.make_segment("Bare")
        customer = self.make_relationship(segment_id=bare.id)
        before = self.stored(bare)
        answer = self.change(self.whatsapp, 52, bare)
        self.assertTrue(self.pending(customer))
        plan = bare.plan_id
        self.undo(answer)
        self.assertEqual(self.stored(bare), before)
        self.assertFalse(plan.exists())
        self.assertFalse(self.pending(customer))

    def test_what_has_been_done_since_stays(self):
        """And the line by which it was done, archived."""
        answer = self.change(self.visit, 52)
        visit = self.pending(self.customer).filtered(
            lambda i: i.plan_line_id.touchpoint_ids == self.visit
        )
        visit.date_planned = NOW
        visit._release()
        visit.with_user(self.sari).action_done()
        self.undo(answer)
        self.assertEqual(visit.state, "done")
        self.assertFalse(visit.plan_line_id.active)
        self.assertEqual(len(self.pending(self.customer)), 1, "the call")

    def test_what_came_into_a_queue_since_leaves_it(self):
        [call] = self.make_two_channels()[:1]
        before = self.stored()
        answer = self.change(self.call, 366)
        new = self.pending(call.relationship_id).filtered(
            lambda i: i.plan_line_id == call.plan_line_id
        )
        new.date_planned = NOW
        new._release()
        activity = new.activity_id
        self.assertTrue(activity)
        self.undo(answer)
        self.assertEqual(self.stored(), before)
        self.assertFalse(activity.exists())

    def test_before_the_job_and_after_it(self):
        """Where so many have to be planned anew that the job does it."""
        self.make_two_channels()
        with patch.object(planner, "REPLANNED_AT_ONCE", 1):
            for has_run in (False, True):
                with self.subTest(has_run=has_run):
                    before = self.stored()
                    with self.in_days(1):
                        answer = self.change(self.call, 52)
                    self.assertIn("in the background", answer["message"])
                    with self.in_days(2):
                        if has_run:
                            self.schedule()
                        self.undo(answer)
                        self.schedule()
                        self.assertEqual(self.stored(), before)

    def test_only_ones_own(self):
        answer = self.change(self.call, 52)
        other = self.manager.copy({"login": "other manager"})
        for user in (other, self.sari, self.internal, self.portal):
            with self.assertRaises(AccessError):
                self.undo(answer, user)
        self.manager.group_ids -= self.env.ref("sales_team.group_sale_manager")
        with self.assertRaises(AccessError):
            self.undo(answer)

    def test_hours_alone_can_be_much(self):
        self.visit.duration = 120
        self.assertIn("question", self.edit(self.visit, 20))
        self.assertNotIn("question", self.edit(self.visit, 19))

    def test_segment_without_a_plan_is_asked_about_too(self):
        bare = self.make_segment("Bare")
        self.make_followers(bare, 10)
        question = self.edit(self.whatsapp, 52, bare)["question"]
        self.assertIn("Customers concerned: 10.", question)
        self.assertFalse(bare.plan_id)

    # -- what is written

    def test_the_nicest_cadence_is_written(self):
        for contacts, cadence in (
            (24, (2, 1, "month")),
            (4, (1, 3, "month")),
            (52, (1, 1, "week")),
            (365, (1, 1, "day")),
            (1, (1, 1, "year")),
            (5, (5, 1, "year")),
            (0.5, (1, 2, "year")),
            (0.33, (1, 3, "year")),
            (1.5, (1, 8, "month")),
        ):
            self.edit(self.call, contacts)
            self.assertCadence(self.plan.line_ids, *cadence)
            self.assertAlmostEqual(self.contacts(self.call), contacts, delta=0.005)

    def test_equal_number_leaves_the_cadence_as_it_is(self):
        self.plan.line_ids.write({"times": 4, "every": 2, "period": "year"})
        pending = self.pending(self.customer)
        self.edit(self.call, 2)
        self.assertCadence(self.plan.line_ids, 4, 2, "year")
        self.assertEqual(self.pending(self.customer), pending)

    def test_next_contacts_move(self):
        self.make_interaction(
            self.customer, state="done", date_done=NOW, date_due=TODAY
        )
        self.edit(self.call, 12)
        self.assertEqual(self.pending(self.customer).date_due, date(2026, 4, 30))
        self.assertEqual(self.customer.next_contact_date, date(2026, 4, 30))
        result = self.edit(self.call, 52)
        self.assertEqual(self.pending(self.customer).date_due, date(2026, 4, 7))
        self.assertEqual(result, {"message": False, "action": False})

    def test_nothing_in_the_cell_yet(self):
        self.edit(self.visit, 2)
        line = self.plan.line_ids - self.plan.line_ids[0]
        self.assertRecordValues(
            line, [{"name": "Visit", "objective": "relationship", "note": False}]
        )
        self.assertEqual(line.touchpoint_ids, self.visit)
        self.assertCadence(line, 1, 6, "month")
        self.assertIn("Visit", self.pending(self.customer).mapped("name"))

    def test_nought_archives_the_line_and_cancels_its_contacts(self):
        line = self.plan.line_ids
        line.note = "<p>Listen.</p>"
        self.edit(self.call, 0)
        self.assertFalse(line.active)
        self.assertFalse(self.pending(self.customer))
        self.edit(self.call, 12)
        self.assertEqual(self.plan.line_ids, line, "comes back with its guidance")
        self.assertCadence(line, 1, 1, "month")
        self.assertEqual(len(self.pending(self.customer)), 1)

    def test_nought_in_an_empty_cell(self):
        other = self.make_segment("Bare")
        self.edit(self.call, 0, other)
        self.assertFalse(other.plan_id)

    def test_segment_without_a_plan_gets_one(self):
        bare = self.make_segment("Bare")
        customer = self.make_relationship(segment_id=bare.id)
        self.edit(self.call, 4, bare)
        self.assertEqual(bare.plan_id.name, "Bare")
        self.assertEqual(self.contacts(self.call, bare), 4)
        self.assertEqual(len(self.pending(customer)), 1)

    def test_any_channel(self):
        self.edit(self.env["crm.touchpoint"], 12)
        line = self.plan.line_ids - self.plan.line_ids[0]
        self.assertFalse(line.touchpoint_ids)
        self.assertEqual(self.contacts(self.env["crm.touchpoint"]), 12)

    def test_shared_plan_changes_for_all(self):
        silver = self.make_segment("Silver", plan_id=self.plan.id)
        customer = self.make_relationship(segment_id=silver.id)
        before = self.pending(customer)
        self.edit(self.call, 52)
        self.assertEqual(self.contacts(self.call, silver), 52)
        self.assertEqual(before.state, "cancelled")

    def test_several_lines_are_not_guessed(self):
        self.plan.line_ids.copy({"every": 1})
        cadences = self.plan.line_ids.mapped("every")
        result = self.edit(self.call, 3)
        self.assertEqual(self.plan.line_ids.mapped("every"), cadences)
        self.assertIn("2 interactions of the plan “Care” use Call", result["message"])
        self.assertEqual(result["action"]["res_id"], self.plan.id)

    def test_occasions_are_counted_but_stay(self):
        birthday = self.env["crm.occasion"].create(
            {"name": "Birthday", "kind": "birthday"}
        )
        wish = self.plan.line_ids.copy({"name": "Wish", "occasion_id": birthday.id})
        self.assertEqual(self.contacts(self.call), 3)
        self.edit(self.call, 5)
        self.assertEqual(self.contacts(self.call), 5)
        self.assertCadence(self.plan.line_ids - wish, 1, 3, "month")
        self.edit(self.call, 1)
        self.assertEqual(self.plan.line_ids, wish)
        with self.assertRaisesRegex(UserError, "Wish"):
            self.edit(self.call, 0)
        with self.assertRaisesRegex(ValidationError, "20 years"):
            self.edit(self.call, 1.01)

    # -- bad input

    def test_what_is_no_number(self):
        for value in ("", "often", "1,5", None, False, True, float("nan"), [], {}):
            with self.assertRaisesRegex(ValidationError, "not a number"):
                self.edit(self.call, value)

    def test_numbers_out_of_range(self):
        for value in (-1, -0.01, 366.01, 1e9):
            with self.assertRaisesRegex(ValidationError, "not possible"):
                self.edit(self.call, value)
        for value in (float("inf"), "-inf", 10**400):
            with self.assertRaises(ValidationError):
                self.edit(self.call, value)
        with self.assertRaisesRegex(ValidationError, "20 years"):
            self.edit(self.call, 0.01)
        self.edit(self.call, 366)
        self.assertEqual(self.contacts(self.call), 366)

    def test_touch_point_no_longer_in_use(self):
        self.visit.active = False
        with self.assertRaisesRegex(UserError, "no longer in use"):
            self.edit(self.visit, 2)
        gone = self.sms.copy()
        gone.unlink()
        with self.assertRaisesRegex(UserError, "no longer in use"):
            self.edit(gone, 2)

    def test_plan_that_is_not_followed(self):
        self.plan.active = False
        with self.assertRaisesRegex(UserError, "is archived"):
            self.edit(self.call, 2)
        self.plan.write({"active": True, "company_id": self.other_company.id})
        with self.assertRaisesRegex(UserError, "another company"):
            self.edit(self.call, 2)

    # -- access

    def test_only_the_manager_edits(self):
        for user in (self.sari, self.all_documents, self.internal):
            with self.assertRaises(AccessError):
                self.edit(self.call, 2, user=user)
        self.assertCadence(self.plan.line_ids, 1, 6, "month")

    def test_segment_of_another_company(self):
        theirs = self.make_segment("Theirs", company_id=self.other_company.id)
        with self.assertRaises(AccessError):
            self.edit(self.call, 2, theirs)

    # -- many customers

    def make_many(self, limit=2):
        """Lower the limit, and return more customers than it allows."""
        patcher = patch.object(planner, "REPLANNED_AT_ONCE", limit)
        patcher.start()
        self.addCleanup(patcher.stop)
        for _n in range(limit):
            self.customer |= self.make_relationship(segment_id=self.segment.id)
        return self.customer

    def triggers(self):
        cron = self.env.ref("crm_relationship.ir_cron_schedule")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    def test_many_contacts_are_moved_by_the_job(self):
        customers = self.make_many()
        before = self.pending(customers[0]) + self.pending(customers[1])
        triggers = self.triggers()
        with self.in_days(1):
            result = self.edit(self.call, 52)
        self.assertIn("Customers: 3", result["message"])
        self.assertEqual(set(before.mapped("state")), {"scheduled"})
        self.assertEqual(self.triggers(), triggers + 1)
        with self.in_days(2):
            self.schedule()
            for customer in customers:
                contact = self.pending(customer)
                self.assertEqual(len(contact), 1)
                self.assertLess(contact.date_due, TODAY + timedelta(days=9))
            self.assertEqual(set(before.mapped("state")), {"cancelled"})
            after = [self.pending(customer).id for customer in customers]
        with self.in_days(3):
            self.schedule()
            again = [self.pending(customer).id for customer in customers]
        self.assertEqual(again, after, "once is enough")

    def test_the_job_goes_on_where_it_stopped(self):
        customers = self.make_many()
        with self.in_days(1):
            self.edit(self.call, 52)
        line = self.plan.line_ids
        with self.in_days(2):
            model = self.env["crm.interaction"]
            model._schedule(self.company, customers[:1].ids)
            self.assertEqual(line._count_obsolete(), 2)
            model._schedule(self.company, customers.ids)
            self.assertEqual(line._count_obsolete(), 0)

    def test_new_line_for_many_customers(self):
        customers = self.make_many()
        result = self.edit(self.visit, 52)
        self.assertIn("Customers: 3", result["message"])
        self.assertEqual(len(self.pending(customers[0])), 1)
        self.schedule()
        self.assertEqual(len(self.pending(customers[0])), 2)

    def test_line_taken_out_for_many_customers(self):
        customers = self.make_many()
        result = self.edit(self.call, 0)
        self.assertIn("Customers: 3", result["message"])
        self.schedule()
        for customer in customers:
            self.assertFalse(self.pending(customer))
