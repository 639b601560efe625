from collections import defaultdict
from datetime import timedelta
from math import ceil

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date, format_list

from ...engine.feasibility import WEEKS, WEEKS_PER_YEAR, play
from ..base.asked import MAX_ID
from ..base.figures import format_count, format_number
from ..base.spreadsheet import Column, Formula, Sheet
from . import remedies
from .promises import NOBODY, WEEK, Need, Promises

READER = "sales_team.group_sale_salesman_all_leads"
# The page shows the remedies that close the gap, and so many others.
OTHERS = 8


class CrmFeasibility(models.AbstractModel):
    """The page *Can we keep our promises?*, and what warns before they are made.

    What is promised stands in ``promises.py``, what helps in ``remedies.py``.
    """

    _name = "crm.feasibility"
    _inherit = ["crm.spreadsheet.mixin"]
    _description = "Can We Keep Our Promises?"

    # ------------------------------------------------------------------
    # The page
    # ------------------------------------------------------------------

    @api.model
    def get_page(self):
        """Return everything that the page shows, of the current company.

        :return: dict with ``sentences``; ``weeks`` (label of each); ``total``,
            ``segments``, ``teams`` and ``people`` (rows with minutes ``asked``,
            ``possible`` and ``waiting`` in each week); ``helps`` (how each figure is
            counted); ``remedies``; ``may_apply``
        """
        self._check_reader()
        promises = Promises(self.env.company)
        verdict, weeks = Verdict(self.env, promises), Weeks(self.env, promises)
        return {
            "company": self.env.company.name,
            "currency_id": self.env.company.currency_id.id,
            "is_kept": verdict.gap <= 0,
            "sentences": [*verdict.tell(), *weeks.tell()],
            "notes": verdict.note(),
            "doubt": self.env["crm.forecast"]._describe_miss(self.env.company),
            "weeks": [
                format_date(self.env, promises.today + timedelta(days=WEEK * week))
                for week in range(WEEKS)
            ],
            **weeks.to_dict(),
            "helps": self._get_helps(),
            **self._get_remedies(promises, verdict),
            "may_apply": self._may_apply(),
        }

    def _get_helps(self):
        """Return how each figure of the page is counted."""
        env = self.env
        return {
            "asked": env._(
                "Interactions that plans and programs ask for, that are overdue, in a"
                " queue or planned × minutes that the channel takes ÷ 60. Automatic"
                " messages take none."
            ),
            "possible": env._(
                "Working days, without holidays and time off, × minutes a day that"
                " the salespeople have for interactions ÷ 60. Of a segment: what is"
                " done of it, after that of more valuable ones."
            ),
            "waiting": env._(
                "What is due − what is possible, never less than nothing: it is done in"
                " a later week."
            ),
            "customers": env._("Customers of the segment, whoever serves them."),
            "saved": env._(
                "Interactions a year that would fall away, or take less time, × minutes"
                " ÷ 60 ÷ working days of a year."
            ),
            "value": env._(
                "Margin expected of these customers within 12 months × minutes saved ÷"
                " minutes planned for them."
            ),
            "followers": env._("Customers who follow the contact plan."),
            "known": env._(
                "Customers whose value is known. The others put nothing at stake here,"
                " although they may."
            ),
        }

    def _check_reader(self):
        if not self.env.user.has_group(READER):
            raise AccessError(
                self.env._(
                    "Whether plans can be kept is shown to those who see the customers"
                    " of all salespeople."
                )
            )

    # ------------------------------------------------------------------
    # Spreadsheet
    # ------------------------------------------------------------------

    @api.model
    def _get_sheets(self, _domain):
        """Return the weeks, and who and what the minutes are asked by."""
        env, page = self.env, self.get_page()
        notes = [
            *self._get_spreadsheet_notes(),
            *page["sentences"],
            *([page["doubt"]] if page["doubt"] else []),
        ]
        names = ("asked", "possible", "waiting")
        weeks = [
            {"name": label, **{name: page["total"][name][week] for name in names}}
            for week, label in enumerate(page["weeks"])
        ]
        sheets = [
            Sheet(env._("Weeks"), notes, self._make_minutes(env._("Week")), weeks)
        ]
        for key, title, head in (
            ("segments", env._("Segments"), env._("Segment")),
            ("teams", env._("Teams"), env._("Sales Team")),
            ("people", env._("Salespeople"), env._("Salesperson")),
        ):
            rows = [
                {
                    "name": row["name"],
                    "customers": row["customers"],
                    "asked": sum(row["asked"]),
                    "possible": sum(row["possible"]),
                    # what waits is not over with the week
                    "waiting": row["waiting"][-1],
                }
                for row in page[key]
            ]
            sheets.append(Sheet(title, [], self._make_minutes(head, True), rows))
        return sheets

    def _make_minutes(self, head, has_customers=False):
        env = self.env
        columns = [Column("name", head)]
        if has_customers:
            columns.append(Column("customers", env._("Customers"), "integer"))
        return [
            *columns,
            Column("asked", env._("Minutes Asked"), "integer", is_summed=True),
            Column("possible", env._("Minutes There Are"), "integer", is_summed=True),
            Column(
                "spare",
                env._("To Spare"),
                "integer",
                Formula("-", "possible", "asked"),
                is_summed=True,
            ),
            Column("load", env._("Load"), "share", Formula("/", "asked", "possible")),
            Column("waiting", env._("Minutes Waiting in the End"), "integer"),
        ]

    def _may_apply(self):
        return self.env["crm.contact.plan.line"].has_access("write")

    def _get_remedies(self, promises, verdict):
        if verdict.gap <= 0:
            return {"remedies": [], "more_people": 0}
        found = remedies.Remedies(promises)
        gap = verdict.gap * WEEKS
        ranked = found.rank(gap)
        best = sum(is_best for _remedy, is_best in ranked)
        closed = sum(remedy.saved for remedy, is_best in ranked if is_best) >= gap
        return {
            "remedies": [
                self._describe(found, remedy, is_best)
                for remedy, is_best in ranked[: best + OTHERS]
            ],
            "is_closed": closed,
            "more_people": found.count_people(gap),
        }

    def _describe(self, found, remedy, is_best):
        promises = found.promises
        change = found.changes[remedy.key]
        followers = promises.followers[change.line.plan_id.id]
        known = promises.values[change.line.plan_id.id][1]
        return {
            "key": remedy.key,
            "is_best": is_best,
            "title": found.tell(change),
            "minutes": remedy.saved / WEEKS / promises.days_a_week,
            "value": False if remedy.lost is None else remedy.lost,
            "customers": followers,
            "known": known,
            "plan_id": change.line.plan_id.id,
        }

    # ------------------------------------------------------------------
    # Applying a remedy
    # ------------------------------------------------------------------

    @api.model
    def apply_remedy(self, key, confirmed=False):
        """Change the plan line as a remedy of the page says.

        :param str key: as the page has it
        :param confirmed: it is done only then
        :return: dict with ``question`` (nothing is changed), or with ``message`` and
            ``undo``, for :meth:`undo_remedy`
        """
        self._check_reader()
        self.env["crm.contact.plan.line"].check_access("write")
        found = remedies.Remedies(Promises(self.env.company))
        change = found.changes.get(key) if isinstance(key, str) else None
        if not change:
            raise UserError(
                self.env._(
                    "This would no longer save time: the plan has been changed. Reload"
                    " the page."
                )
            )
        if confirmed is not True:
            return {"question": found.ask(change)}
        told = found.tell(change)
        line = self.env["crm.contact.plan.line"].browse(change.line.id)
        line.check_access("write")
        undo = remedies.apply(change._replace(line=line))
        return {"message": told, "undo": undo}

    @api.model
    def undo_remedy(self, undo):
        """Give a plan line back what it had before a remedy.

        :param dict undo: as :meth:`apply_remedy` returned it
        """
        self._check_reader()
        lines = self.env["crm.contact.plan.line"]
        lines.check_access("write")
        if not _is_undo(undo):
            raise UserError(self.env._("There is nothing to undo. Reload the page."))
        line = lines.browse(undo["line_id"]).exists()
        if not line:
            raise UserError(
                self.env._("This line of the plan is no longer there. Reload the page.")
            )
        line.check_access("write")
        remedies.take_back(line, undo["before"], undo["after"])
        return {"message": self.env._("Undone.")}

    # ------------------------------------------------------------------
    # Before a promise is made
    # ------------------------------------------------------------------

    @api.model
    def _warn(self, change):
        """Return a sentence when people cannot do what a change would ask for.

        :param change: function of ``Promises`` that returns the ``Need`` a week that
            comes on top of what is asked now, or less where it is negative
        :return: False where it can be done, or where it only helps
        """
        promises = Promises(self.env.company)
        more = change(promises)
        verdict = Verdict(self.env, promises, more)
        if more.minutes <= 0.5 or verdict.gap <= 0:
            return False
        return " ".join([self.env._("With this change:"), *verdict.tell()[:1]])


def _is_undo(undo):
    def is_state(state):
        return (
            isinstance(state, dict)
            and set(state) == {"cadence", "channels"}
            and all(isinstance(part, list) for part in state.values())
            and len(state["cadence"]) == 3
            and all(type(n) is int for n in state["cadence"][:2])
            and isinstance(state["cadence"][2], str)
            and all(type(id_) is int and 0 < id_ <= MAX_ID for id_ in state["channels"])
        )

    return (
        isinstance(undo, dict)
        and set(undo) == {"line_id", "before", "after"}
        and type(undo["line_id"]) is int
        and 0 < undo["line_id"] <= MAX_ID
        and is_state(undo["before"])
        and is_state(undo["after"])
    )


class Verdict:
    """Whether what is asked for in the long run can be done, in words.

    A day is a working day of the company; capacity is that of the next 13 weeks, with
    time off and holidays.
    """

    def __init__(self, env, promises, more=None):
        """:param more: ``Need`` a week that is asked for besides"""
        self.env = env
        self.promises = promises
        needs = promises.get_needs()
        self.nobody = needs.pop(NOBODY, Need())
        self.need = sum(needs.values(), more or Need())
        self.available = promises.available
        self.needs = needs

    @property
    def gap(self):
        """Minutes a week that are missing."""
        return self.need.minutes - self.available

    @property
    def people(self):
        """How many people have any time at all."""
        return sum(map(any, self.promises.capacity.values()))

    def _hours(self, minutes):
        """Return minutes a week as hours a working day."""
        return self._count(minutes / 60)

    def _count(self, weekly):
        """Return a number a week as a number a working day, small ones in tenths."""
        daily = round(weekly / self.promises.days_a_week, 1)
        return format_number(self.env, daily, 0 if daily >= 20 or not daily % 1 else 1)

    def tell(self):
        """Return the sentences of the page, the first of which says it all."""
        if not self.need.count:
            return [self.env._("No contact plan asks anything of people yet.")]
        figures = {
            "asked": self._count(self.need.count),
            "hours": self._hours(self.need.minutes),
            "people": self.people,
        }
        if not self.people or not self.available:
            return [
                self.env._(
                    "The plans need %(asked)s interactions (%(hours)s hours) a day, and"
                    " nobody has time for any.",
                    **figures,
                )
            ]
        figures["can"] = self._count(self._get_possible())
        figures["there"] = self._hours(self.available)
        sentence = (
            self.env._(
                "The plans need %(asked)s interactions (%(hours)s hours) a day; one"
                " person can do %(can)s (%(there)s hours).",
                **figures,
            )
            if self.people == 1
            else self.env._(
                "The plans need %(asked)s interactions (%(hours)s hours) a day;"
                " %(people)s people can do %(can)s (%(there)s hours).",
                **figures,
            )
        )
        return [sentence, self._tell_gap()]

    def _get_possible(self):
        """Return the interactions a week that there is time for, of the same kind."""
        if not self.need.minutes:
            return self.need.count
        return self.need.count * self.available / self.need.minutes

    def _tell_gap(self):
        if self.gap > 0:
            return self.env._(
                "%s hours a day are missing. The least valuable customers wait, longer"
                " every week.",
                self._hours(self.gap),
            )
        return self.env._(
            "They can be kept: %s hours a day are free.", self._hours(-self.gap)
        )

    def note(self):
        """Return what the figures do not include, and who is to help whom."""
        notes = []
        if self.nobody.count:
            notes.append(
                self.env._(
                    "Customers whom nobody serves need %(asked)s more interactions"
                    " (%(hours)s hours) a day, which are not counted here.",
                    asked=self._count(self.nobody.count),
                    hours=self._hours(self.nobody.minutes),
                )
            )
        messages = self.promises.count_messages()
        if messages >= 0.5:
            notes.append(
                self.env._(
                    "%s automatic messages a day take nobody's time.",
                    self._count(messages),
                )
            )
        if self.promises.without_plan:
            notes.append(
                self.env._(
                    "Customers without a plan that this company can use: %s. Nothing"
                    " is promised to them.",
                    format_count(self.env, self.promises.without_plan),
                )
            )
        return [*notes, *self._note_uneven()]

    def _note_uneven(self):
        """Tell who has too much to do while others have time."""
        free = {
            user_id: sum(weeks) / WEEKS - self.needs.get(user_id, Need()).minutes
            for user_id, weeks in self.promises.capacity.items()
        }
        over = [-minutes for minutes in free.values() if minutes < -0.5]
        spare = sum(minutes for minutes in free.values() if minutes > 0)
        if over and spare > 0.5:
            yield self.env._(
                "Salespeople with more to do than time: %(people)s. Others have"
                " %(hours)s hours a day free: assign salespeople anew.",
                people=format_count(self.env, len(over)),
                hours=self._hours(min(spare, sum(over))),
            )


class Weeks:
    """What is asked for in each of the next 13 weeks, and what becomes of it.

    Each person works for the most valuable segments first, as the release does.
    """

    def __init__(self, env, promises):
        self.env = env
        self.promises = promises
        self.ranks = promises.get_ranks()
        self.segments = defaultdict(_make_row)
        self.people = {}
        self.nobody = None
        for user_id, asked in promises.get_weeks().items():
            self._add(user_id, asked)
        for user_id in promises.capacity.keys() - self.people.keys():
            self._add(user_id, {})

    def _add(self, user_id, asked):
        ordered = sorted(asked, key=self.ranks.get)
        capacity = self.promises.capacity.get(user_id, [0] * WEEKS)
        played = play(capacity, {id_: asked[id_] for id_ in ordered})
        row = _make_row()
        for id_ in ordered:
            parts = asked[id_], played.done[id_], played.left[id_]
            if user_id is not NOBODY:
                _sum_up(self.segments[id_], parts)
            _sum_up(row, (asked[id_], [0] * WEEKS, played.left[id_]))
        if user_id is NOBODY:
            self.nobody = row
        else:
            row["possible"] = list(capacity)
            self.people[user_id] = row

    def tell(self):
        """Tell who waits how long in the end, before it happens; nobody, nothing.

        The least valuable first. What is left over waits as long as it takes to do as
        much as has been done of the segment a week; where that is nothing, it does not
        come at all.
        """
        # sudo: names of segments, to whoever sees all customers
        segments = self.env["crm.segment"].sudo()
        waiting = []
        for id_ in sorted(self.segments, key=self.ranks.get, reverse=True):
            row = self.segments[id_]
            left, asked = row["waiting"][-1], sum(row["asked"])
            if left < 0.5:
                continue
            name = segments.browse(id_).name or self.env._("In no segment")
            weeks = left * WEEKS / (asked - left) if asked - left >= 0.5 else None
            waiting.append(self._tell_wait(name, weeks))
        if waiting:
            yield self.env._(
                "In a quarter they wait, the least valuable first: %s.",
                format_list(self.env, waiting),
            )

    def _tell_wait(self, name, weeks):
        if weeks is None:
            return self.env._("%s (nobody gets to them)", name)
        if weeks <= 1:
            return self.env._("%s (up to a week)", name)
        if weeks > WEEKS_PER_YEAR:
            return self.env._("%s (more than a year)", name)
        return self.env._("%(name)s (%(weeks)s weeks)", name=name, weeks=ceil(weeks))

    def to_dict(self):
        # sudo: names and teams of colleagues, to whoever sees all customers
        users = self.env["res.users"].sudo().browse(self.people)
        rows = {user: self.people[user.id] for user in users}
        teams = defaultdict(_make_row)
        total = _make_row()
        for user, row in rows.items():
            for whole in (teams[user.sale_team_id], total):
                _sum_up(whole, (row["asked"], row["possible"], row["waiting"]))
        segments = self.env["crm.segment"].sudo()
        counts = self.promises.customers
        return {
            "total": _close("total", self.env._("All salespeople"), total),
            "segments": [
                _close(
                    id_ or 0,
                    segments.browse(id_).name or self.env._("In no segment"),
                    self.segments[id_],
                    sum(n for (_u, s), n in counts.items() if s == id_),
                )
                for id_ in sorted(self.segments, key=self.ranks.get)
            ],
            "teams": [
                _close(team.id or 0, team.name or self.env._("No sales team"), row)
                for team, row in sorted(
                    teams.items(), key=lambda item: (not item[0], item[0].id)
                )
            ],
            "people": [
                _close(
                    user.id,
                    user.name,
                    row,
                    sum(n for (u, _s), n in counts.items() if u == user.id),
                )
                for user, row in sorted(rows.items(), key=_by_load)
            ],
            "nobody": self.nobody
            and _close(
                "nobody",
                self.env._("Nobody serves these customers"),
                self.nobody,
                sum(n for (u, _s), n in counts.items() if u is NOBODY),
            ),
        }


def _make_row():
    return {name: [0.0] * WEEKS for name in ("asked", "possible", "waiting")}


def _sum_up(row, parts):
    for name, weeks in zip(("asked", "possible", "waiting"), parts, strict=True):
        row[name] = [a + b for a, b in zip(row[name], weeks, strict=True)]


def _close(id_, name, row, customers=None):
    """Return a row of the page, in whole minutes."""
    rounded = {key: [round(n) for n in weeks] for key, weeks in row.items()}
    return {"id": id_, "name": name, "customers": customers, **rounded}


def _by_load(item):
    """Sort by what waits in the end, then by what is asked for."""
    user, row = item
    return -row["waiting"][-1], -sum(row["asked"]), user.id
