import json
import time
from dataclasses import dataclass

from werkzeug.exceptions import BadRequest, MethodNotAllowed

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..models.courtesy.res_partner import ADDRESSES
from ..models.portal.res_partner import PREFERENCES_PATH, SHOWN_CONTACTS
from . import preference_form as form_reader

PORTAL_URL = "/my/contact-preferences"
LINK_ROUTE = f"{PREFERENCES_PATH}/<int:partner_id>/<string:token>"
FLASH = "contact_preferences"
# The forms of the page; each has a method `_save_…`.
SECTIONS = (
    "channels",
    "window",
    "consents",
    "pause",
    "stop",
    "resume",
    "erasure",
    "revoke",
    "code_request",
)
# Until when a visitor by link has shown to own the address: {id of the person: time}.
CONFIRMED = "contact_preferences_confirmed"
CONFIRMED_SECONDS = 15 * 60
# The link is the key to the page: it must not leak to other sites, caches or search
# engines.
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
    """Whose page is open (``res.partner`` with sudo) and how the visitor got there.

    ``source`` is that of the changes made; ``kind`` says to which address the link was
    sent. A link sent to an address that staff put in place of another
    ("changed_address") may ask for less contact and nothing else.
    """

    partner: object
    source: str
    url: str
    query: str = ""
    kind: str | None = None
    confirmed: bool = False

    @property
    def by_link(self):
        return self.source != "portal"

    @property
    def may_read(self):
        """Whether the visitor may see more than the wishes."""
        return not self.by_link or self.confirmed

    @property
    def may_confirm(self):
        """Whether a code can be sent that proves the address to be the visitor's."""
        return self.source == "link" and not self.confirmed

    @property
    def page_url(self):
        return f"{self.url}{self.query}"


class ContactPreferences(CustomerPortal):
    """The page on which customers see and change their own wishes.

    Two doors, one page: the portal for those who log in, the signed link of a message
    for everybody else. Each door leads to exactly one contact, the visitor's own; from
    there on, ``sudo()`` is needed because customers have no access to any of the
    models, and safe because nothing else can be reached from a visit.
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

        Logged-in internal users are kept out of a customer's page: what is done there
        counts as the customer's own word. An archived contact has no page either.
        """
        # sudo: a visitor without login has no access; the signature is the permission.
        Partner = request.env["res.partner"].sudo()
        partner, kind = Partner._find_by_page_link(partner_id, token)
        if not partner.active or self._is_staff_for(partner):
            return None
        chosen = self._speak_language_of(partner)
        own = bool(kind and partner[ADDRESSES[kind][0]]) and partner._owns_address(kind)
        return Visit(
            partner=partner.with_env(request.env(su=True)),
            source="link" if own else "changed_address",
            url=f"{PREFERENCES_PATH}/{partner_id}/{token}",
            query=f"?lang={chosen}" if chosen else "",
            kind=kind,
            confirmed=own and self._is_confirmed(partner, token),
        )

    def _is_confirmed(self, partner, token):
        """Tell whether this visitor has entered the code sent for this very link."""
        known = request.session.get(CONFIRMED) or {}
        return known.get(f"{partner.id}:{token}", 0) > time.time()

    def _is_staff_for(self, partner):
        user = request.env.user
        return user._is_internal() and user.partner_id != partner

    def _speak_language_of(self, partner):
        """Show a page opened by link in the customer's language and time zone.

        :return: the language chosen on the page, if any
        """
        Http = request.env(context=self._any_language())["ir.http"]
        chosen = Http.get_nearest_lang(request.httprequest.args.get("lang"))
        lang = chosen or Http.get_nearest_lang(partner.lang) or request.lang.code
        tz = partner._get_contact_tz() or partner.env.company._relationship_tz()
        request.update_context(lang=lang, tz=tz)
        return chosen

    def _get_languages(self):
        """Return the languages a customer may choose on a page opened by link."""
        Lang = request.env(context=self._any_language())["res.lang"]
        return Lang._get_frontend().values()

    def _any_language(self):
        """Return the context in which all languages count that the company writes in.

        Not only those in which its website is translated, where it has one.
        """
        return {**request.env.context, "web_force_installed_langs": True}

    # ------------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------------

    def _show(self, visit, error=None, section=None, status=422):
        values = {
            **self._prepare_page_values(visit),
            "error": error,
            "error_section": section,
        }
        if not visit.by_link:
            values = {**self._prepare_portal_layout_values(), **values}
        response = request.render("crm_relationship.portal_contact_preferences", values)
        response.headers.update(HEADERS)
        if error:
            response.status_code = status
        return response

    def _prepare_page_values(self, visit):
        partner = visit.partner
        contacts = partner._get_portal_contacts_domain()
        return {
            "page_name": "contact_preferences",
            "visit": visit,
            "languages": self._get_languages(),
            "partner": partner,
            "staff": partner._get_portal_staff(),
            "touchpoints": partner._get_portal_touchpoints(),
            "windows": partner._get_portal_windows(),
            "today": partner._get_portal_today(),
            "contacts": partner._get_portal_contacts(limit=SHOWN_CONTACTS),
            "consents": partner._get_portal_consents(),
            "is_contacted_less": partner._is_contacted_less(),
            "contact_count": partner.env["crm.interaction"].search_count(contacts),
            "erasure_request": partner._get_erasure_request(),
            "code_sent": visit.may_confirm
            and partner.env["crm.link.code"]._get_open(partner),
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
        if not visit.may_read:
            error = request.env._(
                "Before you download your data by a link, please show that the address"
                " it was sent to is yours: have a code sent to it."
            )
            return self._show(visit, error=error, section="code", status=403)
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
        """Change what one form of the page asks for, and show the result."""
        section = form.get("section")
        if section == "code":
            return self._enter_code(visit, form)
        if section not in SECTIONS:
            raise BadRequest
        History = visit.partner.env["crm.preference.change"]
        try:
            if section != "stop" and History._is_flooded(visit.partner):
                raise UserError(
                    request.env._(
                        "Your preferences were changed very often within the last"
                        " hour. Nothing was changed now. Please try again later."
                    )
                )
            with request.env.cr.savepoint():
                changes = getattr(self, f"_save_{section}")(visit, form)
        except UserError as error:
            return self._show(visit, error=error.args[0], section=section)
        if section == "revoke" and visit.by_link:
            return self._say_revoked()
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
            # One call for each: the wording belongs to one consent.
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

    def _save_revoke(self, visit, form):
        visit.partner._revoke_links()
        return visit.partner.env["crm.preference.change"]

    def _say_revoked(self):
        """Answer by a page of its own: the link that led here is invalid, too."""
        response = request.render("crm_relationship.portal_contact_links_revoked", {})
        response.headers.update(HEADERS)
        return response

    def _save_code_request(self, visit, form):
        if not visit.may_confirm:
            raise BadRequest
        visit.partner.env["crm.link.code"]._send(visit.partner, visit.kind)
        return visit.partner.env["crm.preference.change"]

    def _enter_code(self, visit, form):
        """Let the visitor read for a while who enters the code that was sent.

        Without the savepoint of ``_save``: a wrong code counts as an attempt.
        """
        if not visit.may_confirm:
            raise BadRequest
        codes = visit.partner.env["crm.link.code"]
        if not codes._enter(visit.partner, form.get("code")):
            error = request.env._(
                "This code is wrong or too old. Please enter the one we sent you last,"
                " or ask for a new one."
            )
            return self._show(visit, error=error, section="code")
        token = visit.url.rpartition("/")[2]
        request.session[CONFIRMED] = {
            f"{visit.partner.id}:{token}": time.time() + CONFIRMED_SECONDS
        }
        response = request.redirect(visit.page_url, code=303)
        response.headers.update(HEADERS)
        return response

    def _pop_flash(self, visit):
        """Return what this visitor's last form changed; only once."""
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
