from odoo import http
from odoo.http import request

from ..models.portal.res_partner import PREFERENCES_PATH
from .portal import HEADERS, LINK_ROUTE, ContactPreferences, require_post

SUBJECTS = ("selling", "email", "sms")
UNSUBSCRIBE_ROUTE = f"{LINK_ROUTE}/unsubscribe/<string:subject>"


class Unsubscribe(ContactPreferences):
    """One click, and no more messages of that kind (RFC 8058).

    The mail programs of customers send the POST by themselves: without cookies, without
    a CSRF token, perhaps twice. Virus scanners open every link, so GET changes nothing.
    Both work for archived contacts too: they can only reduce how often somebody is
    contacted, and reveal nothing about the person. The link does nothing else; it does
    not open the page.
    """

    @http.route(
        UNSUBSCRIBE_ROUTE,
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
    )
    def unsubscribe_ask(self, partner_id, token, subject, **_params):
        partner = self._find_subscriber(partner_id, token, subject)
        return self._answer(partner, partner_id, token, subject, done=False)

    @http.route(
        UNSUBSCRIBE_ROUTE,
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        csrf=False,
        save_session=False,
        methods=["POST"],
    )
    def unsubscribe(self, partner_id, token, subject, **_form):
        require_post()
        partner = self._find_subscriber(partner_id, token, subject)
        if partner:
            partner._unsubscribe(subject)
        return self._answer(partner, partner_id, token, subject, done=True)

    def _find_subscriber(self, partner_id, token, subject):
        if subject not in SUBJECTS:
            return request.env["res.partner"]
        # sudo: whoever clicks has no login; the signature is the permission.
        Partner = request.env["res.partner"].sudo()
        partner = Partner._find_by_unsubscribe_link(partner_id, token, subject)
        if not partner or self._is_staff_for(partner):
            return Partner.browse()
        self._speak_language_of(partner)
        return partner.with_env(request.env(su=True))

    def _answer(self, partner, partner_id, token, subject, done):
        if not partner:
            return self._refuse()
        page_url = f"{PREFERENCES_PATH}/{partner_id}/{token}"
        opened, _kind = partner._find_by_page_link(partner_id, token)
        response = request.render(
            "crm_relationship.portal_unsubscribe",
            {
                "subject": subject,
                "done": done,
                "url": f"{page_url}/unsubscribe/{subject}",
                "page_url": opened.active and page_url,
            },
        )
        response.headers.update(HEADERS)
        return response
