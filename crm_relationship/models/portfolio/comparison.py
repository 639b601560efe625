"""What something brought: customers who had it against those chosen not to have it.

The same table, the same intervals and the same words for whatever is compared: one
program, all programs together, two cadences.
"""

from datetime import timedelta
from functools import partial

from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ...engine import experiment
from ..base.figures import format_amount, format_count, format_number
from ..base.spreadsheet import Column, Formula, Sheet
from .purchases import Purchases

TREATED, CONTROL = False, True
SHOWN = "crm_relationship.comparison"
KEY_BYTES = 64


def get_key(env):
    """Return the key by which customers are chosen, known to the database alone."""
    # sudo: the secret of the database, which stays here
    secret = env["ir.config_parameter"].sudo().get_param("database.secret")
    return secret.encode()[:KEY_BYTES]


def keep_compared(customers):
    """Refuse to delete customers to whom chance has given a group.

    Those who got interactions are kept by their history; so it would be those who got
    none that could go, and the others would differ from them by more than chance.

    :raises UserError: for the first of them, in words
    """
    for customer in customers[:1]:
        raise UserError(
            customer.env._(
                "%(customer)s cannot be deleted: chance gave this customer a group, and"
                " what both groups bought is compared. Archive the customer instead;"
                " nobody is contacted after that.",
                customer=customer.display_name,
            )
        )


def get_sheets(env, comparisons):
    """Return the sheets of some comparisons.

    :raises UserError: without any
    """
    sheets = [comparison.get_sheet() for comparison in comparisons]
    if not sheets:
        raise UserError(env._("There is no result yet: nothing is being compared."))
    return sheets


def name_verdict(env, verdict):
    """Return whether something is proven, in words: a loss that is one is named so."""
    if not verdict["is_proven"]:
        return env._("Not proven")
    return env._("Proven loss") if verdict["is_loss"] else env._("Proven")


def tell_verdict(env, verdict):
    """Return a verdict in sentences, for where no badge stands before it."""
    return f"{name_verdict(env, verdict)}. {verdict['text']}"


def read_groups(comparisons):
    """Return the groups of several comparisons, in one query: ``{comparison: groups}``.

    :param list comparisons: of :class:`Comparison`; each as ``get_groups`` has it
    """
    if not comparisons:
        return {}
    cursor = comparisons[0].env.cr
    comparisons[0].env.flush_all()
    cursor.execute(
        SQL(" UNION ALL ").join(
            SQL("SELECT %s AS place, result.* FROM (%s) result", place, c._get_query())
            for place, c in enumerate(comparisons)
        )
    )
    rows = cursor.dictfetchall()
    names = [column.name for column in cursor.description[2:]]
    nothing = dict.fromkeys(names, 0) | {"amounts": []}
    groups = {c: dict.fromkeys((TREATED, CONTROL, None), nothing) for c in comparisons}
    for row in rows:
        groups[comparisons[row.pop("place")]][row.pop("in_control")] = row
    return groups


class Comparison:
    """Two groups of a company's customers, chosen by chance, as of today.

    A customer counts with one group from one day on, and with what was bought from the
    day after it on, for a number of days. Who had both groups (two contacts that were
    merged) counts in none.

    Nothing of what they bought is told before everybody's days are over: whoever looks
    every day would see an effect one day, and stop then.
    """

    costs_both = False
    """Whether those kept aside cost something, too."""

    def __init__(self, record, company):
        # sudo: sums over all customers of the company, for whoever may see the record
        self.record = record.sudo()
        self.company = company.sudo()
        self.env = record.env
        self.today = company._relationship_today()
        self._groups = None

    # ------------------------------------------------------------------
    # What a subclass says
    # ------------------------------------------------------------------

    @property
    def days(self):
        """For how many days purchases count."""
        raise NotImplementedError

    @property
    def first_day(self):
        """The day on which the first customers may have come into a group."""
        raise NotImplementedError

    @property
    def last_day(self):
        """The day on which the last customers may come into a group."""
        raise NotImplementedError

    def get_heads(self):
        """Return what the two groups are called."""
        raise NotImplementedError

    def _entered_sql(self):
        """Return SQL rows (relationship_id, partner_id, date, in_control)."""
        raise NotImplementedError

    def _done_sql(self):
        """Return SQL rows (relationship_id, count, cost, minutes, is_reached).

        One a customer. The query has the table ``entered`` (relationship_id,
        partner_id, day, in_control).
        """
        raise NotImplementedError

    def _tell_waiting(self):
        """Return in a sentence when it is decided."""
        return self.env._(
            "Decided on %(day)s: by then everybody who enters until %(until)s has had"
            " %(days)s days. Until then nothing is compared, because whoever looks"
            " every day will see an effect one day, even if there is none.",
            day=format_date(self.env, self.decision_day, date_format="medium"),
            until=format_date(self.env, self.last_day, date_format="medium"),
            days=self.days,
        )

    def _name_profit(self):
        return self.env._("Incremental profit of the program")

    def _tell_few_control(self, count):
        if count == 1:
            return self.env._("Not proven: only one buyer in the control group.")
        return self.env._(
            "Not proven: only %s buyers in the control group.",
            format_count(self.env, count),
        )

    def _tell_few_treated(self, count):
        return self.env._(
            "Not proven: of those in the program, only %s bought.",
            format_count(self.env, count),
        )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    @property
    def decision_day(self):
        """The first day on which everybody's time is over."""
        return self.last_day + timedelta(days=self.days + 1)

    @property
    def is_over(self):
        return self.today >= self.decision_day

    @property
    def has_new_currency(self):
        """Whether earlier amounts are in a currency that the company no longer has."""
        changed = self.company.relationship_currency_date
        return bool(changed and changed >= self.first_day)

    def get_groups(self):
        """Return the figures of both groups, by whether it is the control group.

        Each is a dict: ``size``, ``waiting`` (their days are not over; they count in
        nothing else), ``buyers``, ``revenue`` in company currency, ``amounts`` (list of
        what each one with sales spent), ``reached``, ``count`` of interactions, their
        ``cost`` with benefits, ``minutes`` of work. The key ``None`` holds those who
        had both groups.
        """
        if self._groups is None:
            self._groups = read_groups([self])[self]
        return self._groups

    def _get_query(self):
        """Return SQL rows, one a group. SQL because a program may have had everybody.

        It reads the documents of :class:`Purchases`, besides what subclasses name.
        """
        return SQL(
            """
            WITH entered AS MATERIALIZED (
                SELECT relationship_id, min(partner_id) AS partner_id,
                       min(date) AS day,
                       CASE WHEN bool_or(in_control) = bool_and(in_control)
                            THEN bool_or(in_control) END AS in_control
                  FROM (%(entered)s) e
              GROUP BY relationship_id
            ), bought AS (
                SELECT entered.relationship_id, sum(d.amount) AS amount,
                       bool_or(d.is_purchase) AS has_bought
                  FROM entered
                  JOIN (%(documents)s) d
                    ON d.partner_id = entered.partner_id
                   AND d.day > entered.day AND d.day <= entered.day + %(days)s
              GROUP BY entered.relationship_id
            ), done AS (%(done)s)
            SELECT in_control,
                   count(*) FILTER (WHERE is_over) AS size,
                   count(*) FILTER (WHERE NOT is_over) AS waiting,
                   count(*) FILTER (WHERE is_over AND has_bought) AS buyers,
                   COALESCE(sum(amount) FILTER (WHERE is_over), 0)::float AS revenue,
                   COALESCE(array_agg(amount::float) FILTER (
                       WHERE is_over AND amount <> 0), '{}') AS amounts,
                   count(*) FILTER (WHERE is_over AND is_reached) AS reached,
                   COALESCE(sum(count) FILTER (WHERE is_over), 0)::float AS count,
                   COALESCE(sum(cost) FILTER (WHERE is_over), 0)::float AS cost,
                   COALESCE(sum(minutes) FILTER (WHERE is_over), 0)::float AS minutes
              FROM entered
        CROSS JOIN LATERAL (SELECT day + %(days)s < %(today)s AS is_over) timing
         LEFT JOIN bought USING (relationship_id)
         LEFT JOIN done USING (relationship_id)
          GROUP BY in_control
            """,
            entered=self._entered_sql(),
            done=self._done_sql(),
            days=self.days,
            today=self.today,
            documents=self._get_purchases().documents(),
        )

    def _get_purchases(self):
        """Return the sales that may count: of years, those of a few months."""
        last = min(self.today, self.last_day + timedelta(days=self.days))
        return Purchases(self.company, last, since=self._get_first_entry())

    def _get_first_entry(self):
        """Return a day before which nobody came into a group."""
        return self.first_day

    def _done_within_sql(self, origin):
        """Return :meth:`_done_sql` for what was done while purchases count.

        :param SQL origin: what joins ``crm_interaction i`` with ``entered``
        """
        return SQL(
            """
            SELECT entered.relationship_id, count(*) AS count, sum(i.cost) AS cost,
                   sum(i.duration) AS minutes,
                   TRUE AS is_reached
              FROM entered
              %(origin)s
             WHERE i.state = 'done'
               AND (i.date_done AT TIME ZONE 'UTC' AT TIME ZONE %(tz)s)::date
                   BETWEEN entered.day AND entered.day + %(days)s
          GROUP BY entered.relationship_id
            """,
            origin=origin,
            tz=self.company._relationship_tz(),
            days=self.days,
        )

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def render(self):
        """Return the table and what can be said of it, as HTML."""
        return self.env["ir.qweb"]._render(SHOWN, self.get_values())

    def get_values(self):
        """Return what the template ``comparison`` shows."""
        groups = self.get_groups()
        treated, control = groups[TREATED], groups[CONTROL]
        return {
            "heads": self.get_heads(),
            "rows": self._get_rows(treated, control),
            "name_verdict": partial(name_verdict, self.env),
            "notes": self._get_notes(groups),
            "days": self.days,
            "draws": experiment.DRAWS,
            "furthest": experiment.FURTHEST,
            "has_amounts": not self.has_new_currency,
            "verdicts": self._get_verdicts(treated, control) if self.is_over else [],
        }

    def _get_rows(self, treated, control):
        """Return the lines of the table: (what, treated, control)."""
        env, groups = self.env, (treated, control)
        rows = [
            (env._("Customers"), *(format_count(env, g["size"]) for g in groups)),
            (env._("Of them reached"), format_count(env, treated["reached"]), "–"),
            (
                env._("Cost with working time"),
                self._format_amount(self._get_cost(treated)),
                "–",
            ),
        ]
        if self.is_over:
            rows[2:2] = self._get_outcome_rows(groups)
        return rows

    def get_sheet(self):
        """Return both groups as a sheet of a spreadsheet, with the verdicts above."""
        groups = self.get_groups()
        both = groups[TREATED], groups[CONTROL]
        rows = [
            {
                **group,
                "name": name,
                "size": self._get_size(group),
                "cost": self._get_cost(group),
            }
            for name, group in zip(self.get_heads(), both, strict=True)
        ]
        verdicts = self._get_verdicts(*both) if self.is_over else []
        told = [tell_verdict(self.env, verdict) for verdict in verdicts]
        notes = told + self._get_notes(groups)
        return Sheet(self.record.display_name, notes, self._get_columns(), rows)

    def _get_columns(self):
        env = self.env
        columns = [
            Column("name", env._("Group")),
            Column("size", env._("Customers"), "integer"),
            Column("reached", env._("Of them reached"), "integer"),
            Column("cost", env._("Cost with working time"), "money"),
        ]
        if self.is_over:
            share = Formula("/", "buyers", "size")
            columns += [
                Column("buyers", env._("Of them bought"), "integer"),
                Column("share", env._("Share"), "share", share),
            ]
        if self.is_over and not self.has_new_currency:
            each = Formula("/", "revenue", "size")
            columns += [
                Column("revenue", env._("Revenue"), "money"),
                Column("each", env._("Revenue per customer"), "money", each),
            ]
        return columns

    def _get_outcome_rows(self, groups):
        bought = [self._format_share(g["buyers"], g["size"]) for g in groups]
        rows = [(self.env._("Of them bought"), *bought)]
        if not self.has_new_currency:
            spent = [self._format_each(g["revenue"], g["size"]) for g in groups]
            rows.append((self.env._("Revenue per customer"), *spent))
        return rows

    def _get_size(self, group):
        """Return how many customers are shown: those whose days are over."""
        return group["size"]

    def _get_cost(self, group):
        return group["cost"] + self.company._get_working_cost(group["minutes"])

    def _get_extra_cost(self, treated, control):
        """Return what the treated cost beyond what they would have cost as control."""
        cost = self._get_cost(treated)
        if self.costs_both and control["size"]:
            cost -= self._get_cost(control) * treated["size"] / control["size"]
        return cost

    def _get_notes(self, groups):
        env = self.env
        notes = [] if self.is_over else [self._tell_waiting()]
        if waiting := groups[TREATED]["waiting"] + groups[CONTROL]["waiting"]:
            notes.append(
                env._(
                    "Entered, but their days are not over: %(count)s.",
                    count=format_count(env, waiting),
                )
            )
        mixed = groups[None]["size"] + groups[None]["waiting"]
        if mixed:
            notes.append(
                env._(
                    "Customers who were merged and had been in both groups count in"
                    " neither: %(count)s.",
                    count=format_count(env, mixed),
                )
            )
        if self.has_new_currency:
            notes.append(
                env._(
                    "The company's currency was changed on %(day)s: amounts before and"
                    " after it cannot be added up, so only buyers are compared.",
                    day=format_date(
                        env,
                        self.company.relationship_currency_date,
                        date_format="medium",
                    ),
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
            "Buyers: %(difference)s points, between %(low)s and %(high)s with 95%%"
            " confidence.",
            difference=self._format_points(difference),
            low=self._format_points(low),
            high=self._format_points(high),
        )
        if few := self._tell_few(treated, control):
            return {"is_proven": False, "text": f"{text} {few}"}
        return {"is_proven": is_proven, "text": text, "is_loss": high < 0}

    def _tell_few(self, treated, control):
        """Return in a sentence that a group is too small to prove anything, or ""."""
        size = min(treated["size"], control["size"])
        if size >= experiment.MIN_CUSTOMERS:
            return ""
        return self.env._(
            "Not proven: a group has fewer than %(least)s customers (%(size)s).",
            least=experiment.MIN_CUSTOMERS,
            size=format_count(self.env, size),
        )

    def compare_amounts(self, treated, control):
        """Return the verdict of the engine on what a customer spent.

        ``None`` where the currency was changed.
        """
        if self.has_new_currency:
            return None
        return experiment.amounts(
            (treated["size"], treated["amounts"]),
            (control["size"], control["amounts"]),
            seed=self.record.id,
        )

    def _judge_amounts(self, treated, control):
        verdict = self.compare_amounts(treated, control)
        if verdict is None or verdict.difference is None:
            return []
        env = self.env
        text = env._(
            "Revenue per customer: %s.", self._format_amount(verdict.difference, True)
        )
        if why := self._tell_few_amounts(verdict.reason, treated, control):
            return [{"is_proven": False, "text": f"{text} {why}"}]
        low, high = (self._format_amount(v, True) for v in (verdict.low, verdict.high))
        text = env._(
            "Revenue per customer: %(difference)s, between %(low)s and %(high)s with"
            " 95%% confidence.",
            difference=self._format_amount(verdict.difference, True),
            low=low,
            high=high,
        )
        first = {
            "is_proven": verdict.proven,
            "is_loss": verdict.high < 0,
            "text": text,
        }
        return [first, self._judge_profit(verdict, treated, control)]

    def _tell_few_amounts(self, reason, treated, control):
        """Return in a sentence that too few bought to compare amounts, or ""."""
        env = self.env
        if reason == "small":
            return env._("Not proven: there are too few buyers to tell from chance.")
        group, tell = {
            "few_control": (control, self._tell_few_control),
            "few_treated": (treated, self._tell_few_treated),
        }.get(reason, (None, None))
        if group is None:
            return ""
        count = len(group["amounts"])
        if not count:
            return env._("Not proven: a group has no revenue.")
        if count != group["buyers"]:
            return env._(
                "Not proven: a group has fewer than %(least)s customers with revenue"
                " (%(size)s).",
                least=experiment.MIN_BUYERS,
                size=format_count(env, count),
            )
        return tell(count)

    def get_profit(self, verdict, treated, control):
        """Return (profit, low, high): margin of the difference less its cost.

        Where the company takes the margin from orders, its margin rate counts here.
        """
        rate = self.company.relationship_margin_rate * treated["size"]
        cost = self._get_extra_cost(treated, control)
        return tuple(
            amount * rate - cost
            for amount in (verdict.difference, verdict.low, verdict.high)
        )

    def _judge_profit(self, verdict, treated, control):
        """Return what was earned by it."""
        profit, low, high = self.get_profit(verdict, treated, control)
        text = self.env._(
            "%(what)s: %(profit)s, between %(low)s and %(high)s, with a margin of"
            " %(rate)s%% and after its cost.",
            what=self._name_profit(),
            profit=self._format_amount(profit, True),
            low=self._format_amount(low, True),
            high=self._format_amount(high, True),
            rate=format_number(self.env, 100 * self.company.relationship_margin_rate),
        )
        return {"is_proven": low > 0 or high < 0, "is_loss": high < 0, "text": text}

    def _describe_empty(self):
        return self.env._(
            "Nothing to compare: a group has no customer whose days are over."
        )

    def _format_amount(self, amount, signed=False):
        return format_amount(self.env, amount, self.company.currency_id, signed)

    def _format_each(self, amount, size):
        return self._format_amount(amount / size) if size else "–"

    def _format_points(self, share):
        return format_number(self.env, 100 * share, 1, signed=True)

    def _format_share(self, count, size):
        if not size:
            return "–"
        share = format_number(self.env, 100 * count / size, 1)
        shown = format_count(self.env, count)
        return self.env._("%(count)s (%(share)s%%)", count=shown, share=share)
