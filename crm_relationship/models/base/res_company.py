from datetime import datetime, time

from pytz import timezone, utc

from odoo import api, fields, models, tools
from odoo.tools import SQL

from .bounds import Bounds
from .crm_bounds_mixin import is_ours

FIRST_HOUR, LAST_HOUR = 0, 23


class ResCompany(models.Model):
    """The company's days and hours."""

    _inherit = ["res.company", "crm.bounds.mixin"]

    relationship_hour = fields.Integer(
        string="Hour of the Day",
        default=9,
        groups="base.group_user",
        help="For this hour interactions are planned, and after a pause messages are"
        " sent from this hour of the customer's day.",
    )

    _relationship_hour_in_bounds = Bounds("relationship_hour", FIRST_HOUR, LAST_HOUR)

    @api.model
    def _fill_missing_settings(self):
        """Give companies made before this addon was loaded what a new company gets.

        Until then they have none of its settings: another addon may make a company
        during an update. SQL because for the ORM a number that is missing is a zero,
        which may be somebody's decision.
        """
        defaults = self.default_get(self._get_setting_names())
        columns = {
            name: SQL("%s", self._fields[name].convert_to_column(value, self))
            for name, value in defaults.items()
        }
        self.flush_model(columns)
        self.env.cr.execute(
            SQL(
                "UPDATE res_company SET %s WHERE %s",
                SQL(", ").join(
                    SQL(
                        "%(c)s = COALESCE(%(c)s, %(v)s)",
                        c=SQL.identifier(name),
                        v=value,
                    )
                    for name, value in columns.items()
                ),
                SQL(" OR ").join(
                    SQL("%s IS NULL", SQL.identifier(name)) for name in columns
                ),
            )
        )
        self.invalidate_model(columns)

    @api.model
    def _get_setting_names(self):
        """Return the names of this addon's settings that a company has by itself."""
        return [
            name
            for name, field in self._fields.items()
            if field.store
            and field.type in ("boolean", "float", "integer", "selection")
            and is_ours(field)
        ]

    @api.model
    @tools.ormcache()
    def _get_own_partner_ids(self):
        """Return the ids of the contacts of all our companies.

        ``sudo``: ids, to tell them from customers; cached for everybody.
        """
        companies = self.sudo().with_context(active_test=False).search([])
        return frozenset(companies.partner_id.ids)

    def cache_invalidation_fields(self):
        return super().cache_invalidation_fields() | {"partner_id"}

    def _relationship_tz(self):
        """Return the name of the time zone in which this company's days begin."""
        self.ensure_one()
        return self.partner_id.tz or "UTC"

    def _get_planned_hour(self):
        """Return the hour for which interactions are planned.

        ``sudo``: whoever plans need not read the settings.
        """
        return min(max(self.sudo().relationship_hour, FIRST_HOUR), LAST_HOUR)

    def _relationship_today(self):
        """Return today's date in this company's time zone."""
        self.ensure_one()
        return fields.Date.context_today(self.with_context(tz=self._relationship_tz()))

    def _relationship_day(self, moment):
        """Return the date of a UTC moment in this company's time zone."""
        self.ensure_one()
        tz = timezone(self._relationship_tz())
        return utc.localize(moment).astimezone(tz).date()

    def _relationship_time(self, day, hour=None, tz=None):
        """Return the UTC timestamp of an hour of ``day``.

        :param int hour: for which interactions are planned by default
        :param str tz: name of a time zone; this company's by default.
        """
        self.ensure_one()
        if hour is None:
            hour = self._get_planned_hour()
        local = timezone(tz or self._relationship_tz()).localize(
            datetime.combine(day, time(hour))
        )
        return local.astimezone(utc).replace(tzinfo=None)
