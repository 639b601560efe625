"""Rules of who sees which referrals."""

from odoo import SUPERUSER_ID, api

from odoo.addons.crm_relationship.models.base.new_data import make_new_data

# {file: names of the records}
NEW = {
    "security/crm_referral_security.xml": [
        "crm_referral_rule_company",
        "crm_referral_rule_own",
        "crm_referral_rule_all",
    ],
}


def migrate(cr, version):
    make_new_data(api.Environment(cr, SUPERUSER_ID, {}), NEW)
