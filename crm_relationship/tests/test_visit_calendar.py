"""A visit of the queue and its event in the calendar: what happens to one, to both."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .common import NOW
from .test_my_day import MyDayCase


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestVisitCalendar(MyDayCase):
    """Sari's visit today at 10:15 of Jakarta stands in her calendar."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.visit.duration = 45
        cls.interaction = cls.due(touchpoint=cls.visit)
        my_day = (
            cls.env["crm.my.day"].with_user(cls.sari).with_context(tz="Asia/Jakarta")
        )
        my_day.plan_visit(cls.interaction.id)
        cls.event = cls.interaction.event_id

    def as_user(self, user=None):
        return self.event.with_user(user or self.sari)

    def drag(self, user=None, **ahead):
        moment = self.event.start + timedelta(**ahead)
        self.as_user(user).write(
            {"start": moment, "stop": moment + timedelta(minutes=45)}
        )
        return moment

    # ------------------------------------------------------------------
    # In the calendar
    # ------------------------------------------------------------------

    def test_dragged(self):
        self.interaction._release_again()  # an activity, as the release makes it
        moment = self.drag(days=2, hours=1)
        self.assertRecordValues(
            self.interaction,
            [
                {
                    "date_planned": moment,
                    "date_asked": moment,
                    "state": "open",
                    "user_id": self.sari.id,
                    "event_id": self.event.id,
                }
            ],
        )
        self.assertEqual(self.interaction.activity_id.date_deadline, moment.date())
        self.assertEqual(self.get_day()["ahead"], 1)

    def test_longer_only(self):
        before = self.interaction.date_planned
        self.as_user().stop += timedelta(hours=1)
        self.assertEqual(self.interaction.date_planned, before)

    def test_a_whole_day(self):
        day = self.event.start.date() + timedelta(days=2)
        self.as_user().write({"allday": True, "start_date": day, "stop_date": day})
        planned = self.company._relationship_time(day)
        self.assertEqual(self.interaction.date_planned, planned)
        self.interaction._postpone(day + timedelta(days=1))
        self.assertEqual(self.event.start_date, day + timedelta(days=1))
        self.assertTrue(self.event.allday)

    def test_the_gate_says_what_it_would_say(self):
        told = []
        self.patch(
            type(self.env["res.users"]),
            "_bus_send",
            lambda _self, kind, message, **_: told.append((kind, message)),
        )
        self.drag(days=1)
        self.assertFalse([t for t in told if t[0] == "simple_notification"])
        self.interaction.partner_id.contact_snooze_until = NOW.date() + timedelta(9)
        self.drag(days=-5)
        [(_kind, message)] = [t for t in told if t[0] == "simple_notification"]
        self.assertEqual(message["type"], "warning")
        self.assertIn("Ibu Sri", message["message"])

    def test_too_far_ahead(self):
        with self.assertRaisesRegex(UserError, "years ahead"):
            self.drag(days=9000)

    def test_deleted(self):
        self.as_user().unlink()
        self.assertFalse(self.interaction.event_id)
        self.assertEqual(self.interaction.state, "open")
        self.assertFalse(self.interaction.date_asked)
        self.assertEqual(self.names(), ["Ibu Sri"])
        self.assertFalse(self.card(self.interaction)["event"])

    def test_deleted_on_a_day_off(self):
        """Back in the queue it finds a working day again."""
        self.drag(days=4)  # a Saturday
        self.as_user().unlink()
        deadline = self.interaction.activity_id.date_deadline
        self.assertLess(deadline.weekday(), 5)

    def test_archived(self):
        self.as_user().active = False
        self.assertFalse(self.interaction.event_id)
        self.assertEqual(self.interaction.state, "open")
        self.drag(days=3)
        self.assertNotEqual(self.interaction.date_planned, self.event.start)

    def test_an_old_one_is_tidied_up(self):
        planned = self.interaction.date_planned
        with self.in_days(2):
            self.as_user().unlink()
        self.assertEqual(self.interaction.date_planned, planned)
        self.assertFalse(self.interaction.event_id)

    def test_a_closed_one_stays(self):
        self.interaction._close_done({"outcome": "reached"})
        done = self.interaction.date_done
        self.drag(days=1)
        self.as_user().unlink()
        self.assertRecordValues(
            self.interaction, [{"state": "done", "date_done": done}]
        )

    def test_a_colleague_goes(self):
        self.as_user().write(
            {
                "partner_ids": [
                    Command.unlink(self.sari.partner_id.id),
                    Command.link(self.budi.partner_id.id),
                ]
            }
        )
        self.assertEqual(self.interaction.user_id, self.budi)
        self.assertEqual(self.event.user_id, self.budi)
        self.assertEqual(self.names(self.budi), ["Ibu Sri"])

    def test_another_organizer(self):
        self.as_user().write(
            {
                "user_id": self.budi.id,
                "partner_ids": [Command.link(self.budi.partner_id.id)],
            }
        )
        self.assertEqual(self.interaction.user_id, self.budi)

    def test_someone_comes_along(self):
        self.as_user().partner_ids += self.budi.partner_id
        self.assertEqual(self.interaction.user_id, self.sari)

    def test_nobody_goes(self):
        self.as_user().partner_ids = self.interaction.partner_id
        self.assertFalse(self.interaction.event_id)
        self.assertRecordValues(
            self.interaction, [{"state": "open", "user_id": self.sari.id}]
        )

    def test_the_customer_declines(self):
        self.as_user().partner_ids += self.interaction.partner_id
        guest = self.event.attendee_ids.filtered(
            lambda a: a.partner_id == self.interaction.partner_id
        )
        self.assertTrue(self.interaction.event_id)
        guest.do_decline()
        self.assertFalse(self.interaction.event_id)
        self.assertEqual(self.interaction.state, "open")

    # ------------------------------------------------------------------
    # In the ledger
    # ------------------------------------------------------------------

    def test_passed_on(self):
        self.interaction.with_user(self.sari).user_id = self.budi
        self.assertEqual(self.event.user_id, self.budi)
        self.assertEqual(self.event.partner_ids, self.budi.partner_id)

    def test_moved_by_the_release(self):
        """Who stands in finds it in the calendar; it is the same appointment."""
        self.sari.deputy_id = self.budi
        start = self.event.start
        self.sari._note_absence(NOW.date(), NOW.date(), None, self.company)
        self.assertEqual(self.interaction.user_id, self.budi)
        self.assertEqual(self.event.user_id, self.budi)
        self.assertEqual(self.event.start, self.interaction.date_planned)
        self.assertGreaterEqual(self.event.start, start - timedelta(minutes=15))

    def test_waits_for_its_salesperson(self):
        self.sari._note_absence(NOW.date(), NOW.date(), None, self.company)
        self.assertEqual(self.event.user_id, self.sari)
        self.assertEqual(self.event.start, self.interaction.date_planned)
        self.assertGreater(self.event.start.date(), NOW.date())

    def test_nothing_but_people_moves_an_appointment(self):
        self.assertEqual(self.interaction.date_asked, self.event.start)

    # ------------------------------------------------------------------
    # Who may
    # ------------------------------------------------------------------

    def test_colleagues_may_not(self):
        """Odoo lets every employee write on every meeting."""
        planned = self.interaction.date_planned
        for attack in (
            lambda event: event.write({"start": event.start + timedelta(days=1)}),
            lambda event: event.write({"active": False}),
            lambda event: event.write({"user_id": self.budi.id}),
            lambda event: event.write(
                {"partner_ids": [Command.set(self.budi.partner_id.ids)]}
            ),
            lambda event: event.unlink(),
        ):
            with self.assertRaisesRegex(AccessError, "is a visit of"):
                attack(self.as_user(self.budi))
        self.as_user(self.budi).description = "Bring the guitar"
        self.assertRecordValues(
            self.interaction,
            [{"date_planned": planned, "event_id": self.event.id}],
        )

    def test_managers_may(self):
        moment = self.drag(self.all_documents, days=1)
        self.assertEqual(self.interaction.date_planned, moment)

    def test_other_meetings_are_left_alone(self):
        meeting = self.event.copy()
        meeting.with_user(self.budi).start += timedelta(days=1)
        meeting.with_user(self.budi).unlink()
        self.assertEqual(self.interaction.event_id, self.event)
