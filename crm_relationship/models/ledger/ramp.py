"""Going live without a flood: what waits is spread over the first days."""

from odoo import fields
from odoo.tools import SQL

from .live import PREVIEW, from_system_sql


class Ramp:
    """Spreads the regular interactions of a company's first days over these days.

    Each salesperson gets the same number a day, in the order in which they were
    planned, none earlier than planned. It works like a queue at a counter that serves
    *total ÷ days* a day, at least one: the k-th is served when it has come and those
    before it are served,

        day(k) = max over j ≤ k of (planned(j) − j × days ÷ total) + k × days ÷ total

    in whole days, j and k counted from 0. Occasions and follow-ups of orders keep their
    day: a birthday greeting a week later would be none.
    """

    def __init__(self, env, company, touchpoints=None):
        """Prepare to open a company.

        :param touchpoints: ``crm.touchpoint`` records that a live company opens in
            addition; ``None`` when the company goes live
        """
        self.env = env
        self.company = company
        self.days = max(company.relationship_ramp_days, 1)
        self.today = company._relationship_today()
        self.waiting = SQL(
            "i.company_id = %s AND i.state = 'scheduled' AND %s",
            company.id,
            from_system_sql(),
        )
        if touchpoints is not None:
            self.waiting = SQL(
                "%s AND i.reason_code = %s AND i.touchpoint_id = ANY(%s)",
                self.waiting,
                PREVIEW,
                touchpoints.ids,
            )

    def start(self):
        """Drop what is too late, spread the rest, and let the release look at it."""
        self.env.flush_all()
        self.env["crm.interaction"]._drop_passed(self.today, self.waiting)
        self.spread()
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction i SET date_retry = NULL, reason_code = NULL
                 WHERE %s AND i.reason_code = %s
                """,
                self.waiting,
                PREVIEW,
            )
        )
        self.env["crm.interaction"].invalidate_model()
        self.env["crm.relationship"]._update_contact_state(
            SQL("r.company_id = %s", self.company.id)
        )

    def spread(self, ids=None):
        """Move interactions to their days; SQL because it covers the whole base.

        :param list ids: only these, each to the day that it gets among all
        """
        chosen = SQL() if ids is None else SQL("AND i.id = ANY(%s)", list(ids))
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction i
                   SET date_planned = (spread.day + make_time(%s, 0, 0))
                                      AT TIME ZONE %s AT TIME ZONE 'UTC',
                       write_date = %s
                  FROM (%s) spread
                 WHERE spread.id = i.id AND spread.day <> spread.planned %s
                """,
                self.company._get_planned_hour(),
                self.company._relationship_tz(),
                self.env.cr.now(),
                self.spread_sql(),
                chosen,
            )
        )
        self.env["crm.interaction"].invalidate_model(["date_planned"])

    def spread_sql(self):
        """Return SQL rows (id, day on which it was planned, day that it gets)."""
        return SQL(
            """
            SELECT id, planned,
                   %(today)s + ((max(come * total - place * %(days)s) OVER (
                       PARTITION BY user_id ORDER BY place ROWS UNBOUNDED PRECEDING)
                       + place * %(days)s) / total)::int AS day
              FROM (
                SELECT i.id, i.user_id, day.planned,
                       GREATEST(day.planned - %(today)s, 0)::bigint AS come,
                       row_number() OVER (PARTITION BY i.user_id
                                              ORDER BY i.date_planned, i.id)
                           - 1 AS place,
                       GREATEST(count(*) OVER (PARTITION BY i.user_id), %(days)s)
                           AS total
                  FROM crm_interaction i
                  JOIN crm_contact_plan_line l
                    ON l.id = i.plan_line_id AND l.occasion_id IS NULL
            CROSS JOIN LATERAL (
                    SELECT (i.date_planned AT TIME ZONE 'UTC'
                            AT TIME ZONE %(tz)s)::date AS planned) day
                 WHERE %(waiting)s AND i.date_planned < %(until)s
              ) waiting
            """,
            today=self.today,
            days=self.days,
            tz=self.company._relationship_tz(),
            waiting=self.waiting,
            until=self.company._relationship_time(
                fields.Date.add(self.today, days=self.days), hour=0
            ),
        )
