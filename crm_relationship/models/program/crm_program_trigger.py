from datetime import timedelta
from operator import itemgetter

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import ormcache

from ..base.apart import run_each_apart
from ..base.bounds import (
    MAX_AMOUNT,
    MAX_HORIZON,
    MAX_PERIOD,
    Bounds,
    day_bounds,
    moment_bounds,
)
from ..customer.lifecycle import LIFECYCLE_STAGES
from . import entry
from .approval import DRAFT
from .crm_program import FILTERS
from .triggers import NIGHTLY, TRIGGERS

MANAGERS = "sales_team.group_sale_manager"
# So many days pass before somebody is told once more that a program stands still.
WARNED = 30
# A step is still made so many days late, by the nightly job that makes up for failures.
LATE_DAYS = 1
# What is chosen for a trigger; without it, nothing starts the program.
TRIGGER_FIELDS = (
    "lifecycle_stage",
    "occasion_id",
    "from_segment_ids",
    "to_segment_ids",
    "date_field",
    "order_what",
    "product_tmpl_ids",
    "product_categ_ids",
    "days_before",
)
# What a program asks of an order.
CONDITIONS = {
    "order_amount",
    "order_domain",
    "order_what",
    "product_categ_ids",
    "product_tmpl_ids",
    "team_ids",
    "trigger",
}
# Whatever programs ask, these decide whose an order is, and of which day.
ALWAYS_WATCHED = ("company_id", "date_order", "partner_id")


class CrmProgram(models.Model):
    """What starts a program, and who enters it when that happens."""

    _inherit = "crm.program"

    trigger = fields.Selection(
        selection=[(name, trigger.label) for name, trigger in TRIGGERS.items()],
        required=True,
        default="manual",
        # else every customer would also get the copy's interactions before it is edited
        copy=False,
        tracking=True,
    )
    order_domain = fields.Char(
        string="Order Filter",
        help="Only orders that match this filter start the program. It is asked again"
        " when an order is changed, apart from what Odoo works out while an order takes"
        " its course: whether it is delivered, invoiced or paid.",
    )
    order_rank = fields.Selection(
        selection=[
            ("any", "Any order"),
            ("first", "The customer's first order"),
            ("repeat", "Any order but the first"),
        ],
        string="Which Order",
        required=True,
        default="any",
    )
    order_what = fields.Selection(
        selection=[
            ("any", "Any product"),
            ("products", "Certain products"),
            ("categories", "Certain product categories"),
        ],
        string="What Was Ordered",
        required=True,
        default="any",
    )
    product_tmpl_ids = fields.Many2many(
        comodel_name="product.template",
        string="Products",
        context={"active_test": False},
        help="The order contains at least one of these.",
    )
    product_categ_ids = fields.Many2many(
        comodel_name="product.category",
        string="Product Categories",
        help="The order contains at least one product of these, or of a category below"
        " them.",
    )
    team_ids = fields.Many2many(
        comodel_name="crm.team",
        string="Sales Teams",
        ondelete="restrict",
        context={"active_test": False},
        help="Only orders of these teams. Left empty, the team does not matter.",
    )
    order_amount = fields.Monetary(
        string="Amount at Least",
        currency_field="cost_currency_id",
        help="Only orders of this amount or more, without taxes, in the currency of the"
        " company that sells. 0 is any amount.",
    )
    lifecycle_stage = fields.Selection(
        string="Life Cycle Stage", selection=LIFECYCLE_STAGES
    )
    occasion_id = fields.Many2one(
        comodel_name="crm.occasion", index="btree_not_null", ondelete="restrict"
    )
    from_segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        relation="crm_program_from_segment_rel",
        ondelete="restrict",
        context={"active_test": False},
        help="Only customers who come from one of these segments. Left empty, it does"
        " not matter where they come from.",
    )
    to_segment_ids = fields.Many2many(
        comodel_name="crm.segment",
        relation="crm_program_to_segment_rel",
        ondelete="restrict",
        context={"active_test": False},
        help="Only customers who enter one of these segments. Left empty, it does not"
        " matter where they go.",
    )
    wait_days = fields.Integer(
        string="Days without an Answer",
        default=7,
        help="This number of days after it was sent, a quotation counts as not"
        " answered.",
    )
    referral_buys = fields.Boolean(
        string="Once They Buy",
        help="The program starts with the first purchase of whoever was brought, and"
        " not as soon as it is noted who brought them.",
    )
    date_field = fields.Selection(
        selection="_select_date_fields",
        string="Date",
        help="The date on the contact that starts the program.",
    )
    date_yearly = fields.Boolean(
        string="Every Year",
        help="The program starts each year on this day, and not only once.",
    )
    days_before = fields.Integer(
        help="The program starts this number of days before; 0 is on the day itself."
    )
    conditions_since = fields.Datetime(
        string="Conditions Changed On",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Whoever entered before goes on, whatever is asked of orders since.",
    )
    date_warned = fields.Date(
        string="Responsible Warned On",
        readonly=True,
        copy=False,
        help="When whoever is responsible was last told that nothing starts the program"
        " any more.",
    )
    problem = fields.Char(
        compute="_compute_problem", help="Why the program enrolls nobody at present."
    )

    _order_amount_in_bounds = Bounds("order_amount", 0, MAX_AMOUNT)
    _conditions_in_bounds = moment_bounds("conditions_since")
    _date_warned_in_bounds = day_bounds("date_warned")
    _wait_days_in_bounds = Bounds("wait_days", 1, MAX_PERIOD)
    _days_before_in_bounds = Bounds("days_before", 0, MAX_HORIZON)

    @api.model
    def _select_date_fields(self):
        """Return the dates of a contact that may start a program: ``[(name, label)]``.

        Which are on a contact depends on the apps; whoever may not see one is not
        offered it.
        """
        contact = self.env["res.partner"]
        return sorted(
            (
                (name, field._description_string(self.env))
                for name, field in contact._fields.items()
                if field.type in ("date", "datetime")
                and field.column_type
                and field.store
                and not field.company_dependent
                and name != "write_date"
                and contact._has_field_access(field, "read")
            ),
            key=itemgetter(1),
        )

    @api.depends(
        "failure",
        "trigger",
        "occasion_id.date_ids.date",
        "occasion_id.date_ids.recurring",
        *TRIGGER_FIELDS,
        *FILTERS,
    )
    def _compute_problem(self):
        for program in self:
            program.problem = (
                TRIGGERS[program.trigger].get_missing(program)
                or TRIGGERS[program.trigger].get_warning(program)
                or program._get_filter_problem()
                or program._get_step_problem()
                or program.failure
            )

    @api.constrains("trigger", *TRIGGER_FIELDS)
    def _check_trigger(self):
        for program in self:
            if missing := TRIGGERS[program.trigger].get_missing(program):
                raise ValidationError(missing)

    def write(self, vals):
        names = CONDITIONS & vals.keys()
        before = [[program[name] for name in names] for program in self]
        result = super().write(vals)
        changed = self.browse().union(
            *(
                program
                for program, asked in zip(self, before, strict=True)
                if asked != [program[name] for name in names]
            )
        )
        if changed:
            # sudo: nobody writes since when a program asks what it asks
            changed.sudo().write({"conditions_since": self.env.cr.now()})
        return result

    @api.model
    @ormcache()
    def _get_watched(self):
        """Return which fields of orders in which state matter: ``{state: names}``.

        ``order_line`` stands for all that is ordered. Of any company's programs that
        customers go through, for it is kept for everybody; so that saving an order
        costs nothing where no program asks for anything.
        """
        # sudo: what a program asks of an order does not depend on who changes it
        programs = self.sudo().search(
            ["|", ("state", "!=", DRAFT), ("date_published", "!=", False)]
        )
        watched = {"sale": set(ALWAYS_WATCHED), "sent": set()}
        for program in programs:
            state = "sent" if program.trigger == "quotation" else "sale"
            watched[state] |= TRIGGERS[program.trigger].get_watched(program)
        return watched

    @api.model
    def _get_running(self, trigger, company):
        """Return the programs with this trigger, or these, that enroll customers today.

        Those that lack what starts them enroll nobody; they show what it is.
        """
        today = company._relationship_today()
        return self.search_fetch(
            [
                ("state", "=", "running"),
                ("trigger", "in", [trigger] if isinstance(trigger, str) else trigger),
                ("company_id", "in", (company.id, False)),
                "|",
                ("date_start", "=", False),
                ("date_start", "<=", today),
                "|",
                ("date_end", "=", False),
                ("date_end", ">=", today),
            ]
        ).filtered(lambda p: not TRIGGERS[p.trigger].get_missing(p))

    def _is_over_for(self, day, today):
        """Tell whether every step is past for somebody who entered on a day."""
        self.ensure_one()
        limit = today - timedelta(days=LATE_DAYS)
        return day < limit and all(step._get_day(day) < limit for step in self.step_ids)

    def _is_about(self, lines):
        """Tell whether lines of a sales order have what the program is about.

        What was chosen and deleted since, nobody can tell any more.
        """
        self.ensure_one()
        products = lines.product_id.product_tmpl_id
        if self.order_what == "products" and self.product_tmpl_ids:
            return bool(products & self.product_tmpl_ids)
        if self.order_what == "categories" and self.product_categ_ids:
            below = [("categ_id", "child_of", self.product_categ_ids.ids)]
            return bool(products.filtered_domain(below))
        return True

    @api.model
    def _enroll_lifecycle(self, company):
        """Enroll customers who entered the stage that starts a life cycle program."""
        self._enroll_by("lifecycle", company)

    @api.model
    def _enroll_occasions(self, company):
        """Enroll whomever the nightly triggers find; occasions within the horizon."""
        self._end_those_over(company)
        for trigger in NIGHTLY:
            self._enroll_by(trigger, company)
        for program in self._get_running(tuple(TRIGGERS), company):
            if TRIGGERS[program.trigger].get_warning(program):
                program._run_apart(program._warn_responsible, company)

    def _enroll_by(self, trigger, company):
        """Enroll whoever a trigger finds, each program by itself."""
        for program in self._get_running(trigger, company):
            program._run_apart(program._enroll_found, company)

    def _warn_responsible(self, company):
        """Tell whoever is responsible, once a month, that the program stands still."""
        today = company._relationship_today()
        user = self.user_id or self.env["res.users"].search(
            [
                ("all_group_ids", "in", self.env.ref(MANAGERS).ids),
                ("company_ids", "in", company.ids),
                ("share", "=", False),
            ],
            limit=1,
        )
        told = self.date_warned
        if not user or (told and (today - told).days < WARNED):
            return
        program = self.with_context(lang=user.lang)
        program.activity_schedule(
            act_type_xmlid="mail.mail_activity_data_todo",
            date_deadline=today,
            summary=program.env._("Nothing starts this program any more"),
            note=TRIGGERS[program.trigger].get_warning(program),
            user_id=user.id,
        )
        self.date_warned = today

    def _enroll_found(self, company):
        self.ensure_one()
        self.env.flush_all()
        entry.enroll_found(self, TRIGGERS[self.trigger].find(self, company))

    @api.model
    def _start(self, trigger, partners, company, day=None):
        """Start the programs that wait for something, for other modules to call.

        Each program by itself: a failure is shown on it, and stops nobody's work. Those
        who are not in its target, go through it or may not enter again are left out.

        :param str trigger: a value of ``trigger``; a module adds its own by
            ``selection_add``, and a class to ``TRIGGERS``
        :param partners: ``res.partner`` records to whom it happened
        :param date day: first day of the programs; today by default
        """
        # sudo: what starts a program does not depend on who makes it happen
        programs = self.sudo()._get_running(trigger, company)
        if programs:
            relationships = self.env["crm.relationship"].sudo()
            relationships = relationships._ensure(partners, company)
            for program in programs:
                program._run_apart(program._enroll_those, company, relationships, day)

    def _enroll_those(self, company, relationships, day):
        self.ensure_one()
        day = day or company._relationship_today()
        suited = relationships.filtered_domain(self._get_target_domain())
        self._enroll(suited, dict.fromkeys(suited, day))

    def _enroll_reached(self, company, orders=None, completed=()):
        """Enroll for the orders that have come so far: of these, or of the last days.

        Each in a run of its own, or together with others that came so far with it.

        :param completed: ids of the orders that come so far right now
        """
        self.ensure_one()
        self.env.flush_all()
        rows = self.env.execute_query(
            TRIGGERS[self.trigger].find(self, company, orders, completed)
        )
        found = self.env["sale.order"].browse(id_ for [id_] in rows)
        reached = found.filtered(lambda order: order._stands_for(self))
        errors = run_each_apart(
            reached,
            lambda orders: self.env["crm.program.enrollment"]._enroll_orders(
                self, {self: orders}, company._relationship_today()
            ),
            "%s started no program",
        )
        if errors and len(errors) == len(reached):
            raise errors[0]

    def _get_beginning(self):
        """Return since when orders start the program."""
        self.ensure_one()
        return self.date_published or self.create_date

    def _get_first_day(self):
        """Return the first day whose events count; anything earlier is history.

        Also of a program that was to start long before it was published.
        """
        self.ensure_one()
        published = self.date_published and self.date_published.date()
        start = self.date_start or published or self.create_date.date()
        return max(start, published or start)
