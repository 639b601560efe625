"""Rules of what is new about proof."""

from odoo import SUPERUSER_ID, api

from odoo.addons.crm_relationship.models.base.new_data import make_new_data

# {file: names of the records}
NEW = {
    "security/crm_cadence_security.xml": [
        "crm_cadence_experiment_rule_company",
        "crm_cadence_member_rule_company",
    ],
    "security/crm_holdout_security.xml": ["crm_holdout_rule_company"],
}


def migrate(cr, version):
    make_new_data(api.Environment(cr, SUPERUSER_ID, {}), NEW)
