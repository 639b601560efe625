"""Makes users, customers, products and orders of the demo."""

from odoo.fields import Command

from demo import cdnow, people

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
# One customer in this many has no dedicated salesperson: the report must show them.
WITHOUT_STAFF = 100
GENRES = ("Pop", "Rock", "Jazz", "Classical", "Dangdut")
# One says nothing about the customer's own taste, one is no sale of the shop.
ORDER_TAGS = ("Gift", "Trade fair")


def user(env, login, name, group, **values):
    """Return the user with this login, who is made when missing; it is the password."""
    users = env["res.users"].with_context(active_test=False)
    found = users.search([("login", "=", login)])
    return found or users.create(
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


def touchpoints(env):
    """Return the channels by their kind."""
    return {
        kind: env["crm.touchpoint"].search([("kind", "=", kind)])
        for kind in people.KINDS
    }


def customer(env, number, reference, staff, touchpoints):
    """Return values for a contact, with the person's wishes and salesperson."""
    who = people.person(number)
    refused = env["crm.touchpoint"].union(*(touchpoints[kind] for kind in who.refused))
    return {
        "name": who.name,
        "ref": reference,
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


def order_tags(env):
    """Return tags of sales orders: the settings can leave out what bears one."""
    return env["crm.tag"].create(
        [{"name": name, "color": color} for color, name in enumerate(ORDER_TAGS, 1)]
    )


def products(env):
    """Return the products sold; untaxed, so an order's total is what was paid."""
    found = env["product.product"]
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
        known = found.search([("name", "=", name)], limit=1)
        found |= known or found.create(values)
    env.cr.commit()
    return found


def order(purchase, partner, products):
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
