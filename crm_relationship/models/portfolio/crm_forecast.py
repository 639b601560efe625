from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, groupby
from odoo.tools.misc import format_date

from ..base.apart import log_failure, run_apart
from ..base.figures import format_amount, format_number
from ..base.known import KnownFloat, KnownMonetary
from ..base.spreadsheet import Column, Formula
from ..base.statistics import refresh_statistics
from .calibration import Calibration, tell_difference
from .forecast import Forecast
from .purchases import Purchases

MONTHS = 3
"""How far a forecast reaches."""
ERRORS = 12
"""So many scored forecasts make the band."""
MIN_BAND = 0.1
TOTAL, NO_SEGMENT = "total", 0


class CrmForecast(models.Model):
    """What a month's customers were expected to buy within three months, and bought.

    One row a segment, and one without for all customers. What was expected is never
    changed afterwards; what came is written when the three months are over.
    """

    _name = "crm.forecast"
    _inherit = ["crm.record.mixin", "crm.spreadsheet.mixin"]
    _description = "Forecast"
    _order = "month desc, segment_id, id"
    _rec_name = "month"
    _spreadsheet = (
        "month",
        "date_end",
        "segment_id",
        "customer_count",
        "expected",
        "low",
        "high",
        "actual",
    )

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(
        required=True,
        help="First day of the forecast. It knows what was sold before that day, and"
        " nothing else.",
    )
    date_end = fields.Date(
        string="Until", required=True, help="Last day of the forecast."
    )
    segment_id = fields.Many2one(
        comodel_name="crm.segment",
        ondelete="set null",
        help="Segment when the month before had ended. Empty: all customers, or those"
        " without a segment.",
    )
    is_total = fields.Boolean(string="All Customers")
    customer_count = fields.Integer(
        string="Customers", help="Customers who had bought before the month."
    )
    expected = KnownMonetary(
        help="What these customers are expected to buy within the time, new customers"
        " not counted: expected purchases of each (Pareto/NBD) × expected amount of a"
        " purchase (gamma-gamma).",
    )
    low = KnownMonetary(string="At Least", help="Expected less the band.")
    high = KnownMonetary(string="At Most", help="Expected plus the band.")
    actual = KnownMonetary(
        string="Came",
        help="What these customers really bought within the time. Empty until it is"
        " over.",
    )
    error = KnownFloat(
        string="Error (%)",
        digits=(8, 1),
        aggregator="avg",
        help="(Expected − came) ÷ came, in percent.",
    )
    is_reconstructed = fields.Boolean(
        string="Made Afterwards",
        help="Made later from what was known before the month, to see how good the"
        " forecast would have been.",
    )
    parameters = fields.Json(help="The fitted models.")
    verdict = fields.Char(compute="_compute_verdict")

    _month_unique = models.UniqueIndex(
        "(company_id, month, COALESCE(segment_id, 0), is_total)",
        "There is a forecast of this month already.",
    )

    @api.model
    def _get_sheets(self, domain):
        """Return the forecasts with their errors, which follow from what came."""
        [sheet] = super()._get_sheets(domain)
        off = Column(
            "off",
            self.env._("Expected − Came"),
            "money",
            Formula("-", "expected", "actual"),
        )
        error = Column(
            "error",
            self.env._("Error"),
            "share",
            Formula("/", "off", "actual"),
        )
        return [sheet._replace(columns=[*sheet.columns, off, error])]

    def _read_cell(self, name):
        if name == "segment_id" and not self.segment_id:
            if self.is_total:
                return self.env._("All customers")
            return self.env._("In no segment")
        return super()._read_cell(name)

    @api.model
    def get_calibration(self):
        """Return how good the forecasts of the company at work were, with pictures.

        See ``Calibration.collect``.
        """
        return Calibration(self, self.env.company).collect()

    @api.depends("expected", "actual", "low", "high")
    @api.depends_context("lang")
    def _compute_verdict(self):
        for forecast in self:
            forecast.verdict = (
                forecast._describe_result()
                if forecast.actual is not False
                else forecast._describe_expected()
            )

    def _describe_result(self):
        """Return in a sentence what came of the forecast."""
        text = self.env._(
            "In %(month)s we expected %(expected)s for the next %(months)s months;"
            " %(actual)s came (%(difference)s).",
            month=format_date(self.env, self.month, date_format="MMMM y"),
            expected=self._format(self.expected),
            months=MONTHS,
            actual=self._format(self.actual),
            difference=tell_difference(self.env, self.expected, self.actual),
        )
        if self._is_outside():
            text += " " + self.env._("That is outside its band.")
        return text

    def _get_difference(self):
        """Return what came against what was expected, in percent."""
        if not self.expected:
            return 0
        return 100 * (self.actual - self.expected) / self.expected

    def _describe_expected(self):
        if self.expected is False:
            return self.env._(
                "Not known: too few customers had come again to expect anything."
            )
        day = format_date(self.env, self.date_end, date_format="medium")
        if self.low is False:
            return self.env._(
                "%(expected)s expected until %(day)s; how far off it may be is not"
                " known yet.",
                expected=self._format(self.expected),
                day=day,
            )
        text = self.env._(
            "%(expected)s expected until %(day)s, between %(low)s and %(high)s.",
            expected=self._format(self.expected),
            day=day,
            low=self._format(self.low),
            high=self._format(self.high),
        )
        last = self._find_scored(self.company_id, self.month, limit=1)
        if last._is_outside():
            return f"{last._describe_result()} {text}"
        return text

    def _format(self, amount):
        return format_amount(self.env, amount, self.currency_id)

    # ------------------------------------------------------------------
    # The job
    # ------------------------------------------------------------------

    @api.model
    def _cron_forecast(self):
        """Score what is over and expect what is missing, of each company by itself.

        ``sudo``: the job works for all companies, whichever its user works in.
        """
        refresh_statistics(self.env)
        companies = self.env["res.company"].sudo().search([])
        self.env["ir.cron"]._commit_progress(remaining=len(companies))
        for company in companies:
            error = run_apart(self.env, self._forecast, company)
            if error:
                log_failure(error, "Company %s has no forecast", company.id)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    @api.model
    def _forecast(self, company):
        """Make the forecasts of a company up to the present month, and score others.

        The first time, those of the months before are made too, of which all is known
        that came: so the first one can say how far off it may be.
        """
        month = company._relationship_today().replace(day=1)
        known = set(
            self.search([("company_id", "=", company.id), ("is_total", "=", True)])
            .filtered(lambda f: f.month >= month - relativedelta(months=2 * MONTHS))
            .mapped("month")
        )
        for back in range(2 * MONTHS, -1, -MONTHS):
            before = month - relativedelta(months=back)
            if before not in known and (not known or not back):
                self._make(company, before, is_reconstructed=bool(back))
                self._score(company)
        self._score(company)
        if month not in known:
            # sudo: values are written by the job alone
            self.env["crm.relationship"].sudo()._refresh_values(company)

    @api.model
    def _make(self, company, month, is_reconstructed):
        """Write down what is expected from the first of a month on.

        Where nobody has ever bought there is nothing to say.
        """
        end = month + relativedelta(months=MONTHS) - timedelta(days=1)
        forecast = Forecast(company, month - timedelta(days=1))
        if not forecast.customers:
            return
        expected = forecast.expect((end - month).days + 1)
        segments = self._get_segments(company, month, expected)
        rows = {TOTAL: (len(forecast.customers), sum(expected.values()))}
        for segment_id, ids in groupby(expected, key=segments.get):
            own = [expected[id_] for id_ in ids]
            rows[segment_id] = (len(own), sum(own))
        band = self._get_band(company, month)
        common = {
            "company_id": company.id,
            "month": month,
            "date_end": end,
            "is_reconstructed": is_reconstructed,
        }
        values = []
        for key, (count, amount) in rows.items():
            row = {
                **common,
                "is_total": key == TOTAL,
                "segment_id": key != TOTAL and key,
                "customer_count": count,
            }
            if forecast.is_known:
                row["expected"] = amount
            if key == TOTAL and forecast.is_known:
                row["parameters"] = forecast.get_parameters()
                if band is not None:
                    row |= {"low": amount * (1 - band), "high": amount * (1 + band)}
            values.append(row)
        # sudo: forecasts are written by the job alone
        self.sudo().create(values)

    @api.model
    def _get_segments(self, company, month, ids):
        """Return the segment of customers when a month began, if they had one."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT relationship_id, segment_id
                  FROM crm_relationship_snapshot
                 WHERE company_id = %s AND date = %s AND segment_id IS NOT NULL
                """,
                company.id,
                month,
            )
        )
        return dict.fromkeys(ids, NO_SEGMENT) | {
            id_: s for id_, s in rows if id_ in ids
        }

    @api.model
    def _get_band(self, company, month):
        """Return by how much the forecasts before were off: twice the root of the mean
        square of their errors, a tenth at the least; ``None`` without any.
        """
        scored = self._find_scored(company, month, limit=ERRORS)
        if not scored:
            return None
        errors = [forecast._get_difference() / 100 for forecast in scored]
        mean = sum(error * error for error in errors) / len(errors)
        return min(max(MIN_BAND, 2 * mean**0.5), 1)

    @api.model
    def _find_scored(self, company, month, limit):
        """Return the last forecasts of all customers whose result is known."""
        return self.search(
            [
                ("company_id", "=", company.id),
                ("is_total", "=", True),
                ("date_end", "<", month),
                ("expected", "!=", False),
                ("actual", "!=", False),
            ],
            order="month desc",
            limit=limit,
        )

    @api.model
    def _score(self, company):
        """Write down what came of the forecasts whose time is over."""
        over = self.search(
            [
                ("company_id", "=", company.id),
                ("actual", "=", False),
                ("expected", "!=", False),
                ("date_end", "<", company._relationship_today()),
            ]
        )
        for month, forecasts in over.grouped("month").items():
            came = self._get_actual(company, month, forecasts[0].date_end)
            for forecast in forecasts:
                key = TOTAL if forecast.is_total else forecast.segment_id.id
                key = key or NO_SEGMENT
                # sudo: as in ``_make``
                forecast.sudo()._write_actual(came.get(key, 0))

    def _write_actual(self, actual):
        error = 100 * (self.expected - actual) / actual if actual else False
        self.write({"actual": actual, "error": error})

    @api.model
    def _join_rest(self, segments):
        """Add the forecasts of segments that go to those without a segment.

        Their customers count there from then on, in what came as in what was expected;
        and there is one such row a month.
        """
        # sudo: as in ``_make``
        forecasts = self.sudo().search([("segment_id", "in", segments.ids)])
        rests = self.sudo().search(
            [
                ("company_id", "in", forecasts.company_id.ids),
                ("month", "in", forecasts.mapped("month")),
                ("segment_id", "=", False),
                ("is_total", "=", False),
            ]
        )
        for _key, rows in (
            (rests | forecasts).grouped(lambda row: (row.company_id, row.month)).items()
        ):
            if rows & forecasts:
                rows._join()

    def _join(self):
        """Make one row of the rows of a month. What is known of one is of all."""
        first, others = self[0], self[1:]
        values = {"segment_id": False}
        for name in ("customer_count", "expected", "actual"):
            amounts = self.mapped(name)
            is_known = all(amount is not False for amount in amounts)
            values[name] = is_known and sum(amounts)
        others.unlink()
        first.write(values)
        if first.actual is not False:
            first._write_actual(first.actual)

    @api.model
    def _get_actual(self, company, month, end):
        """Return what customers of before bought: by segment, and by ``TOTAL`` in all.

        SQL because the base may hold a million customers.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH document AS MATERIALIZED (%(documents)s)
                SELECT COALESCE(s.segment_id, %(no_segment)s), sum(d.amount)::float
                  FROM document d
                  JOIN crm_relationship r
                    ON r.partner_id = d.partner_id AND r.company_id = %(company)s
             LEFT JOIN crm_relationship_snapshot s
                    ON s.relationship_id = r.id AND s.date = %(month)s
                 WHERE d.day >= %(month)s AND r.partner_id IN (
                       SELECT partner_id FROM document
                        WHERE day < %(month)s AND is_purchase)
              GROUP BY 1
                """,
                no_segment=NO_SEGMENT,
                documents=Purchases(company, end).documents(),
                company=company.id,
                month=month,
            )
        )
        came = dict(rows)
        came[TOTAL] = sum(amount for _segment, amount in rows)
        return came

    @api.model
    def _get_model(self, company):
        """Return the parameters of the newest forecast of a company, else ``None``."""
        return self._get_newest(company).parameters or None

    @api.model
    def _get_newest(self, company):
        """Return the newest forecast of all customers that knows a model, if any.

        Not one of a day to come, which a clock that was wrong leaves behind.
        """
        # sudo: the same figures for whoever asks
        return self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("is_total", "=", True),
                ("expected", "!=", False),
                ("month", "<=", company._relationship_today()),
            ],
            order="month desc",
            limit=1,
        )

    @api.model
    def _describe_miss(self, company):
        """Return in a sentence that the last forecast was outside its band, if it was.

        Without amounts: it stands before the value of each customer, and is read by
        those who see only their own customers.
        """
        # sudo: one figure of the company, for whoever sees what it casts a doubt on
        last = self.sudo()._find_scored(
            company, company._relationship_today() + timedelta(days=1), limit=1
        )
        if not last._is_outside():
            return ""
        month = format_date(self.env, last.month, date_format="MMMM y")
        if not last.expected:
            return self.env._(
                "The forecast of %(month)s was outside its band: nothing was expected,"
                " and something came.",
                month=month,
            )
        difference = last._get_difference()
        if difference < 0:
            return self.env._(
                "The forecast of %(month)s was outside its band: %(share)s%% less came"
                " than expected.",
                month=month,
                share=format_number(self.env, -difference, 0),
            )
        return self.env._(
            "The forecast of %(month)s was outside its band: %(share)s%% more came"
            " than expected.",
            month=month,
            share=format_number(self.env, difference, 0),
        )

    def _is_outside(self):
        """Tell whether what came is known, and outside the band."""
        if not self or self.high is False or self.actual is False:
            return False
        return not self.low <= self.actual <= self.high
