"""Nobody forgotten: the state of every customer, and the night that counts them."""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL, mute_logger

from ..models.people.care import Judgment
from .common import NOW, TODAY, RelationshipCase


class Killed(BaseException):
    """What ends a job without asking it."""


@tagged("post_install", "-at_install")
class CareCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.make_plan({"times": 1, "every": 1, "period": "month"})

    def judge(self, relationship, **expected):
        """Judge a customer and hold state, reason and day against what is expected."""
        relationship._judge_care()
        values = {"care_reason": False, "care_until": False, **expected}
        self.assertRecordValues(relationship, [values])

    def make_planned(self, days=5, **values):
        relationship = self.make_relationship(plan_id=self.plan.id, **values)
        moment = NOW + timedelta(days=days)
        self.pending(relationship).write(
            {"date_planned": moment, "date_due": moment.date()}
        )
        relationship._refresh_contact_state()
        return relationship

    def count(self, company=None):
        self.env["crm.care.day"]._count(company or self.company)
        return self.rows(company)

    def rows(self, company=None):
        """Return what was counted, as a sorted list of tuples."""
        days = self.env["crm.care.day"].search(
            [("company_id", "=", (company or self.company).id)]
        )
        names = ("segment_id", "team_id", "user_id", "care_state", "care_reason")
        return sorted(
            (str(day.date), *(str(day[name]) for name in names), day.customer_count)
            for day in days
        )


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCare(CareCase):
    def test_new_customer_without_plan(self):
        self.judge(self.make_relationship(), care_state="fault", care_reason="no_plan")

    def test_planned_and_in_time(self):
        relationship = self.make_planned()
        self.judge(relationship, care_state="planned")
        relationship.last_contact_date = TODAY - timedelta(days=30)
        self.judge(relationship, care_state="in_time")
        relationship.last_contact_date = TODAY - timedelta(days=40)
        self.judge(relationship, care_state="planned")

    def test_without_a_rhythm_once_a_year(self):
        """As for a plan of occasions."""
        relationship = self.make_relationship()
        self.make_interaction(relationship, date_due=TODAY + timedelta(days=5))
        relationship.last_contact_date = TODAY - timedelta(days=360)
        self.judge(relationship, care_state="in_time")
        relationship.last_contact_date = TODAY - timedelta(days=370)
        self.judge(relationship, care_state="planned")

    def test_state_follows_what_is_done(self):
        """No night is needed where somebody closes an interaction."""
        relationship = self.make_planned(days=-3)
        self.judge(relationship, care_state="fault", care_reason="overdue")
        interaction = self.pending(relationship)
        interaction._release()
        interaction._close_done({"outcome": "reached"})
        self.assertEqual(relationship.care_state, "in_time")
        self.assertFalse(relationship.care_reason)

    def test_nobody_serves(self):
        relationship = self.make_planned()
        relationship.user_id = False
        self.judge(relationship, care_state="fault", care_reason="no_staff")

    def test_pause(self):
        until = TODAY + timedelta(days=20)
        relationship = self.make_planned(days=-3)
        relationship.partner_id.contact_snooze_until = until
        self.judge(
            relationship,
            care_state="deferred",
            care_reason="snoozed",
            care_until=until,
        )
        relationship.partner_id.contact_snooze_until = TODAY
        self.assertNotEqual(relationship.care_reason, "no_plan")
        relationship.user_id = False
        relationship.partner_id.contact_snooze_until = until
        self.judge(relationship, care_state="fault", care_reason="no_staff")

    def test_do_not_contact(self):
        relationship = self.make_relationship()
        relationship.partner_id.write(
            {"do_not_contact": True, "do_not_contact_reason": "asked for it"}
        )
        self.judge(relationship, care_state="excluded", care_reason="do_not_contact")

    def test_refusal_on_another_record_and_its_end(self):
        """The gate has heard it; when nobody says it any more, it is over."""
        twin = self.make_customer(name="Twin", email="twin@example.com")
        partner = self.make_customer(name="Twin", email="twin@example.com")
        relationship = self.make_planned(days=0, partner=partner)
        twin.write({"do_not_contact": True, "do_not_contact_reason": "asked for it"})
        self.pending(relationship)._release()
        self.judge(relationship, care_state="excluded", care_reason="do_not_contact")
        self.schedule()
        twin.do_not_contact = False
        self.judge(relationship, care_state="planned")

    def test_no_consent_where_nothing_else_is_planned(self):
        relationship = self.make_planned(days=0)
        relationship.partner_id.consent_relationship = "refused"
        self.pending(relationship)._release()
        self.judge(relationship, care_state="excluded", care_reason="no_consent")
        service = self.make_interaction(
            relationship, kind="service", date_due=TODAY + timedelta(days=2)
        )
        self.judge(relationship, care_state="planned")
        service.date_planned = NOW - timedelta(days=2)
        relationship._refresh_contact_state()
        self.judge(relationship, care_state="fault", care_reason="overdue")

    def test_no_channel(self):
        relationship = self.make_planned(days=0)
        relationship.partner_id.refused_touchpoint_ids = self.call
        self.pending(relationship)._release()
        self.judge(relationship, care_state="fault", care_reason="no_channel")

    def test_customer_of_another_company(self):
        relationship = self.make_planned()
        relationship.partner_id.company_id = self.other_company
        self.judge(relationship, care_state="excluded", care_reason="other_company")

    def test_moved_by_the_gate(self):
        relationship = self.make_planned(days=5)
        pending = self.pending(relationship)
        moment = pending.date_planned
        pending.write(
            {
                "date_due": TODAY,
                "date_planned": moment,
                "reason_code": "too_frequent",
            }
        )
        self.judge(
            relationship,
            care_state="deferred",
            care_reason="too_frequent",
            care_until=TODAY + timedelta(days=5),
        )
        pending.write({"date_due": moment.date(), "date_planned": moment})
        self.judge(relationship, care_state="planned")

    def test_what_waits_is_no_excuse_alone(self):
        """Selling may wait for a complaint, but something else has to be planned."""
        relationship = self.make_planned(days=-3)
        self.pending(relationship).reason_code = "complaint_open"
        self.judge(relationship, care_state="fault", care_reason="overdue")
        self.make_interaction(relationship, date_due=TODAY + timedelta(days=4))
        self.judge(
            relationship,
            care_state="deferred",
            care_reason="complaint_open",
            care_until=TODAY + timedelta(days=4),
        )
        self.make_interaction(relationship, date_due=TODAY - timedelta(days=4))
        self.judge(relationship, care_state="fault", care_reason="overdue")

    def test_preview(self):
        self.company.relationship_state = "preview"
        relationship = self.make_planned(days=-3)
        self.judge(relationship, care_state="deferred", care_reason="preview")
        self.make_interaction(relationship, date_due=TODAY - timedelta(days=4))
        self.judge(relationship, care_state="fault", care_reason="overdue")

    def test_days_are_the_companys(self):
        """At seven in the evening in London it is tomorrow in Jakarta."""
        relationship = self.make_planned(days=0)
        with self.at(NOW.replace(hour=16)):
            self.judge(relationship, care_state="planned")
        with self.at(NOW.replace(hour=19)):
            relationship._refresh_contact_state()
            self.judge(relationship, care_state="fault", care_reason="overdue")

    def test_rooms_add_faults(self):
        relationship = self.make_planned()
        with patch.object(
            type(relationship),
            "_get_care_faults",
            lambda self: {"overdue": SQL("r.user_id = %s", relationship.user_id.id)},
        ):
            self.judge(relationship, care_state="fault", care_reason="overdue")
        self.judge(relationship, care_state="planned")


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCareNight(CareCase):
    def test_states_add_up_to_all_customers(self):
        self.make_planned()
        self.make_relationship(user_id=False)
        archived = self.make_relationship()
        archived.partner_id.active = False
        self.make_relationship(company=self.other_company, user_id=False)
        self.assertEqual(sum(row[-1] for row in self.count()), 2)
        self.assertEqual(sum(row[-1] for row in self.count(self.other_company)), 1)

    def test_a_night_again_gives_the_same(self):
        for _number in range(3):
            self.make_planned()
        first = self.count()
        self.assertEqual(self.count(), first)
        with self.in_days(1):
            self.count()
        self.assertEqual(len(self.rows()), 2 * len(first))

    def test_nobody_is_asked_four_questions(self):
        """Whom nothing keeps waiting costs one look into the ledger, not several."""
        for _number in range(20):
            self.make_planned()
        self.env.flush_all()
        query = Judgment(self.env).get_states(
            SQL("r.plan_id = %s AND r.active", self.plan.id)
        )
        [[[plan]]] = self.env.execute_query(
            SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", query)
        )
        nodes, looks = [plan["Plan"]], 0
        while nodes:
            node = nodes.pop()
            nodes += node.get("Plans", [])
            if node.get("Relation Name") == "crm_interaction":
                looks += node["Actual Loops"]
        self.assertLessEqual(looks, 20, "one for each customer")

    def test_killed_midway_and_run_again(self):
        """The first batch is judged, nothing is counted; then it is as if unharmed."""
        customers = self.env["crm.relationship"].union(
            *(self.make_planned(days=1) for _number in range(5))
        )
        store, batches = Judgment.store, []

        def store_once(judgment, where):
            written = store(judgment, where) if not batches else 0
            if written or batches:
                batches.append(written)
            if len(batches) > 1:
                raise Killed
            return written

        module = "odoo.addons.crm_relationship.models.people.crm_care_day"
        with self.in_days(3), patch(f"{module}.CUSTOMERS_PER_BATCH", 2):
            customers._refresh_contact_state()
            expected = customers.mapped("care_reason")
            self.assertEqual(set(expected), {"overdue"})
            customers.write({"care_state": "planned", "care_reason": False})
            self.env.flush_all()
            # `assertRaises` would take back what was committed
            with (
                patch.object(Judgment, "store", store_once),
                suppress(Killed),
            ):
                self.run_cron("care")
            self.env.invalidate_all()
            self.assertEqual(batches, [2, 0])
            self.assertEqual(
                customers.mapped("care_state"), ["fault"] * 2 + ["planned"] * 3
            )
            self.assertFalse(self.rows())
            self.run_cron("care")
            self.assertEqual(customers.mapped("care_reason"), expected)
            once = self.rows()
            self.assertEqual(sum(row[-1] for row in once), 5)
            self.run_cron("care")
            self.assertEqual(self.rows(), once)

    def test_a_count_that_does_not_add_up_is_an_error(self):
        relationship = self.make_planned()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_relationship SET care_state = 'fault', care_reason = 'gone'"
            " WHERE id = %s",
            [relationship.id],
        )
        days = self.env["crm.care.day"]
        with (
            patch.object(Judgment, "store", lambda self, where: 0),
            mute_logger("odoo.addons.crm_relationship.models.base.apart"),
        ):
            self.run_cron("care")
        self.assertIn("add up", self.company.relationship_care_failure)
        board = self.env["crm.care.report"].search(
            [("company_id", "=", self.company.id), ("care_state", "=", "total")]
        )
        self.assertIn("add up", board.failure)
        self.run_cron("care")
        self.assertFalse(self.company.relationship_care_failure)
        self.assertTrue(days.search_count([("company_id", "=", self.company.id)]))

    def test_old_days_are_thinned_out(self):
        self.make_planned()
        for day in ("2024-03-01", "2024-03-02", "2026-03-02"):
            with self.at(NOW.fromisoformat(f"{day} 05:00:00")):
                # an older clock may not take later days with it
                self.count()
        self.env["crm.care.day"]._gc_days()
        self.assertEqual({row[0] for row in self.rows()}, {"2024-03-01", "2026-03-02"})


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCareActivity(CareCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_care_user_id = cls.manager
        cls.customer = cls.make_relationship()

    def activities(self):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", self.company.partner_id.id),
                ("user_id", "=", self.manager.id),
            ]
        )

    def test_weekly_while_something_is_at_fault(self):
        self.company._tell_of_faults()
        self.assertEqual(self.activities().summary, "Customers at fault: 1")
        self.make_relationship()
        self.company._tell_of_faults()
        self.assertEqual(self.activities().summary, "Customers at fault: 2")
        self.activities().action_feedback()
        with self.in_days(3):
            self.company._tell_of_faults()
            self.assertFalse(self.activities())
        with self.in_days(7):
            self.company._tell_of_faults()
            self.assertEqual(len(self.activities()), 1)

    def test_ends_with_the_faults(self):
        self.company._tell_of_faults()
        self.customer.partner_id.active = False
        self.company._tell_of_faults()
        self.assertFalse(self.activities())

    def test_nothing_in_preview(self):
        self.company.relationship_state = "preview"
        self.company._tell_of_faults()
        self.assertFalse(self.activities())

    def test_first_administrator_where_nobody_is_named(self):
        self.company.relationship_care_user_id = False
        self.assertEqual(self.company._get_care_user(), self.manager)
        self.company.relationship_care_user_id = self.stranger
        self.assertEqual(self.company._get_care_user(), self.manager)


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCareBoard(CareCase):
    def cards(self, user=None):
        rows = self.env["crm.care.report"].with_user(user or self.manager)
        return {
            card.care_reason or card.care_state: card
            for card in rows.search([("company_id", "=", self.company.id)])
        }

    def test_cards(self):
        self.make_planned()
        self.make_planned().user_id = False
        self.make_relationship()
        self.make_relationship(company=self.other_company)
        cards = self.cards()
        self.assertEqual(
            {name: card.customer_count for name, card in cards.items()},
            {"total": 3, "no_staff": 1, "no_plan": 1, "planned": 1},
        )
        self.assertAlmostEqual(cards["total"].share, 1 / 3)
        self.assertAlmostEqual(cards["no_staff"].share, 1 / 3)
        for name, card in cards.items():
            self.assertTrue(card.note, name)
            action = card.action_view_customers()
            customers = self.env["crm.relationship"].search(action["domain"])
            self.assertEqual(len(customers), card.customer_count, name)

    def test_every_reason_has_its_place(self):
        """Every state is on the board, and every fault has a card and words."""
        report = self.env["crm.care.report"]
        states = dict(report._fields["care_state"]._description_selection(self.env))
        cards = report._get_cards()
        self.assertEqual({state for state, _reason in cards}, set(states))
        notes = report._get_notes()
        self.assertTrue(all(notes[reason or state] for state, reason in cards))

    def remedy(self, card, **values):
        action = card.action_remedy()
        wizard = (
            self.env["crm.care.remedy"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create(values)
        )
        wizard.action_apply()
        return wizard

    def test_assign(self):
        customers = self.make_planned() + self.make_planned()
        customers.user_id = False
        self.remedy(self.cards()["no_staff"], user_id=self.budi.id)
        self.assertEqual(customers.user_id, self.budi)
        self.assertEqual(set(customers.mapped("care_state")), {"planned"})
        self.assertEqual(self.pending(customers[0]).user_id, self.budi)

    def test_choose_plan(self):
        customer = self.make_relationship()
        self.remedy(self.cards()["no_plan"], plan_id=self.plan.id)
        self.assertEqual(customer.care_state, "planned")

    def test_ask_for_a_channel_once(self):
        customer = self.make_planned(days=0)
        customer.partner_id.refused_touchpoint_ids = self.call
        self.pending(customer)._release()
        for _time in range(2):
            self.remedy(self.cards()["no_channel"])
        activity = customer.partner_id.activity_ids.filtered(
            lambda a: "find out how" in a.summary.lower()
        )
        self.assertEqual(activity.user_id, self.sari)

    def test_overdue_interactions(self):
        late = self.make_planned(days=-2)
        self.make_planned()
        action = self.cards()["overdue"].action_remedy()
        self.assertEqual(
            self.env["crm.interaction"].search(action["domain"]), self.pending(late)
        )

    def test_companies_see_their_own(self):
        self.make_planned()
        self.make_relationship(company=self.other_company)
        self.count()
        self.count(self.other_company)
        for model in ("crm.care.report", "crm.care.day"):
            for user, company in (
                (self.manager, self.company),
                (self.stranger, self.other_company),
            ):
                seen = self.env[model].with_user(user)
                seen = seen.with_context(allowed_company_ids=company.ids).search([])
                self.assertEqual(seen.company_id, company)

    def test_rights(self):
        self.make_planned()
        card = self.cards()["planned"]
        for user in (self.sari, self.internal, self.portal):
            for model in ("crm.care.report", "crm.care.day", "crm.care.remedy"):
                with self.subTest(user=user.login, model=model):
                    self.assertFalse(self.env[model].with_user(user).has_access("read"))
            with self.assertRaises(AccessError):
                card.with_user(user).action_remedy()
        self.assertTrue(self.cards(self.all_documents))

    def test_remedy_of_others_customers(self):
        foreign = self.make_relationship(company=self.other_company)
        with self.assertRaises(AccessError):
            self.env["crm.care.remedy"].with_user(self.manager).create(
                {"relationship_ids": foreign.ids, "user_id": self.budi.id}
            ).action_apply()
        self.assertNotEqual(foreign.user_id, self.budi)
