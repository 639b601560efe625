"""Day after day with the real jobs: what each customer gets, by whom, and why."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.addons.sms.tools.sms_api import SmsApi

from ..models.program.pace import get_local_day
from .common import TODAY, RelationshipCase

NIGHT_JOBS = ("refresh", "schedule", "care", "release")
QUEUES = ("mail.ir_cron_mail_scheduler_action", "sms.ir_cron_sms_scheduler_action")
# Hours on the company's clock.
NIGHT, MORNING, NOON, EVENING = 2, 9, 11, 17


@tagged("post_install", "-at_install")
class DayByDayCase(RelationshipCase):
    """Plays days: jobs at night, messages and people's queues during the day.

    Only the clock is ours, and the mail server. Something happens at eleven, if a test
    says so; whoever has something due makes it at twelve, and reaches the customer.
    """

    night_jobs = NIGHT_JOBS
    queues = QUEUES

    def setUp(self):
        super().setUp()
        self.day = 0
        self.company.relationship_hour = MORNING

    def moment(self, hour, day=None):
        """Return an hour of a day on the company's clock, in UTC."""
        day = self.day if day is None else day
        return self.company._relationship_time(TODAY + timedelta(days=day), hour)

    def play(self, days, happenings=None):
        """Let days go by.

        :param dict happenings: what happens at noon: ``{day: [callable]}``
        """
        for day in range(days):
            self.day = day
            if self.is_quiet(day, happenings or {}):
                continue
            self._run(NIGHT, self.night_jobs)
            self._run(MORNING, ["release"])
            with self.at(self.moment(NOON)):
                for happens in (happenings or {}).get(day, ()):
                    happens()
                self.env.flush_all()
            self._run(NOON, ["release"])
            with self.at(self.moment(NOON + 1)):
                self.work()
            self._run(EVENING, ["release"])
            self.check_day()

    def is_quiet(self, day, happenings):
        """Tell whether a day may be left out, because nothing comes of it."""
        return False

    def _run(self, hour, jobs):
        with self.at(self.moment(hour)), self.delivering():
            for job in jobs:
                self.run_cron(job)
            with self.enter_registry_test_mode():
                for queue in self.queues:
                    self.env.ref(queue).method_direct_trigger()

    @contextmanager
    def delivering(self):
        def send_email(_server, message, *_args, **_kwargs):
            return message["Message-Id"]

        def send_batch(_api, messages, delivery_reports_url=False):
            return [
                {"uuid": number["uuid"], "state": "success"}
                for message in messages
                for number in message["numbers"]
            ]

        with (
            patch.object(IrMail_Server, "_disable_send", lambda server: False),
            patch.object(IrMail_Server, "_connect__", lambda server, **kwargs: None),
            patch.object(IrMail_Server, "send_email", send_email),
            patch.object(SmsApi, "_send_sms_batch", send_batch),
        ):
            yield

    def work(self):
        """Let people make what is due in their queues, as far as the gate allows it."""
        due = self.env["crm.interaction"].search(
            [
                ("company_id", "=", self.company.id),
                ("state", "=", "open"),
                ("activity_id.date_deadline", "<=", TODAY + timedelta(days=self.day)),
            ],
            order="date_planned, id",
        )
        for interaction in due:
            outcome = self.get_outcome(interaction)
            try:
                with self.env.cr.savepoint():
                    own = interaction.with_user(interaction.user_id)
                    own._close_done({"outcome": outcome})
            except UserError:
                # the gate advises against it by now, and nobody overrides it
                continue

    def get_outcome(self, interaction):
        """Return what comes of an interaction that somebody makes."""
        return "reached"

    def check_day(self):
        """Check what must hold each evening; tests add theirs."""

    def tell(self, partner):
        """Return what became of all interactions of a customer, by day.

        :return: ``[(day, name, kind of channel, person, state or reason)]``; the day on
            which it was done, else was to be done
        """
        found = self.env["crm.interaction"].search(
            [("partner_id", "child_of", partner.ids)], order="date_due, id"
        )
        rows = [
            (
                self._get_day(interaction),
                interaction.name,
                interaction.touchpoint_id.kind,
                interaction.state == "done" and interaction.user_id.name,
                interaction.reason_code or interaction.state,
            )
            for interaction in found
        ]
        return sorted(rows, key=lambda row: (row[0], row[1]))

    def _get_day(self, interaction):
        done = interaction.date_done
        day = done and get_local_day(interaction, done)
        return ((day or interaction.date_due) - TODAY).days
