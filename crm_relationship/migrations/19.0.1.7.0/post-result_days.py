"""Ready-made programs count as many days as their expected result speaks of."""

DAYS = {
    "crm_program_cross_sell": 60,
    "crm_program_brought": 60,
    "crm_program_at_risk": 60,
    "crm_program_win_back": 180,
    "crm_program_after_complaint": 180,
}
DEFAULT = 90


def migrate(cr, version):
    """Where nobody chose others, and nobody waits for what was chosen."""
    for name, days in DAYS.items():
        cr.execute(
            """
            UPDATE crm_program program
               SET result_days = %s
              FROM ir_model_data data
             WHERE data.module = 'crm_relationship' AND data.name = %s
               AND data.model = 'crm.program' AND data.res_id = program.id
               AND program.is_ready_made AND program.result_days = %s
               AND NOT EXISTS (
                   SELECT FROM crm_program_enrollment e
                    WHERE e.program_id = program.id)
            """,
            [days, name, DEFAULT],
        )
