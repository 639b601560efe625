"""Release: what is due enters a queue, is sent, or is closed with a reason.

The moment to which an interaction is deferred is the gate's: ``engine/gate.py`` with
``engine/caps.py``, on what ``courtesy/gatekeeper.py`` fetches. It is stored here.
"""

import logging
from collections import defaultdict
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg2
from pytz import timezone, utc

from odoo import fields
from odoo.tools import SQL

from ...engine import caps, channel
from ...engine.gate import Decision
from ..base.bounds import MAX_HORIZON, clamp_sql
from ..base.jobs import MAIL_QUEUE, start_job
from ..courtesy.gatekeeper import Gatekeeper
from .live import PREVIEW, may_go, may_go_sql
from .messages import send
from .qualified import assign_staff, find_qualified
from .served import Served

_logger = logging.getLogger(__name__)

CONTACTS_PER_BATCH = 1000
RETRY_AFTER_ERROR = timedelta(days=1)
# Reasons that may end any day, because somebody acts rather than because time passes.
PASSING_REASONS = ("snoozed", "complaint_open", "relationship_first")
RETRY_BARRED = timedelta(days=1)
NO_CHANNEL = "no_channel"
ALREADY_SENT = "already_sent"
# Going live looks at what waits at once; this is for what has changed in between.
RETRY_IN_PREVIEW = timedelta(days=7)
# How often the job runs by itself.
USUAL_PAUSE = timedelta(hours=1)
UNDELIVERED = "undelivered"
# What has one of these reasons holds a moment under the limits already.
HOLDING_REASONS = ("too_frequent", "outside_window", "quiet_hours", "outside_work")
# An earlier step comes first; how long to wait is told where it is used.
BLOCKED = Decision("step_first", None)


class Sequence:
    """Keeps interactions that follow one another in order, within a batch.

    A person may have several in the queue, but none planned before an earlier one. A
    message leaves only when what comes before it is closed.
    """

    def __init__(self, interactions, now, undecided=(), moved=()):
        """Prepare for ``crm.interaction`` records that are released at ``now``.

        :param undecided: ids of those of which nothing is closed or sent yet
        :param moved: ids of those that were judged a moment ago, in the same run
        """
        self._now = now
        self._undecided = undecided
        self._moved = moved
        self._earlier = interactions._read_earlier()
        self._wanted = {}
        self._moments = {}
        self._closed = set()

    def get_wanted(self, interaction):
        """Return the moment for which an interaction is wanted by itself."""
        id_ = interaction.id
        if id_ not in self._wanted:
            self._wanted[id_] = interaction._get_wanted_moment()
        return self._wanted[id_]

    def get_precedence(self, interaction):
        """Return the sort key by which interactions choose their moments.

        Service first; then by the priority of what asks for them, and by what they are
        for. Of these, whoever waits for a place keeps it before those that come later.
        """
        rank = caps.rank(interaction.kind, interaction.objective or None)
        waits = (
            interaction.reason_code == "too_frequent"
            and interaction.id not in self._moved
        )
        return (
            min(rank, 1),
            -interaction._get_priority(),
            rank,
            # a step waits for the one before it as well, and comes after it
            not waits or interaction.id in self._earlier,
            self.get_wanted(interaction),
            interaction.id,
        )

    def get_place(self, interaction):
        """Return the moment wanted for an interaction, and whether others come first.

        :return: ``(datetime, bool)``
        """
        moment, is_blocked = self.get_wanted(interaction), False
        for id_, planned, distance in self._earlier.get(interaction.id, ()):
            if id_ not in self._closed:
                is_blocked = True
                before = self._moments.get(id_, planned)
                moment = max(moment, before)
                moment = self._keep_distance(interaction, moment, before, distance)
        return moment, is_blocked

    @staticmethod
    def _keep_distance(interaction, moment, before, days):
        """Return a moment that leaves so many days after an earlier interaction."""
        company = interaction.company_id
        tz = timezone(company._relationship_tz())
        day, first = (utc.localize(m).astimezone(tz).date() for m in (moment, before))
        first += timedelta(days=days)
        return company._relationship_time(first) if day < first else moment

    def note_moment(self, interaction, moment):
        self._moments[interaction.id] = moment

    def note_closed(self, interaction, reason=None):
        """Note one that is closed, unless it is only looked at again tomorrow."""
        if reason not in PASSING_REASONS and interaction.id not in self._undecided:
            self._closed.add(interaction.id)


CLOSE, HOLD, DEFER, SEND, QUEUE = "close", "hold", "defer", "send", "queue"


class Verdict(NamedTuple):
    """What becomes of an interaction, and why."""

    interaction: object
    touchpoint: object
    """The ``crm.touchpoint``; empty where every one is ruled out."""
    decision: Decision | None
    """The engine's; None where there was no channel to ask about."""
    moment: datetime
    """UTC"""
    template: object = None
    """Of the message, where the system sends one."""
    fate: str = CLOSE

    def get_closing_reason(self):
        """Return why it can take place through no channel; None where it can."""
        if self.fate != CLOSE:
            return None
        if self.decision:
            return self.decision.reason_code
        failed = self.interaction.failed_touchpoint_ids
        return UNDELIVERED if failed else NO_CHANNEL


class Release:
    """Carries interactions from the ledger to the queues and to the customers.

    Works in committed batches. Rows are locked with SKIP LOCKED, so that several
    workers share the work; every row of a batch leaves the state it was found in, so
    that a killed run can be resumed where it stopped, without duplicates or gaps.
    """

    def __init__(self, env):
        self.env = env
        self.ledger = env["crm.interaction"]
        self._due_ids = None
        self._moved_ids = set()

    def run(self):
        """Release all interactions due within each company's horizon, by batches."""
        cron = self.env["ir.cron"]
        # What becomes due as these are closed waits for the next run, so that no run is
        # endless.
        self._due_ids = self._find_due()
        remaining = len(self._due_ids)
        cron._commit_progress(remaining=remaining)
        while batch := self.lock_due(CONTACTS_PER_BATCH):
            self.release_safely(batch)
            remaining -= len(batch)
            if not cron._commit_progress(len(batch)):
                break
        self._come_back()

    def _come_back(self):
        """Have the job called for the next whose turn comes before its usual hour.

        So those who waited for the same hour leave in turn, and not all at the hour at
        which the job happens to run.
        """
        self.ledger.flush_model()
        [[turn]] = self.env.execute_query(
            SQL(
                """
                SELECT min(date_retry)
                  FROM crm_interaction
                 WHERE state = 'scheduled' AND date_planned < %(usual)s
                   AND date_retry > %(now)s AND date_retry < %(usual)s
                """,
                now=fields.Datetime.now(),
                usual=fields.Datetime.now() + USUAL_PAUSE,
            )
        )
        if turn:
            start_job(self.env, "release", turn)

    def release_safely(self, interactions):
        """Release a batch; if that fails, one by one, leaving out those that fail."""
        try:
            with self.env.cr.savepoint():
                self.release(interactions)
            return
        except psycopg2.OperationalError:
            raise
        except Exception:
            if len(interactions) == 1:
                _logger.exception("Contact %s could not be released", interactions.id)
                interactions.invalidate_recordset()
                interactions.write(
                    {
                        "reason_code": "error",
                        "date_retry": fields.Datetime.now() + RETRY_AFTER_ERROR,
                    }
                )
                return
            _logger.warning(
                "A batch of %s contacts failed; trying singly", len(interactions)
            )
        interactions.invalidate_recordset()
        for interaction in interactions:
            self.release_safely(interaction)

    # ------------------------------------------------------------------
    # What is due
    # ------------------------------------------------------------------

    def _find_due(self):
        """Return the ids of what is due, the most urgent first.

        Read once a run: what is most urgent of all is to find a place first.
        """
        self.ledger.flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT i.id %s ORDER BY %s",
                self._due_sql(),
                self.ledger._get_urgency_sql(),
            )
        )
        return [id_ for [id_] in rows]

    def lock_due(self, limit):
        """Return the next interactions to release, locked for this transaction.

        In the order of their urgency. SQL because the ORM cannot skip rows that another
        worker has locked; it looks for further ones then.
        """
        if self._due_ids is None:
            self._due_ids = self._find_due()
        self.ledger.flush_model()
        while self._due_ids:
            ids, self._due_ids = self._due_ids[:limit], self._due_ids[limit:]
            rows = self.env.execute_query(
                SQL(
                    "SELECT i.id %s AND i.id = ANY(%s) ORDER BY i.id"
                    " FOR UPDATE OF i SKIP LOCKED",
                    self._due_sql(),
                    ids,
                )
            )
            locked = {id_ for [id_] in rows}
            if locked:
                return self.ledger.browse(id_ for id_ in ids if id_ in locked)
        return self.ledger

    def _due_sql(self):
        """Return the FROM and WHERE of interactions due in the company's horizon.

        Of a company in Preview none that the system has planned: it may be many, and
        they wait for somebody to go live.
        """
        return SQL(
            """
              FROM crm_interaction i
              JOIN res_company c ON c.id = i.company_id
             WHERE i.state = 'scheduled'
               AND i.date_planned
                   < %(now)s + make_interval(days => %(horizon)s)
               AND (i.date_retry IS NULL OR i.date_retry <= %(now)s)
               AND %(may_go)s
            """,
            now=fields.Datetime.now(),
            horizon=clamp_sql(SQL("c.relationship_horizon_days"), 0, MAX_HORIZON),
            may_go=may_go_sql(),
        )

    # ------------------------------------------------------------------
    # One batch
    # ------------------------------------------------------------------

    def release(self, interactions):
        """Ask the gate about each; hand over, defer, or close with a reason.

        In a constant number of queries per batch, whatever its size. A customer's
        interactions are judged by priority, so that the caps leave room for what
        matters most; those that have waited for a place keep their turn. So what else
        is due of these customers is judged along with them, and comes in a batch of its
        own: a person's time is given away by urgency.
        """
        now = fields.Datetime.now()
        waiting, rivals = self._lock_others(interactions)
        kept = (interactions | waiting | rivals)._drop_senseless()
        rivals &= kept
        interactions = kept - rivals
        personal, deferred, held = {}, {}, {}
        messages = defaultdict(self.ledger.browse)
        closed = defaultdict(self.ledger.browse)
        judged = interactions | rivals
        keeper = Gatekeeper(judged, now)
        undecided = set(rivals.ids)
        sequence = Sequence(judged, now, undecided, self._moved_ids)
        verdicts = [
            verdict
            for verdict in self.decide(judged, now, keeper, sequence)
            if verdict.interaction.id not in undecided
        ]
        for verdict in interactions._fit_verdicts(verdicts, keeper, sequence):
            interaction, touchpoint = verdict.interaction, verdict.touchpoint
            if verdict.fate == CLOSE:
                closed[verdict.get_closing_reason()] += interaction
            elif verdict.fate == HOLD:
                held[interaction] = touchpoint
            elif verdict.fate == DEFER:
                deferred[interaction] = verdict
            elif verdict.fate == SEND:
                messages[touchpoint, verdict.template] += interaction
            else:
                personal[interaction] = verdict
        for reason, group in self._bring_along(personal, messages).items():
            closed[reason] += group
        self._queue_activities(personal, keeper)
        self._defer(deferred)
        self._hold(held, now)
        if repeated := self._send(messages, now):
            closed[ALREADY_SENT] = repeated
        for reason, group in closed.items():
            self._close_barred(group, reason, now)

    def _bring_along(self, personal, messages):
        """Have ready what goes with these; no message promises what there is not.

        :param dict personal: by the interactions that people make
        :param dict messages: ``{(channel, template): interactions}``; those that lack
            something are taken out
        :return: those taken out: ``{reason_code: interactions}``
        """
        sent = self.ledger.union(*messages.values())
        lacking = (self.ledger.union(*personal) | sent)._bring_along()
        for key in messages:
            messages[key] -= self.ledger.union(*lacking.values())
        return {reason: group & sent for reason, group in lacking.items()}

    def _send(self, messages, now):
        """Send messages, each to an address once.

        :param dict messages: ``{(channel, template): interactions}``
        :return: the interactions whose message another contact of the address got
        """
        repeated = self.ledger.browse()
        if not messages:
            return repeated
        served = Served(self.ledger.union(*messages.values()), now)
        for (touchpoint, template), group in messages.items():
            again = served.filter_repeated(group, touchpoint, template)
            repeated += again
            # messages speak for the company and its salespeople, not for the job's own
            # user
            for company, own in (group - again).grouped("company_id").items():
                send(own.with_company(company), template, touchpoint)
        if any(touchpoint.kind == "email" for touchpoint, _template in messages):
            # Odoo's own calls of the SMS queue come with each SMS
            start_job(self.env, MAIL_QUEUE)
        return repeated

    def decide(self, interactions, now, keeper=None, sequence=None):
        """Yield the ``Verdict`` on each, by priority; nothing is written."""
        keeper = keeper or Gatekeeper(interactions, now)
        keeper.set_staff(find_qualified(interactions, keeper.voices))
        keeper.stand_in(interactions._find_stand_ins(keeper))
        sequence = sequence or Sequence(interactions, now)
        for interaction in interactions.sorted(sequence.get_precedence):
            wanted, is_blocked = sequence.get_place(interaction)
            touchpoint, decision = self._choose_channel(
                interaction, keeper, max(wanted, now)
            )
            # later than it is wanted, because others come first
            is_moved = wanted > sequence.get_wanted(interaction)
            if decision and decision.allowed and is_moved:
                decision = BLOCKED._replace(earliest=decision.earliest)
            verdict = Verdict(interaction, touchpoint, decision, wanted)
            if decision and decision.earliest:
                verdict = self._decide_further(verdict, keeper, is_blocked, now)
                sequence.note_moment(interaction, verdict.moment)
            if verdict.fate in (CLOSE, SEND):
                sequence.note_closed(interaction, verdict.get_closing_reason())
            yield verdict

    def _decide_further(self, verdict, keeper, is_blocked, now):
        """Return what becomes of an interaction that may take place, now or later."""
        interaction, touchpoint, decision = verdict[:3]
        template = interaction._get_touch_template(touchpoint)
        moment = verdict.moment if decision.allowed else decision.earliest
        fate = SEND if template else QUEUE
        if not may_go(interaction, touchpoint, bool(template), keeper.rules.live):
            fate = HOLD
        else:
            keeper.reserve(interaction, decision.earliest)
            if template and is_blocked:
                fate = DEFER
                decision = BLOCKED._replace(earliest=now + RETRY_BARRED)
            elif not self._is_ready(interaction, decision, template, now):
                fate = DEFER
        return verdict._replace(
            decision=decision, moment=moment, template=template, fate=fate
        )

    def _lock_others(self, interactions):
        """Return what else asks for a place under the customers' caps, locked.

        What becomes due later must not take the place of those that wait already, nor
        an earlier batch that of the next. What another worker has locked is left out.

        :return: those that wait for their moment, and those that are due besides
        """
        capped = interactions.filtered(lambda i: i.kind != "service")
        if not capped:
            return capped, capped
        self.ledger.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT i.id, COALESCE(i.reason_code, '') IN %(holding)s
                %(due)s AND %(theirs)s
                 UNION
                SELECT i.id, TRUE
                  FROM crm_interaction i
                 WHERE i.state = 'scheduled' AND i.reason_code IN %(holding)s
                   AND %(theirs)s
                """,
                holding=HOLDING_REASONS,
                due=self._due_sql(),
                theirs=SQL(
                    "i.relationship_id = ANY(%s) AND NOT i.id = ANY(%s)",
                    capped.relationship_id.ids,
                    interactions.ids,
                ),
            )
        )
        if not rows:
            return self.ledger, self.ledger
        locked = self._lock([id_ for id_, _waits in rows])
        waiting = self.ledger.browse(id_ for id_, waits in rows if waits)
        return locked & waiting, locked - waiting

    def _lock(self, ids):
        """Return those of these that no other worker has locked, locked."""
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM crm_interaction WHERE id = ANY(%s) AND"
                " state = 'scheduled' ORDER BY id FOR UPDATE SKIP LOCKED",
                ids,
            )
        )
        return self.ledger.browse(id_ for [id_] in rows)

    @staticmethod
    def _choose_channel(interaction, keeper, when):
        """Return the best channel and the decision on it at a moment.

        :return: ``(crm.touchpoint, engine Decision)``; no channel when every one is
            ruled out, and no decision either when there was none to begin with.
        """
        return channel.choose(
            interaction._get_candidates(keeper.rules),
            lambda candidate: interaction._ask(keeper, candidate, when),
        )

    @staticmethod
    def _is_ready(interaction, decision, template, now):
        """Tell whether the interaction is handed over in this run.

        A message waits for its moment; a person's interaction that the gate moves waits
        until it is within the company's horizon.
        """
        if template:
            return decision.earliest <= now
        horizon = interaction.company_id._get_queue_horizon()
        return decision.allowed or decision.earliest < now + horizon

    @staticmethod
    def _close_barred(interactions, reason, now):
        """Close what waiting cannot help; check again later where somebody can."""
        if reason in PASSING_REASONS:
            interactions.write(
                {"reason_code": reason, "date_retry": now + RETRY_BARRED}
            )
        elif reason == "archived":
            interactions.write({"state": "cancelled", "reason_code": reason})
        else:
            interactions.write({"state": "skipped", "reason_code": reason})

    def _queue_activities(self, chosen, keeper):
        """Put interactions into their salespeople's activity queues.

        :param dict chosen: the ``Verdict`` on each interaction. One that the gate moved
            is recorded with its reason.
        :param Gatekeeper keeper: who knows by whom they are made
        """
        if not chosen:
            return
        assign_staff(
            self.ledger.union(*chosen),
            {interaction: keeper.get_staff(interaction) for interaction in chosen},
            {interaction: keeper.get_replaced(interaction) for interaction in chosen},
        )
        activities = self.env["mail.activity"].with_context(
            mail_activity_quick_update=True
        )
        rows = ((v.interaction, v.touchpoint, v.moment) for v in chosen.values())
        activities = activities.create(list(self._get_activity_values(rows)))
        self._store(
            (
                v.interaction.id,
                "open",
                v.touchpoint.id,
                activity.id,
                v.moment,
                None,
                None if v.decision.allowed else v.decision.reason_code,
            )
            for v, activity in zip(chosen.values(), activities, strict=True)
        )

    def _get_activity_values(self, rows):
        """Yield the values of activities.

        :param rows: (interaction, ``crm.touchpoint``, moment in UTC)
        """
        model_id = self.env["ir.model"]._get_id("res.partner")
        deadlines = {}
        for interaction, touchpoint, moment in rows:
            user, partner = interaction.user_id, interaction.partner_id
            key = (user.id, interaction.company_id.id, moment)
            if key not in deadlines:
                deadlines[key] = interaction._get_deadline(moment=moment)
            yield {
                "res_model_id": model_id,
                "res_id": partner.id,
                "res_name": partner.display_name,
                "activity_type_id": touchpoint.activity_type_id.id,
                "summary": interaction.name,
                "note": interaction.activity_note or interaction.note,
                "date_deadline": deadlines[key],
                "user_id": user.id,
                # what Odoo would else write in a second update of the same row
                "user_tz": user.tz,
                "automated": True,
            }

    def _defer(self, chosen):
        """Let interactions wait for the moment the gate allows.

        :param dict chosen: the ``Verdict`` on each interaction
        """
        self._moved_ids.update(interaction.id for interaction in chosen)
        self._store(
            (
                v.interaction.id,
                "scheduled",
                v.interaction.touchpoint_id.id or None,
                None,
                v.moment,
                v.decision.earliest if v.template else None,
                None if v.decision.allowed else v.decision.reason_code,
            )
            for v in chosen.values()
        )

    def _hold(self, chosen, now):
        """Let interactions wait until their company, or their channel, is live.

        :param dict chosen: the ``crm.touchpoint`` of each interaction
        """
        self._store(
            (
                interaction.id,
                "scheduled",
                touchpoint.id,
                None,
                interaction.date_planned,
                now + RETRY_IN_PREVIEW,
                PREVIEW,
            )
            for interaction, touchpoint in chosen.items()
        )

    def _store(self, rows):
        """Write what was decided about pending interactions, in one query.

        SQL because each row gets its own values, and ``write`` would update the
        activity and the customer's dates once for each.

        :param rows: tuples (id, state, channel id, activity id, UTC moment, moment
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
        stored = self.ledger.browse(row[0] for row in rows)
        relationships = stored.relationship_id
        stored.invalidate_recordset()
        stored._follow_release()
        # sudo: the dates follow for those, too, who may not write them
        relationships.sudo()._refresh_contact_state()
