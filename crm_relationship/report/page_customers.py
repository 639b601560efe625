"""Sections of a page about its customers: forgotten, said, and what may be lost."""

from collections import Counter
from datetime import timedelta

from odoo import fields

from .page import DANGER, MUTED, SUCCESS, WARNING, Page, opening

SAID_DAYS = 7
LOST_DAYS = 30
# So many lines of customers, people or programs are shown; the list has them all.
SHOWN = 5
INFO = "info"
TONES = {
    "fault": DANGER,
    "deferred": WARNING,
    "planned": INFO,
    "in_time": SUCCESS,
}


class CustomerSections(Page):
    """What a page tells of its customers."""

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
            return self.nobody, MUTED
        if not faults:
            return self.env._(
                "Nobody is forgotten. Customers: %s.", self._format(total)
            ), SUCCESS
        return self.env._(
            "Customers at fault: %(count)s of %(total)s.",
            count=self._format(faults),
            total=self._format(total),
        ), DANGER

    @property
    def nobody(self):
        """What is said where there is no customer."""
        return self.env._("There is no customer yet.")

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
