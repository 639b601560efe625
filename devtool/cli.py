"""The commands of `./dev`."""

import argparse
import os
import signal
import sys

from . import commands
from .console import say
from .errors import SetupError
from .process import stop_all

# These hand their arguments on as they are, options included.
PASS_THROUGH = {"odoo": commands.odoo, "bench": commands.bench}


def build_parser():
    """Return the parser for all commands."""
    parser = argparse.ArgumentParser(
        prog="./dev",
        description="Set up, run and test crm_relationship on a real Odoo 19.",
        epilog="ODOO_HOME names an Odoo 19 source to use instead of Debian's package; "
        "PGHOST (PGPORT, PGUSER, PGPASSWORD) a PostgreSQL server instead of a private "
        "one. Downloads are kept in the user's cache folder (XDG_CACHE_HOME).",
    )
    adder = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_running(adder)
    _add_checking(adder)
    _add_keeping(adder)
    return parser


def _add(adder, name, handler, text):
    command = adder.add_parser(name, help=text, description=text)
    command.set_defaults(handler=handler)
    return command


def _add_running(adder):
    demo = _add(
        adder, "demo", commands.demo, "database with a real shop's sales, served"
    )
    demo.add_argument("--no-serve", action="store_true", help="stop after the report")
    demo.add_argument("--port", type=int, default=8069, help="default: %(default)s")
    serve = _add(adder, "serve", commands.serve, "serve a database")
    serve.add_argument("db", nargs="?", default="demo", help="default: %(default)s")
    serve.add_argument("--port", type=int, default=8069, help="default: %(default)s")
    shell = _add(adder, "shell", commands.shell, "Odoo's Python shell (or < script.py)")
    shell.add_argument("db", nargs="?", default="demo", help="default: %(default)s")
    psql = _add(adder, "psql", commands.psql, "SQL on a database")
    psql.add_argument("db", nargs="?", default="demo", help="default: %(default)s")
    psql.add_argument("rest", nargs="*", help="arguments for psql, after --")
    _add(adder, "odoo", None, "run Odoo with any arguments: ./dev odoo -d demo -u base")
    _add(adder, "bench", None, "run the benchmarks (bench/run.py) with any arguments")


def _add_checking(adder):
    test = _add(
        adder, "test", commands.test, "run the tests; all parts, or those named"
    )
    test.add_argument(
        "what",
        nargs="*",
        metavar="PART|NAME",
        help="engine, odoo, tour, lint, tool, core (slow, not part of the default), "
        "a test module, class or method, a pytest file, or Odoo test tags",
    )
    lint = _add(adder, "lint", commands.lint, "run the linters")
    lint.add_argument(
        "--fix", action="store_true", help="let them correct what they can"
    )
    i18n = _add(adder, "i18n", commands.i18n, "refresh the translation files")
    i18n.add_argument(
        "--check", action="store_true", help="only tell whether they are up to date"
    )


def _add_keeping(adder):
    _add(adder, "screenshots", commands.screenshots, "take the pictures in docs/images")
    clean = _add(adder, "clean", commands.clean, "stop our server and remove .runtime")
    clean.add_argument(
        "--all", action="store_true", help="the download cache (of all clones) as well"
    )


def dispatch(argv):
    """Run the command that `argv` names and return its exit code."""
    if argv and argv[0] in PASS_THROUGH:
        return PASS_THROUGH[argv[0]](argv[1:])
    args = build_parser().parse_args(argv)
    return args.handler(args)


def main(argv):
    """Run a command; what is missing is said in a sentence, without a traceback."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return dispatch(argv)
    except SetupError as error:
        say(f"dev: {error.message}", sys.stderr)
        if error.detail:
            say("\n" + error.detail, sys.stderr)
        return 1
    except BrokenPipeError:  # our output goes to `head`, which has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        stop_all()
        say("dev: interrupted", sys.stderr)
        return 130


def _interrupt(*_):
    raise KeyboardInterrupt
