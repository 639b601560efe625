"""Random customers: each in exactly one state, that of an independent computation."""

import random
from collections import Counter
from datetime import timedelta

from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from .common import NOW, TODAY, RelationshipCase

CUSTOMERS = 400
REASONS = (
    None,
    None,
    None,
    "snoozed",
    "too_frequent",
    "outside_window",
    "complaint_open",
    "relationship_first",
    "step_first",
    "error",
    "absent",
    "over_capacity",
)
CLOSED = (
    ("done", None),
    ("done", None),
    ("missed", "no_answer"),
    ("skipped", "no_consent"),
    ("skipped", "no_consent"),
    ("skipped", "channel_refused"),
    ("skipped", "do_not_contact"),
    ("skipped", "other_company"),
    ("skipped", "already_sent"),
)
KINDS = ("relationship", "selling", "service")


@freeze_time(NOW)
@tagged("post_install", "-at_install", "crm_relationship_oracle")
class TestCareRandom(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plans = [
            cls.make_plan({"times": 1, "every": 1, "period": "month"}),
            cls.make_plan(
                {"times": 2, "every": 1, "period": "week"},
                {"times": 1, "every": 3, "period": "month"},
            ),
        ]

    def make_customers(self, dice):
        """Return {relationship: what the independent computation is told of it}."""
        values = [{"name": f"Customer {n}"} for n in range(CUSTOMERS)]
        partners = self.env["res.partner"].create(values)
        relationships = self.env["crm.relationship"]._ensure(partners, self.company)
        facts = {r: self.draw(dice, r) for r in relationships.sorted("id")}
        self.env.flush_all()
        self.env.invalidate_all()
        # without statistics PostgreSQL compares each row with every other
        self.env.cr.execute("ANALYZE crm_interaction, crm_relationship, res_partner")
        relationships._refresh_contact_state()
        return facts

    def draw(self, dice, relationship):
        from oracle.care import Customer

        partner, plan = relationship.partner_id, dice.choice([*self.plans, None])
        row = {
            "user_id": dice.choice([None, self.sari.id, self.sari.id, self.sari.id]),
            "plan_id": plan and plan.id,
        }
        refuses, elsewhere = dice.random() < 0.05, dice.random() < 0.05
        pause = dice.choice([None] * 6 + [TODAY, TODAY + timedelta(days=9)])
        said = {
            kind: dice.choice(["unknown", "granted", "refused"]) for kind in KINDS[:2]
        }
        self.store(
            "res_partner",
            partner.id,
            do_not_contact=refuses,
            contact_snooze_until=pause,
            company_id=self.other_company.id if elsewhere else None,
            **{f"consent_{kind}": answer for kind, answer in said.items()},
        )
        self.store("crm_relationship", relationship.id, **row)
        last, closed = self.draw_closed(dice, relationship)
        line = plan and plan.line_ids.sorted("interval_length")[0]
        return Customer(
            today=TODAY,
            served=bool(row["user_id"]),
            has_plan=bool(plan),
            months=line.interval_months if plan else 12,
            days=line.interval_days if plan else 0,
            refuses=refuses,
            elsewhere=elsewhere,
            pause=pause,
            consents={
                "service": True,
                "relationship": said["relationship"] != "refused",
                "selling": said["selling"] == "granted",
            },
            live=self.company.relationship_state == "live",
            last=last,
            closed=closed,
            pending=[
                self.draw_pending(dice, relationship)
                for _n in range(dice.choice([0, 1, 1, 2, 3]))
            ],
        )

    def draw_closed(self, dice, relationship):
        from oracle.care import Closed

        last, closed, due = None, None, TODAY - timedelta(days=200)
        for _n in range(dice.choice([0, 1, 2])):
            due += timedelta(days=dice.randint(1, 99))
            state, reason = dice.choice(CLOSED)
            kind = dice.choice(KINDS)
            moment = NOW.replace(year=due.year, month=due.month, day=due.day)
            self.insert(
                relationship,
                state=state,
                kind=kind,
                reason_code=reason,
                date_due=due,
                date_planned=moment,
                date_done=moment if state == "done" else None,
            )
            if state == "done":
                last = due
            closed = Closed(state == "skipped", kind, reason)
        return last, closed

    def draw_pending(self, dice, relationship):
        from oracle.care import Pending

        moment = NOW + timedelta(days=dice.randint(-6, 12))
        drawn = Pending(
            day=moment.date(),
            due=moment.date() - timedelta(days=dice.choice([0, 0, 3, 9])),
            kind=dice.choice(KINDS),
            reason=dice.choice(REASONS),
            in_queue=dice.random() < 0.3,
            by_system=dice.random() < 0.7,
            retry=dice.choice([None, TODAY + timedelta(days=1)]),
        )
        self.insert(
            relationship,
            state="open" if drawn.in_queue else "scheduled",
            kind=drawn.kind,
            reason_code=drawn.reason,
            date_due=drawn.due,
            date_planned=moment,
            date_retry=drawn.retry and NOW.combine(drawn.retry, NOW.time()),
            create_uid=None if drawn.by_system else self.sari.id,
        )
        return drawn

    def store(self, table, id_, **values):
        """Write as it may stand in the database, whatever a form would refuse."""
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = %s",
                SQL.identifier(table),
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(k), v) for k, v in values.items()
                ),
                id_,
            )
        )

    def insert(self, relationship, **values):
        row = {
            "relationship_id": relationship.id,
            "company_id": self.company.id,
            "partner_id": relationship.partner_id.id,
            "name": "A word",
            **values,
        }
        self.env.cr.execute(
            SQL(
                "INSERT INTO crm_interaction (%s) VALUES (%s)",
                SQL(", ").join(map(SQL.identifier, row)),
                SQL(", ").join(SQL("%s", value) for value in row.values()),
            )
        )

    def assert_as_computed(self, seed, seen):
        from oracle.care import care

        facts = self.make_customers(random.Random(seed))
        self.env.flush_all()
        for relationship, customer in facts.items():
            found = (
                relationship.care_state,
                relationship.care_reason or None,
                relationship.care_until or None,
            )
            self.assertEqual(found, care(customer), f"seed {seed}: {customer}")
            seen[found[:2]] += 1
        self.env["crm.care.day"]._count(self.company)
        days = self.env["crm.care.day"].search([("company_id", "=", self.company.id)])
        customers = [("company_id", "=", self.company.id), ("active", "=", True)]
        self.assertEqual(
            sum(days.mapped("customer_count")),
            self.env["crm.relationship"].search_count(customers),
        )

    def test_every_customer_is_in_the_state_that_was_computed(self):
        self.company.consent_policy_selling = "opt_in"
        seen = Counter()
        self.assert_as_computed(1, seen)
        self.assert_as_computed(2, seen)
        self.company.relationship_state = "preview"
        self.assert_as_computed(3, seen)
        every = {
            reason
            for reason, _l in self.env["crm.care.day"]._get_selection("care_reason")
        }
        self.assertEqual({reason for _state, reason in seen} - {None}, every)
        self.assertEqual(
            {state for state, _reason in seen},
            {"fault", "deferred", "excluded", "planned", "in_time"},
        )
