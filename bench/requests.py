"""What is asked of a media server and of Trakt while somebody watches something from start to end.

In real time, by frames every 10 s, the peer beside us on a server of its own. A request counts for the server
from the first frame on; opening the socket and what is asked when it opens is before that.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.app import document, register, running_app
from bench.figures import Row, Table
from bench.scene import LENIENT, plex_section
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

if TYPE_CHECKING:
    from bench.scale import Scale
    from crosswatch.simulator.plex.items import Item

TRAKT_BUDGET = 2
FILM = "The Matrix"
LENGTH_MS = 110_000
QUICK_LENGTH_MS = 25_000
SETTLES_S = 8.0
"""How long after the end somebody may still have something to say."""

QUIET = ("/:/",)


async def run(scale: Scale) -> Table:
    """Measure it."""
    length_ms = scale.of(LENGTH_MS, quick=QUICK_LENGTH_MS)
    async with SimulatedTrakt(options=LENIENT) as trakt, contextlib.AsyncExitStack() as stack:
        register(trakt)
        mine = await stack.enter_async_context(SimulatedPlex())
        app = await stack.enter_async_context(running_app(document([plex_section(mine)], trakt, "ours")))
        await app.connected()
        plexes = [mine]
        if scale.peer:
            plexes.append(await stack.enter_async_context(SimulatedPlex()))
            await stack.enter_async_context(scale.peer.watching(plexes[1], trakt, "peer"))
        await asyncio.sleep(SETTLES_S)
        counts = await asyncio.gather(*(_viewing(plex, length_ms) for plex in plexes))
        asked = [
            len([one for one in trakt.ledger.requests if one.account == name]) for name in ("ours", "peer")
        ]
    how = (
        f"One film of {length_ms // 1000} s, watched to the end, a frame every 10 s. Before it begins, all "
        "sockets are open and nobody has anything to ask."
    )
    return Table(title="requests for one viewing", how=how, rows=_rows(counts, asked))


def _rows(counts: list[tuple[int, float]], asked: list[int]) -> tuple[Row, ...]:
    (total, per_tick), (to_trakt, peer_to_trakt) = counts[0], asked
    peer_total, peer_per_tick = counts[1] if len(counts) > 1 else (None, None)
    return (
        Row(
            what="of the media server, per 10 s tick",
            figure=f"{per_tick:g}",
            budget="0",
            is_met=per_tick == 0,
            peer="" if peer_per_tick is None else f"{peer_per_tick:g}",
        ),
        Row(
            what="of the media server, in all",
            figure=str(total),
            budget="≤ 4",
            is_met=total <= 4,  # noqa: PLR2004 -- the design's constant
            peer="" if peer_total is None else str(peer_total),
        ),
        Row(
            what="of Trakt, in all",
            figure=str(to_trakt),
            budget=f"{TRAKT_BUDGET} (start, stop)",
            is_met=to_trakt == TRAKT_BUDGET,
            peer="" if peer_total is None else str(peer_to_trakt),
        ),
    )


async def _viewing(plex: SimulatedPlex, length_ms: int) -> tuple[int, float]:
    """Requests of the server in all, and for each tick between the first frames and the end."""
    film = _short(plex, length_ms)
    plex.ledger.clear()
    player = plex.player("alice")
    await player.start(film)
    settled_ms = min(15_000, length_ms // 2)
    await asyncio.sleep(settled_ms / 1000)
    before = _asked(plex)
    ticks_ms = length_ms - settled_ms - 500
    await asyncio.sleep(ticks_ms / 1000)
    per_tick = (_asked(plex) - before) / (ticks_ms / 10_000)
    await asyncio.sleep(0.5)
    await player.stop()
    await asyncio.sleep(SETTLES_S)
    return _asked(plex), per_tick


def _asked(plex: SimulatedPlex) -> int:
    return len([one for one in plex.ledger.requests if not one.path.startswith(QUIET)])


def _short(plex: SimulatedPlex, length_ms: int) -> Item:
    """A film that Trakt knows, cut short."""
    library = plex.world.library
    return library.add(replace(plex.item(FILM), rating_key=library.free_key(), length_ms=length_ms))
