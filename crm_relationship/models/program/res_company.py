from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    program_four_eyes = fields.Boolean(
        string="Programs Are Approved",
        groups="base.group_user",
        help="Another sales manager than the one who changed a program last has to"
        " approve it before customers enter.",
    )
