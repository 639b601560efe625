"""What the new version needs to find as it is loaded.

Erased addresses: their hashes were keyed with the secret of the database, which Odoo
renews in every duplicate. They cannot be made anew without the addresses, so a copy of
that secret stays as the first key, and the hashes say that they were made with it.

Views that extended a view of this addon have become part of the view they extended.

Odoo would apply them to the new views as well while those are loaded, and at the end
delete them, and with them whatever an administrator has built on them. So what was
built on them moves before, and they are archived; `post-migration.py` takes their
translations over and deletes them.
"""

# {view that remains: views that are part of it now}
MERGED = {
    "crm_contact_plan_line_view_form": ["crm_contact_plan_line_view_form_benefit"],
    "crm_contact_plan_line_view_list": ["crm_contact_plan_line_view_list_benefit"],
    "crm_interaction_view_form": [
        "crm_interaction_view_form_benefit",
        "crm_interaction_view_form_defection",
        "crm_interaction_view_form_gate",
    ],
    "crm_interaction_view_form_outcome": [
        "crm_interaction_view_form_outcome_benefit",
        "crm_interaction_view_form_outcome_defection",
        "crm_interaction_view_form_outcome_gate",
    ],
    "crm_interaction_view_list": ["crm_interaction_view_list_benefit"],
    "crm_interaction_view_list_queue": ["crm_interaction_view_list_queue_benefit"],
    "crm_interaction_view_search": ["crm_interaction_view_search_benefit"],
    "crm_program_step_view_form": ["crm_program_step_view_form_benefit"],
    "crm_program_step_view_list": ["crm_program_step_view_list_benefit"],
    "crm_program_view_form": [
        "crm_program_view_form_benefit",
        "crm_program_view_form_courtesy",
        "crm_program_view_form_value",
    ],
    "crm_relationship_view_form": ["crm_relationship_view_form_defection"],
    "crm_relationship_view_list": ["crm_relationship_view_list_winback"],
    "crm_relationship_view_search": ["crm_relationship_view_search_winback"],
    "res_config_settings_view_form": [
        "res_config_settings_view_form_courtesy",
        "res_config_settings_view_form_portfolio",
    ],
    "view_partner_form": ["view_partner_form_gate", "view_partner_form_wishes"],
    "view_res_partner_filter": ["view_res_partner_filter_wishes"],
}

# What an administrator added to such a view extends the one that remains, and stays.
MOVE_EXTENSIONS = """
    UPDATE ir_ui_view AS extension
       SET inherit_id = remains.res_id
      FROM ir_model_data AS remains, ir_model_data AS merged
     WHERE (remains.module, remains.model) = ('crm_relationship', 'ir.ui.view')
       AND (merged.module, merged.model) = ('crm_relationship', 'ir.ui.view')
       AND remains.name = %(remains)s
       AND merged.name = ANY(%(merged)s)
       AND extension.inherit_id = merged.res_id
"""
ARCHIVE = """
    UPDATE ir_ui_view AS view
       SET active = FALSE
      FROM ir_model_data AS merged
     WHERE (merged.module, merged.model) = ('crm_relationship', 'ir.ui.view')
       AND merged.name = ANY(%(merged)s)
       AND view.id = merged.res_id
"""


# The key of the hashes so far; nobody needs it where nobody was erased.
KEEP_KEY = """
    INSERT INTO ir_config_parameter (key, value)
    SELECT 'crm_relationship.suppression_key.1', value
      FROM ir_config_parameter
     WHERE key = 'database.secret' AND EXISTS (SELECT FROM crm_suppression)
        ON CONFLICT (key) DO NOTHING
"""
ADD_KEY_VERSION = """
    ALTER TABLE crm_suppression ADD COLUMN IF NOT EXISTS key_version integer
"""
FIRST_KEY = "UPDATE crm_suppression SET key_version = 1 WHERE key_version IS NULL"


def migrate(cr, version):
    for statement in (KEEP_KEY, ADD_KEY_VERSION, FIRST_KEY):
        cr.execute(statement)
    for remains, merged in MERGED.items():
        names = {"remains": remains, "merged": merged}
        cr.execute(MOVE_EXTENSIONS, names)
        cr.execute(ARCHIVE, names)
