from odoo import api, models
from odoo.tools import SQL

from ..base.apart import log_failure, run_apart
from ..base.jobs import start_job
from ..base.statistics import refresh_statistics
from .planner import Planner

RELATIONSHIPS_PER_BATCH = 50_000


class CrmInteraction(models.Model):
    """The nightly job that plans what is missing."""

    _inherit = "crm.interaction"

    @api.model
    def _follow_clock(self, company, former_tz, former_hour):
        """Plan for the company's hour what was planned for its former one.

        What is planned for another hour was asked for at that moment, and what is in a
        queue has been seen there: both stay.

        :param str former_tz: name of the time zone that the company had
        """
        local = SQL("(date_planned AT TIME ZONE 'UTC' AT TIME ZONE %s)", former_tz)
        self.flush_model(["date_planned", "company_id", "state"])
        self.env.cr.execute(
            SQL(
                """
                UPDATE crm_interaction
                   SET date_planned = (%(local)s::date + make_time(%(hour)s, 0, 0))
                                      AT TIME ZONE %(tz)s AT TIME ZONE 'UTC'
                 WHERE company_id = %(company)s
                   AND state = 'scheduled'
                   AND %(local)s::time = make_time(%(former_hour)s, 0, 0)
                """,
                local=local,
                tz=company._relationship_tz(),
                company=company.id,
                hour=company._get_planned_hour(),
                former_hour=former_hour,
            )
        )
        self.invalidate_model(["date_planned"])

    @api.model
    def _cron_schedule(self):
        """Plan the missing interactions of all companies, in committed batches."""
        # sudo: the job works for all companies, whichever its user works in
        companies = self.env["res.company"].sudo().search([])
        companies._remind_who_stopped()
        refresh_statistics(self.env)
        Relationship = self.env["crm.relationship"]
        self.env["ir.cron"]._commit_progress(
            remaining=Relationship.search_count([("company_id", "in", companies.ids)])
        )
        for company in companies:
            error = run_apart(self.env, self._before_scheduling, company)
            if error:
                log_failure(error, "What goes before planning failed: %s", company.id)
            last_id = 0
            while ids := Relationship.search(
                [("company_id", "=", company.id), ("id", ">", last_id)],
                order="id",
                limit=RELATIONSHIPS_PER_BATCH,
            ).ids:
                last_id = ids[-1]
                self._schedule_safely(company, Relationship.browse(ids))
                if not self.env["ir.cron"]._commit_progress(len(ids)):
                    return

    @api.model
    def _schedule_safely(self, company, relationships):
        """Plan for some customers; if that fails, leave out the plans that fail.

        A plan that failed shows it in its form and list.
        """
        if not run_apart(self.env, self._schedule, company, relationships.ids):
            # those that failed before are all right again
            self.env["crm.contact.plan"].search(
                [("failure", "!=", False), ("company_id", "in", (company.id, False))]
            )._note_failure(None, company)
            return
        for plan, followers in relationships.grouped("effective_plan_id").items():
            error = run_apart(self.env, self._schedule, company, followers.ids)
            if error:
                log_failure(
                    error, "Plan %s: nothing planned for %s", plan.id, followers.ids
                )
            plan._note_failure(error, company)

    @api.model
    def _before_scheduling(self, company):
        """Do what has to come before a company's interactions are planned."""
        self.env["calendar.event"]._note_past_meetings(company)

    @api.model
    def _schedule(self, company, relationship_ids=None):
        """Cancel what a changed plan no longer asks for, and plan what is missing.

        :param list relationship_ids: only these; all of the company when ``None``.
        :return: number of interactions planned.
        """
        return Planner(self.env, company).plan(relationship_ids)

    @api.model
    def _trigger_schedule(self):
        start_job(self.env, "schedule")
