"""What this addon must not do to the modules it is installed with."""

import inspect
import sys

from odoo import fields
from odoo.tests import BaseCase, tagged
from odoo.tools import SQL, sql

from .common import RelationshipCase

ADDON = "crm_relationship"
WITH_A_VALUE = (
    "consent_policy_relationship",
    "consent_policy_selling",
    "relationship_monetary",
    "relationship_source",
)


def is_ours(module):
    return module.split("_")[:2] == ADDON.split("_")


@tagged("post_install", "-at_install")
class TestNeighbours(RelationshipCase):
    def test_tests_wait_until_all_modules_are_loaded(self):
        """Before, a table may have required columns that no code fills yet."""
        early = {
            f"{case.__module__}.{case.__name__}"
            for name, module in sys.modules.items()
            if name.startswith(f"odoo.addons.{ADDON}.tests.test_")
            for _name, case in inspect.getmembers(module, inspect.isclass)
            if issubclass(case, BaseCase)
            and case.__module__ == name
            and ("post_install" not in case.test_tags or "at_install" in case.test_tags)
        }
        self.assertFalse(early)

    # -- records made before this addon is loaded

    def get_columns_of_others(self):
        """Return the columns ``(table, name)`` that we define in tables of others."""
        return {
            (model._table, field.name): field
            for model in self.env.values()
            if model._auto
            and not model._abstract
            and not is_ours(model._original_module)
            for field in model._fields.values()
            if field.store
            and field.column_type
            and any(map(is_ours, field._modules[:1]))
        }

    def test_columns_in_tables_of_others_may_be_empty(self):
        columns = self.get_columns_of_others()
        self.assertIn(("res_company", "relationship_source"), columns)
        required = self.env.execute_query(
            SQL(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = current_schema() AND is_nullable = 'NO'"
            )
        )
        self.assertFalse(columns.keys() & set(required))
        self.assertFalse([str(f) for f in columns.values() if f.required])

    def test_fields_of_others_are_not_made_required(self):
        made_required = {
            f"{model._name}.{name}"
            for model in self.env.values()
            if model._auto
            and not model._transient
            and not is_ours(model._original_module)
            for definition in type(model).__mro__
            if is_ours(getattr(definition, "_module", None) or "")
            for name, field in vars(definition).items()
            if isinstance(field, fields.Field) and (field._args__ or {}).get("required")
        }
        self.assertFalse(made_required)

    def test_update_lets_the_columns_be_empty(self):
        company = self.env["res.company"]
        for name in WITH_A_VALUE:
            sql.set_not_null(self.env.cr, "res_company", name)
        columns = sql.table_columns(self.env.cr, "res_company")
        for name in WITH_A_VALUE:
            company._fields[name].update_db_notnull(company, columns[name])
        columns = sql.table_columns(self.env.cr, "res_company")
        self.assertEqual(
            {columns[name]["is_nullable"] for name in WITH_A_VALUE}, {"YES"}
        )

    def make_bare_company(self):
        """Return a company as other modules make it before this addon is loaded."""
        ours = {
            name
            for table, name in self.get_columns_of_others()
            if table == "res_company"
        }
        columns = sql.table_columns(self.env.cr, "res_company").keys() - ours
        columns -= {"id", "name", "partner_id"}
        self.env.flush_all()
        [(company_id,)] = self.env.execute_query(
            SQL(
                "INSERT INTO res_company (name, partner_id, %(columns)s)"
                " SELECT 'Bare', partner_id, %(columns)s"
                "   FROM res_company WHERE id = %(company)s RETURNING id",
                columns=SQL(", ").join(map(SQL.identifier, sorted(columns))),
                company=self.company.id,
            )
        )
        self.manager.company_ids += self.env["res.company"].browse(company_id)
        return self.env["res.company"].browse(company_id)

    def test_company_without_our_values(self):
        """Without the four choices it goes by their defaults, in Python and in SQL."""
        partners = self.make_customer("Known") + self.make_customer("Other")
        for days, partner in enumerate(partners, start=1):
            self.make_order(partner, days_ago=days, amount=10 * days)
        self.refresh()
        relationships = partners.relationship_id

        def figures():
            names = ["rfm_code", "order_count", "revenue", "segment_id"]
            self.env.invalidate_all()
            return [
                *relationships.read(names),
                *sorted(relationships._get_ranks().items()),
                *(self.make_open(r).state for r in relationships),
            ]

        before = figures()
        self.env.cr.execute(
            SQL(
                "UPDATE res_company SET %s",
                SQL(", ").join(
                    SQL("%s = NULL", SQL.identifier(n)) for n in WITH_A_VALUE
                ),
            )
        )
        self.env.invalidate_all()
        self.refresh()
        self.assertEqual(figures(), before)

    def test_company_made_before_gets_our_defaults(self):
        bare = self.make_bare_company()
        self.assertFalse(bare.relationship_source)
        self.assertFalse(bare.relationship_bins)
        kept = self.other_company
        kept.write({"relationship_source": "invoice", "relationship_first_count": 0})
        self.env["res.company"]._fill_missing_settings()
        usual = self.env["res.company"].create({"name": "Usual"})
        for table, name in self.get_columns_of_others():
            if table == "res_company":
                with self.subTest(name=name):
                    self.assertEqual(bare[name], usual[name])
        self.assertEqual(kept.relationship_source, "invoice")
        self.assertEqual(kept.relationship_first_count, 0)

    def test_night_in_a_company_made_before(self):
        bare = self.make_bare_company()
        partner = self.make_customer()
        self.make_order(partner, days_ago=1, company=bare)
        self.run_cron("refresh")
        relationship = self.env["crm.relationship"].search(
            [("partner_id", "=", partner.id), ("company_id", "=", bare.id)]
        )
        self.assertEqual(relationship.order_count, 1)
