"""Two months of a program with all that steps can do, played in any order.

A brother of `test_ordinary_life`. Whatever customers, salespeople and the clock do:
steps stay in order, no limit is exceeded, nothing is sent after its end or for a
cancelled order, and nobody goes through the program twice for the same thing.
"""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.crm_relationship.models.program import sense

from . import test_ordinary_life

strategies = getattr(test_ordinary_life, "strategies", None)

CAP, CAP_DAYS = 2, 7
EXPIRES_DAYS = 4
# Between the moment a message is written and the one at which it leaves.
TOLERANCE = timedelta(hours=2)


@tagged("post_install", "-at_install")
class TestProgramLife(test_ordinary_life.TestOrdinaryLife):
    # limits, conditions and ends hold back most of them
    least_total = test_ordinary_life.EXAMPLES // 3

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.contact.cap"].create(
            {"company_id": cls.company.id, "count": CAP, "days": CAP_DAYS}
        )

    @classmethod
    def _make_program(cls):
        program = super()._make_program()
        messages = [Command.set((cls.email + cls.sms).ids)]
        program.step_ids = [
            Command.create(
                {
                    "name": "Used correctly?",
                    "sequence": 5,
                    "delay": 20,
                    "delay_unit": "hours",
                    "delay_from": "previous",
                    "touchpoint_ids": [Command.set(cls.call.ids)],
                    "expires": "days",
                    "expires_days": EXPIRES_DAYS,
                }
            ),
            Command.create(
                {
                    "name": "We did not reach you",
                    "sequence": 6,
                    "delay": 2,
                    "delay_from": "previous",
                    "touchpoint_ids": messages,
                    "expires": "days",
                    "expires_days": EXPIRES_DAYS,
                    **cls._make_templates("We did not reach you"),
                }
            ),
        ]
        by_name = program.step_ids.grouped("name")
        # the thank-you, the call, what follows it, and those of before
        for rank, name in enumerate(
            (
                "Thank you",
                "Used correctly?",
                "We did not reach you",
                "Is it fine?",
                "Still fine?",
            )
        ):
            by_name[name].sequence = rank
        by_name["Is it fine?"].write({"expires": "days", "expires_days": EXPIRES_DAYS})
        by_name["We did not reach you"].write(
            {
                "condition_step_id": by_name["Used correctly?"].id,
                "condition_outcome": "reached",
                "condition_negated": True,
            }
        )
        return program

    # ------------------------------------------------------------------
    # What may happen
    # ------------------------------------------------------------------

    def moves(self):
        who = strategies.integers(0, len(self.people) - 1)
        wait = strategies.tuples(strategies.just("wait"), strategies.integers(1, 6))
        names = (
            *("order", "reach", "reach", "no_answer", "drop"),
            *("cancel", "give_back", "refuse_email", "stop", "bounce"),
        )
        return strategies.one_of(
            *(wait, wait, wait),
            strategies.tuples(
                strategies.just("pause"), who, strategies.integers(1, 20)
            ),
            *(strategies.tuples(strategies.just(name), who) for name in names),
        )

    def _get_open(self, person):
        return (
            self.env["crm.interaction"]
            .search(
                [("partner_id", "=", person.id), ("state", "=", "open")],
                order="date_planned, id",
                limit=1,
            )
            .with_user(self.sari)
        )

    def reach(self, person):
        interaction = self._get_open(person)
        try:
            with self.env.cr.savepoint():
                interaction._close_done({"outcome": "reached"})
        except UserError:
            return  # the gate advises against it, and nobody overrides it here

    def no_answer(self, person):
        if interaction := self._get_open(person):
            interaction.action_no_answer()

    def drop(self, person):
        if interaction := self._get_open(person):
            interaction.action_cancel()

    # ------------------------------------------------------------------
    # What must hold
    # ------------------------------------------------------------------

    def note(self, kind, interaction, address):
        super().note(kind, interaction, address)
        if interaction.program_step_id:
            self.assertFalse(sense.find_expired(interaction), "sent after its end")

    def assert_in_order(self):
        """Assert that of no enrollment a step was made before an earlier one."""
        enrollments = self.env["crm.program.enrollment"].search(
            [("program_id", "=", self.program.id)]
        )
        for enrollment in enrollments:
            made = enrollment.interaction_ids.filtered(lambda i: i.state == "done")
            # what is done at one moment has no order
            places = [
                i.program_step_id.place
                for i in made.sorted(lambda i: (i.date_done, i.program_step_id.place))
            ]
            self.assertEqual(places, sorted(set(places)), "in order, each once")
        self.assert_entered_once(enrollments)
        self.assert_capped()

    def assert_entered_once(self, enrollments):
        keys = [(e.sale_order_id.id, e.relationship_id.id) for e in enrollments]
        self.assertEqual(len(keys), len(set(keys)), "entered twice for an order")

    def assert_capped(self):
        """Assert that no customer got more within some days than the limit allows."""
        done = self.env["crm.interaction"].search(
            [
                ("partner_id", "in", self.people.ids),
                ("state", "=", "done"),
                ("kind", "!=", "service"),
                ("along_id", "=", False),
            ],
            order="date_done",
        )
        for customer, own in done.grouped("relationship_id").items():
            moments = own.mapped("date_done")
            for first, later in zip(moments, moments[CAP:], strict=False):
                self.assertGreaterEqual(
                    later - first + TOLERANCE,
                    timedelta(days=CAP_DAYS),
                    f"{customer.display_name} {moments} {fields.Datetime.now()}",
                )
