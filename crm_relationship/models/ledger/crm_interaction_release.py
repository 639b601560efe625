from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.apart import log_failure, run_apart, run_each_apart
from ..base.jobs import start_job
from ..base.statistics import refresh_statistics
from . import attempts, complaints
from .planner import OCCASION_GRACE_DAYS
from .release import Release

# Reasons for which the gate moves an interaction to a later moment.
MOVED_BY_GATE = (
    "too_frequent",
    "outside_window",
    "snoozed",
    "step_first",
    "over_capacity",
    "absent",
)


class CrmInteraction(models.Model):
    """The job that hands over what is due, and when what waits is looked at again."""

    _inherit = "crm.interaction"

    # ------------------------------------------------------------------
    # The job
    # ------------------------------------------------------------------

    @api.model
    def _cron_release(self):
        """Release all interactions due within each company's horizon."""
        refresh_statistics(self.env)
        self._miss_passed_occasions()
        if error := run_apart(self.env, self._close_senseless):
            log_failure(error, "What makes no sense any more was not closed")
        self._requeue_orphans()
        complaints.escalate(self.env)
        self._make_room()
        Release(self.env).run()

    @api.model
    def _close_senseless(self):
        """Close what waits and makes no sense any more; rooms know what that is."""

    def _drop_senseless(self):
        """Close those of these that make no sense any more, or not yet.

        Rooms know which.

        :return: the others
        """
        return self

    @api.model
    def _make_room(self):
        """Take out of the queues what nobody has time for; rooms know what that is."""

    @api.model
    def _miss_passed_occasions(self):
        """Close interactions for an occasion that has passed."""
        limit = fields.Date.today() - timedelta(days=OCCASION_GRACE_DAYS)
        passed = self.search(
            Domain("state", "in", ("scheduled", "open"))
            & Domain("date_due", "<", limit)
            & self._get_occasion_domain()
        )
        run_each_apart(
            passed,
            lambda those: those.write(
                {"state": "missed", "reason_code": "occasion_passed"}
            ),
            "%s could not be closed",
        )

    @api.model
    def _get_occasion_domain(self):
        """Return which interactions make sense on the day of an occasion only."""
        return Domain("plan_line_id.occasion_id", "!=", False)

    @api.model
    def _requeue_orphans(self):
        """Reschedule interactions whose activity vanished and that nobody closed."""
        orphans = self.search(
            [
                ("state", "=", "open"),
                "|",
                ("activity_id", "=", False),
                ("activity_id.active", "=", False),
            ]
        )
        run_each_apart(
            orphans,
            lambda those: those.write({"state": "scheduled", "activity_id": False}),
            "%s could not be put back",
        )

    @api.model
    def _drop_passed(self, today, waiting):
        """Cancel what waited in Preview until it was too late; rooms add theirs.

        :param date today: in the company that goes live
        :param SQL waiting: condition on ``crm_interaction i``
        """

    @api.model
    def _get_urgency_sql(self):
        """Return the order in which what is due finds a place; rooms know more.

        The query it goes into names ``crm_interaction i`` and ``res_company c``. The
        customer comes before the id: in which order rows were made is up to PostgreSQL.
        """
        return SQL("i.date_planned, i.relationship_id, i.id")

    def _fit_verdicts(self, verdicts, keeper, sequence):
        """Return what becomes of these, where the days of people are limited.

        Rooms that know what people can do override this.

        :param list verdicts: what the gate allows, a ``Verdict`` each
        """
        return verdicts

    def _release(self):
        """Ask the gate about each; hand over, defer, or close with a reason."""
        Release(self.env).release(self)

    def _follow_release(self):
        """Do what else follows what the release has stored; rooms add theirs."""

    # ------------------------------------------------------------------
    # Who makes it
    # ------------------------------------------------------------------

    def _get_own_staff(self):
        """Return whose interaction it is, whoever stands in for that person."""
        self.ensure_one()
        return self.for_user_id or self.user_id

    def _find_stand_ins(self, keeper, moments=None):
        """Return who makes interactions of those who are away on their day.

        Rooms that know it override this.

        :param Gatekeeper keeper: who knows by whom they would be made, and when
        :param dict moments: ``{interaction: UTC moment}`` of that day, where it is none
            for which they are planned
        :return: ``{interaction: res.users}``
        """
        return {}

    def _hand_to(self, staff):
        """Let somebody else make these, possibly nobody, as customers change hands.

        A hook: rooms find another day for what does not fit.

        :param staff: ``res.users``
        """
        self.write({"user_id": staff.id})

    def _get_priority(self):
        """Return how important what asks for it is; rooms know more.

        :return: a number, 0 is usual
        """
        return 0

    # ------------------------------------------------------------------
    # Looked at again
    # ------------------------------------------------------------------

    def _get_wanted_moment(self):
        """Return the moment for which the interaction is wanted.

        That is the day of the plan, too, where the gate has moved it: a place may have
        become free in the meantime. But neither before what somebody asked for, nor
        too soon after an attempt that found nobody.
        """
        self.ensure_one()
        if self.reason_code not in MOVED_BY_GATE:
            return self.date_planned
        company = self.company_id
        wanted = self.date_asked or company._relationship_time(self.date_due)
        if self.date_attempt:
            tz = self._get_staff_tz(self.user_id)
            again = company._relationship_time(
                *attempts.get_retry(self, self.date_attempt), tz
            )
            wanted = max(wanted, again)
        return wanted

    def _plan_as_wanted(self):
        """Let the next release look at these, as if nothing had moved them."""
        for moment, own in self.grouped(lambda i: i._get_wanted_moment()).items():
            own.write({"date_planned": max(moment, fields.Datetime.now())})

    def _look_again(self):
        """Let those wait no longer that wait for a place which these may have held."""
        self._look_again_at(self.relationship_id)

    @api.model
    def _look_again_at(self, relationships):
        """Let what waits for a place under the limits of these customers look for one.

        ``sudo``: whose place becomes free does not depend on who asks.
        """
        waiting = self.sudo().search(
            [
                ("relationship_id", "in", relationships.ids),
                ("state", "=", "scheduled"),
                ("reason_code", "=", "too_frequent"),
            ]
        )
        if waiting:
            waiting._plan_as_wanted()
            start_job(self.env, "release")
