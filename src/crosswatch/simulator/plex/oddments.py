"""What only Plex has and no catalogue knows: home videos, a channel, music, photos, clips and live TV.

Source: Plex protocol notes, sections 7.3 and 9; the recordings.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from crosswatch.simulator.plex.items import PREROLLS, UNKNOWN_CLIPS, Item
from crosswatch.simulator.plex.library import media_of
from crosswatch.simulator.plex.stock import HOME_VIDEOS, MOVIES, MUSIC, PHOTOS, TV_SHOWS, YOUTUBE

if TYPE_CHECKING:
    from crosswatch.simulator.plex.items import Section


def only_in_plex() -> list[Item]:
    """All of it, parents before what is below them."""
    return [*_unmatched(), *_channel(), *_news(), *_music(), *_clips(), *_live()]


def _unmatched() -> list[Item]:
    none = "com.plexapp.agents.none://0a1b2c3d4e5f60718293a4b5c6d7e8f901234567?lang=xn"
    return [
        _filed("81001", "Holiday at the lake", "local://81001", HOME_VIDEOS, 912_345),
        _filed("81002", "Garden 2021", none, HOME_VIDEOS, 600_000, year=2021),
        _filed("68178", "Cellar tapes", "tv.plex.agents.none://68178", HOME_VIDEOS, 1_800_000),
        _filed("90001", "Unknown Film", "plex://movie/5d7768000000000000090001", MOVIES, 5_400_000, guids=()),
        Item(
            rating_key="83001",
            kind="photo",
            title="Lake at dusk",
            guid="com.plexapp.agents.none://83001",
            section=PHOTOS,
            year=2021,
            media=media_of("83001", PHOTOS, container="jpeg"),
        ),
    ]


def _channel() -> list[Item]:
    stem = "com.plexapp.agents.youtube://youtube-UCexampleexampleexample"
    show = Item(
        rating_key="82000",
        kind="show",
        title="Example Channel",
        guid=f"{stem}?lang=en",
        section=YOUTUBE,
        length_ms=745_000,
        year=2020,
        index=1,
    )
    season = Item(
        rating_key="82001",
        kind="season",
        title="Season 2023",
        guid=f"{stem}/2023?lang=en",
        section=YOUTUBE,
        index=2023,
        parent=show,
    )
    episode = Item(
        rating_key="82005",
        kind="episode",
        title="How engines work",
        guid=f"{stem}/2023/5?lang=en",
        section=YOUTUBE,
        length_ms=745_000,
        year=2023,
        day=date(2023, 5, 17),
        index=5,
        season_index=2023,
        parent=season,
        media=media_of("82005", YOUTUBE),
    )
    return [show, season, episode]


def _news() -> list[Item]:
    """A show by date: its season is the year, its episodes have no number."""
    show = Item(
        rating_key="84000",
        kind="show",
        title="The Example Report",
        guid="plex://show/5d7768000000000000084000",
        section=TV_SHOWS,
        length_ms=1_800_000,
        year=2024,
        index=1,
        guids=(),
    )
    season = Item(
        rating_key="84001",
        kind="season",
        title="Season 2025",
        guid="plex://season/5d7768000000000000084001",
        section=TV_SHOWS,
        index=2025,
        parent=show,
    )
    episode = Item(
        rating_key="84005",
        kind="episode",
        title="March 3, 2025",
        guid="plex://episode/5d7768000000000000084005",
        section=TV_SHOWS,
        length_ms=1_800_000,
        year=2025,
        day=date(2025, 3, 3),
        season_index=2025,
        parent=season,
        media=media_of("84005", TV_SHOWS),
        guids=(),
    )
    return [show, season, episode]


def _music() -> list[Item]:
    artist = Item(
        rating_key="61152",
        kind="artist",
        title="Various Artists",
        guid="plex://artist/5d07bbfc403c6402904a5ec9",
        section=MUSIC,
    )
    album = Item(
        rating_key="73701",
        kind="album",
        title="Good Morning, Vietnam",
        guid="plex://album/5d07c208403c640290899b4e",
        section=MUSIC,
        year=1987,
        parent=artist,
    )
    track = Item(
        rating_key="73894",
        kind="track",
        title="What a Wonderful World",
        guid="plex://track/5d07cdbb403c640290f5881e",
        section=MUSIC,
        length_ms=136_411,
        index=19,
        season_index=1,
        parent=album,
        media=media_of("73894", MUSIC, container="mp3"),
        extra={"parentYear": 1987},
    )
    theme = Item(
        rating_key="73999",
        kind="track",
        title="Theme",
        guid="library://00000000-0000-4000-8000-000000000002/item/theme",
        section=UNKNOWN_CLIPS,
        length_ms=30_000,
    )
    return [artist, album, track, theme]


TRAILER_GUID = (
    "iva://api.internetvideoarchive.com/2.0/DataService/VideoAssets(409353)"
    "?lang=en&bitrates=80,212,450,750,1500,2500,5000,8000&duration=130&adaptive=1&dts=0"
)


def _clips() -> list[Item]:
    trailer = Item(
        rating_key="8355",
        kind="clip",
        title="Tenet",
        guid=TRAILER_GUID,
        section=MOVIES,
        length_ms=130_000,
        year=2019,
        day=date(2019, 12, 19),
        index=1,
        extra={"subtype": "trailer", "extraType": 1, "art": "/library/metadata/8354/art/1614074469"},
        added_at=1_613_901_884,
    )
    preroll = Item(
        rating_key="47999",
        kind="clip",
        title="house intro",
        guid="analyzed.prerolls://0f1e2d3c4b5a69788796a5b4c3d2e1f001234567",
        section=PREROLLS,
        length_ms=6_000,
    )
    unknown = Item(
        rating_key="48001",
        kind="clip",
        title="clip",
        guid="no_idea",
        section=UNKNOWN_CLIPS,
        length_ms=60_000,
    )
    return [trailer, preroll, unknown]


def _live() -> list[Item]:
    news = Item(
        rating_key="",
        kind="episode",
        title="Evening News",
        guid="plex://episode/5fc70265c40548002d539d23",
        section=None,
        year=2025,
        index=212,
        season_index=1,
        live_key="/livetv/sessions/00000000-0000-4000-8000-00000000ab01",
        extra={"grandparentTitle": "Evening News"},
    )
    guide_only = Item(
        rating_key="",
        kind="episode",
        title="Midnight Movie Talk",
        guid="tv.plex.xmltv://EP000000010001/airing",
        section=None,
        live_key="/livetv/sessions/00000000-0000-4000-8000-00000000ab03",
        extra={"grandparentTitle": "Midnight Movie Talk"},
    )
    return [news, guide_only]


def _filed(
    rating_key: str,
    title: str,
    guid: str,
    section: Section,
    length_ms: int,
    *,
    year: int | None = None,
    guids: tuple[str | None, ...] | None = None,
) -> Item:
    return Item(
        rating_key=rating_key,
        kind="movie",
        title=title,
        guid=guid,
        guids=guids,
        section=section,
        length_ms=length_ms,
        year=year,
        media=media_of(rating_key, section),
    )
