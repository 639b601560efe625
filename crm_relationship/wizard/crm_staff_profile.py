from odoo import Command, api, fields, models

from ..models.base.asked import check_one
from ..models.base.bounds import Bounds
from ..models.base.told import tell
from ..models.people.res_company import MAX_DAY

PROFILE_FIELDS = ("contact_minutes_day", "deputy_id", "staff_tag_ids")


class CrmStaffProfile(models.TransientModel):
    """A salesperson's profile, for sales administrators, who may not edit users."""

    _name = "crm.staff.profile"
    _inherit = ["crm.record.mixin"]
    _description = "Profile of a Salesperson"

    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        required=True,
        domain="[('share', '=', False)]",
    )
    contact_minutes_day = fields.Integer(
        string="Minutes for Interactions",
        compute="_compute_profile",
        store=True,
        readonly=False,
        help="Minutes for interactions on a whole working day. At 0: as many"
        " as the settings of the company say.",
    )
    deputy_id = fields.Many2one(
        string="Stand-in",
        comodel_name="res.users",
        domain="[('share', '=', False), ('id', '!=', user_id)]",
        compute="_compute_profile",
        store=True,
        readonly=False,
        help="Who takes on interactions for which this person has no time.",
    )
    staff_tag_ids = fields.Many2many(
        comodel_name="crm.staff.tag",
        string="Attributes",
        compute="_compute_profile",
        store=True,
        readonly=False,
        help="What customers may require of their salesperson.",
    )

    _contact_minutes_in_bounds = Bounds("contact_minutes_day", 0, MAX_DAY)

    @api.depends("user_id")
    def _compute_profile(self):
        for profile in self:
            for name in PROFILE_FIELDS:
                profile[name] = profile.user_id[name]

    def action_save(self):
        """Write the profile.

        ``sudo``: users are Odoo's administrators' to edit; whoever keeps profiles may
        change these fields of colleagues, and no others.
        """
        check_one(self)
        self.user_id._check_keeper()
        self.user_id.sudo().write(
            {
                "contact_minutes_day": self.contact_minutes_day,
                "deputy_id": self.deputy_id.id,
                "staff_tag_ids": [Command.set(self.staff_tag_ids.ids)],
            }
        )
        return tell(
            self.env._("The profile of %s is saved.", self.user_id.name),
            {"type": "ir.actions.client", "tag": "soft_reload"},
        )
