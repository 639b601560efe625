"""What an update keeps of a database from before."""

from odoo.modules.module import load_script
from odoo.tests import TransactionCase, tagged

FOLDER = "crm_relationship/migrations"
GATE = "crm_relationship.crm_interaction_view_form_gate"


@tagged("post_install", "-at_install")
class TestMigrations(TransactionCase):
    def migrate(self, version, stage):
        script = load_script(f"{FOLDER}/{version}/{stage}-migration.py", stage)
        self.env.flush_all()
        script.migrate(self.env.cr, version)
        self.env.invalidate_all()

    def extend(self, view, arch):
        return self.env["ir.ui.view"].create(
            {
                "name": "extension",
                "model": view.model,
                "inherit_id": view.id,
                "arch": arch,
            }
        )

    def test_merged_views(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        form = self.env.ref("crm_relationship.crm_interaction_view_form")
        # as it was: what is in the form now was added to it by a view of its own
        old = self.extend(form, "<sheet position='inside'><p>Why / why not</p></sheet>")
        self.env["ir.model.data"]._update_xmlids(
            [
                {
                    "xml_id": "crm_relationship.crm_interaction_view_form_gate",
                    "record": old,
                }
            ]
        )
        old.update_field_translations(
            "arch_db", {"fr_FR": {"Why / why not": "Pourquoi / pourquoi pas"}}
        )
        # as an administrator may have added to that
        own = self.extend(old, "<field name='email' position='after'><hr/></field>")

        self.migrate("19.0.1.1.0", "pre")
        self.assertFalse(old.active, "must not be applied to the new form")
        self.assertTrue(own.active)
        self.assertEqual(own.inherit_id, form)

        self.migrate("19.0.1.1.0", "post")
        self.assertFalse(old.exists())
        self.assertFalse(self.env.ref(GATE, raise_if_not_found=False))
        self.assertTrue(own.exists())
        self.assertIn(
            "Pourquoi / pourquoi pas",
            form.with_context(lang="fr_FR").get_combined_arch(),
        )
