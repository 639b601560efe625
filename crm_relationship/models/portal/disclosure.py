"""What a person may ask to see: article 15 of the GDPR, and what others ask alike."""

from datetime import datetime

from ..ledger.crm_interaction import PENDING_STATES


def iso(moment):
    """Return a date, or a UTC timestamp, in ISO 8601."""
    if isinstance(moment, datetime):
        return f"{moment.replace(microsecond=0).isoformat()}Z"
    return moment.isoformat() if moment else None


class Disclosure:
    """What is known of one person besides name and wishes, as plain values for JSON.

    Left out is what tells about others (colleagues, other customers, which salesperson
    said what), and why staff decided something: the reasons they typed, and their guess
    at the customer's mood.

    Figures, segment and programs are the customer's: where that is a company, they are
    no data of the people who work there, and left out.

    :param partner: one ``res.partner`` with sudo
    """

    def __init__(self, partner):
        partner.ensure_one()
        self.partner = partner
        self.env = partner.env
        is_customer = partner.commercial_partner_id == partner
        relationships = self.env["crm.relationship"].with_context(active_test=False)
        self.relationships = relationships.search(
            [("partner_id", "=", partner.id)] if is_customer else [("id", "=", 0)],
            order="company_id, id",
        )

    def get_data(self):
        """Return what belongs into the download, by key."""
        return {
            "contacts": self._get_made(),
            "planned": self._get_planned(),
            "benefits": self._get_benefits(),
            "companies": [self._get_company_data(r) for r in self.relationships],
            "programs": self._get_programs(),
            "goodbyes": self._get_goodbyes(),
            "logic": self._get_logic(),
            "purposes": self._get_purposes(),
            "recipients": self._get_recipients(),
            "sources": self._get_sources(),
            "retention": self._get_retention(),
            "rights": self._get_rights(),
        }

    def _label(self, record, name):
        """Return what a selection field shows, in the reader's language."""
        selection = record._fields[name]._description_selection(self.env)
        return dict(selection).get(record[name])

    # ------------------------------------------------------------------
    # Contacts
    # ------------------------------------------------------------------

    def _get_interactions(self, states, order):
        return self.env["crm.interaction"].search(
            [("partner_id", "=", self.partner.id), ("state", "in", states)], order=order
        )

    def _get_made(self):
        """Return the contacts made, latest first, with what the person said."""
        made = self._get_interactions(("done",), "date_done desc, id desc")
        return [
            {
                "date": iso(contact.date_done),
                **self._describe(contact),
                "outcome": self._label(contact, "outcome"),
                "feedback": contact.feedback or None,
                "complaint": contact.is_complaint,
                "benefit": contact.given_benefit_id.name or None,
            }
            for contact in made
        ]

    def _get_planned(self):
        """Return the contacts that are planned, the next one first."""
        pending = self._get_interactions(PENDING_STATES, "date_planned, id")
        return [
            {"date": iso(contact.date_planned), **self._describe(contact)}
            for contact in pending
        ]

    def _describe(self, contact):
        return {
            "channel": contact.touchpoint_id.name or "",
            "kind": contact.kind,
            "purpose": contact.name,
            "objective": self._label(contact, "objective"),
            "company": contact.company_id.name,
        }

    def _get_benefits(self):
        """Return what was handed over to the person."""
        return [
            {
                "date": iso(contact.date_done),
                "name": contact.given_benefit_id.name,
                "company": contact.company_id.name,
            }
            for contact in self._get_interactions(("done",), "date_done desc, id desc")
            if contact.given_benefit_id
        ]

    # ------------------------------------------------------------------
    # The customer, in each company
    # ------------------------------------------------------------------

    def _get_company_data(self, relationship):
        return {
            "company": relationship.company_id.name,
            "currency": relationship.currency_id.name,
            "segment": relationship.segment_id.name or None,
            "segment_chosen_by": self._get_chooser(relationship),
            "former_segments": [
                {
                    "date": iso(move.date),
                    "from": move.from_segment_id.name or None,
                    "to": move.to_segment_id.name or None,
                }
                for move in relationship.segment_move_ids
            ],
            "life_cycle_stage": self._label(relationship, "lifecycle_stage"),
            "life_cycle_since": iso(relationship.lifecycle_date),
            "scores": {
                "recency": relationship.rfm_recency,
                "frequency": relationship.rfm_frequency,
                "monetary": relationship.rfm_monetary,
            },
            "purchases": relationship.order_count,
            "revenue": relationship.revenue,
            "first_purchase": iso(relationship.first_order_date),
            "last_purchase": iso(relationship.last_order_date),
            "usual_interval_days": relationship.purchase_interval,
            "value_12_months": relationship.value_12m,
            "value_if_still_a_customer": relationship.active_value,
            "lifetime_value": relationship.lifetime_value,
            "properties": self._get_properties(relationship),
        }

    def _get_chooser(self, relationship):
        if not relationship.segment_id:
            return None
        return "person" if relationship._is_kept() else "rules"

    def _get_properties(self, relationship):
        """Return what the company notes of its customers besides, by label."""
        return {
            entry.get("string") or entry["name"]: str(entry["value"])
            for entry in relationship.read(["customer_properties"])[0][
                "customer_properties"
            ]
            if entry.get("value")
        }

    def _get_programs(self):
        enrollments = self.env["crm.program.enrollment"].search(
            [("relationship_id", "in", self.relationships.ids)]
        )
        return [
            {
                "name": enrollment.program_id.name,
                "objective": self._label(enrollment, "objective"),
                "benefit": enrollment.program_id.benefit or None,
                "start": iso(enrollment.date),
                "state": self._label(enrollment, "state"),
                "company": enrollment.company_id.name,
            }
            for enrollment in enrollments
        ]

    def _get_goodbyes(self):
        """Return when the customer was lost and returned, with the customer's words."""
        defections = self.env["crm.defection"].search(
            [("relationship_id", "in", self.relationships.ids)]
        )
        return [
            {
                "date": iso(defection.date),
                "said_by_you": defection.declared,
                "reason": defection.reason_id.name or None,
                "words": defection.note or None,
                "returned": iso(defection.date_returned),
                "company": defection.company_id.name,
            }
            for defection in defections
        ]

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _get_logic(self):
        """Return how figures come about and what follows from them.

        The rates that a company computes with are its own affair.
        """
        return {
            "scores": self.env._(
                "Customers are compared by the day of their last purchase, the number"
                " of purchases and the amount. The more of them are behind you, the"
                " higher the score. 0 means no purchase in the time looked at."
            ),
            "life_cycle_stage": self.env._(
                "It follows from the number of your purchases and from how long ago the"
                " last one is, measured by your usual interval."
            ),
            "segment": self.env._(
                "The first segment whose conditions fit your scores and stage, unless a"
                " person has chosen one for you. It decides how often, and through"
                " which channels, you are contacted."
            ),
            "value_12_months": self.env._(
                "What your purchases brought in a year, times the share of similar"
                " customers who stay. It helps to decide whether a program is worth its"
                " cost."
            ),
            "lifetime_value": self.env._(
                "The same for as long as you are likely to stay, with later years"
                " counting less."
            ),
            "consequences": self.env._(
                "From these figures follow interactions and programs, nothing else. A"
                " person can change each of these decisions."
            ),
        }

    def _get_purposes(self):
        """Return what the data are used for, and on which ground, in each company."""
        consents = {c["name"]: c for c in self.partner._get_portal_consents()}
        purposes = [
            {
                "purpose": self.env._("Service"),
                "text": self.env._(
                    "Answering you, and helping with what you have bought."
                ),
                "ground": self.env._("Your purchases and your requests"),
            }
        ]
        for kind in ("relationship", "selling"):
            consent = consents[f"consent_{kind}"]
            companies = self._get_companies()
            asked = companies.filtered(
                lambda company, kind=kind: company[f"consent_policy_{kind}"] == "opt_in"
            )
            for group, ground in (
                (asked, self.env._("Your consent")),
                (
                    companies - asked,
                    self.env._("Our interest in serving you, until you refuse"),
                ),
            ):
                if group:
                    purposes.append(
                        {
                            "purpose": consent["title"],
                            "text": consent["text"],
                            "ground": ground,
                            "companies": group.mapped("name"),
                            "your_answer": consent["state"],
                        }
                    )
        return purposes

    def _get_companies(self):
        """Return the companies that know this person."""
        known = self.env["crm.relationship"].with_context(active_test=False)
        customer = self.partner.commercial_partner_id
        relationships = known.search([("partner_id", "=", customer.id)])
        made = self.env["crm.interaction"].search(
            [("partner_id", "=", self.partner.id)]
        )
        return relationships.company_id | made.company_id

    def _get_recipients(self):
        companies = [
            self.env._(
                "%(company)s: the people who serve you, and their managers",
                company=name,
            )
            for name in self._get_companies().mapped("name")
        ]
        return [
            *companies,
            self.env._(
                "Providers that keep this database or carry emails and text messages"
                " to you, on our behalf"
            ),
        ]

    def _get_sources(self):
        return [
            self.env._("You: what you told us, and what you chose on this page"),
            self.env._("Your purchases"),
            self.env._(
                "The people who serve you: what they noted after speaking with you"
            ),
        ]

    def _get_retention(self):
        return [
            self.env._(
                "What this file shows is kept until you ask for erasure, which you can"
                " do on this page."
            ),
            self.env._("Orders and invoices are kept as long as the law asks for it."),
            self.env._(
                "After an erasure a fingerprint of your address, which cannot be read"
                " back, stays, so that nobody contacts you by mistake."
            ),
        ]

    def _get_rights(self):
        return [
            self.env._(
                "You may have your data corrected or erased, and restrict their use."
            ),
            self.env._(
                "You may object to being contacted and to offers, and take back a"
                " consent."
            ),
            self.env._("You may complain to the authority for data protection."),
        ]
