"""Fields for staff are not for customers: none is listed or told, under any name."""

from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import RelationshipCase

MODULE = "crm_relationship"
# Fields that customers may see, {(model, field): why}. None so far.
FOR_CUSTOMERS = {}


def own_fields(env):
    """Yield (model, field) of all fields that this addon has brought."""
    for name, model in env.registry.items():
        for field in model._fields.values():
            # the first one made it; a related field names the modules of both ends
            made = (
                field._modules[:1] == (MODULE,)
                or MODULE in field._modules
                and (field.related)
            )
            magic = field.name in ("id", "display_name")
            if made and not magic and (name, field.name) not in FOR_CUSTOMERS:
                yield env[name], field


@tagged("post_install", "-at_install")
class TestFieldsForStaff(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.public = cls.env.ref("base.public_user")
        cls.customers = (cls.portal, cls.public)

    def test_there_are_many(self):
        names = {(model._name, field.name) for model, field in own_fields(self.env)}
        self.assertGreater(len(names), 200)
        self.assertIn(("res.company", "relationship_margin_rate"), names)
        self.assertIn(("res.users", "birthdate"), names)

    def test_none_is_listed(self):
        for user in self.customers:
            listed = [
                f"{model._name}.{field.name}"
                for model, field in own_fields(self.env)
                if field.name in call_kw(self.asked(model, user), "fields_get", [], {})
            ]
            self.assertFalse(listed, user.login)

    def test_none_is_told(self):
        """Records that customers may read, asked for the field by its name."""
        readable = {
            "res.company": lambda user: user.company_id,
            "res.partner": lambda user: user.partner_id,
            "res.users": lambda user: user,
            "sale.order": lambda user: self.make_order(user.partner_id),
        }
        for user in self.customers:
            records = {name: make(user) for name, make in readable.items()}
            for model, field in own_fields(self.env):
                record = records.get(model._name, model.browse(1))
                name, asked = field.name, self.asked(model, user)
                for method, args in (
                    ("read", [record.ids, [name]]),
                    ("search_read", [[("id", "in", record.ids)], [name]]),
                    ("search", [[self.find_by(field)]]),
                    ("web_read", [record.ids, {name: {}}]),
                ):
                    if model._abstract or not model._auto and method == "web_read":
                        continue
                    if method == "search" and not field._description_searchable:
                        continue
                    with (
                        self.subTest(user.login, field=str(field), method=method),
                        self.assertRaises(AccessError),
                    ):
                        call_kw(asked, method, args, {})

    def asked(self, model, user):
        """Return a model as a customer's request has it."""
        return self.env(user=user.id, context={})[model._name]

    def find_by(self, field):
        """Return a condition on a field that cannot be decided without it."""
        if field.type == "selection":
            return (field.name, "=", field.get_values(self.env)[0])
        numbers = ("integer", "float", "monetary")
        return (
            (field.name, "=", 1) if field.type in numbers else (field.name, "!=", False)
        )

    def test_staff_reads_the_settings(self):
        company = self.company.with_user(self.sari)
        self.assertTrue(company.relationship_margin_rate)
        self.assertTrue(self.company.with_user(self.internal).relationship_bins)
        with self.assertRaises(AccessError):
            self.company.with_user(self.internal).read(["relationship_hourly_cost"])

    def test_settings_are_saved_by_who_may_only_set(self):
        """The administrator of the database need not sell anything."""
        admin = self.internal
        admin.group_ids += self.env.ref("base.group_system")
        settings = self.env["res.config.settings"].with_user(admin)
        settings.create({"relationship_hourly_cost": 20}).execute()
        self.assertEqual(self.company.relationship_hourly_cost, 20)
