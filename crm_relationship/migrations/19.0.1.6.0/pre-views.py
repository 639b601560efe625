"""The template of a result is that of every comparison now."""

RENAMED = {"program_result": "comparison"}


def migrate(cr, version):
    for former, name in RENAMED.items():
        cr.execute(
            """
            UPDATE ir_ui_view SET key = 'crm_relationship.' || %s
             WHERE key = 'crm_relationship.' || %s
            """,
            [name, former],
        )
        cr.execute(
            """
            UPDATE ir_model_data SET name = %s
             WHERE module = 'crm_relationship' AND model = 'ir.ui.view' AND name = %s
            """,
            [name, former],
        )
