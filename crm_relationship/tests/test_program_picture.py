"""Who entered a program, week by week, as a picture."""

from datetime import date, timedelta

from lxml import html

from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY
from .common_holdout import HoldoutCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestProgramPicture(HoldoutCase):
    """The last of March 2026 is a Tuesday; the week began on the 30th."""

    def enter(self, count, days_ago=0, state="running"):
        entered = self.program._enroll(self.make_customers(count))
        entered.write({"date": TODAY - timedelta(days=days_ago), "state": state})
        self.env.flush_all()
        return entered

    def draw(self, user=None):
        self.env.invalidate_all()
        picture = self.program.with_user(user or self.manager).picture
        return html.fromstring(picture) if picture else None

    def read_table(self, drawn):
        return [
            [cell.text_content() for cell in row]
            for row in drawn.findall(".//tbody/tr")
        ]

    def test_by_week_and_state(self):
        self.enter(3)
        self.enter(2, 1, "control")
        self.enter(4, 2, "completed")
        self.enter(1, 25 * 7 + 1, "stopped")
        self.enter(7, 25 * 7 + 2)
        drawn = self.draw()
        # running, completed, stopped, control: as the weeks on the calendar have them
        self.assertEqual(
            self.read_table(drawn),
            [
                ["10/06/2025", "0", "0", "1", "0"],
                ["03/23/2026", "0", "4", "0", "0"],
                ["03/30/2026", "3", "0", "0", "2"],
            ],
        )
        bars = drawn.findall(".//rect")
        self.assertEqual(len(bars), 4)
        first = min(bars, key=lambda bar: float(bar.get("x")))
        self.assertEqual((first.get("x"), first.get("class")), ("0.0", "text-warning"))
        # five are the most: they fill the height, divided as they are
        last = [bar for bar in bars if float(bar.get("x")) > 460]
        self.assertEqual([float(bar.get("height")) for bar in last], [72, 48])
        words = " ".join(drawn.text_content().split())
        self.assertIn("Completed: 4", words)
        self.assertIn("Control group: 2", words)

    def test_every_day_of_a_week_is_in_it(self):
        """Recomputed in the plainest way, over half a year."""
        expected = {}
        for days in range(0, 200, 6):
            self.enter(1, days)
            day = TODAY - timedelta(days=days)
            week = date.fromisocalendar(*day.isocalendar()[:2], 1)
            expected[week] = expected.get(week, 0) + 1
        shown = {row[0]: int(row[1]) for row in self.read_table(self.draw())}
        first = date(2025, 10, 6)
        self.assertEqual(
            shown,
            {f"{w:%m/%d/%Y}": n for w, n in expected.items() if w >= first},
        )

    def test_nothing_to_draw(self):
        self.assertIsNone(self.draw())
        self.enter(2, 400)
        self.assertIsNone(self.draw())
        self.assertFalse(self.env["crm.program"].new({}).picture)

    def test_says_nothing_of_what_was_bought(self):
        entered = self.enter(20)
        before = html.tostring(self.draw())
        for partner in entered.relationship_id.partner_id:
            self.make_order(partner, amount=100)
        self.assertEqual(html.tostring(self.draw()), before)

    def test_as_far_as_whoever_looks_may_open(self):
        entered = self.enter(4)
        entered[0].relationship_id.user_id = self.budi
        self.env.flush_all()
        self.assertEqual(self.read_table(self.draw())[0][1], "4")
        self.assertEqual(self.read_table(self.draw(self.sari))[0][1], "3")

    def test_as_many_queries_for_many(self):
        counts = []
        for _turn in range(2):
            self.enter(20, 7)
            self.draw()
            before = self.env.cr.sql_log_count
            self.draw()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
