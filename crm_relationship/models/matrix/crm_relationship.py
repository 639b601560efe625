from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..portfolio.comparison import keep_compared


class CrmRelationship(models.Model):
    """A customer in an experiment follows its plan, as long as in its segment."""

    _inherit = "crm.relationship"

    experiment_id = fields.Many2one(
        comodel_name="crm.cadence.experiment",
        string="Tries Another Cadence",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="Experiment in which the customer is in the half with the other cadence.",
    )
    member_ids = fields.One2many(
        comodel_name="crm.cadence.member",
        inverse_name="relationship_id",
        string="Cadence Experiments",
        groups="sales_team.group_sale_manager",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_half(self):
        # sudo: a group counts, whoever may not see it
        members = self.sudo().member_ids
        compared = members.filtered(lambda m: m.experiment_id.state != "cancelled")
        keep_compared(compared.relationship_id)

    def _get_trial_plan(self):
        """Return the plan of the experiment that the customer follows, or none.

        ``sudo``: which plan it is, for whoever sees the customer.
        """
        self.ensure_one()
        experiment = self.experiment_id.sudo()
        if self.plan_id or experiment.segment_id != self.segment_id:
            return self.env["crm.contact.plan"]
        return experiment.trial_plan_id.with_env(self.env)

    @api.depends("experiment_id", "segment_id")
    def _compute_effective_plan_id(self):
        super()._compute_effective_plan_id()
        for relationship in self:
            if relationship.experiment_id and (plan := relationship._get_trial_plan()):
                relationship.effective_plan_id = plan

    @api.model
    def _search_effective_plan_id(self, operator, value):
        usual = super()._search_effective_plan_id(operator, value)
        experiments = self.env["crm.cadence.experiment"]
        # sudo: which customers are in one, not which one
        running = experiments.sudo().search([("state", "=", "running")])
        if usual is NotImplemented or not running:
            return usual
        # the words are the user's, and so are the rights
        meant = experiments.with_context(active_test=False).search(
            Domain("id", "in", running.ids) & Domain("trial_plan_id", operator, value)
        )
        for experiment in running:
            trying = Domain(
                [
                    ("plan_id", "=", False),
                    ("experiment_id", "=", experiment.id),
                    ("segment_id", "=", experiment.segment_id.id),
                ]
            )
            is_meant = Domain(experiment.id in meant.ids)
            usual = (trying & is_meant) | (~trying & usual)
        return usual

    @api.model
    def _effective_plan_sql(self, relationship):
        usual = super()._effective_plan_sql(relationship)
        return SQL(
            """
            CASE WHEN %(r)s.experiment_id IS NULL OR %(r)s.plan_id IS NOT NULL
                 THEN %(usual)s
                 ELSE COALESCE((SELECT e.trial_plan_id FROM crm_cadence_experiment e
                                 WHERE e.id = %(r)s.experiment_id
                                   AND e.segment_id = %(r)s.segment_id), %(usual)s) END
            """,
            r=relationship,
            usual=usual,
        )

    @api.model
    def _get_plan_fields(self):
        return super()._get_plan_fields() | {"experiment_id"}

    @api.model
    def _get_divided_domain(self, segment, company):
        """Return who can be divided: in the segment, free, with its plan.

        Rooms leave out more. ``sudo`` is the caller's.
        """
        return Domain(
            [
                ("company_id", "=", company.id),
                ("segment_id", "=", segment.id),
                ("active", "=", True),
                ("plan_id", "=", False),
                ("experiment_id", "=", False),
                (
                    "member_ids",
                    "not any",
                    [("experiment_id.state", "=", "running")],
                ),
            ]
        )

    def _hand_over_to(self, target):
        """Keep whoever remains in the group, or groups, of both.

        ``sudo`` is that of the merge.
        """
        super()._hand_over_to(target)
        is_free = not target.member_ids
        self.member_ids.write({"relationship_id": target.id})
        if is_free and self.experiment_id:
            target.experiment_id = self.experiment_id
