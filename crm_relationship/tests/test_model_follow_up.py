"""The model follow-up of a purchase, day by day for ninety days.

A supplement that lasts three months: a thank-you at once, the next day a call to make
sure that it is used correctly, after three and seven days whether it does good, after
thirty an invitation, after sixty attention and care. So before it runs out the customer
orders by himself.
"""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import TODAY, set_live
from .common_days import DayByDayCase

DAYS = 90


def done(day, name, kind):
    return day, name, kind, "Sari", "done"


def not_done(day, name, kind, reason):
    return day, name, kind, False, reason


THANKS, USED = "Thank-you", "Is everything used correctly?"
FIRST, EFFECT = "How is it working out? (day 3)", "How is it working out? (day 7)"
INVITED, CARE = "Invitation to a gathering or a home visit", "Attention and care"
# The first day is a Tuesday; nobody works on Saturdays and Sundays. A visit takes an
# hour, so that there is room for four a day.
TWO = [done(0, THANKS, "email"), done(1, USED, "call")]
THREE = [*TWO, done(3, FIRST, "whatsapp")]
FOUR = [*THREE, done(7, EFFECT, "call")]
ALL = [*FOUR, done(30, INVITED, "visit"), done(62, CARE, "whatsapp")]
EXPECTED = {
    "plain": ALL,
    "second": [
        *ALL,
        done(20, THANKS, "email"),
        done(21, USED, "call"),
        done(23, FIRST, "whatsapp"),
        done(27, EFFECT, "call"),
        done(50, INVITED, "visit"),
        done(80, CARE, "whatsapp"),
    ],
    # what was ordered the next day goes along with the first
    "next_day": ALL,
    "complaint": ALL,
    "refusal": [
        *THREE,
        done(7, EFFECT, "whatsapp"),
        done(31, INVITED, "visit"),
        done(62, CARE, "whatsapp"),
    ],
    "silence": [
        *THREE,
        not_done(7, EFFECT, "call", "do_not_contact"),
        not_done(30, INVITED, False, "do_not_contact"),
        not_done(60, CARE, False, "do_not_contact"),
    ],
    # two weeks later, at the same distances
    "pause": [
        done(0, THANKS, "email"),
        done(15, USED, "call"),
        done(17, FIRST, "whatsapp"),
        done(21, EFFECT, "call"),
        done(44, INVITED, "visit"),
        done(76, CARE, "whatsapp"),
    ],
    "returned": [
        *THREE,
        not_done(7, EFFECT, "call", "order_returned"),
        not_done(30, INVITED, False, "order_returned"),
        not_done(60, CARE, False, "order_returned"),
    ],
    "partly": [
        *FOUR,
        done(31, INVITED, "visit"),
        done(62, CARE, "whatsapp"),
    ],
    "cancelled": [
        *TWO,
        not_done(3, FIRST, "whatsapp", "order_cancelled"),
        not_done(7, EFFECT, "call", "order_cancelled"),
        not_done(30, INVITED, False, "order_cancelled"),
        not_done(60, CARE, False, "order_cancelled"),
    ],
    # thanked once; the rest counts from the day on which it was confirmed again
    "again": [
        *TWO,
        not_done(3, FIRST, "whatsapp", "order_cancelled"),
        not_done(7, EFFECT, "call", "order_cancelled"),
        not_done(30, INVITED, False, "order_cancelled"),
        not_done(60, CARE, False, "order_cancelled"),
        done(9, FIRST, "whatsapp"),
        done(13, EFFECT, "call"),
        done(36, INVITED, "visit"),
        done(66, CARE, "whatsapp"),
    ],
}


@tagged("post_install", "-at_install")
class TestModelFollowUp(DayByDayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        ref = cls.env.ref
        cls.program = ref("crm_relationship.crm_program_after_purchase")
        everything = cls.program.with_context(active_test=False)
        everything.step_ids.touchpoint_ids.active = True
        set_live(cls.company)
        cls.program.active = True
        names = (
            *("plain", "second", "next_day", "complaint", "refusal", "silence"),
            *("pause", "returned", "partly", "cancelled", "again"),
        )
        cls.customers = {
            name: cls.make_customer(
                name.title(),
                email=f"{name}@example.com",
                phone=f"+62 812 5555 00{rank:02}",
            )
            for rank, name in enumerate(names)
        }
        for customer in cls.customers.values():
            cls.make_relationship(customer)
        cls.orders = {name: cls.env["sale.order"] for name in names}

    # ------------------------------------------------------------------
    # What happens
    # ------------------------------------------------------------------

    def order(self, name):
        order = self.make_quotation(self.customers[name])
        if name == "partly":
            order.order_line.copy({"order_id": order.id})
        order.action_confirm()
        self.orders[name] += order

    def order_all(self):
        for name in self.customers:
            self.order(name)

    def cancel(self):
        (self.orders["cancelled"] + self.orders["again"])._action_cancel()

    def confirm_again(self):
        self.orders["again"].action_draft()
        self.orders["again"].action_confirm()

    def give_back(self):
        self.orders["returned"].order_line.product_uom_qty = 0

    def give_back_one_of_two(self):
        self.orders["partly"].order_line[0].product_uom_qty = 0

    def refuse_calls(self):
        call = self.env.ref("crm_relationship.crm_touchpoint_call")
        self._change("refusal", refused_touchpoint_ids=[Command.link(call.id)])

    def refuse_everything(self):
        self._change("silence", do_not_contact=True)

    def pause(self):
        until = TODAY + timedelta(days=15)
        self._change("pause", contact_snooze_until=until)

    def _change(self, name, **values):
        self.customers[name]._change_preferences(values, "portal")

    def get_outcome(self, interaction):
        if interaction.is_complaint_open:
            return "solved"
        name = "complaint"
        if interaction.partner_id == self.customers[name] and self.day == 3:
            return name
        return super().get_outcome(interaction)

    # ------------------------------------------------------------------
    # What must hold
    # ------------------------------------------------------------------

    def test_ninety_days(self):
        self.play(
            DAYS,
            {
                0: [self.order_all],
                1: [lambda: self.order("next_day"), self.pause],
                2: [self.cancel],
                4: [self.give_back, self.give_back_one_of_two],
                5: [self.refuse_calls, self.refuse_everything],
                6: [self.confirm_again],
                20: [lambda: self.order("second")],
            },
        )
        for name, partner in self.customers.items():
            with self.subTest(name):
                self.assertEqual(self.tell(partner), self.get_expected(name))
        self.assertRuns()

    def get_expected(self, name):
        """Return what a customer gets, as ``tell`` returns it."""
        order = self.orders[name][0].name
        about = {
            "complaint": [(4, f"Complaint about {order}", "whatsapp", "Sari", "done")],
            "returned": [
                (6, f"What was wrong? {order} was returned", "whatsapp", "Sari", "done")
            ],
        }
        rows = [*EXPECTED[name], *about.get(name, ())]
        return sorted(rows, key=lambda row: (row[0], row[1]))

    def assertRuns(self):
        runs = {
            name: orders.enrollment_ids.sorted("id").mapped(
                lambda e: (e.state, e.stop_reason)
            )
            for name, orders in self.orders.items()
        }
        completed = ("completed", False)
        self.assertEqual(
            runs,
            {
                **{name: [completed] for name in runs},
                "second": [completed] * 2,
                "next_day": [completed] * 2,
                "returned": [("stopped", "order_returned")],
                "cancelled": [("stopped", "order_cancelled")],
            },
        )
        first, second = self.orders["next_day"].enrollment_ids.sorted("id")
        self.assertEqual(second.joined_id, first, "both orders are one run")
