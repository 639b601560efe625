"""Who goes through a program and is in its target gets its steps as long as that is so.

Delays that were entered longer than ten years are shortened to that, because a program
that holds one could not be saved any more. By SQL: an update must not fail because of
what else is wrong with a program.
"""

from odoo import SUPERUSER_ID, api

from odoo.addons.crm_relationship.models.program.crm_program_step import LONGEST

OFFSETS = ("offset_months", "offset_days", "offset_hours", "place")


def migrate(cr, version):
    for unit, longest in LONGEST.items():
        cr.execute(
            "UPDATE crm_program_step SET delay = %s"
            " WHERE delay_unit = %s AND delay > %s",
            (longest, unit, longest),
        )
    env = api.Environment(cr, SUPERUSER_ID, {})
    steps = env["crm.program.step"].search([])
    for name in OFFSETS:
        env.add_to_compute(steps._fields[name], steps)
    running = env["crm.program.enrollment"].search(
        [("state", "=", "running"), ("by_target", "=", False)]
    )
    running._note_target()
