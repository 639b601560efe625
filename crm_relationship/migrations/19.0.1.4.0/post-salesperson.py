"""Companies from before keep both salespeople apart, until somebody decides otherwise.

And the job that keeps them in step, which is `noupdate` data.
"""

from lxml import etree

from odoo import SUPERUSER_ID, api
from odoo.tools import file_open
from odoo.tools.convert import xml_import


def migrate(cr, version):
    cr.execute("UPDATE res_company SET relationship_salesperson = 'apart'")
    env = api.Environment(cr, SUPERUSER_ID, {})
    env["res.company"].invalidate_model(["relationship_salesperson"])
    with file_open("crm_relationship/data/ir_cron_data.xml", "rb") as file:
        root = etree.parse(file).getroot()
    for record in root.findall(".//record"):
        if record.get("id") != "ir_cron_step":
            record.getparent().remove(record)
    xml_import(env, "crm_relationship", {}, "init").parse(root)
