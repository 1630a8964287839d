"""One line of the log: its channel, its level, and how it is written for people and machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

CHANNELS = ("APP", "PLEX", "TRAKT", "WATCH", "WEBHOOK")
EVERYTHING = "ALL"

SHOWN: dict[str, frozenset[str]] = {
    EVERYTHING: frozenset(CHANNELS),
    **{name: frozenset({name}) for name in CHANNELS},
    # The hand-over looks for "connected" and "dispatch start" on TRAKT; both are said by the watcher.
    "TRAKT": frozenset({"TRAKT", "WATCH"}),
}
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
_CONTROL |= {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): " ", 0x2028: "\\u2028", 0x2029: "\\u2029"}


@dataclass(frozen=True, slots=True)
class LogRecordView:
    """One line, without secrets.

    Attributes:
        id: Grows with each line, over restarts too, so that a reader can go on where it stopped.
        at: When it was said, aware, in UTC.
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL.
        channel: One of `CHANNELS`.
        event: A dotted name for machines, such as `watch.connected`; empty if there is none.
        message: For people. A traceback follows on further lines.
        play: The id of the play that it is about, or None.
    """

    id: int
    at: datetime
    level: str
    channel: str
    event: str
    message: str
    play: str | None

    @property
    def line(self) -> str:
        """Time (of this machine), level, channel and message, as the console shows them."""
        at = self.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        play = f" · play {self.play}" if self.play else ""
        first, *rest = self.message.split("\n")
        return "\n".join([f"{at} {self.level:<7} {self.channel:<7} {first}{play}", *rest])

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON shows it."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "level": self.level,
            "channel": self.channel,
            "event": self.event,
            "message": self.message,
            "play": self.play,
        }

    def as_event(self) -> bytes:
        """The record as a server-sent event: its id, and each row of `line` as data."""
        data = "".join(f"data: {row}\n" for row in self.line.split("\n"))
        return f"id: {self.id}\n{data}\n".encode(errors="backslashreplace")


def is_channel(name: str | None) -> bool:
    """Whether there is such a channel; no name and `ALL` mean every one, capitals do not matter."""
    return channel_key(name) in SHOWN


def channel_key(name: str | None) -> str:
    """The key of `SHOWN` that a reader means; it may not be there."""
    return (name or EVERYTHING).strip().upper() or EVERYTHING


def visible(text: str) -> str:
    """One line in which nothing can forge another line or move a terminal's cursor."""
    return text.translate(_CONTROL)
