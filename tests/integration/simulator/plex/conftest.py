from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from crosswatch.clock import Clock
from crosswatch.simulator.plex import PlexOptions, SimulatedPlex

RECORDINGS = Path(__file__).parents[3] / "recordings" / "plex"

JSON = {"Accept": "application/json"}


def pytest_generate_tests(metafunc):
    """`trace` runs over every recorded trace."""
    if "trace" in metafunc.fixturenames:
        paths = sorted((RECORDINGS / "traces").glob("*.json"))
        metafunc.parametrize(
            "trace", [json.loads(p.read_text("utf-8")) for p in paths], ids=[p.stem for p in paths]
        )


@pytest.fixture
def recording():
    """Reads a recording by its path below `recordings/plex`: JSON decoded, everything else as text."""

    def read(name):
        text = (RECORDINGS / name).read_text("utf-8")
        return json.loads(text) if name.endswith(".json") else text

    return read


@pytest.fixture
async def make_plex():
    """Starts servers whose evenings pass a thousand times faster than life."""
    async with AsyncExitStack() as stack:

        async def make(*, scale=1000.0, clock=None, **kwargs):
            options = {
                name: kwargs.pop(name) for name in list(kwargs) if name in PlexOptions.__dataclass_fields__
            }
            clock = clock or Clock(scale=scale, epoch=time.time())  # noqa: TID251 -- a clock of our own
            plex = SimulatedPlex(clock=clock, options=PlexOptions(**options), **kwargs)
            return await stack.enter_async_context(plex)

        yield make


@pytest.fixture
async def plex(make_plex):
    """A server with every switch at its default."""
    return await make_plex()


@pytest.fixture
def eventually():
    """Waits until something is true that nobody announces."""

    async def eventually(fits, within_s=5.0):
        async with asyncio.timeout(within_s):
            while not fits():  # noqa: ASYNC110 -- there is no event to wait for
                await asyncio.sleep(0.002)

    return eventually


@pytest.fixture
async def http():
    """A client without headers of its own."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def ask(http):
    """One request: status and body, JSON decoded where JSON came."""

    async def ask(plex, path, *, token="EXAMPLE-TOKEN-OWNER", headers=JSON, method="GET", **kwargs):
        sent = {**headers, **({"X-Plex-Token": token} if token else {})}
        url = path if path.startswith("http") else plex.base_url + path
        async with http.request(method, url, headers=sent, **kwargs) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else await response.text()

    return ask


@pytest.fixture
def listen(http):
    """Opens a notification socket and collects what comes."""

    async def listen(plex, *, token="EXAMPLE-TOKEN-OWNER", path="/:/websockets/notifications", **kwargs):
        headers = {"X-Plex-Token": token}
        socket = await http.ws_connect(plex.base_url + path, headers=headers, **kwargs)
        return Ear(socket)

    return listen


class Ear:
    """The far end of a notification socket."""

    def __init__(self, socket):
        self.socket = socket
        self.messages = []
        self._more = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @property
    def frames(self):
        return [json.loads(message)["NotificationContainer"] for message in self.messages]

    @property
    def plays(self):
        """The entries of the `playing` frames."""
        return [
            entry
            for frame in self.frames
            if frame["type"] == "playing"
            for entry in frame["PlaySessionStateNotification"]
        ]

    async def until(self, fits, within_s=10.0):
        """Wait until something is true of what came."""
        async with asyncio.timeout(within_s):
            while not fits(self):
                self._more.clear()
                await self._more.wait()
        return self

    async def until_count(self, count):
        """Wait until so many messages have come."""
        return await self.until(lambda ear: len(ear.messages) >= count)

    async def until_stopped(self, count=1):
        """Wait until so many stops have come."""
        return await self.until(lambda ear: sum(p["state"] == "stopped" for p in ear.plays) >= count)

    async def until_closed(self):
        """Wait until the socket has ended."""
        async with asyncio.timeout(10.0):
            await self._reading

    async def _read(self):
        async for message in self.socket:
            self.messages.append(message.data)
            self._more.set()
