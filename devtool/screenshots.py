"""`./dev screenshots`: pictures of the demo for README and guide, in docs/images.

The demo is served on a free port, a browser logs in and takes one picture a page.
Pages are rows of a table: add one to get another picture.
"""

import contextlib
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, field

from . import chromium, node
from .commands import need_database
from .console import say, step
from .demo import DB
from .errors import SetupError
from .parts import free_port
from .paths import REPO, RUNTIME
from .process import stop_group, tail
from .runtime import Runtime

IMAGES = REPO / "docs" / "images"
START_SECONDS = 90
DESKTOP = (1360, 820)


@dataclass(frozen=True)
class Page:
    """One picture.

    `path` may hold `{name}` for a value that `LOOKUPS` finds in the database.
    """

    name: str
    path: str
    wait_for: str
    """CSS selector that is there when the page is ready to be taken."""
    click: tuple = ()
    """CSS or text selectors to click, one after the other, before the picture."""
    login: str = "admin"
    """Who is looking; in the demo the password is the same."""
    size: tuple = field(default=DESKTOP)
    settle_ms: int = 600
    """Time for animations and images after `wait_for` was seen."""


# Values for the paths, found by Odoo: {name: Python expression}.
LOOKUPS = {
    # A good customer with a past and with something to do for Siti.
    "partner": "env['crm.interaction'].search([('state', '=', 'open'), "
    "('user_id.login', '=', 'siti'), ('relationship_id.order_count', '>', 4)], "
    "order='date_due, id', limit=1).partner_id.id",
    "program": "env.ref('crm_relationship.crm_program_after_purchase').id",
    "programs": "env.ref('crm_relationship.crm_program_action').id",
}

PAGES = (
    Page("queue", "/odoo/my-queue", ".o_data_row, .o_group_header", login="siti"),
    Page(
        "contact",
        "/odoo/res.partner/{partner}",
        ".o_form_view",
        click=(".o_notebook a.nav-link[name='relationship']",),
        login="siti",
    ),
    Page(
        "customers",
        "/odoo/customer-relationships",
        ".o_kanban_record:not(.o_kanban_ghost)",
    ),
    Page("program", "/odoo/action-{programs}/{program}", ".o_form_view"),
    Page("matrix", "/odoo/touch-point-matrix", "[role=gridcell]", login="maya"),
    Page("value", "/odoo/segment-value", ".o_data_row", login="maya"),
)


def run():
    """Take the pictures; the database demo must exist."""
    runtime = Runtime.prepare()
    need_database(runtime, DB)
    browser = chromium.ensure()
    modules = node.modules()
    values = look_up(runtime)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with step("screenshots"), served(runtime) as url:
        task = {
            "url": url,
            "browser": browser,
            "images": str(IMAGES),
            "pages": [filled(page, values) for page in PAGES],
        }
        take(modules, task)
    say(f"The pictures are in {IMAGES.relative_to(REPO)}.")
    return 0


def look_up(runtime):
    """Return the values for the pages' paths."""
    script = "import json\nprint('VALUES', json.dumps({{{}}}))\n".format(
        ", ".join(f"{name!r}: {code}" for name, code in LOOKUPS.items())
    )
    output = runtime.shell(DB, script)
    line = next(line for line in output.splitlines() if line.startswith("VALUES "))
    return json.loads(line.removeprefix("VALUES "))


def filled(page, values):
    """Return a page as a dictionary, the values put into its path."""
    try:
        return {**asdict(page), "path": page.path.format_map(values)}
    except KeyError as error:
        raise SetupError(f"Page {page.name}: LOOKUPS has no value {error}.") from error


@contextlib.contextmanager
def served(runtime):
    """Serve the demo on a free port while the block runs; yield its address."""
    port = free_port()
    log = RUNTIME / "log" / "screenshots.log"
    log.parent.mkdir(exist_ok=True)
    args = runtime.odoo_args(DB, "--http-port", port, f"--db-filter=^{DB}$")
    with open(log, "w") as sink:
        process = subprocess.Popen(
            args,
            env=runtime.env(),
            cwd=REPO,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    try:
        url = f"http://localhost:{port}"
        wait_until_up(url, process, log)
        yield url
    finally:
        stop_group(process)


def wait_until_up(url, process, log):
    """Return when Odoo answers; raise when it stopped or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    pause = threading.Event()
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            urllib.request.urlopen(f"{url}/web/login", timeout=30).close()
            return
        pause.wait(0.5)
    raise SetupError("Odoo did not start.", tail(log.read_text(errors="replace")))


def take(modules, task):
    """Let the browser take the pictures; its complaints become ours."""
    script = REPO / "devtool" / "screenshots.mjs"
    result = subprocess.run(
        [*map(str, node.programs()[0]), str(script), str(modules)],
        input=json.dumps(task),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    say(result.stdout.rstrip())
    if result.returncode:
        raise SetupError("Not all pictures could be taken; see above which.")
