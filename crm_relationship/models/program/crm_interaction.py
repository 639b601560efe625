from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.apart import run_each_apart
from ..base.bounds import moment_bounds
from ..ledger.live import PREVIEW
from . import branches, content, pace, sense
from .covering import COVERED
from .crm_program_enrollment import STOP_REASONS
from .crm_program_trigger import LATE_DAYS
from .ending import end_runs
from .priority import get_priority
from .triggers import DATED


class CrmInteraction(models.Model):
    """Interactions that are steps of a program."""

    _inherit = "crm.interaction"

    reason_code = fields.Selection(
        selection_add=[
            ("program_archived", "Program archived"),
            *STOP_REASONS,
            ("expired", "Too late: it makes no sense any more"),
            ("left_target", "The customer is no longer one of those it is meant for"),
            ("condition_unmet", "The condition of the step is not met"),
            (COVERED, "The same step comes for a later order"),
        ],
    )
    program_step_id = fields.Many2one(
        comodel_name="crm.program.step",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    enrollment_id = fields.Many2one(
        comodel_name="crm.program.enrollment",
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    program_id = fields.Many2one(related="enrollment_id.program_id")
    date_wanted = fields.Datetime(
        string="Not Before",
        readonly=True,
        copy=False,
        help="Moment of a step that is to come some hours after another one.",
    )
    covered_by_id = fields.Many2one(
        comodel_name="crm.interaction",
        string="Comes With",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        help="The same step of the program for a later order of the same person, a few"
        " days later: it is about both orders.",
    )
    covered_ids = fields.One2many(
        comodel_name="crm.interaction",
        inverse_name="covered_by_id",
        string="Comes Along",
    )
    about = fields.Char(
        compute="_compute_about",
        help="The sales orders that the interaction is about, with what the customer"
        " has kept of them.",
    )

    _wanted_in_bounds = moment_bounds("date_wanted")
    _step_unique = models.UniqueIndex(
        "(enrollment_id, program_step_id) WHERE state IN ('scheduled', 'open', 'done')"
        " AND enrollment_id IS NOT NULL AND program_step_id IS NOT NULL",
        "This step of the program is planned for the customer already.",
    )

    @api.depends("enrollment_id", "partner_id")
    def _compute_about(self):
        # sudo: whoever contacts the customer is told what about
        steps = self.sudo().filtered("enrollment_id").with_env(self.env)
        (self - steps).about = False
        for interaction in steps:
            orders = interaction._get_told_orders()
            interaction.about = "; ".join(
                order._describe_kept(interaction.partner_id.lang) for order in orders
            )

    @api.depends("program_step_id.note", "enrollment_id")
    def _compute_note(self):
        result = super()._compute_note()
        for interaction in self.filtered("program_step_id"):
            interaction.note = content.fill(
                interaction.note, interaction._get_placeholder_values
            )
        # most are no steps of a program, and about nothing
        for interaction in self.filtered("enrollment_id").filtered("about"):
            about = Markup("<p>%s</p>") % self.env._("About: %s", interaction.about)
            interaction.note = (interaction.note or Markup()) + about
        return result

    def _get_spoken_text(self):
        """Return the text of the step in the customer's language, filled in."""
        # sudo: as for a plan line
        step = self.sudo().program_step_id
        text = step.with_context(lang=self.partner_id.lang or self.env.lang).talk_text
        if not text:
            return super()._get_spoken_text()
        return content.fill(text, self._get_placeholder_values)

    def _get_placeholder_values(self, names):
        """Return what the placeholders of the step stand for.

        The product is that of the orders which the program follows up, or what the
        customer bought last, where it began without one.

        ``sudo``: whoever contacts the customer is told what about.

        :param names: the placeholders that are asked for
        """
        interaction = self.sudo()
        orders = interaction._get_told_orders()
        if "product" in names and not interaction.enrollment_id.sale_order_id:
            orders = orders or interaction.relationship_id._get_last_order()
        return content.get_values(
            interaction.partner_id,
            interaction.user_id or interaction.relationship_id._get_staff(),
            interaction._get_touch().benefit_id.filtered("active"),
            orders,
        )

    def _get_told_orders(self):
        """Return the orders that the interaction is about, as superuser.

        ``sudo``: whoever contacts the customer is told what about.
        """
        interaction = self.sudo()
        orders = interaction.enrollment_id._get_followed_orders()
        covered = interaction.covered_ids.filtered(lambda i: i.reason_code == COVERED)
        orders |= covered.enrollment_id._get_followed_orders().filtered(
            # a run may be over before its order is cancelled, or given back
            lambda order: order.state != "cancel" and order._get_kept_lines()
        )
        return orders.sorted("id")

    @api.depends("program_step_id.benefit_id")
    def _compute_benefit_id(self):
        return super()._compute_benefit_id()

    def _get_touch(self):
        # sudo: as for a plan line
        return super()._get_touch() or self.sudo().program_step_id

    @api.model
    def _get_occasion_domain(self):
        own = Domain("enrollment_id.program_id.trigger", "in", ("occasion", "date"))
        return super()._get_occasion_domain() | own

    def _may_sell_first(self):
        # sudo: the gate's answer does not depend on who asks
        program = self.sudo().enrollment_id.program_id
        return program.skip_relationship_first or super()._may_sell_first()

    def _get_priority(self):
        return get_priority(self) if self.enrollment_id else super()._get_priority()

    def _refresh_guidance(self):
        """Let what is in a queue already say what the customer has kept.

        ``sudo``: the activity may be in anybody's queue.
        """
        self.invalidate_recordset(["about", "note"])
        for interaction in self.sudo().filtered(lambda i: i.activity_id.active):
            interaction.activity_id.note = interaction.note

    def _read_earlier(self):
        """Steps of a program follow one another.

        SQL because only days are compared, of many interactions at once.
        """
        steps = self.filtered("enrollment_id")
        if not steps:
            return super()._read_earlier()
        self.flush_model()
        earlier = {**super()._read_earlier()}
        for id_, before_id, planned, distance in self.env.execute_query(
            SQL(
                """
                SELECT i.id, earlier.id, earlier.date_planned,
                       CASE WHEN program.trigger = ANY(%s) THEN 0
                            ELSE i.date_due - earlier.date_due END
                  FROM crm_interaction i
                  JOIN crm_program_enrollment e ON e.id = i.enrollment_id
                  JOIN crm_program program ON program.id = e.program_id
                  JOIN crm_interaction earlier
                    ON earlier.enrollment_id = i.enrollment_id
                   AND earlier.state IN ('scheduled', 'open')
             LEFT JOIN crm_program_step step ON step.id = i.program_step_id
             LEFT JOIN crm_program_step before ON before.id = earlier.program_step_id
                 WHERE i.id = ANY(%s)
                   AND (earlier.date_due, COALESCE(before.place, 0), earlier.id)
                       < (i.date_due, COALESCE(step.place, 0), i.id)
              ORDER BY i.id, earlier.date_due, earlier.id
                """,
                DATED,
                steps.ids,
            )
        ):
            earlier.setdefault(id_, []).append((before_id, planned, distance))
        return earlier

    def _get_wanted_moment(self):
        """A step that comes hours after another does not come in the morning before."""
        wanted = super()._get_wanted_moment()
        return max(wanted, self.date_wanted) if self.date_wanted else wanted

    def _before_sending(self):
        super()._before_sending()
        self.partner_id.invalidate_recordset(["follow_up_orders"])

    def _follow_closing(self):
        super()._follow_closing()
        # sudo: an enrollment and its steps are written by the system alone
        enrollments = self.enrollment_id.sudo()
        pace.keep(self.sudo().filtered("enrollment_id"))
        blocked = enrollments.interaction_ids.filtered(
            lambda i: i.state == "scheduled" and i.reason_code == "step_first"
        )
        blocked._plan_as_wanted()
        enrollments._complete_when_done()
        ending = self.filtered(
            lambda i: i.outcome == "complaint"
            or (i.state == "done" and i.enrollment_id.sudo().program_id.end_on_answer)
        )
        if ending:
            end_runs(self.env, SQL("r.id = ANY(%s)", ending.relationship_id.ids))
        # sudo: what starts a program does not depend on who solved the complaint
        programs = self.env["crm.program"].sudo()
        for company in self.filtered("date_solved").company_id:
            programs._enroll_by("complaint", company)

    def _follow_reopening(self):
        super()._follow_reopening()
        # sudo: as in ``_follow_closing``
        ended = self.enrollment_id.sudo()
        ended.filtered(lambda e: e.state == "completed").state = "running"

    def _get_moot_reason(self):
        # sudo: whether an order stands does not depend on who asks
        enrollment = self.sudo().enrollment_id
        if enrollment.state == "stopped":
            return enrollment.stop_reason
        if enrollment.sale_order_id.state == "cancel":
            return "order_cancelled"
        if enrollment and not enrollment.program_id.active:
            return "program_archived"
        for reason, found in sense.find_senseless(self._filter_steps()).items():
            if found:
                return reason
        return super()._get_moot_reason()

    def _has_passed_since(self, ended):
        """Tell whether a step came while its run was ended, or is too late for long.

        :param datetime ended: when the run was ended, for a while
        """
        self.ensure_one()
        now = fields.Datetime.now()
        if self.date_wanted and ended <= self.date_wanted < now:
            return True
        today = self.company_id._relationship_today()
        is_late = pace.get_local_day(self, self.date_planned) < today
        since = pace.get_local_day(self, ended)
        return is_late and since < today - timedelta(days=LATE_DAYS)

    def _filter_steps(self):
        """Return those that are steps of an enrollment, as superuser.

        ``sudo``: what becomes of a step does not depend on who asks.
        """
        return self.sudo().filtered("enrollment_id").filtered("program_step_id")

    @api.model
    def _close_senseless(self):
        super()._close_senseless()
        expired = sense.find_expired(env=self.env)
        left = sense.find_left(env=self.env) - expired
        for reason, found in ((sense.EXPIRED, expired), (sense.LEFT, left)):
            run_each_apart(
                found,
                lambda those, reason=reason: sense.close({reason: those}),
                "%s could not be closed",
            )

    def _drop_senseless(self):
        kept = super()._drop_senseless()
        steps = kept._filter_steps()
        senseless = sense.find_senseless(steps)
        sense.close(senseless)
        closed = steps.browse().union(*senseless.values())
        answers = branches.Answers(branches.filter_conditional(steps - closed))
        answers.apply()
        dropped = set((closed | answers.unmet | answers.get_waiting()).ids)
        return kept.filtered(lambda i: i.id not in dropped)

    @api.model
    def _drop_passed(self, today, waiting):
        """Nobody is thanked weeks after the purchase; SQL because it may be months of
        orders. Steps whose day is still to come take place.
        """
        super()._drop_passed(today, waiting)
        enrollments = self.env.execute_query(
            SQL(
                """
                UPDATE crm_interaction i
                   SET state = 'cancelled', reason_code = %s, write_date = %s
                 WHERE %s AND i.enrollment_id IS NOT NULL AND i.date_due < %s
             RETURNING i.enrollment_id
                """,
                PREVIEW,
                self.env.cr.now(),
                waiting,
                today,
            )
        )
        self.invalidate_model()
        self.env["crm.program.enrollment"].browse(
            {id_ for [id_] in enrollments}
        )._complete_when_done()

    @api.model
    def _before_scheduling(self, company):
        super()._before_scheduling(company)
        self.env["crm.holdout"]._follow_calendar(company)
        end_runs(self.env, SQL("r.company_id = %s", company.id))
        self.env["sale.order"]._catch_up_programs(company)
        self.env["crm.program"]._enroll_occasions(company)
