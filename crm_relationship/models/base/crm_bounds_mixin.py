from datetime import datetime, time, timedelta

from odoo import api, models, tools
from odoo.exceptions import ValidationError

from .bounds import CALENDAR, DAYS, FLOAT, INTEGER, NUMBERS, Bounds, get_error

# The addon that these rooms are part of, which is no table.
ADDON = "crm_relationship"
# What people type into one line, and into a box.
MAX_CHARS, MAX_TEXT = 1_000, 100_000
# Lists of ids and values may make a filter long; it is read by its own reader.
MAX_FILTER = 1_000_000


def is_ours(field):
    """Tell whether a field was brought by us, or by what ties us to another app."""
    [module] = field._modules[:1] or [""]
    return module == ADDON or module.startswith(f"{ADDON}_")


class CrmBoundsMixin(models.AbstractModel):
    """Refuses in words what no column can hold, or no calendar and no list can bear.

    For the fields that this addon brings. Numbers and days are held to their
    ``Bounds``, whoever writes; texts to a length, when people write them.
    """

    _name = "crm.bounds.mixin"
    _description = "Bounds Mixin"

    @api.model_create_multi
    def create(self, vals_list):
        defaults = {
            key.removeprefix("default_"): value
            for key, value in self.env.context.items()
            if key.startswith("default_")
        }
        for vals in vals_list:
            self._check_bounds({**defaults, **vals})
        return super().create(vals_list)

    def write(self, vals):
        self._check_bounds(vals)
        return super().write(vals)

    @api.model
    def _check_bounds(self, vals):
        """Refuse values beyond their bounds.

        :raises ValidationError: naming the first one
        """
        bounds = self._get_bounds()
        for name, value in vals.items():
            if name not in bounds or not value and value != 0:
                continue
            field = self._fields[name]
            if field.type in NUMBERS or field.type in DAYS:
                error = get_error(self, field, bounds[name], value)
            else:
                error = self._get_length_error(field, bounds[name], value)
            if error:
                raise ValidationError(error)

    @api.model
    @tools.ormcache()
    def _get_bounds(self):
        """Return ``{field name: (low, high)}``, of texts ``{field name: length}``."""
        found = {}
        for name, field in self._fields.items():
            if not field.store or not is_ours(field):
                continue
            if field.type == "integer":
                found[name] = INTEGER
            elif field.type in ("float", "monetary"):
                found[name] = FLOAT
            elif field.type in DAYS and not field.readonly:
                found[name] = self._get_calendar(field)
            elif field.type == "char":
                filters = name.endswith("_domain")
                found[name] = field.size or (MAX_FILTER if filters else MAX_CHARS)
            elif field.type == "text":
                found[name] = MAX_TEXT
        for rule in self._table_objects.values():
            if isinstance(rule, Bounds):
                low, high = found.get(rule.field_name, (None, None))
                found[rule.field_name] = (
                    low if rule.low is None else rule.low,
                    high if rule.high is None else rule.high,
                )
        return found

    @api.model
    def _get_calendar(self, field):
        first, last = CALENDAR
        if field.type == "date":
            return CALENDAR
        return (
            datetime.combine(first, time()),
            datetime.combine(last + timedelta(days=1), time()),
        )

    @api.model
    def _get_length_error(self, field, limit, value):
        """Return that a text is too long, in words; else ``False``.

        What the system writes is not held to it: a mail that says "stop" counts,
        however long it is.
        """
        texts = value.values() if isinstance(value, dict) else (value,)
        length = max((len(t) for t in texts if isinstance(t, str)), default=0)
        if self.env.su or length <= limit:
            return False
        return self.env._(
            "“%(field)s” is too long: %(length)s characters, and at most %(limit)s are"
            " kept.",
            field=field._description_string(self.env),
            length=length,
            limit=limit,
        )
