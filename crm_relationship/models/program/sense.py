"""What makes no sense any more: too late, or no longer meant for the customer.

Asked when the release looks at a step, each hour for what is in somebody's queue, and
once more directly before a message leaves.
"""

from datetime import timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.user_filter import FilterError
from .triggers import DATED

EXPIRED, LEFT = "expired", "left_target"


def local_day(moment):
    """Return SQL for the day of a UTC moment on the company's clock.

    The query it goes into names the company's partner ``cp``.
    """
    return SQL(
        "(%s AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(cp.tz, 'UTC'))::date", moment
    )


def find_senseless(interactions):
    """Return which of these make no sense any more: ``{reason: interactions}``.

    :param interactions: ``crm.interaction`` records of steps, as superuser
    """
    expired = find_expired(interactions)
    left = find_left(interactions - expired)
    return {EXPIRED: expired, LEFT: left}


def close(by_reason):
    """Close as skipped what makes no sense any more.

    :param dict by_reason: as from :func:`find_senseless`
    """
    for reason, interactions in by_reason.items():
        if interactions:
            interactions.write({"state": "skipped", "reason_code": reason})


# ------------------------------------------------------------------
# Too late
# ------------------------------------------------------------------


def find_expired(interactions=None, env=None):
    """Return those of these whose step has lost its sense by now.

    :param interactions: ``crm.interaction`` records; without, all that are pending
    """
    if interactions is not None and not interactions:
        return interactions
    ledger = env["crm.interaction"] if interactions is None else interactions
    ledger.env.flush_all()
    which = SQL("i.state IN ('scheduled', 'open')")
    if interactions is not None:
        which = SQL("i.id = ANY(%s)", interactions.ids)
    today = local_day(SQL("%s::timestamp", fields.Datetime.now()))
    rows = ledger.env.execute_query(
        SQL(
            """
            SELECT i.id
              FROM crm_program_step step
              JOIN crm_interaction i ON i.program_step_id = step.id
              JOIN crm_program_enrollment e ON e.id = i.enrollment_id
              JOIN crm_program program ON program.id = e.program_id
              JOIN res_company c ON c.id = i.company_id
              JOIN res_partner cp ON cp.id = c.partner_id
             WHERE step.expires <> 'never' AND %(which)s
               AND CASE step.expires
                   WHEN 'days' THEN %(own_day)s + COALESCE(step.expires_days, 0)
                   WHEN 'program' THEN program.date_end
                   ELSE e.date + CASE WHEN program.trigger = ANY(%(dated)s)
                                      THEN COALESCE(program.days_before, 0) ELSE 0 END
                   END < %(today)s
            """,
            which=which,
            today=today,
            dated=DATED,
            own_day=_own_day_sql(),
        )
    )
    return ledger.browse(id_ for [id_] in rows)


def get_last_day(interaction):
    """Return the last day on which a step makes sense that nobody has moved; or None.

    :param interaction: ``crm.interaction`` record of a step, as superuser
    """
    step, program = interaction.program_step_id, interaction.enrollment_id.program_id
    if step.expires == "days":
        return interaction.date_due + timedelta(days=step.expires_days)
    if step.expires == "program":
        return program.date_end or None
    if step.expires == "day":
        ahead = program.days_before if program.trigger in DATED else 0
        return interaction.enrollment_id.date + timedelta(days=ahead)
    return None


def _own_day_sql():
    """Return SQL for the day of a step.

    That is where somebody moved it, or where it keeps its distance to another one that
    still waits.
    """
    return SQL(
        """GREATEST(
            i.date_due,
            %s,
            CASE WHEN i.reason_code = 'step_first' THEN %s END
        )""",
        local_day(SQL("i.date_asked")),
        local_day(SQL("i.date_planned")),
    )


# ------------------------------------------------------------------
# No longer meant for the customer
# ------------------------------------------------------------------


def find_left(interactions=None, env=None):
    """Return those of these whose customer or order has left the program's target.

    Whoever entered without being in it, by hand, stays. A filter that cannot be read
    keeps everybody; the program shows it.

    :param interactions: ``crm.interaction`` records; without, all in somebody's queue
    """
    if interactions is not None and not interactions:
        return interactions
    if interactions is None:
        ledger, which = env["crm.interaction"], Domain("state", "=", "open")
        programs = env["crm.program"].search([])
    else:
        ledger = interactions.browse()
        which = Domain("id", "in", interactions.ids)
        programs = interactions.enrollment_id.program_id
    found = ledger.browse()
    for program in programs:
        outside = find_outside(program, Domain("by_target", "=", True))
        if outside is not None:
            found |= ledger.search(which & Domain("enrollment_id", "in", outside))
    return found


def find_outside(program, which):
    """Return the query of the enrollments that have left a program's target.

    None where that is nobody, or where a filter cannot be read.

    :param Domain which: condition on the enrollments
    """
    outside = get_outside_domain(program)
    if outside.is_false():
        return None
    own = Domain("program_id", "=", program.id)
    enrollments = program.env["crm.program.enrollment"]
    try:
        with program._get_filter("partner_domain")._told_in_words():
            return enrollments._search(own & which & outside)
    except FilterError:
        return None


def get_outside_domain(program):
    """Return the domain of a program's enrollments that have left its target."""
    try:
        lasting, order = program._get_lasting_domain(), program._get_order_domain()
    except FilterError:
        return Domain.FALSE
    outside = Domain.FALSE
    if not lasting.is_true():
        outside |= Domain("relationship_id", "not any", lasting)
    if not order.is_true():
        follows = Domain("sale_order_id", "any", order)
        joined = Domain("state", "!=", "stopped") & follows
        outside |= (
            Domain("sale_order_id", "!=", False)
            & ~follows
            & Domain("joined_ids", "not any", joined)
        )
    return outside
