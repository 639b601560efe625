"""A young company beside the demo's shop: three months of sales, and in Preview.

Its administrator opens the start page, looks at what would happen, and goes live.

The sales are the first weeks of every tenth customer of the file, moved so that the
last purchase was made yesterday. Who these people are follows from other numbers than
in the shop, so nobody is a customer of both.
"""

from dataclasses import replace
from datetime import timedelta

from odoo.fields import Command

from demo import cdnow, make

NAME = "Kedai Piringan"
ADMINISTRATOR = ("lina", "Lina Marlina")
STAFF = {"rudi": "Rudi Gunawan", "nia": "Nia Kurnia"}
WEEKS = 13
EVERY = 10
# Far from the numbers of the file.
FIRST_NUMBER = 100_000
REFERENCE = "KEDAI-"


def load(env, purchases, today):
    """Load the company with its people and sales; what is there stays as it is."""
    company = _load_company(env)
    staff = _load_staff(env, company)
    if env["res.partner"].search_count([("ref", "=like", f"{REFERENCE}%")], limit=1):
        return
    own = env["res.company"].with_company(company).with_context(make.QUIET).env
    sold = choose(purchases, today)
    partners = _load_customers(own, sold, staff)
    products = make.products(own)
    own["sale.order"].create(
        [
            {
                **make.order(row, partners[row.customer], products),
                "company_id": company.id,
            }
            for row in sold
        ]
    )
    env.cr.commit()


def choose(purchases, today):
    """Return the purchases of a company that began some weeks ago."""
    end = min(purchase.date for purchase in purchases) + timedelta(weeks=WEEKS)
    return cdnow.shift(
        [
            replace(purchase, customer=FIRST_NUMBER + purchase.customer)
            for purchase in purchases
            if purchase.customer % EVERY == 0 and purchase.date < end
        ],
        today,
    )


def _load_company(env):
    companies = env["res.company"]
    company = companies.search([("name", "=", NAME)])
    if not company:
        company = companies.create(
            {"name": NAME, "currency_id": env.company.currency_id.id}
        )
        company.partner_id.country_id = env.ref("base.id")
        env.ref("base.user_admin").company_ids = [Command.link(company.id)]
    return company


def _load_staff(env, company):
    """Return the salespeople; the administrator finds the company's start page."""
    works = {
        "company_id": company.id,
        "company_ids": [Command.set(company.ids)],
        "notification_type": "inbox",
    }
    administrator = env.ref("sales_team.group_sale_manager")
    make.user(env, *ADMINISTRATOR, administrator, **works)
    own = env.ref("sales_team.group_sale_salesman")
    return env["res.users"].union(
        *(make.user(env, login, name, own, **works) for login, name in STAFF.items())
    )


def _load_customers(env, sold, staff):
    """Return {number: contact}."""
    numbers = sorted({purchase.customer for purchase in sold})
    touchpoints = make.touchpoints(env)
    partners = env["res.partner"].create(
        [
            {
                **make.customer(
                    env, number, f"{REFERENCE}{number}", staff, touchpoints
                ),
                "user_id": staff[number // EVERY % len(staff)].id,
                "company_id": env.company.id,
            }
            for number in numbers
        ]
    )
    return dict(zip(numbers, partners, strict=True))
