from contextlib import contextmanager

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..base.asked import check_records
from ..courtesy.wishes import MANAGER_GROUP
from .erasure import Erasure

# Contacts of these types are addresses of a person, not people.
PERSON_TYPE = "contact"
ADDRESS_FIELDS = frozenset(("email", "phone", "country_id"))


class ResPartner(models.Model):
    """Erasing a person's data, and never using the person's addresses afterwards."""

    _inherit = "res.partner"

    erasure_note = fields.Text(
        string="Erasure",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_manager",
        help="Who erased the personal data and when, what stays of them, and why.",
    )

    # ------------------------------------------------------------------
    # Silence after an erasure
    # ------------------------------------------------------------------

    def _follow_create(self):
        super()._follow_create()
        self._silence_suppressed(self._get_addresses())

    @contextmanager
    def _watching_addresses(self, vals):
        if not ADDRESS_FIELDS & vals.keys():
            yield
            return
        before = self._get_addresses()
        yield
        after = self._get_addresses()
        self._silence_suppressed({p: after[p] - before[p] for p in after})

    def _get_addresses(self):
        """Return {contact as superuser: {("email" or "phone", address)}}."""
        Suppression = self.env["crm.suppression"]
        return {partner: Suppression._get_addresses(partner) for partner in self.sudo()}

    @api.model
    def _silence_suppressed(self, addresses):
        """Set "do not contact" where an address belongs to somebody who was erased.

        The refusal counts as the customer's own, because the customer asked for the
        erasure: only the customer can take it back. ``sudo``: whoever creates a contact
        need not know why.

        :param dict addresses: the new ones, as returned by ``_get_addresses``
        """
        matches = self.env["crm.suppression"].sudo()._get_matches(addresses)
        by_date = {}
        for partner, date in matches.items():
            if not partner.do_not_contact:
                by_date[date] = by_date.get(date, self.sudo().browse()) | partner
        for date, partners in by_date.items():
            reason = self.env._(
                "The owner of this address had all personal data erased on %(date)s",
                date=format_date(self.env, date),
            )
            partners._change_preferences(
                {"do_not_contact": True, "do_not_contact_reason": reason},
                "import",
                by_customer=True,
            )
            partners._blacklist_addresses()

    def _blacklist_addresses(self):
        """Silence the rest of Odoo too, which asks its own blacklists."""
        emails = self.filtered("email_normalized").mapped("email_normalized")
        phones = self.filtered("phone_sanitized").mapped("phone_sanitized")
        self.env["mail.blacklist"].create([{"email": email} for email in emails])
        self.env["phone.blacklist"].create([{"number": number} for number in phones])

    # ------------------------------------------------------------------
    # Erasure
    # ------------------------------------------------------------------

    def action_erase_contact_data(self):
        """Erase, or agree to it where other companies have to agree first."""
        if not self:
            raise UserError(
                self.env._("Choose the person whose personal data are to be erased.")
            )
        check_records(self)
        self._check_eraser()
        self._take_turns()
        asked = self._ask_other_companies()
        if asked:
            return self._notify_eraser(asked, "warning")
        return self._notify_eraser(self._erase_contact_data(), "success")

    def _notify_eraser(self, lines, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": self.env._("Personal data erased")
                if kind == "success"
                else self.env._("Not erased yet"),
                "message": "\n".join(lines),
                "sticky": True,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _erase_contact_data(self):
        """Forget who these contacts are; documents and figures stay.

        What is left of an address is a hash in ``crm.suppression``. Sales orders and
        invoices stay, and name "Erased contact N" from then on. Doing it again finds
        what has come since, and changes nothing else.

        :return: what stays and why, as a list of sentences without personal data
        :raises AccessError: when the user is no sales administrator
        :raises UserError: when a contact is an internal user or a company, or another
            company that serves it has not agreed
        """
        if not self:
            return []
        self._check_eraser()
        # sudo: the traces are in models that a sales administrator may not write to,
        # such as users, messages and blacklists.
        contacts = self.sudo().with_context(
            tracking_disable=True, mail_notrack=True, active_test=False
        )
        contacts._take_turns()
        (contacts | contacts._get_own_addresses())._check_erasable()
        self._check_agreed()
        kept = []
        for contact in contacts:
            lines = Erasure(contact).run()
            contact._note_erasure(lines)
            kept += lines
        self.env["crm.erasure.agreement"].sudo()._forget(self)
        return kept

    def _erase_in_apps(self):
        """Forget these people in what other apps keep of them.

        Addons that tie us to such an app add theirs. As superuser, archived records in
        sight, while the contacts still have their names.

        :return: what stays and why, as a list of sentences without personal data
        """
        return []

    def _get_own_addresses(self):
        """Return the contacts below these that are addresses, not people."""
        return self.search(
            [("id", "child_of", self.ids), ("id", "not in", self.ids)]
        ).filtered(lambda address: address.type != PERSON_TYPE)

    def _note_erasure(self, lines):
        """Note on the contact who erased it and when, and what stays.

        Done again, it adds what was not noted before.
        """
        self.ensure_one()
        noted = self.erasure_note or ""
        new = [f"• {line}" for line in lines if line not in noted]
        if noted and not new:
            return
        intro = self.env._(
            "Erased on %(date)s by %(user)s. What stays, and why:",
            date=format_date(self.env, fields.Date.context_today(self)),
            user=self.env.user.name,
        )
        self.erasure_note = "\n".join([*filter(None, [noted]), intro, *new])

    # ------------------------------------------------------------------
    # Who may erase
    # ------------------------------------------------------------------

    def _check_eraser(self):
        user = self.env.user
        if not (user.has_group(MANAGER_GROUP) or user._is_superuser()):
            raise AccessError(
                self.env._(
                    "Only a sales administrator can erase the data of a contact."
                )
            )
        self.check_access("write")

    def _check_erasable(self):
        for partner in self:
            if any(user._is_internal() for user in partner.user_ids):
                raise UserError(
                    self.env._(
                        "%(contact)s is an internal user. Archive the user and take"
                        " away the access rights before you erase the contact.",
                        contact=partner.display_name,
                    )
                )
            if self.env["res.company"].search_count(
                [("partner_id", "=", partner.id)], limit=1
            ):
                raise UserError(
                    self.env._(
                        "%(contact)s is one of your companies and cannot be erased.",
                        contact=partner.display_name,
                    )
                )

    def _get_serving_companies(self):
        """Return the companies that know this contact as a customer of theirs.

        ``sudo``: the user need not be allowed to look into them, only to know which.
        """
        self.ensure_one()
        contact = self.sudo().with_context(active_test=False)
        people = contact | contact._get_own_addresses()
        companies = contact.company_id
        for model, domain in (
            (
                "crm.relationship",
                [("partner_id", "=", contact.commercial_partner_id.id)],
            ),
            ("crm.interaction", [("partner_id", "in", people.ids)]),
            ("crm.lead", [("partner_id", "in", people.ids)]),
            ("sale.order", [("partner_id", "in", people.ids)]),
            ("account.move", [("partner_id", "in", people.ids)]),
        ):
            groups = contact.env[model]._read_group(domain, ["company_id"])
            companies |= companies.union(*(company for (company,) in groups))
        return companies

    def _get_companies_to_agree(self):
        """Return the companies that serve this contact and have not agreed.

        A sales administrator speaks for the companies that he or she has access to.
        """
        self.ensure_one()
        if self.env.user._is_superuser():
            return self.env["res.company"]
        agreed = self.env["crm.erasure.agreement"].sudo()._get_companies(self)
        return self._get_serving_companies() - self.env.user.company_ids - agreed

    def _check_agreed(self):
        for contact in self:
            missing = contact._get_companies_to_agree()
            if missing:
                raise UserError(contact._get_missing_agreement(missing))

    def _get_missing_agreement(self, companies):
        return self.env._(
            "%(contact)s is a customer of %(companies)s as well. A sales administrator"
            " there has to agree, by pressing “Erase Personal Data” on the contact.",
            contact=self.display_name,
            companies=", ".join(companies.sudo().mapped("name")),
        )

    def _ask_other_companies(self):
        """Agree for the user's companies; ask the others that have to agree.

        :return: a sentence for each contact that cannot be erased yet
        """
        lines = []
        for contact in self:
            missing = contact._get_companies_to_agree()
            if not missing:
                continue
            own = contact._get_serving_companies() & self.env.user.company_ids
            # sudo: agreements are made by this button only
            self.env["crm.erasure.agreement"].sudo()._agree(contact, own)
            for company in missing:
                contact._ask_company(company)
            lines.append(contact._get_missing_agreement(missing))
        return lines

    def _ask_company(self, company):
        """Put the question into the queue of a sales administrator, once.

        ``sudo``: it is another company's user and activity.
        """
        todo = self.env.ref("mail.mail_activity_data_todo")
        administrators = (
            self.env.ref(MANAGER_GROUP)
            .sudo()
            .all_user_ids.filtered(
                lambda user: user.active
                and not user.share
                and company in user.company_ids
                and not user._is_superuser()
            )
            .sorted(lambda user: (user.company_id != company, user.id))
        )
        asked = self.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == todo
            and activity.user_id in administrators
            and activity.automated
        )
        if administrators and not asked:
            self.sudo().activity_schedule(
                activity_type_id=todo.id,
                date_deadline=fields.Date.add(fields.Date.context_today(self), days=7),
                summary=self.env._(
                    "Agree to erasing the personal data: press “Erase Personal Data”"
                ),
                user_id=administrators[0].id,
            )
