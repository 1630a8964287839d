"""Thousands of Plex servers in one cheap process, told apart by the path of their address.

`python -m bench.crowd_server <port> <servers> <sessions of each>`

Each answers what the app asks, with as many sessions as it is told, all of them playing; nothing ever pauses
or ends. Frames go out when the benchmark says so: at the pace of real players, or so many at a given rate.
The product's own simulator is faithful, and far too dear for this.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import msgspec
import uvloop
from aiohttp import web

CADENCE_S = 10.0
STEP_S = 0.01
FILM_MS = 7_200_000
FIRST_KEY = 1_000
FIRST_ACCOUNT = 1_000_000
VERSION = "1.43.3.10896-cafe0123"


@dataclass(slots=True)
class Server:
    """One server: its sessions by number, and who listens."""

    number: int
    sessions: int
    sockets: list[web.WebSocketResponse] = field(default_factory=list)

    @property
    def uuid(self) -> str:
        """Its `machineIdentifier`."""
        return f"{self.number:040x}"

    def offset_ms(self, session: int) -> int:
        """Where that session is now; each began at another place, and none comes to the end."""
        return int(600_000 + session * 1_000 + (time.monotonic() - BEGAN) * 1_000) % FILM_MS

    def frame(self, session: int) -> str:
        """What its player has to say every 10 s."""
        return (
            '{"NotificationContainer":{"type":"playing","size":1,"PlaySessionStateNotification":[{"sessionKey":"'
            f'{session + 1}","clientIdentifier":"player-{self.number}-{session}","guid":"","ratingKey":"'
            f'{FIRST_KEY + session}","url":"","key":"/library/metadata/{FIRST_KEY + session}","viewOffset":'
            f'{self.offset_ms(session)},"playQueueItemID":{9000 + session},"state":"playing"}}]}}}}'
        )

    async def say(self, session: int) -> None:
        """Send that session's frame to all who listen."""
        for socket in self.sockets:
            await socket.send_str(self.frame(session))


BEGAN = time.monotonic()


class Crowd:
    """All servers.

    Args:
        servers: How many.
        sessions: How many sessions each has.
    """

    def __init__(self, servers: int, sessions: int) -> None:
        self.servers = [Server(number, sessions) for number in range(servers)]
        self.frames = 0
        self._playing: asyncio.Task[None] | None = None

    def app(self) -> web.Application:
        """The routes of all servers, and the benchmark's own."""
        app = web.Application()
        for path, handler in (
            ("identity", self.identity),
            ("", self.root),
            ("accounts", self.accounts),
            ("status/sessions", self.listed),
            ("status/sessions/history/all", self.history),
            ("library/metadata/{key}", self.item),
            (":/prefs", self.nothing),
            (":/websockets/notifications", self.listen),
        ):
            app.router.add_get(f"/s/{{server}}/{path}", handler)
        app.router.add_get("/healthz", self.state)
        app.router.add_post("/control/play", self.play)
        app.router.add_post("/control/push", self.push)
        return app

    # ------------------------------------------------------------------ what a server answers

    async def identity(self, request: web.Request) -> web.Response:
        """Which server it is."""
        return _container(machineIdentifier=self._server(request).uuid, version=VERSION, claimed=True)

    async def root(self, request: web.Request) -> web.Response:
        """Its name."""
        server = self._server(request)
        return _container(
            friendlyName=f"Server {server.number}", machineIdentifier=server.uuid, version=VERSION
        )

    async def accounts(self, request: web.Request) -> web.Response:
        """A viewer for each session."""
        numbers = range(FIRST_ACCOUNT, FIRST_ACCOUNT + self._server(request).sessions)
        return _container(Account=[{"id": number, "name": f"viewer {number}"} for number in numbers])

    async def listed(self, request: web.Request) -> web.Response:
        """All sessions."""
        server = self._server(request)
        return _container(Metadata=[_session(server, number) for number in range(server.sessions)])

    async def history(self, _: web.Request) -> web.Response:
        """Nobody has finished anything."""
        return _container(totalSize=0)

    async def item(self, request: web.Request) -> web.Response:
        """A film."""
        return _container(Metadata=[_film(int(request.match_info["key"]))])

    async def nothing(self, _: web.Request) -> web.Response:
        """An empty answer."""
        return _container()

    async def listen(self, request: web.Request) -> web.WebSocketResponse:
        """The notification socket."""
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        sockets = self._server(request).sockets
        sockets.append(socket)
        try:
            async for _ in socket:
                pass
        finally:
            sockets.remove(socket)
        return socket

    def _server(self, request: web.Request) -> Server:
        return self.servers[int(request.match_info["server"])]

    # ------------------------------------------------------------------ what the benchmark asks

    async def state(self, _: web.Request) -> web.Response:
        """How many listen, and how many frames went out."""
        return web.json_response(
            {"listeners": sum(len(one.sockets) for one in self.servers), "frames": self.frames}
        )

    async def play(self, _: web.Request) -> web.Response:
        """Let every session say something every 10 s from now on."""
        self._playing = asyncio.create_task(self._play())
        return web.json_response({})

    async def push(self, request: web.Request) -> web.Response:
        """Send so many frames of one server at that rate, the sessions in turn; back when they are sent."""
        server = self.servers[int(request.query["server"])]
        count, rate = int(request.query["frames"]), float(request.query["rate"])
        began = time.monotonic()
        for number in range(count):
            await server.say(number % server.sessions)
            ahead = number / rate - (time.monotonic() - began)
            if ahead > 0:
                await asyncio.sleep(ahead)
        self.frames += count
        return web.json_response({"seconds": time.monotonic() - began})

    async def _play(self) -> None:
        """Everybody once per cadence, evenly spread; what comes late is caught up."""
        turns = [(server, number) for number in range(self.servers[0].sessions) for server in self.servers]
        per_second = len(turns) / CADENCE_S
        began = time.monotonic()
        sent = 0
        while True:
            due = int((time.monotonic() - began) * per_second)
            for turn in range(sent, due):
                server, number = turns[turn % len(turns)]
                await server.say(number)
            self.frames += due - sent
            sent = due
            await asyncio.sleep(STEP_S)


def _container(**fields: Any) -> web.Response:
    return web.Response(
        body=msgspec.json.encode({"MediaContainer": {"size": 0, **fields}}), content_type="application/json"
    )


def _film(key: int) -> dict[str, Any]:
    return {
        "ratingKey": str(key),
        "key": f"/library/metadata/{key}",
        "guid": f"plex://movie/{key:024d}",
        "type": "movie",
        "title": f"Film {key}",
        "librarySectionTitle": "Movies",
        "librarySectionID": 1,
        "year": 2001,
        "duration": FILM_MS,
        "Guid": [{"id": f"imdb://tt{key:07d}"}, {"id": f"tmdb://{key}"}],
        "Media": [{"id": key, "Part": [{"id": key, "file": f"/media/Movies/{key}.mkv"}]}],
    }


def _session(server: Server, number: int) -> dict[str, Any]:
    return {
        **_film(FIRST_KEY + number),
        "sessionKey": str(number + 1),
        "viewOffset": server.offset_ms(number),
        "User": {"id": str(FIRST_ACCOUNT + number), "title": f"viewer {FIRST_ACCOUNT + number}"},
        "Player": {
            "machineIdentifier": f"player-{server.number}-{number}",
            "title": f"Screen {number}",
            "product": "Plex Web",
            "state": "playing",
            "local": True,
        },
        "Session": {"id": f"session-{server.number}-{number}", "bandwidth": 9000, "location": "lan"},
    }


async def main(port: int, servers: int, sessions: int) -> None:
    """Serve until the end."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    runner = web.AppRunner(Crowd(servers, sessions).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4_096).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:])))
