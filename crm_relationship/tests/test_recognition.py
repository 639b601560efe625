"""Recognition: what each salesperson has done, seen from several sides."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, RelationshipCase

JAKARTA = ZoneInfo("Asia/Jakarta")
# It is the last day of March, and of the quarter.
PERIODS = {
    "month": (date(2026, 3, 1), date(2026, 4, 1)),
    "last_month": (date(2026, 2, 1), date(2026, 3, 1)),
    "quarter": (date(2026, 1, 1), date(2026, 4, 1)),
}
SHARES = ("coverage", "on_time", "reached", "response", "mood", "answered", "kept")
COUNTS = (
    *("customer_count", "planned_count", "attempt_count", "talk_count", "mood_count"),
    *("solved_count", "answer_count", "kept_base"),
)
MOODS = (False, "positive", "neutral", "negative")
# Figures, and the records that each counts.
LISTS = {
    "customers": "customer_count",
    "coverage": "customer_count",
    "on_time": "planned_count",
    "reached": "attempt_count",
    "response": "talk_count",
    "mood": "mood_count",
    "solved": "solved_count",
    "answered": "answer_count",
    "kept": "kept_base",
}


def day_of(moment):
    return moment and moment.replace(tzinfo=UTC).astimezone(JAKARTA).date()


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class RecognitionCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan()
        cls.line = cls.plan.line_ids

    def row(self, user=None, period="month", reader=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return (
            self.env["crm.recognition"]
            .with_user(reader or self.manager)
            .search([("user_id", "=", (user or self.sari).id), ("period", "=", period)])
        )

    def talk(self, relationship, moment=NOW, **values):
        return self.make_interaction(
            relationship,
            **{
                "touchpoint_id": self.call.id,
                "user_id": self.sari.id,
                "state": "done",
                "outcome": "reached",
                "date_planned": moment,
                "date_done": moment,
                **values,
            },
        )


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestRecognition(RecognitionCase):
    def test_nothing_is_not_zero(self):
        self.make_relationship()
        row = self.row()
        for name in SHARES:
            self.assertIs(row[name], False, name)
        self.assertEqual(row.customer_count, 1)
        self.assertEqual(row.revenue, 0, "nobody has bought, and that is known")
        self.assertIs(row.read(["on_time"])[0]["on_time"], False)

    def test_zero_is_zero(self):
        relationship = self.make_relationship()
        self.talk(relationship, outcome="not_now", sentiment="negative")
        row = self.row()
        self.assertEqual(row.response, 0)
        self.assertIsNot(row.response, False)
        self.assertEqual(row.mood, 0)
        self.assertEqual(row.reached, 1)

    def test_who_serves_nobody_and_talked_with_nobody(self):
        self.make_relationship()
        self.assertFalse(self.row(self.budi))
        self.talk(self.make_relationship(), user_id=self.budi.id)
        row = self.row(self.budi)
        self.assertEqual(row.talk_count, 1)
        self.assertEqual(row.customer_count, 0)
        self.assertIs(row.revenue, False)

    def test_who_left(self):
        self.talk(self.make_relationship(user_id=self.budi.id), user_id=self.budi.id)
        self.assertTrue(self.row(self.budi))
        self.budi.action_archive()
        self.assertFalse(self.row(self.budi))

    def test_on_time_by_the_day_it_was_moved_to(self):
        relationship = self.make_relationship()
        for planned, done in ((0, 0), (0, 1), (3, 1)):
            self.talk(
                relationship,
                date_due=TODAY - timedelta(days=9),
                date_planned=NOW - timedelta(days=9 - planned),
                date_done=NOW - timedelta(days=9 - done),
                plan_line_id=self.line.id,
            )
        in_queue = self.make_open(relationship, plan_line_id=self.line.id)
        in_queue.date_planned = NOW - timedelta(days=1)
        self.make_interaction(  # nobody has it in the queue
            relationship,
            touchpoint_id=self.call.id,
            user_id=self.sari.id,
            date_planned=NOW - timedelta(days=1),
        )
        self.talk(relationship)  # nobody had planned it
        row = self.row()
        self.assertEqual(row.planned_count, 4)
        self.assertEqual(row.on_time, 0.5)

    def test_messages_of_the_system_are_nobodys_merit(self):
        self.talk(
            self.make_relationship(),
            touchpoint_id=self.email.id,
            outcome="sent",
            plan_line_id=self.line.id,
        )
        row = self.row()
        self.assertEqual(row.planned_count, 0)
        self.assertEqual(row.talk_count, 0)

    def test_one_visit_counts_once(self):
        relationship = self.make_relationship()
        first = self.talk(relationship)
        self.talk(relationship, along_id=first.id)
        self.assertEqual(self.row().talk_count, 1)

    def test_real_ways(self):
        """As people work: a talk, no answer until it is missed, a complaint."""
        relationship = self.make_relationship()
        done = self.make_open(relationship)
        done.with_user(self.sari).with_context(outcome="reached").action_done()
        self.company.relationship_max_attempts = 1
        self.make_open(relationship).with_user(self.sari).action_no_answer()
        sad = self.make_open(relationship)
        sad.with_user(self.sari).with_context(outcome="complaint").action_done()
        bearer = relationship.interaction_ids.filtered("is_complaint_open")
        bearer.with_user(self.sari).with_context(outcome="solved").action_done()
        row = self.row()
        self.assertEqual(row.attempt_count, 4)
        self.assertEqual(row.reached, 0.75)
        self.assertAlmostEqual(row.response, 2 / 3)
        self.assertEqual(row.solved_count, 1)
        self.assertEqual(row.answered, 1)

    def test_late_answers_count_before_they_are_given(self):
        relationship = self.make_relationship()
        self.make_interaction(
            relationship,
            user_id=self.sari.id,
            is_complaint=True,
            is_complaint_open=True,
            answer_due=NOW - timedelta(hours=1),
        )
        row = self.row()
        self.assertEqual((row.answer_count, row.answered), (1, 0))

    def test_coverage_of_the_nights(self):
        relationship = self.make_relationship()
        self.env["crm.care.day"].create(
            [
                {
                    "company_id": self.company.id,
                    "date": TODAY - timedelta(days=ago),
                    "user_id": self.sari.id,
                    "care_state": state,
                    "customer_count": count,
                }
                for ago, state, count in (
                    (1, "planned", 3),
                    (1, "fault", 1),
                    (2, "in_time", 4),
                    (40, "fault", 4),
                )
            ]
        )
        self.assertEqual(self.row().coverage, 7 / 8)
        self.assertEqual(self.row(period="last_month").coverage, 0)
        self.assertAlmostEqual(self.row(period="quarter").coverage, 7 / 12)
        self.assertEqual(relationship.user_id, self.sari)

    def test_revenue_by_the_companys_rules(self):
        relationship = self.make_relationship()
        self.make_order(relationship.partner_id, days_ago=3, amount=50)
        self.make_order(
            relationship.partner_id, days_ago=3, amount=7, user_id=self.budi.id
        )
        self.make_order(relationship.partner_id, days_ago=40, amount=100)
        self.make_order(self.make_customer(), days_ago=3, amount=1000)
        self.assertEqual(self.row().revenue, 57)
        self.assertEqual(self.row(period="last_month").revenue, 100)
        self.assertEqual(self.row(period="quarter").revenue, 157)
        tag = self.env["crm.tag"].create({"name": "Staff"})
        self.company.relationship_excluded_tag_ids = tag
        self.make_order(
            relationship.partner_id, amount=9, tag_ids=[Command.set(tag.ids)]
        )
        self.assertEqual(self.row().revenue, 57)

    def test_no_ranking_by_selling(self):
        for user, amount in ((self.sari, 1), (self.budi, 1000)):
            relationship = self.make_relationship(user_id=user.id)
            self.make_order(relationship.partner_id, amount=amount)
        rows = self.env["crm.recognition"].with_user(self.manager)
        found = rows.search([("period", "=", "month")])
        self.assertEqual(found.mapped("name"), ["Budi", "Sari"])
        described = rows.fields_get(["revenue", "on_time"])
        self.assertFalse(described["revenue"]["sortable"])
        self.assertTrue(described["on_time"]["sortable"])
        self.assertFalse(rows._fields["revenue"].aggregator)

    # -- who sees what

    def test_own_rows_only(self):
        for user in (self.sari, self.budi):
            self.make_relationship(user_id=user.id)
        rows = self.env["crm.recognition"]
        own = rows.with_user(self.sari).search([])
        self.assertEqual(own.user_id, self.sari)
        self.assertEqual(len(own), 3)
        others = self.row(self.budi)
        for user in (self.sari, self.all_documents):
            with self.assertRaises(AccessError):
                others.with_user(user).read(["on_time"])
            for name in LISTS:
                with self.assertRaises(AccessError):
                    getattr(others.with_user(user), f"action_view_{name}")()
            groups = rows.with_user(user)._read_group([], ["user_id"], ["__count"])
            self.assertLessEqual({group[0] for group in groups}, {user})
        self.assertEqual(
            rows.with_user(self.manager).search([]).user_id, self.sari + self.budi
        )

    def test_other_company(self):
        self.make_relationship()
        there = self.make_relationship(
            self.make_customer(), self.other_company, user_id=self.stranger.id
        )
        self.talk(there, user_id=self.stranger.id)
        rows = self.env["crm.recognition"]
        self.assertEqual(rows.with_user(self.manager).search([]).user_id, self.sari)
        elsewhere = rows.with_user(self.stranger).with_context(
            allowed_company_ids=self.other_company.ids
        )
        self.assertEqual(elsewhere.search([]).user_id, self.stranger)
        with self.assertRaises(UserError):
            elsewhere.browse(self.row().id).action_view_customers()

    def test_outsiders(self):
        row = self.row() or self.env["crm.recognition"]
        for user in (self.portal, self.internal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                row.with_user(user).search([])

    def test_nobody_writes(self):
        self.make_relationship()
        for user in (self.sari, self.manager):
            with self.assertRaises(AccessError):
                self.row().with_user(user).write({"name": "Best"})

    def test_invoices(self):
        self.make_accounts()
        self.company.relationship_source = "invoice"
        relationship = self.make_relationship()
        for days, amount, kind in (
            (3, 80, "out_invoice"),
            (2, 30, "out_refund"),
            (40, 500, "out_invoice"),
        ):
            self.env["account.move"].create(
                {
                    "move_type": kind,
                    "partner_id": relationship.partner_id.id,
                    "company_id": self.company.id,
                    "journal_id": self.journal.id,
                    "invoice_date": TODAY - timedelta(days=days),
                    "invoice_line_ids": [
                        Command.create(
                            {"name": "CD", "price_unit": amount, "tax_ids": False}
                        )
                    ],
                }
            ).action_post()
        row = self.row()
        self.assertEqual(row.revenue, 50)
        action = row.with_user(self.sari).action_view_revenue()
        moves = self.env["account.move"].search(action["domain"])
        self.assertEqual(sum(moves.mapped("amount_untaxed_signed")), 50)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestRecognitionOracle(RecognitionCase):
    """Random lives, and every figure told a second time, record by record."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.draw = random.Random(20260331)
        staff = (cls.sari, cls.budi, cls.all_documents)
        cls.customers = cls.env["crm.relationship"].browse()
        for number in range(24):
            cls.customers += cls.make_relationship(
                cls.make_customer(f"Customer {number}"),
                user_id=cls.draw.choice(staff).id,
            )
        cls.staff = staff
        cls.step = cls.make_program(1).step_ids
        cls._make_ledger()
        cls._make_losses()
        cls._make_nights()
        # with what has followed from it
        cls.ledger = cls.env["crm.interaction"].search(
            [("company_id", "=", cls.company.id)]
        )
        cls.orders = [
            cls.make_order(
                cls.draw.choice(cls.customers).partner_id,
                days_ago=cls.draw.randrange(120),
                amount=cls.draw.randrange(1, 90),
            )
            for _order in range(60)
        ]
        cls.env.flush_all()
        cls.env.invalidate_all()

    @classmethod
    def _moment(cls):
        return NOW - timedelta(minutes=cls.draw.randrange(-600, 100 * 24 * 60))

    @classmethod
    def _make_ledger(cls):
        draw, values = cls.draw, []
        for _interaction in range(400):
            state = draw.choice(
                ("done", "done", "done", "missed", "open", "cancelled", "skipped")
            )
            planned = cls._moment()
            done = min(planned + timedelta(hours=draw.randrange(-48, 72)), NOW)
            is_done = state == "done"
            is_complaint = draw.random() < 0.3
            answered = is_complaint and is_done and draw.random() < 0.6
            is_open = is_complaint and draw.random() < 0.4
            relationship = draw.choice(cls.customers)
            values.append(
                {
                    "name": "A word",
                    "relationship_id": relationship.id,
                    "user_id": draw.choice(cls.staff).id,
                    "touchpoint_id": draw.choice((cls.call, cls.visit, cls.email)).id,
                    "state": state,
                    "date_planned": planned,
                    "date_due": day_of(planned),
                    "date_done": is_done and done,
                    "date_attempt": draw.random() < 0.7 and done,
                    "outcome": is_done
                    and draw.choice(
                        ("reached", "sent", "ordered", "not_now", "complaint", "solved")
                    ),
                    "sentiment": draw.choice(
                        (False, "positive", "neutral", "negative")
                    ),
                    "plan_line_id": is_done and draw.random() < 0.7 and cls.line.id,
                    "program_step_id": state == "open" and cls.step.id,
                    "is_complaint": is_complaint,
                    "is_complaint_open": is_open,
                    "answer_due": is_complaint and planned,
                    "date_answered": answered and done,
                    "answered_in_time": answered and draw.choice(("yes", "no")),
                }
            )
        cls.ledger = cls.env["crm.interaction"].create(values)
        for interaction in draw.sample(cls.ledger, 20):
            if interaction.state == "done":
                interaction.along_id = draw.choice(cls.ledger)

    @classmethod
    def _make_losses(cls):
        cls.losses = defaultdict(list)
        for customer in cls.customers:
            days = cls.draw.choice((None, 20, 50, 80, 200))
            customer.first_order_date = days and TODAY - timedelta(days=days)
            if cls.draw.random() < 0.6:
                lost = TODAY - timedelta(days=cls.draw.randrange(110))
                back = cls.draw.random() < 0.4 and min(
                    lost + timedelta(days=cls.draw.randrange(40)), TODAY
                )
                cls.env["crm.defection"].create(
                    {
                        "relationship_id": customer.id,
                        "date": lost,
                        "date_returned": back,
                    }
                )
                cls.losses[customer].append((lost, back))

    @classmethod
    def _make_nights(cls):
        cls.nights = [
            (user, TODAY - timedelta(days=ago), state, cls.draw.randrange(1, 9))
            for user in cls.staff
            for ago in range(0, 100, 3)
            for state in ("fault", "planned", "in_time", "excluded")
            if cls.draw.random() < 0.5
        ]
        cls.env["crm.care.day"].create(
            [
                {
                    "company_id": cls.company.id,
                    "user_id": user.id,
                    "date": day,
                    "care_state": state,
                    "customer_count": count,
                }
                for user, day, state, count in cls.nights
            ]
        )

    def share(self, part, whole):
        return part / whole if whole else False

    def expect(self, user, first, end):
        """Return every figure of a person, without a line of SQL."""

        def within(moment):
            day = day_of(moment) if isinstance(moment, datetime) else moment
            return bool(day) and first <= day < end

        own = [i for i in self.ledger if i.user_id == user]
        planned = [
            i
            for i in own
            if (i.plan_line_id or i.program_step_id)
            and i.touchpoint_id.mode == "personal"
            and (
                within(i.date_done)
                if i.state == "done"
                else i.state == "open"
                and within(i.date_planned)
                and day_of(i.date_planned) < TODAY
            )
        ]
        talks = [
            i
            for i in own
            if i.state == "done"
            and not i.along_id
            and i.outcome != "sent"
            and within(i.date_done)
        ]
        missed = [
            i
            for i in own
            if i.state == "missed" and not i.along_id and within(i.date_attempt)
        ]
        answers = [
            i
            for i in own
            if (i.answered_in_time and within(i.date_answered))
            or (
                i.is_complaint_open
                and not i.date_answered
                and within(i.answer_due)
                and i.answer_due < NOW
            )
        ]
        served = [r for r in self.customers if r.user_id == user]
        base = [
            r
            for r in served
            if r.first_order_date
            and r.first_order_date < first
            and not any(
                lost < first and (not back or back >= first)
                for lost, back in self.losses[r]
            )
        ]
        kept = [
            r
            for r in base
            if not any(within(lost) and not back for lost, back in self.losses[r])
        ]
        nights = [n for n in self.nights if n[0] == user and within(n[1])]
        moods = [i for i in talks if i.sentiment]
        return {
            "customer_count": len(served),
            "coverage": self.share(
                sum(n[3] for n in nights if n[2] != "fault"), sum(n[3] for n in nights)
            ),
            "planned_count": len(planned),
            "on_time": self.share(
                sum(
                    i.state == "done" and day_of(i.date_done) <= day_of(i.date_planned)
                    for i in planned
                ),
                len(planned),
            ),
            "attempt_count": len(talks) + len(missed),
            "reached": self.share(len(talks), len(talks) + len(missed)),
            "talk_count": len(talks),
            "response": self.share(
                sum(i.outcome not in ("not_now", "complaint") for i in talks),
                len(talks),
            ),
            "mood_count": len(moods),
            "mood": self.share(
                sum(i.sentiment == "positive" for i in moods), len(moods)
            ),
            "solved_count": sum(
                i.is_complaint and i.outcome == "solved" for i in talks
            ),
            "answer_count": len(answers),
            "answered": self.share(
                sum(i.answered_in_time == "yes" for i in answers), len(answers)
            ),
            "kept_base": len(base),
            "kept": self.share(len(kept), len(base)),
            "revenue": sum(
                order.amount_untaxed
                for order in self.orders
                if order.partner_id in [r.partner_id for r in served]
                and within(order.date_order)
            ),
        }

    def test_every_figure(self):
        seen = set()
        for user in self.staff:
            for period, (first, end) in PERIODS.items():
                row = self.row(user, period)
                for name, value in self.expect(user, first, end).items():
                    with self.subTest(user=user.name, period=period, figure=name):
                        self.assertEqual(row[name] is False, value is False)
                        self.assertAlmostEqual(row[name], value)
                    seen.add((name, bool(value)))
        for name in (*COUNTS, *SHARES, "revenue"):
            self.assertIn((name, True), seen, "the data are rich enough")

    def test_each_number_opens_what_it_counts(self):
        for user in self.staff:
            for period in PERIODS:
                row = self.row(user, period)
                for name, count in LISTS.items():
                    action = getattr(row, f"action_view_{name}")()
                    found = (
                        self.env[action["res_model"]]
                        .with_user(self.manager)
                        .search(action["domain"])
                    )
                    with self.subTest(user=user.name, period=period, list=name):
                        self.assertEqual(len(found), row[count])
                action = row.action_view_revenue()
                self.assertEqual(action["res_model"], "sale.order")
                found = self.env["sale.order"].search(action["domain"])
                self.assertAlmostEqual(sum(found.mapped("amount_untaxed")), row.revenue)

    def test_queries_do_not_grow(self):
        rows = self.env["crm.recognition"].with_user(self.manager)
        rows.search_read([])
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(25):
            rows.search_read([], ["name", "on_time", "revenue"])
