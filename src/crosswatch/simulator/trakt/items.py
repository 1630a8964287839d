"""What Trakt knows: movies, shows, seasons and episodes, and how it writes them down.

Source: Trakt protocol notes, section 1 (standard objects).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import datetime

ItemKey = tuple[str, int]
"""Kind (`movie`, `show`, `season`, `episode`) and Trakt number; numbers repeat across kinds."""


def slugify(text: str) -> str:
    """The text as Trakt puts it in addresses: lower-case ASCII words joined by hyphens."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_text.replace("'", "").lower()).strip("-")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Movie:
    """One movie. It has no number at TheTVDB: Trakt neither matches nor answers one.

    Attributes:
        trakt: Trakt's own number.
        slug: Name in addresses, unique among movies.
        title: Title as Trakt writes it.
        year: Year of release.
        imdb: `tt…`, or None.
        tmdb: Number at TMDB, unique among movies only, or None.
        runtime_min: Length in minutes.
        first_aired: Day of release, aware UTC.
        aliases: Other titles that a text search finds.
    """

    trakt: int
    slug: str
    title: str
    year: int
    imdb: str | None = None
    tmdb: int | None = None
    runtime_min: int
    first_aired: datetime
    aliases: tuple[str, ...] = ()
    kind: Literal["movie"] = "movie"

    @property
    def key(self) -> ItemKey:
        """Kind and Trakt number."""
        return (self.kind, self.trakt)

    @property
    def label(self) -> str:
        """Readable name, such as `Arrival (2016)`."""
        return f"{self.title} ({self.year})"

    def ids(self) -> dict[str, Any]:
        """Its numbers as an answer shows them."""
        return {"trakt": self.trakt, "slug": self.slug, "imdb": self.imdb, "tmdb": self.tmdb}

    def summary(self) -> dict[str, Any]:
        """The standard object of an answer."""
        return {"title": self.title, "year": self.year, "ids": self.ids()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Show:
    """One show; its seasons are filled by the catalogue.

    Attributes:
        trakt: Trakt's own number.
        slug: Name in addresses, unique among shows.
        title: Title as Trakt writes it.
        year: Year of the first episode.
        imdb: `tt…`, or None.
        tmdb: Number at TMDB, unique among shows only, or None.
        tvdb: Number at TheTVDB, unique among shows only, or None.
        runtime_min: Usual length of an episode in minutes.
        first_aired: First airing, aware UTC.
        aliases: Other titles that a text search finds.
        seasons: Season number to season; 0 holds the specials.
    """

    trakt: int
    slug: str
    title: str
    year: int
    imdb: str | None = None
    tmdb: int | None = None
    tvdb: int | None = None
    runtime_min: int
    first_aired: datetime
    aliases: tuple[str, ...] = ()
    seasons: dict[int, Season] = field(default_factory=dict, repr=False)
    kind: Literal["show"] = "show"

    @property
    def key(self) -> ItemKey:
        """Kind and Trakt number."""
        return (self.kind, self.trakt)

    def ids(self) -> dict[str, Any]:
        """Its numbers as an answer shows them."""
        return {
            "trakt": self.trakt,
            "slug": self.slug,
            "tvdb": self.tvdb,
            "imdb": self.imdb,
            "tmdb": self.tmdb,
        }

    def summary(self) -> dict[str, Any]:
        """The standard object of an answer."""
        return {"title": self.title, "year": self.year, "ids": self.ids()}

    def episode(self, season: int, number: int) -> Episode | None:
        """The episode with these numbers in aired order, or None."""
        found = self.seasons.get(season)
        return found.episodes.get(number) if found else None

    def absolute(self, number_abs: int) -> Episode | None:
        """The episode with this absolute number, or None."""
        return next((e for e in self.episodes() if e.number_abs == number_abs), None)

    def episodes(self) -> list[Episode]:
        """All episodes by season and number, specials first."""
        return [e for _, season in sorted(self.seasons.items()) for e in season.all_episodes()]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Season:
    """One season of a show.

    Attributes:
        trakt: Trakt's own number.
        number: Number in the show; 0 holds the specials.
        show: The show it belongs to.
        tvdb: Number at TheTVDB, or None.
        tmdb: Number at TMDB, or None.
        episodes: Episode number to episode.
    """

    trakt: int
    number: int
    show: Show = field(repr=False)
    tvdb: int | None = None
    tmdb: int | None = None
    episodes: dict[int, Episode] = field(default_factory=dict, repr=False)
    kind: Literal["season"] = "season"

    @property
    def key(self) -> ItemKey:
        """Kind and Trakt number."""
        return (self.kind, self.trakt)

    def ids(self) -> dict[str, Any]:
        """Its numbers as an answer shows them."""
        return {"trakt": self.trakt, "tvdb": self.tvdb, "tmdb": self.tmdb}

    def summary(self) -> dict[str, Any]:
        """The standard object of an answer."""
        return {"number": self.number, "ids": self.ids()}

    def all_episodes(self) -> list[Episode]:
        """Its episodes by number."""
        return [episode for _, episode in sorted(self.episodes.items())]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Episode:
    """One episode.

    Attributes:
        trakt: Trakt's own number.
        season: Season number in aired order; 0 for specials.
        number: Number in the season, aired order.
        number_abs: Number counted through all seasons, or None where nobody counts so.
        title: Title as Trakt writes it.
        show: The show it belongs to.
        imdb: `tt…`, or None.
        tmdb: Number at TMDB, unique among episodes only, or None.
        tvdb: Number at TheTVDB, unique among episodes only, or None.
        runtime_min: Length in minutes.
        first_aired: First airing, aware UTC.
    """

    trakt: int
    season: int
    number: int
    number_abs: int | None = None
    title: str
    show: Show = field(repr=False)
    imdb: str | None = None
    tmdb: int | None = None
    tvdb: int | None = None
    runtime_min: int
    first_aired: datetime
    kind: Literal["episode"] = "episode"

    @property
    def key(self) -> ItemKey:
        """Kind and Trakt number."""
        return (self.kind, self.trakt)

    @property
    def label(self) -> str:
        """Readable name, such as `Severance S01E02`."""
        return f"{self.show.title} S{self.season:02d}E{self.number:02d}"

    def ids(self) -> dict[str, Any]:
        """Its numbers as an answer shows them."""
        return {"trakt": self.trakt, "tvdb": self.tvdb, "imdb": self.imdb, "tmdb": self.tmdb}

    def summary(self) -> dict[str, Any]:
        """The standard object of an answer."""
        return {"season": self.season, "number": self.number, "title": self.title, "ids": self.ids()}


Item = Movie | Episode
"""Something that can be played."""

Listable = Movie | Show | Season | Episode
"""Something that can be rated or put on a watchlist."""


def blocks(item: Listable) -> dict[str, Any]:
    """The blocks that name an item in an answer: itself under its kind, and its show.

    Source: Trakt protocol notes, sections 5.2 and 6.
    """
    named: dict[str, Any] = {item.kind: item.summary()}
    if isinstance(item, Season | Episode):
        named["show"] = item.show.summary()
    return named
