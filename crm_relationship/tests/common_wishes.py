from odoo.tests import TransactionCase, new_test_user

from .common import own_login


class WishesCase(TransactionCase):
    """A company contact with a person, and users of each role."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.salesperson = new_test_user(
            cls.env, own_login("wishes_sales"), groups="sales_team.group_sale_salesman"
        )
        cls.all_documents = new_test_user(
            cls.env,
            own_login("wishes_all"),
            groups="sales_team.group_sale_salesman_all_leads",
        )
        cls.manager = new_test_user(
            cls.env, own_login("wishes_manager"), groups="sales_team.group_sale_manager"
        )
        cls.firm = cls.env["res.partner"].create({"name": "Firm", "is_company": True})
        cls.person = cls.env["res.partner"].create(
            {
                "name": "Person",
                "parent_id": cls.firm.id,
                "email": "person@example.com",
                "phone": "+62 811 2345 678",
            }
        )
        cls.email = cls.env.ref("crm_relationship.crm_touchpoint_email")
        cls.call = cls.env.ref("crm_relationship.crm_touchpoint_call")
        cls.whatsapp = cls.env.ref("crm_relationship.crm_touchpoint_whatsapp")

    def _history(self, partner=None):
        """Return the history of a contact, oldest first."""
        return (
            self.env["crm.preference.change"]
            .search([("partner_id", "=", (partner or self.person).id)])
            .sorted("id")
        )

    def _rows(self, partner=None):
        """Return the history as plain values."""
        return [
            (row.kind, row.old_value or "", row.new_value or "", row.source)
            for row in self._history(partner)
        ]

    def _refuse(self, vals, source="portal", **kwargs):
        """Change wishes as the customer."""
        return self.person.sudo()._change_preferences(vals, source, **kwargs)
