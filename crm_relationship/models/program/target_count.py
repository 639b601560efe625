"""How many customers a program is for, and how many of them it would reach today.

By the customers' own contacts, as a count for the form: the gate, which hears more
voices, decides for each interaction.
"""

from datetime import timedelta

from odoo import fields
from odoo.fields import Domain
from odoo.tools import SQL

from ..base.bounds import MAX_PERIOD
from ..base.figures import format_number

# Those whom the program is not for only because it would not pay off.
UNWORTHY = "unworthy"
# How customers of a target can be reached.
STATES = ("reachable", "refused", "paused", "over_limit", "no_address")
LISTED = (*STATES, UNWORTHY)


def describe_target(env, told):
    """Return in sentences what ``tell_target`` has told."""
    if not told:
        return told
    sentence = told["total"]
    inside = [p["text"] for p in told["parts"] if p["state"] != UNWORTHY]
    if inside:
        sentence = env._(
            "%(total)s, of whom %(parts)s.", total=sentence, parts=", ".join(inside)
        )
    left_out = [f"{p['text']}." for p in told["parts"] if p["state"] == UNWORTHY]
    return " ".join([sentence, *left_out])


def tell_target(program, company):
    """Return in words how many are in the target, and how they can be reached.

    :return: ``{"total": text, "parts": [{"state", "text"}]}``; ``False`` where the
        target cannot be read
    """
    env = program.env
    # the filter and the company are what the user types into the form
    if (
        company._origin not in env.companies
        or program._get_filter("partner_domain").error
    ):
        return False
    counts = count_target(program, company)
    total = sum(counts.values())
    left_out = _tell_unworthy(program, company)
    if not total:
        return {
            "total": env._("Nobody is in the target at present."),
            "parts": left_out,
        }
    shown = {state: format_number(env, count, 0) for state, count in counts.items()}
    texts = {
        "reachable": env._("reachable now: %s", shown["reachable"]),
        "refused": env._("refused: %s", shown["refused"]),
        "paused": env._("paused: %s", shown["paused"]),
        "over_limit": env._("over the limit: %s", shown["over_limit"]),
        "no_address": env._("no address: %s", shown["no_address"]),
    }
    return {
        "total": env._("Customers in the target: %s", format_number(env, total, 0)),
        "parts": [
            {"state": state, "text": text}
            for state, text in texts.items()
            if counts[state] or state == "reachable"
        ]
        + left_out,
    }


def _tell_unworthy(program, company):
    """Return the part that tells how many are left out, where that is asked."""
    count = count_unworthy(program, company)
    if not count:
        return []
    shown = format_number(program.env, count, 0)
    text = program.env._("Left out, because it does not pay off: %s", shown)
    return [{"state": UNWORTHY, "text": text}]


def count_unworthy(program, company):
    """Return how many are left out only because the program does not pay off."""
    if not program.worthwhile_only:
        return 0
    [[count]] = program.env.execute_query(
        SQL("SELECT count(*) FROM (%s) unworthy", _get_unworthy(program, company))
    )
    return count


def _get_unworthy(program, company):
    """Return the query of their ids; of a stage that starts it, nobody else."""
    relationships = program.env["crm.relationship"]
    own = Domain("company_id", "=", company.id)
    chosen = program._get_chosen_domain() & program._get_lasting_domain() & own
    target = program._get_target_domain() & own
    program.env.flush_all()
    return SQL(
        "SELECT id FROM crm_relationship WHERE id IN %s AND id NOT IN %s",
        relationships._search(chosen).subselect(),
        relationships._search(target).subselect(),
    )


def count_target(program, company):
    """Return the number of customers of the target by how they can be reached.

    :return: ``{"reachable", "refused", "paused", "over_limit", "no_address": number}``
    """
    counts = dict.fromkeys(STATES, 0)
    for (state, *_staff), count in count_target_by_staff(program, company).items():
        counts[state] += count
    return counts


def count_target_by_staff(program, company):
    """Return the number of customers of the target, also by who serves them.

    One statement, because they may be hundreds of thousands. With the rights of the
    user, whose filter it is.

    :return: ``{(state, user id, id of the second one): number}``
    """
    rows = program.env.execute_query(
        SQL(
            "SELECT state, user_id, backup_user_id, count(*)"
            " FROM (%s) target GROUP BY 1, 2, 3",
            _get_states(program, company),
        )
    )
    return {(state, *staff): count for state, *staff, count in rows}


def find_in_target(program, company, state):
    """Return the query of the ids of those that the count of a state is about."""
    if state == UNWORTHY:
        return _get_unworthy(program, company)
    return SQL(
        "SELECT id FROM (%s) target WHERE state = %s",
        _get_states(program, company),
        state,
    )


def _get_states(program, company):
    """Return the query of the target: the ``id`` and the ``state`` of each customer.

    With the rights of the user, as the list of customers has them.
    """
    env = program.env
    target = program._get_target_domain() & Domain("company_id", "=", company.id)
    consent = (
        "consent_selling"
        if program.activity_kind == "selling"
        else "consent_relationship"
    )
    # sudo: the limits of a company that the user works in
    caps = env["crm.contact.cap"].sudo().search([("company_id", "=", company.id)])
    env.flush_all()
    return SQL(
        """
        SELECT r.id, r.user_id, r.backup_user_id,
               CASE
               WHEN p.do_not_contact OR p.%(consent)s = 'refused' THEN 'refused'
               WHEN p.contact_snooze_until > %(today)s THEN 'paused'
               WHEN %(is_full)s THEN 'over_limit'
               WHEN COALESCE(p.email, p.phone) IS NULL THEN 'no_address'
               ELSE 'reachable' END AS state
          FROM crm_relationship r
          JOIN res_partner p ON p.id = r.partner_id
     LEFT JOIN (%(near)s) near ON near.relationship_id = r.id
         WHERE r.id IN %(target)s
        """,
        consent=SQL.identifier(consent),
        today=company._relationship_today(),
        target=env["crm.relationship"]._search(target).subselect(),
        **_get_limits(caps, company),
    )


def _get_limits(caps, company):
    """Return the query ``near`` of what counts with a contact now, and who ``is_full``.

    As the gate judges one: with what is done, messages that wait in a queue among it,
    and what is in somebody's queue; what is only planned takes nobody's place.
    """
    now = fields.Datetime.now()
    lengths = [timedelta(days=min(cap.days, MAX_PERIOD)) for cap in caps]
    latest = [SQL.identifier(f"latest_{number}") for number in range(len(caps))]
    longest = max(lengths, default=timedelta(0))
    return {
        "is_full": SQL("COALESCE(near.is_full, FALSE)"),
        "near": SQL(
            """
            SELECT relationship_id, bool_or(%(full)s) AS is_full
              FROM (
                SELECT relationship_id, moment %(latest)s
                  FROM (
                    SELECT i.id, i.relationship_id, %(moment)s AS moment
                      FROM crm_interaction i
                     WHERE i.company_id = %(company)s AND i.kind <> 'service'
                       AND (i.state = 'done' AND i.along_id IS NULL
                            AND i.date_done > %(since)s
                            OR i.state = 'open' AND i.date_planned > %(since)s
                            AND i.date_planned < %(until)s)
                  ) contact
                WINDOW own AS (PARTITION BY relationship_id ORDER BY moment, id)
              ) together
          GROUP BY relationship_id
            """,
            moment=SQL(
                "CASE i.state WHEN 'done' THEN i.date_done ELSE i.date_planned END"
            ),
            latest=SQL().join(
                SQL(", lead(moment, %s) OVER own AS %s", cap.count - 1, name)
                for cap, name in zip(caps, latest, strict=True)
            ),
            full=SQL(" OR ").join(
                SQL(
                    "moment > %s AND %s < %s AND %s - moment < %s",
                    now - length,
                    name,
                    now + length,
                    name,
                    length,
                )
                for length, name in zip(lengths, latest, strict=True)
            )
            if caps
            else SQL("FALSE"),
            company=company.id,
            since=now - longest,
            until=now + longest,
        ),
    }
