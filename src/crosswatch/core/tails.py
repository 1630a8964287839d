"""Whether a viewing only goes on with one that counts already: one viewing makes at most one play (P2).

Somebody watches to 85 %, which counts, and sees the rest on the next evening; a session that had vanished
turns up again under another key; a server counted a viewing before we began to listen to it. Each time the
same viewing comes twice, and the second one is its tail. A rewatch is no tail: it begins before the place
that had been reached, and whoever goes back there has begun to watch again.
"""

from __future__ import annotations

from datetime import datetime

from crosswatch.core.events import Percent
from crosswatch.core.filters import is_same_person
from crosswatch.core.plays import Origin, Play
from crosswatch.core.policy import LEAST_MARK, PAUSE_LIMIT
from crosswatch.core.reconcile import TAIL_GAP, is_withdrawn, may_be_its_rest, soonest_anew, spans

TAIL_SLACK_PERCENT = 10.0
"""How much earlier than the stop a tail may begin: players rewind a little on resume, and so do people."""


def is_tail(play: Play, earlier: Play, *, lowest: Percent | None) -> bool:
    """Whether the viewing is the tail of the other.

    Args:
        play: The viewing.
        earlier: A viewing on the same server.
        lowest: The earliest place from which something of the new one was played; None if unknown.
    """
    if earlier.id == play.id or earlier.watched_at is None or not _is_same_item(play, earlier):
        return False
    if is_withdrawn(earlier):
        return False
    if earlier.origin is Origin.HISTORY and spans(play, earlier.watched_at):
        return True  # the server counted this very viewing while it went on
    if lowest is None and play.counted_at is not None:
        return _is_recount(play, play.counted_at, earlier)
    is_soon = play.started_at - earlier.watched_at <= TAIL_GAP
    return is_soon and lowest is not None and lowest >= _reached(earlier) - TAIL_SLACK_PERCENT


def _reached(play: Play) -> float:
    """How far a viewing that counts has come; one that its server counted came further than we saw."""
    progress = play.progress or 0.0
    is_seen = progress >= LEAST_MARK and not play.history_key
    return progress if is_seen else max(progress, PAUSE_LIMIT)


def _is_recount(play: Play, counted_at: datetime, earlier: Play) -> bool:
    """Whether the count of a viewing, which is all that is known of it, was that of the other."""
    is_too_soon = counted_at - (earlier.ended_at or counted_at) < soonest_anew(play.media)
    return is_too_soon or may_be_its_rest(earlier, counted_at)


def _is_same_item(play: Play, earlier: Play) -> bool:
    rating_key = play.media.rating_key
    is_same = bool(rating_key) and rating_key == earlier.media.rating_key
    return is_same and play.server == earlier.server and is_same_person(play.account, earlier.account)
