"""Browsers: each logs in at a served database and asks as the web client does.

Real HTTP to a real process: what it takes is what a person waits for, less the drawing.
"""

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp
from lxml import etree

from odoo.tools.safe_eval import safe_eval

from bench.webclient import LIMITS, filtered, specification

GIVE_UP = aiohttp.ClientTimeout(total=120)


@dataclass
class Taken:
    """How long requests took, by name, in seconds; none before ``since``.

    ``busy``: seconds that the server computed for one, the database's time apart.
    """

    since: float = float("inf")
    busy: float = 0
    by_name: dict = field(default_factory=dict)

    def note(self, name, started):
        if started >= self.since:
            self.by_name.setdefault(name, []).append(time.perf_counter() - started)

    @property
    def all(self):
        return sorted(value for values in self.by_name.values() for value in values)


@dataclass
class Screen:
    """A view that the client has loaded once, and keeps."""

    model: str
    arch: etree.ElementBase
    spec: dict
    domain: list
    context: dict


class Browser:
    """One person's session."""

    def __init__(self, url, taken):
        self.url, self.taken = url, taken
        self.uid = None
        self._http = aiohttp.ClientSession(
            cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=GIVE_UP
        )

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_error):
        await self._http.close()

    async def ask(self, name, path, **params):
        """Post one request of the client and return the answer."""
        started = time.perf_counter()
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        async with self._http.post(self.url + path, json=body) as response:
            answer = await response.json()
        self.taken.note(name, started)
        if "error" in answer:
            raise SystemExit(f"{name}: {answer['error']['data']['debug']}")
        return answer["result"]

    async def call(self, name, model, method, *args, **kwargs):
        return await self.ask(
            name,
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=args,
            kwargs=kwargs,
        )

    async def press(self, name, model, method, id_, **context):
        return await self.ask(
            name,
            f"/web/dataset/call_button/{model}/{method}",
            model=model,
            method=method,
            args=[[id_]],
            kwargs={"context": context},
        )

    async def login(self, db, login, password):
        found = await self.ask(
            "login", "/web/session/authenticate", db=db, login=login, password=password
        )
        self.uid = found["uid"]

    async def load_action(self, xml_id, kind):
        """Return the screen of an action in one of its views."""
        action = await self.ask("action", "/web/action/load", action_id=xml_id)
        values = {"uid": self.uid, "context": {}}
        context = safe_eval(action["context"] or "{}", dict(values))
        views = [view for view in action["views"] if view[1] == kind]
        search = (action["search_view_id"] or [False])[0]
        views.append((search, "search"))
        return await self.load_screen(action["res_model"], views, context)

    async def load_screen(self, model, views, context=None):
        """Return a screen: the first of ``views``, filtered by what is searched."""
        found = await self.call("views", model, "get_views", views, {"toolbar": True})
        archs = {k: etree.fromstring(v["arch"]) for k, v in found["views"].items()}
        arch, context, domain = archs[views[0][1]], context or {}, []
        if "search" in archs:
            names = {"uid": self.uid, "context": context}
            domain = list(filtered(archs["search"], context, names))
        spec = specification(arch, model, found["models"])
        return Screen(model, arch, spec, domain, context)

    async def open_list(self, name, screen):
        """Return the records of a list; of one that opens in groups, of all groups."""
        order = screen.arch.get("default_order", "")
        limit = int(screen.arch.get("limit", LIMITS["list"]))
        if not (grouped := screen.arch.get("default_group_by")):
            found = await self.call(
                name,
                screen.model,
                "web_search_read",
                domain=screen.domain,
                specification=screen.spec,
                order=order,
                limit=limit,
                context={**screen.context, "bin_size": True},
            )
            return found["records"]
        found = await self.call(
            name,
            screen.model,
            "web_read_group",
            screen.domain,
            [grouped],
            [],
            limit=10,
            order=order,
            auto_unfold=bool(screen.arch.get("expand")),
            opening_info=[],
            unfold_read_specification=screen.spec,
            unfold_read_default_limit=limit,
            context={**screen.context, "read_group_expand": True},
        )
        return [row for group in found["groups"] for row in group["__records"]]

    async def open_form(self, name, screen, id_):
        [record] = await self.call(
            name,
            screen.model,
            "web_read",
            [id_],
            specification=screen.spec,
            context={**screen.context, "bin_size": True},
        )
        return record

    async def open_chatter(self, model, id_):
        """Ask for what stands beside a form; the client asks for both at once."""
        thread = {"thread_model": model, "thread_id": id_}
        parts = [
            "activities",
            "attachments",
            "contact_fields",
            "followers",
            "scheduledMessages",
            "suggestedRecipients",
        ]
        await asyncio.gather(
            self.ask(
                "chatter",
                "/mail/data",
                fetch_params=[["mail.thread", {**thread, "request_list": parts}]],
            ),
            self.ask(
                "messages",
                "/mail/thread/messages",
                **thread,
                fetch_params={"limit": 30},
            ),
        )
