from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.base.asked import check_one
from ..models.base.figures import format_number

# The eight elements of customer relationship management, in their order.
ELEMENTS = [
    ("database", "Customer database"),
    ("portfolio", "Portfolio analysis"),
    ("value", "Value proposition"),
    ("programs", "4R programs"),
    ("policy", "Policy and culture"),
    ("system", "System"),
    ("people", "People"),
    ("process", "Process"),
]
GRADES = [
    ("ready", "In place"),
    ("partly", "Partly in place"),
    ("missing", "Not in place"),
    ("unknown", "Not known yet"),
]
# Shares of the customers from which something counts as in place.
WITH_PHONE, WITH_EMAIL, WITH_BIRTHDAY, VALID, ALONE = 0.8, 0.6, 0.3, 0.95, 0.98
IN_SEGMENT, ASKED, SERVED, CARED = 0.95, 0.5, 0.99, 0.95
# Addresses that a list of duplicates is opened by.
LISTED = 1000
JOBS = ("refresh", "schedule", "care", "release")
JOB_HOURS = 36


class Check(NamedTuple):
    """One thing that an element needs, and what the data say about it."""

    text: str
    how: str
    """How that is counted, and from when on it is in place."""
    is_ok: bool
    step: str
    """What to do next, as the text of a button."""
    action: str
    """Name of the action that opens where to do it."""
    domain: list | None = None
    """Customers or records that lack it."""


class CrmReadiness(models.Model):
    """Where do we start? The eight elements, checked against the company's data.

    A row an element; what is found is computed when it is looked at. An element is in
    place if all that is checked of it holds, and partly if something does. What there
    are no customers for is not known.
    """

    _name = "crm.readiness"
    _inherit = ["crm.record.mixin"]
    _description = "Where Do We Start?"
    _auto = False
    _order = "company_id, rank"
    _rec_name = "element"

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    rank = fields.Integer(
        aggregator=None, readonly=True, help="Place of the element among the eight."
    )
    element = fields.Selection(selection=ELEMENTS, readonly=True)
    grade = fields.Selection(
        selection=GRADES,
        compute="_compute_checks",
        help="In place: all that is checked of the element holds. Partly: some of it"
        " does. Not known yet: there is no customer to check it with.",
    )
    findings = fields.Json(
        compute="_compute_checks",
        help="What is checked of the element. Each figure opens its list, which holds"
        " what lacks it.",
    )
    next_step = fields.Char(
        compute="_compute_checks",
        help="The first of what is missing.",
    )

    @property
    def _table_query(self):
        """SQL: a row for each element of each company."""
        elements = (
            SQL("(%s, %s)", rank, element)
            for rank, (element, _label) in enumerate(ELEMENTS)
        )
        return SQL(
            """
            SELECT c.id * %s + element.rank AS id, c.id AS company_id,
                   element.rank, element.element
              FROM res_company c
        CROSS JOIN (VALUES %s) element (rank, element)
            """,
            len(ELEMENTS),
            SQL(", ").join(elements),
        )

    @api.depends("element", "company_id")
    @api.depends_context("lang")
    def _compute_checks(self):
        for row in self:
            checks = row._get_checks()
            missing = [check for check in checks if not check.is_ok]
            row.grade = row._get_grade(checks, missing)
            row.findings = [
                {"text": check.text, "how": check.how, "is_ok": check.is_ok}
                for check in checks
            ]
            row.next_step = missing[0].step if missing else False

    def _get_grade(self, checks, missing):
        if not checks:
            return "unknown"
        if not missing:
            return "ready"
        return "partly" if len(missing) < len(checks) else "missing"

    def _get_checks(self):
        """Return what is checked of the element, most important first.

        ``sudo``: counts of the whole company, for whoever may configure it.
        """
        self.ensure_one()
        company = self.company_id.sudo()
        return getattr(self.sudo(), f"_check_{self.element}")(company)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_next(self):
        """Open where the next step is done, with what lacks it."""
        check_one(self)
        checks = self._get_checks()
        check = next((c for c in checks if not c.is_ok), checks[0] if checks else None)
        return self._open(check)

    def action_view_finding(self, position):
        """Open what a finding counts: what lacks it, or where it is put right.

        :param int position: of the finding, from 0
        """
        check_one(self)
        checks = self._get_checks()
        is_one = type(position) is int and 0 <= position < len(checks)
        return self._open(checks[position] if is_one else None)

    def _open(self, check):
        name = check.action if check else "crm_relationship_action"
        action = self.env["ir.actions.actions"]._for_xml_id(f"crm_relationship.{name}")
        if not check or check.domain is None:
            return action
        title = {"name": check.step, "display_name": check.step}
        return {**action, **title, "domain": check.domain}

    # ------------------------------------------------------------------
    # What is done: database, analysis, value, programs
    # ------------------------------------------------------------------

    def _check_database(self, company):
        return [
            *self._check_share(
                company,
                Domain("partner_id.phone", "!=", False),
                WITH_PHONE,
                lambda share: self.env._(
                    "%s%% of the customers have a phone number", share
                ),
                self.env._("Add phone numbers"),
            ),
            *self._check_share(
                company,
                Domain("partner_id.email", "!=", False),
                WITH_EMAIL,
                lambda share: self.env._(
                    "%s%% of the customers have an email address", share
                ),
                self.env._("Add email addresses"),
            ),
            *self._check_share(
                company,
                Domain("partner_id.phone_sanitized", "!=", False),
                VALID,
                lambda share: self.env._(
                    "%s%% of the phone numbers can be dialed", share
                ),
                self.env._("Correct phone numbers"),
                among=Domain("partner_id.phone", "!=", False),
            ),
            *self._check_share(
                company,
                Domain("partner_id.birthdate", "!=", False),
                WITH_BIRTHDAY,
                lambda share: self.env._(
                    "%s%% of the people have a date of birth", share
                ),
                self.env._("Ask for dates of birth"),
                among=Domain("partner_id.is_company", "=", False),
            ),
            *self._check_share(
                company,
                Domain("partner_id.email_normalized", "not in", self._get_shared()),
                ALONE,
                lambda share: self.env._(
                    "%s%% of the email addresses belong to one customer", share
                ),
                self.env._("Merge duplicates"),
                among=Domain("partner_id.email_normalized", "!=", False),
            ),
        ]

    def _get_shared(self):
        """Return email addresses that several customers of the company have."""
        groups = self.env["crm.relationship"]._read_group(
            [
                ("company_id", "=", self.company_id.id),
                ("partner_id.email_normalized", "!=", False),
            ],
            ["partner_id.email_normalized"],
            having=[("__count", ">", 1)],
            limit=LISTED,
        )
        return [email for [email] in groups]

    def _check_portfolio(self, company):
        failure = company.relationship_failure
        return [
            Check(
                failure or self.env._("The figures are updated every night"),
                self.env._("Whether the last nightly update went through."),
                not failure,
                self.env._("See why the update failed"),
                "res_config_settings_action",
            ),
            *self._check_share(
                company,
                Domain("segment_id", "!=", False),
                IN_SEGMENT,
                lambda share: self.env._(
                    "%s%% of the customers are in a segment", share
                ),
                self.env._("Complete the segments"),
            ),
            *self._check_share(
                company,
                Domain("plan_id", "!=", False)
                | Domain("segment_id.plan_id", "!=", False),
                IN_SEGMENT,
                lambda share: self.env._(
                    "%s%% of the customers have a contact plan", share
                ),
                self.env._("Give each segment a plan"),
            ),
        ]

    def _check_value(self, company):
        segments = self._find("crm.segment", company)
        benefits = self._find("crm.benefit", company)
        everybody = benefits.filtered(lambda benefit: not benefit.segment_ids)
        lacking = segments.browse() if everybody else segments - benefits.segment_ids
        return [
            Check(
                self.env._("Benefits to give: %s", self._format(len(benefits))),
                self.env._("Benefits of the company, and those of all companies."),
                bool(benefits),
                self.env._("Say what customers get"),
                "crm_benefit_action",
            ),
            Check(
                self.env._(
                    "Segments without a benefit that suits: %s",
                    self._format(len(lacking)),
                ),
                self.env._(
                    "A benefit suits the segments that it names, or all if it names"
                    " none."
                ),
                not lacking,
                self.env._("Choose benefits for each segment"),
                "crm_segment_action",
                [("id", "in", lacking.ids)] if lacking else None,
            ),
        ]

    def _check_programs(self, company):
        used = set(self._find("crm.program", company).mapped("objective"))
        plans = self._find("crm.contact.plan", company)
        used |= set(plans.line_ids.mapped("objective"))
        objective = self.env["crm.program"]._fields["objective"]
        names = objective._description_selection(self.env)
        return [
            Check(
                self.env._("%s: a program or a plan line", label)
                if objective in used
                else self.env._("%s: neither a program nor a plan line", label),
                self.env._("Whether a program or a contact plan has this objective."),
                objective in used,
                self.env._("Set up a program"),
                "crm_program_action",
            )
            for objective, label in names
        ]

    # ------------------------------------------------------------------
    # What it needs: policy, system, people, process
    # ------------------------------------------------------------------

    def _check_policy(self, company):
        return [
            Check(
                self.env._(
                    "Limits on how often a customer is contacted: %s",
                    self._format(len(company.contact_cap_ids)),
                ),
                self.env._("Limits in the settings of the company."),
                bool(company.contact_cap_ids),
                self.env._("Set limits"),
                "crm_going_live_action",
            ),
            Check(
                self.env._(
                    "Hours in which customers may be contacted: %s",
                    company.selling_calendar_id.name or self.env._("none"),
                ),
                self.env._("Hours in the settings of the company."),
                bool(company.selling_calendar_id),
                self.env._("Set hours"),
                "crm_going_live_action",
            ),
            *self._check_share(
                company,
                Domain("partner_id.consent_selling", "in", ("granted", "refused")),
                ASKED,
                lambda share: self.env._(
                    "%s%% of the customers said whether they want offers", share
                ),
                self.env._("Ask for consent"),
            ),
        ]

    def _check_system(self, company):
        late = self._get_late_jobs()
        servers = self.env["ir.mail_server"].search_count([], limit=1)
        return [
            Check(
                self.env._(
                    "Scheduled jobs that do not run: %s", self._format(len(late))
                ),
                self.env._(
                    "Of the jobs that update figures, plan, judge coverage and fill the"
                    " queues: those switched off, or late by over %s hours.",
                    JOB_HOURS,
                ),
                not late,
                self.env._("See how far the setup is"),
                "crm_going_live_action",
            ),
            Check(
                self.env._("Outgoing mail server: set up")
                if servers
                else self.env._("Outgoing mail server: none"),
                self.env._("Whether a mail server is set up in Odoo's settings."),
                bool(servers),
                self.env._("Ask the administrator for a mail server"),
                "res_config_settings_action",
            ),
            Check(
                self.env._("The company is live")
                if company.relationship_state == "live"
                else self.env._("The company is in Preview: nothing is sent"),
                self.env._(
                    "In Preview interactions are planned, but reach no customer and no"
                    " queue."
                ),
                company.relationship_state == "live",
                self.env._("Go live"),
                "crm_going_live_action",
            ),
        ]

    def _get_late_jobs(self):
        jobs = [
            self.env.ref(f"crm_relationship.ir_cron_{name}", raise_if_not_found=False)
            for name in JOBS
        ]
        since = fields.Datetime.now() - relativedelta(hours=JOB_HOURS)
        return [
            job for job in jobs if not job or not job.active or job.nextcall < since
        ]

    def _check_people(self, company):
        staff = self._get_staff(company)
        alone = staff.filtered(lambda user: not user.deputy_id)
        return [
            *self._check_share(
                company,
                Domain("user_id", "!=", False),
                SERVED,
                lambda share: self.env._(
                    "%s%% of the customers have a dedicated salesperson", share
                ),
                self.env._("Assign salespeople"),
            ),
            Check(
                self.env._(
                    "Salespeople without a stand-in: %s", self._format(len(alone))
                ),
                self.env._(
                    "Those who serve customers, and in whose profile nobody stands in."
                ),
                bool(staff) and not alone,
                self.env._("Choose stand-ins"),
                "res_users_action_staff",
                [("id", "in", alone.ids)] if alone else None,
            ),
            *self._check_share(
                company,
                Domain("care_reason", "!=", "over_capacity"),
                CARED,
                lambda share: self.env._(
                    "Somebody has time for %s%% of the customers", share
                ),
                self.env._("See what people can do"),
                action="crm_feasibility_action",
            ),
        ]

    def _get_staff(self, company):
        """Return who serves customers of the company."""
        groups = self.env["crm.relationship"]._read_group(
            [("company_id", "=", company.id), ("user_id", "!=", False)], ["user_id"]
        )
        return self.env["res.users"].union(*(user for [user] in groups))

    def _check_process(self, company):
        late = self.env["crm.interaction"].search_count(
            [("company_id", "=", company.id), ("is_answer_late", "=", True)]
        )
        return [
            Check(
                self.env._(
                    "Complaints are answered within %s working hours",
                    company.relationship_answer_hours,
                )
                if company.relationship_answer_hours
                else self.env._("Nobody says how soon complaints are answered"),
                self.env._("Hours in the settings of the company."),
                bool(company.relationship_answer_hours),
                self.env._("Say how soon"),
                "res_config_settings_action",
            ),
            Check(
                self.env._(
                    "Complaints that nobody has answered in time: %s",
                    self._format(late),
                ),
                self.env._(
                    "Complaints that wait for an answer although the time for it is"
                    " over."
                ),
                not late,
                self.env._("Answer complaints"),
                "crm_interaction_action_complaints",
            ),
            *self._check_share(
                company,
                Domain("care_state", "!=", "fault"),
                CARED,
                lambda share: self.env._(
                    "%s%% of the customers are not at fault", share
                ),
                self.env._("See who is not, and why"),
                action="crm_care_report_action",
            ),
        ]

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    def _format(self, number):
        return format_number(self.env, number, 0)

    def _find(self, model, company):
        return self.env[model].search([("company_id", "in", (False, company.id))])

    def _check_share(self, company, has, enough, text, step, among=None, action=None):
        """Return the check of a share of the customers; none if there are none.

        :param Domain has: relationships that have what is asked for
        :param float enough: share from which it is in place
        :param text: returns the sentence for a share in percent
        :param Domain among: only these customers are asked about
        :param str action: what is opened instead of the customers who lack it
        """
        customers = Domain("company_id", "=", company.id) & (among or Domain.TRUE)
        relationships = self.env["crm.relationship"]
        total = relationships.search_count(customers)
        if not total:
            return []
        count = relationships.search_count(customers & has)
        return [
            Check(
                # rounded down: what is not enough does not look as if it were
                text(self._format(100 * count // total)),
                self.env._(
                    "Customers: %(count)s of %(total)s. In place from %(enough)s%%.",
                    count=self._format(count),
                    total=self._format(total),
                    enough=self._format(100 * enough),
                ),
                count / total >= enough,
                step,
                action or "crm_relationship_action",
                None if action else list(customers & ~has),
            )
        ]
