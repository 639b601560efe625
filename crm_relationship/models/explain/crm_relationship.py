from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...engine.forecast import MIN_REPEATERS
from ..base.figures import format_count, format_number
from ..portfolio.crm_segment_figure import MIN_BASE
from .explainer import Explainer


class CrmRelationship(models.Model):
    """Why a customer is in a segment, in words; computed when read."""

    _inherit = "crm.relationship"

    explanation = fields.Html(
        compute="_compute_explanation",
        sanitize=False,
        help="The scores with the figures behind them, the conditions of the segment,"
        " and what would bring the customer into another one. By the figures of the"
        " last update.",
    )

    segment_reason = fields.Char(
        string="Why This Segment",
        compute="_compute_explanation",
        help="Why the customer is in the segment, in one line; more under “Portfolio”.",
    )
    value_note = fields.Char(
        string="Based On",
        compute="_compute_value_note",
        help="The forecast, the yearly retention, the discount rate and the margin rate"
        " with which the expected values were computed.",
    )

    @api.depends(
        "active",
        "company_id",
        "defection_date",
        "last_order_date",
        "lifecycle_stage",
        "lock_reason",
        "lock_until",
        "locked_segment_id",
        "margin",
        "order_count",
        "purchase_interval",
        "revenue",
        "rfm_frequency",
        "rfm_monetary",
        "rfm_recency",
        "segment_id",
    )
    @api.depends_context("lang", "uid")
    def _compute_explanation(self):
        explanations, reasons = {}, {}
        for company, relationships in self._origin.grouped("company_id").items():
            explainer = Explainer(relationships, company)
            for relationship in relationships:
                values = explainer.explain(relationship)
                reasons[relationship] = explainer.summarize(values)
                explanations[relationship] = self.env["ir.qweb"]._render(
                    "crm_relationship.relationship_explanation", values
                )
        for relationship in self:
            relationship.explanation = explanations.get(relationship._origin, False)
            relationship.segment_reason = reasons.get(relationship._origin, False)

    @api.depends("company_id", "segment_id", "lifecycle_stage")
    @api.depends_context("lang")
    def _compute_value_note(self):
        # sudo: figures of segments, not of customers
        figures = self.env["crm.segment.figure"].sudo()
        by_segment = {
            (figure.company_id, figure.segment_id): figure
            for figure in figures.search([("company_id", "in", self.company_id.ids)])
        }
        forecasts = {
            company: self._describe_forecast(company) for company in self.company_id
        }
        for relationship in self:
            company, segment = relationship.company_id, relationship.segment_id
            whole = by_segment.get((company, segment.browse()), figures)
            own = by_segment.get((company, segment), figures) if segment else figures
            note = relationship._describe_value(own, whole)
            relationship.value_note = f"{forecasts[company]} {note}"

    @api.model
    def _describe_forecast(self, company):
        """Return in words where the value of the next 12 months comes from.

        What casts a doubt on it comes first.
        """
        env = self.env
        forecasts = env["crm.forecast"]
        newest = forecasts._get_newest(company)
        if not newest:
            return env._(
                "Value, 12 Months: known as soon as %(count)s customers have bought"
                " again.",
                count=MIN_REPEATERS,
            )
        source = env._(
            "Value, 12 Months: by the forecast of %(month)s.",
            month=format_date(env, newest.month, date_format="MMMM y"),
        )
        return f"{forecasts._describe_miss(company)} {source}".strip()

    def _describe_value(self, own, whole):
        """Return in words what the lifetime value is based on.

        :param own: figures of the customer's segment, ``crm.segment.figure``
        :param whole: those of all customers
        """
        env = self.env
        company = self.company_id
        if not whole.date:
            return whole._describe_unknown(company)
        is_own = own.date and own.base_count >= MIN_BASE
        values = {
            "retention": format_number(
                env, 100 * (own if own.date else whole).rate_used, 0
            ),
            "segment": own.segment_id.name,
            "discount": format_number(env, 100 * company.relationship_discount_rate),
            "margin": format_number(env, 100 * company.relationship_margin_rate),
        }
        if self.lifecycle_stage == "lost" and not is_own:
            text = env._(
                "No lifetime value is expected: how many lost customers come back is"
                " not known before %(count)s of them have been so for a year.",
                count=MIN_BASE,
            )
        elif is_own:
            text = env._(
                "Lifetime value: retention %(retention)s%% a year, that of"
                " %(segment)s; discount rate %(discount)s%% a year.",
                **values,
            )
        else:
            text = env._(
                "Lifetime value: retention %(retention)s%% a year, that of all"
                " customers; discount rate %(discount)s%% a year.",
                **values,
            )
        base = whole.base_count
        if not is_own and base < MIN_BASE:
            few = env._(
                "Counted on few customers of a year ago (%(count)s): it tells little"
                " yet.",
                count=format_count(env, base or 0),
            )
            text = f"{text} {few}"
        if company._relationship_has_margin():
            return f"{text} {env._('Margin: that of the orders.')}"
        return f"{text} {env._('Margin: %(margin)s%% of the revenue.', **values)}"

    def _get_ranks(self):
        """Return how many of the company's scored customers are strictly worse.

        In one query. It counts all customers of the company, including those of other
        salespeople, and reveals nothing but these counts.

        :return: ``{id: (customers, worse in recency, in frequency, in monetary)}`` of
            the relationships that have a score
        """
        self.env["crm.relationship"].flush_model()
        # SQL because the ORM cannot compare the rows of a table with one of them.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT own.id, count(*),
                       count(*) FILTER (WHERE r.last_order_date < own.last_order_date),
                       count(*) FILTER (WHERE r.order_count < own.order_count),
                       count(*) FILTER (WHERE
                           CASE WHEN c.relationship_monetary = 'margin'
                                THEN COALESCE(r.margin, 0) < COALESCE(own.margin, 0)
                                ELSE r.revenue < own.revenue END)
                  FROM crm_relationship own
                  JOIN res_company c ON c.id = own.company_id
                  JOIN crm_relationship r
                    ON r.company_id = own.company_id AND r.active AND r.order_count > 0
                 WHERE own.id IN %s AND own.active AND own.order_count > 0
              GROUP BY own.id
                """,
                tuple(self.ids) or (0,),
            )
        )
        return {id_: tuple(counts) for id_, *counts in rows}
