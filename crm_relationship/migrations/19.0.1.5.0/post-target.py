"""Who goes through a program and is in its target gets its steps as long as that is so.

Delays that were entered longer than ten years are shortened to that, because a program
that holds one could not be saved any more.
"""

from odoo import SUPERUSER_ID, api
from odoo.fields import Domain

from odoo.addons.crm_relationship.models.program.crm_program_step import LONGEST


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    Step = env["crm.program.step"].with_context(active_test=False)
    for unit, longest in LONGEST.items():
        own = Domain("delay_unit", "=", unit) & Domain("delay", ">", longest)
        Step.search(own).delay = longest
    running = env["crm.program.enrollment"].search(
        [("state", "=", "running"), ("by_target", "=", False)]
    )
    running._note_target()
