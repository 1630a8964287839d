"""Lines of a server's play history that are about files with several episodes.

The server counts one item, the one that it takes to be played, when the player comes to a certain place of
the file. So its line says of each episode before that place that it was played as well, unless the viewing
began behind it. Here such a line becomes one line for each of them, which `core.reconcile` can then hold
against what we saw, as if the server had counted each by itself.

Source: Plex protocol notes, sections 8, 11 and 14, Q31.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crosswatch.core.events import Media, SharedFile
from crosswatch.core.facts import HistoryRow
from crosswatch.core.plays import Play
from crosswatch.core.reconcile import COVER_AFTER, COVER_BEFORE
from crosswatch.core.shared_files import DONE_FROM, episode_at, line_key

LATELY = timedelta(hours=36)
"""An episode that was watched within this time, and whose file is gone on with, was not watched again."""


def shared_file_of(row: HistoryRow, plays: Sequence[Play]) -> SharedFile | None:
    """The file that the line is about, if a play that is known tells that it holds several episodes."""
    files = (play.media.shared_file for play in plays)
    return next((one for one in files if one and row.rating_key and one.played_key == row.rating_key), None)


def lines_of(row: HistoryRow, whole: Media, plays: Sequence[Play], *, counted_at_ms: int) -> list[HistoryRow]:
    """A line for each episode that the server's own line stands for, in order.

    Args:
        row: The server's line.
        whole: The item that it is about, with its file.
        plays: Plays of that server within `LATELY` before the line.
        counted_at_ms: Where in the file the server counts.
    """
    shared = whole.shared_file
    if shared is None:
        return [row]
    ours = [play for play in plays if _is_of(play, shared, row)]
    viewing = _viewing_of(ours, row.viewed_at, shared)
    seen = {place: play for play in viewing if (place := _place_of(play)) is not None}
    earlier = {_place_of(play) for play in ours if play not in viewing and play.watched_at is not None}
    left = {place for place, play in seen.items() if _was_left(play, viewing)}
    lines = []
    for place in range(len(shared.episodes)):
        is_before = place < min(seen) if seen else place in earlier
        if not is_before and place not in left and _is_counted(shared, place, counted_at_ms):
            lines.append(_line(row, whole, place, seen.get(place), counted_at_ms))
    return lines


def _is_of(play: Play, shared: SharedFile, row: HistoryRow) -> bool:
    own = play.media.shared_file
    is_same_file = own is not None and own.played_key == shared.played_key
    is_nameless = play.account.id is None and play.account.is_known
    return is_same_file and (is_nameless or play.account.id == row.account_id)


def _place_of(play: Play) -> int | None:
    return play.media.shared_file.place if play.media.shared_file else None


def _viewing_of(plays: Sequence[Play], moment: datetime, shared: SharedFile) -> list[Play]:
    """The plays of the one session in which the file was counted at that moment."""
    fitting = [play for play in plays if _may_span(play, moment, shared)]
    if not fitting:
        return []
    latest = max(fitting, key=lambda play: play.started_at)
    return [play for play in plays if play.session_key == latest.session_key and _is_near(play, latest)]


def _is_near(play: Play, other: Play) -> bool:
    return abs(play.started_at - other.started_at) <= timedelta(hours=12)


def _was_left(play: Play, viewing: Sequence[Play]) -> bool:
    """Whether we know how the episode ended: by a jump to another one."""
    return play.watched_at is None and any(other.started_at > play.started_at for other in viewing)


def _may_span(play: Play, moment: datetime, shared: SharedFile) -> bool:
    """Whether the session may have gone on to that moment after this episode."""
    begin_ms = shared.begin_ms(_place_of(play) or 0)
    rest = timedelta(milliseconds=shared.length_ms - begin_ms - (play.offset_ms or 0))
    seen_at = max(play.ended_at or play.last_seen_at, play.last_seen_at)
    return play.started_at - COVER_BEFORE <= moment <= seen_at + max(rest, timedelta(0)) + COVER_AFTER


def _is_counted(shared: SharedFile, place: int, counted_at_ms: int) -> bool:
    """Whether the episode was played, as far as the line says: it is the played one, or lies before."""
    episode = shared.episodes[place]
    if episode.rating_key == shared.played_key:
        return True
    length_ms = episode.duration_ms or 0
    played_ms = min(length_ms, counted_at_ms - shared.begin_ms(place))
    return length_ms > 0 and 100.0 * played_ms / length_ms >= DONE_FROM


def _line(row: HistoryRow, whole: Media, place: int, seen: Play | None, counted_at_ms: int) -> HistoryRow:
    media = episode_at(whole, place)
    shared = media.shared_file
    end_ms = 0 if shared is None else shared.begin_ms(place) + (media.duration_ms or 0)
    before = timedelta(milliseconds=max(0, counted_at_ms - end_ms))
    viewed_at = row.viewed_at - before if seen is None else seen.ended_at or seen.last_seen_at
    return replace(
        row,
        history_key=line_key(row.history_key, place),
        rating_key=media.rating_key,
        viewed_at=viewed_at,
        media=media,
    )
