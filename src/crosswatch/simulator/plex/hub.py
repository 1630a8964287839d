"""Everybody who listens to the server, by socket or by event source, and what reaches whom.

Each frame is encoded once, however many listen. A listener has a queue; one that lets it grow too long
is dropped, as a real server may do. Nothing is kept for those who are not there.

Source: Plex protocol notes, sections 2.2, 2.3 and 7.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from crosswatch.simulator.plex.frames import Frame
    from crosswatch.simulator.plex.options import PlexOptions
    from crosswatch.simulator.plex.people import Person

DEFAULT_FILTERS = "-log"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which types a listener asked for.

    Attributes:
        names: The types named.
        excluding: True if everything but these is wanted.
    """

    names: frozenset[str]
    excluding: bool

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Filters:
        """The filters of a request: everything but `log` where it has none, and all where they are empty."""
        text = query.get("filters", query.get("filter", DEFAULT_FILTERS)).strip()
        excluding = text.startswith("-") or not text
        names = (name.strip() for name in text.removeprefix("-").split(","))
        return cls(frozenset(name for name in names if name), excluding)

    def allow(self, frame_type: str) -> bool:
        """True if frames of this type are wanted."""
        return (frame_type in self.names) is not self.excluding


class Listener:
    """One open socket or event source.

    Attributes:
        kind: `socket` or `events`.
        person: Whose token it came with.
        filters: What it asked for.
        queue: Messages on their way to it.
        silent: True once it is half open: nothing is sent any more, and no ping answered.
        closed: Set when it is to end.
    """

    def __init__(
        self,
        kind: Literal["socket", "events"],
        person: Person,
        filters: Filters,
        *,
        backlog: int,
        abort: Callable[[], None],
    ) -> None:
        self.kind = kind
        self.person = person
        self.filters = filters
        self.queue: asyncio.Queue[str | bytes] = asyncio.Queue(backlog)
        self.silent = False
        self.closed = asyncio.Event()
        self._abort = abort

    def offer(self, message: str | bytes) -> None:
        """Put a message on its way; a listener that is too far behind is dropped instead."""
        if self.silent or self.closed.is_set():
            return
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.drop()

    def drop(self) -> None:
        """End it without a word."""
        self.closed.set()
        self._abort()


class Hub:
    """All listeners.

    Attributes:
        listeners: Those that are open.
        frames_sent: How many frames have been published since the server was made.
    """

    def __init__(self, options: PlexOptions, *, owner: Person) -> None:
        self._options = options
        self._owner = owner
        self._arrived = asyncio.Event()
        self.listeners: list[Listener] = []
        self.frames_sent = 0

    def add(self, listener: Listener) -> None:
        """Somebody listens from now on."""
        self.listeners.append(listener)
        self._arrived.set()

    def remove(self, listener: Listener) -> None:
        """Somebody has gone."""
        if listener in self.listeners:
            self.listeners.remove(listener)

    def publish(self, frame: Frame) -> None:
        """Send a frame to all who want it and may see it."""
        self.frames_sent += 1
        wanting = [one for one in self.listeners if self._wants(one, frame)]
        sockets = [one for one in wanting if one.kind == "socket"]
        events = [one for one in wanting if one.kind == "events"]
        if sockets:
            message = frame.raw if frame.raw is not None else frame.text(self._options.frame_shape)
            if self._options.binary_frames and isinstance(message, str):
                message = message.encode()
            for listener in sockets:
                listener.offer(message)
        if events and frame.raw is None:
            for data in frame.events(wrapped=self._options.event_wrapped):
                for listener in events:
                    listener.offer(f"event: {frame.type}\ndata: {data}\n\n")

    def drop_all(self) -> None:
        """Cut everybody off."""
        for listener in list(self.listeners):
            listener.drop()
        self.listeners.clear()
        self._arrived.clear()

    def silence(self) -> None:
        """Make all present links half open: they stay, and nothing comes through any more."""
        for listener in self.listeners:
            listener.silent = True

    async def wait_for_listener(self, timeout_s: float = 30.0) -> None:
        """Wait until somebody can hear.

        Args:
            timeout_s: Real seconds after which to give up.

        Raises:
            TimeoutError: If nobody came.
        """
        async with asyncio.timeout(timeout_s):
            while not any(not one.silent for one in self.listeners):
                self._arrived.clear()
                await self._arrived.wait()

    def _wants(self, listener: Listener, frame: Frame) -> bool:
        """The owner hears everything; others hear of their own sessions only."""
        if listener.person is not self._owner and listener.person is not frame.person:
            return False
        honoured = listener.kind == "events" or self._options.socket_filters
        return not honoured or listener.filters.allow(frame.type)
