"""A house in which everything that a screen can show is so at once, and stays so while somebody looks.

Somebody watches, somebody has paused, somebody is linked to nothing; plays were delivered, wait because an
account's Trakt is out of order, and failed because Trakt knows nothing of them; one title is hostile.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from datetime import timedelta
from typing import Any, Self

from crosswatch.clock import Clock
from crosswatch.core.events import Account, Media, MediaKind, Percent
from crosswatch.core.plays import Play, PlayState
from crosswatch.core.ports import PlayChange
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.demo import Stage
from crosswatch.demo.family import OWNER, VISITOR, move_in
from crosswatch.service.play_ids import new_play_id
from crosswatch.simulator.plex import Player, PlexOptions, Script, SimulatedPlex
from crosswatch.simulator.plex.options import OWN_SERVER
from crosswatch.simulator.trakt import Fault, SimulatedTrakt
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes.proxy import ADDRESS, PathProxy

SCALE = 60.0
BASE_PATH = "/media/cw"
INGRESS = "/api/hassio_ingress/Zm9v-_YmFy"
HOSTILE = (
    "<img src=x onerror=alert(1)> \"Quoted\" & 'a title that is longer than any poster is wide' {{ 7 * 7 }}"
)
UNKNOWN = "Summer at the Lake, Reel 3"
VERDICTS = {"delivered", "queued", "failed", "skipped", "watching"}
SETTLES_WITHIN_S = 60.0
PAST_PLAYS = 44
PAST = (
    (Verdict.DELIVERED, Reason.WATCHED),
    (Verdict.DELIVERED, Reason.WATCHED),
    (Verdict.DELIVERED, Reason.ALREADY_RECORDED),
    (Verdict.SKIPPED, Reason.LIBRARY_OFF),
    (Verdict.DELIVERED, Reason.WATCHED),
    (Verdict.SKIPPED, Reason.PERSON_PAUSED),
    (Verdict.DELIVERED, Reason.WATCHED),
)


class LivedIn:
    """The house, with the real app in it and a proxy before it.

    Attributes:
        stage: Simulators and app.
        ways: Where the pages are, by the name of the way there.
        ids: One play's id for each verdict.
    """

    def __init__(self) -> None:
        clock = Clock(scale=SCALE, epoch=time.time())  # noqa: TID251 -- a clock of our own
        self.stage = Stage(
            clock=clock,
            plexes=[SimulatedPlex(clock=clock, options=PlexOptions(friendly_name="Den"))],
            trakt=SimulatedTrakt(clock=clock),
            listed=(),
            account=OWNER,
        )
        self.ways: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self._stack = contextlib.AsyncExitStack()
        self._lives: list[asyncio.Task[Any]] = []

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            stage = await stack.enter_async_context(self.stage)
            proxy = await stack.enter_async_context(PathProxy(stage.url, INGRESS))
            stack.push_async_callback(self._leave)
            move_in(stage)
            stage.document["web"] = {"base_path": BASE_PATH, "trusted_proxies": [ADDRESS]}
            stage.document["access"] = {"open_networks": ["127.0.0.0/8"]}
            stage.trakt.add_fault(Fault.answering(503, account="kids"))
            await self._remember()
            await stage.start_app()
            await stage.until_connected()
            self.ways = {
                "root": f"{stage.url}/",
                "sub-path": f"{stage.url}{BASE_PATH}/",
                "ingress": proxy.url,
            }
            await self._live()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _leave(self) -> None:
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)

    # ------------------------------------------------------------ what happens

    async def _remember(self) -> None:
        """Two weeks that have passed, so that there is something to look back on."""
        stage, now = self.stage, self.stage.clock.now()
        films = [item for item in stage.plex.world.library.everything() if item.kind == "movie"]
        owner = Account(id=1, name=OWNER)
        ledger = await open_ledger(stage.directory / DATABASE_NAME, clock=stage.clock)
        try:
            for number in range(PAST_PLAYS):
                began = now - timedelta(hours=7 * (PAST_PLAYS - number))
                verdict, reason = PAST[number % len(PAST)]
                item = films[number % len(films)]
                play = Play(
                    id=new_play_id(began),
                    server=OWN_SERVER,
                    account=owner,
                    media=Media(
                        kind=MediaKind.MOVIE,
                        title=item.title,
                        year=item.year,
                        rating_key=item.rating_key,
                        duration_ms=item.length_ms,
                    ),
                    state=PlayState.ENDED,
                    progress=Percent(95.0),
                    started_at=began,
                    last_seen_at=began + timedelta(hours=2),
                    ended_at=began + timedelta(hours=2),
                    verdict=verdict,
                    reason=reason,
                )
                await ledger.record([PlayChange(play=play)])
        finally:
            await ledger.close()

    async def _live(self) -> None:
        plex = self.stage.plex
        plex.world.library.add(self._home_video(UNKNOWN))
        hostile = plex.world.library.add(self._home_video(HOSTILE))
        shorts = [
            self._player(OWNER, "phone").watch(self._episode("Bluey", 1), start=0.2),
            self._player("Kids", "phone").watch(self._episode("Bluey", 2), start=0.2),
            self._player("bob", "phone").watch(plex.item(UNKNOWN), start=0.2),
        ]
        self._lives = [
            asyncio.create_task(self._marathon(OWNER, "web", "The Matrix")),
            asyncio.create_task(self._marathon("Kids", "tablet", "WALL·E")),
            asyncio.create_task(self._marathon(VISITOR, "phone", "Arrival")),
            asyncio.create_task(self._pause("bob", "tv", hostile)),
        ]
        await asyncio.gather(*shorts)
        async with asyncio.timeout(SETTLES_WITHIN_S):
            while not set(await self._look()) >= VERDICTS:  # noqa: ASYNC110 -- it happens in another process
                await asyncio.sleep(0.2)

    async def titles(self) -> list[str]:
        """The titles of all that was played here, the longest first."""
        plays = (await self.stage.get("/api/plays", limit=500))["plays"]
        media = [play["media"] for play in plays]
        found = {one["title"] for one in media} | {
            (one.get("show") or {}).get("title") or "" for one in media
        }
        return sorted(found - {""}, key=len, reverse=True)

    async def _look(self) -> dict[str, str]:
        plays = (await self.stage.get("/api/plays", limit=100))["plays"]
        ended = [
            play for play in plays if play["state"] == "ended" or play["verdict"] in ("watching", "skipped")
        ]
        self.ids = {play["verdict"]: play["id"] for play in ended}
        return self.ids

    async def _marathon(self, person: str, device: str, title: str) -> None:
        player = self._player(person, device)
        while True:
            await player.watch(self._item(title), Script(until=0.995))

    async def _pause(self, person: str, device: str, item: Any) -> None:
        player = self._player(person, device)
        await player.start(item)
        await self.stage.clock.sleep(120)
        player.pause()

    # ------------------------------------------------------------ props

    def _player(self, person: str, device: str) -> Player:
        """A device of that person's own."""
        return self.stage.plex.player(person, device, client_id=f"{person}s{device}".lower().ljust(24, "0"))

    def _item(self, title: str) -> Any:
        return self.stage.plex.item(title)

    def _episode(self, show: str, number: int) -> Any:
        return next(
            item
            for item in self.stage.plex.world.library.everything()
            if item.kind == "episode" and item.grandparent and item.grandparent.title == show
            if (item.season_index, item.index) == (1, number)
        )

    def _home_video(self, title: str) -> Any:
        library = self.stage.plex.world.library
        section = self._item("Arrival").section
        return library.new_movie(title, section, length_ms=6 * 60_000, year=2019)
