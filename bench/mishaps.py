"""How many plays Trakt holds after one viewing with a mishap: 1 is right, dated within 2 minutes of its end.

Each contender watches the same film in real time with each mishap, on a media server, an account and a folder
of its own, all at once. Whoever is killed is started again, as a service manager would do it.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from bench.app import document, register, running_app
from bench.figures import Row, Table
from bench.scene import LENIENT, plex_section
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import Fault, SimulatedTrakt

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime

    from bench.peer import Peer
    from bench.processes import Child
    from bench.scale import Scale

FILM = "The Matrix"
LENGTH_S, QUICK_LENGTH_S = 100.0, 30.0
OUTAGE_S = 8.0
SETTLES_S, QUICK_SETTLES_S = 220.0, 5.0
"""How long it may take until all is made good; late plays are told after 90 s."""

KNOWN_AFTER_S = 5.0
"""How long it runs at first: what was watched before it knew the server is nobody's wish."""

TOLERANCE = timedelta(minutes=2)
HOW = (
    "Plays in Trakt's history after one film of {length:g} s that was seen to its end, {settles:g} s later. "
    "1 is right; with * it is dated more than two minutes from the end."
)


@dataclass(slots=True, kw_only=True)
class Viewing:
    """One film, watched from start to end, and whoever is to scrobble it.

    Attributes:
        account: The account at Trakt to which it should go.
        plex: The media server.
        trakt: Where the account is.
        run: Starts whoever scrobbles.
        length_s: How long the film is.
    """

    account: str
    plex: SimulatedPlex
    trakt: SimulatedTrakt
    run: Callable[[], AbstractAsyncContextManager[Child]]
    length_s: float
    _child: Child | None = None
    _running: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)
    _ended_at: datetime | None = None

    async def start(self) -> None:
        """Let whoever scrobbles run."""
        self._child = await self._running.enter_async_context(self.run())

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._child is not None:
            await self._child.kill()
        await self._running.aclose()

    async def stop(self) -> None:
        """End it as its user would."""
        await self._running.aclose()

    @contextlib.asynccontextmanager
    async def film(self) -> AsyncIterator[None]:
        """A player plays it, and stops at its end."""
        library = self.plex.world.library
        matrix = self.plex.item(FILM)
        length_ms = int(self.length_s * 1000)
        film = library.add(replace(matrix, rating_key=library.free_key(), length_ms=length_ms))
        player = self.plex.player("alice")
        await player.start(film)
        yield
        await player.stop()
        self._ended_at = self.plex.clock.now()

    async def part(self, share: float) -> None:
        """Let so much of the film pass."""
        await asyncio.sleep(share * self.length_s)

    def result(self) -> str:
        """How many plays Trakt holds of it, and whether they have the right time."""
        plays = self.trakt.world.users[self.account].history
        is_right = all(abs(play.watched_at - self._ended_at) <= TOLERANCE for play in plays)
        return f"{len(plays)}{'' if is_right else '*'}"


async def nothing(viewing: Viewing) -> None:
    """Nothing goes wrong."""
    async with viewing.film():
        await viewing.part(1.0)


async def trakt_down(viewing: Viewing) -> None:
    """Trakt answers 503 at the end, and for 8 s more."""
    async with viewing.film():
        await viewing.part(0.5)
        seconds = 0.5 * viewing.length_s + OUTAGE_S
        viewing.trakt.add_fault(Fault.answering(503, account=viewing.account, seconds=seconds))
        await viewing.part(0.5)


async def lost_answer(viewing: Viewing) -> None:
    """Trakt records the stop; its answer gets lost."""
    async with viewing.film():
        await viewing.part(1.0)
        where = {"account": viewing.account, "path": "/scrobble/stop", "count": 1}
        viewing.trakt.add_fault(Fault.reset(after_apply=True, **where))


async def killed(viewing: Viewing) -> None:
    """Killed in the middle, and started again."""
    async with viewing.film():
        await viewing.part(0.5)
        await viewing.kill()
        await viewing.start()
        await viewing.part(0.5)


async def killed_at_the_end(viewing: Viewing) -> None:
    """Killed right before the end, and started again after it."""
    async with viewing.film():
        await viewing.part(1.0)
        await viewing.kill()
    await viewing.start()


async def deaf(viewing: Viewing) -> None:
    """The media server accepts no connection while the film ends."""
    async with viewing.film():
        await viewing.part(0.9)
        await viewing.plex.refuse(0.1 * viewing.length_s + OUTAGE_S)
        await viewing.part(0.1)


async def away(viewing: Viewing) -> None:
    """Not running during the whole film."""
    await asyncio.sleep(KNOWN_AFTER_S)
    await viewing.kill()
    async with viewing.film():
        await viewing.part(1.0)
    await viewing.start()


MISHAPS = (nothing, trakt_down, lost_answer, killed, killed_at_the_end, deaf, away)


async def run(scale: Scale) -> Table:
    """Measure it."""
    length_s = scale.of(LENGTH_S, quick=QUICK_LENGTH_S)
    settles_s = scale.of(SETTLES_S, quick=QUICK_SETTLES_S)
    async with SimulatedTrakt(options=LENIENT) as trakt, contextlib.AsyncExitStack() as stack:
        register(trakt)

        async def scene(mishap: Callable[[Viewing], Awaitable[None]], peer: Peer | None) -> str:
            plex = await stack.enter_async_context(SimulatedPlex())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="crosswatch-bench-")))
            account = f"{'peer' if peer else 'ours'}-{mishap.__name__}"
            settings = document([plex_section(plex)], trakt, account)
            viewing = Viewing(
                account=account,
                plex=plex,
                trakt=trakt,
                run=(
                    (lambda: peer.watching(plex, trakt, account, folder=folder))
                    if peer
                    else (lambda: running_app(settings, folder))
                ),
                length_s=length_s,
            )
            await viewing.start()
            await plex.world.hub.wait_for_listener(60)
            await mishap(viewing)
            await asyncio.sleep(settles_s)
            await viewing.stop()
            return viewing.result()

        ours = await asyncio.gather(*(scene(mishap, None) for mishap in MISHAPS))
        theirs = (
            await asyncio.gather(*(scene(mishap, scale.peer) for mishap in MISHAPS))
            if scale.peer
            else [""] * len(MISHAPS)
        )
    rows = tuple(
        Row(
            what=(mishap.__doc__ or "").rstrip("."),
            figure=mine,
            budget="1",
            is_met=None if scale.is_quick else mine == "1",
            peer=other,
        )
        for mishap, mine, other in zip(MISHAPS, ours, theirs, strict=True)
    )
    how = HOW.format(length=length_s, settles=settles_s)
    return Table(title="one viewing with a mishap", how=how, rows=rows)
