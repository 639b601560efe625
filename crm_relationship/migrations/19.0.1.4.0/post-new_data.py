"""Rules of standing in, of the recognition and of the forecast, and the new jobs.

They are `noupdate` data, of which an update makes none that carry `forcecreate="0"`:
for Odoo they might be records that an administrator has deleted.
"""

from lxml import etree

from odoo import SUPERUSER_ID, api
from odoo.tools import file_open
from odoo.tools.convert import xml_import

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
    env = api.Environment(cr, SUPERUSER_ID, {})
    for path, names in NEW.items():
        with file_open(f"crm_relationship/{path}", "rb") as file:
            root = etree.parse(file).getroot()
        for record in root.findall(".//record"):
            if record.get("id") not in names:
                record.getparent().remove(record)
        xml_import(env, "crm_relationship", {}, "init").parse(root)
