"""The crowd of servers, seen from a benchmark."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from bench.processes import HOST, Child, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from crosswatch.simulator.plex import SimulatedPlex

HEARD_WITHIN_S = 180.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """A running crowd.

    Attributes:
        url: Where it answers.
        process: Its process.
        tv: Stands for plex.tv.
    """

    url: str
    process: Child
    tv: SimulatedPlex
    _http: aiohttp.ClientSession

    def address(self, server: int) -> str:
        """Where that server answers."""
        return f"{self.url}/s/{server}"

    def section(self, server: int) -> dict[str, Any]:
        """That server as `config.json` holds it."""
        return {
            "server_url": self.address(server),
            "account_token": self.tv.owner_token,
            "username": self.tv.world.people.owner.username,
            "tv_url": self.tv.plextv_url,
        }

    async def heard_by(self, listeners: int) -> None:
        """Wait until so many sockets are open in all.

        Raises:
            TimeoutError: If they do not come.
        """
        async with asyncio.timeout(HEARD_WITHIN_S):
            while (await self.state())["listeners"] < listeners:  # noqa: ASYNC110 -- another process
                await asyncio.sleep(LOOK_EVERY_S)

    async def state(self) -> dict[str, int]:
        """`listeners` and `frames`, as many as there have been."""
        async with self._http.get(f"{self.url}/healthz") as answer:
            state: dict[str, int] = await answer.json()
            return state

    async def play(self) -> None:
        """Let every session say something every 10 s."""
        await self._post("play")

    async def push(self, server: int, *, frames: int, rate: float) -> None:
        """Have that server send so many frames at so many a second; back when they are sent."""
        await self._post(f"push?server={server}&frames={frames}&rate={rate}")

    async def _post(self, what: str) -> None:
        async with self._http.post(f"{self.url}/control/{what}", raise_for_status=True) as answer:
            await answer.read()


@contextlib.asynccontextmanager
async def running_crowd(*, servers: int, sessions: int, tv: SimulatedPlex) -> AsyncIterator[Crowd]:
    """So many servers with so many sessions each, in a process of their own."""
    port = free_port()
    arguments = (str(port), str(servers), str(sessions))
    async with Child("-m", "bench.crowd_server", *arguments) as process, aiohttp.ClientSession() as http:
        await process.answers(port)
        yield Crowd(url=f"http://{HOST}:{port}", process=process, tv=tv, _http=http)
