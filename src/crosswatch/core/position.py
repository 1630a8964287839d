"""Where a player is in an item, as far as what it says can be believed.

A position is believed if it can belong to the item. Past the end it is the end (up to 105 %), or noise; a
stop at zero, or far below a position that is seconds old, does not undo what was seen. A player that runs on
past the end, or rests there, was done when it reached the end, whenever it says so.

Source: Plex protocol notes, sections 5.3 and 6, and Q12 to Q16.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crosswatch.core.progress import LONGEST_MS, is_noise

SEEK_MS = 20_000
"""A position that differs from the wall clock by more than this was sought."""

FRESH = timedelta(seconds=30)
"""A position younger than this is better than a much lower one in a stop (Q14)."""

SKIP_SHARE = 0.98
"""A jump over this share of the item, to less than `SKIP_REST_MS` before its end, is no watching (Q16)."""

SKIP_REST_MS = 1_000


@dataclass(slots=True, kw_only=True)
class Position:
    """A player's position.

    Attributes:
        offset_ms: Last good position in milliseconds, or None if there was none yet.
        at: When that was heard.
        lowest_ms: The earliest place from which something was played, as far as we listened, or None. Zero is
            no such place: resumed items say 0 first (Q15), and whoever plays from there is elsewhere soon.
        done_at: When the end of the item was reached; None before, and once the player has gone back.
        is_sought: True from a jump until somebody has taken notice.
        left: Where and when the player was before it jumped last, or None.
        is_skipped: True while the place was reached by jumping over nearly all of the item.
    """

    offset_ms: int | None = None
    at: datetime | None = None
    lowest_ms: int | None = None
    done_at: datetime | None = None
    is_sought: bool = False
    left: tuple[int, datetime] | None = None
    is_skipped: bool = False

    def move(self, offset_ms: int, now: datetime, *, duration_ms: int | None, is_playing: bool) -> None:
        """Believe the position of a live frame, if it can be one.

        Args:
            offset_ms: What the frame says.
            now: When it came.
            duration_ms: Length of the item, or None if unknown.
            is_playing: Whether the player was playing until now.
        """
        self._note_end(offset_ms, now, duration_ms)
        if is_noise(offset_ms, duration_ms):
            return
        if duration_ms and offset_ms < duration_ms:
            self.done_at = None
        if self.offset_ms is not None and not self.is_near(offset_ms, now, is_playing=is_playing):
            self.is_sought = True
            self.left = None if self.at is None else (self.offset_ms, self.at)
            self.is_skipped = self._is_skip(offset_ms, now, duration_ms)
        self.set(offset_ms, now)

    def stop(self, offset_ms: int, now: datetime, *, duration_ms: int | None) -> None:
        """Believe the position of a stop, unless it undoes what was seen a moment ago."""
        self._note_end(offset_ms, now, duration_ms)
        if is_noise(offset_ms, duration_ms):
            return
        if self.offset_ms is not None and self.at is not None:
            is_fresh = now - self.at <= FRESH
            if offset_ms == 0 or (is_fresh and self.offset_ms - offset_ms > SEEK_MS):
                return
            self.is_skipped = self.is_skipped or self._is_skip(offset_ms, now, duration_ms)
        self.offset_ms, self.at = offset_ms, now

    def set(self, offset_ms: int, now: datetime) -> None:
        """Take the position as it is."""
        self.offset_ms, self.at = offset_ms, now
        if offset_ms > 0:
            self.lowest_ms = offset_ms if self.lowest_ms is None else min(self.lowest_ms, offset_ms)

    def forget(self) -> None:
        """It is not known any more where the player is."""
        self.offset_ms = self.at = None
        self.is_sought = self.is_skipped = False

    def check(self, duration_ms: int | None) -> None:
        """Drop what was believed while the length was unknown, and cannot be about an item of this length."""
        if self.offset_ms is not None and is_noise(self.offset_ms, duration_ms):
            self.offset_ms = self.at = self.lowest_ms = None

    def is_near(self, offset_ms: int, now: datetime, *, is_playing: bool) -> bool:
        """Whether the offset is about where the player would be by now without a jump."""
        if self.offset_ms is None or self.at is None:
            return False
        elapsed_ms = (now - self.at).total_seconds() * 1000 if is_playing else 0
        return abs(offset_ms - self.offset_ms - elapsed_ms) <= SEEK_MS

    def take_sought(self) -> bool:
        """Whether there was a jump of which nobody has taken notice."""
        sought, self.is_sought = self.is_sought, False
        return sought

    def _note_end(self, offset_ms: int, now: datetime, duration_ms: int | None) -> None:
        if self.at is None or self.done_at is not None or not duration_ms:
            return
        if duration_ms <= offset_ms <= LONGEST_MS:
            self.done_at = max(self.at, now - timedelta(milliseconds=offset_ms - duration_ms))

    def _is_skip(self, offset_ms: int, now: datetime, duration_ms: int | None) -> bool:
        """Whether nearly all was jumped over; after a while without a word it may have been played."""
        if not duration_ms or self.offset_ms is None or self.at is None or now - self.at > FRESH:
            return False
        jump_ms = offset_ms - self.offset_ms
        return jump_ms >= SKIP_SHARE * duration_ms and duration_ms - offset_ms < SKIP_REST_MS
