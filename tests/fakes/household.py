"""A household: a Plex server, a Trakt, people in front of their screens, and the app between them.

Everything is joined as in life, over real sockets and on a real database; time is the loop's, which leaps
(`fakes.leaping_loop`). What the viewers saw, what Trakt was told and what it holds can then be compared.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from contextvars import ContextVar
from functools import partial
from weakref import WeakSet

from crosswatch.core.ports import PlayQuery
from crosswatch.errors import StorageError
from crosswatch.runtime import Runtime
from crosswatch.simulator.plex import PlexOptions, SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt
from crosswatch.simulator.trakt.options import TraktOptions
from fakes.leaping_loop import LoopClock

CLIENT_ID, CLIENT_SECRET = "example-client-id", "example-client-secret"
MEMBER = "alice_at_trakt"

LOOK_AT_FILES_S = 50.0
"""The household's seconds between two looks at config.json and access.json; each costs a turn of a thread.

Whoever edits one lets a minute pass.
"""

LOOK_AFTER_S = 600.0
"""The same between two looks at everything."""

MOMENT_S = 0.01
"""A loop that leaps does so only once all that was sent has arrived and been dealt with."""

PATIENCE_S = 3 * 3600.0

SOCKET_PATH = "/:/websockets/notifications"
OWN_PATHS = ("/", "/identity", "/accounts", SOCKET_PATH, "/status/sessions/history/all")
"""What the app asks a server for once in a connection, or in an hour, and not because of one viewing."""

_whose: ContextVar[WeakSet[asyncio.Task] | None] = ContextVar("whose", default=None)


class Household:
    """As an asynchronous context manager: everything runs, and the app is connected.

    Args:
        folder: An empty folder for config.json and the database.
        whitelist: Names for `username_whitelist`; empty lets everyone pass.
        options: `features.scrobble.options`.
        watch: `features.watch.options`; attempts to connect are at most 10 s apart unless it says otherwise.
        plex: Switches of the server.
        trakt: Switches of Trakt.
        certificate: An SSL context of the server; None is plain HTTP.
        connects: False does not wait for a connection, for a household that cannot have one.
        **plex_keys: Keys of `plex` in config.json that are not as they should be.
    """

    def __init__(
        self,
        folder,
        *,
        whitelist=("alice",),
        options=None,
        watch=None,
        plex=None,
        trakt=None,
        certificate=None,
        connects=True,
        **plex_keys,
    ):
        self.clock = LoopClock(loop=asyncio.get_running_loop())
        self.plex = SimulatedPlex(
            clock=self.clock, options=PlexOptions(**(plex or {})), ssl_context=certificate
        )
        self.trakt = SimulatedTrakt(clock=self.clock, options=TraktOptions(**(trakt or {})))
        self.app = None
        self._folder = folder
        self._whitelist = list(whitelist)
        self._options = options or {}
        self._watch_options = {"reconnect_backoff_max_seconds": 10, **(watch or {})}
        self._connects = connects
        self._plex_keys = plex_keys
        self._tasks = WeakSet()

    async def __aenter__(self):
        self._stack = contextlib.AsyncExitStack()
        async with self._stack:
            asyncio.get_running_loop().set_task_factory(_make_task)
            await self._stack.enter_async_context(self.trakt)
            await self._stack.enter_async_context(self.plex)
            self._stack.push_async_callback(self.stop_app)
            self.edit(**self._document())
            await self.start_app(connects=self._connects)
            self._stack = self._stack.pop_all()
        return self

    async def __aexit__(self, *error):
        await self._stack.__aexit__(*error)

    # ---------------------------------------------------------------- config.json

    def _document(self):
        self.trakt.add_user(MEMBER, vip=True)
        self.trakt.register_app(CLIENT_ID, CLIENT_SECRET, owner=MEMBER)
        plex = {
            "server_url": self.plex.base_url,
            "account_token": self.plex.owner_token,
            "username": "alice",
            "tv_url": self.plex.plextv_url,
        }
        return {
            "plex": {**plex, **self._plex_keys},
            "trakt": {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "api_url": self.trakt.api_url,
                "auth_url": self.trakt.auth_url,
            },
            "auth": {"trakt": self.trakt.link(MEMBER, CLIENT_ID).answer()},
            "features": {
                "watch": {"enabled": True, "options": self._watch_options},
                "scrobble": {
                    "enabled": True,
                    "providers": {"trakt": {"enabled": True}},
                    "filters": {"username_whitelist": self._whitelist},
                    "options": self._options,
                },
            },
        }

    def edit(self, **sections):
        """Change config.json as somebody with an editor does; what a section lacks stays as it was."""
        path = self._folder / "config.json"
        document = json.loads(path.read_text()) if path.exists() else {}
        path.touch(0o600)
        path.write_text(json.dumps(_merged(document, sections)))

    # ---------------------------------------------------------------- the app's life

    async def start_app(self, *, connects=True):
        """Start the app on the household's folder, and wait until it has taken stock of the server."""
        app = self.app = Runtime(self._folder, clock=self.clock)
        for file in (app.config, app.access):
            file.watch = partial(file.watch, interval_s=LOOK_AT_FILES_S)
        app.upkeep.look_every_s = LOOK_AFTER_S
        self._tasks = WeakSet()
        _whose.set(self._tasks)
        try:
            await app.start()
        finally:
            _whose.set(None)
        if connects:
            await self.connected()

    async def stop_app(self):
        """Stop it in order, if it runs."""
        app, self.app = self.app, None
        if app is not None:
            await app.stop()

    async def restart_app(self):
        await self.stop_app()
        await self.start_app()

    async def kill_app(self):
        """End it as a crash does: from this moment on it writes, sends and tidies up nothing."""
        app, self.app = self.app, None
        for thread in (app._opened._writer, app._opened._reader, app._opened._pages):
            thread.run = _dead
        while doomed := [task for task in self._tasks if not task.done()]:
            for task in doomed:
                task.cancel()
            await asyncio.wait(doomed)
        await app._opened.close()  # the lock of a dead process is free, and so are its files
        await app._stack.aclose()  # and its connections are closed
        app.logs.uninstall()

    async def connected(self):
        """Wait until the app listens to the server and has taken stock of it."""
        await self.until(lambda: self.app.watch_status()["connected"], "the app is connected")
        await self.later(MOMENT_S)

    # ---------------------------------------------------------------- time

    async def later(self, seconds=0.0, *, minutes=0.0, hours=0.0):
        """Let so much time pass for everybody."""
        await asyncio.sleep(seconds + 60 * minutes + 3600 * hours)

    async def until(self, holds, what, *, within_s=PATIENCE_S, look_every_s=1.0):
        """Wait until something holds; looks whenever the app has changed something, and now and then."""
        changes = self.app.changes()
        pending = None
        try:
            async with asyncio.timeout(within_s):
                while not await _now(holds):
                    pending = pending or asyncio.ensure_future(anext(changes))
                    await asyncio.wait((pending,), timeout=look_every_s)
                    pending = None if pending.done() else pending
        except TimeoutError:
            raise AssertionError(f"in vain for {within_s:g} s until {what}") from None
        finally:
            if pending is not None:
                pending.cancel()
                await asyncio.wait((pending,))
            await changes.aclose()

    async def settled(self):
        """Wait until nobody watches, and Trakt knows all that it should know."""
        await self.later(MOMENT_S)
        await self.until(self._is_settled, "nobody watches and nothing waits for Trakt", look_every_s=10.0)
        await self.later(MOMENT_S)

    async def _is_settled(self):
        if any(server["sessions"] for server in self.app.watch_status()["servers"]):
            return False
        backlog = await self.app.ledger.backlog()
        return not any(waiting.pending for waiting in backlog.values())

    # ---------------------------------------------------------------- people

    def item(self, name):
        """An item of the library by rating key, title or label (`Severance S01E02`)."""
        return self.plex.item(name)

    async def watch(self, name, *, person="alice", device="web", manners=None, **script):
        """Somebody watches something, from start to end unless the script says otherwise."""
        player = self.plex.player(person, device, **(manners or {}))
        return await player.watch(self.item(name), **script)

    # ---------------------------------------------------------------- what came of it

    def requests(self):
        """Every request to Trakt, as (verb and path, status)."""
        return [
            (f"{request.method} {request.path}", request.status) for request in self.trakt.ledger.requests
        ]

    def told(self):
        """What Trakt was told while it happened, and took: action, item as Trakt understood it, progress."""
        understand = self.trakt.world.matcher.playable
        return [
            (request.path.rpartition("/")[2], understand(request.body).label, request.body["progress"])
            for request in self.trakt.ledger.of("POST", "/scrobble/")
            if request.applied
        ]

    def watched(self, user=MEMBER):
        """What Trakt's history holds, the oldest first: items as it calls them."""
        return [play.label for play in reversed(self.trakt.history(user))]

    def watched_at(self, user=MEMBER):
        """When, by Trakt's history."""
        return [play.watched_at for play in reversed(self.trakt.history(user))]

    def positions(self, user=MEMBER):
        """Positions that Trakt has saved: item and progress."""
        return {saved.item.label: saved.progress for saved in self.trakt.playback(user)}

    async def plays(self):
        """The app's own rows, the oldest first."""
        return list(reversed(await self.app.ledger.plays(PlayQuery(limit=500))))

    async def verdicts(self):
        """What became of each play: item, verdict and reason."""
        return [(play.media.label, str(play.verdict), str(play.reason)) for play in await self.plays()]

    def look_ups(self):
        """What the server was asked because of viewings, by path, in order."""
        asked = [request.path for request in self.plex.ledger.of("GET") if request.listener == "pms"]
        return [path for path in asked if path not in OWN_PATHS]

    def has_manners(self):
        """Whether no page was asked for time and again, and Trakt never had to ask for patience."""
        asked = self.plex.ledger.of("GET")
        connections = len([request for request in asked if request.path == SOCKET_PATH])
        shown = [request.path for request in asked if request.fault is None]
        pages = Counter(path for path in shown if path.startswith("/library/metadata/"))
        assert max(pages.values(), default=0) <= connections + 1, pages
        return 429 not in {request.status for request in self.trakt.ledger.requests if request.fault is None}

    def forget_requests(self):
        """Begin counting requests anew."""
        self.plex.ledger.clear()
        self.trakt.ledger.clear()


def _make_task(loop, work, *, context=None):
    """A task that remembers whether it is the app's."""
    task = asyncio.Task(work, loop=loop, context=context)
    owner = context.get(_whose) if context is not None else _whose.get()
    if owner is not None:
        owner.add(task)
    return task


async def _dead(_work):
    raise StorageError("the process has been killed")


async def _now(holds):
    answer = holds()
    return await answer if asyncio.iscoroutine(answer) else answer


def _merged(document, changes):
    """The document with the changes, deeply."""
    merged = dict(document)
    for key, value in changes.items():
        known = merged.get(key)
        merged[key] = _merged(known, value) if isinstance(value, dict) and isinstance(known, dict) else value
    return merged
