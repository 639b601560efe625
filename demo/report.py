"""What the addon made of the customers: data first, then printed as tables.

Functions take an Odoo environment and return plain lists of rows, so that a test can
assert what the demo prints. Dates are the company's, money is in its currency.
"""

from collections import Counter
from datetime import timedelta

from odoo import fields

from demo import cdnow, loaded
from devtool.console import say
from oracle import compare

PENDING = ("scheduled", "open")
WEEKS = 6


def _own(env, *terms):
    """Return the domain of the demo's shop; the young company is none of its business.

    :param terms: further conditions
    """
    return [("company_id", "=", env.company.id), *terms]


def customers_by_segment(env):
    """Return (segment, customers, their share, revenue, its share); shares 0 to 1."""
    rows = env["crm.relationship"]._read_group(
        _own(env), ["segment_id"], ["__count", "revenue:sum"]
    )
    count = sum(row[1] for row in rows) or 1
    revenue = sum(row[2] for row in rows) or 1
    return [
        (segment.name or "no segment", n, n / count, money, money / revenue)
        for segment, n, money in sorted(rows, key=lambda row: row[0].sequence)
    ]


def customers_by(env, field):
    """Return (label, customers) of a selection field, in the order of its values."""
    rows = env["crm.relationship"]._read_group(_own(env), [field], ["__count"])
    return _labelled(env["crm.relationship"], field, Counter(dict(rows)))


def contacts_by(env, field, domain):
    """Return (label, count) by a selection field of the interactions in the domain."""
    rows = env["crm.interaction"]._read_group(_own(env, *domain), [field], ["__count"])
    return _labelled(env["crm.interaction"], field, Counter(dict(rows)))


def _labelled(model, field, counts):
    labels = model.fields_get([field])[field].get("selection")
    if not labels:
        return [(str(value or "not told"), n) for value, n in counts.most_common()]
    named = [(label, counts.pop(value, 0)) for value, label in labels]
    named += [(str(value or "not told"), n) for value, n in counts.items()]
    return [(label, n) for label, n in named if n]


def contacts_by_channel_and_week(env, today):
    """Return {channel: [interactions a week]}, from this week on, later ones last.

    The first number is what is due before this week, the last one what is due after
    `WEEKS` weeks. For most of them the channel is only chosen when they are due.
    """
    monday = today - timedelta(days=today.weekday())
    rows = env["crm.interaction"]._read_group(
        _own(env, ("state", "in", PENDING)),
        ["touchpoint_id", "date_due:day"],
        ["__count"],
    )
    table = {}
    for touchpoint, day, count in rows:
        week = (day - monday).days // 7 + 1
        name = touchpoint.name or "chosen when due"
        line = table.setdefault(name, [0] * (WEEKS + 2))
        line[max(0, min(week, WEEKS + 1))] += count
    return dict(sorted(table.items()))


def staff_load(env):
    """Return (login, customers, interactions in the queue, overdue ones) per person."""
    customers = dict(
        env["crm.relationship"]._read_group(_own(env), ["user_id"], ["__count"])
    )
    queue = dict(_open_contacts(env, []))
    today = cdnow.local_today(fields.Datetime.now())
    overdue = dict(_open_contacts(env, [("date_due", "<", today)]))
    users = sorted(customers.keys() | queue.keys(), key=lambda user: user.login or "~")
    return [
        (
            user.login or "nobody",
            customers.get(user, 0),
            queue.get(user, 0),
            overdue.get(user, 0),
        )
        for user in users
    ]


def _open_contacts(env, domain):
    return env["crm.interaction"]._read_group(
        _own(env, ("state", "=", "open"), *domain), ["user_id"], ["__count"]
    )


def messages(env):
    """Return (what, how many) of the messages that were queued and not sent."""
    return [
        (name, count)
        for name, model in (("email", "mail.mail"), ("SMS", "sms.sms"))
        if (count := env[model].search_count([("state", "=", "outgoing")]))
    ]


# -- printing ------------------------------------------------------------------


def show(env, purchases):
    """Print the whole report."""
    today = cdnow.local_today(fields.Datetime.now())
    say("==> report")
    _show_customers(env)
    _show_contacts(env, today)
    _table(
        ("Salesperson", "customers", "in queue", "overdue"),
        staff_load(env),
        total=True,
    )
    _show_honesty(env, purchases, today)


def _show_customers(env):
    rows = customers_by_segment(env)
    _table(
        ("Segment", "customers", "share", "revenue", "share"),
        [
            (name, count, f"{share:.1%}", f"{money:,.2f}", f"{part:.1%}")
            for name, count, share, money, part in rows
        ]
        + [
            (
                "Total",
                sum(row[1] for row in rows),
                "",
                f"{sum(row[3] for row in rows):,.2f}",
                "",
            )
        ],
    )
    for title, field in (
        ("Life cycle", "lifecycle_stage"),
        ("Coverage", "coverage_state"),
    ):
        _table((title, "customers"), customers_by(env, field), total=True)


def _show_contacts(env, today):
    monday = today - timedelta(days=today.weekday())
    weeks = [f"{monday + timedelta(weeks=n):%d %b}" for n in range(WEEKS)]
    table = contacts_by_channel_and_week(env, today)
    _table(
        ("Planned interactions, week of", "before", *weeks, "later", "sum"),
        [(name, *line, sum(line)) for name, line in table.items()],
        total=True,
    )
    _table(("Interactions", "number"), contacts_by(env, "state", []), total=True)
    closed = [("state", "in", ("skipped", "cancelled", "missed"))]
    skipped = contacts_by(env, "reason_code", closed)
    if skipped:
        _table(("Not carried out, because", "interactions"), skipped, total=True)


def _show_honesty(env, purchases, today):
    queued = ", ".join(f"{count} {name}" for name, count in messages(env)) or "none"
    print(
        f"Automated messages in the queue: {queued}. Nothing leaves this machine: the"
        " jobs that send are off,\nand mail and SMS go to a host that does not exist."
    )
    documents = loaded.documents(env, purchases)
    count = len({document.customer for document in documents})
    wrong = compare.differences(env, compare.expected(env, documents, today))
    if not wrong:
        print(
            f"Checked: the figures of all {count:,} customers, computed independently."
        )
        return
    print(f"The addon and the independent figures differ in {len(wrong)} points:")
    print("\n".join(wrong[:20]))


def _table(head, rows, total=False):
    """Print rows under a head; the first column is text, the others are numbers."""
    rows = [tuple(map(_cell, row)) for row in rows]
    if total and rows:
        numbers = zip(*(row[1:] for row in rows), strict=True)
        sums = (
            sum(int(cell.replace(",", "")) for cell in column) for column in numbers
        )
        rows.append(("Total", *map(_cell, sums)))
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print()
    for row in (head, *rows):
        first, *others = zip(row, widths, strict=True)
        cells = [
            first[0].ljust(first[1]),
            *(cell.rjust(width) for cell, width in others),
        ]
        print("  " + "  ".join(cells).rstrip())


def _cell(value):
    return f"{value:,}" if isinstance(value, int) else str(value)
