from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Join the relationships first: the generic merge would delete one of two."""
        self._merge_relationships(src_partners, dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        dst_partner.sudo()._follow_commercial_partner()
        return result

    def _merge_relationships(self, src_partners, dst_partner):
        """Move the relationships of merged contacts to the remaining customer.

        ``sudo``: whoever may merge contacts merges all that belongs to them, in every
        company.
        """
        Relationship = (
            self.env["crm.relationship"].sudo().with_context(active_test=False)
        )
        customer = dst_partner.commercial_partner_id
        kept = {
            relationship.company_id: relationship
            for relationship in Relationship.search([("partner_id", "=", customer.id)])
        }
        merged = Relationship.search(
            [("partner_id", "in", src_partners.ids), ("partner_id", "!=", customer.id)]
        )
        for relationship in merged:
            target = kept.setdefault(relationship.company_id, relationship)
            if target != relationship:
                relationship._merge_into(target)
            elif relationship.partner_id != customer:
                relationship.partner_id = customer
        self.env.flush_all()
