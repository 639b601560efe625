import re
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import (
    SQL,
    consteq,
    email_normalize,
    email_normalize_all,
    html2plaintext,
)
from odoo.tools.misc import hmac

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
from ...engine.windows import zone
from ..base.asked import check_one
from ..base.bounds import day_bounds
from ..base.holding import holding
from .crm_preference_change import WORDING_LIMIT
from .mail_thread import GATEWAY
from .voices import Voices, have_same_name, sharing_sql

REASON_LIMIT = 500
CONSENTS = [
    ("unknown", "Not asked"),
    ("granted", "Granted"),
    ("refused", "Refused"),
]
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
CUSTOMER_SOURCES = frozenset(
    (
        "portal",
        "link",
        "changed_address",
        "unsubscribe",
        "reply",
        "statement",
        "told",
    )
)
# What such a source says can make refusals the customer's own, and take back none.
ONLY_REFUSING_SOURCES = frozenset(("changed_address", "told"))
# {kind of address: (what to compare, where the mark of the earlier one is kept)}
ADDRESSES = {
    "email": ("email_normalized", "own_email_mark"),
    "phone": ("phone_sanitized", "own_phone_mark"),
}
# Odoo merges no more contacts at a time.
MERGED_AT_ONCE = 3
CONSENT_FIELDS = ("consent_relationship", "consent_selling")
REFUSAL_FIELDS = (
    "do_not_contact",
    "refused_touchpoint_ids",
    "contact_snooze_until",
    *CONSENT_FIELDS,
)
MANAGER_GROUP = "sales_team.group_sale_manager"
STOP_WORDS = frozenset(
    (
        "stop",
        "stop all",
        "stop email",
        "stop emails",
        "please stop",
        "unsubscribe",
        "unsubscribe me",
        "opt out",
        "remove me",
        "berhenti",
        "tolong berhenti",
        "berhenti berlangganan",
        "jangan kirim lagi",
        "jangan hubungi saya lagi",
    )
)


@dataclass
class Change:
    """Who changes wishes, what the history says about it, and what came of it."""

    source: str
    wording: str | None = None
    by_customer: bool = False
    row_ids: list = field(default_factory=list)

    @property
    def doubted(self):
        """Whether it may have been somebody else: only less contact is believed."""
        return self.source == "changed_address"

    @property
    def takes_back(self):
        """Whether the customer's own refusals may be taken back."""
        return self.by_customer and self.source != "told"

    def is_binding(self, kind, value):
        """Tell whether what is recorded is the customer's own word."""
        refuses = is_refusal(kind, value)
        return self.by_customer and (
            refuses or self.source not in ONLY_REFUSING_SOURCES
        )


# Not context keys of the environment: anybody can set those from outside, and nobody
# may pose as the customer.
CHANGE = ContextVar("crm_relationship.change", default=None)
PARTNER_RECORDS = ContextVar("crm_relationship.partner_records", default=False)


def _is_stop(text):
    """Tell whether a line asks to stop, and says nothing else."""
    return " ".join(re.findall(r"[^\W_]+", text.lower())) in STOP_WORDS


class ResPartner(models.Model):
    """What a person wishes, the same for all companies, and how wishes change.

    The fields are for internal users: on the portal, people see only their own wishes,
    through the preferences page.

    Every change of a wish passes ``write`` or ``create`` of the contact, whoever makes
    it and however, and is noted in ``crm.preference.change`` in the same transaction.
    """

    _inherit = "res.partner"

    preferred_touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Preferred Channel",
        ondelete="restrict",
        groups="base.group_user",
        help="Through which channel this person prefers to be contacted.",
    )
    refused_touchpoint_ids = fields.Many2many(
        comodel_name="crm.touchpoint",
        relation="res_partner_refused_touchpoint_rel",
        column1="partner_id",
        column2="touchpoint_id",
        string="Refused Channels",
        ondelete="restrict",
        context={"active_test": False},
        groups="base.group_user",
        help="This person is never contacted through these channels.",
    )
    contact_window_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="When to Contact",
        ondelete="restrict",
        groups="base.group_user",
        help="This person is contacted within these hours only, in the contact's own"
        " time zone. Left empty: at any time.",
    )
    contact_snooze_until = fields.Date(
        string="Pause Until",
        groups="base.group_user",
        help="This person is not contacted before this day, in the contact's time"
        " zone.",
    )
    do_not_contact = fields.Boolean(
        groups="base.group_user",
        help="This person is not contacted at all, not even for service.",
    )
    do_not_contact_reason = fields.Char(
        string="Reason Not to Contact",
        groups="base.group_user",
    )
    consent_relationship = fields.Selection(
        selection=CONSENTS,
        string="Relationship Consent",
        default="unknown",
        groups="base.group_user",
        help="Greetings, tips, visits, questions about how the customer is doing.",
    )
    consent_relationship_date = fields.Datetime(
        string="Relationship Consent Date",
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    consent_relationship_source = fields.Selection(
        selection="_get_change_sources",
        string="Relationship Consent Source",
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    consent_relationship_wording = fields.Text(
        string="Relationship Consent Wording",
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    consent_relationship_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Relationship Consent Recorded By",
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    consent_selling = fields.Selection(
        selection=CONSENTS,
        string="Selling Consent",
        default="unknown",
        groups="base.group_user",
        help="Offers, promotions, new products. Refusing them stops neither service"
        " nor relationship interactions.",
    )
    consent_selling_date = fields.Datetime(
        string="Selling Consent Date",
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    consent_selling_source = fields.Selection(
        string="Selling Consent Source",
        selection="_get_change_sources",
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    consent_selling_wording = fields.Text(
        string="Selling Consent Wording",
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    consent_selling_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Selling Consent Recorded By",
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    staff_requirement_ids = fields.One2many(
        comodel_name="crm.staff.requirement",
        inverse_name="partner_id",
        string="Salesperson Requirements",
        groups="base.group_user",
    )
    preference_change_ids = fields.One2many(
        comodel_name="crm.preference.change",
        inverse_name="partner_id",
        string="History of Preferences",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )

    _snooze_in_bounds = day_bounds("contact_snooze_until")
    # Odoo looks contacts up by these, too, and has no index.
    _email_normalized_idx = models.Index(
        "(email_normalized) WHERE email_normalized IS NOT NULL"
    )
    _phone_sanitized_idx = models.Index(
        "(phone_sanitized) WHERE phone_sanitized IS NOT NULL"
    )
    # Those with several addresses in one field; see `sharing_sql`.
    _several_emails_idx = models.Index(
        "USING gin (regexp_split_to_array(lower(email), '[\\s,;<>\"]+'))"
        " WHERE email ~ '@.*@'"
    )

    refusal_by = fields.Selection(
        selection=[
            ("customer", "Yes, the customer said so"),
            ("company", "No, it is our own decision"),
        ],
        string="Did the Customer Say So?",
        store=False,
        groups="base.group_user",
        help="Asked when a refusal is noted. What the customer said, only the customer"
        " can take back, or a sales administrator with the customer's own words.",
    )
    refusal_words = fields.Text(
        string="What the Customer Refused, Word for Word",
        store=False,
        groups="base.group_user",
        help="What the customer said, when and where: the proof of the refusal.",
    )
    adds_refusal = fields.Boolean(
        compute="_compute_adds_refusal",
        groups="base.group_user",
        help="What is being entered refuses more than what is noted already.",
    )
    same_address_count = fields.Integer(
        string="Entries with This Address or Number",
        compute="_compute_same_address_count",
        groups="base.group_partner_manager",
        help="Other entries that may be the same person or firm. What one of them"
        " refuses holds for the address or number in each of them.",
    )

    own_email_mark = fields.Char(
        copy=False,
        groups=fields.NO_ACCESS,
        help="Keyed hash of the email that this person had before a user changed it.",
    )
    own_phone_mark = fields.Char(
        copy=False,
        groups=fields.NO_ACCESS,
        help="Keyed hash of the number that this person had before a user changed it.",
    )

    @api.model
    def _get_change_sources(self):
        source = self.env["crm.preference.change"]._fields["source"]
        return source._description_selection(self.env)

    @api.depends("preference_change_ids")
    def _compute_consents(self):
        History = self.env["crm.preference.change"]
        kinds = ("consent_relationship", "consent_selling")
        # all there is of each, which the form shows as well
        rows = History.search_fetch([("partner_id", "in", self.ids)], order="id")
        latest = {(row.partner_id.id, row.kind): row for row in rows}
        for partner in self:
            for kind in kinds:
                row = latest.get((partner._origin.id, kind), History)
                partner[f"{kind}_date"] = row.date
                partner[f"{kind}_source"] = row.source
                partner[f"{kind}_wording"] = row.wording
                partner[f"{kind}_user_id"] = row.user_id

    @api.depends(*REFUSAL_FIELDS)
    def _compute_adds_refusal(self):
        """Compare a form that is being filled in with what is saved."""
        for partner in self:
            saved = partner._origin
            known = saved._get_refusals() if saved else {}
            partner.adds_refusal = partner != saved and any(
                not is_kept(key[0], text, known.get(key, ""))
                for key, text in partner._get_refusals().items()
            )

    @api.depends("email", "phone", "name", "parent_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_same_address_count(self):
        for partner in self:
            known = partner._origin  # none yet for a contact about to be made
            partner.same_address_count = len(known._find_same()) if known else 0

    @api.constrains("birthdate")
    def _check_birthdate(self):
        for partner in self:
            if partner.birthdate and partner.birthdate > fields.Date.context_today(
                self
            ):
                raise ValidationError(
                    self.env._("The date of birth lies in the future. Check the year.")
                )

    @api.constrains("contact_window_id")
    def _check_contact_window(self):
        self.contact_window_id._check_has_opening()

    @api.constrains("do_not_contact_reason")
    def _check_do_not_contact_reason(self):
        for partner in self:
            length = len(partner.do_not_contact_reason or "")
            if length > REASON_LIMIT:
                raise ValidationError(
                    self.env._(
                        "The reason not to contact %(contact)s is too long:"
                        " %(length)s characters, and at most %(limit)s are kept.",
                        contact=partner.display_name,
                        length=length,
                        limit=REASON_LIMIT,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_preferences(self):
        """Keep the proof of what a customer asked for; see ``_erase_contact_data``."""
        # sudo: the proof keeps the contact, whether or not the user may read it
        kept = self.sudo().preference_change_ids[:1]
        if kept:
            raise ValidationError(
                self.env._(
                    "%(contact)s cannot be deleted: the history of the contact's"
                    " preferences is kept. Archive the contact instead, or have a"
                    " sales administrator erase the personal data.",
                    contact=kept.partner_id.display_name,
                )
            )

    def _get_contact_wish(self, field_name):
        """Return what holds for this contact, whoever said it; see ``Voices``.

        A preferred channel and hours are no refusals: where the person has none, the
        company contact's count. For many contacts, make one ``Voices`` of them.
        """
        self.ensure_one()
        if field_name == "preferred_touchpoint_id":
            return self[field_name] or self.commercial_partner_id[field_name]
        voices = Voices(self)
        said = voices.unite(self)
        if field_name == "contact_window_id":
            wish = voices.get_window(self)
        elif field_name == "staff_requirement_ids":
            wish = voices.get_requirements(self)
        elif field_name == "refused_touchpoint_ids":
            wish = self.env["crm.touchpoint"].browse(sorted(said.refused))
        elif field_name == "contact_snooze_until":
            wish = said.pause_until or False
        else:
            wish = getattr(said, field_name)
        return wish.with_env(self.env) if isinstance(wish, models.BaseModel) else wish

    def _filter_refusing(self):
        """Return the contacts that refuse anything themselves."""
        return self.filtered(
            lambda partner: (
                partner.do_not_contact
                or partner.contact_snooze_until
                or partner.refused_touchpoint_ids
                or "refused" in (partner.consent_relationship, partner.consent_selling)
            )
        )

    # ------------------------------------------------------------------
    # Who else has the address
    # ------------------------------------------------------------------

    def _get_addresses_in_use(self):
        """Return ``{("email" or "phone", address)}``, as Odoo normalizes them.

        A field may hold several e-mail addresses: a message goes to each of them.
        """
        self.ensure_one()
        email = self.email or ""
        emails = (
            email_normalize_all(email)
            if email.count("@") > 1
            else filter(None, [self.email_normalized])
        )
        phones = filter(None, [self.phone_sanitized])
        return {("email", mail) for mail in emails} | {("phone", n) for n in phones}

    def _find_sharing(self):
        """Return all other contacts with an address or number of these."""
        # sudo: addresses are compared, whoever may not see the contacts
        people = self.sudo()
        addresses = set().union(*(p._get_addresses_in_use() for p in people))
        return people._find_holders(addresses) - people

    def _find_same(self):
        """Return the other contacts that may be this person or firm, nearest first.

        Those with the same address or number whom the user may merge with it. Other
        people of the same firm share its number, and one person may work for several
        firms: they are who they are.
        """
        self.ensure_one()
        sharing = self._find_sharing().filtered("active").with_env(self.env)
        firm = self.commercial_partner_id

        def may_be_same(other):
            if other.commercial_partner_id == firm:
                return have_same_name(self, other) and other not in firm + self
            return not (self.parent_id and other.parent_id)

        same = sharing._filtered_access("write").filtered(may_be_same)
        return same.sorted(lambda other: (not have_same_name(self, other), other.id))

    @api.model
    def _find_holders(self, addresses):
        """Return all contacts that have one of some addresses, archived ones as well.

        Raw SQL: no field of the ORM holds each of several addresses.

        :param set addresses: ``{("email" or "phone", address)}``
        """
        people = self.with_context(active_test=False)
        if not addresses:
            return people.browse()
        people.flush_model(["email", "email_normalized", "phone_sanitized"])
        rows = self.env.execute_query(sharing_sql(addresses))
        found = people.browse({id_ for id_, *_nothing in rows})
        return found.filtered(lambda p: p._get_addresses_in_use() & addresses)

    def _get_contact_tz(self):
        """Return the name of the contact's time zone, else the company contact's.

        False if neither is known. The database may hold a name that does not exist, or
        no longer exists.
        """
        self.ensure_one()
        for name in (self.tz, self.commercial_partner_id.tz):
            try:
                if name:
                    return zone(name).key
            except ValueError:
                continue
        return False

    # ------------------------------------------------------------------
    # Around create and write
    # ------------------------------------------------------------------

    # Whoever notes a refusal is asked whether the customer said so. The answer comes
    # with the values, from a form, an import or a request: without it, a refusal is the
    # company's own decision.

    @api.model_create_multi
    def create(self, vals_list):
        answers = [self._take_answer(vals) for vals in vals_list]
        partners = super().create([vals for vals, _words in answers])
        for partner, (vals, words) in zip(partners, answers, strict=True):
            refused = {n: v for n, v in vals.items() if n in REFUSAL_FIELDS}
            if words and refused:
                partner._change_preferences(refused, "told", wording=words)
        return partners

    def write(self, vals):
        vals, words = self._take_answer(vals)
        if not words or not vals.keys() & KIND_BY_FIELD.keys():
            return super().write(vals)
        with holding(CHANGE, Change("told", words, by_customer=True)):
            return super().write(vals)

    @api.model
    def _take_answer(self, vals):
        """Return the values without the answer, and the words of the customer if any.

        :raises UserError: when the customer is said to have refused, without words
        """
        answer = vals.get("refusal_by")
        words = vals.get("refusal_words")
        vals = {
            name: value
            for name, value in vals.items()
            if name not in ("refusal_by", "refusal_words")
        }
        if answer != "customer" or not vals.keys() & set(REFUSAL_FIELDS):
            return vals, None
        return vals, self._clean_words(words, "told")

    @api.model
    def _creating_wishes(self):
        return holding(PARTNER_RECORDS, True)

    def _follow_create(self):
        super()._follow_create()
        found = {
            id_: changes({}, state) for id_, state in self._get_wish_states().items()
        }
        self._record_changes(found, Change("import"), KIND_BY_FIELD.values())

    @contextmanager
    def _noting_wishes(self, vals):
        kinds = {kind for name, kind in KIND_BY_FIELD.items() if name in vals}
        if not kinds:
            yield
            return
        change = CHANGE.get() or self._get_own_change()
        # What other code changes in the meantime is not this customer's decision.
        named = self._get_named_touchpoint_ids(vals)
        with self._recording_wishes(change, kinds, named), holding(CHANGE, None):
            yield

    def _complete_wish_values(self, vals):
        """Return ``vals`` with the reason that belongs to "do not contact"."""
        if "do_not_contact" not in vals or "do_not_contact_reason" in vals:
            return vals
        if not vals["do_not_contact"]:
            return {**vals, "do_not_contact_reason": False}
        change = CHANGE.get()
        if change and change.by_customer:
            reason = self.env._("At the customer's own request")
            return {**vals, "do_not_contact_reason": reason}
        return vals

    @api.model
    def _get_named_touchpoint_ids(self, vals):
        """Return the ids of the channels that ``vals`` refuses explicitly."""
        named = set()
        for command in vals.get("refused_touchpoint_ids") or ():
            if isinstance(command, int):
                # plain ids, as a request may send them
                named.add(command)
            elif command[0] == Command.LINK:
                named.add(command[1])
            elif command[0] == Command.SET:
                named.update(command[2])
        return named

    @api.model
    def _get_own_change(self):
        return Change("import" if self.env.context.get("import_file") else "staff")

    # ------------------------------------------------------------------
    # Whose address it is
    # ------------------------------------------------------------------

    # A link speaks for the customer because it was sent to the customer's address. The
    # address is entered by staff, so the first one is believed; one that takes the
    # place of another is not, unless the customer has entered it.

    def _note_addresses(self, vals):
        """Keep a mark of the address that was there before the first change.

        A customer who changes the own address on the portal vouches for the new one.
        """
        for name, (normalized, mark) in ADDRESSES.items():
            if name not in vals or mark in vals:
                continue
            # sudo: nobody reads or writes the marks.
            for partner in self.sudo():
                if partner == self.env.user.partner_id and self.env.user.share:
                    partner[mark] = False
                elif partner[normalized] and not partner[mark]:
                    partner[mark] = partner._make_address_mark(name)

    def _make_address_mark(self, kind):
        """Return a keyed hash of the present address of a kind of ``ADDRESSES``."""
        self.ensure_one()
        address = self[ADDRESSES[kind][0]] or ""
        return hmac(self.env(su=True), "crm_relationship.address", f"{kind}:{address}")

    def _owns_address(self, kind):
        """Tell whether the present address is, for all we know, the customer's."""
        self.ensure_one()
        # sudo: nobody reads the marks.
        mark = self.sudo()[ADDRESSES[kind][1]]
        return not mark or consteq(mark, self._make_address_mark(kind))

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_merge_same_address(self):
        """Open Odoo's dialog that merges contacts with those of the same address."""
        check_one(self)
        self.check_access("write")
        same = self._find_same()[: MERGED_AT_ONCE - 1]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Merge Entries"),
            "res_model": "base.partner.merge.automatic.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {
                "active_model": "res.partner",
                "active_ids": (self | same).ids,
            },
        }

    def action_note_preference(self):
        """Ask in a dialog what this person refuses, and whether the person said so."""
        check_one(self)
        return self._open_note()

    def _open_note(self, **values):
        """Return the action of the dialog.

        :param values: of the dialog, by the names of its fields
        """
        self.ensure_one()
        self.check_access("read")
        self.env["crm.preference.note"].check_access("create")
        values = {"partner_id": self.id, **values}
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Note a Preference"),
            "res_model": "crm.preference.note",
            "views": [(False, "form")],
            "target": "new",
            "context": {f"default_{name}": value for name, value in values.items()},
        }

    # ------------------------------------------------------------------
    # Changing wishes
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
    # Unsubscribing, and what comes back by email
    # ------------------------------------------------------------------

    def _unsubscribe(self, subject):
        """Refuse what a message was about, on the customer's one click.

        :param str subject: "selling": offers, on every channel; "email" or "sms": all
            automated messages of that sort, whatever they are about
        :return: the new ``crm.preference.change`` rows; none when already refused
        """
        self.ensure_one()
        if subject == "selling":
            vals = {"consent_selling": "refused"}
        else:
            touchpoints = self.env["crm.touchpoint"].search(
                [("kind", "=", subject), ("mode", "=", "automated")]
            )
            vals = {
                "refused_touchpoint_ids": [Command.link(t.id) for t in touchpoints],
            }
            if self.preferred_touchpoint_id in touchpoints:
                vals["preferred_touchpoint_id"] = False
        return self._change_preferences(vals, source="unsubscribe", by_customer=True)

    def _message_receive_bounce(self, email, partner):
        """Stop using the address; users may allow it again once it is corrected."""
        result = super()._message_receive_bounce(email, partner)
        if GATEWAY.get() is not False:
            # sudo: the mail gateway acts, not a user.
            self.sudo()._refuse_email("bounce")
        return result

    def message_update(self, msg_dict, update_vals=None):
        """Hear "stop" from the mail gateway; anybody may call this by RPC."""
        result = super().message_update(msg_dict, update_vals=update_vals)
        if GATEWAY.get():
            self._take_stop_reply(msg_dict)
        return result

    def _take_stop_reply(self, msg_dict):
        """Take a "stop" from the contact as a refusal of email.

        It counts if the first line says nothing else, or if it is the subject of an
        empty message, and if it comes from the contact or from somebody of the same
        company, who then refuses for their own address.

        :param dict msg_dict: as in ``mail.thread.message_update``
        """
        text = html2plaintext(msg_dict.get("body") or "").strip()
        line = text.partition("\n")[0] or msg_dict.get("subject") or ""
        sender = email_normalize(msg_dict.get("email_from") or "")
        if not sender or not _is_stop(line):
            return
        # sudo: the mail gateway acts, not a user.
        customers = self.sudo().commercial_partner_id
        holders = self.sudo()._find_holders({("email", sender)}).filtered("active")
        people = holders.filtered(lambda p: p.commercial_partner_id in customers)
        people._refuse_email("reply", wording=(text or line)[:WORDING_LIMIT])

    def _refuse_email(self, source, wording=None):
        """Refuse every channel that is email."""
        if not self:
            return
        touchpoints = self.env["crm.touchpoint"].sudo().with_context(active_test=False)
        emails = touchpoints.search([("kind", "=", "email")])
        self._change_preferences(
            {"refused_touchpoint_ids": [Command.link(id_) for id_ in emails.ids]},
            source,
            wording=wording,
        )
