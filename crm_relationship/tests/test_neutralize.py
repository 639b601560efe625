import re

from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from ..models.ledger.messages import send
from .common_gate import GateCase


@tagged("post_install", "-at_install")
class TestNeutralize(GateCase):
    """What ``odoo neutralize`` makes of a copy: it reaches no customer."""

    def _neutralize(self):
        self.env.flush_all()
        for query in get_neutralization_queries(["crm_relationship"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()

    def _queue(self, touchpoint):
        """Return a closed contact and its message that waits in a queue."""
        contact = self.contact(touchpoint, state="open", touchpoint_id=touchpoint.id)
        template = self.sms_template if touchpoint == self.sms else self.mail_template
        send(contact, template, touchpoint)
        model = "sms.sms" if touchpoint == self.sms else "mail.mail"
        return contact, self.env[model].search(
            [("crm_interaction_id", "=", contact.id)]
        )

    def test_there_is_something_to_run(self):
        self.assertTrue(list(get_neutralization_queries(["crm_relationship"])))

    def test_queued_messages_are_cancelled_and_the_ledger_says_so(self):
        email, mail = self._queue(self.email)
        text, sms = self._queue(self.sms)
        self.assertEqual((mail.state, sms.state), ("outgoing", "outgoing"))
        self._neutralize()
        self.assertEqual((mail.state, sms.state), ("cancel", "canceled"))
        for contact in email + text:
            self.assertRecordValues(
                contact,
                [{"state": "cancelled", "outcome": False, "date_done": False}],
            )

    def test_failed_messages_are_not_tried_again(self):
        _contact, mail = self._queue(self.email)
        _contact, sms = self._queue(self.sms)
        mail.state, sms.state = "exception", "error"
        self._neutralize()
        mail.action_retry()
        sms.resend_failed()
        self.assertEqual((mail.state, sms.state), ("cancel", "canceled"))

    def test_sent_messages_stay_history(self):
        contact, mail = self._queue(self.email)
        mail.state = "sent"
        self._neutralize()
        self.assertEqual((mail.state, contact.state), ("sent", "done"))

    def test_messages_of_others_are_not_ours_to_cancel(self):
        invoice = self.env["mail.mail"].create({"email_to": "anna@example.com"})
        other = self.env["sms.sms"].create({"number": "+62811", "body": "Your parcel"})
        self._neutralize()
        self.assertEqual((invoice.state, other.state), ("outgoing", "outgoing"))

    def test_jobs_are_off(self):
        jobs = self.env["ir.model.data"].search(
            [("module", "=", "crm_relationship"), ("model", "=", "ir.cron")]
        )
        crons = self.env["ir.cron"].browse(jobs.mapped("res_id"))
        self.assertTrue(crons)
        crons.active = True
        self._neutralize()
        self.assertFalse(any(crons.mapped("active")))

    def _token(self, url):
        return re.sub(r"^https?://[^/]+", "", url).split("/")[3]

    def test_links_of_the_copy_open_nothing_in_production(self):
        """Production knows only its own salt: so does the copy, of before."""
        token = self._token(self.partner._get_preferences_url())

        def find(partner_id, token):
            return self.env["res.partner"]._find_by_page_link(partner_id, token)[0]

        self.assertEqual(find(self.partner.id, token), self.partner)
        self._neutralize()
        copied = self._token(self.partner._get_preferences_url())
        self.assertEqual(find(self.partner.id, copied), self.partner)
        self.assertFalse(find(self.partner.id, token), "production's link")
        # back in production
        self.env["ir.config_parameter"].set_param("crm_relationship.link_salt", False)
        self.assertFalse(find(self.partner.id, copied), "the copy's link")
        self.assertEqual(find(self.partner.id, token), self.partner)

    def test_two_copies_do_not_open_each_other(self):
        salts = set()
        for _copy in range(2):
            self._neutralize()
            salts.add(
                self.env["ir.config_parameter"].get_param("crm_relationship.link_salt")
            )
        self.assertEqual(len(salts), 2)

    def test_links_of_the_copy_do_not_lead_to_production(self):
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("web.base.url", "https://shop.example.com")
        parameters.set_param("web.base.url.freeze", "True")
        self.assertIn("shop.example.com", self.partner._get_preferences_url())
        self._neutralize()
        self.assertNotIn("shop.example.com", self.partner._get_preferences_url())
        self.assertFalse(parameters.get_param("web.base.url.freeze"))
