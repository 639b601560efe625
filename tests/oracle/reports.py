"""What managers read of a month, a morning and the last day: counted record by record.

Written from the help of each figure, in the plainest way: it reads stored fields of the
records it is given, all of one company, and asks no report.
"""

import datetime
from collections import Counter, defaultdict
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

WELCOME = {"reached", "ordered", "solved"}
ANSWERS = WELCOME | {"not_now", "complaint"}
PENDING = {"scheduled", "open"}
REFUSED_WITHIN = datetime.timedelta(days=7)


class Records:
    """The records of a company that its reports are about.

    :param now: the moment of reading, naive UTC
    :param week_start: 0 is Monday
    """

    def __init__(self, company, now, week_start=6):
        env = company.env
        self.company, self.now = company, now
        self.zone = ZoneInfo(company.partner_id.tz or "UTC")
        self.today = self.day(now)
        back = (self.today.weekday() - week_start) % 7
        self.week = self.today - datetime.timedelta(days=back)
        own = [("company_id", "=", company.id)]
        self.customers = env["crm.relationship"].search(own)
        self.talks = env["crm.interaction"].search(own)
        self.losses = env["crm.defection"].search(own)
        self.orders = env["sale.order"].search([*own, ("state", "=", "sale")])
        self.changes = env["crm.preference.change"].search(
            [("partner_id", "in", self.customers.partner_id.ids)]
        )

    def day(self, moment):
        """Return the day of a UTC moment on the company's clock."""
        return moment.replace(tzinfo=datetime.UTC).astimezone(self.zone).date()

    def ago(self, days):
        return self.today - datetime.timedelta(days=days)

    # -- This Morning, How Am I Doing? ---------------------------------------------

    def count_morning(self, user=None):
        """Return the numbers of the page by name; with a user, of that one's own."""
        mine = {c for c in self.customers if not user or c.user_id == user}
        work = [t for t in self.talks if not user or t.user_id == user]
        about = [t for t in self.talks if t.relationship_id in mine]
        partners = {customer.partner_id for customer in mine}
        counts = Counter()
        for talk in work:
            counts.update(self._sort_promise(talk))
        for talk in about:
            said = talk.outcome == "complaint" and talk.date_done
            counts["said_complaints"] += bool(
                said and self.day(talk.date_done) >= self.ago(7)
            )
            counts["said_late"] += bool(
                talk.is_complaint_open
                and not talk.date_answered
                and talk.answer_due
                and talk.answer_due < self.now
            )
        for change in self.changes:
            if change.partner_id in partners and self.day(change.date) >= self.ago(7):
                kind = "refusals" if change.is_refusal else "preferences"
                counts[f"said_{kind}"] += 1
        counts["lost"] = sum(
            loss.relationship_id in mine and loss.date >= self.ago(30)
            for loss in self.losses
        )
        return counts | self._add_values(mine)

    def _sort_promise(self, talk):
        """Yield the numbers in which an interaction counts."""
        planned = talk.date_planned and self.day(talk.date_planned)
        end = self.week + datetime.timedelta(days=7)
        if talk.state == "open" and planned < self.ago(-7):
            yield "queue"
        if not (talk.plan_line_id or talk.program_step_id):
            return
        if talk.state == "done" and self.day(talk.date_done) >= self.week:
            yield "week_kept"
        if talk.state == "missed" and talk.date_attempt:
            if self.day(talk.date_attempt) >= self.week:
                yield "week_missed"
        if talk.state in PENDING and planned < self.today:
            yield "week_overdue"
        if talk.state in PENDING and self.today <= planned < end:
            yield "week_due"

    def _add_values(self, mine):
        at_risk = [c for c in mine if c.lifecycle_stage == "at_risk"]
        at_fault = [c for c in mine if c.care_state == "fault"]
        return Counter(
            {
                "at_risk": len(at_risk),
                "at_risk_value": sum(c.value_12m or 0 for c in at_risk),
                "fault_value": sum(c.value_12m or 0 for c in at_fault),
            }
        )

    def count_queued_hours(self):
        """Return the hours in the queues, for each of the next seven days."""
        minutes = Counter()
        for talk in self.talks:
            if talk.state == "open" and talk.user_id:
                day = max(self.day(talk.date_planned), self.today)
                minutes[day] += talk.touchpoint_id.duration
        return [round(minutes[self.ago(-day)] / 60, 1) for day in range(7)]

    # -- the digest ------------------------------------------------------------------

    def count_digest(self, since, until):
        """Return what was done between two moments, and who was lost on these days."""
        done = [
            talk
            for talk in self.talks
            if talk.date_done and since <= talk.date_done < until
        ]
        return {
            "reached": sum(t.state == "done" and not t.along_id for t in done),
            "complaints": sum(talk.outcome == "complaint" for talk in done),
            "lost": sum(
                since.date() <= loss.date < until.date() for loss in self.losses
            ),
        }

    # -- State of Our Relationships --------------------------------------------------

    def add_up_sales(self, first):
        """Return revenue and number of buyers in the month that begins on a day."""
        end = first + relativedelta(months=1)
        orders = [o for o in self.orders if first <= self.day(o.date_order) < end]
        return (
            sum(order.amount_untaxed / (order.currency_rate or 1) for order in orders),
            len({order.partner_id.commercial_partner_id for order in orders}),
        )

    def count_channels(self, first):
        """Return the figures of each channel in the month that begins on a day."""
        end = first + relativedelta(months=1)
        found = defaultdict(list)
        refused = self._find_refused()
        hour = self.company.relationship_hourly_cost
        for talk in self.talks:
            moment = {"done": talk.date_done, "missed": talk.date_attempt}.get(
                talk.state
            )
            if moment and not talk.along_id and first <= self.day(moment) < end:
                found[talk.touchpoint_id].append(talk)
        figures = {}
        for channel, talks in found.items():
            heard = [talk for talk in talks if talk.outcome in ANSWERS]
            welcome = sum(talk.outcome in WELCOME for talk in heard)
            done = [talk for talk in talks if talk.state == "done"]
            figures[channel] = {
                "count": len(talks),
                "reached": len(done) / len(talks),
                "welcome": welcome / len(heard) if heard else None,
                "cost": sum(t.cost + t.duration / 60 * hour for t in talks),
                "complaints": sum(talk.outcome == "complaint" for talk in done),
                "refusals": sum(talk in refused for talk in talks),
            }
        return figures

    def _find_refused(self):
        """Return what came last before each refusal, if within seven days."""
        found = set()
        for change in self.changes:
            if not (change.is_refusal and change.by_customer):
                continue
            before = [
                talk
                for talk in self.talks
                if talk.state == "done"
                and not talk.along_id
                and talk.relationship_id.partner_id
                == change.partner_id.commercial_partner_id
                and talk.date_done <= change.date <= talk.date_done + REFUSED_WITHIN
            ]
            found.update(sorted(before, key=lambda t: (t.date_done, t.id))[-1:])
        return found

    # -- Who Brings Customers --------------------------------------------------------

    def count_brought(self):
        """Return ``{who: (customers, buyers, orders, revenue)}`` of those brought."""
        found = defaultdict(lambda: [0, 0, 0, 0.0])
        for customer in self.customers:
            partner = customer.partner_id
            orders = [
                order
                for order in self.orders
                if order.partner_id.commercial_partner_id == partner
            ]
            amounts = [o.amount_untaxed / (o.currency_rate or 1) for o in orders]
            if by := partner.referred_by_id.commercial_partner_id:
                own = 1, bool(orders), len(orders), sum(amounts)
                found[by] = [a + b for a, b in zip(found[by], own, strict=True)]
        return {by: tuple(figures) for by, figures in found.items()}
