from odoo import fields, models

from .apart import first_line


class CrmFailureMixin(models.AbstractModel):
    """What a job could not carry out shows it where an administrator mends it."""

    _name = "crm.failure.mixin"
    _inherit = ["crm.record.mixin"]
    _description = "Failure Mixin"

    failure = fields.Char(
        string="Last Failure",
        readonly=True,
        copy=False,
        help="Why the nightly job skipped this. Empty as soon as it succeeds again.",
    )

    def _note_failure(self, error, company):
        """Note what went wrong for a company, or that nothing does there any more.

        :param error: an exception, or None
        """
        mark = f"{company.name}: "
        failure = f"{mark}{first_line(error)}" if error else False
        for record in self:
            present = record.failure or ""
            # only what differs: what somebody edits is not to be locked every night
            if failure != record.failure and (failure or present.startswith(mark)):
                record.failure = failure
