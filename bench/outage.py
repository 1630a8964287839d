"""How soon a dead socket is noticed, and how soon a short outage is over.

A socket is dead without a word when its server answers nothing any more and closes nothing: the simulated
server lets it hang, pings and all. In the outage the server closes its sockets and refuses connections for
1 s; the clock runs from the beginning of the outage until the socket is open again.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from typing import TYPE_CHECKING

from bench.app import document, register, running_app
from bench.figures import Row, Table
from bench.scene import LENIENT, plex_section
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

if TYPE_CHECKING:
    from bench.peer import Peer
    from bench.scale import Scale

NOTICED_WITHIN_S, BACK_WITHIN_S = 20.0, 3.0
OUTAGE_S = 1.0
STEADY_S = 6.0
"""Life after which a connection counts as a good one, and the back-off begins anew."""

PEER_PATIENCE_S = 90.0
HOW = (
    "Noticed: from the last sign of life to a new socket. Back: from the beginning of an outage of 1 s to "
    "the open socket. Medians of {count} rounds, the worst in brackets; the peer once each."
)


async def run(scale: Scale) -> Table:
    """Measure it."""
    rounds = scale.of(5, quick=1)
    async with SimulatedPlex() as plex, SimulatedTrakt(options=LENIENT) as trakt:
        register(trakt)
        async with running_app(document([plex_section(plex)], trakt, "ours")) as app:
            await app.connected()
            back = [await _outage(plex) for _ in range(rounds)]
            noticed = [await _silence(plex) for _ in range(rounds)]
        plex.drop()
        peer = await _peer(plex, trakt, scale.peer) if scale.peer else ("", "")
    rows = (
        _row("a dead socket is noticed", noticed, NOTICED_WITHIN_S, peer[0]),
        _row("back after an outage of 1 s", back, BACK_WITHIN_S, peer[1]),
    )
    return Table(title="outages", how=HOW.format(count=rounds), rows=rows)


def _row(what: str, took: list[float], budget: float, peer: str) -> Row:
    return Row(
        what=what,
        figure=f"{statistics.median(took):.1f} s ({max(took):.1f} s)",
        budget=f"≤ {budget:g} s",
        is_met=max(took) <= budget,
        peer=peer,
    )


async def _outage(plex: SimulatedPlex, patience_s: float = 60.0) -> float:
    await asyncio.sleep(STEADY_S)
    began = time.perf_counter()
    await plex.refuse(OUTAGE_S)
    await plex.world.hub.wait_for_listener(patience_s)
    return time.perf_counter() - began


async def _silence(plex: SimulatedPlex, patience_s: float = 60.0) -> float:
    await asyncio.sleep(STEADY_S)
    began = time.perf_counter()
    plex.silence()
    await plex.world.hub.wait_for_listener(patience_s)
    return time.perf_counter() - began


async def _peer(plex: SimulatedPlex, trakt: SimulatedTrakt, peer: Peer) -> tuple[str, str]:
    """What the peer makes of a dead socket, and of an outage."""
    async with peer.watching(plex, trakt, "peer"):
        back = f"{await _outage(plex):.1f} s"
        noticed = f"not within {PEER_PATIENCE_S:g} s"
        with contextlib.suppress(TimeoutError):
            noticed = f"{await _silence(plex, PEER_PATIENCE_S):.1f} s"
    return noticed, back
