"""Rules of standing in, of the recognition and of the forecast, and the new jobs."""

from odoo import SUPERUSER_ID, api

from odoo.addons.crm_relationship.models.base.new_data import make_new_data

# {file: names of the records}
NEW = {
    "security/crm_recognition_security.xml": [
        "crm_recognition_rule_company",
        "crm_recognition_rule_own",
        "crm_recognition_rule_all",
    ],
    "security/crm_segment_security.xml": ["crm_forecast_rule_company"],
    "security/crm_staff_cover_security.xml": [
        "crm_staff_cover_rule_company",
        "crm_staff_cover_rule_own",
        "crm_staff_cover_rule_all",
        "crm_relationship_rule_stand_in",
    ],
    "data/ir_cron_data.xml": ["ir_cron_step", "ir_cron_forecast"],
}


def migrate(cr, version):
    make_new_data(api.Environment(cr, SUPERUSER_ID, {}), NEW)
