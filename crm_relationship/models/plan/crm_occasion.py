from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..base.bounds import sequence_bounds
from ..base.deletion import check_unused


class CrmOccasion(models.Model):
    _name = "crm.occasion"
    _inherit = ["crm.copy.mixin"]
    _description = "Occasion"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[
            ("birthday", "Birthday of the person"),
            ("anniversary", "Anniversary of the first purchase"),
            ("big_day", "Big day, by its dates"),
        ],
        required=True,
        default="big_day",
    )
    date_ids = fields.One2many(
        comodel_name="crm.occasion.date",
        inverse_name="occasion_id",
        string="Dates",
        copy=True,
    )

    _sequence_in_bounds = sequence_bounds()

    @api.constrains("kind", "date_ids")
    def _check_dates(self):
        for occasion in self:
            if occasion.kind == "big_day" and not occasion.date_ids:
                raise ValidationError(
                    self.env._(
                        "“%(occasion)s” has no dates yet. Add the days on which it"
                        " falls.",
                        occasion=occasion.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        check_unused(self)

    @api.model
    def _get_occurrences_sql(self, from_day):
        """Return SQL for the next occurrences of ``crm_occasion o`` for a customer.

        For a lateral join after ``crm_relationship r`` and ``crm_occasion o``. Yields
        rows (partner_id, day): the person concerned and the first day, not before
        ``from_day``, on which the occasion falls. Someone born on 29 February is
        congratulated on the 28th in other years; the first purchase itself is no
        anniversary.

        :param SQL from_day: expression of type date
        """
        return SQL(
            """
            SELECT source.partner_id, upcoming.day
              FROM (
                SELECT person.id AS partner_id, person.birthdate AS day, TRUE AS yearly
                  FROM res_partner person
                 WHERE o.kind = 'birthday' AND person.birthdate IS NOT NULL
                   AND person.active AND person.commercial_partner_id = r.partner_id
             UNION ALL
                SELECT r.partner_id, r.first_order_date, TRUE
                 WHERE o.kind = 'anniversary' AND r.first_order_date IS NOT NULL
             UNION ALL
                SELECT r.partner_id, d.date, COALESCE(d.recurring, FALSE)
                  FROM crm_occasion_date d
                 WHERE o.kind = 'big_day' AND d.occasion_id = o.id
              ) source
        CROSS JOIN LATERAL (
                SELECT source.day WHERE NOT source.yearly
             UNION ALL
                SELECT (source.day
                        + make_interval(years => GREATEST(0, years.passed)))::date
                  FROM (
                    SELECT date_part('year', %(from_day)s)::int
                           - date_part('year', source.day)::int + next AS passed
                      FROM generate_series(0, 1) next
                  ) years
                 WHERE source.yearly AND (o.kind <> 'anniversary' OR years.passed > 0)
              ) upcoming
             WHERE upcoming.day >= %(from_day)s
            """,
            from_day=from_day,
        )
