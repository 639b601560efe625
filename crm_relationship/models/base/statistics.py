"""What PostgreSQL knows about the tables before a job goes over all customers."""

from odoo.tools import SQL


def refresh_statistics(env):
    """Let PostgreSQL count those tables that it takes for empty but are not.

    A table whose rows had all gone when it was last vacuumed counts as empty until the
    next look, a table that was never looked at as small: ours after an installation,
    those of sales after an import. Then PostgreSQL joins by loops in loops, and a night
    takes as long as the square of the customers. Where another transaction is looking
    just now, it is left to that one.
    """
    unknown = env.execute_query(
        SQL(
            """
            SELECT relname FROM pg_class
             WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
               AND pg_get_userbyid(relowner) = current_user
               AND reltuples <= 0 AND pg_relation_size(oid) > 0
          ORDER BY relname
            """
        )
    )
    for [table] in unknown:
        env.cr.execute(SQL("ANALYZE (SKIP_LOCKED) %s", SQL.identifier(table)))
