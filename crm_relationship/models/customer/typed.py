"""What people type to find a customer, as a condition on contacts.

Part of a name, of an email address, a reference, or a number as it stands on a business
card, in a phone, or on a piece of paper: "813-2610", "0813 2610", "+62 813 2610".
"""

import re

from odoo.fields import Domain

# Digits, and what people put between them; a plus only in front.
NUMBER = re.compile(r"\+?[\d\s()./\\_\u2010-\u2014-]+")
# Odoo refuses to look for shorter parts of a number.
MIN_DIGITS = 3
NAMES = ("complete_name", "email", "ref")


def get_typed_domain(env, text):
    """Return the condition for contacts that somebody means by a text.

    A contact is meant by what it says itself, by what its company says, and a company
    by what its people say: who looks for the number that rang gets the customer.

    :param str text: as typed
    """
    own = Domain.OR([_get_name_domain(text), _get_number_domain(env, text)])
    return Domain.OR([own, Domain("parent_id", "any", own), _of_people(own)])


def _of_people(own):
    return Domain("child_ids", "any", own)


def _get_name_domain(text):
    """Each word somewhere: "Widya Kartini" finds Kartini Widyastuti."""
    return Domain.AND(
        Domain.OR(Domain(name, "ilike", word) for name in NAMES)
        for word in text.split()
    )


def _get_number_domain(env, text):
    """Look for a number with Odoo's own search, in each way it may be written."""
    if not NUMBER.fullmatch(text.strip()):
        return Domain.FALSE
    digits = re.sub(r"\D", "", text)
    if len(digits) < MIN_DIGITS:
        return Domain.FALSE
    # the search reads the table with SQL of its own
    env["res.partner"].flush_model(["phone"])
    typed = f"+{digits}" if text.strip().startswith("+") else digits
    code = str(env.company.country_id.phone_code or "")
    return Domain.OR(
        Domain("phone_mobile_search", "ilike", number)
        for number in _write_differently(typed, code)
        if len(number) >= MIN_DIGITS
    )


def _write_differently(typed, code):
    """Return a number as typed, and as it is written from abroad or at home.

    :param str typed: digits, with a plus in front if one was typed
    :param str code: what the company's country is dialed with from abroad
    """
    if not code:
        return [typed]
    abroad = re.fullmatch(rf"(?:\+|00)?{code}0?(\d*)", typed)
    if typed.startswith("0") and not typed.startswith("00"):
        return [typed, f"+{code}{typed[1:]}"]
    if abroad and abroad[1]:
        return [typed, f"0{abroad[1]}"]
    return [typed]
