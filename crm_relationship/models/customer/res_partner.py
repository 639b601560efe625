from contextlib import nullcontext
from math import ceil, floor

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, Query

from ...engine.age import age_on, last_birth_for_age
from ..base.bounds import day_bounds
from .salesperson import find_in_step

# They compare a column with ids, without looking at the records.
PLAIN_OPERATORS = ("in", "<", "<=", ">", ">=")


class ResPartner(models.Model):
    """The contact as a customer of the current company, and its age."""

    _inherit = ["res.partner", "crm.bounds.mixin"]

    relationship_id = fields.Many2one(
        comodel_name="crm.relationship",
        compute="_compute_relationship_id",
        search="_search_relationship_id",
        compute_sudo=True,
        groups="base.group_user",
        help="Relationship of the current company with this customer.",
    )
    dedicated_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Dedicated Salesperson",
        domain="[('share', '=', False)]",
        compute="_compute_relationship_id",
        inverse="_inverse_dedicated_user_id",
        search="_search_dedicated_user_id",
        compute_sudo=True,
        groups="base.group_user",
        help="The person who always serves this customer. Where the company keeps both"
        " in step, this is also the Salesperson of sales and purchases.",
    )
    birthdate = fields.Date(string="Date of Birth", groups="base.group_user")
    age = fields.Integer(
        compute="_compute_age",
        search="_search_age",
        aggregator=None,
        groups="base.group_user",
        help="Full years since the date of birth, today. Anyone born on 29 February"
        " turns a year older on 28 February in other years.",
    )

    _birthdate_in_bounds = day_bounds("birthdate")

    # ------------------------------------------------------------------
    # Relationship with the current company
    # ------------------------------------------------------------------

    @api.depends("commercial_partner_id")
    @api.depends_context("company")
    def _compute_relationship_id(self):
        relationships = self.env["crm.relationship"].with_context(active_test=False)
        by_customer = relationships.search_fetch(
            [
                ("partner_id", "in", self.commercial_partner_id.ids),
                ("company_id", "=", self.env.company.id),
            ]
        ).grouped("partner_id")
        for partner in self:
            relationship = by_customer.get(partner.commercial_partner_id, relationships)
            partner.relationship_id = relationship
            partner.dedicated_user_id = relationship.user_id

    def _inverse_dedicated_user_id(self):
        """Let somebody else serve the customers, as far as the user may decide that.

        ``sudo``: salespeople may not write relationships, and whom they have passed on
        is out of their sight.
        """
        Relationship = self.env["crm.relationship"]
        for staff, partners in self.grouped("dedicated_user_id").items():
            if not staff:  # who is served by nobody needs no relationship for it
                partners = partners.filtered(lambda p: p.sudo().relationship_id)
            served = Relationship.sudo()._ensure(partners, self.env.company)
            changing = served.filtered(lambda r, staff=staff: r.user_id != staff)
            changing.with_env(self.env)._check_may_be_passed_on()
            changing.user_id = staff
            if Relationship._is_by_hand():
                changing._check_staff({"user_id"})

    @api.model
    def _search_relationship_id(self, operator, value):
        return self._search_in_relationship("id", operator, value)

    @api.model
    def _search_dedicated_user_id(self, operator, value):
        return self._search_in_relationship("user_id", operator, value)

    @api.model
    def _search_in_relationship(self, field_name, operator, value):
        """Return the domain of contacts whose relationship has a value.

        Customers without a relationship count as having none.

        ``sudo``: whoever may read the field on the contact may not be allowed to read
        relationships. So it is for a column of the relationship, compared with plain
        values; what lies behind the column is looked up with the rights of the asker.
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        if not self.env.su:
            # the ORM checks the rights to read a field, but not to search by it
            self._check_field_access(self._fields["relationship_id"], "read")
        relationships = (
            self.env["crm.relationship"].sudo().with_context(active_test=False)
        )
        if field_name == "id" and operator == "any":
            # by any field of the relationship: with the rights of the asker
            relationships = relationships.sudo(self.env.su)
        elif field_name == "id" or relationships._fields[field_name].relational:
            operator, value = self._find_related(field_name, operator, value)
        if operator == "in" and False in value:
            return ~self._has_relationship(
                relationships, Domain(field_name, "not in", value)
            )
        return self._has_relationship(
            relationships, Domain(field_name, operator, value)
        )

    @api.model
    def _find_related(self, field_name, operator, value):
        """Return the condition on a column by the ids of the records it refers to.

        The records are found with the rights of the asker, who writes what is asked of
        them: ``dedicated_user_id.partner_id.opportunity_ids.name``. Plain ids, and
        queries, which cannot be sent with a request, are taken as they are.

        :return: ``(operator, value)``
        """
        if isinstance(value, Query | SQL):
            return "any!", value
        if operator in PLAIN_OPERATORS:
            return operator, value
        relationships = self.env["crm.relationship"]
        field = relationships._fields[field_name]
        records = self.env[field.comodel_name] if field.relational else relationships
        if not operator.startswith("any"):
            name = "id" if operator in ("child_of", "parent_of") else "display_name"
            value = Domain(name, operator, value)
        # `any!` comes from code, too: it passes over the rules of these records, not
        # over those of what lies behind them
        return "any!", records._search(
            Domain(value),
            active_test=False,
            bypass_access=self.env.su or operator == "any!",
        )

    @api.model
    def _has_relationship(self, relationships, domain):
        """Return the domain of contacts who have such a relationship.

        Use the customer's index: PostgreSQL rescans `IN` lists too long for memory.

        :param relationships: empty ``crm.relationship``, in whose environment to search
        """
        domain &= Domain("company_id", "=", self.env.company.id)

        def to_sql(model, alias, query):
            customer = model._field_to_sql(alias, "commercial_partner_id", query)
            column = SQL.identifier("crm_relationship", "partner_id")
            # compared outside: inside, a table may have the same alias as the contacts
            return SQL(
                "EXISTS (SELECT FROM %s found WHERE found.partner_id = %s)",
                relationships._search(domain).subselect(column),
                customer,
            )

        return Domain.custom(to_sql=to_sql)

    # ------------------------------------------------------------------
    # Age
    # ------------------------------------------------------------------

    @api.depends("birthdate")
    @api.depends_context("tz")
    def _compute_age(self):
        today = fields.Date.context_today(self)
        for partner in self:
            birth = partner.birthdate
            partner.age = age_on(birth, today) if birth else 0

    @api.model
    def _search_age(self, operator, value):
        """Return the domain of people of an age; without a birthdate there is none."""
        if operator == "in":
            return Domain.OR(self._age_is(age) for age in value)
        if operator not in ("<", "<=", ">", ">="):
            return NotImplemented
        value = float(value)
        # full years: 17.5 or more is 18 or more
        limit = ceil(value) if operator in (">=", "<") else floor(value) + 1
        older = self._age_from(limit)
        known = Domain("birthdate", "!=", False)
        return older if operator in (">", ">=") else known & ~older

    @api.model
    def _age_is(self, age):
        if age is False:
            return Domain("birthdate", "=", False)
        age = float(age)
        if not age.is_integer():
            return Domain.FALSE
        return self._age_from(int(age)) & ~self._age_from(int(age) + 1)

    @api.model
    def _age_from(self, age):
        """Return the domain of people who are at least that many years old."""
        if age <= 0:
            return Domain("birthdate", "!=", False)
        last = last_birth_for_age(age, fields.Date.context_today(self))
        return Domain("birthdate", "<=", last) if last else Domain.FALSE

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    # What other rooms do about a contact that is made or changed is told by name, so
    # that the order can be read here. Each of these hooks is filled by one room, apart
    # from the last two, to which any room may add in any order.

    @api.model_create_multi
    def create(self, vals_list):
        with self._creating_wishes():
            partners = super().create(vals_list)
        for partner, vals in zip(partners, vals_list, strict=True):
            partner._settle_salesperson(vals)
        partners._follow_create()
        return partners

    def write(self, vals):
        vals = self._complete_wish_values(vals)
        self._note_addresses(vals)
        before = {p: p.user_id for p in self} if "user_id" in vals else {}
        moving = self._filter_moving(vals)
        with (
            self._watching_clocks(vals),
            self._watching_addresses(vals),
            self._noting_wishes(vals),
        ):
            result = super().write(vals)
        if moving:
            moving._follow_commercial_partner()
        self._follow_write(vals)
        self._settle_salesperson(vals)
        self._follow_salesperson(before)
        if "company_id" in vals:
            self._follow_company()
        return result

    @api.model
    def _creating_wishes(self):
        """Courtesy: the records of wishes made meanwhile belong to new contacts."""
        return nullcontext()

    def _complete_wish_values(self, vals):
        """Courtesy: return ``vals`` with what belongs to the wishes in them."""
        return vals

    def _note_addresses(self, vals):
        """Courtesy: note which address was there before another takes its place."""

    def _noting_wishes(self, vals):
        """Courtesy: guard the customer's refusals, and note what changes meanwhile."""
        return nullcontext()

    def _watching_addresses(self, vals):
        """Privacy: silence addresses that belong to somebody who was erased."""
        return nullcontext()

    def _watching_clocks(self, vals):
        """Ledger: what is planned by a company's clock follows it."""
        return nullcontext()

    def _follow_salesperson(self, before):
        """Let the dedicated salesperson follow when that of the contact changes.

        Where both are kept in step, they are one person. Elsewhere a customer whom
        somebody else serves on purpose stays with that person. Either way, the chatter
        says who serves the customer from now on.

        ``sudo``: a customer who was passed on is out of sight; whether the user may
        pass the customer on is asked.

        :param dict before: the salesperson of each contact until now
        """
        changed = self.filtered(
            lambda p: p in before
            and p == p.commercial_partner_id
            and p.user_id != before[p]
        )
        if not changed:
            return
        tied = find_in_step(changed)
        # told by the dedicated salesperson, who has changed: nobody else follows
        told = tied.filtered(lambda r: r.user_id == r.partner_id.user_id).partner_id
        tied.with_env(self.env)._take_salespeople()
        tied.partner_id._take_people_along(before)
        known = self.env["crm.relationship"].sudo()
        known = known.search(
            [("partner_id", "in", (changed - told).filtered("user_id").ids)]
        )
        (known - tied).filtered(
            lambda r: r._may_follow(
                before[r.partner_id], r.partner_id.user_id, self.env
            )
        )._follow_contacts()
        known.filtered("user_id")._log_who_serves(self.env.user)

    def _note_salesperson(self, staff):
        """Note in the chatter who becomes the salesperson, and who was it before."""
        nobody = self.env._("nobody")
        self._message_log_batch(
            bodies={
                partner.id: self.env._(
                    "Salesperson: %(before)s → %(after)s, who is the dedicated"
                    " salesperson of this customer.",
                    before=partner.user_id.name or nobody,
                    after=staff.name or nobody,
                )
                for partner in self
            }
        )

    def _take_people_along(self, before):
        """Let people of these customers have the new salesperson whom they had before.

        Odoo proposes a person's own salesperson on orders. ``sudo``: they follow, as
        the customer has.

        :param dict before: the salesperson of each customer until now
        """
        former = self.env["res.users"].union(*before.values())
        if not (self and former):
            return
        people = self.sudo().search(
            [
                ("commercial_partner_id", "in", self.ids),
                ("id", "not in", self.ids),
                ("user_id", "in", former.ids),
            ]
        )
        for customer, own in people.grouped("commercial_partner_id").items():
            along = own.filtered_domain([("user_id", "=", before[customer].id)])
            if along:
                along.user_id = customer.user_id

    def _settle_salesperson(self, vals):
        """Let the leading one count where both salespeople were entered at once."""
        if not {"user_id", "dedicated_user_id"} <= vals.keys():
            return
        for relationship in find_in_step(self.commercial_partner_id):
            contact = relationship.partner_id.with_env(self.env)
            leads = relationship.company_id.relationship_salesperson == "contact"
            if leads and contact in self and contact.user_id.id != vals["user_id"]:
                contact.user_id = vals["user_id"]

    def _follow_company(self):
        """Bring both salespeople in step in the company whose contacts these became."""
        customers = self.commercial_partner_id
        find_in_step(customers).with_env(self.env)._bring_in_step()

    def _follow_create(self):
        """Do what follows from these contacts being made."""

    def _follow_write(self, vals):
        """Do what follows from ``vals`` having been written."""

    def _filter_moving(self, vals):
        """Return the contacts who may belong to another customer after a write.

        Odoo writes again and again what is there already, as when a lead is converted.
        """
        names = {"parent_id", "is_company"} & vals.keys()
        return self.filtered(
            lambda p: any(
                p._fields[name].convert_to_write(p[name], p) != (vals[name] or False)
                for name in names
            )
        )

    def _follow_commercial_partner(self):
        """Bring the relationships in line after contacts joined or left a customer.

        A person who joins a firm brings their history along. A person who leaves takes
        along what was planned for them; what was done on the firm's behalf stays in the
        firm's history.

        ``sudo``: what belongs to a contact follows, whoever may not see it; but a
        customer who would come to be served by somebody else is not theirs to move.
        """
        Relationship = (
            self.env["crm.relationship"].sudo().with_context(active_test=False)
        )
        strays = Relationship.search([("partner_id", "in", self.ids)]).filtered(
            lambda r: r.partner_id != r.partner_id.commercial_partner_id
        )
        for company, own in strays.grouped("company_id").items():
            targets = Relationship._ensure(own.partner_id, company)
            by_customer = targets.grouped("partner_id")
            for relationship in own:
                target = by_customer[relationship.partner_id.commercial_partner_id]
                relationship.with_env(self.env)._check_may_be_merged_into(target)
                relationship._merge_into(target)
