"""Who counts in the result of a program is marked: those to whom chance gave a group.

Of before it is not known who was exempt or entered earlier on the day; so all count who
counted until now.
"""


def migrate(cr, version):
    cr.execute(
        "UPDATE crm_program SET holdout_round = 1 WHERE holdout_from IS NOT NULL"
    )
    cr.execute(
        """
        UPDATE crm_program_enrollment e
           SET holdout_round = 1
          FROM crm_program p
         WHERE p.id = e.program_id AND p.holdout_from IS NOT NULL
           AND e.date >= p.holdout_from
           AND (p.holdout_until IS NULL OR e.date <= p.holdout_until)
        """
    )
