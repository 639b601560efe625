from odoo import api, fields, models


class CrmProgram(models.Model):
    """The benefits a program brings; `benefit` says in words what they add up to."""

    _inherit = "crm.program"

    benefit_ids = fields.Many2many(
        comodel_name="crm.benefit",
        string="Benefits",
        ondelete="restrict",
        help="What each customer of the program gets, besides the benefits of its"
        " steps.",
    )
    benefit_warning = fields.Char(
        compute="_compute_benefit_warning",
        help="Names the segments the program is for and which a benefit does not suit."
        " A program without segments is for all of them. A warning only.",
    )

    @api.depends("benefit_ids", "segment_ids", "company_id")
    def _compute_benefit_warning(self):
        for program in self:
            program.benefit_warning = program.benefit_ids._get_warning(
                program._get_reached_segments()
            )

    @api.constrains("benefit_ids", "company_id")
    def _check_benefit_company(self):
        for program in self:
            program.benefit_ids._check_usable_by(program.company_id, program.name)
        self.step_ids._check_benefit_company()

    def _get_reached_segments(self):
        """Return the program's segments; without any, all that its company uses."""
        self.ensure_one()
        if self.segment_ids:
            return self.segment_ids
        companies = self.company_id or self.env.companies
        return self.env["crm.segment"].search(
            [("company_id", "in", [*companies.ids, False])]
        )
