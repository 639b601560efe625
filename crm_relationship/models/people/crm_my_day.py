from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..base.asked import check_records, check_text, refuse_id
from ..ledger.crm_interaction import OUTCOMES_BY_HAND
from . import reach
from .my_day import CARDS, MyDay, render_texts

# What a tap may say of an interaction, beside the outcomes.
NO_ANSWER, LATER, WISH = "no_answer", "later", "wish"
# What may be entered along with it.
ENTERED = ("feedback", "sentiment", "override_reason")


class CrmMyDay(models.AbstractModel):
    """*My Day*: what its screen asks for, and what its taps do.

    A tap does what the button of the queue does, by the same method and with the rights
    of the user. It can be sent again: what was noted already is told once more, so that
    a screen without an answer need not know whether it was heard.
    """

    _name = "crm.my.day"
    _description = "My Day"

    @api.model
    def get_day(self, goes_on=False):
        """Return the day of the user: ``MyDay.collect``.

        :param bool goes_on: what is planned for the days to come is a part of today
        """
        self.env["crm.interaction"].check_access("read")
        return MyDay(self.env, bool(goes_on)).collect()

    @api.model
    def get_texts(self, interaction_ids):
        """Return what to say where it takes more than a plan to know.

        :param list interaction_ids: of steps of programs
        :return: ``{id: {"text", "guidance"}}``
        """
        interactions = self._browse(interaction_ids)
        interactions.check_access("read")
        templates = {i.id: i._get_touch().sms_template_id.id for i in interactions}
        texts = render_texts(interactions, templates)
        return {
            i.id: {
                "text": i._get_spoken_text() or texts.get(i.id, ""),
                "guidance": i.note or "",
            }
            for i in interactions
        }

    def _browse(self, ids):
        """Return interactions by what a client has sent.

        :raises UserError: when it is no list of ids
        """
        if not isinstance(ids, list | tuple):
            refuse_id(self.env, ids)
        interactions = self.env["crm.interaction"].browse(ids[:CARDS])
        check_records(interactions)
        return interactions

    @api.model
    def reach(self, interaction_id, kind):
        """Return the action that opens a channel; the screen asks what came of it.

        Where something is missing, the dialog follows in which it can be added.
        """
        [interaction] = self._browse([interaction_id])
        action = interaction.with_context(channel=kind).action_reach()
        if action.get("tag") == reach.OPEN_LINK:
            action["params"]["next"] = None
        return action

    # ------------------------------------------------------------------
    # What came of it
    # ------------------------------------------------------------------

    @api.model
    def note(self, interaction_id, what, values=None):
        """Note what came of an interaction.

        :param str what: an outcome, or "no_answer", "later", "wish"
        :param dict values: what was entered with it: feedback, sentiment,
            override_reason; ``together``, ids of what was settled in the same
            conversation; for "later" ``until`` as the dialog knows it, or ``day``;
            for "wish" ``becomes``
        :return: ``{"message": what was done, in words, "undo_id": to take it back, or
            False}``
        """
        [interaction] = self._browse([interaction_id])
        values = values if isinstance(values, dict) else {}
        taken = interaction._take_up()
        if not taken._filter_pending() or self._is_same_attempt(taken, what):
            return self._tell_again(taken, what)
        entered = self._get_entered(interaction, values)
        together = what not in (LATER, WISH) and self._read_ids(values.get("together"))
        if together:
            entered["together_ids"] = [
                Command.set([i for i in interaction.also_due_ids.ids if i in together])
            ]
        if entered:
            interaction.write(entered)
        params = self._do(interaction, what, values).get("params")
        if not params:
            # nothing has changed: it was noted before
            return self._tell_again(taken, what)
        return {"message": params["message"], "undo_id": params["undo_id"]}

    @api.model
    def _get_entered(self, interaction, values):
        """Return what was entered along with a tap.

        :raises UserError: when it is no text, or no sentiment
        """
        entered = {n: values[n] for n in ENTERED if isinstance(values.get(n), str)}
        for text in entered.values():
            check_text(self.env, text)
        sentiments = interaction._fields["sentiment"].get_values(self.env)
        if entered.get("sentiment") and entered["sentiment"] not in sentiments:
            raise UserError(
                self.env._(
                    "“%(value)s” is not how a customer seems. Use one of the buttons.",
                    value=entered["sentiment"][:80],
                )
            )
        return entered

    @api.model
    def _do(self, interaction, what, values):
        """Return what the button of the queue returns."""
        if what in OUTCOMES_BY_HAND:
            return interaction.with_context(outcome=what).action_done()
        if what == NO_ANSWER:
            return interaction.action_no_answer()
        if what == LATER:
            until, day = values.get("until"), self._to_day(values.get("day"))
            later = self.env["crm.interaction.later"].create(
                {"interaction_id": interaction.id, "day": day}
            )
            return later.with_context(until=until).action_put_off()
        if what == WISH:
            day = self._to_day(values.get("day"))
            return interaction._note_wish(values.get("becomes"), day)
        raise UserError(
            self.env._(
                "“%(value)s” is no outcome of an interaction. Use one of the buttons.",
                value=str(what)[:80],
            )
        )

    @api.model
    def _read_ids(self, ids):
        """Return the ids that a client has sent, whatever it was."""
        return {
            id_
            for id_ in (ids if isinstance(ids, list) else ())
            if isinstance(id_, int) and not isinstance(id_, bool)
        }

    @api.model
    def _to_day(self, text):
        """Return the day that a client has sent.

        :raises UserError: when it is none
        """
        try:
            return fields.Date.to_date(text or False) or False
        except (TypeError, ValueError, AttributeError) as error:
            raise UserError(
                self.env._("“%(value)s” is no day.", value=str(text)[:80])
            ) from error

    @api.model
    def _is_same_attempt(self, interaction, what):
        """Tell whether "no answer" is noted already, by whoever tapped twice."""
        return what == NO_ANSWER and interaction._is_just_tried()

    @api.model
    def _tell_again(self, interaction, what):
        """Tell of what was noted already by the same tap; it can still be undone.

        :raises UserError: when something else was noted
        """
        outcome = "reached" if what == WISH else what
        if what not in (NO_ANSWER, LATER) and interaction.outcome != outcome:
            interaction._check_pending()
        undo = self.env["crm.interaction.undo"]._find_latest(interaction)
        outcomes = interaction._fields["outcome"]._description_selection(self.env)
        known = dict(outcomes).get(interaction.outcome)
        message = (
            self.env._("Noted already: %(outcome)s.", outcome=known)
            if known
            else self.env._("Noted already.")
        )
        return {
            "message": f"{interaction.partner_id.display_name}: {message}",
            "undo_id": undo.id,
        }

    # ------------------------------------------------------------------
    # The calendar
    # ------------------------------------------------------------------

    @api.model
    def plan_visit(self, interaction_id):
        """Put a visit into the user's calendar; return when it begins.

        :return: ``{"event": moment}``, as text
        """
        [interaction] = self._browse([interaction_id])
        event = interaction._plan_visit()
        return {"event": fields.Datetime.to_string(event.start)}
