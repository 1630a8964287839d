"""From a frame to the request at Trakt, for a session that is known.

A simulated player is paused and resumed; each time its server pushes one frame. The clock runs from the
moment at which the frame is pushed until the simulated Trakt has read the request, both in this process. The
baseline hears its own server and answers each frame with the same POST, without deciding or keeping anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.app import document, register, running_app, tokens_of
from bench.figures import Row, Table, median_ratio, milliseconds, percentile, times
from bench.peer import AS_INSTALLED_S, QUICKEST_S
from bench.processes import Child
from bench.scene import LENIENT, plex_section
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bench.peer import Peer
    from bench.scale import Scale
    from crosswatch.simulator.ledger import RecordedRequest
    from crosswatch.simulator.plex.player import Player

MEDIAN_S, P99_S = 0.005, 0.025
FILM = "The Matrix"
BEGINS_MS = 600_000
GAP_S = (0.02, 0.06)
"""Rest between two frames, so that each finds everybody idle."""

ARRIVES_WITHIN_S = 20.0
SETTLES_S = 1.0


async def run(scale: Scale) -> Table:
    """Measure it."""
    rng = random.Random(1)  # noqa: S311 -- only spreads the frames
    mine, bare = SimulatedPlex(), SimulatedPlex()
    async with mine, bare, SimulatedTrakt(options=LENIENT) as trakt:
        register(trakt)
        settings = document([plex_section(mine)], trakt, "ours", write_interval_s=0)
        async with running_app(settings) as app:
            await app.connected()
            ours = await _Course.begin(mine, trakt)
            async with _relay(bare, trakt, ours.first) as _:
                theirs = await _Course.begin(bare, trakt)
                app_s, relay_s = [], []
                for _ in range(scale.of(40, quick=3)):
                    app_s.append([await ours.frame(rng) for _ in range(scale.of(25, quick=10))])
                    relay_s.append([await theirs.frame(rng) for _ in range(len(app_s[-1]))])
        peer = await _peer(trakt, scale.peer, rng) if scale.peer else ""
    return Table(
        title="frame → request at Trakt, known session", how=_how(app_s), rows=_rows(app_s, relay_s, peer)
    )


def _rows(ours: list[list[float]], theirs: list[list[float]], peer: str) -> tuple[Row, ...]:
    mine, other = [s for one in ours for s in one], [s for one in theirs for s in one]
    medians = [statistics.median(one) for one in ours], [statistics.median(one) for one in theirs]
    tails = [max(one) for one in ours], [max(one) for one in theirs]
    p50, p99 = statistics.median(mine), percentile(mine, 0.99)
    return (
        Row(
            what="median",
            figure=milliseconds(p50),
            budget=f"≤ {milliseconds(MEDIAN_S)}",
            is_met=p50 <= MEDIAN_S,
            baseline=milliseconds(statistics.median(other)),
            ratio=times(median_ratio(*medians)),
            peer=peer,
        ),
        Row(
            what="p99",
            figure=milliseconds(p99),
            budget=f"≤ {milliseconds(P99_S)}",
            is_met=p99 <= P99_S,
            baseline=milliseconds(percentile(other, 0.99)),
            ratio=times(median_ratio(*tails)),
        ),
    )


def _how(rounds: list[list[float]]) -> str:
    return (
        f"{len(rounds)} rounds of {len(rounds[0])} frames each. Baseline: aiohttp that answers each frame "
        "with the same POST and keeps nothing. The ratio of p99 is that of the slowest frame in each round."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """A player that is paused and resumed, and the Trakt at which that is to be heard."""

    player: Player
    trakt: SimulatedTrakt
    first: RecordedRequest

    @classmethod
    async def begin(cls, plex: SimulatedPlex, trakt: SimulatedTrakt) -> _Course:
        """Let the film begin, and wait until Trakt has heard of it."""
        await plex.world.hub.wait_for_listener()
        player = plex.player("alice")
        trakt.ledger.clear()
        await player.start(plex.item(FILM), offset_ms=BEGINS_MS)
        first, *_ = await trakt.ledger.wait_for(_is_scrobble, within_s=ARRIVES_WITHIN_S)
        await asyncio.sleep(SETTLES_S)
        return cls(player=player, trakt=trakt, first=first)

    async def frame(self, rng: random.Random) -> float:
        """Seconds from one more frame to its request."""
        await asyncio.sleep(rng.uniform(*GAP_S))
        self.trakt.ledger.clear()
        pushed_at = self.trakt.clock.now()
        if self.player.state == "playing":
            self.player.pause()
        else:
            self.player.resume()
        arrived, *_ = await self.trakt.ledger.wait_for(self._is_ours, within_s=ARRIVES_WITHIN_S)
        return (arrived.at - pushed_at).total_seconds()

    def _is_ours(self, request: RecordedRequest) -> bool:
        return _is_scrobble(request) and request.account == self.first.account


def _is_scrobble(request: RecordedRequest) -> bool:
    return request.path.startswith("/scrobble/")


@contextlib.asynccontextmanager
async def _relay(plex: SimulatedPlex, trakt: SimulatedTrakt, like: RecordedRequest) -> AsyncIterator[Child]:
    """The baseline: the app's first request again and again, in the name of another account."""
    socket_url = f"{plex.base_url.replace('http', 'ws', 1)}/:/websockets/notifications"
    kept = ("content-type", "user-agent", "trakt-api-version", "trakt-api-key")
    headers = {name: like.headers[name] for name in kept}
    headers["authorization"] = f"Bearer {tokens_of(trakt, 'bare')['access_token']}"
    request: dict[str, Any] = {"headers": headers, "body": like.body}
    url = f"{trakt.api_url}{like.path}"
    async with Child(
        "-m", "bench.baselines.relay", socket_url, plex.owner_token, url, json.dumps(request)
    ) as child:
        yield child


async def _peer(trakt: SimulatedTrakt, peer: Peer, rng: random.Random) -> str:
    """The peer's medians, at its quickest and as installed."""
    said = []
    for batch_s in (QUICKEST_S, AS_INSTALLED_S):
        async with SimulatedPlex() as plex, peer.watching(plex, trakt, f"peer {batch_s}", batch_s=batch_s):
            course = await _Course.begin(plex, trakt)
            took = [await course.frame(rng) for _ in range(8)]
        said.append(f"{milliseconds(statistics.median(took))} (sends every {batch_s} s)")
    return "; ".join(said)
