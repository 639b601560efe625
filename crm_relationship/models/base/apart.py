"""Work that may fail alone: what goes wrong with one record stops no other."""

import logging

import psycopg2

from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


def run_apart(env, work, *args):
    """Do some work in a savepoint; if it fails, take it back and return the error.

    Without the hooks that a flushing savepoint would run: those belong to the end of
    the caller's transaction.

    :param work: a function, called with ``args``
    :return: the exception, else None
    :raises psycopg2.OperationalError: a lost connection, or a conflict between
        transactions: whoever started this one repeats it
    """
    env.flush_all()
    try:
        with env.cr.savepoint(flush=False):
            work(*args)
            env.flush_all()
    except psycopg2.OperationalError:
        raise
    except Exception as error:
        env.transaction.clear()  # what it left behind in the cache
        return error
    return None


class _Rehearsed(Exception):
    """Carries a result out of a savepoint that is rolled back."""

    def __init__(self, result):
        super().__init__()
        self.result = result


def rehearse(env, work, *args):
    """Do some work, take back all it wrote, and return what it returned.

    :param work: a function, called with ``args``; what it returns holds no records that
        it made
    """

    def play():
        raise _Rehearsed(work(*args))

    error = run_apart(env, play)
    if isinstance(error, _Rehearsed):
        return error.result
    raise error


def run_each_apart(records, work, message):
    """Do some work with all records at once, or if that fails, with each by itself.

    :param work: a function, called with the records
    :param str message: for the log, with ``%s`` for the record that failed
    :return: what went wrong, an exception for each record that failed
    """
    error = run_apart(records.env, work, records)
    if error is None:
        return []
    if len(records) <= 1:
        log_failure(error, message, records)
        return [error]
    return [e for record in records for e in run_each_apart(record, work, message)]


def log_failure(error, message, *args):
    _logger.error(message, *args, exc_info=error)


def first_line(error):
    """Return what an error says, in one line that people can read."""
    line = str(error).strip().partition("\n")[0]
    if isinstance(error, UserError):
        return line
    return f"{type(error).__name__}: {line}"[:500]
