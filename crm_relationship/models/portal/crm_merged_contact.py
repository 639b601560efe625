from odoo import api, fields, models


class CrmMergedContact(models.Model):
    """Which contact another one was merged into: links sent before are still heard.

    A merge deletes the contact whose id the links hold. Merged once more, the generic
    merge moves ``partner_id`` along.
    """

    _name = "crm.merged.contact"
    _inherit = ["crm.record.mixin"]
    _description = "Trace of a Merge"
    _rec_name = "merged_id"

    merged_id = fields.Integer(
        string="ID Before",
        required=True,
        readonly=True,
        help="Of the record that is gone.",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )

    _merged_unique = models.Constraint(
        "UNIQUE(merged_id)",
        "This person was merged before.",
    )

    @api.model
    def _note(self, merged, remaining):
        """Note that contacts are merged into another."""
        self.create(
            [{"merged_id": id_, "partner_id": remaining.id} for id_ in merged.ids]
        )

    @api.model
    def _find(self, merged_id):
        """Return the ``res.partner`` that a contact was merged into, else none."""
        return self.search([("merged_id", "=", merged_id)]).partner_id
