"""From what happened to what a sink should know: the watched mark and its neighbours.

Source: design notes, section 5, the table.
"""

from __future__ import annotations

from datetime import datetime

from crosswatch.core.events import Media, Percent, ScrobbleAction, ScrobbleEvent
from crosswatch.core.plays import Desired, DesiredAction, Play, PlayState
from crosswatch.core.reasons import Reason

LEAST_PROGRESS = 1.0
"""Below this nothing counts as begun."""

LEAST_MARK = 50.0
"""No mark is earlier, wherever credits begin: what a server takes for credits may be something else."""

PAUSE_LIMIT = 80.0
"""From here on a pause is not told: the end will tell."""

SKIPPED = "skipped"
"""Why an event was told whose end was reached by jumping over nearly all of the item."""

_FINAL = (
    Reason.DUPLICATE_OF,
    Reason.SKIPPED_THROUGH,
    Reason.PERSON_PAUSED,
    Reason.TITLE_OFF,
    Reason.IGNORED_BY_YOU,
)
"""Reasons of an ended play that hold even if Plex itself has counted it."""


def mark_with_credits(watched_at_percent: float, media: Media) -> float:
    """The watched mark of an item that also counts from its final credits on, if those come earlier.

    Args:
        watched_at_percent: The mark without them, 50 to 100.
        media: The item.
    """
    if media.credits_ms is None or not media.duration_ms:
        return watched_at_percent
    return min(watched_at_percent, max(LEAST_MARK, 100.0 * media.credits_ms / media.duration_ms))


def desired_for(event: ScrobbleEvent, *, watched_at_percent: float) -> Desired | None:
    """What a sink should know after the event; None if it has nothing new to know.

    Args:
        event: What happened.
        watched_at_percent: Progress from which an ended play is watched, 50 to 100.
    """
    progress = event.progress
    if progress is None and event.is_counted and event.action is ScrobbleAction.STOP:
        progress = Percent(PAUSE_LIMIT)  # at least so far, whatever its last position was
    if progress is None:
        return None
    if event.action is ScrobbleAction.START:
        return Desired(action=DesiredAction.START, progress=progress, at=event.at)
    if event.action is ScrobbleAction.PAUSE:
        is_told = LEAST_PROGRESS <= progress < PAUSE_LIMIT
        return Desired(action=DesiredAction.PAUSE, progress=progress, at=event.at) if is_told else None
    if event.why == SKIPPED:  # nothing of it was seen, so there is no position to keep
        return Desired(action=DesiredAction.STOP, progress=Percent(0.0), at=event.at)
    is_watched = progress >= watched_at_percent or event.is_counted
    action = DesiredAction.WATCHED if is_watched else DesiredAction.STOP
    return Desired(action=action, progress=progress, at=event.at)


def counted_by_plex(play: Play, counted_at: datetime) -> Desired:
    """What a sink should know of a play that Plex itself has counted, at whatever position."""
    return Desired(
        action=DesiredAction.WATCHED, progress=play.progress or Percent(PAUSE_LIMIT), at=counted_at
    )


def reason_of_end(event: ScrobbleEvent, desired: Desired | None) -> Reason:
    """Why an ended play that is not watched is not."""
    if event.why == SKIPPED:
        return Reason.SKIPPED_THROUGH
    if event.progress is None:
        return Reason.PROGRESS_UNKNOWN
    if desired is None or event.progress < LEAST_PROGRESS:
        return Reason.TOO_SHORT
    return Reason.BELOW_THRESHOLD


def may_be_counted(play: Play) -> bool:
    """Whether a play is over and not watched, so that it is news if Plex itself has counted it."""
    return play.state is PlayState.ENDED and play.watched_at is None and play.reason not in _FINAL
