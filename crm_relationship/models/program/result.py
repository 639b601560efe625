"""What a program brought: those who went through it against those kept aside."""

from datetime import timedelta

from odoo.tools import SQL
from odoo.tools.misc import format_amount, format_date, formatLang

from ...engine import experiment
from ..base.spreadsheet import Column, Formula, Sheet
from ..portfolio.purchases import Purchases

TREATED, CONTROL = False, True


class ProgramResult:
    """The result of a program in one company, as of today.

    A customer counts with the group of the first enrollment that is measured, and with
    what was bought from the day after it on, for as many days as the program says. The
    order that started the program is the same for both groups and does not count. Who
    had both groups (two contacts that were merged) counts in none.
    """

    def __init__(self, program, company):
        # sudo: sums over all customers of the company, for whoever may see the program
        self.program = program.sudo()
        self.company = company.sudo()
        self.env = program.env
        self.today = company._relationship_today()

    @property
    def decision_day(self):
        """The first day on which everybody's time is over."""
        until = self.program.holdout_until
        return until + timedelta(days=self.program.result_days + 1)

    @property
    def is_over(self):
        return self.today >= self.decision_day

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def get_groups(self):
        """Return the figures of both groups, by whether it is the control group.

        Each is a dict: ``size``, ``waiting`` (their days are not over; they count in
        nothing else), ``buyers``, ``revenue`` in company currency, ``amounts`` (list of
        what each one with sales spent), ``reached``, ``cost`` of interactions and
        benefits, ``minutes`` of work. The key ``None`` holds those who had both groups.
        """
        self.env.flush_all()
        self.env.cr.execute(self._get_query())
        names = [column.name for column in self.env.cr.description]
        rows = [dict(zip(names, row, strict=True)) for row in self.env.cr.fetchall()]
        found = {row.pop("is_control"): row for row in rows}
        nothing = dict.fromkeys(names[1:], 0) | {"amounts": []}
        return {key: found.get(key, nothing) for key in (TREATED, CONTROL, None)}

    def _get_query(self):
        """Return SQL rows, one a group. SQL because a program may have had everybody.

        It reads ``crm_program_enrollment`` (program_id, company_id, relationship_id,
        partner_id, date, is_control, create_date), ``crm_interaction``
        (enrollment_id, state, outcome, cost, duration) and the documents of
        :class:`Purchases`.
        """
        program = self.program
        return SQL(
            """
            WITH entered AS MATERIALIZED (
                SELECT relationship_id, min(partner_id) AS partner_id,
                       min(date) AS day,
                       CASE WHEN bool_or(is_control) = bool_and(is_control)
                            THEN bool_or(is_control) END AS is_control
                  FROM (
                    SELECT relationship_id, partner_id, date,
                           COALESCE(is_control, FALSE) AS is_control
                      FROM crm_program_enrollment
                     WHERE program_id = %(program)s AND company_id = %(company)s
                       AND date BETWEEN %(first)s AND %(last)s
                  ) e
              GROUP BY relationship_id
            ), bought AS (
                SELECT entered.relationship_id, sum(d.amount) AS amount,
                       bool_or(d.is_purchase) AS has_bought
                  FROM entered
                  JOIN (%(documents)s) d
                    ON d.partner_id = entered.partner_id
                   AND d.day > entered.day AND d.day <= entered.day + %(days)s
              GROUP BY entered.relationship_id
            ), done AS (
                SELECT e.relationship_id, sum(i.cost) AS cost,
                       sum(i.duration) AS minutes,
                       bool_or(i.outcome IS DISTINCT FROM 'no_answer') AS is_reached
                  FROM crm_program_enrollment e
                  JOIN crm_interaction i ON i.enrollment_id = e.id
                 WHERE e.program_id = %(program)s AND i.state = 'done'
              GROUP BY e.relationship_id
            )
            SELECT is_control,
                   count(*) FILTER (WHERE is_over) AS size,
                   count(*) FILTER (WHERE NOT is_over) AS waiting,
                   count(*) FILTER (WHERE is_over AND has_bought) AS buyers,
                   COALESCE(sum(amount) FILTER (WHERE is_over), 0)::float AS revenue,
                   COALESCE(array_agg(amount::float) FILTER (
                       WHERE is_over AND amount <> 0), '{}') AS amounts,
                   count(*) FILTER (WHERE is_over AND is_reached) AS reached,
                   COALESCE(sum(cost) FILTER (WHERE is_over), 0)::float AS cost,
                   COALESCE(sum(minutes) FILTER (WHERE is_over), 0)::float AS minutes
              FROM entered
        CROSS JOIN LATERAL (SELECT day + %(days)s < %(today)s AS is_over) timing
         LEFT JOIN bought USING (relationship_id)
         LEFT JOIN done USING (relationship_id)
          GROUP BY is_control
            """,
            program=program.id,
            company=self.company.id,
            first=program.holdout_from,
            last=program.holdout_until,
            days=program.result_days,
            today=self.today,
            documents=Purchases(self.company, self.today).documents(),
        )

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def get_values(self):
        """Return what the template ``program_result`` shows."""
        groups = self.get_groups()
        treated, control = groups[TREATED], groups[CONTROL]
        values = {
            "rows": self._get_rows(treated, control),
            "notes": self._get_notes(groups),
            "verdicts": [],
        }
        if self.is_over:
            values["verdicts"] = self._get_verdicts(treated, control)
        return values

    def get_sheet(self):
        """Return both groups as a sheet of a spreadsheet, with the verdicts above."""
        env, groups = self.env, self.get_groups()
        both = groups[TREATED], groups[CONTROL]
        verdicts = self._get_verdicts(*both) if self.is_over else []
        names = env._("In the program"), env._("Kept aside")
        columns = [
            Column("name", env._("Group")),
            Column("size", env._("Customers"), "integer"),
            Column("reached", env._("Of them reached"), "integer"),
            Column("buyers", env._("Of them bought"), "integer"),
            Column("share", env._("Share"), "share", Formula("/", "buyers", "size")),
            Column("revenue", env._("Revenue"), "money"),
            Column(
                "each",
                env._("Revenue per customer"),
                "money",
                Formula("/", "revenue", "size"),
            ),
            Column("cost", env._("Cost with working time"), "money"),
        ]
        rows = [
            {**group, "name": name, "cost": self._get_cost(group)}
            for name, group in zip(names, both, strict=True)
        ]
        notes = [verdict["text"] for verdict in verdicts] + self._get_notes(groups)
        return Sheet(self.program.name, notes, columns, rows)

    def _get_rows(self, treated, control):
        """Return the lines of the table: (what, treated, control)."""
        env, both = self.env, (treated, control)
        bought = [self._format_share(g["buyers"], g["size"]) for g in both]
        spent = [
            self._format_amount(g["revenue"] / g["size"]) if g["size"] else "–"
            for g in both
        ]
        cost = self._format_amount(self._get_cost(treated))
        return [
            (env._("Customers"), treated["size"], control["size"]),
            (env._("Of them reached"), treated["reached"], "–"),
            (env._("Of them bought"), *bought),
            (env._("Revenue per customer"), *spent),
            (env._("Cost with working time"), cost, "–"),
        ]

    def _get_cost(self, treated):
        return treated["cost"] + self.company._get_working_cost(treated["minutes"])

    def _get_notes(self, groups):
        env = self.env
        notes = []
        if not self.is_over:
            notes.append(
                env._(
                    "Decided on %(day)s: by then everybody who enters until %(until)s"
                    " has had %(days)s days. Until then nothing is compared, because"
                    " whoever looks every day will see an effect one day, even if there"
                    " is none.",
                    day=format_date(env, self.decision_day),
                    until=format_date(env, self.program.holdout_until),
                    days=self.program.result_days,
                )
            )
        if waiting := groups[TREATED]["waiting"] + groups[CONTROL]["waiting"]:
            notes.append(
                env._("Entered, but their days are not over: %(count)s.", count=waiting)
            )
        mixed = groups[None]["size"] + groups[None]["waiting"]
        if mixed:
            notes.append(
                env._(
                    "Customers who were merged and had been in both groups count in"
                    " neither: %(count)s.",
                    count=mixed,
                )
            )
        return notes

    def _get_verdicts(self, treated, control):
        """Return what can be said: dicts with ``is_proven`` and ``text``."""
        return [
            self._judge_buyers(treated, control),
            *self._judge_amounts(treated, control),
        ]

    def _judge_buyers(self, treated, control):
        difference, low, high = experiment.shares(
            treated["buyers"], treated["size"], control["buyers"], control["size"]
        )
        if difference is None:
            return {"is_proven": False, "text": self._describe_empty()}
        is_proven = low > 0 or high < 0
        env = self.env
        text = env._(
            "Buyers: %(difference)s points, between %(low)s and %(high)s with 95 %%"
            " confidence.",
            difference=self._format_points(difference),
            low=self._format_points(low),
            high=self._format_points(high),
        )
        return {"is_proven": is_proven, "text": text, "is_loss": high < 0}

    def _judge_amounts(self, treated, control):
        verdict = experiment.amounts(
            (treated["size"], treated["amounts"]),
            (control["size"], control["amounts"]),
            seed=self.program.id,
        )
        if verdict.difference is None:
            return []
        env = self.env
        text = env._(
            "Revenue per customer: %s.", self._format_amount(verdict.difference, True)
        )
        why = {
            "few_control": env._(
                "Not proven: only %s buyers in the control group.",
                len(control["amounts"]),
            ),
            "few_treated": env._(
                "Not proven: only %s buyers in the program.", len(treated["amounts"])
            ),
            "small": env._("Not proven: there are too few buyers to tell from chance."),
        }.get(verdict.reason)
        if why:
            return [{"is_proven": False, "text": f"{text} {why}"}]
        low, high = (self._format_amount(v, True) for v in (verdict.low, verdict.high))
        text = env._(
            "Revenue per customer: %(difference)s, between %(low)s and %(high)s with"
            " 95 %% confidence.",
            difference=self._format_amount(verdict.difference, True),
            low=low,
            high=high,
        )
        first = {
            "is_proven": verdict.proven,
            "is_loss": verdict.high < 0,
            "text": text,
        }
        return [first, self._judge_profit(verdict, treated)]

    def _judge_profit(self, verdict, treated):
        """Return what the program earned: margin of the difference less its cost.

        Where the company takes the margin from orders, its margin rate counts here.
        """
        env = self.env
        rate = self.company.relationship_margin_rate * treated["size"]
        cost = self._get_cost(treated)
        profit, low, high = (
            amount * rate - cost
            for amount in (verdict.difference, verdict.low, verdict.high)
        )
        text = env._(
            "Incremental profit of the program: %(profit)s, between %(low)s and"
            " %(high)s, with a margin of %(rate)s %% and after its cost.",
            profit=self._format_amount(profit, True),
            low=self._format_amount(low, True),
            high=self._format_amount(high, True),
            rate=f"{100 * self.company.relationship_margin_rate:.4g}",
        )
        return {"is_proven": low > 0 or high < 0, "is_loss": high < 0, "text": text}

    def _describe_empty(self):
        return self.env._(
            "Nothing to compare: a group has no customer whose days are over."
        )

    def _format_amount(self, amount, signed=False):
        text = format_amount(self.env, amount, self.company.currency_id)
        return f"+{text}" if signed and amount > 0 else text

    def _format_points(self, share):
        text = formatLang(self.env, 100 * share, digits=1)
        return f"+{text}" if share > 0 else text

    def _format_share(self, count, size):
        if not size:
            return "–"
        share = formatLang(self.env, 100 * count / size, digits=1)
        return self.env._("%(count)s (%(share)s %%)", count=count, share=share)
