"""`./dev demo`: a shop's real sales, planned by the addon, served.

The second run finds the database and only updates the addon, when its files changed.
The data is loaded by `demo/load.py`, which may be run again at any time.
"""

import socket
import subprocess

from . import cache
from .console import say
from .paths import ADDON, RUNTIME
from .process import SetupError, become
from .runtime import Runtime, addons_hash

DB = "demo"
LOADER = "from demo import load; load.run(env)"
STATE = RUNTIME / "demo.installed"
LOGINS = (
    "Log in as admin; as maya, who manages; as one of the salespeople above: siti, "
    "budi, ...; or as customer, in the portal. A young company waits in Preview for "
    "lina, its administrator; the 4R of the guide are with ratna, the manager of a "
    "small company. Each one's password is the login."
)


def run(args):
    """Make the demo database, print the report, serve it unless told not to."""
    if not args.no_serve:
        need_free_port(args.port)
    runtime = Runtime.prepare()
    with cache.locked(RUNTIME / "demo.lock"):
        prepare_database(runtime)
        load(runtime)
    if args.no_serve:
        say(f"Database {DB} is ready. Serve it with: ./dev serve")
    else:
        say(LOGINS)
        serve_database(runtime, DB, args.port)


def prepare_database(runtime):
    """Create the database, or update the addon in it when its files changed."""
    state = addons_hash()
    if not runtime.database_exists(DB):
        runtime.make(DB, [ADDON], runtime.template_db())
    elif not STATE.exists() or STATE.read_text() != state:
        runtime.install(DB, [ADDON], update=True)
    else:
        say(f"==> database {DB} is there, the addon is unchanged")
    cache.write_atomic(STATE, state)


def load(runtime):
    """Load the sales and run the addon on them; the script prints the report."""
    args = runtime.odoo_args(DB, "--no-http", "--log-level=warn", command="shell")
    if subprocess.run(args, input=LOADER, text=True, env=runtime.env()).returncode:
        raise SetupError(
            "The sales could not be loaded; what went wrong stands above. It may be "
            "tried again: ./dev demo"
        )


def serve(args):
    serve_database(need_database(Runtime.prepare(), args.db), args.db, args.port)


def serve_database(runtime, db, port):
    """Serve `db` on `port` until Ctrl-C."""
    need_free_port(port)
    say(f"Serving database {db} on http://localhost:{port} (Ctrl-C stops it)")
    options = ("--http-port", port, "--max-cron-threads=1", f"--db-filter=^{db}$")
    become(runtime.odoo_args(db, *options), runtime.env())


def need_database(runtime, db):
    if not runtime.database_exists(db):
        raise SetupError(f"There is no database {db}. `./dev demo` makes `demo`.")
    return runtime


def need_free_port(port):
    """Say so before Odoo does: its own message is a traceback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise SetupError(
                f"Port {port} is in use. Stop the program that uses it, or choose "
                "another port with --port."
            )
