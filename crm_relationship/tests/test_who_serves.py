"""Who serves a customer is decided by those who may decide.

Salespeople pass on their own customers and take those whom nobody serves; customers of
colleagues are theirs to keep, whichever way somebody tries.
"""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import TODAY
from .common_who_serves import WhoServesCase


@tagged("post_install", "-at_install")
class TestWhoServesCustomers(WhoServesCase):
    # -- on the contact

    def give(self, relationship, staff, user):
        self.as_user(relationship.partner_id, user).dedicated_user_id = staff

    def test_colleagues_customer_is_not_taken(self):
        for relationship in (self.foreign, self.stood_in):
            for user in (self.sari, self.clerk):
                for staff in (user, self.sari, self.env["res.users"]):
                    with self.subTest(user=user.login, staff=staff.login):
                        with self.assertRaisesRegex(UserError, self.budi.name):
                            self.give(relationship, staff, user)
                        self.assertKept(relationship, self.budi)

    def test_plain_users_decide_nothing(self):
        for relationship in (self.own, self.foreign, self.nobodys):
            staff = relationship.user_id
            with self.assertRaises(UserError):
                self.give(
                    relationship,
                    self.budi if staff != self.budi else self.sari,
                    self.clerk,
                )
            self.assertKept(relationship, staff)

    def test_portal_and_public_decide_nothing(self):
        for user in (self.portal, self.env.ref("base.public_user")):
            with self.assertRaises(AccessError):
                self.own.partner_id.with_user(user).dedicated_user_id = self.budi

    def test_own_customer_is_passed_on(self):
        interaction = self.make_open(self.own)
        self.give(self.own, self.budi, self.sari)
        self.assertKept(self.own, self.budi)
        self.assertEqual(interaction.user_id, self.budi)
        self.assertEqual(interaction.activity_id.user_id, self.budi)

    def test_own_customer_with_a_stand_in_who_left(self):
        self.own.backup_user_id = self.stranger
        self.give(self.own, self.budi, self.sari)
        self.assertKept(self.own, self.budi)

    def test_own_customer_is_given_up(self):
        self.give(self.own, self.env["res.users"], self.sari)
        self.assertKept(self.own, self.env["res.users"])

    def test_nobodys_customer_is_taken(self):
        self.give(self.nobodys, self.sari, self.sari)
        self.assertKept(self.nobodys, self.sari)

    def test_new_customer_is_taken(self):
        partner = (
            self.env["res.partner"]
            .with_user(self.sari)
            .create({"name": "New", "dedicated_user_id": self.sari.id})
        )
        self.assertEqual(partner.relationship_id.sudo().user_id, self.sari)

    def test_new_contact_of_a_colleagues_customer(self):
        """A person of a firm is served by who serves the firm."""
        with self.assertRaises(UserError):
            self.env["res.partner"].with_user(self.sari).create(
                {
                    "name": "Clerk",
                    "parent_id": self.foreign.partner_id.id,
                    "dedicated_user_id": self.sari.id,
                }
            )
        self.assertKept(self.foreign, self.budi)

    def test_salesperson_of_the_last_sale_comes_first(self):
        partner = self.make_customer()
        self.make_order(partner, user_id=self.budi.id)
        with self.assertRaises(UserError):
            partner.with_user(self.sari).dedicated_user_id = self.sari
        self.assertFalse(
            self.env["crm.relationship"]
            .search([("partner_id", "=", partner.id)])
            .filtered(lambda r: r.user_id == self.sari)
        )

    def test_all_documents_and_administrators_decide(self):
        for user in (self.all_documents, self.manager):
            for staff in (self.sari, self.budi):
                self.give(self.foreign, staff, user)
                self.assertKept(self.foreign, staff)

    def test_administrator_of_another_company(self):
        """The same contact is served by somebody else there."""
        self.give(self.foreign, self.stranger, self.stranger)
        self.assertKept(self.foreign, self.budi)
        there = self.env["crm.relationship"].search(
            [
                ("partner_id", "=", self.foreign.partner_id.id),
                ("company_id", "=", self.other_company.id),
            ]
        )
        self.assertEqual(there.user_id, self.stranger)
        with self.assertRaises(AccessError):
            self.foreign.with_user(self.stranger).user_id = self.stranger

    def test_nobody_is_named_who_may_not_serve(self):
        for user in (self.sari, self.all_documents, self.manager):
            for staff in (self.stranger, self.portal):
                with self.subTest(user=user.login, staff=staff.login):
                    with self.assertRaises(UserError):
                        self.give(self.own, staff, user)
                    self.assertKept(self.own, self.sari)

    def test_unchanged_is_no_decision(self):
        self.give(self.foreign, self.budi, self.sari)
        self.give(self.foreign, self.budi, self.clerk)
        self.assertKept(self.foreign, self.budi)

    def test_import(self):
        partner = self.foreign.partner_id
        [[xml_id]] = partner._export_rows([["id"]])
        result = (
            self.env["res.partner"]
            .with_user(self.sari)
            .load(["id", "dedicated_user_id/.id"], [[xml_id, str(self.sari.id)]])
        )
        self.assertFalse(result["ids"])
        self.assertKept(self.foreign, self.budi)

    def test_form(self):
        with Form(self.own.partner_id.with_user(self.sari)) as form:
            form.dedicated_user_id = self.budi
        self.assertKept(self.own, self.budi)

    # -- on the relationship

    def test_relationship(self):
        for vals in (
            {"user_id": self.sari.id},
            {"backup_user_id": self.sari.id},
        ):
            for user in (self.sari, self.clerk, self.internal, self.portal):
                with self.assertRaises(AccessError):
                    self.foreign.with_user(user).write(vals)
            with self.assertRaises(AccessError):
                self.own.with_user(self.sari).write(vals)
        for user in (self.all_documents, self.manager):
            with self.assertRaises(UserError):
                self.foreign.with_user(user).user_id = self.stranger
            with self.assertRaises(UserError):
                self.foreign.with_user(user).backup_user_id = self.portal
            self.foreign.with_user(user).backup_user_id = self.sari

    # -- merged and moved contacts

    def test_merging_takes_no_customer(self):
        for user in (self.sari, self.clerk):
            with self.assertRaises(UserError) as refused:
                self.merge(self.own.partner_id, self.foreign.partner_id, user=user)
            self.assertIn(self.budi.name, str(refused.exception))
            self.assertKept(self.foreign, self.budi)

    def test_merging_own_into_a_colleagues(self):
        self.merge(self.foreign.partner_id, self.own.partner_id, user=self.sari)
        self.assertFalse(self.own.exists())
        self.assertKept(self.foreign, self.budi)

    def test_merging_what_nobody_serves(self):
        self.merge(self.make_customer("Twin"), self.nobodys.partner_id, user=self.clerk)
        twin = self.make_customer("Twin")
        self.merge(twin, self.foreign.partner_id, user=self.clerk)
        self.assertEqual(twin.relationship_id.user_id, self.budi, "nothing changes")

    def test_merging_by_those_who_decide(self):
        self.merge(self.own.partner_id, self.foreign.partner_id, user=self.manager)
        self.assertKept(self.own, self.sari)

    def test_joining_a_firm_takes_no_customer(self):
        for user in (self.sari, self.clerk):
            with (
                self.assertRaisesRegex(UserError, self.budi.name),
                self.env.cr.savepoint(),  # what was refused is taken back
            ):
                self.foreign.partner_id.with_user(user).parent_id = self.own.partner_id
            self.assertKept(self.foreign, self.budi)

    def test_joining_the_colleagues_firm(self):
        self.own.partner_id.with_user(self.sari).parent_id = self.foreign.partner_id
        self.assertKept(self.foreign, self.budi)

    def test_joining_a_firm_by_those_who_decide(self):
        partner = self.foreign.partner_id.with_user(self.all_documents)
        partner.parent_id = self.own.partner_id
        self.assertKept(self.own, self.sari)

    # -- users who leave

    def test_customers_are_handed_over_by_those_who_manage_users(self):
        for user in (self.sari, self.manager, self.internal):
            for archive in (
                lambda records: records.action_archive(),
                lambda records: records.write({"active": False}),
            ):
                with self.assertRaises(AccessError):
                    archive(self.budi.with_user(user))
                self.assertEqual(self.foreign.user_id, self.budi)


@tagged("post_install", "-at_install")
class TestWhoseActivity(WhoServesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.interaction = cls.make_open(cls.foreign)
        cls.activity = cls.interaction.activity_id

    def attempts(self, activity):
        """Return what a colleague may try, by name."""
        other = self.make_customer("Other")
        return {
            "move": lambda: activity.write({"date_deadline": TODAY}),
            "take": lambda: activity.write({"user_id": activity.env.uid}),
            "rename": lambda: activity.write({"summary": "Mine"}),
            "detach": lambda: activity.write({"res_id": other.id}),
            "close": lambda: activity.write({"active": False}),
            "done": lambda: activity.action_done(),
            "feedback": lambda: activity.action_feedback(feedback="Mine"),
            "next": lambda: activity.action_done_schedule_next(),
            "cancel": lambda: activity.action_cancel(),
            "delete": lambda: activity.unlink(),
            "today": lambda: activity.action_reschedule_today(),
            "command": lambda: self.interaction.partner_id.with_user(
                activity.env.user
            ).write({"activity_ids": [Command.update(activity.id, {"summary": "M"})]}),
            "delete by command": lambda: self.interaction.partner_id.with_user(
                activity.env.user
            ).write({"activity_ids": [Command.delete(activity.id)]}),
        }

    def assertUntouched(self):
        self.env.invalidate_all()
        self.assertTrue(self.activity.exists())
        self.assertTrue(self.activity.active)
        self.assertEqual(self.activity.user_id, self.budi)
        self.assertEqual(self.interaction.state, "open")

    def test_colleagues_leave_it_alone(self):
        for user in (self.sari, self.clerk):
            activity = self.activity.with_user(user)
            for name, attempt in self.attempts(activity).items():
                with self.subTest(user=user.login, attempt=name):
                    with self.assertRaisesRegex(UserError, self.budi.name):
                        attempt()
                    self.assertUntouched()

    def test_administrator_of_another_company(self):
        activity = self.as_user(self.activity, self.stranger)
        for name, attempt in self.attempts(activity).items():
            with self.subTest(attempt=name):
                with self.assertRaises(UserError):
                    attempt()
                self.assertUntouched()

    def test_outsiders(self):
        for user in (self.internal, self.portal, self.env.ref("base.public_user")):
            for name in ("move", "take", "done", "cancel"):
                with self.subTest(user=user.login, attempt=name):
                    with self.assertRaises(AccessError):
                        self.attempts(self.activity.with_user(user))[name]()
                    self.assertUntouched()

    def test_assignee_does_with_it_as_usual(self):
        activity = self.activity.with_user(self.budi)
        activity.date_deadline = TODAY + timedelta(days=2)
        activity.user_id = self.sari
        self.assertEqual(self.interaction.user_id, self.sari)

    def test_those_who_decide(self):
        for user in (self.all_documents, self.manager):
            activity = self.make_open(self.foreign).activity_id.with_user(user)
            activity.user_id = self.sari
            activity.date_deadline = TODAY + timedelta(days=2)
            activity.action_feedback(feedback="Met at the fair")

    def test_dedicated_salesperson(self):
        interaction = self.make_open(self.own, user_id=self.budi.id)
        interaction.activity_id.with_user(self.sari).action_feedback(feedback="Met")
        self.assertEqual(interaction.state, "done")

    def test_nobodys_activity(self):
        interaction = self.make_open(self.nobodys, user_id=False)
        activity = interaction.activity_id
        for user in (self.sari, self.clerk):
            with self.assertRaises(UserError):
                activity.with_user(user).user_id = user
        activity.with_user(self.manager).user_id = self.sari
        self.assertEqual(interaction.user_id, self.sari)

    def test_goes_to_nobody_who_may_not_serve(self):
        for user in (self.budi, self.all_documents, self.manager):
            for staff in (self.stranger, self.portal):
                with self.subTest(user=user.login, staff=staff.login):
                    with self.assertRaises(UserError):
                        self.activity.with_user(user).user_id = staff
                    self.assertUntouched()

    def test_stays_on_its_contact(self):
        for user in (self.budi, self.all_documents, self.manager):
            with self.assertRaises(UserError):
                self.attempts(self.activity.with_user(user))["detach"]()
            self.assertUntouched()

    def test_other_activities_are_left_to_odoo(self):
        activity = self.foreign.partner_id.activity_schedule(
            "mail.mail_activity_data_todo", user_id=self.budi.id
        )
        activity.with_user(self.sari).user_id = self.sari
        activity.with_user(self.sari).action_feedback(feedback="Done")
