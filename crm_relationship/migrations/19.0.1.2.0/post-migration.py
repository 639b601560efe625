"""What is left to do when the data of this version are loaded.

Numbers and days that earlier versions let through are set to the nearest one within
their bounds, before the database is asked to hold the bounds. Days of Eid al-Fitr that
were a day off, or missing, are put right. Templates no longer greet nobody.
"""

import logging
from datetime import date, timedelta

import psycopg2

from odoo import SUPERUSER_ID, Command, api
from odoo.tools import SQL

from odoo.addons.crm_relationship.models.base.bounds import Bounds

_logger = logging.getLogger(__name__)

# {day that was installed: the day on which Indonesia celebrates}
MOVED = {"2026-03-20": "2026-03-21", "2030-02-05": "2030-02-04"}
ADDED = ("2031-01-25", "2032-01-14")
NAME = "object.name or object.commercial_partner_id.name"
# {model: (field, what was in it, what is in it now)}
GREETINGS = {
    "mail.template": ("body_html", "object.name or ''", NAME),
    "sms.template": ("body", "{{ object.name }}", f"{{{{ {NAME} }}}}"),
}


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    _correct_eid(env.ref("crm_relationship.crm_occasion_eid", False))
    _greet_the_customer(env)
    _clamp_all(env)


def _correct_eid(occasion):
    if not occasion:
        return
    days = {str(day.date): day for day in occasion.date_ids}
    for wrong, right in MOVED.items():
        if wrong in days and right not in days:
            days[wrong].date = right
    # Whoever has entered days of later years has looked after them.
    if days and max(days) < ADDED[0]:
        occasion.date_ids = [Command.create({"date": day}) for day in ADDED]


def _greet_the_customer(env):
    """A delivery address may have no name: the customer is greeted, in any language."""
    for model, (field, former, present) in GREETINGS.items():
        ids = (
            env["ir.model.data"]
            .search([("module", "=", "crm_relationship"), ("model", "=", model)])
            .mapped("res_id")
        )
        env.cr.execute(
            SQL(
                "UPDATE %(table)s"
                "   SET %(column)s = replace(%(column)s::text, %(former)s, %(present)s)"
                "::jsonb"
                " WHERE id = ANY(%(ids)s)",
                table=SQL.identifier(env[model]._table),
                column=SQL.identifier(field),
                former=former,
                present=present,
                ids=ids,
            )
        )
    env.invalidate_all()


def _clamp_all(env):
    env.flush_all()
    for model in env.values():
        if model._auto and not model._abstract:
            for rule in model._table_objects.values():
                if isinstance(rule, Bounds):
                    _clamp(env.cr, model._table, rule)
    env.invalidate_all()


def _clamp(cr, table, rule):
    column = SQL.identifier(rule.field_name)
    for limit, beyond, inwards in ((rule.high, ">", -1), (rule.low, "<", 1)):
        if limit is None:
            continue
        cr.execute(
            SQL(
                "SELECT id FROM %s WHERE %s %s %s ORDER BY id",
                SQL.identifier(table),
                column,
                SQL(beyond),
                limit,
            )
        )
        for [id_] in cr.fetchall():
            _logger.info("%s %s: %s becomes %s", table, id_, rule.field_name, limit)
            _set_nearest(cr, table, id_, column, limit, inwards)


def _set_nearest(cr, table, id_, column, limit, inwards):
    """Set a value at its limit; where another record has that one, next to it."""
    for distance in range(1000):
        step = inwards * distance
        value = limit + (timedelta(days=step) if isinstance(limit, date) else step)
        try:
            with cr.savepoint(flush=False):
                cr.execute(
                    SQL(
                        "UPDATE %s SET %s = %s WHERE id = %s",
                        SQL.identifier(table),
                        column,
                        value,
                        id_,
                    )
                )
            return
        except psycopg2.errors.UniqueViolation:
            continue
