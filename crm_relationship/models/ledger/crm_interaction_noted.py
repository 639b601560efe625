from odoo import api, fields, models
from odoo.exceptions import UserError

from ..base.asked import check_one
from ..base.crm_bounds_mixin import MAX_CHARS
from . import noted


class CrmInteraction(models.Model):
    """What took place elsewhere, and is noted in the ledger."""

    _inherit = "crm.interaction"

    source = fields.Selection(
        selection=[
            ("activity", "Activity"),
            ("email", "Email from the chatter"),
            ("sms", "SMS from the chatter"),
            ("meeting", "Meeting"),
            ("composer", "Message to many, written in Odoo"),
        ],
        string="Noted From",
        copy=False,
        help="Where an interaction that was not planned here took place. Empty: it was"
        " planned here.",
    )
    source_model = fields.Char(copy=False)
    source_id = fields.Many2oneReference(
        model_field="source_model",
        copy=False,
    )

    _source_unique = models.UniqueIndex(
        "(source_id, source_model, relationship_id) WHERE source_id <> 0",
        "This interaction is noted already.",
    )

    @api.model
    def _note_contacts(self, contacts):
        """Enter what was done for customers without being planned here.

        It restarts the clock and counts for the limits like any other interaction.
        Those who are no customers yet are left out, and nothing is noted twice.

        ``sudo``: the ledger notes it, whoever did it.

        :param list contacts: a ``noted.Contact`` each
        :return: the interactions
        """
        by_key = noted.find_relationships(self.sudo().env, contacts)
        vals_list = [
            noted.get_values(contact, relationship)
            for (contact, relationship) in by_key
        ]
        known = noted.find_known(self.sudo(), vals_list)
        return self.sudo().create(
            [vals for vals in vals_list if noted.get_key(vals) not in known]
        )

    @api.model
    def _find_noted(self, sources):
        """Return the interactions that were noted from some records, as superuser."""
        # sudo: whether something was noted does not depend on who asks
        return self.sudo().search(
            [("source_model", "=", sources._name), ("source_id", "in", sources.ids)]
        )

    def _note_undelivered(self, passing=False):
        """Let e-mails and SMS from the chatter that came back not count any more.

        :param bool passing: whether the provider failed, and not the address
        """
        sent = self._filter_sent()
        sent._take_back({"state": "skipped", "reason_code": "undelivered"})

    def _take_out(self):
        """Take back what was noted of something that did not take place after all."""
        if self:
            self._take_back({"state": "cancelled", "reason_code": "by_hand"})
            self.write({"source_id": False})

    def action_open_source(self):
        """Open the record on which an interaction took place that was noted here."""
        check_one(self)
        self.check_access("read")
        source = self.source_id and self.env[self.source_model].browse(self.source_id)
        if not source or not source.exists():
            raise UserError(
                self.env._(
                    "What this interaction was noted from does not exist any more."
                )
            )
        return noted.get_document(source)._get_records_action()

    @api.model
    def _note_composed(self, people, channels, kind, name):
        """Note messages to many people that somebody wrote in one of Odoo's composers.

        Not for colleagues and for those who are nothing but suppliers: they are no
        customers by being written to. ``sudo``: the ledger is written by methods, and
        whoever may write to a contact need not be a salesperson.

        :param people: ``res.partner`` records, one message each
        :param channels: ``crm.touchpoint`` records that it may be, best first
        :param str kind: relationship, selling or service
        :param str name: what it was about
        """
        automated = channels.filtered(lambda c: c.mode == "automated")
        rows = [
            {
                "name": (name or self.env._("Message"))[:MAX_CHARS],
                "partner_id": person.id,
                "company_id": (person.company_id or self.env.company).id,
                "touchpoint_id": (automated or channels)[:1].id,
                "kind": kind,
                "source": "composer",
                "state": "done",
                "outcome": "sent",
            }
            for person in people.sudo()
            if not (
                person.partner_share is False
                or (person.supplier_rank and not person.customer_rank)
            )
        ]
        self.sudo().create(rows)
