from datetime import timedelta

from odoo import api, models

# With so many customers, the button leaves the work to the scheduled jobs.
REFRESH_AT_ONCE = 50_000


class CrmRelationship(models.Model):
    """What the buttons of the views do."""

    _inherit = "crm.relationship"

    def action_view_interactions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "crm_relationship.crm_interaction_action"
        )
        action["domain"] = [("relationship_id", "=", self.id)]
        action["context"] = {"default_relationship_id": self.id}
        return action

    def action_plan_contact(self):
        """Open a form to put one more contact into the plan of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan a Contact"),
            "res_model": "crm.interaction",
            "view_mode": "form",
            "views": [
                (
                    self.env.ref("crm_relationship.crm_interaction_view_form_plan").id,
                    "form",
                )
            ],
            "target": "new",
            "context": {
                "default_relationship_id": self.id,
                "default_partner_id": self.partner_id.id,
                "default_user_id": self.user_id.id or self.env.uid,
                "default_date_due": self.company_id._relationship_today()
                + timedelta(days=1),
            },
        }

    def action_refresh(self):
        """Bring segments and planned contacts up to date now; for the manager's button.

        All customers, whatever records are selected.

        Putting contacts into the queues can take long, so the scheduled job does it,
        started at once; for a large base, so do the others.
        """
        self.check_access("write")
        relationships = self.sudo()
        companies = self.env.companies
        if relationships.search_count([], limit=REFRESH_AT_ONCE) == REFRESH_AT_ONCE:
            return self._refresh_in_background()
        moved = sum(
            relationships._refresh_portfolio(company)["moved"] for company in companies
        )
        planned = sum(
            self.env["crm.interaction"].sudo()._schedule(company)
            for company in companies
        )
        self.env.ref("crm_relationship.ir_cron_release").sudo()._trigger()
        return self._notify(
            self.env._("Portfolio up to date"),
            self.env._(
                "%(moved)s customers changed segment, %(planned)s contacts were"
                " planned. Contacts that are due reach the queues within a minute.",
                moved=moved,
                planned=planned,
            ),
        )

    @api.model
    def _refresh_in_background(self):
        for job in ("refresh", "schedule", "release"):
            self.env.ref(f"crm_relationship.ir_cron_{job}").sudo()._trigger()
        return self._notify(
            self.env._("Portfolio is being updated"),
            self.env._("This takes some minutes. You can go on working meanwhile."),
        )

    @api.model
    def _notify(self, title, message):
        """Return the client action that shows a message and reloads the view."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": title,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
