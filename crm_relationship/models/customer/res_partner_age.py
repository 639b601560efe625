from math import ceil, floor

from odoo import api, fields, models
from odoo.fields import Domain

from ..engine.age import age_on, last_birth_for_age


class ResPartner(models.Model):
    _inherit = "res.partner"

    age = fields.Integer(
        compute="_compute_age",
        search="_search_age",
        aggregator=None,
        groups="base.group_user",
        help="Full years since the date of birth, today. Who was born on 29 February is"
        " a year older on 28 February of other years.",
    )

    @api.depends("birthdate")
    @api.depends_context("tz")
    def _compute_age(self):
        today = fields.Date.context_today(self)
        for partner in self:
            birth = partner.birthdate
            partner.age = age_on(birth, today) if birth else 0

    @api.model
    def _search_age(self, operator, value):
        """Return the domain of people of an age; without a birthdate there is none."""
        if operator == "in":
            return Domain.OR(self._age_is(age) for age in value)
        if operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        if isinstance(value, str):
            value = float(value)
        # full years: 17.5 or more is 18 or more
        limit = ceil(value) if operator in (">=", "<") else floor(value) + 1
        older = self._age_from(limit)
        known = Domain("birthdate", "!=", False)
        return older if operator in (">", ">=") else known & ~older

    @api.model
    def _age_is(self, age):
        if age is False:
            return Domain("birthdate", "=", False)
        if age != int(age):
            return Domain.FALSE
        return self._age_from(int(age)) & ~self._age_from(int(age) + 1)

    @api.model
    def _age_from(self, age):
        """Return the domain of people at least so many years old."""
        if age <= 0:
            return Domain("birthdate", "!=", False)
        last = last_birth_for_age(age, fields.Date.context_today(self))
        return Domain("birthdate", "<=", last) if last else Domain.FALSE
