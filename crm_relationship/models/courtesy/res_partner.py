from contextlib import contextmanager

from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

from ...engine.preferences import changes, is_kept
from ...engine.windows import zone
from ..base.asked import check_one
from ..base.bounds import day_bounds
from ..base.holding import holding
from .voices import Voices
from .wishes import CHANGE, KIND_BY_FIELD, PARTNER_RECORDS, REFUSAL_FIELDS, Change

REASON_LIMIT = 500
CONSENTS = [
    ("unknown", "Not asked"),
    ("granted", "Granted"),
    ("refused", "Refused"),
]


class ResPartner(models.Model):
    """What a person wishes, the same for all companies.

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
    # Actions
    # ------------------------------------------------------------------

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
