from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.tools import SQL

STATES = [("done", "Done"), ("planned", "Planned")]


class CrmBalanceReport(models.Model):
    """Relationship against selling, done and planned: a row an interaction.

    Service is neither: nobody chooses how much of it there is. What was settled in one
    conversation counts each for itself, because an offer does not become a greeting by
    being made in the same call.

    A query, so that what is done, moved or cancelled counts at once. It reads back as
    far as the analysis window of the portfolio.
    """

    _name = "crm.balance.report"
    _inherit = ["crm.interaction.row.mixin"]
    _description = "Balance of Relationship and Selling"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "partner_id"

    program_id = fields.Many2one(
        help="The program of which it is a step; empty where a contact plan or somebody"
        " asks for it.",
    )
    state = fields.Selection(
        selection=STATES,
        string="Done or Planned",
        readonly=True,
    )
    date = fields.Date(
        help="Day on which it was done, or is planned, on the company's clock.",
    )
    relationship_count = fields.Integer(
        string="Relationship",
        readonly=True,
        help="Interactions that ask for nothing: greetings, visits, follow-ups, and"
        " winning back.",
    )
    selling_count = fields.Integer(
        string="Selling",
        readonly=True,
        help="Interactions that sell: offers, and asking for other customers.",
    )
    selling_share = fields.Float(
        string="Share of Selling (%)",
        digits=(16, 1),
        aggregator="avg",
        readonly=True,
        help="Selling ÷ (relationship + selling), in percent. The settings say how much"
        " the company wants at most.",
    )

    def _company_sql(self, company):
        months = relativedelta(months=company.relationship_window_months)
        return SQL(
            """
            SELECT i.id, i.company_id, r.partner_id, r.segment_id, i.user_id,
                   e.program_id, i.touchpoint_id, i.objective, i.kind,
                   CASE i.state WHEN 'done' THEN 'done' ELSE 'planned' END AS state,
                   (CASE i.state WHEN 'done' THEN i.date_done ELSE i.date_planned END
                       AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date AS date,
                   (i.kind = 'relationship')::int AS relationship_count,
                   (i.kind = 'selling')::int AS selling_count,
                   CASE i.kind WHEN 'selling' THEN 100.0 ELSE 0 END AS selling_share
              FROM crm_interaction i
              JOIN crm_relationship r ON r.id = i.relationship_id
         LEFT JOIN crm_program_enrollment e ON e.id = i.enrollment_id
             WHERE i.company_id = %(company)s AND i.kind IN ('relationship', 'selling')
               AND (i.state IN ('scheduled', 'open')
                    OR (i.state = 'done' AND i.date_done >= %(since)s))
            """,
            tz=company._relationship_tz(),
            company=company.id,
            since=fields.Datetime.now() - months,
        )
