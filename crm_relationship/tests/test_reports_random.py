"""Figures of the reports, told a second time by the oracle on random lives."""

import random
from datetime import date, timedelta

from odoo.tests import freeze_time, tagged
from odoo.tools.misc import format_amount, formatLang

from .common import NOW, TODAY, RelationshipCase
from .common_figures import read_book, recalculate

CUSTOMERS, TALKS = 30, 300
STAGES = ("first_time", "repeater", "loyal", "at_risk", "lost")
COUNTED = (
    "queue",
    "week_kept",
    "week_due",
    "week_overdue",
    "week_missed",
    "said_refusals",
    "said_preferences",
    "said_complaints",
    "said_late",
    "at_risk",
    "at_risk_value",
    "fault_value",
    "lost",
)


@freeze_time(NOW)
@tagged("post_install", "-at_install", "crm_relationship_oracle")
class TestReportsRandom(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        from oracle.reports import Records

        super().setUpClass()
        cls.draw = random.Random(20261130)
        cls.company.relationship_hourly_cost = 30
        cls.lines = cls.make_plan({}, {}, {}).line_ids
        cls.channels = cls.env["crm.touchpoint"].create(
            [
                {"name": f"Channel {number}", "kind": "call", "duration": 10 * number}
                for number in range(1, 5)
            ]
        )
        cls.make_customers()
        cls.make_talks()
        cls.make_changes()
        cls.make_losses()
        cls.make_orders()
        cls.env.flush_all()
        cls.env.invalidate_all()
        cls.records = Records(cls.company, NOW)

    @classmethod
    def make_customers(cls):
        draw = cls.draw
        cls.customers = cls.env["crm.relationship"]
        for number in range(CUSTOMERS):
            is_at_fault = draw.random() < 0.3
            cls.customers += cls.make_relationship(
                cls.make_customer(f"Customer {number}"),
                user_id=draw.choice((cls.sari.id, cls.budi.id, False)),
                lifecycle_stage=draw.choice(STAGES),
                value_12m=draw.choice((False, 0, draw.randrange(1, 900))),
                care_state="fault" if is_at_fault else "planned",
                care_reason=is_at_fault and "no_plan",
            )
            if number and draw.random() < 0.6:
                by = draw.choice(cls.customers[:-1]).partner_id
                cls.customers[-1].partner_id.referred_by_id = by

    @classmethod
    def make_talks(cls):
        pending = set()
        for _number in range(TALKS):
            customer = cls.draw.choice(cls.customers)
            line = cls.draw.choice([*cls.lines, cls.lines.browse()])
            values = cls.get_talk()
            if values["state"] in ("open", "scheduled") and line:
                # at most one of a customer and line waits
                if (customer, line) in pending:
                    continue
                pending.add((customer, line))
            cls.make_interaction(
                customer,
                user_id=customer.user_id.id,
                touchpoint_id=cls.draw.choice(cls.channels).id,
                plan_line_id=line.id,
                duration=cls.draw.choice((0, 5, 20)),
                cost=cls.draw.choice((0, 1.5, 4)),
                **values,
            )

    @classmethod
    def get_talk(cls):
        """Return what became of an interaction, or is to become of it."""
        draw = cls.draw
        state = draw.choice(("done", "done", "missed", "open", "scheduled"))
        if state in ("open", "scheduled"):
            hours = draw.randrange(-240, 400)
            return {"state": state, "date_planned": NOW + timedelta(hours=hours)}
        moment = NOW - timedelta(
            hours=draw.randrange(1, draw.choice((60, 300, 1800, 1800)))
        )
        values = {"state": state, "date_planned": moment}
        if state == "missed":
            return values | {"date_attempt": moment}
        outcome = draw.choice(("reached", "sent", "not_now", "ordered", "complaint"))
        values |= {"outcome": outcome, "date_done": moment}
        if outcome == "complaint":
            answered = draw.random() < 0.3
            values |= {
                "is_complaint_open": draw.random() < 0.6,
                "answer_due": NOW + timedelta(hours=draw.randrange(-50, 50)),
                "date_answered": answered and moment,
            }
        return values

    @classmethod
    def make_changes(cls):
        cls.env.flush_all()
        for customer in cls.draw.sample(list(cls.customers), 26):
            values = cls.draw.choice(
                (
                    {"refused_touchpoint_ids": [(4, cls.channels[0].id)]},
                    {"preferred_touchpoint_id": cls.channels[1].id},
                )
            )
            customer.partner_id._change_preferences(
                values, source="told", wording="As I said."
            )
        changes = cls.env["crm.preference.change"].search(
            [("partner_id", "in", cls.customers.partner_id.ids)]
        )
        # SQL: nobody changes the history, nor waits a month for it here
        for change in changes:
            moment = cls.get_moment_of_change(change.partner_id)
            cls.env.cr.execute(
                "UPDATE crm_preference_change SET date = %s WHERE id = %s",
                [moment, change.id],
            )

    @classmethod
    def get_moment_of_change(cls, partner):
        """Return a moment some days after a talk, or any other one."""
        talks = cls.env["crm.interaction"].search(
            [("partner_id", "=", partner.id), ("state", "=", "done")]
        )
        if not talks or cls.draw.random() < 0.3:
            return NOW - timedelta(hours=cls.draw.randrange(1, 150))
        later = timedelta(hours=cls.draw.randrange(1, 220))
        return min(cls.draw.choice(talks).date_done + later, NOW)

    @classmethod
    def make_losses(cls):
        cls.env["crm.defection"].create(
            [
                {
                    "relationship_id": customer.id,
                    "date": TODAY - timedelta(days=cls.draw.randrange(60)),
                    "declared": cls.draw.random() < 0.5,
                }
                for customer in cls.draw.sample(list(cls.customers), 9)
            ]
        )

    @classmethod
    def make_orders(cls):
        for customer in cls.customers:
            for _number in range(cls.draw.randrange(4)):
                ago, amount = cls.draw.randrange(110), cls.draw.randrange(1, 500)
                cls.make_order(customer.partner_id, ago, amount)

    # -- the reports ---------------------------------------------------------------

    def read_morning(self, user, method):
        page = getattr(self.env["crm.morning"].with_user(user), method)()
        numbers = {n["id"]: n["value"] for s in page["sections"] for n in s["numbers"]}
        charts = {s["id"]: s["chart"] for s in page["sections"]}
        return numbers, charts

    def test_this_morning(self):
        numbers, charts = self.read_morning(self.manager, "get_page")
        expected = self.records.count_morning()
        for name in COUNTED:
            with self.subTest(number=name):
                self.assertTrue(expected[name])
                self.assertAlmostEqual(numbers[name], expected[name], 2)
        queued, _time = (one["values"] for one in charts["queue"]["series"])
        self.assertEqual(queued, self.records.count_queued_hours())

    def test_how_am_i_doing(self):
        for user in (self.sari, self.budi):
            numbers, _charts = self.read_morning(user, "get_own_page")
            expected = self.records.count_morning(user)
            for name in COUNTED:
                with self.subTest(user=user.name, number=name):
                    self.assertAlmostEqual(numbers[name], expected[name], 2)

    def test_digest(self):
        digest = self.env["digest.digest"].create({"name": "Ours"})
        for days in (1, 7, 30):
            since = NOW - timedelta(days=days)
            digest.invalidate_recordset()
            told = digest.with_user(self.manager).with_context(
                start_datetime=since, end_datetime=NOW
            )
            for name, value in self.records.count_digest(since, NOW).items():
                with self.subTest(days=days, number=name):
                    self.assertEqual(told[f"kpi_crm_{name}_value"], value)

    def test_state_of_our_relationships(self):
        report = self.env["report.crm_relationship.state_of_relationships"]
        values = report.with_user(self.manager)._get_report_values([])
        page = values["pages"][self.company]
        self.check_sales({what: pair for what, *pair in page["figures"]})
        expected = self.records.count_channels(date(2026, 2, 1))
        self.assertEqual(set(expected), set(self.channels))
        self.assertTrue(sum(figures["refusals"] for figures in expected.values()))
        for channel in self.channels:
            [told] = [row for row in page["channels"] if row["name"] == channel.name]
            right = expected[channel]
            with self.subTest(channel=channel.name):
                for name in ("count", "complaints", "refusals"):
                    self.assertEqual(told[name], str(right[name]))
                for name in ("reached", "welcome"):
                    self.assertEqual(told[name], self.say_share(right[name]))
                self.assertEqual(told["cost"], self.say_amount(right["cost"]))

    def check_sales(self, figures):
        months = date(2026, 2, 1), date(2026, 1, 1)
        (revenue, buyers), before = map(self.records.add_up_sales, months)
        self.assertEqual(
            figures["Revenue"], [self.say_amount(revenue), self.say_amount(before[0])]
        )
        self.assertEqual(figures["Customers who bought"], [str(buyers), str(before[1])])

    def say_amount(self, amount):
        return format_amount(self.env, amount, self.company.currency_id)

    def say_share(self, share):
        if share is None:
            return "Not known"
        return f"{formatLang(self.env, 100 * share, digits=0)}%"

    def test_formulas_of_the_spreadsheets(self):
        self.manager.group_ids += self.env.ref("base.group_allow_export")
        for model in ("crm.effect.report", "crm.care.report"):
            report = self.env[model].with_user(self.manager)
            with self.subTest(model=model):
                count, wrong = recalculate(*read_book(report._make_spreadsheet([])))
                self.assertGreater(count, 5)
                self.assertFalse(wrong)

    def test_who_brings_customers(self):
        rows = self.env["crm.referral"]._read_group(
            [("level", "=", 1), ("company_id", "=", self.company.id)],
            ["ancestor_id"],
            [
                "customer_count:sum",
                "buyer_count:sum",
                "order_count:sum",
                "revenue:sum",
            ],
        )
        told = {by: tuple(figures) for by, *figures in rows}
        self.assertGreater(len(told), 3)
        self.assertEqual(told, self.records.count_brought())
