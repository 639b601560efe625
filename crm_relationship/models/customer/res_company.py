from odoo import fields, models

from ..base.jobs import start_job
from .salesperson import APART, LEADERS, StepKeeper

# Customers who are brought in step within the request; more are a matter of the job.
AT_ONCE = 200


class ResCompany(models.Model):
    _inherit = "res.company"

    customer_properties_definition = fields.PropertiesDefinition(
        string="Customer Properties",
        groups="base.group_user",
    )
    relationship_salesperson = fields.Selection(
        selection=LEADERS,
        string="Salesperson on the Contact",
        default="contact",
        readonly=True,
        groups="base.group_user",
        help="Whether the contact's salesperson, as Odoo keeps it, and the dedicated"
        " salesperson are one and the same person, and who it is where they differ.",
    )
    relationship_salesperson_pending = fields.Boolean(
        string="Salespeople Are Being Brought in Step",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Somebody has decided it, and the job has not been through all customers.",
    )

    def _keeps_in_step(self):
        """Tell whether the contact's salesperson is the dedicated one.

        ``sudo``: whoever changes a contact need not read the settings.
        """
        return self.sudo().relationship_salesperson not in (APART, False)

    def _keep_salespeople(self, leader):
        """Let one person be both salespeople from now on, or keep them apart.

        :param str leader: of ``LEADERS``
        """
        self.ensure_one()
        pending = leader != APART
        self.write(
            {
                "relationship_salesperson": leader,
                "relationship_salesperson_pending": pending,
            }
        )
        if not pending:
            return
        if StepKeeper(self).carry_out(AT_ONCE) < AT_ONCE:
            self.relationship_salesperson_pending = False
        else:
            start_job(self.env, "step")
