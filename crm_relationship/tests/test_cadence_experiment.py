"""Half of a segment follows another cadence, to see what more interactions bring."""

import random
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL

from ..engine.marginal import Step
from ..models.matrix.cadence_result import CadenceResult
from ..models.matrix.marginal_curve import MarginalCurve
from ..models.people.promises import Promises
from ..models.people.remedies import Remedies
from ..models.portfolio.comparison import CONTROL, TREATED
from .common import NOW, TODAY
from .common_holdout import HoldoutCase

LENGTH, LATER = 180, 30
OVER = LENGTH + LATER + 1
READ = CadenceResult._get_query


@tagged("post_install", "-at_install")
class ExperimentCase(HoldoutCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.birthday = cls.env["crm.occasion"].create(
            {"name": "Birthday", "kind": "birthday"}
        )
        cls.plan = cls.make_plan(
            {"every": 2},
            {
                "name": "Visit",
                "every": 1,
                "period": "year",
                "touchpoints": cls.visit,
            },
            {"name": "Congratulations", "occasion_id": cls.birthday.id},
        )
        cls.line, cls.yearly, cls.greeting = cls.plan.line_ids
        cls.gold = cls.make_segment("Gold", plan_id=cls.plan.id)

    def prepare(self, **values):
        return (
            self.env["crm.cadence.experiment"]
            .with_user(self.manager)
            .create(
                {
                    "segment_id": self.gold.id,
                    "plan_line_id": self.line.id,
                    "times": 1,
                    "every": 1,
                    "period": "month",
                    "day_until": TODAY + timedelta(days=LENGTH),
                    "later_days": LATER,
                    **values,
                }
            )
        )

    def start(self, **values):
        experiment = self.prepare(**values)
        experiment.action_start()
        return experiment

    def get_halves(self, experiment):
        """Return the customers with the other cadence, and those without."""
        members = experiment.member_ids
        tried = members.filtered("is_tried").relationship_id
        return tried.sudo(), (members.relationship_id - tried).sudo()

    def get_groups(self, experiment):
        return CadenceResult(experiment, self.company).get_groups()

    def text(self, experiment, name="result"):
        experiment.invalidate_recordset()
        return experiment.with_user(self.manager)[name]

    def close(self, customers, day, count=1, **values):
        """Note some interactions that took place with each customer on a day."""
        moment = NOW + timedelta(days=day)
        values = {
            "name": "A word",
            "touchpoint_id": self.call.id,
            "state": "done",
            "outcome": "reached",
            "date_planned": moment,
            "date_done": moment,
            "cost": 1,
            "duration": 0,
            **values,
        }
        with self.in_days(day):
            self.env["crm.interaction"].create(
                [
                    {**values, "relationship_id": customer.id}
                    for customer in customers
                    for _number in range(count)
                ]
            )

    def buy(self, customers, day, amount=100):
        """Let each customer buy on a day."""
        moment = NOW + timedelta(days=day)
        self.env["sale.order"].create(
            [
                {
                    **self.order_values(customer.partner_id, amount),
                    "state": "sale",
                    "date_order": moment,
                }
                for customer in customers
            ]
        )


@tagged("post_install", "-at_install")
class TestExperiment(ExperimentCase):
    # -- halves

    def test_half_follows_the_other_cadence(self):
        customers = self.make_customers(31, segment_id=self.gold.id)
        experiment = self.start()
        tried, others = self.get_halves(experiment)
        self.assertEqual(tried | others, customers)
        self.assertIn(len(tried), (15, 16))
        plan = experiment.trial_plan_id
        self.assertEqual(tried.effective_plan_id, plan)
        self.assertEqual(others.effective_plan_id, self.plan)
        self.assertEqual(plan.line_ids[0].interval_months, 1)
        self.assertEqual(self.line.interval_months, 2)
        for half, line in ((tried, plan.line_ids[0]), (others, self.line)):
            planned = half.interaction_ids.filtered(
                lambda i, line=line: i.state == "scheduled" and i.plan_line_id == line
            )
            self.assertEqual(planned.relationship_id, half)
        self.assertEqual(
            (experiment.yearly_usual, experiment.yearly_tried), (6.0, 12.0)
        )

    def test_search_and_sql_agree_with_the_field(self):
        customers = self.make_customers(20, segment_id=self.gold.id)
        own = self.make_plan(name="Own")
        experiment = self.start()
        tried, others = self.get_halves(experiment)
        moved, with_own = tried[0], tried[1]
        moved.segment_id = self.make_segment("Silver", plan_id=own.id)
        with_own.plan_id = own
        no_segment = tried[2]
        no_segment.segment_id = False
        self.env.flush_all()
        self.env.invalidate_all()
        relationships = self.env["crm.relationship"]
        for plan in (self.plan, experiment.trial_plan_id, own):
            found = relationships.search(
                [("effective_plan_id", "=", plan.id), ("id", "in", customers.ids)]
            )
            self.assertEqual(
                found, customers.filtered(lambda r, p=plan: r.effective_plan_id == p)
            )
        self.assertEqual((moved | with_own).effective_plan_id, own)
        self.assertFalse(no_segment.effective_plan_id)
        without = relationships.search(
            [("effective_plan_id", "=", False), ("id", "in", customers.ids)]
        )
        self.assertEqual(without, no_segment)
        rows = self.env.execute_query(self._plan_query(customers))
        for id_, plan_id in rows:
            relationship = relationships.browse(id_)
            self.assertEqual(plan_id, relationship.effective_plan_id.id or None)

    def test_search_by_the_name_of_a_plan(self):
        """With the rights of who searches: the words are that person's."""
        customers = self.make_customers(10, segment_id=self.gold.id)
        tried, others = self.get_halves(self.start())
        tried.effective_plan_id.name = "Twice as often"
        customers.user_id = self.sari
        self.env.flush_all()
        relationships = self.env["crm.relationship"].with_user(self.sari)
        for plan, half in (("Twice", tried), (self.plan.name, others)):
            for operator, value in (
                ("ilike", plan),
                ("any", [("name", "ilike", plan)]),
                ("any", Domain("name", "ilike", plan)),
            ):
                with self.subTest(operator=operator, plan=plan):
                    found = relationships.search(
                        [
                            ("effective_plan_id", operator, value),
                            ("id", "in", customers.ids),
                        ]
                    )
                    self.assertEqual(found.sudo(), half)

    def _plan_query(self, customers):
        return SQL(
            "SELECT r.id, %s FROM crm_relationship r WHERE r.id = ANY(%s)",
            self.env["crm.relationship"]._effective_plan_sql(SQL.identifier("r")),
            customers.ids,
        )

    def test_what_is_not_tried_stays_where_it_is(self):
        """A yearly visit does not begin to count again; nor does it at the end."""
        customers = self.make_customers(12, segment_id=self.gold.id)
        visits = self.get_planned(customers, "Visit")
        experiment = self.start()
        tried, _others = self.get_halves(experiment)
        self.assertEqual(self.get_planned(customers, "Visit"), visits)
        for customer in tried:
            self.assertEqual(
                self.pending(customer)
                .filtered(lambda i: i.name == "Visit")
                .plan_line_id.plan_id,
                experiment.trial_plan_id,
            )
        with self.in_days(20):
            experiment.action_end()
            self.assertEqual(self.get_planned(customers, "Visit"), visits)
            for customer in customers:
                self.assertEqual(self.pending(customer).plan_line_id.plan_id, self.plan)

    def test_lines_in_another_order(self):
        """A line that is added in front does not let a visit count again at the end."""
        customers = self.make_customers(12, segment_id=self.gold.id)
        visits = self.get_planned(customers, "Visit")
        experiment = self.start()
        with self.in_days(20):
            self.line.copy({"name": "First of all", "sequence": -1, "every": 9})
            experiment.action_end()
            self.assertEqual(self.get_planned(customers, "Visit"), visits)

    def get_planned(self, customers, name):
        return {
            interaction.relationship_id: (interaction.id, interaction.date_planned)
            for interaction in customers.interaction_ids
            if interaction.state == "scheduled" and interaction.name == name
        }

    def test_nobody_is_congratulated_twice(self):
        customers = self.make_customers(8, segment_id=self.gold.id)
        for partner in customers.partner_id:
            partner.birthdate = TODAY.replace(year=1990)
        self.schedule(self.company)
        greetings = customers.interaction_ids.filtered(
            lambda i: i.plan_line_id == self.greeting
        )
        self.assertEqual(set(greetings.mapped("date_due")), {TODAY})
        greetings._close_done({"outcome": "reached"})
        experiment = self.start()
        self.schedule(self.company)
        with self.in_days(3):
            experiment.action_end()
            self.schedule(self.company)
        again = customers.interaction_ids.filtered(
            lambda i: i.name == "Congratulations" and i.date_due <= TODAY
        )
        self.assertEqual(again, greetings)

    def test_who_is_left_out(self):
        """A plan of one's own, an archived customer, an exempt one."""
        customers = self.make_customers(10, segment_id=self.gold.id)
        customers[0].plan_id = self.make_plan()
        customers[1].active = False
        customers[2].never_kept_aside = True
        experiment = self.start()
        self.assertEqual(len(experiment.member_ids), 7)
        self.assertFalse(experiment.member_ids.relationship_id & customers[:3])

    def test_who_comes_later(self):
        self.make_customers(10, segment_id=self.gold.id)
        experiment = self.start()
        later = self.make_customers(3, segment_id=self.gold.id)
        self.assertEqual(later.effective_plan_id, self.plan)
        self.assertEqual(len(experiment.member_ids), 10)

    def test_one_at_a_time(self):
        """One experiment a customer, also after moving to another segment."""
        customers = self.make_customers(12, segment_id=self.gold.id)
        first = self.start()
        with self.assertRaisesRegex(UserError, "Two experiments at once"):
            self.start()
        silver = self.make_segment("Silver", plan_id=self.plan.id)
        own = self.make_customers(6, segment_id=silver.id)
        customers[:4].segment_id = silver
        second = self.start(segment_id=silver.id)
        self.assertEqual(second.member_ids.relationship_id, own)
        self.assertEqual(len(first.member_ids), 12)

    # -- refused in a sentence

    def test_what_cannot_start(self):
        self.make_customers(10, segment_id=self.gold.id)
        for values, message in (
            ({"every": 2}, "same cadence"),
            ({"day_until": TODAY}, "still to come"),
            ({"plan_line_id": self.greeting.id}, "follows an occasion"),
        ):
            with self.assertRaisesRegex(UserError, message):
                self.start(**values)
        empty = self.make_segment("Empty", plan_id=self.plan.id)
        with self.assertRaisesRegex(UserError, "too few"):
            self.start(segment_id=empty.id)
        experiment = self.prepare()
        self.line.active = False
        with self.assertRaisesRegex(UserError, "contact plan now"):
            experiment.action_start()

    def test_line_of_another_plan(self):
        other = self.make_plan()
        with self.assertRaisesRegex(ValidationError, "not in the contact plan"):
            self.prepare(plan_line_id=other.line_ids.id)

    def test_nothing_is_chosen_afterwards(self):
        """Neither what is compared nor until when, once it has begun."""
        self.make_customers(10, segment_id=self.gold.id)
        experiment = self.start()
        for values in (
            {"day_until": TODAY + timedelta(days=9)},
            {"later_days": 3},
            {"times": 3},
        ):
            with self.assertRaisesRegex(UserError, "has begun"):
                experiment.write(values)
        experiment.name = "Another name"
        for values in ({"state": "draft"}, {"day_from": TODAY}):
            with self.assertRaises(AccessError):
                experiment.write(values)
        with self.assertRaisesRegex(UserError, "is kept"):
            experiment.unlink()
        with self.assertRaisesRegex(UserError, "has begun"):
            experiment.action_start()
        experiment.action_end()
        for button in ("action_end", "action_cancel"):
            with self.assertRaisesRegex(UserError, "not running"):
                getattr(experiment, button)()

    def test_the_plan_of_the_other_half_stays_as_it_is(self):
        """Nobody changes it while it is tried, in whatever way; a sentence says so."""
        self.make_customers(10, segment_id=self.gold.id)
        experiment = self.start()
        manager = experiment.trial_plan_id.with_user(self.manager)
        line = manager.line_ids[0]
        until = "experiment.*until"
        for change in (
            lambda: manager.action_archive(),
            lambda: manager.unlink(),
            lambda: manager.write({"line_ids": [Command.delete(line.id)]}),
            lambda: manager.write({"line_ids": [Command.create({"name": "More"})]}),
            lambda: manager.write(
                {"line_ids": [Command.update(line.id, {"every": 5})]}
            ),
            lambda: manager.write({"company_id": False}),
            lambda: line.write({"every": 5}),
            lambda: line.write({"name": "Other words"}),
            lambda: line.action_archive(),
            lambda: line.unlink(),
            lambda: line.create({"plan_id": manager.id, "name": "More"}),
            lambda: line.copy({"plan_id": manager.id}),
            lambda: self.line.with_user(self.manager).write({"plan_id": manager.id}),
            lambda: line.write({"plan_id": self.plan.id}),
            lambda: line.write({"touchpoint_ids": [Command.set(self.visit.ids)]}),
            lambda: line.channel_ids.write({"touchpoint_id": self.visit.id}),
            lambda: line.channel_ids.unlink(),
            lambda: line.channel_ids.create(
                {"plan_line_id": line.id, "touchpoint_id": self.visit.id}
            ),
        ):
            with self.assertRaisesRegex(UserError, until), self.env.cr.savepoint():
                change()
                self.env.flush_all()
        manager.name = "Another name"
        experiment.action_end()
        line.every = 5
        self.assertEqual(line.every, 5)

    def test_rights(self):
        experiment = self.prepare()
        for user in (self.sari, self.all_documents, self.stranger):
            with self.assertRaises(AccessError):
                experiment.with_user(user).action_start()
            with self.assertRaises(AccessError):
                experiment.with_user(user).read(["result"])
        with self.assertRaises(AccessError):
            self.env["crm.cadence.member"].with_user(self.sari).search([])

    # -- end

    def test_ends_by_itself(self):
        customers = self.make_customers(10, segment_id=self.gold.id)
        experiment = self.start()
        with self.in_days(LENGTH):
            self.env["crm.interaction"]._before_scheduling(self.company)
            self.assertEqual(experiment.state, "running")
        with self.in_days(LENGTH + 1):
            self.env["crm.interaction"]._before_scheduling(self.company)
            self.assertEqual(experiment.state, "over")
            self.assertEqual(customers.effective_plan_id, self.plan)
            self.assertFalse(experiment.trial_plan_id.active)
        self.assertEqual(len(experiment.member_ids), 10)

    def test_given_up(self):
        customers = self.make_customers(10, segment_id=self.gold.id)
        experiment = self.start()
        experiment.action_cancel()
        self.assertEqual(experiment.state, "cancelled")
        self.assertEqual(customers.effective_plan_id, self.plan)
        with self.in_days(OVER):
            self.assertFalse(self.text(experiment))
        self.start()

    def test_another_company_stays_as_it_is(self):
        there = self.make_relationship(company=self.other_company)
        there.segment_id = self.gold
        self.make_customers(10, segment_id=self.gold.id)
        experiment = self.start()
        self.assertEqual(len(experiment.member_ids), 10)
        self.assertEqual(there.effective_plan_id, self.plan)

    # -- what counts it

    def test_promises_count_the_other_cadence(self):
        """Feasibility, the matrix and assignments know who follows which plan."""
        self.make_customers(20, segment_id=self.gold.id)
        before = Promises(self.company)
        self.assertEqual(before.followers[self.plan.id], 20)
        experiment = self.start()
        tried, others = self.get_halves(experiment)
        after = Promises(self.company)
        self.assertEqual(after.followers[self.plan.id], len(others))
        self.assertEqual(after.followers[experiment.trial_plan_id.id], len(tried))
        usual = sum(
            after.followers[line.plan_id.id] * after.get_yearly(line)
            for line in after.lines
            if line.name == self.line.name
        )
        self.assertEqual(usual, len(others) * 6 + len(tried) * 12)
        matrix = self.gold.get_touchpoint_matrix([("id", "=", self.gold.id)])
        [gold, own] = matrix["columns"]
        self.assertEqual(gold["customers"], len(others))
        self.assertEqual(own["customers"], len(tried))
        # with a call on the birthday
        calls = next(r for r in matrix["rows"] if r["id"] == self.call.id)
        self.assertEqual([cell["contacts"] for cell in calls["cells"]], [7, 13])

    def test_remedies_leave_it_alone(self):
        self.call.duration = 10
        self.make_customers(20, segment_id=self.gold.id)
        experiment = self.start()
        changes = Remedies(Promises(self.company)).changes.values()
        changed = {change.line.plan_id for change in changes}
        self.assertIn(self.plan, changed)
        self.assertNotIn(experiment.trial_plan_id, changed)

    def test_hint(self):
        experiment = self.prepare()
        self.assertIn("too few", experiment.hint)
        self.make_customers(40, segment_id=self.gold.id)
        self.call.duration = 10
        experiment.invalidate_recordset()
        self.assertRegex(
            experiment.hint, r"Customers of the segment: 40\. An effect under [\d.]+"
        )
        # 20 customers × 6 calls of 10 minutes
        self.assertIn("+120 a year, which take +20 hours", experiment.hint)


@tagged("post_install", "-at_install")
class TestExperimentResult(ExperimentCase):
    def test_figures_told_a_second_time(self):
        draw = random.Random(3)
        customers = self.make_customers(40, segment_id=self.gold.id)
        self.company.relationship_hourly_cost = 60
        experiment = self.start()
        tried, others = self.get_halves(experiment)
        spent = dict.fromkeys(customers, 0)
        count, cost, minutes = ({TREATED: 0, CONTROL: 0} for _n in range(3))
        for customer in customers:
            key = CONTROL if customer in others else TREATED
            for _time in range(draw.randrange(4)):
                day, amount = draw.randrange(-20, 260), draw.randrange(1, 90)
                self.buy(customer, day, amount)
                spent[customer] += amount if 0 < day <= LENGTH + LATER else 0
            for _time in range(draw.randrange(3)):
                day = draw.choice((1, 100, 209, 211))
                price, length = draw.randrange(1, 9), draw.randrange(1, 30)
                self.close(customer, day, cost=price, duration=length)
                if day <= LENGTH + LATER:
                    count[key] += 1
                    cost[key] += price
                    minutes[key] += length
        with self.in_days(OVER):
            groups = self.get_groups(experiment)
        for key, half in ((TREATED, tried), (CONTROL, others)):
            amounts = sorted(filter(None, (spent[customer] for customer in half)))
            self.assertEqual(groups[key]["size"], len(half))
            self.assertEqual(sorted(groups[key]["amounts"]), amounts)
            self.assertEqual(groups[key]["buyers"], len(amounts))
            self.assertEqual(groups[key]["count"], count[key])
            self.assertEqual(groups[key]["cost"], cost[key])
            self.assertEqual(groups[key]["minutes"], minutes[key])

    def make_proven(self, **values):
        """Return an experiment whose other half got and bought more, by hand."""
        self.make_customers(80, segment_id=self.gold.id)
        experiment = self.start(**values)
        tried, others = self.get_halves(experiment)
        self.assertEqual((len(tried), len(others)), (40, 40))
        self.close(tried, 10, 2)
        self.close(others, 10, 1)
        self.buy(tried | others[:20], 30)
        return experiment

    def test_proven(self):
        """All of one half bought for 100, of the other half: 50 more a customer."""
        experiment = self.make_proven()
        self.company.relationship_margin_rate = 0.4
        with self.in_days(OVER):
            text = self.text(experiment)
        self.assertEqual(text.count("text-bg-success"), 3)
        # 50 × 40 % for one interaction more, which cost 1; 40 customers
        self.assertRegex(text, r"margin of \+\D*20\.00 and cost \D*1\.00")
        self.assertRegex(text, r"other cadence: \+\D*760\.00")

    def test_sales_of_other_years_are_not_read(self):
        experiment = self.make_proven()
        tried, others = self.get_halves(experiment)
        self.sell_for_years(tried[:10] | others[:10], LENGTH + LATER)
        with self.in_days(2 * OVER):
            read = self.count_sales_read(CadenceResult(experiment, self.company))
        self.assertEqual(read, 60 + 20)

    def test_the_page_reads_the_groups_once(self):
        """Table and curve tell of the same groups."""
        experiment = self.make_proven()
        with self.in_days(OVER):
            self.env["crm.cadence.experiment"]._end_due(self.company)
            experiment.invalidate_recordset()
            with patch.object(
                CadenceResult, "_get_query", autospec=True, side_effect=READ
            ) as read:
                shown = experiment.with_user(self.manager)
                self.assertTrue(shown.result and shown.curve)
        self.assertEqual(read.call_count, 1)

    def test_nothing_before_its_day(self):
        experiment = self.make_proven()
        for day in (40, LENGTH + 5, OVER - 1):
            with self.in_days(day):
                self.env["crm.cadence.experiment"]._end_due(self.company)
                text = self.text(experiment)
                self.assertIn("Decided on", text)
                self.assertNotIn("roven", text)
                self.assertNotIn("Revenue", text)
                self.assertNotIn("bought", text)
                self.assertFalse(self.text(experiment, "curve"))
        with self.in_days(OVER):
            self.assertIn("Proven", self.text(experiment))
            self.assertIn("more than it costs", self.text(experiment, "curve"))

    def test_moved_customers_stay_in_their_half(self):
        experiment = self.make_proven()
        tried, _others = self.get_halves(experiment)
        tried[:10].segment_id = self.make_segment("Silver")
        self.assertFalse(tried[0].effective_plan_id)
        with self.in_days(OVER):
            self.assertEqual(self.get_groups(experiment)[TREATED]["size"], 40)
            self.assertIn("no longer in the segment: 10", self.text(experiment))

    def test_merged_and_erased(self):
        experiment = self.make_proven()
        tried, others = self.get_halves(experiment)
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [tried[0].partner_id.id, others[0].partner_id.id], tried[0].partner_id
        )
        self.env["base.partner.merge.automatic.wizard"]._merge(
            [others[1].partner_id.id, others[2].partner_id.id], others[1].partner_id
        )
        tried[5].partner_id._erase_contact_data()
        with self.in_days(OVER):
            groups = self.get_groups(experiment)
            self.assertIn("count in neither: 1", self.text(experiment))
        self.assertEqual(groups[None]["size"], 1)
        self.assertEqual(groups[TREATED]["size"], 39)
        self.assertEqual(groups[TREATED]["buyers"], 39)
        self.assertEqual(groups[CONTROL]["size"], 38)

    def test_nothing_more_was_done(self):
        """Nobody had time: then nothing is said of more interactions."""
        self.make_customers(20, segment_id=self.gold.id)
        experiment = self.start()
        with self.in_days(OVER):
            self.env["crm.cadence.experiment"]._end_due(self.company)
            text = self.text(experiment)
            self.assertIn("Nothing is known of each additional", text)
            self.assertFalse(self.text(experiment, "curve"))

    def test_hardly_more_was_done(self):
        """What both halves differ in is not divided by next to nothing."""
        self.make_customers(80, segment_id=self.gold.id)
        experiment = self.start()
        tried, others = self.get_halves(experiment)
        self.close(tried[0], 10)
        self.buy(tried | others[:20], 30)
        with self.in_days(OVER):
            self.env["crm.cadence.experiment"]._end_due(self.company)
            text = self.text(experiment)
            self.assertIn("Nothing is known of each additional", text)
            self.assertFalse(self.text(experiment, "curve"))

    def make_curve(self, *steps):
        """Return a curve and its steps: (low, high, value, least, most) each."""
        experiment = self.start()
        curve = MarginalCurve(CadenceResult(experiment, self.company))
        return curve, [Step(*step, cost=1.0) for step in steps]

    def test_advice_where_both_begin_with_what_is_usual(self):
        self.make_customers(20, segment_id=self.gold.id)
        curve, steps = self.make_curve((1, 12, 5, 3, 8), (1, 24, 0, -1, 1))
        self.assertIn("Beyond 12 a year nothing more", curve.advise(steps))

    def test_advice_is_that_of_a_proven_step(self):
        self.make_customers(20, segment_id=self.gold.id)
        curve, steps = self.make_curve((6, 24, 0, -1, 1), (12, 24, 5, 3, 8))
        advice = curve.advise(steps)
        self.assertIn("Up to 24 a year", advice)
        self.assertIn("more than it costs. Try a higher", advice)

    def test_figures_beside_the_picture_do_not_overlap(self):
        self.make_customers(20, segment_id=self.gold.id)
        curve, steps = self.make_curve((1, 12, 5, 3, 8), (12, 24, 0, -0.1, 0.1))
        places = sorted(mark["y"] for mark in curve._draw(steps)["marks"])
        for one, other in zip(places, places[1:], strict=False):
            self.assertGreaterEqual(other - one, 16)
        shown = [mark["text"] for mark in curve._draw(steps)["marks"]]
        self.assertTrue(any("8.00" in text for text in shown))
        self.assertTrue(any("0.00" in text for text in shown))

    def test_curve_of_those_who_did_not_buy(self):
        """Where nobody bought, it is not known whether fewer would do."""
        self.make_customers(20, segment_id=self.gold.id)
        experiment = self.start()
        tried, others = self.get_halves(experiment)
        self.close(tried, 10, 2)
        self.close(others, 10, 1)
        with self.in_days(OVER):
            self.env["crm.cadence.experiment"]._end_due(self.company)
            text = self.text(experiment, "curve")
        self.assertIn("Beyond 6 a year nothing is known yet", text)
        self.assertNotIn("going back", text)

    def test_currency_changed(self):
        experiment = self.make_proven()
        with self.in_days(60):
            self.company.currency_id = self.env.ref("base.JPY")
        with self.in_days(OVER):
            self.env["crm.cadence.experiment"]._end_due(self.company)
            text = self.text(experiment)
            self.assertIn("currency was changed", text)
            self.assertNotIn("Revenue per customer", text)
            self.assertFalse(self.text(experiment, "curve"))

    def test_plan_changed_meanwhile(self):
        self.make_customers(10, segment_id=self.gold.id)
        experiment = self.start()
        self.assertNotIn("has been changed", self.text(experiment))
        self.yearly.every = 2
        self.assertIn("has been changed", self.text(experiment))

    def test_plan_changed_meanwhile_stays_known(self):
        """Of each change of the plans, or of which plan: only what came before."""
        line = self.line

        def add():
            return self.plan.line_ids.create(
                {"plan_id": self.plan.id, "name": "More", "touchpoint_ids": self.visit}
            )

        for number, change in enumerate(
            (
                lambda: line.write({"every": 1}),
                lambda: self.yearly.write({"every": 3}),
                lambda: self.yearly.write({"touchpoint_ids": self.call}),
                lambda: self.yearly.channel_ids.unlink(),
                lambda: self.yearly.action_archive(),
                lambda: self.greeting.unlink(),
                add,
                lambda: self.gold.write({"plan_id": self.make_plan().id}),
                lambda: self.gold.write({"plan_id": False}),
            )
        ):
            with self.subTest(change=number), self.env.cr.savepoint() as savepoint:
                self.make_customers(10, segment_id=self.gold.id)
                experiment = self.start()
                self.assertFalse(experiment.day_changed)
                with self.in_days(40):
                    change()
                day = TODAY + timedelta(days=40)
                self.assertEqual(experiment.day_changed, day)
                with self.in_days(50):
                    self.yearly.name = "Other words"
                    self.assertEqual(experiment.day_changed, day)
                    experiment.action_end()
                with self.in_days(OVER):
                    self.assertIn("only what came before", self.text(experiment))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_what_is_no_change(self):
        self.make_customers(10, segment_id=self.gold.id)
        experiment = self.start()
        self.yearly.sequence = 1
        self.line.write({"every": 2, "times": 1})
        self.plan.name = "Renamed"
        self.gold.name = "Golden"
        self.make_plan().line_ids.every = 9
        self.assertFalse(experiment.day_changed)

    def test_a_change_is_taken_back(self):
        """On the same day as if it had not been; later it is not forgotten."""
        self.make_customers(10, segment_id=self.gold.id)
        experiment = self.start()
        self.yearly.every = 4
        self.assertEqual(experiment.day_changed, TODAY)
        self.yearly.every = 1
        self.assertFalse(experiment.day_changed)
        self.yearly.every = 4
        with self.in_days(1):
            self.yearly.every = 1
        self.assertEqual(experiment.day_changed, TODAY)

    def test_only_what_came_before_a_change_is_compared(self):
        experiment = self.make_proven()
        tried, others = self.get_halves(experiment)
        with self.in_days(40):
            self.line.every = 1
        self.buy(others, 40)
        self.buy(tried, 41)
        self.close(others, 40, 3)
        with self.in_days(OVER - 1):
            self.env["crm.cadence.experiment"]._end_due(self.company)
            self.assertIn("Decided on", self.text(experiment))
        with self.in_days(OVER):
            groups = self.get_groups(experiment)
            self.assertIn("only what came before", self.text(experiment))
        self.assertEqual(groups[TREATED]["revenue"], 4000)
        self.assertEqual(groups[CONTROL]["revenue"], 2000)
        self.assertEqual(groups[CONTROL]["count"], 40)

    def test_curve(self):
        """A first step that brings something, a second one that does not."""
        first = self.make_proven()
        self.assertEqual(first.yearly_usual, 6)
        with self.in_days(OVER):
            self.env["crm.cadence.experiment"]._end_due(self.company)
            self.line.every = 1
            second = self.start(
                times=2, every=1, day_until=TODAY + timedelta(days=OVER + LENGTH)
            )
            self.assertEqual((second.yearly_usual, second.yearly_tried), (12, 24))
            tried, others = self.get_halves(second)
        self.close(tried, OVER + 10, 2)
        self.close(others, OVER + 10, 1)
        self.buy(tried[:25] | others[:25], OVER + 20)
        with self.in_days(2 * OVER):
            self.env["crm.cadence.experiment"]._end_due(self.company)
            result = CadenceResult(second, self.company)
            steps = MarginalCurve(result).get_steps()
            text = self.text(second, "curve")
        self.assertEqual([(s.low, s.high) for s in steps], [(6, 12), (12, 24)])
        self.assertEqual([s.is_gain for s in steps], [True, False])
        self.assertIn("Beyond 12 a year nothing more can be shown", text)
        self.assertIn("<svg", text)
