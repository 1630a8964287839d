"""A stretch of time in which nothing is due, so that nobody looks through everything for what is.

A server says something of each of its sessions every few seconds, and nearly always only that it plays on.
"""

from __future__ import annotations

from datetime import UTC, datetime


class Quiet:
    """From the moment at which everything was looked at to the first at which something is due.

    Whatever may be due sooner ends it, and so does a clock that is set back.

    Attributes:
        until: When something is due; meaningless once it has been ended.
    """

    def __init__(self) -> None:
        self.until = datetime.max.replace(tzinfo=UTC)
        self._since: datetime | None = None

    def reigns(self, now: datetime) -> bool:
        """Whether nothing is due at this moment."""
        return self._since is not None and self._since <= now < self.until

    def begin(self, since: datetime, until: datetime) -> None:
        """Everything was looked at; nothing is due before `until`."""
        self._since, self.until = since, until

    def end(self) -> None:
        """Something may be due sooner."""
        self._since = None
