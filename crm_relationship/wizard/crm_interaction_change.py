from datetime import datetime, time, timedelta

from pytz import timezone, utc

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.base.asked import check_one
from ..models.base.bounds import FIRST_DAY, LAST_DAY, MAX_PERIOD, Bounds
from ..models.base.figures import format_count
from ..models.ledger.crm_interaction import CANCEL_REASONS
from ..models.people.undo import MOST, Watch


class CrmInteractionChange(models.TransientModel):
    """What is done to many planned interactions at once: pass on, move, cancel.

    With the rights of whoever does it, as if each were opened.
    """

    _name = "crm.interaction.change"
    _inherit = ["crm.record.mixin"]
    _description = "Change Planned Interactions"

    operation = fields.Selection(
        selection=[
            ("pass_on", "Pass On"),
            ("move", "Move"),
            ("cancel", "Cancel"),
        ],
        required=True,
        default="pass_on",
    )
    interaction_ids = fields.Many2many(
        comodel_name="crm.interaction",
        string="Interactions",
        required=True,
        default=lambda self: self._default_interaction_ids(),
    )
    pending_count = fields.Integer(
        string="Interactions Planned",
        compute="_compute_counts",
        help="Chosen interactions that are planned or in a queue: these are changed.",
    )
    closed_count = fields.Integer(
        string="Left Out",
        compute="_compute_counts",
        help="They are closed already and stay as they are.",
    )
    is_final = fields.Boolean(
        compute="_compute_counts",
        help="They are too many to be undone.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="To",
        domain="[('share', '=', False)]",
        ondelete="cascade",
        help="Who carries them out. The customers keep their dedicated salesperson.",
    )
    move_by = fields.Selection(
        selection=[("days", "Some days later"), ("day", "To one day")],
        string="How",
        required=True,
        default="days",
    )
    days = fields.Integer(
        default=7,
        help="What is overdue is moved that many days from now.",
    )
    day = fields.Date(string="New Day")
    warning = fields.Char(
        compute="_compute_warning",
        help="Who has no time for them on the new day.",
    )
    cancel_reason = fields.Selection(
        selection=CANCEL_REASONS,
        string="Why",
        help="Counted in the analysis of interactions.",
    )

    _days_in_bounds = Bounds("days", 1, MAX_PERIOD)

    def _default_interaction_ids(self):
        if self.env.context.get("active_model") != "crm.interaction":
            return False
        return (
            self.env["crm.interaction"].browse(self.env.context["active_ids"]).exists()
        )

    @api.depends("interaction_ids")
    def _compute_counts(self):
        for dialog in self:
            chosen = dialog.interaction_ids._origin
            dialog.pending_count = len(chosen._filter_pending())
            dialog.closed_count = len(chosen) - dialog.pending_count
            dialog.is_final = dialog.pending_count > MOST

    @api.depends("operation", "move_by", "day", "interaction_ids")
    def _compute_warning(self):
        for dialog in self:
            is_one_day = dialog.operation == "move" and dialog.move_by == "day"
            dialog.warning = is_one_day and dialog.day and dialog._get_warning()

    def _get_warning(self):
        """Return who has less time on the new day than these take, in words.

        ``sudo``: how much time somebody has, for whoever fills the day.
        """
        day = min(max(self.day, FIRST_DAY), LAST_DAY)
        now, usual = fields.Datetime.now(), self.env["crm.touchpoint"]._get_in_use()[:1]
        pending = self.interaction_ids._origin._filter_pending().sudo()
        sentences = []
        for (user, company), own in (
            pending.filtered("user_id")
            .grouped(lambda i: (i.user_id, i.company_id))
            .items()
        ):
            work = user._get_workdays(company, now).get(user)
            there = work.get_minutes(day) if work else 0
            wanted = sum((i.touchpoint_id or usual).duration for i in own)
            if wanted > there:
                sentences.append(
                    self.env._(
                        "Minutes that %(name)s has on this day: %(there)s. These take"
                        " %(wanted)s, and stay on it, because it is chosen for them.",
                        name=user.name,
                        there=there,
                        wanted=wanted,
                    )
                )
        return " ".join(sentences)

    def action_apply(self):
        """Change those that are still planned, and say how many they were.

        :raises UserError: when nothing is planned, or something is not filled in
        """
        check_one(self)
        self.check_access("write")
        pending = self.interaction_ids._filter_pending()
        pending.check_access("write")
        if not pending:
            raise UserError(
                self.env._(
                    "None of these interactions is planned any more. Reload the page"
                    " to see what became of them."
                )
            )
        watch = Watch(pending)
        getattr(self, f"_{self.operation}")(pending)
        return watch.offer(
            {"type": "ir.actions.act_window_close"}, self._tell(len(pending))
        )

    def _pass_on(self, pending):
        if not self.user_id:
            raise UserError(self.env._("Choose who takes on the interactions."))
        if all(i.user_id == self.user_id for i in pending):
            raise UserError(
                self.env._(
                    "%(staff)s carries them out already. Choose somebody else.",
                    staff=self.user_id.name,
                )
            )
        pending.write({"user_id": self.user_id.id})

    def _move(self, pending):
        if self.move_by == "day" and not self.day:
            raise UserError(self.env._("Choose the new day."))
        today = self.env.company._relationship_today()
        if self.move_by == "day" and self.day < today:
            raise UserError(
                self.env._("The new day is in the past. Choose today or a later day.")
            )
        for moment, interactions in pending.grouped(self._get_moment).items():
            interactions.write({"date_planned": moment})

    def _get_moment(self, interaction):
        """Return the new moment of an interaction: the time of day stays."""
        if self.move_by == "days":
            since = max(interaction.date_planned, fields.Datetime.now())
            return since + timedelta(days=self.days)
        tz = timezone(interaction.company_id._relationship_tz())
        at = utc.localize(interaction.date_planned).astimezone(tz).time()
        local = datetime.combine(self.day, time(at.hour, at.minute))
        return tz.localize(local).astimezone(utc).replace(tzinfo=None)

    def _cancel(self, pending):
        if not self.cancel_reason:
            raise UserError(self.env._("Choose why the interactions are cancelled."))
        pending._cancel(self.cancel_reason)

    def _tell(self, count):
        shown = format_count(self.env, count)
        told = {
            "pass_on": self.env._("Interactions passed on: %(count)s", count=shown),
            "move": self.env._("Interactions moved: %(count)s", count=shown),
            "cancel": self.env._("Interactions cancelled: %(count)s", count=shown),
        }
        return told[self.operation]
