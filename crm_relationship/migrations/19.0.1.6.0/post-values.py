"""The value of the next 12 months is the forecast's, no longer margin × retention.

And how long customers stay is known from the months on record.

By the model that was fitted last; where there is none yet it is not known, which the
night changes.
"""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    for company in env["res.company"].search([]):
        env["crm.relationship"]._refresh_values(company)
        env["crm.segment.figure"]._refresh_survival(company)
