from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.bounds import MAX_COUNT, Bounds, day_bounds

# What may be changed in a step without asking anybody: customers do not notice it.
HARMLESS = {"name"}


class CrmProgramVersionMixin(models.AbstractModel):
    """What a person's change of a step means for those who follow it.

    A part of ``crm.program.step``, and of nothing else.
    """

    _name = "crm.program.version.mixin"
    _description = "Versions of a Program Step"

    version = fields.Integer(
        default=0,
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="0 is a step of today; others are kept for the customers who began with"
        " them.",
    )
    root_id = fields.Many2one(
        comodel_name="crm.program.step",
        string="Kept Of",
        index="btree_not_null",
        readonly=True,
        copy=False,
        ondelete="set null",
        groups="base.group_user",
        help="The step of today that this one was.",
    )
    date_since = fields.Date(
        string="In Use Since",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )

    _version_in_bounds = Bounds("version", 0, MAX_COUNT)
    _date_since_in_bounds = day_bounds("date_since")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            ids = {vals.get("program_id") for vals in vals_list}
            programs = self.env["crm.program"].browse(filter(None, ids))
            programs._before_edit()
            own = dict.fromkeys(("root_id", "date_since"), False)
            vals_list = [{**vals, **own, "version": 0} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            vals = self._check_of_today(vals)
            if vals.keys() - HARMLESS:
                self.program_id._before_edit()
                programs = self.env["crm.program"].browse(vals.get("program_id") or ())
                programs._before_edit()
        return super().write(vals)

    def _update_field_translations(
        self, field_name, translations, digest=None, source_lang=""
    ):
        """A translated text is changed past ``write``."""
        if not self.env.su and field_name not in HARMLESS:
            self._check_of_today({})
            self.program_id._before_edit()
        return super()._update_field_translations(
            field_name, translations, digest=digest, source_lang=source_lang
        )

    def _before_deletion(self):
        if not self.env.su:
            self._check_of_today({})
            self.program_id._before_edit()

    def _check_of_today(self, vals):
        """Refuse to change what is kept for customers; return what may be written."""
        if any(self.mapped("version")):
            raise UserError(
                self.env._(
                    "This step is kept for the customers who began with it. Change the"
                    " step of today, and move them."
                )
            )
        own = {"version", "root_id", "date_since"}
        return {name: value for name, value in vals.items() if name not in own}

    def _get_contemporaries(self):
        """Return the steps of the same version of the program, in their order."""
        self.ensure_one()
        if not self.version:
            return self.program_id._get_steps_in_order()
        return self.search(
            [("program_id", "=", self.program_id.id), ("version", "=", self.version)],
            order="sequence, root_id, id",
        )
