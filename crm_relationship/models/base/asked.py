"""What a client asks for is checked before anything is done: it may send anything."""

from odoo.exceptions import MissingError, UserError

from .figures import format_count

MAX_ID = 2**31 - 1


def check_records(records, at_least=0):
    """Refuse records that there are not, or could not be.

    :raises UserError: in words
    """
    if len(records) < at_least:
        raise UserError(records.env._("Choose a record first."))
    for id_ in records._ids:
        if isinstance(id_, bool | str | float | type(None) | list | dict):
            refuse_id(records.env, id_)
        if type(id_) is int and not 0 < id_ <= MAX_ID:
            refuse_id(records.env, id_)
    if records.exists() != records:
        raise MissingError(
            records.env._("This record is no longer there. Reload the page.")
        )


def check_one(records):
    """Refuse anything but one record.

    :raises UserError: in words
    """
    if len(records) != 1:
        raise UserError(
            records.env._(
                "Choose one record: %(count)s were.",
                count=format_count(records.env, len(records)),
            )
        )
    check_records(records)


def check_seen(records):
    """Refuse what the user may not see, before a sentence names it.

    For constraints, which Odoo runs as superuser: they are to refuse whatever is wrong,
    but not to tell whoever guesses ids what other companies have.

    :raises AccessError: as Odoo says it
    """
    records.sudo(False).check_access("read")


def refuse_id(env, value):
    """:raises UserError: always"""
    raise UserError(
        env._(
            "“%(value)s” is no record. Reload the page and try again.",
            value=str(value)[:80],
        )
    )


def check_text(env, text):
    """Refuse text that no database keeps.

    :raises UserError: in words
    """
    if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise UserError(
            env._("The text has characters that cannot be stored. Type it anew.")
        )
