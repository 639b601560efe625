"""Complaints are open until they are solved, no longer until somebody was reached.

Those that are pending stay open, since the day on which they were noted. Those that
were closed before are over, as they were: nobody is blocked by the update.
"""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE crm_interaction
           SET is_complaint_open = TRUE,
               date_complaint = COALESCE(create_date, date_planned)
         WHERE is_complaint AND state IN ('scheduled', 'open')
        """
    )
