"""An interaction in a queue is in step with its activity, both ways.

Only what differs is written.
"""

# What the activity shows of the interaction.
PUSHED_FIELDS = {"date_planned", "date_due", "user_id", "touchpoint_id", "name"}


def close(interactions):
    """Mark the activities of done interactions as done, each with its feedback.

    ``sudo``: they may be in a colleague's queue; the user remains their author.
    """
    in_queue = interactions.sudo().filtered("activity_id.active")
    for feedback, done in in_queue.grouped("feedback").items():
        activities = done.activity_id.with_user(interactions.env.user).sudo()
        activities._action_done(feedback=feedback)


def push(interactions):
    """Bring open activities up to date; only what differs is written.

    ``sudo``: they may be in a colleague's queue; whether the user may change the
    interaction was checked when it was written.
    """
    in_queue = interactions.sudo().filtered(
        lambda i: i.state == "open" and i.activity_id.active
    )
    for changed, alike in in_queue.grouped(
        lambda i: tuple(_get_values_to_push(i).items())
    ).items():
        if changed:
            activities = alike.activity_id
            activities.with_context(mail_activity_quick_update=True).write(
                dict(changed)
            )


def _get_values_to_push(interaction):
    """Return what of the activity differs from this contact."""
    activity = interaction.activity_id
    activity_type = (
        interaction.touchpoint_id.activity_type_id or activity.activity_type_id
    )
    wanted = {
        "date_deadline": interaction._get_deadline(),
        "user_id": interaction.user_id.id,
        "summary": interaction.name,
        "activity_type_id": activity_type.id,
    }
    current = {
        "date_deadline": activity.date_deadline,
        "user_id": activity.user_id.id,
        "summary": activity.summary,
        "activity_type_id": activity.activity_type_id.id,
    }
    return {k: v for k, v in wanted.items() if v != current[k]}


def pull(interactions):
    """Take over a new deadline or assignee from the activities."""
    for changed, alike in interactions.grouped(
        lambda i: tuple(_get_values_to_pull(i).items())
    ).items():
        if changed:
            alike.write(dict(changed))


def _get_values_to_pull(interaction):
    """Return what of this contact differs from its activity."""
    activity = interaction.activity_id
    vals = {}
    if activity.user_id != interaction.user_id:
        vals["user_id"] = activity.user_id.id
    if activity.date_deadline != interaction._get_deadline(activity.user_id):
        vals["date_planned"] = interaction.company_id._relationship_time(
            activity.date_deadline, tz=interaction._get_staff_tz(activity.user_id)
        )
        # a person chose this day, the gate has moved nothing any more
        vals |= {"reason_code": False, "date_asked": vals["date_planned"]}
    return vals
