from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...engine.gate import OK
from ..base.jobs import start_job
from ..courtesy.gatekeeper import Gatekeeper, Rules
from . import advice
from .address import has_all_addresses, lacks_address
from .crm_interaction import PENDING_STATES
from .release import Release

MOVED_BY_WISHES = ("snoozed", "outside_window")


class CrmInteraction(models.Model):
    """What the gate is asked about an interaction, and what it says."""

    _inherit = "crm.interaction"

    failed_touchpoint_ids = fields.Many2many(
        comodel_name="crm.touchpoint",
        string="Channels That Failed",
        copy=False,
        help="Channels through which a message was sent that did not arrive. They are"
        " not tried again.",
    )
    override_reason = fields.Char(
        string="Reason for Going Ahead",
        size=500,
        copy=False,
        help="Why the interaction took place although the system advised against it.",
    )
    gate_message = fields.Char(
        string="Advice",
        compute="_compute_gate_message",
        help="Why this interaction should not take place now, and from when it may.",
    )
    is_reason_needed = fields.Boolean(compute="_compute_gate_message")
    gate_overview = fields.Html(
        string="Allowed Channels",
        compute="_compute_gate_overview",
        sanitize=False,
        help="For each channel, whether the customer may be contacted through it.",
    )

    # ------------------------------------------------------------------
    # Compute
    # ------------------------------------------------------------------

    @api.depends("touchpoint_id", "partner_id", "kind", "state", "date_planned")
    def _compute_gate_message(self):
        now = fields.Datetime.now()
        pending = self._filter_pending().filtered("partner_id")
        keeper = Gatekeeper(pending, now)
        (self - pending).gate_message = False
        (self - pending).is_reason_needed = False
        for interaction in pending:
            decision = interaction._ask(keeper, interaction.touchpoint_id, now)
            interaction.is_reason_needed = advice.needs_reason(
                interaction, decision, keeper
            )
            interaction.gate_message = (
                False
                if decision.allowed
                else advice.word(
                    interaction, decision, keeper, interaction.touchpoint_id
                )
            )

    @api.depends("touchpoint_id", "partner_id", "kind")
    def _compute_gate_overview(self):
        for interaction in self:
            interaction.gate_overview = (
                interaction.partner_id and advice.render_overview(interaction)
            )

    # ------------------------------------------------------------------
    # Asked
    # ------------------------------------------------------------------

    def _ask(self, keeper, touchpoint, when):
        """Return what the gate decides on this interaction through a channel."""
        self.ensure_one()
        is_message = bool(self._get_touch_template(touchpoint))
        return keeper.judge(self, touchpoint, when, is_message)

    def _check_not_refused(self, touchpoint):
        """Refuse to reach a customer who has refused to be reached so.

        :param touchpoint: the ``crm.touchpoint`` through which
        :raises UserError: with the customer's refusal
        """
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        decision = self._ask(keeper, touchpoint, now)
        if not decision.allowed and advice.is_refusal(
            self, decision.reason_code, keeper
        ):
            raise UserError(advice.word(self, decision, keeper, touchpoint))

    def _may_sell_first(self):
        """Tell whether this contact may sell before the relationship is cared for."""
        self.ensure_one()
        return False

    def _get_candidates(self, rules=None):
        """Return the channels to try, best first, as a list.

        A channel that a person chose for this interaction is the only one. What a
        salesperson could not use for want of a number or address comes last; of a
        message the gate asks the same.

        :param Rules rules: kept by whoever asks for many interactions
        """
        self.ensure_one()
        rules, partner = rules or Rules(), self.partner_id
        preferred = partner._get_contact_wish("preferred_touchpoint_id")
        touch = self._get_touch()
        if touch:
            candidates = rules.get_candidates(touch, preferred)
        else:
            chosen = self.touchpoint_id or preferred
            candidates = chosen or self.env["crm.touchpoint"]._get_in_use()
        if failed := self.failed_touchpoint_ids:
            candidates = [channel for channel in candidates if channel not in failed]
        if has_all_addresses(partner):
            return list(candidates)

        def is_out_of_use(touchpoint):
            return lacks_address(
                partner, rules.get_kind(touchpoint)
            ) and not self._get_touch_template(touchpoint)

        return sorted(candidates, key=is_out_of_use)

    def _get_touch_template(self, touchpoint):
        """Return the template to send this interaction with; empty for a person's."""
        if touchpoint.mode != "automated":
            return self.env["mail.template"]
        touch = self._get_touch()
        return touch and touch._get_template(touchpoint)

    # ------------------------------------------------------------------
    # Asked again
    # ------------------------------------------------------------------

    @api.model
    def _reconsider(self, partners):
        """Ask the gate again about pending interactions after wishes have changed.

        Whatever is in a queue but no longer allowed as it stands leaves the queue and
        is released again: through another channel, at another time, or closed with the
        reason. What a contact refuses holds for others of the same address.
        """
        concerned = Domain("partner_id", "child_of", partners.ids) | Domain(
            "partner_id", "in", partners._find_sharing().ids
        )
        pending = self.search_fetch(concerned & Domain("state", "in", PENDING_STATES))
        if not pending:
            return
        pending._ask_again()
        now = fields.Datetime.now()
        keeper = Gatekeeper(pending, now, knows_work=False)
        barred = pending.filtered(
            lambda i: i.state == "open"
            and i._ask(keeper, i.touchpoint_id, max(now, i.date_planned)).reason_code
            not in (OK, *advice.ABOUT_PLANNING)
        )
        activities = barred.activity_id
        barred.write({"state": "scheduled", "activity_id": False})
        activities.filtered("active").unlink()
        if barred:
            Release(self.env).release_safely(barred)

    def _ask_again(self):
        """Let what waits of these because of what somebody wished wait no longer.

        Whether it has to wait all the same, the release finds out at once.
        """
        waiting = self.filtered(lambda i: i.state == "scheduled")
        moved = waiting.filtered(lambda i: i.reason_code in MOVED_BY_WISHES)
        retried = waiting.filtered("date_retry")
        moved._plan_as_wanted()
        (retried - moved).write({"date_retry": False})
        if moved | retried:
            start_job(self.env, "release")

    # ------------------------------------------------------------------
    # What the gate has to know
    # ------------------------------------------------------------------

    def _read_contact_history(self, since):
        """Return what the gate needs to know of past interactions; one query.

        SQL because a customer's whole history is boiled down to four figures. A message
        that waits in its queue counts as done, and would be the last one that sold:
        these are not held against themselves.

        :param datetime since: those done and open after it are listed, in UTC
        :return: rows (relationship id, moments, ids, number of relationship
            interactions since the last selling one, whether a complaint is open)
        """
        self.flush_model()
        return self.env.execute_query(
            SQL(
                """
                WITH contact AS (
                    SELECT i.*, CASE WHEN state = 'done' THEN date_done
                                     ELSE date_planned END AS moment,
                           state = 'done' AND along_id IS NOT NULL AS is_along
                      FROM crm_interaction i
                     WHERE relationship_id = ANY(%(ids)s)
                       AND (state IN ('done', 'open')
                            OR is_complaint_open)
                ), selling AS (
                    SELECT relationship_id, max(date_done) AS last
                      FROM contact
                     WHERE state = 'done' AND kind = 'selling'
                       AND NOT id = ANY(%(asked)s)
                  GROUP BY relationship_id
                )
                SELECT relationship_id,
                       array_agg(moment ORDER BY moment, id)
                           FILTER (WHERE kind <> 'service' AND moment > %(since)s
                                   AND NOT is_along),
                       array_agg(id ORDER BY moment, id)
                           FILTER (WHERE kind <> 'service' AND moment > %(since)s
                                   AND NOT is_along),
                       count(*) FILTER (
                           WHERE state = 'done' AND kind = 'relationship'
                             AND moment > COALESCE(selling.last, '-infinity')),
                       COALESCE(bool_or(is_complaint_open), FALSE)
                  FROM contact LEFT JOIN selling USING (relationship_id)
              GROUP BY relationship_id
                """,
                ids=self.relationship_id.ids,
                asked=self.ids,
                since=since,
            )
        )

    def _read_earlier(self):
        """Return what is pending and comes before each of these; rooms add theirs.

        :return: ``{id: [(id of an earlier one, moment it is planned for, days between
            the two)]}``
        """
        return {}

    def _read_follow_ups(self):
        """Return the state of each customer's follow-up of the last purchase.

        :return: rows (relationship id, moment of the first one made or None, whether
            one is still to come)
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (relationship_id) relationship_id,
                       min(date_done) FILTER (WHERE state = 'done'),
                       COALESCE(bool_or(state IN ('scheduled', 'open')), FALSE)
                  FROM crm_interaction
                 WHERE relationship_id = ANY(%s) AND sale_order_id IS NOT NULL
                   AND kind = 'relationship' AND state <> 'cancelled'
              GROUP BY relationship_id, sale_order_id
              ORDER BY relationship_id, sale_order_id DESC
                """,
                self.relationship_id.ids,
            )
        )
