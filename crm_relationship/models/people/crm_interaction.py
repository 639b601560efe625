from odoo import api, models
from odoo.tools import SQL

from .capacity import Capacity, needs_time

# A contact that waits gains a class of value in so many days, up to so many classes.
GAIN_DAYS, MOST_GAINED = 14, 2


class CrmInteraction(models.Model):
    """What is due finds a day on which somebody has time for it."""

    _inherit = "crm.interaction"

    # what waits for a lawful reason is looked up every night
    _waiting_idx = models.Index(
        "(relationship_id)"
        " WHERE state IN ('scheduled', 'open') AND reason_code IS NOT NULL"
    )

    @api.model
    def _get_urgency_sql(self):
        """First service, then what is about to become late, then the most valuable.

        Complaints are service. Occasions and follow-ups of an order are late soon. The
        value of a customer is the monetary score. Waiting makes a contact gain, but no
        more than two classes: where more is due than can be done for months, it is the
        least valuable who wait, and where it is not, everybody's turn comes.
        """
        return SQL(
            """
            CASE WHEN i.kind = 'service' THEN 0
                 WHEN i.sale_order_id IS NOT NULL
                      OR (SELECT l.occasion_id FROM crm_contact_plan_line l
                           WHERE l.id = i.plan_line_id) IS NOT NULL THEN 1
                 ELSE 2 END,
            c.relationship_bins
            - COALESCE((SELECT r.rfm_monetary FROM crm_relationship r
                         WHERE r.id = i.relationship_id), 0)
            - LEAST(GREATEST((%(now)s::date - i.date_due) / %(days)s, 0), %(most)s),
            i.date_due, %(planned)s
            """,
            now=self.env.cr.now(),
            days=GAIN_DAYS,
            most=MOST_GAINED,
            planned=super()._get_urgency_sql(),
        )

    def _fit_verdicts(self, verdicts, keeper, sequence):
        """Give each contact a day with room for it, in the order of these records."""
        verdicts = super()._fit_verdicts(verdicts, keeper, sequence)
        timed = {v.interaction.id: v for v in verdicts if needs_time(v)}
        if not timed:
            return verdicts
        capacity = Capacity(list(timed.values()), keeper)
        for id_ in self.ids:
            if id_ in timed:
                verdict = timed[id_]
                wanted, _is_blocked = sequence.get_place(verdict.interaction)
                timed[id_] = capacity.fit(verdict, wanted)
                sequence.note_moment(verdict.interaction, timed[id_].moment)
        return [timed.get(v.interaction.id, v) for v in verdicts]
