"""Ids that the world outside a Plex server knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """Ids of one movie, one show, or one episode; which of them, the bearer tells.

    Attributes:
        trakt: Trakt's own number.
        imdb: `tt` and at least seven digits.
        tmdb: Number at TMDB, unique within one kind only.
        tvdb: Number at TheTVDB, unique within one kind only.
    """

    trakt: int | None = None
    imdb: str | None = None
    tmdb: int | None = None
    tvdb: int | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in (self.trakt, self.imdb, self.tmdb, self.tvdb))

    def as_dict(self) -> dict[str, int | str]:
        """The ids that there are, by name."""
        named = {"trakt": self.trakt, "imdb": self.imdb, "tmdb": self.tmdb, "tvdb": self.tvdb}
        return {name: value for name, value in named.items() if value is not None}

    def agrees_with(self, other: Ids) -> bool | None:
        """Whether both name the same thing; None if they have no kind of id in common."""
        mine, theirs = self.as_dict(), other.as_dict()
        common = mine.keys() & theirs.keys()
        if not common:
            return None
        return any(mine[name] == theirs[name] for name in common)
