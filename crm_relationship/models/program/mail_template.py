from odoo import models


class MailTemplate(models.Model):
    _name = "mail.template"
    _inherit = ["mail.template", "crm.approved.mixin"]

    _step_field = "mail_template_id"
    _unnoticed = frozenset(
        (
            *("active", "auto_delete", "description", "mail_server_id", "name"),
            *("ref_ir_act_window", "template_fs", "user_id"),
        )
    )
