"""Tables like the addon's, for bare inserts to be held against."""

from odoo.tools import SQL


def create_like(env, table, name, foreign_keys=True):
    """Create a table of the same columns and indexes, and with the same foreign keys.

    `LIKE ... INCLUDING ALL` copies none of the keys; each costs a look-up a row.
    """
    env.cr.execute(
        SQL(
            "CREATE TABLE %s (LIKE %s INCLUDING ALL)",
            SQL.identifier(name),
            SQL.identifier(table),
        )
    )
    if not foreign_keys:
        return
    env.cr.execute(
        """
        SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE conrelid = %s::regclass AND contype = 'f'
        """,
        [table],
    )
    for key, definition in env.cr.fetchall():
        env.cr.execute(
            SQL(
                "ALTER TABLE %s ADD CONSTRAINT %s %s",
                SQL.identifier(name),
                SQL.identifier(key),
                SQL(definition),
            )
        )
