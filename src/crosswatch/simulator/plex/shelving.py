"""Builds the sample library out of the titles and their places."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING

from crosswatch.simulator.plex.items import Item, MediaFile
from crosswatch.simulator.plex.library import Library, media_of, plex_guid
from crosswatch.simulator.plex.oddments import only_in_plex
from crosswatch.simulator.plex.stock import (
    MOVIE_PLACES,
    MOVIES,
    SECTIONS,
    SHOW_PLACES,
    EpisodePlace,
    MoviePlace,
    ShowPlace,
)
from crosswatch.simulator.titles import MOVIES as MOVIE_TITLES
from crosswatch.simulator.titles import SHOWS as SHOW_TITLES
from crosswatch.simulator.titles import EpisodeTitle, MovieTitle, ShowTitle, movie_title, show_title

if TYPE_CHECKING:
    from collections.abc import Iterator

MS_PER_MINUTE = 60_000
DISC_SHIFT = 4
"""How many episodes of each later season are on the discs of the one before."""


def default_library() -> Library:
    """A fresh library with every title, every form of guid and every kind of item."""
    library = Library(SECTIONS)
    for item in only_in_plex():
        library.add(item)
    for place in (*MOVIE_PLACES, *_plain_movies()):
        library.add(_movie(library, place))
    for show_place in (*SHOW_PLACES, *_plain_shows()):
        _add_show(library, show_place)
    return library


def _plain_movies() -> Iterator[MoviePlace]:
    placed = {place.key for place in MOVIE_PLACES}
    return (MoviePlace(key=movie.key) for movie in MOVIE_TITLES if movie.key not in placed)


def _plain_shows() -> Iterator[ShowPlace]:
    placed = {place.key for place in SHOW_PLACES}
    return (ShowPlace(key=show.key) for show in SHOW_TITLES if show.key not in placed)


def _movie(library: Library, place: MoviePlace) -> Item:
    title = movie_title(place.key)
    rating_key = str(place.rating_key or library.free_key())
    guid = (place.guid or plex_guid("movie", rating_key)).format(imdb=title.imdb, tmdb=title.tmdb)
    legacy = not guid.startswith("plex://")
    guids = _external_ids(title) if place.guids is None and not legacy else place.guids
    slug = {} if legacy else {"slug": title.key}
    return Item(
        rating_key=rating_key,
        kind="movie",
        title=title.title,
        guid=guid,
        guids=guids,
        section=MOVIES,
        length_ms=place.length_ms or title.runtime_min * MS_PER_MINUTE,
        year=title.year,
        day=title.released or date(title.year, 1, 1),
        media=_movie_file(rating_key, place.parts),
        missing=place.missing,
        extra=slug | place.extra,
    )


def _movie_file(rating_key: str, parts: int) -> MediaFile:
    whole = media_of(rating_key, MOVIES)
    if parts == 1:
        return whole
    stem = whole.files[0].removesuffix(".mkv")
    return MediaFile(number=whole.number, files=tuple(f"{stem} - pt{n + 1}.mkv" for n in range(parts)))


def _add_show(library: Library, place: ShowPlace) -> None:
    title = show_title(place.key)
    show = library.add(_show(library, place, title))
    seasons: dict[int, Item] = {}
    shared: dict[tuple[int, int], MediaFile] = {}
    for (season, number), episode in _numbered(place, title):
        if season not in seasons:
            seasons[season] = library.add(_season(library, place, show, season))
        item = _episode(library, place, seasons[season], number, episode)
        item.media = _shared_file(title, episode, item, shared)
        library.add(item)


def _show(library: Library, place: ShowPlace, title: ShowTitle) -> Item:
    rating_key = str(place.rating_key or library.free_key())
    legacy = place.stem is not None or place.episode_guid is not None
    return Item(
        rating_key=rating_key,
        kind="show",
        title=title.title,
        guid=place.guid or _numbered_guid(place, title) or plex_guid("show", rating_key),
        guids=None if legacy else _external_ids(title),
        section=place.section,
        length_ms=title.runtime_min * MS_PER_MINUTE,
        year=title.year,
        day=title.premiered,
        index=1,
        extra={} if legacy else {"slug": title.key},
    )


def _season(library: Library, place: ShowPlace, show: Item, season: int) -> Item:
    rating_key = str(place.season_keys.get(season) or library.free_key())
    numbered = _numbered_guid(place, show_title(place.key), season)
    return Item(
        rating_key=rating_key,
        kind="season",
        title=f"Season {season}" if season else "Specials",
        guid=place.season_guids.get(season) or numbered or plex_guid("season", rating_key),
        section=place.section,
        index=season,
        parent=show,
    )


def _episode(library: Library, place: ShowPlace, season: Item, number: int, episode: EpisodeTitle) -> Item:
    aired = (episode.season, episode.number)
    special = place.episodes.get(aired)
    rating_key = str(special.rating_key if special else library.free_key())
    special = special or EpisodePlace(rating_key=int(rating_key))
    numbered = _numbered_guid(place, show_title(place.key), season.index or 0, number)
    legacy = numbered is not None or place.episode_guid is not None
    if place.episode_guid is not None:
        numbered = place.episode_guid.format(tvdb=episode.tvdb)
    return Item(
        rating_key=rating_key,
        kind="episode",
        title=episode.title,
        guid=special.guid or numbered or plex_guid("episode", rating_key),
        guids=None if legacy else _external_ids(episode),
        section=place.section,
        length_ms=special.length_ms or episode.runtime_min * MS_PER_MINUTE,
        year=episode.aired.year,
        day=episode.aired,
        index=number,
        season_index=season.index,
        parent=season,
        media=media_of(rating_key, place.section),
        markers=special.markers,
        aired=None if place.order == "aired" else aired,
        missing=special.missing,
        extra=place.extra | special.extra,
    )


def _shared_file(
    title: ShowTitle, episode: EpisodeTitle, item: Item, shared: dict[tuple[int, int], MediaFile]
) -> MediaFile | None:
    """The episode's file; those that lie in one file have the same, and its whole length."""
    position = (episode.season, episode.number)
    group = next((group for group in title.shared_files if position in group), None)
    if group is None:
        return item.media
    if group[0] not in shared and item.media is not None:
        first, last = group[0], group[-1]
        name = f"{title.title} - S{first[0]:02d}E{first[1]:02d}-E{last[1]:02d}"
        folder = f"/media/TV Shows/{title.title}/Season {first[0]:02d}"
        shared[group[0]] = MediaFile(number=item.media.number, files=(f"{folder}/{name}.mkv",))
    item.length_ms = len(group) * episode.runtime_min * MS_PER_MINUTE
    return shared[group[0]]


def _numbered(place: ShowPlace, title: ShowTitle) -> list[tuple[tuple[int, int], EpisodeTitle]]:
    """The episodes with the season and number that this library gives them."""
    episodes = [e for e in title.episodes() if place.only is None or e.season in place.only]
    match place.order:
        case "absolute":
            return [((1, e.number_abs or 0), e) for e in episodes if e.number_abs]
        case "dvd":
            return _as_on_discs(episodes)
        case _:
            return [((e.season, e.number), e) for e in episodes]


def _as_on_discs(episodes: list[EpisodeTitle]) -> list[tuple[tuple[int, int], EpisodeTitle]]:
    counters: dict[int, itertools.count[int]] = {}
    numbered = []
    for episode in episodes:
        early = episode.season > 1 and episode.number <= DISC_SHIFT
        season = episode.season - 1 if early else episode.season
        numbered.append(((season, next(counters.setdefault(season, itertools.count(1)))), episode))
    return numbered


def _numbered_guid(place: ShowPlace, title: ShowTitle, *numbers: int) -> str | None:
    """Guid of a legacy agent for the show, a season or an episode; None for Plex's own agent."""
    if place.stem is None:
        return None
    stem = place.stem.format(tvdb=title.tvdb, tmdb=title.tmdb, imdb=title.imdb)
    return "/".join([stem, *map(str, numbers)]) + place.suffix


def _external_ids(title: MovieTitle | ShowTitle | EpisodeTitle) -> tuple[str, ...]:
    found = (("imdb", title.imdb), ("tmdb", title.tmdb), ("tvdb", title.tvdb))
    return tuple(f"{kind}://{value}" for kind, value in found if value is not None)
