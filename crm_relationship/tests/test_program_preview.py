"""What a program would bring, before anybody enters it: for all, and for one."""

from datetime import timedelta

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from ..models.program import faults
from ..models.program.preview import ProgramPreview
from .common import TODAY
from .test_program_timing import TimingCase

TABLES = (
    "crm_interaction",
    "crm_program",
    "crm_program_enrollment",
    "crm_program_preview",
    "crm_relationship",
    "mail_activity",
    "mail_mail",
    "mail_message",
    "sms_sms",
)


class PreviewCase(TimingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.contact_cap_ids.unlink()
        cls.gold = cls.make_segment("Gold")

    def members(self, count, **values):
        """Return new customers of the segment, served by Sari."""
        partners = self.env["res.partner"].create(
            [
                {"name": f"Member {n}", "email": f"{n}@example.com", **values}
                for n in range(count)
            ]
        )
        members = self.env["crm.relationship"]._ensure(partners, self.company)
        members.write({"user_id": self.sari.id})
        members.sudo().segment_id = self.gold
        return members

    def cap(self, count, days):
        return self.env["crm.contact.cap"].create(
            {"company_id": self.company.id, "count": count, "days": days}
        )

    def preview(self, program):
        self.env.flush_all()
        return ProgramPreview(program.with_user(self.manager), self.company)

    def for_gold(self, *steps, **values):
        return self.program_of(*steps, segment_ids=self.gold.ids, **values)


@tagged("post_install", "-at_install")
class TestPreviewOfAll(PreviewCase):
    def test_who_would_enter(self):
        self.members(3)
        self.members(2, do_not_contact=True)
        inside = self.members(1)
        program = self.for_gold({})
        program._enroll(inside)
        program.holdout_share = 20
        preview = self.preview(program)
        self.assertEqual((preview.total, preview.inside, preview.aside), (6, 1, 1))
        self.assertEqual(preview.entering, 4)
        self.assertEqual(preview.states["refused"], 2)
        self.assertIn(("Would enter", "4", False), preview.get_values()["target"])

    def test_who_may_not_enter_again(self):
        first = self.members(2)[0]
        program = self.for_gold({}, reenroll="never")
        program._enroll(first)._stop("by_hand")
        self.assertEqual(self.preview(program).entering, 1)
        program.reenroll = "always"
        self.assertEqual(self.preview(program).entering, 2)

    def test_contacts_of_each_week(self):
        self.members(4)
        self.members(1, do_not_contact=True)
        program = self.for_gold({}, {"delay": 3}, {"delay": 10})
        preview = self.preview(program)
        self.assertEqual(preview.contacts[False][0], 4)
        self.assertEqual(preview.contacts[False][3], 4)
        first, second = preview.get_values()["weeks"]
        self.assertEqual((first["entering"], first["most"]), ("5", "4"))
        self.assertEqual((second["entering"], second["daily"]), ("0", "0.6"))

    def test_at_most_so_many_a_day(self):
        self.members(5)
        program = self.for_gold({}, daily_limit=2, date_start=TODAY + timedelta(days=1))
        preview = self.preview(program)
        self.assertEqual(preview.days[:5], [0, 2, 2, 1, 0])
        self.assertIn("at most 2 enter a day", preview.get_values()["pace"])
        self.assertIn("04/03/2026", preview.get_values()["pace"])

    def test_by_what_starts_it(self):
        members = self.members(2)
        for member in members:
            self.make_order(member.partner_id, days_ago=10)
        program = self.for_gold({}, trigger="sale_confirmed")
        preview = self.preview(program)
        self.assertAlmostEqual(sum(preview.days), 2)
        self.assertIn("a week", preview.get_values()["pace"])
        program = self.for_gold({}, trigger="complaint")
        preview = self.preview(program)
        self.assertFalse(any(preview.days))
        self.assertIn("Nothing of the last", preview.get_values()["pace"])

    def test_not_after_its_end(self):
        for member in self.members(2):
            self.make_order(member.partner_id, days_ago=10)
        program = self.for_gold(
            {}, trigger="sale_confirmed", date_end=TODAY + timedelta(days=6)
        )
        days = self.preview(program).days
        self.assertTrue(all(days[:7]))
        self.assertFalse(any(days[7:]))

    def test_minutes_against_the_time_of_the_people(self):
        self.call.duration = 30
        self.members(4)
        program = self.for_gold({})
        preview = self.preview(program)
        self.assertEqual(preview.minutes[self.sari.id][0], 120)
        week = preview.get_values()["weeks"][0]
        self.assertEqual(week["asked"], "2")
        self.assertFalse(week["is_short"])
        self.company.relationship_minutes_day = 1
        preview = self.preview(program)
        self.assertTrue(preview.get_values()["weeks"][0]["is_short"])
        self.assertIn("too little time", " ".join(preview.get_values()["doubts"]))

    def test_time_that_is_asked_for_already(self):
        self.call.duration = 30
        members = self.members(4)
        free = self.preview(self.for_gold({})).free
        self.for_gold({})._enroll(members)
        less = self.preview(self.for_gold({})).free
        self.assertLess(less[0], free[0])

    def test_messages_take_nobodys_time(self):
        self.members(2)
        program = self.for_gold(
            {
                "touchpoint_ids": [Command.set(self.email.ids)],
                "mail_template_id": self.mail_template.id,
            }
        )
        preview = self.preview(program)
        self.assertFalse(preview.minutes)
        self.assertEqual(preview.contacts[True][0], 2)

    def test_without_an_address_somebody_calls_and_nothing_is_sent(self):
        """It comes as it was foreseen."""
        self.members(2)
        self.members(1, email=False, phone=False)
        message = {
            "delay": 0,
            "touchpoint_ids": [Command.set(self.email.ids)],
            "mail_template_id": self.mail_template.id,
        }
        program = self.for_gold(message, {"delay": 0}, trigger="manual")
        preview = self.preview(program)
        self.assertEqual(preview.contacts[True][0], 2)
        self.assertEqual(preview.contacts[False][0], 3)
        self.assertEqual(preview.contacted, 3)
        minutes = sum(weeks[0] for weeks in preview.minutes.values())
        self.assertEqual(minutes, 3 * self.call.duration)
        members = self.env["crm.relationship"].search(
            [("segment_id", "=", self.gold.id)]
        )
        made = program._enroll(members).interaction_ids
        made._release()
        by_message = made.filtered("program_step_id.mail_template_id")
        self.assertEqual(set((made - by_message).mapped("state")), {"open"})
        self.assertEqual(
            sorted(by_message.mapped(lambda i: i.reason_code or "")),
            ["", "", "no_address"],
        )

    def test_cost_against_the_budget(self):
        self.members(4)
        program = self.for_gold({})
        each = program._get_cost_per_customer(self.company)
        preview = self.preview(program)
        self.assertAlmostEqual(preview.cost[1], 4 * each)
        self.assertNotIn("budget", " ".join(preview.get_values()["doubts"]))
        program.budget = 3 * each
        doubts = self.preview(program).get_values()["doubts"]
        self.assertIn("more than its budget", " ".join(doubts))
        program.budget = 4 * each
        doubts = self.preview(program).get_values()["doubts"]
        self.assertNotIn("budget", " ".join(doubts))

    def test_other_programs(self):
        members = self.members(3)
        other = self.program_of({}, name="Win-back")
        other._enroll(members[:2])
        shown = self.preview(self.for_gold({})).get_values()["overlaps"]
        self.assertEqual(shown, ["2 of these customers are in “Win-back”."])

    def test_limits_that_would_be_exceeded(self):
        """Counted once more, day by day, for each customer."""
        self.cap(3, 7)
        members = self.members(5)
        planned = ([], [1], [1, 5], [6, 9, 12], [-2, -1, 0])
        for member, days in zip(members, planned, strict=True):
            for day in days:
                self.make_interaction(
                    member,
                    date_planned=self.company._relationship_time(
                        TODAY + timedelta(days=max(day, 0)), hour=9
                    ),
                )
            for interaction, day in zip(member.interaction_ids, days, strict=True):
                if day < 0:
                    interaction.write(
                        {
                            "state": "done",
                            "date_done": self.company._relationship_time(
                                TODAY + timedelta(days=day), hour=9
                            ),
                        }
                    )
        own = [0, 3, 8]
        program = self.for_gold(*({"delay": day} for day in own))
        expected = sum(
            any(
                sum(first <= day < first + 7 for day in days + own) > 3
                and any(first <= day < first + 7 for day in own)
                for first in days + own
            )
            for days in planned
        )
        preview = self.preview(program)
        [count] = preview.over.values()
        self.assertEqual(count, expected)
        self.assertTrue(0 < expected < 5)
        [told] = preview.get_values()["limits"]
        self.assertIn(f"{expected} would exceed 3 interactions in 7 days", told)

    def test_steps_that_exceed_a_limit_by_themselves(self):
        cap = self.cap(2, 7)
        self.members(3)
        program = self.for_gold({}, {"delay": 1}, {"delay": 6})
        self.assertEqual(self.preview(program).over, {cap: 3})
        program.step_ids[2].delay = 7
        self.assertEqual(self.preview(program).over, {cap: 0})

    def test_nobody(self):
        values = self.preview(self.for_gold({})).get_values()
        self.assertIn("Nobody is in the target at present.", values["doubts"])
        self.assertFalse(values["weeks"])

    def test_nobody_who_could_be_contacted(self):
        self.members(2, do_not_contact=True)
        values = self.preview(self.for_gold({})).get_values()
        self.assertIn("Nobody in the target could be contacted.", values["doubts"])

    def test_queries_do_not_depend_on_the_customers(self):
        self.cap(3, 7)
        program = self.for_gold({}, {"delay": 3})

        def count():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.preview(program).get_values()
            return self.env.cr.sql_log_count - before

        self.members(1)
        count()
        few = count()
        self.members(20)
        self.assertEqual(count(), few)


@tagged("post_install", "-at_install")
class TestFaults(PreviewCase):
    def assertFault(self, program, words):
        self.assertIn(words, " ".join(faults.find(program)))

    def test_none(self):
        self.assertFalse(faults.find(self.for_gold({})))

    def test_over(self):
        program = self.for_gold({}, date_start=False)
        program.date_end = TODAY - timedelta(days=1)
        self.assertFault(program, "is over since")

    def test_archived(self):
        benefit = self.env["crm.benefit"].create({"name": "Free strings"})
        template = self.mail_template.copy({"name": "Old letter"})
        program = self.for_gold(
            {"mail_template_id": template.id},
            {"touchpoint_ids": [Command.set(self.visit.ids)]},
            benefit_ids=benefit.ids,
        )
        for record in (benefit, template, self.visit, self.gold):
            with self.subTest(record=record._name):
                name = record.display_name
                record.sudo().active = False
                self.env.flush_all()
                self.env.invalidate_all()
                self.assertFault(program, f"“{name}”, which is archived")
                record.sudo().active = True

    def test_placeholder_that_leads_nowhere_by_now(self):
        template = self.mail_template.copy()
        program = self.for_gold({"mail_template_id": template.id})
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE mail_template SET subject = %s WHERE id = %s",
                '{"en_US": "Hi {{ object.nickname }}"}',
                template.id,
            )
        )
        self.env.invalidate_all()
        self.assertFault(program, "object.nickname")

    def test_benefit_without_a_budget(self):
        benefit = self.env["crm.benefit"].create({"name": "Strings", "cost": 5})
        program = self.for_gold({"benefit_id": benefit.id})
        self.assertIn("no budget", " ".join(faults.find_doubts(program)))
        program.budget = 100
        self.assertNotIn("no budget", " ".join(faults.find_doubts(program)))

    def test_automatic_without_a_message(self):
        program = self.for_gold({"touchpoint_ids": [Command.set(self.email.ids)]})
        self.assertIn("has no message", " ".join(faults.find_doubts(program)))

    def test_plan_that_greets_on_the_same_day(self):
        occasion = self.env.ref("crm_relationship.crm_occasion_birthday")
        program = self.for_gold({}, trigger="occasion", occasion_id=occasion.id)
        lines = self.env["crm.contact.plan.line"].search(
            [("occasion_id", "=", occasion.id)]
        )
        lines.active = False
        self.assertNotIn("twice", " ".join(faults.find_doubts(program)))
        plan = self.make_plan({"occasion_id": occasion.id}, name="Birthdays")
        self.assertIn("“Birthdays” greets", " ".join(faults.find_doubts(program)))
        plan.company_id = self.other_company
        self.assertNotIn("twice", " ".join(faults.find_doubts(program)))

    def test_filter_that_cannot_be_read_any_more(self):
        program = self.for_gold({})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_program SET partner_domain = %s WHERE id = %s",
            ["[('x_gone', '=', 1)]", program.id],
        )
        self.env.invalidate_all()
        page = program.with_user(self.manager).get_preview()
        self.assertIn("cannot be read", page["html"])
        self.assertFalse(page["customer"])


@tagged("post_install", "-at_install")
class TestPreviewOfOne(PreviewCase):
    def setUp(self):
        super().setUp()
        self.member = self.members(1)
        self.member.partner_id.phone = "+62 812-1111-2222"

    def rows(self, program, customer=None):
        """Return what is shown of each step, as one text each."""
        shown = program.with_user(self.manager).get_customer_preview(
            (customer or self.member).id
        )
        steps = html.fromstring(f"<div>{shown}</div>").xpath(
            "//li[contains(@class, 'o_crm_preview_step')]"
        )
        return [" ".join(step.text_content().split()) for step in steps]

    def test_day_channel_person_and_text(self):
        program = self.for_gold(
            {"talk_text": "Hello {customer}"},
            {
                "delay": 3,
                "touchpoint_ids": [Command.set(self.email.ids)],
                "mail_template_id": self.mail_template.id,
            },
        )
        first, second = self.rows(program)
        self.assertIn("03/31/2026 Step 0 Call by Sari", first)
        self.assertIn("Hello Member 0", first)
        self.assertIn("04/03/2026 Step 1 Email sent automatically", second)
        self.assertIn("Email: ", second)

    def test_refused(self):
        self.member.partner_id.do_not_contact = True
        [shown] = self.rows(self.for_gold({}))
        self.assertIn("Would not come", shown)

    def test_has_to_wait(self):
        self.member.partner_id.contact_snooze_until = TODAY + timedelta(days=9)
        first, second = self.rows(
            self.for_gold({}, {"delay": 1, "expires": "days", "expires_days": 2})
        )
        self.assertIn("Due on 03/31/2026, but has to wait", first)
        self.assertNotIn("Would not come", first)
        self.assertIn("Would not come: Too late", second)

    def test_condition(self):
        program = self.for_gold({}, {"delay": 3})
        program.step_ids[1].write(
            {"condition_step_id": program.step_ids[0].id, "condition_outcome": "bought"}
        )
        self.assertIn("Only if “Step 0” had this outcome", self.rows(program)[1])

    def test_whose_day_is_past(self):
        occasion = self.env["crm.occasion"].create({"name": "B", "kind": "birthday"})
        program = self.for_gold(
            {"delay": 10, "delay_from": "before"},
            {},
            trigger="occasion",
            occasion_id=occasion.id,
        )
        self.assertIn("Its day is past", self.rows(program)[0])

    def test_not_in_the_target(self):
        other = self.make_relationship(self.partner)
        program = self.for_gold({})
        shown = program.with_user(self.manager).get_customer_preview(other.id)
        self.assertIn("not in the target", shown)

    def test_goes_through_it_already(self):
        program = self.for_gold({}, {"delay": 2})
        program._enroll(self.member)
        self.assertEqual(len(self.rows(program)), 2)

    def test_nothing_is_written(self):
        program = self.for_gold({}, {"delay": 2}).with_user(self.manager)

        def read():
            self.env.flush_all()
            self.env.invalidate_all()
            for table in TABLES:
                self.env.cr.execute(
                    SQL("SELECT * FROM %s ORDER BY id", SQL.identifier(table))
                )
                yield self.env.cr.fetchall()

        before = list(read())
        program.action_open_preview()
        program.get_preview()
        program.get_customer_preview(self.member.id)
        self.assertEqual(list(read()), before)

    def test_bad_input(self):
        program = self.for_gold({}).with_user(self.manager)
        for wrong in (False, "1", [1], 0):
            with self.subTest(wrong=wrong), self.assertRaises(UserError):
                program.get_customer_preview(wrong)
        with self.assertRaises(MissingError):
            program.get_customer_preview(2**31 - 1)


@tagged("post_install", "-at_install")
class TestPreviewRights(PreviewCase):
    def test_salespeople_see_none(self):
        program = self.for_gold({})
        for user in (self.sari, self.all_documents, self.internal, self.portal):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                program.with_user(user).get_preview()

    def test_program_of_another_company(self):
        program = self.for_gold({}, company_id=self.company.id)
        theirs = program.with_user(self.stranger).with_context(
            allowed_company_ids=self.other_company.ids
        )
        with self.assertRaises(AccessError):
            theirs.get_preview()
        with self.assertRaises(AccessError):
            theirs.get_customer_preview(self.members(1).id)

    def test_program_of_all_companies(self):
        """Whoever works in another company learns of its own customers alone."""
        member = self.members(3)[0]
        self.program_of({}, name="Win-back", company_id=self.company.id)._enroll(member)
        program = self.for_gold({})
        theirs = program.with_user(self.stranger).with_context(
            allowed_company_ids=self.other_company.ids
        )
        page = theirs.get_preview()
        self.assertIn("Nobody is in the target", page["html"])
        self.assertNotIn("Win-back", page["html"])
        self.assertFalse(page["customer"])
        with self.assertRaises(AccessError):
            theirs.get_customer_preview(member.id)

    def test_customer_of_another_company(self):
        program = self.for_gold({}, company_id=self.company.id)
        both = (self.company + self.other_company).ids
        self.manager.company_ids = [Command.set(both)]
        theirs = self.make_relationship(company=self.other_company)
        manager = program.with_user(self.manager).with_context(allowed_company_ids=both)
        with self.assertRaisesRegex(UserError, "Choose a customer of"):
            manager.get_customer_preview(theirs.id)
