from odoo import api, fields, models
from odoo.exceptions import ValidationError

REASON_LIMIT = 500


class CrmProgram(models.Model):
    """A program may sell before the relationship is cared for, but must say why."""

    _inherit = "crm.program"

    skip_relationship_first = fields.Boolean(
        string="Sell without Relationship Contacts First",
        tracking=True,
        help="The contacts of this program may sell although the company's rule asks"
        " for relationship contacts first.",
    )
    skip_relationship_first_reason = fields.Char(
        string="Why It May",
        tracking=True,
    )

    @api.constrains("skip_relationship_first", "skip_relationship_first_reason")
    def _check_skip_reason(self):
        for program in self:
            reason = (program.skip_relationship_first_reason or "").strip()
            if program.skip_relationship_first and not reason:
                raise ValidationError(
                    self.env._(
                        "Say why program “%(program)s” may sell without relationship"
                        " contacts first.",
                        program=program.name,
                    )
                )
            if len(reason) > REASON_LIMIT:
                raise ValidationError(
                    self.env._(
                        "The reason of program “%(program)s” is too long: at most"
                        " %(limit)s characters are kept.",
                        program=program.name,
                        limit=REASON_LIMIT,
                    )
                )
