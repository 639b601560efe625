"""A card of *My Day*: who, why now, what to say, what was, how, and what not to do."""

from datetime import datetime

from odoo import fields
from odoo.tools import format_date

from ..base.figures import format_count
from ..ledger import advice, complaints
from ..ledger.whatsapp import find_digits
from . import reach

# What is told as a refusal is not told by the gate once more.
TOLD = ("do_not_contact", "snoozed", "channel_refused", "no_consent", "blacklisted")
TOLD_OTHERWISE = (*TOLD, "complaint_open", "archived", "other_company")


class Card:
    """What a salesperson has to know of one interaction, in words."""

    def __init__(self, interaction, row, keeper, day):
        """
        :param interaction: a ``crm.interaction`` record whose fields are read
        :param dict row: as ``MyDay._read_rows`` gives it
        :param Gatekeeper keeper: who knows all interactions of the day
        :param MyDay day: today, and the moment
        """
        self.env = interaction.env
        self.interaction, self.row, self.keeper, self.day = (
            interaction,
            row,
            keeper,
            day,
        )
        # sudo: whoever makes the interaction is told whom to reach, and how
        self.person = interaction.partner_id.sudo()
        self.touchpoint = interaction.touchpoint_id.sudo()

    def make(self, text):
        """Return the card as the screen shows it.

        :param str text: of the plan, filled in
        """
        interaction, row = self.interaction, self.row
        return {
            "id": interaction.id,
            "name": interaction.name,
            "kind": interaction.kind,
            "is_complaint": interaction.is_complaint,
            "complaint": self._tell_complaints(),
            "who": row["who"],
            "partner_id": row["person"],
            "relationship_id": row["relationship"],
            "segment": row["segment"] or False,
            "segment_color": row["segment_color"] or 0,
            "value": row["value"],
            "is_value_off": bool(row["is_value_off"]),
            "currency": row["currency"],
            "why": self._tell_why(),
            "also": row["also"] or [],
            "guidance": row["guidance"] or "",
            "text": text or "",
            "is_about_orders": bool(interaction.enrollment_id),
            "benefit": row["benefit"] or False,
            "benefit_note": row["benefit_note"] or "",
            "talks": self._get_rows("talks"),
            "orders": self._get_rows("orders"),
            "bought": self._tell_bought(),
            "how": self._tell_how(),
            "dont": [*self._tell_refusals(), *self._tell_advice()],
            "channel_kind": self.touchpoint.kind or False,
            "channel": self.touchpoint.name or "",
            "minutes": self.touchpoint.duration,
            "attempts": interaction.attempt_count,
            "reach": self._get_buttons(),
            "phone": self.person.phone_sanitized or self.person.phone or "",
            "digits": find_digits(self.person),
            "place": ", ".join(filter(None, (row["street"], row["zip"], row["city"]))),
            "event": row["event_start"]
            and fields.Datetime.to_string(row["event_start"]),
        }

    def _get_buttons(self):
        """Return the buttons of the channels, with what speaks against each."""
        refused = {channel.kind for channel in self._find_refused()}
        return [
            {**button, "is_refused": button["kind"] in refused}
            for button in reach.get_buttons(self.person, self.touchpoint)
        ]

    def _find_refused(self):
        # sudo: channels are no secret
        channels = self.env["crm.touchpoint"].sudo()
        return channels.browse(sorted(self.keeper.voices.unite(self.person).refused))

    def _get_rows(self, name):
        """Return rows of JSON with their moments as Odoo's client reads them."""
        rows = self.row[name] or []
        for row in rows:
            row["day"] = to_text(row["day"])
        return rows

    # ------------------------------------------------------------------
    # Why now
    # ------------------------------------------------------------------

    def _tell_complaints(self):
        return complaints.word(
            self.env,
            [
                (self.interaction.company_id._relationship_day(_parse(moment)), words)
                for moment, words in self.row["complaints"] or ()
            ],
        )

    def _tell_why(self):
        """Return why this interaction, and why today, in a few words each."""
        env, row = self.env, self.row
        reasons = []
        if self.interaction.is_complaint:
            reasons.append(env._("A complaint waits for an answer"))
        elif row["order_name"]:
            reasons.append(env._("Follow-up of %(order)s", order=row["order_name"]))
        elif row["occasion"]:
            reasons.append(row["occasion"])
        elif self.interaction.kind == "selling":
            reasons.append(env._("An offer for this customer"))
        else:
            reasons.append(env._("To care for the relationship"))
        return [*reasons, *self._tell_since()]

    def _tell_since(self):
        env, today = self.env, self.day.today
        if waited := (today - self.interaction.date_due).days:
            since = format_date(env, self.interaction.date_due, date_format="d MMM")
            if waited > 0:
                yield env._("Due since %(day)s", day=since)
        if self.interaction.date_planned >= self.day.end:
            planned = self.interaction.company_id._relationship_day(
                self.interaction.date_planned
            )
            planned = format_date(env, planned, date_format="EEE d MMM")
            yield env._("Planned for %(day)s", day=planned)
        if self.interaction.attempt_count:
            yield env._(
                "Tried without an answer: %(count)s",
                count=format_count(env, self.interaction.attempt_count),
            )
        if last := self.row["last_contact_date"]:
            last = format_date(env, last, date_format="medium")
            yield env._("Last interaction on %(day)s", day=last)
        else:
            yield env._("The first interaction")

    # ------------------------------------------------------------------
    # What was bought
    # ------------------------------------------------------------------

    def _tell_bought(self):
        env, row = self.env, self.row
        if not row["order_count"]:
            return env._("No purchase in %(months)s months", months=row["months"])
        return env._(
            "Purchases in %(months)s months: %(count)s, the last on %(day)s",
            count=format_count(env, row["order_count"]),
            months=row["months"],
            day=format_date(env, row["last_order_date"], date_format="medium"),
        )

    # ------------------------------------------------------------------
    # How, and what not
    # ------------------------------------------------------------------

    def _tell_how(self):
        env, row = self.env, self.row
        return [
            text
            for name, text in (
                ("preferred", env._("Prefers: %(channel)s", channel=row["preferred"])),
                ("hours", env._("When: %(hours)s", hours=row["hours"])),
                ("tags", env._("Salesperson: %(attributes)s", attributes=row["tags"])),
            )
            if row[name]
        ]

    def _tell_refusals(self):
        """Return what the customer refuses, on whichever record it was noted."""
        env = self.env
        said = self.keeper.voices.unite(self.person)
        if said.do_not_contact:
            yield env._("Do not contact")
        if said.pause_until and said.pause_until > self.day.today:
            day = format_date(env, said.pause_until, date_format="medium")
            yield env._("Pause until %(day)s", day=day)
        if refused := self._find_refused():
            yield env._(
                "Refuses: %(channels)s", channels=", ".join(refused.mapped("name"))
            )
        if said.consent_relationship == "refused":
            yield env._("Refuses greetings, tips and questions")
        if said.consent_selling == "refused" or said.closed_to_selling:
            yield env._("No offers: the customer refused selling")
        for address, words in (
            ("email", env._("Email address on the blacklist")),
            ("phone", env._("Phone number on the blacklist")),
        ):
            if self.keeper.voices.is_blacklisted(self.person, address):
                yield words

    def _tell_advice(self):
        """Return what the gate says of this moment, unless it is told already."""
        decision = self.keeper.judge(self.interaction, self.touchpoint, self.day.now)
        if decision.allowed:
            return
        if decision.reason_code not in TOLD_OTHERWISE:
            yield advice.word(self.interaction, decision, self.keeper, self.touchpoint)
        if decision.reason_code == "complaint_open":
            yield self.env._("Sell nothing: a complaint is open")


def _parse(moment):
    """Return a moment of PostgreSQL's JSON as naive UTC."""
    return datetime.fromisoformat(moment).replace(tzinfo=None)


def to_text(moment):
    """Return a moment of PostgreSQL's JSON as Odoo's client reads it."""
    return fields.Datetime.to_string(_parse(moment).replace(microsecond=0))
