"""Whether two things that were heard are about one viewing; small judgements that the tracker shares."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crosswatch.core.events import OWNER_ID, Account, PlayId
from crosswatch.core.facts import Notification, SessionRow
from crosswatch.core.filters import fold
from crosswatch.core.plays import Origin
from crosswatch.core.session import HOOK_KEY, Session

REKEY_AFTER = timedelta(seconds=15)
"""A player silent for so long under one key that plays on under another has been given the other key."""

ECHO = timedelta(seconds=30)
"""A live frame of an ended session within this time, near where it ended, is an old frame come late."""

ECHO_MS = 15_000
"""How near."""

REWIND_MS = 60_000
"""Players that turn up anew may go back so far."""

COARSE_MS = 35_000
"""How far the server's list may be off (Plex protocol notes, section 6)."""


def has_passed(since: datetime, span: timedelta, now: datetime) -> bool:
    """Whether the span is over; a clock that was set back does not make anybody wait for longer."""
    return not timedelta(0) <= now - since < span


def are_others(one: str, other: str) -> bool:
    """Whether two names that may be missing contradict each other."""
    return bool(one and other and one != other)


def is_same(session: Session, notification: Notification, item: str, now: datetime) -> bool:
    """Whether a live frame under the session's key is about this very viewing.

    After a gap the key alone proves little: it may have been given anew.
    """
    return (
        session.item == item
        and not are_others(session.client_id, notification.client_id)
        and not are_others(session.play_queue_item, notification.play_queue_item)
        and (session.gone_since is None or may_be_at(session, notification.offset_ms, now))
    )


def fits(session: Session, row: SessionRow) -> bool:
    """Whether a line of the server's list can be this viewing: nothing that both know may contradict."""
    if row.media.rating_key != session.item or are_others(session.client_id, row.player.client_id):
        return False
    if not session.is_identified or session.binding is None or not row.account.is_known:
        return True
    return session.binding.account.id in (None, row.account.id)


def pair_rows(
    sessions: Sequence[Session], rows: Sequence[SessionRow], *, elsewhere: bool, now: datetime | None = None
) -> dict[PlayId, SessionRow]:
    """The line of the server's list that is about each session.

    Args:
        sessions: Those that go on.
        rows: The whole list.
        elsewhere: Whether a session may be listed under another key (Q19). One that has none always may.
        now: When the list was read after a gap; what is listed at a place where the session cannot be by then
            is another viewing. None leaves places out of it.
    """
    listed = {row.session_key: row for row in rows}
    pairs: dict[PlayId, SessionRow] = {}
    for session in sessions:
        row = listed.get(session.session_key)
        if row is not None and fits(session, row) and _is_on_way(session, row, now):
            pairs[session.play_id] = listed.pop(row.session_key)
    for session in sessions:
        if session.client_id and session.play_id not in pairs and (elsewhere or is_keyless(session)):
            same_player = (row for row in listed.values() if row.player.client_id == session.client_id)
            row = next(
                (row for row in same_player if fits(session, row) and _is_on_way(session, row, now)), None
            )
            if row is not None:
                pairs[session.play_id] = listed.pop(row.session_key)
    return pairs


def as_notification(row: SessionRow) -> Notification:
    """What the player would say if it said what the server's list does."""
    return Notification(
        session_key=row.session_key,
        rating_key=row.media.rating_key,
        state=row.state,
        offset_ms=row.offset_ms,
        client_id=row.player.client_id,
    )


def is_keyless(session: Session) -> bool:
    """Whether the server's own key of the session is not known."""
    return session.session_key.startswith(HOOK_KEY)


def is_told_by_hooks(session: Session) -> bool:
    """Whether no frame has told of the session, so that silence says nothing and positions are old."""
    return session.origin is Origin.WEBHOOK and session.frame_at is None


def may_be_same_person(one: Account, other: Account) -> bool:
    """Whether two accounts of one server may be the same: nothing that both know contradicts.

    A server's owner is number 1 there, and has another number at plex.tv; a webhook may give either.
    """
    if not (one.is_known and other.is_known) or (one.id is not None and one.id == other.id):
        return True
    if one.id is not None and other.id is not None:
        owner, number = (one, other.id) if one.id == OWNER_ID else (other, one.id)
        if owner.id != OWNER_ID:
            return False
        if owner.owner_plex_id is not None:
            return owner.owner_plex_id == number
    mine, theirs = _names_of(one), _names_of(other)
    return not (mine and theirs) or bool(mine & theirs)


def _names_of(account: Account) -> set[str]:
    return {fold(name) for name in (account.name, *account.aliases)} - {""}


def is_echo(ended: Session, notification: Notification, item: str, now: datetime) -> bool:
    """Whether a live frame is an old one of a session that has ended meanwhile (twins, late frames)."""
    is_its = ended.session_key == notification.session_key or (
        is_keyless(ended) and ended.client_id == notification.client_id
    )
    if not is_its or ended.item != item:
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
    offset_ms = notification.offset_ms
    if is_keyless(session):
        return may_be_at(session, offset_ms, now)
    was_silent = now - session.last_seen_at >= REKEY_AFTER or session.misses > 0
    return may_be_at(session, offset_ms, now) if was_silent else _is_near(session, offset_ms, now)


def may_be_at(session: Session, offset_ms: int | None, now: datetime) -> bool:
    """Whether a session that was silent for a while can be at that place by now.

    It can be where it was, where it would be if it had played on, and anywhere between; and it may have
    jumped to any place to which the player cannot have come from the beginning meanwhile. But if it has had
    the time to come to its end, and then to play on from the beginning to there, the player has more likely
    begun anew.
    """
    last_ms, heard_at = session.offset_ms, session.position.at
    if offset_ms is None or last_ms is None or heard_at is None or _is_near(session, offset_ms, now):
        return True
    if must_be_anew(session, offset_ms, now):
        return False
    elapsed_ms = (now - heard_at).total_seconds() * 1000
    has_jumped = offset_ms > elapsed_ms + COARSE_MS
    return has_jumped or last_ms - REWIND_MS <= offset_ms <= last_ms + elapsed_ms + COARSE_MS


def must_be_anew(session: Session, offset_ms: int, now: datetime) -> bool:
    """Whether a silent session has had the time to come to its end, and then to begin anew to that place."""
    last_ms, heard_at = session.offset_ms, session.position.at
    if last_ms is None or heard_at is None or not session.duration_ms or not session.is_playing:
        return False
    elapsed_ms = (now - heard_at).total_seconds() * 1000
    since_its_end_ms = elapsed_ms - (session.duration_ms - last_ms)
    return since_its_end_ms >= 0 and offset_ms <= since_its_end_ms + COARSE_MS


def _is_near(session: Session, offset_ms: int | None, now: datetime) -> bool:
    return offset_ms is not None and session.position.is_near(offset_ms, now, is_playing=session.is_playing)


def _is_on_way(session: Session, row: SessionRow, now: datetime | None) -> bool:
    return now is None or may_be_at(session, row.offset_ms, now)


def last_moment(session: Session, now: datetime) -> datetime:
    """When a session ended that was followed by another without a word."""
    if session.gone_since is not None:
        return session.likely_end
    return now if now - session.last_seen_at < REKEY_AFTER else session.last_seen_at
