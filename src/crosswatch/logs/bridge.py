"""From other people's loggers to the hub: the standard library's, uvicorn's, and the hand-over's."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from crosswatch.logs.records import CHANNELS

if TYPE_CHECKING:
    from crosswatch.logs.hub import LogHub

FOREIGN_LOGGERS = ("uvicorn.access", "uvicorn.error")
"""Loggers that print by themselves, addresses and their tokens included."""


class HubHandler(logging.Handler):
    """Hands the standard library's records to the hub."""

    def __init__(self, hub: LogHub) -> None:
        super().__init__()
        self._hub = hub

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as a line of the hub."""
        play = getattr(record, "play", None)
        self._hub.write(
            record.levelno,
            _channel_of(record.name),
            _message_of(record),
            event=str(getattr(record, "event", "")),
            play=None if play is None else str(play),
            traceback=_traceback_of(record),
        )


class RedactFilter(logging.Filter):
    """Redacts the records of loggers that print by themselves, such as uvicorn's list of requests."""

    def __init__(self, hub: LogHub) -> None:
        super().__init__()
        self._hub = hub

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the secrets out of the record itself; every record passes."""
        redact = self._hub.redact
        record.msg = redact(str(record.msg))
        if isinstance(record.args, tuple):  # uvicorn's formatter reads them one by one
            record.args = tuple(redact(item) if isinstance(item, str) else item for item in record.args)
        if record.exc_info:
            record.exc_text = redact(_traceback_of(record))  # printed in place of the traceback
        return True


class _UIHostLogger:
    """A logger for callers that have a hub and a channel at hand; the hand-over's name and manners.

    `log("connected", level="INFO", module="PLEX")` and `log.info("connected", server="Den")` both write a
    line; fields are put behind the message. DEBUG lines pass while `runtime.debug` is true.
    """

    def __init__(self, hub: LogHub, channel: str = "APP") -> None:
        self._hub = hub
        self._channel = channel.upper()

    def __call__(self, message: str, level: str = "INFO", module: str | None = None, **fields: Any) -> None:
        """Write one line.

        Args:
            message: The line.
            level: DEBUG, INFO, WARNING or ERROR.
            module: Another channel than the logger's own.
            fields: `event` and `play` are kept as such; others become `name=value` behind the message.
        """
        event, play = str(fields.pop("event", "")), fields.pop("play", None)
        text = " ".join([str(message), *(f"{name}={value}" for name, value in fields.items())])
        channel = module.upper() if module else self._channel
        self._hub.write(level, channel, text, event=event, play=None if play is None else str(play))

    def debug(self, message: str, **fields: Any) -> None:
        """Write a line that is kept only while `runtime.debug` is true."""
        self(message, "DEBUG", **fields)

    def info(self, message: str, **fields: Any) -> None:
        """Write a line about the ordinary course of things."""
        self(message, "INFO", **fields)

    def warning(self, message: str, **fields: Any) -> None:
        """Write a line about something that may need a person."""
        self(message, "WARNING", **fields)

    def error(self, message: str, **fields: Any) -> None:
        """Write a line about something that went wrong."""
        self(message, "ERROR", **fields)


def _channel_of(logger_name: str) -> str:
    """The channel that a logger's name stands for: `crosswatch.trakt.tokens` speaks on TRAKT."""
    package, _, rest = logger_name.partition(".")
    name = rest.partition(".")[0].upper()
    return name if package == "crosswatch" and name in CHANNELS else "APP"


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # a slip in a format must not cost the line, nor the caller
        return f"{record.msg} {record.args!r}"


def _traceback_of(record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[1] is not None:
        return logging.Formatter().formatException(record.exc_info)
    return record.exc_text or ""
