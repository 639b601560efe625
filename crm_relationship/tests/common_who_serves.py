"""What the tests of who serves whom share."""

from odoo import Command
from odoo.tests import new_test_user

from .common import QUIET, RelationshipCase, own_login


class WhoServesCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.make_relationship(cls.make_customer("Own"))
        cls.foreign = cls.make_relationship(
            cls.make_customer("Foreign"), user_id=cls.budi.id
        )
        cls.stood_in = cls.make_relationship(
            cls.make_customer("Stood in"),
            user_id=cls.budi.id,
            backup_user_id=cls.sari.id,
        )
        cls.nobodys = cls.make_relationship(
            cls.make_customer("Nobody's"), user_id=False
        )
        # an internal user who edits contacts, but does not sell
        cls.clerk = new_test_user(
            cls.env,
            own_login("clerk"),
            "base.group_user,base.group_partner_manager",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
            context=QUIET,
        )
        group = cls.env.ref("base.group_partner_manager")
        for user in cls.sari + cls.budi + cls.all_documents + cls.manager:
            user.group_ids += group

    def as_user(self, records, user):
        return records.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )

    def assertKept(self, relationship, staff):
        self.env.invalidate_all()
        self.assertEqual(relationship.user_id, staff)
