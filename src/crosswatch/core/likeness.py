"""Whether two things that were heard are about one viewing; small judgements that the tracker shares."""

from __future__ import annotations

from datetime import datetime, timedelta

from crosswatch.core.facts import Notification, SessionRow
from crosswatch.core.session import Session

REKEY_AFTER = timedelta(seconds=15)
"""A player silent for so long under one key that plays on under another has been given the other key."""

ECHO = timedelta(seconds=30)
"""A live frame of an ended session within this time, near where it ended, is an old frame come late."""

ECHO_MS = 15_000
"""How near."""

REWIND_MS = 60_000
"""Players that turn up anew may go back so far."""


def has_passed(since: datetime, span: timedelta, now: datetime) -> bool:
    """Whether the span is over; a clock that was set back does not make anybody wait for longer."""
    return not timedelta(0) <= now - since < span


def are_others(one: str, other: str) -> bool:
    """Whether two names that may be missing contradict each other."""
    return bool(one and other and one != other)


def is_same(session: Session, notification: Notification, item: str) -> bool:
    """Whether a live frame under the session's key is about this very viewing."""
    return (
        session.item == item
        and not are_others(session.client_id, notification.client_id)
        and not are_others(session.play_queue_item, notification.play_queue_item)
    )


def fits(session: Session, row: SessionRow) -> bool:
    """Whether a line of the server's list can be this viewing: nothing that both know may contradict."""
    if row.media.rating_key != session.item or are_others(session.client_id, row.player.client_id):
        return False
    if not session.is_identified or session.binding is None or not row.account.is_known:
        return True
    return session.binding.account.id in (None, row.account.id)


def is_echo(ended: Session, notification: Notification, item: str, now: datetime) -> bool:
    """Whether a live frame is an old one of a session that has ended meanwhile (twins, late frames)."""
    if ended.session_key != notification.session_key or ended.item != item:
        return False
    offset_ms = notification.offset_ms
    is_near = offset_ms is None or abs(offset_ms - (ended.offset_ms or 0)) <= ECHO_MS
    return is_near and not has_passed(ended.last_seen_at, ECHO, now)


def is_moved(session: Session, notification: Notification, item: str, now: datetime) -> bool:
    """Whether a running session of this very player and item has been given the frame's key.

    Players do not play one item twice at a time. It goes on at its place, or it has been silent for a while
    and is not far from it.
    """
    if session.item != item or not session.client_id or session.client_id != notification.client_id:
        return False
    offset_ms, last_ms = notification.offset_ms, session.offset_ms
    was_silent = now - session.last_seen_at >= REKEY_AFTER or session.misses > 0
    if offset_ms is None or last_ms is None:
        return was_silent
    is_playing = session.is_playing
    return session.position.is_near(offset_ms, now, is_playing=is_playing) or (
        was_silent and offset_ms >= last_ms - REWIND_MS
    )


def last_moment(session: Session, now: datetime) -> datetime:
    """When a session ended that was followed by another without a word."""
    return now if now - session.last_seen_at < REKEY_AFTER else session.last_seen_at
