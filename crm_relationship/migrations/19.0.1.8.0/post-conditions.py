"""What programs ask of orders counts for those who enter from now on.

Until 19.0.1.7.0 nobody noted when it was changed: customers who entered on other
conditions would lose their follow-ups.
"""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE crm_program program
           SET conditions_since = now() AT TIME ZONE 'UTC'
         WHERE program.conditions_since IS NULL
           AND EXISTS (
               SELECT FROM crm_program_enrollment e WHERE e.program_id = program.id)
        """
    )
