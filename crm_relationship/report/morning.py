"""What stands on the pages *This Morning* and *How Am I Doing?*, and what it opens.

No figure is computed here in a way of its own. A number is the count of the list that
it opens, with the rights of whoever looks; all of them are counted by one statement.
What is no count comes from where its own screen takes it: verdicts from the result page
of a program, people from Recognition, faults from the reasons of *Nobody Forgotten*.

So a page takes the same two dozen queries for ten customers and for a million.
"""

from collections import Counter, defaultdict
from datetime import timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.misc import format_date, formatLang, get_lang

from ..models.portfolio.comparison import CONTROL, TREATED, read_groups
from ..models.program.result import ProgramResult

NIGHTS = 30
QUEUE_DAYS = 7
SAID_DAYS = 7
LOST_DAYS = 30
WEEK = 7
# So many lines of customers, people or programs are shown; the list has them all.
SHOWN = 5
# Of fewer cases, a share of somebody's work says nothing.
FEW = 10
# Shares that are worth praise, and shares of somebody who could do with help.
GOOD, POOR = 0.95, 0.7
# In the first days of a month, the last one is told of.
YOUNG_MONTH = 7
PENDING = ("scheduled", "open")
MEASURED = ("holdout_from", "holdout_until", "holdout_round", "result_days")
DANGER, WARNING, SUCCESS, MUTED = "danger", "warning", "success", "muted"
INFO = "info"
TONES = {
    "fault": DANGER,
    "deferred": WARNING,
    "planned": INFO,
    "in_time": SUCCESS,
}


def opening(xml_id, name, domain=None, **values):
    """Return what the client needs to open a list, or one record of it."""
    return {
        "xml_id": f"crm_relationship.{xml_id}",
        "name": name,
        "domain": domain,
        **values,
    }


class Page:
    """One page: what its sections have in common, and all numbers counted at once."""

    def __init__(self, env, now):
        self.env = env
        self.now = now
        self.company = env.company
        self.today = self.company._relationship_today()
        self.relationships = env["crm.relationship"]
        self._uncounted = []

    def collect(self):
        """Return the page.

        :return: dict with ``company``, ``currency_id``, ``day`` (in words), ``notes``
            and ``sections``. Each of these has ``id``, ``title``, ``sentence``,
            ``tone``, ``numbers`` (``value`` is False where nothing is known, and
            ``hint`` says from when; ``help`` says how it is counted), ``rows``,
            ``chart`` or False, ``note`` and ``screen``
        """
        self.people = self.get_people()
        sections = [make() for make in self.get_sections()]
        self._count()
        for section in sections:
            section["sentence"], section["tone"] = section.pop("tell")()
        return {
            "company": self.company.name,
            "currency_id": self.company.currency_id.id,
            "day": format_date(self.env, self.today, date_format="full"),
            "notes": list(self.get_notes()),
            "sections": sections,
        }

    def get_notes(self):
        """Yield what whoever reads the page has to know first."""
        # sudo: whether the company is live concerns all who work with its figures
        if self.company.sudo().relationship_state != "live":
            yield self.env._(
                "The company is in Preview: what is planned reaches no queue and no"
                " customer yet."
            )

    # ------------------------------------------------------------------
    # Numbers
    # ------------------------------------------------------------------

    def _make_section(self, id_, title, tell, **values):
        return {
            "id": id_,
            "title": title,
            "tell": tell,
            "numbers": [],
            "rows": [],
            "chart": False,
            "note": "",
            "screen": False,
            **values,
        }

    def _make_number(self, id_, label, help_, action, value=None, **values):
        """Return a number; one without a value is counted by the list it opens."""
        number = {
            "id": id_,
            "label": label,
            "help": help_,
            "value": value,
            "kind": "count",
            "tone": MUTED,
            "hint": "",
            "action": action,
            **values,
        }
        if value is None:
            self._uncounted.append(number)
        return number

    def _count(self):
        """Count the lists of all numbers in one statement.

        SQL, because each by itself would be a query; rules of access are part of each.
        """
        counts = [
            self.env[number["model"]]
            ._search(number["action"]["domain"])
            .select(SQL("COUNT(*)"))
            for number in self._uncounted
        ]
        if counts:
            selected = SQL(", ").join(SQL("(%s)", count) for count in counts)
            [values] = self.env.execute_query(SQL("SELECT %s", selected))
            for number, value in zip(self._uncounted, values, strict=True):
                number["value"] = value

    def _format(self, number):
        return formatLang(self.env, number, digits=0)

    def _percent(self, share):
        return self.env._("%s %%", self._format(100 * share))

    def _hours(self, minutes):
        hours = minutes / 60
        return formatLang(self.env, hours, digits=0 if hours >= 20 else 1)

    def _moment(self, day):
        """Return the beginning of a day on the company's clock, as a domain has it."""
        return fields.Datetime.to_string(self.company._relationship_time(day, hour=0))

    # ------------------------------------------------------------------
    # Whose
    # ------------------------------------------------------------------

    @property
    def customers(self):
        """The customers of the page, as a domain that a client can read."""
        return [("company_id", "=", self.company.id)]

    @property
    def work(self):
        """The interactions of those whose work the page shows."""
        return [("company_id", "=", self.company.id)]

    @property
    def talks(self):
        """The interactions with the customers of the page."""
        return [("company_id", "=", self.company.id)]

    def get_people(self):
        """Return the users whose work the page shows."""
        raise NotImplementedError

    # ------------------------------------------------------------------
    # Nobody forgotten
    # ------------------------------------------------------------------

    def _read_customers(self):
        """Return counts and values of customers, by (state, reason, stage).

        :return: ``{key: (customers, value, of how many it is known)}``
        """
        groups = self.env["crm.relationship"]._read_group(
            self.customers,
            ["care_state", "care_reason", "lifecycle_stage"],
            ["__count", "value_12m:sum", "value_12m:count"],
        )
        return {
            tuple(key): (count, value or 0.0, known)
            for *key, count, value, known in groups
        }

    def make_care(self):
        self.figures = self._read_customers()
        counts = Counter()
        for (state, reason, _stage), (count, _value, _known) in self.figures.items():
            counts.update({(state, reason): count, (state, None): count})
            counts["total", None] += count
        cards = self.env["crm.care.report"]._get_cards()
        return self._make_section(
            "care",
            self.env._("Nobody Forgotten"),
            lambda: self._tell_care(counts),
            numbers=list(self._get_care_numbers(cards, counts)),
            rows=list(self._get_forgotten()),
        )

    def _get_care_numbers(self, cards, counts):
        """Yield a number for each card of the board, in its order; no empty faults."""
        states, reasons = (
            dict(self.relationships._fields[name]._description_selection(self.env))
            for name in ("care_state", "care_reason")
        )
        notes = self.env["crm.care.report"]._get_notes()
        counted = self.env._(
            "Customers of whom this held when they were last looked at: every night,"
            " and after each interaction."
        )
        for state, reason in cards:
            count = counts[state, reason or None]
            if state == "total" or (state == "fault" and not count):
                continue
            label = reasons[reason] if reason else states[state]
            note = notes.get(reason or state, "")
            domain = [*self.customers, ("care_state", "=", state)]
            if reason:
                domain.append(("care_reason", "=", reason))
            yield self._make_number(
                f"care_{reason or state}",
                label,
                f"{note} {counted}".strip(),
                opening("crm_relationship_action_care", label, domain),
                value=count,
                model="crm.relationship",
                tone=TONES.get(state, MUTED),
                share=count / counts["total", None] if counts["total", None] else 0,
                hint=note,
            )

    def _get_forgotten(self):
        """Yield the most valuable customers at fault, and why."""
        reasons = dict(
            self.relationships._fields["care_reason"]._description_selection(self.env)
        )
        found = self.env["crm.relationship"].search_fetch(
            [*self.customers, ("care_state", "=", "fault")],
            ["partner_id", "user_id", "care_reason", "value_12m"],
            order="value_12m DESC NULLS LAST, id",
            limit=SHOWN,
        )
        for customer in found:
            yield {
                "id": f"customer_{customer.id}",
                "title": customer.partner_id.display_name,
                "detail": " · ".join(self._tell_forgotten(customer, reasons)),
                "tone": DANGER,
                "amount": customer.value_12m,
                "action": opening(
                    "crm_relationship_action_care",
                    customer.partner_id.display_name,
                    res_id=customer.id,
                ),
            }

    def _tell_forgotten(self, customer, reasons):
        yield reasons.get(customer.care_reason, "")
        # sudo: the name of whoever serves the customer
        if name := customer.user_id.sudo().name:
            yield name

    def _tell_care(self, counts):
        total, faults = counts["total", None], counts["fault", None]
        if not total:
            return self.env._("There is no customer yet."), MUTED
        if not faults:
            return self.env._(
                "Nobody is forgotten. Customers: %s.", self._format(total)
            ), SUCCESS
        return self.env._(
            "Customers at fault: %(count)s of %(total)s.",
            count=self._format(faults),
            total=self._format(total),
        ), DANGER

    # ------------------------------------------------------------------
    # Queues and time
    # ------------------------------------------------------------------

    def make_queue(self):
        self.end = self.today + timedelta(days=QUEUE_DAYS)
        self.queue = [
            *self.work,
            ("state", "=", "open"),
            ("date_planned", "<", self._moment(self.end)),
        ]
        self.loads = self._read_loads()
        title = self.env._("In the queues for the next %s days", QUEUE_DAYS)
        number = self._make_number(
            "queue",
            title,
            self.env._(
                "Open interactions that are planned for these days, and those overdue."
            ),
            opening("crm_interaction_action", title, self.queue),
            model="crm.interaction",
        )
        return self._make_section(
            "queue",
            self.env._("Queue and Time"),
            self._tell_queue,
            numbers=[number],
            rows=list(self._get_overloaded()),
            chart=self._draw_queue(),
        )

    def _read_loads(self):
        """Return the minutes of each person and day: ``{user: ([queued], [free])}``.

        What is overdue is in the queue of today; what was done today has used up time
        of today.
        """
        days = [self.today + timedelta(days=day) for day in range(QUEUE_DAYS)]
        queued, spent, people = self._read_queued()
        # sudo: working hours of colleagues, for their minutes alone
        workdays = people.sudo()._get_workdays(self.company, self.now)
        loads = {}
        for user in people:
            work = workdays[user.sudo()]
            free = [work.get_minutes(day) for day in days]
            free[0] = max(free[0] - spent[user], 0)
            loads[user] = [queued[user, day] for day in days], free
        return loads

    def _read_queued(self):
        done_today = Domain(
            [
                *self.work,
                ("state", "=", "done"),
                ("outcome", "!=", "sent"),
                ("date_done", ">=", self._moment(self.today)),
            ]
        )
        groups = (
            self.env["crm.interaction"]
            .with_context(tz=self.company._relationship_tz())
            ._read_group(
                Domain(self.queue) | done_today,
                ["user_id", "state", "touchpoint_id", "date_planned:day"],
                ["__count", "duration:sum"],
            )
        )
        queued, spent, people = Counter(), Counter(), self.people
        for user, state, touchpoint, moment, count, minutes in groups:
            if state == "done":
                spent[user] += minutes
            elif user:
                people |= user
                day = max(moment.date(), self.today)
                queued[user, day] += count * touchpoint.duration
        return queued, spent, people

    def _get_overloaded(self):
        """Yield who has more in the queue than time, the fullest first."""
        over = {
            user: (sum(queued), sum(free))
            for user, (queued, free) in self.loads.items()
            if sum(queued) > sum(free)
        }
        # sudo: names of colleagues, to whoever sees their interactions
        for user in sorted(over, key=lambda u: (over[u][1] - over[u][0], u.id)):
            queued, free = over[user]
            name = user.sudo().name
            yield {
                "id": f"queue_{user.id}",
                "title": name,
                "detail": self.env._(
                    "%(queued)s hours in the queue, %(free)s hours of time",
                    queued=self._hours(queued),
                    free=self._hours(free),
                ),
                "tone": WARNING,
                "action": opening(
                    "crm_interaction_action",
                    name,
                    [*self.queue, ("user_id", "=", user.id)],
                ),
            }

    def _draw_queue(self):
        """Return the picture of the days: hours in the queues, and hours of time."""
        days = range(QUEUE_DAYS)
        labels = [self.today + timedelta(days=day) for day in days]
        queued, free = (
            [
                round(sum(load[part][day] for load in self.loads.values()) / 60, 1)
                for day in days
            ]
            for part in range(2)
        )
        return {
            "type": "bar",
            "title": self.env._("Hours a day"),
            "labels": [format_date(self.env, d, date_format="EEE d") for d in labels],
            "series": [
                {
                    "label": self.env._("In the queues"),
                    "values": queued,
                    "tone": "info",
                },
                {"label": self.env._("Time"), "values": free, "tone": MUTED},
            ],
        }

    def _tell_queue(self):
        queued, free = (
            sum(sum(load[part]) for load in self.loads.values()) for part in range(2)
        )
        if not queued:
            return self.env._("Nothing is in the queues."), MUTED
        sentence = self.env._(
            "%(queued)s hours are in the queues, and there are %(free)s hours of time.",
            queued=self._hours(queued),
            free=self._hours(free),
        )
        return sentence, DANGER if queued > free else SUCCESS

    # ------------------------------------------------------------------
    # This week
    # ------------------------------------------------------------------

    def _get_week(self):
        """Return the first day of the week, as the reader's language begins it."""
        first = int(get_lang(self.env).week_start) - 1
        return self.today - timedelta(days=(self.today.weekday() - first) % WEEK)

    def make_week(self):
        week = self._get_week()
        since, until = self._moment(week), self._moment(week + timedelta(days=WEEK))
        today = self._moment(self.today)
        pending = ("state", "in", PENDING)
        parts = [
            (
                "kept",
                self.env._("Kept"),
                self.env._(
                    "Interactions of plans and programs that were done this week,"
                    " whichever day they were planned for."
                ),
                SUCCESS,
                [("state", "=", "done"), ("date_done", ">=", since)],
            ),
            (
                "due",
                self.env._("Still to come"),
                self.env._(
                    "Interactions of plans and programs that are planned from today to"
                    " the end of the week."
                ),
                MUTED,
                [
                    pending,
                    ("date_planned", ">=", today),
                    ("date_planned", "<", until),
                ],
            ),
            (
                "overdue",
                self.env._("Overdue"),
                self.env._(
                    "Interactions of plans and programs that were planned before today"
                    " and are not done, however long ago."
                ),
                DANGER,
                [pending, ("date_planned", "<", today)],
            ),
            (
                "missed",
                self.env._("Tried in vain"),
                self.env._(
                    "Interactions of plans and programs that were tried this week and"
                    " reached nobody."
                ),
                WARNING,
                [("state", "=", "missed"), ("date_attempt", ">=", since)],
            ),
        ]
        planned = [
            *self.work,
            "|",
            ("plan_line_id", "!=", False),
            ("program_step_id", "!=", False),
        ]
        numbers = [
            self._make_number(
                f"week_{name}",
                label,
                help_,
                opening("crm_interaction_action", label, [*planned, *domain]),
                model="crm.interaction",
                tone=tone,
            )
            for name, label, help_, tone, domain in parts
        ]
        return self._make_section(
            "week",
            self.env._("This Week's Promises"),
            lambda: self._tell_week(numbers),
            numbers=numbers,
        )

    def _tell_week(self, numbers):
        kept, due, overdue, _missed = (number["value"] for number in numbers)
        if not kept + due + overdue:
            return self.env._("Nothing was promised for this week."), MUTED
        sentence = self.env._(
            "%(kept)s of %(all)s promised interactions are done.",
            kept=self._format(kept),
            all=self._format(kept + due + overdue),
        )
        return sentence, DANGER if overdue else SUCCESS

    # ------------------------------------------------------------------
    # What customers said
    # ------------------------------------------------------------------

    @property
    def said_by(self):
        """The condition on who changed a preference."""
        return ("partner_id.relationship_id", "any", self.customers)

    def make_said(self):
        since = self._moment(self.today - timedelta(days=SAID_DAYS))
        changes = [self.said_by, ("date", ">=", since)]
        history, complaints = (
            "crm_preference_change_action",
            "crm_interaction_action_complaints",
        )
        parts = [
            (
                "refusals",
                self.env._("Refusals"),
                self.env._(
                    "Changes of preferences in the last %s days that refuse something.",
                    SAID_DAYS,
                ),
                WARNING,
                "crm.preference.change",
                history,
                [*changes, ("is_refusal", "=", True)],
            ),
            (
                "preferences",
                self.env._("Other preferences"),
                self.env._(
                    "Changes of preferences in the last %s days that refuse nothing.",
                    SAID_DAYS,
                ),
                MUTED,
                "crm.preference.change",
                history,
                [*changes, ("is_refusal", "=", False)],
            ),
            (
                "complaints",
                self.env._("Complaints"),
                self.env._(
                    "Interactions of the last %s days whose outcome is a complaint.",
                    SAID_DAYS,
                ),
                WARNING,
                "crm.interaction",
                complaints,
                [
                    *self.talks,
                    ("outcome", "=", "complaint"),
                    ("date_done", ">=", since),
                ],
            ),
            (
                "late",
                self.env._("Complaints not answered in time"),
                self.env._(
                    "Complaints that wait for an answer although the time for it, as in"
                    " the settings, is over."
                ),
                DANGER,
                "crm.interaction",
                complaints,
                [*self.talks, ("is_answer_late", "=", True)],
            ),
        ]
        numbers = [
            self._make_number(
                f"said_{name}",
                label,
                help_,
                opening(xml_id, label, domain),
                model=m,
                tone=tone,
            )
            for name, label, help_, tone, m, xml_id, domain in parts
        ]
        return self._make_section(
            "said",
            self.env._("What Customers Told Us"),
            lambda: self._tell_said(numbers),
            numbers=numbers,
            screen=opening(history, self.env._("History of Preferences")),
        )

    def _tell_said(self, numbers):
        *_said, late = (number["value"] for number in numbers)
        if late:
            return self.env._("Somebody waits for an answer for too long."), DANGER
        if not any(number["value"] for number in numbers):
            return self.env._(
                "No preference, refusal or complaint in the last %s days.", SAID_DAYS
            ), MUTED
        return self.env._("In the last %s days.", SAID_DAYS), MUTED

    # ------------------------------------------------------------------
    # Value
    # ------------------------------------------------------------------

    def make_value(self):
        """Make the section of what may be lost; of the customers read for the first."""
        parts = {"at_risk": [0, 0.0, 0], "fault": [0, 0.0, 0]}
        for (state, _reason, stage), figures in self.figures.items():
            for part, is_in in (("at_risk", stage), ("fault", state)):
                if is_in == part:
                    parts[part] = [
                        a + b for a, b in zip(parts[part], figures, strict=True)
                    ]
        stages = dict(
            self.relationships._fields["lifecycle_stage"]._description_selection(
                self.env
            )
        )
        at_risk = [*self.customers, ("lifecycle_stage", "=", "at_risk")]
        at_fault = [*self.customers, ("care_state", "=", "fault")]
        open_risk = opening("crm_relationship_action", stages["at_risk"], at_risk)
        title = self.env._("Customers at fault")
        open_fault = opening("crm_relationship_action_care", title, at_fault)
        lost = self.env._("Lost in the last %s days", LOST_DAYS)
        since = fields.Date.to_string(self.today - timedelta(days=LOST_DAYS))
        numbers = [
            self._make_number(
                "at_risk",
                self.env._("Customers at risk"),
                self.env._(
                    "Customers who have been silent for longer than usual, and are not"
                    " lost yet."
                ),
                open_risk,
                value=parts["at_risk"][0],
                model="crm.relationship",
                tone=WARNING,
            ),
            self._make_amount(
                "at_risk_value",
                self.env._("Their value, 12 months"),
                open_risk,
                parts["at_risk"],
            ),
            self._make_amount(
                "fault_value",
                self.env._("Value of customers at fault, 12 months"),
                open_fault,
                parts["fault"],
            ),
            self._make_number(
                "lost",
                lost,
                self.env._(
                    "Customers who said goodbye in these days, or had been silent for"
                    " so long that they count as lost. Who came back stays counted."
                ),
                opening(
                    "crm_defection_action",
                    lost,
                    [*self.talks, ("date", ">=", since)],
                ),
                model="crm.defection",
                tone=DANGER,
            ),
        ]
        return self._make_section(
            "value",
            self.env._("Value at Risk"),
            lambda: self._tell_value(parts["at_risk"]),
            numbers=numbers,
        )

    def _make_amount(self, id_, label, action, figures):
        """Return what the customers of a list are worth: not known is not nothing."""
        count, amount, known = figures
        hint = ""
        if not known and count:
            hint = self.known_from
        elif known < count:
            hint = self.env._(
                "Known of %(known)s of %(count)s customers.",
                known=self._format(known),
                count=self._format(count),
            )
        value = round(amount, 2) if known or not count else False
        return self._make_number(
            id_,
            label,
            self.env._(
                "Sum of their margin expected within the next 12 months, of those of"
                " whom it is known."
            ),
            action,
            value=value,
            kind="money",
            hint=hint,
            model="crm.relationship",
            count=count,
        )

    @property
    def known_from(self):
        """From when values are known, in words."""
        return self.env["crm.relationship"]._describe_forecast(self.company)

    def _tell_value(self, figures):
        count = figures[0]
        if not count:
            return self.env._("Nobody is at risk."), MUTED
        return self.env._(
            "Customers who have been silent for longer than usual: %s.",
            self._format(count),
        ), WARNING

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def _read_recognition(self, domain):
        """Return rows of Recognition: of this month, or in its first days of the last.

        :return: the code of the period, and the rows
        """
        period = "last_month" if self.today.day <= YOUNG_MONTH else "month"
        names = (
            "name user_id coverage customer_count planned_count on_time mood_count mood"
            " solved_count answer_count answered"
        )
        rows = self.env["crm.recognition"].search_fetch(
            [
                ("company_id", "=", self.company.id),
                ("period", "=", period),
                *domain,
            ],
            names.split(),
        )
        return period, rows

    def _get_praise(self, row):
        """Yield what deserves praise, in words."""
        if row.solved_count:
            yield self.env._("complaints solved: %s", row.solved_count)
        if row.planned_count >= FEW and row.on_time >= GOOD:
            yield self.env._("on time: %s", self._percent(row.on_time))
        if row.mood_count >= FEW and row.mood >= GOOD:
            yield self.env._("happy customers: %s", self._percent(row.mood))

    def _get_needs(self, row):
        """Yield with what somebody could do with help, in words."""
        if row.answer_count and row.answered < 1:
            late = round(row.answer_count * (1 - row.answered))
            yield self.env._("complaints not answered in time: %s", late)
        if row.planned_count >= FEW and row.on_time < POOR:
            yield self.env._("on time: %s", self._percent(row.on_time))
        if (
            row.customer_count >= FEW
            and row.coverage is not False
            and row.coverage < POOR
        ):
            at_fault = self._percent(1 - row.coverage)
            yield self.env._("customers at fault: %s", at_fault)

    def make_people(self):
        period, found = self._read_recognition(self.get_recognized())
        rows = []
        for tone, tell in ((WARNING, self._get_needs), (SUCCESS, self._get_praise)):
            for row in found:
                if reasons := list(tell(row)):
                    rows.append(
                        {
                            "id": f"person_{tone}_{row.id}",
                            "title": self.name_row(row, tone),
                            "detail": ", ".join(reasons),
                            "tone": tone,
                            "action": opening(
                                self.recognition, row.name, res_id=row.id
                            ),
                        }
                    )
        return self._make_section(
            "people",
            self.people_title,
            lambda: (self._tell_people(period, rows), MUTED),
            rows=rows,
        )

    def _tell_people(self, period, rows):
        when = (
            self.env._("Last month") if period != "month" else self.env._("This month")
        )
        if rows:
            return when
        return self.env._(
            "%(period)s: too little is known yet to praise or to help.", period=when
        )


class ManagerPage(Page):
    """*This Morning*: the whole company, for whoever sees all customers."""

    recognition = "crm_recognition_action"

    def get_sections(self):
        sections = [
            self.make_care,
            self.make_queue,
            self.make_week,
            self.make_said,
            self.make_programs,
            self.make_value,
        ]
        # only they read the recognition of others
        if self.env.user.has_group("sales_team.group_sale_manager"):
            sections.append(self.make_people)
        return sections

    def get_notes(self):
        yield from super().get_notes()
        # sudo: whoever sees the board is told, the rest of the company is not read
        if failure := self.company.sudo().relationship_care_failure:
            yield self.env._("Last night's count of customers failed: %s", failure)

    def get_people(self):
        """Return who sells in the company.

        As ``crm.staff.tag._get_salespeople`` has it, in one query instead of five.
        """
        # sudo: who sells, whoever looks
        users = self.env["res.users"].sudo()
        seller = self.env["ir.model.data"]._xmlid_to_res_id(
            "sales_team.group_sale_salesman"
        )
        found = users.search_fetch(
            [
                ("share", "=", False),
                ("company_ids", "in", self.company.ids),
                ("all_group_ids", "in", [seller]),
            ],
            ["partner_id"],
            order="id",
        )
        return found.with_env(self.env)

    def get_recognized(self):
        return []

    @property
    def people_title(self):
        return self.env._("Who Deserves Praise, Who Needs Help")

    def name_row(self, row, tone):
        return (
            self.env._("Help: %s", row.name)
            if tone == WARNING
            else self.env._("Praise: %s", row.name)
        )

    def make_care(self):
        section = super().make_care()
        chart = self._draw_nights()
        note = self.env._("Day by day, faults are shown from the second night on.")
        return {
            **section,
            "chart": chart,
            "note": "" if chart else note,
            "screen": opening("crm_care_report_action", section["title"]),
        }

    def _draw_nights(self):
        """Return the picture of the last nights; False before the second one."""
        since = self.today - timedelta(days=NIGHTS)
        counts = defaultdict(Counter)
        for day, state, count in self.env["crm.care.day"]._read_group(
            [("company_id", "=", self.company.id), ("date", ">=", since)],
            ["date:day", "care_state"],
            ["customer_count:sum"],
        ):
            counts[day][state] += count
        if len(counts) < 2:
            return False
        days = sorted(counts)
        return {
            "type": "line",
            "title": self.env._("Customers at fault, night by night"),
            "labels": [format_date(self.env, d, date_format="d MMM") for d in days],
            "series": [
                {
                    "label": self.env._("At fault"),
                    "values": [counts[day]["fault"] for day in days],
                    "tone": DANGER,
                }
            ],
        }

    def make_queue(self):
        promises = opening(
            "crm_feasibility_action", self.env._("Can We Keep Our Promises?")
        )
        return {**super().make_queue(), "screen": promises}

    # ------------------------------------------------------------------
    # Programs
    # ------------------------------------------------------------------

    def make_programs(self):
        mine = [("company_id", "in", (False, self.company.id))]
        measured = self.env["crm.program"].search_fetch(
            [*mine, ("holdout_from", "!=", False)],
            ["name", *MEASURED, "company_id"],
            order="holdout_until DESC, id",
            limit=SHOWN,
        )
        label = self.env._("Programs without a hold-out")
        number = self._make_number(
            "unmeasured",
            label,
            self.env._(
                "Programs that keep no customers aside: what they bring is not known."
            ),
            opening("crm_program_action", label, [*mine, ("holdout_from", "=", False)]),
            model="crm.program",
        )
        return self._make_section(
            "programs",
            self.env._("Do Our Programs Work?"),
            lambda: self._tell_programs(measured),
            numbers=[number],
            rows=list(self._get_verdicts(measured)),
            screen=opening("crm_program_action", self.env._("Programs")),
        )

    def _get_verdicts(self, programs):
        """Yield a line for each program: the first verdict of its result page."""
        results = [ProgramResult(program, self.company) for program in programs]
        groups = read_groups([result for result in results if result.is_over])
        for program, result in zip(programs, results, strict=True):
            badge, tone = self.env._("Not decided yet"), MUTED
            detail = self.env._(
                "Decided on %s", format_date(self.env, result.decision_day)
            )
            if result.is_over:
                found = groups[result]
                verdict = result._judge_buyers(found[TREATED], found[CONTROL])
                badge, tone = self.env._("Not proven"), MUTED
                if verdict["is_proven"]:
                    badge = self.env._("Proven")
                    tone = DANGER if verdict.get("is_loss") else SUCCESS
                detail = verdict["text"]
            yield {
                "id": f"program_{program.id}",
                "title": program.name,
                "detail": detail,
                "badge": badge,
                "tone": tone,
                "action": opening(
                    "crm_program_action", program.name, res_id=program.id
                ),
            }

    def _tell_programs(self, measured):
        if not measured:
            return self.env._(
                "Not known yet: no program keeps customers aside to compare with."
            ), MUTED
        return self.env._("Programs that are measured, the latest first."), MUTED

    def make_value(self):
        section = super().make_value()
        report = opening("crm_segment_report_action", self.env._("Value of Segments"))
        return {**section, "screen": report}

    def make_people(self):
        section = super().make_people()
        return {**section, "screen": opening(self.recognition, section["title"])}


class OwnPage(Page):
    """*How Am I Doing?*: a salesperson's own customers and work, and nobody else's."""

    recognition = "crm_recognition_action_own"

    def get_sections(self):
        return [
            self.make_care,
            self.make_queue,
            self.make_week,
            self.make_said,
            self.make_value,
            self.make_people,
        ]

    @property
    def customers(self):
        return [*super().customers, ("user_id", "=", self.env.uid)]

    @property
    def work(self):
        return [*super().work, ("user_id", "=", self.env.uid)]

    @property
    def talks(self):
        return [*super().talks, ("relationship_id.user_id", "=", self.env.uid)]

    def get_people(self):
        return self.env.user

    def get_recognized(self):
        return [("user_id", "=", self.env.uid)]

    @property
    def people_title(self):
        return self.env._("What Went Well, What Did Not")

    def name_row(self, row, tone):
        return (
            self.env._("Worth a look")
            if tone == WARNING
            else self.env._("You can be proud of it")
        )

    def make_people(self):
        section = super().make_people()
        return {**section, "screen": opening(self.recognition, section["title"])}
