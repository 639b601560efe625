from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...engine.experiment import choose_aside
from ..base.asked import check_one
from ..base.figures import format_count
from ..base.opened import open_records
from ..base.told import tell_days
from ..portfolio.comparison import Comparison, get_key, get_sheets


class CrmHoldout(models.Model):
    """A period in which some customers are kept aside from all programs.

    Who enters a program meanwhile is in the period with that enrollment, be it as one
    who gets programs or as one who gets none: so groups of earlier periods stay what
    they were, whoever is chosen now. Everybody is chosen at most once in a period, when
    a program would start for the first time.
    """

    _name = "crm.holdout"
    _inherit = ["crm.record.mixin", "crm.spreadsheet.mixin"]
    _description = "Kept Aside from All Programs"
    _order = "day_from desc, id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, index=True, ondelete="cascade"
    )
    share = fields.Integer(
        string="Kept Aside (%)",
        required=True,
        readonly=True,
        aggregator=None,
        help="Of a hundred customers for whom a program would start, this many got"
        " none.",
    )
    day_from = fields.Date(
        string="From",
        required=True,
        readonly=True,
        help="Whoever entered a program before does not count: nobody chose them by"
        " chance.",
    )
    day_until = fields.Date(
        string="Until",
        required=True,
        readonly=True,
        help="On the day after it, it is chosen anew who is kept aside.",
    )
    result_days = fields.Integer(
        string="Days to Buy",
        required=True,
        readonly=True,
        aggregator=None,
        help="What customers buy within this number of days after their first program"
        " would have started counts, and what their programs cost in that time.",
    )
    state = fields.Selection(
        selection=[("running", "Running"), ("over", "Over")],
        required=True,
        readonly=True,
        default="running",
    )
    enrollment_ids = fields.One2many(
        comodel_name="crm.program.enrollment",
        inverse_name="holdout_id",
        string="Enrollments",
    )
    result = fields.Html(
        compute="_compute_result",
        sanitize=False,
        help="What the customers of both groups bought, and whether the difference is"
        " more than chance.",
    )

    _one_running = models.UniqueIndex(
        "(company_id) WHERE state = 'running'",
        "Customers are being kept aside from all programs of this company already.",
    )

    @api.depends("day_from", "day_until")
    @api.depends_context("lang")
    def _compute_name(self):
        for period in self:
            period.name = tell_days(self.env, period.day_from, period.day_until)

    @api.depends("day_until", "result_days")
    @api.depends_context("lang")
    def _compute_result(self):
        for period in self:
            known = period._origin
            period.result = known and HoldoutResult(known, known.company_id).render()

    @api.model
    def _get_sheets(self, domain):
        return get_sheets(
            self.env,
            [HoldoutResult(found, found.company_id) for found in self.search(domain)],
        )

    def action_view_enrollments(self):
        check_one(self)
        return open_records(self, "crm_program_enrollment_action_holdout")

    def action_reshuffle(self):
        """Choose anew from now on who is kept aside.

        ``sudo``: periods are written by methods alone.
        """
        check_one(self)
        self._check_manager()
        company = self.company_id.sudo()
        if self.state == "over" or not company.relationship_holdout_share:
            raise UserError(
                self.env._(
                    "This period is over. Reshuffle the one that is running, or enter"
                    " a share in the settings to begin one."
                )
            )
        self.sudo()._begin(company)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _check_manager(self):
        """:raises AccessError: for whoever may not decide on programs"""
        self.check_access("read")
        self.env["crm.program"].check_access("write")

    # ------------------------------------------------------------------
    # Periods
    # ------------------------------------------------------------------

    @api.model
    def _get_running(self, company):
        """Return the period of a company that is running, possibly none."""
        return self.search(
            [("company_id", "=", company.id), ("state", "=", "running")], limit=1
        )

    @api.model
    def _begin(self, company):
        """Begin a period; one that is running is over. Without a share: only that."""
        today = company._relationship_today()
        running = self._get_running(company)
        running.write(
            {"state": "over", "day_until": min(running.day_until or today, today)}
        )
        running.flush_recordset()
        if company.relationship_holdout_share:
            self.create(
                {
                    "company_id": company.id,
                    "share": company.relationship_holdout_share,
                    "day_from": today,
                    "day_until": today
                    + relativedelta(
                        months=company.relationship_holdout_months, days=-1
                    ),
                    "result_days": company.relationship_holdout_days,
                }
            )

    @api.model
    def _follow_calendar(self, company):
        """Begin the next period on the day after the last one.

        ``sudo``: periods are written by methods alone.
        """
        periods = self.sudo()
        running = periods._get_running(company)
        is_due = not running or running.day_until < company._relationship_today()
        if is_due and company.sudo().relationship_holdout_share:
            periods._begin(company.sudo())

    # ------------------------------------------------------------------
    # Who is kept aside
    # ------------------------------------------------------------------

    def _keep_aside(self, enrollments):
        """Note which enrollments are in the period, and choose who gets nothing.

        Not of programs that are for everybody, nor of customers who are exempt: nobody
        chose these by chance, so they count in neither group.

        :param enrollments: of the company, just begun
        :return: those of customers who are kept aside
        """
        self.ensure_one()
        entered = enrollments.filtered(
            lambda e: not (
                e.program_id._is_for_everybody() or e.relationship_id.never_kept_aside
            )
        )
        aside = self._get_known_groups(entered)
        free = entered.relationship_id.filtered(lambda r: r.id not in aside)
        key = get_key(self.env)
        for segment, own in free.grouped("segment_id").items():
            chosen = choose_aside(
                key,
                own.ids,
                self.share / 100,
                stratum=("holdout", self.id, segment.id),
            )
            aside |= {id_: id_ in chosen for id_ in own.ids}
        kept = entered.filtered(lambda e: aside[e.relationship_id.id])
        entered.write({"holdout_id": self.id})
        kept.write({"state": "control", "is_kept_from_all": True, "joined_id": False})
        return kept

    def _get_known_groups(self, entered):
        """Return who was chosen in this period already: whether kept aside, by id."""
        groups = self.env["crm.program.enrollment"]._read_group(
            [
                ("holdout_id", "=", self.id),
                ("relationship_id", "in", entered.relationship_id.ids),
            ],
            ["relationship_id"],
            ["is_kept_from_all:bool_or"],
        )
        return {relationship.id: bool(is_aside) for relationship, is_aside in groups}


class HoldoutResult(Comparison):
    """What all programs together brought in a period.

    A customer counts from the day on which the first program started, or would have.
    Who is kept aside from one program alone counts with those who get programs.
    """

    @property
    def days(self):
        return self.record.result_days

    @property
    def first_day(self):
        return self.record.day_from

    @property
    def last_day(self):
        return self.record.day_until

    def get_heads(self):
        return self.env._("With programs"), self.env._("Kept aside")

    def _get_first_entry(self):
        """Return the day of the first enrollment, which may be before the period: what
        it follows, such as an order that is entered late, has a day of its own.
        """
        [[day]] = self.env.execute_query(
            SQL(
                "SELECT min(date) FROM crm_program_enrollment WHERE holdout_id = %s",
                self.record.id,
            )
        )
        return min(filter(None, (day, self.first_day)))

    def _name_profit(self):
        return self.env._("Incremental profit of all programs")

    def _tell_few_treated(self, count):
        return self.env._(
            "Not proven: of those with programs, only %s bought.",
            format_count(self.env, count),
        )

    def _entered_sql(self):
        return SQL(
            """
            SELECT relationship_id, partner_id, date,
                   COALESCE(is_kept_from_all, FALSE) AS in_control
              FROM crm_program_enrollment
             WHERE holdout_id = %s AND date <= %s
            """,
            self.record.id,
            self.last_day,
        )

    def _done_sql(self):
        return self._done_within_sql(
            SQL(
                """
                JOIN crm_program_enrollment e
                  ON e.relationship_id = entered.relationship_id
                 AND e.holdout_id = %s
                JOIN crm_interaction i ON i.enrollment_id = e.id
                """,
                self.record.id,
            )
        )

    def _get_notes(self, groups):
        notes = super()._get_notes(groups)
        if count := self._count_under_way():
            notes.append(
                self.env._(
                    "Customers who were still going through a program that they had"
                    " entered before: %(count)s. They count in the group that chance"
                    " gave them.",
                    count=format_count(self.env, count),
                )
            )
        if count := self._count_left_out():
            notes.append(
                self.env._(
                    "Exempt, or in a program that everybody gets: %(count)s. They count"
                    " in neither group.",
                    count=format_count(self.env, count),
                )
            )
        return notes

    def _count_under_way(self):
        """Count who had interactions of an earlier enrollment in the period."""
        [[count]] = self.env.execute_query(
            SQL(
                """
                SELECT count(DISTINCT own.relationship_id)
                  FROM crm_program_enrollment own
                  JOIN crm_program_enrollment before
                    ON before.relationship_id = own.relationship_id
                   AND before.date < %(first)s
                   AND before.holdout_id IS DISTINCT FROM own.holdout_id
                  JOIN crm_interaction i
                    ON i.enrollment_id = before.id AND i.state = 'done'
                   AND i.date_done >= %(start)s
                 WHERE own.holdout_id = %(period)s
                """,
                first=self.first_day,
                start=self.company._relationship_time(self.first_day, hour=0),
                period=self.record.id,
            )
        )
        return count

    def _count_left_out(self):
        """Count who entered programs in the period, and has no group."""
        [[count]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*)
                  FROM (SELECT relationship_id
                          FROM crm_program_enrollment
                         WHERE company_id = %(company)s
                           AND date BETWEEN %(first)s AND %(last)s
                      GROUP BY relationship_id
                        HAVING count(holdout_id) = 0) left_out
                """,
                company=self.company.id,
                first=self.first_day,
                last=self.last_day,
            )
        )
        return count
