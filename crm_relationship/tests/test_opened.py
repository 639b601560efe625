"""What a button on a record opens: as many as it says, and the same after a reload."""

from odoo.tests import tagged
from odoo.tools.safe_eval import datetime, dateutil, safe_eval

from .common import RelationshipCase


@tagged("post_install", "-at_install")
class TestOpened(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.segment = cls.make_segment("Gold")
        cls.program = cls.make_program(0, 3, trigger="manual")
        cls.ours, cls.other = (
            cls.make_relationship(cls.make_customer(name), segment_id=cls.segment.id)
            for name in ("Ours", "Other")
        )
        for relationship in cls.ours + cls.other:
            cls.make_interaction(relationship)
            cls.make_open(relationship).action_done()
        cls.program._enroll(cls.ours)
        cls.person = cls.make_customer("Ayu", parent_id=cls.ours.partner_id.id)

    def reload(self, action, user):
        """Return the records of a page that is loaded again: by its address alone."""
        stored = self.env["ir.actions.act_window"].sudo().browse(action["id"])
        self.assertTrue(stored.path, "The address names the list")
        scope = {
            "active_id": action["context"]["active_id"],
            "context_today": lambda: datetime.date.today(),
            "relativedelta": dateutil.relativedelta.relativedelta,
        }
        records = self.env[stored.res_model].with_user(user)
        return records.search(safe_eval(stored.domain, scope))

    def assertOpens(self, record, button, count, user=None):
        """Assert that a button opens what it counts, also after a reload."""
        user = user or self.manager
        record = record.with_user(user)
        action = getattr(record, button)()
        found = self.env[action["res_model"]].with_user(user).search(action["domain"])
        self.assertTrue(found)
        self.assertEqual(self.reload(action, user), found)
        if count:
            self.assertEqual(len(found), record[count])
        return found

    def test_interactions_of_a_customer(self):
        for user in (self.sari, self.manager):
            for record in (self.ours, self.ours.partner_id, self.person):
                with self.subTest(user=user.login, record=record):
                    found = self.assertOpens(
                        record, "action_view_interactions", "interaction_count", user
                    )
                    self.assertEqual(found.relationship_id.sudo(), self.ours)

    def test_program(self):
        self.assertOpens(self.program, "action_view_interactions", "interaction_count")
        self.assertOpens(self.program, "action_view_enrollments", "enrollment_count")

    def test_segment(self):
        self.assertOpens(
            self.segment, "action_view_relationships", "relationship_count"
        )

    def test_customers_without_segment(self):
        self.other.segment_id = False
        found = self.assertOpens(
            self.env["crm.segment"], "action_view_unassigned", None
        )
        self.assertEqual(len(found), self.segment.get_unassigned_count())

    def test_follow_ups_of_orders(self):
        self.make_program(0, 3)
        first, second = (self.make_quotation(self.ours.partner_id) for _ in range(2))
        (first + second).action_confirm()
        for order in first + second:
            self.assertOpens(order, "action_view_follow_ups", "follow_up_count")

    def test_going_live(self):
        self.other.user_id = False
        wizard = self.env["crm.going.live"].with_user(self.manager).create({})
        for button in ("action_view_without_staff", "action_view_planned"):
            self.assertOpens(wizard, button, None)

    def test_report_of_segments(self):
        self.env.flush_all()
        report = self.env["crm.segment.report"].search(
            [("segment_id", "=", self.segment.id)]
        )
        self.assertOpens(report, "action_view_customers", "customer_count")
