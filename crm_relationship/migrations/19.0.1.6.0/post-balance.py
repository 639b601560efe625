"""The rule of a report that is new."""

from odoo import SUPERUSER_ID, api

from odoo.addons.crm_relationship.models.base.new_data import make_new_data

# {file: names of the records}
NEW = {"security/crm_segment_security.xml": ["crm_balance_report_rule_company"]}


def migrate(cr, version):
    make_new_data(api.Environment(cr, SUPERUSER_ID, {}), NEW)
