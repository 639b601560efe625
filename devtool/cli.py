"""The commands of `./dev`."""

import argparse
import os
import signal
import sys

from . import cache, demo, i18n, lint, postgres, screenshots, testrun
from .console import say, step
from .paths import RUNTIME, cache_dir
from .process import SetupError, become
from .runtime import Runtime


def build_parser():
    """Return the parser for all commands."""
    parser = argparse.ArgumentParser(
        prog="./dev",
        description="Set up, run and test crm_relationship on a real Odoo 19.",
        epilog="ODOO_HOME names an Odoo 19 source to use instead of Debian's package; "
        "PGHOST (PGPORT, PGUSER, PGPASSWORD) a PostgreSQL server instead of a private "
        "one. Downloads are kept in the user's cache folder (XDG_CACHE_HOME).",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name, text, handler, **arguments):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(handler=handler)
        for argument, options in arguments.items():
            command.add_argument(argument.replace("__", "--"), **options)

    def flag(text):
        return {"action": "store_true", "help": text}

    port = {"help": "default: %(default)s", "type": int, "default": 8069}
    db = {"help": "default: %(default)s", "nargs": "?", "default": demo.DB}
    rest = {"help": "arguments for psql, after --", "nargs": "*"}
    what = {"help": testrun.HELP, "nargs": "*", "metavar": "PART|NAME"}
    stop = {"__port": port, "__no-serve": flag("stop after the report")}
    fix, check = flag("let them correct what they can"), flag("only tell what is not")
    every = flag("the download cache (of all clones) as well")
    add("demo", "database with a real shop's sales, served", demo.run, **stop)
    add("serve", "serve a database", demo.serve, db=db, __port=port)
    add("shell", "Odoo's Python shell (or < script.py)", shell, db=db)
    add("psql", "SQL on a database", psql, db=db, rest=rest)
    add("odoo", "run Odoo with any arguments: ./dev odoo -d demo -u base", None)
    add("bench", "run the benchmarks (bench/) with any arguments", None)
    add("test", "run the tests; all parts, or those named", testrun.run, what=what)
    add("lint", "run the linters", lint.run, __fix=fix)
    add("i18n", "refresh the translation files", i18n.run, __check=check)
    add("screenshots", "take the pictures in docs/images", screenshots.run)
    add("clean", "stop our server and remove .runtime", clean, __all=every)
    return parser


def shell(args):
    runtime = demo.need_database(Runtime.prepare(), args.db)
    line = runtime.odoo_args(args.db, "--no-http", "--log-level=warn", command="shell")
    become(line, runtime.env())


def psql(args):
    runtime = Runtime.prepare()
    become([runtime.pg_bin / "psql", "-d", args.db, *args.rest], runtime.env())


def odoo(argv):
    """Run Odoo with `argv`; a first word that is no option is Odoo's own command."""
    runtime = Runtime.prepare()
    command = argv.pop(0) if argv and not argv[0].startswith("-") else None
    become(runtime.odoo_args(None, *argv, command=command), runtime.env())


def bench(argv):
    runtime = Runtime.prepare()
    become([runtime.python, "-m", "bench.run", *argv], runtime.env())


def clean(args):
    """Stop the private server and remove `.runtime`; with --all the cache as well."""
    with step("removing .runtime"):
        postgres.PrivateServer().destroy()
        cache.discard(RUNTIME)
    if args.all:
        with step(f"removing {cache_dir()}"):
            cache.discard(cache_dir())
            cache.discard(postgres.SHARED / "venv")


def main(argv):
    """Run a command; what is missing is said in a sentence, without a traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if os.geteuid() == 0:
        os.umask(0o022)  # root's database server runs as another user
    # Where Python must not write bytecode, by a setting or the rights of ODOO_HOME,
    # each start would compile all of Odoo: seven seconds, more than three tests take.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(cache_dir() / "bytecode"))
    try:
        if argv[:1] in (["odoo"], ["bench"]):  # all that follows is theirs
            return {"odoo": odoo, "bench": bench}[argv[0]](argv[1:])
        args = build_parser().parse_args(argv)
        return args.handler(args)
    except SetupError as error:
        say(f"dev: {error}", sys.stderr)
        return 1
    except BrokenPipeError:  # our output goes to `head`, which has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        say("dev: interrupted", sys.stderr)
        return 130
