"""A small Plex server on a loopback port, which says what a test wants it to say.

Unlike the simulator it knows nothing by itself: each route gives a recorded answer, and a test puts others,
or faults, in their place. Everything asked is written down.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field

from aiohttp import WSCloseCode, WSMsgType, web

from fakes.plex_recordings import recorded_bytes

SERVER_UUID = "0123456789abcdef0123456789abcdef01234567"
OWNER_TOKEN = "EXAMPLE-TOKEN-OWNER"
SOCKET_PATH = "/:/websockets/notifications"

RECORDED = {
    "/": "server/03-root.json",
    "/identity": "server/02-identity.json",
    "/accounts": "server/04-accounts.json",
    "/:/prefs": "server/06-prefs.json",
    "/status/sessions": "sessions/01-movie.json",
    "/status/sessions/history/all": "server/09-history-empty.json",
    "/library/metadata/1357": "metadata/01-movie.json",
    "/library/metadata/147967": "metadata/04-episode.json",
    "/library/metadata/147960": "metadata/05-show.json",
}


@dataclass
class Answer:
    """What a route says."""

    body: bytes = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    delay_s: float = 0.0


def page(value):
    """A JSON answer with that container."""
    return Answer(json.dumps({"MediaContainer": value}).encode())


class FakePlex:
    """The server; `async with` runs it. Without a token of its own it asks for none.

    Attributes:
        answers: By path; an `Answer`, or a function from the request to one.
        asked: Requests so far, in order.
        sockets: Those that are open.
        pings: How many pings came.
        answers_pings: False makes sockets that look open and are dead.
        drops_sockets: True accepts each socket and closes it at once.
    """

    def __init__(self, *, tls=None, token=OWNER_TOKEN):
        self.answers = {path: Answer(recorded_bytes(name)) for path, name in RECORDED.items()}
        self.asked = []
        self.sockets = []
        self.pings = 0
        self.answers_pings = True
        self.drops_sockets = False
        self._tls = tls
        self._token = token
        self._runner = None
        self.port = 0

    async def __aenter__(self):
        await self.listen()
        return self

    async def __aexit__(self, *_error):
        await self.hang_up()

    @property
    def url(self):
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    def paths(self):
        return [request.path for request in self.asked]

    async def listen(self):
        """Begin (again) to answer, at the same port."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.0, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, ssl_context=self._tls, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def hang_up(self):
        """Drop every connection and answer no more."""
        for socket in self.sockets:
            if socket._req.transport is not None:
                socket._req.transport.abort()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def push(self, *texts):
        """Send frames to all who listen."""
        for socket in self.sockets:
            for text in texts:
                send = socket.send_bytes if isinstance(text, bytes) else socket.send_str
                with contextlib.suppress(ConnectionError):  # they may not like what they are sent
                    await send(text)

    async def close_sockets(self, code=WSCloseCode.OK):
        for socket in list(self.sockets):
            await socket.close(code=code)

    async def _answer(self, request):
        self.asked.append(request)
        is_open = self._token is None or request.path == "/identity"
        if not is_open and request.headers.get("X-Plex-Token") != self._token:
            return web.Response(
                status=401, body=recorded_bytes("metadata/24-401.xml"), content_type="text/html"
            )
        answer = self.answers.get(request.path)
        if request.path == SOCKET_PATH and answer is None:
            return await self._socket(request)
        if answer is None:
            return web.Response(
                status=404, body=recorded_bytes("metadata/23-404.xml"), content_type="text/html"
            )
        if callable(answer):
            answer = answer(request)
        if answer.delay_s:
            await asyncio.sleep(answer.delay_s)
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    async def _socket(self, request):
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=0.2)
        await socket.prepare(request)
        if self.drops_sockets:
            await socket.close()
            return socket
        self.sockets.append(socket)
        with contextlib.suppress(ConnectionError):
            async for message in socket:
                if message.type is WSMsgType.PING:
                    self.pings += 1
                    if self.answers_pings:
                        await socket.pong(message.data)
        self.sockets.remove(socket)
        return socket


async def until(condition, within_s=5.0):
    """Wait for the thing itself.

    Raises:
        TimeoutError: If it does not come about in time.
    """
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 -- nothing here announces itself
            await asyncio.sleep(0.005)
