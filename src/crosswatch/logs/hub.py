"""The ring of lines and its readers.

A stream costs nothing while nothing is said. All streams wait for one wake-up, which comes at most every
100 ms and hands the lines over in one piece; readers of the same channel share the bytes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import threading
from collections import deque
from itertools import islice, takewhile
from typing import TYPE_CHECKING, TextIO

from crosswatch.clock import Clock
from crosswatch.config.redaction import Redactor
from crosswatch.logs.bridge import FOREIGN_LOGGERS, HubHandler, RedactFilter
from crosswatch.logs.records import CHANNELS, EVERYTHING, SHOWN, LogRecordView, channel_key, visible

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterator
    from datetime import datetime, timedelta

CAPACITY = 5_000
BACKLOG_LINES = 50
LONGEST_MESSAGE = 16_000
FLUSH_INTERVAL_S = 0.1
HEARTBEAT_INTERVAL_S = 15.0


class LogHub:
    """The ring of lines, its readers, and the gate that keeps DEBUG lines out unless they are wanted.

    Lines may be written from any thread; streams belong to one event loop.

    Args:
        secrets: The secrets to take out, as for `Redactor`.
        clock: Says when a line was written.
        capacity: How many lines are kept.
    """

    def __init__(
        self,
        *,
        secrets: Callable[[], Collection[str]] = frozenset,
        clock: Clock | None = None,
        capacity: int = CAPACITY,
    ) -> None:
        self.redact = Redactor(secrets)
        self._clock = clock or Clock()
        self._ring: deque[LogRecordView] = deque(maxlen=capacity)
        self._lock = threading.Lock()
        self._latest = int(self._clock.timestamp() * 1000)  # above any id of an earlier process
        self._debug = False
        self._debug_until: datetime | None = None
        self._console: TextIO | None = None
        self._handler: HubHandler | None = None
        self._filter = RedactFilter(self)
        self._flushed = self._latest
        self._closed = False
        self._readers = 0
        self._ticker: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._chunks: dict[tuple[str, int], bytes] = {}

    # ---------------------------------------------------------------- writing

    def install(self, console: TextIO | None = sys.stderr) -> None:
        """Receive what anybody logs through the standard library.

        Args:
            console: Where each line is printed as well; None prints nowhere.
        """
        self.uninstall()
        self._console = console
        self._handler = HubHandler(self)
        logging.getLogger().addHandler(self._handler)
        for name in FOREIGN_LOGGERS:
            logging.getLogger(name).addFilter(self._filter)
        self.set_debug(self._debug)

    def uninstall(self) -> None:
        """Leave the standard library's loggers as they were found."""
        if self._handler is None:
            return
        logging.getLogger().removeHandler(self._handler)
        for name in FOREIGN_LOGGERS:
            logging.getLogger(name).removeFilter(self._filter)
        logging.getLogger("crosswatch").setLevel(logging.NOTSET)
        self._handler = None

    @property
    def debug(self) -> bool:
        """Whether DEBUG lines pass."""
        return self._debug or self.debug_until is not None

    @property
    def debug_until(self) -> datetime | None:
        """Until when DEBUG lines pass although nobody has set them for good, aware UTC; or None."""
        if self._debug_until is not None and self._clock.now() >= self._debug_until:
            self._debug_until = None
            self._set_gate()
        return self._debug_until

    def set_debug(self, debug: bool) -> None:
        """Let DEBUG lines pass from now on, or no longer than `debug_for` has said."""
        self._debug = debug
        self._set_gate()

    def debug_for(self, span: timedelta) -> None:
        """Let DEBUG lines pass for so long, whatever else is said; no time at all takes that back.

        It is not written anywhere: it ends by itself, and with the process.
        """
        self._debug_until = self._clock.now() + span if span else None
        self._set_gate()

    def _set_gate(self) -> None:
        """Close or open the gate at the logger: a closed one makes a DEBUG call almost free."""
        if self._handler is not None:
            passes = self._debug or self._debug_until is not None
            logging.getLogger("crosswatch").setLevel(logging.DEBUG if passes else logging.INFO)

    def write(
        self,
        level: int | str,
        channel: str,
        message: str,
        *,
        event: str = "",
        play: str | None = None,
        traceback: str = "",
    ) -> None:
        """Add one line, redacted; a DEBUG line only while those pass.

        Args:
            level: A level of the standard library, as a number or by name; an unknown name counts as INFO.
            channel: One of `CHANNELS`; anything else counts as APP.
            message: Line breaks and other control characters in it are made visible.
            event: A dotted name for machines.
            play: The id of the play that it is about.
            traceback: Lines to put below the message.
        """
        number = level if isinstance(level, int) else logging.getLevelNamesMapping().get(level.upper(), 20)
        if number <= logging.DEBUG and not self.debug:
            return
        text = visible(self.redact(message[: 2 * LONGEST_MESSAGE]))
        if traceback:
            text += "\n" + "\n".join(
                visible(row) for row in self.redact(traceback[-2 * LONGEST_MESSAGE :]).splitlines()
            )
        if len(text) > LONGEST_MESSAGE:
            text = f"{text[:LONGEST_MESSAGE]}… ({len(text) - LONGEST_MESSAGE} more characters)"
        with self._lock:
            self._latest += 1
            record = LogRecordView(
                id=self._latest,
                at=self._clock.now(),
                level=logging.getLevelName(number),
                channel=channel if channel in CHANNELS else "APP",
                event=self.redact(event),
                message=text,
                play=play,
            )
            self._ring.append(record)
        if self._console is not None:
            with contextlib.suppress(OSError, ValueError):  # a console that went away
                print(record.line, file=self._console, flush=True)

    # ---------------------------------------------------------------- reading

    def dump(self, channel: str | None = None, n: int = CAPACITY) -> list[LogRecordView]:
        """The last `n` lines of a channel, oldest first; none of a channel that does not exist.

        `TRAKT` shows what the watcher says as well.
        """
        shown = SHOWN.get(channel_key(channel), frozenset())
        with self._lock:
            newest = (record for record in reversed(self._ring) if record.channel in shown)
            return list(islice(newest, max(0, n)))[::-1]

    async def stream(self, channel: str | None = None, after_id: int | None = None) -> AsyncIterator[bytes]:
        """Server-sent events: one per line, with its id, and a comment when nothing was said for 15 s.

        Ends when the hub is closed. A gap event says when lines after `after_id` are no longer here.

        Args:
            channel: As for `dump`.
            after_id: The last line that the reader has; None begins with the last `BACKLOG_LINES`.
        """
        key = channel_key(channel)
        with self._reading():
            seen, opening = self._open(key, after_id)
            yield opening
            while not self._closed:
                wake = self._wake  # taken before looking, so that no line falls between
                chunk, seen = self._since(key, seen)
                if chunk:
                    yield chunk
                try:
                    async with asyncio.timeout(HEARTBEAT_INTERVAL_S):
                        await wake.wait()
                except TimeoutError:
                    yield b": still here\n\n"

    @property
    def latest_id(self) -> int:
        """The id of the last line, or one that comes before any line of this process."""
        return self._latest

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return self._readers

    def close(self) -> None:
        """End all streams at once and open no more; lines are still kept and printed."""
        self._closed = True
        self._wake_readers()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        self._readers += 1
        if self._ticker is None or self._ticker.done():
            self._ticker = asyncio.create_task(self._tick(), name="log flush")
        try:
            yield
        finally:
            self._readers -= 1

    async def _tick(self) -> None:
        """Wake the readers when there is something new, as long as there are readers."""
        while self._readers and not self._closed:
            await asyncio.sleep(FLUSH_INTERVAL_S)
            if self._latest != self._flushed:
                self._flushed = self._latest
                self._wake_readers()

    def _wake_readers(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        self._chunks.clear()
        wake.set()

    def _open(self, key: str, after_id: int | None) -> tuple[int, bytes]:
        """Where to begin, and what to say first."""
        greeting = b"retry: 2000\n\n"
        if key not in SHOWN:
            names = ", ".join((EVERYTHING, *CHANNELS)).encode()
            return self._latest, greeting + b": there is no such channel; there are " + names + b"\n\n"
        if after_id is not None and after_id <= self._latest:
            oldest = self._ring[0].id if self._ring else self._latest + 1
            if after_id < oldest - 1:
                greeting += b"event: gap\ndata: some lines in between are no longer here\n\n"
            return after_id, greeting
        backlog = self.dump(key, BACKLOG_LINES)
        return (backlog[0].id - 1 if backlog else self._latest), greeting

    def _since(self, key: str, seen: int) -> tuple[bytes, int]:
        """The lines after `seen` as events, and the id of the last line looked at."""
        with self._lock:
            latest = self._latest
            chunk = self._chunks.get((key, seen))
            if chunk is not None:
                return chunk, self._flushed
            new = list(takewhile(lambda record: record.id > seen, reversed(self._ring)))
        shown = SHOWN.get(key, frozenset())
        chunk = b"".join(record.as_event() for record in reversed(new) if record.channel in shown)
        if latest == self._flushed:  # else more will come with the next flush, and the piece is not final
            self._chunks[key, seen] = chunk
        return chunk, latest
