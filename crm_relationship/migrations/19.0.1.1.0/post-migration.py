"""What is left to do when the data of this version are loaded.

The views that `pre-migration.py` archived are deleted; their translations live on.
Records that the addon installed, and that nobody has renamed, get the names that they
would be installed with today. Numbers and days beyond their bounds are set to the
nearest one within, before the database is asked to hold the bounds.
"""

import logging
from datetime import date, timedelta
from pathlib import Path

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.modules.module import load_script
from odoo.tools import SQL

from odoo.addons.crm_relationship.models.base.bounds import Bounds

_logger = logging.getLogger(__name__)

MERGED = load_script(str(Path(__file__).with_name("pre-migration.py")), "pre").MERGED

BIRTHDAY = ("Birthday wish", "Birthday greeting")
CALL = (
    "Personal call: does everything serve you well?",
    "Personal call: is everything working well for you?",
)
TEMPLATE = ("Relationships: birthday wish", "Relationships: birthday greeting")
# {record: (former name, present name)}
RENAMED = {
    "crm_benefit_good_wishes": (
        "Good wishes on the customer's holy days",
        "Greetings on the customer's holy days",
    ),
    "crm_contact_plan_line_at_risk_birthday": BIRTHDAY,
    "crm_contact_plan_line_gold_birthday": BIRTHDAY,
    "crm_contact_plan_line_gold_call": CALL,
    "crm_contact_plan_line_new_birthday": BIRTHDAY,
    "crm_contact_plan_line_platinum_birthday": BIRTHDAY,
    "crm_contact_plan_line_platinum_call": CALL,
    "crm_contact_plan_line_regular_birthday": BIRTHDAY,
    "crm_contact_plan_line_silver_birthday": BIRTHDAY,
    "crm_program_step_benefit_3": (
        "Does it do good? (day 3)",
        "How is it working out? (day 3)",
    ),
    "crm_program_step_benefit_7": (
        "Does it do good? (day 7)",
        "How is it working out? (day 7)",
    ),
    # the jobs: not by the job itself, which may be running
    "ir_cron_refresh_ir_actions_server": (
        "Relationships: refresh the portfolio",
        "Relationships: update the portfolio",
    ),
    "ir_cron_release_ir_actions_server": (
        "Relationships: release contacts that are due",
        "Relationships: release due interactions",
    ),
    "ir_cron_schedule_ir_actions_server": (
        "Relationships: plan contacts",
        "Relationships: plan interactions",
    ),
    "mail_template_birthday": TEMPLATE,
    "sms_template_birthday": TEMPLATE,
}


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    clamp_all(env)
    for name, (former, present) in RENAMED.items():
        record = env.ref(f"crm_relationship.{name}", raise_if_not_found=False)
        if record and record.name == former:
            record.name = present
    for remains, merged in MERGED.items():
        view = env.ref(f"crm_relationship.{remains}")
        for name in merged:
            old = env.ref(f"crm_relationship.{name}", raise_if_not_found=False)
            if old:
                _take_over_translations(view, old)
                old.unlink()


def _take_over_translations(view, old):
    """Give the view what was translated in the old one and is not in its own texts.

    The addon's own file brings Indonesian; other languages, and corrections, are work
    that somebody did in this database only.
    """
    known = _terms(view)
    found = {}
    for term, values in _terms(old).items():
        for lang, value in values.items():
            if value != term and known.get(term, {}).get(lang) == term:
                found.setdefault(lang, {})[term] = value
    if found:
        view.update_field_translations("arch_db", found)


def _terms(view):
    """Return {English term: {language: translation, or the term where none is}}."""
    field = view._fields["arch_db"]
    stored = field._get_stored_translations(view)
    source = stored["en_US"]
    langs = [code for code, _name in view.env["res.lang"].get_installed()]
    return field.get_translation_dictionary(
        source, {lang: stored.get(lang, source) for lang in langs if lang != "en_US"}
    )


def clamp_all(env):
    """Bring what earlier versions let through within its bounds."""
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
