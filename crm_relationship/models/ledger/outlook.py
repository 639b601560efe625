"""What the next 30 days bring, as it would happen if the company were live."""

from collections import Counter, defaultdict
from datetime import timedelta

from odoo import SUPERUSER_ID, fields
from odoo.tools import SQL, html_sanitize

from ..base.apart import rehearse
from ..base.bounds import MAX_INTERVAL, MAX_MONTHS, clamp_sql
from .messages import send
from .qualified import assign_qualified
from .ramp import Ramp
from .release import CLOSE, Release

DAYS = 30
WEEK = 7
WEEKS = -(-DAYS // WEEK)
# So many interactions are judged one by one; beyond, the others are like them.
SAMPLE = 1000
EXAMPLES = 15


class Outlook:
    """Tells who would get what, by whom, when, and in which words.

    Nothing of it is a second set of rules: the planner's rows are counted, a sample is
    judged by the release and its gate, spread by the ramp, and messages are made by
    what sends them; all in a savepoint that is taken back. What repeats within the 30
    days is counted by the interval of its plan line.

    Numbers are exact as long as the sample holds all; of more, the share of each
    channel and the minutes of a salesperson are those of the salesperson's part of the
    sample. So a base of a million customers costs two statements and a thousand
    judgments.
    """

    def __init__(self, env, company):
        # sudo and OdooBot: as the jobs, which will do it
        self.env = env(user=SUPERUSER_ID, su=True)
        self.company = company.with_env(self.env)
        self.lang = env.lang
        self.today = self.company._relationship_today()
        self.until = self.company._relationship_time(
            fields.Date.add(self.today, days=DAYS), hour=0
        )
        self.is_live = self.company.relationship_state == "live"
        self.ramp = Ramp(self.env, self.company)

    def tell(self):
        """Return the outlook as a dictionary, for the template that shows it."""
        self.env.flush_all()
        self.totals = self._count()
        self.planned_for, self.times = self._draw()
        return {
            "weeks": self._get_weeks(),
            "count": sum(self.totals.values()),
            "sample_size": len(self.times),
            "is_sample": len(self.times) < self._count_rows(),
            **rehearse(self.env, self._rehearse),
        }

    def _get_weeks(self):
        """Return the first and last day of each week."""
        starts = [self.today + timedelta(days=WEEK * week) for week in range(WEEKS)]
        last = self.today + timedelta(days=DAYS - 1)
        ends = [min(start + timedelta(days=WEEK - 1), last) for start in starts]
        return list(zip(starts, ends, strict=True))

    # ------------------------------------------------------------------
    # What is planned
    # ------------------------------------------------------------------

    def _count_rows(self):
        [(number,)] = self.env.execute_query(
            SQL("SELECT count(*) FROM crm_interaction i WHERE %s", self._planned_sql())
        )
        return number

    def _count(self):
        """Return {(user id, week): number of interactions}."""
        return {
            (user_id, week): number
            for user_id, week, number in self.env.execute_query(
                SQL(
                    "SELECT user_id, week, count(*) FROM (%s) due GROUP BY 1, 2",
                    self._due_sql(SQL("TRUE")),
                )
            )
        }

    def _draw(self):
        """Return the interactions of all customers, or of a sample of them.

        By customer, because interactions of one customer bear on each other; by a hash,
        because consecutive numbers begin on consecutive days.

        :return: {interaction id: user id}, {interaction id: {week: number}}
        """
        share = max(-(-sum(self.totals.values()) // SAMPLE), 1)
        drawn = SQL("(hashint4(i.relationship_id) & 2147483647) %% %s = 0", share)
        planned_for, times = {}, defaultdict(Counter)
        for id_, user_id, week, number in self.env.execute_query(
            SQL(
                "SELECT id, user_id, week, count(*) FROM (%s) due"
                " GROUP BY 1, 2, 3 ORDER BY 1, 3",
                self._due_sql(drawn),
            )
        ):
            planned_for[id_] = user_id
            times[id_][week] = number
        return planned_for, times

    def _planned_sql(self):
        return SQL(
            "i.company_id = %s AND i.state IN ('scheduled', 'open')"
            " AND i.date_planned < %s",
            self.company.id,
            self.until,
        )

    def _due_sql(self, condition):
        """Return SQL rows (id, user_id, week), one for each time within the 30 days."""
        spread = SQL("SELECT NULL::int AS id, NULL::date AS day")
        if not self.is_live:
            spread = self.ramp.spread_sql()
        return SQL(
            """
            SELECT i.id, i.user_id, (series.moment::date - %(today)s) / %(week)s AS week
              FROM crm_interaction i
         LEFT JOIN crm_contact_plan_line l
                ON l.id = i.plan_line_id AND l.occasion_id IS NULL
         LEFT JOIN (%(spread)s) spread ON spread.id = i.id
        CROSS JOIN LATERAL generate_series(
                GREATEST(COALESCE(spread.day, (i.date_planned AT TIME ZONE 'UTC'
                                               AT TIME ZONE %(tz)s)::date),
                         %(today)s)::timestamp,
                (%(today)s + %(last)s)::timestamp,
                CASE WHEN l.id IS NULL THEN interval '1 year'
                     ELSE GREATEST(make_interval(months => %(months)s,
                                                 days => %(days)s),
                                   interval '1 day') END
              ) series (moment)
             WHERE %(planned)s AND %(condition)s
            """,
            today=self.today,
            week=WEEK,
            last=DAYS - 1,
            tz=self.company._relationship_tz(),
            spread=spread,
            months=clamp_sql(SQL("l.interval_months"), 0, MAX_MONTHS),
            days=clamp_sql(SQL("l.interval_days"), 0, MAX_INTERVAL),
            planned=self._planned_sql(),
            condition=condition,
        )

    # ------------------------------------------------------------------
    # What would become of it
    # ------------------------------------------------------------------

    def _rehearse(self):
        """Let the sample be released, as far as it can be seen; taken back afterwards.

        :return: the parts of :meth:`tell` that need judgments
        """
        automated = self.env["crm.touchpoint"].search([("mode", "=", "automated")])
        self.company.write(
            {"relationship_state": "live", "live_touchpoint_ids": automated.ids}
        )
        if not self.is_live:
            self.ramp.spread(self.times)
        interactions = self.env["crm.interaction"].browse(self.times)
        waiting = interactions.filtered(lambda i: i.state == "scheduled")
        assign_qualified(waiting)
        verdicts = list(Release(self.env).decide(interactions, fields.Datetime.now()))
        allowed = [
            (verdict.interaction, verdict.touchpoint, verdict.moment, verdict.template)
            for verdict in verdicts
            if verdict.fate != CLOSE
        ]
        return {
            "people": self._get_people(allowed),
            "channels": self._get_channels(allowed),
            "barred": self._get_barred(verdicts),
            "examples": self._get_examples(allowed),
            "messages": self._get_messages(allowed),
        }

    def _get_people(self, allowed):
        """Return for each salesperson what each week brings, the busiest first.

        And what each week has room for; ``late_from`` is the first day of the week from
        which on it is too little for all that is due, ``too_much`` the minutes that are
        left in the end.
        """
        made = self._get_personal(allowed)
        staff = self.env["res.users"].browse({id_ for id_, _week in self.totals if id_})
        room = self._get_room(staff)
        rows = []
        for user_id in {user_id for user_id, _week in self.totals}:
            weeks = [
                {
                    **{key: made[user_id, week, key] for key in ("count", "minutes")},
                    "room": room[user_id][week] if user_id in room else None,
                }
                for week in range(WEEKS)
            ]
            rows.append(
                {
                    "name": staff.browse(user_id or ()).name,
                    "weeks": weeks,
                    "count": sum(week["count"] for week in weeks),
                    "minutes": sum(week["minutes"] for week in weeks),
                    "room": sum(room[user_id]) if user_id in room else None,
                    **self._find_excess(weeks),
                }
            )
        return sorted(rows, key=lambda row: (-row["minutes"], row["name"] or ""))

    def _get_room(self, staff):
        """Return the minutes that people have in each week: ``{user id: [minutes]}``"""
        now = fields.Datetime.now()
        last = self.today + timedelta(days=DAYS - 1)
        return {
            user.id: [
                sum(
                    work.get_minutes(start + timedelta(days=day))
                    for day in range(WEEK)
                    if start + timedelta(days=day) <= last
                )
                for start, _end in self._get_weeks()
            ]
            for user, work in staff._get_workdays(self.company, now).items()
            if user in staff
        }

    def _find_excess(self, weeks):
        """Return from when on a person has too little time, and how much is left over.

        What a week has no time for goes to the next one.
        """
        waiting, late_from = 0, None
        for week, (start, _end) in zip(weeks, self._get_weeks(), strict=True):
            if week["room"] is not None:
                waiting = max(waiting + week["minutes"] - week["room"], 0)
                late_from = (late_from or start) if waiting else None
        return {"late_from": late_from, "too_much": waiting}

    def _get_personal(self, allowed):
        """Return what the planned interactions make in the queues of people.

        As many of all as of those drawn: of the same salesperson and week, or where
        none was drawn, of the salesperson.

        :return: {(user id, week, "count" or "minutes"): number}
        """
        drawn, found = Counter(), Counter()
        for id_, user_id in self.planned_for.items():
            for week, number in self.times[id_].items():
                drawn.update({(user_id, week): number, (user_id, None): number})
        for interaction, touchpoint, _moment, template in allowed:
            if template:
                continue
            user_id = self.planned_for[interaction.id]
            for week, number in self.times[interaction.id].items():
                for part in (week, None):
                    found[user_id, part, "count"] += number
                    found[user_id, part, "minutes"] += number * touchpoint.duration
        made = Counter()
        for (user_id, week), number in self.totals.items():
            part = week if drawn[user_id, week] else None
            for key in ("count", "minutes"):
                share = found[user_id, part, key] / (drawn[user_id, part] or 1)
                made[user_id, week, key] = round(number * share)
        return made

    def _get_channels(self, allowed):
        """Return how many go through each channel, by person or automatically."""
        counts = Counter()
        for interaction, touchpoint, _moment, template in allowed:
            counts[touchpoint, bool(template)] += self.times[interaction.id].total()
        drawn = sum(weeks.total() for weeks in self.times.values())
        factor = sum(self.totals.values()) / (drawn or 1)
        return [
            {
                "name": touchpoint.with_context(lang=self.lang).name,
                "is_message": is_message,
                "count": round(count * factor),
            }
            for (touchpoint, is_message), count in sorted(
                counts.items(), key=lambda item: (item[0][1], -item[1], item[0][0].id)
            )
        ]

    def _get_barred(self, verdicts):
        """Return which reasons keep how many of the sample from taking place."""
        Interaction = self.env["crm.interaction"].with_context(lang=self.lang)
        words = dict(
            Interaction._fields["reason_code"]._description_selection(Interaction.env)
        )
        reasons = Counter(
            verdict.get_closing_reason()
            for verdict in verdicts
            if verdict.fate == CLOSE
        )
        return [(words[code], count) for code, count in reasons.most_common()]

    def _get_examples(self, allowed):
        """Return the first interactions, by their moment."""
        first = sorted(allowed, key=lambda row: (row[2], row[0].id))[:EXAMPLES]
        return [
            {
                "day": self._get_local(moment),
                "customer": interaction.partner_id.display_name,
                "purpose": interaction.name,
                "channel": touchpoint.with_context(lang=self.lang).name,
                "icon": touchpoint.activity_type_id.icon,
                "salesperson": interaction.user_id.name,
                "is_message": bool(template),
            }
            for interaction, touchpoint, moment, template in first
        ]

    def _get_local(self, moment):
        company = self.company.with_context(tz=self.company._relationship_tz())
        return fields.Datetime.context_timestamp(company, moment).date()

    def _get_messages(self, allowed):
        """Return each message in use, as a real customer would get it."""
        first = {}
        for interaction, touchpoint, _moment, template in allowed:
            if template:
                first.setdefault((touchpoint, template), interaction)
        return [
            self._get_message(interaction, touchpoint, template)
            for (touchpoint, template), interaction in first.items()
        ]

    def _get_message(self, interaction, touchpoint, template):
        """Queue a message and read it; the link that leads out is the customer's own
        and is added as it leaves, so it is not shown.
        """
        send(interaction.with_company(self.company), template, touchpoint)
        model = "mail.mail" if touchpoint.kind == "email" else "sms.sms"
        message = self.env[model].search([("crm_interaction_id", "=", interaction.id)])
        return {
            "channel": touchpoint.with_context(lang=self.lang).name,
            "template": template.with_context(lang=self.lang).name,
            "customer": interaction.partner_id.display_name,
            "purpose": interaction.name,
            "subject": message.subject if touchpoint.kind == "email" else False,
            "body": html_sanitize(message.body_html)
            if touchpoint.kind == "email"
            else message.body,
            "is_email": touchpoint.kind == "email",
        }
