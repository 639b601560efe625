"""Fetches what the engine's gate needs to know, for many interactions at once."""

from bisect import insort
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from odoo import models

from ...engine import gate
from ...engine.caps import MAX_SPAN
from ...engine.windows import Days, Window, next_common_opening, zone
from ...engine.workdays import AROUND_THE_CLOCK
from ..base.bounds import MAX_PERIOD
from .voices import Voices, get_address_of

# Hours that have anything in common have it within so many days.
SOON = timedelta(days=14)
# Messages that waited for the same hour leave one customer's after another's: at most
# so many turns, so far apart, and a further one for so many customers of the company.
TURNS = 12
TURN = timedelta(minutes=5)
CUSTOMERS_A_TURN = 100
NO_TURN = timedelta(0)


class Rules:
    """What companies set, read once by whoever makes many gatekeepers in a row.

    What customers wish, and what was done with them, is never kept here.
    """

    def __init__(self):
        self.policies = {}
        self.live = {}
        self._kinds = {}
        self._candidates = {}
        self._turns = {}

    def get_turns(self, company):
        """Return how many turns there are in a company: with few customers, one."""
        if company.id not in self._turns:
            customers = company.env["crm.relationship"].search_count(
                [("company_id", "=", company.id)], limit=TURNS * CUSTOMERS_A_TURN
            )
            self._turns[company.id] = max(1, customers // CUSTOMERS_A_TURN)
        return self._turns[company.id]

    def get_kind(self, touchpoint):
        """Return the kind of a ``crm.touchpoint``."""
        id_ = touchpoint.id
        if id_ not in self._kinds:
            self._kinds[id_] = touchpoint.kind
        return self._kinds[id_]

    def get_candidates(self, touch, preferred):
        """Return the channels to try for a ``crm.touch.mixin``, best first.

        :param preferred: the customer's preferred ``crm.touchpoint``, possibly empty
        """
        key = (touch._name, touch.id, preferred.id)
        if key not in self._candidates:
            self._candidates[key] = tuple(touch._get_candidates(preferred))
        return self._candidates[key]


class Listener:
    """Hears what customers wish, whoever wants to contact them, and why.

    Everything is read when the listener is created, in a constant number of queries
    however many people there are. It reads as superuser: what the customer refused also
    binds those who may not see who recorded it.
    """

    def __init__(self, partners, now):
        """Prepare to hear ``res.partner`` records at and after ``now`` (UTC)."""
        self.env = partners.sudo().env
        self.now = now
        self.voices = Voices(partners)
        self._windows = {}
        self._closing = {}
        self._wishes = {}

    def get_refusal(self, partner, kind, address, channel_ids, company):
        """Return why a message of no plan must not be sent, one of ``gate.REASONS``.

        What the customer refused counts, and whether the company needs a consent; not
        the company's limits and hours, which are about what it plans.

        :param str kind: relationship, selling or service
        :param str address: "email" or "phone"
        :param channel_ids: all channels that such a message may be taken for
        :return: None where nothing speaks against it
        """
        wishes = self._get_wishes(partner, company)._replace(window=None)
        policy = gate.Policy(consent_required=_get_consent_required(company))
        contacts = (
            gate.Contact(
                kind=kind,
                channel=channel_id,
                blacklisted=self.voices.is_blacklisted(partner, address),
                relationship_first=False,
                address=address,
            )
            for channel_id in channel_ids or (None,)
        )
        decisions = (
            gate.decide(contact, self.now, wishes, policy, gate.History())
            for contact in contacts
        )
        return next((d.reason_code for d in decisions if not d.allowed), None)

    def has_address(self, partner, address):
        """Tell whether a message can reach the person.

        It needs an address that the providers understand. Only messages are asked
        this: a person can find an address out, and better that than to leave a customer
        without contact.
        """
        field = "email_normalized" if address == "email" else "phone_sanitized"
        return bool(partner.with_env(self.env)[field])

    def _get_wishes(self, partner, company):
        key = (partner.id, company.id)
        if key not in self._wishes:
            partner = partner.with_env(self.env)
            said = self.voices.unite(partner)
            pause = said.pause_until
            self._wishes[key] = gate.Wishes(
                archived=not partner.active,
                other_company=partner.sudo().company_id.id not in (False, company.id),
                do_not_contact=said.do_not_contact,
                snooze_until=pause and self._get_morning(partner, company, pause),
                consent_relationship=said.consent_relationship,
                consent_selling=said.consent_selling,
                refused=said.refused,
                window=self._get_window(
                    self.voices.get_window(partner), partner, company
                ),
                closed=said.closed,
                closed_to_selling=said.closed_to_selling,
            )
        return self._wishes[key]

    def _get_window(self, calendar, partner, company):
        """Return a calendar's window on the partner's clock; one for each clock."""
        if not calendar:
            return None
        tz = partner._get_contact_tz()
        key = (calendar, tz, company)
        if key not in self._windows:
            own = (calendar, False, company)
            if own not in self._windows:
                leaves = self._get_closing(calendar, company)
                self._windows[own] = calendar._to_contact_window(company, leaves)
            if tz:
                self._windows[key] = self._windows[own].in_zone(zone(tz))
        return self._windows[key]

    def _get_closing(self, calendar, company):
        """Return the time off that closes a calendar, read with that of all others.

        Of another one than the people's hours, it is read by itself.
        """
        wished = self.voices.windows
        if calendar not in wished:
            return None
        if company not in self._closing:
            self._closing[company] = wished._read_closing(company)
        return self._closing[company]

    def _get_morning(self, partner, company, day):
        """Return the company's hour of a day on the partner's clock, as naive UTC.

        Nobody wants the first message after a pause in the middle of the night.
        """
        tz = partner._get_contact_tz() or company.with_env(self.env)._relationship_tz()
        return company.with_env(self.env)._relationship_time(day, tz=tz)


def _get_consent_required(company):
    """Return the kinds of interaction that need a granted consent."""
    return frozenset(
        kind
        for kind in ("relationship", "selling")
        if company[f"consent_policy_{kind}"] == "opt_in"
    )


class Case(NamedTuple):
    """What the gate knows of an interaction whenever it is asked about it."""

    kind: str
    objective: str | None
    relationship_first: bool
    partner: models.BaseModel
    company: models.BaseModel
    relationship_id: int
    wishes: gate.Wishes
    policy: gate.Policy


class Gatekeeper(Listener):
    """Judges interactions by the customers' wishes and the companies' policies.

    After it is created, a decision costs no query.
    """

    def __init__(self, interactions, now, rules=None, knows_work=True):
        """Prepare to judge ``crm.interaction`` records at and after ``now`` (UTC).

        :param Rules rules: kept from one keeper to the next
        :param bool knows_work: whether it counts when those work who make them
        """
        super().__init__(interactions.partner_id, now)
        self._nobody = interactions.env["res.users"]
        interactions = interactions.with_env(self.env)
        self.rules = rules or Rules()
        self._knows_work = knows_work
        for company in interactions.company_id:
            if company.id not in self.rules.policies:
                self.rules.policies[company.id] = self._make_policy(company)
        self._interactions = interactions
        self._cases = {}
        self._contacts = {}
        self._staff = {}
        self._replaced = {}
        self._workdays = {}
        self._working = {}
        self._zones = {}
        self._times = defaultdict(list)
        self._facts = {}
        self._follow_ups = {}
        if interactions:
            self._read_ledger(interactions)

    # ------------------------------------------------------------------
    # Judgment
    # ------------------------------------------------------------------

    def judge(self, interaction, touchpoint, when, is_message=False):
        """Return the engine's ``Decision`` on an interaction through a channel.

        :param touchpoint: ``crm.touchpoint``; empty to judge regardless of the channel
        :param datetime when: UTC
        :param bool is_message: whether the system sends it, and not a person
        """
        case = self._get_case(interaction)
        return gate.decide(
            self._get_contact(interaction, case, touchpoint, is_message),
            when,
            case.wishes,
            case.policy,
            self._get_history(interaction.id, case.relationship_id),
        )

    def _get_contact(self, interaction, case, touchpoint, is_message):
        """Return what the engine is to decide about, the same one at any moment."""
        staff = self.get_staff(interaction)
        key = (interaction.id, touchpoint.id, staff.id, is_message)
        if interaction.id and key in self._contacts:
            return self._contacts[key]
        address = self._get_address(touchpoint)
        contact = self._contacts[key] = gate.Contact(
            kind=case.kind,
            channel=touchpoint.id,
            objective=case.objective,
            blacklisted=self.voices.is_blacklisted(case.partner, address),
            has_address=not is_message or self.has_address(case.partner, address),
            relationship_first=case.relationship_first,
            address=address,
            work=None if is_message else self._get_working_hours(staff, case),
            turn=self._get_turn(interaction, case) if is_message else NO_TURN,
        )
        return contact

    def _get_turn(self, interaction, case):
        """Return when it is a customer's turn; who is not stored yet has none."""
        number = case.relationship_id
        if not isinstance(number, int):
            return NO_TURN
        return number % self.rules.get_turns(interaction.company_id) * TURN

    def _get_case(self, interaction):
        """Return the ``Case`` of an interaction, the same one as long as it is stored.

        What is being filled in, in a form, may be something else the next time.
        """
        id_ = interaction.id
        if not id_:
            return self._make_case(interaction)
        if id_ not in self._cases:
            self._cases[id_] = self._make_case(interaction)
        return self._cases[id_]

    def _make_case(self, interaction):
        partner, company = interaction.partner_id, interaction.company_id
        kind = interaction.kind
        return Case(
            kind=kind,
            objective=interaction.objective or None,
            # of what does not sell, it makes no difference
            relationship_first=kind != "selling" or not interaction._may_sell_first(),
            partner=partner,
            company=company,
            relationship_id=interaction.relationship_id.id,
            wishes=self._get_wishes(partner, company),
            policy=self._get_policy(company, partner),
        )

    def reserve(self, interaction, when):
        """Count an interaction that was given a moment for those judged after it."""
        case = self._get_case(interaction)
        if case.kind != "service":
            insort(self._times[case.relationship_id], (when, interaction.id))

    def move(self, interaction, when):
        """Count an interaction for another moment than it was reserved for."""
        times = self._times[self._get_case(interaction).relationship_id]
        times[:] = [row for row in times if row[1] != interaction.id]
        self.reserve(interaction, when)

    # ------------------------------------------------------------------
    # The person who does it
    # ------------------------------------------------------------------

    def set_staff(self, staff):
        """Judge interactions for those who will make them, not for those named there.

        :param dict staff: ``{interaction: res.users}``
        """
        for contact, user in staff.items():
            self._staff[contact.id] = user
            self._replaced.pop(contact.id, None)

    def stand_in(self, staff, owner=None):
        """Judge interactions for those who make them in the place of others.

        :param dict staff: ``{interaction: res.users}``
        :param owner: ``res.users`` in whose place; those who make them so far, if not
            given; nobody's, if empty
        """
        owners = {
            contact.id: self.get_staff(contact) if owner is None else owner
            for contact in staff
        }
        self.set_staff(staff)
        self._replaced.update(owners)

    def get_staff(self, interaction):
        id_ = interaction.id
        return self._staff[id_] if id_ in self._staff else interaction.user_id

    def get_replaced(self, interaction):
        """Return in whose place an interaction is made, possibly nobody's."""
        return self._replaced.get(interaction.id, self._nobody)

    def get_workdays(self, interaction):
        """Return the ``engine.workdays.Workdays`` of who makes it, if known."""
        staff = self.get_staff(interaction)
        return self.get_workdays_of(staff, interaction.company_id)

    def get_workdays_of(self, user, company):
        """Return the ``engine.workdays.Workdays`` of a person, if they are known.

        Those of all are read at once, when the first is asked for.
        """
        if company.id not in self._workdays:
            own = self._interactions.filtered(lambda i: i.company_id == company)
            staff = company.env["res.users"].union(*map(self.get_staff, own))
            self.learn_workdays(staff, company)
        return self._workdays[company.id].get(user.id)

    def learn_workdays(self, users, company):
        """Read when these work, and who stands in for them, if it is not known yet."""
        known = self._workdays.setdefault(company.id, {})
        unknown = users.filtered(lambda user: user.id not in known)
        if unknown:
            known.update(dict.fromkeys(unknown.ids))
            for user, days in unknown._get_workdays(company, self.now).items():
                known[user.id] = days

    def _get_working_hours(self, staff, case):
        """Return when those work who make an interaction, as a window.

        Where the working hours and those of the customer have nothing in common, the
        working days count alone: an evening's call is made on one of them.
        """
        days = self._knows_work and self.get_workdays_of(staff, case.company)
        if not days:
            return None
        wishes, policy = case.wishes, case.policy
        selling = policy.selling_window if case.kind == "selling" else None
        key = (days, wishes.window, policy.waking_window, selling)
        if key not in self._working:
            others = [wishes.window or policy.waking_window, selling]
            self._working[key] = self._fit(days.window, list(filter(None, others)))
        return self._working[key]

    def are_hours_apart(self, interaction):
        """Tell whether who makes it never works when the customer may be contacted."""
        staff = self.get_staff(interaction)
        days = self._knows_work and self.get_workdays_of(staff, interaction.company_id)
        hours = self._get_working_hours(staff, self._get_case(interaction))
        return bool(days) and (hours is None or hours.weeks != days.window.weeks)

    def _fit(self, hours, others):
        """Return the hours, or their days, or None: what goes with other windows.

        Asked of usual weeks: neither an absence nor a change of the clocks months ahead
        says whether two have hours in common.
        """
        whole = [
            tuple(
                around if day else ()
                for day, around in zip(week, AROUND_THE_CLOCK, strict=True)
            )
            for week in hours.weeks
        ]
        for first, *second in (hours.weeks, whole):
            usual = Window(first, hours.tz, Days(), *second)
            opening = next_common_opening([*others, usual], self.now)
            if opening and opening - self.now <= SOON:
                return replace(usual, closed=hours.closed, shut=hours.shut)
        return None

    # ------------------------------------------------------------------
    # The customer
    # ------------------------------------------------------------------

    def _get_address(self, touchpoint):
        return get_address_of(self.rules.get_kind(touchpoint))

    # ------------------------------------------------------------------
    # The company
    # ------------------------------------------------------------------

    def _make_policy(self, company):
        caps = self.env["crm.contact.cap"].search_fetch(
            [("company_id", "=", company.id)], ["count", "days"]
        )
        return gate.Policy(
            consent_required=_get_consent_required(company),
            min_relationship_contacts=company.relationship_first_count,
            days_after_follow_up=min(company.relationship_first_days, MAX_PERIOD),
            caps=tuple((max(cap.count, 0), cap.days) for cap in caps if cap.days > 0),
        )

    def _get_policy(self, company, partner):
        """Return the company's policy, its hours on the partner's clock."""
        if partner.id not in self._zones:
            self._zones[partner.id] = partner.with_env(self.env)._get_contact_tz()
        key = (company.id, self._zones[partner.id])
        if key not in self.rules.policies:
            company = company.with_env(self.env)
            waking = company._get_waking_hours()
            tz = zone(key[1] or company._relationship_tz())
            self.rules.policies[key] = replace(
                self.rules.policies[company.id],
                waking_window=waking and Window(waking, tz),
                selling_window=self._get_window(
                    company.selling_calendar_id, partner.with_env(self.env), company
                ),
            )
        return self.rules.policies[key]

    # ------------------------------------------------------------------
    # The ledger
    # ------------------------------------------------------------------

    def _read_ledger(self, interactions):
        """Note what was done with the customers before, and what waits in queues."""
        days = max(
            (
                days
                for policy in self.rules.policies.values()
                for _n, days in policy.caps
            ),
            default=0,
        )
        since = self.now - timedelta(days=min(days, MAX_SPAN.days))
        for row in interactions._read_contact_history(since):
            relationship_id, times, ids, count, complaint = row
            self._times[relationship_id] = list(
                zip(times or (), ids or (), strict=True)
            )
            self._facts[relationship_id] = (count, complaint)
        # Nothing but selling waits for the follow-up of a purchase.
        selling = interactions.filtered(lambda i: i.kind == "selling")
        self._follow_ups = {
            relationship_id: (made, pending and not made)
            for relationship_id, made, pending in (
                selling._read_follow_ups() if selling else ()
            )
        }

    def _get_history(self, id_, relationship_id):
        count, complaint = self._facts.get(relationship_id, (0, False))
        made, pending = self._follow_ups.get(relationship_id, (None, False))
        return gate.History(
            contacts=tuple(
                moment
                for moment, other_id in self._times[relationship_id]
                if other_id != id_
            ),
            relationship_since_selling=count,
            last_purchase_follow_up=made,
            purchase_pending_follow_up=pending,
            open_complaint=complaint,
        )
