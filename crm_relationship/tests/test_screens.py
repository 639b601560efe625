"""What the screens of a salesperson ask the database, all day and of everybody.

Fifty people share one process: a query more in one of these is waited for by all.
"""

from lxml import etree

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import NOW, RelationshipCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestScreens(RelationshipCase):
    def make_queue(self, count):
        return self.env["crm.interaction"].union(
            *(self.make_open() for _number in range(count))
        )

    def screen(self, name, kind="form"):
        """Return the ledger as a salesperson sees it, and what a view reads of it."""
        ledger = self.env["crm.interaction"].with_user(self.sari)
        view = self.env.ref(f"crm_relationship.crm_interaction_view_{name}")
        arch = etree.fromstring(ledger.get_view(view.id, kind)["arch"])
        names = arch.xpath("//field[not(ancestor::field)]/@name")
        relations = {
            name: {"fields": {"display_name": {}}}
            for name in names
            if ledger._fields[name].relational
        }
        return ledger, {**dict.fromkeys(names, {}), **relations}

    def test_queries_of_a_queue_of_many_customers(self):
        ledger, specification = self.screen("list_queue", "list")

        def queries():
            return self.count_queries(
                ledger.web_read_group,
                [("state", "=", "open"), ("user_id", "=", self.sari.id)],
                ["date_planned:day"],
                auto_unfold=True,
                unfold_read_specification=specification,
            )

        self.make_queue(3)
        queries()  # fills the caches
        few = queries()
        self.make_queue(20)
        self.assertEqual(queries(), few)
        self.assertLessEqual(few, 15)

    def test_queries_of_an_interaction_and_of_its_outcome(self):
        interaction = self.make_queue(1)
        for name, budget in (("form", 24), ("form_outcome", 18)):
            ledger, specification = self.screen(name)
            opened = ledger.browse(interaction.id)
            opened.web_read(specification)
            with self.subTest(name):
                self.assertLessEqual(
                    self.count_queries(opened.web_read, specification), budget
                )

    def test_queries_of_the_two_taps(self):
        first, second = self.make_queue(2).with_user(self.sari)
        first.action_open_outcome()  # these two fill caches
        first.action_done()
        self.assertLessEqual(self.count_queries(second.action_open_outcome), 15)
        self.assertLessEqual(self.count_queries(second.action_done), 45)

    def test_kept_hours_follow_a_change(self):
        """Hours are kept from one screen to the next, and read anew once changed."""
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Mornings",
                "tz": "UTC",
                "attendance_ids": [
                    Command.create(
                        {
                            "name": "Monday",
                            "dayofweek": "0",
                            "hour_from": 8,
                            "hour_to": 10,
                        }
                    )
                ],
            }
        )

        def look():
            self.env.invalidate_all()
            window = calendar._to_contact_window(self.company)
            return window.hours[:2], str(window.tz)

        self.assertEqual(look(), ((((480, 600),), ()), "UTC"))
        self.assertLessEqual(self.count_queries(look), 1)  # for the holidays
        calendar.attendance_ids.hour_to = 11
        self.assertEqual(look(), ((((480, 660),), ()), "UTC"))
        calendar.attendance_ids.copy({"dayofweek": "1"})
        self.assertEqual(look(), ((((480, 660),), ((480, 660),)), "UTC"))
        calendar.attendance_ids[0].unlink()
        self.assertEqual(look(), (((), ((480, 660),)), "UTC"))
        calendar.tz = "Asia/Jakarta"
        self.assertEqual(look(), (((), ((480, 660),)), "Asia/Jakarta"))
