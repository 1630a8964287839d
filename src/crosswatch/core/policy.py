"""From what happened to what a sink should know: the watched mark and its neighbours.

Source: design notes, section 5, the table.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from crosswatch.core.events import Percent, ScrobbleAction, ScrobbleEvent
from crosswatch.core.plays import Desired, DesiredAction, Play
from crosswatch.core.reasons import Reason

LEAST_PROGRESS = 1.0
"""Below this nothing counts as begun."""

PAUSE_LIMIT = 80.0
"""From here on a pause is not told: the end will tell."""

TAIL_GAP = timedelta(hours=12)
"""A viewing that goes on, within this time, where a counted one of the same item stopped, is its tail."""

TAIL_SLACK_PERCENT = 3.0
"""How much earlier than the stop a tail may begin; players rewind a little on resume."""


def desired_for(event: ScrobbleEvent, *, watched_at_percent: float) -> Desired | None:
    """What a sink should know after the event; None if it has nothing new to know.

    Args:
        event: What happened.
        watched_at_percent: Progress from which an ended play is watched, 50 to 100.
    """
    progress = event.progress
    if progress is None:
        return None
    match event.action:
        case ScrobbleAction.START:
            return Desired(action=DesiredAction.START, progress=progress, at=event.at)
        case ScrobbleAction.PAUSE:
            if not LEAST_PROGRESS <= progress < PAUSE_LIMIT:
                return None
            return Desired(action=DesiredAction.PAUSE, progress=progress, at=event.at)
        case ScrobbleAction.STOP:
            watched = progress >= watched_at_percent and event.why != "skipped"
            action = DesiredAction.WATCHED if watched else DesiredAction.STOP
            if event.why == "skipped":
                progress = Percent(0.0)  # nothing of it was seen, so there is no position to keep
            return Desired(action=action, progress=progress, at=event.at)


def counted_by_plex(play: Play, counted_at: datetime) -> Desired:
    """What a sink should know of a play that Plex itself has counted, at whatever position."""
    return Desired(
        action=DesiredAction.WATCHED, progress=play.progress or Percent(PAUSE_LIMIT), at=counted_at
    )


def reason_of_end(event: ScrobbleEvent, desired: Desired | None) -> Reason:
    """Why an ended play that is not watched is not."""
    if event.why == "skipped":
        return Reason.SKIPPED_THROUGH
    if event.progress is None:
        return Reason.PROGRESS_UNKNOWN
    if desired is None or event.progress < LEAST_PROGRESS:
        return Reason.TOO_SHORT
    return Reason.BELOW_THRESHOLD


def is_tail(play: Play, earlier: Play, *, first_progress: Percent | None) -> bool:
    """Whether a new viewing only goes on with one that counts already (watched to 85 %, then the rest).

    Args:
        play: The new viewing.
        earlier: A viewing by the same account on the same server.
        first_progress: Where the new one began.
    """
    if earlier.watched_at is None or earlier.id == play.id or earlier.progress is None:
        return False
    if earlier.media.rating_key != play.media.rating_key or first_progress is None:
        return False
    soon = timedelta(0) <= play.started_at - earlier.watched_at <= TAIL_GAP
    return soon and first_progress >= earlier.progress - TAIL_SLACK_PERCENT
