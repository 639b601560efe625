"""A customer's year as a picture: interactions, mood, orders and scores."""

from datetime import date, timedelta

from lxml import html

from odoo.tests import freeze_time, tagged

from .common import NOW, RelationshipCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestPicture(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer = cls.make_relationship(cls.make_customer("Kartini"))
        for days, mood, outcome in (
            (10, "positive", "reached"),
            (100, "negative", "complaint"),
            (500, "positive", "reached"),
        ):
            cls.make_interaction(
                cls.customer,
                user_id=cls.sari.id,
                touchpoint_id=cls.call.id,
                state="done",
                outcome=outcome,
                sentiment=mood,
                date_planned=NOW - timedelta(days=days),
                date_done=NOW - timedelta(days=days),
            )
        cls.order = cls.make_order(
            cls.customer.partner_id, days_ago=20, user_id=cls.sari.id
        )
        cls.env.flush_all()

    def add_snapshots(self, months=2):
        for back in range(months):
            self.env["crm.relationship.snapshot"].create(
                {
                    "relationship_id": self.customer.id,
                    "company_id": self.company.id,
                    "date": date(2026, 3 - back, 1),
                    "rfm_recency": 5 - back,
                    "rfm_frequency": 2,
                    "rfm_monetary": 1,
                }
            )
        self.env.flush_all()

    def draw(self, user=None):
        self.env.invalidate_all()
        picture = self.customer.with_user(user or self.sari).picture
        return html.fromstring(picture) if picture else None

    def test_what_happened_within_a_year(self):
        drawn = self.draw()
        self.assertEqual(len(drawn.findall(".//circle")), 2)
        self.assertEqual(len(drawn.findall(".//rect")), 1)
        tones = {dot.get("class") for dot in drawn.findall(".//circle")}
        self.assertEqual(tones, {"text-success", "text-danger"})
        text = " ".join(drawn.text_content().split())
        self.assertIn("Interactions: 2", text)
        self.assertIn("Sales orders: 1", text)
        self.assertIn("Complaints: 1", text)
        places = [float(dot.get("cx")) for dot in drawn.findall(".//circle")]
        self.assertTrue(all(0 <= place <= 480 for place in places))

    def test_scores_once_there_is_something_to_compare(self):
        drawn = self.draw()
        self.assertFalse(drawn.findall(".//polyline"))
        self.assertIn("is known from", drawn.text_content())
        self.add_snapshots()
        drawn = self.draw()
        self.assertEqual(len(drawn.findall(".//polyline")), 3)
        # two months and today, in words as well
        self.assertEqual(len(drawn.findall(".//tbody/tr")), 3)
        first = drawn.find(".//tbody/tr")
        self.assertEqual(
            [cell.text_content() for cell in first], ["31 Jan 2026", "4", "2", "1"]
        )
        self.assertNotIn("is known from", drawn.text_content())

    def test_nothing_to_draw(self):
        stranger = self.make_relationship(self.make_customer("New"))
        self.assertFalse(stranger.with_user(self.sari).picture)
        self.assertFalse(self.env["crm.relationship"].new({}).picture)

    def test_as_far_as_whoever_looks_may_open(self):
        """Orders of colleagues are not drawn for who may not open them."""
        self.order.user_id = self.budi
        self.customer.partner_id.user_id = self.budi
        self.env.flush_all()
        drawn = self.draw()
        self.assertFalse(drawn.findall(".//rect"))
        self.assertTrue(self.draw(self.all_documents).findall(".//rect"))

    def test_names_are_text(self):
        talks = self.interactions(self.customer)
        talks.sudo().name = "<script>alert(1)</script>"
        self.env.flush_all()
        self.assertFalse(self.draw().findall(".//script"))

    def test_as_many_queries_for_a_long_history(self):
        self.add_snapshots(1)
        counts = []
        for _turn in range(2):
            self.draw()
            before = self.env.cr.sql_log_count
            self.draw()
            counts.append(self.env.cr.sql_log_count - before)
            for days in range(1, 20):
                self.make_order(self.customer.partner_id, days, user_id=self.sari.id)
            self.env.flush_all()
        self.assertEqual(*counts)
