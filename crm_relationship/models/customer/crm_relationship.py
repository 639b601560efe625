from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .crm_segment import LIFECYCLE_STAGES


class CrmRelationship(models.Model):
    """What one company knows of, and owes to, one customer.

    A table of its own rather than columns on the contact: the nightly refresh must not
    rewrite contacts that people are editing, and the same contact may be platinum in
    one company and a prospect in another.
    """

    _name = "crm.relationship"
    _description = "Customer Relationship"
    _order = "next_contact_date, id"
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
        string="Dedicated Staff",
        domain="[('share', '=', False)]",
        index="btree_not_null",
        ondelete="set null",
        help="The person who always serves this customer.",
    )
    backup_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Stand-in",
        domain="[('share', '=', False)]",
        index="btree_not_null",
        ondelete="set null",
        help="Serves the customer when the dedicated staff is away or has left.",
    )
    # Portfolio: written by `_cron_refresh_portfolio`
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        index="btree_not_null",
        ondelete="set null",
    )
    segment_color = fields.Integer(related="segment_id.color", string="Segment Color")
    lifecycle_stage = fields.Selection(
        selection=LIFECYCLE_STAGES,
        default="prospect",
        required=True,
        help="Follows from the number of purchases and from the silence since the last"
        " one; the limits are in the settings.",
    )
    lifecycle_date = fields.Date(
        string="Stage Since",
        help="Day on which the customer entered the present stage; empty when the"
        " customer was already in it when the records began.",
    )
    rfm_recency = fields.Integer(
        string="Recency",
        aggregator="avg",
        help="The higher, the more recent the last purchase: 1 + classes × customers"
        " whose last purchase is older ÷ customers, rounded down, of those with a"
        " purchase in the analysis window; 5 classes unless changed in the settings."
        " 0: no purchase in the window.",
    )
    rfm_frequency = fields.Integer(
        string="Frequency",
        aggregator="avg",
        help="The higher, the more purchases: 1 + classes × customers with fewer"
        " purchases ÷ customers, rounded down, of those with a purchase in the analysis"
        " window. 0: no purchase in the window.",
    )
    rfm_monetary = fields.Integer(
        string="Monetary",
        aggregator="avg",
        help="The higher, the more revenue (or margin, by the settings): 1 + classes ×"
        " customers with less ÷ customers, rounded down, of those with a purchase in"
        " the analysis window. 0: no purchase in the window.",
    )
    rfm_code = fields.Char(
        string="RFM",
        default="000",
        help="Recency, frequency and monetary score, in this order. With 5 classes 555"
        " is the best; 000: no purchase in the analysis window.",
    )
    order_count = fields.Integer(
        string="Purchases",
        help="Confirmed sales orders, or posted invoices, within the analysis window,"
        " without those that the settings leave out.",
    )
    revenue = fields.Monetary(
        help="Untaxed amount of the purchases within the analysis window (of invoices:"
        " less refunds), in company currency at the rate of each document.",
    )
    first_order_date = fields.Date(
        string="First Purchase",
        help="Day of the first purchase ever, in the company's time zone.",
    )
    last_order_date = fields.Date(
        string="Last Purchase",
        help="Day of the last purchase, in the company's time zone.",
    )
    # Contacts: written by `_refresh_contact_state`
    plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Own Contact Plan",
        index="btree_not_null",
        ondelete="restrict",
        help="Goes before the plan of the customer's segment.",
    )
    effective_plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Contact Plan in Use",
        compute="_compute_effective_plan_id",
        help="The customer's own plan, or else the plan of the segment.",
    )
    last_contact_date = fields.Date(
        string="Last Contact",
        help="Day of the last contact really made, in the company's time zone.",
    )
    next_contact_date = fields.Date(
        string="Next Contact",
        index="btree_not_null",
        help="Day of the next planned contact, in the company's time zone.",
    )
    coverage_state = fields.Selection(
        selection=[
            ("covered", "Contact planned"),
            ("overdue", "Contact overdue"),
            ("unreachable", "No accepted channel"),
            ("no_staff", "No dedicated staff"),
            ("no_plan", "No contact plan"),
        ],
        string="Coverage",
        default="no_plan",
        required=True,
        index=True,
        help="Whether the customer is being looked after, and if not, why. Overdue: the"
        " day of a planned contact has passed. No accepted channel: the last contact"
        " was skipped, because the customer could be reached by none of its channels.",
    )
    interaction_ids = fields.One2many(
        comodel_name="crm.interaction",
        inverse_name="relationship_id",
        string="Contacts",
    )
    interaction_count = fields.Integer(
        string="Contact Count",
        compute="_compute_interaction_count",
        help="All contacts with the customer: planned, made, and not made.",
    )
    enrollment_ids = fields.One2many(
        comodel_name="crm.program.enrollment",
        inverse_name="relationship_id",
        string="Programs",
    )
    segment_move_ids = fields.One2many(
        comodel_name="crm.segment.move",
        inverse_name="relationship_id",
        string="Segment Changes",
    )

    _partner_company_unique = models.Constraint(
        "UNIQUE(partner_id, company_id)",
        "This customer already has a relationship with this company.",
    )

    @api.depends("partner_id", "segment_id")
    def _compute_display_name(self):
        for relationship in self:
            relationship.display_name = relationship.partner_id.display_name

    @api.depends("plan_id", "segment_id.plan_id")
    def _compute_effective_plan_id(self):
        for relationship in self:
            relationship.effective_plan_id = (
                relationship.plan_id or relationship.segment_id.plan_id
            )

    @api.depends("interaction_ids")
    def _compute_interaction_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group(
                [("relationship_id", "in", self.ids)], ["relationship_id"], ["__count"]
            )
        )
        for relationship in self:
            relationship.interaction_count = counts.get(relationship, 0)

    def write(self, vals):
        """Hand the pending contacts to the new staff, and follow a new plan at once."""
        result = super().write(vals)
        if "user_id" in vals:
            self._pass_contacts_to_staff()
        if {"plan_id", "segment_id"} & vals.keys():
            for company, relationships in self.grouped("company_id").items():
                self.env["crm.interaction"].sudo()._schedule(company, relationships.ids)
        elif {"user_id", "active"} & vals.keys():
            self.sudo()._refresh_contact_state()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_history(self):
        contacts = self.env["crm.interaction"].sudo()
        contacts = contacts.search([("relationship_id", "in", self.ids)])
        if any(contact.state == "done" for contact in contacts):
            raise UserError(
                self.env._(
                    "A relationship with contacts in its history cannot be deleted."
                    " Archive the customer instead, nobody is contacted then."
                )
            )
        contacts.unlink()

    def _pass_contacts_to_staff(self):
        """Give the pending contacts of each customer to the dedicated staff.

        Contacts that a plan line or program step reserves for a certain person stay.
        """
        pending = self.env["crm.interaction"].search(
            [
                ("relationship_id", "in", self.ids),
                ("state", "in", ("scheduled", "open")),
            ]
        )
        for relationship, interactions in pending.grouped("relationship_id").items():
            interactions.filtered(lambda i: not i._get_touch().user_id).write(
                {"user_id": relationship.user_id.id}
            )

    @api.model
    def _ensure(self, partners, company):
        """Return the relationships of a company with partners, made where missing.

        Dedicated staff is the salesperson of the contact, or else of the last order.

        :param partners: ``res.partner`` records; their commercial entities count.
        :return: ``crm.relationship`` recordset, in no particular order.
        """
        customers = partners.commercial_partner_id
        self.env["res.partner"].flush_model(["active", "user_id"])
        self.env["sale.order"].flush_model(["state", "user_id"])
        # SQL because two transactions may meet here: the loser must not fail.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_relationship
                    (partner_id, company_id, active, user_id, lifecycle_stage,
                     rfm_code, coverage_state, rfm_recency, rfm_frequency, rfm_monetary,
                     order_count, revenue,
                     create_uid, create_date, write_uid, write_date)
                SELECT p.id, %(company)s, p.active, COALESCE(u.id, seller.id),
                       'prospect',
                       '000', 'no_plan', 0, 0, 0,
                       0, 0, %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM res_partner p
             LEFT JOIN res_users u ON u.id = p.user_id AND u.active AND NOT u.share
             LEFT JOIN LATERAL (
                    SELECT su.id
                      FROM res_partner person
                      JOIN sale_order o ON o.partner_id = person.id
                      JOIN res_users su ON su.id = o.user_id
                     WHERE person.commercial_partner_id = p.id AND o.state = 'sale'
                       AND o.company_id = %(company)s AND su.active AND NOT su.share
                  ORDER BY o.date_order DESC, o.id DESC LIMIT 1
                  ) seller ON TRUE
                 WHERE p.id IN %(partners)s
                ON CONFLICT (partner_id, company_id) DO NOTHING
                """,
                company=company.id,
                partners=tuple(customers.ids) or (0,),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.env["res.partner"].invalidate_model(
            ["relationship_id", "segment_id", "lifecycle_stage"]
        )
        return self.with_context(active_test=False).search(
            [("partner_id", "in", customers.ids), ("company_id", "=", company.id)]
        )

    def _merge_into(self, target):
        """Move everything known of these customers to ``target``, and delete them.

        For a merge of contacts: the ledger goes along, a contact planned twice remains
        once. Figures follow with the next portfolio refresh.
        """
        self.ensure_one()
        interactions = self.with_context(active_test=False).interaction_ids
        twice = target.interaction_ids.filtered("plan_line_id")._filter_pending()
        interactions.filtered(
            lambda i: i.plan_line_id in twice.plan_line_id
        )._filter_pending().write({"state": "cancelled", "reason_code": "merged"})
        interactions.write({"relationship_id": target.id})
        self.enrollment_ids.write({"relationship_id": target.id})
        self.segment_move_ids.write({"relationship_id": target.id})
        self.env["crm.relationship.snapshot"]._move_to(self, target)
        for name in ("user_id", "backup_user_id", "plan_id"):
            target[name] = target[name] or self[name]
        self.unlink()
        target._refresh_contact_state()
