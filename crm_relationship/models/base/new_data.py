"""Records that are new in a version, for databases that exist."""

from lxml import etree

from odoo.tools import file_open
from odoo.tools.convert import xml_import

ADDON = "crm_relationship"


def make_new_data(env, new, adapt=None):
    """Make records that an update makes none of.

    They are `noupdate` data with ``forcecreate="0"``: for Odoo they might be records
    that an administrator has deleted.

    :param dict new: names of the records, by the file of the addon that has them
    :param adapt: called with the ``<odoo>`` element before its records are made
    """
    for path, names in new.items():
        with file_open(f"{ADDON}/{path}", "rb") as file:
            root = etree.parse(file).getroot()
        for record in root.findall(".//record"):
            if record.get("id") not in names:
                record.getparent().remove(record)
        if adapt:
            adapt(root)
        xml_import(env, ADDON, {}, "init").parse(root)
