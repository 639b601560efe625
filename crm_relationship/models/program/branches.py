"""Branches: whether a step is made depends on what has become of the customer.

Asked when the step's moment has come, not before: what came of an earlier step, and who
the customer is by then, decides. Where the earlier step is not closed yet, it is waited
for.
"""

from collections import defaultdict
from datetime import timedelta

from odoo import fields
from odoo.fields import Domain

from ..base.user_filter import FilterError, UserFilter

UNMET = "condition_unmet"
OUTCOMES = [
    ("made", "was made"),
    ("reached", "reached the customer"),
    ("no_answer", "found nobody"),
    ("bounced", "did not arrive"),
    ("replied", "was replied to"),
    ("bought", "was followed by an order"),
    ("opened", "was opened"),
    ("clicked", "had its link clicked"),
]
REACHED = ("reached", "ordered", "not_now", "complaint", "solved")
ASK_AGAIN = timedelta(days=1)
FILTERS = {"condition_partner": "res.partner", "condition_order": "sale.order"}


def get_filter(step, name):
    """Return one of the filters of a step as a ``UserFilter``."""
    return UserFilter(step.env, FILTERS[name], step[name])


def filter_conditional(interactions):
    """Return those that nobody has in a queue yet and whose step has a condition."""
    return interactions.filtered(
        lambda i: i.state == "scheduled" and i.program_step_id.has_condition
    )


class Answers:
    """What the conditions of some interactions come to, in a query for each kind."""

    def __init__(self, interactions):
        """Take ``crm.interaction`` records of conditional steps, as superuser."""
        self.env = interactions.env
        self.now = fields.Datetime.now()
        self.unmet = self.early = self.blocked = self.broken = interactions.browse()
        self.early = interactions.filtered(lambda i: i.date_planned > self.now)
        for step, own in (interactions - self.early).grouped("program_step_id").items():
            try:
                self._ask(step, own)
            except FilterError:
                self.broken |= own

    def get_waiting(self):
        """Return all that are not asked yet, or cannot be."""
        return self.early | self.blocked | self.broken

    def apply(self):
        """Close what is not to be made, and let wait what is asked later."""
        if self.unmet:
            self.unmet.write({"state": "skipped", "reason_code": UNMET})
        for moment, own in self.early.grouped("date_planned").items():
            own.date_retry = moment
        again = self.now + ASK_AGAIN
        for reason, own in (("step_first", self.blocked), ("error", self.broken)):
            if own:
                own.write({"reason_code": reason, "date_retry": again})

    def _ask(self, step, interactions):
        if step.condition_step_id:
            earlier = self._read_earlier(step, interactions)
            self.blocked |= interactions.filtered(
                lambda i: earlier[i.enrollment_id]._filter_pending()
            )
            interactions -= self.blocked
            met = self._filter_met(step, interactions, earlier)
            self.unmet |= interactions - met
            interactions = met
        for name, get_records in (
            ("condition_partner", lambda i: i.relationship_id.partner_id),
            ("condition_order", lambda i: i.enrollment_id._get_followed_orders()),
        ):
            if step[name]:
                passing = self._filter_passing(step, name, interactions, get_records)
                self.unmet |= interactions - passing
                interactions = passing

    def _filter_passing(self, step, name, interactions, get_records):
        """Return the interactions of whose records one passes the filter.

        ``sudo``: it was tried with the rights of its author when it was saved.
        """
        records = {
            interaction: get_records(interaction) for interaction in interactions
        }
        model = self.env[FILTERS[name]].sudo().with_context(active_test=False)
        all_ids = model.browse().union(*records.values()).ids
        user_filter = get_filter(step, name)
        with user_filter._told_in_words():
            passing = model.search(Domain("id", "in", all_ids) & user_filter.domain)
        return interactions.filtered(lambda i: records[i] & passing)

    # ------------------------------------------------------------------
    # What came of an earlier step
    # ------------------------------------------------------------------

    def _read_earlier(self, step, interactions):
        """Return what was made of the earlier step: ``{enrollment: interactions}``"""
        earlier = self.env["crm.interaction"].search(
            [
                ("enrollment_id", "in", interactions.enrollment_id.ids),
                ("program_step_id", "=", step.condition_step_id.id),
            ]
        )
        return defaultdict(earlier.browse, earlier.grouped("enrollment_id"))

    def _filter_met(self, step, interactions, earlier):
        happened = getattr(self, f"_find_{step.condition_outcome}")(
            {i: earlier[i.enrollment_id] for i in interactions}
        )
        return interactions - happened if step.condition_negated else happened

    def _choose(self, earlier, is_so):
        chosen = [i for i, those in earlier.items() if any(map(is_so, those))]
        return self.env["crm.interaction"].union(*chosen)

    def _find_made(self, earlier):
        return self._choose(earlier, lambda e: e.state == "done")

    def _find_reached(self, earlier):
        return self._choose(
            earlier, lambda e: e.state == "done" and e.outcome in REACHED
        )

    def _find_no_answer(self, earlier):
        return self._choose(
            earlier, lambda e: e.state != "done" and bool(e.attempt_count)
        )

    def _find_bounced(self, earlier):
        return self._choose(
            earlier,
            lambda e: bool(e.failed_touchpoint_ids) or e.reason_code == "undelivered",
        )

    def _find_replied(self, earlier):
        """Whose e-mail has arrived since, on whatever record."""
        made = self._get_moments(earlier)
        if not made:
            return self._choose(earlier, lambda e: False)
        customers = self.env["res.partner"].browse(made)
        messages = self.env["mail.message"].search_fetch(
            [
                ("author_id", "child_of", customers.ids),
                ("message_type", "=", "email"),
                ("date", ">=", min(made.values())),
            ],
            ["author_id", "date"],
        )
        latest = {}
        for message in messages:
            customer = message.author_id.commercial_partner_id.id
            latest[customer] = max(message.date, latest.get(customer, message.date))
        return self._choose_later(earlier, latest)

    def _find_bought(self, earlier):
        """Who has confirmed another order since, in the same company.

        Another than those of the run itself: that of another run counts.
        """
        made = self._get_moments(earlier)
        if not made:
            return self._choose(earlier, lambda e: False)
        bought = self.env["sale.order"].search_fetch(
            [
                ("partner_id", "child_of", list(made)),
                ("state", "=", "sale"),
                ("date_order", ">=", min(made.values())),
            ],
            ["company_id", "date_order", "partner_id"],
        )
        by_customer = bought.grouped(
            lambda o: (o.partner_id.commercial_partner_id, o.company_id)
        )

        def is_followed(interaction):
            own = interaction.enrollment_id._get_followed_orders()
            others = by_customer.get(
                (interaction.customer_id, interaction.company_id), bought.browse()
            )
            latest = max((others - own).mapped("date_order"), default=None)
            return bool(latest and interaction.date_done) and (
                latest >= interaction.date_done
            )

        return self._choose(earlier, is_followed)

    def _get_moments(self, earlier):
        """Return since when a step was made for each customer: ``{id: moment}``"""
        made = {}
        for interaction, those in earlier.items():
            moments = [e.date_done for e in those if e.state == "done" and e.date_done]
            if moments:
                customer = interaction.relationship_id.partner_id.id
                made[customer] = min([*moments, made.get(customer, moments[0])])
        return made

    def _choose_later(self, earlier, latest):
        """Return those of whose customer something is known from after the step."""

        def is_later(interaction):
            moment = latest.get(interaction.customer_id.id)
            return bool(moment and interaction.date_done) and (
                moment >= interaction.date_done
            )

        return self._choose(earlier, is_later)
