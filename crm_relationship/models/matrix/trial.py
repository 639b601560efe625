"""Lets one half of a segment follow another cadence, and leads it back.

Only the line that is tried is planned anew. What is planned of the other lines moves
over to their copies and stays where it is: if a yearly visit began to count again, the
halves would differ in more than the cadence.
"""

from datetime import timedelta

from odoo.tools import SQL

from ..base.figures import format_number
from ..ledger.planner import OCCASION_GRACE_DAYS, REPLANNED_AT_ONCE


class Trial:
    """The half of a ``crm.cadence.experiment`` with the other cadence."""

    def __init__(self, experiment):
        self.experiment = experiment
        self.env = experiment.env
        self.company = experiment.company_id

    def begin(self):
        """Copy the plan with the other cadence, and let the half follow it."""
        experiment, usual = self.experiment, self.experiment.segment_id.plan_id
        plan = usual.copy(
            {
                "name": self.env._(
                    "%(plan)s, %(yearly)s a year (experiment)",
                    plan=usual.name,
                    yearly=format_number(self.env, experiment.yearly_tried),
                ),
                "company_id": self.company.id,
            }
        )
        experiment.trial_plan_id = plan
        pairs = self._get_pairs()
        pairs[experiment.plan_line_id].write(
            {name: experiment[name] for name in ("times", "every", "period")}
        )
        self.env.flush_all()
        [*customers] = self._follow(SQL("%s", experiment.id))
        self._move(customers, pairs)
        self._plan(customers)

    def end(self):
        """Let the half follow the plan of its segment again."""
        pairs = self._get_pairs()
        self.env.flush_all()
        [*customers] = self._follow(SQL("NULL"))
        self._move(customers, {tried: usual for usual, tried in pairs.items()})
        self.experiment.trial_plan_id.active = False
        self.env.flush_all()
        self._plan(customers)

    def _get_pairs(self):
        """Return the lines of the segment's plan with their copies.

        By what they are, for lines may have been added since, or put into another
        order; alike ones in their order. What was changed in one of them has none.
        """
        usual, tried = (
            plan.line_ids.sorted(lambda line: (line.sequence, line.id))
            for plan in (
                self.experiment.segment_id.plan_id,
                self.experiment.trial_plan_id,
            )
        )
        pairs, left = {}, list(tried)
        for line in usual:
            own = (line.name, line.occasion_id)
            found = [other for other in left if own == (other.name, other.occasion_id)]
            if found:
                pairs[line] = found[0]
                left.remove(found[0])
        return pairs

    def _follow(self, experiment):
        """Note on the customers which experiment's plan they follow; yield their ids.

        SQL because half of a base may be concerned; planning follows.
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE crm_relationship r
                   SET experiment_id = %(experiment)s
                  FROM crm_cadence_member m
                 WHERE m.experiment_id = %(own)s AND m.is_tried
                   AND r.id = m.relationship_id
                   AND COALESCE(r.experiment_id, %(own)s) = %(own)s
             RETURNING r.id
                """,
                experiment=experiment,
                own=self.experiment.id,
            )
        )
        self.env["crm.relationship"].invalidate_model(
            ["experiment_id", "effective_plan_id"]
        )
        return sorted(id_ for [id_] in rows)

    def _move(self, customers, pairs):
        """Let what is planned of the lines that stay belong to the other plan's.

        And what was done lately on an occasion: nobody is congratulated twice.
        """
        experiment, today = self.experiment, self.company._relationship_today()
        lines = [
            (source.id, target.id)
            for source, target in pairs.items()
            if experiment.plan_line_id not in (source, target)
        ]
        if not (lines and customers):
            return
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction i
                   SET plan_line_id = pair.target_id
                  FROM unnest(%(sources)s::int[], %(targets)s::int[])
                       AS pair (source_id, target_id)
                  JOIN crm_contact_plan_line l ON l.id = pair.source_id
                 WHERE i.plan_line_id = pair.source_id
                   AND i.relationship_id = ANY(%(customers)s)
                   AND (i.state IN ('scheduled', 'open')
                        OR (l.occasion_id IS NOT NULL AND i.date_due >= %(lately)s))
                   AND NOT EXISTS (
                       SELECT FROM crm_interaction other
                        WHERE other.relationship_id = i.relationship_id
                          AND other.plan_line_id = pair.target_id
                          AND other.state IN ('scheduled', 'open'))
                """,
                sources=[source for source, _target in lines],
                targets=[target for _source, target in lines],
                customers=customers,
                lately=today - timedelta(days=2 * OCCASION_GRACE_DAYS),
            )
        )
        self.env["crm.interaction"].invalidate_model(["plan_line_id"])

    def _plan(self, customers):
        """Plan what follows: at once, or many by the job."""
        ledger = self.env["crm.interaction"]
        if len(customers) > REPLANNED_AT_ONCE:
            ledger._trigger_schedule()
        else:
            ledger._schedule(self.company, customers)
