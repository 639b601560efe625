from datetime import date

from odoo import Command, models

from ..models.courtesy.res_partner_address import ADDRESSES
from ..models.program import covering
from ..models.program.referral import get_chain


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Merge wishes and relationships first.

        The generic merge would lose refusals, and delete one of two relationships.
        ``sudo``: whoever may merge contacts merges all that belongs to them.
        """
        self._merge_addresses(src_partners, dst_partner)
        self._merge_wishes(src_partners, dst_partner)
        self._merge_relationships(src_partners, dst_partner)
        self._merge_referrals(src_partners, dst_partner)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        # sudo: as for the relationships
        dst_partner.sudo()._follow_commercial_partner()
        running = [
            ("partner_id", "=", dst_partner.commercial_partner_id.id),
            ("state", "=", "running"),
        ]
        covering.cover(self.env["crm.program.enrollment"].sudo().search(running))
        return result

    def _update_values(self, src_partners, dst_partner):
        """Keep the day on which it was noted who brought the customer.

        Odoo writes every value anew, and it would be noted today: somebody would be
        thanked again. ``sudo``: nobody writes the day.
        """
        remaining = dst_partner.sudo()
        day = remaining.referral_date
        result = super()._update_values(src_partners, dst_partner)
        remaining.referral_date = remaining.referred_by_id and day
        return result

    def _merge_relationships(self, src_partners, dst_partner):
        """Move the relationships of merged contacts to the remaining customer.

        ``sudo``: whoever may merge contacts merges everything that belongs to them, in
        every company; but nobody takes over a colleague's customer that way.
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
                relationship.with_env(self.env)._check_may_be_merged_into(target)
                relationship._merge_into(target)
            elif relationship.partner_id != customer:
                relationship.partner_id = customer
        remaining = Relationship.union(*kept.values())
        remaining.with_env(self.env)._bring_in_step()
        self.env.flush_all()

    def _merge_referrals(self, src_partners, dst_partner):
        """Keep who brought the customer, and when; nobody is brought in a circle.

        Who brought one of them first counts. Whoever is merged, or was brought by one
        of them, does not. The generic merge moves whom they brought. ``sudo``: whoever
        may merge contacts merges all that belongs to them.
        """
        everybody = (src_partners | dst_partner).sudo()
        brought = everybody.filtered("referred_by_id").sorted(
            lambda partner: (partner.referral_date or date.max, partner.id)
        )
        known = [(p.referred_by_id, p.referral_date) for p in brought]
        everybody.referred_by_id = False
        remaining = dst_partner.sudo()
        for by, day in known:
            if by not in everybody and not get_chain(by) & everybody:
                remaining.referred_by_id = by
                remaining.referral_date = day
                break
        self._clear_referrals_within(everybody)
        self.env.flush_all()

    def _clear_referrals_within(self, everybody):
        """Forget on documents of these contacts that they brought themselves."""
        for model in ("sale.order", "crm.lead"):
            # sudo: as above, in every company
            documents = self.env[model].sudo().with_context(active_test=False)
            documents.search(
                [
                    ("referred_by_id", "in", everybody.ids),
                    ("partner_id", "in", everybody.ids),
                ]
            ).referred_by_id = False

    def _merge_addresses(self, src_partners, dst_partner):
        """Hear old links for the remaining contact, and speak by the right address.

        Whoever merges a customer into a contact of their own making must not speak for
        the customer by its address: that of the contact who has spoken counts, else
        that of the oldest. ``sudo``: nobody writes the marks and traces.
        """
        remaining = dst_partner.sudo()
        self.env["crm.merged.contact"].sudo()._note(src_partners, remaining)
        everybody = (remaining | src_partners.sudo()).sorted("id")
        spoken = everybody.filtered(
            lambda person: any(person.preference_change_ids.mapped("by_customer"))
        )
        believed = spoken if spoken else everybody
        if remaining in spoken:
            return
        for kind, (normalized, mark) in ADDRESSES.items():
            known = believed.filtered(lambda p, m=mark, n=normalized: p[m] or p[n])[:1]
            if known and known != remaining:
                remaining[mark] = known[mark] or known._make_address_mark(kind)

    def _merge_wishes(self, src_partners, dst_partner):
        """Make every refusal of the merged contacts hold for the remaining one.

        If nobody refuses, the wish of the remaining contact counts, then those of the
        others. The generic merge moves the history to the remaining contact. ``sudo``:
        whoever may merge contacts merges all that belongs to them.
        """
        everybody = dst_partner.sudo() | src_partners.sudo()
        snoozes = everybody.filtered("contact_snooze_until")
        blocked = everybody.filtered("do_not_contact")
        vals = {
            "refused_touchpoint_ids": [
                Command.link(id_) for id_ in everybody.refused_touchpoint_ids.ids
            ],
            "contact_snooze_until": max(
                snoozes.mapped("contact_snooze_until"), default=False
            ),
            "do_not_contact": bool(blocked),
            "do_not_contact_reason": next(
                (p.do_not_contact_reason for p in blocked if p.do_not_contact_reason),
                False,
            ),
        }
        for name in ("preferred_touchpoint_id", "contact_window_id"):
            vals[name] = everybody.mapped(name)[:1].id
        for name in ("consent_relationship", "consent_selling"):
            answers = (person[name] for person in everybody)
            stated = [answer for answer in answers if answer in ("granted", "refused")]
            refused = "refused" in stated
            vals[name] = "refused" if refused else next(iter(stated), "unknown")
        dst_partner.sudo()._change_preferences(vals, "merge")
        self._merge_staff_requirements(src_partners.sudo(), dst_partner.sudo())

    def _merge_staff_requirements(self, src_partners, dst_partner):
        """Move the salesperson requirements; of two alike, "must" wins."""
        levels = {}
        for requirement in (dst_partner | src_partners).staff_requirement_ids:
            tag = requirement.tag_id
            must = "must" in (requirement.level, levels.get(tag))
            levels[tag] = "must" if must else requirement.level
        src_partners.staff_requirement_ids.unlink()
        own = {
            requirement.tag_id: requirement
            for requirement in dst_partner.staff_requirement_ids
        }
        commands = [
            Command.update(own[tag].id, {"level": level})
            if tag in own
            else Command.create({"tag_id": tag.id, "level": level})
            for tag, level in levels.items()
        ]
        dst_partner._change_preferences({"staff_requirement_ids": commands}, "merge")
