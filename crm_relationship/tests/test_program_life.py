"""Two months of a program with all that steps can do, played in any order.

A brother of `test_ordinary_life`. Whatever customers, salespeople, managers and the
clock do: steps stay in order, no limit is exceeded, nothing is sent after its end, for
a cancelled order or one that is another customer's by now, nothing sells while a
complaint is open or to somebody for whom the program is not meant, and nobody goes
through a program twice for the same thing.
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
        cls.company.relationship_first_count = 1
        cls.elsewhere = cls.make_segment("Elsewhere")
        cls.home = (
            cls.env["crm.relationship"]
            .search([("partner_id", "in", cls.people.ids)], limit=1)
            .segment_id
        )
        cls.offer = cls._make_offer()
        cls.programs = cls.program + cls.offer

    @classmethod
    def _make_offer(cls):
        """Return a program of the same priority that sells, to one segment."""
        return cls.env["crm.program"].create(
            {
                "name": "A second one",
                "trigger": "sale_confirmed",
                "objective": "retention",
                "segment_ids": [Command.set(cls.home.ids)],
                "step_ids": [
                    Command.create(
                        {
                            "name": name,
                            "delay": delay,
                            "sequence": rank,
                            "touchpoint_ids": [Command.set((cls.email + cls.sms).ids)],
                            **cls._make_templates(name),
                        }
                    )
                    for rank, (name, delay) in enumerate(
                        (("Anything else?", 2), ("Still nothing else?", 9))
                    )
                ],
            }
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
            *("amend", "pass_on", "complain", "solve", "move", "archive"),
        )
        return strategies.one_of(
            *(wait,) * 5,
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

    def amend(self, person):
        """Something is added to the order, or put back that was given back."""
        if order := self._get_last_order(person):
            order.order_line[:1].product_uom_qty += 1

    def pass_on(self, person):
        """The order was somebody else's."""
        rank = list(self.people).index(person)
        order = self._get_last_order(person)
        order.partner_id = self.people[rank - 1].exists() or person

    def complain(self, person):
        if interaction := self._get_open(person):
            try:
                with self.env.cr.savepoint():
                    interaction._close_done({"outcome": "complaint"})
            except UserError:
                return  # as in ``reach``

    def solve(self, person):
        if complaints := self._get_complaints(person):
            complaints[0].action_solve_complaint()

    def _get_complaints(self, person):
        customer = person.commercial_partner_id
        return self.env["crm.interaction"].search(
            [
                ("relationship_id.partner_id", "=", customer.id),
                ("company_id", "=", self.company.id),
                ("is_complaint_open", "=", True),
            ]
        )

    def move(self, person):
        """The customer changes the segment, or comes back."""
        relationship = person.relationship_id
        elsewhere = relationship.segment_id == self.elsewhere
        relationship._move_to(self.home if elsewhere else self.elsewhere, "test")

    def archive(self, _person):
        self.offer.active = not self.offer.active

    # ------------------------------------------------------------------
    # What must hold
    # ------------------------------------------------------------------

    def note(self, kind, interaction, address):
        super().note(kind, interaction, address)
        self.sent_by |= interaction.enrollment_id.program_id
        if interaction.kind == "selling":
            self.assertFalse(self._get_complaints(interaction.partner_id))
        if program := interaction.enrollment_id.program_id:
            self.assertFalse(sense.find_expired(interaction), "sent after its end")
            self.assertTrue(program.active, "archived")
            customer = interaction.partner_id.commercial_partner_id
            order = interaction.sale_order_id
            self.assertEqual(order.partner_id.commercial_partner_id, customer)
            if program.segment_ids:
                segment = interaction.relationship_id.segment_id
                self.assertIn(segment, program.segment_ids, "not meant any more")

    def assert_in_order(self):
        """Assert that of no enrollment a step was made before an earlier one."""
        enrollments = self.env["crm.program.enrollment"].search(
            [("program_id", "in", self.programs.ids)]
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
        keys = [(e.program_id, e.sale_order_id, e.relationship_id) for e in enrollments]
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

    # ------------------------------------------------------------------
    # What is put to the test
    # ------------------------------------------------------------------

    def setUp(self):
        super().setUp()
        self.sent_by = self.env["crm.program"]

    def test_what_sells_is_sent_too(self):
        """Whatever hypothesis chooses: the rules are tried on both programs.

        Where somebody is reached and then left alone, what sells gets its place behind
        the follow-up.
        """
        self.total = 0
        self.play_apart(
            [("order", 3), ("wait", 2), ("reach", 3), ("wait", 20), ("wait", 20)]
        )
        self.assertEqual(self.sent_by, self.programs)
