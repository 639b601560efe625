"""Opening a list of what belongs to one record, so that it stays after a reload.

The address of a page names the action and the record it was opened from, and nothing
else. An action whose domain speaks of ``active_id`` shows the same records when the
page is loaded again, bookmarked or opened in another tab; one whose domain is put
together in Python then shows everybody's.
"""

from dateutil.relativedelta import relativedelta

from odoo import fields
from odoo.tools.safe_eval import safe_eval

from .crm_bounds_mixin import ADDON


def open_records(record, xml_id, **values):
    """Return an action on what belongs to a record.

    :param record: whose id is the ``active_id`` of the action
    :param str xml_id: the action, without the name of this module
    :param values: more of the action, such as ``display_name``
    :raises AccessError: for whoever may not read the record
    """
    record.check_access("read")
    action = record.env["ir.actions.act_window"]._for_xml_id(f"{ADDON}.{xml_id}")
    scope = {
        "active_id": record.id,
        "context_today": lambda: fields.Date.context_today(record),
        "relativedelta": relativedelta,
    }
    action["domain"] = safe_eval(action["domain"], scope)
    action["context"] = {**safe_eval(action["context"], scope), "active_id": record.id}
    return {**action, **values}
