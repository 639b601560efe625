from odoo import models

from odoo.addons.crm_relationship.models.base.apart import log_failure, run_apart

# What a registration says of the invitation.
OUTCOMES = {"open": "accepted", "done": "attended", "cancel": "not_now"}


class EventRegistration(models.Model):
    _inherit = "event.registration"

    def write(self, vals):
        """Note in the ledger who came; the desk at the entrance goes on in any case."""
        result = super().write(vals)
        if vals.get("state") in OUTCOMES:
            # sudo: whoever is at the desk need not see who was invited, and why
            invited = (
                self.env["crm.interaction"]
                .sudo()
                .search([("registration_id", "in", self.ids), ("state", "=", "done")])
            )
            outcome = OUTCOMES[vals["state"]]
            error = run_apart(self.env, invited.write, {"outcome": outcome})
            if error:
                log_failure(error, "Who came is not noted on %s", invited.ids)
        return result
