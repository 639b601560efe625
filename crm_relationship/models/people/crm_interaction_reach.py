from odoo import api, fields, models

from ...engine import channel
from ..base.asked import check_one
from ..base.holding import holding
from ..courtesy.gatekeeper import Listener
from ..courtesy.voices import get_address_of
from ..ledger.address import lacks_address, word_missing
from ..ledger.messages import SENDING
from . import reach

# The last attempt goes through another of these channels: nobody drives for it.
FROM_A_DESK = ("call", "whatsapp", "sms", "email")


class CrmInteraction(models.Model):
    """Reached by one tap: through which channels, and what is missing for them."""

    _inherit = "crm.interaction"

    # may be added or corrected in the dialog; the contact says who may
    phone = fields.Char(readonly=False)
    email = fields.Char(readonly=False)
    reach = fields.Json(
        compute="_compute_reach",
        help="The channels through which the person can be reached from here.",
    )
    reach_warning = fields.Char(
        string="Cannot Be Reached",
        compute="_compute_reach_warning",
        help="What is missing for the channel of the interaction, and which channel"
        " comes next.",
    )

    # ------------------------------------------------------------------
    # Through what
    # ------------------------------------------------------------------

    @api.depends(
        "partner_id.refused_touchpoint_ids",
        "partner_id.do_not_contact",
        "phone",
        "email",
        "touchpoint_id",
        "state",
    )
    def _compute_reach(self):
        self.reach = False
        for interaction in self._filter_pending().filtered("partner_id"):
            interaction.reach = reach.get_buttons(
                interaction.partner_id, interaction.touchpoint_id
            )

    @api.depends("partner_id", "phone", "email", "touchpoint_id", "state")
    def _compute_reach_warning(self):
        lacking = self._filter_pending().filtered(
            lambda i: i.partner_id and lacks_address(i.partner_id, i.touchpoint_id.kind)
        )
        (self - lacking).reach_warning = False
        if not lacking:
            return
        listener = Listener(lacking.partner_id, fields.Datetime.now())
        for interaction in lacking:
            interaction.reach_warning = interaction._word_lack(listener)

    def _word_lack(self, listener):
        """Return what is missing for the channel, and the next one, in words."""
        self.ensure_one()
        missing = word_missing(self.env, self.touchpoint_id.kind)
        following = self._find_next_touchpoint(listener)
        if not following:
            return self.env._("%s.", missing)
        return self.env._(
            "%(missing)s. The next channel would be %(channel)s.",
            missing=missing,
            channel=following.name,
        )

    def _find_next_touchpoint(self, listener, kinds=None):
        """Return the first other channel that can be used, possibly none.

        What speaks against all channels alike, such as the hour, does not count.

        :param kinds: of the channels that come into question; all by default
        """
        self.ensure_one()
        candidates = [
            *self._get_candidates(),
            *self.env["crm.touchpoint"]._get_in_use(),
        ]
        usable = (
            candidate
            for candidate in candidates
            if candidate.kind != self.touchpoint_id.kind
            and (kinds is None or candidate.kind in kinds)
            and not lacks_address(self.partner_id, candidate.kind)
            and self._is_accepted(listener, candidate)
        )
        return next(usable, None)

    def _is_accepted(self, listener, touchpoint):
        """Tell whether nothing speaks against this one channel."""
        address = get_address_of(touchpoint.kind)
        if self._get_touch_template(touchpoint) and not listener.has_address(
            self.partner_id, address
        ):
            return False
        # sudo: whether a consent is needed is no secret to whoever makes contact
        company = self.company_id.sudo()
        reason = listener.get_refusal(
            self.partner_id, self.kind, address, touchpoint.ids, company
        )
        return reason not in channel.CHANNEL_REASONS

    def _change_channel(self):
        """Let the last attempt go through another channel than those in vain.

        The first that the customer accepts, in the order of the plan; none that takes
        longer than from a desk. What was entered for it stays.
        """
        last = self.filtered(
            lambda i: (
                i.attempt_count + 2 == i.company_id.relationship_max_attempts
                and i.partner_id
            )
        )
        if not last:
            return
        listener = Listener(last.partner_id, fields.Datetime.now())
        for interaction in last:
            other = interaction._find_next_touchpoint(listener, FROM_A_DESK)
            if other:
                interaction.touchpoint_id = other

    @api.model
    def _get_free_fields(self):
        """Number and address are the contact's, which says who may change them."""
        return super()._get_free_fields() | {"phone", "email"}

    # ------------------------------------------------------------------
    # One tap
    # ------------------------------------------------------------------

    def action_reach(self):
        """Open the channel of the context key ``channel``; then ask what came of it.

        A missing number can be added in the dialog that follows.
        """
        check_one(self)
        self.check_access("read")
        kind = self.env.context.get("channel")
        reach.check_kind(self.env, kind)
        person, dialog = self.partner_id, self.action_open_outcome()
        if obstacle := reach.get_obstacle(person, kind):
            # the dialog tells what is missing for the channel of the interaction
            is_told = kind == self.touchpoint_id.kind and self.reach_warning
            return dialog if is_told else reach.warn(obstacle, dialog)
        if kind == "visit":
            return reach.show_map(person)
        touchpoint = self._get_touchpoint(kind)
        if kind == "whatsapp":
            action = reach.open_link(self.action_whatsapp()["url"], dialog)
        else:
            self._check_not_refused(touchpoint)
            action = self._open_channel(kind, dialog)
        if kind in ("call", "whatsapp"):
            self._use_channel(touchpoint)
        return action

    def _open_channel(self, kind, dialog):
        """Return the action that dials or writes; closing is up to who sends."""
        self.ensure_one()
        if kind == "call":
            return reach.call(self.partner_id, dialog)
        # sudo: what is said is read by whoever says it
        touch = self._get_touch().sudo()
        self._before_sending()
        with holding(SENDING, tuple(self.ids)):
            values = {"crm_interaction_id": self.id}
            if kind == "sms":
                return reach.write_sms(
                    self.partner_id, {**values, "template_id": touch.sms_template_id.id}
                )
            return reach.write_email(
                self.partner_id, {**values, "template_id": touch.mail_template_id.id}
            )

    def _use_channel(self, touchpoint):
        """Note through which channel somebody tries, as far as that user may."""
        if touchpoint and touchpoint != self.touchpoint_id and self._filter_pending():
            if self.has_access("write"):
                self._take_up().write({"touchpoint_id": touchpoint.id})
