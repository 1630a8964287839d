"""Anime: from the titles and numbers of AniDB and MyAnimeList to those that sinks know.

AniDB counts each sequel as a title of its own, beginning at 1, where the film databases count seasons of
one show. Public lists say which is which, title by title. What such a list does not say is not known here:
there is no default for a number that it leaves open, and no arithmetic beyond its own.

Source: the descriptions of the public anime lists: the XML one (`anidbid`, `tvdbid`, `defaulttvdbseason`,
`episodeoffset`, `mapping-list`) and the JSON one (`anidb_id`, `mal_id`, `tvdb_id`, `themoviedb_id`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.ids import Ids

SPECIALS, REGULAR = 0, 1
"""The seasons that AniDB knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an episode is at TheTVDB.

    Attributes:
        season: Season in aired order; None where the number counts through all seasons.
        number: Number in the season, or through all of them.
    """

    season: int | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Episodes of a title that follow one another in one season of TheTVDB.

    Attributes:
        season: At AniDB, `REGULAR` or `SPECIALS`.
        first: First number at AniDB.
        last: Last number at AniDB; None for all that follow.
        tvdb_season: Season in aired order; None where numbers count through all seasons.
        offset: What to add to a number at AniDB.
    """

    season: int
    first: int
    last: int | None
    tvdb_season: int | None
    offset: int

    def place(self, season: int, number: int) -> Place | None:
        """The episode's place, if it is one of these."""
        if season != self.season or number < self.first or (self.last is not None and number > self.last):
            return None
        return Place(season=self.tvdb_season, number=number + self.offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """One title of AniDB, as the lists describe it.

    Attributes:
        tvdb: The show at TheTVDB, or None.
        film: Ids of the film that it is, if it is one.
        pairs: Single episodes, by season and number at AniDB; None is known to be nowhere at TheTVDB.
        spans: Episodes that follow one another; the first one that fits counts.
    """

    tvdb: int | None = None
    film: Ids = Ids()
    pairs: Mapping[tuple[int, int], Place | None] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()

    def place(self, season: int, number: int) -> Place | None:
        """Where an episode is at TheTVDB; None if that is not said, or it is nowhere."""
        if (season, number) in self.pairs:
            return self.pairs[season, number]
        places = (span.place(season, number) for span in self.spans)
        place = next((place for place in places if place is not None), None)
        return place if place is not None and place.number > 0 else None

    def joined(self, other: Title) -> Title:
        """This title, with what only the other list says of it."""
        return Title(
            tvdb=self.tvdb or other.tvdb,
            film=self.film or other.film,
            pairs=self.pairs or other.pairs,
            spans=self.spans or other.spans,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AnimeList:
    """What is known of anime.

    Attributes:
        titles: By number at AniDB.
        mal: MyAnimeList's numbers to AniDB's, where each is the other's only one.
    """

    titles: Mapping[int, Title] = field(default_factory=dict)
    mal: Mapping[int, int] = field(default_factory=dict)

    def joined(self, other: AnimeList) -> AnimeList:
        """Both lists; where both describe a title, this one counts first."""
        titles = dict(other.titles)
        for anidb, title in self.titles.items():
            titles[anidb] = title.joined(titles[anidb]) if anidb in titles else title
        return AnimeList(titles=titles, mal={**other.mal, **self.mal})

    def title_of(self, media: Media) -> Title | None:
        """The title that the item belongs to; None if it is not listed, or two are named."""
        named = {self._anidb(one) for one in media.foreign_ids} - {None}
        return self.titles.get(named.pop() or 0) if len(named) == 1 else None

    def _anidb(self, foreign_id: str) -> int | None:
        source, _, value = foreign_id.partition("-")
        number = int(value) if value.isascii() and value.isdecimal() else None
        if number is None or source not in ("anidb", "mal"):
            return None
        return number if source == "anidb" else self.mal.get(number)


def is_anime(media: Media) -> bool:
    """Whether the item is known by AniDB's or MyAnimeList's name only, so that a list has to say the rest."""
    is_foreign = any(one.startswith(("anidb-", "mal-")) for one in media.foreign_ids)
    return is_foreign and not media.ids and (media.kind is MediaKind.MOVIE or _counts_as_anidb(media))


def translate(media: Media, known: AnimeList) -> Media | None:
    """The item by ids and numbers that sinks know; None if the lists have no answer.

    An episode that AniDB has as the only one of a film becomes that film. An episode of which only the show
    is listed comes back with the show's ids, and with numbers of which nobody knows what they count.
    """
    title = known.title_of(media)
    if title is None or not is_anime(media):
        return None
    if media.kind is MediaKind.MOVIE:
        return replace(media, ids=title.film) if title.film else None
    season, number = media.season, media.number
    place = title.place(season, number) if season is not None and number is not None else None
    if title.tvdb is None:
        is_whole = (season, number) == (REGULAR, 1)
        return _as_film(media, title.film) if is_whole and title.film else None
    show = Show(title=media.show.title if media.show else "", ids=Ids(tvdb=title.tvdb))
    if place is None:
        return None if title.pairs or title.spans else replace(media, show=show, numbering=Numbering.UNKNOWN)
    return replace(
        media,
        show=show,
        season=REGULAR if place.season is None else place.season,
        number=place.number,
        numbering=Numbering.ABSOLUTE if place.season is None else Numbering.AIRED,
    )


def _counts_as_anidb(media: Media) -> bool:
    """Whether season and number are AniDB's own; agents of MyAnimeList count regular episodes like it."""
    if media.numbering is Numbering.ANIDB:
        return True
    is_from_mal = any(one.startswith("mal-") for one in media.foreign_ids)
    return is_from_mal and media.numbering is Numbering.UNKNOWN and media.season == REGULAR


def _as_film(media: Media, film: Ids) -> Media:
    return replace(
        media,
        kind=MediaKind.MOVIE,
        title=media.show.title if media.show else media.title,
        year=None,
        ids=film,
        show=None,
        season=None,
        number=None,
        numbering=Numbering.AIRED,
    )
