"""Reads customers and salespeople for the engine, and tells its answer in words."""

from collections import Counter, defaultdict
from typing import NamedTuple

from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from ...engine.allocation import Customer, Person, allocate
from ..courtesy.voices import Voices
from ..matrix.touchpoint_matrix import get_touchpoint, get_yearly_contacts

# What it costs that a customer gets somebody else, does not get what they prefer, or
# is served by somebody who suits less by a rule of the manager's. A move outweighs all
# preferences that a customer could have: as few as possible.
MOVE, PREFERRED, SUITABLE = 1000, 10, 2
CRITERIA = ("language", "country", "state", "zip", "team")
# Contacts whose requirements are heard at once.
HEARD_AT_ONCE = 1000


class Profile(NamedTuple):
    """What matters of a customer; those with the same one are alike."""

    segment_id: int | None
    must: tuple
    prefer: tuple
    criteria: tuple
    """Values in the order of ``CRITERIA``, None where it does not matter."""


class Row(NamedTuple):
    id: int
    user_id: int | None
    minutes: int
    rank: int
    profile: Profile


def read_requirements(env, commercial_ids=None):
    """Return what customers ask of their salespeople, their contact persons included.

    As the gate hears them: on whichever record of the same address it was noted.
    ``sudo``: a requirement holds, whoever may not see the record on which it is.

    :param commercial_ids: only of these customers
    :return: ``{customer's contact id: (ids of tags that must, tags preferred)}``
    """
    requirements = env["crm.staff.requirement"].sudo()
    requirements = requirements.with_context(active_test=False).search([])
    asking = requirements.partner_id
    if not asking:
        return {}
    near = asking | asking._find_sharing()
    if commercial_ids is not None:
        near = near.filtered(lambda p: p.commercial_partner_id.id in commercial_ids)
    found = defaultdict(lambda: (set(), set()))
    for ids in split_every(HEARD_AT_ONCE, (near | near.commercial_partner_id).ids):
        people = near.browse(ids)
        voices = Voices(people)
        for person in people:
            must, prefer = found[person.commercial_partner_id.id]
            for requirement in voices.get_requirements(person):
                tags = must if requirement.level == "must" else prefer
                tags.add(requirement.tag_id.id)
    return {
        id_: (tuple(sorted(must)), tuple(sorted(prefer - must)))
        for id_, (must, prefer) in found.items()
        if must or prefer
    }


def get_plan_minutes(env, company):
    """Return the minutes a year that each plan asks of the dedicated salesperson.

    Interactions through the channel that a line tries first; not those that are sent
    automatically or that the line gives to somebody else. ``sudo``: how often a plan
    asks for what is no secret to who assigns customers.

    :return: ``{plan id: minutes}``
    """
    today = company._relationship_today()
    usual = env["crm.touchpoint"]._get_in_use()[:1]
    minutes = Counter()
    lines = env["crm.contact.plan.line"].sudo()
    for line in lines.search(
        [
            ("plan_id.active", "=", True),
            ("plan_id.company_id", "in", (company.id, False)),
            ("user_id", "=", False),
        ]
    ):
        touchpoint = get_touchpoint(line) or usual
        if touchpoint.mode == "personal":
            minutes[line.plan_id.id] += touchpoint.duration * get_yearly_contacts(
                line, today
            )
    return minutes


class Staffing:
    """A proposal of who serves whom, for one ``crm.staff.assignment``.

    Reads all at once in a number of queries that does not depend on the customers; SQL
    because these may be a hundred thousand.
    """

    def __init__(self, assignment):
        """Read the salespeople who take part.

        :param assignment: to be written by a method: with ``sudo()``
        """
        self.env = assignment.env
        self.assignment = assignment
        self.company = assignment.company_id
        rows = assignment.person_ids
        able = rows.user_id._filter_staff_of(self.company)
        self.leaving = rows.filtered("is_leaving").user_id
        self.rows = rows.filtered(
            lambda row: row.user_id in able and not row.is_leaving
        )
        self.users = self.rows.user_id
        self.plan_minutes = get_plan_minutes(self.env, self.company)
        self.tags = self._get_tags()
        self.values = {user.id: self._get_values(user) for user in self.users}
        self.is_must = [self.assignment[f"{c}_rule"] == "must" for c in CRITERIA]
        self.found, self.loads = [], {}
        self._costs = {}
        self._words = {}

    def check(self):
        """Refuse to begin where nobody could get a customer.

        :raises UserError: saying what to do
        """
        if not self.users:
            raise UserError(
                self.env._(
                    "Nobody takes part who could get customers. Add salespeople who"
                    " work in %(company)s, and who do not give theirs away.",
                    company=self.company.name,
                )
            )
        if not any(self.rows.mapped("capacity")):
            raise UserError(
                self.env._(
                    "None of these salespeople has time for customers. Enter minutes"
                    " for a working day, and working hours in their calendar."
                )
            )

    # ------------------------------------------------------------------
    # Salespeople
    # ------------------------------------------------------------------

    def _get_tags(self):
        tags = self.env["crm.staff.tag"].with_context(active_test=False).search([])
        found = defaultdict(set)
        for tag in tags:
            for user_id in tag.user_ids.ids:
                found[user_id].add(tag.id)
        return found

    def _get_values(self, user):
        """Return what a person offers, in the order of ``CRITERIA``, as sets."""
        partner = user.partner_id
        digits = self.assignment.zip_digits
        zip_code = (partner.zip or "").strip().upper()[:digits]
        return (
            {(user.lang or "").partition("_")[0]},
            set(partner.country_id.ids),
            set(partner.state_id.ids),
            {zip_code} if zip_code else set(),
            set(user.crm_team_ids.ids),
        )

    # ------------------------------------------------------------------
    # Customers
    # ------------------------------------------------------------------

    def read_customers(self):
        """Return the ``Row`` of each customer in the scope of the assignment."""
        self.env.flush_all()
        columns = self._get_columns()
        requirements = read_requirements(self.env)
        ranks = self._get_ranks()
        profiles, rows = {}, []
        for (
            id_,
            partner_id,
            user_id,
            segment_id,
            plan_id,
            *criteria,
        ) in self.env.execute_query(self._get_query(columns)):
            must, prefer = requirements.get(partner_id, ((), ()))
            profile = Profile(segment_id, must, prefer, tuple(criteria))
            profile = profiles.setdefault(profile, profile)
            minutes = self._get_minutes(plan_id)
            rows.append(Row(id_, user_id, minutes, ranks.get(segment_id, 0), profile))
        return rows

    def _get_minutes(self, plan_id):
        """Return at least a minute: who takes none would all go to one person."""
        return max(1, round(self.plan_minutes.get(plan_id, 0)))

    def _get_ranks(self):
        """Return how much each segment counts: the first of them most."""
        segments = self.env["crm.segment"].with_context(active_test=False).search([])
        return {s.id: rank for rank, s in enumerate(reversed(segments), 1)}

    def _get_columns(self):
        """Return a column for each of the criteria; NULL where it does not matter."""
        sources = {
            "language": SQL("NULLIF(split_part(p.lang, '_', 1), '')"),
            "country": SQL("p.country_id"),
            "state": SQL("p.state_id"),
            "zip": SQL(
                "NULLIF(upper(left(btrim(p.zip), %s)), '')", self.assignment.zip_digits
            ),
            "team": SQL(
                """(SELECT o.team_id
                      FROM res_partner person JOIN sale_order o
                        ON o.partner_id = person.id AND o.company_id = r.company_id
                     WHERE person.commercial_partner_id = p.id
                       AND o.state = 'sale' AND o.team_id IS NOT NULL
                  ORDER BY o.date_order DESC, o.id DESC LIMIT 1)"""
            ),
        }
        return [
            sources[name] if self.assignment[f"{name}_rule"] else SQL("NULL::int")
            for name in CRITERIA
        ]

    def _get_query(self, columns):
        relationships = self.env["crm.relationship"]
        return SQL(
            """
            SELECT r.id, r.partner_id, r.user_id, r.segment_id, %(plan)s, %(columns)s
              FROM crm_relationship r JOIN res_partner p ON p.id = r.partner_id
             WHERE r.id IN %(scope)s
            """,
            plan=relationships._effective_plan_sql(SQL.identifier("r")),
            columns=SQL(", ").join(columns),
            scope=relationships._search(self.assignment._get_scope()).subselect(),
        )

    def read_loads(self):
        """Return ``{user id: (customers, minutes)}`` of all customers as they are."""
        relationships = self.env["crm.relationship"]
        counts, minutes = Counter(), Counter()
        for user_id, plan_id, count in self.env.execute_query(
            SQL(
                """
                SELECT user_id, plan_id, count(*)
                  FROM (SELECT r.user_id, %(plan)s AS plan_id
                          FROM crm_relationship r
                         WHERE r.company_id = %(company)s AND r.active
                           AND r.user_id IS NOT NULL) served
              GROUP BY user_id, plan_id
                """,
                plan=relationships._effective_plan_sql(SQL.identifier("r")),
                company=self.company.id,
            )
        ):
            counts[user_id] += count
            minutes[user_id] += count * self._get_minutes(plan_id)
        return {user_id: (counts[user_id], minutes[user_id]) for user_id in counts}

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------

    def _get_rules(self, profile):
        """Yield (rule, test of a user id) of what must be true of who serves them."""
        yield "requirement", lambda u: self.tags[u].issuperset(profile.must)
        yield "qualification", lambda u: self._is_qualified(u, profile.segment_id)
        for place, name in enumerate(CRITERIA):
            value = profile.criteria[place]
            if self.is_must[place] and value is not None:
                yield (
                    name,
                    lambda u, place=place, value=value: value in self.values[u][place],
                )

    def _is_qualified(self, user_id, segment_id):
        user = self.env["res.users"].browse(user_id)
        return user._is_qualified_for(self.env["crm.segment"].browse(segment_id))

    def get_costs(self, profile):
        """Return what each salesperson who may serve them costs, by login."""
        if profile not in self._costs:
            rules = [test for _name, test in self._get_rules(profile)]
            self._costs[profile] = {
                user.login: self._get_cost(user.id, profile)
                for user in self.users
                if all(test(user.id) for test in rules)
            }
        return self._costs[profile]

    def _get_cost(self, user_id, profile):
        missed = len(set(profile.prefer) - self.tags[user_id])
        unsuitable = sum(
            value is not None and value not in self.values[user_id][place]
            for place, value in enumerate(profile.criteria)
            if not self.is_must[place]
        )
        return PREFERRED * missed + SUITABLE * unsuitable

    def find_obstacle(self, profile, user_ids=None):
        """Return the first rule that leaves nobody, or None."""
        left = self.users.ids if user_ids is None else user_ids
        for name, test in self._get_rules(profile):
            left = [user_id for user_id in left if test(user_id)]
            if not left:
                return name
        return None

    # ------------------------------------------------------------------
    # Allocation
    # ------------------------------------------------------------------

    def propose(self, decided):
        """Return who serves whom.

        :param dict decided: ``{relationship id: user id or None}``, by the manager
        :return: list of (Row, old user id, new user id or None, reason)
        """
        self.loads = self.read_loads()
        in_charge = set(self.users.ids)
        rows = [
            row
            for row in self.read_customers()
            if self._takes_part(row, in_charge, decided)
        ]
        self.found = rows
        login = {user.id: user.login for user in self.users}
        ids = {user.login: user.id for user in self.users}
        customers = [self._to_customer(row, login, decided) for row in rows]
        customers += self._get_others(rows, login)
        found = allocate(
            [Person(row.user_id.login, row.capacity) for row in self.rows],
            customers,
            move_cost=MOVE,
            even_out=self.assignment.even_out,
        )
        result = []
        for row in rows:
            new = ids.get(found.persons[str(row.id)])
            if row.id not in decided and (new is None or new != row.user_id):
                result.append((row, row.user_id, new, self.explain(row, new)))
        return result

    def fill_up(self, proposed):
        """Give those for whom nobody has time to whoever is least beyond it.

        For a manager who says who takes over, however much it is. Whom a rule leaves
        nobody for stays without.

        :param list proposed: as :meth:`propose` returns it; so is the result
        """
        capacity = {row.user_id.id: max(row.capacity, 1) for row in self.rows}
        by_login = {user.login: user.id for user in self.users}
        load = {id_: self.loads.get(id_, (0, 0))[1] for id_ in capacity}
        for row, _old, new, _reason in proposed:
            if new:
                load[new] += row.minutes
        filled = []
        for row, old, new, reason in proposed:
            able = [by_login[login] for login in self.get_costs(row.profile)]
            if new is None and able:
                new = min(able, key=lambda id_: (load[id_] / capacity[id_], id_))
                load[new] += row.minutes
                reason = self._say(
                    ("beyond", new),
                    lambda new=new: self.env._(
                        "More than %s has time for",
                        self.env["res.users"].browse(new).name,
                    ),
                )
            filled.append((row, old, new, reason))
        return filled

    def propose_stand_ins(self, leaver):
        """Return who stands in for somebody's customers, to serve them from now on.

        :return: as :meth:`propose`
        """
        self.found = self.read_customers()
        relationships = self.env["crm.relationship"]
        customers = relationships.browse(row.id for row in self.found)
        own = {r.id: r.backup_user_id for r in customers}
        nobody = self.env._("Nobody stands in. Choose a salesperson.")
        reason = self.env._("Has stood in so far")
        proposed = []
        for row in self.found:
            # the customer's own stand-in comes first
            able = (own[row.id] | leaver.deputy_id) - leaver
            able = able._filter_staff_of(self.company)
            obstacle = self.find_obstacle(row.profile, able.ids) if able else None
            heir = next(
                (id_ for id_ in able.ids if not self.find_obstacle(row.profile, [id_])),
                None,
            )
            why = self._say_left_out(row, obstacle) if obstacle else nobody
            proposed.append((row, row.user_id, heir, reason if heir else why))
        return proposed

    def _takes_part(self, row, in_charge, decided):
        """Tell whether a customer is to be looked at: not who is served by others.

        Of those whom the manager has given to nobody, nobody is asked.
        """
        if row.id in decided:
            return decided[row.id] in in_charge
        if row.user_id is None or row.user_id in in_charge:
            return True
        user = self.env["res.users"].browse(row.user_id)
        return user in self.leaving or not user._filter_staff_of(self.company)

    def _to_customer(self, row, login, decided):
        costs = self.get_costs(row.profile)
        current = login.get(decided.get(row.id, row.user_id))
        is_settled = self.assignment.scope == "without" and current in costs
        return Customer(
            key=str(row.id),
            minutes=row.minutes,
            costs=costs,
            current=current,
            is_fixed=row.id in decided or is_settled,
            rank=row.rank,
        )

    def _get_others(self, rows, login):
        """Return the customers out of scope, as what each person has to do for them."""
        scope = Counter()
        for row in rows:
            scope[row.user_id] += row.minutes
        return [
            Customer(f"others of {login[id_]}", minutes, {}, login[id_], is_fixed=True)
            for id_ in self.users.ids
            if (minutes := self.loads.get(id_, (0, 0))[1] - scope[id_]) > 0
        ]

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def explain(self, row, new):
        """Return why a customer gets somebody else, or nobody and what would help."""
        if new is None:
            obstacle = self.find_obstacle(row.profile)
            key = ("left", obstacle, row.profile.must, row.profile.segment_id)
            key = key if obstacle else ("full", row.minutes)
            return self._say(key, lambda: self._say_left_out(row, obstacle))
        cause = self._get_cause(row)
        key = ("move", cause, row.user_id, row.profile.must)
        return self._say(key, lambda: self._say_cause(row, cause))

    def _say(self, key, words):
        if key not in self._words:
            self._words[key] = words()
        return self._words[key]

    def _get_cause(self, row):
        """Return why somebody else is to serve a customer."""
        if row.user_id is None:
            return "nobody"
        if row.user_id not in self.users.ids:
            user = self.env["res.users"].browse(row.user_id)
            return "leaving" if user in self.leaving else "gone"
        obstacle = self.find_obstacle(row.profile, [row.user_id])
        if obstacle:
            return obstacle
        capacity = {r.user_id.id: r.capacity for r in self.rows}[row.user_id]
        if self.loads[row.user_id][1] > capacity:
            return "busy"
        return "even" if self.assignment.even_out else "room"

    def _say_cause(self, row, cause):
        name = self.env["res.users"].browse(row.user_id).name or ""
        return {
            "nobody": lambda: self.env._("Has no salesperson so far"),
            "gone": lambda: self.env._("%s no longer works here", name),
            "leaving": lambda: self.env._("%s gives their customers away", name),
            "requirement": lambda: self.env._(
                "Requires: %(tags)s; not true of %(name)s",
                tags=self._name_tags(row.profile.must),
                name=name,
            ),
            "qualification": lambda: self.env._(
                "%s is not qualified for this segment", name
            ),
            "language": lambda: self.env._("%s speaks another language", name),
            "country": lambda: self.env._("%s is in another country", name),
            "state": lambda: self.env._("%s is in another state", name),
            "zip": lambda: self.env._("%s is in another area", name),
            "team": lambda: self.env._("%s is in another sales team", name),
            "busy": lambda: self.env._("%s has more to do than time for it", name),
            "even": lambda: self.env._("%s has more to do than others", name),
            "room": lambda: self.env._(
                "Makes room for a customer whom only %s may serve", name
            ),
        }[cause]()

    def _name_tags(self, ids):
        return ", ".join(self.env["crm.staff.tag"].browse(ids).mapped("name"))

    def _say_left_out(self, row, obstacle):
        segment = self.env["crm.segment"].browse(row.profile.segment_id).name
        return {
            None: lambda: self.env._(
                "Nobody who may serve this customer has %(minutes)s minutes a year"
                " to spare. Let more people take part, enter more minutes a day, or"
                " plan fewer interactions.",
                minutes=row.minutes,
            ),
            "requirement": lambda: self.env._(
                "Nobody here meets what the customer requires: %(tags)s. Let somebody"
                " take part of whom it is true, or ask the customer whether it may be"
                " a preference.",
                tags=self._name_tags(row.profile.must),
            ),
            "qualification": lambda: self.env._(
                "None of the others is qualified for %(segment)s. Name qualified"
                " salespeople in the segment.",
                segment=segment,
            ),
            "language": lambda: self.env._(
                "None of the others speaks the customer's language. Set “Language” to"
                " “Prefer”, or let somebody take part who speaks it."
            ),
            "country": lambda: self.env._(
                "None of the others is in the customer's country. Set “Country” to"
                " “Prefer”, or let somebody take part who is there."
            ),
            "state": lambda: self.env._(
                "None of the others is in the customer's state. Set “State” to"
                " “Prefer”, or let somebody take part who is there."
            ),
            "zip": lambda: self.env._(
                "None of the others is in the customer's area. Set “Zip” to “Prefer”,"
                " compare fewer digits, or let somebody take part who is there."
            ),
            "team": lambda: self.env._(
                "None of the others is in the customer's sales team. Set “Sales Team”"
                " to “Prefer”, or let one of its members take part."
            ),
        }[obstacle]()
