from odoo import api, models

from ..base.asked import check_one


class SmsComposer(models.TransientModel):
    """Odoo's SMS composer asks before it writes to many customers."""

    _name = "sms.composer"
    _inherit = ["sms.composer", "crm.composer.mixin"]

    @api.depends(
        "res_model",
        "res_id",
        "res_ids",
        "composition_mode",
        "sanitized_numbers",
        "number_field_name",
        "contact_kind",
    )
    def _compute_contact_warning(self):
        return super()._compute_contact_warning()

    def _get_channel_kind(self):
        return "sms"

    def _get_people_model(self):
        return self.res_model

    def _is_to_many(self):
        return self.composition_mode == "mass"

    def _get_composed_records(self):
        if not self.res_model:
            return self.env["res.partner"]
        return self._get_records()

    def _get_addressees(self, records):
        return self._get_addressees_of(
            records._sms_get_recipients_info(force_field=self.number_field_name)
        )

    def _get_addressees_of(self, recipients_info):
        """Return the addressees of Odoo's recipients, by record."""
        addressees = {}
        for id_, info in recipients_info.items():
            partners = info["partner"] or self.env["res.partner"]
            if self.res_model == "res.partner":
                partners |= partners.browse(id_)
            number = info["sanitized"]
            addressees[id_] = (partners, {("phone", number)} if number else set())
        return addressees

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    def action_send_sms(self):
        check_one(self)
        return self._tell_left_out(super().action_send_sms)

    def _get_blacklist_record_ids(self, records, recipients_info):
        blacklisted = super()._get_blacklist_record_ids(records, recipients_info)
        left_out = self._leave_out(self._get_addressees_of(recipients_info))
        return [*blacklisted, *left_out]

    def _filter_out_and_handle_revoked_sms_values(self, sms_values_all):
        """Note what is about to be sent to many people."""
        kept = super()._filter_out_and_handle_revoked_sms_values(sms_values_all)
        people = self.env["res.partner"]
        sent = {
            id_: (people.browse(values["partner_id"]), set())
            for id_, values in kept.items()
            if values["state"] == "outgoing"
        }
        self._note_sent(sent, self.env._("SMS"))
        return kept
