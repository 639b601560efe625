from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..models.people.crm_feasibility import READER
from .morning import ManagerPage, OwnPage

SELLER = "sales_team.group_sale_salesman"


class CrmMorning(models.AbstractModel):
    """The pages *This Morning* and *How Am I Doing?*.

    Each is read by one method, with the rights and the company of whoever looks. What
    they show stands in ``morning.py``, how each number is counted in ``page.py``.
    """

    _name = "crm.morning"
    _description = "This Morning"

    @api.model
    def get_page(self):
        """Return the manager's page of the current company: ``Page.collect``."""
        if not self.env.user.has_group(READER):
            raise AccessError(
                self.env._(
                    "This page is for those who see the customers of all salespeople."
                    " Your own figures are on “How Am I Doing?”."
                )
            )
        return ManagerPage(self.env, fields.Datetime.now()).collect()

    @api.model
    def get_own_page(self):
        """Return the page of a salesperson about himself: ``Page.collect``."""
        if not self.env.user.has_group(SELLER):
            raise AccessError(
                self.env._("The figures of customers are for salespeople.")
            )
        return OwnPage(self.env, fields.Datetime.now()).collect()
