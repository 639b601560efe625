from contextlib import contextmanager, nullcontext

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ...engine.preferences import (
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
from ..base.holding import holding
from .wishes import (
    CHANGE,
    CONSENT_FIELDS,
    CUSTOMER_SOURCES,
    KIND_BY_FIELD,
    MANAGER_GROUP,
    PARTNER_RECORDS,
    Change,
)


class ResPartner(models.Model):
    """How wishes change: what is noted of it, and what nobody may take back."""

    _inherit = "res.partner"

    # ------------------------------------------------------------------
    # The one way
    # ------------------------------------------------------------------

    def _change_preferences(self, vals, source, wording=None, by_customer=False):
        """Change wishes of these contacts; the one way for all code of this addon.

        Users cannot take back what the customer refused; whoever acts for the customer
        can. Call it as the user who acts, with ``sudo()`` if the customer is not a
        user.

        :param dict vals: wish fields as for ``write``
        :param str source: a key of ``crm.preference.change.source``; "portal", "link",
            "unsubscribe", "reply" and "statement" speak for the customer;
            "changed_address" does so where it means less contact, and nothing else;
            "told" makes refusals the customer's own, and takes none of them back
        :param str wording: what the customer read or said, word for word
        :param bool by_customer: the customer decided, where the source does not say so
        :raises UserError: when a user would reverse the customer's own refusal, or a
            link sent to a changed address any refusal
        :raises ValidationError: when a value is not possible or a text is too long
        :raises AccessError: when anybody but a sales administrator records a statement
        :raises UserError: when what the customer said is not written down
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
        wording = self._clean_words(wording, source)
        change = Change(source, wording, by_customer)
        if change.doubted and "granted" in (vals.get(name) for name in CONSENT_FIELDS):
            raise self._get_doubt_error()
        with holding(CHANGE, change):
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
                    " they prove that the preference is the customer's."
                )
            )

    @api.model
    def _clean_words(self, wording, source):
        """Return the customer's words as they are kept; None where there are none.

        :raises UserError: when they are missing where they are the proof
        """
        wording = (wording or "").replace("\x00", "").strip() or None
        self.env["crm.preference.change"]._check_wording_length(wording)
        if source == "statement":
            self._check_statement(wording)
        if source == "told" and not wording:
            raise UserError(
                self.env._(
                    "Write down what the customer said, in the customer's own words:"
                    " they prove that it is the customer's decision. If the customer"
                    " said nothing, note it as your company's own decision."
                )
            )
        return wording

    # ------------------------------------------------------------------
    # Recorded
    # ------------------------------------------------------------------

    @contextmanager
    def _recording_wishes(self, change, kinds, touchpoint_ids=()):
        """Record what happens to the wishes of these contacts inside this block.

        A refusal that already existed, but was not the customer's, is recorded once
        more when the customer makes it: from then on it is the customer's own.

        :param Change change: who makes it; takes up the ids of the rows
        :param kinds: kinds of wishes that may change
        :param touchpoint_ids: channels that are refused explicitly
        """
        self._lock_wishes()
        before = self._get_wish_states()
        standing = self._get_customer_refusals()
        # So that code that catches the error does not keep the change.
        guard = change.doubted or (standing and not change.takes_back)
        with self.env.cr.savepoint() if guard else nullcontext():
            with holding(PARTNER_RECORDS, True):
                yield
            after = self._get_wish_states()
            if change.doubted:
                self._check_less_contact(before, after)
            elif guard:
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
        """Make changes of the same contact wait for each other.

        Raw SQL because the ORM's lock gives up instead of waiting. The later of two
        gets PostgreSQL's serialization error, and Odoo repeats its request on what the
        first one left; so each change starts from the result of the previous one.
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

    def _take_turns(self):
        """Let what is done to the same contacts wait, and see what was done before.

        For what leaves the contacts themselves as they are. Raw SQL: a lock alone lets
        the second of two go on with what it saw before the first; a row that the first
        one wrote makes Odoo run the request of the second again.
        """
        self.check_access("write")
        self.env.flush_all()
        if self.ids:
            self.env.execute_query(
                SQL(
                    "UPDATE res_partner SET write_date = write_date WHERE id IN %s"
                    " RETURNING id",
                    tuple(sorted(self.ids)),
                )
            )

    @api.model
    def _record_changes(self, found, change, kinds):
        """Add the rows of the history, all at once.

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
                "by_customer": change.is_binding(kind, new),
            }
            for partner_id, changed in found.items()
            for kind, detail, old, new in changed
            if kind in kinds
        ]
        # sudo: whoever may change a wish adds to the history, and nobody else does.
        if rows:
            History = self.env["crm.preference.change"].sudo()
            change.row_ids += History.create(rows).ids

    # ------------------------------------------------------------------
    # What stands
    # ------------------------------------------------------------------

    def _get_wish_states(self):
        """Return the wishes of each contact as the engine compares them.

        :return: {partner id: {(kind, channel id or False): ``Wish``}}
        """
        # sudo: what is noted is what stands, also where the user may not read it
        return {partner.id: partner._get_wish_state() for partner in self.sudo()}

    def _get_refusals(self):
        """Return what this contact refuses: ``{(kind, channel id or False): text}``"""
        self.ensure_one()
        texts = {
            ("refused_channel", touchpoint._origin.id): REFUSED
            for touchpoint in self.refused_touchpoint_ids
        }
        texts["snooze", False] = fields.Date.to_string(self.contact_snooze_until) or ""
        texts["do_not_contact", False] = YES if self.do_not_contact else NO
        for name in CONSENT_FIELDS:
            texts[name, False] = self[name] or UNKNOWN
        return {key: text for key, text in texts.items() if is_refusal(key[0], text)}

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
        """Return the refusals that the customers made themselves and that still stand.

        The customer's latest word on a wish counts; what others did to the same wish
        before or after does not change that.

        :return: {partner id: {(kind, channel id or False): row of the history}}
        """
        # sudo: a refusal binds also those who may not read who made it
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

    # ------------------------------------------------------------------
    # What may not be taken back
    # ------------------------------------------------------------------

    @api.model
    def _check_refusals(self, standing, before, after):
        """Refuse what would reverse a refusal of the customer.

        :param dict standing: as returned by ``_get_customer_refusals``
        :param dict before: as returned by ``_get_wish_states``
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
    def _check_less_contact(self, before, after):
        """Refuse what would take back any refusal, whoever made it.

        :param dict before: as of ``_get_wish_states``
        :param dict after: the same, later
        """
        today = fields.Date.to_string(fields.Date.context_today(self))
        for partner_id, wishes in before.items():
            for key, was in wishes.items():
                now = wish(after[partner_id], key).text
                if key[0] == "snooze" and was.text <= today:
                    continue
                if is_refusal(key[0], was.text) and not is_kept(key[0], was.text, now):
                    raise self._get_doubt_error()

    @api.model
    def _get_doubt_error(self):
        return UserError(
            self.env._(
                "This link can only be used to be contacted less: it was sent before"
                " our last update or to an address that we entered in place of an"
                " earlier one, and we cannot be sure that it is yours. Nothing was"
                " changed. Please log in, use the link in the latest message you"
                " received, or answer one of our messages."
            )
        )
