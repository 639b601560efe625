from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.base.figures import format_number
from ..models.portfolio.at_risk import MIN_DAYS, AtRiskTrial
from ..models.portfolio.crm_segment_figure import MIN_BASE


class CrmAtRiskTrial(models.TransientModel):
    """From how long a silence on a customer is at risk: tried on the company's past."""

    _name = "crm.at.risk.trial"
    _inherit = ["crm.record.mixin"]
    _description = "When Is a Customer at Risk?"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    factor = fields.Float(
        string="Proposed",
        digits=(4, 1),
        compute="_compute_figures",
        help="Times the usual interval, of 1 to 15 by halves, for which the shares of"
        " false alarms and of customers missed are the smallest together.",
    )
    is_new = fields.Boolean(compute="_compute_figures")
    figures = fields.Html(compute="_compute_figures", sanitize=False)

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_figures(self):
        for trial in self:
            # sudo: counts of all customers, for a sales administrator
            found = AtRiskTrial(trial.company_id.sudo())
            proposal = found.proposal
            trial.factor = proposal.factor if proposal else 0
            trial.is_new = bool(proposal) and proposal != found.present
            trial.figures = self.env["ir.qweb"]._render(
                "crm_relationship.at_risk_trial", trial._get_values(found)
            )

    def _get_values(self, found):
        """Return what the page shows of a trial."""
        if not found.proposal:
            return {"sentence": self._describe_unknown(), "rows": []}
        shown = sorted(
            {found.present, found.proposal}
            | {v for v in found.verdicts if v.factor in (1, 2, 3, 4, 5, 7, 10, 15)},
            key=lambda verdict: verdict.factor,
        )
        return {
            "sentence": self._describe(found),
            "back": self._show(found.present.back),
            "gone": self._show(found.present.gone),
            "rows": [
                {
                    "factor": self._show(verdict.factor),
                    "alarms": self._show(100 * verdict.alarm_share, 0),
                    "missed": self._show(100 * verdict.missed_share, 0),
                    "right": self._show(100 * verdict.right_share, 0),
                    "is_present": verdict == found.present,
                    "is_proposal": verdict == found.proposal,
                }
                for verdict in shown
            ],
        }

    def _describe(self, found):
        present, best = found.present, found.proposal
        values = {
            "customers": self._show(present.back + present.gone),
            "days": found.days,
            "back": self._show(present.back),
            "present": self._show(present.factor),
            "alarms": self._show(100 * present.alarm_share, 0),
            "missed": self._show(100 * present.missed_share, 0),
            "best": self._show(best.factor),
            "best_alarms": self._show(100 * best.alarm_share, 0),
            "best_missed": self._show(100 * best.missed_share, 0),
        }
        text = self.env._(
            "Of %(customers)s customers %(days)s days ago, %(back)s have bought again."
            " With %(present)s times the usual interval, as in the settings,"
            " %(alarms)s%% of these would have been called at risk, and %(missed)s%%"
            " of the others would have been missed.",
            **values,
        )
        if present == best:
            return f"{text} {self.env._('No other factor is better balanced.')}"
        proposal = self.env._(
            "With %(best)s times it would have been %(best_alarms)s%% and"
            " %(best_missed)s%%: that is better balanced.",
            **values,
        )
        return f"{text} {proposal}"

    def _describe_unknown(self):
        return self.env._(
            "Not known yet: it takes %(days)s days since the first purchases, and as"
            " many afterwards in which at least %(count)s customers bought again and"
            " %(count)s did not.",
            days=MIN_DAYS,
            count=MIN_BASE,
        )

    def _show(self, number, digits=None):
        return format_number(self.env, number, digits)

    def action_take(self):
        """Let the company work with the proposed factor from the next update on."""
        check_one(self)
        self.check_access("write")
        # sudo: the one setting that this dialog is about, to the figure that it finds
        company = self.company_id.sudo()
        proposal = AtRiskTrial(company).proposal
        if not proposal:
            raise UserError(self._describe_unknown())
        company.relationship_at_risk_factor = proposal.factor
        return {"type": "ir.actions.client", "tag": "soft_reload"}
