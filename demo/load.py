"""Load the CDNOW customers into a database and let the addon plan what is due to them.

`./dev demo` calls `run` in Odoo's shell, which gives the environment. By hand:

    echo "from demo import load; load.run(env)" | ./dev shell demo

Each step commits and looks first for what is there, so a run that was killed is
continued and a second run adds nothing. The day of the first run is kept in the
database: the dates of a later run are those of the first.
"""

from odoo import fields

from demo import cdnow, loaded, make, people, report, stories, supplement, young
from devtool.console import step

BATCH = 500
PARAMETER = "crm_relationship.demo_day"
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
# In the currency of the shop; nobody is worth winning back before it is known.
WINBACK_COST = 15


def run(env):
    """Load everything and print the report."""
    plain = env.context  # what follows the loading runs as in daily use
    env = env(context={**plain, **make.QUIET})
    today = demo_day(env)
    purchases = cdnow.load(today)
    with step("outgoing mail and SMS: stopped in this database"):
        stop_messages(env)
    with step("company and salespeople"):
        staff = load_staff(env)
    with step("a small company, its programs and fourteen weeks"):
        supplement.load(env(context=plain), today)
    with step("customers") as progress:
        partners = load_customers(env, purchases, staff, progress)
    with step("orders") as progress:
        load_orders(env, purchases, partners, progress)
    env = env(context=plain)
    stories.past_contacts(env, partners)
    stories.new_sales(env, partners)
    plan(env)
    stories.outcomes(env, today)
    with step("a young company, in Preview"):
        young.load(env, purchases, today)
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
    if not env["res.users"].search_count([("login", "=", MANAGER[0])]):
        # a shop at work; whoever goes back to Preview later stays there
        company._go_live(env["crm.touchpoint"].search([("mode", "=", "automated")]))
        company.relationship_winback_cost = WINBACK_COST
    env.ref("base.user_admin").write(
        {"tz": str(cdnow.TIME_ZONE), "odoobot_state": "disabled"}
    )
    own = env.ref("sales_team.group_sale_salesman")
    users = env["res.users"]
    for login, name in STAFF.items():
        users += make.user(env, login, name, own, notification_type="inbox")
    make.user(
        env,
        *MANAGER,
        env.ref("sales_team.group_sale_manager"),
        notification_type="inbox",
    )
    env.cr.commit()
    return users


def load_customers(env, purchases, staff, progress):
    """Return {number: contact} with everyone's details, wishes and salesperson."""
    numbers = sorted({purchase.customer for purchase in purchases})
    partners = loaded.customers(env)
    touchpoints = make.touchpoints(env)
    missing = [number for number in numbers if number not in partners]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        created = env["res.partner"].create(
            [
                make.customer(env, number, loaded.reference(number), staff, touchpoints)
                for number in batch
            ]
        )
        partners.update(zip(batch, created, strict=True))
        env.cr.commit()
        progress.note = f"{start + len(batch)} of {len(missing)}"
    _load_portal_user(env, partners)
    return partners


def _load_portal_user(env, partners):
    """Give one customer access to the portal; login and password "customer"."""
    number = next(n for n in sorted(partners) if people.person(n).email)
    make.user(
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
    products = make.products(env)
    orders = env["sale.order"]
    known = set(orders.search([("name", "=like", "CD_____-%")]).mapped("name"))
    missing = [purchase for purchase in purchases if purchase.key not in known]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        orders.create(
            [make.order(row, partners[row.customer], products) for row in batch]
        )
        env.cr.commit()
        env.invalidate_all()
        progress.note = f"{start + len(batch)} of {len(missing)}"


def plan(env):
    """Run the addon's jobs, as the scheduler does at night."""
    with step("portfolio refresh"):
        env["crm.relationship"]._cron_refresh_portfolio()
        env.cr.commit()
    with step("schedule"):
        env["crm.interaction"]._cron_schedule()
        env.cr.commit()
    with step("release"):
        env["crm.interaction"]._cron_release()
        env.cr.commit()
    with step("nobody forgotten"):  # who was at fault before anything was planned
        env["crm.care.day"]._cron_check_care()
        env.cr.commit()
    with step("forecast"):
        env["crm.forecast"]._cron_forecast()
        env.cr.commit()
