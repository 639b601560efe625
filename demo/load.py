"""Load the CDNOW customers into a database and let the addon plan what is due to them.

`./dev demo` calls `run` in Odoo's shell, which gives the environment. By hand:

    echo "from demo import load; load.run(env)" | ./dev shell demo

Each step commits and looks first for what is there, so a run that was killed is
continued and a second run adds nothing. The day of the first run is kept in the
database: the dates of a later run are those of the first.
"""

from odoo import fields
from odoo.fields import Command

from demo import cdnow, loaded, people, report, stories
from devtool.console import step

BATCH = 500
PARAMETER = "crm_relationship.demo_day"
# No notes, no followers, no mails and no deliveries for what is history.
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "mail_auto_subscribe_no_notify": True,
    "no_reset_password": True,
    "sale_no_log_for_new_lines": True,
    "skip_procurement": True,
}
MANAGER = ("maya", "Maya Lestari")
STAFF = {
    "siti": "Siti Rahmawati",
    "andi": "Andi Prasetyo",
    "dewi": "Dewi Anggraini",
    "budi": "Budi Santoso",
    "rina": "Rina Wulandari",
    "agus": "Agus Setiawan",
    "yuli": "Yuli Hartono",
}
PORTAL_LOGIN = "customer"
# One customer in this many has no dedicated salesperson: the report must show them.
WITHOUT_STAFF = 100
GENRES = ("Pop", "Rock", "Jazz", "Classical", "Dangdut")


def run(env):
    """Load everything and print the report."""
    plain = env.context  # what follows the loading runs as in daily use
    env = env(context={**plain, **QUIET})
    today = demo_day(env)
    purchases = cdnow.load(today)
    with step("outgoing mail and SMS: stopped in this database"):
        stop_messages(env)
    with step("company and salespeople"):
        staff = load_staff(env)
    with step("customers") as progress:
        partners = load_customers(env, purchases, staff, progress)
    with step("orders") as progress:
        load_orders(env, purchases, partners, progress)
    env = env(context=plain)
    stories.past_contacts(env, partners)
    stories.new_sales(env, partners)
    plan(env)
    stories.outcomes(env, today)
    report.show(env, purchases)


def demo_day(env):
    """Return the shop's day of the first run; purchases end the day before it."""
    parameters = env["ir.config_parameter"]
    day = parameters.get_param(PARAMETER)
    if not day:
        day = str(cdnow.local_today(fields.Datetime.now()))
        parameters.set_param(PARAMETER, day)
        env.cr.commit()
    return fields.Date.to_date(day)


def stop_messages(env):
    """See to it that no mail and no SMS leaves the machine, whoever presses what.

    The queues' own jobs are off, so automated messages stay in the queue, to be looked
    at. What a user sends goes to hosts that cannot exist (RFC 2606, .invalid).
    """
    for xmlid in (
        "mail.ir_cron_mail_scheduler_action",
        "sms.ir_cron_sms_scheduler_action",
    ):
        env.ref(xmlid).active = False
    nowhere = "https://nowhere.invalid"
    env["ir.config_parameter"].set_param("sms.endpoint", nowhere)
    env["ir.config_parameter"].set_param("iap.endpoint", nowhere)
    servers = env["ir.mail_server"]
    if not servers.search_count([]):
        servers.create(
            {"name": "Demo: nothing is sent", "smtp_host": "nowhere.invalid"}
        )
    env.cr.commit()


def load_staff(env):
    """Return the salespeople; login and password are the first name."""
    company = env.company
    company.partner_id.write(
        {"tz": str(cdnow.TIME_ZONE), "country_id": env.ref("base.id")}
    )
    env.ref("base.user_admin").write(
        {"tz": str(cdnow.TIME_ZONE), "odoobot_state": "disabled"}
    )
    own = env.ref("sales_team.group_sale_salesman")
    users = env["res.users"]
    for login, name in STAFF.items():
        users += _user(env, login, name, own, notification_type="inbox")
    _user(
        env,
        *MANAGER,
        env.ref("sales_team.group_sale_manager"),
        notification_type="inbox",
    )
    env.cr.commit()
    return users


def _user(env, login, name, group, **values):
    users = env["res.users"].with_context(active_test=False)
    user = users.search([("login", "=", login)])
    return user or users.create(
        {
            "name": name,
            "login": login,
            "password": login,
            "email": f"{login}@example.com",
            "tz": str(cdnow.TIME_ZONE),
            "group_ids": [Command.set(group.ids)],
            # else its chat window lies over the first pages
            "odoobot_state": "disabled",
            **values,
        }
    )


def load_customers(env, purchases, staff, progress):
    """Return {number: contact} with everyone's details, wishes and salesperson."""
    numbers = sorted({purchase.customer for purchase in purchases})
    partners = loaded.customers(env)
    touchpoints = {
        kind: env["crm.touchpoint"].search([("kind", "=", kind)])
        for kind in people.KINDS
    }
    missing = [number for number in numbers if number not in partners]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        created = env["res.partner"].create(
            [_customer(env, number, staff, touchpoints) for number in batch]
        )
        partners.update(zip(batch, created, strict=True))
        env.cr.commit()
        progress.note = f"{start + len(batch)} of {len(missing)}"
    _load_portal_user(env, partners)
    return partners


def _customer(env, number, staff, touchpoints):
    who = people.person(number)
    refused = env["crm.touchpoint"].union(*(touchpoints[kind] for kind in who.refused))
    return {
        "name": who.name,
        "ref": loaded.reference(number),
        "email": who.email,
        "phone": who.phone,
        "city": who.city,
        "country_id": env.ref("base.id").id,
        "tz": str(cdnow.TIME_ZONE),
        "birthdate": who.birthdate,
        "preferred_touchpoint_id": who.preferred and touchpoints[who.preferred][:1].id,
        "refused_touchpoint_ids": [Command.set(refused.ids)],
        "user_id": number % WITHOUT_STAFF and staff[number % len(staff)].id,
    }


def _load_portal_user(env, partners):
    """Give one customer access to the portal; login and password "customer"."""
    number = next(n for n in sorted(partners) if people.person(n).email)
    _user(
        env,
        PORTAL_LOGIN,
        partners[number].name,
        env.ref("base.group_portal"),
        partner_id=partners[number].id,
        email=partners[number].email,
    )
    env.cr.commit()


def load_orders(env, purchases, partners, progress):
    """Create the purchases as confirmed orders, without starting programs for them.

    The programs start when an order is confirmed; these were confirmed long ago, so
    they are created in the state they are in.
    """
    products = _load_products(env)
    orders = env["sale.order"]
    known = set(orders.search([("name", "=like", "CD_____-%")]).mapped("name"))
    missing = [purchase for purchase in purchases if purchase.key not in known]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        orders.create([_order(row, partners[row.customer], products) for row in batch])
        env.cr.commit()
        env.invalidate_all()
        progress.note = f"{start + len(batch)} of {len(missing)}"


def _load_products(env):
    """Return the products sold; untaxed, so an order's total is what was paid."""
    products = env["product.product"]
    for genre in GENRES:
        name = f"CD {genre}"
        values = {
            "name": name,
            "type": "consu",
            "list_price": 14.8,  # dollars, what a CD costs on average in the file
            "taxes_id": [Command.clear()],
            # Nothing is delivered in this database, hence nothing waits to be invoiced.
            "invoice_policy": "delivery",
        }
        found = products.search([("name", "=", name)], limit=1)
        products |= found or products.create(values)
    env.cr.commit()
    return products


def _order(purchase, partner, products):
    """Return values for an order; what Odoo need not look up is given, for speed."""
    product = products[purchase.customer * purchase.rank % len(products)]
    line = {
        "product_id": product.id,
        "name": product.name,
        "product_uom_id": product.uom_id.id,
        "product_uom_qty": purchase.quantity,
        "price_unit": purchase.price,
        "technical_price_unit": purchase.price,
        "tax_ids": [Command.clear()],
        "analytic_distribution": False,
        "discount": 0,
        "customer_lead": 0,
    }
    return {
        "name": purchase.key,
        "partner_id": partner.id,
        "partner_invoice_id": partner.id,
        "partner_shipping_id": partner.id,
        "user_id": partner.user_id.id,
        "date_order": purchase.moment,
        "state": "sale",
        "pricelist_id": False,
        "fiscal_position_id": False,
        "payment_term_id": False,
        "order_line": [Command.create(line)],
    }


def plan(env):
    """Run the addon's three jobs, as the scheduler does at night."""
    with step("portfolio refresh"):
        env["crm.relationship"]._cron_refresh_portfolio()
        env.cr.commit()
    with step("schedule"):
        env["crm.interaction"]._cron_schedule()
        env.cr.commit()
    with step("release"):
        env["crm.interaction"]._cron_release()
        env.cr.commit()
