from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_workdays(self, company, now):
        """Return when these work for a company; rooms that know it override this.

        And when those work who may stand in. Whoever is left out works at any time.

        :param datetime now: UTC; the days from then on are asked for
        :return: ``{res.users: engine.workdays.Workdays}``
        """
        return {}
