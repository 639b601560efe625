"""Planning and judging interactions with customers, in pure Python.

Nothing here knows Odoo: functions take plain values and return plain values. They can
be tested without a database, and read without knowing the models that call them.
"""
