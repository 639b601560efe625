from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...engine import cadence
from ...engine.experiment import choose_aside, get_detectable
from ..base.asked import check_one, check_seen
from ..base.bounds import MAX_DAYS, MAX_TIMES, Bounds, day_bounds
from ..base.figures import format_count, format_number
from ..portfolio.comparison import get_key, get_sheets
from .cadence_result import CadenceResult
from .marginal_curve import MarginalCurve
from .touchpoint_matrix import get_touchpoint, get_yearly_contacts
from .trial import Trial

MANAGERS = "sales_team.group_sale_manager"
EACH_GETS = 0.5
"""Half of the customers: with as many in both groups, the smallest effect is found."""
USUAL_LENGTH = 182
BY_HAND = {
    "name",
    "company_id",
    "segment_id",
    "plan_line_id",
    "times",
    "every",
    "period",
    "day_until",
    "later_days",
}


class CrmCadenceExperiment(models.Model):
    """Do more interactions bring more? Half of a segment tries another cadence.

    Who is in which half is chosen by chance when it starts, and stays so, whatever
    becomes of the customer: compared is what was meant to be done (*intention to
    treat*), because whoever moves to another segment does so for a reason.

    The other half follows a copy of the segment's plan (``trial_plan_id``) in which one
    line has the other cadence. So whatever asks which plan a customer follows counts
    it: planning, coverage, the outlook, assignments, promises.
    """

    _name = "crm.cadence.experiment"
    _inherit = [
        "crm.by.hand.mixin",
        "crm.cadence.mixin",
        "crm.record.mixin",
        "crm.spreadsheet.mixin",
    ]
    _description = "Cadence Experiment"
    _order = "day_from desc, id desc"

    name = fields.Char(
        compute="_compute_name",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('plan_id', '!=', False), ('company_id', 'in', (company_id, False))]",
        help="Its customers are divided by chance. Those with a contact plan of their"
        " own are left out.",
    )
    plan_line_id = fields.Many2one(
        comodel_name="crm.contact.plan.line",
        string="Which Interaction",
        index="btree_not_null",
        ondelete="set null",
        domain="[('plan_id.segment_ids', '=', segment_id),"
        " ('occasion_id', '=', False)]",
        help="Line of the segment's contact plan. One half keeps its cadence.",
    )
    touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Channel",
        compute="_compute_cadences",
        store=True,
        precompute=True,
        ondelete="set null",
        help="The channel that the line tries first. Steps of the same channel make a"
        " curve.",
    )
    yearly_usual = fields.Float(
        string="A Year as Usual",
        compute="_compute_cadences",
        store=True,
        precompute=True,
        digits=(8, 1),
        aggregator=None,
        help="Interactions of this line a year with each customer who keeps the"
        " cadence: times × periods of a year.",
    )
    yearly_tried = fields.Float(
        string="A Year in the Other Half",
        compute="_compute_cadences",
        store=True,
        precompute=True,
        digits=(8, 1),
        aggregator=None,
        help="Interactions of this line a year with each customer of the other half.",
    )
    day_from = fields.Date(string="From", readonly=True, copy=False)
    day_until = fields.Date(
        string="Until",
        required=True,
        copy=False,
        default=lambda self: self._default_day_until(),
        help="On the day after it, all customers follow the plan of their segment"
        " again.",
    )
    day_changed = fields.Date(
        string="Plans Changed On",
        readonly=True,
        copy=False,
        help="On this day the contact plan of one half was changed in more than the"
        " cadence that is tried. Only what came before is compared.",
    )
    later_days = fields.Integer(
        string="Days to Buy Afterwards",
        default=30,
        help="What customers buy within this number of days after the last day still"
        " counts: the last interactions need time to work.",
    )
    state = fields.Selection(
        selection=[
            ("draft", "Prepared"),
            ("running", "Running"),
            ("over", "Over"),
            ("cancelled", "Given up"),
        ],
        required=True,
        readonly=True,
        copy=False,
        default="draft",
    )
    trial_plan_id = fields.Many2one(
        comodel_name="crm.contact.plan",
        string="Contact Plan of the Other Half",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    member_ids = fields.One2many(
        comodel_name="crm.cadence.member",
        inverse_name="experiment_id",
        string="Customers",
        readonly=True,
        copy=False,
    )
    hint = fields.Char(
        compute="_compute_hint",
        groups=MANAGERS,
        help="How small an effect can be found with this many customers: the smallest"
        " difference in buyers that is proven 4 times out of 5. And how many"
        " interactions the experiment asks for beyond the plan.",
    )
    result = fields.Html(
        compute="_compute_result",
        sanitize=False,
        groups=MANAGERS,
        help="What both halves bought, what the interactions cost, and whether the"
        " difference is more than chance.",
    )
    curve = fields.Html(
        compute="_compute_result",
        sanitize=False,
        groups=MANAGERS,
        help="Of all decided experiments of the segment with this channel: the margin"
        " that each additional interaction brought = (revenue per customer of those"
        " with more interactions − revenue per customer of the others) × margin of the"
        " company ÷ additional interactions per customer.",
    )

    _day_from_in_bounds = day_bounds("day_from")
    _day_until_in_bounds = day_bounds("day_until")
    _day_changed_in_bounds = day_bounds("day_changed")
    _later_days_in_bounds = Bounds("later_days", 0, 366)
    _times_in_bounds = Bounds("times", 1, MAX_TIMES)
    _every_in_bounds = Bounds("every", 1, MAX_DAYS)
    _one_running = models.UniqueIndex(
        "(segment_id, company_id) WHERE state = 'running'",
        "An experiment with this segment is running already. Two at once would mix"
        " their effects.",
    )

    @api.model
    def _default_day_until(self):
        today = self.env.company._relationship_today()
        return today + timedelta(days=USUAL_LENGTH)

    # ------------------------------------------------------------------
    # Computed fields
    # ------------------------------------------------------------------

    @api.depends("segment_id", "plan_line_id", "yearly_usual", "yearly_tried")
    def _compute_name(self):
        for experiment in self.filtered(lambda e: e.state == "draft" or not e.name):
            experiment.name = self.env._(
                "%(segment)s: %(usual)s or %(tried)s a year?",
                segment=experiment.segment_id.name or "…",
                usual=format_number(self.env, experiment.yearly_usual),
                tried=format_number(self.env, experiment.yearly_tried),
            )

    @api.depends(
        "plan_line_id.times",
        "plan_line_id.every",
        "plan_line_id.period",
        "plan_line_id.channel_ids",
        "times",
        "every",
        "period",
        "state",
    )
    def _compute_cadences(self):
        """What was compared stays as it was, whatever becomes of the plan."""
        for experiment in self:
            if experiment.state != "draft":
                experiment.update(
                    {
                        name: experiment[name]
                        for name in ("touchpoint_id", "yearly_usual", "yearly_tried")
                    }
                )
                continue
            line = experiment.plan_line_id
            today = (experiment.company_id or self.env.company)._relationship_today()
            experiment.touchpoint_id = get_touchpoint(line) if line else False
            experiment.yearly_usual = (
                get_yearly_contacts(line, today) if line and line.times > 0 else 0
            )
            experiment.yearly_tried = (
                cadence.per_year(experiment.times, experiment.every, experiment.period)
                if min(experiment.times, experiment.every) > 0 and experiment.period
                else 0
            )

    @api.depends("segment_id", "yearly_tried", "yearly_usual", "later_days")
    @api.depends_context("lang")
    def _compute_hint(self):
        for experiment in self:
            known = experiment._origin
            experiment.hint = known and known.state == "draft" and known._describe()

    @api.depends("state", "day_until", "day_changed", "later_days")
    @api.depends_context("lang")
    def _compute_result(self):
        for experiment in self:
            known = experiment._origin
            if known.state not in ("running", "over"):
                experiment.update({"result": False, "curve": False})
                continue
            result = CadenceResult(known, known.company_id)
            experiment.result = result.render()
            experiment.curve = MarginalCurve(result).render()

    @api.model
    def _check_reader(self):
        """Let those have results who see them on the experiment."""
        self.check_access("read")
        self._check_field_access(self._fields["result"], "read")

    @api.model
    def _get_sheets(self, domain):
        begun = self.search(domain & Domain("state", "in", ("running", "over")))
        return get_sheets(
            self.env, [CadenceResult(found, found.company_id) for found in begun]
        )

    def _describe(self):
        """Return what could be proven, and what it takes, in sentences."""
        size = self.env["crm.relationship"].search_count(self._get_domain())
        tried = round(size * EACH_GETS)
        if tried < 2:
            return self.env._("The segment has too few customers to be divided.")
        found = get_detectable(size - tried, tried, self._get_share_of_buyers(size))
        told = [
            self.env._(
                "Customers of the segment: %(size)s.", size=format_count(self.env, size)
            )
        ]
        if found is None:
            told.append(self.env._("With so few, nothing can be proven."))
        else:
            told.append(
                self.env._(
                    "An effect under %(points)s points can hardly be proven.",
                    points=format_number(self.env, 100 * found, 1),
                )
            )
        extra = (self.yearly_tried - self.yearly_usual) * tried
        minutes = self.touchpoint_id.duration * extra
        told.append(
            self.env._(
                "Interactions: %(extra)s a year, which take %(hours)s hours.",
                extra=format_number(self.env, extra, 0, signed=True),
                hours=format_number(self.env, minutes / 60, 0, signed=True),
            )
        )
        return " ".join(told)

    def _get_share_of_buyers(self, size):
        """Return the share that bought within as many days, up to today.

        With one more who did and one who did not: of a few nothing is certain.
        """
        today = self.company_id._relationship_today()
        since = today - timedelta(days=max(self._get_length(today), 1))
        bought = Domain("last_order_date", ">=", since)
        buyers = self.env["crm.relationship"].search_count(self._get_domain() & bought)
        return (buyers + 1) / (size + 2)

    def _get_length(self, first):
        """Return for how many days after the first one purchases count."""
        return (self.day_until - first).days + self.later_days

    def _get_domain(self):
        """Return who is divided: those who follow the segment's plan, and are free."""
        return self.env["crm.relationship"]._get_divided_domain(
            self.segment_id, self.company_id
        )

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if self._is_by_hand():
            vals_list = [self._begin_by_hand(vals, BY_HAND) for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if self._is_by_hand():
            self._check_by_hand(vals, BY_HAND)
            self._check_not_begun(vals)
        return super().write(vals)

    def _check_not_begun(self, vals):
        """Refuse to change what is compared, or until when, once it has begun."""
        begun = self.filtered(lambda e: e.state != "draft")
        if begun and vals.keys() - {"name"}:
            raise UserError(
                self.env._(
                    "“%(experiment)s” has begun: what is compared, and until when, can"
                    " no longer be chosen. End it, and begin another one.",
                    experiment=begun[0].name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        if any(experiment.state != "draft" for experiment in self):
            raise UserError(
                self.env._(
                    "An experiment that has begun is kept: its customers must stay"
                    " countable. Give it up instead."
                )
            )

    @api.constrains("segment_id", "plan_line_id", "company_id")
    def _check_segment(self):
        for experiment in self.filtered(lambda e: e.state == "draft"):
            segment, company = experiment.segment_id, experiment.company_id
            if segment.company_id and segment.company_id != company:
                check_seen(segment)
                raise ValidationError(
                    self.env._("“%s” is a segment of another company.", segment.name)
                )
            line = experiment.plan_line_id
            if line and line.plan_id != segment.plan_id:
                raise ValidationError(
                    self.env._(
                        "“%(line)s” is not in the contact plan of “%(segment)s”. Choose"
                        " an interaction of that plan.",
                        line=line.name,
                        segment=segment.name,
                    )
                )

    # ------------------------------------------------------------------
    # From start to end
    # ------------------------------------------------------------------

    def action_start(self):
        """Divide the segment, and let one half follow the other cadence from today.

        ``sudo``: groups are written by methods alone.
        """
        check_one(self)
        self.check_access("write")
        self.lock_for_update()
        self._check_can_start()
        experiment = self.sudo()
        today = experiment.company_id._relationship_today()
        experiment._divide()
        experiment.write({"state": "running", "day_from": today})
        experiment.flush_recordset()
        Trial(experiment).begin()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _check_can_start(self):
        """:raises UserError: in a sentence, for the first thing that is wrong"""
        env, line = self.env, self.plan_line_id
        plan = self.segment_id.plan_id
        problem = False
        if self.state != "draft":
            problem = env._("This experiment has begun already.")
        elif not line or line.plan_id != plan or not (line.active and plan.active):
            problem = env._(
                "Choose an interaction that is in the segment's contact plan now."
            )
        elif line.occasion_id:
            problem = env._(
                "“%s” follows an occasion: it has no cadence to change.", line.name
            )
        elif abs(self.yearly_tried - self.yearly_usual) < 0.005:
            problem = env._("Both halves would have the same cadence. Enter another.")
        elif self.day_until <= self.company_id._relationship_today():
            problem = env._("Enter a last day that is still to come.")
        elif other := self._find_running():
            problem = env._(
                "“%(other)s” is running with this segment. Two experiments at once"
                " would mix their effects: wait for its end, or end it.",
                other=other.name,
            )
        elif env["crm.relationship"].search_count(self._get_domain(), limit=2) < 2:
            problem = env._("The segment has too few customers to be divided.")
        if problem:
            raise UserError(problem)

    def _find_running(self):
        # sudo: one that somebody else has begun counts, too
        return self.sudo().search(
            [
                ("state", "=", "running"),
                ("segment_id", "=", self.segment_id.id),
                ("company_id", "=", self.company_id.id),
            ],
            limit=1,
        )

    def _divide(self):
        """Note who is in which half, chosen by chance.

        SQL because it may be half of a base.
        """
        customers = self.env["crm.relationship"].search(self._get_domain()).ids
        chosen = choose_aside(
            get_key(self.env), customers, EACH_GETS, stratum=("cadence", self.id)
        )
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_cadence_member
                    (experiment_id, company_id, relationship_id, is_tried,
                     create_uid, create_date, write_uid, write_date)
                SELECT %(experiment)s, %(company)s, id, id = ANY(%(chosen)s),
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM unnest(%(customers)s::int[]) AS customer (id)
                """,
                experiment=self.id,
                company=self.company_id.id,
                chosen=sorted(chosen),
                customers=customers,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.invalidate_recordset(["member_ids"])

    def action_end(self):
        """End it today: customers follow the plan of their segment again.

        ``sudo``: groups are written by methods alone.
        """
        check_one(self)
        self.check_access("write")
        self._check_running()
        self.sudo()._end()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_cancel(self):
        """Give it up: as if it had not been, and nothing is compared.

        ``sudo``: groups are written by methods alone.
        """
        check_one(self)
        self.check_access("write")
        self._check_running()
        self.sudo()._end("cancelled")
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _check_running(self):
        if self.state != "running":
            raise UserError(self.env._("This experiment is not running."))

    def _end(self, state="over"):
        for experiment in self:
            today = experiment.company_id._relationship_today()
            experiment.write(
                {"state": state, "day_until": min(experiment.day_until, today)}
            )
            experiment.flush_recordset()
            Trial(experiment).end()

    @api.model
    def _end_due(self, company):
        """End what is over.

        ``sudo``: the job, for whoever has begun it.
        """
        today = company._relationship_today()
        self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("state", "=", "running"),
                ("day_until", "<", today),
            ]
        )._end()
