from odoo import models


class SmsTemplate(models.Model):
    _name = "sms.template"
    _inherit = ["sms.template", "crm.approved.mixin"]

    _step_field = "sms_template_id"
    _unnoticed = frozenset(("name", "sidebar_action_id", "template_fs"))
