"""The filters that people type: read, tried and told in words by one reader."""

from ast import literal_eval
from contextlib import contextmanager
from functools import cached_property

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

# What Odoo and PostgreSQL raise at what is no filter, or one of another data model.
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    KeyError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    UserError,
    ValueError,
    psycopg2.DataError,
    psycopg2.ProgrammingError,
)
# Signs rather than words: the same in every language.
SIGNS = {
    "=": "=",
    "!=": "≠",
    "in": "=",
    "not in": "≠",
    "<": "<",
    "<=": "≤",
    ">": ">",
    ">=": "≥",
    "like": "≈",
    "ilike": "≈",
    "=like": "≈",
    "=ilike": "≈",
    "not like": "≉",
    "not ilike": "≉",
    "child_of": "⊂",
    "parent_of": "⊃",
    "any": ":",
    "not any": "≠",
}


class FilterError(UserError):
    """A filter that cannot be read; the message says why, in one line."""


class UserFilter:
    """A filter that somebody typed into a field: a domain of a model, as text.

    What was good yesterday may be unreadable today, because an app took a field along.
    So whatever is asked of it raises :class:`FilterError`, and nothing else.
    """

    def __init__(self, env, model, text):
        """Take a filter as it is; nothing is read yet.

        :param str model: name of the model whose records it chooses
        :param text: what was typed; empty for all records
        """
        self.env = env
        self.model = model
        self.text = text

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @cached_property
    def domain(self):
        """The filter as a ``Domain``.

        :raises FilterError: when the text is no domain
        """
        try:
            return Domain(literal_eval(self.text or "[]"))
        except UNREADABLE as error:
            raise FilterError(
                self.env._(
                    "it must be a list of conditions with plain values, without"
                    " variables and functions."
                )
            ) from error

    @property
    def takes_all(self):
        """Whether it lets every record pass; what cannot be read lets none."""
        try:
            return self.domain.is_true()
        except FilterError:
            return False

    @property
    def paths(self):
        """The field paths it names, those of subdomains included.

        :raises FilterError: when the text is no domain
        """
        return self._get_paths(self.domain)

    def check_paths(self):
        """Refuse what this kind of filter must not name, though it could be read.

        :raises FilterError: naming it
        """

    def _get_paths(self, domain, prefix=""):
        paths = []
        for condition in domain.iter_conditions():
            path = f"{prefix}{condition.field_expr}"
            value = condition.value
            if condition.operator in ("any", "not any") and not isinstance(value, str):
                paths += self._get_paths(Domain(value), f"{path}.")
            else:
                paths.append(path)
        return paths

    # ------------------------------------------------------------------
    # Asking the database
    # ------------------------------------------------------------------

    def query(self, records):
        """Return the ``Query`` of what passes, with the rights and context of records.

        :raises FilterError: when it names what there is not
        """
        with self._told_in_words():
            return records._search(self.domain)

    def check(self, records):
        """Try it out, with the rights and context of records.

        :raises FilterError: when Odoo or PostgreSQL refuses it
        """
        with self._told_in_words(), self.env.cr.savepoint(flush=False):
            query = records._search(self.domain)
            # SQL: to see whether it can be run, not what it finds
            self.env.execute_query(SQL("SELECT EXISTS %s", query.subselect()))

    @property
    def error(self):
        """What is wrong with it, in words; else ``False``.

        A filter runs with the rights of the nightly job. So it is tried with those of
        the user first: nobody learns by it what he may not read.
        """
        try:
            self.check_paths()
            self.check(self.env[self.model].with_user(self.env.user))
        except FilterError as error:
            return str(error)
        return False

    @contextmanager
    def _told_in_words(self):
        try:
            yield
        except AccessError as error:
            raise FilterError(
                self.env._("it names something that you may not read.")
            ) from error
        except UNREADABLE as error:
            # PostgreSQL shows the query below the first line
            line = str(error).partition("\n")[0] or type(error).__name__
            raise FilterError(line) from error

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def words(self):
        """Return it in words, with the names the forms use; else as it was typed."""
        try:
            with self._told_in_words():
                return self._describe(self.domain, self.env[self.model])
        except FilterError:
            return self.text

    def _describe(self, domain, model):
        """Return a domain over ``model`` in words.

        A domain lists operators first, so it is read from the end.
        """
        if domain.is_true():
            return self.env._("everyone")
        if domain.is_false():
            return self.env._("nobody")
        parts = []
        for item in reversed(list(domain)):
            if item == "!":
                parts.append(self.env._("not (%(condition)s)", condition=parts.pop()))
            elif item == "&":
                first, second = parts.pop(), parts.pop()
                parts.append(
                    self.env._("%(first)s and %(second)s", first=first, second=second)
                )
            elif item == "|":
                first, second = parts.pop(), parts.pop()
                parts.append(
                    self.env._("(%(first)s or %(second)s)", first=first, second=second)
                )
            else:
                parts.append(self._describe_condition(*item, model))
        return parts.pop()

    def _describe_condition(self, path, operator, value, model):
        """Return a condition as "Country = Indonesia"."""
        label, field, comodel = self._describe_path(path, model)
        sign = SIGNS.get(operator, operator)
        if operator in ("any", "not any"):
            return f"{label} {sign} ({self._describe(Domain(value), comodel)})"
        several = isinstance(value, list | tuple | set)
        values = [
            self._describe_value(v, field, comodel)
            for v in (value if several else [value])
        ]
        return f"{label} {sign} {' / '.join(values)}"

    def _describe_path(self, path, model):
        """Return the label of a path, the description of its last field, and its model.

        :return: ``("Country › Name", {"type": "char", …}, comodel or None)``
        """
        labels, field, owner, comodel = [], {}, None, model
        for name in path.split("."):
            if self._is_of_company(owner, field):
                return *self._describe_property(field, name), None
            owner, comodel, field = comodel, None, {}
            if owner is not None and name in owner._fields:
                field = owner.fields_get([name]).get(name, {})
            labels.append(field.get("string", name))
            if field.get("relation"):
                comodel = self.env[field["relation"]]
        return " › ".join(labels), field, comodel

    def _is_of_company(self, owner, field):
        """Return whether a field of ``owner`` holds what each company defines."""
        if field.get("type") != "properties":
            return False
        return owner._fields[field["definition_record"]].comodel_name == "res.company"

    def _describe_property(self, field, name):
        """Return the label of what the company defines, and its description.

        ``sudo``: how it is called, for staff who may not see the settings.
        """
        for definition in self.env.company.sudo()[field["definition_record_field"]]:
            if definition["name"] == name:
                return definition.get("string") or name, definition
        return name, {}

    def _describe_value(self, value, field, comodel):
        """Return a value as forms show it: a label, a name, or the value itself."""
        if value is False or value is None:
            if field.get("type") == "boolean":
                return self.env._("no")
            return self.env._("not set")
        if value is True:
            return self.env._("yes")
        for key in ("selection", "tags"):
            for option in field.get(key) or ():
                if option[0] == value:
                    return str(option[1])
        if comodel is not None and isinstance(value, int):
            # without the right to read it, the number has to suffice
            record = comodel.browse(value).exists()._filtered_access("read")
            return record.display_name or f"#{value}"
        return str(value)


def find_unreadable(filters):
    """Return which filters name what there is no more: ``{key: FilterError}``.

    The database only plans them, all at once, or if it refuses, each by itself: cheap,
    and enough to find a field that is gone.

    :param dict filters: ``{key: (UserFilter, records as for its query())}``
    """
    broken, queries = {}, {}
    for key, (user_filter, records) in filters.items():
        try:
            if not user_filter.takes_all:
                queries[key] = user_filter.query(records).subselect()
        except FilterError as error:
            broken[key] = error
    if not queries:
        return broken
    env = next(iter(filters.values()))[1].env
    try:
        _plan(env, queries.values())
    except UNREADABLE:
        for key, query in queries.items():
            try:
                with filters[key][0]._told_in_words():
                    _plan(env, [query])
            except FilterError as error:
                broken[key] = error
    return broken


def _plan(env, queries):
    with env.cr.savepoint(flush=False):
        # SQL: to see whether they could be run
        env.execute_query(
            SQL(
                "EXPLAIN SELECT %s",
                SQL(", ").join(SQL("EXISTS %s", query) for query in queries),
            )
        )
