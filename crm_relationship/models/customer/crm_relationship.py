from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

# Set with a new relationship, and never again.
FIXED_FIELDS = {"partner_id", "company_id"}
# Who serves a customer.
STAFF_FIELDS = frozenset({"user_id", "backup_user_id"})


class CrmRelationship(models.Model):
    """What one company knows about, and owes to, one customer.

    A table of its own rather than columns on the contact: the nightly refresh must not
    rewrite contacts that people are editing, and the same contact may be platinum in
    one company and a prospect in another.
    """

    _name = "crm.relationship"
    _inherit = [
        "mail.thread",
        "crm.by.hand.mixin",
        "crm.record.mixin",
        "crm.customer.search.mixin",
    ]
    _description = "Customer Relationship"
    # Salespeople, who may not write it, note what they know of their customers.
    _mail_post_access = "read"
    _rec_name = "partner_id"
    _rec_names_search = ["partner_id"]
    _check_company_auto = True

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    active = fields.Boolean(
        related="partner_id.active",
        store=True,
        help="An archived customer is not contacted.",
    )
    email = fields.Char(related="partner_id.email")
    phone = fields.Char(related="partner_id.phone")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Dedicated Salesperson",
        domain="[('share', '=', False)]",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        help="The person who always serves this customer.",
    )
    backup_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Stand-in",
        domain="[('share', '=', False)]",
        index="btree_not_null",
        ondelete="set null",
        tracking=True,
        help="Serves the customer when the dedicated salesperson is away or no longer"
        " with the company.",
    )
    customer_properties = fields.Properties(
        string="Properties",
        definition="company_id.customer_properties_definition",
        help="What else this company records about its customers: every company"
        " defines its own. Segments can use it in their customer filter.",
    )

    _partner_company_unique = models.Constraint(
        "UNIQUE(partner_id, company_id)",
        "This customer already has a relationship with this company.",
    )

    @api.depends("partner_id")
    def _compute_display_name(self):
        for relationship in self:
            relationship.display_name = relationship.partner_id.display_name

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self._is_by_hand():
            return super().create(vals_list)
        allowed = self._get_fields_by_hand() | FIXED_FIELDS
        relationships = super().create(
            [self._begin_by_hand(vals, allowed) for vals in vals_list]
        )
        relationships._check_customers()
        relationships._check_staff()
        return relationships

    def write(self, vals):
        if self._is_by_hand():
            self._check_by_hand(vals, self._get_fields_by_hand())
        result = super().write(vals)
        if self._is_by_hand():
            self._check_staff(STAFF_FIELDS & vals.keys())
        return result

    @api.model
    def _get_fields_by_hand(self):
        own = {*STAFF_FIELDS, "customer_properties"}
        return super()._get_fields_by_hand() | own

    def _check_customers(self):
        for partner in self.partner_id:
            if partner.commercial_partner_id != partner:
                raise UserError(
                    self.env._(
                        "%(contact)s belongs to %(customer)s, which is the customer."
                        " Choose %(customer)s.",
                        contact=partner.display_name,
                        customer=partner.commercial_partner_id.display_name,
                    )
                )

    def _check_staff(self, names=STAFF_FIELDS):
        """Refuse people who may not serve the company's customers.

        :param names: names of the fields that somebody has set
        """
        for relationship in self:
            company = relationship.company_id
            staff = self.env["res.users"].union(*(relationship[n] for n in names))
            for user in staff - staff._filter_staff_of(company):
                raise UserError(
                    self.env._(
                        "%(staff)s does not work in %(company)s and cannot serve its"
                        " customers. Choose somebody who does.",
                        staff=user.name,
                        company=company.name,
                    )
                )

    def _check_may_be_passed_on(self):
        """Refuse to let people decide who serves other people's customers.

        Salespeople pass on their own customers and take those whom nobody serves. Who
        may write a relationship decides on every customer.

        ``sudo``: a colleague's customers are out of sight for others.
        """
        if not self._is_by_hand():
            return
        user = self.env.user
        sells = user.has_group("sales_team.group_sale_salesman")
        for relationship in self.sudo():
            staff = relationship.user_id
            if relationship.with_env(self.env).has_access("write"):
                continue
            if not sells:
                raise AccessError(
                    self.env._(
                        "Only salespeople decide who serves %(customer)s (now:"
                        " %(staff)s). Ask a sales administrator.",
                        customer=relationship.display_name,
                        staff=staff.name or self.env._("nobody"),
                    )
                )
            if staff and staff != user:
                raise AccessError(
                    self.env._(
                        "%(customer)s is served by %(staff)s. Only %(staff)s or a"
                        " sales administrator can change that.",
                        customer=relationship.display_name,
                        staff=staff.name,
                    )
                )

    def _may_follow(self, former, salesperson, env):
        """Tell whether the customer goes along when the contact's salesperson changes.

        :param former: ``res.users`` who was the salesperson of the contact
        :param env: of the user who changed it
        """
        self.ensure_one()
        staff = self.user_id
        return (
            salesperson._filter_staff_of(self.company_id)
            and (staff in (former, env["res.users"]) or self._get_staff() != staff)
            and (
                env.su
                or staff in (env.user, env["res.users"])
                or self.with_env(env).has_access("write")
            )
        )

    def _log_who_serves(self, author):
        """Note in the chatter who serves these customers, as their contacts changed.

        :param author: ``res.users`` who changed them
        """
        bodies = {}
        for relationship in self:
            staff, partner = relationship.user_id, relationship.partner_id
            if staff == partner.user_id:
                message = self.env._(
                    "%(staff)s is the dedicated salesperson of this customer from now"
                    " on, and takes over what is planned.",
                    staff=staff.name,
                )
            else:
                message = self.env._(
                    "%(staff)s remains the dedicated salesperson of this customer.",
                    staff=staff.name,
                )
            bodies[partner.id] = message
        if bodies:
            self.partner_id._message_log_batch(
                bodies=bodies, author_id=author.partner_id.id
            )

    def _check_may_be_merged_into(self, target):
        """Refuse a merge by which a customer would come to be served by another.

        ``sudo``: as in ``_check_may_be_passed_on``.
        """
        staff, new = self.sudo().user_id, target.sudo().user_id
        if staff and new and staff != new:
            self._check_may_be_passed_on()

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        """Send no message to whom a customer is given: the queue says what to do."""
        return []

    # ------------------------------------------------------------------
    # Making and merging
    # ------------------------------------------------------------------

    @api.model
    def _ensure(self, partners, company):
        """Return a company's relationships with partners, creating missing ones.

        The dedicated salesperson is that of the contact, or else of the last order, as
        far as they may serve the company's customers.

        :param partners: ``res.partner`` records; their commercial entities count.
        :return: ``crm.relationship`` recordset, in no particular order.
        """
        customers = partners.commercial_partner_id
        every = self.with_context(active_test=False)
        # sudo: whether there is one, seen or not; the answer holds what is seen
        known = every.sudo().search_fetch(
            [("company_id", "=", company.id), ("partner_id", "in", customers.ids)]
        )
        made = every._make(customers - known.partner_id, company)
        self.env["res.partner"].invalidate_model(["relationship_id"])
        return (known.with_env(every.env) | made)._filtered_access("read")

    @api.model
    def _make(self, customers, company):
        """Return new relationships, or those that somebody else makes just now."""
        if not customers:
            return self
        self.env["res.partner"].flush_model(
            ["active", "commercial_partner_id", "user_id"]
        )
        self.env["sale.order"].flush_model(
            ["company_id", "date_order", "partner_id", "state", "user_id"]
        )
        self.flush_model(["company_id", "partner_id"])
        first_values = self._get_first_values()
        # SQL because two transactions may collide here: the loser must not fail.
        rows = self.env.execute_query(
            SQL(
                """
                WITH staff AS (%(staff)s), made AS (
                INSERT INTO crm_relationship
                    (partner_id, company_id, active, user_id,
                     create_uid, create_date, write_uid, write_date, %(columns)s)
                SELECT p.id, %(company)s, p.active,
                       COALESCE(own.user_id, seller.user_id),
                       %(uid)s, %(now)s, %(uid)s, %(now)s, %(values)s
                  FROM res_partner p
             LEFT JOIN staff own
                    ON own.user_id = p.user_id AND own.company_id = %(company)s
             LEFT JOIN LATERAL (
                    SELECT staff.user_id
                      FROM res_partner person
                      JOIN sale_order o ON o.partner_id = person.id
                      JOIN staff ON staff.user_id = o.user_id
                       AND staff.company_id = o.company_id
                     WHERE person.commercial_partner_id = p.id AND o.state = 'sale'
                       AND o.company_id = %(company)s
                  ORDER BY o.date_order DESC, o.id DESC LIMIT 1
                  ) seller ON TRUE
                 WHERE p.id IN %(partners)s
                ON CONFLICT (partner_id, company_id) DO NOTHING
                  RETURNING id
                )
                SELECT id FROM made
                UNION ALL
                SELECT id FROM crm_relationship
                 WHERE company_id = %(company)s AND partner_id IN %(partners)s
                """,
                company=company.id,
                staff=self.env["res.users"]._staff_sql(),
                columns=SQL(", ").join(map(SQL.identifier, first_values)),
                values=SQL(", ").join(SQL("%s", v) for v in first_values.values()),
                partners=tuple(customers.ids),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        return self.browse(id_ for [id_] in rows)

    def _get_staff(self):
        """Return who serves this customer: the dedicated staff, else the stand-in.

        Nobody, where neither may serve the customers of the company.
        """
        named = self.user_id | self.backup_user_id
        return named._filter_staff_of(self.company_id)[:1]

    @api.model
    def _get_first_values(self):
        """Return what a new relationship begins with, by column; rooms add theirs."""
        return {}

    def _merge_into(self, target):
        """Move everything known of this customer to ``target``, and delete it.

        For a merge of contacts. Figures follow with the next portfolio refresh.
        """
        self.ensure_one()
        self._hand_over_to(target)
        target.write(
            {
                name: target[name].id or self[name].id
                for name in self._get_merged_fields()
            }
        )
        self.unlink()

    @api.model
    def _get_merged_fields(self):
        """Return the fields that the remaining customer takes over where empty."""
        return ["user_id", "backup_user_id"]

    def _hand_over_to(self, target):
        """Let each room move what it keeps of this customer, in any order."""
        self.message_change_thread(target)
        # `_values` because the mapping itself gives labels, which cannot be written
        own = {k: v for k, v in (target.customer_properties._values or {}).items() if v}
        others = self.customer_properties._values or {}
        if others.keys() - own.keys():
            target.customer_properties = {**others, **own}
