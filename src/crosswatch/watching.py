"""The servers that are watched: for each a socket that hears, and a pipeline that makes rows of it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crosswatch.core.people import Home
from crosswatch.providers.scrobble.plex.pms import PlexServer
from crosswatch.providers.scrobble.plex.watch import WatchOptions, WatchService
from crosswatch.service.pipeline import ServerPipeline
from crosswatch.service.play_ids import new_play_id

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    from crosswatch.clock import Clock
    from crosswatch.config.model import PlexSettings, Settings
    from crosswatch.core.events import Media
    from crosswatch.core.facts import Notification
    from crosswatch.core.plays import Play
    from crosswatch.core.ports import Ledger
    from crosswatch.service.pipeline import CatchUpOptions
    from crosswatch.service.recorder import Recorder

RESTART_AFTER_S = 5.0

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
    """

    http: aiohttp.ClientSession
    client_id: str
    ledger: Ledger
    recorder: Recorder
    clock: Clock
    catch_up: Callable[[], CatchUpOptions]
    changed: Callable[[], None]


class WatchedServer:
    """One server: its socket, and a pipeline once it has said which server it is.

    Args:
        settings: Where it is, and with which token.
        key: Where the configuration speaks of it: `plex`, or an entry of `servers`.
        options: How to hold on to it.
        surroundings: What all servers share.
        claim: Called with a `machineIdentifier`; whether nobody else watches that server.
    """

    def __init__(
        self,
        settings: PlexSettings,
        key: str,
        options: WatchOptions,
        surroundings: Surroundings,
        claim: Callable[[WatchedServer, str], bool],
    ) -> None:
        self.settings = settings
        self.key = key
        self.options = options
        self._around = surroundings
        self._claim = claim
        self._pipeline: ServerPipeline | None = None
        self._task: asyncio.Task[None] | None = None
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
        return self._pipeline.server_uuid if self._pipeline else ""

    @property
    def session_count(self) -> int:
        """How many sessions go on."""
        return self._pipeline.session_count if self._pipeline else 0

    def start(self) -> None:
        """Watch."""
        self.watch.start()

    async def stop(self) -> None:
        """Close the socket, write what was heard, and end."""
        await self.watch.stop()
        await self._stop_pipeline()
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.gather(self._preparing, return_exceptions=True)
        await self.source.aclose()

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
        if self._pipeline is None or self._pipeline.server_uuid != server_uuid:
            await self._stop_pipeline()
            self._start_pipeline(server_uuid)
        if self._pipeline is not None:
            self._pipeline.connected()
        if self._preparing is None or self._preparing.done():
            self._preparing = asyncio.create_task(
                self.source.prepare_accounts(), name=f"who is who on {name}"
            )
        self._around.changed()

    def on_notifications(self, notifications: list[Notification]) -> None:
        """Frames came in."""
        if self._pipeline is not None:
            self._pipeline.hear(notifications)

    def on_forget(self, rating_keys: list[str]) -> None:
        """The server changed these items."""
        if self._pipeline is not None:
            self._pipeline.forget(rating_keys)

    def on_disconnected(self, reason: str) -> None:  # noqa: ARG002 -- the watcher's status tells it
        """The socket is gone; the sessions wait for it to come back."""
        self._around.changed()

    # ---------------------------------------------------------------- the pipeline

    def _start_pipeline(self, server_uuid: str) -> None:
        around = self._around
        self._pipeline = ServerPipeline(
            server_uuid,
            source=self.source,
            ledger=around.ledger,
            recorder=around.recorder,
            clock=around.clock,
            catch_up=around.catch_up,
            new_play_id=new_play_id,
        )
        self._task = asyncio.create_task(self._keep(self._pipeline), name=f"pipeline {server_uuid[:8]}")

    async def _stop_pipeline(self) -> None:
        task, self._task, self._pipeline = self._task, None, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _keep(self, pipeline: ServerPipeline) -> None:
        while True:
            try:
                await pipeline.run()
            except Exception:
                log.exception("following what plays failed; it goes on in a moment")
                await self._around.clock.sleep(RESTART_AFTER_S)


class Watching:
    """All watched servers of this process, kept in step with the configuration.

    Args:
        surroundings: What all servers share.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._around = surroundings
        self._servers: list[WatchedServer] = []
        self._changing = asyncio.Lock()
        self.is_stopped = False

    @property
    def servers(self) -> tuple[WatchedServer, ...]:
        """The servers that are watched."""
        return tuple(self._servers)

    @property
    def is_alive(self) -> bool:
        """Whether a watcher's task runs."""
        return any(server.watch.status.alive for server in self._servers)

    async def apply(self, settings: Settings) -> None:
        """Watch exactly what the settings name; servers whose settings are unchanged are left alone."""
        async with self._changing:
            options = _options(settings)
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
                kept.get(key) or WatchedServer(one, key, options, self._around, self._is_free)
                for key, one in wanted.items()
            ]
            for server in self._servers:
                server.start()
            self.is_stopped = False

    async def reread(self, play: Play) -> Media | None:
        """What the play's server calls its item now; None if that server is not watched.

        Raises:
            SourceError: If it cannot be asked.
        """
        server = next((one for one in self._servers if one.server_uuid == play.server), None)
        if server is None or not play.media.rating_key:
            return None
        for rating_key in (play.media.rating_key, play.media.show_rating_key):
            server.source.forget(rating_key)
        return await server.source.fetch_media(play.media.rating_key)

    async def stop(self) -> None:
        """Close all sockets."""
        async with self._changing:
            self.is_stopped = True
            await asyncio.gather(*(server.stop() for server in self._servers))
            self._servers = []

    def home(self, settings: Settings) -> Home:
        """What is known of the first server, whose owner is number 1 in the configuration."""
        wanted = keyed_servers(settings)
        first_key = next(iter(wanted), "plex")
        first = next((server for server in self._servers if server.key == first_key), None)
        known = first.server_uuid if first is not None else ""
        named = known or (wanted[first_key].server_uuid if wanted else "")
        return Home(
            server=named or ("" if len(wanted) > 1 else None),
            owner_plex_id=first.source.owner_plex_id if first is not None else None,
        )

    def status(self) -> list[dict[str, Any]]:
        """How each server stands, for people and pages."""
        return [_describe(server) for server in self._servers]

    def _is_free(self, asking: WatchedServer, server_uuid: str) -> bool:
        return all(one is asking or one.server_uuid != server_uuid for one in self._servers)


def keyed_servers(settings: Settings) -> dict[str, PlexSettings]:
    """The servers that the configuration names, in its order, by where it speaks of them."""
    further = {f"servers[{place}]": server for place, server in enumerate(settings.servers)}
    return {key: one for key, one in {"plex": settings.plex, **further}.items() if one.server_url}


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
    }
