from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.crm_relationship.controllers.portal import (
    HEADERS,
    ContactPreferences,
    require_post,
)

from ..models.crm_interaction import INVITATION_PATH

ROUTE = f"{INVITATION_PATH}/<int:interaction_id>/<int:partner_id>/<string:token>"
ANSWERS = ("accept", "decline")


class Invitation(ContactPreferences):
    """The page on which a customer accepts or declines.

    Virus scanners open every link, so GET changes nothing. The link is signed for one
    invitation of one person, and opens nothing else.
    """

    @http.route(
        ROUTE,
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["GET"],
    )
    def invitation(self, interaction_id, partner_id, token, **_params):
        invited = self._find_invited(interaction_id, partner_id, token)
        return self._show_invitation(invited) if invited else self._refuse()

    @http.route(
        ROUTE,
        auth="public",
        website=True,
        multilang=False,
        sitemap=False,
        methods=["POST"],
    )
    def invitation_answer(self, interaction_id, partner_id, token, **form):
        require_post()
        invited = self._find_invited(interaction_id, partner_id, token)
        if not invited:
            return self._refuse()
        answer, error = form.get("answer"), None
        if answer in ANSWERS:
            try:
                with request.env.cr.savepoint():
                    getattr(invited, f"_{answer}_invitation")()
            except UserError as refusal:
                error = refusal.args[0]
        return self._show_invitation(invited, answer, error)

    def _find_invited(self, interaction_id, partner_id, token):
        """Return the invitation that a link opens, with sudo; none when it opens none.

        Staff who are logged in are kept out: what is done here counts as the customer's
        own word.
        """
        # sudo: a visitor without login has no access; the signature is the permission
        Partner = request.env["res.partner"].sudo()
        partner = Partner._find_linked(partner_id, token)
        scope = Partner._get_link_scope("event", interaction_id)
        if (
            not partner.active
            or self._is_staff_for(partner)
            or not Partner._is_signed(partner_id, token, scope)
        ):
            return None
        self._speak_language_of(partner)
        # sudo: as above
        ledger = request.env(su=True)["crm.interaction"]
        invited = ledger.browse(interaction_id).exists()
        is_own = invited.partner_id == partner and invited.invited_event_id
        return invited if is_own else None

    def _show_invitation(self, invited, answer=None, error=None):
        event = invited.invited_event_id
        response = request.render(
            "crm_relationship_event.portal_invitation",
            {
                "event": event,
                "description": event._describe_event(invited.partner_id),
                "is_coming": invited._is_coming(),
                "is_declined": answer == "decline" and not error,
                "obstacle": error or event._get_obstacle(),
            },
        )
        response.headers.update(HEADERS)
        if error:
            response.status_code = 422
        return response
