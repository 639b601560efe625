"""What people will have time for in the months to come, for programs that ask."""

from datetime import timedelta

from odoo import fields
from odoo.tools import SQL

from ...engine.capacity import Book

# So far ahead, customers are spread over days.
AHEAD = timedelta(days=365)


def read_books(users, company, first):
    """Return the minutes that are left of people's days, less what is planned already.

    :param users: ``res.users`` records
    :param date first: the first day
    :return: ``{res.users: Book}``
    """
    now = fields.Datetime.now()
    work = users._get_workdays(company, now)
    days = [first + timedelta(days=number) for number in range(AHEAD.days)]
    books = {
        user: Book({day: own.get_minutes(day) for day in days})
        for user, own in work.items()
        if user in users
    }
    for user_id, moment, minutes in _read_planned(users, now + AHEAD):
        user = users.browse(user_id)
        if user in books:
            books[user].spread(max(work[user].get_day(moment), first), minutes)
    return books


def _read_planned(users, until):
    """Return ``[(user id, moment, minutes)]`` of all that is planned; SQL, to sum up.

    What has no channel yet takes as long as the first one that its plan or program
    names.
    """
    users.env["crm.interaction"].flush_model()
    return users.env.execute_query(
        SQL(
            """
            SELECT i.user_id, i.date_planned, sum(t.duration)
              FROM crm_interaction i
              JOIN crm_touchpoint t
                ON t.mode = 'personal' AND t.id = COALESCE(i.touchpoint_id, (
                       SELECT named.touchpoint_id
                         FROM crm_touch_channel named
                        WHERE named.plan_line_id = i.plan_line_id
                           OR named.program_step_id = i.program_step_id
                     ORDER BY named.sequence, named.id LIMIT 1))
             WHERE i.user_id = ANY(%s) AND i.state IN ('scheduled', 'open')
               AND i.date_planned < %s
          GROUP BY 1, 2 ORDER BY 2, 1
            """,
            users.ids,
            until,
        )
    )
