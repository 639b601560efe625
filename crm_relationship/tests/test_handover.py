"""Somebody leaves: all customers go to others in one step, and nothing is lost."""

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.crm_relationship.models.people import crm_staff_assignment

from .common import NOW, TODAY, own_login
from .test_staff_assignment import AssignmentCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class HandoverCase(AssignmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dewi = cls.all_documents
        cls.keeper = new_test_user(
            cls.env,
            own_login("keeper"),
            "base.group_erp_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def dialog(self, *successors, user=None, **values):
        return (
            self.env["crm.staff.handover"]
            .with_user(user or self.manager)
            .create(
                {
                    "user_id": self.sari.id,
                    "successor_ids": [Command.set([s.id for s in successors])],
                    **values,
                }
            )
        )

    def hand_over(self, *successors, **values):
        self.dialog(*successors, **values).action_apply()
        return self.env["crm.staff.assignment"].search([], limit=1)

    @contextmanager
    def at_once(self, number):
        """Leave more customers than that to the job."""
        with patch.object(crm_staff_assignment, "AT_ONCE", number):
            yield

    def where(self, relationships):
        return SQL("r.id = ANY(%s)", relationships.ids)

    def counts(self, customers):
        return Counter(customer.user_id for customer in customers)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestHandover(HandoverCase):
    def test_one_successor(self):
        customers = self.make_customers(5, self.sari)
        queued = self.make_open(customers[0], date_due=TODAY)
        others = self.make_open(
            self.make_relationship(user_id=self.dewi.id), user_id=self.sari.id
        )
        assignment = self.hand_over(self.budi, note="Likes the violin.")
        self.assertEqual(assignment.state, "applied")
        self.assertEqual(customers.user_id, self.budi)
        self.assertEqual(queued.user_id, self.budi)
        self.assertEqual(queued.activity_id.user_id, self.budi)
        self.assertEqual(others.user_id, self.dewi)
        introductions = self.env["crm.interaction"].search(
            [("assignment_id", "=", assignment.id)]
        )
        self.assertEqual(len(introductions), 5)
        self.assertEqual(introductions.user_id, self.budi)
        for customer in customers:
            self.assertIn("Likes the violin.", customer.message_ids[0].body)
            self.assertIn("from Sari to Budi", customer.message_ids[0].body)
        self.assertTrue(self.sari.active)

    def test_several_share(self):
        customers = self.make_customers(10, self.sari)
        own = self.make_customers(2, self.budi)
        self.hand_over(self.budi, self.dewi)
        self.assertEqual(self.counts(customers), {self.budi: 4, self.dewi: 6})
        self.assertEqual(own.user_id, self.budi)

    def test_more_than_there_is_time_for(self):
        customers = self.make_customers(10, self.sari)
        for user in self.budi + self.dewi:
            user.contact_minutes_day = 2
        assignment = self.hand_over(self.budi, self.dewi)
        self.assertEqual(self.counts(customers), {self.budi: 5, self.dewi: 5})
        beyond = assignment.line_ids.filtered(lambda x: "More than" in x.reason)
        self.assertTrue(beyond)

    def test_a_requirement_outweighs_the_manager(self):
        customers = self.make_customers(3, self.sari)
        self.demand(customers[0])
        assignment = self.hand_over(self.budi)
        self.assertEqual(self.counts(customers), {self.budi: 2, self.sari: 1})
        self.assertEqual(assignment.unassigned_count, 1)

    def test_whoever_suits(self):
        customers = self.make_customers(6, self.sari)
        self.hand_over(way="all")
        self.assertNotIn(self.sari, customers.user_id)
        self.assertEqual(set(self.counts(customers).values()), {2})

    def test_who_has_stood_in(self):
        customers = self.make_customers(3, self.sari)
        customers[0].backup_user_id = self.dewi
        customers[1].backup_user_id = self.stranger
        assignment = self.hand_over(way="stand_in")
        self.assertEqual(self.counts(customers), {self.dewi: 1, self.sari: 2})
        self.assertEqual(assignment.unassigned_count, 2)
        self.sari.deputy_id = self.budi
        self.hand_over(way="stand_in")
        self.assertEqual(self.counts(customers), {self.dewi: 1, self.budi: 2})

    def test_who_has_stood_in_and_does_not_suit(self):
        """The next one who does, else what stands in the way: told, not tried."""
        customers = self.make_customers(3, self.sari)
        customers.backup_user_id = self.dewi
        self.sari.deputy_id = self.budi
        self.demand(customers[0])
        self.tag.user_ids = self.budi
        self.dewi.qualified_segment_ids = self.make_segment("Other")
        self.hand_over(way="stand_in")
        self.assertEqual(self.counts(customers), {self.budi: 3})
        customers.user_id = self.sari
        self.tag.user_ids = self.manager
        assignment = self.hand_over(way="stand_in")
        self.assertEqual(self.counts(customers), {self.budi: 2, self.sari: 1})
        self.assertEqual((assignment.unassigned_count, assignment.left_count), (1, 0))
        unmet = assignment.line_ids.filtered(lambda line: not line.new_user_id)
        self.assertIn(self.tag.name, unmet.reason)

    def test_undone(self):
        customers = self.make_customers(3, self.sari)
        assignment = self.hand_over(self.budi)
        assignment.with_user(self.manager).action_undo()
        self.assertEqual(customers.user_id, self.sari)

    def test_looked_at_first(self):
        customers = self.make_customers(3, self.sari)
        action = self.dialog(self.budi).action_propose()
        self.assertEqual(customers.user_id, self.sari)
        assignment = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(assignment.state, "ready")
        assignment.with_user(self.manager).action_compute()
        self.assertEqual(assignment.move_count, 3)
        assignment.with_user(self.manager).action_apply()
        self.assertEqual(customers.user_id, self.budi)

    def test_what_is_told_before(self):
        customers = self.make_customers(3, self.sari)
        self.make_open(customers[0])
        dialog = self.dialog(self.budi)
        self.assertEqual(dialog.customer_count, 3)
        self.assertEqual(dialog.interaction_count, len(self.pending(customers[0])) + 2)

    # -- archiving

    def test_archiving_asks(self):
        user = self.sari.with_user(self.keeper)
        customers = self.make_customers(3, self.sari)
        with self.assertRaises(RedirectWarning) as caught:
            user.action_archive()
        message, action, _button, context = caught.exception.args
        self.assertIn("Customers: 3;", message)
        self.assertEqual(
            self.env["ir.actions.act_window"].browse(action).res_model,
            "crm.staff.handover",
        )
        self.assertEqual(context["default_user_id"], self.sari.id)
        dialog = (
            self.env["crm.staff.handover"]
            .with_user(self.keeper)
            .with_context(**context)
            .create({"successor_ids": [Command.set(self.budi.ids)]})
        )
        self.assertTrue(dialog.archives)
        dialog.action_apply()
        self.assertFalse(self.sari.active)
        self.assertEqual(customers.user_id, self.budi)

    def test_archiving_without_customers_asks_nothing(self):
        user = self.dewi.with_user(self.keeper)
        user.action_archive()
        self.assertFalse(user.active)

    def test_archiving_those_for_whom_nobody_is_found(self):
        """Their interactions stay, and the board tells it."""
        customer = self.make_customers(1, self.sari)
        self.demand(customer)
        queued = self.make_open(customer)
        self.hand_over(self.budi, user=self.keeper, archives=True)
        self.assertFalse(self.sari.active)
        self.assertFalse(customer.user_id)
        self.assertEqual(queued.state, "open")
        self.assertFalse(queued.user_id)
        self.assertEqual(customer.care_reason, "no_staff")

    def test_archived_when_the_job_has_done_it(self):
        customers = self.make_customers(5, self.sari)
        with self.at_once(2):
            self.hand_over(self.budi, user=self.keeper, archives=True)
            self.assertTrue(self.sari.active)
            self.assertEqual(customers.user_id, self.sari)
            self.run_cron("assign")
        self.assertFalse(self.sari.active)
        self.assertEqual(customers.user_id, self.budi)

    def test_archived_by_other_ways(self):
        """An import, a synchronization, SQL, a portal user: the night sees to it."""
        for way in ("write", "sql", "portal"):
            with self.subTest(way=way), self.env.cr.savepoint() as savepoint:
                kept, lost = self.make_customers(2, self.sari)
                kept.backup_user_id = self.budi
                queued = self.make_open(kept)
                waiting = self.make_open(lost)
                if way == "write":
                    self.sari.write({"active": False})
                elif way == "portal":
                    self.sari.group_ids = self.env.ref("base.group_portal")
                else:
                    self.env.flush_all()
                    self.env.cr.execute(
                        "UPDATE res_users SET active = FALSE WHERE id = %s",
                        [self.sari.id],
                    )
                    self.env.invalidate_all()
                self.env["res.users"]._follow_gone()
                self.env["crm.relationship"]._update_contact_state(
                    self.where(kept + lost)
                )
                (kept + lost)._judge_care()
                self.assertEqual(kept.user_id, self.budi)
                self.assertEqual(queued.user_id, self.budi)
                self.assertEqual(queued.activity_id.user_id, self.budi)
                self.assertEqual(waiting.state, "open")
                self.assertFalse(waiting.user_id)
                self.assertRecordValues(
                    lost, [{"care_state": "fault", "care_reason": "no_staff"}]
                )
                savepoint.rollback()
                self.env.invalidate_all()

    def test_deleting_asks(self):
        """And where nobody is asked, stand-ins follow, and nothing is lost."""
        kept, lost = self.make_customers(2, self.sari)
        kept.backup_user_id = self.budi
        queued, waiting = self.make_open(kept), self.make_open(lost)
        later = self.make_interaction(lost, date_due=TODAY + timedelta(days=60))
        leaver = self.sari
        with self.assertRaisesRegex(RedirectWarning, "Customers: 2"):
            leaver.with_user(self.keeper).unlink()
        # of whom nothing depends
        spare = new_test_user(self.env, own_login("spare"), "base.group_user")
        self.keeper.group_ids += self.env.ref("base.group_partner_manager")
        spare.with_user(self.keeper).unlink()
        leaver.unlink()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(kept.user_id, self.budi)
        self.assertEqual(queued.user_id, self.budi)
        self.assertEqual(queued.activity_id.user_id, self.budi)
        self.assertEqual((waiting.state, later.state), ("open", "scheduled"))
        self.assertFalse((waiting + later).user_id)
        (kept + lost)._judge_care()
        self.assertRecordValues(
            lost, [{"care_state": "fault", "care_reason": "no_staff"}]
        )

    def test_taking_access_away_asks(self):
        """Sales, the company, or being an internal user: whoever is needed serves on.

        Where nobody is asked, whoever lost Sales alone does what is left by Odoo's own
        activities; the others' customers go to stand-ins: `test_archived_by_other_ways`
        """
        customers = self.make_customers(2, self.sari)
        [queued] = self.make_open(customers[0])
        plain = self.env.ref("base.group_user")
        ways = {
            "sales": {"group_ids": [Command.set(plain.ids)]},
            "company": {
                "company_id": self.other_company.id,
                "company_ids": [Command.set(self.other_company.ids)],
            },
            "portal": {
                "group_ids": [Command.set(self.env.ref("base.group_portal").ids)]
            },
        }
        self.keeper.company_ids += self.other_company
        mine = self.sari.with_user(self.keeper)
        for name, vals in ways.items():
            with (
                self.subTest(name),
                self.assertRaisesRegex(RedirectWarning, "Choose who follows") as found,
                self.env.cr.savepoint(),
            ):
                mine.write(vals)
            self.assertEqual(found.exception.args[3], {"default_user_id": self.sari.id})
            # as after a request that fails
            self.env.invalidate_all()
            self.env.registry.clear_all_caches()
            self.assertEqual(customers.user_id, self.sari)
            self.assertEqual(queued.user_id, self.sari)
        # more rights, or none that are needed, take nothing away
        mine.write({"group_ids": [Command.link(plain.id)]})
        mine.write({"company_ids": [Command.link(self.other_company.id)]})
        mine.write({"company_ids": [Command.unlink(self.other_company.id)]})
        self.hand_over(self.budi)
        mine.write(ways["sales"])
        self.assertEqual(customers.user_id, self.budi)

    def test_taking_access_away_from_a_group_or_company_asks(self):
        """What the form of the user asks is asked wherever access can be taken away."""
        self.keeper.group_ids += self.env.ref("base.group_system")
        customers = self.make_customers(2, self.sari)
        seller = self.env.ref("sales_team.group_sale_salesman")
        desk, wider = (
            self.env["res.groups"].create({"name": name, "implied_ids": implied.ids})
            for name, implied in (("Desk", seller), ("Wider", self.env["res.groups"]))
        )
        wider.implied_ids = desk
        self.sari.group_ids = self.env.ref("base.group_user") + wider
        sari = self.sari.id
        ways = {
            "users": lambda: wider.write({"user_ids": [Command.unlink(sari)]}),
            "all users": lambda: wider.write({"all_user_ids": [Command.clear()]}),
            "implied": lambda: desk.write({"implied_ids": [Command.clear()]}),
            "implying": lambda: desk.write(
                {"implied_by_ids": [Command.unlink(wider.id)]}
            ),
            "deleted": lambda: wider.unlink(),
            "company": lambda: self.company.with_user(self.keeper).write(
                {"user_ids": [Command.unlink(sari)]}
            ),
        }
        desk, wider = desk.with_user(self.keeper), wider.with_user(self.keeper)
        for name, take_away in ways.items():
            with (
                self.subTest(name),
                self.assertRaisesRegex(RedirectWarning, "Sari serves") as found,
                self.env.cr.savepoint(),
            ):
                take_away()
            self.assertEqual(found.exception.args[3], {"default_user_id": sari})
            # as after a request that fails
            self.env.invalidate_all()
            self.env.registry.clear_all_caches()
        # others may come and go, and whoever sells by another group still does
        wider.write({"user_ids": [Command.link(self.dewi.id)]})
        wider.write({"user_ids": [Command.unlink(self.dewi.id)]})
        self.sari.group_ids += seller
        wider.write({"user_ids": [Command.unlink(sari)]})
        self.assertEqual(customers.user_id, self.sari)

    def test_whoever_lost_sales_alone_can_still_do_it(self):
        [customer] = self.make_customers(1, self.sari)
        queued = self.make_open(customer)
        self.sari.group_ids = self.env.ref("base.group_user")
        self.assertEqual(queued.user_id, self.sari)
        queued.activity_id.with_user(self.sari).action_feedback("She is well")
        self.assertRecordValues(queued, [{"state": "done", "user_id": self.sari.id}])

    # -- more than there is time for

    def make_queue(self, owner, count):
        """Return calls of today, as the system plans them, in somebody's queue."""
        calls = self.env["crm.interaction"]
        for customer in self.make_customers(count, owner):
            calls += self.make_interaction(
                customer, touchpoint_id=self.call.id, date_due=TODAY, date_planned=NOW
            )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_interaction SET create_uid = NULL WHERE id = ANY(%s)",
            [calls.ids],
        )
        self.env.invalidate_all()
        calls._release()
        self.assertEqual(set(calls.mapped("state")), {"open"})
        return calls

    def get_days(self, user):
        """Return the interactions in somebody's queue: ``{days from today: number}``"""
        activities = (
            self.env["crm.interaction"]
            .search([("user_id", "=", user.id), ("state", "=", "open")])
            .activity_id
        )
        self.assertEqual(activities.user_id, user)
        return Counter((a.date_deadline - TODAY).days for a in activities)

    def test_nobody_gets_more_than_a_day_holds(self):
        """Three calls a day; what comes in addition finds another day."""
        self.company.relationship_first_count = 0
        self.company.relationship_minutes_day = 60
        ways = {
            "handed over": lambda: self.hand_over(self.budi, introduce=False),
            "archived": lambda: self.sari.write({"active": False}),
            "assigned": lambda: customers.write({"user_id": self.budi.id}),
        }
        for name, pass_on in ways.items():
            with self.subTest(name), self.env.cr.savepoint() as savepoint:
                self.make_queue(self.budi, 4)
                calls = self.make_queue(self.sari, 5)
                customers = calls.relationship_id
                customers.backup_user_id = self.budi
                self.assertEqual(self.get_days(self.budi), {0: 3, 1: 1})
                pass_on()
                self.env.invalidate_all()
                self.assertEqual(calls.user_id, self.budi)
                self.assertEqual(self.get_days(self.budi), {0: 3, 1: 3, 2: 3})
                savepoint.rollback()
                self.env.invalidate_all()

    def test_back_in_preview(self):
        """What is in a queue all the same goes along, and stays in one."""
        self.company.relationship_first_count = 0
        [call] = self.make_queue(self.sari, 1)
        self.company.relationship_state = "preview"
        self.hand_over(self.budi, introduce=False)
        self.assertRecordValues(call, [{"state": "open", "user_id": self.budi.id}])
        self.assertEqual(call.activity_id.user_id, self.budi)

    def test_who_follows_is_away(self):
        """Then it is the stand-in's at once, as at any other time."""
        self.company.relationship_first_count = 0
        [call] = self.make_queue(self.sari, 1)
        self.budi.deputy_id = self.dewi
        self.budi._note_absence(TODAY, TODAY, None, self.company)
        self.hand_over(self.budi, introduce=False)
        self.assertEqual((call.user_id, call.for_user_id), (self.dewi, self.budi))
        self.assertEqual(call.activity_id.user_id, self.dewi)

    # -- bad input

    def test_who_cannot_follow(self):
        self.make_customers(1, self.sari)
        archived = self.budi.copy({"login": "gone.budi", "active": False})
        for successors in ((), (self.sari,), (self.stranger,), (archived,)):
            with self.subTest(successors=successors), self.assertRaises(UserError):
                self.hand_over(*successors)
        with self.assertRaises(UserError):
            self.hand_over(self.portal)

    def test_who_may_not(self):
        self.make_customers(1, self.sari)
        for user in (self.sari, self.budi, self.dewi, self.internal):
            with self.assertRaises(AccessError):
                self.hand_over(self.budi, user=user)
        with self.assertRaises(AccessError):
            self.hand_over(self.budi, user=self.manager, archives=True)

    def test_customers_in_other_companies(self):
        self.sari.company_ids += self.other_company
        own = self.make_customers(1, self.sari)
        theirs = self.make_relationship(company=self.other_company)
        with self.assertRaisesRegex(UserError, "Customers there: 1"):
            self.hand_over(self.budi, user=self.keeper, archives=True)
        self.hand_over(self.budi)
        self.assertEqual(own.user_id, self.budi)
        self.assertEqual(theirs.user_id, self.sari)

    def test_two_managers_at_once(self):
        """The second finds that somebody else has decided."""
        customers = self.make_customers(3, self.sari)
        self.dialog(self.budi).action_propose()
        first = self.env["crm.staff.assignment"].search([], limit=1)
        self.hand_over(self.dewi)
        first.action_apply()
        self.assertEqual(first.left_count, 3)
        self.assertEqual(customers.user_id, self.dewi)

    def test_twice(self):
        self.make_customers(3, self.sari)
        self.hand_over(self.budi)
        dialog = self.dialog(self.budi)
        dialog.action_apply()
        with self.assertRaisesRegex(UserError, "serves no customers"):
            dialog.action_propose()

    def test_days_nobody_means(self):
        with self.assertRaises(ValidationError):
            self.dialog(self.budi, introduction_days=168693)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestBulk(HandoverCase):
    """*Assign salesperson / stand-in…*, for whatever is selected in a list."""

    def assign(self, records, user=None, **values):
        wizard = self.env["crm.care.remedy"].with_user(user or self.dewi)
        wizard = wizard.with_context(active_model=records._name, active_ids=records.ids)
        wizard = wizard.create({"remedy": "staff", **values})
        wizard.action_apply()
        return wizard

    def test_contacts(self):
        customers = self.make_customers(2, self.sari)
        new = self.make_customer("New")
        contacts = customers.partner_id + new
        wizard = self.assign(contacts, user_id=self.budi.id)
        self.assertEqual(wizard.customer_count, 3)
        self.assertEqual(customers.user_id, self.budi)
        self.assertEqual(new.dedicated_user_id, self.budi)

    def test_a_stand_in_alone(self):
        customers = self.make_customers(2, self.sari)
        self.assign(customers.partner_id, backup_user_id=self.budi.id)
        self.assertEqual(customers.user_id, self.sari)
        self.assertEqual(customers.backup_user_id, self.budi)

    def test_refused(self):
        customers = self.make_customers(2, self.sari)
        for user in (self.stranger, self.portal):
            with self.assertRaises(UserError):
                self.assign(customers.partner_id, user_id=user.id)
        with self.assertRaises(AccessError):
            self.assign(customers.partner_id, user=self.sari, user_id=self.sari.id)
        self.assertEqual(customers.user_id, self.sari)

    def test_queries_do_not_grow(self):
        def count(number):
            customers = self.make_customers(number, self.sari)
            for customer in customers:
                self.make_interaction(customer, date_due=TODAY)
            return self.count_queries(
                self.assign, customers.partner_id, user_id=self.budi.id
            )

        count(3)
        self.assertLessEqual(count(40), count(5) + 10)
