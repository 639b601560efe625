from ast import literal_eval

import psycopg2

from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

# What reading a filter raises when it is not a filter, or belongs to another data
# model.
FILTER_ERRORS = (
    ArithmeticError,
    AttributeError,
    KeyError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    UserError,
    ValueError,
    psycopg2.DataError,
    psycopg2.ProgrammingError,
)
# What follows from the segment cannot decide the segment.
CIRCULAR_FIELDS = ("relationship_id", "segment_id", "segment_color", "lifecycle_stage")
PROPERTIES_PATH = "relationship_id.customer_properties"


class CrmSegment(models.Model):
    """Who belongs to a segment: its rule as a domain of customers.

    The rule uses stored figures of the relationship (scores, stage) and, through the
    customer filter, anything the database knows about the contact.
    """

    _inherit = "crm.segment"

    @api.constrains("partner_domain")
    def _check_partner_domain(self):
        for segment in self:
            if error := segment._get_filter_error():
                segment._refuse_filter(error)

    def _refuse_filter(self, error):
        """:raises ValidationError: naming the segment and what is wrong, in words"""
        raise ValidationError(
            self.env._(
                "The customer filter of segment “%(segment)s” cannot be read:"
                " %(error)s",
                segment=self.name,
                error=error,
            )
        )

    def _get_partner_domain(self):
        """Return the filter as a ``Domain``; an empty filter matches everyone.

        :raises ValueError: when the text is not a domain, in words
        """
        self.ensure_one()
        try:
            return Domain(literal_eval(self.partner_domain or "[]"))
        except FILTER_ERRORS as error:
            raise ValueError(
                self.env._(
                    "it must be a list of conditions with plain values, without"
                    " variables and functions."
                )
            ) from error

    def _get_filter_error(self):
        """Return what is wrong with the customer filter, in words; else ``False``.

        The filter runs with the rights of the nightly job. So it is first tried with
        the user's rights, saved or not: nobody can use it to learn what they may not
        read.
        """
        self.ensure_one()
        partners = self.env["res.partner"].with_user(self.env.user)
        try:
            domain = self._get_partner_domain()
            self._check_not_circular(domain)
            with self.env.cr.savepoint(flush=False):
                partners.search(domain, limit=1)
        except AccessError:
            return self.env._("it names something that you may not read.")
        except FILTER_ERRORS as error:
            return self._describe_filter_error(error)
        return False

    @api.model
    def _describe_filter_error(self, error):
        """Return the first line of an error: below it, PostgreSQL shows the query."""
        return str(error).partition("\n")[0] or type(error).__name__

    def _check_not_circular(self, domain):
        """Refuse a filter that depends on what the segments decide.

        :raises ValueError: naming the field
        """
        for path in self._get_paths(domain):
            if path == PROPERTIES_PATH or path.startswith(f"{PROPERTIES_PATH}."):
                continue
            for name in path.split("."):
                if name in CIRCULAR_FIELDS:
                    raise ValueError(
                        self.env._(
                            "“%(field)s” follows from the segments and cannot decide on"
                            " them. Use the scores and the stage of the rule instead.",
                            field=name,
                        )
                    )

    @api.model
    def _get_paths(self, domain, prefix=""):
        """Return the field paths in a domain, those of its subdomains included."""
        paths = []
        for condition in domain.iter_conditions():
            path = f"{prefix}{condition.field_expr}"
            value = condition.value
            if condition.operator in ("any", "not any") and not isinstance(value, str):
                paths += self._get_paths(Domain(value), f"{path}.")
            else:
                paths.append(path)
        return paths

    def _partner_query(self, company):
        """Return the query for the contacts that match the filter, for one company.

        Evaluated as that company, in its time zone: the same contact may have a
        different relationship, different properties and a different date for each
        company. ``sudo``: a rule counts all customers, whoever looks at the result.

        :return: ``Query`` on ``res.partner``, archived contacts included
        :raises ValueError: when the filter cannot be read
        """
        self.ensure_one()
        return (
            self.env["res.partner"]
            .sudo()
            .with_context(
                active_test=False,
                allowed_company_ids=company.ids,
                tz=company._relationship_tz(),
            )
            ._search(self._get_partner_domain())
        )

    def _relationship_domain(self, company):
        """Return the conditions of this segment as a domain of relationships.

        Of the rule alone, as if there were no other segment: regardless of the order of
        the segments and of customers kept manually. For the segment for all others, see
        ``is_fallback``.

        :raises ValueError: when the filter cannot be read
        """
        self.ensure_one()
        domain = Domain("company_id", "=", company.id)
        for score, (low, high) in self._get_score_ranges(company).items():
            name = f"rfm_{score}"
            domain &= Domain(name, ">=", low) & Domain(name, "<=", high)
        if self.lifecycle_stage:
            domain &= Domain("lifecycle_stage", "=", self.lifecycle_stage)
        if not self._get_partner_domain().is_true():
            domain &= Domain("partner_id", "in", self._partner_query(company))
        return domain

    @api.model
    def _place_sql(self, company, with_stage=True):
        """Return SQL for the id of the first segment that fits a row, or the fallback.

        :param bool with_stage: else only segments that ask for no stage
        """
        segments, fallback = self._get_rules(company)
        if not with_stage:
            segments = segments.filtered(lambda s: not s.lifecycle_stage)
        cases = [
            SQL(
                "WHEN %s THEN %s",
                segment._condition_sql(company),
                segment.id,
            )
            for segment in segments
        ]
        otherwise = fallback.id or SQL("NULL::int")
        if not cases:
            return SQL("%s", otherwise)
        return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), otherwise)

    def _condition_sql(self, company):
        """Return SQL on a row of a customer.

        :raises ValidationError: when the filter cannot be read any more
        """
        conditions = [
            SQL("%s BETWEEN %s AND %s", SQL.identifier(f"rfm_{score}"), low, high)
            for score, (low, high) in self._get_score_ranges(company).items()
        ]
        if self.lifecycle_stage:
            conditions.append(SQL("lifecycle_stage = %s", self.lifecycle_stage))
        try:
            if not self._get_partner_domain().is_true():
                query = self._partner_query(company)
                conditions.append(SQL("partner_id IN %s", query.subselect()))
        except FILTER_ERRORS as error:
            self._refuse_filter(self._describe_filter_error(error))
        return SQL(" AND ").join(conditions) if conditions else SQL("TRUE")
