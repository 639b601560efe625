"""What this addon adds to the screens of others, which everybody uses all day.

Each is counted twice, with this addon and without its fields and overrides.
"""

from contextlib import nullcontext

from odoo import Command
from odoo.tests import Form, freeze_time, tagged

from .common import NOW, RelationshipCase, own_login
from .common_without import get_specification, without_our_overrides

BUDGET = 10
FORMS = ("res.partner", "sale.order", "crm.lead")
LISTS = {
    "res.partner": ("list", "kanban"),
    "sale.order": ("list", "kanban"),
    "crm.lead": ("list", "kanban"),
    "mail.activity": ("list",),
}


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCoreSpeed(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # as people work: with notes in the chatter
        cls.env = cls.env(context={"allowed_company_ids": cls.company.ids})
        birthday = cls.env["crm.occasion"].create(
            {"name": "Birthday", "kind": "birthday"}
        )
        cls.plan = cls.make_plan({}, {"occasion_id": birthday.id})
        cls.staff = (cls.sari, cls.manager, cls.system)
        cls.partner = cls._make_life("Ibu Sri", phone="+62 811 100 200")
        cls._make_life("Pak Raden", phone="+62 811 100 201")
        cls.firm = cls._make_life("Toko Maju", phone="+62 811 100 202", is_company=True)
        cls.nobody = cls.make_customer("Nobody Yet", email="nobody@example.com")

    @classmethod
    def _make_staff(cls):
        super()._make_staff()
        cls.system = cls.manager.copy({"login": own_login("system"), "name": "System"})
        cls.system.group_ids += cls.env.ref("base.group_system")
        discounts = cls.env.ref("sale.group_discount_per_so_line")
        for user in cls.sari + cls.manager + cls.system:
            user.group_ids += discounts

    @classmethod
    def _make_life(cls, name, **values):
        """Return a customer with orders, an opportunity and what this addon adds."""
        partner = cls.make_customer(
            name,
            email=f"{name.replace(' ', '.')}@example.com",
            user_id=cls.sari.id,
            **values,
        )
        cls.make_order(partner, days_ago=3, user_id=cls.sari.id)
        cls.make_quotation(partner, user_id=cls.sari.id)
        cls.env["crm.lead"].create(
            {"name": name, "partner_id": partner.id, "user_id": cls.sari.id}
        )
        partner.activity_schedule("mail.mail_activity_data_call", user_id=cls.sari.id)
        relationship = cls.make_relationship(partner, plan_id=cls.plan.id)
        cls.make_open(relationship)
        cls.make_interaction(partner.relationship_id, state="done", date_done=NOW)
        partner.consent_selling = "granted"
        return partner

    # ------------------------------------------------------------------
    # Counting
    # ------------------------------------------------------------------

    def count_queries(self, user, work, ours):
        """Return the queries of some work, as in a request of its own."""
        counted = nullcontext() if ours else without_our_overrides(self.env)
        env = self.env(user=user)
        with counted, self.env.cr.savepoint() as savepoint:
            self.env.cr.flush()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            work(env, ours)
            self.env.cr.flush()  # with what waits for the commit
            found = self.env.cr.sql_log_count - before
            savepoint.rollback()
        self.env.invalidate_all()
        return found

    def assert_cheap(self, name, work):
        """Fail where this addon adds too many queries to some work of anybody."""
        for user in self.staff:
            found = {}
            for ours in (True, False):
                self.count_queries(user, work, ours)  # fills the caches
                found[ours] = self.count_queries(user, work, ours)
            with self.subTest(name, user=user.name):
                self.assertLessEqual(found[True] - found[False], BUDGET)

    # ------------------------------------------------------------------
    # Looking
    # ------------------------------------------------------------------

    def test_new_forms(self):
        for name in FORMS:

            def open_form(env, ours, model=name):
                spec = get_specification(env[model], "form", ours)
                env[model].onchange({}, [], spec)

            self.assert_cheap(f"new {name}", open_form)

    def test_forms(self):
        for name in FORMS:
            record = self.partner
            if name != "res.partner":
                record = self.env[name].search(
                    [("partner_id", "=", self.partner.id)], limit=1
                )

            def open_form(env, ours, record=record):
                spec = get_specification(env[record._name], "form", ours)
                record.with_env(env).web_read(spec)

            self.assert_cheap(f"open {name}", open_form)

    def test_lists(self):
        for name, kinds in LISTS.items():
            for kind in kinds:

                def open_list(env, ours, model=name, kind=kind):
                    spec = get_specification(env[model], kind, ours)
                    env[model].web_search_read([], spec, limit=80)

                self.assert_cheap(f"{kind} of {name}", open_list)

    def test_composer(self):
        def open_composer(env, ours):
            composer = env["mail.compose.message"].with_context(
                default_model="res.partner",
                default_res_ids=self.partner.ids,
                default_composition_mode="comment",
                default_partner_ids=self.partner.ids,
            )
            composer.onchange({}, [], get_specification(composer, "form", ours))

        self.assert_cheap("composer", open_composer)

    # ------------------------------------------------------------------
    # Saving
    # ------------------------------------------------------------------

    def test_contacts(self):
        def create(env, ours):
            env["res.partner"].create(
                {"name": "New", "email": "new@example.com", "phone": "+62 811 99 88 77"}
            )

        def rename(env, ours):
            self.partner.with_env(env).write({"name": "Renamed", "street": "Here 1"})

        def change_address(env, ours):
            self.partner.with_env(env).write(
                {"email": "other@example.com", "phone": "+62 811 99 88 77"}
            )

        def join(env, ours):
            self.nobody.with_env(env).parent_id = self.firm

        self.assert_cheap("create contact", create)
        self.assert_cheap("rename contact", rename)
        self.assert_cheap("change address", change_address)
        self.assert_cheap("join firm", join)

    def test_firm_with_people(self):
        def create(env, ours):
            env["res.partner"].create(
                {
                    "name": "Firm",
                    "is_company": True,
                    "child_ids": [
                        Command.create({"name": "One", "email": "one@example.com"}),
                        Command.create({"name": "Two", "email": "two@example.com"}),
                    ],
                }
            )

        self.assert_cheap("firm", create)

    def test_quotations(self):
        quotation = self.env["sale.order"].search(
            [("partner_id", "=", self.partner.id), ("state", "=", "draft")]
        )

        def create(env, ours):
            env["sale.order"].create(self.order_values(self.partner))

        def discount(env, ours):
            quotation.with_env(env).order_line.discount = 10

        def save_form(env, ours):
            with Form(quotation.with_env(env)) as form, form.order_line.edit(0) as line:
                line.discount = 10

        def confirm(env, ours):
            quotation.with_env(env).action_confirm()

        def cancel(env, ours):
            quotation.with_env(env).action_cancel()

        self.assert_cheap("create quotation", create)
        self.assert_cheap("discount", discount)
        self.assert_cheap("save discount in the form", save_form)
        self.assert_cheap("confirm", confirm)
        self.assert_cheap("cancel quotation", cancel)
        self.make_program(1, 3)
        self.assert_cheap("confirm and follow up", confirm)

    def test_leads(self):
        lead = self.env["crm.lead"].create(
            {
                "name": "New shop",
                "type": "lead",
                "partner_name": "New Shop Ltd",
                "contact_name": "Nina New",
                "email_from": "nina@example.com",
                "phone": "+62 811 99 88 77",
                "user_id": self.sari.id,
            }
        )

        def create(env, ours):
            env["crm.lead"].create({"name": "Lead", "partner_id": self.partner.id})

        def convert(env, ours):
            context = {"active_model": "crm.lead", "active_ids": lead.ids}
            wizard = env["crm.lead2opportunity.partner"].with_context(
                **context, active_id=lead.id
            )
            wizard.create({"name": "convert", "action": "create"}).action_apply()

        def win(env, ours):
            lead.with_env(env).action_set_won()

        self.assert_cheap("create lead", create)
        self.assert_cheap("convert lead", convert)
        self.assert_cheap("win lead", win)

    def test_chatter(self):
        order = self.env["sale.order"].search([("partner_id", "=", self.partner.id)])[0]
        activity = self.partner.activity_ids[0]

        def schedule(env, ours):
            self.partner.with_env(env).activity_schedule(
                "mail.mail_activity_data_todo", user_id=env.uid
            )

        def finish(env, ours):
            activity.with_env(env).action_feedback("Done")

        def note(env, ours):
            self.partner.with_env(env).message_post(body="Note")

        def write_on(document):
            return lambda env, ours: document.with_env(env).message_post(
                body="Hello",
                partner_ids=document.ids
                if document == self.nobody
                else document.partner_id.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )

        self.assert_cheap("schedule", schedule)
        self.assert_cheap("finish", finish)
        self.assert_cheap("note", note)
        self.assert_cheap("message", write_on(order))
        self.assert_cheap("message to somebody else", write_on(self.nobody))


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCoreSpeedInStep(TestCoreSpeed):
    """The same where the salesperson of the contact is the dedicated one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company._keep_salespeople("contact")
        for relationship in cls.env["crm.relationship"].search(
            [("company_id", "=", cls.company.id)]
        ):
            assert relationship.user_id == relationship.partner_id.user_id
