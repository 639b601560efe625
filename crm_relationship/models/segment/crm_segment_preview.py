from collections import Counter
from typing import NamedTuple

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ..base.memory import raise_work_mem
from .crm_segment import RANGE_FIELDS
from .crm_segment_rule import FILTER_ERRORS

PREVIEW_GROUPS = "sales_team.group_sale_salesman_all_leads"


class Tally(NamedTuple):
    """Customers of a company who belong in the same place, counted in one scan."""

    rule: int | None
    """Position of the first segment that fits, the one for all others included."""
    segment: int | None
    """Position of the segment they would be in: some are kept elsewhere manually."""
    count: int
    revenue: float
    matching: tuple[int, ...]
    """For each segment: how many of them fit its rule."""
    matching_revenue: tuple[float, ...]


class CrmSegment(models.Model):
    """What a rule would do, shown before it is saved.

    All segments are counted together in one scan of the current company's customers,
    based on the figures of the last update.
    """

    _inherit = "crm.segment"

    preview_count = fields.Integer(
        string="Match the Rule",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Customers of the current company who meet all conditions of this segment,"
        " by the figures of the last update, whatever other segments they fit.",
    )
    preview_share = fields.Float(
        string="Revenue of Those Who Match",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Revenue of the customers who meet the conditions ÷ revenue of all"
        " customers of the company, both within the analysis window.",
    )
    preview_overlap = fields.Integer(
        string="Taken by Earlier Segments",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Customers who meet the conditions of this segment, but are taken by a"
        " segment further up in the list.",
    )
    preview_net_count = fields.Integer(
        string="After the Next Update",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Customers whom the next update puts here, if nothing else changes: those"
        " who meet the conditions and whom no earlier segment takes, and those kept"
        " here manually.",
    )
    preview_net_share = fields.Float(
        string="Share of Revenue",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Revenue of the customers whom the next update puts here ÷ revenue of all"
        " customers of the company, both within the analysis window.",
    )
    preview_unassigned = fields.Integer(
        string="In No Segment",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Customers of the current company who would be in no segment at all.",
    )
    preview_note = fields.Char(
        string="About the Preview",
        compute="_compute_preview",
        groups=PREVIEW_GROUPS,
        help="Which earlier segments take customers away, or why there is no preview.",
    )

    @api.depends(
        *RANGE_FIELDS,
        "active",
        "company_id",
        "is_fallback",
        "lifecycle_stage",
        "partner_domain",
        "sequence",
    )
    @api.depends_context("company")
    def _compute_preview(self):
        company = self.env.company
        rules, errors = self._preview_rules(company)
        tallies = self._tally_customers(company, rules, errors)
        total = sum(tally.revenue for tally in tallies)
        unassigned = sum(tally.count for tally in tallies if tally.segment is None)
        positions = {rule: position for position, rule in enumerate(rules)}
        for segment in self:
            segment.preview_unassigned = unassigned
            position = positions.get(segment)
            if position is None or segment in errors:
                segment._set_no_preview(errors.get(segment))
                continue
            fit = sum(tally.matching[position] for tally in tallies)
            here = [tally for tally in tallies if tally.segment == position]
            taken = Counter()
            for tally in tallies:
                if tally.rule not in (None, position):
                    taken[rules[tally.rule]] += tally.matching[position]
            revenue = sum(tally.matching_revenue[position] for tally in tallies)
            segment.preview_count = fit
            segment.preview_share = revenue / total if total > 0 else 0
            segment.preview_overlap = taken.total()
            segment.preview_net_count = sum(tally.count for tally in here)
            net_revenue = sum(tally.revenue for tally in here)
            segment.preview_net_share = net_revenue / total if total > 0 else 0
            segment.preview_note = segment._describe_overlap(+taken)

    def _set_no_preview(self, error):
        self.preview_count = self.preview_overlap = self.preview_net_count = 0
        self.preview_share = self.preview_net_share = 0
        if error and error == self._get_range_error():
            self.preview_note = error
        elif error:
            self.preview_note = self.env._(
                "The customer filter cannot be read: %(error)s", error=error
            )
        elif not self.active:
            self.preview_note = self.env._("Archived: no customer comes here.")
        else:
            self.preview_note = self.env._(
                "This segment belongs to another company or stands behind another one"
                " that takes all others."
            )

    def _describe_overlap(self, taken):
        """Return who takes customers: "Taken by earlier segments: Gold (12)"."""
        if not taken:
            return False
        segments = sorted(taken, key=lambda segment: -taken[segment])
        return self.env._(
            "Taken by earlier segments: %(segments)s.",
            segments=", ".join(f"{s.name or '–'} ({taken[s]})" for s in segments),
        )

    def _preview_rules(self, company):
        """Return the segments in the order in which they are tried, and what is wrong.

        Records of ``self`` stand for the saved ones, edited values and all.

        :return: ``(list of segments, {segment: error in words})``
        """
        edited = {segment._origin.id: segment for segment in self if segment._origin}
        new = [segment for segment in self if not segment._origin]
        saved = self.env["crm.segment"].sudo().with_context(active_test=False)
        saved = saved.search([("company_id", "in", (company.id, False))])
        candidates = [edited.get(segment.id, segment) for segment in saved] + new
        moved_here = [
            segment for id_, segment in edited.items() if id_ not in saved.ids
        ]
        candidates = [
            segment
            for segment in candidates + moved_here
            if segment.active and segment.company_id.id in (company.id, False)
        ]
        candidates.sort(key=lambda s: (s.sequence, s._origin.id or float("inf")))
        fallbacks = [segment for segment in candidates if segment.is_fallback]
        fallbacks.sort(key=lambda segment: not segment.company_id)
        rules = [segment for segment in candidates if not segment.is_fallback]
        errors = {
            segment: segment._get_range_error()
            or (
                segment.partner_domain != segment._origin.partner_domain
                and segment._get_filter_error()
            )
            for segment in self
        }
        return rules + fallbacks[:1], {s: e for s, e in errors.items() if e}

    @api.model
    def _tally_customers(self, company, rules, errors):
        """Return the customers of a company counted by segment, in one scan.

        :param rules: segments in the order in which they are tried, the one for all
            others last
        :param errors: segments that fit nobody; those the database refuses are added
        :return: list of :class:`Tally`
        """
        self.env["crm.relationship"].flush_model()
        try:
            with self.env.cr.savepoint():
                return self._scan_customers(company, rules, errors)
        except (psycopg2.DataError, psycopg2.ProgrammingError):
            # The database does not say which filter it was.
            for segment in rules:
                error = segment not in errors and segment._get_filter_error()
                if error:
                    errors[segment] = error
        return self._scan_customers(company, rules, errors)

    @api.model
    def _scan_customers(self, company, rules, errors):
        relationships = self.env["crm.relationship"].sudo()
        query = relationships._search(
            [("company_id", "=", company.id), ("active", "=", True)]
        )
        conditions = [
            self._preview_condition(segment, company, query, errors)
            for segment in rules
        ]
        fits = [SQL.identifier(f"fits_{n}") for n in range(len(rules))]
        raise_work_mem(self.env.cr)
        # SQL because the ORM cannot count by conditions; one scan for all segments.
        # OFFSET 0 keeps PostgreSQL from evaluating a filter again wherever it is used.
        rows = self.env.execute_query(
            SQL(
                """
                SELECT rule, COALESCE(kept, rule) AS segment,
                       count(*), COALESCE(sum(revenue), 0) %(sums)s
                  FROM (
                    SELECT revenue, kept, %(first)s AS rule %(names)s
                      FROM (
                        SELECT crm_relationship.revenue, %(kept)s AS kept %(fits)s
                          FROM %(table)s WHERE %(where)s OFFSET 0
                      ) fitting OFFSET 0
                  ) placed
              GROUP BY 1, 2
                """,
                sums=SQL().join(
                    SQL(
                        ", count(*) FILTER (WHERE %(fit)s),"
                        " COALESCE(sum(revenue) FILTER (WHERE %(fit)s), 0)",
                        fit=fit,
                    )
                    for fit in fits
                ),
                first=self._preview_first(rules, fits),
                names=SQL().join(SQL(", %s", fit) for fit in fits),
                kept=self._preview_kept(company, rules),
                fits=SQL().join(
                    SQL(", %s AS %s", condition, fit)
                    for condition, fit in zip(conditions, fits, strict=True)
                ),
                table=query.from_clause,
                where=query.where_clause,
            )
        )
        return self._read_tallies(rows, rules)

    @api.model
    def _preview_condition(self, segment, company, query, errors):
        """Return the rule as SQL on ``crm_relationship``, FALSE for a broken one."""
        if segment.is_fallback or segment in errors:
            return SQL("FALSE")
        relationships = self.env["crm.relationship"].sudo()
        try:
            domain = segment._relationship_domain(company)
            return domain.optimize_full(relationships)._to_sql(
                relationships, query.table, query
            )
        except FILTER_ERRORS as error:
            errors[segment] = segment._get_filter_error() or str(error)
            return SQL("FALSE")

    @api.model
    def _preview_first(self, rules, fits):
        """Return SQL for the position of the first segment that fits."""
        cases = [
            SQL("WHEN %s THEN %s", fit, position)
            for position, fit in enumerate(fits)
            if not rules[position].is_fallback
        ]
        last = SQL("NULL::int")
        if rules and rules[-1].is_fallback:
            last = SQL("%s", len(rules) - 1)
        return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), last) if cases else last

    @api.model
    def _preview_kept(self, company, rules):
        """Return SQL for the position of the segment a customer is kept in manually."""
        cases = [
            SQL("WHEN %s THEN %s", segment._origin.id, position)
            for position, segment in enumerate(rules)
            if segment._origin
        ]
        if not cases:
            return SQL("NULL::int")
        return SQL(
            """CASE WHEN COALESCE(crm_relationship.lock_until, %(today)s) >= %(today)s
                    THEN CASE crm_relationship.locked_segment_id %(cases)s END END""",
            today=company._relationship_today(),
            cases=SQL(" ").join(cases),
        )

    @api.model
    def _read_tallies(self, rows, rules):
        """Return the rows, with the segment for all others fitting whoever is left."""
        tallies = []
        for rule, segment, count, revenue, *sums in rows:
            counts, revenues = list(sums[::2]), list(sums[1::2])
            if rule is not None and rules[rule].is_fallback:
                counts[rule], revenues[rule] = count, revenue
            tallies.append(
                Tally(
                    rule,
                    segment,
                    count,
                    float(revenue),
                    tuple(counts),
                    tuple(map(float, revenues)),
                )
            )
        return tallies
