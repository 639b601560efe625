"""Who brought whom: what cannot be, and what is known already and stays.

A customer is brought once, before the first purchase, by somebody else who was not
brought by that customer, not even by way of others. What is noted on the contact is
never changed by an opportunity or a sales order; those say so.
"""

# Nobody has that many between the first who brought and the last who was.
LONGEST = 50


def find_error(customer, by):
    """Return why a customer cannot have been brought by another, else ``False``.

    By the commercial contacts: people of one company do not bring one another.
    """
    env = customer.env
    customer, by = customer.commercial_partner_id, by.commercial_partner_id
    if not customer or not by:
        return False
    if customer == by:
        return env._(
            "%(customer)s cannot have been brought by the same customer, or by somebody"
            " of the same company. Choose another customer under “Brought By”.",
            customer=customer.name,
        )
    if customer in get_chain(by):
        return env._(
            "%(by)s was brought by %(customer)s, so it cannot be the other way around."
            " Choose another customer under “Brought By”.",
            by=by.name,
            customer=customer.name,
        )
    return False


def get_chain(partner):
    """Return who brought a customer, who brought that one, and so on.

    ``sudo``: whoever notes it need not be allowed to see all of them.
    """
    chain = above = partner.sudo().commercial_partner_id
    for _level in range(LONGEST):
        above = above.referred_by_id.commercial_partner_id
        if not above or above in chain:
            break
        chain |= above
    return chain


def tell_kept(customer, by, company):
    """Return why it will not be noted on the contact who brought it, else ``False``."""
    env = customer.env
    customer, by = customer.commercial_partner_id, by.commercial_partner_id
    known = customer.referred_by_id.commercial_partner_id
    if not customer or not by or by == known:
        return False
    if known:
        return env._(
            "On the contact it is noted that %(customer)s was brought by %(known)s."
            " That stays; change it there if it is wrong.",
            customer=customer.name,
            known=known.name,
        )
    if is_customer(customer, company):
        return env._(
            "%(customer)s was a customer before, so nobody is noted on the contact as"
            " having brought them.",
            customer=customer.name,
        )
    return False


def is_customer(customer, company):
    """Tell whether somebody has bought before: who has was not brought."""
    # sudo: that there is a purchase, of a customer whom the user sees
    relationship = customer.sudo().with_company(company).relationship_id
    return bool(relationship.first_order_date)
