"""What webhooks have said of one session, beside what its frames say."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crosswatch.core.facts import Binding, Notification

BEGINNING = "media.play"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The end of a session of which only a webhook has told so far, while its frames are fresh.

    Attributes:
        notification: The stop.
        at: When the webhook came.
    """

    notification: Notification
    at: datetime


@dataclass(slots=True, kw_only=True)
class Hearsay:
    """What webhooks have said of one session.

    Attributes:
        binding: Who watches and what it is, as the payload says; the server's own word goes before it.
        since: When that was said.
        heard: When each event was heard of last, and the position that it named.
        rows: Received webhooks that only this session remembers so far; they are kept until it is written.
        claim: An end that its frames have yet to confirm.
        left_at: When its player turned to another item, or None.
    """

    binding: Binding | None = None
    since: datetime | None = None
    heard: dict[str, tuple[datetime, int | None]] = field(default_factory=dict)
    rows: list[int] = field(default_factory=list)
    claim: Claim | None = None
    left_at: datetime | None = None

    @property
    def has_begun(self) -> bool:
        """Whether its beginning was heard of."""
        return BEGINNING in self.heard

    def note(self, event: str, offset_ms: int | None, at: datetime) -> None:
        """An event was heard of."""
        self.heard[event] = (at, offset_ms)

    def was_just(self, event: str, now: datetime, span: timedelta) -> bool:
        """Whether the event was heard of within that time."""
        at = self.heard.get(event, (None, None))[0]
        return at is not None and abs(now - at) < span

    def take_rows(self) -> tuple[int, ...]:
        """The webhooks that need not be kept any more, since the session is about to be written."""
        rows, self.rows = tuple(self.rows), []
        return rows
