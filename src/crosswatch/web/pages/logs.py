"""What the page of the log shows: the last lines that fit the address, oldest first."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from crosswatch.core.events import PlayId
from crosswatch.errors import StorageError
from crosswatch.logs import EVERYTHING, is_channel
from crosswatch.logs.records import channel_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from crosswatch.core.plays import Play
    from crosswatch.logs import LogRecordView
    from crosswatch.web.ports import RuntimeLike

MOST_LINES = 500
"""So many lines come with the page; the whole ring comes with the download."""

LONGEST_TEXT = 200
LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
"""From which level on lines are shown; nothing named shows them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which lines are wanted, as the address says; empty texts narrow nothing.

    Attributes:
        channel: One of `CHANNELS`.
        level: One of `LEVELS`.
        q: A part of the line, capitals ignored.
        play: The id of the only play that is wanted.
    """

    channel: str = ""
    level: str = ""
    q: str = ""
    play: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> LogFilter:
        """That of an address; what cannot be understood narrows nothing."""
        channel, level = channel_key(asked.get("channel")), asked.get("level", "").strip().lower()
        return cls(
            channel=channel if is_channel(channel) and channel != EVERYTHING else "",
            level=level if level in LEVELS else "",
            q=asked.get("q", "").strip()[:LONGEST_TEXT],
            play=asked.get("play", "").strip()[:LONGEST_TEXT],
        )

    def __bool__(self) -> bool:
        return self != LogFilter()

    def address(self, way: str = "logs") -> str:
        """The address with this filter, relative to the first page."""
        named = {name: value for name, value in asdict(self).items() if value}
        return f"{way}?{urlencode(named)}" if named else way

    def chosen(self, records: Iterable[LogRecordView]) -> Iterator[LogRecordView]:
        """The lines that fit; whoever gives them has heeded the channel already."""
        least, wanted = LEVELS.get(self.level, logging.NOTSET), self.q.casefold()
        levels = logging.getLevelNamesMapping()
        for record in records:
            fits = levels.get(record.level, logging.INFO) >= least and wanted in record.message.casefold()
            if fits and self.play in ("", record.play):
                yield record


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line.

    Attributes:
        record: What was said.
        clock: When, in this machine's zone, as `20:14:09`.
        day: The day, if it is another one than that of the line before.
    """

    record: LogRecordView
    clock: str
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsPage:
    """The page.

    Attributes:
        filter: Which lines are wanted.
        lines: The last lines that fit.
        is_cut: Whether there are older ones that fit.
        day: The day of the last line, or of now.
        last_id: The last line that was looked at; a stream goes on from there.
        last_at: When anything was said last on any channel, or None.
        play: The play whose lines are shown, if it is known.
        is_debug: Whether DEBUG lines are kept for good.
        debug_until: Until when they are kept on request, or None.
        now: The moment of the page, aware UTC.
    """

    filter: LogFilter
    lines: tuple[Line, ...]
    is_cut: bool
    day: date
    last_id: int
    last_at: datetime | None
    play: Play | None
    is_debug: bool
    debug_until: datetime | None
    now: datetime


async def look(runtime: RuntimeLike, wanted: LogFilter) -> LogsPage:
    """The log as it is now."""
    now = runtime.clock.now()
    everything = runtime.logs.dump()
    fitting = list(wanted.chosen(runtime.logs.dump(wanted.channel or None)))
    last = everything[-1] if everything else None
    return LogsPage(
        filter=wanted,
        lines=tuple(_lines(fitting[-MOST_LINES:])),
        is_cut=len(fitting) > MOST_LINES,
        day=(fitting[-1].at if fitting else now).astimezone().date(),
        last_id=last.id if last else runtime.logs.latest_id,
        last_at=last.at if last else None,
        play=await _play(runtime, wanted.play),
        is_debug=runtime.config.settings.runtime.debug,
        debug_until=runtime.logs.debug_until,
        now=now,
    )


def whole(runtime: RuntimeLike, wanted: LogFilter) -> str:
    """Every line that fits and is still here, as the console shows them."""
    fitting = wanted.chosen(runtime.logs.dump(wanted.channel or None))
    return "".join(f"{record.line}\n" for record in fitting)


def _lines(records: Iterable[LogRecordView]) -> Iterator[Line]:
    before: date | None = None
    for record in records:
        at = record.at.astimezone()
        yield Line(record=record, clock=f"{at:%H:%M:%S}", day=at.date() if at.date() != before else None)
        before = at.date()


async def _play(runtime: RuntimeLike, play_id: str) -> Play | None:
    """The play, for its name; without a database its lines are shown all the same."""
    if not play_id:
        return None
    try:
        return await runtime.ledger.play(PlayId(play_id))
    except StorageError:
        return None
