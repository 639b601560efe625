from contextvars import ContextVar

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..base.holding import holding
from . import advice, in_step, noted

# The channels of Odoo's own activities that reach a customer.
CONTACT_KINDS = {"phonecall": "call", "meeting": "visit"}
# The activities being marked as done, of which has been asked whose they are.
FINISHING = ContextVar("crm_relationship.finishing", default=frozenset())


class MailActivity(models.Model):
    """The activity is the salesperson's queue, the interaction is the memory.

    What happens to one happens to the other. So an activity behind which there is an
    interaction belongs to whoever it is assigned to, and to those who may change the
    interaction; Odoo alone would let everybody have it who may write on the contact.
    """

    _inherit = "mail.activity"

    def _get_planned(self):
        """Return the interactions that these activities were made for, open or not.

        ``sudo``: whoever may complete, move or cancel an activity may do the same to
        the interaction behind it, which that user need not be allowed to read.
        """
        on_contacts = self.sudo().filtered(
            lambda activity: activity.res_model == "res.partner"
        )
        Interaction = self.env["crm.interaction"].sudo()
        if not on_contacts:
            return Interaction
        return Interaction.search_fetch([("activity_id", "in", on_contacts.ids)])

    def _get_interactions(self):
        """Return the open interactions of these activities, as superuser."""
        return self._get_planned().filtered(lambda i: i.state == "open")

    def _get_closed(self):
        """Return those of these activities whose interaction is closed.

        ``sudo``: as in ``_get_interactions``.
        """
        inactive = self.sudo().filtered(lambda activity: not activity.active)
        if not inactive:
            return self.browse()
        ledger = self.env["crm.interaction"].sudo()
        closed = ledger.search(
            [("activity_id", "in", inactive.ids), ("state", "!=", "open")]
        )
        return closed.activity_id.with_env(self.env)

    def _check_whose(self, operation, interactions=None):
        """Refuse to let people touch what is in a colleague's queue.

        Odoo is asked first: the refusal names what only those may know who may see the
        activity.

        :param str operation: "write" or "unlink"
        :param interactions: the open ones of these activities, where they are known
        :raises AccessError: naming who may
        :return: the open interactions of these activities, as superuser
        """
        self.check_access(operation)
        if interactions is None:
            interactions = self._get_interactions()
        for interaction in interactions:
            staff = interaction.user_id
            own = interaction.with_env(self.env)
            if self.env.user in (staff, interaction.activity_id.user_id):
                continue
            if not own.has_access("write"):
                raise AccessError(
                    self.env._(
                        "“%(activity)s” is in the queue of %(staff)s. Only %(staff)s,"
                        " the customer's salesperson, or somebody who may see all"
                        " documents can change it.",
                        activity=interaction.activity_id.summary,
                        staff=staff.name or self.env._("nobody yet"),
                    )
                )
        return interactions

    def write(self, vals):
        if not (self.env.su or FINISHING.get().issuperset(self.ids)):
            self._check_stays(self._check_whose("write"), vals)
        result = super().write(vals)
        if "note" in vals:
            self._get_interactions().write({"activity_note": vals["note"]})
        if {"date_deadline", "user_id"} & vals.keys():
            interactions = self._get_interactions()
            in_step.pull(interactions)
            if not self.env.su:
                interactions._check_planned_by_hand({"date_planned", "user_id"})
        return result

    def _check_stays(self, interactions, vals):
        """Refuse to move the activity of an interaction to some other record."""
        for activity in interactions.activity_id:
            for name in ("res_model", "res_model_id", "res_id"):
                value = activity[name]
                current = value.id if name == "res_model_id" else value
                if name in vals and vals[name] != current:
                    raise UserError(
                        self.env._(
                            "“%(activity)s” belongs to %(contact)s and cannot be moved."
                            " Cancel it, and plan another interaction.",
                            activity=activity.summary,
                            contact=activity.res_name,
                        )
                    )

    def unlink(self):
        interactions = (
            self._get_interactions() if self.env.su else self._check_whose("unlink")
        )
        result = super().unlink()
        interactions.write({"state": "cancelled", "reason_code": "by_hand"})
        return result

    def _action_done(self, feedback=False, attachment_ids=None):
        """Close the interaction; the feedback serves as the reason for going ahead.

        What was done before, in another tab, is not done once more.
        """
        planned = self._get_planned()
        interactions = planned.filtered(lambda i: i.state == "open")
        own = self - planned.activity_id.with_env(self.env)
        if not self.env.su:
            self._check_whose("write", interactions)
        advice.check(interactions._take_up(), feedback)
        todo = self - self._get_closed()
        with interactions._offering_undo():
            with holding(FINISHING, frozenset(self.ids)):
                result = super(MailActivity, todo)._action_done(
                    feedback=feedback, attachment_ids=attachment_ids
                )
            if interactions:
                interactions.write(
                    {
                        "state": "done",
                        "outcome": "reached",
                        "reason_code": False,
                        **({"feedback": feedback} if feedback else {}),
                    }
                )
        messages, _next_activities = result
        # Odoo logs a message on each document that there still is
        has_all = len(messages) == len(todo)
        (todo & own)._note_as_contacts(feedback, has_all)
        return result

    def _note_as_contacts(self, feedback, has_all=False):
        """Note calls, visits and meetings of one's own making as interactions.

        :param bool has_all: whether their documents are known to exist

        ``sudo``: whoever may complete an activity need not see what it is on.
        """
        contacts = []
        for activity in self.filtered(lambda a: a.res_model in noted.KINDS):
            touchpoint = activity._get_contact_touchpoint()
            document = self.env[activity.res_model].sudo().browse(activity.res_id)
            if not touchpoint or not (has_all or document.exists()):
                continue
            if noted.get_customers(document):
                contacts.append(activity._to_contact(document, touchpoint, feedback))
        if contacts:
            self.env["crm.interaction"]._note_contacts(contacts)

    def _to_contact(self, document, touchpoint, feedback):
        self.ensure_one()
        meeting = self.calendar_event_id
        return noted.Contact(
            source=meeting or self,
            sort="meeting" if meeting else "activity",
            document=document,
            partner=noted.get_customers(document),
            company=noted.get_company(document),
            user=self.env.user,
            moment=fields.Datetime.now(),
            name=self.summary or self.activity_type_id.name,
            touchpoint=touchpoint,
            feedback=feedback or "",
        )

    def _get_contact_touchpoint(self):
        """Return the channel of an activity in which somebody reaches the customer.

        None for reminders and the like. E-mails are noted when they are written.
        """
        self.ensure_one()
        activity_type = self.activity_type_id
        # sudo: the channels of all companies
        in_use = self.env["crm.touchpoint"].sudo()._get_in_use()
        own = in_use.filtered(lambda t: t.activity_type_id == activity_type)[:1]
        kind = CONTACT_KINDS.get(activity_type.category)
        return own or (kind and noted.choose_touchpoint(self.env, kind)) or own
