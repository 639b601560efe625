from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..base.apart import first_line, log_failure, run_apart
from ..base.figures import format_count
from ..base.statistics import refresh_statistics
from .care import Judgment

CUSTOMERS_PER_BATCH = 50_000
KEPT_MONTHS = 13
"""So long every day is kept, afterwards the first of each month."""


class CrmCareDay(models.Model):
    """How many customers were in which state of care, every night.

    One row for each company, day, segment, team, salesperson, state and reason that
    occurs: some hundred a night, whatever the number of customers. Which customers they
    are stands on the customers, as of today.
    """

    _name = "crm.care.day"
    _inherit = ["crm.record.mixin"]
    _description = "Customers by State of Care, Daily"
    _order = "date desc, id desc"
    _log_access = False
    _rec_name = "date"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        ondelete="cascade",
    )
    date = fields.Date(required=True)
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        ondelete="set null",
    )
    team_id = fields.Many2one(
        comodel_name="crm.team",
        string="Sales Team",
        ondelete="set null",
        help="Of the dedicated salesperson on that day.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Dedicated Salesperson",
        ondelete="set null",
    )
    care_state = fields.Selection(
        selection=lambda self: self._get_selection("care_state"),
        string="Care",
        required=True,
    )
    care_reason = fields.Selection(
        selection=lambda self: self._get_selection("care_reason"),
        string="Reason",
    )
    customer_count = fields.Integer(
        string="Customers",
        required=True,
        help="Active customers in this state when the night was over.",
    )

    _company_date_idx = models.Index("(company_id, date)")

    @api.model
    def _get_selection(self, name):
        field = self.env["crm.relationship"]._fields[name]
        return field._description_selection(self.env)

    # ------------------------------------------------------------------
    # The night
    # ------------------------------------------------------------------

    @api.model
    def _cron_check_care(self):
        """Judge all customers, in committed batches, and count them.

        Killed at any moment, the next run begins again and writes what is missing.

        ``sudo``: the job works for all companies, whichever its user works in.
        """
        cron = self.env["ir.cron"]
        if error := run_apart(self.env, self.env["res.users"].sudo()._follow_gone):
            log_failure(error, "Nobody followed those who are gone")
        refresh_statistics(self.env)
        companies = self.env["res.company"].sudo().search([])
        cron._commit_progress(remaining=len(companies))
        for company in companies:
            error = None
            for customers in self.sudo()._get_batches(company):
                judge = Judgment(self.env).store
                error = run_apart(self.env, judge, customers) or error
                if not cron._commit_progress():
                    return
            error = error or run_apart(self.env, self.sudo()._count, company)
            self._note_count(company, error)
            if not cron._commit_progress(1):
                return

    @api.model
    def _get_batches(self, company):
        """Yield conditions on ``crm_relationship r``, one after the other by id.

        A range, because PostgreSQL takes several times as long over a list of ids, and
        looking for the next full one takes a good part of the night.
        """
        [(first, last)] = self.env["crm.relationship"]._read_group(
            [("company_id", "=", company.id)], [], ["id:min", "id:max"]
        )
        for start in range(first or 0, (last or 0) + 1, CUSTOMERS_PER_BATCH):
            yield SQL(
                "r.company_id = %s AND r.active AND r.id BETWEEN %s AND %s",
                company.id,
                start,
                start + CUSTOMERS_PER_BATCH - 1,
            )

    @api.model
    def _note_count(self, company, error):
        """Show managers a count that failed, else tell of customers at fault."""
        if error:
            log_failure(error, "The customers of %s were not counted", company.name)
        failure = first_line(error) if error else False
        if company.relationship_care_failure != failure:
            company.relationship_care_failure = failure
        failed = error or run_apart(self.env, company._tell_of_faults)
        if failed and not error:
            log_failure(failed, "Nobody was told of faults in %s", company.name)

    @api.model
    def _count(self, company):
        """Count the customers of a company as of today; again, if need be.

        :raises UserError: when the states do not add up to all customers
        """
        self.flush_model()
        self.env["crm.relationship"].flush_model()
        self.env["res.users"].flush_model(["sale_team_id"])
        today = company._relationship_today()
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_care_day WHERE company_id = %s AND date >= %s",
                company.id,
                today,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO crm_care_day
                    (company_id, date, segment_id, team_id, user_id, care_state,
                     care_reason, customer_count)
                SELECT r.company_id, %(today)s, r.segment_id, u.sale_team_id,
                       r.user_id, r.care_state, r.care_reason, count(*)
                  FROM crm_relationship r LEFT JOIN res_users u ON u.id = r.user_id
                 WHERE r.company_id = %(company)s AND r.active
              GROUP BY r.company_id, r.segment_id, u.sale_team_id, r.user_id,
                       r.care_state, r.care_reason
                """,
                today=today,
                company=company.id,
            )
        )
        self.invalidate_model()
        self._check_sum(company, today)

    @api.model
    def _check_sum(self, company, today):
        """Refuse a count in which a customer is missing, or has no known state."""
        mine = [("company_id", "=", company.id)]
        customers = self.env["crm.relationship"].search_count(
            [*mine, ("active", "=", True)]
        )
        counted = 0
        states, reasons = (
            dict(self._get_selection(name)) for name in ("care_state", "care_reason")
        )
        for state, reason, count in self._read_group(
            [*mine, ("date", "=", today)],
            ["care_state", "care_reason"],
            ["customer_count:sum"],
        ):
            if state in states and (not reason or reason in reasons):
                counted += count
        if counted != customers:
            raise UserError(
                self.env._(
                    "The states add up to %(counted)s customers, but there are"
                    " %(customers)s.",
                    counted=format_count(self.env, counted),
                    customers=format_count(self.env, customers),
                )
            )

    @api.autovacuum
    def _gc_days(self):
        """Thin out what is old: a month has one day then."""
        limit = fields.Date.today() - relativedelta(months=KEPT_MONTHS)
        self.env.cr.execute(
            SQL(
                "DELETE FROM crm_care_day"
                " WHERE date < %s AND EXTRACT(DAY FROM date) <> 1",
                limit,
            )
        )
        self.invalidate_model()
