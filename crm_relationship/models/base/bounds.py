"""How far a number or a day may go: told once, held by the form and by the database."""

from datetime import date, datetime, time, timedelta
from math import isfinite

from odoo import fields, models
from odoo.tools import SQL, format_date

from .figures import format_number

# Days that people may type. Whatever is computed from two of them, and from the
# longest of the periods below, stays within what Python and PostgreSQL call a date.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
# What the system computes from the last day (the next opening, the next attempt).
SLACK = timedelta(days=3660)
MAX_SEQUENCE = 1_000_000
MAX_COLOR = 11
MAX_COUNT = 1000
MAX_TIMES = 10_000
MAX_HORIZON = 366
# Ten years; a hundred years.
MAX_PERIOD, MAX_DAYS, MAX_MONTHS = 3650, 36_500, 1200
# 1,200 months in days.
MAX_INTERVAL = 36_525
# A week in minutes.
MAX_MINUTES = 10_080
MAX_AMOUNT = 10**12
# A sum of amounts, at any rate of exchange.
MAX_TOTAL = 10**15
# What an integer column holds.
INTEGER = (-(2**31), 2**31 - 1)
# Beyond this, a float no longer counts in cents.
FLOAT = (-MAX_TOTAL, MAX_TOTAL)
CALENDAR = (FIRST_DAY, LAST_DAY)
NUMBERS = ("integer", "float", "monetary")
DAYS = ("date", "datetime")


class Bounds(models.Constraint):
    """The lowest and the highest value of a field.

    The database holds them, whoever writes. ``crm.bounds.mixin`` asks before, so that
    people get a sentence with the name of the field, and never an error of PostgreSQL.
    """

    def __init__(self, field_name, low=None, high=None):
        """Take the name of a stored field, and what it may hold.

        :param low: None where another constraint says it, in words of its own
        """
        self.field_name = field_name
        self.low = low
        self.high = high
        super().__init__(self._get_check(), self._get_message)

    def _get_check(self):
        column = f'"{self.field_name}"'
        checks = [
            f"{column} {sign} {self._literal(value, slack)}"
            for sign, value, slack in (
                (">=", self.low, -SLACK),
                ("<=", self.high, SLACK),
            )
            if value is not None
        ]
        return f"CHECK({' AND '.join(checks)})"

    @staticmethod
    def _literal(value, slack):
        if isinstance(value, datetime):
            return f"'{value + slack}'::timestamp"
        return f"'{value}'::date" if isinstance(value, date) else str(value)

    def _get_message(self, env, diagnostics):
        model = (
            next(
                (m for m in env.values() if m._table == diagnostics.table_name),
                env["base"],
            )
            if diagnostics
            else env["base"]
        )
        field = model._fields.get(self.field_name)
        name = field._description_string(env) if field else self.field_name
        return env._(
            "“%(field)s” is out of bounds. Enter a value that is nearer to today, or"
            " smaller.",
            field=name,
        )


def day_bounds(field_name):
    """Return the bounds of a day that people type."""
    return Bounds(field_name, *CALENDAR)


def moment_bounds(field_name):
    """Return the bounds of a moment; the system may place some a little later."""
    first, last = (datetime.combine(day, time()) for day in CALENDAR)
    return Bounds(field_name, first, last + timedelta(days=1))


def sequence_bounds():
    return Bounds("sequence", -MAX_SEQUENCE, MAX_SEQUENCE)


def clamp_day_sql(day):
    """Return SQL for the nearest day that may be stored.

    :param SQL day: expression of type date
    """
    return SQL("GREATEST(LEAST(%s, %s), %s)", day, LAST_DAY, FIRST_DAY)


def clamp_sql(number, low, high):
    """Return SQL for the nearest number within bounds.

    For what an earlier version stored: a date that leaves the calendar would stop
    everybody's work.
    """
    return SQL("GREATEST(LEAST(%s, %s), %s)", number, high, low)


def get_error(record, field, bounds, value):
    """Return what is wrong with a value for a field, in words; else ``False``.

    :param record: any record of the model
    :param bounds: ``(low, high)``, either possibly None
    :param value: as in ``write``
    """
    env = record.env
    name = field._description_string(env)
    try:
        value = _read(field, value)
    except (ArithmeticError, TypeError, ValueError):
        if field.type in DAYS:
            return env._("“%(field)s” must be a date.", field=name)
        return env._("“%(field)s” must be a number.", field=name)
    if value is None:
        return False
    low, high = bounds
    if low is not None and value < low:
        return (
            env._(
                "“%(field)s” must be at least %(limit)s; %(value)s is too little.",
                field=name,
                limit=_show(env, low),
                value=_show(env, value),
            )
            if field.type in NUMBERS
            else _say_calendar(env, name)
        )
    if high is not None and value > high:
        return (
            env._(
                "“%(field)s” can be at most %(limit)s; %(value)s is too much.",
                field=name,
                limit=_show(env, high),
                value=_show(env, value),
            )
            if field.type in NUMBERS
            else _say_calendar(env, name)
        )
    return False


def _say_calendar(env, name):
    return env._(
        "“%(field)s” must lie between %(first)s and %(last)s. Check the year.",
        field=name,
        first=format_date(env, FIRST_DAY),
        last=format_date(env, LAST_DAY),
    )


def _read(field, value):
    """Return a value as what its column compares; None for no value.

    :raises ValueError, TypeError, ArithmeticError: when it is none of that kind
    """
    if value is None or value is False:
        return None
    if field.type == "date":
        return fields.Date.to_date(value)
    if field.type == "datetime":
        return fields.Datetime.to_datetime(value)
    if isinstance(value, bool):
        return int(value)
    if field.type == "integer":
        return int(value or 0)
    number = float(value or 0)
    if not isfinite(number):
        raise ValueError(value)
    return number


def _show(env, value):
    if isinstance(value, int) or float(value).is_integer():
        return format_number(env, value, 0)
    return str(value)
