"""What programs ask of orders counts for those who entered since it is noted.

Until 19.0.1.7.0 nobody noted when it was changed: customers who entered on other
conditions would lose their follow-ups.
"""


def migrate(cr, version):
    """Take the day on which the field came: that of the name Odoo gave it."""
    cr.execute(
        """
        UPDATE crm_program program
           SET conditions_since = field.create_date
          FROM ir_model_data field
         WHERE field.module = 'crm_relationship'
           AND field.name = 'field_crm_program__conditions_since'
           AND program.conditions_since IS NULL
           AND program.create_date < field.create_date
        """
    )
