"""Customers keep the steps they started with, until a manager moves them.

Before a person changes the steps of a program that customers go through, its steps are
copied: the copies (``version`` > 0) stay as they were, and the runs under way follow
them, with all their interactions. ``root_id`` leads from a copy to the step that it
was, so that results by step add up. Copying the old instead of the new keeps every
``program.step_ids`` what it is: the steps of today.

By SQL: a hundred thousand may go through a program, and the columns of other apps are
copied as they are.
"""

from odoo.tools import SQL, format_date

from . import entry

OWN = ("id", "version", "root_id", "date_since", "condition_step_id")


def keep(programs):
    """Copy the steps of programs that customers follow, before they are changed.

    Of whom went through them since the last change; nothing where that is nobody.
    """
    # sudo: whose runs these are is no matter of who changes the steps
    programs = programs.sudo()
    programs.env.flush_all()
    rows = programs.env.execute_query(
        SQL(
            """
            SELECT DISTINCT program_id FROM crm_program_enrollment
             WHERE program_id = ANY(%s) AND state = 'running'
               AND COALESCE(version, 0) = 0
            """,
            programs.ids,
        )
    )
    for program in programs.browse(id_ for [id_] in rows):
        if program.step_ids:
            _keep(program)


def _keep(program):
    env = program.env
    company = program.company_id or env.company
    [[version]] = env.execute_query(
        SQL(
            "SELECT COALESCE(max(version), 0) + 1 FROM crm_program_step"
            " WHERE program_id = %s",
            program.id,
        )
    )
    _copy_steps(program, version)
    _copy_channels(program, version)
    _copy_lists(program, version)
    _hand_over(program, version)
    for name in ("crm.program.step", "crm.touch.channel", "crm.interaction"):
        env[name].invalidate_model()
    env["crm.program.enrollment"].invalidate_model()
    program.date_steps = company._relationship_today()


def _copy_steps(program, version):
    steps = program.env["crm.program.step"]
    columns = _get_columns(steps, OWN)
    program.env.execute_query(
        SQL(
            """
            INSERT INTO crm_program_step (%(columns)s, version, root_id, date_since)
            SELECT %(columns)s, %(version)s, id, %(since)s
              FROM crm_program_step
             WHERE program_id = %(program)s AND version = 0
         RETURNING id
            """,
            columns=columns,
            version=version,
            since=program.date_steps or program.create_date.date(),
            program=program.id,
        )
    )
    program.env.execute_query(
        SQL(
            """
            UPDATE crm_program_step kept
               SET condition_step_id = asked.id
              FROM crm_program_step root, crm_program_step asked
             WHERE kept.program_id = %(program)s AND kept.version = %(version)s
               AND root.id = kept.root_id AND asked.root_id = root.condition_step_id
               AND asked.version = %(version)s
         RETURNING kept.id
            """,
            program=program.id,
            version=version,
        )
    )


def _get_columns(model, without):
    names = sorted(
        name
        for name, field in model._fields.items()
        if field.store and field.column_type and name not in without
    )
    return SQL(", ").join(map(SQL.identifier, names))


def _kept_sql(program, version):
    return SQL(
        "(SELECT id, root_id FROM crm_program_step"
        " WHERE program_id = %s AND version = %s) kept",
        program.id,
        version,
    )


def _copy_channels(program, version):
    columns = _get_columns(program.env["crm.touch.channel"], ("id", "program_step_id"))
    program.env.execute_query(
        SQL(
            """
            INSERT INTO crm_touch_channel (%(columns)s, program_step_id)
            SELECT %(columns)s, step_id
              FROM (SELECT channel.*, kept.id AS step_id
                      FROM crm_touch_channel channel
                      JOIN %(kept)s ON kept.root_id = channel.program_step_id) copied
         RETURNING id
            """,
            columns=columns,
            kept=_kept_sql(program, version),
        )
    )


def _copy_lists(program, version):
    """Copy what apps have added as lists."""
    for field in program.env["crm.program.step"]._fields.values():
        if field.type == "many2many" and field.store:
            program.env.cr.execute(
                SQL(
                    """
                    INSERT INTO %(table)s (%(step)s, %(other)s)
                    SELECT kept.id, list.%(other)s
                      FROM %(table)s list
                      JOIN %(kept)s ON kept.root_id = list.%(step)s
                    """,
                    table=SQL.identifier(field.relation),
                    step=SQL.identifier(field.column1),
                    other=SQL.identifier(field.column2),
                    kept=_kept_sql(program, version),
                )
            )


def _hand_over(program, version):
    """Let the runs under way follow the copies, with all of their interactions."""
    program.env.execute_query(
        SQL(
            """
            WITH run AS (
                UPDATE crm_program_enrollment
                   SET version = %(version)s
                 WHERE program_id = %(program)s AND state = 'running'
                   AND COALESCE(version, 0) = 0
             RETURNING id
            )
            UPDATE crm_interaction i
               SET program_step_id = kept.id
              FROM run, %(kept)s
             WHERE i.enrollment_id = run.id AND i.program_step_id = kept.root_id
         RETURNING i.id
            """,
            version=version,
            program=program.id,
            kept=_kept_sql(program, version),
        )
    )


# ------------------------------------------------------------------
# Moving them
# ------------------------------------------------------------------


def get_former_runs(program):
    """Return the runs that still follow former steps, as superuser.

    ``sudo``: of every company that the program runs in.
    """
    return (
        program.env["crm.program.enrollment"]
        .sudo()
        .search(
            [
                ("program_id", "in", program.ids),
                ("state", "=", "running"),
                ("version", ">", 0),
            ]
        )
    )


def describe(program):
    """Say how many customers still follow former steps; ``False`` if nobody does."""
    env = program.env
    if not program._origin:
        return False
    # sudo: numbers of every company that the program runs in
    groups = (
        env["crm.program.enrollment"]
        .sudo()
        ._read_group(
            [
                ("program_id", "=", program._origin.id),
                ("state", "=", "running"),
                ("version", ">", 0),
                ("company_id", "in", env.companies.ids),
            ],
            ["version"],
            ["relationship_id:count_distinct"],
        )
    )
    if not groups:
        return False
    oldest = min(version for version, _count in groups)
    kept = env["crm.program.step"].search(
        [("program_id", "=", program._origin.id), ("version", "=", oldest)], limit=1
    )
    figures = {
        "count": sum(count for _version, count in groups),
        "day": format_date(env, kept.date_since),
    }
    if len(groups) == 1:
        return env._(
            "Customers who still follow the steps of %(day)s: %(count)s.", **figures
        )
    return env._(
        "Customers who still follow former steps, the oldest of %(day)s: %(count)s.",
        **figures,
    )


def move(program):
    """Let all who follow former steps follow those of today, in what lies ahead.

    What is made or in somebody's queue stays. What is planned is planned anew. Nothing
    is made twice, and nothing that would come before what was made already.

    :return: how many runs were moved
    """
    entry.queue_up(program)
    runs = get_former_runs(program)
    leaders = runs.filtered(lambda run: not run.joined_id)
    waiting = leaders.interaction_ids.filtered(lambda i: i.state == "scheduled")
    waiting.write({"state": "cancelled", "reason_code": "plan_changed"})
    program.env.flush_all()
    program.env.execute_query(
        SQL(
            """
            UPDATE crm_interaction i
               SET program_step_id = kept.root_id
              FROM crm_program_step kept
             WHERE i.enrollment_id = ANY(%s) AND kept.id = i.program_step_id
               AND kept.version > 0 AND kept.root_id IS NOT NULL
         RETURNING i.id
            """,
            leaders.ids,
        )
    )
    program.env["crm.interaction"].invalidate_model()
    runs.write({"state": "running", "version": 0})
    leaders._place_steps(only_ahead=True)
    program.invalidate_recordset(["former_note"])
    return len(leaders)


def only_ahead_sql():
    """Return SQL for whether a step ``touch`` lies ahead of a run ``e`` that is moved.

    It comes after all that was made or is in a queue, and was not closed otherwise than
    by a change of the steps.
    """
    return SQL(
        """
        touch.place > COALESCE((
            SELECT max(step.place)
              FROM crm_interaction i
              JOIN crm_program_step step ON step.id = i.program_step_id
             WHERE i.enrollment_id = e.id AND i.state IN ('open', 'done')
               AND step.version = 0), -1)
        AND NOT EXISTS (
            SELECT FROM crm_interaction i
             WHERE i.enrollment_id = e.id AND i.program_step_id = touch.id
               AND i.reason_code IS DISTINCT FROM 'plan_changed')
        """
    )
