"""What is deleted stays deleted, and what is uninstalled leaves nothing behind."""

import pytest

from devtool.paths import ADDON, REPO
from devtool.runtime import Runtime
from scratch import Database

MONTH = (REPO / "tests" / "upgrade" / "month_of_work.py").read_text()
# One record of each kind that an administrator can delete, with what has to go before.
DELETED = (
    "crm_segment_lost",
    "crm_contact_plan_line_gold_birthday",
    "crm_contact_plan_lost",
    "crm_benefit_trade_in",
    "crm_defection_reason_moved",
    "crm_occasion_independence",
    "crm_program_step_benefit_7",
    "crm_program_after_purchase",
    "crm_touchpoint_social",
    "mail_activity_type_social",
    "mail_activity_type_erasure",
    "mail_template_suggestion",
    "sms_template_birthday",
    "resource_calendar_wednesday",
    "ir_cron_schedule",
    "crm_interaction_rule_all",
)
DELETE = f"""
for name in {DELETED!r}:
    record = env.ref(f"crm_relationship.{{name}}")
    if "template" in name:
        field = name.partition("_template")[0] + "_template_id"
        for model in ("crm.contact.plan.line", "crm.program.step"):
            touches = env[model].with_context(active_test=False)
            touches.search([(field, "=", record.id)])[field] = False
    if record._name == "crm.benefit":
        steps = env["crm.program.step"].with_context(active_test=False)
        steps.search([("benefit_id", "=", record.id)]).benefit_id = False
    record.unlink()
# what is gone is not asked for
env["crm.interaction"]._trigger_schedule()
env["crm.relationship"].action_refresh()
person = env["res.partner"].create({{"name": "Wants to be forgotten"}})
own = person.activity_schedule("mail.mail_activity_data_todo", user_id=env.uid)
own.automated = False
assert person._request_erasure().automated
env.cr.commit()
"""
# What people add to the addon's records, and what they did themselves.
OWN = """
visit = env.ref("crm_relationship.mail_activity_type_visit")
partner = env["res.partner"].search([("email", "=", "customer8@example.com")])
partner.activity_schedule(
    activity_type_id=visit.id, summary="Own visit", user_id=env.uid
)
env["res.partner"].create({"name": "Wants to be forgotten"})._request_erasure()
env["ir.filters"].create({"name": "Mine", "model_id": "crm.interaction"})
env["ir.exports"].create({"name": "Mine", "resource": "crm.relationship"})
env["ir.attachment"].create(
    {"name": "note.txt", "raw": b"x", "res_model": "crm.program", "res_id": 1}
)
env["res.company"].search([])._note_start(env.ref("base.user_admin"))
company = env["res.company"].create({"name": "In Preview"})
company._note_start(env.ref("base.user_admin"))
company.relationship_start_date = "2020-01-01 00:00:00"
env["res.company"]._remind_who_stopped()
from odoo.addons.crm_relationship.models.ledger.messages import send
send(
    env["crm.interaction"].search(
        [("partner_id", "=", partner.id), ("state", "=", "scheduled")], limit=1
    ),
    env.ref("crm_relationship.mail_template_thanks"),
    env.ref("crm_relationship.crm_touchpoint_email"),
)
env.cr.commit()
"""
UNINSTALL = """
env["ir.module.module"].search(
    [("name", "=", "crm_relationship")]
).button_immediate_uninstall()
"""
RESUME = """
env.company._go_live()
env["crm.relationship"]._cron_refresh_portfolio()
env["crm.interaction"]._cron_schedule()
env["crm.interaction"].search([]).date_planned = "2020-01-01 00:00:00"
env["crm.interaction"]._cron_release()
env.cr.commit()
"""
# Of what the addon brings, and what is done with it.
COUNTED = (
    "ir_cron",
    "ir_config_parameter",
    "mail_activity_type",
    "mail_template",
    # Odoo makes one for each company
    "resource_calendar WHERE company_id IS NULL",
    "sms_template",
)
QUEUED = """
    SELECT mail.id FROM mail_mail mail
      JOIN mail_message m ON m.id = mail.mail_message_id
     WHERE mail.state = 'outgoing' AND m.model = 'res.partner'
"""
DOUBLED = """
    SELECT res_id, summary FROM mail_activity
     WHERE res_model = 'res.partner' AND active
     GROUP BY res_id, summary HAVING count(*) > 1
"""
TEXTS = """
    SELECT table_name, column_name FROM information_schema.columns c
      JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE table_schema = 'public' AND t.table_type = 'BASE TABLE'
       AND c.data_type IN ('character varying', 'text')
"""


@pytest.fixture(scope="module")
def runtime():
    return Runtime.prepare()


def test_what_was_deleted_stays_deleted(runtime):
    with runtime.copy("deleted") as name:
        database = Database(runtime, name)
        there = database.xmlids()
        assert there >= set(DELETED)
        database.odoo(REPO, stdin=DELETE)
        database.odoo(REPO, "-u", ADDON, "--stop-after-init")
        back = database.xmlids() & set(DELETED)
        assert not back
        # what belonged to them stays away as well, everything else is there
        gone = there - database.xmlids() - set(DELETED)
        assert {name for name in gone if not _belongs_to_deleted(name)} == set()


def _belongs_to_deleted(name):
    parents = ("crm_contact_plan_line_lost", "crm_program_step_", "ir_cron_schedule_")
    return name.startswith(parents)


@pytest.fixture(scope="module")
def life(runtime):
    """Return what a database held before and during the addon, after, and again."""
    with runtime.copy("leaving", plain=True) as name:
        database = Database(runtime, name)
        states = {"before": look(database)}
        database.odoo(REPO, "-i", ADDON, "--stop-after-init")
        database.odoo(REPO, stdin=MONTH)
        database.odoo(REPO, stdin=OWN)
        states["during"] = look(database)
        database.odoo(REPO, stdin=UNINSTALL)
        states["after"] = look(database)
        states["mentions"] = find_mentions(database, states["during"]["models"])
        database.odoo(REPO, "-i", ADDON, "--stop-after-init")
        database.odoo(REPO, stdin=RESUME)
        states["again"] = look(database)
        yield states


def look(database):
    return {
        "columns": database.columns(),
        "xmlids": database.xmlids(),
        "models": database.lines(
            "SELECT m.model FROM ir_model m JOIN ir_model_data d"
            " ON d.model = 'ir.model' AND d.res_id = m.id"
            " AND d.module = 'crm_relationship'"
            " WHERE m.model NOT IN (SELECT o.model FROM ir_model o"
            " JOIN ir_model_data x ON x.model = 'ir.model' AND x.res_id = o.id"
            " AND x.module <> 'crm_relationship')"
        ),
        "counts": {
            table: int(database.lines(f"SELECT count(*) FROM {table}")[0])
            for table in COUNTED
        },
        "activities": database.lines(
            "SELECT summary FROM mail_activity WHERE active ORDER BY 1"
        ),
        "queued": set(database.lines(QUEUED)),
        "doubled": database.lines(DOUBLED),
        "orders": int(database.lines("SELECT count(*) FROM sale_order")[0]),
    }


def find_mentions(database, models):
    """Return the places in which the name of one of the addon's models still stands."""
    names = ", ".join(f"'{model}'" for model in models)
    queries = [
        f'SELECT \'{table}.{column}: \' || "{column}" FROM "{table}"'
        f' WHERE "{column}" IN ({names}) OR "{column}" LIKE \'crm_relationship.%\''
        for table, column in (line.split("|") for line in database.lines(TEXTS))
    ]
    return {
        line
        for start in range(0, len(queries), 50)
        for line in database.lines(" UNION ".join(queries[start : start + 50]))
    }


def test_a_month_of_work_was_done(life):
    during = life["during"]
    assert len(during["models"]) > 20
    assert len(during["activities"]) > 10
    assert "Own visit" in during["activities"]
    assert during["queued"]


def test_no_table_and_no_column_is_left(life):
    assert life["after"]["columns"] == life["before"]["columns"]


def test_no_row_of_ours_is_left(life):
    assert not life["after"]["xmlids"]
    assert life["after"]["counts"] == life["before"]["counts"]
    assert not life["mentions"]


def test_what_people_did_themselves_stays(life):
    assert life["after"]["activities"] == [
        "Erase the personal data, as the customer asked",
        "Own visit",
    ]
    assert life["after"]["orders"] == life["during"]["orders"]


def test_messages_that_waited_do_not_leave_without_the_gate(life):
    assert not life["after"]["queued"]


def test_after_a_return_nobody_has_a_contact_twice(life):
    assert len(life["again"]["activities"]) > 10
    assert not life["again"]["doubled"]
