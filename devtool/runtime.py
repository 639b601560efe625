"""The API for scripts: Odoo, its Python and its database server, ready to use.

    from devtool.runtime import Runtime

    rt = Runtime.prepare()          # sets up what is missing; cheap when all is there
    rt.python, rt.env()             # Odoo's Python; the environment for programs
    rt.pg                           # .host .port .user .password of the server
    rt.psql("SELECT 1", db="demo")  # run SQL with psql, return its output unadorned
    rt.createdb("bench", template=rt.template_db())     # template: optional
    rt.template_db(["sale_crm"])    # name of a database with these modules, made once
    with rt.copy("x") as db: ...    # a copy of one with the addon; dropped afterwards
    with rt.copy("x", glue=True) as db: ...             # and with what ties it to apps
    rt.install("bench", ["crm_relationship"])           # or update=True
    rt.odoo_args("bench", "--stop-after-init")          # the command line, as a list

Scripts started with `env()` import `bench`, `demo`, `devtool` and `oracle`.
"""

import contextlib
import os
import re
import shutil

from . import cache, odoo_source, postgres, venv
from .console import step
from .paths import (
    ADDON,
    BESIDE,
    LOGS,
    REPO,
    RUNTIME,
    addons_on_disk,
    glued_apps,
    hash_text,
    hash_tree,
    repo_id,
)
from .process import SetupError, run, stream

DEPENDENCIES = ("sale_crm", "sms", "resource", "portal")
SALES = "lifetimes/datasets/CDNOW_sample.txt"  # in requirements/sales.txt
IMPORT_PATHS = (REPO, REPO / "tests")
CONFIG = """[options]
addons_path = {addons}
data_dir = {data_dir}
db_host = {pg.host}
db_port = {pg.port}
db_user = {pg.user}
admin_passwd = admin
http_interface = 127.0.0.1
max_cron_threads = 0
"""
_LOADING = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")
_BAD = re.compile(r"[-\d]+ [\d:,]+ \d+ (ERROR|CRITICAL) ")


class Runtime:
    """Everything a script needs to run Odoo, made by `Runtime.prepare()`."""

    def __init__(self, odoo, pg, pg_bin):
        self.odoo, self.pg, self.pg_bin = odoo, pg, pg_bin
        self.python = venv.python("odoo")
        self.data_dir, self.config = RUNTIME / "data", RUNTIME / "odoo.conf"

    @classmethod
    def prepare(cls):
        """Set up what is missing and return the runtime."""
        RUNTIME.mkdir(exist_ok=True)
        pg = postgres.external() or postgres.PrivateServer().ensure()
        runtime = cls(odoo_source.locate(), pg, postgres.programs())
        addons = ",".join(map(str, (*runtime.odoo.addons_paths, REPO)))
        text = CONFIG.format(addons=addons, data_dir=runtime.data_dir, pg=pg)
        text += f"db_password = {pg.password}\n" if pg.password else ""
        cache.write_atomic(runtime.config, text)
        runtime.config.chmod(0o600)
        return runtime

    def env(self):
        """Return the environment for Odoo and for scripts that use this API."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        programs = [self.python.parent, os.environ.get("PATH", ""), self.pg_bin]
        return {
            **inherited,
            **self.pg.env(),
            "PYTHONPATH": _path(self.odoo.python_path, *IMPORT_PATHS),
            "PATH": _path(*programs),
            "PYTHONUNBUFFERED": "1",
            "ODOO_RC": str(self.config),
            "CDNOW_FILE": str(venv.packages("sales") / SALES),
        }

    def addon(self, name):
        """Return the folder of an addon, ours or Odoo's own."""
        for path in (REPO, *self.odoo.addons_paths):
            if (path / name).is_dir():
                return path / name
        raise SetupError(f"There is no addon {name}, neither here nor in Odoo.")

    # -- databases -----------------------------------------------------------

    def scratch(self, name):
        """Return a database name of our own: a shared server serves other clones."""
        return name if self.pg.private else f"crm_{repo_id()}_{name}"

    def psql(self, sql, db="postgres"):
        """Run SQL and return psql's output: tuples only, fields separated by '|'."""
        command = [self.pg_bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", db]
        return run([*command, "-c", sql], f"SQL failed in {db}.", env=self.env())

    def databases(self):
        return self.psql("SELECT datname FROM pg_database").split()

    def database_exists(self, name):
        return name in self.databases()

    def createdb(self, name, template=None):
        """Create a database, empty or as a copy of `template` with its files."""
        if not template:
            self.psql(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
            return
        major = int(self.psql("SHOW server_version_num")) // 10000
        # A file copy is faster here than the default, which writes it all to the WAL.
        strategy = "STRATEGY FILE_COPY" if major >= 15 else ""
        self.psql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {strategy}')
        source, target = self._files(template), self._files(name)
        if source.is_dir():
            # The file store is addressed by content and never rewritten: link it.
            cache.discard(target)
            shutil.copytree(source, target, copy_function=os.link)

    def dropdb(self, name):
        """Drop a database (closing connections to it) and its files."""
        self.psql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cache.discard(self._files(name))

    def _files(self, db):
        return self.data_dir / "filestore" / db

    def make(self, name, modules, template=None, title=None):
        """Install `modules` in a new database, renamed when it is finished."""
        draft = f"{name}_draft"
        self.dropdb(draft)
        if template:
            self.createdb(draft, template=template)
        self.install(draft, modules, title=title or f"database {name}")
        self.psql(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
        if self._files(draft).is_dir():
            cache.discard(self._files(name))
            self._files(draft).rename(self._files(name))

    def template_db(self, modules=DEPENDENCIES):
        """Return the name of a database with `modules` installed, made once."""
        token = hash_text(str(self.odoo), *sorted(modules))
        name = self.scratch(f"template_{token[:8]}")
        with cache.locked(RUNTIME / f"{name}.lock"):
            if not self.database_exists(name):
                self.make(name, modules, title="template database")
        return name

    @contextlib.contextmanager
    def copy(self, name, fresh=False, plain=False, glue=False):
        """Give a copy of the database with our addon as it is now; yield its name.

        That one is kept, and installed anew when the addon's files changed or `fresh`
        asks for it. A `plain` copy is of the template. With `glue` it has the other
        apps as well, and with them what ties the addon to them. One at a time has the
        name.
        """
        db = self.scratch(name)
        with cache.locked(RUNTIME / f"{db}.lock"):
            with cache.locked(RUNTIME / "addon.lock"):
                source = self.template_db() if plain else self._addon_db(fresh, glue)
                self.dropdb(db)
                self.createdb(db, template=source)
            yield db
            self.dropdb(db)

    def _addon_db(self, fresh, glue):
        """Return the database with the addon, made when there is none.

        What ties it to other apps is never named: Odoo installs it with the last of
        the two, or not at all.
        """
        apps, addons = (), [ADDON]
        if glue:
            apps, addons = (*glued_apps(), *BESIDE), addons_on_disk()
        template = self.template_db((*DEPENDENCIES, *apps))
        prefix = self.scratch("glue_" if glue else "addon_")
        name = f"{prefix}{hash_text(template, addons_hash(addons))[:8]}"
        known = [db for db in self.databases() if db.startswith(prefix)]
        if fresh or name not in known:
            for old in known:
                self.dropdb(old)
            self.make(name, [ADDON], template, "database with the addon")
        return name

    # -- Odoo ----------------------------------------------------------------

    def odoo_args(self, db=None, *args, command=None):
        """Return the command line of an Odoo process, as a list of strings."""
        line = [self.python, "-m", "odoo", *([command] if command else [])]
        line += ["-c", self.config, *(["-d", db] if db else []), *args]
        return list(map(str, line))

    def install(self, db, modules, update=False, title=None):
        """Install (or update) modules in `db`, which is created when missing.

        Odoo ends with exit code 0 after many errors of an installation; we do not.
        """
        verb, option = ("updating", "-u") if update else ("installing", "-i")
        names, log, lines = ",".join(modules), LOGS / f"install-{db}.log", []
        args = self.odoo_args(db, option, names, "--stop-after-init", "--no-http")
        with step(f"{title or f'database {db}'}: {verb} {names}") as running:

            def read(line):
                lines.append(line)
                if loading := _LOADING.search(line):
                    running.note = "{}: module {} of {}".format(*loading.groups())

            code = stream(args, read, log=log, env=self.env(), cwd=REPO)
            bad = next((i for i, line in enumerate(lines) if _BAD.match(line)), None)
            if code or bad is not None:
                text = "\n".join(lines[-30 if bad is None else bad :][:60])
                raise SetupError(f"Odoo failed {verb} {names}. Its log: {log}", text)


def addons_hash(addons=(ADDON,)):
    """Return a hash of what of our addons gets into a database that has them."""
    folders = [REPO / addon for addon in addons]
    return hash_text(*(hash_tree(path, skip=("tests", "readme")) for path in folders))


def _path(*parts):
    return os.pathsep.join(map(str, parts))
