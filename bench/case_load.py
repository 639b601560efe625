"""Fifty people working their queues at once, on one process of Odoo, by real HTTP.

Beside them, in turn, the same fifty with Odoo alone: a database without the addon,
the list of their activities, the contact, the activity marked as done. Both databases
are served by the same process and have as many customers in the queues.
"""

import asyncio
import random
import socket
import statistics
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from functools import partial

import psutil

from odoo import SUPERUSER_ID, api, fields
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.sql_db import close_db

from bench.browser import Browser, Taken
from bench.case_release import MAKE_DUE, POSTPONE, QUICK
from bench.generate import analyze
from bench.measure import Figure
from devtool.console import say
from devtool.paths import LOGS
from devtool.process import started
from devtool.runtime import Runtime

PEOPLE = 50
QUEUE = 20  # customers in each one's queue
PASSWORD = "bench"
OURS = "crm_relationship.crm_interaction_action"
THINK = (1, 3)  # seconds between two clicks, drawn evenly
WARM_UP, MEASURED = 10, 40  # seconds
NO_ANSWER = 0.2  # share of the customers who do not pick up
P95 = 1.5  # seconds
SEED = 19
START = 120  # seconds that a server may take

SERVE = """
UPDATE crm_relationship SET user_id = (%(users)s::int[])[1 + id %% %(count)s],
       backup_user_id = NULL;
UPDATE crm_interaction i SET user_id = r.user_id
  FROM crm_relationship r
 WHERE r.id = i.relationship_id AND i.state = 'scheduled';
UPDATE res_partner p SET user_id = r.user_id
  FROM crm_relationship r WHERE r.partner_id = p.id
"""

# As a week leaves a queue: some of each day are left.
SPREAD = """
UPDATE crm_interaction SET date_planned = date_planned - make_interval(days => id %% 7)
 WHERE state = 'open' AND user_id = ANY(%(users)s);
UPDATE mail_activity a SET date_deadline = date_planned::date
  FROM crm_interaction i
 WHERE i.activity_id = a.id AND i.state = 'open' AND i.user_id = ANY(%(users)s)
"""


def load(env):
    """Return the figures; the queues stay in the database, partly worked off."""
    runtime = Runtime.prepare()
    core = runtime.scratch("bench_core")
    runtime.dropdb(core)
    runtime.createdb(core, template=runtime.template_db())
    try:
        _fill_queues(env)
        with Registry(core).cursor() as cr:
            _fill_activities(api.Environment(cr, SUPERUSER_ID, {}))
        with _served(runtime, env.cr.dbname, core) as (url, server):
            alone = asyncio.run(_work(url, server, core, _CoreDesk))
            ours = asyncio.run(_work(url, server, env.cr.dbname, _Desk))
    finally:
        close_db(core)
        runtime.dropdb(core)
    return _figures(ours, alone)


def _figures(ours, alone):
    for title, taken in (("addon", ours), ("core", alone)):
        for name, values in taken.by_name.items():
            say(f"    {title} {name}: {_describe(sorted(values))}")
    ours_p95, core_p95 = _percentile(ours.all, 95), _percentile(alone.all, 95)
    note = f"{PEOPLE} people, {_describe(ours.all)}; core {_describe(alone.all)}"
    return [
        Figure("load_p95_seconds", ours_p95, P95, note=note),
        Figure("load_p95_of_core", ours_p95 / core_p95, None, note="core alone: 1"),
        Figure(
            "load_request_of_core",
            ours.busy / alone.busy,
            None,
            note=f"computing time a request: {1000 * ours.busy:.0f} ms,"
            f" core {1000 * alone.busy:.0f} ms",
        ),
    ]


def _describe(values):
    middle, high = statistics.median(values), _percentile(values, 95)
    return f"{len(values)} requests, median {middle:.2f} s, p95 {high:.2f} s"


def _percentile(values, percent):
    return values[len(values) * percent // 100]


# ----------------------------------------------------------------------
# The databases
# ----------------------------------------------------------------------


def _fill_queues(env):
    """Give each of fifty salespeople customers whose turn it is."""
    people = _people(env)
    env.cr.execute(POSTPONE)
    env.cr.execute(SERVE, {"users": people.ids, "count": len(people)})
    env.cr.execute(MAKE_DUE, {"limit": PEOPLE * QUEUE})
    env.cr.commit()
    env.invalidate_all()
    env["crm.interaction"]._cron_release()
    env.flush_all()
    env.cr.execute(SPREAD, {"users": people.ids})
    analyze(env)


def _fill_activities(env):
    """Give each of fifty salespeople as many activities, in Odoo alone."""
    people = _people(env)
    env = env(context={**QUICK, "mail_auto_subscribe_no_notify": True})
    partners = env["res.partner"].create(
        [
            {"name": f"Customer {n}", "user_id": people[n % PEOPLE].id}
            for n in range(PEOPLE * QUEUE)
        ]
    )
    env["mail.activity"].create(
        [
            {
                "res_model_id": env["ir.model"]._get_id("res.partner"),
                "res_id": partner.id,
                "activity_type_id": env.ref("mail.mail_activity_data_call").id,
                "summary": "Bench",
                "user_id": partner.user_id.id,
                "date_deadline": fields.Date.today(),
            }
            for partner in partners
        ]
    )
    analyze(env)


def _people(env):
    """Return the salespeople, made where they are missing."""
    users = env["res.users"].with_context(no_reset_password=True)
    logins = [f"load{number}" for number in range(PEOPLE)]
    known = users.search([("login", "in", logins)])
    if not known:
        group = env.ref("sales_team.group_sale_salesman")
        known = users.create(
            [
                {"name": login, "login": login, "group_ids": [Command.set(group.ids)]}
                for login in logins
            ]
        )
        # Hashing one password takes a third of a second; they share it.
        known[0].password = PASSWORD
        env.flush_all()
        env.cr.execute(
            "UPDATE res_users SET password = (SELECT password FROM res_users"
            " WHERE id = %s) WHERE id = ANY(%s)",
            [known[0].id, known.ids],
        )
    return known


# ----------------------------------------------------------------------
# The server and the people
# ----------------------------------------------------------------------


@contextmanager
def _served(runtime, *databases):
    """Serve databases by one process while the block lasts.

    :return: its address, and the process
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ("--http-port", port, "--workers=0", "--max-cron-threads=0")
    command = runtime.odoo_args(",".join(databases), *options)
    LOGS.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        log = stack.enter_context(open(LOGS / "bench-load.log", "w"))
        server = started(command, stdout=log, env=runtime.env())
        process = psutil.Process(stack.enter_context(server).pid)
        url = f"http://127.0.0.1:{port}"
        _wait_for(url)
        yield url, process


def _wait_for(url):
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        try:
            return urllib.request.urlopen(f"{url}/web/health", timeout=5).close()
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"The server did not start: {LOGS / 'bench-load.log'}")


async def _work(url, server, db, desk):
    """Let everybody work for a while and return how long the requests took."""
    taken = Taken()
    async with asyncio.TaskGroup() as group:
        ready = asyncio.Barrier(PEOPLE + 1)
        for number in range(PEOPLE):
            group.create_task(_person(url, db, desk, number, taken, ready))
        await ready.wait()
        await asyncio.sleep(WARM_UP)
        taken.since, busy = time.perf_counter(), _busy(server)
    taken.busy = (_busy(server) - busy) / len(taken.all)
    return taken


def _busy(process):
    """Return the seconds that a process has computed so far."""
    times = process.cpu_times()
    return times.user + times.system


async def _person(url, db, desk, number, taken, ready):
    drawn = random.Random(SEED + number)
    async with Browser(url, taken) as browser:
        await browser.login(db, f"load{number}", PASSWORD)
        own = desk(browser, drawn)
        await own.prepare()
        await ready.wait()
        end = time.perf_counter() + WARM_UP + MEASURED
        await own.think()
        while time.perf_counter() < end:
            await own.serve_customer()


class _Desk:
    """What a salesperson does with the addon."""

    def __init__(self, browser, drawn):
        self.browser, self.drawn = browser, drawn

    async def think(self):
        await asyncio.sleep(self.drawn.uniform(*THINK))

    async def prepare(self):
        load_action = self.browser.load_action
        self.queue = await load_action(
            "crm_relationship.crm_interaction_action_queue", "list"
        )
        self.form = await load_action("crm_relationship.crm_interaction_action", "form")
        self.contact = await load_action("contacts.action_contacts", "form")
        self.outcome = None

    async def serve_customer(self):
        """Open the queue, an interaction and its customer; note what came of it."""
        browser = self.browser
        rows = await browser.open_list("queue", self.queue)
        await self.think()
        id_ = self.drawn.choice(rows)["id"]
        record = await browser.open_form("interaction", self.form, id_)
        await self.think()
        customer = record["partner_id"]["id"]
        await browser.open_form("customer", self.contact, customer)
        await browser.open_chatter("res.partner", customer)
        await self.think()
        if self.drawn.random() < NO_ANSWER:
            await browser.press("no_answer", "crm.interaction", "action_no_answer", id_)
        else:
            await self.close(id_)
        await self.think()

    async def close(self, id_):
        """Take the two taps, and a word of the customer between them."""
        browser = self.browser
        press = partial(browser.press, model="crm.interaction", id_=id_)
        dialog = await press("ask_outcome", method="action_open_outcome")
        if not self.outcome:
            self.outcome = await browser.load_screen(
                "crm.interaction", dialog["views"], dialog.get("context")
            )
        await browser.open_form("outcome", self.outcome, id_)
        await self.think()
        await browser.call(
            "save",
            "crm.interaction",
            "web_save",
            [id_],
            {"feedback": "All is well."},
            specification=self.outcome.spec,
        )
        await press("done", method="action_done", outcome="reached")


class _CoreDesk(_Desk):
    """The same with Odoo alone."""

    async def prepare(self):
        load_action = self.browser.load_action
        self.queue = await load_action("mail.mail_activity_action_my", "list")
        self.contact = await load_action("contacts.action_contacts", "form")

    async def serve_customer(self):
        browser = self.browser
        rows = await browser.open_list("queue", self.queue)
        await self.think()
        row = self.drawn.choice(rows)
        opened = await browser.press(
            "document", "mail.activity", "action_open_document", row["id"]
        )
        customer = opened["res_id"]
        await browser.open_form("customer", self.contact, customer)
        await browser.open_chatter("res.partner", customer)
        await self.think()
        if self.drawn.random() < NO_ANSWER:
            await browser.press(
                "no_answer",
                "mail.activity",
                "action_reschedule_tomorrow",
                row["id"],
            )
        else:
            await browser.call(
                "done",
                "mail.activity",
                "action_feedback",
                [row["id"]],
                feedback="All is well.",
            )
        await self.think()
