"""Programs that exist count as approved: they go on, those that are over have ended."""


def migrate(cr, version):
    cr.execute(
        "UPDATE crm_program SET state = CASE WHEN date_end < CURRENT_DATE - 1"
        " THEN 'ended' ELSE 'running' END"
    )
