"""The servers that are watched: for each a socket that hears, and a pipeline that makes rows of it.

Webhooks come to the same pipelines, whether the socket is open or not wanted at all. Those of a server that
is not configured come to one behind which there is nobody to ask.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosswatch.core.people import Home
from crosswatch.core.shared_files import renewed
from crosswatch.errors import SourceError, StorageError
from crosswatch.providers.scrobble.plex.pms import PlexServer
from crosswatch.providers.scrobble.plex.watch import Backoff, WatchOptions, WatchService
from crosswatch.service.kept import KeptPipeline
from crosswatch.service.no_server import NoServer
from crosswatch.service.pipeline import ServerPipeline
from crosswatch.service.play_ids import new_play_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    import aiohttp

    from crosswatch.clock import Clock
    from crosswatch.config.model import PlexSettings, Settings
    from crosswatch.core.events import Media, PlayId
    from crosswatch.core.facts import Notification
    from crosswatch.core.hooks import Heard
    from crosswatch.core.inbox import Hook
    from crosswatch.core.plays import Play
    from crosswatch.core.ports import Ledger, MetadataSource
    from crosswatch.service.pipeline import CatchUpOptions
    from crosswatch.service.ratings import RatingIntake
    from crosswatch.service.recorder import Recorder

KNOW_PEOPLE_WITHIN_S = 2.0
"""Real seconds that the first frames of a connection wait for who is who."""

MOST_STRANGERS = 100
"""Servers that are not configured, and whose webhooks are taken in at a time."""

log = logging.getLogger("crosswatch.watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every watched server shares.

    Attributes:
        http: The session for all requests.
        client_id: Our own identifier towards Plex.
        ledger: Where the rows are.
        recorder: Writes them.
        clock: Tells the time.
        catch_up: The options in force.
        changed: Called when something changed that a page shows.
        mend: Reads anew what a play's item is, and tries it again.
        ratings: Takes in what webhooks say of ratings.
    """

    http: aiohttp.ClientSession
    client_id: str
    ledger: Ledger
    recorder: Recorder
    clock: Clock
    catch_up: Callable[[], CatchUpOptions]
    changed: Callable[[], None]
    mend: Callable[[PlayId], Awaitable[int]]
    ratings: RatingIntake | None = None

    def pipeline(self, server_uuid: str, source: MetadataSource) -> KeptPipeline:
        """A pipeline for a server, not yet started."""
        pipeline = ServerPipeline(
            server_uuid,
            source=source,
            ledger=self.ledger,
            recorder=self.recorder,
            clock=self.clock,
            catch_up=self.catch_up,
            new_play_id=new_play_id,
            ratings=self.ratings,
            mend=self.mend,
        )
        return KeptPipeline(pipeline, self.clock)


class WatchedServer:
    """One server: its socket, if it is listened to, and a pipeline once it has said which server it is.

    Args:
        settings: Where it is, and with which token.
        key: Where the configuration speaks of it: `plex`, or an entry of `servers`.
        options: How to hold on to it.
        surroundings: What all servers share.
        claim: Called with a `machineIdentifier`; whether nobody else watches that server.
        take_over: Called with one that was claimed; whoever stood in for the server has ended then.
    """

    def __init__(
        self,
        settings: PlexSettings,
        key: str,
        options: WatchOptions,
        surroundings: Surroundings,
        *,
        claim: Callable[[WatchedServer, str], bool],
        take_over: Callable[[str], Awaitable[None]],
        learned: Callable[[], None],
    ) -> None:
        self.settings = settings
        self.key = key
        self.options = options
        self._around = surroundings
        self._claim = claim
        self._take_over = take_over
        self._learned = learned
        self._kept: KeptPipeline | None = None
        self._knocking: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None
        self.source = PlexServer(
            surroundings.http,
            url=settings.server_url,
            token=settings.account_token,
            client_id=surroundings.client_id,
            allow_self_signed=options.allow_self_signed,
            tv_url=settings.tv_url,
            key=key,
            clock=surroundings.clock,
        )
        self.watch = WatchService(
            self.source,
            clock=surroundings.clock,
            options=options,
            handler=self,
            server_uuid=settings.server_uuid,
        )

    @property
    def server_uuid(self) -> str:
        """`machineIdentifier` of the server that is watched; empty until it has said so."""
        return self.pipeline.server_uuid if self.pipeline else ""

    @property
    def pipeline(self) -> ServerPipeline | None:
        """Where its facts go; None until it has said which server it is."""
        return self._kept.pipeline if self._kept else None

    @property
    def session_count(self) -> int:
        """How many sessions go on."""
        return self.pipeline.session_count if self.pipeline else 0

    async def start(self, *, listens: bool) -> None:
        """Be there for webhooks, and listen to the socket as well, or not (any more)."""
        if listens:
            await self._stop_knocking()
            self.watch.start()
            return
        await self.watch.stop()
        if self._knocking is None and not self.server_uuid:
            self._knocking = asyncio.create_task(self._knock(), name=f"knock at {self.source.address}")

    async def stop(self) -> None:
        """Close the socket, write what was heard, and end."""
        await self.watch.stop()
        await self._stop_knocking()
        await self._stop_pipeline()
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.gather(self._preparing, return_exceptions=True)
        await self.source.aclose()

    async def _knock(self) -> None:
        """Learn which server it is, so that its webhooks find it; as often as it takes."""
        waits = Backoff(self.options.backoff_min_s, self.options.backoff_max_s, random.Random())  # noqa: S311
        expected, problem = self.settings.server_uuid, ""
        while True:
            try:
                found = (await self.source.fetch_identity()).server_uuid
                if not expected or found.lower() == expected.lower():
                    await self.on_connected(found, self.source.address)
                    return
                said = f"Another server than {self.key}.server_uuid says answers there: {found}."
            except SourceError as error:
                said = error.sentence
            if said != problem:
                problem = said
                log.warning("%s Its webhooks have to do.", problem, extra={"event": "watch.not_asked"})
            await self._around.clock.sleep(waits.next_s())

    async def _stop_knocking(self) -> None:
        task, self._knocking = self._knocking, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    # ---------------------------------------------------------------- what the socket says

    async def on_connected(self, server_uuid: str, name: str) -> None:
        """The socket is open, and this is who answers."""
        if not self._claim(self, server_uuid):
            log.error(
                "%s is watched already under another address; this one is not needed. Take %s out of "
                "config.json.",
                name,
                self.key,
                extra={"event": "watch.twice"},
            )
            return
        if self.server_uuid != server_uuid:
            await self._stop_pipeline()
            self._kept = self._around.pipeline(server_uuid, self.source)  # takes in facts from now on
            await self._take_over(server_uuid)
            self._kept.start()
        if self._preparing is None or self._preparing.done():
            self._preparing = asyncio.create_task(
                self.source.prepare_accounts(), name=f"who is who on {name}"
            )
            self._preparing.add_done_callback(lambda _task: self._learned())
        # Frames wait for this, for a moment: a play that ends right after a start is judged by its person.
        await asyncio.wait({self._preparing}, timeout=KNOW_PEOPLE_WITHIN_S)
        if self.pipeline is not None:
            self.pipeline.connected()
        self._around.changed()

    def on_notifications(self, notifications: list[Notification]) -> None:
        """Frames came in."""
        if self.pipeline is not None:
            self.pipeline.hear(notifications)

    def on_forget(self, rating_keys: list[str]) -> None:
        """The server changed these items."""
        if self.pipeline is not None:
            self.pipeline.forget(rating_keys)

    def on_disconnected(self, reason: str) -> None:  # noqa: ARG002 -- the watcher's status tells it
        """The socket is gone; the sessions wait for it to come back."""
        if self.pipeline is not None:
            self.pipeline.disconnected()
        self._around.changed()

    async def _stop_pipeline(self) -> None:
        if self._kept is not None:
            await self._kept.stop()
            self._kept = None


class Watching:
    """All watched servers of this process, kept in step with the configuration.

    Args:
        surroundings: What all servers share.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._servers: list[WatchedServer] = []
        self._strangers: dict[str, KeptPipeline] = {}
        self._home = Home()
        self._settings: Settings | None = None
        self._listens = False
        self._changing = asyncio.Lock()

    @property
    def servers(self) -> tuple[WatchedServer, ...]:
        """The servers that are watched, or asked about what webhooks say."""
        return tuple(self._servers)

    @property
    def is_alive(self) -> bool:
        """Whether a watcher's task runs."""
        return any(server.watch.status.alive for server in self._servers)

    async def apply(self, settings: Settings, *, listens: bool = True) -> None:
        """Watch exactly what the settings name; servers whose settings are unchanged are left alone.

        Args:
            settings: Which servers there are, and how to hold on to them.
            listens: Whether to open their sockets; without, they are only asked about what webhooks say.
        """
        async with self._changing:
            self._settings, options = settings, _options(settings)
            wanted = keyed_servers(settings)
            kept = {
                one.key: one
                for one in self._servers
                if wanted.get(one.key) == one.settings and one.options == options
            }
            for server in self._servers:
                if server.key not in kept:
                    await server.stop()
            self._servers = [
                kept.get(key)
                or WatchedServer(
                    one,
                    key,
                    options,
                    self._around,
                    claim=self._is_free,
                    take_over=self._give_way,
                    learned=self._look_again,
                )
                for key, one in wanted.items()
            ]
            self._listens = listens
            for server in self._servers:
                await server.start(listens=listens)
        await self._take_up()

    def _look_again(self) -> None:
        """Have plays judged again that had ended before it was known who the owner is."""
        home = self.home(self._settings) if self._settings is not None else Home()
        if home != self._home:
            self._home = home
            for server in self._servers:
                if server.pipeline is not None:
                    server.pipeline.look_again()

    async def reread(self, play: Play) -> Media | None:
        """What the play's server calls its item now; None if that server is not watched.

        Raises:
            SourceError: If it cannot be asked.
        """
        server = next((one for one in self._servers if one.server_uuid == play.server), None)
        shared = play.media.shared_file
        item_key = play.media.rating_key if shared is None else shared.played_key
        if server is None or not item_key:
            return None
        for rating_key in (item_key, play.media.show_rating_key):
            server.source.forget(rating_key)
        return renewed(play.media, await server.source.fetch_media(item_key))

    async def stop(self) -> None:
        """Close all sockets, and take in no webhooks."""
        async with self._changing:
            strangers, self._strangers = list(self._strangers.values()), {}
            await asyncio.gather(*[one.stop() for one in self._servers], *[one.stop() for one in strangers])
            self._servers = []

    # ---------------------------------------------------------------- webhooks

    async def hear_hook(self, hook: Hook) -> asyncio.Future[Heard] | None:
        """Bring a webhook to the sessions of its server; None if too many strangers send theirs."""
        pipeline = await self._pipeline_of(hook.fact.server_uuid)
        return pipeline.hear_hook(hook) if pipeline is not None else None

    async def _pipeline_of(self, server_uuid: str) -> ServerPipeline | None:
        for server in self._servers:
            if server.pipeline is not None and server.server_uuid == server_uuid:
                return server.pipeline
        if server_uuid not in self._strangers and len(self._strangers) >= MOST_STRANGERS:
            idle = [uuid for uuid, one in self._strangers.items() if not one.pipeline.session_count]
            await asyncio.gather(*map(self._let_go, idle))
        if server_uuid not in self._strangers:
            if len(self._strangers) >= MOST_STRANGERS:
                return None
            kept = self._strangers[server_uuid] = self._around.pipeline(server_uuid, NoServer())
            kept.start()
        return self._strangers[server_uuid].pipeline

    async def _let_go(self, server_uuid: str) -> None:
        """Forget a stranger; what it plays goes on from the ledger when it is heard of again."""
        kept = self._strangers.pop(server_uuid, None)
        if kept is not None:
            await kept.stop()

    async def _give_way(self, server_uuid: str) -> None:
        """A server has said who it is: it is no stranger (any more), and others may be known as such now."""
        await self._let_go(server_uuid)
        await self._take_up()

    async def _take_up(self) -> None:
        """Go on with what webhooks began before a restart, once it is known which servers can be asked."""
        if all(server.server_uuid for server in self._servers):
            try:
                for server_uuid in await self._around.ledger.unfinished_servers():
                    await self._pipeline_of(server_uuid)
            except StorageError as error:
                log.warning("cannot take up what webhooks have told before: %s", error)

    def home(self, settings: Settings) -> Home:
        """What is known of the first server, whose owner is number 1 in the configuration."""
        named = _named_servers(settings)  # asked for each change, and there may be thousands
        first_key, first_settings = next(named, ("plex", None))
        has_more = next(named, None) is not None
        first = next((server for server in self._servers if server.key == first_key), None)
        known = first.server_uuid if first is not None else ""
        server_uuid = known or (first_settings.server_uuid if first_settings is not None else "")
        return Home(
            server=server_uuid or ("" if has_more else None),
            owner_plex_id=first.source.owner_plex_id if first is not None else None,
        )

    def status(self) -> list[dict[str, Any]]:
        """How each server that is listened to stands, for people and pages."""
        return [_describe(server) for server in self._servers] if self._listens else []

    def _is_free(self, asking: WatchedServer, server_uuid: str) -> bool:
        return all(one is asking or one.server_uuid != server_uuid for one in self._servers)


def keyed_servers(settings: Settings) -> dict[str, PlexSettings]:
    """The servers that the configuration names, in its order, by where it speaks of them."""
    return dict(_named_servers(settings))


def _named_servers(settings: Settings) -> Iterator[tuple[str, PlexSettings]]:
    if settings.plex.server_url:
        yield "plex", settings.plex
    for place, server in enumerate(settings.servers):
        if server.server_url:
            yield f"servers[{place}]", server


def _options(settings: Settings) -> WatchOptions:
    options = settings.features.watch.options
    return WatchOptions(
        allow_self_signed=options.allow_self_signed,
        backoff_min_s=options.reconnect_backoff_min_seconds,
        backoff_max_s=options.reconnect_backoff_max_seconds,
    )


def _describe(server: WatchedServer) -> dict[str, Any]:
    status = server.watch.status
    return {
        "name": status.server_name or server.settings.server_url,
        "address": server.settings.server_url,
        "server_uuid": status.server_uuid,
        "alive": status.alive,
        "connected": status.connected,
        "since": status.connected_at,
        "last_frame_at": status.last_frame_at,
        "frames": status.frames,
        "malformed": status.malformed,
        "reconnects": status.reconnects,
        "sessions": server.session_count,
        "problem": status.problem,
        "lost_at": status.lost_at,
        "next_try_at": status.next_try_at,
    }
