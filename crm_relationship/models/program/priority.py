"""Which of several programs comes first, where a customer can have only one of them."""

from odoo.tools import SQL

LOW, USUAL, HIGH = "0", "1", "2"


def get_priority(interaction):
    """Return how important an interaction is: a number, 0 is the usual priority.

    ``sudo``: what comes first does not depend on who asks.
    """
    program = interaction.sudo().enrollment_id.program_id
    return int(program.priority or USUAL) - int(USUAL)


def priority_sql():
    """Return SQL for the same; the query names ``crm_interaction i``."""
    return SQL(
        """COALESCE((
            SELECT program.priority::int - %s
              FROM crm_program_enrollment e
              JOIN crm_program program ON program.id = e.program_id
             WHERE e.id = i.enrollment_id), 0)""",
        int(USUAL),
    )
