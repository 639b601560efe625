"""`./dev demo`: a shop's real sales, planned by the addon, served.

The second run finds the database and only brings the addon up to date, when its
files have changed since. The data is loaded by `demo/load.py`, which may be run again
at any time.
"""

import subprocess

from . import cache
from .commands import need_free_port, serve_database
from .console import say
from .errors import SetupError
from .paths import ADDON, REPO, RUNTIME, addons_on_disk, hash_text, hash_tree
from .runtime import Runtime

DB = "demo"
LOADER = "from demo import load; load.run(env)"
STATE = RUNTIME / "demo.installed"
LOGINS = (
    "Log in as admin; as maya, who manages; as one of the salespeople above: siti, "
    "budi, ...; or as customer, in the portal. Each one's password is the login."
)


def run(port=8069, serve=True):
    """Make the demo database, print the report, serve it unless told not to."""
    if serve:
        need_free_port(port)
    if not (REPO / ADDON / "__manifest__.py").exists():
        raise SetupError(f"The addon {ADDON}/ is missing from {REPO}.")
    runtime = Runtime.prepare()
    with cache.locked(RUNTIME / "demo.lock"):
        prepare_database(runtime)
        load(runtime)
    if not serve:
        say(f"Database {DB} is ready. Serve it with: ./dev serve")
        return 0
    say(LOGINS)
    return serve_database(runtime, DB, port)


def prepare_database(runtime):
    """Create the database, or update the addon in it when its files changed."""
    state = hash_text(*(hash_tree(REPO / addon) for addon in addons_on_disk()))
    if not runtime.database_exists(DB):
        draft = f"{DB}_draft"
        runtime.dropdb(draft)
        runtime.createdb(draft, template=runtime.template_db())
        runtime.install(draft, [ADDON], title=f"database {DB}")
        runtime.rename(draft, DB)
    elif not STATE.exists() or STATE.read_text() != state:
        runtime.install(DB, [ADDON], update=True)
    else:
        say(f"==> database {DB} is there, the addon is unchanged")
    cache.write_atomic(STATE, state)


def load(runtime):
    """Load the sales and run the addon on them; the script prints the report."""
    args = runtime.odoo_args(DB, "--no-http", "--log-level=warn", command="shell")
    code = subprocess.run(
        args, input=LOADER, text=True, cwd=REPO, env=runtime.env(), check=False
    ).returncode
    if code:
        raise SetupError(
            f"demo/load.py stopped with exit code {code}; what it said stands above. "
            "It may be run again: ./dev demo"
        )
