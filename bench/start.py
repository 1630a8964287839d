"""From starting the process to its first 200, and to hearing its server.

Bytecode is compiled first, as an installation does it, and each process has been started once before.
"""

from __future__ import annotations

import compileall
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.app import App, document, register
from bench.figures import Row, Table, median_ratio, times
from bench.processes import ROOT, Child, free_port, uvicorn
from bench.scene import LENIENT, plex_section
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

if TYPE_CHECKING:
    from bench.peer import Peer
    from bench.scale import Scale

FIRST_ANSWER_S = 0.8
HOW = (
    "`python -m uvicorn crosswatch:app`, watching a server, bytecode compiled, started before. Baseline: the "
    "least FastAPI app under the same command. The peer has no web; it is timed to the opening of its socket."
)


async def run(scale: Scale) -> Table:
    """Measure it."""
    for folder in ("src", "bench"):
        compileall.compile_dir(str(ROOT / folder), quiet=1)
    answers, bare, hears, pages, peers = [], [], [], [], []
    async with SimulatedPlex() as plex, SimulatedTrakt(options=LENIENT) as trakt:
        register(trakt)
        settings = document([plex_section(plex)], trakt, "ours")
        for number in range(scale.of(12, quick=1) + 1):
            first_answer, listening, first_page = await _app(plex, settings)
            minimal = await _minimal()
            peer = await _peer(plex, trakt, scale.peer, number) if scale.peer else 0.0
            if number:  # the first of each warms the caches
                answers.append(first_answer)
                hears.append(listening)
                pages.append(first_page)
                bare.append(minimal)
                peers.append(peer)
    return Table(
        title="start", how=f"{len(bare)} rounds. {HOW}", rows=_rows(answers, bare, hears, pages, peers)
    )


def _rows(
    answers: list[float], bare: list[float], hears: list[float], pages: list[float], peers: list[float]
) -> tuple[Row, ...]:
    first = statistics.median(answers)
    peer = statistics.median(peers)
    return (
        Row(
            what="to the first 200",
            figure=_seconds(first),
            budget=f"≤ {_seconds(FIRST_ANSWER_S)}",
            is_met=first <= FIRST_ANSWER_S,
            baseline=_seconds(statistics.median(bare)),
            ratio=times(median_ratio(answers, bare)),
        ),
        Row(what="the first page, which loads the web app", figure=_seconds(statistics.median(pages))),
        Row(
            what="to hearing its server",
            figure=_seconds(statistics.median(hears)),
            peer=f"{_seconds(peer)} ({times(median_ratio(peers, hears))} of ours)" if peer else "",
        ),
    )


async def _app(plex: SimulatedPlex, settings: dict[str, Any]) -> tuple[float, float, float]:
    """Seconds to the first 200, to the open socket, and for the first page thereafter."""
    with tempfile.TemporaryDirectory(prefix="crosswatch-bench-") as folder:
        async with App(Path(folder), settings) as app:
            answered = await app.answers(app.port)
            await plex.world.hub.wait_for_listener()
            heard = time.perf_counter() - app.began
            asked_at = time.perf_counter()
            await app.status()
            first_page = time.perf_counter() - asked_at
        plex.drop()
    return answered, heard, first_page


async def _minimal() -> float:
    port = free_port()
    async with Child(*uvicorn("bench.baselines.minimal:app", port)) as child:
        return await child.answers(port)


async def _peer(plex: SimulatedPlex, trakt: SimulatedTrakt, peer: Peer, number: int) -> float:
    async with peer.watching(plex, trakt, f"peer {number}") as child:
        took = time.perf_counter() - child.began
    plex.drop()
    return took


def _seconds(value: float) -> str:
    return f"{value:.2f} s"
