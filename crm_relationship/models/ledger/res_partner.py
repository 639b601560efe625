from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..base.asked import check_one
from ..base.opened import open_records
from ..courtesy.wishes import KIND_BY_FIELD
from . import advice

# What the gate hears of a contact: wishes, whose customer it is, and the addresses.
HEARD_FIELDS = {"company_id", "email", "phone", "country_id", *KIND_BY_FIELD}


class ResPartner(models.Model):
    """The contact's ledger, and "May be contacted?", answered on the contact."""

    _inherit = "res.partner"

    interaction_count = fields.Integer(
        compute="_compute_interaction_count",
        help="All interactions with the customer: planned, done, and not done.",
        groups="sales_team.group_sale_salesman",
    )
    contact_permission = fields.Html(
        string="May Be Contacted",
        compute="_compute_contact_permission",
        sanitize=False,
        groups="sales_team.group_sale_salesman",
        help="For each channel, whether this person may be contacted now; if not, why"
        " not and from when. The same rules apply before every interaction.",
    )

    complaint_note = fields.Char(
        string="Complaint",
        compute="_compute_complaint_note",
        compute_sudo=True,
        groups="sales_team.group_sale_salesman",
        help="Complaints of the customer to this company that are not solved, in the"
        " customer's words. Until they are, nothing is sold to this customer.",
    )

    answer_note = fields.Char(
        string="Answer",
        compute="_compute_complaint_note",
        compute_sudo=True,
        groups="sales_team.group_sale_salesman",
        help="Until when to answer the customer's complaint, on the company's clock.",
    )

    @api.depends("relationship_id.complaint_note", "relationship_id.answer_note")
    @api.depends_context("company", "lang")
    def _compute_complaint_note(self):
        for partner in self:
            partner.complaint_note = partner.relationship_id.complaint_note
            partner.answer_note = partner.relationship_id.answer_note

    def action_view_complaint(self):
        """Open the interaction about the customer's oldest open complaint."""
        check_one(self)
        self.check_access("read")
        return self.relationship_id.action_view_complaint()

    def _compute_interaction_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group(
                [("relationship_id.partner_id", "in", self.commercial_partner_id.ids)],
                ["relationship_id.partner_id"],
                ["__count"],
            )
        )
        for partner in self:
            partner.interaction_count = counts.get(partner.commercial_partner_id, 0)

    @api.depends_context("company", "uid")
    def _compute_contact_permission(self):
        """Judge hypothetical interactions, one of each kind.

        ``sudo``: the answer must take into account what others have done.
        """
        Interaction = self.env["crm.interaction"].sudo()
        for partner in self:
            if not partner._origin:
                partner.contact_permission = False
                continue
            imagined = Interaction.union(
                *(
                    Interaction.new(
                        {
                            "partner_id": partner._origin.id,
                            "relationship_id": partner.relationship_id.id,
                            "company_id": self.env.company.id,
                            "kind": kind,
                        }
                    )
                    for kind in ("relationship", "selling", "service")
                )
            )
            partner.contact_permission = advice.render_overview(imagined)

    # ------------------------------------------------------------------
    # When the contact changes
    # ------------------------------------------------------------------

    def _follow_write(self, vals):
        """Let the pending interactions follow.

        Nobody contacts an archived customer. Only afterwards, because closing a contact
        plans the next one of a customer who is still active. ``sudo``: preferences hold
        for all interactions, whoever may not see them.
        """
        if vals.get("active") is False:
            self._cancel_contacts()
        super()._follow_write(vals)
        if HEARD_FIELDS & vals.keys():
            self.env["crm.interaction"].sudo()._reconsider(self)

    @contextmanager
    def _watching_clocks(self, vals):
        """Move what is planned when a company gets another time zone.

        ``sudo``: the company's clock goes for all its interactions, whoever sets it.
        """
        Company = self.env["res.company"].sudo()
        clock = "tz" in vals and Company.search([("partner_id", "in", self.ids)])
        with super()._watching_clocks(vals), (clock or Company)._moving_plans():
            yield

    def _follow_create(self):
        """Let what waits for others of the same address follow what these refuse.

        ``sudo``: as in ``_follow_write``.
        """
        super()._follow_create()
        if refusing := self.sudo()._filter_refusing():
            self.env["crm.interaction"].sudo()._reconsider(refusing)

    def _follow_commercial_partner(self):
        """Move what is pending to the customer the contacts belong to now.

        ``sudo``: what belongs to a contact follows, whoever may not see it.
        """
        super()._follow_commercial_partner()
        Relationship = self.env["crm.relationship"].sudo()
        pending = (
            self.env["crm.interaction"]
            .sudo()
            .search(
                [
                    ("partner_id", "child_of", self.ids),
                    ("state", "in", ("scheduled", "open")),
                ]
            )
        )
        strays = pending.filtered(
            lambda i: i.relationship_id.partner_id != i.partner_id.commercial_partner_id
        )
        planned = strays.filtered("plan_line_id")
        planned.write({"state": "cancelled", "reason_code": "plan_changed"})
        for company, contacts in (strays - planned).grouped("company_id").items():
            targets = Relationship._ensure(contacts.partner_id, company)
            by_customer = targets.grouped("partner_id")
            for contact in contacts:
                customer = contact.partner_id.commercial_partner_id
                contact.relationship_id = by_customer[customer]

    def _cancel_contacts(self):
        # sudo: all interactions end, whoever archives the contact
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
        # sudo: a history counts, whoever may not see it; the right to delete the
        # contact was checked
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
                    "%(contact)s cannot be deleted: interactions with this customer"
                    " are in the history. Archive the contact instead; nobody is"
                    " contacted after that.",
                    contact=kept.partner_id.display_name,
                )
            )
        made.search(theirs).unlink()
        relationships.unlink()

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_interactions(self):
        check_one(self)
        action = open_records(
            self.commercial_partner_id, "crm_interaction_action_contact"
        )
        action["context"]["default_partner_id"] = self.id
        return action

    def action_view_relationship(self):
        """Open the customer's page.

        ``sudo``: who serves a customer is told to whoever may not open the page.
        """
        check_one(self)
        self.check_access("read")
        relationship = self.relationship_id.sudo(False)
        if not relationship:
            raise UserError(
                self.env._(
                    "%(contact)s is no customer of %(company)s yet: no sales order is"
                    " confirmed, and no interaction planned.",
                    contact=self.display_name,
                    company=self.env.company.name,
                )
            )
        if not relationship.has_access("read"):
            raise UserError(
                self.env._(
                    "%(customer)s is served by %(staff)s. Only who serves a customer"
                    " opens the customer's page; ask to be the stand-in.",
                    customer=self.commercial_partner_id.display_name,
                    staff=relationship.sudo().user_id.name or self.env._("nobody"),
                )
            )
        return relationship._get_records_action(
            name=relationship.display_name, context={}
        )

    def action_plan_contact(self):
        """Open the form that plans an interaction with this person.

        ``sudo``: salespeople may plan for a customer whom nobody serves yet, and whose
        relationship begins with it.
        """
        check_one(self)
        self.check_access("read")
        self.env["crm.interaction"].check_access("create")
        relationship = (
            self.env["crm.relationship"].sudo()._ensure(self, self.env.company)
        )
        action = relationship.action_plan_contact()
        action["context"]["default_partner_id"] = self.id
        return action
