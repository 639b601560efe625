from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .salesperson import (
    IN_STEP,
    STEPS,
    StepKeeper,
    find_in_step,
    get_winner,
    rows_sql,
)

# Set with a new relationship, and never again.
FIXED_FIELDS = {"partner_id", "company_id"}
# Who serves a customer.
STAFF_FIELDS = frozenset({"user_id", "backup_user_id"})
# Customers who are brought in step within one transaction of the job.
PER_BATCH = 500


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
        help="The person who always serves this customer. Where the company keeps both"
        " in step, this is also the Salesperson on the contact.",
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
    salesperson_id = fields.Many2one(
        related="partner_id.user_id",
        string="Salesperson on the Contact",
        help="Whom Odoo keeps on the contact, for all companies, and proposes on sales"
        " orders.",
    )
    step_if_contact = fields.Selection(
        selection=STEPS,
        string="If the Contact's Salesperson Leads",
        compute="_compute_steps",
        search="_search_step_if_contact",
        help="What keeping both salespeople in step would change, if the contact's"
        " salesperson leads.",
    )
    step_if_dedicated = fields.Selection(
        selection=STEPS,
        string="If the Dedicated Salesperson Leads",
        compute="_compute_steps",
        search="_search_step_if_dedicated",
        help="What keeping both salespeople in step would change, if the dedicated"
        " salesperson leads.",
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

    @api.depends("user_id", "partner_id.user_id", "partner_id.company_id")
    def _compute_steps(self):
        for leader in IN_STEP:
            found = {}
            if ids := self._origin.ids:
                rows = rows_sql(self.env, leader, where=SQL("r.id = ANY(%s)", ids))
                found = {
                    id_: step for id_, *_rest, step in self.env.execute_query(rows)
                }
            for relationship in self:
                step = found.get(relationship._origin.id)
                relationship[f"step_if_{leader}"] = step or False

    @api.model
    def _search_step_if_contact(self, operator, value):
        return self._search_step("contact", operator, value)

    @api.model
    def _search_step_if_dedicated(self, operator, value):
        return self._search_step("dedicated", operator, value)

    @api.model
    def _search_step(self, leader, operator, value):
        if operator != "in":
            return NotImplemented
        steps = tuple(str(step) for step in value)
        rows = rows_sql(self.env, leader)
        found = SQL("(SELECT id FROM (%s) row WHERE step IN %s)", rows, steps or ("",))
        return Domain("id", "in", found)

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
        relationships._bring_in_step()
        return relationships

    def write(self, vals):
        if self._is_by_hand():
            self._check_by_hand(vals, self._get_fields_by_hand())
        result = super().write(vals)
        if self._is_by_hand():
            self._check_staff(STAFF_FIELDS & vals.keys())
        if "user_id" in vals:
            self._tell_contacts()
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
        for relationship in self:
            if why_not := relationship._why_not_passed_on():
                raise AccessError(why_not)

    def _why_not_passed_on(self):
        """Return why the user may not decide who serves this customer, else ``False``.

        ``sudo``: as in ``_check_may_be_passed_on``.
        """
        if not self._is_by_hand() or self.has_access("write"):
            return False
        customer, staff = self.sudo().display_name, self.sudo().user_id
        if not self.env.user.has_group("sales_team.group_sale_salesman"):
            return self.env._(
                "Only salespeople decide who serves %(customer)s (now: %(staff)s). Ask"
                " a sales administrator.",
                customer=customer,
                staff=staff.name or self.env._("nobody"),
            )
        if staff and staff != self.env.user:
            return self.env._(
                "%(customer)s is served by %(staff)s. Only %(staff)s or a sales"
                " administrator can change that.",
                customer=customer,
                staff=staff.name,
            )
        return False

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

    # ------------------------------------------------------------------
    # In step with the salesperson of the contact: see `salesperson`
    # ------------------------------------------------------------------

    def _tell_contacts(self):
        """Let the salesperson of the contacts be the dedicated one, where in step.

        The chatter says so in a note: Odoo's own tracking would subscribe the
        salesperson and send a message about each, and they may be thousands.
        ``sudo``: whoever passes on a customer need not be allowed to edit the contact.
        """
        ours = self.sudo().filtered(lambda r: r.company_id._keeps_in_step())
        if not ours:
            return
        tied = find_in_step(ours.partner_id) & ours
        for staff, relationships in tied.grouped("user_id").items():
            contacts = relationships.partner_id
            behind = contacts.filtered(lambda p, staff=staff: p.user_id != staff)
            if behind:
                behind._note_salesperson(staff)
                behind.with_context(tracking_disable=True).user_id = staff

    def _take_salespeople(self):
        """Be served by whom somebody has entered as salespeople of the contacts.

        ``sudo``: whether the user may decide it is asked; the ledger follows.

        :raises AccessError: when a person writes who may not decide it
        :raises UserError: when a person names somebody who may not serve a customer
        """
        following = self.browse()
        for relationship in self.sudo():
            staff = relationship.partner_id.user_id
            if staff == relationship.user_id:
                continue
            relationship.with_env(self.env)._check_may_be_passed_on()
            if not staff or staff._filter_staff_of(relationship.company_id):
                following += relationship
            elif self._is_by_hand():
                raise UserError(
                    self.env._(
                        "%(staff)s does not work in %(company)s, and the salesperson of"
                        " %(customer)s is also who serves this customer there. Choose"
                        " somebody who does.",
                        staff=staff.name,
                        company=relationship.company_id.name,
                        customer=relationship.display_name,
                    )
                )
        following.sudo()._follow_contacts()

    def _follow_contacts(self):
        """Be served by the salespeople of the contacts."""
        for staff, group in self.grouped(lambda r: r.partner_id.user_id).items():
            group.user_id = staff

    def _bring_in_step(self):
        """Let the leading one of both salespeople be the other one, too.

        Whose change would decide what the user may not decide: the dedicated
        salesperson stays. ``sudo``: as in ``_take_salespeople`` and ``_tell_contacts``.
        """
        tied = find_in_step(self.sudo().partner_id) & self.sudo()
        for relationship in tied:
            winner, staff = get_winner(relationship), relationship.user_id
            is_free = not staff or not (
                relationship.with_env(self.env)._why_not_passed_on()
            )
            if winner and winner != staff and is_free:
                relationship.user_id = winner
        tied.filtered(
            lambda r: r.user_id._filter_staff_of(r.company_id)
        )._tell_contacts()

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
        if company._keeps_in_step():
            made._greet_contacts()
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

    def _greet_contacts(self):
        """Enter who serves these new customers on contacts that name nobody.

        ``sudo``: as in ``_tell_contacts``.
        """
        self.sudo().filtered(
            lambda r: r.user_id and not r.partner_id.user_id
        )._tell_contacts()

    @api.model
    def _cron_keep_in_step(self):
        """Bring both salespeople in step where something has passed them by.

        An import by SQL, the first night of a customer, and what a manager has decided
        for many. ``sudo``: the job works for all companies.
        """
        companies = self.env["res.company"].sudo()
        companies = companies.search([("relationship_salesperson", "in", IN_STEP)])
        commit = self.env["ir.cron"]._commit_progress
        commit(remaining=len(companies))
        for company in companies:
            keeper = StepKeeper(company)
            while done := keeper.carry_out(PER_BATCH):
                if not commit(0):
                    return
                if done < PER_BATCH:
                    break
            company.relationship_salesperson_pending = False
            if not commit(1):
                return

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
