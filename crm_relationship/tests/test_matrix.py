"""The figures of the channel matrix, compared with a plain computation."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import NOW, TODAY, RelationshipCase


@tagged("post_install", "-at_install", "crm_relationship_matrix")
class TestMatrix(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_hourly_cost = 30
        cls.company.relationship_contact_share = 0.25
        cls.call.duration = 10
        cls.visit.duration = 60
        cls.birthday = cls.env["crm.occasion"].create(
            {"name": "Birthday", "kind": "birthday"}
        )
        cls.plan = cls.make_plan(
            {"name": "Ask", "times": 2, "period": "month"},
            {"name": "Visit", "every": 3, "touchpoints": cls.visit | cls.call},
            {"name": "Wish", "occasion_id": cls.birthday.id},
        )
        cls.gold = cls.make_segment("Gold", plan_id=cls.plan.id, sequence=1)
        cls.silver = cls.make_segment("Silver", sequence=2)
        cls.customers = cls.env["crm.relationship"]
        for segment, count in ((cls.gold, 4), (cls.silver, 2)):
            for _n in range(count):
                cls.customers |= cls.make_relationship(segment_id=segment.id)

    def matrix(self, domain=None, user=None, company=None):
        model = self.env["crm.segment"].with_user(user or self.manager)
        company = company or self.company
        return model.with_context(
            allowed_company_ids=company.ids
        ).get_touchpoint_matrix(domain)

    def row(self, matrix, touchpoint):
        [row] = [row for row in matrix["rows"] if row["id"] == touchpoint.id]
        return row

    def cell(self, matrix, touchpoint, segment):
        cells = self.row(matrix, touchpoint)["cells"]
        [cell] = [cell for cell in cells if cell["column"] == segment.id]
        return cell

    def column(self, matrix, segment):
        [column] = [c for c in matrix["columns"] if c["id"] == segment.id]
        return column

    # -- planned

    def test_planned_contacts_cost_and_hours(self):
        matrix = self.matrix()
        call = self.cell(matrix, self.call, self.gold)
        self.assertEqual(call["contacts"], 25)
        self.assertEqual(call["occasions"], 1)
        self.assertEqual(call["planned"], 4 * 25)
        self.assertAlmostEqual(call["hours"], 4 * 25 * 10 / 60)
        self.assertAlmostEqual(call["cost"], 4 * 25 * (0.5 + 10 / 60 * 30))
        visit = self.cell(matrix, self.visit, self.gold)
        self.assertEqual(visit["contacts"], 4, "the first channel counts")
        self.assertAlmostEqual(visit["cost"], 4 * 4 * (15 + 30))
        self.assertEqual(self.cell(matrix, self.call, self.silver)["contacts"], 0)

    def test_totals_are_the_sums_of_the_cells(self):
        matrix = self.matrix()
        names = ("planned", "cost", "hours", "done", "spent", "hours_spent")
        for name in names:
            everything = 0
            for number, column in enumerate(matrix["columns"]):
                cells = [row["cells"][number][name] for row in matrix["rows"]]
                self.assertAlmostEqual(column["total"][name], sum(cells))
                everything += sum(cells)
            for row in matrix["rows"]:
                self.assertAlmostEqual(
                    row["total"][name], sum(cell[name] for cell in row["cells"])
                )
            self.assertAlmostEqual(matrix["total"][name], everything)
        gold = self.column(matrix, self.gold)
        self.assertEqual(gold["total"]["contacts"], 29)
        self.assertEqual(matrix["customers"], 6)
        self.assertAlmostEqual(matrix["total"]["contacts"], 4 * 29 / 6)

    def test_contacts_by_any_channel_cost_what_the_first_in_use_costs(self):
        plan = self.make_plan({"touchpoints": self.env["crm.touchpoint"]})
        self.silver.plan_id = plan
        self.whatsapp.sequence = 1
        self.whatsapp.duration = 6
        any_channel = self.env["crm.touchpoint"]
        cell = self.cell(self.matrix(), any_channel, self.silver)
        self.assertEqual(cell["contacts"], 12)
        self.assertAlmostEqual(cell["cost"], 2 * 12 * (0.05 + 3))
        self.assertEqual(self.row(self.matrix(), any_channel)["usual"], "Whatsapp")

    def test_every_kind_of_cadence(self):
        for times, every, period, expected in (
            (1, 1, "week", 52),
            (3, 2, "day", 547.5),
            (1, 2, "year", 0.5),
            (5, 1, "year", 5),
        ):
            self.plan.line_ids[1].write(
                {"times": times, "every": every, "period": period}
            )
            cell = self.cell(self.matrix(), self.visit, self.gold)
            self.assertEqual(cell["contacts"], expected)

    def test_big_days_of_the_coming_year_count(self):
        days = (
            (TODAY - timedelta(days=1), False),
            (TODAY, False),
            (TODAY + timedelta(days=364), False),
            (TODAY + timedelta(days=365), False),
            (TODAY - timedelta(days=4000), True),
        )
        occasion = self.env["crm.occasion"].create(
            {
                "name": "Feasts",
                "date_ids": [
                    Command.create({"date": day, "recurring": recurring})
                    for day, recurring in days
                ],
            }
        )
        self.plan.line_ids[2].occasion_id = occasion
        self.assertEqual(self.cell(self.matrix(), self.call, self.gold)["occasions"], 3)
        occasion.active = False
        self.assertEqual(self.cell(self.matrix(), self.call, self.gold)["occasions"], 0)

    def test_cost_in_another_currency(self):
        currency = self.env["res.currency"].create(
            {
                "name": "XTS",
                "symbol": "X",
                "rate_ids": [
                    Command.create({"name": "2026-01-01", "rate": 4, "company_id": 0})
                ],
            }
        )
        self.visit.write({"currency_id": currency.id, "unit_cost": 40})
        self.assertEqual(self.row(self.matrix(), self.visit)["contact_cost"], 10 + 30)

    # -- who counts

    def test_customers_with_a_plan_of_their_own_have_a_column(self):
        own = self.make_plan({"times": 6, "period": "year"}, name="Own")
        self.customers[0].plan_id = own
        self.make_relationship(plan_id=own.id)
        matrix = self.matrix()
        gold = self.column(matrix, self.gold)
        self.assertEqual((gold["customers"], gold["own_plans"]), (3, 1))
        self.assertEqual(matrix["columns"][-1]["customers"], 2)
        cell = self.row(matrix, self.call)["cells"][-1]
        self.assertEqual((cell["contacts"], cell["planned"]), (6, 12))
        filtered = self.matrix([("id", "=", self.gold.id)])
        self.assertEqual(
            filtered["columns"][-1]["customers"], 1, "only those of the segments shown"
        )

    def test_only_the_customers_of_the_current_company(self):
        self.make_relationship(company=self.other_company, segment_id=self.gold.id)
        self.assertEqual(self.column(self.matrix(), self.gold)["customers"], 4)
        there = self.matrix(user=self.stranger, company=self.other_company)
        self.assertEqual(self.column(there, self.gold)["customers"], 1)

    def test_segment_and_plan_of_another_company(self):
        theirs = self.make_segment("Theirs", company_id=self.other_company.id)
        self.plan.company_id = self.other_company
        self.manager.company_ids |= self.other_company
        matrix = (
            self.env["crm.segment"]
            .with_user(self.manager)
            .with_context(allowed_company_ids=(self.company | self.other_company).ids)
            .get_touchpoint_matrix([])
        )
        self.assertNotIn(theirs.id, [column["id"] for column in matrix["columns"]])
        gold = self.column(matrix, self.gold)
        self.assertEqual((gold["plan"], gold["plan_state"]), (False, "other"))
        self.assertEqual(gold["total"]["planned"], 0)

    def test_archived_customers_do_not_count(self):
        self.customers[0].partner_id.active = False
        self.assertEqual(self.column(self.matrix(), self.gold)["customers"], 3)

    def test_salesperson_sees_own_customers_only(self):
        self.customers[0].user_id = self.budi
        matrix = self.matrix(user=self.budi)
        self.assertEqual(self.column(matrix, self.gold)["customers"], 1)
        self.assertFalse(matrix["editable"])

    def test_who_may_edit(self):
        self.assertFalse(self.matrix(user=self.all_documents)["editable"])
        self.assertTrue(self.matrix(user=self.manager)["editable"])

    def test_menu_is_for_those_who_see_all_documents(self):
        menu = self.env.ref("crm_relationship.crm_segment_menu_matrix")
        for user, expected in (
            (self.sari, False),
            (self.internal, False),
            (self.all_documents, True),
            (self.manager, True),
        ):
            visible = menu.with_user(user)._visible_menu_ids()
            self.assertEqual(menu.id in visible, expected, user.name)

    def test_internal_user_without_sales_rights_reads_nothing(self):
        with self.assertRaises(AccessError):
            self.matrix(user=self.internal)

    def test_segments_that_share_a_plan_say_so(self):
        self.silver.plan_id = self.plan
        self.make_segment("Far", plan_id=self.plan.id, company_id=self.other_company.id)
        gold = self.column(self.matrix(), self.gold)
        self.assertEqual((gold["shared"], gold["shared_elsewhere"]), (["Silver"], 1))

    # -- done

    def done(self, relationship, days_ago=1, **values):
        values.setdefault("touchpoint_id", self.call.id)
        return self.make_interaction(
            relationship,
            state="done",
            date_done=NOW - timedelta(days=days_ago),
            **values,
        )

    def test_done_contacts_of_the_last_twelve_months(self):
        for customer in self.customers[:4]:
            self.done(customer)
        self.done(self.customers[0], 364, duration=40, cost=2)
        self.done(self.customers[0], 366)
        self.done(self.customers[4])
        cell = self.cell(self.matrix(), self.call, self.gold)
        self.assertEqual((cell["done"], cell["done_each"]), (5, 1.25))
        self.assertAlmostEqual(cell["hours_spent"], (4 * 10 + 40) / 60)
        self.assertAlmostEqual(cell["spent"], 4 * 0.5 + 2 + 80 / 60 * 30)

    def test_a_cell_that_lags_says_so(self):
        for customer in self.customers[:4]:
            for _n in range(3):
                self.done(customer, touchpoint_id=self.visit.id)
        self.assertTrue(self.cell(self.matrix(), self.visit, self.gold)["behind"])
        for customer in self.customers[:4]:
            self.done(customer, touchpoint_id=self.visit.id)
        self.assertFalse(self.cell(self.matrix(), self.visit, self.gold)["behind"])

    def test_touch_point_put_aside_stays_as_long_as_it_has_figures(self):
        self.done(self.customers[0], touchpoint_id=self.visit.id)
        self.visit.active = False
        matrix = self.matrix()
        self.assertFalse(self.row(matrix, self.visit)["active"])
        self.assertEqual(
            self.cell(matrix, self.call, self.gold)["contacts"],
            29,
            "the next one in use takes over",
        )

    def test_duration_comes_from_the_touch_point(self):
        contact = self.make_open(self.customers[0], touchpoint_id=self.visit.id)
        contact.action_done()
        self.assertEqual(contact.duration, 60)
        contact.duration = 45
        self.assertEqual(contact.duration, 45)

    # -- hours available

    def test_hours_available_and_needed(self):
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Part-time",
                "company_id": self.company.id,
                "attendance_ids": [
                    Command.clear(),
                    Command.create(
                        {
                            "name": "Monday",
                            "dayofweek": "0",
                            "hour_from": 8,
                            "hour_to": 12,
                        }
                    ),
                ],
            }
        )
        self.env["resource.resource"].create(
            {
                "name": "Sari",
                "user_id": self.sari.id,
                "company_id": self.company.id,
                "calendar_id": calendar.id,
            }
        )
        self.customers[0].user_id = self.budi
        usual = self.company.resource_calendar_id.hours_per_week
        staff = self.matrix()["staff"]
        self.assertEqual(staff["count"], 2)
        self.assertAlmostEqual(staff["weekly_hours"], 4 + usual)
        self.assertAlmostEqual(staff["available"], (4 + usual) * 52 * 0.25)
        self.assertAlmostEqual(staff["needed"], 4 * (25 * 10 / 60 + 4))

    # -- nothing there, and much

    def test_nothing_there(self):
        empty = self.matrix([("id", "=", 0)])
        self.assertEqual(empty["columns"], [])
        self.assertEqual(empty["total"]["planned"], 0)
        self.env["crm.touchpoint"].search([]).active = False
        self.customers.write({"segment_id": False})
        self.plan.line_ids.active = False
        matrix = self.matrix()
        self.assertEqual(matrix["rows"], [])
        self.assertEqual(matrix["customers"], 0)

    def test_number_of_queries_does_not_depend_on_the_data(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.matrix()
            return self.env.cr.sql_log_count - before

        self.done(self.customers[0])
        self.customers[5].plan_id = self.make_plan(name="Own")
        queries()
        few = queries()
        for number in range(5):
            plan = self.make_plan(
                {}, {"touchpoints": self.visit}, {"occasion_id": self.birthday.id}
            )
            segment = self.make_segment(f"S{number}", plan_id=plan.id)
            for _n in range(3):
                customer = self.make_relationship(segment_id=segment.id)
                self.done(customer)
            self.make_relationship(plan_id=plan.id)
        self.assertLessEqual(queries(), few)
        self.assertLess(few, 30)
