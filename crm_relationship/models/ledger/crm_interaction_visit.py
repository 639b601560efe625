from odoo import api, fields, models

from . import visit


class CrmInteraction(models.Model):
    """One visit to the customer counts once: what goes along with an interaction."""

    _inherit = "crm.interaction"

    along_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Done Along With",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        help="Another interaction with the customer on the same occasion. Both count"
        " as one: for the limits, the cost and the time.",
    )
    also_due_ids = fields.Many2many(
        comodel_name="crm.interaction",
        compute="_compute_also_due",
    )
    also_due = fields.Char(
        compute="_compute_also_due",
        help="What else is in the queue for this customer these days: one visit, call"
        " or message may do for all.",
    )
    together_ids = fields.Many2many(
        comodel_name="crm.interaction",
        string="Close as Well",
        compute="_compute_together_ids",
        inverse="_inverse_together_ids",
        help="They get the same outcome. Together they count as one interaction.",
    )

    @api.depends("relationship_id", "state", "date_planned")
    def _compute_also_due(self):
        pending = self._filter_pending()
        found = visit.find_also_due(pending) if pending else {}
        for interaction in self:
            others = found.get(interaction, self.browse())
            interaction.also_due_ids = others
            interaction.also_due = bool(others) and visit.describe(others)

    @api.depends("state")
    def _compute_together_ids(self):
        along = visit.find_along(self._origin).sudo(False)
        by_first = along.grouped("along_id")
        for interaction in self:
            interaction.together_ids = by_first.get(interaction._origin, self.browse())

    def _inverse_together_ids(self):
        """Keep what is ticked until the first one is closed.

        ``sudo``: which one goes along is written by this method alone, after asking
        whether the user may write both.
        """
        for interaction in self:
            ticked = interaction.together_ids & interaction.also_due_ids
            ticked.check_access("write")
            known = visit.find_along(interaction)
            (known - ticked).along_id = False
            (ticked.sudo() - known).along_id = interaction
