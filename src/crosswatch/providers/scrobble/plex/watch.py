"""Watch mode: holds on to one server's notification socket and hands on what it says.

There is no replay at Plex: what happens while the socket is down is lost to it. So whoever listens is told
when a connection begins and ends, and fills the gap by other means. Three rules make the hold a firm one.

1. Silence is not death, but an unanswered ping is.
2. The wait between attempts grows, with jitter, and shrinks again only after some seconds of life: a server
   that is starting accepts connections and drops them at once.
3. Nothing a server says ends the watch. A wrong token or a wrong server is asked about slowly, for ever,
   since both may be mended on the other side.

Source: hand-over, "Watch-mode"; Plex protocol notes, sections 1.4 and 2; design notes, sections 4 and 12.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import aiohttp

from crosswatch.core.phrases import say
from crosswatch.errors import PayloadError, SourceAuthError, SourceError, WrongServerError
from crosswatch.providers.scrobble.plex.frames import decode_frame
from crosswatch.providers.scrobble.plex.pms import SOCKET_PATH
from crosswatch.providers.scrobble.plex.rows import PLAYED_SETTINGS

if TYPE_CHECKING:
    from datetime import datetime

    from crosswatch.clock import Clock
    from crosswatch.core.facts import Notification
    from crosswatch.providers.scrobble.plex.pms import PlexServer
    from crosswatch.providers.scrobble.plex.rows import Identity

logger = logging.getLogger("crosswatch.watch")

STOP_WITHIN_S = 1.0
MAX_KINDS = 50
"""Kinds of malformed frame that are remembered, and so logged at most once each."""


class WatchHandler(Protocol):
    """Who listens. A frame waits for nothing: each of these returns at once and raises nothing."""

    async def on_connected(self, server_uuid: str, name: str) -> None:
        """A connection begins, and no frame is handed on before this has come back.

        What plays now, and what was played meanwhile, is to be looked up; but not in here.
        """

    def on_notifications(self, notifications: list[Notification]) -> None:
        """Players have said something."""

    def on_forget(self, rating_keys: list[str]) -> None:
        """Items were changed or deleted; whatever is cached about them is wrong."""

    def on_disconnected(self, reason: str) -> None:
        """The connection has ended; nothing is heard until the next one begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchOptions:
    """How to hold on to a server.

    Attributes:
        allow_self_signed: Whether a certificate that nobody vouches for will do.
        backoff_min_s: Shortest wait between attempts, in the clock's seconds.
        backoff_max_s: Longest.
        steady_after_s: Life after which a connection was a good one, in the clock's seconds.
        ping_every_s: Real seconds of silence after which the server is pinged; it has half as long to answer.
    """

    allow_self_signed: bool = False
    backoff_min_s: float = 2.0
    backoff_max_s: float = 60.0
    steady_after_s: float = 5.0
    ping_every_s: float = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchStatus:
    """How the watch stands.

    Attributes:
        alive: Whether its task runs.
        connected: Whether the socket is open.
        server_uuid: Of the server seen last, or empty.
        server_name: The same.
        connected_at: Since when it is open, or None.
        last_frame_at: When a frame came last, or None.
        reconnects: How often it was opened again.
        frames: How many frames came.
        malformed: How many of them, or of their entries, made no sense.
        problem: One sentence that says what keeps it from being connected, and what to do; or empty.
        lost_at: Since when it is not open any more, or None.
        next_try_at: When it is opened next, or None.
    """

    alive: bool
    connected: bool
    server_uuid: str
    server_name: str
    connected_at: datetime | None
    last_frame_at: datetime | None
    reconnects: int
    frames: int
    malformed: int
    problem: str
    lost_at: datetime | None
    next_try_at: datetime | None


class Backoff:
    """Waits that grow, with jitter, between two bounds.

    Args:
        least_s: The first wait, and the shortest of all.
        most_s: The longest.
        rng: For the jitter.
    """

    def __init__(self, least_s: float, most_s: float, rng: random.Random) -> None:
        self._least_s = least_s
        self._most_s = max(least_s, most_s)
        self._rng = rng
        self._ceiling_s = least_s

    def next_s(self) -> float:
        """Seconds to wait now."""
        wait = self._rng.uniform(self._least_s, self._ceiling_s)
        self._ceiling_s = min(self._most_s, self._ceiling_s * 2)
        return wait

    def reset(self) -> None:
        """Begin anew."""
        self._ceiling_s = self._least_s


class WatchService:
    """Watches one server until it is stopped.

    Args:
        server: The server.
        clock: For moments and waits; pings and time-outs are in real seconds.
        options: How to hold on.
        handler: Who listens.
        server_uuid: The only server whose events are accepted; empty accepts any.
        rng: For the jitter of waits; None makes one.
    """

    def __init__(
        self,
        server: PlexServer,
        *,
        clock: Clock,
        options: WatchOptions,
        handler: WatchHandler,
        server_uuid: str = "",
        rng: random.Random | None = None,
    ) -> None:
        self._server = server
        self._clock = clock
        self._options = options
        self._handler = handler
        self._expected_uuid = server_uuid
        self._backoff = Backoff(options.backoff_min_s, options.backoff_max_s, rng or random.Random())  # noqa: S311
        self._task: asyncio.Task[None] | None = None
        self._identity: Identity | None = None
        self._name = ""
        self._connected_at: datetime | None = None
        self._last_frame_at: datetime | None = None
        self._connects = self._frames = self._malformed = 0
        self._kinds: set[str] = set()
        self._problem = ""
        self._lost_at: datetime | None = None
        self._next_try_at: datetime | None = None
        self._hurry = asyncio.Event()

    @property
    def status(self) -> WatchStatus:
        """How it stands at this moment."""
        return WatchStatus(
            alive=self._task is not None and not self._task.done(),
            connected=self._connected_at is not None,
            server_uuid=self._identity.server_uuid if self._identity else "",
            server_name=self._name,
            connected_at=self._connected_at,
            last_frame_at=self._last_frame_at,
            reconnects=max(0, self._connects - 1),
            frames=self._frames,
            malformed=self._malformed,
            problem=self._problem,
            lost_at=self._lost_at,
            next_try_at=self._next_try_at,
        )

    def start(self) -> None:
        """Begin. If it runs already, nothing changes but that a wait for the next try is over."""
        self._hurry.set()
        if not self.status.alive:
            self._problem = ""
            self._task = asyncio.create_task(self._run(), name=f"watch {self._server.address}")

    async def stop(self) -> None:
        """Close the socket and end, within a second; nothing changes if it has ended."""
        if self._task is None:
            return
        if self._task.cancel():
            await asyncio.wait({self._task}, timeout=STOP_WITHIN_S)
            logger.info("stopped watching %s", self._server.address, extra={"event": "watch.stopped"})

    # ------------------------------------------------------------------------------ the loop

    async def _run(self) -> None:
        while True:
            await self._rest(await self._attempt())

    async def _rest(self, seconds: float) -> None:
        """Wait for so many of the clock's seconds, or until somebody is in a hurry."""
        self._hurry.clear()
        self._next_try_at = self._clock.now() + timedelta(seconds=seconds)
        ends = [asyncio.ensure_future(one) for one in (self._clock.sleep(seconds), self._hurry.wait())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._next_try_at = None
            for end in ends:
                end.cancel()

    async def _attempt(self) -> float:
        """One connection, from the first try to its end.

        Returns:
            Seconds to wait before the next.
        """
        try:
            reason = await self._connection()
        except (SourceAuthError, WrongServerError) as error:
            return self._note(error.sentence, self._options.backoff_max_s)
        except SourceError as error:
            return self._note(error.sentence, self._backoff.next_s())
        except Exception:  # the one net of this loop: a slip of ours must not end the watch
            logger.exception("The watch stumbled.", extra={"event": "watch.error"})
            return self._note("The watch stumbled; the log says over what.", self._backoff.next_s())
        return self._note(f"disconnected from {self._name}. {reason}", self._backoff.next_s())

    async def _connection(self) -> str:
        """Connect, listen to the end, and say why it ended.

        Raises:
            SourceError: If it did not come to a connection.
        """
        level = logging.DEBUG if self._problem else logging.INFO
        where = f"{self._server.address.replace('http', 'ws', 1)}/{SOCKET_PATH}"
        logger.log(level, "connect %s", where, extra={"event": "watch.connect"})
        identity = self._checked(await self._server.fetch_identity())
        name = await self._fetch_name(identity)
        socket = await self._server.open_socket(self._options.ping_every_s)
        reason = "The connection was given up."
        try:
            self._begin(identity, name)
            await self._handler.on_connected(identity.server_uuid, name)
            reason = await self._listen(socket)
        finally:
            self._end(reason)
            await socket.close()
        return reason

    def _checked(self, identity: Identity) -> Identity:
        key = self._server.key
        if self._expected_uuid and identity.server_uuid.lower() != self._expected_uuid.lower():
            raise WrongServerError(
                say(
                    "Another server answers at {address}: it is {found}, but {key}.server_uuid asks for "
                    "{wanted}. Correct {key}.server_url, or empty {key}.server_uuid.",
                    address=self._server.address,
                    found=identity.server_uuid,
                    key=key,
                    wanted=self._expected_uuid,
                )
            )
        return identity

    async def _fetch_name(self, identity: Identity) -> str:
        """The server's name; one that has no name for us is called by its address."""
        is_known = self._identity is not None and self._identity.server_uuid == identity.server_uuid
        if self._name and is_known:
            return self._name
        try:
            return (await self._server.fetch_server_facts()).name or self._server.address
        except SourceAuthError:  # some tokens may listen but not look; the socket will tell
            return self._server.address

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        async for message in socket:
            if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                self._take(message.data)
        if isinstance(socket.exception(), TimeoutError):
            return "The server does not answer pings any more."
        if socket.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG:
            return "The server sent a message that is too big to be one of Plex."
        return "The server closed the connection."

    # ------------------------------------------------------------------------------ what is heard

    def _take(self, text: str | bytes) -> None:
        self._frames += 1
        self._last_frame_at = self._clock.now()
        try:
            frame = decode_frame(text)
        except PayloadError as error:
            self._count_malformed(error.sentence, text)
            return
        for problem in frame.problems:
            self._count_malformed(problem, text)
        if frame.forgotten:
            self._handler.on_forget(list(frame.forgotten))
        if not PLAYED_SETTINGS.isdisjoint(frame.preferences):
            self._server.forget_played_rule()
        if frame.notifications:
            self._handler.on_notifications(list(frame.notifications))

    def _count_malformed(self, problem: str, text: str | bytes) -> None:
        self._malformed += 1
        if problem in self._kinds or len(self._kinds) >= MAX_KINDS:
            return
        self._kinds.add(problem)
        logger.warning(
            "%s sent something that makes no sense. %s More of this kind is only counted. It began with %r.",
            self._name,
            problem,
            text[:120],
            extra={"event": "watch.malformed"},
        )

    # ------------------------------------------------------------------------------ how it stands

    def _begin(self, identity: Identity, name: str) -> None:
        self._identity, self._name, self._problem = identity, name, ""
        self._connected_at, self._lost_at = self._clock.now(), None
        self._connects += 1
        self._server.forget_all()
        logger.info(
            "connected to %s (%s, version %s)",
            name,
            identity.server_uuid,
            identity.version or "unknown",
            extra={"event": "watch.connected"},
        )

    def _end(self, reason: str) -> None:
        began_at, self._connected_at = self._connected_at, None
        self._lost_at = self._clock.now()
        if began_at and (self._clock.now() - began_at).total_seconds() >= self._options.steady_after_s:
            self._backoff.reset()
        self._handler.on_disconnected(reason)

    def _note(self, problem: str, wait_s: float) -> float:
        """Remember why there is no connection, and say so if it is news."""
        level = logging.DEBUG if problem == self._problem else logging.WARNING
        self._problem = problem
        logger.log(level, "%s Next try in %.1f s.", problem, wait_s, extra={"event": "watch.waiting"})
        return wait_s
