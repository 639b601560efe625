from odoo import models


class AccountMoveReversal(models.TransientModel):
    _inherit = "account.move.reversal"

    def reverse_moves(self, is_modify=False):
        """Go on with the follow-ups of what is credited only to be invoiced anew."""
        result = super().reverse_moves(is_modify=is_modify)
        if is_modify:
            # sudo: whoever corrects an invoice need not see sales
            self.move_ids.sudo().reversal_move_ids._follow_credit_notes()
        return result
