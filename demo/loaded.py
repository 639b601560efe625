"""What a database holds of the file."""

from fractions import Fraction

from oracle.documents import of_orders
from oracle.figures import Document

REFERENCE = "CDNOW-"


def reference(number):
    """Return the internal reference of the customer with this number."""
    return f"{REFERENCE}{number:05d}"


def customers(env):
    """Return {number: contact} of the customers who are there, archived or not."""
    partners = env["res.partner"].with_context(active_test=False)
    found = partners.search_fetch([("ref", "=like", f"{REFERENCE}%")], ["ref"])
    return {int(partner.ref.removeprefix(REFERENCE)): partner for partner in found}


def documents(env, purchases):
    """Return all sales as the oracle wants them.

    Those of the file are taken from the file, so that a fault of the loader shows;
    those made in the database since, from their orders.
    """
    partners = customers(env)
    keys = {purchase.key for purchase in purchases}
    orders = env["sale.order"].search(
        [("state", "=", "sale"), ("company_id", "=", env.company.id)]
    )
    return [
        Document(partners[row.customer].id, row.date, Fraction(row.amount))
        for row in purchases
    ] + of_orders(env, orders.filtered(lambda order: order.name not in keys))
