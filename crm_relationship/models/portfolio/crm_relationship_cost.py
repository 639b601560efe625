from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CrmRelationship(models.Model):
    """What serving a customer costs."""

    _inherit = "crm.relationship"

    cost_to_serve = fields.Monetary(
        compute="_compute_cost_to_serve",
        help="Of the contacts made within the last 12 months: cost + minutes ÷ 60 ×"
        " cost of an hour (settings).",
    )
    is_costly = fields.Boolean(
        string="Cost above Value",
        compute="_compute_is_costly",
        search="_search_is_costly",
        help="The cost to serve of the last 12 months is higher than the value of the"
        " next 12.",
    )

    @api.depends_context("uid")
    def _compute_cost_to_serve(self):
        sums = {
            relationship: (cost, minutes)
            for relationship, cost, minutes in self.env["crm.interaction"]._read_group(
                [
                    ("relationship_id", "in", self.ids),
                    ("state", "=", "done"),
                    ("date_done", ">=", self._get_served_since()),
                ],
                ["relationship_id"],
                ["cost:sum", "duration:sum"],
            )
        }
        for relationship in self:
            cost, minutes = sums.get(relationship, (0, 0))
            hourly_cost = relationship.company_id.relationship_hourly_cost
            relationship.cost_to_serve = cost + minutes / 60 * hourly_cost

    @api.depends("cost_to_serve", "value_12m")
    def _compute_is_costly(self):
        for relationship in self:
            relationship.is_costly = relationship.cost_to_serve > relationship.value_12m

    @api.model
    def _search_is_costly(self, operator, value):
        """SQL: sums the contacts of a year over the whole base."""
        if operator != "in":
            return NotImplemented
        self.env["crm.interaction"].flush_model()
        self.flush_model(["value_12m"])
        costly = SQL(
            """(
            SELECT r.id
              FROM crm_interaction i
              JOIN crm_relationship r ON r.id = i.relationship_id
              JOIN res_company c ON c.id = r.company_id
             WHERE i.state = 'done' AND i.date_done >= %s
          GROUP BY r.id
            HAVING sum(COALESCE(i.cost, 0) + COALESCE(i.duration, 0) / 60.0
                       * COALESCE(c.relationship_hourly_cost, 0))
                   > COALESCE(r.value_12m, 0)
            )""",
            self._get_served_since(),
        )
        domain = Domain("id", "in", costly)
        return domain if True in value else ~domain

    @api.model
    def _get_served_since(self):
        return fields.Datetime.now() - relativedelta(months=12)
