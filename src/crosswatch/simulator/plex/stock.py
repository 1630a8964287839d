"""Where the titles of `crosswatch.simulator.titles` stand in the sample library.

The recorded items have their recorded keys, lengths and ids, so that recorded frames and traces find
them. Each form of guid that has been seen occurs at least once; some shows therefore stand there twice,
under different agents. Source: Plex protocol notes, sections 7.3 and 9; the recordings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from crosswatch.simulator.plex.items import Marker, Section

Order = Literal["aired", "absolute", "dvd"]
"""How a library counts episodes: as aired, all in season 1, or as on the discs."""

MOVIES = Section(number=1, title="Movies")
TV_SHOWS = Section(
    number=2, title="TV Shows", kind="show", agent="tv.plex.agents.series", scanner="Plex TV Series"
)
ANIME = Section(
    number=5, title="Anime", kind="show", agent="com.plexapp.agents.hama", scanner="Absolute Series Scanner"
)
HOME_VIDEOS = Section(
    number=7,
    title="Home Videos",
    agent="com.plexapp.agents.none",
    scanner="Plex Video Files Scanner",
)
YOUTUBE = Section(
    number=8,
    title="YouTube",
    kind="show",
    agent="com.plexapp.agents.youtube",
    scanner="Absolute Series Scanner",
)
MUSIC = Section(number=10, title="Music", kind="artist", agent="tv.plex.agents.music", scanner="Plex Music")
PHOTOS = Section(
    number=11, title="Photos", kind="photo", agent="com.plexapp.agents.none", scanner="Plex Photo Scanner"
)

SECTIONS = (MOVIES, TV_SHOWS, ANIME, HOME_VIDEOS, YOUTUBE, MUSIC, PHOTOS)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoviePlace:
    """How one movie stands in the library.

    Attributes:
        key: Its key among the titles.
        rating_key: Its recorded rating key, or None for the next free one.
        guid: Its guid as a pattern over `imdb` and `tmdb`; None for Plex's own agent.
        guids: `Guid[]` where it is not simply all ids; an empty one is an empty list.
        length_ms: Its recorded length, or None for the one of the title.
        missing: Attributes that its answers lack.
        extra: Further attributes of its answers.
        parts: How many files it is cut into.
    """

    key: str
    rating_key: int | None = None
    guid: str | None = None
    guids: tuple[str | None, ...] | None = None
    length_ms: int | None = None
    missing: frozenset[str] = frozenset()
    extra: dict[str, Any] = field(default_factory=dict)
    parts: int = 1


MOVIE_PLACES = (
    MoviePlace(key="matrix", rating_key=1357, length_ms=8_180_000),
    MoviePlace(key="arrival", rating_key=9723, length_ms=6_984_000, extra={"contentRating": "PG-13"}),
    MoviePlace(
        key="october-sky",
        rating_key=15496,
        guid="plex://movie/5d9f3504e4fc29001eb65755",
        extra={"primaryExtraKey": "/library/metadata/15497"},
    ),
    MoviePlace(key="tenet", rating_key=8354, extra={"primaryExtraKey": "/library/metadata/8355"}),
    MoviePlace(key="barry-lyndon", rating_key=3456, guid="com.plexapp.agents.imdb://{imdb}?lang=en"),
    MoviePlace(
        key="spirited-away",
        rating_key=3457,
        guid="com.plexapp.agents.themoviedb://{tmdb}?lang=en",
        length_ms=7_474_000,
        extra={"originalTitle": "千と千尋の神隠し"},
    ),
    MoviePlace(key="alien", guid="com.plexapp.agents.xbmcnfo://{imdb}"),
    MoviePlace(key="mirror", guid="com.plexapp.agents.xbmcnfo://{tmdb}"),
    MoviePlace(key="deadpool-2", guid="tv.plex.agents.nfo.movie://movie/tmdb_{tmdb}"),
    MoviePlace(key="guardians", guid="tv.plex.agents.nfo.movie://movie/imdb_{imdb}"),
    MoviePlace(key="blind-side", guid="imdb://{imdb}"),
    MoviePlace(key="true-grit-1969", guid="{imdb}"),
    # Matched twice, with rubbish among the ids.
    MoviePlace(
        key="face-off",
        guids=("imdb://tt0119094", "tmdb://999999901", "tmdb://754", "TVDB://abc", "nonsense", None),
    ),
    # Known by one id only.
    MoviePlace(key="parasite", guids=("tmdb://496243",)),
    MoviePlace(key="wall-e", guids=("imdb://tt0910970",)),
    # The right title and year, but no ids at all.
    MoviePlace(key="paddington-2", guids=()),
    # In two files; and once more as another edition.
    MoviePlace(key="500-days", parts=2),
    MoviePlace(key="dune-2021"),
    MoviePlace(key="dune-2021", extra={"editionTitle": "IMAX"}),
    # Not yet analysed.
    MoviePlace(key="rec", missing=frozenset({"duration"})),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodePlace:
    """What is special about one episode.

    Attributes:
        rating_key: Its recorded rating key.
        guid: Its recorded guid, or None for the one its agent gives.
        length_ms: Its recorded length, or None for the one of the title.
        markers: Recognised stretches.
        missing: Attributes that its answers lack.
        extra: Further attributes of its answers.
    """

    rating_key: int
    guid: str | None = None
    length_ms: int | None = None
    markers: tuple[Marker, ...] = ()
    missing: frozenset[str] = frozenset()
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPlace:
    """How one show stands in the library.

    Attributes:
        key: Its key among the titles.
        section: Library it stands in.
        rating_key: Its recorded rating key, or None for the next free one.
        season_keys: Recorded rating keys of seasons.
        episodes: What is special, by season and number as aired.
        stem: Guid of a legacy agent up to the numbers, as a pattern over `tvdb`, `tmdb` and `imdb`;
            None for Plex's own agent.
        suffix: What follows the numbers.
        episode_guid: Pattern over the episode's own `tvdb`, for the new nfo agent.
        order: How it counts.
        only: The aired seasons that are there, or None for all.
        guid: Recorded guid of the show, or None.
        season_guids: Recorded guids of seasons.
        extra: Further attributes of the episodes' answers.
    """

    key: str
    section: Section = TV_SHOWS
    rating_key: int | None = None
    season_keys: dict[int, int] = field(default_factory=dict)
    episodes: dict[tuple[int, int], EpisodePlace] = field(default_factory=dict)
    stem: str | None = None
    suffix: str = "?lang=en"
    episode_guid: str | None = None
    order: Order = "aired"
    only: frozenset[int] | None = None
    guid: str | None = None
    season_guids: dict[int, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


HALF_LOOP_MARKERS = (
    Marker(kind="intro", start_ms=120_000, end_ms=182_000),
    Marker(kind="credits", start_ms=3_010_000, end_ms=3_060_000),
    Marker(kind="credits", start_ms=3_100_000, end_ms=3_180_000, final=True),
)

EARLY_CREDITS = (Marker(kind="credits", start_ms=1_135_000, end_ms=1_320_000, final=True),)
"""Credits at 86 % of a 22 minute episode."""

SHOW_PLACES = (
    ShowPlace(
        key="severance",
        rating_key=147960,
        season_keys={1: 147965},
        episodes={
            (1, 1): EpisodePlace(rating_key=147966),
            (1, 2): EpisodePlace(rating_key=147967, markers=HALF_LOOP_MARKERS),
            (1, 3): EpisodePlace(rating_key=147968),
        },
        extra={"contentRating": "TV-MA"},
    ),
    ShowPlace(
        key="burbs",
        rating_key=144500,
        season_keys={1: 144502},
        episodes={(1, 1): EpisodePlace(rating_key=144504)},
    ),
    ShowPlace(
        key="sherlock",
        rating_key=30100,
        season_keys={0: 30101},
        episodes={(0, 8): EpisodePlace(rating_key=30177, length_ms=430_000)},
    ),
    ShowPlace(
        key="office-us",
        rating_key=40000,
        season_keys={4: 40100},
        episodes={
            (4, 1): EpisodePlace(rating_key=40101),
            (4, 2): EpisodePlace(rating_key=40102),
        },
    ),
    ShowPlace(
        key="bluey",
        rating_key=28825,
        season_keys={3: 28826},
        guid="plex://show/5d9c090e705e7a001e6e94d8",
        season_guids={3: "plex://season/613739f0b7b324d021ec208e"},
        episodes={(3, 15): EpisodePlace(rating_key=28841, guid="plex://episode/61a7767ce791a9a4411afd38")},
        extra={"grandparentSlug": "bluey-2018"},
    ),
    ShowPlace(
        key="baki-hanma",
        section=ANIME,
        rating_key=61000,
        episodes={(1, 1): EpisodePlace(rating_key=61001)},
    ),
    ShowPlace(
        key="futurama",
        rating_key=59800,
        season_keys={2: 59837},
        stem="com.plexapp.agents.thetvdb://{tvdb}",
        episodes={
            (2, 15): EpisodePlace(
                rating_key=59852, missing=frozenset({"duration", "parentGuid", "grandparentGuid"})
            ),
            (2, 16): EpisodePlace(rating_key=59853, markers=EARLY_CREDITS),
        },
    ),
    ShowPlace(key="futurama", stem="com.plexapp.agents.thetvdbdvdorder://{tvdb}", order="dvd"),
    ShowPlace(key="breaking-bad", stem="com.plexapp.agents.themoviedb://{tmdb}"),
    ShowPlace(key="big-bang-theory", stem="com.plexapp.agents.xbmcnfotv://{tvdb}", suffix=""),
    ShowPlace(
        key="game-of-thrones",
        rating_key=72000,
        season_keys={1: 72001},
        guid="tv.plex.agents.nfo.series://show/tvdb_121361",
        episode_guid="tv.plex.agents.nfo.series://episode/tvdb_{tvdb}",
        episodes={(1, 1): EpisodePlace(rating_key=72011, length_ms=3_720_000)},
    ),
    ShowPlace(
        key="cowboy-bebop",
        section=ANIME,
        rating_key=71000,
        season_keys={1: 71001},
        stem="com.plexapp.agents.hama://anidb-23",
        episodes={(1, 5): EpisodePlace(rating_key=71005, length_ms=1_480_000)},
    ),
    ShowPlace(
        key="cowboy-bebop",
        section=ANIME,
        stem="net.fribbtastic.coding.plex.myanimelist://1",
        only=frozenset({1}),
    ),
    ShowPlace(
        key="attack-on-titan",
        section=ANIME,
        rating_key=71200,
        season_keys={1: 71201},
        stem="com.plexapp.agents.hama://tvdb-{tvdb}",
        episodes={(1, 3): EpisodePlace(rating_key=71203)},
    ),
    ShowPlace(
        key="attack-on-titan",
        section=ANIME,
        stem="com.plexapp.agents.abstvdb://{tvdb}",
        order="absolute",
    ),
    ShowPlace(
        key="one-piece",
        section=ANIME,
        stem="com.plexapp.agents.hama://tvdb3-{tvdb}",
        order="absolute",
    ),
)
