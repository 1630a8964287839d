"""Everything the simulated Trakt knows, findable by number, slug and title.

Trakt protocol notes, section 7: numbers are unique only within a kind, so every look-up names one.
Trakt's own numbers are made up unless they are given; what is in the catalogue from the beginning is
decided in `crosswatch.simulator.trakt.stock`.
"""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from crosswatch.simulator.trakt.items import Episode, Listable, Movie, Season, Show, slugify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from crosswatch.simulator.titles import EpisodeTitle, MovieTitle, ShowTitle

ID_KINDS = ("trakt", "imdb", "tmdb", "tvdb", "slug")
"""Kinds of ids in the order in which Trakt tries them (Trakt protocol notes, section 1)."""

FIRST_INVENTED_TRAKT = 900_001
"""Trakt numbers that nobody gave begin here."""

SEASON_NUMBERS_FROM = 98_000_000
"""Numbers of seasons at TMDB and TheTVDB begin here; nobody else's do."""


def normalised(title: str) -> str:
    """A title as it is compared: case and outer blanks do not count."""
    return " ".join(title.casefold().split())


class Catalogue:
    """Movies and shows, and the indexes over them; empty at first."""

    def __init__(self) -> None:
        self.movies: list[Movie] = []
        self.shows: list[Show] = []
        self.episodes: list[Episode] = []
        self._by_id: dict[tuple[str, str, int | str], Listable] = {}
        self._numbers = itertools.count(FIRST_INVENTED_TRAKT)

    def add_movie(self, title: MovieTitle, *, trakt: int | None = None) -> Movie:
        """A new movie.

        Args:
            title: What is known of it.
            trakt: Trakt's number; None makes one up.

        Raises:
            ValueError: If another movie has one of these numbers.
        """
        movie = Movie(
            trakt=trakt or next(self._numbers),
            slug=self._free_slug("movie", [f"{slugify(title.title)}-{title.year}"]),
            title=title.title,
            year=title.year,
            imdb=title.imdb,
            tmdb=title.tmdb,
            runtime_min=title.runtime_min,
            first_aired=_midnight(title.released or date(title.year, 7, 1)),
            aliases=title.aliases,
        )
        self._index(movie, ("trakt", "imdb", "tmdb", "slug"))
        self.movies.append(movie)
        return movie

    def add_show(
        self,
        title: ShowTitle,
        *,
        trakt: int | None = None,
        episode_numbers: Mapping[tuple[int, int], int] | None = None,
    ) -> Show:
        """A new show with all its episodes.

        Args:
            title: What is known of it.
            trakt: Trakt's number; None makes one up.
            episode_numbers: Trakt's numbers by season and number; the others are made up.

        Raises:
            ValueError: If another show or episode has one of these numbers.
        """
        name = title.trakt_title or title.title
        episodes = title.episodes()
        show = Show(
            trakt=trakt or next(self._numbers),
            slug=self._free_slug("show", [slugify(name), f"{slugify(name)}-{title.year}"]),
            title=name,
            year=title.year,
            imdb=title.imdb,
            tmdb=title.tmdb,
            tvdb=title.tvdb,
            runtime_min=title.runtime_min,
            first_aired=_midnight(title.premiered or date(title.year, 1, 1)),
            aliases=title.aliases,
        )
        self._index(show, ID_KINDS)
        self.shows.append(show)
        for episode in episodes:
            number = (episode_numbers or {}).get((episode.season, episode.number))
            self._add_episode(show, episode, number)
        return show

    def movie(self, id_kind: str, value: int | str) -> Movie | None:
        """The movie with this number or slug, or None."""
        found = self._by_id.get(("movie", id_kind, value))
        return found if isinstance(found, Movie) else None

    def show(self, id_kind: str, value: int | str) -> Show | None:
        """The show with this number or slug, or None."""
        found = self._by_id.get(("show", id_kind, value))
        return found if isinstance(found, Show) else None

    def season(self, id_kind: str, value: int | str) -> Season | None:
        """The season with this number, or None."""
        found = self._by_id.get(("season", id_kind, value))
        return found if isinstance(found, Season) else None

    def episode(self, id_kind: str, value: int | str) -> Episode | None:
        """The episode with this number, or None."""
        found = self._by_id.get(("episode", id_kind, value))
        return found if isinstance(found, Episode) else None

    def movies_titled(self, title: str) -> list[Movie]:
        """Movies of exactly this title, the most recent first."""
        wanted = normalised(title)
        return sorted((m for m in self.movies if normalised(m.title) == wanted), key=lambda m: -m.year)

    def shows_titled(self, title: str) -> list[Show]:
        """Shows of exactly this title, the most recent first."""
        wanted = normalised(title)
        return sorted((s for s in self.shows if normalised(s.title) == wanted), key=lambda s: -s.year)

    def _add_episode(self, show: Show, title: EpisodeTitle, trakt: int | None) -> None:
        if title.season not in show.seasons:
            show.seasons[title.season] = self._new_season(show, title.season)
        episode = Episode(
            trakt=trakt or next(self._numbers),
            season=title.season,
            number=title.number,
            number_abs=title.number_abs,
            title=title.title,
            show=show,
            imdb=title.imdb,
            tmdb=title.tmdb,
            tvdb=title.tvdb,
            runtime_min=title.runtime_min,
            first_aired=_midnight(title.aired),
        )
        self._index(episode, ("trakt", "imdb", "tmdb", "tvdb"))
        show.seasons[title.season].episodes[title.number] = episode
        self.episodes.append(episode)

    def _new_season(self, show: Show, number: int) -> Season:
        trakt = next(self._numbers)
        invented = SEASON_NUMBERS_FROM + trakt
        season = Season(trakt=trakt, number=number, show=show, tvdb=invented, tmdb=invented)
        self._index(season, ("trakt", "tvdb", "tmdb"))
        return season

    def _free_slug(self, kind: str, wishes: Sequence[str]) -> str:
        """The first wish that is free; else the last one with a count, as Trakt does it."""
        counted: Iterable[str] = (f"{wishes[-1]}-{n}" for n in itertools.count(2))
        return next(
            slug for slug in itertools.chain(wishes, counted) if (kind, "slug", slug) not in self._by_id
        )

    def _index(self, item: Listable, id_kinds: Sequence[str]) -> None:
        numbers = {kind: getattr(item, kind) for kind in id_kinds}
        entries = [(item.kind, kind, value) for kind, value in numbers.items() if value is not None]
        for kind, id_kind, value in entries:
            if (kind, id_kind, value) in self._by_id:
                raise ValueError(f"another {kind} has the {id_kind} id {value}")
        for entry in entries:
            self._by_id[entry] = item


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
