import json
from dataclasses import dataclass

from werkzeug.exceptions import BadRequest, MethodNotAllowed

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..models.portal.res_partner import PREFERENCES_PATH, SHOWN_CONTACTS
from . import preference_form as form_reader

PORTAL_URL = "/my/contact-preferences"
LINK_ROUTE = f"{PREFERENCES_PATH}/<int:partner_id>/<string:token>"
FLASH = "contact_preferences"
# The forms of the page; each has a method `_save_…`.
SECTIONS = ("channels", "window", "consents", "pause", "stop", "resume", "erasure")
# The link is the key to the page: it must not leak to other sites, caches or search.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
}


def require_post():
    """Let nothing but POST change anything.

    Odoo adds OPTIONS to the methods of every route, and asks no CSRF token for it.
    """
    if request.httprequest.method != "POST":
        raise MethodNotAllowed(["POST"])


@dataclass(frozen=True)
class Visit:
    """Whose page is open (``res.partner`` with sudo) and how the visitor came."""

    partner: object
    source: str
    url: str
    query: str = ""

    @property
    def page_url(self):
        return f"{self.url}{self.query}"


class ContactPreferences(CustomerPortal):
    """The page on which customers see and change their own wishes.

    Two doors, one page: the portal for those who log in, the signed link of a message
    for everybody else. Each door yields exactly one contact, the visitor's own; from
    there on ``sudo()`` is needed because customers have no access to any of the models,
    and safe because nothing else is reachable from a visit.
    """

    # ------------------------------------------------------------------
    # Routes
    # ------------------------------------------------------------------

    @http.route(PORTAL_URL, auth="user", website=True, sitemap=False, methods=["GET"])
    def my_contact_preferences(self, **_params):
        return self._show(self._visit_portal())

    @http.route(PORTAL_URL, auth="user", website=True, sitemap=False, methods=["POST"])
    def my_contact_preferences_save(self, **form):
        require_post()
        return self._save(self._visit_portal(), form)

    @http.route(f"{PORTAL_URL}/data", auth="user", sitemap=False, methods=["GET"])
    def my_contact_data(self, **_params):
        return self._download(self._visit_portal())

    @http.route(
        LINK_ROUTE,
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
    )
    def link_contact_preferences(self, partner_id, token, **_params):
        visit = self._visit_link(partner_id, token)
        return self._show(visit) if visit else self._refuse()

    @http.route(
        LINK_ROUTE,
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["POST"],
    )
    def link_contact_preferences_save(self, partner_id, token, **form):
        require_post()
        visit = self._visit_link(partner_id, token)
        return self._save(visit, form) if visit else self._refuse()

    @http.route(
        f"{LINK_ROUTE}/data",
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
    )
    def link_contact_data(self, partner_id, token, **_params):
        visit = self._visit_link(partner_id, token)
        return self._download(visit) if visit else self._refuse()

    # ------------------------------------------------------------------
    # Doors
    # ------------------------------------------------------------------

    def _visit_portal(self):
        # sudo: portal users have no access to their own wishes.
        return Visit(request.env.user.partner_id.sudo(), "portal", PORTAL_URL)

    def _visit_link(self, partner_id, token):
        """Return the visit a signed link opens, None when it opens nothing.

        Staff who are logged in are kept out of a customer's page: what is done there
        counts as the customer's own word. An archived contact has no page either.
        """
        # sudo: a visitor without login has no access; the signature is the permission.
        Partner = request.env["res.partner"].sudo()
        partner = Partner._find_by_preferences_token(partner_id, token)
        if not partner.active or self._is_staff_for(partner):
            return None
        chosen = self._speak_language_of(partner)
        return Visit(
            partner=partner.with_env(request.env(su=True)),
            source="link",
            url=f"{PREFERENCES_PATH}/{partner_id}/{token}",
            query=f"?lang={chosen}" if chosen else "",
        )

    def _is_staff_for(self, partner):
        user = request.env.user
        return user._is_internal() and user.partner_id != partner

    def _speak_language_of(self, partner):
        """Show a page opened by link in the customer's language and time zone.

        :return: the language chosen on the page, if any
        """
        Http = request.env["ir.http"]
        chosen = Http.get_nearest_lang(request.httprequest.args.get("lang"))
        lang = chosen or Http.get_nearest_lang(partner.lang) or request.lang.code
        tz = partner._get_contact_tz() or partner.env.company._relationship_tz()
        request.update_context(lang=lang, tz=tz)
        return chosen

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------

    def _show(self, visit, error=None, section=None):
        values = {
            **self._prepare_page_values(visit),
            "error": error,
            "error_section": section,
        }
        if visit.source == "portal":
            values = {**self._prepare_portal_layout_values(), **values}
        response = request.render("crm_relationship.portal_contact_preferences", values)
        response.headers.update(HEADERS)
        if error:
            response.status_code = 422
        return response

    def _prepare_page_values(self, visit):
        partner = visit.partner
        contacts = partner._get_portal_contacts_domain()
        return {
            "page_name": "contact_preferences",
            "visit": visit,
            "languages": request.env["res.lang"]._get_frontend().values(),
            "partner": partner,
            "staff": partner._get_portal_staff(),
            "touchpoints": partner._get_portal_touchpoints(),
            "windows": partner._get_portal_windows(),
            "today": partner._get_portal_today(),
            "contacts": partner._get_portal_contacts(limit=SHOWN_CONTACTS),
            "consents": partner._get_portal_consents(),
            "contact_count": partner.env["crm.interaction"].search_count(contacts),
            "erasure_request": partner._get_erasure_request(),
            "words_limit": form_reader.WORDS_LIMIT,
            **self._pop_flash(visit),
        }

    def _refuse(self):
        """Answer a link that opens nothing, always in the same words."""
        response = request.render("crm_relationship.portal_contact_link_invalid", {})
        response.headers.update(HEADERS)
        response.status_code = 403
        return response

    def _download(self, visit):
        body = json.dumps(
            visit.partner._get_portal_data(), ensure_ascii=False, indent=2
        )
        return request.make_response(
            body,
            headers={
                **HEADERS,
                "Content-Type": "application/json; charset=utf-8",
                "Content-Disposition": content_disposition("contact-data.json"),
            }.items(),
        )

    # ------------------------------------------------------------------
    # Changes
    # ------------------------------------------------------------------

    def _save(self, visit, form):
        """Change what one form of the page asks for, and show what became of it."""
        section = form.get("section")
        if section not in SECTIONS:
            raise BadRequest
        History = visit.partner.env["crm.preference.change"]
        try:
            if section != "stop" and History._is_flooded(visit.partner):
                raise UserError(
                    request.env._(
                        "Your wishes were changed very often within the last hour."
                        " Nothing was changed now. Please try again later."
                    )
                )
            with request.env.cr.savepoint():
                changes = getattr(self, f"_save_{section}")(visit, form)
        except UserError as error:
            return self._show(visit, error=error.args[0], section=section)
        request.session[FLASH] = {
            "partner_id": visit.partner.id,
            "change_ids": changes.ids,
            "section": section,
        }
        response = request.redirect(visit.page_url, code=303)
        response.headers.update(HEADERS)
        return response

    def _change(self, visit, vals, wording=None):
        if not vals:
            return visit.partner.env["crm.preference.change"]
        return visit.partner._change_preferences(
            vals, source=visit.source, wording=wording, by_customer=True
        )

    def _save_channels(self, visit, form):
        return self._change(visit, form_reader.read_channels(visit.partner, form))

    def _save_window(self, visit, form):
        return self._change(visit, form_reader.read_window(visit.partner, form))

    def _save_consents(self, visit, form):
        changes = visit.partner.env["crm.preference.change"]
        for name, state in form_reader.read_consents(form).items():
            wording = visit.partner._get_consent_wording(name, state)
            # One call each: the words belong to one consent.
            changes += self._change(visit, {name: state}, wording)
        return changes

    def _save_pause(self, visit, form):
        today = visit.partner._get_portal_today()
        return self._change(visit, form_reader.read_pause(request.env, form, today))

    def _save_stop(self, visit, form):
        words = form_reader.read_words(request.env, form)
        vals = {"do_not_contact": True}
        if words:
            vals["do_not_contact_reason"] = words
        return self._change(visit, vals)

    def _save_resume(self, visit, form):
        return self._change(visit, {"do_not_contact": False})

    def _save_erasure(self, visit, form):
        words = form_reader.read_words(request.env, form)
        visit.partner._request_erasure(words)
        return visit.partner.env["crm.preference.change"]

    def _pop_flash(self, visit):
        """Return what the last form of this visitor changed, once."""
        flash = request.session.pop(FLASH, None)
        if not flash or flash["partner_id"] != visit.partner.id:
            return {"saved_section": None, "changes": []}
        History = visit.partner.env["crm.preference.change"]
        changes = History.search(
            [("id", "in", flash["change_ids"]), ("partner_id", "=", visit.partner.id)]
        )
        return {
            "saved_section": flash["section"],
            "changes": changes._describe_for_customer(),
        }
