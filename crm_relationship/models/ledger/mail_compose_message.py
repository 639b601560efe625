from odoo import api, models
from odoo.tools import email_normalize_all, html2plaintext

from ..base.asked import check_records


class MailComposeMessage(models.TransientModel):
    """Odoo's e-mail composer asks before it writes to many customers."""

    _name = "mail.compose.message"
    _inherit = ["mail.compose.message", "crm.composer.mixin"]

    @api.depends(
        "model",
        "res_ids",
        "res_domain",
        "composition_mode",
        "partner_ids",
        "contact_kind",
    )
    def _compute_contact_warning(self):
        return super()._compute_contact_warning()

    def _get_channel_kind(self):
        return "email"

    def _get_people_model(self):
        return self.model

    def _get_addressee_model(self):
        return self.model if self._is_to_many() else "res.partner"

    def _is_to_many(self):
        return self.composition_mode == "mass_mail"

    def _get_composed_records(self):
        if not self.model or self.model not in self.env:
            return self.env["res.partner"]
        records = self.env[self.model]
        if self.res_domain:
            return records.search(self._evaluate_res_domain())
        return records.browse(self._evaluate_res_ids())

    def _get_addressees(self, records):
        if not self._is_to_many():
            # in a form that is being filled in, they are not yet the records themselves
            return {p.id: (p, set()) for p in self.partner_ids._origin}
        if records._name == "res.partner":
            return {record.id: (record, set()) for record in records}
        return {
            id_: self._get_recipients(values.get("partner_ids"), values.get("email_to"))
            for id_, values in records._message_get_default_recipients().items()
        }

    def _get_recipients(self, partner_ids, email_to):
        partners = self.env["res.partner"].browse(partner_ids or ())
        mails = email_normalize_all(email_to or "")
        return partners, {("email", mail) for mail in mails}

    def _get_addressees_of(self, mail_values):
        """Return the addressees of e-mails about to be made, by record."""
        found = {
            id_: self._get_recipients(
                [command[1] for command in values.get("recipient_ids") or ()],
                values.get("email_to"),
            )
            for id_, values in mail_values.items()
        }
        if self.model != "res.partner":
            return found
        return {
            id_: (self.env["res.partner"].browse(id_) | partners, own)
            for id_, (partners, own) in found.items()
        }

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    def action_send_mail(self):
        check_records(self)
        return self._tell_left_out(super().action_send_mail)

    def _get_blacklist_record_ids(self, mail_values_dict, recipients_info=None):
        blacklisted = super()._get_blacklist_record_ids(
            mail_values_dict, recipients_info
        )
        left_out = self._leave_out(self._get_addressees_of(mail_values_dict))
        for id_, words in left_out.items():
            mail_values_dict[id_]["failure_reason"] = words
        return blacklisted | left_out.keys()

    def _manage_mail_values(self, mail_values_all):
        """Note what is about to be sent to many people."""
        kept = super()._manage_mail_values(mail_values_all)
        if self._goes_to_people():
            sent = {
                id_: values
                for id_, values in kept.items()
                if values.get("state") not in ("cancel", "exception")
            }
            subject = next((values["subject"] for values in sent.values()), "")
            self._note_sent(
                self._get_addressees_of(sent), html2plaintext(subject or "").strip()
            )
        return kept
