from odoo import api, fields, models

from ..base.asked import check_one
from . import gallery
from .approval import RUNNING
from .drawing import DRAWN, draw
from .picture import ProgramPicture


class CrmProgram(models.Model):
    """Ready-made programs, and how a program looks."""

    _inherit = "crm.program"

    is_ready_made = fields.Boolean(
        string="Ready-Made",
        readonly=True,
        copy=False,
        help="Stands in the gallery, to be used as it is or as a start.",
    )
    made_from_id = fields.Many2one(
        comodel_name="crm.program",
        index="btree_not_null",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The ready-made program that this one was made from.",
    )
    made_ids = fields.One2many(
        comodel_name="crm.program",
        inverse_name="made_from_id",
        context={"active_test": False},
        help="The programs that were made from this one.",
    )
    is_in_use = fields.Boolean(
        compute="_compute_is_in_use",
        help="Enrolls customers, itself or as a program that was made from it.",
    )
    drawing = fields.Json(
        compute="_compute_drawing",
        exportable=False,
        help="What the drawing of the program shows: start, steps and end.",
    )
    picture = fields.Html(
        compute="_compute_picture",
        sanitize=False,
        groups="base.group_user",
        help="How many entered in each of the last 26 weeks, and what became of them.",
    )

    @api.depends("active", "state", "made_ids.active", "made_ids.state")
    def _compute_is_in_use(self):
        for program in self:
            running = (program | program.made_ids).filtered("active")
            program.is_in_use = RUNNING in running.mapped("state")

    @api.depends(*DRAWN)
    @api.depends_context("lang", "uid", "company")
    def _compute_drawing(self):
        drawings = draw(self)
        for program in self:
            program.drawing = drawings[program]

    @api.depends_context("company", "lang", "uid")
    def _compute_picture(self):
        for program in self:
            known = program._origin
            program.picture = known and ProgramPicture(known).render()

    def action_use_ready_made(self):
        """Make a draft of a ready-made program, and open it."""
        check_one(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "crm.program",
            "res_id": gallery.use(self).id,
            "views": [(False, "form")],
        }
