"""A server's own play history against what we saw: what is covered, what has to be made good.

Source: design notes, section 7; Plex protocol notes, section 11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crosswatch.core.events import MediaKind
from crosswatch.core.facts import HistoryRow
from crosswatch.core.filters import fold
from crosswatch.core.plays import Cursor, Play, PlayState

OVERLAP = timedelta(minutes=10)
"""How far before the newest line that was handled the history is read again; lines come late at times."""

COVER_AFTER = timedelta(minutes=10)
"""How long after its end (by the clock or by its length) a viewing still explains a line."""

COVER_BEFORE = timedelta(minutes=2)
"""How long before its start, for clocks differ."""

TWIN = timedelta(minutes=2)
"""Two lines of one account and item within this time are one play (doubles a few seconds apart occur)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The server counted a viewing that we saw, but do not hold for watched."""

    play: Play
    row: HistoryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """The server counted a viewing that we did not see."""

    row: HistoryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What follows from the lines, and up to where they have been handled."""

    findings: tuple[Counted | Missed, ...]
    cursor: Cursor


def read_from(cursor: Cursor) -> datetime:
    """The time from which the history is to be read."""
    return cursor.viewed_at - OVERLAP


def reconcile(
    rows: Sequence[HistoryRow], plays: Sequence[Play], cursor: Cursor, *, oldest: datetime
) -> Reconciliation:
    """Hold the server's lines against the plays that we know.

    Args:
        rows: Lines from `read_from(cursor)` on, in any order.
        plays: Plays of that server in that span and somewhat before it.
        cursor: Up to where lines have been handled.
        oldest: Lines before this moment are not made good.
    """
    findings: list[Counted | Missed] = []
    fresh = sorted((r for r in rows if r.history_key not in cursor.keys), key=lambda r: r.viewed_at)
    made: list[HistoryRow] = []
    for row in fresh:
        covering = [play for play in plays if covers(play, row)]
        if covering:
            if not any(play.watched_at or play.state is not PlayState.ENDED for play in covering):
                latest = max(covering, key=lambda play: play.started_at)
                findings.append(Counted(play=latest, row=row))
        elif row.viewed_at >= oldest and is_scrobbled(row) and not any(_is_twin(row, one) for one in made):
            findings.append(Missed(row=row))
            made.append(row)
    return Reconciliation(findings=tuple(findings), cursor=_advanced(cursor, rows))


def covers(play: Play, row: HistoryRow) -> bool:
    """Whether the line is about this viewing."""
    if play.account.id != row.account_id or not is_same_item(play, row):
        return False
    if play.history_key and play.history_key == row.history_key:
        return True
    length = timedelta(milliseconds=play.media.duration_ms or 0)
    end = max(play.ended_at or play.last_seen_at, play.started_at + length)
    return play.started_at - COVER_BEFORE <= row.viewed_at <= end + COVER_AFTER


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
    return row.media.kind in (MediaKind.MOVIE, MediaKind.EPISODE)


def _is_twin(row: HistoryRow, other: HistoryRow) -> bool:
    same = (row.account_id, row.rating_key, row.media.label) == (
        other.account_id,
        other.rating_key,
        other.media.label,
    )
    return same and abs(row.viewed_at - other.viewed_at) <= TWIN


def _advanced(cursor: Cursor, rows: Sequence[HistoryRow]) -> Cursor:
    newest = max([cursor.viewed_at, *(row.viewed_at for row in rows)])
    kept = {row.history_key for row in rows if row.viewed_at >= newest - OVERLAP}
    return Cursor(server=cursor.server, viewed_at=newest, keys=frozenset(kept))
