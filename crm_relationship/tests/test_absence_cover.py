"""Taking over for somebody for some days, and the dialog in which people say so."""

from datetime import date
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.modules.module import load_script
from odoo.tests import freeze_time, new_test_user, tagged
from odoo.tools import mute_logger

from .common import NOW, TODAY, RelationshipCase, own_login
from .common_absence import AbsenceCase, day


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestCover(AbsenceCase):
    """Take over from … to …, by a manager's word."""

    def cover(self, first, last, user=None, **values):
        return (
            self.env["crm.staff.cover"]
            .with_user(user or self.manager)
            .create(
                {
                    "user_id": self.sari.id,
                    "stand_in_id": self.dewi.id,
                    "day_from": day(first),
                    "day_to": day(last),
                    **values,
                }
            )
        )

    def test_due_meanwhile(self):
        before, within = self.make_queued(on=0), self.make_queued(on=1)
        after = self.make_queued(on=3)
        self.cover(1, 2)
        self.assert_with(before + after, self.sari)
        self.assert_with(within, self.dewi, on=1, instead_of=self.sari)
        planned = self.make_queued(on=2)
        self.assert_with(planned, self.dewi, on=2, instead_of=self.sari)

    def test_it_comes_before_the_profile(self):
        call = self.make_queued(on=1)
        self.absent(self.sari, 0, 3)
        self.assert_with(call, self.budi, on=1, instead_of=self.sari)
        cover = self.cover(1, 2)
        self.assert_with(call, self.dewi, on=1, instead_of=self.sari)
        cover.unlink()
        self.assert_with(call, self.budi, on=1, instead_of=self.sari)

    def test_ended_early(self):
        call = self.make_queued(on=1)
        cover = self.cover(0, 5)
        self.assert_with(call, self.dewi, instead_of=self.sari)
        with self.in_days(1):
            self.assertEqual(cover.state, "running")
            cover.action_end()
            self.assert_with(call, self.sari, on=1)
            self.assertEqual(cover.day_to, TODAY)
            with self.assertRaises(UserError):
                cover.action_end()

    def test_ended_before_it_begins(self):
        call = self.make_queued(on=1)
        cover = self.cover(1, 5)
        cover.action_end()
        self.assertFalse(cover.exists())
        self.assert_with(call, self.sari, on=1)

    def test_over(self):
        call = self.make_queued(on=1)
        self.cover(0, 1)
        with self.in_days(2):
            self.run_cron("release")
            self.assert_with(call, self.sari, on=2)

    def test_moved(self):
        call = self.make_queued(on=1)
        cover = self.cover(1, 1)
        cover.write({"day_from": day(2), "day_to": day(2)})
        self.assert_with(call, self.sari, on=1)

    def test_what_the_stand_in_will_have(self):
        self.make_queued(4, on=1)
        self.make_queued(2, on=1, owner=self.dewi)
        values = {
            "user_id": self.sari.id,
            "stand_in_id": self.dewi.id,
            "day_from": day(1),
            "day_to": day(2),
            "company_id": self.company.id,
        }
        cover = self.env["crm.staff.cover"].new(values)
        self.assertEqual(
            [cover.interaction_count, cover.minutes_added, cover.minutes_own],
            [4, 30, 15],
        )
        self.assertEqual(cover.minutes_there, 240)
        self.assertFalse(cover.warning)
        self.dewi.contact_minutes_day = 40
        cover = cover.new(values)
        self.assertIn("more than Dewi has time for", cover.warning)
        self.absent(self.dewi, 0, 4)
        cover = cover.new(values)
        self.assertIn("works on none of these days", cover.warning)

    # -- bad input

    def test_days_and_people_nobody_means(self):
        archived = self.budi.copy({"login": "gone.budi", "active": False})
        for error, values in (
            (IntegrityError, {"day_from": day(3)}),
            (ValidationError, {"day_to": date(9999, 12, 31)}),
            (IntegrityError, {"stand_in_id": self.sari.id}),
            (ValidationError, {"stand_in_id": self.stranger.id}),
            (ValidationError, {"stand_in_id": self.portal.id}),
            (ValidationError, {"stand_in_id": archived.id}),
            (ValidationError, {"user_id": self.stranger.id}),
        ):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(error),
            ):
                self.cover(1, 2, **values)

    def test_twice_for_the_same_days(self):
        self.cover(1, 3)
        with self.assertRaises(ValidationError) as caught:
            self.cover(3, 5, stand_in_id=self.budi.id)
        self.assertIn("Dewi takes over from Sari already", str(caught.exception))
        self.cover(4, 5, stand_in_id=self.budi.id)

    def test_any_year_in_the_form(self):
        """It may hold any day until it is saved, and tells what it can."""
        years = date.min, date(1900, 1, 1), TODAY, date.max
        for first in years:
            for last in years:
                with self.subTest(first=first, last=last):
                    cover = self.env["crm.staff.cover"].new(
                        {
                            "user_id": self.sari.id,
                            "stand_in_id": self.dewi.id,
                            "day_from": first,
                            "day_to": last,
                            "company_id": self.company.id,
                        }
                    )
                    self.assertEqual(cover.interaction_count, 0)

    # -- rights

    def test_another_company_is_not_told_of(self):
        """Neither its name, nor who stands in there."""
        colleague = new_test_user(
            self.env,
            own_login("colleague"),
            "sales_team.group_sale_salesman",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        theirs = {
            "company_id": self.other_company.id,
            "user_id": self.stranger.id,
            "stand_in_id": colleague.id,
        }
        self.cover(1, 2, user=self.env.user, **theirs)
        for values in (theirs, {"company_id": self.other_company.id}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                self.cover(1, 2, **values)

    def test_managers_say_it_and_both_see_it(self):
        cover = self.cover(1, 2)
        for user in (self.sari, self.dewi):
            self.assertTrue(cover.with_user(user).has_access("read"))
            self.assertFalse(cover.with_user(user).has_access("write"))
            with self.assertRaises(AccessError):
                cover.with_user(user).action_end()
            with self.assertRaises(AccessError):
                self.cover(6, 7, user=user)
        for user in (self.budi, self.internal):
            self.assertFalse(cover.with_user(user).has_access("read"))
        with (
            patch.object(self.env.registry["crm.staff.cover"], "_take_turns") as turns,
            self.assertRaises(AccessError),
        ):
            self.cover(6, 7, user=self.sari)
        turns.assert_not_called()
        elsewhere = cover.with_context(allowed_company_ids=self.other_company.ids)
        self.assertFalse(elsewhere.with_user(self.stranger).has_access("read"))


@freeze_time(NOW)
@tagged("post_install", "-at_install")
class TestDialog(AbsenceCase):
    def dialog(self, user=None, of=None, **values):
        return (
            self.env["crm.staff.absence"]
            .with_user(user or self.sari)
            .create({"user_id": (of or self.sari).id, **values})
        )

    def test_who_stands_in(self):
        self.assertIn("Budi, apart from", self.dialog().stand_in_note)
        self.absent(self.budi, 0, 3)
        self.assertIn("Dewi, apart from", self.dialog().stand_in_note)
        self.sari.deputy_id = False
        self.assertIn("Nobody.", self.dialog().stand_in_note)

    def test_days_that_are_over(self):
        with self.assertRaises(UserError):
            self.dialog(date_from=day(-3), date_to=day(-1)).action_save()
        with self.assertRaises(ValidationError):
            self.dialog(date_from=day(0), date_to=date(9999, 1, 1)).action_save()
        self.dialog(date_from=day(-3), date_to=day(0)).action_save()

    def test_back_early(self):
        call = self.make_queued(on=1)
        self.dialog(date_from=day(0), date_to=day(5)).action_save()
        self.assert_with(call, self.budi, on=1, instead_of=self.sari)
        dialog = self.dialog()
        self.assertTrue(dialog.present)
        dialog.action_end()
        self.assert_with(call, self.sari, on=1)

    def test_not_away_after_all(self):
        call = self.make_queued(on=1)
        self.dialog(date_from=day(1), date_to=day(5)).action_save()
        self.dialog(user=self.manager).action_end()
        self.assert_with(call, self.sari, on=1)
        self.assertFalse(self.sari.absent_from)
        with self.assertRaises(UserError):
            self.dialog().action_end()

    def test_of_colleagues(self):
        self.absent(self.sari, 1, 5)
        dialog = self.dialog(user=self.budi)
        self.assertFalse(dialog.present)
        with self.assertRaises(AccessError):
            dialog.action_end()


@tagged("post_install", "-at_install")
class TestMigration(RelationshipCase):
    def test_rules_are_made_where_an_update_makes_none(self):
        names = ("crm_relationship_rule_stand_in", "crm_staff_cover_rule_own")
        for name in names:
            self.env.ref(f"crm_relationship.{name}").unlink()
        path = "crm_relationship/migrations/19.0.1.4.0/post-new_data.py"
        load_script(path, "post").migrate(self.env.cr, "19.0.1.3.0")
        for name in names:
            self.assertTrue(self.env.ref(f"crm_relationship.{name}"))
