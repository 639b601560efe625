from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .crm_segment import LIFECYCLE_STAGES


class ResPartner(models.Model):
    _inherit = "res.partner"

    # Relationship with the current company
    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        compute="_compute_relationship_id",
        search="_search_relationship_id",
        compute_sudo=True,
        groups="base.group_user",
        help="Relationship of the current company with this customer.",
    )
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        string="Portfolio Segment",
        compute="_compute_relationship_id",
        search="_search_segment_id",
        compute_sudo=True,
        groups="base.group_user",
    )
    segment_color = fields.Integer(
        related="segment_id.color",
        string="Segment Color",
        groups="base.group_user",
    )
    lifecycle_stage = fields.Selection(
        selection=LIFECYCLE_STAGES,
        compute="_compute_relationship_id",
        search="_search_lifecycle_stage",
        compute_sudo=True,
        groups="base.group_user",
    )
    dedicated_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Dedicated Staff",
        domain="[('share', '=', False)]",
        compute="_compute_relationship_id",
        inverse="_inverse_dedicated_user_id",
        search="_search_dedicated_user_id",
        compute_sudo=True,
        groups="base.group_user",
        help="The person who always serves this customer.",
    )
    interaction_count = fields.Integer(
        string="Contact Count",
        compute="_compute_interaction_count",
        help="All contacts with the customer: planned, made, and not made.",
        groups="sales_team.group_sale_salesman",
    )

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_relationship_id(self):
        relationships = self.env["crm.relationship"].with_context(active_test=False)
        by_customer = relationships.search(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ]
        ).grouped("partner_id")
        for partner in self:
            relationship = by_customer.get(partner.commercial_partner_id, relationships)
            partner.relationship_id = relationship
            partner.segment_id = relationship.segment_id
            partner.lifecycle_stage = relationship.lifecycle_stage
            partner.dedicated_user_id = relationship.user_id

    def _inverse_dedicated_user_id(self):
        for staff, partners in self.grouped("dedicated_user_id").items():
            relationships = (
                self.env["crm.relationship"].sudo()._ensure(partners, self.env.company)
            )
            relationships.user_id = staff

    @api.model
    def _search_relationship_id(self, operator, value):
        return self._search_in_relationship("id", operator, value)

    @api.model
    def _search_segment_id(self, operator, value):
        return self._search_in_relationship("segment_id", operator, value)

    @api.model
    def _search_lifecycle_stage(self, operator, value):
        return self._search_in_relationship("lifecycle_stage", operator, value)

    @api.model
    def _search_dedicated_user_id(self, operator, value):
        return self._search_in_relationship("user_id", operator, value)

    @api.model
    def _search_in_relationship(self, field_name, operator, value):
        """Return the domain of contacts whose relationship has a value.

        Customers without a relationship count as having none.
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        if not self.env.su:
            # the ORM asks for the rights to read a field, but not to search by it
            self._check_field_access(self._fields["relationship_id"], "read")
        relationships = (
            self.env["crm.relationship"].sudo().with_context(active_test=False)
        )
        if field_name == "id" and operator == "any":
            # by any field of the relationship: with the rights of whoever asks
            relationships = relationships.sudo(self.env.su)
        own = Domain("company_id", "=", self.env.company.id)

        def is_found(domain):
            """By the index of the customer: PostgreSQL goes through a long list that is
            looked up (`IN`) again and again, unless it fits into the memory."""

            def to_sql(model, alias, query):
                customer = model._field_to_sql(alias, "commercial_partner_id", query)
                column = SQL.identifier("crm_relationship", "partner_id")
                # compared outside: within, a table may have the alias of the contacts
                return SQL(
                    "EXISTS (SELECT FROM %s found WHERE found.partner_id = %s)",
                    relationships._search(own & domain).subselect(column),
                    customer,
                )

            return Domain.custom(to_sql=to_sql)

        if operator == "in" and False in value:
            return ~is_found(Domain(field_name, "not in", value))
        return is_found(Domain(field_name, operator, value))

    def _compute_interaction_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group(
                [("relationship_id.partner_id", "in", self.commercial_partner_id.ids)],
                ["relationship_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.interaction_count = sum(
                count
                for relationship, count in counts.items()
                if relationship.partner_id == partner.commercial_partner_id
            )

    def write(self, vals):
        """Nobody contacts an archived customer: what is pending is cancelled.

        Only afterwards, because closing a contact plans the next one of a customer who
        is still active.
        """
        result = super().write(vals)
        if vals.get("active") is False:
            self._cancel_contacts()
        if "company_id" in vals:
            self.env["crm.interaction"].sudo()._reconsider(self)
        if {"parent_id", "is_company"} & vals.keys():
            self.sudo()._follow_commercial_partner()
        return result

    def _follow_commercial_partner(self):
        """Bring the relationships in line after contacts joined or left a customer.

        Who joins a firm brings his history along. Who leaves one takes along what was
        planned for him; what was done as the firm's stays in the firm's history.
        """
        Relationship = self.env["crm.relationship"].with_context(active_test=False)
        for own in Relationship.search([("partner_id", "in", self.ids)]):
            customer = own.partner_id.commercial_partner_id
            if customer != own.partner_id:
                own._merge_into(Relationship._ensure(customer, own.company_id))
        pending = self.env["crm.interaction"].search(
            [
                ("partner_id", "child_of", self.ids),
                ("state", "in", ("scheduled", "open")),
            ]
        )
        for contact in pending:
            customer = contact.partner_id.commercial_partner_id
            if contact.relationship_id.partner_id == customer:
                continue
            if contact.plan_line_id:
                contact.write({"state": "cancelled", "reason_code": "plan_changed"})
            else:
                contact.relationship_id = Relationship._ensure(
                    customer, contact.company_id
                )

    def _cancel_contacts(self):
        pending = (
            self.env["crm.interaction"]
            .sudo()
            .search(
                [
                    ("state", "in", ("scheduled", "open")),
                    "|",
                    ("partner_id", "in", self.ids),
                    ("relationship_id.partner_id", "in", self.ids),
                ]
            )
        )
        pending.write({"state": "cancelled", "reason_code": "archived"})

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_contacts(self):
        known = self.env["crm.relationship"].sudo().with_context(active_test=False)
        relationships = known.search([("partner_id", "in", self.ids)])
        made = self.env["crm.interaction"].sudo()
        theirs = Domain("partner_id", "in", self.ids) | Domain(
            "relationship_id", "in", relationships.ids
        )
        kept = made.search(theirs & Domain("state", "=", "done"), limit=1)
        if kept:
            raise UserError(
                self.env._(
                    "%(contact)s cannot be deleted: contacts with this customer are in"
                    " the history. Archive the contact instead, nobody is contacted"
                    " then.",
                    contact=kept.partner_id.display_name,
                )
            )
        made.search(theirs).unlink()
        relationships.unlink()

    def action_view_interactions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_interaction_action"
        )
        action["domain"] = [
            ("relationship_id.partner_id", "=", self.commercial_partner_id.id)
        ]
        action["context"] = {"default_partner_id": self.id}
        return action

    def action_plan_contact(self):
        """Open the form that plans a contact with this person."""
        self.ensure_one()
        relationship = (
            self.env["crm.relationship"].sudo()._ensure(self, self.env.company)
        )
        action = relationship.action_plan_contact()
        action["context"]["default_partner_id"] = self.id
        return action
