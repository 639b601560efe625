"""Forms survive whatever is typed into them, before anything is saved."""

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import RelationshipCase

ABSURD = {
    "date": ["9999-12-31", "0001-01-01", "1800-01-01"],
    "datetime": ["9999-12-31 23:59:59", "0001-01-01 00:00:00"],
    **dict.fromkeys(("integer", "float", "monetary"), [10**9, -(10**9), 2**40]),
}
RELATIONAL = ("many2one", "many2many", "one2many")


@tagged("post_install", "-at_install")
class TestForms(RelationshipCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_open(cls.make_relationship())
        cls.make_program()

    def find_forms(self):
        """Yield a model with what its form shows, as a manager."""
        for name, model_class in sorted(self.env.registry.items()):
            if name.startswith("crm.") and model_class._module == "crm_relationship":
                model = self.env[name].with_user(self.manager)
                if not model._abstract and model.has_access("read"):
                    yield model, self.read_form(model)

    def read_form(self, model):
        try:
            view = model.get_views([(False, "form")])["views"]["form"]
        except UserError:  # there is none, and the model names no record
            return {}
        fields = etree.fromstring(view["arch"]).xpath("//field[not(ancestor::field)]")
        return {field.get("name"): {} for field in fields}

    def change(self, model, ids, values, changed, form):
        """Change what stands in a form, as a browser does."""
        with self.env.cr.savepoint() as point:
            try:
                found = call_kw(model, "onchange", [ids, values, changed, form], {})
            except (AccessError, UserError):
                found = {"value": {}}
            point.rollback()
        self.env.invalidate_all()
        return found["value"]

    def test_absurd_values(self):
        count = 0
        for model, form in self.find_forms():
            stored = model.search([], limit=1).ids if model._auto else []
            blank = {
                name: value
                for name, value in self.change(model, [], {}, [], form).items()
                if model._fields[name].type not in RELATIONAL
            }
            for name in form:
                for value in ABSURD.get(model._fields[name].type, ()):
                    with self.subTest(model=model._name, field=name, value=value):
                        values = {**blank, name: value}
                        self.change(model, stored, {name: value}, [name], form)
                        self.change(model, [], values, [name], form)
                        count += 1
        self.assertGreater(count, 100)
