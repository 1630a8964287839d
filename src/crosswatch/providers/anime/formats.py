"""The two public formats of anime lists, to `core.anime`. Pure.

A list is other people's work on thousands of titles. A line that makes no sense is left out, and a document
that is none is refused as a whole, so that what was known before stays.

Source: the descriptions that come with the lists. In the XML one an episode is mapped to 0 if TheTVDB does
not have it, and `a` as a default season says that numbers count through all seasons.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

import msgspec

from crosswatch.core.anime import REGULAR, SPECIALS, AnimeList, Place, Span, Title
from crosswatch.core.ids import Ids, named_ids
from crosswatch.errors import PayloadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST_SHOW = 100_000
"""No number beyond it counts episodes."""

_NOT_A_LIST = "It is not an anime list: neither the XML one nor the JSON one."
_BOM = b"\xef\xbb\xbf"


def parse_list(body: bytes) -> AnimeList:
    """What the list says.

    Raises:
        PayloadError: If it is no list in one of the two formats, or an empty one.
    """
    text = body.removeprefix(_BOM).lstrip()
    known = _Reader().read(text) if text.startswith(b"<") else _from_json(text)
    if not known.titles:
        raise PayloadError("It is an anime list without any title.")
    return known


# ---------------------------------------------------------------------------------- XML


class _Reader:
    """Builds titles while expat reads; a document type is refused, for nothing in a list needs one."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(encoding="utf-8")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._depth = 0
        self._anime: dict[str, str] = {}
        self._mappings: list[tuple[dict[str, str], str]] = []
        self._titles: dict[int, Title] = {}
        self._is_mapping = False

    def read(self, text: bytes) -> AnimeList:
        try:
            self._parser.Parse(text, True)  # noqa: FBT003 -- expat takes no keywords
        except expat.ExpatError as error:
            raise PayloadError(f"{_NOT_A_LIST} It is broken XML ({error}).") from None
        return AnimeList(titles=self._titles)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth == 1 and tag != "anime-list":
            raise PayloadError(f"{_NOT_A_LIST} It begins with {tag[:20]}.")
        if tag == "anime":
            self._anime, self._mappings = attributes, []
        self._is_mapping = tag == "mapping"
        if self._is_mapping:
            self._mappings.append((attributes, ""))

    def _text(self, text: str) -> None:
        if self._is_mapping and self._mappings:
            attributes, before = self._mappings[-1]
            self._mappings[-1] = (attributes, before + text)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        self._is_mapping = False
        anidb = _count(self._anime.get("anidbid")) if tag == "anime" else None
        if anidb:
            self._titles[anidb] = _title(self._anime, self._mappings)

    def _refuse_doctype(self, *_declaration: Any) -> None:
        raise PayloadError(f"{_NOT_A_LIST} It carries a document type, and none is accepted.")


def _title(anime: dict[str, str], mappings: list[tuple[dict[str, str], str]]) -> Title:
    tvdb = _count(anime.get("tvdbid")) or None
    pairs: dict[tuple[int, int], Place | None] = {}
    spans: list[Span] = []
    for attributes, text in mappings:
        season = _count(attributes.get("anidbseason"))
        tvdb_season = _count(attributes.get("tvdbseason"))
        if season not in (REGULAR, SPECIALS) or tvdb_season is None:
            continue
        pairs |= dict(_pairs(text, season, tvdb_season))
        spans += _span(attributes, season, tvdb_season)
    if tvdb is not None:
        spans += _default_span(anime)
    return Title(tvdb=tvdb, film=_film(anime), pairs=pairs, spans=tuple(spans))


def _pairs(text: str, season: int, tvdb_season: int) -> Iterator[tuple[tuple[int, int], Place | None]]:
    """`;1-5;2-6;`: numbers at AniDB and at TheTVDB. `1-5+6` lies in two places, and so in no single one."""
    for pair in text.split(";"):
        ours, _, theirs = pair.partition("-")
        number = _count(ours)
        if number is None:
            continue
        place = _count(theirs)
        yield (season, number), Place(season=tvdb_season, number=place) if place else None


def _span(attributes: dict[str, str], season: int, tvdb_season: int) -> list[Span]:
    first, last = _count(attributes.get("start")), _count(attributes.get("end"))
    offset = _signed(attributes.get("offset"))
    if first is None or offset is None:
        return []
    return [Span(season=season, first=first, last=last, tvdb_season=tvdb_season, offset=offset)]


def _default_span(anime: dict[str, str]) -> list[Span]:
    """Where the regular episodes are of which no mapping speaks; nothing, if the list does not say."""
    text, offset = anime.get("defaulttvdbseason", "").strip(), _signed(anime.get("episodeoffset") or "0")
    season = _count(text)
    if offset is None or (season is None and text != "a"):
        return []
    return [Span(season=REGULAR, first=1, last=None, tvdb_season=season, offset=offset)]


def _film(anime: dict[str, str]) -> Ids:
    """The film's ids; several of one kind are several films, of which nobody says which."""
    imdb = named_ids("imdb", anime.get("imdbid", ""))
    return Ids(imdb=imdb.imdb, tmdb=named_ids("tmdb", anime.get("tmdbid", "")).tmdb)


# ---------------------------------------------------------------------------------- JSON


class _Entry(msgspec.Struct, kw_only=True):
    """What is read of an entry; the older name of a key beside the newer one."""

    anidb_id: Any = None
    mal_id: Any = None
    tvdb_id: Any = None
    thetvdb_id: Any = None
    themoviedb_id: Any = None
    imdb_id: Any = None
    type: Any = None


def _from_json(text: bytes) -> AnimeList:
    try:
        entries = msgspec.json.decode(text, type=list[_Entry])
    except (ValueError, RecursionError) as error:
        raise PayloadError(f"{_NOT_A_LIST} It is no JSON list ({str(error)[:80]}).") from None
    titles: dict[int, Title] = {}
    bridges: list[tuple[int, int]] = []
    for entry in entries:
        anidb = _only(entry.anidb_id)
        if anidb is None:
            continue
        title = _entry_title(entry)
        titles[anidb] = titles[anidb].joined(title) if anidb in titles else title
        bridges += [(mal, anidb) for mal in _numbers(entry.mal_id)]
    return AnimeList(titles=titles, mal=_one_to_one(bridges))


def _entry_title(entry: _Entry) -> Title:
    if isinstance(entry.type, str) and entry.type.upper() == "MOVIE":
        films = entry.themoviedb_id
        imdb = entry.imdb_id if isinstance(entry.imdb_id, list) else [entry.imdb_id]
        named = named_ids("imdb", imdb[0]) if len(imdb) == 1 and isinstance(imdb[0], str) else Ids()
        tmdb = _only(films.get("movie") if isinstance(films, dict) else films)
        return Title(film=Ids(imdb=named.imdb, tmdb=tmdb))
    return Title(tvdb=_only(entry.tvdb_id) or _only(entry.thetvdb_id))


def _one_to_one(bridges: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Those of which neither side has another partner: two halves of one title would count anew each."""
    distinct = set(bridges)
    theirs, ours = Counter(mal for mal, _ in distinct), Counter(anidb for _, anidb in distinct)
    return {mal: anidb for mal, anidb in distinct if theirs[mal] == 1 and ours[anidb] == 1}


def _numbers(raw: Any) -> list[int]:
    many = raw if isinstance(raw, list) else [raw]
    texts = [str(one) for one in many if isinstance(one, int | str) and not isinstance(one, bool)]
    return [number for number in map(_id, texts) if number is not None]


def _only(raw: Any) -> int | None:
    """The number, if there is one and no other."""
    numbers = _numbers(raw)
    return numbers[0] if len(numbers) == 1 else None


# ---------------------------------------------------------------------------------- numbers


def _id(text: str) -> int | None:
    return named_ids("tvdb", text).tvdb  # a positive number of at most ten digits


def _count(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else None  # noqa: PLR2004


def _signed(text: str | None) -> int | None:
    text = (text or "").strip()
    number = _count(text.removeprefix("-").removeprefix("+"))
    if number is None or number > LONGEST_SHOW:
        return None
    return -number if text.startswith("-") else number
