"""What it says that nothing is heard of a session, and when it is worth asking the server about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crosswatch.core.likeness import has_passed, is_told_by_hooks
from crosswatch.core.session import Session

SILENT_AFTER = timedelta(seconds=45)
"""A session without a frame for so long, while we listen, is looked up.

After a reconnect it is counted from there: a server that was restarted lists a player only once that has
reported, which takes up to 20 s.
"""

LOOK_UP_EVERY = timedelta(seconds=15)
"""How often it is looked up while it stays silent."""

LOOK_UP_HOOKED_EVERY = timedelta(minutes=1)
"""The same for one of which only webhooks tell."""


@dataclass(slots=True, kw_only=True)
class Silence:
    """Since when silence says something, if it does.

    While the socket is closed nobody is silent: a server that starts anew can be asked before its socket
    opens, and lists nobody then. What only webhooks tell of is silent by nature, and can always be asked
    about.

    Attributes:
        has_listened: Whether frames have ever come in.
        is_deaf: Whether none come in at present.
        since: When they began to come in this time, as far as that is known.
    """

    has_listened: bool = False
    is_deaf: bool = True
    since: datetime | None = None

    def open(self) -> None:
        """Frames come in (again)."""
        self.has_listened, self.is_deaf = True, False

    def close(self) -> None:
        """No frames come in any more."""
        self.is_deaf = True

    def is_over(self, session: Session, now: datetime) -> bool:
        """Whether the session has been silent for too long."""
        return now >= self._tolerated_until(session)

    def look_up_at(self, session: Session) -> datetime:
        """When the session is to be looked up if nothing more is heard of it."""
        silent_at, checked_at = self._tolerated_until(session), session.checked_at
        return silent_at if checked_at is None else max(silent_at, checked_at + _pace(session))

    def is_to_be_looked_up(self, session: Session, now: datetime) -> bool:
        """Whether that is now."""
        is_due = session.checked_at is None or has_passed(session.checked_at, _pace(session), now)
        return is_due and self.is_over(session, now)

    def _tolerated_until(self, session: Session) -> datetime:
        if self.is_deaf and not is_told_by_hooks(session):
            return datetime.max.replace(tzinfo=UTC)
        return max(session.last_seen_at, self.since or session.last_seen_at) + SILENT_AFTER


def _pace(session: Session) -> timedelta:
    return LOOK_UP_HOOKED_EVERY if is_told_by_hooks(session) else LOOK_UP_EVERY
