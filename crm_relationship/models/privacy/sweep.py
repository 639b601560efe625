"""The texts of the whole database, read once for what tells who a person is."""

import re
from collections import defaultdict

from psycopg2 import Error as DatabaseError
from psycopg2.extras import Json

from odoo.tools import SQL

from .words import join, join_needles

# Rows of these follow from what people do; the others of `ir_…` are how Odoo is set up.
RECORDED_IR_TABLES = frozenset(("ir_attachment", "ir_filters", "ir_logging"))
# The hashes; and the blacklists, which the erasure decides about at its end.
LEFT_ALONE = frozenset(("crm_suppression", "mail_blacklist", "phone_blacklist"))
# What waits to be shown in a browser, and is thrown away within a day.
BUS_TABLE = "bus_bus"
# Columns of an author say who wrote, not whom it is about.
AUTHOR_COLUMNS = ("create_uid", "write_uid")
# Enough to look at by hand; a name that is a word stands in thousands of rows.
SHOWN_ROWS = 20
# From a person to an order, from there to its messages, and to what hangs on those.
HOPS = 3

TEXT_COLUMNS = """
    SELECT class.relname, attribute.attname, type.typname
      FROM pg_class class
      JOIN pg_attribute attribute ON attribute.attrelid = class.oid
      JOIN pg_type type ON type.oid = attribute.atttypid
     WHERE class.relkind = 'r'
       AND class.relnamespace = current_schema()::regnamespace
       AND attribute.attnum > 0 AND NOT attribute.attisdropped
       AND pg_relation_size(class.oid) > 0
       AND type.typname IN ('text', 'varchar', 'bpchar', 'json', 'jsonb', 'bytea')
       AND EXISTS (SELECT FROM pg_attribute key
                    WHERE key.attrelid = class.oid AND key.attname = 'id')
  ORDER BY class.relname, attribute.attnum
"""
FOREIGN_KEYS = """
    SELECT child.relname, attribute.attname, parent.relname, con.confdeltype = 'c',
           EXISTS (SELECT FROM pg_attribute key
                    WHERE key.attrelid = child.oid AND key.attname = 'id')
      FROM pg_constraint con
      JOIN pg_class child ON child.oid = con.conrelid
      JOIN pg_class parent ON parent.oid = con.confrelid
      JOIN pg_attribute attribute
        ON attribute.attrelid = child.oid AND attribute.attnum = con.conkey[1]
     WHERE con.contype = 'f' AND cardinality(con.conkey) = 1
       AND child.relnamespace = current_schema()::regnamespace
       AND pg_relation_size(child.oid) > 0
"""


class Sweep:
    """Takes the words of a person out of all texts, and tells where they remain.

    The ORM cannot do it: it reads one model at a time, refuses to change what is proof
    or posted, and knows nothing of the columns that other apps left behind.

    :param env: environment of the superuser
    :param dict roots: {table: ids} of the person's contact and login
    :param words: list of ``Word``
    :param str nobody: what takes the place of a word
    """

    def __init__(self, env, roots, words, nobody):
        self.env = env
        self.roots = roots
        self.nobody = nobody
        self.own_pattern = join(word for word in words if word.own)
        self.all_pattern = join(words)
        self.needles = join_needles(words)
        self.own, self.all = (
            re.compile(pattern, re.IGNORECASE) if pattern else None
            for pattern in (self.own_pattern, self.all_pattern)
        )
        self.models = {
            model._table: model
            for model in env.registry.models.values()
            if not model._abstract and model._table
        }
        self.found = defaultdict(set)

    def run(self):
        """Replace the words.

        :return: {table: ids of the rows in which words remain}
        """
        self.env.flush_all()
        if self.all_pattern:
            self.tied = self._find_tied_rows()
            for table, columns in self._get_text_columns().items():
                self._sweep_table(table, columns)
            self._forget_tied_dialogs()
        self.env.invalidate_all()
        return {table: ids for table in self.found if (ids := self._existing(table))}

    def _existing(self, table):
        """Return the rows found in a table that no later step has deleted."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s)",
                SQL.identifier(table),
                list(self.found[table]),
            )
        )
        return {id_ for (id_,) in rows}

    # ------------------------------------------------------------------
    # Rows that are tied to the person
    # ------------------------------------------------------------------

    def _find_tied_rows(self):
        """Return {table: ids} of the rows that point to the person, step by step."""
        keys = self._get_foreign_keys()
        references = self._get_references()
        tied = {table: set(ids) for table, ids in self.roots.items()}
        new = tied
        for hop in range(HOPS):
            found = defaultdict(set)
            for table, ids in new.items():
                for child, column, is_part, owner in keys.get(table, ()):
                    # later steps: what is part of a document, not what mentions it
                    if hop == 0 or (is_part and not owner):
                        self._collect(found, child, column, ids, owner)
                model = self.models.get(table)
                for child, column, model_column in references if model else ():
                    self._collect_references(
                        found, child, column, model_column, model._name, ids
                    )
            new = {
                table: ids - tied.get(table, set())
                for table, ids in found.items()
                # other people are persons of their own
                if table not in self.roots and table != "res_company"
            }
            for table, ids in new.items():
                tied.setdefault(table, set()).update(ids)
        return tied

    def _get_foreign_keys(self):
        """Return {table: [(child, column, is part of it, {owner column: owner})]}.

        A table without an id joins two others: the rows it belongs to are its owners.
        """
        rows = self.env.execute_query(SQL(FOREIGN_KEYS))
        owners = defaultdict(dict)
        for child, column, parent, _is_part, has_id in rows:
            if not has_id:
                owners[child][column] = parent
        keys = defaultdict(list)
        for child, column, parent, is_part, _has_id in rows:
            if column in AUTHOR_COLUMNS:
                continue
            others = {c: p for c, p in owners[child].items() if c != column}
            keys[parent].append((child, column, is_part, others))
        return keys

    def _get_references(self):
        """Return [(table, column of the id, column of the model)]."""
        return [
            (table, name, field.model_field)
            for table, model in self.models.items()
            if model._auto
            for name, field in model._fields.items()
            if field.type == "many2one_reference"
            and field.store
            and model._fields[field.model_field].store
        ]

    def _collect(self, found, child, column, ids, owners):
        targets = owners or {"id": child}
        for target, table in targets.items():
            rows = self.env.execute_query(
                SQL(
                    "SELECT %s FROM %s WHERE %s = ANY(%s)",
                    SQL.identifier(target),
                    SQL.identifier(child),
                    SQL.identifier(column),
                    list(ids),
                )
            )
            found[table].update(id_ for (id_,) in rows if id_)

    def _collect_references(self, found, child, column, model_column, model, ids):
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s WHERE %s = %s AND %s = ANY(%s)",
                SQL.identifier(child),
                SQL.identifier(model_column),
                model,
                SQL.identifier(column),
                list(ids),
            )
        )
        found[child].update(id_ for (id_,) in rows)

    # ------------------------------------------------------------------
    # Texts
    # ------------------------------------------------------------------

    def _get_text_columns(self):
        """Return {table: {column: type}} of the texts that people or apps write."""
        tables = defaultdict(dict)
        for table, column, type_ in self.env.execute_query(SQL(TEXT_COLUMNS)):
            model = self.models.get(table)
            field = model and model._fields.get(column)
            if field and field.type in ("selection", "reference"):
                continue
            # what dialogs keep of a file; other files are attachments
            if type_ == "bytea" and not (model and model._transient):
                continue
            if table not in LEFT_ALONE:
                tables[table][column] = type_
        return tables

    def _sweep_table(self, table, columns):
        """Replace the words in a table, or delete its rows where they are passing."""
        model = self.models.get(table)
        is_setup = table.startswith("ir_") and table not in RECORDED_IR_TABLES
        is_passing = table == BUS_TABLE or bool(model and model._transient)
        rows = self._find_rows(table, columns, anybody=is_passing)
        if is_setup:
            self.found[table].update(id_ for id_, *_values in rows)
        elif is_passing:
            self._forget(table, [id_ for id_, *_values in rows])
        else:
            self._replace_rows(table, columns, rows)
            self._find_namesakes(table, columns)

    def _replace_rows(self, table, columns, rows):
        sealed = self._find_sealed(table, [id_ for id_, *_values in rows])
        for id_, *values in rows:
            if id_ in sealed or not self._replace(table, id_, columns, values):
                self.found[table].add(id_)

    def _find_rows(self, table, columns, anybody=False):
        """Return (id, values) of the rows with words that mean the person.

        :param bool anybody: take also what might mean somebody else
        """
        text = self._get_text(columns)
        values = [
            SQL("NULL") if type_ == "bytea" else SQL.identifier(column)
            for column, type_ in columns.items()
        ]
        return self.env.execute_query(
            SQL(
                "SELECT id, %s FROM %s WHERE %s ~* %s"
                " AND (%s ~* %s OR id = ANY(%s) AND %s ~* %s)",
                SQL(", ").join(values),
                SQL.identifier(table),
                text,
                self.needles,
                text,
                self.all_pattern if anybody else self.own_pattern,
                list(self.tied.get(table, ())),
                text,
                self.all_pattern,
            )
        )

    def _find_namesakes(self, table, columns):
        """Note rows with words that may mean somebody else, so far as anybody looks."""
        if self.all_pattern == self.own_pattern:
            return
        text = self._get_text(columns)
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM %s"
                " WHERE %s ~* %s AND %s ~* %s AND id <> ALL(%s) LIMIT %s",
                SQL.identifier(table),
                text,
                self.needles,
                text,
                self.all_pattern,
                list(self.tied.get(table, ())),
                SHOWN_ROWS + 1,
            )
        )
        self.found[table].update(id_ for (id_,) in rows)

    @staticmethod
    def _get_text(columns):
        """Return all that a row says, as one text."""
        return SQL(
            "concat_ws(E'\\n', %s)",
            SQL(", ").join(
                SQL(
                    "encode(%s, 'escape')" if type_ == "bytea" else "%s::text",
                    SQL.identifier(column),
                )
                for column, type_ in columns.items()
            ),
        )

    def _replace(self, table, id_, columns, values):
        """Return whether nothing of the words is left in the row."""
        pattern = self.all if id_ in self.tied.get(table, ()) else self.own
        changed = {}
        clean = True
        for (column, type_), value in zip(columns.items(), values, strict=True):
            new = self._cleaned(value, pattern) if pattern else value
            clean = clean and not self._matches(new)
            if new != value:
                changed[column] = (
                    SQL("%s::jsonb", Json(new)) if "json" in type_ else new
                )
        return (not changed or self._update(table, id_, changed)) and clean

    def _cleaned(self, value, pattern):
        if isinstance(value, str):
            return pattern.sub(lambda _match: self.nobody, value)
        if isinstance(value, list):
            return [self._cleaned(item, pattern) for item in value]
        if isinstance(value, dict):
            return {key: self._cleaned(item, pattern) for key, item in value.items()}
        return value

    def _matches(self, value):
        if isinstance(value, dict):
            return any(map(self._matches, value.values()))
        if isinstance(value, list):
            return any(map(self._matches, value))
        return isinstance(value, str) and bool(self.all.search(value))

    def _update(self, table, id_, changed):
        """Write the row; return False where a rule of the table does not allow it."""
        assignments = [
            SQL("%s = %s", SQL.identifier(column), value)
            for column, value in changed.items()
        ]
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.execute_query(
                    SQL(
                        "UPDATE %s SET %s WHERE id = %s RETURNING id",
                        SQL.identifier(table),
                        SQL(", ").join(assignments),
                        id_,
                    )
                )
        except DatabaseError as error:
            if (error.pgcode or "").startswith(("40", "55")):
                raise  # somebody was there first: Odoo runs the request again
            return False
        return True

    def _find_sealed(self, table, ids):
        """Return which journal entries carry a hash that the law forbids to break."""
        if table not in ("account_move", "account_move_line"):
            return set()
        sealed = (
            "SELECT id FROM account_move WHERE id = ANY(%s)"
            " AND inalterable_hash IS NOT NULL"
            if table == "account_move"
            else "SELECT line.id FROM account_move_line line"
            " JOIN account_move move ON move.id = line.move_id"
            " WHERE line.id = ANY(%s) AND move.inalterable_hash IS NOT NULL"
        )
        return {id_ for (id_,) in self.env.execute_query(SQL(sealed, ids))}

    # ------------------------------------------------------------------
    # Passing rows
    # ------------------------------------------------------------------

    def _forget_tied_dialogs(self):
        """Delete what open dialogs hold about the person, in whatever words."""
        for table, ids in self.tied.items():
            model = self.models.get(table)
            if model and model._transient:
                self._forget(table, ids)

    def _forget(self, table, ids):
        model = self.models[table]
        self.env[model._name].browse(ids).exists().unlink()
