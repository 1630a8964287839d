"""Processor time for frames of sessions that are known: nothing changes but the position.

The frames come one by one, at a rate at which each wakes the reader. The baseline reads the same frames with
aiohttp, decodes them with the standard library, and does nothing.
"""

from __future__ import annotations

import asyncio
import statistics
from typing import TYPE_CHECKING

from bench.app import document, register, running_app
from bench.crowd_link import Crowd, running_crowd
from bench.figures import Row, Table, median_ratio, milliseconds, times
from bench.processes import Child
from bench.scene import LENIENT
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

if TYPE_CHECKING:
    from bench.scale import Scale

SESSIONS = 20
RATE = 400.0
SETTLES_S = 15.0
"""After this all sessions are known, and no start waits to be told."""


async def run(scale: Scale) -> Table:
    """Measure it."""
    rounds, count = scale.of((7, 4_000), quick=(1, 400))
    ours, bare = [], []
    async with (
        SimulatedPlex() as plex,
        SimulatedTrakt(options=LENIENT) as trakt,
        running_crowd(servers=2, sessions=SESSIONS, tv=plex) as crowd,
    ):
        register(trakt)
        settings = document([crowd.section(0)], trakt, "ours", write_interval_s=0)
        socket = f"{crowd.address(1).replace('http', 'ws', 1)}/:/websockets/notifications"
        async with running_app(settings) as app, Child("-m", "bench.baselines.reader", socket) as reader:
            await crowd.heard_by(2)
            await crowd.push(0, frames=SESSIONS, rate=RATE)
            await asyncio.sleep(scale.of(SETTLES_S, quick=3.0))
            for _ in range(rounds):
                ours.append(await _cost(app, crowd, 0, count))
                bare.append(await _cost(reader, crowd, 1, count))
    row = Row(
        what="per 1,000 frames",
        figure=milliseconds(statistics.median(ours)),
        baseline=milliseconds(statistics.median(bare)),
        ratio=times(median_ratio(ours, bare)),
    )
    how = (
        f"{rounds} rounds of {count:,} frames at {RATE:g} a second from {SESSIONS} sessions; processor time "
        "of the whole process, whatever else it does meanwhile included. Baseline: aiohttp and json.loads."
    )
    return Table(title="processor time for frames of known sessions", how=how, rows=(row,))


async def _cost(process: Child, crowd: Crowd, server: int, count: int) -> float:
    """Seconds of processor time for 1,000 frames."""
    before = process.cpu_s()
    await crowd.push(server, frames=count, rate=RATE)
    return (process.cpu_s() - before) * 1_000 / count
