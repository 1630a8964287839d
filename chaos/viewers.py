"""People who watch: each on a player of their own, from a pool of items that nobody else touches.

Since no two viewers share an item, what Trakt must hold follows from the players alone. Every viewing either
ends well past the watched mark or well before it: what happens in between nobody could tell who was not
listening at that moment.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosswatch.simulator.plex.scripts import Autoplay, Ending, Script

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from crosswatch.clock import Clock
    from crosswatch.simulator.plex import SimulatedPlex
    from crosswatch.simulator.plex.items import Item
    from crosswatch.simulator.plex.player import Player

FINISHED = (0.95, 1.0)
UNFINISHED = (0.3, 0.7)
SITTING_S = (300.0, 1_500.0)
"""How long somebody watches at a stretch, in seconds of the clock."""

BREAK_S = (5.0, 900.0)

REWATCHED_FROM = 0.5
"""Where a rewatch begins at the latest: whoever goes on near the end has not watched it again."""

REWATCH_S = 13 * 3_600.0
"""How long after its end an item may be watched again.

A rewatch of which we hear only the last minutes, for we were gone, is taken for the tail of its forerunner
within 12 hours: the two cannot be told apart. That a rewatch is a play of its own is proven where it can be:
tests/acceptance/watch.
"""

ENDINGS = {
    Ending.NORMAL: 10,
    Ending.REPEATED: 2,
    Ending.ZERO: 2,
    Ending.NO_FRAME: 2,
    Ending.NO_ITEM: 2,
    Ending.NEW_KEY: 2,
    Ending.TRIPLE: 2,
    Ending.GHOST: 2,
    Ending.ERROR: 1,
    Ending.CRASH: 2,
    Ending.OFFLINE: 1,
}
DEVICES = ("web", "tv", "phone", "kodi")


@dataclass(slots=True)
class Quota:
    """How many viewings are still to be begun, by all viewers together."""

    left: int

    def take(self, count: int = 1) -> bool:
        """Whether so many are left; they are then taken."""
        if self.left < count:
            return False
        self.left -= count
        return True


class Viewer:
    """One person on one player.

    Args:
        plex: The server.
        person: Name of the person there.
        number: Tells this viewer from others.
        pool: What to watch.
        chance: Draws everything.
        clock: Tells the time.
    """

    def __init__(
        self,
        plex: SimulatedPlex,
        person: str,
        *,
        number: int,
        pool: Sequence[Item],
        chance: random.Random,
        clock: Clock,
    ) -> None:
        self._pool = list(pool)
        self._chance = chance
        self._clock = clock
        self._free_at: dict[str, float] = {}
        self._player: Player = plex.player(
            person,
            chance.choice(DEVICES),
            client_id=f"chaosplayer{number:013d}",
            title=f"Player {number}",
            period_s=chance.choice((10.0, 10.0, 10.0, 20.0)),
            twins=chance.random() < 0.2,
            transcode=chance.random() < 0.3,
            buffering=chance.choice((0, 0, 2)),
            resumes_at_zero=chance.random() < 0.3,
        )

    async def live(self, quota: Quota) -> None:
        """Watch until the quota is used up."""
        await self._clock.sleep(self._chance.uniform(0, SITTING_S[1]))
        while quota.left > 0:
            items = self._choose(2 if self._chance.random() < 0.1 else 1)
            if items and quota.take(len(items)):
                await (self._binge(*items) if len(items) > 1 else self._watch(*items))
            await self._clock.sleep(self._chance.uniform(*BREAK_S))

    def _choose(self, count: int) -> list[Item]:
        """Items that have not been watched lately; none if there are not so many."""
        now = self._clock.timestamp()
        free = [item for item in self._pool if self._free_at.get(item.rating_key, 0.0) <= now]
        return self._chance.sample(free, count) if len(free) >= count else []

    async def _watch(self, item: Item) -> None:
        await self._player.watch(item, self._script(item))
        self._mark(item)

    async def _binge(self, item: Item, other: Item) -> None:
        """Two items, the second by autoplay."""
        script = self._script(other)
        ending = script.ending if script.ending is not Ending.OFFLINE else Ending.NORMAL
        script = dataclasses.replace(script, start=0.0, ending=ending, seeks=())
        await self._player.watch_queue([item, other], self._chance.choice(list(Autoplay)), script)
        self._mark(item, other)

    def _mark(self, *items: Item) -> None:
        now = self._clock.timestamp()
        self._free_at.update({item.rating_key: now + REWATCH_S for item in items})

    def _script(self, item: Item) -> Script:
        """How to watch it: from where, to where, with what in between, and how it ends."""
        chance = self._chance
        until = chance.choice(FINISHED) if chance.random() < 0.7 else chance.uniform(*UNFINISHED)
        share = chance.uniform(*SITTING_S) * 1000 / item.length_ms
        start = max(0.0, until - share)
        if item.rating_key in self._free_at:  # else it would be the tail of what was watched before
            start = min(start, REWATCHED_FROM)
        middle = (start + until) / 2
        pauses = ((middle, chance.uniform(5, 1_200)),) if chance.random() < 0.25 else ()
        seeks = ((middle, max(start, middle - 0.05)),) if chance.random() < 0.15 else ()
        ending = chance.choices(list(ENDINGS), list(ENDINGS.values()))[0]
        if ending is Ending.OFFLINE and start >= UNFINISHED[1]:
            ending = (
                Ending.NORMAL
            )  # lost so late, it would count already, and nobody could tell when it ended
        return Script(
            start=start,
            until=until,
            pauses=pauses,
            seeks=seeks,
            ending=ending,
            lost_at=(start + min(until, UNFINISHED[1])) / 2,
            sync_after_s=chance.uniform(30, 600),
        )
