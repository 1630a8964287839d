"""Resident memory of a process that is connected and has nothing to do."""

from __future__ import annotations

import asyncio
import statistics
from typing import TYPE_CHECKING, Any

import aiohttp

from bench.app import document, register, running_app
from bench.figures import Row, Table, median_ratio, megabytes, times
from bench.processes import Child, free_port, uvicorn
from bench.scene import LENIENT, plex_section
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

if TYPE_CHECKING:
    from bench.peer import Peer
    from bench.scale import Scale

BUDGET = 65 * 1024**2
RESTS_S = 3.0
PAGES = ("/", "/api/plays", "/api/logs/dump", "/openapi.json")
HOW = (
    "Resident memory as the system counts it, libraries that are shared with other processes included; 1 MB "
    "is 1,024 KB. Baseline: the least FastAPI app under the same server."
)


async def run(scale: Scale) -> Table:
    """Measure it."""
    idle, shown, bare, peers = [], [], [], []
    async with SimulatedPlex() as plex, SimulatedTrakt(options=LENIENT) as trakt:
        register(trakt)
        settings = document([plex_section(plex)], trakt, "ours")
        for number in range(scale.of(3, quick=1)):
            before, after = await _app(plex, settings)
            idle.append(before)
            shown.append(after)
            bare.append(await _minimal())
            if scale.peer:
                peers.append(await _peer(plex, trakt, scale.peer, number))
    return Table(title="memory", how=f"{len(idle)} rounds. {HOW}", rows=_rows(idle, shown, bare, peers))


def _rows(idle: list[int], shown: list[int], bare: list[int], peers: list[int]) -> tuple[Row, ...]:
    median = statistics.median_high(idle)
    baseline = megabytes(statistics.median_high(bare))
    return (
        Row(
            what="connected, idle",
            figure=megabytes(median),
            budget=f"≤ {megabytes(BUDGET)}",
            is_met=median <= BUDGET,
            baseline=baseline,
            ratio=times(median_ratio(idle, bare)),
            peer=megabytes(statistics.median_high(peers)) if peers else "",
        ),
        Row(
            what="after its pages were opened",
            figure=megabytes(statistics.median_high(shown)),
            baseline=baseline,
            ratio=times(median_ratio(shown, bare)),
        ),
    )


async def _app(plex: SimulatedPlex, settings: dict[str, Any]) -> tuple[int, int]:
    """Bytes while idle, and once pages, plays, logs and the API's description were asked for."""
    async with running_app(settings) as app:
        await plex.world.hub.wait_for_listener()
        await asyncio.sleep(RESTS_S)
        idle = app.resident()
        async with aiohttp.ClientSession() as http:
            for page in PAGES:
                async with http.get(f"{app.url}{page}", raise_for_status=True) as answer:
                    await answer.read()
        shown = app.resident()
    plex.drop()
    return idle, shown


async def _minimal() -> int:
    port = free_port()
    async with Child(*uvicorn("bench.baselines.minimal:app", port)) as child:
        await child.answers(port)
        await asyncio.sleep(RESTS_S)
        return child.resident()


async def _peer(plex: SimulatedPlex, trakt: SimulatedTrakt, peer: Peer, number: int) -> int:
    async with peer.watching(plex, trakt, f"peer {number}") as child:
        await asyncio.sleep(RESTS_S)
        resident = child.resident()
    plex.drop()
    return resident
