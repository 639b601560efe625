"""What each command of `./dev` does; the work itself is in the other modules."""

import socket

from . import cache, postgres
from .console import say, step
from .errors import SetupError
from .paths import REPO, RUNTIME, cache_dir
from .process import foreground
from .runtime import Runtime


def demo(args):
    from . import demo as demo_module

    return demo_module.run(port=args.port, serve=not args.no_serve)


def serve(args):
    return serve_database(Runtime.prepare(), args.db, args.port)


def serve_database(runtime, db, port):
    """Serve `db` on `port` until Ctrl-C."""
    need_database(runtime, db)
    need_free_port(port)
    say(f"Serving database {db} on http://localhost:{port} (Ctrl-C stops it)")
    code = runtime.foreground(
        *("--http-port", port, "--max-cron-threads=1", f"--db-filter=^{db}$"), db=db
    )
    return 0 if code in (0, -2, 130) else code


def need_database(runtime, db):
    if not runtime.database_exists(db):
        raise SetupError(
            f"There is no database {db}. `./dev demo` makes the database demo."
        )


def need_free_port(port):
    """Say so before Odoo does: its own message is a traceback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SetupError(
                f"Port {port} is in use ({error.strerror}). Stop the program that uses "
                "it, or choose another port with --port."
            ) from error


def shell(args):
    runtime = Runtime.prepare()
    need_database(runtime, args.db)
    return runtime.foreground(
        "--no-http", "--log-level=warn", db=args.db, command="shell"
    )


def psql(args):
    runtime = Runtime.prepare()
    command = [runtime.pg_bin / "psql", "-d", args.db, *args.rest]
    return foreground(command, env=runtime.env())


def odoo(argv):
    """Run Odoo with `argv`; a first word that is no option is Odoo's own command."""
    runtime = Runtime.prepare()
    command = argv[0] if argv and not argv[0].startswith("-") else None
    return runtime.foreground(*(argv[1:] if command else argv), command=command)


def bench(argv):
    runtime = Runtime.prepare()
    command = [runtime.python, "-m", "bench.run", *argv]
    return foreground(command, env=runtime.env(), cwd=REPO)


def test(args):
    from . import testrun

    return testrun.run(args.what)


def lint(args):
    from . import lint as lint_module

    return lint_module.run(fix=args.fix)


def i18n(args):
    from . import i18n as i18n_module

    return i18n_module.run(check=args.check)


def screenshots(args):
    from . import screenshots as screenshots_module

    return screenshots_module.run()


def clean(args):
    """Stop the private server and remove `.runtime`; with --all the cache as well."""
    if RUNTIME.exists():
        with step("removing .runtime"):
            postgres.PrivateServer(None).destroy()
            cache.discard(RUNTIME)
    if args.all:
        with step(f"removing {cache_dir()}"):
            for folder in (cache_dir(), *postgres.SHARED.glob("pg-*/")):
                cache.discard(folder)
    return 0
