"""Who makes the interactions of those who are away on the day of them."""

from collections import defaultdict
from functools import cached_property

from ...engine.stand_in import find_present
from ..ledger.qualified import get_required_tags


class StandIns:
    """Finds stand-ins for the interactions of people who are absent on their day.

    Asked for in this order: who takes over for a period, as a manager said; who stands
    in for this customer; who stands in for this salesperson, and for that person in
    turn (``engine/stand_in.py``). The first counts who is there on that day, works in
    the company, and is what the customer requires of the salesperson.

    Reads in a constant number of queries, however many interactions there are.
    """

    def __init__(self, interactions, keeper, moments=None):
        """Prepare for ``crm.interaction`` records, as a ``Gatekeeper`` knows them.

        :param dict moments: ``{interaction: UTC moment}`` of the day that counts; by
            default it is the one for which they are planned
        """
        # sudo: who is absent, and who stands in for whom, whoever releases
        self.env = interactions.sudo().env
        self.keeper = keeper
        self._moments = moments or {}
        self.interactions = interactions
        self._able = {}
        self._replaceable = {}

    @cached_property
    def _periods(self):
        """Return the periods for which managers said who takes over."""
        found = defaultdict(list)
        for period in self.env["crm.staff.cover"]._find_current(
            self.interactions.company_id
        ):
            found[period.user_id, period.company_id].append(period)
        return found

    def find(self):
        """Return who makes the interactions of those who are away.

        :return: ``{interaction: res.users}``; those for whom nobody stands in are left
            out, as are those of people who are there
        """
        away = [
            (interaction, owner, self._get_moment(interaction))
            for interaction in self.interactions
            if (owner := self.keeper.get_staff(interaction))
            and self._is_ever_away(owner, interaction.company_id)
        ]
        away = [
            (interaction, owner, moment)
            for interaction, owner, moment in away
            if self.is_away(owner, interaction.company_id, moment)
        ]
        self._learn(interaction for interaction, _owner, _moment in away)
        found = {}
        for interaction, owner, moment in away:
            if user := self._find_one(interaction, owner, moment):
                found[interaction] = user
        return found

    def _is_ever_away(self, user, company):
        """Tell whether somebody could be away: of the others, no day is looked at."""
        key = (user.id, company.id)
        if key not in self._replaceable:
            work = self.keeper.get_workdays_of(user, company)
            self._replaceable[key] = bool(
                (work and work.has_absence) or self._periods.get((user, company))
            )
        return self._replaceable[key]

    def is_away(self, user, company, moment):
        """Tell whether somebody is absent, or replaced by a manager's word, that day.

        :param datetime moment: UTC
        """
        work = self.keeper.get_workdays_of(user, company)
        if work and work.is_away(work.get_day(moment)):
            return True
        return bool(self._find_period(user, company, moment))

    def is_there(self, interaction, user, moment):
        """Tell whether somebody could make an interaction on the day of a moment."""
        company = interaction.company_id
        if (user, company) not in self._able:
            self._able[user, company] = bool(user._filter_staff_of(company))
        return (
            self._able[user, company]
            and not self.is_away(user, company, moment)
            and all(
                user in tag.user_ids
                for tag in get_required_tags(interaction, self.keeper.voices)
            )
        )

    def _find_one(self, interaction, owner, moment):
        company = interaction.company_id
        # sudo: as above
        own = interaction.relationship_id.sudo().backup_user_id.with_env(self.env)
        owner = owner.with_env(self.env)

        def get_named(user):
            period = self._find_period(user, company, moment)
            named = [period.stand_in_id] if period else []
            if user == owner:
                named += own
            return [*named, *user.deputy_id]

        return find_present(
            owner, get_named, lambda user: self.is_there(interaction, user, moment)
        )

    def _get_moment(self, interaction):
        """Return when it takes place: in a queue, the day there, else the one wanted.

        What is overdue takes place today.
        """
        if interaction in self._moments:
            return max(self._moments[interaction], self.keeper.now)
        if interaction.state == "open":
            return max(interaction.date_planned, self.keeper.now)
        return max(interaction._get_wanted_moment(), self.keeper.now)

    def _find_period(self, user, company, moment):
        periods = self._periods.get((user, company))
        if not periods:
            return None
        work = self.keeper.get_workdays_of(user, company)
        day = work.get_day(moment) if work else moment.date()
        return next((p for p in periods if p.day_from <= day <= p.day_to), None)

    def _learn(self, interactions):
        """Read at once when those work who are not in anybody's profile."""
        others = defaultdict(self.env["res.users"].browse)
        for interaction in interactions:
            company = interaction.company_id
            # sudo: as above
            others[company] |= interaction.relationship_id.sudo().backup_user_id
        for (_user, company), periods in self._periods.items():
            for period in periods:
                others[company] |= period.stand_in_id
        for company, users in others.items():
            if users:
                self.keeper.learn_workdays(users, company)
