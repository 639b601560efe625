"""The API for scripts: Odoo, its Python and its database server, ready to use.

    from devtool.runtime import Runtime

    rt = Runtime.prepare()          # sets up what is missing; cheap when all is there
    rt.python                       # Path of the Python that has Odoo's requirements
    rt.env()                        # environment for programs: PYTHONPATH, PGHOST, ...
    rt.cdnow_file                   # Path of CDNOW_sample.txt (CDNOW_FILE in env())
    rt.pg                           # .host .port .user .password of the server
    rt.psql("SELECT 1", db="demo")  # run SQL with psql, return its output unadorned
    rt.createdb("bench", template=rt.template_db())     # template: optional
    rt.dropdb("bench")
    rt.database_exists("bench")
    with rt.scratch_db("test_x", template=rt.template_db()) as db: ...  # dropped after
    rt.template_db(["sale_crm"])    # name of a database with these modules, made once
    rt.install("bench", ["crm_relationship"])           # or update=True
    rt.odoo_args("bench", "--stop-after-init")          # the command line, as a list
    rt.run_odoo("-i", "crm_relationship", "--stop-after-init", db="bench")
    rt.shell("bench", "print(env['res.partner'].search_count([]))")  # its output

`env()` puts the root of the repository and `tests` on Python's path: scripts started
with it import `bench`, `demo`, `devtool` and `oracle`.
"""

import contextlib
import os
import shutil
import subprocess

from . import cache, cdnow, odoo_source, postgres, venv
from .console import step
from .errors import SetupError
from .odoo_log import ProgressReader
from .paths import REPO, RUNTIME, addons_on_disk, hash_text, hash_tree, repo_id
from .process import foreground, run, stream, tail

DEPENDENCIES = ("sale_crm", "sms", "resource", "portal")


class Runtime:
    """Everything a script needs to run Odoo, made by `Runtime.prepare()`."""

    def __init__(self, python, odoo, pg, pg_bin):
        self.python = python
        self.odoo = odoo
        self.pg = pg
        self.pg_bin = pg_bin
        self.data_dir = RUNTIME / "data"
        self.config = RUNTIME / "odoo.conf"
        self.cdnow_file = None

    @classmethod
    def prepare(cls):
        """Set up what is missing and return the runtime."""
        RUNTIME.mkdir(exist_ok=True)
        odoo = odoo_source.locate()
        python = venv.python("odoo")
        server = postgres.PrivateServer(python)
        pg = postgres.external()
        runtime = cls(python, odoo, pg or server.ensure(), server.binaries())
        if pg:
            runtime.pg = postgres.usable_role(pg, runtime.pg_bin)
        runtime._write_config()
        runtime.cdnow_file = cdnow.data_file(python)
        return runtime

    # -- environment ---------------------------------------------------------

    def env(self):
        """Return the environment for Odoo and for scripts that use this API."""
        paths = map(str, (self.odoo.python_path, REPO, REPO / "tests"))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        return {
            **inherited,
            **self.pg.env(),
            "PYTHONPATH": os.pathsep.join(paths),
            "PATH": os.pathsep.join(
                [str(self.python.parent), os.environ.get("PATH", ""), str(self.pg_bin)]
            ),
            "PYTHONUNBUFFERED": "1",
            "ODOO_RC": str(self.config),
            "CDNOW_FILE": str(self.cdnow_file),
        }

    def scratch(self, name):
        """Return a database name of our own: a shared server serves other clones."""
        return name if self.pg.private else f"crm_{repo_id()}_{name}"

    def _write_config(self):
        addons = list(self.odoo.addons_paths)
        if addons_on_disk():
            addons.append(REPO)
        options = {
            "addons_path": ",".join(str(path) for path in addons),
            "data_dir": self.data_dir,
            "db_host": self.pg.host,
            "db_port": self.pg.port,
            "db_user": self.pg.user,
            "admin_passwd": "admin",
            "http_interface": "127.0.0.1",
            "max_cron_threads": 0,
        }
        if self.pg.password:
            options["db_password"] = self.pg.password
        lines = [f"{key} = {value}" for key, value in options.items()]
        cache.write_atomic(self.config, "\n".join(["[options]", *lines, ""]))
        self.config.chmod(0o600)

    # -- databases -----------------------------------------------------------

    def psql(self, sql, db="postgres"):
        """Run SQL and return psql's output: tuples only, fields separated by '|'."""
        command = [self.pg_bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", db]
        return run([*command, "-c", sql], f"SQL failed in {db}.", env=self.env())

    def database_exists(self, name):
        return bool(self.psql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))

    def createdb(self, name, template=None):
        """Create a database, empty or as a copy of `template` with its files."""
        if not template:
            self.psql(f"CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'")
            return
        major = int(self.psql("SHOW server_version_num")) // 10000
        # A file copy is faster here than the default, which writes it all to the WAL.
        strategy = "STRATEGY FILE_COPY" if major >= 15 else ""
        self.psql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {strategy}')
        source = self.data_dir / "filestore" / template
        if source.is_dir():
            # The file store is addressed by content and never rewritten: link it.
            target = self.data_dir / "filestore" / name
            cache.discard(target)
            shutil.copytree(source, target, copy_function=os.link)

    def dropdb(self, name):
        """Drop a database (closing connections to it) and its files."""
        self.psql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cache.discard(self.data_dir / "filestore" / name)

    @contextlib.contextmanager
    def scratch_db(self, name, template):
        """Give a copy of `template` for the time of a `with` block; yield its name.

        A second run in this clone that wants the same one waits for the first.
        """
        db = self.scratch(name)
        with cache.locked(RUNTIME / f"{db}.lock"):
            self.dropdb(db)
            self.createdb(db, template=template)
            yield db
            self.dropdb(db)

    def template_db(self, modules=DEPENDENCIES):
        """Return the name of a database with `modules` installed, made once and kept.

        It is installed under another name and renamed when finished, so a run that
        was killed leaves no half-installed template.
        """
        token = hash_text(
            self.odoo.version, str(self.odoo.python_path), *sorted(modules)
        )
        name = self.scratch(f"template_{token[:8]}")
        with cache.locked(RUNTIME / f"{name}.lock"):
            if not self.database_exists(name):
                draft = f"{name}_draft"
                self.dropdb(draft)
                self.install(draft, modules, title="template database")
                self.dropdb(name)
                self.rename(draft, name)
        return name

    def addon_db(self):
        """Return the name of a database with our addons as they are now, for reading.

        It is named by a hash of their files; those of older states are dropped.
        """
        addons = addons_on_disk()
        token = hash_text(*(hash_tree(REPO / addon) for addon in addons))
        template = self.template_db()
        prefix = self.scratch("addon_")
        name = f"{prefix}{token[:8]}"
        with cache.locked(RUNTIME / "addon_db.lock"):
            if self.database_exists(name):
                return name
            known = self.psql("SELECT datname FROM pg_database").split()
            for old in known:
                if old.startswith(prefix):
                    self.dropdb(old)
            draft = f"{prefix}draft"
            self.createdb(draft, template=template)
            self.install(draft, addons, title="database with the addon")
            self.rename(draft, name)
        return name

    def rename(self, old, new):
        """Rename a database nobody uses, with its files."""
        self.psql(f'ALTER DATABASE "{old}" RENAME TO "{new}"')
        files = self.data_dir / "filestore" / old
        if files.is_dir():
            files.rename(self.data_dir / "filestore" / new)

    # -- Odoo ----------------------------------------------------------------

    def odoo_args(self, db=None, *args, command=None):
        """Return the command line of an Odoo process, as a list of strings."""
        line = [str(self.python), "-m", "odoo"]
        if command:
            line.append(command)
        line += ["-c", str(self.config)]
        if db:
            line += ["-d", db]
        return [*line, *map(str, args)]

    def run_odoo(self, *args, db=None, log=None, on_line=None, check=True):
        """Run Odoo to its end, return its exit code; output goes to `on_line`/`log`.

        :raise SetupError: with the end of the log, if it fails and `check` is set
        """
        lines = []

        def collect(line):
            lines.append(line)
            if on_line:
                on_line(line)

        code = stream(
            self.odoo_args(db, *args), collect, log=log, env=self.env(), cwd=REPO
        )
        if code and check:
            where = f" Its log: {log}" if log else ""
            raise SetupError(
                f"Odoo stopped with exit code {code}.{where}", tail_of(lines)
            )
        return code

    def install(self, db, modules, update=False, title=None):
        """Install (or update) modules in `db`, which is created when missing."""
        title = title or f"database {db}"
        verb = "updating" if update else "installing"
        option = "-u" if update else "-i"
        with step(f"{title}: {verb} {', '.join(modules)}") as running:
            reader = ProgressReader(running)
            self.run_odoo(
                *(option, ",".join(modules), "--stop-after-init", "--no-http"),
                db=db,
                log=RUNTIME / "log" / f"install-{db}.log",
                on_line=reader.feed,
            )
            reader.fail_on_errors()

    def shell(self, db, script, env=None):
        """Run Python source in `odoo shell` on `db`; return what it printed."""
        args = self.odoo_args(db, "--no-http", "--log-level=warn", command="shell")
        result = subprocess.run(
            args,
            input=script,
            text=True,
            cwd=REPO,
            env={**self.env(), **(env or {})},
            capture_output=True,
            check=False,
        )
        if result.returncode:
            raise SetupError(f"A script failed in {db}.", tail(result.stderr))
        return result.stdout

    def foreground(self, *args, db=None, command=None, env=None, **kwargs):
        """Run Odoo on our terminal (a server, a shell); return its exit code."""
        line = self.odoo_args(db, *args, command=command)
        return foreground(line, env={**self.env(), **(env or {})}, cwd=REPO, **kwargs)


def tail_of(lines):
    """Return the end of Odoo's log, or from its first traceback if there is one."""
    for index, line in enumerate(lines):
        if " CRITICAL " in line or " ERROR " in line:
            return "\n".join(lines[index:][:60])
    return tail("\n".join(lines))
