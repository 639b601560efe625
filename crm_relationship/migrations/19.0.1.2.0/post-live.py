"""Companies that have worked without Preview are live, with all their channels."""

from odoo import SUPERUSER_ID, Command, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
    automated = env["crm.touchpoint"].search([("mode", "=", "automated")])
    env["res.company"].search([]).write(
        {
            "relationship_state": "live",
            "live_touchpoint_ids": [Command.set(automated.ids)],
        }
    )
