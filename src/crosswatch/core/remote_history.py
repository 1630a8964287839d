"""Whether a sink's history holds a play already, judged before one is added.

An entry counts as a play of ours if it is about the same item, if its time can belong to the viewing, and
if no other play of ours is nearer to it: a rewatch right after must not be mistaken for its forerunner.
Entries that somebody else made (a phone's check-in, another scrobbler) count as well, for the person has
watched the item once.

Source: Trakt protocol notes, sections 5.7 and 6.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from crosswatch.core.events import Media, MediaKind, Numbering
from crosswatch.core.filters import fold
from crosswatch.core.plays import Delivery, Match, Play
from crosswatch.core.ports import RemotePlay
from crosswatch.core.progress import length_of

MARGIN = timedelta(minutes=2)
"""Clocks differ, and requests take their time."""

AHEAD = timedelta(hours=1)
"""How far a sink's clock may be ahead of ours before an entry of just now is overlooked."""

WINDOW = timedelta(hours=6)
"""How far before the play the history is read; longer items stretch it."""


def span_to_read(plays: Sequence[Play], now: datetime) -> tuple[datetime, datetime]:
    """The span of a sink's history that has to be known before these plays are added."""
    return min(_earliest(play) for play in plays) - WINDOW, now + AHEAD


def find_remote(
    play: Play,
    delivery: Delivery,
    remote: Sequence[RemotePlay],
    others: Sequence[tuple[Play, Delivery]],
    *,
    match: Match | None,
    now: datetime,
) -> RemotePlay | None:
    """The entry that stands for this play, or None if the sink does not hold it.

    Args:
        play: A finished play.
        delivery: Its delivery to the account whose history this is.
        remote: The history, `span_to_read` long.
        others: Finished plays of the same account in that span, with their deliveries.
        match: What the sink calls the item, if known.
        now: The moment of the reading.
    """
    at = delivery.desired.at
    earliest = _earliest(play) - MARGIN
    latest = now + AHEAD if delivery.unknown_since else at + max(_length(play), timedelta(minutes=10))
    rivals = [
        (other, its)
        for other, its in others
        if other.id != play.id and other.watched_at and _is_same_item(other, play)
    ]
    taken = {its.remote_id for _, its in rivals if its.remote_id}
    fitting = [
        entry
        for entry in remote
        if earliest <= entry.watched_at <= latest
        and entry.remote_id not in taken
        and names_item(entry.media, play.media, match)
        and not any(_is_nearer(other, entry, at) for other, _ in rivals)
    ]
    return min(fitting, key=lambda entry: abs(entry.watched_at - at), default=None)


def names_item(theirs: Media, ours: Media, match: Match | None) -> bool:
    """Whether the sink's description is about this item."""
    if theirs.kind is not ours.kind:
        return False
    ids_agree = theirs.ids.agrees_with(ours.ids)
    if match is not None and match.ids:
        known = theirs.ids.agrees_with(match.ids)
        ids_agree = known if known is not None else ids_agree
    if ours.kind is MediaKind.MOVIE:
        return ids_agree if ids_agree is not None else _same_title(theirs, ours)
    return bool(ids_agree) or _same_place(theirs, ours, match)


def _same_place(theirs: Media, ours: Media, match: Match | None) -> bool:
    """Whether both are the same season and number of the same show."""
    season, number = ours.season, ours.number
    if match is not None and match.season is not None:
        season, number = match.season, match.number
    elif ours.numbering is not Numbering.AIRED:
        return False
    if season is None or theirs.show is None or (theirs.season, theirs.number) != (season, number):
        return False
    known = theirs.show.ids.agrees_with(match.show_ids) if match is not None else None
    if known is not None or ours.show is None:
        return bool(known)
    agree = theirs.show.ids.agrees_with(ours.show.ids)
    return agree if agree is not None else fold(theirs.show.title) == fold(ours.show.title)


def _same_title(theirs: Media, ours: Media) -> bool:
    """Whether the titles agree, and the years do not say that it is a remake."""
    are_near = theirs.year is None or ours.year is None or abs(theirs.year - ours.year) <= 1
    return fold(theirs.title) == fold(ours.title) and are_near


def _is_same_item(one: Play, other: Play) -> bool:
    """Whether both are of one item; keys say so on one server only."""
    key = one.media.rating_key
    if key and (one.server, key) == (other.server, other.media.rating_key):
        return True
    return names_item(one.media, other.media, None)


def _is_nearer(other: Play, entry: RemotePlay, at: datetime) -> bool:
    return other.watched_at is not None and abs(entry.watched_at - other.watched_at) < abs(
        entry.watched_at - at
    )


def _length(play: Play) -> timedelta:
    return length_of(play.media.duration_ms)


def _earliest(play: Play) -> datetime:
    end = play.watched_at or play.ended_at or play.last_seen_at
    return min(play.started_at, end - _length(play))
