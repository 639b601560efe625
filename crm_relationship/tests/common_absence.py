"""People who are absent, and who stands in for them."""

from datetime import timedelta

from odoo.tests import freeze_time, tagged

from .common import NOW, TODAY, RelationshipCase


def day(number):
    """Return a day as tests tell it: 0 is a Tuesday, 4 and 5 a weekend."""
    return TODAY + timedelta(days=number)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class AbsenceCase(RelationshipCase):
    """Sari's stand-in is Budi, whose stand-in is Dewi. A call takes 15 minutes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_first_count = 0
        cls.call.duration = 15
        cls.dewi = cls.all_documents
        cls.sari.deputy_id = cls.budi
        cls.budi.deputy_id = cls.dewi
        cls.plan = cls.make_plan({"touchpoints": cls.call})

    def make_calls(self, count=1, on=0, **values):
        """Return calls that the system has planned, one a customer."""
        calls = self.env["crm.interaction"]
        owner = values.pop("owner", self.sari)
        for _n in range(count):
            relationship = self.make_relationship(user_id=owner.id)
            calls += self.make_interaction(
                relationship,
                plan_line_id=self.plan.line_ids.id,
                date_due=day(on),
                **values,
            )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_interaction SET create_uid = NULL WHERE id = ANY(%s)",
            [calls.ids],
        )
        self.env.invalidate_all()
        return calls

    def make_queued(self, count=1, on=0, **values):
        calls = self.make_calls(count, on, **values)
        calls._release()
        self.assertEqual(set(calls.mapped("state")), {"open"})
        return calls

    def absent(self, user, first, last):
        return user._note_absence(day(first), day(last), None, self.company)

    def assert_with(self, calls, user, on=None, instead_of=None):
        """Assert in whose queue these are, on which day, and in whose place."""
        for call in calls:
            self.assertEqual(call.state, "open")
            self.assertEqual(call.user_id, user)
            self.assertEqual(call.activity_id.user_id, user)
            self.assertEqual(call.for_user_id, instead_of or self.env["res.users"])
            if on is not None:
                self.assertEqual(call.activity_id.date_deadline, day(on))
            self.assertEqual(call.relationship_id.user_id, self.sari)
