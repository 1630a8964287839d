"""A household's evening: who watches what, and what goes wrong meanwhile.

Moments are minutes since its beginning, by the stage's clock. The acts go on side by side; what they share
is the house they live in.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from crosswatch.simulator.plex import Autoplay, Script
from crosswatch.simulator.trakt import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from crosswatch.demo.stage import Stage
    from crosswatch.simulator.plex import Player
    from crosswatch.simulator.plex.items import Item

FAMILY = ("alice", "bob", "Kids")
"""Whose plays count. Everybody in the house shares one Trakt account."""

VISITOR = "dave"
"""Has the server shared with him, and is not on the list."""

ANSWER_LOST_FROM = 12.0
"""When the next stop is recorded by Trakt although its answer never arrives."""

OUTAGE = (54.0, 64.0, 84.0)
"""When Trakt begins to answer 503, when it falls silent, and when it is well again."""

SILENCE_S = 240.0
"""How long a silent Trakt holds a request before it cuts it off."""

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
        stage.plex.world.people.add(VISITOR)

    async def play(self) -> None:
        """All of it, to the end of the last film.

        Raises:
            AppDiedError: If the app does not come back after the crash.
        """
        watching = (self._kids(), self._news_and_film(), self._series(), self._visit())
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
        first, *more = self._episodes("Bluey", 1, 1, 2, 3)
        await tablet.watch_queue([first, *more], Autoplay.NEW_KEY, Script(until=0.4))
        await self._at(30)
        await tablet.watch(self._oddly_named_film(), start=0.55)
        await self._at(86)
        await tablet.watch(self._item("Paperman"))
        await self._at(110)
        await tablet.watch(first)

    async def _news_and_film(self) -> None:
        """Live news, then a trailer and a film, with a pause and a scene that has to be seen again."""
        television = self._player("bob", "tv", transcode=True)
        await self._at(1)
        await television.watch(self._item("Evening News"), seconds=8 * 60.0)
        await self._at(10)
        await television.watch_queue(
            [self._trailer(), self._item("(500) Days of Summer")],
            script=Script(pauses=((0.3, 300.0),), seeks=((0.6, 0.5),)),
        )

    async def _series(self) -> None:
        """One episode after the other in the browser; the second one's opening is skipped."""
        browser = self._player("alice", "web", buffering=2)
        await self._at(4)
        await browser.watch_queue(
            self._episodes("Severance", 1, 1, 2),
            Autoplay.SAME_KEY,
            Script(seeks=((0.04, 0.08),), pauses=((0.5, 180.0),)),
        )

    async def _visit(self) -> None:
        """A visitor watches something of his own."""
        phone = self._player(VISITOR, "phone")
        await self._at(16)
        await phone.watch_queue(self._episodes("The Big Bang Theory", 1, 1))

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
        self._announce("kill -9: CrossWatch is gone, in the middle of bob's film")
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

    def _player(self, person: str, device: str, **manners: object) -> Player:
        return self._stage.plex.player(person, device, **manners)

    def _item(self, title: str) -> Item:
        return self._stage.plex.item(title)

    def _episodes(self, show: str, season: int, *numbers: int) -> list[Item]:
        """Episodes of the first show of that title in the library."""
        episodes = {
            (item.season_index, item.index): item
            for item in reversed(list(self._stage.plex.world.library.everything()))
            if item.kind == "episode" and item.grandparent and item.grandparent.title == show
        }
        return [episodes[season, number] for number in numbers]

    def _trailer(self) -> Item:
        items = self._stage.plex.world.library.everything()
        return next(item for item in items if item.extra.get("subtype") == "trailer")

    def _oddly_named_film(self) -> Item:
        """A film without ids and with a title that Trakt writes otherwise, so that it has to be searched."""
        world = self._stage.plex.world
        key = self._item("WALL·E").rating_key
        return world.match_item(key, guid=f"local://{key}", guids=(), title="WALL-E")
