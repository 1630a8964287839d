"""Item GUIDs of a Plex server, typed by what they carry.

The agent that matched an item writes the item's `guid`, and each agent has a form of its own. Two
mistakes are easy, and both end in somebody's history as something that was never watched: to take a
show's id for an episode's, and to take DVD, absolute or AniDB numbers for aired order. So a `Guid` says
of what its ids are (`Bearer`) and what its numbers count (`Numbering`), and whoever asks it for ids has
to say of what.

Source: Plex protocol notes, section 9. For HAMA's modes also the read-me of its companion, the Absolute
Series Scanner: `tvdb2` counts as TheTVDB airs, `tvdb3` and `tvdb4` keep absolute numbers, and `anidb2`
shows numbers that are no longer AniDB's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from crosswatch.core.events import Numbering
from crosswatch.core.ids import Ids, named_ids


class Bearer(StrEnum):
    """What an id belongs to.

    `TITLE` is a movie or a show, whichever carries the GUID, but never an episode. `ITEM` is the very item
    that carries it.
    """

    MOVIE = "movie"
    SHOW = "show"
    EPISODE = "episode"
    TITLE = "title"
    ITEM = "item"
    UNKNOWN = "unknown"


_FITS = {
    Bearer.MOVIE: frozenset({Bearer.MOVIE, Bearer.TITLE, Bearer.ITEM}),
    Bearer.SHOW: frozenset({Bearer.SHOW, Bearer.TITLE, Bearer.ITEM}),
    Bearer.EPISODE: frozenset({Bearer.EPISODE, Bearer.ITEM}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guid:
    """What an item's `guid` tells.

    Attributes:
        text: As the server wrote it.
        bearer: What `ids` belong to.
        ids: Ids that the world outside knows; mostly none, for Plex's own GUIDs carry only Plex's id.
        season: Season number in the GUID, 0 for specials, or None.
        number: Number in the season, or None.
        numbering: What the item's season and number count, those beside the GUID as well.
        foreign_ids: Ids that no sink takes as they are: `anidb-69`, `mal-21`, `youtube-UC…`.
    """

    text: str = ""
    bearer: Bearer = Bearer.UNKNOWN
    ids: Ids = Ids()
    season: int | None = None
    number: int | None = None
    numbering: Numbering = Numbering.AIRED
    foreign_ids: tuple[str, ...] = ()

    def ids_of(self, bearer: Bearer) -> Ids:
        """The ids, if they are those of a movie, a show or an episode (as asked); else none."""
        return self.ids if self.bearer in _FITS.get(bearer, ()) else Ids()


def parse_guid(text: str) -> Guid:
    """What the GUID tells; an unknown form tells nothing, and nothing about the numbers either.

    An empty text speaks neither for nor against aired order, which is then what numbers count.
    """
    text = text.strip()
    scheme, separator, rest = text.partition("://")
    parts = [part.strip() for part in rest.partition("?")[0].rstrip("/").split("/")]
    if not text:
        return Guid()
    if not separator and (ids := named_ids("imdb", text)):
        return Guid(text=text, bearer=Bearer.ITEM, ids=ids)
    parser = _AGENTS.get(scheme.strip().lower(), _mute)
    return replace(parser(parts), text=text)


def _mute(_parts: list[str]) -> Guid:
    """Unmatched (`local`, `…none`) or of an unknown agent: nobody has checked what the numbers count."""
    return Guid(numbering=Numbering.UNKNOWN)


def _plex(parts: list[str]) -> Guid:
    kinds = {"movie": Bearer.MOVIE, "show": Bearer.SHOW, "episode": Bearer.EPISODE}
    return Guid(bearer=kinds.get(parts[0].lower(), Bearer.UNKNOWN))


def _bare(name: str, parts: list[str]) -> Guid:
    return Guid(bearer=Bearer.ITEM, ids=named_ids(name, parts[0]))


def _numbered(
    ids: Ids,
    parts: list[str],
    *,
    alone: Bearer,
    numbering: Numbering = Numbering.AIRED,
    foreign_ids: tuple[str, ...] = (),
) -> Guid:
    """`ID` is of what `alone` says; `ID/season/number` makes it the show's, whatever the agent."""
    return Guid(
        bearer=alone if len(parts) == 1 else Bearer.SHOW,
        ids=ids,
        season=_count(parts, 1),
        number=_count(parts, 2),
        numbering=numbering,
        foreign_ids=foreign_ids,
    )


def _legacy(name: str, alone: Bearer, numbering: Numbering, parts: list[str]) -> Guid:
    return _numbered(named_ids(name, parts[0]), parts, alone=alone, numbering=numbering)


def _nfo_file(other: str, alone: Bearer, parts: list[str]) -> Guid:
    """The agents for Kodi's files write an imdb id, or the number at the source they like best."""
    ids = named_ids("imdb", parts[0]) or named_ids(other, parts[0])
    return _numbered(ids, parts, alone=alone)


def _nfo(parts: list[str]) -> Guid:
    """`episode/tvdb_84871`: here the episode form carries an episode's id, unlike all others."""
    name, _, value = parts[-1].partition("_")
    return replace(_plex(parts), ids=named_ids(name, value))


_HAMA_NUMBERING = {
    "anidb": Numbering.ANIDB,
    "tvdb": Numbering.AIRED,
    "tvdb2": Numbering.AIRED,
    "tvdb3": Numbering.ABSOLUTE,
    "tvdb4": Numbering.ABSOLUTE,
    "tmdb": Numbering.AIRED,
    "tsdb": Numbering.AIRED,
    "imdb": Numbering.AIRED,
}


def _hama(parts: list[str]) -> Guid:
    """`SRC-ID[/season/number]`; bare digits are AniDB's."""
    source, separator, value = parts[0].partition("-")
    source, value = (source.lower(), value) if separator else ("anidb", parts[0])
    family = source.rstrip("23456")
    is_foreign = family == "youtube" or (family == "anidb" and value.isdecimal())
    return _numbered(
        named_ids("tmdb" if family == "tsdb" else family, value),
        parts,
        alone=Bearer.SHOW if family in ("tvdb", "tsdb") else Bearer.TITLE,
        numbering=_HAMA_NUMBERING.get(source, Numbering.UNKNOWN),
        foreign_ids=(f"{family}-{value}",) if is_foreign else (),
    )


def _foreign(name: str, parts: list[str]) -> Guid:
    value = parts[0].removeprefix(f"{name}-")
    foreign = (f"{name}-{value}",) if value else ()
    return _numbered(Ids(), parts, alone=Bearer.TITLE, numbering=Numbering.UNKNOWN, foreign_ids=foreign)


def _count(parts: list[str], index: int) -> int | None:
    text = parts[index] if index < len(parts) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None  # noqa: PLR2004


_AGENTS: dict[str, Callable[[list[str]], Guid]] = {
    "plex": _plex,
    "imdb": partial(_bare, "imdb"),
    "tmdb": partial(_bare, "tmdb"),
    "tvdb": partial(_bare, "tvdb"),
    "com.plexapp.agents.imdb": partial(_legacy, "imdb", Bearer.TITLE, Numbering.AIRED),
    "com.plexapp.agents.themoviedb": partial(_legacy, "tmdb", Bearer.TITLE, Numbering.AIRED),
    "com.plexapp.agents.thetvdb": partial(_legacy, "tvdb", Bearer.SHOW, Numbering.AIRED),
    "com.plexapp.agents.thetvdbdvdorder": partial(_legacy, "tvdb", Bearer.SHOW, Numbering.DVD),
    "com.plexapp.agents.abstvdb": partial(_legacy, "tvdb", Bearer.SHOW, Numbering.ABSOLUTE),
    "com.plexapp.agents.hama": _hama,
    "com.plexapp.agents.xbmcnfo": partial(_nfo_file, "tmdb", Bearer.MOVIE),
    "com.plexapp.agents.xbmcnfotv": partial(_nfo_file, "tvdb", Bearer.SHOW),
    "tv.plex.agents.nfo.movie": _nfo,
    "tv.plex.agents.nfo.series": _nfo,
    "net.devvsbugs.coding.plex.myanimelist": partial(_foreign, "mal"),
    "net.fribbtastic.coding.plex.myanimelist": partial(_foreign, "mal"),
    "com.plexapp.agents.youtube": partial(_foreign, "youtube"),
    "com.plexapp.agents.ytinforeader": partial(_foreign, "youtube"),
}
