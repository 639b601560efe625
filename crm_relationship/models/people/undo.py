"""What an action changes in the ledger, so that it can be undone for some seconds."""

from datetime import date, datetime

from odoo import fields
from odoo.fields import Domain

# Comparing the rows of more than these takes longer than the change itself.
MOST = 1_000


class Watch:
    """Notes the interactions of some customers before an action, and after it.

    What follows from closing one is many things in many rooms: the next one of the
    plan, a complaint's service, others that move. Comparing the rows finds them all.
    """

    def __init__(self, interactions, is_new=False):
        """Read how things are.

        :param bool is_new: whether the action begins with making these interactions
        """
        # sudo: what follows is undone with it, whoever may see it
        self._ledger = interactions.sudo()
        self._before = {}
        if len(interactions) > MOST:
            return
        self._before = self._read(interactions.ids)
        if is_new:
            for id_ in interactions.ids:
                self._before.pop(str(id_))

    def _read(self, ids):
        """Return ``{id: {field: value}}`` of these and of all that is pending."""
        return read(
            self._ledger.search(
                Domain("id", "in", ids)
                | Domain("relationship_id", "in", self._ledger.relationship_id.ids)
                & Domain("state", "in", ("scheduled", "open"))
            )
        )

    def offer(self, action, message):
        """Return the action that tells what was done and offers to undo it.

        :param dict action: what follows in any case
        :param str message: what was done, in words
        """
        if len(self._ledger) > MOST:
            return self._just_tell(action, message)
        undo = self._note()
        if not undo:
            return action
        return {
            "type": "ir.actions.client",
            "tag": "crm_relationship.undo",
            "params": {**self._tell(undo, message), "next": action},
        }

    def _just_tell(self, action, message):
        """Return the action that tells what was done, to too many to be undone."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": "success", "message": message, "next": action},
        }

    def announce(self, message):
        """Offer to undo it on the user's screen, where no action of ours is returned.

        :param str message: what was done, in words
        """
        undo = self._note()
        if undo:
            undo.env.user._bus_send("crm_relationship.undo", self._tell(undo, message))

    def _note(self):
        """Return the record that can undo what has changed, empty if nothing can."""
        undo = self._ledger.env["crm.interaction.undo"]
        if len(self._ledger) > MOST:
            return undo
        after = self._read([*self._ledger.ids, *map(int, self._before)])
        changed = [id_ for id_ in after if after[id_] != self._before.get(id_)]
        if not changed:
            return undo
        return undo.create(
            {
                "before": {i: self._before[i] for i in changed if i in self._before},
                "after": {i: after[i] for i in changed},
            }
        )

    def _tell(self, undo, message):
        if len(self._ledger) == 1:
            message = f"{self._ledger.partner_id.display_name}: {message}"
        return {"message": message, "undo_id": undo.id}


def read(interactions):
    """Return ``{id as text: {field: value}}``, as it can be kept in JSON."""
    rows = interactions.read(interactions._get_undone_fields(), load=None)
    return {
        str(row.pop("id")): {name: _keep(value) for name, value in row.items()}
        for row in rows
    }


def _keep(value):
    if isinstance(value, datetime):
        return fields.Datetime.to_string(value)
    return fields.Date.to_string(value) if isinstance(value, date) else value
