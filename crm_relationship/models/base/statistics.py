"""What PostgreSQL knows about our tables before a job goes over all customers."""

from odoo.tools import SQL

ADDON = "crm_relationship"


def refresh_statistics(env):
    """Let PostgreSQL count those of our tables that it takes for empty but are not.

    A table whose rows had all gone when it was last vacuumed counts as empty until the
    next look, a table that was never looked at as small. Then PostgreSQL joins by loops
    in loops, and a night takes as long as the square of the customers. Where another
    transaction is looking just now, it is left to that one.
    """
    tables = {
        model._table
        for model in env.registry.models.values()
        if model._original_module == ADDON and model._auto and not model._transient
    }
    unknown = env.execute_query(
        SQL(
            """
            SELECT oid::regclass::text FROM pg_class
             WHERE relname = ANY(%s) AND relnamespace = current_schema()::regnamespace
               AND reltuples <= 0 AND pg_relation_size(oid) > 0
            """,
            sorted(tables),
        )
    )
    for [table] in unknown:
        env.cr.execute(SQL("ANALYZE (SKIP_LOCKED) %s", SQL.identifier(table)))
