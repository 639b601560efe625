from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every

from ..base.apart import log_failure, run_apart
from ..base.jobs import start_job
from ..courtesy.gatekeeper import Gatekeeper
from ..ledger.crm_interaction import PENDING_STATES
from ..ledger.release import Release
from .capacity import OVER_CAPACITY
from .stand_ins import StandIns

# So many interactions are judged again within a request; more are a matter of the job.
RELEASED_AT_ONCE = 500


class CrmInteraction(models.Model):
    """Those who stand in make what is due while somebody is absent."""

    _inherit = "crm.interaction"

    def _find_stand_ins(self, keeper, moments=None):
        return StandIns(self, keeper, moments).find()

    @api.model
    def _cron_release(self):
        """Give back first what is still open of those who are there again."""
        if error := run_apart(self.env, self._follow_absences):
            log_failure(error, "The queues did not follow who is absent")
        return super()._cron_release()

    @api.model
    def _follow_absences(self, users=None):
        """Let those do what is in the queues who are there on its day.

        It leaves its queue and is released again: to a stand-in; to its own salesperson
        as soon as that person is there; on the first day back, where nobody stands in.

        :param users: ``res.users`` about whom something has changed; without, those who
            are replaced, and those who are absent
        """
        if users is None:
            staff = self.env["res.users"]._find_absent()
            concerned = Domain("for_user_id", "!=", False)
            waiting = self.browse()
        else:
            staff = users
            concerned = Domain("for_user_id", "in", users.ids)
            waiting = self._find_waiting_for(users)
        in_queue = self.search(
            (Domain("user_id", "in", staff.ids) | concerned)
            & Domain("state", "=", "open")
        )
        misplaced = in_queue._filter_misplaced(is_strict=users is not None)
        (misplaced | waiting)._release_again()

    @api.model
    def _follow_stand_in(self, relationships):
        """Ask anew who does what waits for people, where others serve or stand in."""
        concerned = Domain("for_user_id", "!=", False)
        concerned |= Domain("reason_code", "=", "absent")
        concerned |= Domain("reason_code", "=", OVER_CAPACITY) & Domain(
            "state", "=", "scheduled"
        )
        pending = self.search(
            Domain("relationship_id", "in", relationships.ids)
            & Domain("state", "in", PENDING_STATES)
            & concerned
        )
        covered = pending.filtered(lambda i: i.state == "open" and i.for_user_id)
        misplaced = covered._filter_misplaced(is_strict=True)
        (pending - covered + misplaced)._release_again()

    @api.model
    def _find_waiting_for(self, users):
        """Return what waits because nobody stands in, and these might do it now."""
        relying = users._find_relying()
        return self.search(
            Domain("state", "in", PENDING_STATES)
            & Domain("reason_code", "=", "absent")
            & (
                Domain("user_id", "in", relying.ids)
                | Domain("relationship_id.backup_user_id", "in", users.ids)
            )
        )

    def _filter_misplaced(self, is_strict):
        """Return those that somebody else should make than whose queue they are in.

        :param bool is_strict: also where the one who stands in could do it, but another
            one comes first by now
        """
        now = fields.Datetime.now()
        misplaced = self.browse()
        for ids in split_every(RELEASED_AT_ONCE, self.ids):
            own = self.browse(ids)
            keeper = Gatekeeper(own, now)
            keeper.set_staff({i: i._get_own_staff() for i in own})
            misplaced += own._compare_with(StandIns(own, keeper), is_strict)
        return misplaced

    def _compare_with(self, stand_ins, is_strict):
        found = stand_ins.find()

        def is_misplaced(interaction):
            owner, user = interaction._get_own_staff(), interaction.user_id
            moment = max(interaction.date_planned, stand_ins.keeper.now)
            if interaction not in found:
                is_away = stand_ins.is_away(owner, interaction.company_id, moment)
                return user != owner or (
                    is_away and interaction.reason_code != "absent"
                )
            if is_strict or user == owner:
                return user != found[interaction]
            return not stand_ins.is_there(interaction, user, moment)

        return self.filtered(lambda i: i._get_own_staff() and is_misplaced(i))

    def _release_again(self):
        """Take these out of their queues, and ask anew who makes them, and when.

        Many are left to the job.
        """
        queued = self.filtered(lambda i: i.state == "open")
        activities = queued.activity_id
        queued.write({"state": "scheduled", "activity_id": False})
        activities.filtered("active").unlink()
        self._plan_as_wanted()
        at_once = self[:RELEASED_AT_ONCE]
        if at_once:
            Release(self.env).release_safely(at_once)
        if len(self) > RELEASED_AT_ONCE:
            start_job(self.env, "release")
