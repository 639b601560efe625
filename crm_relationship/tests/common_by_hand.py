"""What the tests of what people may set by hand share."""

from odoo.exceptions import UserError

from .common import RelationshipCase


class ByHandCase(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.own = cls.make_relationship(cls.make_customer("Own"))
        cls.foreign = cls.make_relationship(
            cls.make_customer("Foreign"), user_id=cls.budi.id
        )
        cls.elsewhere = cls.make_relationship(
            cls.make_customer("Elsewhere"),
            cls.other_company,
            user_id=cls.stranger.id,
        )
        cls.salespeople = (cls.sari, cls.all_documents, cls.manager)

    @classmethod
    def as_user(cls, records, user):
        return records.with_user(user).with_context(
            allowed_company_ids=user.company_ids.ids
        )

    def assertRefused(self, records, vals, users=None):
        """Assert that nobody may write these values, and that nothing changes."""
        for user in users or self.salespeople:
            with self.subTest(user=user.login, model=records._name, vals=vals):
                before = records.read(list(vals))
                with self.assertRaises(UserError) as refusal:
                    self.as_user(records, user).write(vals)
                self.assertRegex(str(refusal.exception), r"\w+ \w+ \w+")
                records.invalidate_recordset()
                self.assertEqual(records.read(list(vals)), before)

    def assertNotCreated(self, model, vals, users=None):
        for user in users or self.salespeople:
            with self.subTest(user=user.login, model=model, vals=vals):
                with self.assertRaises(UserError) as refusal:
                    self.as_user(self.env[model], user).create(vals)
                self.assertRegex(str(refusal.exception), r"\w+ \w+ \w+")
