"""Every customer gets a state of care, and the night its job and rules.

An update makes no records of `noupdate` data that carry `forcecreate="0"`: for Odoo
they might be records that an administrator has deleted.
"""

from lxml import etree

from odoo import SUPERUSER_ID, api
from odoo.tools import file_open
from odoo.tools.convert import xml_import

# {file: names of the records}
NEW = {
    "security/crm_care_security.xml": [
        "crm_care_day_rule_company",
        "crm_care_report_rule_company",
    ],
    "data/ir_cron_data.xml": ["ir_cron_care"],
}


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
    for path, names in NEW.items():
        with file_open(f"crm_relationship/{path}", "rb") as file:
            root = etree.parse(file).getroot()
        for record in root.findall(".//record"):
            if record.get("id") not in names:
                record.getparent().remove(record)
        xml_import(env, "crm_relationship", {}, "init").parse(root)
    for company in env["res.company"].search([]):
        env["crm.relationship"].search([("company_id", "=", company.id)])._judge_care()
