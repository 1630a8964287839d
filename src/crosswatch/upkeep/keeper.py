"""`Upkeep`: looks at everything once in a while, tells people, and has backups made.

It only reads what the app does; nothing that a play needs waits for it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from crosswatch.backup.shelf import Shelf
from crosswatch.beside import run_beside
from crosswatch.core.people import UNKNOWN_PEOPLE, is_listed
from crosswatch.core.ports import PlayQuery
from crosswatch.errors import StorageError
from crosswatch.health.facts import Facts
from crosswatch.health.judging import judge
from crosswatch.notices.book import Person
from crosswatch.notices.notifier import Notifier
from crosswatch.providers.scrobble.trakt.answers import Answer, route_of
from crosswatch.service.kept import keep_going
from crosswatch.tallies import Counted
from crosswatch.upkeep.folder import look_at
from crosswatch.upkeep.memory import Doorkeeper, Since, TraktEar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import aiohttp

    from crosswatch.access.desk import AccessDesk
    from crosswatch.clock import Clock
    from crosswatch.config.file import ConfigFile
    from crosswatch.core.people import Rules
    from crosswatch.core.plays import Play, SinkAccount
    from crosswatch.core.ports import Backlog, Ledger
    from crosswatch.health.checks import Health
    from crosswatch.health.facts import Folder
    from crosswatch.providers.scrobble.trakt.answers import Reply, Request
    from crosswatch.tallies import Tallies

LOOK_EVERY_S = 30.0
"""A broken link shows, and is told of, within a minute."""

LEAST_REAL_S = 5.0
"""However fast the clock is, looking costs what it costs."""

GLANCE_S = 2.0
"""Real seconds for which strangers are told the same: each look reads the database."""

SELDOM = 4
"""The folder and people who are new are looked at with every so many looks only."""

MOST_STRANGERS = 50
"""So many skipped plays of people who are new are looked at, the newest ones."""


class LookedAfter(Protocol):
    """What upkeep looks at: the running app."""

    @property
    def config(self) -> ConfigFile: ...  # noqa: D102 -- as in `web.ports.RuntimeLike`

    @property
    def ledger(self) -> Ledger: ...  # noqa: D102

    @property
    def clock(self) -> Clock: ...  # noqa: D102

    @property
    def access(self) -> AccessDesk: ...  # noqa: D102

    def watch_status(self) -> dict[str, Any]: ...  # noqa: D102

    def sink_status(self) -> list[dict[str, Any]]: ...  # noqa: D102

    def rules(self) -> Rules: ...  # noqa: D102


class Upkeep:
    """Looks after the app.

    Args:
        app: What is looked after.
        tallies: What has happened is counted there.

    Attributes:
        tallies: The same.
        door: Remembers what at the door nobody may have meant.
        ear: Remembers what Trakt's answers say beside what was asked.
        notifier: Tells people.
        shelf: Holds the backups.
        look_every_s: The app's seconds between two looks.
    """

    def __init__(self, app: LookedAfter, tallies: Tallies) -> None:
        directory = app.config.directory
        self.tallies = tallies
        self.door = Doorkeeper()
        self.ear = TraktEar(app.clock)
        self.notifier = Notifier(
            directory, settings=lambda: app.config.settings.notices, clock=app.clock, tallies=tallies
        )
        self.shelf = Shelf(directory, clock=app.clock, is_wanted=lambda: app.config.settings.backup.nightly)
        self.look_every_s = LOOK_EVERY_S
        self.started_at = app.clock.now()
        self._app = app
        self._since = Since()
        self._folder: Folder | None = None
        self._glanced: tuple[float, Health] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, http: aiohttp.ClientSession) -> None:
        """Look after the app from now on.

        Args:
            http: For notices; it is not closed here.
        """
        await self.notifier.open(http)
        self._tasks = [
            asyncio.create_task(keep_going(what, run, self._app.clock), name=what)
            for what, run in (
                ("looking after everything", self._look_after),
                ("making backups", self.shelf.fill),
            )
        ]

    async def stop(self) -> None:
        """End it; what could not be told is told after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def look(self) -> Health:
        """How everything is now; a database that cannot be read is one of the checks."""
        try:
            backlog = await self._app.ledger.backlog()
        except StorageError as error:
            return self.judge({}, error.sentence)
        return self.judge(backlog)

    async def glance(self) -> Health:
        """The same, but some seconds old at most: for whoever may ask as often as they like."""
        now_s = asyncio.get_running_loop().time()
        if self._glanced is None or now_s - self._glanced[0] > GLANCE_S:
            self._glanced = (now_s, await self.look())
        return self._glanced[1]

    def judge(self, backlog: Mapping[SinkAccount, Backlog], storage_problem: str = "") -> Health:
        """The same, for whoever has read what waits.

        Args:
            backlog: What waits, per account.
            storage_problem: Why that could not be read, or empty.
        """
        app, now = self._app, self._app.clock.now()
        settings = app.config.settings
        facts = Facts(
            settings=settings,
            config_problem=app.config.problem.sentence if app.config.problem else "",
            storage_problem=storage_problem,
            watch=app.watch_status(),
            sinks=app.sink_status(),
            backlog=backlog,
            now=now,
            is_claimed=app.access.is_claimed or settings.access.external,
            access_problem=app.access.problem,
            folder=self._folder,
            sightings=self.door.sightings,
            is_root=os.geteuid() == 0,
            skew=self.ear.skew,
            notices=self.notifier.state if self._tasks else None,
            backup=self.shelf.state if self._tasks else None,
        )
        return self._since.stamp(judge(facts), now)

    async def make_bundle(self, lines: Sequence[str], redact: Callable[[str], str]) -> bytes:
        """A zip of what helps to find a fault, without secrets.

        Args:
            lines: The last lines of the log.
            redact: Takes secrets out of a text.
        """
        from crosswatch.upkeep.support import make_bundle  # noqa: PLC0415 -- hardly ever needed

        return await make_bundle(
            self._app.config,
            (await self.look()).checks,
            lines,
            redact,
            started_at=self.started_at,
            now=self._app.clock.now(),
        )

    def hear_trakt(self, request: Request, reply: Reply, access_token: str) -> None:
        """Trakt was asked, and this came of it."""
        code = str(reply.status) if isinstance(reply, Answer) else "none"
        self.tallies.count(Counted.TRAKT_REQUESTS, route_of(request.path), code)
        if isinstance(reply, Answer):
            self.ear.hear(reply.status, reply.headers.get("date", ""), access_token)

    # ------------------------------------------------------------------------------ in turns

    async def _look_after(self) -> None:
        for turn in itertools.count():
            strangers = None
            if turn % SELDOM == 0:
                self._folder = await run_beside(partial(look_at, self._app.config.directory), "folder")
                strangers = await self._strangers()
            await self.notifier.hear(await self.look(), strangers)
            clock = self._app.clock
            await clock.sleep(max(self.look_every_s, LEAST_REAL_S * clock.scale))

    async def _strangers(self) -> list[Person] | None:
        """People whose plays were skipped lately since nobody has said whose they are; None if unknown."""
        try:
            plays = [
                play
                for reason in UNKNOWN_PEOPLE
                for play in await self._app.ledger.plays(PlayQuery(reason=reason, limit=MOST_STRANGERS))
            ]
        except StorageError:  # it is one of the checks
            return None
        rules = self._app.rules()
        return [
            _person(play)
            for play in plays
            if not is_listed(rules.ignored, play.account, play.server, rules.home)
        ]


def _person(play: Play) -> Person:
    account = play.account
    who = str(account.id) if account.id is not None else account.name.casefold()
    return Person(key=f"{play.server}/{who}", name=account.name, title=play.media.label)
