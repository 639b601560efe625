from markupsafe import Markup

from odoo import api, fields, models

from .loyalty_program import COUPON_TYPES, NOMINATIVE_TYPES
from .res_partner import PLACEHOLDERS

# Why a message is not sent: what it would bring, there is not.
NO_BENEFIT = "no_benefit"


class CrmInteraction(models.Model):
    """What the customer gets of a loyalty program, and what has become of it."""

    _inherit = "crm.interaction"

    reason_code = fields.Selection(
        selection_add=[(NO_BENEFIT, "The benefit cannot be given any more")],
    )
    loyalty_benefit_id = fields.Many2one(
        comodel_name="crm.benefit",
        string="Given as",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
    )
    loyalty_card_id = fields.Many2one(
        comodel_name="loyalty.card",
        string="Coupon or Card",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
    )
    loyalty_code = fields.Char(string="Code", compute="_compute_loyalty_code")
    loyalty_points = fields.Float(string="Points Given", readonly=True, copy=False)
    loyalty_state = fields.Selection(
        selection=[
            ("given", "Given"),
            ("taken_back", "Taken back"),
            ("used", "Used, before it could be taken back"),
        ],
        string="Coupon or Points",
        readonly=True,
        copy=False,
    )

    _loyalty_idx = models.Index(
        "(company_id) WHERE loyalty_state = 'given' AND state <> 'done'"
    )
    _loyalty_taken_idx = models.Index(
        "(enrollment_id) WHERE loyalty_state = 'taken_back'"
    )

    @api.depends("loyalty_card_id")
    def _compute_loyalty_code(self):
        for interaction in self:
            # sudo: whoever contacts the customer tells the code
            card = interaction.sudo().loyalty_card_id
            is_coupon = card.program_type in COUPON_TYPES
            interaction.loyalty_code = card.code if is_coupon else False

    @api.depends("loyalty_state", "loyalty_card_id")
    def _compute_note(self):
        """Tell the code to whoever contacts the customer, or why there is none."""
        result = super()._compute_note()
        for interaction in self:
            # sudo: as for the guidance
            own = interaction.sudo().with_env(self.env)
            text = False
            if own.loyalty_state == "given":
                text = own._describe_gift()
            elif not own.loyalty_state and own._filter_pending():
                text = own._get_loyalty_obstacle()
            if text:
                line = Markup("<p>%s</p>") % text
                interaction.note = (interaction.note or Markup()) + line
        return result

    # ------------------------------------------------------------------
    # Giving
    # ------------------------------------------------------------------

    def _get_loyalty_benefit(self):
        """Return what these bring of a loyalty program, possibly nothing."""
        self.ensure_one()
        benefit = self._get_touch().benefit_id
        return benefit.filtered(lambda b: b.active and b.loyalty_program_id)

    def _get_loyalty_obstacle(self):
        """Return why the customer cannot be given it, else False.

        ``sudo``: the limits are told to whoever contacts the customer.
        """
        self.ensure_one()
        benefit = self._get_loyalty_benefit()
        program = benefit.loyalty_program_id
        if not program:
            return False
        if not program._is_for(self.relationship_id.segment_id):
            return program.with_env(self.env).sudo()._describe_limits()
        return benefit.with_env(self.env)._get_obstacle(self.company_id)

    def _bring_along(self):
        """Give each customer the coupon or points, once.

        ``sudo``: cards are made by the system; whoever contacts the customer may only
        see them.
        """
        lacking = super()._bring_along()
        bringing = self.sudo().filtered(
            lambda i: i.loyalty_state != "given" and i._get_loyalty_benefit()
        )
        if not bringing:
            return lacking
        by_benefit = bringing.grouped(lambda i: i._get_loyalty_benefit())
        self.env["crm.benefit"].union(*by_benefit)._take_turns()
        without = self.browse()
        for interactions in by_benefit.values():
            for interaction in interactions:
                # one by one: each may be the last that there is
                if interaction._get_loyalty_obstacle():
                    without += interaction
                else:
                    interaction._give_loyalty()
                    interaction._get_loyalty_benefit().invalidate_recordset(
                        ["loyalty_count"]
                    )
        if without:
            known = lacking.get(NO_BENEFIT, self.browse())
            lacking[NO_BENEFIT] = known | without.with_env(self.env)
        return lacking

    def _give_loyalty(self):
        """Give the customer a new coupon, or points on the card."""
        self.ensure_one()
        benefit = self._get_loyalty_benefit()
        card = self._get_loyalty_card(benefit)
        # Odoo's own mail would pass no gate; ours brings the code
        card.with_context(loyalty_no_mail=True).points += benefit.loyalty_points
        self._note_loyalty(card, issued=benefit.loyalty_points)
        self.write(
            {
                "loyalty_benefit_id": benefit.id,
                "loyalty_card_id": card.id,
                "loyalty_points": benefit.loyalty_points,
                "loyalty_state": "given",
            }
        )

    def _get_loyalty_card(self, benefit):
        """Return the card on which the points are given; a coupon is always new."""
        program = benefit.loyalty_program_id
        cards = self.env["loyalty.card"].with_context(loyalty_no_mail=True)
        values = {
            "program_id": program.id,
            "partner_id": self.partner_id.id,
            "points": 0,
        }
        if program.program_type in NOMINATIVE_TYPES:
            known = cards.search(
                [
                    ("program_id", "=", program.id),
                    ("partner_id", "=", self.partner_id.id),
                ],
                order="id",
                limit=1,
            )
            known._lock()
            return known or cards.create(values)
        if benefit.loyalty_days:
            values["expiration_date"] = fields.Date.add(
                self.company_id._relationship_today(), days=benefit.loyalty_days
            )
        return cards.create(values)

    def _note_loyalty(self, card, **amounts):
        """Note on the card what was given or taken; the customer reads it there."""
        self.env["loyalty.history"].create(
            {
                "card_id": card.id,
                "description": self._get_touch().name or self.name,
                **amounts,
            }
        )

    def _describe_loyalty(self):
        """Return what was given, as customers read it: "10 points", "Spring sale"."""
        self.ensure_one()
        card = self.loyalty_card_id
        if card.program_type in COUPON_TYPES:
            lang = self.partner_id.lang or self.env.lang
            return card.program_id.with_context(lang=lang).name
        return card._format_points(self.loyalty_points)

    def _describe_gift(self):
        """Return what the customer gets, for whoever hands it over."""
        if self.loyalty_code:
            return self.env._(
                "The customer gets “%(program)s”. Code: %(code)s",
                program=self.loyalty_card_id.program_id.name,
                code=self.loyalty_code,
            )
        return self.env._(
            "The customer gets %(points)s of “%(program)s”.",
            points=self._describe_loyalty(),
            program=self.loyalty_card_id.program_id.name,
        )

    def _before_sending(self):
        super()._before_sending()
        self.partner_id.invalidate_recordset(PLACEHOLDERS)

    # ------------------------------------------------------------------
    # Taking back
    # ------------------------------------------------------------------

    def _follow_closing(self):
        """Take back what did not reach the customer."""
        super()._follow_closing()
        self.filtered(lambda i: i.state != "done" or i.benefit_withheld)._withdraw()

    def _take_back(self, vals):
        result = super()._take_back(vals)
        self.filtered(lambda i: i.state not in ("scheduled", "open"))._withdraw()
        return result

    def unlink(self):
        self._withdraw()
        return super().unlink()

    @api.model
    def _before_scheduling(self, company):
        """Take back what belongs to interactions that the planner has cancelled."""
        super()._before_scheduling(company)
        self.search(
            [
                ("company_id", "=", company.id),
                ("loyalty_state", "=", "given"),
                ("state", "in", ("missed", "cancelled", "skipped")),
            ]
        )._withdraw()

    def _withdraw(self):
        """Take back coupons and points, as far as they are not used.

        ``sudo``: cards are written by the system.
        """
        given = self.sudo().filtered(lambda i: i.loyalty_state == "given")
        given.loyalty_card_id._lock()
        for interaction in given:
            card, points = interaction.loyalty_card_id, interaction.loyalty_points
            left = min(max(card.points, 0), points)
            is_used = left < points
            if is_used and card.program_type in COUPON_TYPES:
                left = 0  # half a coupon is none; of a gift card the rest was paid for
            interaction._reduce(card, left)
            interaction.loyalty_state = "used" if is_used else "taken_back"
            if is_used:
                interaction._tell_used(card, points - left)

    def _reduce(self, card, points):
        if not points:
            return
        values = {"points": card.points - points}
        if card.program_type in COUPON_TYPES:
            values["active"] = False
        card.with_context(loyalty_no_mail=True).write(values)
        self._note_loyalty(card, used=points)

    def _tell_used(self, card, points):
        """Say on the order, else on the contact, what could not be taken back."""
        if card.program_type in COUPON_TYPES:
            text = self.env._(
                "The coupon %(code)s of “%(program)s” was used already, so it could not"
                " be taken back.",
                code=card.code,
                program=card.program_id.name,
            )
        else:
            text = self.env._(
                "%(points)s of “%(program)s” were used already, so they could not be"
                " taken back.",
                points=card._format_points(points),
                program=card.program_id.name,
            )
        (self.sale_order_id or self.partner_id)._message_log(body=text)

    def _restore(self):
        """Give again what was taken back, for an order that stands after all.

        ``sudo``: as in ``_withdraw``.
        """
        taken = self.sudo().filtered(
            lambda i: i.loyalty_card_id and not i.benefit_withheld
        )
        taken.loyalty_card_id._lock()
        for interaction in taken:
            card, points = interaction.loyalty_card_id, interaction.loyalty_points
            values = {"points": card.points + points, "active": True}
            card.with_context(loyalty_no_mail=True).write(values)
            interaction._note_loyalty(card, issued=points)
            interaction.loyalty_state = "given"
