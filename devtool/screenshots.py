"""`./dev screenshots`: pictures of the demo for README and guide, in docs/images.

The demo is served on a free port, and `pictures_worker.py` takes one picture of each
page that docs/images/pages.toml names. Chromium is Debian's, the tours' browser too.
"""

import json
import os
import shutil
import socket

import tomllib

from . import cache, demo, venv
from .console import say, step
from .paths import LOGS, REPO, cache_dir
from .process import run as run_program
from .process import started
from .runtime import Runtime

IMAGES = REPO / "docs" / "images"
WORKER = REPO / "devtool" / "pictures_worker.py"
NAMES = ("chromium", "google-chrome", "chromium-browser", "google-chrome-stable")
INSTALL = ("install", "-qy", "--no-install-recommends", "chromium")
FAILURE = (
    "Chromium is missing, which the browser tours and screenshots need, and could not "
    "be installed. Do it by hand (Debian: sudo apt install chromium), then try again."
)


def run(args):
    """Take the pictures; the database demo must exist."""
    runtime, port = demo.need_database(Runtime.prepare(), demo.DB), free_port()
    pages = tomllib.loads((IMAGES / "pages.toml").read_text())
    task = [f"http://localhost:{port}", chromium(), str(IMAGES), pages]
    odoo = runtime.odoo_args(demo.DB, "--http-port", port, f"--db-filter=^{demo.DB}$")
    worker = [venv.python("screenshots"), WORKER]
    LOGS.mkdir(exist_ok=True)
    with (
        step("screenshots"),
        open(LOGS / "screenshots.log", "w") as log,
        started(odoo, env=runtime.env(), cwd=REPO, stdout=log),
    ):
        failure = f"Not all pictures could be taken. Odoo's log: {log.name}"
        say(run_program(worker, failure, input=json.dumps(task)).rstrip())
    say(f"The pictures are in {IMAGES.relative_to(REPO)}.")


def free_port():
    """Return a port nobody uses now, so that runs side by side do not clash."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def executable():
    """Return the path of a Chromium that Odoo would find as well, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def chromium():
    """Return the path of Chromium, installing Debian's package when there is none."""
    with cache.locked(cache_dir() / "chromium.lock"):
        if not executable():
            with step("Chromium from Debian's package"):
                # As root, or as one whom sudo does not ask for a password.
                apt = [*([] if os.geteuid() == 0 else ["sudo", "-n"]), "apt-get"]
                env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
                run_program([*apt, "update", "-q"], FAILURE, env=env)
                run_program([*apt, *INSTALL], FAILURE, env=env)
    return executable() or "/usr/bin/chromium"
