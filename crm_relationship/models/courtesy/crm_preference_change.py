from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date, format_datetime

from ...engine.preferences import is_refusal
from ..base.figures import format_count

KINDS = [
    ("preferred_channel", "Preferred channel"),
    ("refused_channel", "Refused channel"),
    ("window", "When to contact"),
    ("snooze", "Pause until"),
    ("do_not_contact", "Do not contact"),
    ("do_not_contact_reason", "Reason not to contact"),
    ("consent_relationship", "Relationship consent"),
    ("consent_selling", "Selling consent"),
    ("staff_requirement", "Salesperson requirements"),
]
SOURCES = [
    ("staff", "Internal user"),
    ("portal", "Customer portal"),
    ("link", "Link in a message"),
    ("changed_address", "Link sent to an address that was changed"),
    ("unsubscribe", "One-click unsubscribe"),
    ("told", "Told to an internal user"),
    ("statement", "Customer's statement, recorded by a sales administrator"),
    ("bounce", "Undeliverable message"),
    ("reply", "Reply to a message"),
    ("import", "Import or creation"),
    ("merge", "Merge of contacts"),
]
# Refusals noted so are the company's own decision, unless the customer made them.
COMPANY_SOURCES = ("staff", "import")
WORDING_LIMIT = 2000


class CrmPreferenceChange(models.Model):
    """One change of one wish: the proof of what a customer asked for, and when.

    Rows are only ever added. Only an erasure of the customer's data removes them, so a
    contact with a history cannot be deleted.
    """

    _name = "crm.preference.change"
    _inherit = ["crm.record.mixin", "crm.customer.search.mixin"]
    _description = "Preference Change"
    _order = "id desc"
    _rec_name = "kind"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        index=True,
        ondelete="restrict",
    )
    kind = fields.Selection(selection=KINDS, string="Preference", required=True)
    touchpoint_id = fields.Many2one(
        comodel_name="crm.touchpoint",
        string="Channel",
        index="btree_not_null",
        ondelete="restrict",
    )
    old_value = fields.Char(string="From")
    new_value = fields.Char(string="To")
    old_label = fields.Char(string="Before", compute="_compute_labels")
    new_label = fields.Char(string="After", compute="_compute_labels")
    is_refusal = fields.Boolean(
        compute="_compute_is_refusal",
        store=True,
        precompute=True,
        help="The customer wants to be contacted less from then on.",
    )
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    source = fields.Selection(selection=SOURCES, required=True)
    wording = fields.Text(
        help="What the customer read and agreed to, or said, word for word.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Recorded By",
        required=True,
        default=lambda self: self.env.user,
        ondelete="restrict",
    )
    by_customer = fields.Boolean(
        string="By the Customer",
        help="The customer decided this; only the customer can take a refusal back.",
    )
    decided_by = fields.Selection(
        selection=[("customer", "The customer"), ("company", "The company")],
        compute="_compute_decided_by",
        help="What the customer decided, only the customer can take back. What the"
        " company decided on its own, its salespeople may change again.",
    )

    @api.depends("kind", "new_value")
    def _compute_is_refusal(self):
        for change in self:
            change.is_refusal = is_refusal(change.kind, change.new_value or "")

    @api.depends("by_customer", "is_refusal", "source")
    def _compute_decided_by(self):
        for change in self:
            own = change.is_refusal and change.source in COMPANY_SOURCES
            change.decided_by = (
                "customer" if change.by_customer else "company" if own else False
            )

    @api.depends("old_value", "new_value")
    @api.depends_context("lang")
    def _compute_labels(self):
        labels = {
            "refused": self.env._("Refused"),
            "allowed": self.env._("Allowed"),
            "granted": self.env._("Granted"),
            "unknown": self.env._("Not asked"),
            "yes": self.env._("Yes"),
            "no": self.env._("No"),
        }
        for change in self:
            change.old_label = labels.get(change.old_value, change.old_value)
            change.new_label = labels.get(change.new_value, change.new_value)

    @api.constrains("wording")
    def _check_wording(self):
        for change in self:
            change._check_wording_length(change.wording)

    @api.model
    def _check_wording_length(self, wording):
        if wording and len(wording) > WORDING_LIMIT:
            raise ValidationError(
                self.env._(
                    "The customer's words are too long: %(length)s characters, and at"
                    " most %(limit)s are kept. Shorten them to what matters.",
                    length=format_count(self.env, len(wording)),
                    limit=format_count(self.env, WORDING_LIMIT),
                )
            )

    def write(self, vals):
        """Refuse, for everyone: a history that can be edited proves nothing."""
        if self:
            raise UserError(
                self.env._(
                    "The history of a customer's preferences cannot be changed. Change"
                    " the preference itself: that adds a new line."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "The history of a customer's preferences cannot be deleted. It is"
                " deleted when the customer's data are erased."
            )
        )

    @api.model
    def _get_refusal(self, contacts, kind, touchpoint):
        """Return the day and the author of a refusal that still holds, else ``None``.

        ``sudo``: that it is refused has been told already; day and author are whose
        word it is.

        :param str kind: one of ``KINDS``
        :param touchpoint: the channel refused, where it is about one
        :return: dict with ``day`` and ``who``, as people read them
        """
        last = self.sudo().search(
            [
                ("partner_id", "in", contacts.ids),
                ("kind", "=", kind),
                ("touchpoint_id", "in", (touchpoint.id, False)),
            ],
            limit=1,
        )
        if not last.is_refusal:
            return None
        by_staff = last.user_id.name
        return {
            "day": format_date(
                self.env,
                fields.Datetime.context_timestamp(self, last.date).date(),
                date_format="d MMMM y",
            ),
            "who": self.env._("the customer") if last.by_customer else by_staff,
        }

    def _get_refusal_error(self):
        """Return the error for salespeople who try to take this refusal back."""
        self.ensure_one()
        labels = self._fields["kind"]._description_selection(self.env)
        sources = self._fields["source"]._description_selection(self.env)
        what = dict(labels)[self.kind]
        if self.touchpoint_id:
            what = f"{what}: {self.touchpoint_id.name}"
        return UserError(
            self.env._(
                "%(contact)s decided this on %(date)s and only the customer can take it"
                " back (%(what)s; %(how)s). Ask the customer to change it on the"
                " preferences page, or have a sales administrator record the"
                " customer's own words with “Record Customer's Statement”.",
                contact=self.partner_id.display_name,
                date=format_datetime(self.env, self.date),
                what=what,
                how=dict(sources)[self.source],
            )
        )
