"""What proves something is written by methods alone: nobody can forge a result."""

from datetime import date, datetime, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.crm_relationship.models.base.crm_bounds_mixin import is_ours

from .common import TODAY
from .test_cadence_experiment import ExperimentCase

REFUSED = UserError  # an ``AccessError`` is one
MERGE = "base.partner.merge.automatic.wizard"
# What people may write there, although a result is made of the records.
FREE = {
    # until it has begun; the name always
    "crm.cadence.experiment": {"name"},
}


@tagged("post_install", "-at_install")
class TestForging(ExperimentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.relationship_holdout_share = 20
        cls.period = cls.env["crm.holdout"]._get_running(cls.company)

    def setUp(self):
        super().setUp()
        customers = self.make_customers(30, segment_id=self.gold.id)
        self.enrollments = self.program._enroll(customers)
        self.experiment = self.start().sudo()
        self.forecast = self.env["crm.forecast"].create(
            {
                "company_id": self.company.id,
                "month": TODAY.replace(day=1),
                "date_end": TODAY + timedelta(days=90),
                "is_total": True,
                "expected": 100,
            }
        )
        day = self.env["crm.care.day"].create(
            {
                "company_id": self.company.id,
                "date": TODAY,
                "care_state": "fault",
                "care_reason": "no_plan",
                "customer_count": 3,
            }
        )
        self.proof = [
            self.enrollments[0],
            self.period,
            self.experiment,
            self.experiment.member_ids[0],
            self.forecast,
            day,
        ]
        self.env.flush_all()
        self.users = [self.sari, self.all_documents, self.manager, self.stranger]
        self.users.append(self.portal)

    def get_another(self, record, field):
        """Return a value that the field does not have, or ``None``."""
        value = record[field.name]
        if field.type == "boolean":
            return not value
        if field.type in ("integer", "float", "monetary"):
            return (value or 0) + 1
        if field.type == "date":
            return (value or date(2026, 1, 1)) - timedelta(days=1)
        if field.type == "datetime":
            return (value or datetime(2026, 1, 1)) - timedelta(days=1)
        if field.type == "selection":
            keys = [key for key, _label in field._description_selection(self.env)]
            return next(key for key in keys if key != value)
        if field.type == "many2one":
            comodel = self.env[field.comodel_name].with_context(active_test=False)
            return comodel.search([("id", "!=", value.id)], limit=1).id or None
        if field.type in ("char", "text", "html"):
            return "forged"
        return None

    def attempts(self, record):
        """Yield (name, another value) of each field that the database keeps."""
        for name, field in record._fields.items():
            if (
                field.column_type
                and is_ours(field)
                and name not in FREE.get(record._name, ())
            ):
                value = self.get_another(record, field)
                if value is not None:
                    yield name, value

    def refuse(self, act, **what):
        with self.subTest(**what):
            with self.assertRaises(REFUSED), mute_logger("odoo.sql_db"):
                with self.env.cr.savepoint():
                    act()
                    self.env.flush_all()
            self.env.invalidate_all()

    def test_no_field_is_written(self):
        for record in self.proof:
            for name, value in self.attempts(record):
                for user in self.users:
                    self.refuse(
                        lambda r=record, u=user, v={name: value}: r.with_user(u).write(
                            v
                        ),
                        model=record._name,
                        field=name,
                        user=user.login,
                    )

    def test_no_record_is_made_or_deleted(self):
        for record in self.proof:
            values = {
                name: record[name].id if field.type == "many2one" else record[name]
                for name, field in record._fields.items()
                if field.column_type and is_ours(field) and not field.compute
            }
            for user in self.users:
                own = record.with_user(user)
                what = {"model": record._name, "user": user.login}
                self.refuse(lambda r=own: r.unlink(), **what, what="unlink")
                self.refuse(lambda r=own, v=values: r.create(v), **what, what="create")

    def test_nothing_is_sent_along_with_another_record(self):
        """Commands in a list of any record that refers to what proves something."""
        models = {record._name: record for record in self.proof}
        for model in self.env.values():
            is_own = (model._original_module or "").startswith("crm_relationship")
            if model._abstract or model._transient or not is_own:
                continue
            for name, field in model._fields.items():
                record = models.get(field.comodel_name)
                if field.type != "one2many" or record is None or field.related:
                    continue
                owner = record[field.inverse_name] if field.inverse_name else None
                if not owner:
                    continue
                commands = [Command.delete(record.id)]
                if found := next(self.attempts(record), None):
                    commands.append(Command.update(record.id, dict([found])))
                for command in commands:
                    for user in (self.sari, self.manager):
                        self.refuse(
                            lambda o=owner, n=name, c=command, u=user: o.with_user(
                                u
                            ).write({n: [c]}),
                            model=model._name,
                            field=name,
                            user=user.login,
                            command=command,
                        )

    def test_no_context_says_since_when_it_is_measured(self):
        day = TODAY - timedelta(days=300)
        context = {
            "default_holdout_from": day,
            "default_holdout_until": day + timedelta(days=1),
            "default_holdout_round": 7,
            "default_day_from": day,
        }
        program = self.program.with_user(self.manager).with_context(**context)
        made = program.create(
            {"name": "Made", "step_ids": [Command.create({"name": "Call"})]}
        )
        self.assertFalse(made.holdout_from or made.holdout_round)
        experiment = self.experiment.with_user(self.manager).with_context(
            **context, default_state="over"
        )
        made = experiment.create(
            {
                "segment_id": self.gold.id,
                "plan_line_id": self.line.id,
                "times": 1,
                "every": 1,
                "period": "month",
                "day_until": TODAY + timedelta(days=9),
            }
        )
        self.assertEqual(made.state, "draft")
        self.assertFalse(made.day_from or made.member_ids)

    def test_buttons_of_others(self):
        for user in self.users:
            if user == self.manager:
                continue
            for record, names in (
                (self.experiment, ("action_start", "action_end", "action_cancel")),
                (self.period, ("action_reshuffle", "action_view_enrollments")),
                (self.program, ("action_measure_anew",)),
                (self.enrollments[0], ("unlink",)),
            ):
                own = record.with_user(user)
                for name in names:
                    self.refuse(
                        lambda r=own, n=name: getattr(r, n)(),
                        user=user.login,
                        button=name,
                    )

    # -- who is compared stays

    def test_who_is_compared_is_not_deleted(self):
        """Without interactions, nothing else would keep who is kept aside."""
        aside = self.enrollments.filtered(lambda e: e.state == "control")[:1]
        self.assertTrue(aside)
        manager = aside.relationship_id.with_user(self.manager)
        partner = manager.partner_id.sudo(False).with_user(self.env.user)
        self.experiment.member_ids.filtered(
            lambda m: m.relationship_id == aside.relationship_id
        ).unlink()
        for record in (manager, partner):
            with self.assertRaisesRegex(UserError, "chance gave this customer a group"):
                record.unlink()

    def test_who_is_compared_is_not_taken_out_of_a_result(self):
        """Nobody is told to archive the customer for it."""
        with self.assertRaisesRegex(UserError, "Stop the program for this customer"):
            self.enrollments[:1].unlink()

    def test_a_half_is_not_deleted(self):
        customer = self.make_customers(1, segment_id=self.gold.id)
        member = self.experiment.member_ids[0]
        member.relationship_id = customer
        with self.assertRaisesRegex(UserError, "chance gave this customer a group"):
            customer.with_user(self.manager).unlink()
        self.experiment.with_user(self.manager).action_cancel()
        customer.with_user(self.manager).unlink()
        self.assertFalse(customer.exists())

    def test_who_is_compared_can_be_merged(self):
        one, other = self.enrollments.relationship_id[:2].partner_id
        self.env[MERGE]._merge([one.id, other.id], one)
        self.assertFalse(other.exists())
        self.assertEqual(len(self.enrollments.exists()), 30)

    def test_who_is_not_compared_can_be_deleted(self):
        customer = self.make_customers(1)
        customer.with_user(self.manager).unlink()
        self.assertFalse(customer.exists())


@tagged("post_install", "-at_install")
class TestResultsElsewhere(ExperimentCase, HttpCase):
    """Downloads, as a browser asks for them."""

    def test_spreadsheets_of_results(self):
        self.manager.group_ids += self.env.ref("base.group_allow_export")
        self.stranger.group_ids += self.env.ref("base.group_allow_export")
        self.sari.group_ids += self.env.ref("base.group_allow_export")
        customers = self.make_customers(4, segment_id=self.gold.id)
        self.company.relationship_holdout_share = 20
        self.program.company_id = self.company
        self.program._enroll(customers)
        self.start()
        for user in (self.manager, self.sari, self.stranger, self.portal):
            user.password = "Pw-of-a-test-1"
            self.authenticate(user.login, "Pw-of-a-test-1")
            for model in ("crm.holdout", "crm.cadence.experiment", "crm.program"):
                url = f"/crm_relationship/spreadsheet/{model}"
                for query in ("", f"?companies={self.company.id}"):
                    with self.subTest(user=user.login, model=model, query=query):
                        with mute_logger("odoo.http"):
                            answer = self.url_open(url + query)
                        is_file = answer.content.startswith(b"PK")
                        self.assertEqual(is_file, user == self.manager)
