"""The ready-made programs of the gallery.

Where an administrator has deleted a channel, a message or a benefit, the steps do
without. A program whose occasion is gone is left out, and the log says so.
"""

import logging
import re
from functools import partial

from odoo import SUPERUSER_ID, api

from odoo.addons.crm_relationship.models.base.apart import run_apart
from odoo.addons.crm_relationship.models.base.new_data import make_new_data

_logger = logging.getLogger(__name__)
ADDON = "crm_relationship"
FILE = "data/crm_program_gallery_data.xml"
MESSAGES = ("mail_template_big_day", "mail_template_anniversary")
# {program: its steps}
PROGRAMS = {
    "welcome": (
        "introduction",
        "letter",
        "preferences",
        "gathering",
    ),
    "birthday": (
        "wish",
        "card",
    ),
    "big_days": (
        "greeting",
        "thanks",
    ),
    "runs_out": (
        "ask",
        "order",
        "remind",
    ),
    "up_sell": (
        "experience",
        "better",
        "decision",
    ),
    "cross_sell": (
        "content",
        "suggestion",
        "first_look",
    ),
    "member_get_member": (
        "thanks",
        "ask",
        "invitation",
    ),
    "referral_thanks": (
        "thanks",
        "news",
    ),
    "brought": (
        "welcome",
        "write",
    ),
    "at_risk": (
        "call",
        "message",
        "help",
    ),
    "win_back": (
        "interview",
        "letter",
        "put_right",
        "return",
    ),
    "after_complaint": (
        "ask",
        "write",
        "month",
    ),
    "anniversary": (
        "thanks",
        "talk",
    ),
}


def is_missing(env, name):
    return not env.ref(f"{ADDON}.{name}", raise_if_not_found=False)


def do_without(env, root):
    """Take out of the records what refers to something that has been deleted."""
    own = {record.get("id") for record in root.findall(".//record")}
    for field in root.findall(".//field"):
        expression = field.get("eval", "")
        for name in re.findall(r"ref\('(\w+)'\)", expression):
            if is_missing(env, name):
                expression = re.sub(rf"ref\('{name}'\)(, )?", "", expression)
        if expression:
            field.set("eval", expression)
        name = field.get("ref", "base.model_res_partner")
        if "." not in name and name not in own and is_missing(env, name):
            field.getparent().remove(field)


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    adapt = partial(do_without, env)
    make_new_data(env, {FILE: MESSAGES}, adapt)
    for program, steps in PROGRAMS.items():
        name = f"crm_program_{program}"
        names = [name, *(f"{name}_{step}" for step in steps)]
        if error := run_apart(env, make_new_data, env, {FILE: names}, adapt):
            _logger.warning("Ready-made program %s is left out: %s", program, error)
    after_purchase = env.ref(
        f"{ADDON}.crm_program_after_purchase", raise_if_not_found=False
    )
    if after_purchase:
        after_purchase.is_ready_made = True
