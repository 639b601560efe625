from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.apart import log_failure, run_apart, run_each_apart
from ..base.asked import check_one
from ..base.bounds import FIRST_DAY, LAST_DAY
from ..base.opened import open_records
from .amending import amending
from .crm_program_trigger import ALWAYS_WATCHED
from .ending import end_runs, resume_runs
from .referral import find_error, is_customer
from .trigger_orders import (
    BY_CHANGES,
    CAME_TO_NOTHING,
    CATCH_UP_DAYS,
    asks_for_content,
    filter_orders,
    find_unsuited,
    get_young_since,
)
from .triggers import REACHED, TRIGGERS

# By which a confirmed order is a purchase of somebody, at some moment.
PURCHASE = {"company_id", "date_order", "partner_id", "state"}


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "crm.referral.mixin"]

    enrollment_ids = fields.One2many(
        comodel_name="crm.program.enrollment",
        inverse_name="sale_order_id",
        string="Programs",
        groups="sales_team.group_sale_salesman",
    )
    referred_by_id = fields.Many2one(
        compute="_compute_referred_by_id",
        precompute=True,
        store=True,
        readonly=False,
        copy=False,
        help="The customer who brought this one. Noted on the contact when the order is"
        " confirmed, unless somebody is noted there.",
    )
    follow_up_count = fields.Integer(
        string="Follow-ups",
        compute="_compute_follow_up_count",
        help="Interactions, planned and closed, of the programs that this order"
        " started.",
        groups="sales_team.group_sale_salesman",
    )

    @api.depends("opportunity_id")
    def _compute_referred_by_id(self):
        """Take over what the opportunity says, unless the order says something."""
        for order in self:
            by = order.referred_by_id or order.opportunity_id.referred_by_id
            # an opportunity of another customer says nothing of this one
            error = find_error(order.partner_id, by)
            order.referred_by_id = by if order.referred_by_id or not error else False

    def _compute_follow_up_count(self):
        ledger = self.env["crm.interaction"]
        counts = dict(
            ledger._read_group(
                [("sale_order_id", "in", self.ids)], ["sale_order_id"], ["__count"]
            )
        )
        shared = dict(
            ledger._read_group(
                [("enrollment_id", "in", self.enrollment_ids.joined_id.ids)],
                ["enrollment_id"],
                ["__count"],
            )
        )
        for order in self:
            order.follow_up_count = counts.get(order, 0) + sum(
                shared.get(leader, 0) for leader in order.enrollment_ids.joined_id
            )

    def action_view_follow_ups(self):
        check_one(self)
        return open_records(self, "crm_interaction_action_order")

    def _action_confirm(self):
        result = super()._action_confirm()
        if any(self.mapped("referred_by_id")) or any(
            self.opportunity_id.mapped("referred_by_id")
        ):
            self._try_follow_up("_note_referrals")
        if not self._try_follow_up("_start_at_once", is_last=False):
            self._try_follow_up("_start_programs")
        return result

    def _action_cancel(self):
        result = super()._action_cancel()
        self._try_follow_up("_stop_programs")
        return result

    def write(self, vals):
        """Let the follow-ups know of another customer or day, and of what they ask."""
        with amending(self.env) as amended:
            for state, names in self.env["crm.program"]._get_watched().items():
                if names & vals.keys() - {"order_line"}:
                    orders = self.filtered(lambda o, s=state: o.state == s)
                    orders._note_suited(amended)
                    amended.update(orders.ids)
            purchases = self._list_purchases() if PURCHASE & vals.keys() else []
            result = super().write(vals)
            if purchases:
                self._try_follow_up("_resume_runs", purchases)
            return result

    def unlink(self):
        """Let runs whose order is deleted not go on as if they had never had one."""
        # sudo: whoever deletes an order need not see the programs
        self.sudo().enrollment_ids._forsake("purchase")
        return super().unlink()

    def _try_follow_up(self, method_name, *args, is_last=True):
        """Call a method that starts or stops follow-ups; the sale goes on if it fails.

        A sale must never fail because of a follow-up, nor those of one order because of
        another's. What fails is logged, and the nightly `_catch_up_programs` makes up
        for it.

        ``sudo``: who confirms an order may neither see nor write what follows from it.

        :param bool is_last: whether nobody tries again another way, who would log it
        :return: whether it succeeded
        """

        def work(orders):
            getattr(orders, method_name)(*args)

        # sudo: whoever confirms or cancels a sale need not see the programs
        orders = self.sudo()
        if is_last:
            message = f"Follow-ups of orders %s: {method_name} failed"
            return not run_each_apart(orders, work, message)
        return run_apart(self.env, work, orders) is None

    def _start_at_once(self):
        """Enroll the customers in the programs that wait for a sale, or fail."""
        # what is read of customers and companies, in one query
        people = self.partner_id | self.company_id.partner_id
        people.fetch(["commercial_partner_id", "tz"])
        for company, orders in self.grouped("company_id").items():
            programs = self.env["crm.program"]._get_running("sale_confirmed", company)
            if programs:
                orders._enroll_in(programs, company)
        self._end_runs()

    def _end_runs(self):
        """Stop the programs that end when the customers of these orders buy."""
        if not self.env["crm.program"]._are_ended_by_sales():
            return
        customers = self.partner_id.commercial_partner_id
        end_runs(self.env, SQL("r.partner_id = ANY(%s)", customers.ids))

    def _list_purchases(self):
        """Return whose purchases these are: (customer's id, company's id, moment)."""
        if not self.env["crm.program"]._are_ended_by_sales():
            return []
        # sudo: of a customer, also where the contact may not be seen
        return [
            (o.partner_id.commercial_partner_id.id, o.company_id.id, o.date_order)
            for o in self.sudo()
            if o.state == "sale"
        ]

    def _resume_runs(self, purchases):
        """Let go on what these orders had ended, which are purchases no more.

        :param list purchases: as from :meth:`_list_purchases`, before that changed
        """
        left = self.filtered(lambda order: order.state != "sale")
        left.enrollment_ids._forsake("answered")
        customers, companies, moments = (list(c) for c in zip(*purchases, strict=True))
        gone = SQL(
            "SELECT * FROM unnest(%s::int[], %s::int[], %s::timestamp[])",
            customers,
            companies,
            moments,
        )
        resume_runs(self.env, gone)

    def _note_referrals(self):
        """Note on new customers who brought them, as their order or opportunity says.

        Who is a customer already was not brought.
        """
        for order in self:
            customer = order.partner_id.commercial_partner_id
            by = order.referred_by_id or order.opportunity_id.referred_by_id
            by = by.commercial_partner_id
            if not by or customer.referred_by_id or find_error(customer, by):
                continue
            if not is_customer(customer, order.company_id):
                customer.referred_by_id = by

    def _start_programs(self, among=None):
        """Enroll the customers in each program by itself, where that fails for some.

        The number of queries does not depend on the number of orders.

        :param among: only these programs
        """
        for company, orders in self.grouped("company_id").items():
            programs = self.env["crm.program"]._get_running("sale_confirmed", company)
            if among is not None:
                programs &= among
            if programs:
                for failed, error in orders._start_apart(programs, company).items():
                    log_failure(error, "Program %s was not started", failed.id)
        self._end_runs()

    def _start_apart(self, programs, company):
        """Start programs, all at once, or if that fails, each for each order by itself.

        :return: what went wrong: ``{crm.program: exception}``
        """
        error = run_apart(self.env, self._enroll_in, programs, company)
        if error is None:
            return {}
        if len(programs) == len(self) == 1:
            return {programs: error}
        failed = {}
        parts = (
            [(self, program) for program in programs]
            if len(programs) > 1
            else [(order, programs) for order in self]
        )
        for orders, program in parts:
            failed |= orders._start_apart(program, company)
        return failed

    def _enroll_in(self, programs, company):
        relationships = self.env["crm.relationship"]._ensure(self.partner_id, company)
        allowed = filter_orders(programs, self)
        self.env["crm.program.enrollment"]._enroll_orders(
            programs,
            {
                program: self._filter_for_program(
                    program, relationships, allowed.get(program)
                )
                for program in programs
            },
        )

    def _filter_for_program(self, program, relationships, allowed):
        """Return the orders whose customer and content match the program.

        :param allowed: ids of those that are what it asks for; None for any
        """
        orders = self._filter_asked(program, allowed)
        domain = program._get_target_domain()
        targets = set(relationships.filtered_domain(domain).partner_id)
        return orders.filtered(lambda o: o.partner_id.commercial_partner_id in targets)

    def _filter_asked(self, program, allowed):
        """Return the orders whose content matches the program, whosoever they are.

        :param allowed: as for :meth:`_filter_for_program`
        """
        orders = self._filter_followed(program)
        if allowed is not None:
            orders = orders.filtered(lambda order: order.id in allowed)
        return orders.filtered_domain(program._get_filter("order_domain").domain)

    def _filter_followed(self, program):
        """Return the orders after which a program makes sense.

        Nobody is thanked for an order of last year that is imported today, or for one
        of which nothing is left, or not what the program is about.
        """
        return self.filtered(
            lambda order: not order._is_empty()
            and order._is_still_for(program)
            and order._is_young_enough_for(program)
            and not program._is_over_for(
                order._get_order_day(), order.company_id._relationship_today()
            )
        )

    def _start_reached(self, completed=()):
        """Start what waits for these orders to be delivered, or invoiced.

        :param completed: ids of those that are so right now
        """
        for company, orders in self.grouped("company_id").items():
            programs = self.env["crm.program"]._get_running(REACHED, company)
            if programs:
                self.env["crm.relationship"]._ensure(orders.partner_id, company)
                for program in programs:
                    program._run_apart(
                        program._enroll_reached, company, orders, completed
                    )

    def _get_order_day(self):
        """Return the day of the order in the company's time zone.

        An import may bring any; the nearest that enrollments can have.
        """
        self.ensure_one()
        company = self.with_context(tz=self.company_id._relationship_tz())
        day = fields.Datetime.context_timestamp(company, self.date_order).date()
        return min(max(day, FIRST_DAY), LAST_DAY)

    # ------------------------------------------------------------------
    # What became of the order
    # ------------------------------------------------------------------

    def _get_goods(self):
        """Return the lines that say what was bought."""
        return self.order_line.filtered(
            lambda line: not (
                line.display_type or line.is_downpayment or line._is_delivery()
            )
            and line.price_unit >= 0
        )

    def _is_delivered(self, before=None):
        """Tell whether everything is delivered, as the trigger asks.

        :param dict before: quantities delivered of some lines at another time
        """
        goods = self.order_line.filtered(
            lambda line: not (line.display_type or line.is_downpayment)
            and line.price_unit >= 0
            and line.product_uom_qty > 0
        )
        before = before or {}
        return bool(goods) and all(
            before.get(line, line.qty_delivered) >= line.product_uom_qty
            for line in goods
        )

    def _is_empty(self):
        """Tell whether all quantities were set to nothing."""
        goods = self._get_goods()
        return bool(goods) and not any(line.product_uom_qty > 0 for line in goods)

    def _is_still_for(self, program):
        """Tell whether the order has what a program asks for, as the customer kept it.

        Asked of orders that were followed up before: of others, what they contain.
        """
        trigger = TRIGGERS[program.trigger]
        return (
            not trigger.get_watched(program)
            or not self.enrollment_ids
            or trigger.keeps(program, self)
        )

    def _is_young_enough_for(self, program):
        """Tell whether an order may still start a program.

        What began after it came does not start by it once it was followed up: then it
        is a change, and no new order, that is looked at.
        """
        if self.date_order >= program._get_beginning():
            return True
        followed = self.enrollment_ids.program_id
        return not followed or program in followed

    def _stands_for(self, program):
        """Tell whether a confirmed order still is a reason for a program."""
        return self._is_kept() and self._is_still_for(program)

    def _is_kept(self):
        """Tell whether an order is confirmed, and the customer has any of it."""
        kept = not self._get_goods() or self._get_kept_lines()
        return self.state == "sale" and bool(kept)

    def _get_kept_lines(self):
        """Return the lines of which the customer still has something."""
        if self._is_credited():
            return self.order_line.browse()
        returned = self.enrollment_ids.returned_line_ids
        goods = self._get_goods() - returned
        return goods.filtered(lambda line: line._is_kept())

    def _get_kept_amount(self):
        """Return what the customer has kept, untaxed, in the company's currency."""
        self.ensure_one()
        if self._is_credited():
            return 0
        kept = self._get_kept_lines()
        amount = self.amount_untaxed
        # what is taken in exchange stays: what is left is worth so much less
        for line in self._get_goods().filtered(lambda line: line.price_subtotal > 0):
            lost = line._get_lost_amount() if line in kept else line.price_subtotal
            amount -= min(lost, line.price_subtotal)
        return amount / (self.currency_rate or 1)

    def _describe_kept(self, lang):
        """Return the order with what the customer kept: "S00012: Guitar, Strings".

        :param str lang: the customer's language
        """
        self.ensure_one()
        names = [
            line.product_id.with_context(lang=lang or self.env.lang).name
            or (line.name or "").partition("\n")[0]
            for line in self._get_kept_lines()
        ]
        goods = ", ".join(dict.fromkeys(filter(None, names)))
        return f"{self.name}: {goods}" if goods else self.name

    def _is_credited(self):
        """Tell whether the whole amount was credited, by whatever credit notes."""
        invoices = self.invoice_ids | self.invoice_ids.reversal_move_ids
        posted = invoices.filtered(lambda move: move.state == "posted")
        credited = posted.filtered(lambda move: move.move_type == "out_refund")
        waits = any(
            move.state == "draft" and move.move_type == "out_invoice"
            for move in invoices
        )
        if not credited or waits:
            return False
        left = sum(posted.mapped("amount_untaxed_signed"))
        return self.company_id.currency_id.compare_amounts(left, 0) <= 0

    def _follow_changes(self, suited=(), completed=()):
        """Bring the follow-ups in step with what has become of these orders.

        :param suited: as for :meth:`_start_late`
        :param completed: ids of those that are delivered right now
        """
        enrollments = self.env["crm.program.enrollment"].search(
            [("sale_order_id", "in", self.ids)]
        )
        for order, own in enrollments.grouped("sale_order_id").items():
            if order.state == "cancel":
                own._stop("order_cancelled")
            elif order.state == "sale":
                order._follow_change(own)
            else:
                own._filter_unsuited()._stop("order_changed")
        confirmed = self.filtered(lambda order: order.state == "sale")
        confirmed._start_reached(completed)
        confirmed.filtered(lambda order: order.id in suited)._start_late(suited)

    def _follow_change(self, enrollments):
        """Bring the follow-ups of one confirmed order in step with it.

        :param enrollments: all of the order, also those of a customer it had before
        """
        self.ensure_one()
        own = enrollments.filtered(lambda e: e._is_of_its_customer())
        (enrollments - own)._stop("order_changed")
        goods = self._get_goods()
        if goods and not self._get_kept_lines():
            if own._stop("order_returned"):
                self._ask_what_was_wrong(own.relationship_id)
            return
        own._filter_unsuited()._stop("order_changed")
        own.filtered(lambda e: e.program_id.trigger == "sale_confirmed")._move_to(
            self._get_order_day()
        )
        own._turn_to(self.partner_id)
        own._get_leaders().interaction_ids._filter_pending()._refresh_guidance()
        resumed = own.filtered(lambda e: e.stop_reason in BY_CHANGES)
        if resumed or not own:
            self._get_questions()._filter_pending().write(
                {"state": "cancelled", "reason_code": "order_changed"}
            )
            self._start_programs(resumed.program_id if own else None)
        own._settle()

    def _note_suited(self, amended):
        """Keep in mind which programs orders suit that are about to be changed.

        Of old ones, nobody needs to know: they start nothing any more.

        :param amended: an :class:`Amended`
        """
        # sudo: whoever changes an order need not see the programs
        confirmed = self.sudo().filtered(
            lambda order: order.id not in amended.suited
            and order.state == "sale"
            and order.date_order >= get_young_since()
        )
        asked = self.env["crm.program"]._get_watched()["sale"] - set(ALWAYS_WATCHED)
        if confirmed and asked:
            confirmed._try_follow_up("_list_suited", amended.suited)

    def _list_suited(self, suited):
        """Add the ids of the programs that these orders suit: ``{order id: ids}``."""
        for company, orders in self.grouped("company_id").items():
            programs = self.env["crm.program"]._get_running("sale_confirmed", company)
            programs = programs.filtered(asks_for_content)
            allowed = filter_orders(programs, orders)
            suited.update({order.id: set() for order in orders})
            for program in programs:
                for order in orders._filter_asked(program, allowed.get(program)):
                    suited[order.id].add(program.id)

    def _start_late(self, suited):
        """Start what these orders have come to suit, by what was changed in them.

        A program that asks for nothing has begun with the order. Nor does it matter
        that the customer has come to be one whom a program is for.

        :param dict suited: the ids of the programs that they suited before, by order
        """
        for company, orders in self.grouped("company_id").items():
            programs = self.env["crm.program"]._get_running("sale_confirmed", company)
            for program in programs.filtered(asks_for_content):
                missed = self._get_missed(program, company, orders).filtered(
                    lambda order, program=program: program.id not in suited[order.id]
                )
                failed = missed._start_apart(program, company) if missed else {}
                for error in failed.values():
                    log_failure(error, "Program %s was not started", program.id)

    def _get_questions(self):
        """Return the interactions in which somebody asks why the order came back."""
        return self.env["crm.interaction"].search(
            [
                ("sale_order_id", "in", self.ids),
                ("kind", "=", "service"),
                ("is_complaint", "=", False),
            ]
        )

    def _ask_what_was_wrong(self, relationship):
        """Put a service interaction into the queue for an order that came back."""
        self.ensure_one()
        if self._get_questions():
            return
        staff = relationship._get_staff() or self.user_id._filter_staff_of(
            self.company_id
        )
        question = self.env["crm.interaction"].create(
            {
                "name": self.env._("What was wrong? %s was returned", self.name),
                "relationship_id": relationship.id,
                "partner_id": self.partner_id.id,
                "user_id": staff.id,
                "sale_order_id": self.id,
                "kind": "service",
                "date_due": self.company_id._relationship_today(),
                "date_planned": fields.Datetime.now(),
            }
        )
        question._release()

    def _stop_programs(self):
        """Stop the follow-ups of these orders."""
        self.env["crm.program.enrollment"].search(
            [("sale_order_id", "in", self.ids)]
        )._stop("order_cancelled")

    @api.model
    def _catch_up_programs(self, company):
        """Make up for hooks that failed.

        Start the follow-ups of recent orders that have none, stop those of cancelled
        orders, and let go on what these had ended. Only orders confirmed after the
        program was created count: importing or installing must not start follow-ups for
        old sales.
        """
        self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "cancel"),
                ("enrollment_ids.state", "=", "running"),
            ]
        )._try_follow_up("_stop_programs")
        since = fields.Datetime.now() - timedelta(days=CATCH_UP_DAYS)
        resume_runs(self.env, _get_cancelled(company, since))
        changed = self._get_given_back(company) | self._get_unsuited(company)
        changed._try_follow_up("_follow_changes")
        for program in self.env["crm.program"]._get_running("sale_confirmed", company):
            orders = self._get_missed(program, company)
            failed = orders._start_apart(program, company) if orders else {}
            for error in failed.values():
                log_failure(error, "Program %s was not started", program.id)
            program._note_failure(failed.get(program), company)
        for program in self.env["crm.program"]._get_running(REACHED, company):
            program._run_apart(program._enroll_reached, company)

    @api.model
    def _get_given_back(self, company):
        """Return orders that are followed up although something came back lately."""
        since = fields.Datetime.now() - timedelta(days=CATCH_UP_DAYS)
        credited = [
            ("move_type", "=", "out_refund"),
            ("state", "=", "posted"),
            ("write_date", ">=", since),
        ]
        return self.search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "sale"),
                ("enrollment_ids.state", "=", "running"),
                "|",
                ("order_line.invoice_lines.move_id", "any", credited),
                ("order_line", "not any", [("product_uom_qty", ">", 0)]),
            ]
        )

    @api.model
    def _get_unsuited(self, company):
        """Return orders changed lately that lack what a program of theirs asks.

        By what they contain; :meth:`_follow_changes` then looks at what was kept.
        """
        since = fields.Datetime.now() - timedelta(days=CATCH_UP_DAYS)
        programs = self.env["crm.program"].search(
            [
                ("trigger", "in", ("sale_confirmed", *REACHED)),
                ("company_id", "in", (company.id, False)),
            ]
        )
        return self.browse().union(
            *(
                self.browse(find_unsuited(program, company, since))
                for program in programs.filtered(asks_for_content)
            )
        )

    @api.model
    def _get_missed(self, program, company, orders=None):
        """Return orders that have not started a program; it may suit none.

        :param orders: only these ``sale.order`` records; by default, recent ones
        """
        since = fields.Datetime.now() - timedelta(days=CATCH_UP_DAYS)
        which = ("date_order", ">=", since)
        if orders is not None:
            which = ("id", "in", orders.ids)
        return self.search(
            [
                which,
                ("company_id", "=", company.id),
                ("state", "=", "sale"),
                ("date_order", ">=", program._get_beginning()),
                ("create_date", ">=", program.create_date),
                (
                    "enrollment_ids",
                    "not any",
                    [
                        ("program_id", "=", program.id),
                        "|",
                        ("state", "!=", "stopped"),
                        ("stop_reason", "not in", CAME_TO_NOTHING),
                    ],
                ),
            ]
        )


def _get_cancelled(company, since):
    """Return the query of orders cancelled lately, as :func:`resume_runs` takes it."""
    return SQL(
        """
        SELECT p.commercial_partner_id, o.company_id, o.date_order
          FROM sale_order o
          JOIN res_partner p ON p.id = o.partner_id
         WHERE o.company_id = %s AND o.state = 'cancel' AND o.write_date >= %s
        """,
        company.id,
        since,
    )
