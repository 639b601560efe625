from odoo import models


class MailActivity(models.Model):
    """The activity is the salesperson's queue, the interaction is the memory.

    What happens to one happens to the other. The methods use ``sudo``: whoever may
    complete, move or cancel an activity may do the same to the interaction behind it.
    """

    _inherit = "mail.activity"

    def _get_interactions(self):
        """Return the open interactions of these activities, as superuser."""
        on_contacts = self.filtered(
            lambda activity: activity.res_model == "res.partner"
        )
        Interaction = self.env["crm.interaction"].sudo()
        if not on_contacts:
            return Interaction
        return Interaction.search(
            [("activity_id", "in", on_contacts.ids), ("state", "=", "open")]
        )

    def write(self, vals):
        result = super().write(vals)
        if {"date_deadline", "user_id"} & vals.keys():
            self._get_interactions()._pull_from_activity()
        return result

    def unlink(self):
        interactions = self._get_interactions()
        result = super().unlink()
        interactions.write({"state": "cancelled", "reason_code": "by_hand"})
        return result

    def _action_done(self, feedback=False, attachment_ids=None):
        """Close the interaction; the feedback serves as the reason for going ahead."""
        interactions = self._get_interactions()
        interactions._check_gate(feedback)
        result = super()._action_done(feedback=feedback, attachment_ids=attachment_ids)
        if interactions:
            interactions.write(
                {
                    "state": "done",
                    "outcome": "reached",
                    "reason_code": False,
                    **({"feedback": feedback} if feedback else {}),
                }
            )
        return result
