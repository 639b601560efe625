"""What the test of all public methods is made of.

Which methods a client can reach, what it could send, what the database looked like
before, and what of it each user may change.
"""

import re
from collections import defaultdict
from datetime import date, datetime
from functools import cached_property

from odoo import api
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.service.model import get_public_method
from odoo.tools import SQL

ADDON = "odoo.addons.crm_relationship"
MODULE = "crm_relationship"
# Odoo's own ways to write, which every model of ours has; arguments for each.
ORM_METHODS = (
    "create",
    "write",
    "unlink",
    "copy",
    "copy_data",
    "name_create",
    "web_save",
    "web_resequence",
    "action_archive",
    "action_unarchive",
    "load",
    "message_post",
    "activity_schedule",
)
# What is planted into fields for staff: table, column, id.
MARK = re.compile(r"⟦(\w+)\.(\w+)\.(\d+)⟧")


def is_ours(cls):
    module = cls.__module__
    return module.startswith(ADDON) and not module.startswith(f"{ADDON}.tests")


def find_public_methods(env):
    """Yield (model, name) of each method that RPC can reach and that is ours.

    Defined or extended in this addon, or one of Odoo's own ways to write our models.
    """
    for model_name in sorted(env.registry):
        model = env[model_name]
        ours = [cls for cls in type(model).mro() if is_ours(cls)]
        names = {name for cls in ours for name in vars(cls)}
        if model._original_module == MODULE and not model._abstract:
            names.update(ORM_METHODS)
        for name in sorted(names):
            try:
                method = get_public_method(model, name)
            except (AccessError, AttributeError):
                continue
            # there are no records of what is abstract
            if not model._abstract or getattr(method, "_api_model", False):
                yield model, name


class Snapshot:
    """The rows of every table, and what differs from them later in the transaction."""

    def __init__(self, cr):
        self._cr = cr
        cr.execute(
            """
            SELECT c.relname, c.oid, EXISTS (
                       SELECT FROM pg_attribute a
                        WHERE a.attrelid = c.oid AND a.attname = 'id'
                          AND NOT a.attisdropped)
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r' AND n.nspname = 'public'
             ORDER BY c.relname
            """
        )
        found = cr.fetchall()
        self._oids = {name: oid for name, oid, _has_id in found}
        self._with_id = {name for name, _oid, has_id in found if has_id}
        self._rows = {name: self._read(name) for name in self._oids}
        self._counts = self._count()

    def _read(self, table):
        key = SQL("id::text") if table in self._with_id else SQL("t::text")
        self._cr.execute(
            SQL("SELECT %s, md5(t::text) FROM %s t", key, SQL.identifier(table))
        )
        return dict(self._cr.fetchall())

    def read_row(self, table, key):
        """Return a row as it is now, by column; of a table of pairs as well."""
        if table in self._with_id:
            where = SQL("id = %s", int(key))
        else:
            where = SQL("t::text = %s", key)
        self._cr.execute(
            SQL("SELECT to_jsonb(t) FROM %s t WHERE %s", SQL.identifier(table), where)
        )
        row = self._cr.fetchone()
        return row and row[0]

    def _count(self):
        self._cr.execute(
            """
            SELECT oid::int, pg_stat_get_xact_tuples_inserted(oid)
                   + pg_stat_get_xact_tuples_updated(oid)
                   + pg_stat_get_xact_tuples_deleted(oid)
              FROM unnest(%s) oid
            """,
            [list(self._oids.values())],
        )
        return dict(self._cr.fetchall())

    def compare(self):
        """Return (table, key, "create" | "write" | "unlink") of each row that differs.

        Read are the tables written since the last call, by PostgreSQL's own counts,
        which know of triggers and cascades and of what was rolled back, too.
        """
        counts, before = self._count(), self._counts
        self._counts = counts
        return [
            difference
            for table, oid in self._oids.items()
            if counts.get(oid) != before.get(oid)
            for difference in self._compare(table)
        ]

    def _compare(self, table):
        old, new = self._rows[table], self._read(table)
        for key in old.keys() | new.keys():
            if key not in new:
                yield table, key, "unlink"
            elif key not in old:
                yield table, key, "create"
            elif old[key] != new[key]:
                yield table, key, "write"


class Rights:
    """What a user may do to which row, as Odoo says, asked while nothing is changed."""

    def __init__(self, env, user):
        self._env = api.Environment(env.cr, user.id, {})
        self._known = {}

    @cached_property
    def _models(self):
        return {
            model._table: name
            for name, model in self._env.registry.items()
            if not model._abstract and model._auto
        }

    @cached_property
    def _pairs(self):
        """Return {table of pairs: [(model, column of its ids, field)]}."""
        pairs = defaultdict(list)
        for name, model in self._env.registry.items():
            for field in model._fields.values():
                if field.type == "many2many" and field.store and not model._abstract:
                    pairs[field.relation].append((name, field.column1, field))
        return pairs

    def may(self, operation, table, key, row):
        """Tell whether the user may create, write or delete a row.

        A new row is asked for as it is now; others must be asked for before they
        changed, or after they were rolled back.
        """
        if table in self._models:
            return self._may(operation, self._models[table], int(key))
        return any(
            self._may("write", name, row[column])
            and self._env[name]._has_field_access(field, "write")
            for name, column, field in self._pairs.get(table, ())
        )

    def _may(self, operation, model, id_):
        if (operation, model, id_) in self._known:
            return self._known[operation, model, id_]
        record = self._env[model].browse(id_)
        may = record.with_context(allowed_company_ids=self._companies).has_access(
            operation
        )
        if operation != "create":  # a new row is gone, and its id given to another
            self._known[operation, model, id_] = may
        return may

    @cached_property
    def _companies(self):
        return self._env.user.company_ids.ids

    def may_read(self, table, column, id_):
        model = self._env.get(self._models.get(table, ""))
        field = model is not None and model._fields.get(column)
        return bool(
            field
            and model._has_field_access(field, "read")
            and self._may("read", model._name, id_)
        )

    def get_kept(self, table, columns):
        """Return those of these columns that the user may not write at all."""
        model = self._env.get(self._models.get(table, ""))
        if model is None:
            return []
        fields = [model._fields.get(name) for name in columns]
        return [f.name for f in fields if f and not model._has_field_access(f, "write")]

    def sort(self, model_name, ids):
        """Return ids by what the user may do: {"own": …, "seen": …, "hidden": …}."""
        found = {"own": [], "seen": [], "hidden": []}
        for id_ in ids:
            if self._may("write", model_name, id_):
                found["own"].append(id_)
            elif self._may("read", model_name, id_):
                found["seen"].append(id_)
            else:
                found["hidden"].append(id_)
        return found


def make_values(field, ids, env):
    """Return values for a field that somebody could send.

    :param ids: function of a model's name: ids, first those that are not the sender's
    """
    by_type = {
        "boolean": [True, False],
        "char": ["hostile"],
        "text": ["hostile"],
        "html": ["hostile"],
        "integer": [7],
        "float": [7],
        "monetary": [7],
        "date": [date(2026, 3, 1)],
        "datetime": [datetime(2026, 3, 1, 9)],
    }
    if field.type == "selection":
        return [value for value in field.get_values(env) if value]
    if not field.relational:
        return by_type.get(field.type, [])
    related = ids(field.comodel_name)[:1]
    if field.type == "many2one":
        return related
    vals = make_text(env[field.comodel_name])
    return [
        [command]
        for id_ in related
        for command in (
            Command.set([id_]),
            Command.update(id_, vals),
            Command.delete(id_),
        )
    ] + [[Command.create(vals)]]


def make_text(model):
    """Return values that change some text of a model, its name where it has one."""
    names = [
        field.name
        for field in model._fields.values()
        if field.type in ("char", "text") and field.store and not field.readonly
    ]
    return {name: "hostile" for name in ("name", *names)[:1] if name in names} or {
        name: "hostile" for name in names[:1]
    }


class WriteWatch:
    """Notes whether a cursor was told to write; cheaper than asking PostgreSQL."""

    WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|COPY|TRUNCATE)\b", re.IGNORECASE)

    def __init__(self, cr):
        self.seen = False
        self._execute = cr.execute

    def execute(self, query, *args, **kwargs):
        text = query.code if isinstance(query, SQL) else str(query)
        self.seen = self.seen or bool(self.WRITES.search(text))
        return self._execute(query, *args, **kwargs)
