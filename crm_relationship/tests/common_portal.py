"""What the tests of the customers' page share."""

import re
import secrets
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, new_test_user
from odoo.tools.misc import hash_sign

from .common import own_login, set_live


class PortalCase(HttpCase):
    """Customers A and B with and without logins, salespeople, an uninvolved firm."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "no_reset_password": True})
        set_live(cls.env.company)
        cls.email = cls.env.ref("crm_relationship.crm_touchpoint_email")
        cls.sms = cls.env.ref("crm_relationship.crm_touchpoint_sms")
        cls.call = cls.env.ref("crm_relationship.crm_touchpoint_call")
        cls.whatsapp = cls.env.ref("crm_relationship.crm_touchpoint_whatsapp")
        cls.manager = new_test_user(
            cls.env,
            own_login("portal_manager"),
            "sales_team.group_sale_manager",
            name="Rina Boss",
        )
        cls.staff = new_test_user(
            cls.env,
            own_login("portal_staff"),
            "sales_team.group_sale_salesman",
            name="Sari <i>Sales</i>",
            email="sari@example.com",
        )
        cls.user_a = new_test_user(
            cls.env,
            own_login("anna"),
            "base.group_portal",
            name="Customer Anna",
            email="anna@example.com",
        )
        cls.user_b = new_test_user(
            cls.env, own_login("bima"), "base.group_portal", name="Customer Bima"
        )
        cls.anna, cls.bima = cls.user_a.partner_id, cls.user_b.partner_id
        cls.firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True})
        cls.colleague = cls.env["res.partner"].create(
            {"name": "Secret Colleague", "parent_id": cls.firm.id}
        )
        cls.anna.parent_id = cls.firm
        for person in (cls.anna, cls.bima, cls.colleague):
            cls._make_contact(person, f"Word to {person.name}")
        cls.url_a = cls._path(cls.anna)
        cls.url_b = cls._path(cls.bima)

    @classmethod
    def _make_contact(cls, person, name, **values):
        relationship = cls.env["crm.relationship"]._ensure(person, cls.env.company)
        relationship.user_id = cls.staff
        return cls.env["crm.interaction"].create(
            {
                "name": name,
                "relationship_id": relationship.id,
                "partner_id": person.id,
                "touchpoint_id": cls.call.id,
                "state": "done",
                "date_done": fields.Datetime.now() - timedelta(days=2),
                "feedback": "STAFF NOTED THIS",
                "sentiment": "negative",
                **values,
            }
        )

    def log_in(self, user):
        """Open a session; the password of a test's user is the login."""
        self.authenticate(user.login, user.login)

    @classmethod
    def _path(cls, person, kind=None):
        """Return the address of a person's page on the test server."""
        return cls._local(person._get_preferences_url(kind))

    @staticmethod
    def _local(url):
        return re.sub(r"^https?://[^/]+", "", url)

    def _old_path(self, person):
        """Return a link as version 19.0.1.1.0 made it."""
        token = hash_sign(
            self.env(su=True),
            "crm_relationship.preferences",
            person.id,
            expiration=timedelta(days=180),
        )
        return f"/contact-preferences/{person.id}/{token}"

    def _ask_code(self, url):
        """Have a code sent from a page opened by link; return it."""
        with patch.object(secrets, "choice", side_effect="271828"):
            self._post(url, "code_request")
        return "271828"

    def _confirm(self, url):
        """Show that the address a link was sent to is the visitor's."""
        return self._post(url, "code", code=self._ask_code(url))

    def _csrf(self, url):
        """Return the token of the forms on a page."""
        text = self.url_open(url).text
        return re.search(r'name="csrf_token" value="([^"]+)"', text).group(1)

    def _post(self, url, section, **form):
        """Send one form of a page, as a browser does."""
        csrf = self._csrf(url)
        return self.url_open(url, {"csrf_token": csrf, "section": section, **form})

    def _channels(self, *refused, preferred=None, shown=(), shown_preferred=None):
        """Return the form of the channels, with the values the page showed."""
        form = {
            "preferred": str(preferred.id) if preferred else "",
            "was_preferred": str(shown_preferred.id) if shown_preferred else "",
        }
        for touchpoint in self.env["crm.touchpoint"].search([]):
            form[f"was_{touchpoint.id}"] = "0" if touchpoint in shown else "1"
            if touchpoint not in refused:
                form[f"may_{touchpoint.id}"] = "1"
        return form

    def _history(self, person):
        return self.env["crm.preference.change"].search(
            [("partner_id", "=", person.id)], order="id"
        )
