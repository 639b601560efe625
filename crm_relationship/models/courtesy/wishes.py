"""Which fields are wishes of a person, and who changes them."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from ...engine.preferences import is_refusal

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
CONSENT_FIELDS = ("consent_relationship", "consent_selling")
REFUSAL_FIELDS = (
    "do_not_contact",
    "refused_touchpoint_ids",
    "contact_snooze_until",
    *CONSENT_FIELDS,
)
MANAGER_GROUP = "sales_team.group_sale_manager"


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
