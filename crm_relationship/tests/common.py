"""What the addon's tests share: companies, users, channels and short helpers."""

from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import TransactionCase, freeze_time, new_test_user

# A Tuesday, ten in the morning in Jakarta, where the company of the tests is.
NOW = datetime(2026, 3, 31, 3, 0)
TODAY = NOW.date()
# Neither notes nor mails; nor a delivery for each order, where the app for them is.
QUIET = {
    "tracking_disable": True,
    "mail_create_nosubscribe": True,
    "mail_create_nolog": True,
    "no_reset_password": True,
    "skip_procurement": True,
}


def own_login(name):
    """Return a login that no demo data, and nobody else's test, has taken."""
    return f"{name}.crm_relationship_test"


def make_tour_user(env, name, group, **values):
    """Return a salesperson with a name that a tour can read."""
    return new_test_user(
        env,
        own_login(name),
        f"sales_team.{group}",
        name=name.replace("_", " ").title(),
        tz="UTC",
        **values,
    )


def set_live(company):
    """Let a company work with all automated channels; nothing is spread."""
    channels = company.env["crm.touchpoint"].with_context(active_test=False)
    company.write(
        {
            "relationship_state": "live",
            "live_touchpoint_ids": [
                Command.set(channels.search([("mode", "=", "automated")]).ids)
            ],
        }
    )


@freeze_time(NOW)
class RelationshipCase(TransactionCase):
    """Two companies without history, users of every access level, own channels.

    Default segments, programs and channels are archived, so that a test sees only what
    it has created itself.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr._now = NOW
        cls.env = cls.env(context={**cls.env.context, **QUIET})
        for model in ("crm.program", "crm.segment", "crm.touchpoint"):
            cls.env[model].search([]).active = False
        cls.company, cls.other_company = cls.env["res.company"].create(
            [{"name": "Toko Musik"}, {"name": "Elsewhere Ltd"}]
        )
        cls.company.partner_id.tz = "Asia/Jakarta"
        # the tests of one truth choose who leads
        (cls.company + cls.other_company).relationship_salesperson = "apart"
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls._make_staff()
        cls._make_touchpoints()
        for company in cls.company + cls.other_company:
            set_live(company)
        cls.product = cls.env["product.product"].create(
            {"name": "CD", "type": "consu", "list_price": 10, "taxes_id": False}
        )

    @classmethod
    def _make_staff(cls):
        def user(name, groups, **values):
            values = {
                "name": name.title(),
                "company_id": cls.company.id,
                "company_ids": [Command.set(cls.company.ids)],
                "tz": "Asia/Jakarta",
                "notification_type": "inbox",
                "context": QUIET,
                **values,
            }
            return new_test_user(cls.env, own_login(name), groups, **values)

        cls.sari = user("sari", "sales_team.group_sale_salesman")
        cls.budi = user("budi", "sales_team.group_sale_salesman")
        cls.all_documents = user("dewi", "sales_team.group_sale_salesman_all_leads")
        cls.manager = user("rina", "sales_team.group_sale_manager")
        cls.internal = user("joko", "base.group_user")
        cls.portal = user(
            "portal_customer", "base.group_portal", notification_type="email"
        )
        cls.stranger = user(
            "stranger",
            "sales_team.group_sale_manager",
            company_id=cls.other_company.id,
            company_ids=[Command.set(cls.other_company.ids)],
        )

    @classmethod
    def _make_touchpoints(cls):
        def touchpoint(kind, mode, cost):
            activity_type = cls.env["mail.activity.type"].create(
                {"name": f"By {kind}", "res_model": "res.partner"}
            )
            return cls.env["crm.touchpoint"].create(
                {
                    "name": kind.title(),
                    "kind": kind,
                    "mode": mode,
                    "unit_cost": cost,
                    "activity_type_id": activity_type.id,
                    "is_offered": True,
                }
            )

        cls.call = touchpoint("call", "personal", 0.5)
        cls.whatsapp = touchpoint("whatsapp", "personal", 0.05)
        cls.visit = touchpoint("visit", "personal", 15)
        cls.email = touchpoint("email", "automated", 0.01)
        cls.sms = touchpoint("sms", "automated", 0.05)

    # ------------------------------------------------------------------
    # Makers
    # ------------------------------------------------------------------

    @classmethod
    def make_customer(cls, name="Customer", **values):
        return cls.env["res.partner"].create({"name": name, **values})

    @classmethod
    def make_relationship(cls, partner=None, company=None, **values):
        """Return a relationship with a salesperson, created if missing."""
        relationship = cls.env["crm.relationship"]._ensure(
            partner or cls.make_customer(), company or cls.company
        )
        relationship.write({"user_id": cls.sari.id, **values})
        return relationship

    @classmethod
    def make_plan(cls, *lines, **values):
        """Return a plan with one line for each dict."""
        lines = lines or ({},)
        return cls.env["crm.contact.plan"].create(
            {
                "name": "Care",
                "line_ids": [
                    Command.create(cls.line_values(sequence=rank, **line))
                    for rank, line in enumerate(lines)
                ],
                **values,
            }
        )

    @classmethod
    def line_values(cls, **values):
        """Return values of a line: a call once a month."""
        touchpoints = values.pop("touchpoints", cls.call)
        return {
            "name": "How are you?",
            "touchpoint_ids": [Command.set(touchpoints.ids)],
            **values,
        }

    @classmethod
    def make_program(cls, *delays, **values):
        """Return a program with a call after each number of days."""
        steps = [
            Command.create(
                {
                    "name": f"Day {delay}",
                    "delay": delay,
                    "sequence": rank,
                    "touchpoint_ids": [Command.set(cls.call.ids)],
                }
            )
            for rank, delay in enumerate(delays or (0, 1, 7))
        ]
        return cls.env["crm.program"].create(
            {
                "name": "After the purchase",
                "trigger": "sale_confirmed",
                "step_ids": steps,
                **values,
            }
        )

    @classmethod
    def make_segment(cls, name, **values):
        return cls.env["crm.segment"].create({"name": name, **values})

    @classmethod
    def make_order(cls, partner, days_ago=0, amount=10.0, company=None, **values):
        """Return an order confirmed some days ago, created without the sale hook."""
        return cls.env["sale.order"].create(
            {
                **cls.order_values(partner, amount, company),
                "state": "sale",
                "date_order": fields.Datetime.now() - timedelta(days=days_ago),
                **values,
            }
        )

    @classmethod
    def order_values(cls, partner, amount=10.0, company=None):
        company = company or cls.company
        return {
            "partner_id": partner.id,
            "company_id": company.id,
            "user_id": False,
            "pricelist_id": False,
            "order_line": [
                Command.create(
                    {
                        "product_id": cls.product.id,
                        "name": "CD",
                        "price_unit": amount,
                        "technical_price_unit": amount,
                        "tax_ids": False,
                    }
                )
            ],
        }

    @classmethod
    def make_quotation(cls, partner, amount=10.0, company=None, **values):
        return cls.env["sale.order"].create(
            {**cls.order_values(partner, amount, company), **values}
        )

    @classmethod
    def make_accounts(cls):
        """Create what posting an invoice needs, and no whole chart of accounts."""
        receivable, income = cls.env["account.account"].create(
            [
                {"name": name, "code": code, "account_type": kind}
                for name, code, kind in (
                    ("Customers", "T110", "asset_receivable"),
                    ("Sales", "T400", "income"),
                )
            ]
        )
        cls.env["ir.default"].set(
            "res.partner",
            "property_account_receivable_id",
            receivable.id,
            company_id=cls.company.id,
        )
        cls.journal = cls.env["account.journal"].create(
            {
                "name": "Customer Invoices",
                "code": "TINV",
                "type": "sale",
                "company_id": cls.company.id,
                "default_account_id": income.id,
            }
        )

    @classmethod
    def make_interaction(cls, relationship=None, **values):
        relationship = relationship or cls.make_relationship()
        return cls.env["crm.interaction"].create(
            {"name": "A word", "relationship_id": relationship.id, **values}
        )

    @classmethod
    def make_open(cls, relationship=None, **values):
        """Return an interaction in its salesperson's queue."""
        values.setdefault("touchpoint_id", cls.call.id)
        interaction = cls.make_interaction(relationship, **values)
        interaction._release()
        return interaction

    # ------------------------------------------------------------------
    # Runs and looks
    # ------------------------------------------------------------------

    @contextmanager
    def at(self, moment):
        """Move the clock, including the database's."""
        cr = self.env.cr
        with freeze_time(moment), patch.object(cr, "_now", moment):
            yield

    def in_days(self, days):
        return self.at(NOW + timedelta(days=days))

    def refresh(self, company=None):
        return self.env["crm.relationship"]._refresh_portfolio(company or self.company)

    @classmethod
    def know_buying(cls, company=None):
        """Let a company have a forecast of this month, and values by its model.

        The parameters are those published for real customers, in weeks.
        """
        company = company or cls.company
        month = company._relationship_today().replace(day=1)
        forecast = cls.env["crm.forecast"].create(
            {
                "company_id": company.id,
                "month": month,
                "date_end": month + timedelta(days=90),
                "is_total": True,
                "expected": 1000,
                "parameters": {
                    "buying": {
                        "r": 0.553,
                        "alpha": 10.578,
                        "s": 0.606,
                        "beta": 11.669,
                    },
                    "spending": {"p": 6.25, "q": 3.74, "gamma": 15.44},
                },
            }
        )
        cls.env["crm.relationship"]._refresh_values(company)
        return forecast

    @classmethod
    def take_snapshots(cls, company=None):
        """Reconstruct the months without a snapshot; return the number of rows."""
        company = company or cls.company
        snapshots = cls.env["crm.relationship.snapshot"]
        months = snapshots._get_missing(company)
        return sum(snapshots._reconstruct(company, month) for month in months)

    def schedule(self, company=None):
        return self.env["crm.interaction"]._schedule(company or self.company)

    def run_cron(self, name):
        """Run a scheduled job of the addon as the scheduler does, commits and all."""
        cron = self.env.ref(f"crm_relationship.ir_cron_{name}")
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()

    def interactions(self, relationship, *states):
        domain = [("relationship_id", "=", relationship.id)]
        if states:
            domain.append(("state", "in", states))
        return self.env["crm.interaction"].search(domain, order="date_due, id")

    def pending(self, relationship):
        return self.interactions(relationship, "scheduled", "open")

    def count_queries(self, function, *args, **values):
        """Return the queries of a call as a request makes it, with nothing read yet."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function(*args, **values)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def merge(self, destination, *sources, user=None):
        """Merge as an administrator does, or a user, with the wizard's own action."""
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard = wizard.with_user(user or self.env.user).create({})
        partners = destination.union(*sources)
        wizard.write(
            {
                "dst_partner_id": destination.id,
                "partner_ids": [Command.set(partners.ids)],
            }
        )
        wizard.action_merge()
        self.env.invalidate_all()
