from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..engine.windows import zone

REASON_LIMIT = 500
CONSENTS = [
    ("unknown", "Not asked"),
    ("granted", "Granted"),
    ("refused", "Refused"),
]


class ResPartner(models.Model):
    """What a person wishes, the same for all companies.

    The fields are for internal users: on the portal a person sees the own wishes only,
    through the preferences page.
    """

    _inherit = "res.partner"

    birthdate = fields.Date(string="Date of Birth", groups="base.group_user")
    preferred_touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Preferred Channel",
        ondelete="restrict",
        groups="base.group_user",
        help="Through which channel this contact likes to be reached.",
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
        help="This contact is never contacted through these channels.",
    )
    contact_window_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="When to Contact",
        ondelete="restrict",
        groups="base.group_user",
        help="This contact is contacted within these hours only, in the contact's own"
        " time zone. Left empty: at any time.",
    )
    contact_snooze_until = fields.Date(
        string="Pause Until",
        groups="base.group_user",
        help="Nobody makes contact before this day, in the contact's time zone.",
    )
    do_not_contact = fields.Boolean(
        groups="base.group_user",
        help="Nobody contacts this contact at all, not even for service.",
    )
    do_not_contact_reason = fields.Char(
        string="Reason Not to Contact",
        groups="base.group_user",
    )
    consent_relationship = fields.Selection(
        selection=CONSENTS,
        string="Relationship Contacts",
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
        string="Selling Contacts",
        default="unknown",
        groups="base.group_user",
        help="Offers, promotions, new products. Refusing them silences neither service"
        " nor relationship contacts.",
    )
    consent_selling_date = fields.Datetime(
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    consent_selling_source = fields.Selection(
        selection="_get_change_sources",
        compute="_compute_consents",
        compute_sudo=True,
        groups="base.group_user",
    )
    consent_selling_wording = fields.Text(
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
        string="Wishes about the Staff",
        groups="base.group_user",
    )
    preference_change_ids = fields.One2many(
        comodel_name="crm.preference.change",
        inverse_name="partner_id",
        string="History of Wishes",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )

    @api.model
    def _get_change_sources(self):
        source = self.env["crm.preference.change"]._fields["source"]
        return source._description_selection(self.env)

    @api.depends("preference_change_ids")
    def _compute_consents(self):
        History = self.env["crm.preference.change"]
        kinds = ("consent_relationship", "consent_selling")
        latest = History._read_group(
            [("partner_id", "in", self.ids), ("kind", "in", kinds)],
            ["partner_id", "kind"],
            ["id:max"],
        )
        rows = {(partner.id, kind): id_ for partner, kind, id_ in latest}
        History.browse(rows.values()).fetch(["date", "source", "wording", "user_id"])
        for partner in self:
            for kind in kinds:
                row = History.browse(rows.get((partner._origin.id, kind)))
                partner[f"{kind}_date"] = row.date
                partner[f"{kind}_source"] = row.source
                partner[f"{kind}_wording"] = row.wording
                partner[f"{kind}_user_id"] = row.user_id

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
        kept = self.sudo().preference_change_ids[:1]
        if kept:
            raise ValidationError(
                self.env._(
                    "%(contact)s cannot be deleted: the history of the contact's wishes"
                    " is kept. Archive the contact instead, or have a sales"
                    " administrator erase the personal data.",
                    contact=kept.partner_id.display_name,
                )
            )

    def _get_contact_wish(self, field_name):
        """Return a wish of this contact; where empty, that of the company contact.

        A consent that was not asked for counts as empty. So "do not contact" and the
        refusals of a company hold for its people who say nothing themselves.
        """
        self.ensure_one()
        own = self[field_name]
        if own and not (isinstance(own, str) and own == "unknown"):
            return own
        return self.commercial_partner_id[field_name]

    def _get_contact_tz(self):
        """Return the name of the contact's time zone, else the company contact's.

        False where neither is known. The database may hold a name that
        does not exist, or no longer.
        """
        self.ensure_one()
        for name in (self.tz, self.commercial_partner_id.tz):
            try:
                if name:
                    return zone(name).key
            except ValueError:
                continue
        return False
