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
        help="Why the nightly job left this out. Empty as soon as it succeeds again.",
    )

    def _note_failure(self, error):
        """Note what went wrong, or that nothing does any more.

        :param error: an exception, or None
        """
        failure = first_line(error) if error else False
        # only what differs: a row that somebody edits is not to be locked every night
        self.filtered(lambda record: record.failure != failure).write(
            {"failure": failure}
        )
