from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..engine.preferences import (
    NO,
    REFUSED,
    UNKNOWN,
    YES,
    Wish,
    changes,
    is_kept,
    is_refusal,
    wish,
)

KIND_BY_FIELD = {
    "preferred_touchpoint_id": "preferred_channel",
    "refused_touchpoint_ids": "refused_channel",
    "contact_window_id": "window",
    "contact_snooze_until": "snooze",
    "do_not_contact": "do_not_contact",
    "do_not_contact_reason": "do_not_contact_reason",
    "consent_relationship": "consent_relationship",
    "consent_selling": "consent_selling",
    "staff_requirement_ids": "staff_requirement",
}
CUSTOMER_SOURCES = frozenset(("portal", "link", "unsubscribe", "reply", "statement"))
MANAGER_GROUP = "sales_team.group_sale_manager"


@dataclass
class Change:
    """Who changes wishes: what the history says about it, and what came of it."""

    source: str
    wording: str | None = None
    by_customer: bool = False
    row_ids: list = field(default_factory=list)


# Not context keys of the environment: those can be set from outside by anybody, and
# nobody may pass as the customer.
CHANGE = ContextVar("crm_relationship.change", default=None)
PARTNER_RECORDS = ContextVar("crm_relationship.partner_records", default=False)


@contextmanager
def _holding(variable, value):
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


class ResPartner(models.Model):
    """Changing wishes: the rule about refusals, and the history.

    Every change of a wish passes ``write`` or ``create`` below, whoever makes it and
    however, and is noted in ``crm.preference.change`` in the same transaction.
    """

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        with _holding(PARTNER_RECORDS, True):
            partners = super().create(vals_list)
        found = {
            id_: changes({}, state)
            for id_, state in partners._get_wish_states().items()
        }
        self._record_changes(found, Change("import"), KIND_BY_FIELD.values())
        return partners

    def write(self, vals):
        kinds = {kind for name, kind in KIND_BY_FIELD.items() if name in vals}
        if not kinds:
            return super().write(vals)
        change = CHANGE.get() or self._get_own_change()
        vals = self._complete_wish_values(vals, change)
        # What other code changes meanwhile is not this customer's decision.
        named = self._get_named_touchpoint_ids(vals)
        with self._recording_wishes(change, kinds, named), _holding(CHANGE, None):
            result = super().write(vals)
        self.env["crm.interaction"].sudo()._reconsider(self)
        return result

    @api.model
    def _get_named_touchpoint_ids(self, vals):
        """Return the ids of the channels that ``vals`` refuses explicitly."""
        named = set()
        for command in vals.get("refused_touchpoint_ids") or ():
            if command[0] == Command.LINK:
                named.add(command[1])
            elif command[0] == Command.SET:
                named.update(command[2])
        return named

    @api.model
    def _get_own_change(self):
        return Change("import" if self.env.context.get("import_file") else "staff")

    def _complete_wish_values(self, vals, change):
        """Return ``vals`` with the reason that belongs to "do not contact"."""
        if "do_not_contact" not in vals or "do_not_contact_reason" in vals:
            return vals
        if not vals["do_not_contact"]:
            return {**vals, "do_not_contact_reason": False}
        if change.by_customer:
            reason = self.env._("At the customer's own request")
            return {**vals, "do_not_contact_reason": reason}
        return vals

    # ------------------------------------------------------------------
    # Changing wishes
    # ------------------------------------------------------------------

    def _change_preferences(self, vals, source, wording=None, by_customer=False):
        """Change wishes of these contacts; the one way for all code of this addon.

        Staff cannot take back what the customer refused; who acts for the customer can.
        Call it as the user who acts, with ``sudo()`` where the customer is not a user.

        :param dict vals: wish fields as for ``write``
        :param str source: a key of ``crm.preference.change.source``; "portal", "link",
            "unsubscribe", "reply" and "statement" speak for the customer
        :param str wording: what the customer read or said, in the very words
        :param bool by_customer: the customer decided, where the source does not say so
        :raises UserError: when staff would turn round the customer's own refusal
        :raises ValidationError: when a value is not possible or a text too long
        :raises AccessError: when somebody but a manager records a statement
        :return: the new ``crm.preference.change`` rows; none when nothing changed
        """
        if unknown := vals.keys() - KIND_BY_FIELD.keys():
            raise ValueError(f"No wishes of a contact: {', '.join(sorted(unknown))}")
        History = self.env["crm.preference.change"]
        if source not in dict(History._fields["source"].selection):
            raise ValueError(f"No source of a change: {source!r}")
        by_customer = by_customer or source in CUSTOMER_SOURCES
        if by_customer and source in ("staff", "bounce"):
            raise ValueError(f"A change by {source!r} is not the customer's own")
        wording = (wording or "").replace("\x00", "").strip() or None
        History._check_wording_length(wording)
        if source == "statement":
            self._check_statement(wording)
        change = Change(source, wording, by_customer)
        with _holding(CHANGE, change):
            self.write(vals)
        return History.browse(change.row_ids)

    @api.model
    def _check_statement(self, wording):
        if not self.env.user.has_group(MANAGER_GROUP):
            raise AccessError(
                self.env._("Only a sales administrator records what a customer stated.")
            )
        if not wording:
            raise UserError(
                self.env._(
                    "Write down what the customer said, in the customer's own words:"
                    " they are the proof that the wish is the customer's."
                )
            )

    @contextmanager
    def _recording_wishes(self, change, kinds, touchpoint_ids=()):
        """Note what happens to the wishes of these contacts meanwhile.

        A refusal that was there already, but not by the customer, is noted once more
        when the customer makes it: from then on it is the customer's own.

        :param Change change: who makes it; takes up the ids of the rows
        :param kinds: kinds of wishes that may change
        :param touchpoint_ids: channels that are refused explicitly
        """
        self._lock_wishes()
        before = self._get_wish_states()
        standing = self._get_customer_refusals()
        # So that whoever catches the error does not keep the change.
        guard = standing and not change.by_customer
        with self.env.cr.savepoint() if guard else nullcontext():
            with _holding(PARTNER_RECORDS, True):
                yield
            after = self._get_wish_states()
            if guard:
                self._check_refusals(standing, before, after)
        found = {id_: changes(before[id_], after[id_]) for id_ in after}
        if change.by_customer:
            for id_, state in after.items():
                found[id_] += [
                    (*key, state[key].text, state[key].text)
                    for key in sorted(state.keys() - standing.get(id_, {}).keys())
                    if is_refusal(key[0], state[key].text)
                    and before[id_].get(key) == state[key]
                    and (key[0] != "refused_channel" or key[1] in touchpoint_ids)
                ]
        self._record_changes(found, change, kinds)

    def _lock_wishes(self):
        """Let changes of the same contact wait for each other.

        Raw SQL because the ORM's lock gives up instead of waiting. The later of two
        gets PostgreSQL's serialization error, and Odoo runs its request again on what
        the first one left; so each change starts from the result of the one before.
        """
        self.check_access("write")
        if self.ids:
            self.env.execute_query(
                SQL(
                    "SELECT FROM res_partner WHERE id IN %s ORDER BY id"
                    " FOR NO KEY UPDATE",
                    tuple(self.ids),
                )
            )

    def _get_wish_states(self):
        """Return the wishes of each contact as the engine compares them.

        :return: {partner id: {(kind, touch point id or False): ``Wish``}}
        """
        return {partner.id: partner._get_wish_state() for partner in self.sudo()}

    def _get_wish_state(self):
        self.ensure_one()
        state = {
            ("refused_channel", touchpoint.id): Wish(REFUSED, REFUSED)
            for touchpoint in self.refused_touchpoint_ids
        }
        for name in ("preferred_touchpoint_id", "contact_window_id"):
            record = self[name]
            state[KIND_BY_FIELD[name], False] = Wish(record.id, record.name or "")
        snooze = fields.Date.to_string(self.contact_snooze_until) or ""
        state["snooze", False] = Wish(snooze, snooze)
        blocked = YES if self.do_not_contact else NO
        state["do_not_contact", False] = Wish(blocked, blocked)
        for name, untouched in (
            ("do_not_contact_reason", ""),
            ("consent_relationship", UNKNOWN),
            ("consent_selling", UNKNOWN),
        ):
            text = self[name] or untouched
            state[name, False] = Wish(text, text)
        requirements = self.staff_requirement_ids.sorted("id")
        state["staff_requirement", False] = Wish(
            tuple((r.tag_id.id, r.level) for r in requirements),
            ", ".join(f"{r.tag_id.name} ({r.level})" for r in requirements),
        )
        return state

    def _get_customer_refusals(self):
        """Return the refusals that the customers made themselves and that stand.

        The customer's latest word on a wish counts; what staff did to the same wish
        before or after changes nothing about it.

        :return: {partner id: {(kind, touch point id or False): row of the history}}
        """
        History = self.env["crm.preference.change"].sudo()
        latest = History._read_group(
            [("partner_id", "in", self.ids), ("by_customer", "=", True)],
            ["partner_id", "kind", "touchpoint_id"],
            ["id:max"],
        )
        rows = History.browse(id_ for *_key, id_ in latest)
        refusals = {}
        for row in rows.filtered("is_refusal"):
            key = (row.kind, row.touchpoint_id.id)
            refusals.setdefault(row.partner_id.id, {})[key] = row
        return refusals

    @api.model
    def _check_refusals(self, standing, before, after):
        """Refuse what would turn round a refusal of the customer.

        :param dict standing: as of ``_get_customer_refusals``
        :param dict before: as of ``_get_wish_states``
        :param dict after: the same, later
        """
        today = fields.Date.to_string(fields.Date.context_today(self))
        for partner_id, refusals in standing.items():
            for key, row in refusals.items():
                was = wish(before[partner_id], key).text
                now = wish(after[partner_id], key).text
                kind, refusal = row.kind, row.new_value
                if kind == "snooze" and refusal <= today:
                    continue
                if is_kept(kind, refusal, was) and not is_kept(kind, refusal, now):
                    raise row._get_refusal_error()

    @api.model
    def _record_changes(self, found, change, kinds):
        """Add the rows of the history, all in one go.

        :param dict found: {partner id: ``changes`` of the engine}
        :param Change change: who made them; takes up the ids of the rows
        :param kinds: kinds of wishes that may have changed
        """
        rows = [
            {
                "partner_id": partner_id,
                "kind": kind,
                "touchpoint_id": detail,
                "old_value": old,
                "new_value": new,
                "source": change.source,
                "wording": change.wording,
                "by_customer": change.by_customer,
            }
            for partner_id, changed in found.items()
            for kind, detail, old, new in changed
            if kind in kinds
        ]
        # sudo: everybody who may change a wish adds to the history, nobody else does.
        if rows:
            History = self.env["crm.preference.change"].sudo()
            change.row_ids += History.create(rows).ids
