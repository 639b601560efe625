"""Nobody goes through a program that has been archived: it is in use no more."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["crm.program"].search([("active", "=", False)])._stop_runs()
