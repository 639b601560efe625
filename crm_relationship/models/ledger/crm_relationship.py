from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.asked import check_one
from ..base.opened import open_records
from . import answers, complaints
from .page import (
    SHOWN,
    SHOWN_OF_ALL,
    Timeline,
    make_planned_card,
    make_preferences_card,
)
from .planner import staff_sql

STATE_FIELDS = ("next_contact_date", "last_contact_date", "coverage_state")


class CrmRelationship(models.Model):
    """The customer's interactions, and coverage: when the customer was and will be
    contacted, and if not, why.

    Coverage is what the ledger says of a customer, so it is computed here.
    """

    _inherit = "crm.relationship"
    _order = "next_contact_date, id"

    # Written by `_refresh_contact_state`
    last_contact_date = fields.Date(
        string="Last Interaction",
        help="Day of the last interaction that took place, in the company's time zone.",
    )
    next_contact_date = fields.Date(
        string="Next Interaction",
        index="btree_not_null",
        help="Day of the next planned interaction, in the company's time zone.",
    )
    coverage_state = fields.Selection(
        selection=[
            ("covered", "Interaction planned"),
            ("overdue", "Interaction overdue"),
            ("unreachable", "No accepted channel"),
            ("no_staff", "No dedicated salesperson"),
            ("no_plan", "No contact plan"),
        ],
        string="Coverage",
        default="no_plan",
        required=True,
        index=True,
        help="Whether the customer is covered, and if not, why. Overdue: the day of a"
        " planned interaction has passed. No accepted channel: the last interaction"
        " was skipped, because the customer could be reached by none of its channels.",
    )
    interaction_ids = fields.One2many(
        comodel_name="crm.interaction",
        inverse_name="relationship_id",
        string="Interactions",
    )
    interaction_count = fields.Integer(
        compute="_compute_interaction_count",
        help="All interactions with the customer: planned, done, and not done.",
    )

    # The customer on one page, told when it is looked at: see `page`
    overview = fields.Html(
        compute="_compute_overview",
        sanitize=False,
        help="What is planned, what the customer prefers, what was bought, and what it"
        " is worth.",
    )
    timeline = fields.Html(
        compute="_compute_timeline",
        sanitize=False,
        help="Interactions, sales orders and how the customer seemed, the latest"
        " first; as far as you may open them.",
    )
    contact_permission = fields.Html(
        string="May Be Contacted",
        compute="_compute_contact_permission",
        sanitize=False,
        help="For each channel, whether the customer may be contacted now; if not, why"
        " not and from when.",
    )
    complaint_note = fields.Char(
        string="Complaint",
        compute="_compute_complaint_note",
        help="Complaints of the customer that are not solved, in the customer's words."
        " Until they are, nothing is sold to this customer.",
    )

    answer_note = fields.Char(
        string="Answer",
        compute="_compute_complaint_note",
        help="Until when to answer the customer's complaint, on the company's clock.",
    )

    @api.depends(
        "interaction_ids.is_complaint_open",
        "interaction_ids.answer_due",
        "interaction_ids.date_answered",
    )
    @api.depends_context("lang")
    def _compute_complaint_note(self):
        found = complaints.find_open(self)
        for relationship in self:
            bearers = found.get(relationship.id, self.env["crm.interaction"])
            relationship.complaint_note = complaints.describe(bearers)
            relationship.answer_note = answers.describe_first(bearers)

    @api.depends("interaction_ids")
    def _compute_interaction_count(self):
        counts = dict(
            self.env["crm.interaction"]._read_group(
                [("relationship_id", "in", self.ids)], ["relationship_id"], ["__count"]
            )
        )
        for relationship in self:
            relationship.interaction_count = counts.get(relationship, 0)

    @api.depends_context("lang", "uid")
    def _compute_overview(self):
        for relationship in self:
            cards = relationship._origin and relationship._get_cards()
            relationship.overview = cards and self.env["ir.qweb"]._render(
                "crm_relationship.relationship_overview",
                {"cards": sorted(cards, key=lambda card: card.rank)},
            )

    def _get_cards(self):
        """Return the cards of the customer's page, in any order; rooms add theirs."""
        self.ensure_one()
        return [make_planned_card(self), make_preferences_card(self)]

    @api.depends_context("lang", "uid", "whole_timeline")
    def _compute_timeline(self):
        limit = SHOWN_OF_ALL if self.env.context.get("whole_timeline") else SHOWN
        for relationship in self:
            known = relationship._origin
            relationship.timeline = known and Timeline(known, limit).render()

    def _get_timeline_entries(self, timeline, limit):
        """Return what happened with the customer, in any order; rooms add theirs.

        :param int limit: so many of each kind are enough
        """
        self.ensure_one()
        return [*timeline.get_interactions(limit), *timeline.get_orders(limit)]

    def _is_served_for_somebody(self):
        """Tell whether the user does something in place of its salesperson now."""
        self.ensure_one()
        # sudo: about the user alone
        ledger = self.env["crm.interaction"].sudo()
        standing_in = [
            ("relationship_id", "=", self.id),
            ("user_id", "=", self.env.uid),
            ("state", "=", "open"),
            ("for_user_id", "!=", False),
        ]
        return bool(ledger.search_count(standing_in, limit=1))

    @api.depends_context("lang", "uid")
    def _compute_contact_permission(self):
        """Tell it of the company that the relationship is with."""
        for relationship in self:
            customer = relationship.partner_id.with_company(relationship.company_id)
            relationship.contact_permission = customer.contact_permission

    def write(self, vals):
        """Hand pending interactions to a new salesperson, follow a new plan at once.

        ``sudo``: the ledger follows, and is written by methods.
        """
        result = super().write(vals)
        if "user_id" in vals:
            self._pass_contacts_to_staff()
        if self._get_plan_fields() & vals.keys():
            for company, relationships in self.grouped("company_id").items():
                self.env["crm.interaction"].sudo()._schedule(company, relationships.ids)
        elif {"user_id", "active"} & vals.keys():
            self.sudo()._refresh_contact_state()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_history(self):
        # sudo: a history counts, whoever may not see it
        contacts = self.env["crm.interaction"].sudo()
        contacts = contacts.search([("relationship_id", "in", self.ids)])
        if any(contact.state == "done" for contact in contacts):
            raise UserError(
                self.env._(
                    "A relationship with interactions in its history cannot be"
                    " deleted. Archive the customer instead; nobody is contacted after"
                    " that."
                )
            )
        contacts.unlink()

    def _pass_contacts_to_staff(self):
        """Give the pending contacts of each customer to who serves that customer now.

        Interactions that a plan line or program step reserves for a certain person
        stay. ``sudo``: a customer who was passed on is out of sight.
        """
        pending = (
            self.env["crm.interaction"]
            .sudo()
            .search(
                [
                    ("relationship_id", "in", self.ids),
                    ("state", "in", ("scheduled", "open")),
                ]
            )
        )
        free = pending.filtered(lambda i: not i._get_touch().user_id)
        for staff, interactions in free.grouped(
            lambda i: i.relationship_id._get_staff()
        ).items():
            interactions._hand_to(staff)

    @api.model
    def _get_first_values(self):
        return {**super()._get_first_values(), "coverage_state": "no_plan"}

    def _hand_over_to(self, target):
        """Let the ledger go along; a contact planned twice remains once."""
        super()._hand_over_to(target)
        interactions = self.with_context(active_test=False).interaction_ids
        twice = target.interaction_ids.filtered("plan_line_id")._filter_pending()
        interactions.filtered(
            lambda i: i.plan_line_id in twice.plan_line_id
        )._filter_pending().write({"state": "cancelled", "reason_code": "merged"})
        noted = {(i.source_model, i.source_id) for i in target.interaction_ids}
        interactions.filtered(
            lambda i: i.source_id and (i.source_model, i.source_id) in noted
        ).write({"source_id": False})
        interactions.write({"relationship_id": target.id})

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_interactions(self):
        check_one(self)
        return open_records(self, "crm_interaction_action_customer")

    def action_view_timeline(self):
        """Open the whole line of time in a dialog."""
        check_one(self)
        view = self.env.ref("crm_relationship.crm_relationship_view_form_timeline")
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "crm.relationship",
            "res_id": self.id,
            "views": [(view.id, "form")],
            "target": "new",
            "context": {"whole_timeline": True},
        }

    def action_view_orders(self):
        """Open the sales orders and quotations of the customer."""
        check_one(self)
        action = self.env["ir.actions.act_window"]._for_xml_id("sale.action_orders")
        action["domain"] = [
            ("partner_id.commercial_partner_id", "=", self.partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        action["context"] = {"default_partner_id": self.partner_id.id}
        return action

    def action_view_contact(self):
        check_one(self)
        return self.partner_id._get_records_action(context={})

    def action_view_complaint(self):
        """Open the interaction about the oldest complaint that is not solved."""
        check_one(self)
        self.check_access("read")
        bearer = complaints.find_open(self).get(self.id)
        if not bearer:
            raise UserError(self.env._("No complaint of this customer is open."))
        return bearer[0].with_env(self.env)._get_records_action()

    def action_note_preference(self):
        """Ask in a dialog what this customer refuses."""
        check_one(self)
        self.check_access("read")
        return self.partner_id._open_note()

    def action_plan_contact(self):
        """Open a form to plan one more interaction with this customer."""
        check_one(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan an Interaction"),
            "res_model": "crm.interaction",
            "view_mode": "form",
            "views": [
                (
                    self.env.ref("crm_relationship.crm_interaction_view_form_plan").id,
                    "form",
                )
            ],
            "target": "new",
            "context": {
                "default_relationship_id": self.id,
                "default_partner_id": self.partner_id.id,
                "default_user_id": self._get_staff().id or self.env.uid,
                "default_date_due": self.company_id._relationship_today()
                + timedelta(days=1),
            },
        }

    # ------------------------------------------------------------------
    # Coverage
    # ------------------------------------------------------------------

    def _refresh_contact_state(self):
        """Recompute the dates and coverage of these relationships from the ledger."""
        if self:
            self._update_contact_state(
                SQL("r.id = ANY(%s)", list(self.ids)),
                last_contact=SQL(
                    """(SELECT max(done.date_done)
                          FROM crm_interaction done
                         WHERE done.relationship_id = r.id AND done.state = 'done')"""
                ),
                unreachable=SQL(
                    """(SELECT closed.state = 'skipped'
                               AND closed.reason_code IS DISTINCT FROM 'already_sent'
                          FROM crm_interaction closed
                         WHERE closed.relationship_id = r.id
                           AND closed.state IN ('done', 'missed', 'skipped')
                      ORDER BY closed.date_due DESC, closed.id DESC
                         LIMIT 1)"""
                ),
                further=self._get_further_state(),
            )

    def _get_further_state(self):
        """Return what else is stored that follows from dates and coverage.

        A hook: rooms to the right write it along, because PostgreSQL checks all foreign
        keys of a row that is updated twice in a transaction. ``current`` is to be read
        in the place of ``crm_relationship``, which has the former dates and coverage.

        :return: a query of these relationships, and the names of what it adds to
            their place (``row``) and ``STATE_FIELDS``: ``(SQL or None, tuple)``
        """
        return None, ()

    @api.model
    def _coverage_sql(self):
        """Return SQL for the coverage of a customer whom some channel reaches.

        On a row of ``next`` (day of the next interaction), ``plan_id`` (in use),
        ``user_id`` (who serves the customer) and ``today``.
        """
        return SQL(
            """
            CASE WHEN next IS NULL AND plan_id IS NULL THEN 'no_plan'
                 WHEN user_id IS NULL THEN 'no_staff'
                 WHEN next IS NULL THEN 'no_plan'
                 WHEN next < today THEN 'overdue'
                 ELSE 'covered' END
            """
        )

    @api.model
    def _served_by_sql(self):
        """Return SQL for who serves the customer of ``crm_relationship r``, if any."""
        return SQL(
            "CASE WHEN r.user_id IS NOT NULL THEN %s END",
            staff_sql(
                self.env,
                SQL.identifier("r", "user_id"),
                SQL.identifier("r", "backup_user_id"),
            ),
        )

    @api.model
    def _update_contact_state(
        self, where, last_contact=None, unreachable=None, further=(None, ())
    ):
        """Update ``next_contact_date``, ``coverage_state`` and ``last_contact_date``.

        Only rows that change are written. SQL because the nightly call covers the whole
        base; there, the two costly parts are left as the closing of each interaction
        wrote them.

        PostgreSQL takes a table for empty that was empty when its statistics were last
        taken, and a new company for one without customers. Then it joins by loops in
        loops: thousands of customers took the square or cube of their number. So what
        belongs to a customer is looked up by its index, one customer at a time
        (``LATERAL``), and the row to write is found by its place (``ctid``): there is
        nothing to choose. ``tests/test_statistics.py`` counts.

        :param SQL where: condition on ``crm_relationship r``
        :param SQL last_contact: UTC timestamp of the last interaction
        :param SQL unreachable: whether the latest interaction found no accepted channel
        :param tuple further: what follows from it, as ``_get_further_state`` returns it
        """
        query, names = further
        columns = [SQL.identifier(name) for name in (*STATE_FIELDS, *names)]
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH tz AS (
                    SELECT c.id AS company_id, COALESCE(p.tz, 'UTC') AS name
                      FROM res_company c JOIN res_partner p ON p.id = c.partner_id
                ), dates AS (
                    SELECT r.ctid AS row, r.id,
                           %(staff)s AS user_id, %(plan)s AS plan_id,
                           (pending.date_planned AT TIME ZONE 'UTC'
                            AT TIME ZONE tz.name)::date AS next,
                           %(last_contact)s AS last,
                           %(unreachable)s AS unreachable,
                           (%(now)s AT TIME ZONE 'UTC'
                            AT TIME ZONE tz.name)::date AS today
                      FROM crm_relationship r
                      JOIN tz ON tz.company_id = r.company_id
                CROSS JOIN LATERAL (
                        SELECT min(i.date_planned) AS date_planned
                          FROM crm_interaction i
                         WHERE i.relationship_id = r.id
                           AND i.state IN ('scheduled', 'open')
                      ) pending
                     WHERE %(where)s
                ), state AS MATERIALIZED (
                    SELECT row, next AS next_contact_date, last AS last_contact_date,
                           CASE WHEN unreachable THEN 'unreachable'
                                ELSE %(reachable)s END AS coverage_state
                      FROM dates
                ), current AS (%(current)s)
                UPDATE crm_relationship r
                   SET %(set)s
                  FROM (%(new)s) new
                 WHERE r.ctid = new.row AND (%(old)s) IS DISTINCT FROM (%(values)s)
                """,
                where=where,
                current=self._current_sql(),
                new=query or SQL("SELECT * FROM state"),
                set=SQL(", ").join(SQL("%(c)s = new.%(c)s", c=c) for c in columns),
                old=SQL(", ").join(SQL("r.%s", c) for c in columns),
                values=SQL(", ").join(SQL("new.%s", c) for c in columns),
                reachable=self._coverage_sql(),
                staff=self._served_by_sql(),
                plan=self._effective_plan_sql(SQL.identifier("r")),
                now=fields.Datetime.now(),
                last_contact=SQL(
                    "(%s AT TIME ZONE 'UTC' AT TIME ZONE tz.name)::date", last_contact
                )
                if last_contact
                else SQL("r.last_contact_date"),
                unreachable=unreachable or SQL("r.coverage_state = 'unreachable'"),
            )
        )
        self.invalidate_model([*STATE_FIELDS, *names])

    @api.model
    def _current_sql(self):
        """Return the relationships with the dates and coverage of ``state``."""
        own = (
            SQL.identifier("r", name)
            for name, field in self._fields.items()
            if field.column_type and field.store and name not in STATE_FIELDS
        )
        return SQL(
            """
            SELECT state.row AS ctid, state.next_contact_date, state.last_contact_date,
                   state.coverage_state, %s
              FROM state JOIN crm_relationship r ON r.ctid = state.row
            """,
            SQL(", ").join(own),
        )
