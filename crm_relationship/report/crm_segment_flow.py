from collections import Counter
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from ..models.people.crm_feasibility import READER

MONTHS = 6
MOST_MONTHS = 12
# In place of a segment: in none, and no customer of the month before.
NONE, NEW = 0, -1


class CrmSegmentFlow(models.AbstractModel):
    """The picture *Flow between Segments*: who went where, month by month.

    It counts the monthly snapshots, each of which knows the segment of the month before
    (*Migration between Segments* shows the same as a table).
    """

    _name = "crm.segment.flow"
    _description = "Flow between Segments"

    @api.model
    def get_flow(self, months=MONTHS):
        """Return the flow of the last months, of the current company.

        :param int months: how many, at most a year
        :return: dict with ``columns`` (names of the ends of months), ``segments`` (id,
            name; 0 in none, -1 new), ``flows`` (``step`` from that column to the next,
            ``from``, ``to``, ``count``, ``domain`` of the snapshots counted), and
            ``unknown``, words where there is no month to compare with yet
        """
        if not self.env.user.has_group(READER):
            raise AccessError(
                self.env._(
                    "The flow between segments is shown to those who see the customers"
                    " of all salespeople."
                )
            )
        is_number = isinstance(months, int) and not isinstance(months, bool)
        months = min(max(months, 1), MOST_MONTHS) if is_number else MONTHS
        company = self.env.company
        newest = company._relationship_today().replace(day=1)
        since = newest - relativedelta(months=months - 1)
        counts = self._count(company, since)
        # a month in which everybody is new has nothing before it
        dates = sorted({day for day, old, _new in counts if old != NEW})
        steps = {day: step for step, day in enumerate(dates)}
        flows = [
            {
                "step": steps[day],
                "from": old,
                "to": new,
                "count": count,
                "domain": self._get_domain(company, day, old, new),
            }
            for (day, old, new), count in sorted(counts.items())
            if day in steps
        ]
        return {
            "company": company.name,
            "columns": self._name_columns(dates),
            "segments": self._name_segments(flows),
            "flows": flows,
            "unknown": "" if flows else self._tell_unknown(company),
        }

    def _count(self, company, since):
        """Return how many went from where to where: ``{(date, from, to): count}``."""
        counts = Counter()
        for day, old, stage, new, count in self.env[
            "crm.relationship.snapshot"
        ]._read_group(
            [("company_id", "=", company.id), ("date", ">=", since)],
            ["date:month", "previous_segment_id", "previous_stage", "segment_id"],
            ["__count"],
        ):
            # who had a stage was a customer
            before = old.id or (NONE if stage else NEW)
            counts[day, before, new.id or NONE] += count
        return counts

    def _get_domain(self, company, day, old, new):
        domain = [
            ("company_id", "=", company.id),
            ("date", "=", fields.Date.to_string(day)),
            ("segment_id", "=", new or False),
            ("previous_segment_id", "=", max(old, 0) or False),
        ]
        if old == NONE:
            domain.append(("previous_stage", "!=", False))
        if old == NEW:
            domain.append(("previous_stage", "=", False))
        return domain

    def _name_columns(self, dates):
        """Return the names of the months whose ends are compared, one more than steps.

        A snapshot says how the month before its date ended.
        """
        if not dates:
            return []
        ends = [dates[0] - relativedelta(months=1), *dates]
        return [
            format_date(self.env, end - timedelta(days=1), date_format="MMM y")
            for end in ends
        ]

    def _name_segments(self, flows):
        """Return the segments in their order, then none, then new ones."""
        met = {flow[side] for flow in flows for side in ("from", "to")}
        # sudo: names of segments, to whoever sees all customers
        segments = self.env["crm.segment"].sudo().with_context(active_test=False)
        found = segments.search_fetch([("id", "in", list(met))], ["name"])
        named = [{"id": segment.id, "name": segment.name} for segment in found]
        others = {
            NONE: self.env._("In no segment"),
            NEW: self.env._("Not a customer yet"),
        }
        return named + [
            {"id": id_, "name": name} for id_, name in others.items() if id_ in met
        ]

    def _tell_unknown(self, company):
        """Return in words from when the flow is known.

        ``sudo``: a day that depends on the customers of the whole company.
        """
        day = self.env["crm.segment.figure"].sudo()._get_known_from(company)
        if not day:
            return self.env._("Not known yet: nobody has bought anything.")
        if day <= company._relationship_today():
            return self.env._(
                "Not known yet: it is counted with the next nightly update."
            )
        return self.env._(
            "Not known before %(day)s: it takes the ends of two months.",
            day=format_date(self.env, day, date_format="medium"),
        )
