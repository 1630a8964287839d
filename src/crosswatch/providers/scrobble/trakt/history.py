"""Trakt's history: bodies to add and remove plays, and what its answers say; pure.

Bodies name items by ids alone. The answer does not say what an item was taken for, so a title must not be
given a chance to be taken for another.

Source: Trakt protocol notes, sections 6.1 and 6.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from crosswatch.core.events import MediaKind
from crosswatch.core.ports import RemotePlay
from crosswatch.providers.scrobble.trakt.answers import Answer, Reply, Request
from crosswatch.providers.scrobble.trakt.items import (
    parse_ids,
    parse_item,
    parse_moment,
    parse_number,
    write_moment,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crosswatch.core.ids import Ids
    from crosswatch.providers.scrobble.trakt.bodies import Address

PAGE_SIZE = 100

END_PADDING = timedelta(days=1)
"""Added to the end of a span that is read: the contract knows days only, and a day may mean its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One play to be added."""

    address: Address
    watched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What came of adding plays, by their places in the request.

    Attributes:
        done: Trakt holds them now.
        unknown: Trakt does not know the items.
        unsure: Trakt counts fewer than it should and does not say which are missing.
    """

    done: frozenset[int]
    unknown: frozenset[int]
    unsure: frozenset[int]


def add_request(entries: Sequence[Entry]) -> Request:
    """The request that adds these plays, several of one episode too; never a show or season as a whole."""
    movies: list[dict[str, Any]] = []
    episodes: list[dict[str, Any]] = []
    shows: dict[Ids, dict[int, list[dict[str, Any]]]] = {}
    for entry in entries:
        address, watched_at = entry.address, write_moment(entry.watched_at)
        if address.season is not None and address.number is not None:
            season = shows.setdefault(address.ids, {}).setdefault(address.season, [])
            season.append({"number": address.number, "watched_at": watched_at})
        else:
            listed = movies if address.kind is MediaKind.MOVIE else episodes
            listed.append({"watched_at": watched_at, "ids": address.ids.as_dict()})
    body: dict[str, Any] = {"movies": movies, "shows": _shows(shows), "episodes": episodes}
    return Request(
        method="POST", path="/sync/history", body={name: many for name, many in body.items() if many}
    )


def _shows(shows: dict[Ids, dict[int, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    return [
        {
            "ids": ids.as_dict(),
            "seasons": [{"number": number, "episodes": many} for number, many in seasons.items()],
        }
        for ids, seasons in shows.items()
    ]


def read_added(answer: Any, entries: Sequence[Entry]) -> Added | None:
    """What the answer says about each entry; None if it is not an answer to adding at all.

    Unknown items come back in `not_found` under a success status, more or less as they were sent. Where the
    counts say that something is missing which is not named there, nobody can tell what.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("added"), dict):
        return None
    missing = answer.get("not_found")
    unknown = {index for index, entry in enumerate(entries) if _is_missing(entry.address, missing)}
    unsure: set[int] = set()
    for name, is_movie in (("movies", True), ("episodes", False)):
        expected = {
            index
            for index, entry in enumerate(entries)
            if (entry.address.kind is MediaKind.MOVIE) is is_movie and index not in unknown
        }
        held = _counted(answer, "added", name) + _counted(answer, "updated", name)
        if held == 0:
            unknown |= expected
        elif held < len(expected):
            unsure |= expected
    done = set(range(len(entries))) - unknown - unsure
    return Added(done=frozenset(done), unknown=frozenset(unknown), unsure=frozenset(unsure))


def _counted(answer: dict[str, Any], verb: str, name: str) -> int:
    counts = answer.get(verb)
    count = counts.get(name) if isinstance(counts, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else 0


def _is_missing(address: Address, missing: Any) -> bool:
    if address.kind is MediaKind.MOVIE:
        return any(_names(one, address) for one in _listed(missing, "movies"))
    if not address.is_numbered:
        return any(_names(one, address) for one in _listed(missing, "episodes"))
    return any(_names(one, address) and _lacks(one, address) for one in _listed(missing, "shows"))


def _names(named: Any, address: Address) -> bool:
    return isinstance(named, dict) and bool(parse_ids(named.get("ids")).agrees_with(address.ids))


def _lacks(show: dict[str, Any], address: Address) -> bool:
    """Whether a show that was not found, or not wholly, means this episode."""
    if not show.get("seasons"):
        return True
    seasons = [one for one in _listed(show, "seasons") if one.get("number") == address.season]
    return any(
        not season.get("episodes")
        or any(one.get("number") == address.number for one in _listed(season, "episodes"))
        for season in seasons
    )


def _listed(holder: Any, name: str) -> list[dict[str, Any]]:
    many = holder.get(name) if isinstance(holder, dict) else None
    return [one for one in many if isinstance(one, dict)] if isinstance(many, list) else []


def remove_request(remote_id: int) -> Request:
    """The request that takes one play back; items must not be named, for that removes all their plays."""
    return Request(method="POST", path="/sync/history/remove", body={"ids": [remote_id]})


def read_removed(answer: Any, remote_id: int) -> bool | None:
    """True if the play was removed, False if Trakt did not have it, None if the answer says neither."""
    if not isinstance(answer, dict):
        return None
    missing = answer.get("not_found")
    if isinstance(missing, dict) and remote_id in (missing.get("ids") or []):
        return False
    if _counted(answer, "deleted", "movies") + _counted(answer, "deleted", "episodes") > 0:
        return True
    return None


def is_removed(reply: Reply, remote_id: int) -> bool:
    """Whether the reply says that the history does not hold the play, or not any more."""
    if not isinstance(reply, Answer) or not reply.is_success:
        return False
    return read_removed(reply.json, remote_id) is not None


def page_request(since: datetime, until: datetime, page: int) -> Request:
    """The request for one page of the history, newest first."""
    return Request(
        method="GET",
        path="/sync/history",
        query=(
            ("start_at", write_moment(since)),
            ("end_at", write_moment(until + END_PADDING)),
            ("page", page),
            ("limit", PAGE_SIZE),
        ),
    )


def read_page(answer: Answer) -> tuple[list[RemotePlay], int]:
    """The plays of a page, and how many of its lines made no sense.

    A line without a number, a time or an item is of no use to anybody.
    """
    lines = answer.json if isinstance(answer.json, list) else []
    plays = [play for play in map(_read_line, lines) if play is not None]
    return plays, len(lines) - len(plays)


def is_last_page(answer: Answer, page: int) -> bool:
    """Whether no page follows; without a count, only an empty page is the last."""
    count = answer.headers.get("x-pagination-page-count", "")
    if count.isascii() and count.isdecimal() and len(count) < 10:  # noqa: PLR2004 -- no honest count is longer
        return page >= int(count)
    return not answer.json


def _read_line(line: Any) -> RemotePlay | None:
    media = parse_item(line)
    watched_at = parse_moment(line.get("watched_at")) if isinstance(line, dict) else None
    number = parse_number(line.get("id")) if isinstance(line, dict) else None
    if media is None or watched_at is None or number is None:
        return None
    return RemotePlay(remote_id=number, watched_at=watched_at, media=media)
