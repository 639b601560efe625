"""The same step twice within a few days is made once, and is about all of the orders.

Who buys every week goes through a program once for each order. Without this, such a
customer would be asked each week how last week's purchase is working out, and again the
week after; the limits would hold most of it back, and what waits would pile up. So a
step that is still to come gives way to the same step for a later order, if both fall
within a few days: the later one tells of both. Programs with a run for each order leave
it.
"""

from odoo.tools import SQL

COVERED = "covered"
# As far apart as interactions that are one conversation with the customer.
WITHIN_DAYS = 7


def cover(enrollments):
    """Let what is pending of earlier orders give way to the steps of these.

    :param enrollments: ``crm.program.enrollment`` records, whose steps are placed
    """
    pairs = _find_pairs(enrollments) if enrollments else ()
    if not pairs:
        return
    ledger = enrollments.env["crm.interaction"]
    earlier, later = (list(ids) for ids in zip(*pairs, strict=True))
    ledger.env.execute_query(
        SQL(
            """
            UPDATE crm_interaction i
               SET covered_by_id = pair.later_id
              FROM unnest(%s::int[], %s::int[]) AS pair (earlier_id, later_id)
             WHERE pair.earlier_id IN (i.id, i.covered_by_id)
         RETURNING i.id
            """,
            earlier,
            later,
        )
    )
    ledger.invalidate_model(["covered_by_id", "covered_ids", "about", "note"])
    ledger.browse(earlier).write({"state": "skipped", "reason_code": COVERED})


def uncover(enrollments):
    """Let those come after all that gave way to steps that are cancelled now.

    :param enrollments: ``crm.program.enrollment`` records that are stopped
    """
    waiting = enrollments.env["crm.interaction"].search(
        [
            ("covered_by_id.enrollment_id", "in", enrollments.ids),
            ("covered_by_id.state", "=", "cancelled"),
            ("reason_code", "=", COVERED),
            ("enrollment_id.state", "!=", "stopped"),
        ]
    )
    waiting.write({"state": "scheduled", "reason_code": False, "covered_by_id": False})
    waiting._follow_reopening()


def _find_pairs(enrollments):
    """Return ``[(id of the earlier, id of the later)]``; one query, whatever orders.

    Days that somebody chose stay. A step that was changed in between is the same.
    """
    enrollments.env.flush_all()
    return enrollments.env.execute_query(
        SQL(
            """
            SELECT DISTINCT ON (earlier.id) earlier.id, later.id
              FROM crm_interaction later
              JOIN crm_program_enrollment e ON e.id = later.enrollment_id
              JOIN crm_program program
                ON program.id = e.program_id AND program.merge_rule <> 'parallel'
              JOIN crm_program_step later_step ON later_step.id = later.program_step_id
              JOIN crm_interaction earlier
                ON earlier.relationship_id = later.relationship_id
               AND earlier.partner_id = later.partner_id
               AND earlier.enrollment_id <> later.enrollment_id
               AND (earlier.date_due, earlier.id) < (later.date_due, later.id)
               AND earlier.date_due >= later.date_due - %s
               AND earlier.state IN ('scheduled', 'open')
               AND earlier.date_asked IS NULL
              JOIN crm_program_step earlier_step
                ON earlier_step.id = earlier.program_step_id
               AND COALESCE(earlier_step.root_id, earlier_step.id)
                   = COALESCE(later_step.root_id, later_step.id)
             WHERE later.enrollment_id = ANY(%s)
               AND later.state IN ('scheduled', 'open')
          ORDER BY earlier.id, later.date_due DESC, later.id DESC
            """,
            WITHIN_DAYS,
            enrollments.ids,
        )
    )
