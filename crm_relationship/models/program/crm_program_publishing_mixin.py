from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import is_html_empty

from ..base.asked import check_one
from . import faults, rehearsal
from .preview import Foresight, ProgramPreview


class CrmProgramPublishingMixin(models.AbstractModel):
    """What comes before a program reaches anybody: it is previewed, and approved.

    A part of ``crm.program``, and of nothing else.
    """

    _name = "crm.program.publishing.mixin"
    _description = "Publishing of a Program"

    # ------------------------------------------------------------------
    # Preview
    # ------------------------------------------------------------------

    def action_open_preview(self):
        """Open the page that says what the program would bring."""
        check_one(self)
        action = self.env["ir.actions.client"]._for_xml_id(
            "crm_relationship.crm_program_preview_action"
        )
        return {**action, "context": {"active_id": self.id}}

    def get_preview(self):
        """Return what the program would bring; nothing is written.

        :return: dict with ``name``, ``html`` and ``customer`` (id and name of the first
            one to look at, or False)
        """
        company = self._check_previewed()
        values, first = {"faults": faults.find(self)}, False
        if not self._get_filter("partner_domain").error:
            values = ProgramPreview(self, company).get_values()
            first = self._find_previewed(company)
        return {
            "name": self.display_name,
            "html": self.env["ir.qweb"]._render(
                "crm_relationship.program_preview", values
            ),
            "company_id": company.id,
            "customer": bool(first) and {"id": first.id, "name": first.display_name},
        }

    def get_customer_preview(self, relationship_id):
        """Return what the program would be for one customer; nothing is written.

        :return: HTML
        """
        company = self._check_previewed()
        customer = self.env["crm.relationship"].browse(relationship_id)
        check_one(customer)
        customer.check_access("read")
        if customer.company_id != company:
            raise UserError(
                self.env._("Choose a customer of %(company)s.", company=company.name)
            )
        steps = [
            {**row, **self._render_step(row["step_id"], customer)}
            for row in rehearsal.play(self, customer)
        ]
        return self.env["ir.qweb"]._render(
            "crm_relationship.program_preview_customer",
            {
                "steps": steps,
                "is_outside": not customer.filtered_domain(self._get_target_domain()),
            },
        )

    def _check_previewed(self):
        """Check that the user may see what the program would bring.

        :return: the ``res.company`` whose customers it is about
        """
        check_one(self)
        self.check_access("write")
        return self.company_id or self.env.company

    def _find_previewed(self, company):
        """Return a customer of the target to look at first, possibly none."""
        target = self._get_target_domain() & Domain("company_id", "=", company.id)
        return self.env["crm.relationship"].search(target, limit=1)

    def _render_step(self, step_id, customer):
        """Return what a step says to a customer, in the customer's language."""
        said = self.env["crm.program.preview"].new(
            {"step_id": step_id, "relationship_id": customer.id}
        )
        return {
            "name": said.step_id.name,
            "subject": said.subject,
            "body": said.body,
            "text": said.text,
            "talk_text": said.talk_text,
            "note": not is_html_empty(said.note) and said.note,
            "empty": said.empty,
        }

    @api.model
    def _foresee(self, company):
        """Return the ``Foresight`` of the program; the people know more."""
        return Foresight()
