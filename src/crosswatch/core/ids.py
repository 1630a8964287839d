"""Ids that the world outside a Plex server knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SOURCES = ("imdb", "tmdb", "tvdb")
"""Whose ids servers know."""

_IMDB = re.compile(r"tt\d{7,10}", re.ASCII)
_NUMBER = re.compile(r"\d{1,10}", re.ASCII)


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

    def contradicts(self, other: Ids) -> bool:
        """Whether some kind of id names another thing there, whatever the others say."""
        mine, theirs = self.as_dict(), other.as_dict()
        return any(mine[name] != theirs[name] for name in mine.keys() & theirs.keys())


def named_ids(name: str, value: str) -> Ids:
    """The id that a source of ids gives, or none if the source is unknown or the value cannot be one.

    Args:
        name: `imdb`, `tmdb` or `tvdb`, in any case.
        value: `tt` and seven to ten digits, or a positive number of at most ten digits.

    Source: Plex protocol notes, section 9 (rules).
    """
    value = value.strip()
    match name.strip().lower():
        case "imdb" if _IMDB.fullmatch(value.lower()):
            return Ids(imdb=value.lower())
        case "tmdb" if _is_positive(value):
            return Ids(tmdb=int(value))
        case "tvdb" if _is_positive(value):
            return Ids(tvdb=int(value))
        case _:
            return Ids()


def parse_external(text: str) -> Ids:
    """One entry of a server's `Guid[]`, such as `imdb://tt0078748`; no ids if it is rubbish.

    What it is an id of follows from the item that carries the list.
    """
    name, separator, value = text.partition("://")
    return named_ids(name, value.partition("?")[0]) if separator else Ids()


def merge_ids(many: Iterable[Ids]) -> Ids:
    """Ids of one thing, gathered from several entries; of two numbers of one kind the lowest is kept.

    Source: Plex protocol notes, section 8; tests/recordings/plex/metadata/22-double-match.json.
    """
    listed = list(many)
    return Ids(
        trakt=min((ids.trakt for ids in listed if ids.trakt is not None), default=None),
        imdb=min((ids.imdb for ids in listed if ids.imdb is not None), key=_imdb_number, default=None),
        tmdb=min((ids.tmdb for ids in listed if ids.tmdb is not None), default=None),
        tvdb=min((ids.tvdb for ids in listed if ids.tvdb is not None), default=None),
    )


def _is_positive(value: str) -> bool:
    return _NUMBER.fullmatch(value) is not None and int(value) > 0


def _imdb_number(imdb: str) -> int:
    return int(imdb.removeprefix("tt"))
