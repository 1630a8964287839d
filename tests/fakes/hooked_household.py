"""A household whose Plex server has a webhook: the app as well as its front door, at a port of the loopback.

Deliveries come over real sockets, as the simulated server sends them, through everything that stands before
the address. Time leaps as in `fakes.household`.
"""

from __future__ import annotations

import asyncio

from aiohttp import ClientSession, web
from anyio.to_thread import current_default_thread_limiter

from fakes.asgi import Caller
from fakes.household import MOMENT_S, Household
from fakes.shown import showing

WATCH, HOOKS, BOTH, STRANGER = "watch only", "webhook only", "both", "a webhook whose server is unknown"
MODES = (WATCH, HOOKS, BOTH, STRANGER)


class HookedHousehold(Household):
    """As `Household`.

    Args:
        folder: An empty folder.
        mode: Which inputs are on, and whether the server is configured.
        token: What stands behind `?token=` in the address of the hook; None for nothing.
        hooked: Whose accounts have the hook.
        features: Further keys of `features`.
        **options: Of `Household`.
    """

    def __init__(self, folder, *, mode=BOTH, token=None, hooked=("alice",), features=None, **options):
        self.mode = mode
        self._token = token
        self._hooked = hooked
        self._features = features or {}
        self._port = None
        super().__init__(folder, connects=mode in (WATCH, BOTH), **options)

    def _document(self):
        document = super()._document()
        document["features"]["watch"]["enabled"] = self.mode in (WATCH, BOTH)
        document["features"]["webhook"] = {"enabled": self.mode is not WATCH}
        document["features"] |= self._features
        if self.mode is STRANGER:
            document["plex"] |= {"server_url": "", "account_token": ""}
        return document

    async def __aenter__(self):
        asyncio.get_running_loop().hold_for(
            current_default_thread_limiter()
        )  # in which a request is answered
        await super().__aenter__()
        async with self._stack:
            server = web.AppRunner(_relay(self), access_log=None)
            await server.setup()
            site = web.TCPSite(server, "127.0.0.1", 0)
            await site.start()
            self._stack.push_async_callback(server.cleanup)
            self._port = server.addresses[0][1]
            self.http = await self._stack.enter_async_context(ClientSession())
            for name in self._hooked:
                self.plex.webhooks.register(self.plex.person(name), [self.hook_url])
            await self.ready()
            self._stack = self._stack.pop_all()
        return self

    @property
    def hook_url(self):
        token = "" if self._token is None else f"?token={self._token}"
        return f"http://127.0.0.1:{self._port}/webhook/trakt{token}"

    async def ready(self):
        """Wait until the app knows whom webhooks come from, as far as it can."""
        if self.mode is HOOKS:
            known = lambda: all(server.server_uuid for server in self.app._watching.servers)  # noqa: E731
            await self.until(known, "the app knows its server")
            await self.later(MOMENT_S)

    async def send(self, payload, **headers):
        """Post a payload by hand, as JSON; the status and the answer."""
        async with self.http.post(self.hook_url, json=payload, headers=headers) as answer:
            return answer.status, await answer.json()

    async def start_app(self, *, connects=True):
        await super().start_app(connects=connects and self.mode in (WATCH, BOTH))
        if self._port is not None:
            await self.ready()

    async def settled(self):
        """Wait until every webhook has arrived as well."""
        await self.plex.webhooks.idle()
        await super().settled()

    async def _is_settled(self):
        watching = self.app._watching
        pipelines = [one.pipeline for one in (*watching.servers, *watching._strangers.values())]
        if any(pipeline.session_count for pipeline in pipelines if pipeline is not None):
            return False
        backlog = await self.app.ledger.backlog()
        return not any(waiting.pending for waiting in backlog.values())


def _relay(home):
    """A web server that hands each request to whatever app runs in the household."""

    async def hand_on(request):
        if home.app is None:
            raise web.HTTPBadGateway
        with showing(home.app) as app:
            answer = await Caller(app)(
                request.method, str(request.rel_url), body=await request.read(), headers=dict(request.headers)
            )
        headers = {"Content-Type": answer.headers.get("content-type", "text/plain")}
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", hand_on)
    return app


async def gathered(*things):
    """Several things at once."""
    return await asyncio.gather(*things)
