from contextlib import contextmanager

from lxml import html
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date, format_datetime
from odoo.tools.misc import clean_context

from ..base.asked import check_one, check_records, check_seen
from ..ledger import advice
from ..ledger.crm_interaction import PENDING_STATES
from .undo import Watch

# So much of what the customer asks for names the opportunity, or the follow-up.
WISH_CHARS = 80


class CrmInteraction(models.Model):
    """An interaction carried out: one tap notes what came of it, one takes it back."""

    _inherit = "crm.interaction"

    direction = fields.Selection(
        selection=[
            ("out", "We contacted the customer"),
            ("in", "The customer contacted us"),
        ],
        string="Who Contacted Whom",
        copy=False,
    )
    placed_order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Order Placed",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
        help="The quotation or sales order that came of the interaction.",
    )
    asked_lead_id = fields.Many2one(
        comodel_name="crm.lead",
        string="Opportunity",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="What the customer asked for, as an opportunity.",
    )

    # what waits for a lawful reason is looked up every night
    _waiting_idx = models.Index(
        "(relationship_id)"
        " WHERE state IN ('scheduled', 'open') AND reason_code IS NOT NULL"
    )

    # what somebody has tried today is told in *My Day*
    _tried_idx = models.Index("(user_id, date_attempt) WHERE date_attempt IS NOT NULL")

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.constrains("placed_order_id")
    def _check_placed_order(self):
        for interaction in self.filtered("placed_order_id"):
            order, customer = interaction.placed_order_id, interaction.customer_id
            check_seen(order)
            if (
                order.partner_id.commercial_partner_id != customer
                or order.company_id != interaction.company_id
            ):
                check_seen(customer)
                raise ValidationError(
                    self.env._(
                        "%(order)s is no order of %(customer)s in this company. Choose"
                        " another one.",
                        order=order.name,
                        customer=customer.display_name,
                    )
                )

    def write(self, vals):
        result = super().write(vals)
        if vals.get("placed_order_id"):
            self._credit_orders()
        return result

    def _credit_orders(self):
        """Note whose the orders are that came of these, whoever did it.

        ``sudo``: the order may be a colleague's by now.
        """
        for interaction in self.sudo().filtered("placed_order_id"):
            owner = interaction.for_user_id or interaction.relationship_id.user_id
            interaction.placed_order_id.credited_user_id = owner

    @api.model
    def _get_correctable_fields(self):
        return super()._get_correctable_fields() | {"placed_order_id"}

    def _show(self, name, value):
        if name == "placed_order_id":
            return value.name or ""
        return super()._show(name, value)

    @api.model
    def get_empty_list_help(self, help_message):
        """Speak of Preview only to those in whose companies something is in Preview."""
        words = super().get_empty_list_help(help_message)
        # sudo: whether a company is live is no secret to those who work in it
        states = set(self.env.companies.sudo().mapped("relationship_state"))
        if not words or not isinstance(words, str) or states != {"live"}:
            return words
        told = html.fragment_fromstring(words, create_parent="div")
        for paragraph in told.find_class("o_crm_in_preview"):
            paragraph.drop_tree()
        return Markup(html.tostring(told, encoding="unicode"))

    # ------------------------------------------------------------------
    # What came of it, and undoing it
    # ------------------------------------------------------------------

    def action_done(self):
        check_records(self)
        watch = Watch(self)
        action = super().action_done()
        moved = self._move_replaced()
        return watch.offer(action, self._tell_done(moved))

    def action_no_answer(self):
        check_records(self)
        watch = Watch(self)
        former = {interaction: interaction.touchpoint_id for interaction in self}
        action = super().action_no_answer()
        changed = self.filtered(lambda i: i.touchpoint_id != former[i])
        return watch.offer(action, self._tell_return(changed))

    def action_solve_complaint(self):
        check_one(self)
        watch = Watch(self)
        action = super().action_solve_complaint()
        if action.get("tag") != "soft_reload":
            return action
        return watch.offer(action, self.env._("Solved."))

    def action_cancel(self):
        check_records(self)
        watch = Watch(self)
        action = super().action_cancel()
        return watch.offer(action, self.env._("Cancelled."))

    @contextmanager
    def _offering_undo(self):
        """Offer on the user's screen to take back what Odoo's own buttons have closed.

        They return nothing of ours, so it comes by the bus, wherever they are.
        """
        undo = self.env["crm.interaction.undo"].sudo(False)
        watch = self and undo.has_access("read") and Watch(self)
        yield
        if watch:
            watch.announce(self._tell_done(self.browse()))

    def action_later(self):
        """Ask when to try again."""
        check_one(self)
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Later…"),
            "res_model": "crm.interaction.later",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_interaction_id": self.id},
        }

    def action_new_quotation(self):
        """Close as reached, and open a new quotation that came of it.

        Undone, the interaction is open again; the quotation stays, before the user's
        eyes. ``sudo`` for the link alone; the quotation is the user's own.
        """
        check_one(self)
        self.env["sale.order"].check_access("create")
        watch = Watch(self)
        self._close_done({"outcome": "reached"})
        moved = self._move_replaced()
        env = self.env(context=clean_context(self.env.context))
        order = env["sale.order"].create(
            {"partner_id": self.partner_id.id, "company_id": self.company_id.id}
        )
        self.sudo().placed_order_id = order
        action = {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": order.id,
            "views": [(False, "form")],
        }
        return watch.offer(action, self._tell_done(moved))

    def action_log(self):
        """Ask what happened that nobody had planned."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Log an Interaction"),
            "res_model": "crm.interaction.log",
            "views": [(False, "form")],
            "target": "new",
        }

    def _tell_done(self, moved):
        """Return the outcome in words, and what else it has moved.

        ``sudo``: what moves may return to whoever the user stands in for.

        :param moved: interactions that need not take place so soon any more
        """
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        said = [outcomes[name] for name in dict.fromkeys(self.mapped("outcome"))]
        return " ".join(
            [", ".join(said) + "."]
            + [service._tell_service() for service in self._find_services()]
            + [i._tell_moved() for i in moved.sudo()]
        )

    def _find_services(self):
        """Return what was planned because of complaints among these.

        ``sudo``: it may be in a colleague's queue.
        """
        complaining = self.filtered(lambda i: i.outcome == "complaint")
        if not complaining:
            return self.browse()
        return self.sudo().search(
            [("complaint_id", "in", complaining.ids), ("state", "in", PENDING_STATES)]
        )

    def _tell_service(self):
        self.ensure_one()
        return self.env._(
            "“%(contact)s” is planned for %(day)s, and nothing is sold until it is"
            " solved.",
            contact=self.name,
            day=format_date(self.env, self._get_deadline()),
        )

    def _tell_moved(self):
        self.ensure_one()
        return self.env._(
            "“%(contact)s” moves to %(day)s.",
            contact=self.name,
            day=format_date(self.env, self._get_deadline()),
        )

    def _tell_return(self, changed=()):
        """Return when a pending interaction comes back, or that it does not.

        :param changed: those that come back through another channel
        """
        if len(self) != 1:
            return self.env._("Noted.")
        # sudo: put off beyond an absence, it is out of the stand-in's sight again
        known = self.sudo()
        if known.state not in PENDING_STATES:
            return self.env._("Closed: could not be reached.")
        tz = self.env.user.tz or known.company_id._relationship_tz()
        moment = format_datetime(
            self.env, known.date_planned, tz=tz, dt_format="EEEE d MMMM, HH:mm"
        )
        if self not in changed:
            return self.env._("Comes back %(moment)s.", moment=moment)
        return self.env._(
            "Comes back %(moment)s: %(channel)s instead.",
            moment=moment,
            channel=known.touchpoint_id.name,
        )

    def _note_talk(self, vals):
        """Close as done what took place unplanned, whoever began it.

        :param dict vals: outcome, direction … to record with it
        :raises UserError: when we began it, and the gate does not allow it
        """
        talk = self._take_up()
        if vals["direction"] == "out":
            advice.check(talk, vals["override_reason"])
        talk.write({"state": "done", "reason_code": False, **vals})

    @api.model
    def _get_undone_fields(self):
        """Return the names of the fields that closing sets."""
        return [
            "state",
            "outcome",
            "reason_code",
            "cancel_reason",
            "date_done",
            "date_due",
            "date_planned",
            "date_retry",
            "date_asked",
            "attempt_count",
            "date_attempt",
            "touchpoint_id",
            "user_id",
            "for_user_id",
            "cost",
            "duration",
            "activity_id",
            "given_benefit_id",
            "placed_order_id",
            "asked_lead_id",
            "along_id",
            "is_complaint_open",
            "answer_due",
            "date_answered",
            "answered_in_time",
            "answer_hours",
            "source_model",
            "source_id",
        ]

    # ------------------------------------------------------------------
    # What the customer asks for
    # ------------------------------------------------------------------

    def _note_wish(self, becomes, day):
        """Close as reached, and make of what the customer asked for what is wanted.

        With the rights of the user; ``sudo`` for the link alone.

        :param str becomes: "opportunity" or "follow_up"
        :param date day: of the follow-up
        """
        check_one(self)
        words = " ".join((self.feedback or "").split())
        if not words:
            raise UserError(self.env._("Write down what the customer asks for."))
        watch = Watch(self)
        self._close_done({"outcome": "reached"})
        moved = self._move_replaced()
        if becomes == "opportunity":
            self.sudo().asked_lead_id = self._make_opportunity(words)
            told = self.env._("An opportunity was created.")
        else:
            follow_up = self._make_follow_up(words, day)
            told = self.env._(
                "A follow-up is planned for %(day)s.",
                day=format_date(self.env, follow_up.date_due),
            )
        close = {"type": "ir.actions.act_window_close"}
        return watch.offer(close, f"{self._tell_done(moved)} {told}")

    def _make_opportunity(self, words):
        env = self.env(context=clean_context(self.env.context))
        return env["crm.lead"].create(
            {
                "name": words[:WISH_CHARS],
                "description": self.feedback,
                "type": "opportunity",
                "partner_id": self.partner_id.id,
                "user_id": env.uid,
                "company_id": self.company_id.id,
            }
        )

    def _make_follow_up(self, words, day):
        if not day or day <= self.company_id._relationship_today():
            raise UserError(self.env._("Choose a day after today."))
        follow_up = self.create(
            {
                "name": words[:WISH_CHARS],
                "relationship_id": self.relationship_id.id,
                "partner_id": self.partner_id.id,
                "touchpoint_id": self.touchpoint_id.id,
                "user_id": self.env.uid,
                "date_due": day,
            }
        )
        follow_up.action_plan()
        return follow_up
