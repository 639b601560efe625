"""Figures in sentences, in the language of whoever reads them.

A sign stands before everything else, also before a currency, and a negative figure has
a minus, not a hyphen, at which a line could break. What is rounded to zero has no sign.
"""

from odoo.tools import misc

MINUS = "−"
JOINER = "\N{WORD JOINER}"
MOST_DIGITS = 2


def format_number(env, number, digits=None, signed=False):
    """Return a number in words of the language.

    :param digits: decimals; ``None`` for as many as it needs, two at most
    :param signed: whether a gain has a plus
    """
    if digits is None:
        decimals = f"{abs(number):.{MOST_DIGITS}f}".rstrip("0").partition(".")[2]
        digits = len(decimals)
    text = misc.formatLang(env, abs(number), digits=digits)
    return _get_sign(round(number, digits), signed) + text


def format_count(env, count):
    """Return how many there are, with the separators of the language."""
    return format_number(env, count, 0)


def format_amount(env, amount, currency, signed=False):
    """Return an amount with its currency; see :func:`format_number`."""
    text = misc.format_amount(env, abs(amount), currency)
    sign = _get_sign(currency.round(amount), signed)
    # no line ends between it and the currency
    return f"{sign}{JOINER}{text}" if sign else text


def _get_sign(rounded, signed):
    if rounded < 0:
        return MINUS
    return "+" if signed and rounded > 0 else ""
