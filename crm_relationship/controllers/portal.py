import json
import time
from dataclasses import dataclass, field

from werkzeug.exceptions import BadRequest, MethodNotAllowed

from odoo import http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..models.courtesy.res_partner_address import ADDRESSES
from ..models.portal.res_partner import PREFERENCES_PATH, SHOWN_CONTACTS
from . import preference_form as form_reader

PORTAL_URL = "/my/contact-preferences"
LINK_ROUTE = f"{PREFERENCES_PATH}/<int:partner_id>/<string:token>"
FLASH = "contact_preferences"
# What the page's one form asks; whichever button is pressed, all of it is saved.
ANSWERS = ("consents", "channels", "window", "pause")
# What one button does. Each of these and of the above has a method `_save_…`.
BUTTONS = (
    "stop",
    "resume",
    "end_pause",
    "erasure",
    "revoke",
    "code_request",
    "code",
)
# What is done without changing a wish.
DEEDS = ("erasure", "revoke", "code_request", "code")
# The buttons that have a text of their own.
WRITTEN = ("stop", "erasure")
# The button that only saves, and those that show the page in another language.
SAVE, SPEAK = "save", "speak"
# What is heard however often somebody has changed something: less contact; a code has
# a limit of its own.
ALWAYS_HEARD = ("stop", "code")
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


@dataclass
class Outcome:
    """What came of the form: the sections saved, and the others with the reason.

    A draft is a form that was not sent to be saved.
    """

    form: dict = field(default_factory=dict)
    saved: list = field(default_factory=list)
    change_ids: list = field(default_factory=list)
    errors: dict = field(default_factory=dict)
    is_draft: bool = False

    def get_kept(self):
        """Return the sections that are shown as they were entered."""
        return (*ANSWERS, *WRITTEN) if self.is_draft else tuple(self.errors)

    def has_done_something(self):
        return bool(self.change_ids or set(self.saved) & set(DEEDS))

    def pack(self, partner):
        """Return it for the session, to be shown once on the page that follows."""
        return {
            "partner_id": partner.id,
            "saved": self.saved,
            "change_ids": self.change_ids,
        }

    def describe(self, partner):
        """Return what has changed, in words for the customer."""
        changes = partner.env["crm.preference.change"].search(
            [("id", "in", self.change_ids), ("partner_id", "=", partner.id)]
        )
        return changes._describe_for_customer()


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
        (PREFERENCES_PATH, f"{PREFERENCES_PATH}/<path:rest>"),
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
    )
    def cut_link(self, **_params):
        """Tell whoever comes by a link that a message program has cut what to do."""
        return self._refuse()

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
        """Return the visit of somebody who has logged in.

        The language is what the visitor has chosen, unless a website does not offer the
        visitor's own.
        """
        partner = request.env.user.partner_id
        if not request.env["ir.http"].get_nearest_lang(partner.lang):
            self._speak_language_of(partner)
        # sudo: portal users have no access to their own wishes.
        own = partner.with_env(request.env(su=True))
        return Visit(own, "portal", PORTAL_URL)

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
        """Show a page in the customer's language and time zone.

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

    def _show(self, visit, outcome=None, status=None):
        """Show the page, after a form what came of it.

        :param Outcome outcome: None where nothing was sent
        """
        values = self._prepare_page_values(visit, outcome or self._pop_outcome(visit))
        if not visit.by_link:
            values = {**self._prepare_portal_layout_values(), **values}
        response = request.render("crm_relationship.portal_contact_preferences", values)
        response.headers.update(HEADERS)
        if status or values["errors"]:
            response.status_code = status or 422
        return response

    def _prepare_page_values(self, visit, outcome):
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
            "saved": outcome.saved,
            "saved_nothing": not outcome.has_done_something(),
            "changes": outcome.describe(visit.partner),
            "errors": outcome.errors,
            # what was sent and not saved is shown as it was entered
            "kept": {section: outcome.form for section in outcome.get_kept()},
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
            return self._show(visit, Outcome(errors={"code": error}), status=403)
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
        """Save what the customer entered anywhere on the page, and show the result.

        Each section by itself: what is wrong in one holds up none of the others.
        """
        button = form.get("section")
        if button not in (SAVE, SPEAK, *ANSWERS, *BUTTONS):
            raise BadRequest
        whole = bool(form.get("whole_page"))
        if button == SPEAK:
            return self._speak(visit, form)
        outcome = Outcome(form=form)
        sections = self._get_sections(visit, form, button)
        for section in sections:
            self._save_apart(visit, form, section, outcome)
        if "stop" in outcome.saved:
            # No pause is longer; the page that follows does not ask for one.
            outcome.errors.pop("pause", None)
        if whole:
            outcome.errors |= form_reader.find_unsent(request.env, form, set(sections))
        if "revoke" in outcome.saved and visit.by_link:
            return self._say_revoked(visit, outcome)
        if outcome.errors:
            return self._show(visit, outcome)
        request.session[FLASH] = outcome.pack(visit.partner)
        return self._go_to(visit.page_url)

    def _get_sections(self, visit, form, button):
        """Return what is to be saved, the button's own part first.

        Enter in the field of the code presses the page's first button: it saves.
        """
        own = [button] if button in (*ANSWERS, *BUTTONS) else []
        if not form.get("whole_page"):
            return own
        if button == SAVE and visit.may_confirm and (form.get("code") or "").strip():
            own = ["code"]
        return own + [section for section in ANSWERS if section not in own]

    def _save_apart(self, visit, form, section, outcome):
        """Save one section; its error is noted and leaves the others alone."""
        History = visit.partner.env["crm.preference.change"]
        try:
            if section not in ALWAYS_HEARD and History._is_flooded(visit.partner):
                raise UserError(
                    request.env._(
                        "Your preferences were changed very often within the last"
                        " hour. Please try again later."
                    )
                )
            if section == "code":
                # not undone: a wrong code counts as an attempt
                changes = self._save_code(visit, form)
            else:
                with request.env.cr.savepoint():
                    changes = getattr(self, f"_save_{section}")(visit, form)
        except UserError as error:
            outcome.errors[section] = error.args[0]
        else:
            outcome.saved.append(section)
            outcome.change_ids += changes.ids

    def _speak(self, visit, form):
        """Show the page in another language, with all that was entered and not saved.

        The language came with the address, and holds already.
        """
        return self._show(visit, Outcome(form=form, is_draft=True))

    def _go_to(self, url):
        response = request.redirect(url, code=303)
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
        words = form_reader.read_words(request.env, form, "stop")
        vals = {"do_not_contact": True}
        if words:
            vals["do_not_contact_reason"] = words
        return self._change(visit, vals)

    def _save_resume(self, visit, form):
        return self._change(visit, {"do_not_contact": False})

    def _save_end_pause(self, visit, form):
        return self._change(visit, {"contact_snooze_until": False})

    def _save_erasure(self, visit, form):
        words = form_reader.read_words(request.env, form, "erasure")
        visit.partner._request_erasure(words)
        return visit.partner.env["crm.preference.change"]

    def _save_revoke(self, visit, form):
        visit.partner._revoke_links()
        return visit.partner.env["crm.preference.change"]

    def _say_revoked(self, visit, outcome):
        """Answer by a page of its own: the link that led here is invalid, too."""
        values = {
            "changes": outcome.describe(visit.partner),
            "errors": outcome.errors,
            "saved": outcome.saved,
        }
        response = request.render(
            "crm_relationship.portal_contact_links_revoked", values
        )
        response.headers.update(HEADERS)
        return response

    def _save_code_request(self, visit, form):
        if not visit.may_confirm:
            raise BadRequest
        visit.partner.env["crm.link.code"]._send(visit.partner, visit.kind)
        return visit.partner.env["crm.preference.change"]

    def _save_code(self, visit, form):
        """Let the visitor read for a while who enters the code that was sent."""
        if not visit.may_confirm:
            raise BadRequest
        codes = visit.partner.env["crm.link.code"]
        if not codes._enter(visit.partner, form.get("code")):
            raise UserError(
                request.env._(
                    "This code is wrong or too old. Please enter the one we sent you"
                    " last, or ask for a new one."
                )
            )
        token = visit.url.rpartition("/")[2]
        request.session[CONFIRMED] = {
            f"{visit.partner.id}:{token}": time.time() + CONFIRMED_SECONDS
        }
        return visit.partner.env["crm.preference.change"]

    def _pop_outcome(self, visit):
        """Return what this visitor's last form changed; only once."""
        flash = request.session.pop(FLASH, None)
        if not flash or flash["partner_id"] != visit.partner.id:
            return Outcome()
        return Outcome(saved=flash["saved"], change_ids=flash["change_ids"])
