"""By how much a server's clock differs from ours, read off the `Date` of its answers.

The times in a play history are the server's. A box whose clock is wrong by an hour would else date plays
wrongly, and what it counted live would look like another play that nobody saw.

Source: Plex protocol notes, Q37; RFC 9110, section 6.6.1.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosswatch.clock import Clock

WHOLE_SECOND = timedelta(seconds=1)
"""A `Date` has no fractions."""

NEGLIGIBLE = timedelta(seconds=5)
"""Clocks that differ by less are taken for equal."""

NONE = timedelta(0)


class ServerTime:
    """The clock of one server against ours.

    Args:
        clock: Ours.

    Attributes:
        ahead: How far the server's clock is ahead of ours; less than nothing if it is behind.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ahead = NONE

    def now(self) -> datetime:
        """The present moment by our clock."""
        return self._clock.now()

    def note(self, date: str, asked_at: datetime) -> None:
        """Take in the `Date` of an answer; one that makes no sense, or is missing, says nothing.

        The answer was written at some moment since the question, so the least difference that explains it is
        taken: a slow answer is no sign of a wrong clock.

        Args:
            date: The header, or empty.
            asked_at: When the question was sent, by our clock.
        """
        try:
            said = parsedate_to_datetime(date)
        except ValueError:
            return
        said = said.replace(tzinfo=said.tzinfo or UTC)
        least, most = said - self.now(), said + WHOLE_SECOND - asked_at
        ahead = max(least, NONE) + min(most, NONE)
        self.ahead = ahead if abs(ahead) >= NEGLIGIBLE else NONE

    def to_ours(self, moment: datetime) -> datetime:
        """What our clock showed when the server's showed this."""
        return moment - self.ahead

    def to_theirs(self, moment: datetime) -> datetime:
        """What the server's clock shows when ours shows this."""
        return moment + self.ahead
