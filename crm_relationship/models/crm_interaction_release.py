import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ..engine import channel

_logger = logging.getLogger(__name__)

CONTACTS_PER_BATCH = 1000
RETRY_AFTER_ERROR = timedelta(days=1)
# A wish that comes later than this embarrasses more than it pleases.
OCCASION_GRACE_DAYS = 7


class CrmInteraction(models.Model):
    """Release: what is due enters the queue, is sent, or is closed with a reason.

    Works in committed batches. Rows are locked with SKIP LOCKED, so that several workers
    share the work; every row of a batch leaves the state in which it was found, so that
    a run that was killed goes on where it stopped, without a duplicate or a gap.
    """

    _inherit = "crm.interaction"

    @api.model
    def _cron_release(self):
        """Release all contacts due within each company's horizon."""
        self._miss_passed_occasions()
        self._requeue_orphans()
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self._count_due())
        while batch := self._lock_due(CONTACTS_PER_BATCH):
            batch._release_safely()
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
        """Schedule contacts anew whose activity vanished without anybody closing them."""
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
        """Choose channel and person for each contact, and hand it over.

        In a constant number of queries a batch, whatever its size.
        """
        now = fields.Datetime.now()
        archived = self.filtered(lambda i: not i.partner_id.active)
        archived._close_in_batch("cancelled", "archived")
        obstacles = (self - archived)._get_obstacles()
        skipped = {}
        personal, messages = {}, {}
        for interaction in self - archived:
            touchpoint, reason = channel.choose(
                interaction._get_candidates(), obstacles[interaction]
            )
            if not touchpoint:
                reason = reason or "no_channel"
                skipped.setdefault(reason, self.browse())
                skipped[reason] |= interaction
            elif template := interaction._get_touch_template(touchpoint):
                messages.setdefault((touchpoint, template), self.browse())
                messages[touchpoint, template] |= interaction
            else:
                personal[interaction] = touchpoint
        self.browse()._queue_activities(personal)
        for (touchpoint, template), interactions in messages.items():
            # messages speak for the company and its staff, not for the job's own
            for company, own in interactions.grouped("company_id").items():
                own.with_company(company)._send_or_wait(touchpoint, template, now)
        for reason, interactions in skipped.items():
            interactions._close_in_batch("skipped", reason)

    def _close_in_batch(self, state, reason):
        if self:
            self.write({"state": state, "reason_code": reason})

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

    def _get_obstacles(self):
        """Return for each contact a function from touch point to reason code or None."""
        partners = self.partner_id
        no_email = partners.filtered(lambda p: not p.email_normalized)
        no_phone = partners.filtered(lambda p: not p.phone)
        blocked_email = partners.filtered("is_blacklisted")
        blocked_phone = partners.filtered("phone_blacklisted")

        def obstacle_for(interaction):
            partner = interaction.partner_id
            refused = partner._get_contact_wish("refused_touchpoint_ids")

            def obstacle(touchpoint):
                if touchpoint in refused:
                    return "channel_refused"
                if interaction._get_touch_template(touchpoint):
                    by_email = touchpoint.kind == "email"
                    if partner in (blocked_email if by_email else blocked_phone):
                        return "blacklisted"
                    if partner in (no_email if by_email else no_phone):
                        return "no_address"
                return None

            return obstacle

        return {interaction: obstacle_for(interaction) for interaction in self}

    def _queue_activities(self, touchpoints):
        """Put contacts into their staff's activity queues.

        :param dict touchpoints: the chosen ``crm.touchpoint`` of each contact.
        """
        if not touchpoints:
            return
        for touchpoint in set(touchpoints.values()):
            self.union(*(i for i, t in touchpoints.items() if t == touchpoint)).write(
                {
                    "touchpoint_id": touchpoint.id,
                    "state": "open",
                    "reason_code": False,
                    "date_retry": False,
                }
            )
        model_id = self.env["ir.model"]._get_id("res.partner")
        activities = (
            self.env["mail.activity"]
            .with_context(mail_activity_quick_update=True)
            .create(
                [
                    {
                        "res_model_id": model_id,
                        "res_id": interaction.partner_id.id,
                        "activity_type_id": touchpoint.activity_type_id.id,
                        "summary": interaction.name,
                        "note": interaction._get_touch().note,
                        "date_deadline": interaction._get_deadline(),
                        "user_id": interaction.user_id.id,
                        "automated": True,
                    }
                    for interaction, touchpoint in touchpoints.items()
                ]
            )
        )
        for interaction, activity in zip(touchpoints, activities, strict=True):
            interaction.activity_id = activity
