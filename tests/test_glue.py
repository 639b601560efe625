"""What ties the addon to other apps goes without a trace, and with the addon."""

import pytest

from devtool.paths import ADDON, REPO, glue_on_disk, glued_apps
from devtool.runtime import Runtime
from scratch import Database

WORK = """
from odoo import Command
step = {"name": "Thank you", "delay": 0}
if "loyalty_program_id" in env["crm.benefit"]:
    loyalty = env["loyalty.program"].create({
        "name": "Thanks", "program_type": "coupons",
        "reward_ids": [Command.create({"discount": 10})],
        "crm_segment_ids": env["crm.segment"].search([], limit=1).ids,
    })
    loyalty.crm_segment_ids = False
    benefit = env["crm.benefit"].create({
        "name": "A treat", "company_id": env.company.id,
        "loyalty_program_id": loyalty.id,
    })
    step["benefit_id"] = benefit.id
    template = env.ref("crm_relationship_loyalty.mail_template_coupon")
    step["mail_template_id"] = template.id
if "survey_id" in env["crm.program.step"]:
    survey = env["survey.survey"].create({
        "title": "Well?",
        "question_and_page_ids": [
            Command.create({"title": "Score", "question_type": "scale"})
        ],
    })
    step["survey_id"] = survey.id
if "event_id" in env["crm.program.step"]:
    step["event_id"] = env["event.event"].create({
        "name": "Tasting", "company_id": env.company.id,
        "date_begin": "2040-01-01 10:00:00", "date_end": "2040-01-01 12:00:00",
        "event_mail_ids": False,
    }).id
program = env["crm.program"].create({
    "name": "Thanks", "trigger": "manual", "company_id": env.company.id,
    "step_ids": [Command.create(step)],
})
person = env["res.partner"].create({"name": "Ratna", "email": "ratna@example.com"})
relationship = env["crm.relationship"]._ensure(person, env.company)
program._enroll(relationship)
interaction = env["crm.interaction"].search([("relationship_id", "=", relationship.id)])
interaction._bring_along()
if "invited_event_id" in interaction:
    interaction.write({"state": "done", "outcome": "accepted"})
env.cr.commit()
"""
UNINSTALL = """
modules = env["ir.module.module"].search([("name", "in", %r)])
modules.button_immediate_uninstall()
"""


@pytest.fixture(scope="module")
def runtime():
    return Runtime.prepare()


@pytest.fixture(scope="module")
def database(runtime):
    with runtime.copy("glue_leaving", glue=True) as name:
        database = Database(runtime, name)
        database.odoo(REPO, stdin=WORK)
        yield database


def installed(database, names):
    return set(
        database.lines(
            "SELECT name FROM ir_module_module WHERE state = 'installed'"
            f" AND name IN ({', '.join(map(repr, names))})"
        )
    )


def test_comes_goes_and_comes_back(runtime, database):
    glue, own = glue_on_disk(), [ADDON]
    assert installed(database, glue) == {*glue}
    kept = database.records()
    columns = database.columns()
    database.odoo(REPO, stdin=UNINSTALL % (glue,))
    assert installed(database, [*glue, *own]) == {*own}
    traces = " OR ".join(f"module = '{name}'" for name in glue)
    assert not database.lines(f"SELECT name FROM ir_model_data WHERE {traces}")
    gone = columns - database.columns()
    assert {"crm_interaction.survey_score", "crm_benefit.loyalty_points"} <= gone
    # the ledger stays, without what the other app has said
    for (table, id_), row in kept.items():
        if table == "crm_interaction":
            [there] = database.lines(
                f"SELECT state FROM crm_interaction WHERE id = {id_}"
            )
            assert there == row["state"]
    database.odoo(REPO, "-i", ",".join(glue), "--stop-after-init")
    assert installed(database, glue) == {*glue}
    assert columns == database.columns()


def test_goes_with_the_addon(runtime, database):
    glue, apps = glue_on_disk(), glued_apps()
    database.odoo(REPO, stdin=UNINSTALL % ([ADDON],))
    assert not installed(database, [ADDON, *glue])
    assert installed(database, apps) == {*apps}


def test_stays_away_without_the_app(runtime):
    """Also where its folder is there: the tests of the addon alone have none of it."""
    with runtime.copy("glue_away") as name:
        database = Database(runtime, name)
        assert installed(database, [ADDON]) == {ADDON}
        assert not installed(database, [*glue_on_disk(), *glued_apps()])
