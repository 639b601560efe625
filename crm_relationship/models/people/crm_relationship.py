from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.asked import check_one, check_records
from ..courtesy.gatekeeper import Gatekeeper
from ..customer.crm_relationship import STAFF_FIELDS
from ..ledger.noted import choose_touchpoint
from ..ledger.whatsapp import make_url
from . import reach
from .capacity import OVER_CAPACITY
from .care import CARE_FIELDS, Judgment


class CrmRelationship(models.Model):
    """Nobody forgotten: each customer's state of care, judged every night.

    And for single customers whenever their coverage changes. Each customer is reached
    by one tap, also where nothing was planned.
    """

    _inherit = "crm.relationship"

    reach = fields.Json(
        compute="_compute_reach",
        help="The channels through which the customer can be reached from here.",
    )

    # Written by `Judgment`
    care_state = fields.Selection(
        selection=[
            ("fault", "At fault"),
            ("deferred", "Deferred"),
            ("excluded", "Excluded"),
            ("planned", "Planned"),
            ("in_time", "Contacted in time"),
        ],
        string="Care",
        default="fault",
        required=True,
        help="Contacted in time: the last interaction is no longer ago than the contact"
        " plan asks, and the next is planned. Planned: only the next one is. Deferred,"
        " excluded: for a good reason. At fault: something has to be put right.",
    )
    care_reason = fields.Selection(
        selection=[
            ("no_staff", "No dedicated salesperson"),
            ("no_plan", "No contact plan"),
            ("no_channel", "No accepted channel"),
            ("absent", "Salesperson absent, no stand-in"),
            ("over_capacity", "No time for it"),
            ("overdue", "Interaction overdue"),
            ("snoozed", "Pause"),
            ("too_frequent", "Contacted often enough for now"),
            ("outside_window", "Waits for the customer's hours"),
            ("complaint_open", "Selling waits for a complaint"),
            ("relationship_first", "Selling waits for the relationship"),
            ("step_first", "An earlier step comes first"),
            ("preview", "Not live yet"),
            ("do_not_contact", "Does not want to be contacted"),
            ("no_consent", "No consent"),
            ("other_company", "Customer of another company"),
        ],
        string="Reason",
        default="no_plan",
        index="btree_not_null",
        help="Why the customer is at fault, deferred or excluded.",
    )
    care_until = fields.Date(
        string="Deferred Until",
        help="The day on which something happens again: the end of the pause, or the"
        " next interaction.",
    )
    team_id = fields.Many2one(
        related="user_id.sale_team_id",
        string="Sales Team",
        help="Of the dedicated salesperson.",
    )

    hours_note = fields.Char(
        string="Working Hours",
        compute="_compute_hours_note",
        help="Whether the salesperson works when this customer may be contacted.",
    )

    _care_reason_given = models.Constraint(
        "CHECK((care_state IN ('in_time', 'planned')) = (care_reason IS NULL))",
        "A customer who is at fault, deferred or excluded is so for one reason.",
    )

    @api.depends("user_id", "backup_user_id", "partner_id.contact_window_id", "active")
    @api.depends_context("lang")
    def _compute_hours_note(self):
        """Say so where the salesperson never works at the hours of the customer.

        These win: the interaction is planned outside the working hours, and nobody but
        the salesperson can tell whether it will be made.
        """
        imagined = {r: r._imagine() for r in self if r.active}
        interactions = self.env["crm.interaction"].concat(*imagined.values())
        keeper = Gatekeeper(interactions, fields.Datetime.now())
        self.hours_note = False
        for relationship, interaction in imagined.items():
            if keeper.are_hours_apart(interaction):
                relationship.hours_note = self.env._(
                    "%(staff)s never works at the hours that suit this customer. Agree"
                    " on others, or let somebody else serve the customer.",
                    staff=interaction.user_id.name,
                )

    @api.model
    def _get_first_values(self):
        first = {"care_state": "fault", "care_reason": "no_plan"}
        return {**super()._get_first_values(), **first}

    @api.model
    def _get_care_faults(self):
        """Return what else leaves a customer without care: ``{reason: SQL}``.

        A hook: whoever adds a reason to ``care_reason`` adds its condition, on a row
        ``r`` of ``crm_relationship``, its company ``c`` (with ``today``, ``tz``) and
        what it ``waits`` for.

        Our own: the next interaction waits until somebody is back, or has time, and
        comes more than a week late by that.
        """
        return {
            "absent": SQL("waits.absent"),
            OVER_CAPACITY: SQL("waits.over_capacity"),
        }

    def write(self, vals):
        """Let what a stand-in does, or should, follow at once.

        ``sudo``: the ledger follows, and is written by methods.
        """
        result = super().write(vals)
        if STAFF_FIELDS & vals.keys():
            self.env["crm.interaction"].sudo()._follow_stand_in(self)
        return result

    def _get_further_state(self):
        """Bring the care along, which is judged by the new dates and coverage."""
        judgment = Judgment(self.env, SQL.identifier("current"))
        query = judgment.get_states(SQL("r.id = ANY(%s)", list(self.ids)))
        return query, CARE_FIELDS

    def _judge_care(self):
        """Bring the care of these customers up to date."""
        if self:
            Judgment(self.env).store(SQL("r.id = ANY(%s)", list(self.ids)))

    # ------------------------------------------------------------------
    # Remedies
    # ------------------------------------------------------------------

    def action_view_overdue(self):
        """Open the interactions of these customers whose day has passed."""
        check_records(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_interaction_action"
        )
        passed = Domain.OR(
            Domain("relationship_id", "in", customers.ids)
            & Domain(
                "date_planned",
                "<",
                company._relationship_time(company._relationship_today(), hour=0),
            )
            for company, customers in self.grouped("company_id").items()
        )
        title = self.env._("Overdue Interactions")
        return {
            **action,
            "name": title,
            "display_name": title,
            "domain": list(Domain("state", "in", ("scheduled", "open")) & passed),
            "context": {},
        }

    # ------------------------------------------------------------------
    # Reached by one tap
    # ------------------------------------------------------------------

    @api.depends(
        "partner_id.phone",
        "partner_id.email",
        "partner_id.refused_touchpoint_ids",
        "partner_id.do_not_contact",
        "active",
    )
    def _compute_reach(self):
        for relationship in self:
            relationship.reach = relationship.active and reach.get_buttons(
                relationship.partner_id
            )

    def action_reach(self):
        """Open the channel of the context key ``channel``; then ask what came of it.

        Emails and SMS are noted as they are sent.
        """
        check_one(self)
        self.check_access("read")
        kind = self.env.context.get("channel")
        reach.check_kind(self.env, kind)
        person, dialog = self.partner_id, self._open_log(kind)
        if obstacle := reach.get_obstacle(person, kind):
            return reach.warn(obstacle, dialog)
        if kind == "visit":
            return reach.show_map(person)
        self._check_not_refused(kind)
        if kind == "call":
            return reach.call(person, dialog)
        if kind == "whatsapp":
            return reach.open_link(make_url(person), dialog)
        write = reach.write_sms if kind == "sms" else reach.write_email
        return write(person, {})

    def action_log(self):
        """Ask what happened with this customer that nobody had planned."""
        check_one(self)
        self.check_access("read")
        return self._open_log("call")

    def _open_log(self, kind):
        action = self.env["crm.interaction"].action_log()
        action["context"] = {
            "default_partner_id": self.partner_id.id,
            "default_company_id": self.company_id.id,
            "default_touchpoint_id": choose_touchpoint(self.env, kind).id,
        }
        return action

    def _check_not_refused(self, kind):
        """Refuse to reach a customer who has refused to be reached so.

        ``sudo``: the answer must take into account what others have done.
        """
        imagined = self._imagine()
        imagined._check_not_refused(choose_touchpoint(self.env, kind))

    def _imagine(self):
        """Return an interaction with this customer as nobody has planned it.

        ``sudo``: whoever is told what speaks against it need not see the rest.
        """
        return (
            self.env["crm.interaction"]
            .sudo()
            .new(
                {
                    "partner_id": self.partner_id.id,
                    "relationship_id": self.id,
                    "company_id": self.company_id.id,
                    "user_id": self._get_staff().id,
                    "kind": "service",
                }
            )
        )
