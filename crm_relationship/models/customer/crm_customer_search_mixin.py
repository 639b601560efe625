from odoo import api, fields, models
from odoo.fields import Domain

from .typed import get_typed_domain


class CrmCustomerSearchMixin(models.AbstractModel):
    """Finding a record by whom it is about: the same in all lists.

    The contacts are looked up with the rights of the asker.
    """

    _name = "crm.customer.search.mixin"
    _description = "Search by Customer"
    # Path to the contact.
    _customer_path = "partner_id"

    customer_search = fields.Char(
        string="Name, Email or Phone",
        store=False,
        search="_search_customer_search",
        groups="base.group_user",
    )

    @api.model
    def _search_customer_search(self, operator, value):
        """Find the records of the contacts meant by a text.

        Other ways to ask than a filter's are left to Odoo, which tries the opposite.
        """
        if operator == "in":
            return Domain.OR(
                self._search_customer_search("ilike", text) for text in value if text
            )
        if operator not in ("ilike", "like", "="):
            return NotImplemented
        if not isinstance(value, str) or not value.strip():
            return Domain(not value)
        return Domain(self._customer_path, "any", get_typed_domain(self.env, value))
