"""Positions in milliseconds to progress in percent."""

from __future__ import annotations

from datetime import timedelta

from crosswatch.core.events import Percent
from crosswatch.errors import ProgressUnknownError

OVERSHOOT = 1.05
"""Up to here an offset past the end is the end; beyond, it is another item's (notes, Q12)."""

COUNTED_SHARE = 0.9
"""Where a server counts a viewing, unless its credits begin earlier (Plex protocol notes, section 14)."""

LONGEST_MS = 48 * 3_600_000
"""No item is longer, so no position is further; what claims to be is noise, whatever sends it."""


def percent(offset_ms: int, duration_ms: int | None) -> Percent:
    """How far into the item the player is.

    Args:
        offset_ms: Position reported by the player, in milliseconds, at least 0.
        duration_ms: Length of the item in milliseconds, or None if unknown.

    Returns:
        Progress in percent, 0.0 to 100.0, two decimals; an offset past the end counts as 100.0.

    Raises:
        ProgressUnknownError: If the length is unknown or 0. The caller enriches or says so.
    """
    if not duration_ms or duration_ms < 0:
        raise ProgressUnknownError("The length of the item is unknown.")
    return Percent(round(min(100.0, max(0.0, 100.0 * offset_ms / duration_ms)), 2))


def is_noise(offset_ms: int, duration_ms: int | None) -> bool:
    """Whether the offset cannot belong to an item of this length.

    Source: Plex protocol notes, section 6 (autoplay, variant C) and Q12, Q13.
    """
    if not 0 <= offset_ms <= LONGEST_MS:
        return True
    return bool(duration_ms) and offset_ms > (duration_ms or 0) * OVERSHOOT


def length_of(duration_ms: int | None) -> timedelta:
    """The length of an item; none at all where it is unknown or cannot be one."""
    known = duration_ms if duration_ms and 0 < duration_ms <= LONGEST_MS else 0
    return timedelta(milliseconds=known)
