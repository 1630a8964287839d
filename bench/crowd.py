"""Many servers and sessions in one process, each player heard of every 10 s.

The servers are a crowd in one cheap process. Once all are connected and all sessions known, the app's
processor time is taken over some cadences, with its memory at their end. `/healthz` is asked meanwhile: how
long it takes is how long the event loop keeps anybody waiting.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from bench.app import document, register, running_app
from bench.crowd_link import running_crowd
from bench.figures import Row, Table, megabytes, milliseconds, percentile
from bench.scene import LENIENT
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

if TYPE_CHECKING:
    from bench.app import App
    from bench.scale import Scale

CPU_BUDGET, MEMORY_BUDGET = 1.0, 500 * 1024**2
SETTLES_S = 30.0
MEASURED_S = 60.0
ASK_EVERY_S = 0.1
HOW = (
    "Each session is heard of every 10 s. Processor: share of one core over {seconds:g} s; memory at the end "
    "of that; /healthz asked ten times a second meanwhile. Ready: from the start of the process until all "
    "servers are connected. The limits are the design's for 2,000 servers with 10,000 sessions."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """So many servers with so many sessions each; whether the design's limits are for it."""

    servers: int
    sessions: int
    is_limit: bool = False

    def __str__(self) -> str:
        return f"{self.servers:,} x {self.sessions:,} sessions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What the app needed for it."""

    ready_s: float
    cpu: float
    resident: int
    waits_s: list[float]
    frames_a_second: float


FULL = (
    Size(servers=1, sessions=1_000),
    Size(servers=200, sessions=50),
    Size(servers=2_000, sessions=5, is_limit=True),
)
QUICK = (Size(servers=5, sessions=10),)


async def run(scale: Scale) -> Table:
    """Measure it."""
    settles_s, seconds = scale.of((SETTLES_S, MEASURED_S), quick=(2.0, 5.0))
    rows: list[Row] = []
    for size in scale.of(FULL, quick=QUICK):
        rows += _rows(size, await _load(size, settles_s, seconds))
    return Table(title="crowds", how=HOW.format(seconds=seconds), rows=tuple(rows))


def _rows(size: Size, load: Load) -> tuple[Row, ...]:
    is_limit = size.is_limit
    return (
        Row(
            what=f"{size}: processor",
            figure=f"{load.cpu:.1%} of a core ({load.frames_a_second:,.0f} frames a second)",
            budget=f"≤ {CPU_BUDGET:.0%}" if is_limit else "",
            is_met=load.cpu <= CPU_BUDGET if is_limit else None,
        ),
        Row(
            what=f"{size}: memory",
            figure=megabytes(load.resident),
            budget=f"≤ {megabytes(MEMORY_BUDGET)}" if is_limit else "",
            is_met=load.resident <= MEMORY_BUDGET if is_limit else None,
        ),
        Row(
            what=f"{size}: /healthz",
            figure=f"median {milliseconds(statistics.median(load.waits_s))}, "
            f"p99 {milliseconds(percentile(load.waits_s, 0.99))}",
        ),
        Row(what=f"{size}: ready", figure=f"{load.ready_s:.1f} s"),
    )


async def _load(size: Size, settles_s: float, seconds: float) -> Load:
    async with (
        SimulatedPlex() as plex,
        SimulatedTrakt(options=LENIENT) as trakt,
        running_crowd(servers=size.servers, sessions=size.sessions, tv=plex) as crowd,
    ):
        register(trakt)
        settings = document([crowd.section(number) for number in range(size.servers)], trakt, "ours")
        async with running_app(settings) as app:
            await crowd.heard_by(size.servers)
            ready_s = time.perf_counter() - app.began
            await crowd.play()
            await asyncio.sleep(settles_s)
            before, frames = app.cpu_s(), (await crowd.state())["frames"]
            began = time.perf_counter()
            waits_s = await _asked(app, seconds)
            took = time.perf_counter() - began
            return Load(
                ready_s=ready_s,
                cpu=(app.cpu_s() - before) / took,
                resident=app.resident(),
                waits_s=waits_s,
                frames_a_second=((await crowd.state())["frames"] - frames) / took,
            )


async def _asked(app: App, seconds: float) -> list[float]:
    """How long each answer took."""
    waits_s: list[float] = []
    async with aiohttp.ClientSession() as http:
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            async with http.get(f"{app.url}/healthz", raise_for_status=True) as answer:
                await answer.read()
            waits_s.append(time.perf_counter() - began)
            await asyncio.sleep(ASK_EVERY_S)
    return waits_s
