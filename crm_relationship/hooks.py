"""Leaving a database: what Odoo would stumble over goes first."""

from odoo.tools import SQL

MODULE = "crm_relationship"
# Odoo's own tables that name a model in a text.
NAMING = (("ir_filters", "model_id"), ("ir_exports", "resource"))


def uninstall_hook(env):
    """Empty what the addon has filled, in whatever order it hangs together.

    Odoo deletes records kind by kind and leaves those that others still need: channels
    that interactions went through, templates of a plan, activity types of open
    activities. After installing again those would be there twice. So the activities of
    interactions go first, messages that no gate would ask about any more are cancelled,
    and the tables are emptied before they are dropped. Activities that people made
    themselves with one of our types stay, as a to-do.

    SQL because millions of rows go, none of which has anybody to follow it.
    """
    env.flush_all()
    _cancel_messages(env)
    _drop_activities(env)
    _empty_tables(env)
    _forget_names(env)
    env.invalidate_all()


def forget_templates(env, module):
    """Let no step and no line hold the messages of an addon that goes.

    For what ties us to another app: we stay, and Odoo could not delete them.

    :param str module: name of that addon
    """
    data = env["ir.model.data"].search(
        [("module", "=", module), ("model", "=", "mail.template")]
    )
    used = [("mail_template_id", "in", data.mapped("res_id"))]
    for touches in env["crm.touch.mixin"]._get_touch_models():
        touches.search(used).mail_template_id = False


def _cancel_messages(env):
    for table, state, waiting in (
        ("mail_mail", "cancel", ("outgoing", "exception")),
        ("sms_sms", "canceled", ("outgoing", "error")),
    ):
        env.cr.execute(
            SQL(
                "UPDATE %s SET state = %s"
                " WHERE crm_interaction_id IS NOT NULL AND state IN %s",
                SQL.identifier(table),
                state,
                waiting,
            )
        )


def _drop_activities(env):
    """Delete the activities of interactions; keep what people made with our types."""
    env.cr.execute(
        """
        DELETE FROM mail_activity
         WHERE id IN (SELECT activity_id FROM crm_interaction)
            OR id IN (SELECT relationship_start_activity_id FROM res_company)
        """
    )
    types = tuple(_get_ids(env, "mail.activity.type")) or (0,)
    for table, column in _find_holding(env, "mail_activity_type"):
        env.cr.execute(
            SQL(
                "UPDATE %(table)s SET %(column)s = %(todo)s"
                " WHERE %(column)s IN %(types)s",
                table=SQL.identifier(table),
                column=SQL.identifier(column),
                todo=env.ref("mail.mail_activity_data_todo").id,
                types=types,
            )
        )


def _find_holding(env, table):
    """Return (table, column) of the foreign keys that keep rows of a table.

    Without those of our own tables.
    """
    return env.execute_query(
        SQL(
            """
            SELECT c.conrelid::regclass::text, a.attname
              FROM pg_constraint c
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND c.confdeltype IN ('a', 'r')
               AND c.confrelid = %s::regclass
               AND NOT c.conrelid = ANY(%s::regclass[])
            """,
            table,
            _get_tables(env),
        )
    )


def _empty_tables(env):
    """Empty all tables of ours in one statement, without regard to their order.

    Columns of ours in other tables are about to be dropped, too. Their foreign keys go
    first: PostgreSQL would not empty what they refer to, and calendars that contacts
    have chosen would stay.
    """
    tables = _get_tables(env)
    for table, constraint in env.execute_query(
        SQL(
            """
            SELECT c.conrelid::regclass::text, c.conname
              FROM pg_constraint c
              JOIN pg_class holder ON holder.oid = c.conrelid
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND NOT c.conrelid = ANY(%(ours)s::regclass[])
               AND (c.confrelid = ANY(%(ours)s::regclass[])
                    OR (holder.relname, a.attname) IN %(columns)s)
            """,
            ours=tables,
            columns=_get_columns(env),
        )
    ):
        env.cr.execute(
            SQL(
                "ALTER TABLE %s DROP CONSTRAINT %s",
                SQL.identifier(table),
                SQL.identifier(constraint),
            )
        )
    env.cr.execute(
        SQL("TRUNCATE %s", SQL(", ").join(SQL.identifier(table) for table in tables))
    )


def _forget_names(env):
    """Delete settings of ours, and what users saved for models that there will be no
    longer.
    """
    env.cr.execute(
        SQL("DELETE FROM ir_config_parameter WHERE key LIKE %s", f"{MODULE}.%")
    )
    models = tuple(env["ir.model"].browse(_get_ids(env, "ir.model")).mapped("model"))
    for table, column in NAMING:
        env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE %s IN %s",
                SQL.identifier(table),
                SQL.identifier(column),
                models,
            )
        )


def _get_ids(env, model):
    """Return the ids of the records of a model that only this addon brought."""
    return [
        id_
        for [id_] in env.execute_query(
            SQL(
                """
                SELECT res_id FROM ir_model_data WHERE model = %(model)s
                 GROUP BY res_id HAVING bool_and(module = %(module)s)
                """,
                model=model,
                module=MODULE,
            )
        )
    ]


def _get_tables(env):
    """Return the tables of our models, and those of relations that we brought."""
    models = env["ir.model"].browse(_get_ids(env, "ir.model")).mapped("model")
    tables = {
        env[name]._table for name in models if name in env and not env[name]._abstract
    }
    tables |= {
        name
        for [name] in env.execute_query(
            SQL(
                """
                SELECT r.name FROM ir_model_relation r
                  JOIN ir_module_module m ON m.id = r.module
                 GROUP BY r.name HAVING bool_and(m.name = %s)
                """,
                MODULE,
            )
        )
    }
    return sorted(
        name
        for [name] in env.execute_query(
            SQL(
                "SELECT tablename FROM pg_tables"
                " WHERE schemaname = current_schema AND tablename = ANY(%s)",
                list(tables),
            )
        )
    )


def _get_columns(env):
    """Return (table, column) of our many2one fields in other tables."""
    found = env["ir.model.fields"].browse(_get_ids(env, "ir.model.fields"))
    return tuple(
        (env[field.model]._table, field.name)
        for field in found
        if field.ttype == "many2one" and field.store and field.model in env
    )
