from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.asked import check_one, check_seen
from ..base.bounds import FIRST_DAY, LAST_DAY, day_bounds
from ..base.told import tell, tell_days


class CrmStaffCover(models.Model):
    """Somebody takes over from somebody else for some days, as a manager says.

    Whatever is due on these days goes to the stand-in, whether the other person is
    absent or not. What is still open afterwards comes back.
    """

    _name = "crm.staff.cover"
    _inherit = ["crm.by.hand.mixin", "crm.record.mixin"]
    _description = "Taking Over for a Period"
    _order = "day_from desc, id desc"
    _rec_name = "user_id"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="From Salesperson",
        required=True,
        index=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        ondelete="cascade",
        help="Whose interactions these are.",
    )
    stand_in_id = fields.Many2one(
        comodel_name="res.users",
        string="Stand-in",
        required=True,
        index=True,
        domain="[('share', '=', False), ('company_ids', 'in', company_id),"
        " ('id', '!=', user_id)]",
        ondelete="cascade",
        help="Who does what is due on these days.",
    )
    day_from = fields.Date(
        string="First Day",
        required=True,
        default=fields.Date.context_today,
    )
    day_to = fields.Date(
        string="Last Day",
        required=True,
        default=fields.Date.context_today,
    )
    reason = fields.Char(help="Told to both, for example: on vacation.")
    state = fields.Selection(
        selection=[
            ("coming", "To come"),
            ("running", "Running"),
            ("over", "Over"),
        ],
        compute="_compute_state",
        search="_search_state",
    )
    interaction_count = fields.Integer(
        string="Interactions",
        compute="_compute_preview",
        help="Planned so far for these days, overdue ones included.",
    )
    minutes_own = fields.Integer(
        string="Own Minutes a Day",
        compute="_compute_preview",
        help="What the stand-in has to do without them, on a working day of the"
        " period.",
    )
    minutes_added = fields.Integer(
        string="Minutes a Day from Taking Over",
        compute="_compute_preview",
        help="Time that the interactions of the absent person take within these days ÷"
        " working days.",
    )
    minutes_there = fields.Integer(
        string="Minutes There Are",
        compute="_compute_preview",
        help="For interactions on a working day of the stand-in, absences and meetings"
        " taken off.",
    )
    warning = fields.Char(
        compute="_compute_preview",
        help="What stands in the way.",
    )

    _from_in_bounds = day_bounds("day_from")
    _to_in_bounds = day_bounds("day_to")
    _days_in_order = models.Constraint(
        "CHECK(day_from <= day_to)",
        "The last day lies before the first. Correct one of them.",
    )
    _not_oneself = models.Constraint(
        "CHECK(user_id <> stand_in_id)",
        "Nobody can take over from themselves. Choose somebody else.",
    )

    # ------------------------------------------------------------------
    # Computed fields
    # ------------------------------------------------------------------

    @api.depends("day_from", "day_to", "company_id")
    def _compute_state(self):
        for cover in self:
            today = (cover.company_id or self.env.company)._relationship_today()
            if not cover.day_from or cover.day_from > today:
                cover.state = "coming"
            else:
                over = cover.day_to and cover.day_to < today
                cover.state = "over" if over else "running"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._relationship_today()
        domains = {
            "coming": Domain("day_from", ">", today),
            "running": Domain("day_from", "<=", today) & Domain("day_to", ">=", today),
            "over": Domain("day_to", "<", today),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.depends("user_id", "stand_in_id", "day_from", "day_to", "company_id")
    def _compute_preview(self):
        """Tell before it is saved what the stand-in would have to do.

        ``sudo``: how much is planned for colleagues, for managers who decide.
        """
        for cover in self:
            days, there = cover._get_days()
            count, added = cover._sum_up(cover.user_id)
            _count, own = cover._sum_up(cover.stand_in_id)
            cover.interaction_count = count
            cover.minutes_added = round(added / max(days, 1))
            cover.minutes_own = round(own / max(days, 1))
            cover.minutes_there = round(there / max(days, 1))
            cover.warning = cover._get_warning(days, own + added, there)

    def _get_days(self):
        """Return the working days of the stand-in, and the minutes on all of them."""
        if not (self.stand_in_id and self.day_from and self.day_to):
            return 0, 0
        first, last = self._get_period()
        user, company = self.stand_in_id._origin, self.company_id._origin
        work = user._get_workdays(company, fields.Datetime.now()).get(user)
        if not work:
            return 0, 0
        day = max(first, company._relationship_today())
        last = min(last, day + timedelta(days=366))
        minutes = []
        while day <= last:
            if not work.is_off(day):
                minutes.append(work.get_minutes(day))
            day += timedelta(days=1)
        return len(minutes), sum(minutes)

    def _get_period(self):
        """Return both days; a form may hold any year until it is saved."""
        days = (self.day_from, self.day_to)
        return tuple(min(max(day, FIRST_DAY), LAST_DAY) for day in days)

    def _sum_up(self, user):
        """Return how many interactions of somebody fall into the period, in minutes."""
        if not (user and self.day_from and self.day_to):
            return 0, 0
        company = self.company_id
        first, last = self._get_period()
        # sudo: how much it is, for whoever decides who does it
        ledger = self.env["crm.interaction"].sudo()
        start, end = (
            company._relationship_time(day, hour=0)
            for day in (first, last + timedelta(days=1))
        )
        domain = Domain("user_id", "=", user._origin.id)
        domain &= Domain("company_id", "=", company._origin.id)
        domain &= Domain("state", "in", ("scheduled", "open"))
        domain &= Domain("date_planned", "<", end)
        if start > fields.Datetime.now():
            domain &= Domain("date_planned", ">=", start)
        usual = self.env["crm.touchpoint"]._get_in_use()[:1].duration
        count = minutes = 0
        for touchpoint, number in ledger._read_group(
            domain, ["touchpoint_id"], ["__count"]
        ):
            count += number
            minutes += number * (touchpoint.duration if touchpoint else usual)
        return count, minutes

    def _get_warning(self, days, wanted, there):
        if not self.stand_in_id:
            return False
        if not days:
            return self.env._(
                "%(name)s works on none of these days. What is due waits, or goes on"
                " to the stand-in of %(name)s.",
                name=self.stand_in_id.name,
            )
        if wanted > there:
            return self.env._(
                "That is more than %(name)s has time for. What does not fit goes to"
                " the days after, most valuable customers first.",
                name=self.stand_in_id.name,
            )
        return False

    # ------------------------------------------------------------------
    # Constrains
    # ------------------------------------------------------------------

    @api.constrains("user_id", "stand_in_id", "company_id")
    def _check_people(self):
        for cover in self:
            people = cover.user_id | cover.stand_in_id
            for user in people - people._filter_staff_of(cover.company_id):
                check_seen(cover.company_id)
                raise ValidationError(
                    self.env._(
                        "%(staff)s does not work in %(company)s and cannot serve its"
                        " customers. Choose somebody who does.",
                        staff=user.name,
                        company=cover.company_id.name,
                    )
                )

    @api.constrains("user_id", "company_id", "day_from", "day_to")
    def _check_no_other(self):
        """Refuse two stand-ins for the same days."""
        for cover in self:
            other = self.search(
                [
                    ("id", "!=", cover.id),
                    ("user_id", "=", cover.user_id.id),
                    ("company_id", "=", cover.company_id.id),
                    ("day_from", "<=", cover.day_to),
                    ("day_to", ">=", cover.day_from),
                ],
                limit=1,
            )
            if other:
                check_seen(cover.company_id)
                raise ValidationError(
                    self.env._(
                        "%(stand_in)s takes over from %(name)s already on some of"
                        " these days. End that first, or choose other days.",
                        stand_in=other.stand_in_id.name,
                        name=cover.user_id.name,
                    )
                )

    # ------------------------------------------------------------------
    # By hand
    # ------------------------------------------------------------------

    @api.model
    def _get_fields_by_hand(self):
        own = {"company_id", "user_id", "stand_in_id", "day_from", "day_to", "reason"}
        return super()._get_fields_by_hand() | own

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        if self._is_by_hand():
            allowed = self._get_fields_by_hand()
            vals_list = [self._begin_by_hand(vals, allowed) for vals in vals_list]
        self._take_turns(vals.get("user_id") for vals in vals_list)
        covers = super().create(vals_list)
        covers._follow(covers.user_id)
        return covers

    def write(self, vals):
        self.check_access("write")
        if self._is_by_hand():
            self._check_by_hand(vals, self._get_fields_by_hand())
        before = self.user_id
        self._take_turns([*before.ids, vals.get("user_id")])
        result = super().write(vals)
        self._follow(before | self.user_id)
        return result

    def unlink(self):
        users = self.user_id
        result = super().unlink()
        self._follow(users)
        return result

    @api.model
    def _take_turns(self, user_ids):
        """Let others wait who decide on the same people; the later one begins anew.

        An update, because a mere lock would let the later one go on with what it saw
        before. SQL because nothing about the user changes.
        """
        ids = sorted({id_ for id_ in user_ids if type(id_) is int})
        if ids:
            self.env.cr.execute(
                SQL(
                    "UPDATE res_users SET deputy_id = deputy_id WHERE id = ANY(%s)", ids
                )
            )

    @api.model
    def _follow(self, users):
        # sudo: what is planned for colleagues moves with a manager's decision
        self.env["crm.interaction"].sudo()._follow_absences(users.sudo())

    @api.model
    def _find_current(self, companies):
        """Return those that concern what is in queues now, the newest first."""
        today = fields.Date.today()
        return self.search(
            [
                ("company_id", "in", companies.ids),
                ("day_to", ">=", today - timedelta(days=1)),
            ],
            order="id desc",
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_tell(self):
        """Close the dialog, and tell what it has entered: the list does not show it."""
        check_one(self)
        self.check_access("read")
        return tell(
            self.env._(
                "%(stand_in)s takes over from %(name)s: %(days)s.",
                stand_in=self.stand_in_id.name,
                name=self.user_id.name,
                days=tell_days(self.env, self.day_from, self.day_to),
            ),
            {"type": "ir.actions.act_window_close"},
        )

    def action_end(self):
        """End it today; what is still open goes back at once.

        One that has not begun is taken away.
        """
        check_one(self)
        self.check_access("write")
        if self.state == "over":
            raise UserError(self.env._("This is over already."))
        yesterday = self.company_id._relationship_today() - timedelta(days=1)
        if self.day_from > yesterday:
            self.unlink()
        else:
            self.day_to = yesterday
        return {
            "type": "ir.actions.client",
            "tag": "soft_reload",
        }
