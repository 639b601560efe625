from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Let costs in a currency that no company uses be in that of the first company."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    company = env["res.company"].search([], order="id", limit=1)
    priced = env["crm.touchpoint"].with_context(active_test=False).search([])
    benefits = env["crm.benefit"].with_context(active_test=False).search([])
    company._take_over_costs(priced.currency_id | benefits.currency_id)
