"""Find the one item at Trakt that a server's item is, or say why not; pure.

A generator yields requests and is sent replies. The ladder: by the item's own ids, by the show's ids with
season and number, by exact and then broad title search. Each hit is held against what is known (`compare`)
before it is used. A hit that fits no better than another is not chosen, and where too little is known to
tell a remake from its forerunner, nothing is.

Source: design notes, section 6; Trakt protocol notes, section 7.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.outcomes import Hold, Refused, Retry
from crosswatch.core.phrases import say, together
from crosswatch.core.reasons import Reason
from crosswatch.providers.scrobble.trakt.answers import Answer, Reply, Request
from crosswatch.providers.scrobble.trakt.classify import CallKind, classify
from crosswatch.providers.scrobble.trakt.compare import (
    bare_title,
    is_generic,
    near_year,
    same_item,
    same_place,
    same_show,
    same_title,
    year_in_title,
)
from crosswatch.providers.scrobble.trakt.items import (
    parse_episode,
    parse_item,
    parse_number,
    parse_show,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from crosswatch.core.ids import Ids

Found = Media | Refused | Retry | Hold
"""The item with Trakt's number; or that there is none, or not one; or why Trakt could not be asked."""

MOST_CANDIDATES = 5
"""Titles that more items share than this are not looked into one by one."""

PAGE_SIZE = 100

LENGTH_TOLERANCE = 0.3
"""Runtimes count advertisements, or another cut."""

LENGTH_TOLERANCE_MIN = 10.0

_KINDS = {"movie": MediaKind.MOVIE, "episode": MediaKind.EPISODE, "show": MediaKind.UNKNOWN}
"""What a hit of each search type is parsed to; a show is no item of its own."""

_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:/\\])')


_COUNTED = {
    Numbering.DVD: say("Its numbers are in DVD order, which Trakt does not know."),
    Numbering.ABSOLUTE: say("Its number counts through all seasons."),
    Numbering.ANIDB: say("Its numbers are AniDB's, which Trakt does not know."),
    Numbering.UNKNOWN: say("Nobody knows what its numbers count, so they were not sent."),
}


class _StopError(Exception):
    """Trakt could not be asked; carries the outcome to the top of the ladder."""

    def __init__(self, outcome: Retry | Hold) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


def find(media: Media) -> Generator[Request, Reply, Found]:
    """Walk the ladder for a movie or an episode.

    Returns:
        The item as Trakt names it, always with Trakt's own number; or `Refused` with `NO_MATCH` or
        `AMBIGUOUS_MATCH` and a detail for people; or why the search could not be finished.
    """
    try:
        if media.kind is MediaKind.MOVIE:
            hits = yield from _find_movie(media)
        else:
            hits = yield from _find_episode(media)
    except _StopError as stop:
        return stop.outcome
    distinct = {hit.ids.trakt: hit for hit in hits if hit.ids.trakt is not None}
    if not distinct:
        return Refused(reason=Reason.NO_MATCH, detail=_tried(media))
    if len(distinct) > 1:
        names = ", ".join(sorted(_described(hit) for hit in distinct.values())[:MOST_CANDIDATES])
        return Refused(reason=Reason.AMBIGUOUS_MATCH, detail=say("Candidates: {names}.", names=names))
    return next(iter(distinct.values()))


def escape_query(text: str) -> str:
    """The text for a broad search, in which some characters are commands.

    Source: Trakt protocol notes, section 7.
    """
    return _SPECIAL.sub(r"\\\1", text)


# ---------------------------------------------------------------------------------- movies


def _find_movie(media: Media) -> Generator[Request, Reply, list[Media]]:
    for name, value in _named(media.ids, ("trakt", "imdb", "tmdb")):  # Trakt does not know movies by tvdb
        hits = yield from _search_id("movie", name, value)
        good = [hit for hit in hits if _has_id(hit.ids, name, value) and same_item(media, hit)]
        if good:
            return good
    hits = yield from _search_titles("movie", media.title, _year_of(media))
    likely = [hit for hit in hits if _may_be_movie(media, hit)]
    return (yield from _of_fitting_length(media, likely))


def _may_be_movie(media: Media, hit: Media) -> bool:
    """Whether a title hit fits so far; where a year is unknown the length has to confirm it."""
    by_ids = media.ids.agrees_with(hit.ids)
    if by_ids is not None:
        return by_ids
    return same_title(media.title, hit.title) and near_year(_year_of(media), hit.year) is not False


def _year_of(movie: Media) -> int | None:
    """The year of the movie; a line of a play history has its day of release only."""
    return movie.year or (movie.aired_on.year if movie.aired_on else None)


def _of_fitting_length(media: Media, likely: Sequence[Media]) -> Generator[Request, Reply, list[Media]]:
    if len(likely) > MOST_CANDIDATES:
        return list(likely)
    good = []
    for hit in likely:
        fits = None
        if media.duration_ms:
            page = yield from _fetch(f"/movies/{hit.ids.trakt}", ("extended", "full"))
            fits = _fits_length(media, page)
        is_sure = bool(media.ids.agrees_with(hit.ids)) or near_year(_year_of(media), hit.year) is not None
        if fits or (fits is None and is_sure):
            good.append(hit)
    return good


def _fits_length(media: Media, page: Any) -> bool | None:
    """Whether the runtime on the item's page is about the length that the server knows."""
    runtime = page.get("runtime") if isinstance(page, dict) else None
    if not isinstance(runtime, int | float) or runtime <= 0 or not media.duration_ms:
        return None
    apart = abs(media.duration_ms / 60_000 - runtime)
    return apart <= max(LENGTH_TOLERANCE_MIN, LENGTH_TOLERANCE * runtime)


# ---------------------------------------------------------------------------------- episodes


def _find_episode(media: Media) -> Generator[Request, Reply, list[Media]]:
    for name, value in _named(media.ids, ("trakt", "tvdb", "imdb", "tmdb")):
        hits = yield from _search_id("episode", name, value)
        good = [hit for hit in hits if _has_id(hit.ids, name, value) and same_item(media, hit)]
        if good:
            return good
    shows: list[Show] = []
    if media.show is not None:
        shows = yield from _find_shows(media.show)
    numbered = yield from _find_by_number(media, shows)
    numbered = numbered or (yield from _find_by_count(media, shows))
    return numbered or (yield from _find_by_title(media, shows))


def _find_shows(show: Show) -> Generator[Request, Reply, list[Show]]:
    """Shows that may be the one: by id for certain, else by title; a year that is unknown leaves doubt."""
    for name, value in _named(show.ids, ("trakt", "tmdb", "tvdb", "imdb")):
        found = yield from _search_id("show", name, value)
        shows = [_as_show(hit) for hit in found if _has_id(hit.ids, name, value)]
        if shows:
            return shows
    year = show.year or year_in_title(show.title)
    found = yield from _search_titles("show", bare_title(show.title), year)
    return [hit for hit in map(_as_show, found) if _may_be_show(show, hit)]


def _may_be_show(show: Show, hit: Show) -> bool:
    verdict = same_show(show, hit)
    return verdict if verdict is not None else same_title(show.title, hit.title)


def _find_by_number(media: Media, shows: Sequence[Show]) -> Generator[Request, Reply, list[Media]]:
    if media.numbering is not Numbering.AIRED or media.season is None or media.number is None:
        return []
    titled: list[Media] = []
    plain: list[Media] = []
    for show in shows[: MOST_CANDIDATES + 1]:
        path = f"/shows/{show.ids.trakt}/seasons/{media.season}/episodes/{media.number}"
        page = yield from _fetch(path, ("extended", "full"))
        hit = parse_episode(page, show)
        if hit is None or hit.ids.trakt is None or not same_place(media, hit):
            continue
        if _is_good_by_title(media, hit, page):
            titled.append(hit)
        elif _is_good_without_title(media, hit, page):
            plain.append(hit)
    return titled or plain


def _is_good_by_title(media: Media, hit: Media, page: Any) -> bool:
    """Whether the title confirms show, season and number.

    A show of unknown year needs the length or the day of its airing as well: of an item that was deleted, a
    server knows no more than titles, numbers and the day.
    """
    if is_generic(media.title) or not same_title(media.title, hit.title):
        return False
    return bool(same_show(media.show, hit.show) or _fits_length(media, page) or _fits_day(media, page))


def _fits_day(media: Media, page: Any) -> bool:
    """Whether the episode was aired on the day that the server knows, in whatever part of the world."""
    text = page.get("first_aired") if isinstance(page, dict) else None
    try:
        aired_on = date.fromisoformat(text[:10]) if isinstance(text, str) else None
    except ValueError:
        return False
    if aired_on is None or media.aired_on is None:
        return False
    return abs((aired_on - media.aired_on).days) <= 1


def _is_good_without_title(media: Media, hit: Media, page: Any) -> bool:
    """Whether show, season and number are enough; titles differ with the language of a library."""
    if media.ids.agrees_with(hit.ids) is False or not same_show(media.show, hit.show):
        return False
    has_show_id = media.show is not None and hit.show is not None and media.show.ids.agrees_with(hit.show.ids)
    return bool(has_show_id) or _fits_length(media, page) is not False


def _find_by_count(media: Media, shows: Sequence[Show]) -> Generator[Request, Reply, list[Media]]:
    """The episode that comes so far in a show whose episodes are counted through all seasons.

    Only a show that is known by an id will do. Where the seasons lead is a guess until the episode there is
    found to be counted so by Trakt as well, to have the title, or to have aired on the same day.
    """
    if media.numbering is not Numbering.ABSOLUTE or media.number is None or media.season == 0:
        return []
    good = []
    for show in shows:
        if media.show is None or not media.show.ids.agrees_with(show.ids):
            continue
        seasons = yield from _fetch(f"/shows/{show.ids.trakt}/seasons", ("extended", "full"))
        place = place_of_count(seasons, media.number)
        if place is None:
            continue
        path = f"/shows/{show.ids.trakt}/seasons/{place[0]}/episodes/{place[1]}"
        page = yield from _fetch(path, ("extended", "full"))
        hit = parse_episode(page, show)
        if hit is not None and hit.ids.trakt is not None and _is_good_by_count(media, hit, page):
            good.append(hit)
    return good


def place_of_count(seasons: Any, count: int) -> tuple[int, int] | None:
    """Season and number of what is counted through all seasons but the specials; None if there is none."""
    listed = [one for one in seasons if isinstance(one, dict)] if isinstance(seasons, list) else []
    lengths = {parse_number(one.get("number")): parse_number(one.get("episode_count")) for one in listed}
    for season, length in sorted((s, n) for s, n in lengths.items() if s is not None and n is not None):
        if count <= length:
            return season, count
        count -= length
    return None


def _is_good_by_count(media: Media, hit: Media, page: Any) -> bool:
    """Whether what is at that place is the one; Trakt's own count is not heard where days contradict it."""
    is_titled = not is_generic(media.title) and same_title(media.title, hit.title)
    if is_titled or _fits_day(media, page):
        return True
    is_dated = media.aired_on is not None and page.get("first_aired") is not None
    is_counted_so: bool = page.get("number_abs") == media.number
    return is_counted_so and not is_dated and media.ids.agrees_with(hit.ids) is not False


def _find_by_title(media: Media, shows: Sequence[Show]) -> Generator[Request, Reply, list[Media]]:
    """Episodes of that very title in that very show: the way where numbers count another order."""
    if is_generic(media.title):
        return []
    hits = yield from _search("/search/episode", query=escape_query(media.title), fields="title")
    known = {show.ids.trakt for show in shows if same_show(media.show, show)}
    return [
        hit
        for hit in hits
        if hit.show is not None
        and (hit.show.ids.trakt in known or same_show(media.show, hit.show))
        and same_title(media.title, hit.title)
        and media.ids.agrees_with(hit.ids) is not False
    ]


# ---------------------------------------------------------------------------------- requests


def _search_id(kind: str, name: str, value: int | str) -> Generator[Request, Reply, list[Media]]:
    """Hits of that kind; without the type, one number would find items of several kinds."""
    return (yield from _search(f"/search/{name}/{quote(str(value), safe='')}", kind=kind, type=kind))


def _search_titles(kind: str, title: str, year: int | None) -> Generator[Request, Reply, list[Media]]:
    """Hits of the exact and of the broad search together; the former knows no escaping."""
    if not title.strip():
        return []
    exact = yield from _search(f"/search/{kind}/exact", kind=kind, query=title)
    years = {"years": f"{year - 1}-{year + 1}"} if year else {}
    broad = yield from _search(
        f"/search/{kind}", kind=kind, query=escape_query(title), fields="title", **years
    )
    return list({hit.ids.trakt: hit for hit in (*exact, *broad)}.values())


def _search(path: str, *, kind: str = "episode", **query: str) -> Generator[Request, Reply, list[Media]]:
    raw = yield from _fetch(path, *query.items(), ("limit", PAGE_SIZE))
    parse: Callable[[Any], Media | None] = _parse_show_hit if kind == "show" else parse_item
    hits = [parse(one) for one in raw] if isinstance(raw, list) else []
    return [hit for hit in hits if hit is not None and hit.ids.trakt is not None and hit.kind is _KINDS[kind]]


def _fetch(path: str, *query: tuple[str, str | int]) -> Generator[Request, Reply, Any]:
    """The decoded answer, or None where Trakt has nothing under that address, or takes no such question.

    Raises:
        _StopError: If Trakt could not be asked.
    """
    reply = yield Request(method="GET", path=path, query=query)
    outcome = classify(CallKind.READ, reply)
    if isinstance(outcome, Retry | Hold):
        raise _StopError(outcome)
    return reply.json if isinstance(reply, Answer) and reply.is_success else None


def _parse_show_hit(raw: Any) -> Media | None:
    """A show among search hits, in the shape of an item until the search is over."""
    if not isinstance(raw, dict) or raw.get("type", "show") != "show":
        return None
    show = parse_show(raw.get("show"))
    return Media(kind=MediaKind.UNKNOWN, title=show.title, year=show.year, ids=show.ids) if show else None


def _as_show(hit: Media) -> Show:
    return Show(title=hit.title, year=hit.year, ids=hit.ids)


def _named(ids: Ids, order: Sequence[str]) -> list[tuple[str, int | str]]:
    named = ids.as_dict()
    return [(name, named[name]) for name in order if name in named]


def _has_id(ids: Ids, name: str, value: int | str) -> bool:
    """Whether the very id that was asked for is in the hit."""
    return ids.as_dict().get(name) == value


def _tried(media: Media) -> str:
    own, shows = _numbers(media.ids), _numbers(media.show.ids) if media.show else ""
    ways = [
        say("its ids ({ids})", ids=own) if own else "",
        say("its show's ids ({ids})", ids=shows) if shows else "",
        say("the title"),
    ]
    tried = say("Tried {ways}.", ways=together(ways, ", "))
    counted = _COUNTED.get(media.numbering, "") if media.kind is MediaKind.EPISODE else ""
    return together([tried, counted])


def _numbers(ids: Ids) -> str:
    return ", ".join(f"{name} {value}" for name, value in ids.as_dict().items())


def _described(hit: Media) -> str:
    return f"{hit.label} (trakt {hit.ids.trakt})"
