"""Figures that may be unknown: empty, which is not zero.

Odoo's numbers read as 0 where the column is empty. A customer of whom it is not known
yet what to expect would be worth nothing, in lists and exports and in every average.
"""

from odoo import fields


class _Known:
    """A number whose empty value stays empty: ``False`` in Python and for clients.

    In SQL it is ``NULL``, so that sums and averages leave it out. ``False`` counts as
    nothing in Python; whoever compares asks ``is False`` first.
    """

    falsy_value = None

    def convert_to_column(self, value, record, values=None, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_column(value, record, values, validate)

    def convert_to_column_insert(self, value, record, values=None, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_column_insert(value, record, values, validate)

    def convert_to_cache(self, value, record, validate=True):
        if value is None or value is False:
            return None
        return super().convert_to_cache(value, record, validate)

    def convert_to_record(self, value, record):
        return False if value is None else value

    def convert_to_read(self, value, record, use_display_name=True):
        return False if value is None else value

    def convert_to_export(self, value, record):
        return "" if value is None or value is False else value


class KnownMonetary(_Known, fields.Monetary):
    """An amount that may be unknown."""


class KnownFloat(_Known, fields.Float):
    """A number that may be unknown."""


class KnownInteger(_Known, fields.Integer):
    """A count that may be unknown."""
