"""A server's own play history against what we saw: what is covered, what has to be made good.

Source: design notes, section 7; Plex protocol notes, section 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crosswatch.core.events import Media, PlayId
from crosswatch.core.facts import HistoryRow
from crosswatch.core.filters import fold
from crosswatch.core.plays import Cursor, Play, PlayState
from crosswatch.core.policy import may_be_counted
from crosswatch.core.progress import length_of
from crosswatch.core.reasons import Reason

OVERLAP = timedelta(minutes=10)
"""How far before the newest line that was handled the history is read again; lines come late at times."""

COVER_AFTER = timedelta(minutes=10)
"""How long after it can have reached the end of the item a viewing still explains a line."""

COVER_BEFORE = timedelta(minutes=2)
"""How long before its start, for clocks differ."""

SHORTEST_VIEWING = timedelta(minutes=10)
"""See `soonest_anew`."""

TAIL_GAP = timedelta(hours=36)
"""Within this time what goes on where a counted viewing of the same item stopped is its tail."""

SURELY_COUNTED = 95.0
"""Percent from which no server needs any more of a viewing to count it."""

TWIN = timedelta(minutes=2)
"""Two lines of one account and item within this time are one play (doubles a few seconds apart occur)."""

_WITHDRAWN = (Reason.IGNORED_BY_YOU, Reason.TAKEN_BACK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The server counted a viewing that we saw, but do not hold for watched."""

    play: Play
    row: HistoryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The server counted a viewing that counts already, or what had been left of it."""

    play: Play
    row: HistoryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """The server counted a viewing that we did not see."""

    row: HistoryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What follows from the lines, and up to where they have been handled."""

    findings: tuple[Counted | Confirmed | Missed, ...]
    cursor: Cursor


def read_from(cursor: Cursor, now: datetime) -> datetime:
    """The time from which the history is to be read.

    A cursor from the future, left by a clock that has been set right since, must not blind us until then.
    """
    return min(cursor.viewed_at, now) - OVERLAP


def reconcile(
    rows: Sequence[HistoryRow], plays: Sequence[Play], cursor: Cursor, *, oldest: datetime, now: datetime
) -> Reconciliation:
    """Hold the server's lines against the plays that we know.

    A line of a viewing that still goes on is not handled yet, for nobody knows what will be made of it; it
    holds the cursor back, so that it is read again. A line from the future is one of a server whose clock is
    wrong: all that is known of its moment is that it came since the last reading.

    Args:
        rows: Lines from `read_from(cursor)` on, in any order.
        plays: Plays of that server in that span and somewhat before it.
        cursor: Up to where lines have been handled.
        oldest: Lines before this moment are not made good.
        now: When the lines were read. A line may be dated later, for clocks differ; the cursor never is.
    """
    counted: dict[PlayId, Counted] = {}
    confirmed: dict[PlayId, Confirmed] = {}
    missed: list[HistoryRow] = []
    held: list[HistoryRow] = []
    explained: dict[PlayId, HistoryRow] = {}
    fresh = sorted((r for r in rows if r.history_key not in cursor.keys), key=lambda r: r.viewed_at)
    for row in fresh:
        since = read_from(cursor, now) if row.viewed_at > now + COVER_BEFORE else None
        covering = _explaining(row, plays, explained, since=since)
        explained |= dict.fromkeys((play.id for play in covering), row)
        if any(play.watched_at for play in covering):
            found = (Confirmed(play=play, row=row) for play in covering if _awaits_count(play))
            confirmed = {one.play.id: one for one in found} | confirmed
            continue
        if any(play.state is not PlayState.ENDED for play in covering):
            held += [row] if row.viewed_at >= oldest else []
        elif covering:
            latest = max(covering, key=lambda play: play.started_at)
            if all(may_be_counted(play) for play in covering):
                counted.setdefault(latest.id, Counted(play=latest, row=row))
        elif row.viewed_at >= oldest and is_scrobbled(row) and not any(_is_twin(row, one) for one in missed):
            missed.append(row)
    unseen = (Missed(row=row) for row in missed)
    findings: list[Counted | Confirmed | Missed] = [*counted.values(), *confirmed.values(), *unseen]
    return Reconciliation(findings=tuple(findings), cursor=_advanced(cursor, rows, held, now))


def _explaining(
    row: HistoryRow,
    plays: Sequence[Play],
    explained: dict[PlayId, HistoryRow],
    *,
    since: datetime | None,
) -> list[Play]:
    """The viewings that a line is about; of one without a usable time, one that was heard since then."""
    found = [play for play in plays if covers(play, row) or _may_come_to_cover(play, row)]
    if not found and since is not None:
        found = _one_each([play for play in plays if play.last_seen_at >= since], row, explained)
    if all(play.reason is Reason.DUPLICATE_OF for play in found):  # of none, or only of a tail
        found += _one_each([play for play in plays if _has_rest(play, row)], row, explained)
    return found


def _one_each(plays: Sequence[Play], row: HistoryRow, explained: dict[PlayId, HistoryRow]) -> list[Play]:
    """The viewing that a line is about whose time does not say so; each explains one line and its twins."""
    heard = [play for play in plays if is_about(play, row)]
    twins = [play for play in heard if play.id in explained and _is_twin(explained[play.id], row)]
    free = [play for play in heard if play.id not in explained]
    return twins or sorted(free, key=lambda play: play.started_at)[:1]


def covers(play: Play, row: HistoryRow) -> bool:
    """Whether the line is about this viewing."""
    return is_about(play, row) and (play.history_key == row.history_key or spans(play, row.viewed_at))


def _may_come_to_cover(play: Play, row: HistoryRow) -> bool:
    """Whether the line is about a viewing that goes on, though nothing was heard of it for long.

    Where nobody listened, its player may be anywhere by now; how far it has come is heard in a moment.
    """
    is_open = play.state is not PlayState.ENDED
    return is_open and is_about(play, row) and play.started_at - COVER_BEFORE <= row.viewed_at


def _awaits_count(play: Play) -> bool:
    """Whether a viewing counts, but as far as is known has not come to where its server counts."""
    may_have_rest = play.progress is not None and play.progress < SURELY_COUNTED
    return play.watched_at is not None and may_have_rest and not _is_counted(play)


def may_be_its_rest(play: Play, counted_at: datetime) -> bool:
    """Whether what a server counted at that moment, unseen, was the rest of this viewing.

    Servers go on with an item where it was left, so that one who has left it before it was counted, and of
    whom no more is known than that it was counted later, has far more likely seen the rest than begun anew.
    """
    ended_at = play.ended_at or play.last_seen_at
    return _awaits_count(play) and timedelta(0) <= counted_at - ended_at <= TAIL_GAP


def may_be_line_of(play: Play, row: HistoryRow) -> bool:
    """Whether the line may be about a viewing whose end nobody heard.

    One that was not counted before may have paused unheard. Once there was time to watch all of it anew,
    it is taken to have ended where it was heard of last.
    """
    if covers(play, row):
        return True
    later = row.viewed_at - play.last_seen_at
    is_left = (play.progress or 0.0) < SURELY_COUNTED and not _is_counted(play)
    is_soon = timedelta(0) <= later <= length_of(play.media.duration_ms) + COVER_AFTER
    return is_left and is_soon and is_about(play, row)


def _is_counted(play: Play) -> bool:
    return play.counted_at is not None or bool(play.history_key)


def _has_rest(play: Play, row: HistoryRow) -> bool:
    return play.state is PlayState.ENDED and not is_withdrawn(play) and may_be_its_rest(play, row.viewed_at)


def is_withdrawn(play: Play) -> bool:
    """Whether a viewing does not count any more, because somebody said so."""
    return play.reason in _WITHDRAWN


def is_about(play: Play, row: HistoryRow) -> bool:
    """Whether both are about the same person and item."""
    is_nameless = play.account.id is None and play.account.is_known  # named, but without a number
    return (is_nameless or play.account.id == row.account_id) and is_same_item(play, row)


def spans(play: Play, moment: datetime) -> bool:
    """Whether a server may have counted this viewing at that moment.

    After we heard of it last it may have gone on to the end of the item, and have paused on the way as long
    as another viewing could not have been counted yet. Once its line is known, nothing later is about it but
    a twin of that line.
    """
    latest = max(play.ended_at or play.last_seen_at, play.last_seen_at)
    if play.history_key:
        latest = max(latest, play.watched_at or latest, play.counted_at or latest) + TWIN
    else:
        rest = length_of(play.media.duration_ms) - timedelta(milliseconds=play.offset_ms or 0)
        latest += max(max(rest, timedelta(0)) + COVER_AFTER, soonest_anew(play.media))
    return play.started_at - COVER_BEFORE <= moment <= latest


def soonest_anew(media: Media) -> timedelta:
    """How much passes at least from the end of a viewing to the count of another one of the same item."""
    return length_of(media.duration_ms) / 2 or SHORTEST_VIEWING


def is_same_item(play: Play, row: HistoryRow) -> bool:
    """Whether both are the same item; a line of a deleted item has its titles only."""
    if row.rating_key:
        return row.rating_key == play.media.rating_key
    ours, theirs = play.media, row.media
    same_show = fold(ours.show.title if ours.show else "") == fold(theirs.show.title if theirs.show else "")
    same_place = (ours.season, ours.number) == (theirs.season, theirs.number)
    return ours.kind is theirs.kind and same_show and same_place and fold(ours.title) == fold(theirs.title)


def is_scrobbled(row: HistoryRow) -> bool:
    """Whether the line is about something that sinks want to know."""
    return row.media.kind.is_scrobbled


def _is_twin(row: HistoryRow, other: HistoryRow) -> bool:
    same = (row.account_id, row.rating_key, row.media.label) == (
        other.account_id,
        other.rating_key,
        other.media.label,
    )
    return same and abs(row.viewed_at - other.viewed_at) <= TWIN


def _advanced(
    cursor: Cursor, rows: Sequence[HistoryRow], held: Sequence[HistoryRow], now: datetime
) -> Cursor:
    newest = min(max([cursor.viewed_at, *(row.viewed_at for row in rows)]), now)
    if held:
        newest = min(newest, max(cursor.viewed_at, min(row.viewed_at for row in held)))
    handled = {row.history_key for row in rows if row.viewed_at >= newest - OVERLAP}
    keys = handled - {row.history_key for row in held}
    return Cursor(server=cursor.server, viewed_at=newest, keys=frozenset(keys))
