import logging
from collections import defaultdict
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import channel
from .crm_gatekeeper import Gatekeeper
from .crm_interaction_schedule import OCCASION_GRACE_DAYS

_logger = logging.getLogger(__name__)

CONTACTS_PER_BATCH = 1000
RETRY_AFTER_ERROR = timedelta(days=1)
# What stands in the way may end any day, by somebody's doing rather than by time alone.
PASSING_REASONS = ("snoozed", "complaint_open", "relationship_first")
RETRY_BARRED = timedelta(days=1)
NO_CHANNEL = "no_channel"


class CrmInteraction(models.Model):
    """Release: what is due enters the queue, is sent, or is closed with a reason.

    Works in committed batches. Rows are locked with SKIP LOCKED, so that several
    workers share the work; every row of a batch leaves the state in which it was
    found, so that a run that was killed goes on where it stopped, without a duplicate
    or a gap.
    """

    _inherit = "crm.interaction"

    @api.model
    def _cron_release(self):
        """Release all contacts due within each company's horizon."""
        self._miss_passed_occasions()
        self._requeue_orphans()
        cron = self.env["ir.cron"]
        # What becomes due by closing these waits for the next run: no run is endless.
        remaining = self._count_due()
        cron._commit_progress(remaining=remaining)
        while remaining > 0 and (batch := self._lock_due(CONTACTS_PER_BATCH)):
            batch._release_safely()
            remaining -= len(batch)
            if not cron._commit_progress(len(batch)):
                break

    def _release_safely(self):
        """Release a batch; when it fails, one by one, leaving out those that fail."""
        try:
            with self.env.cr.savepoint():
                self._release()
            return
        except psycopg2.OperationalError:
            raise
        except Exception:
            if len(self) == 1:
                _logger.exception("Contact %s could not be released", self.id)
                self.invalidate_recordset()
                self.write(
                    {
                        "reason_code": "error",
                        "date_retry": fields.Datetime.now() + RETRY_AFTER_ERROR,
                    }
                )
                return
            _logger.warning("A batch of %s contacts failed; trying singly", len(self))
        self.invalidate_recordset()
        for interaction in self:
            interaction._release_safely()

    # ------------------------------------------------------------------
    # What is due
    # ------------------------------------------------------------------

    @api.model
    def _due_sql(self):
        """Return the FROM and WHERE of contacts due within the company's horizon."""
        return SQL(
            """
              FROM crm_interaction i
              JOIN res_company c ON c.id = i.company_id
             WHERE i.state = 'scheduled'
               AND i.date_planned
                   < %(now)s + make_interval(days => c.relationship_horizon_days)
               AND (i.date_retry IS NULL OR i.date_retry <= %(now)s)
            """,
            now=fields.Datetime.now(),
        )

    @api.model
    def _count_due(self):
        self.flush_model()
        [(count,)] = self.env.execute_query(SQL("SELECT count(*) %s", self._due_sql()))
        return count

    @api.model
    def _lock_due(self, limit):
        """Return the next contacts to release, locked for this transaction.

        SQL because the ORM cannot skip rows that another worker has locked.
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT i.id %s ORDER BY i.date_planned, i.id LIMIT %s"
                " FOR UPDATE OF i SKIP LOCKED",
                self._due_sql(),
                limit,
            )
        )
        return self.browse(id_ for [id_] in rows)

    @api.model
    def _miss_passed_occasions(self):
        """Close contacts for an occasion that is over."""
        limit = fields.Date.today() - timedelta(days=OCCASION_GRACE_DAYS)
        passed = self.search(
            [
                ("state", "in", ("scheduled", "open")),
                ("plan_line_id.occasion_id", "!=", False),
                ("date_due", "<", limit),
            ]
        )
        passed.write({"state": "missed", "reason_code": "occasion_passed"})

    @api.model
    def _requeue_orphans(self):
        """Schedule contacts anew whose activity vanished and that nobody closed."""
        orphans = self.search(
            [
                ("state", "=", "open"),
                "|",
                ("activity_id", "=", False),
                ("activity_id.active", "=", False),
            ]
        )
        orphans.write({"state": "scheduled", "activity_id": False})

    # ------------------------------------------------------------------
    # Release
    # ------------------------------------------------------------------

    def _release(self):
        """Ask the gate for each contact; hand over, defer, or close with a reason.

        In a constant number of queries a batch, whatever its size. Contacts of one
        customer are judged by priority, so that the caps leave room for what matters
        more.
        """
        now = fields.Datetime.now()
        keeper = Gatekeeper(self, now)
        personal, deferred = {}, {}
        messages, closed = defaultdict(self.browse), defaultdict(self.browse)
        for interaction in self.sorted(lambda i: i._get_priority()):
            touchpoint, decision = interaction._ask_gate(keeper, now)
            if not decision or not decision.earliest:
                closed[decision.reason_code if decision else NO_CHANNEL] += interaction
                continue
            keeper.reserve(interaction, decision.earliest)
            template = interaction._get_touch_template(touchpoint)
            if not interaction._is_ready(decision, template, now):
                deferred[interaction] = (decision, template)
            elif template:
                messages[touchpoint, template] += interaction
            else:
                personal[interaction] = (decision, touchpoint)
        self._queue_activities(personal)
        self._defer(deferred)
        for (touchpoint, template), interactions in messages.items():
            # messages speak for the company and its staff, not for the job's own
            for company, own in interactions.grouped("company_id").items():
                own.with_company(company)._send(template, touchpoint)
        for reason, interactions in closed.items():
            interactions._close_barred(reason, now)

    def _ask_gate(self, keeper, now):
        """Return the best channel and the decision on it at the planned moment, or now.

        :return: ``(crm.touchpoint, engine Decision)``; no touch point when every
            channel is ruled out, and no decision either when there is none to begin
            with.
        """
        self.ensure_one()
        when = max(self.date_planned, now)
        return channel.choose(
            self._get_candidates(),
            lambda candidate: keeper.judge(self, candidate, when),
        )

    def _is_ready(self, decision, template, now):
        """Tell whether the contact is handed over in this run.

        A message waits for its moment; a person's contact, where the gate moves it,
        for the company's horizon.
        """
        self.ensure_one()
        if template:
            return decision.earliest <= now
        horizon = timedelta(days=self.company_id.relationship_horizon_days)
        return decision.allowed or decision.earliest < now + horizon

    def _close_barred(self, reason, now):
        """Close what no waiting makes possible; look again where somebody may help."""
        if reason in PASSING_REASONS:
            self.write({"reason_code": reason, "date_retry": now + RETRY_BARRED})
        elif reason == "archived":
            self.write({"state": "cancelled", "reason_code": reason})
        else:
            self.write({"state": "skipped", "reason_code": reason})

    def _get_candidates(self):
        """Return the touch points to try, best first, as a list.

        A channel that a person chose for this contact is the only one.
        """
        self.ensure_one()
        preferred = self.partner_id._get_contact_wish("preferred_touchpoint_id")
        touch = self._get_touch()
        if touch:
            return list(touch._get_candidates(preferred))
        return list(self.touchpoint_id or preferred) or list(
            self.env["crm.touchpoint"]._get_in_use()
        )

    def _get_touch_template(self, touchpoint):
        """Return the template with which this contact is sent, empty for a person's."""
        touch = self._get_touch()
        return touch and touch._get_template(touchpoint)

    # ------------------------------------------------------------------
    # The queue
    # ------------------------------------------------------------------

    def _queue_activities(self, chosen):
        """Put contacts into their staff's activity queues.

        :param dict chosen: the engine's ``Decision`` and the ``crm.touchpoint`` of each
            contact. A moment that the gate moved is taken over with its reason.
        """
        if not chosen:
            return
        self.browse().union(*chosen)._assign_qualified_staff()
        model_id = self.env["ir.model"]._get_id("res.partner")
        activities = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(
                [
                    {
                        "res_model_id": model_id,
                        "res_id": interaction.partner_id.id,
                        "res_name": interaction.partner_id.display_name,
                        "activity_type_id": touchpoint.activity_type_id.id,
                        "summary": interaction.name,
                        "note": interaction._get_touch().note,
                        "date_deadline": interaction._get_deadline(
                            moment=interaction._get_moment(decision)
                        ),
                        "user_id": interaction.user_id.id,
                        "automated": True,
                    }
                    for interaction, (decision, touchpoint) in chosen.items()
                ]
            )
        )
        self._store_release(
            (
                interaction.id,
                "open",
                touchpoint.id,
                activity.id,
                interaction._get_moment(decision),
                None,
                None if decision.allowed else decision.reason_code,
            )
            for (interaction, (decision, touchpoint)), activity in zip(
                chosen.items(), activities, strict=True
            )
        )

    def _defer(self, chosen):
        """Let contacts wait for the moment the gate allows.

        :param dict chosen: the engine's ``Decision`` and the message template, possibly
            empty, of each contact.
        """
        self._store_release(
            (
                interaction.id,
                "scheduled",
                interaction.touchpoint_id.id or None,
                None,
                interaction._get_moment(decision),
                decision.earliest if template else None,
                None if decision.allowed else decision.reason_code,
            )
            for interaction, (decision, template) in chosen.items()
        )

    def _get_moment(self, decision):
        """Return the planned moment, or the one to which the gate moved it."""
        self.ensure_one()
        return self.date_planned if decision.allowed else decision.earliest

    @api.model
    def _store_release(self, rows):
        """Write what was decided on pending contacts, in one query.

        SQL because each row gets values of its own, and ``write`` would bring the
        activity and the customer's dates in step once for each.

        :param rows: tuples (id, state, touch point id, activity id, UTC moment, moment
            before which the release leaves it alone, reason code)
        """
        rows = list(rows)
        if not rows:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction i
                   SET state = v.state, touchpoint_id = v.touchpoint_id,
                       activity_id = v.activity_id, date_planned = v.date_planned,
                       date_retry = v.date_retry, reason_code = v.reason_code,
                       write_uid = %s, write_date = %s
                  FROM unnest(%s::int[], %s::varchar[], %s::int[], %s::int[],
                              %s::timestamp[], %s::timestamp[], %s::varchar[])
                       AS v (id, state, touchpoint_id, activity_id, date_planned,
                             date_retry, reason_code)
                 WHERE i.id = v.id
                """,
                self.env.uid,
                self.env.cr.now(),
                *(list(column) for column in zip(*rows, strict=True)),
            )
        )
        stored = self.browse(row[0] for row in rows)
        stored.invalidate_recordset()
        stored.relationship_id.sudo()._refresh_contact_state()

    def _assign_qualified_staff(self):
        """Give contacts to somebody who fulfils what the customer requires.

        The planned person, else the dedicated staff or stand-in, else whoever fulfils
        it. Where nobody does, the contact stays without staff, for the manager to see.
        """
        for interaction in self:
            required = interaction.partner_id._get_contact_wish(
                "staff_requirement_ids"
            ).filtered(lambda requirement: requirement.level == "must")
            if not required:
                continue
            qualified = self.env["res.users"].search([("share", "=", False)])
            for tag in required.tag_id:
                qualified &= tag.user_ids
            relationship = interaction.relationship_id
            served_by = (
                interaction.user_id | relationship.user_id | relationship.backup_user_id
            )
            interaction.user_id = ((served_by & qualified) or qualified)[:1]
