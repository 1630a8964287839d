"""The shapes of `crosswatch.simulator.titles`: movies, shows and their episodes as plain values."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Position = tuple[int, int]
"""Season and number in aired order; season 0 holds the specials."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MovieTitle:
    """One movie.

    Attributes:
        key: Short name that never changes, such as `arrival`.
        title: Title as Plex writes it.
        year: Year of release.
        imdb: `tt…`, or None.
        tmdb: Number at TMDB among movies, or None.
        tvdb: Number at TheTVDB among movies, or None.
        runtime_min: Length in minutes, more than 0.
        released: Day of release; None where only the year matters.
        aliases: Other titles; the original one first.
    """

    key: str
    title: str
    year: int
    imdb: str | None
    tmdb: int | None
    tvdb: int | None = None
    runtime_min: int
    released: date | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeFacts:
    """What is known of one episode and not to be invented.

    Attributes:
        imdb: `tt…`, or None where the catalogues have none.
        tmdb: Number at TMDB among episodes, or None.
        tvdb: Number at TheTVDB among episodes, or None.
        runtime_min: Length in minutes where it is not the show's.
        aired: Day of first airing where it is not a week after the one before.
    """

    imdb: str | None
    tmdb: int | None
    tvdb: int | None
    runtime_min: int | None = None
    aired: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeTitle:
    """One episode, with everything filled in.

    Attributes:
        season: Season in aired order, 0 for specials.
        number: Number in the season, from 1.
        number_abs: Number counted through all seasons, or None where nobody counts so.
        title: Title as Plex writes it.
        imdb: `tt…`, or None.
        tmdb: Number at TMDB among episodes, or None.
        tvdb: Number at TheTVDB among episodes, or None.
        runtime_min: Length in minutes.
        aired: Day of first airing.
    """

    season: int
    number: int
    number_abs: int | None
    title: str
    imdb: str | None
    tmdb: int | None
    tvdb: int | None
    runtime_min: int
    aired: date


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShowTitle:
    """One show with all its episodes.

    Attributes:
        key: Short name that never changes, such as `severance`.
        title: Title as Plex writes it.
        year: Year of the first episode.
        imdb: `tt…`, or None.
        tmdb: Number at TMDB among shows, or None.
        tvdb: Number at TheTVDB among shows, or None.
        runtime_min: Usual length of an episode in minutes, more than 0.
        seasons: Season number to the titles of its episodes in order; 0 holds the specials.
        invented_from: Invented episode numbers are this plus 100 x season plus number.
        premiered: Day of the first episode; None is the first of January.
        absolute: True if episodes are also counted through all seasons.
        trakt_title: Title at Trakt where it is another one.
        aliases: Other titles; the original one first.
        known: Facts of single episodes that are not to be invented.
        shared_files: Episodes that lie in one file, each group in order.
    """

    key: str
    title: str
    year: int
    imdb: str | None
    tmdb: int | None
    tvdb: int | None
    runtime_min: int
    seasons: Mapping[int, tuple[str, ...]] = field(repr=False)
    invented_from: int
    premiered: date | None = None
    absolute: bool = False
    trakt_title: str | None = None
    aliases: tuple[str, ...] = ()
    known: Mapping[Position, EpisodeFacts] = field(default_factory=dict, repr=False)
    shared_files: tuple[tuple[Position, ...], ...] = ()

    def episodes(self) -> list[EpisodeTitle]:
        """All episodes by season and number, specials first."""
        counter = itertools.count(1)
        return [
            self._episode(season, number, title, next(counter) if self.absolute and season else None)
            for season, titles in sorted(self.seasons.items())
            for number, title in enumerate(titles, start=1)
        ]

    def episode(self, season: int, number: int) -> EpisodeTitle:
        """One episode.

        Raises:
            KeyError: If there is none.
        """
        for episode in self.episodes():
            if (episode.season, episode.number) == (season, number):
                return episode
        raise KeyError(f"{self.key} has no episode {season}x{number}")

    def _episode(self, season: int, number: int, title: str, number_abs: int | None) -> EpisodeTitle:
        invented = self.invented_from + season * 100 + number
        facts = self.known.get((season, number)) or EpisodeFacts(
            imdb=f"tt{invented}", tmdb=invented, tvdb=invented
        )
        first = date(self.year + max(season, 1) - 1, 1, 1)
        if season <= 1 and self.premiered:
            first = self.premiered
        return EpisodeTitle(
            season=season,
            number=number,
            number_abs=number_abs,
            title=title,
            imdb=facts.imdb,
            tmdb=facts.tmdb,
            tvdb=facts.tvdb,
            runtime_min=facts.runtime_min or self.runtime_min,
            aired=facts.aired or first + timedelta(weeks=number - 1),
        )
