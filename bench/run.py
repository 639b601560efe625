"""`./dev bench`: the addon's speed, as ratios to what cannot be faster.

See README.md in this folder for what is measured and why. Started with the Python that
has Odoo's requirements; makes a scratch database and drops it at the end.
"""

import argparse
import sys

from devtool.console import say, step
from devtool.runtime import Runtime, addons_hash

CUSTOMERS = 20_000
# Cases that make their own data; see `bench/cases.py`.
ALONE = ("alike", "year")
# Where a database remembers which addon it has, once it is filled.
ADDON = "bench.addon"


def parse(argv):
    """Return the options."""
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--customers", type=int, help="20,000; of a year: 10,000")
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--keep", action="store_true", help="keep the database")
    parser.add_argument(
        "--reuse",
        action="store_true",
        help="use what --keep left, of as many customers and orders",
    )
    parser.add_argument(
        "--processor",
        action="store_true",
        help="count processor time, of Odoo and of the database's session, where the"
        " machine does other things meanwhile",
    )
    parser.add_argument(
        "--only",
        metavar="NAME",
        nargs="+",
        default=(),
        help="only these cases, by name (bench/cases.py)",
    )
    parser.add_argument(
        "--picture", metavar="FILE", help="draw the curve of the case year"
    )
    parser.add_argument(
        "--half",
        choices=("enough", "scarce"),
        help="play only one of the two runs of the case year",
    )
    parser.add_argument("--minutes", type=int, help="of a person a day, for --half")
    parser.add_argument(
        "--results",
        metavar="FOLDER",
        help="where the case year keeps what each of its runs showed; one that is there"
        " already is not played again",
    )
    return parser.parse_args(argv)


def main(argv):
    """Run the benchmarks; return 1 when a figure falls short."""
    options = parse(argv)
    options.alone = next((name for name in options.only if name in ALONE), None)
    options.customers = options.customers or (None if options.alone else CUSTOMERS)
    runtime = Runtime.prepare()
    db = runtime.scratch(name_database(options))
    known = get_addon(runtime, db) if options.reuse else None
    fresh = not known
    if fresh:
        runtime.dropdb(db)
        with step(f"database {db}"):
            runtime.createdb(db, template=runtime.template_db())
    if known != addons_hash():
        runtime.install(db, ["crm_relationship"], update=not fresh)
    try:
        figures = measure(runtime, db, options, fresh)
    finally:
        if not options.keep:
            runtime.dropdb(db)
    if not options.alone:
        say(f"==> {options.customers:,} customers, {options.orders:,} orders")
    print(f"{'NAME':<32} {'RATIO':>8} {'LIMIT':>7}")
    for figure in figures:
        print(figure)
    short = [figure.name for figure in figures if not figure.ok]
    if short:
        print(f"{len(short)} short: {', '.join(short)}")
    return 1 if short or not figures else 0


def get_addon(runtime, db):
    """Return the hash of the addon that a kept database is filled for; else nothing."""
    if not runtime.database_exists(db):
        return None
    sql = f"SELECT value FROM ir_config_parameter WHERE key = '{ADDON}'"
    return runtime.psql(sql, db)


def name_database(options):
    """Return a name that tells the size: what is kept is never taken for another."""
    if options.alone:
        return f"bench_{options.half}" if options.half else "bench"
    return f"bench_{options.customers}_{options.orders}"


def measure(runtime, db, options, fresh):
    """Return the figures, measured in this process with an Odoo registry of its own."""
    from odoo import api
    from odoo.modules.registry import Registry
    from odoo.sql_db import close_db
    from odoo.tools import config

    from bench import cases, generate
    from bench.measure import use_processor_time

    config.parse_config(
        ["-c", str(runtime.config), "-d", db, "--log-level=warn"], setup_logging=True
    )
    registry = Registry(db)
    try:
        with registry.cursor() as cr:
            env = api.Environment(cr, api.SUPERUSER_ID, {})
            if options.processor:
                use_processor_time(cr)
            if options.alone:
                return cases.play_alone(
                    env,
                    options.alone,
                    customers=options.customers,
                    picture=options.picture,
                    half=options.half,
                    minutes=options.minutes,
                    results=options.results,
                )
            if fresh:
                with step("customers and orders"):
                    generate.generate(env, options.customers, options.orders)
            env["ir.config_parameter"].set_param(ADDON, addons_hash())
            cr.commit()
            return cases.run(env, options.only)
    finally:
        close_db(db)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
