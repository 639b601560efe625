from odoo import api, models
from odoo.exceptions import UserError

MESSAGE = "mail.template"
# What is around a message follows from these.
SEEN = {"arch", "arch_base", "arch_db", "active", "inherit_id", "key", "mode"}


class IrUiView(models.Model):
    """What surrounds an approved message, as its layout, stays as it was approved."""

    _inherit = "ir.ui.view"

    @api.model_create_multi
    def create(self, vals_list):
        views = super().create(vals_list)
        views.filtered("inherit_id")._check_approved()
        return views

    def write(self, vals):
        if not vals.keys() & SEEN:
            return super().write(vals)
        self._check_approved()
        result = super().write(vals)
        if "inherit_id" in vals:
            self._check_approved()
        return result

    def _update_field_translations(
        self, field_name, translations, digest=None, source_lang=""
    ):
        """A translated text is changed past ``write``."""
        self._check_approved()
        return super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_approved(self):
        self._check_approved()

    def _check_approved(self):
        """Refuse to change the layout of a message that was approved, or its parts.

        What the system corrects (``env.su``) is no change of anybody's: an update of an
        app brings its layouts.
        """
        if self.env.su or not self:
            return
        # sudo: which messages have which layout, whoever changes one
        views = self.sudo()
        messages = self.env[MESSAGE].sudo()
        messages = messages.search([("email_layout_xmlid", "!=", False)])
        if not messages:
            return
        while views.inherit_id - views:
            views |= views.inherit_id
        names = {*views.mapped("key"), *views.mapped("xml_id")}
        own = messages.filtered(lambda message: message.email_layout_xmlid in names)
        programs = own.with_env(self.env)._find_approved()
        if programs:
            seen = programs.with_env(self.env)._filtered_access("read")
            raise UserError(
                self.env._(
                    "“%(layout)s” surrounds “%(message)s”, which was approved along"
                    " with what sends it to customers: %(programs)s. Duplicate that"
                    " message, give the duplicate another layout, and choose it in the"
                    " program: another sales manager approves it there.",
                    layout=self[:1].name,
                    message=own[:1].display_name,
                    programs=", ".join(seen.mapped("name"))
                    or self.env._("a program that you may not see"),
                )
            )
