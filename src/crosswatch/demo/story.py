"""A household's evening: who watches what, and what goes wrong meanwhile.

Moments are minutes since its beginning, by the stage's clock. The acts go on side by side; what they share
is the house they live in.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from crosswatch.demo.family import VISITOR
from crosswatch.simulator.plex import Autoplay, Script
from crosswatch.simulator.trakt import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from crosswatch.demo.stage import Stage
    from crosswatch.simulator.plex import Player
    from crosswatch.simulator.plex.items import Item

ANSWER_LOST_FROM = 12.0
"""When the next stop is recorded by Trakt although its answer never arrives."""

OUTAGE = (50.0, 58.0, 76.0)
"""When Trakt begins to answer 503, when it falls silent, and when it is well again."""

SILENCE_S = 240.0
"""How long a silent Trakt holds a request before it cuts it off."""

MISDATED = 1970
"""A year after the film came out; it was made again in 2010."""

KILLED_AT, DEAD_FOR = 91.5, 2.0
PLEX_RESTARTS_AT = 100.0


class Evening:
    """The evening on a stage whose app runs.

    Args:
        stage: Where it takes place.
        announce: Told what happens to the house.
    """

    def __init__(self, stage: Stage, announce: Callable[[str], None]) -> None:
        self._stage = stage
        self._announce = announce
        self._start = stage.clock.timestamp()

    async def play(self) -> None:
        """All of it, to the end of the last film.

        Raises:
            AppDiedError: If the app does not come back after the crash.
        """
        watching = (self._kids(), self._friend(), self._owner(), self._together(), *self._strangers())
        trouble = (self._lost_answer(), self._outage(), self._crash(), self._plex_restart())
        try:
            async with asyncio.TaskGroup() as acts:
                for act in (*watching, *trouble):
                    acts.create_task(act)
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    # ------------------------------------------------------------ who watches

    async def _kids(self) -> None:
        """Two episodes and a half of a third, a film they know half of, a short one, and the first again."""
        tablet = self._player("Kids", "tablet")
        await self._at(2)
        first, *more = [self._episode("Bluey", 1, number) for number in (1, 2, 3)]
        await tablet.watch_queue([first, *more], Autoplay.NEW_KEY, Script(until=0.4))
        await self._at(28)
        await tablet.watch(self._oddly_named_film(), start=0.55)
        await self._at(86)
        await tablet.watch(self._item("Paperman"))
        await self._at(110)
        await tablet.watch(first)

    async def _friend(self) -> None:
        """Live news, a trailer, and anime: one episode by AniDB's number, one counted through all seasons."""
        television = self._player("bob", "tv", transcode=True)
        await self._at(1)
        await television.watch(self._item("Evening News"), seconds=8 * 60.0)
        await television.watch(self._trailer())
        await self._at(13)
        await television.watch(self._episode("Cowboy Bebop", 1, 5))
        await television.watch(self._episode("One Piece", 1, 164))

    async def _owner(self) -> None:
        """Two episodes in one file in the browser, then the rest of another; a scene of it is skipped."""
        browser = self._player("alice", "web", buffering=2)
        await self._at(4)
        await browser.watch(self._episode("The Office (US)", 4, 1))
        await browser.watch(
            self._episode("Severance", 1, 1), start=0.6, seeks=((0.65, 0.7),), pauses=((0.8, 180.0),)
        )

    async def _together(self) -> None:
        """The owner and her friend see the rest of a film that was made again later, with a pause."""
        television = self._player("Together", "tv", transcode=True)
        await self._at(78)
        await television.watch(self._misdated_remake(), start=0.63, pauses=((0.7, 180.0),))

    def _strangers(self) -> Iterator[Coroutine[Any, Any, None]]:
        """A visitor watches something of his own; and so does somebody who has not signed in."""
        yield self._stranger(16, VISITOR, "phone", "The Big Bang Theory")
        yield self._stranger(22, None, "dlna", "Game of Thrones")

    async def _stranger(self, minute: float, person: str | None, device: str, show: str) -> None:
        player = self._player(person, device)
        await self._at(minute)
        await player.watch(self._episode(show, 1, 1), start=0.5)

    # ------------------------------------------------------------ what goes wrong

    async def _lost_answer(self) -> None:
        await self._at(ANSWER_LOST_FROM)
        self._announce("Trakt will record the next stop, but its answer will get lost")
        self._stage.trakt.add_fault(Fault.reset(after_apply=True, path="/scrobble/stop", count=1))

    async def _outage(self) -> None:
        trakt = self._stage.trakt
        broken, silent, well = OUTAGE
        await self._at(broken)
        self._announce("Trakt is out of order: it answers 503 to everything")
        trakt.add_fault(Fault.answering(503))
        await self._at(silent)
        self._announce("Trakt falls silent: it takes requests and does not answer")
        trakt.clear_faults()
        trakt.add_fault(Fault.hang(SILENCE_S))
        await self._at(well)
        trakt.clear_faults()
        self._announce("Trakt is well again")

    async def _crash(self) -> None:
        await self._at(KILLED_AT)
        await self._stage.kill_app()
        self._announce("kill -9: CrossWatch is gone, in the middle of the film")
        await self._stage.clock.sleep(DEAD_FOR * 60)
        self._announce("CrossWatch is started again")
        await self._stage.start_app()

    async def _plex_restart(self) -> None:
        await self._at(PLEX_RESTARTS_AT)
        self._announce("Plex restarts; everybody plays on, under other session numbers")
        await self._stage.plex.restart(down_s=60.0, starting_s=30.0)

    # ------------------------------------------------------------ props

    async def _at(self, minute: float) -> None:
        """Wait for that minute of the evening; nothing if it has passed."""
        await self._stage.clock.sleep(self._start + minute * 60 - self._stage.clock.timestamp())

    def _player(self, person: str | None, device: str, **manners: object) -> Player:
        return self._stage.plex.player(person, device, **manners)

    def _item(self, title: str) -> Item:
        return self._stage.plex.item(title)

    def _episode(self, show: str, season: int, number: int) -> Item:
        """An episode of a show of that title, by the numbers of its library."""
        return next(
            item
            for item in self._stage.plex.world.library.everything()
            if item.kind == "episode" and item.grandparent and item.grandparent.title == show
            if (item.season_index, item.index) == (season, number)
        )

    def _trailer(self) -> Item:
        items = self._stage.plex.world.library.everything()
        return next(item for item in items if item.extra.get("subtype") == "trailer")

    def _oddly_named_film(self) -> Item:
        """A film without ids and with a title that Trakt writes otherwise, so that it has to be searched."""
        world = self._stage.plex.world
        key = self._item("WALL·E").rating_key
        return world.match_item(key, guid=f"local://{key}", guids=(), title="WALL-E")

    def _misdated_remake(self) -> Item:
        """A film without ids and with a wrong year, so that Trakt takes it for one that was made later."""
        world = self._stage.plex.world
        key = self._item("True Grit (1969)").rating_key
        item = world.match_item(key, guid=f"local://{key}", guids=())
        item.year = MISDATED
        return item
