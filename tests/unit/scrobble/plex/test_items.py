from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.ids import Ids
from crosswatch.errors import PayloadError
from crosswatch.providers.scrobble.plex.documents import parse_document
from crosswatch.providers.scrobble.plex.items import ShowFacts, kind_of, media_from, show_facts_from
from crosswatch.providers.scrobble.plex.values import children_of
from fakes.plex_recordings import names_in, recorded_bytes


def episode(**fields):
    return Media(kind=MediaKind.EPISODE, **{"library_id": "2", "library": "TV Shows", **fields})


def movie(**fields):
    return Media(kind=MediaKind.MOVIE, **{"library_id": "1", "library": "Movies", **fields})


MATRIX = movie(
    title="The Matrix",
    year=1999,
    ids=Ids(imdb="tt0133093", tmdb=603, tvdb=169),
    aired_on=date(1999, 3, 30),
    duration_ms=8_180_000,
    guid="plex://movie/5d7768000000000000001357",
    rating_key="1357",
    file="/media/Movies/1357.mkv",
)
HALF_LOOP = episode(
    title="Half Loop",
    year=2022,
    ids=Ids(imdb="tt9900102", tmdb=9900102, tvdb=9900102),
    show=Show(title="Severance"),
    season=1,
    number=2,
    aired_on=date(2022, 2, 18),
    duration_ms=3_180_000,
    guid="plex://episode/5d7768000000000000147967",
    rating_key="147967",
    show_rating_key="147960",
    file="/media/TV Shows/147967.mkv",
)
SEVERANCE = ShowFacts(
    show=Show(title="Severance", year=2022, ids=Ids(imdb="tt11280740", tmdb=95396, tvdb=371980))
)
FUN_RUN = "/media/TV Shows/The Office (US)/Season 04/The Office (US) - S04E01-E02 - Fun Run.mkv"

EXPECTED = {
    "metadata/01-movie.json": [MATRIX],
    "metadata/02-movie.xml": [MATRIX],
    "metadata/03-movie-real-2025.json": [
        movie(
            title="October Sky",
            year=1999,
            ids=Ids(imdb="tt0132477", tmdb=13466, tvdb=5370),
            aired_on=date(1999, 2, 19),
            duration_ms=6_480_000,
            guid="plex://movie/5d9f3504e4fc29001eb65755",
            rating_key="15496",
            file="/media/Movies/15496.mkv",
        )
    ],
    "metadata/04-episode.json": [HALF_LOOP],
    "metadata/05-show.json": SEVERANCE,
    "metadata/06-show.xml": SEVERANCE,
    "metadata/07-episode-real.json": [
        episode(
            title="Pilot",
            year=2026,
            ids=Ids(imdb="tt35670500", tmdb=5580253, tvdb=10678775),
            show=Show(title="The 'Burbs"),
            season=1,
            number=1,
            duration_ms=2_880_000,
            guid="plex://episode/5d7768000000000000144504",
            rating_key="144504",
            show_rating_key="144500",
            file="/media/TV Shows/144504.mkv",
        )
    ],
    "metadata/08-special-season0.json": [
        episode(
            title="Many Happy Returns",
            year=2013,
            ids=Ids(imdb="tt9900208", tmdb=9900208, tvdb=9900208),
            show=Show(title="Sherlock"),
            season=0,
            number=8,
            aired_on=date(2013, 12, 24),
            duration_ms=430_000,
            guid="plex://episode/5d7768000000000000030177",
            rating_key="30177",
            show_rating_key="30100",
            file="/media/TV Shows/30177.mkv",
        )
    ],
    "metadata/09-multi-episode-file.json": [
        episode(
            title=f"Fun Run ({number})",
            year=2007,
            ids=Ids(imdb=f"tt990040{number}", tmdb=9900400 + number, tvdb=9900400 + number),
            show=Show(title="The Office (US)"),
            season=4,
            number=number,
            aired_on=date(2007, 9, 27),
            duration_ms=2_520_000,
            guid=f"plex://episode/5d776800000000000004010{number}",
            rating_key=f"4010{number}",
            show_rating_key="40000",
            file=FUN_RUN,
        )
        for number in (1, 2)
    ],
    "metadata/10-legacy-imdb-movie.json": [
        movie(
            title="Barry Lyndon",
            year=1975,
            ids=Ids(imdb="tt0072684"),
            aired_on=date(1975, 12, 18),
            duration_ms=11_040_000,
            guid="com.plexapp.agents.imdb://tt0072684?lang=en",
            rating_key="3456",
        )
    ],
    "metadata/11-legacy-tmdb-movie.xml": [
        movie(
            title="Spirited Away",
            year=2001,
            ids=Ids(tmdb=129),
            aired_on=date(2001, 7, 20),
            duration_ms=7_474_000,
            guid="com.plexapp.agents.themoviedb://129?lang=en",
            rating_key="3457",
            file="/media/Movies/3457.mkv",
        )
    ],
    "metadata/12-legacy-tvdb-episode.json": [
        episode(
            title="A Clone of My Own",
            year=2000,
            show=Show(title="Futurama", ids=Ids(tvdb=73871)),
            season=2,
            number=15,
            aired_on=date(2000, 4, 9),
            guid="com.plexapp.agents.thetvdb://73871/2/15?lang=en",
            rating_key="59852",
            show_rating_key="59800",
        )
    ],
    "metadata/13-hama-anidb.json": [
        episode(
            title="Ballad of Fallen Angels",
            year=1998,
            show=Show(title="Cowboy Bebop"),
            season=1,
            number=5,
            numbering=Numbering.ANIDB,
            duration_ms=1_480_000,
            guid="com.plexapp.agents.hama://anidb-23/1/5?lang=en",
            foreign_ids=("anidb-23",),
            rating_key="71005",
            show_rating_key="71000",
            library_id="5",
            library="Anime",
            file="/media/Anime/71005.mkv",
        )
    ],
    "metadata/14-hama-tvdb.json": [
        episode(
            title="A Dim Light Amid Despair",
            year=2013,
            show=Show(title="Attack on Titan", ids=Ids(tvdb=267440)),
            season=1,
            number=3,
            duration_ms=1_440_000,
            guid="com.plexapp.agents.hama://tvdb-267440/1/3?lang=en",
            rating_key="71203",
            show_rating_key="71200",
            library_id="5",
            library="Anime",
            file="/media/Anime/71203.mkv",
        )
    ],
    "metadata/15-nfo-episode.json": [
        episode(
            title="Winter Is Coming",
            year=2011,
            ids=Ids(tvdb=3254641),
            show=Show(title="Game of Thrones"),
            season=1,
            number=1,
            duration_ms=3_720_000,
            guid="tv.plex.agents.nfo.series://episode/tvdb_3254641",
            rating_key="72011",
            show_rating_key="72000",
            file="/media/TV Shows/72011.mkv",
        )
    ],
    "metadata/16-local-home-video.json": [
        movie(
            title="Holiday at the lake",
            duration_ms=912_345,
            guid="local://81001",
            rating_key="81001",
            library_id="7",
            library="Home Videos",
            file="/media/Home Videos/81001.mkv",
        )
    ],
    "metadata/17-none-agent.json": [
        movie(
            title="Garden 2021",
            year=2021,
            duration_ms=600_000,
            guid="com.plexapp.agents.none://0a1b2c3d4e5f60718293a4b5c6d7e8f901234567?lang=xn",
            rating_key="81002",
            library_id="7",
            library="Home Videos",
            file="/media/Home Videos/81002.mkv",
        )
    ],
    "metadata/18-youtube.json": [
        episode(
            title="How engines work",
            year=2023,
            show=Show(title="Example Channel"),
            season=2023,
            number=5,
            numbering=Numbering.UNKNOWN,
            aired_on=date(2023, 5, 17),
            duration_ms=745_000,
            guid="com.plexapp.agents.youtube://youtube-UCexampleexampleexample/2023/5?lang=en",
            foreign_ids=("youtube-UCexampleexampleexample",),
            rating_key="82005",
            show_rating_key="82000",
            library_id="8",
            library="YouTube",
            file="/media/YouTube/82005.mkv",
        )
    ],
    "metadata/19-track.json": [
        Media(
            kind=MediaKind.TRACK,
            title="What a Wonderful World",
            duration_ms=136_411,
            guid="plex://track/5d07cdbb403c640290f5881e",
            rating_key="73894",
            library_id="10",
            library="Music",
            file="/media/Music/73894.mp3",
        )
    ],
    "metadata/20-markers.json": [replace(HALF_LOOP, credits_ms=3_100_000)],
    "metadata/21-unmatched-empty-guid.json": [
        movie(
            title="Unknown Film",
            duration_ms=5_400_000,
            guid="plex://movie/5d7768000000000000090001",
            rating_key="90001",
            file="/media/Movies/90001.mkv",
        )
    ],
    "metadata/22-double-match.json": [MATRIX],
    "metadata/23-404.xml": PayloadError,
    "metadata/24-401.xml": PayloadError,
}


def meaning(path):
    """What the recorded answer tells: movies and episodes, a show, or nothing at all."""
    try:
        container = parse_document(recorded_bytes(path))
    except PayloadError:
        return PayloadError
    items = children_of(container, "Metadata")
    if items[0]["type"] == "show":
        return show_facts_from(items[0])
    return [media_from(item, container) for item in items]


def test_every_recorded_page_has_its_meaning_written_down():
    assert list(EXPECTED) == names_in("metadata")


@pytest.mark.parametrize("path", EXPECTED)
def test_a_recorded_page_is_understood(path):
    assert meaning(path) == EXPECTED[path]


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        pytest.param({"type": "movie", "librarySectionID": 1}, MediaKind.MOVIE, id="movie"),
        pytest.param({"type": "Episode"}, MediaKind.EPISODE, id="episode in capitals"),
        pytest.param({"type": "clip", "subtype": "trailer"}, MediaKind.CLIP, id="trailer"),
        pytest.param({"type": "clip", "librarySectionID": "-2"}, MediaKind.CLIP, id="pre-roll"),
        pytest.param({"type": "movie", "librarySectionID": "-2"}, MediaKind.CLIP, id="pre-roll as a movie"),
        pytest.param({"type": "track"}, MediaKind.TRACK, id="music"),
        pytest.param({"type": "photo"}, MediaKind.PHOTO, id="photo"),
        pytest.param({"type": "movie", "guid": "local://1"}, MediaKind.MOVIE, id="home video"),
        pytest.param({"type": "episode", "live": "1"}, MediaKind.LIVE, id="live by flag"),
        pytest.param({"type": "episode", "live": True}, MediaKind.LIVE, id="live by a real flag"),
        pytest.param({"type": "episode", "live": "0"}, MediaKind.EPISODE, id="recorded"),
        pytest.param({"type": "movie", "key": "/livetv/sessions/1"}, MediaKind.LIVE, id="live by path"),
        pytest.param({"type": "movie", "Media": [{"origin": "livetv"}]}, MediaKind.LIVE, id="live by tuner"),
        pytest.param({"type": "show"}, MediaKind.UNKNOWN, id="a show"),
        pytest.param({}, MediaKind.UNKNOWN, id="nothing said"),
    ],
)
def test_the_kind_of_an_item_is_told(item, kind):
    assert kind_of(item) is kind


@pytest.mark.parametrize(
    ("item", "show_ids", "own_ids"),
    [
        pytest.param(
            {"guid": "com.plexapp.agents.thetvdb://73871/2/15", "Guid": [{"id": "tvdb://99"}]},
            Ids(tvdb=73871),
            Ids(tvdb=99),
            id="a show in the GUID, the episode in the list",
        ),
        pytest.param(
            {"guid": "plex://episode/1", "grandparentGuid": "com.plexapp.agents.thetvdb://73871?lang=en"},
            Ids(tvdb=73871),
            Ids(),
            id="a show in the show's GUID",
        ),
        pytest.param(
            {"guid": "com.plexapp.agents.themoviedb://603"}, Ids(), Ids(), id="a title is no episode"
        ),
        pytest.param({"guid": "imdb://tt0878804"}, Ids(), Ids(imdb="tt0878804"), id="the very item"),
    ],
)
def test_ids_of_a_show_and_of_its_episode_are_kept_apart(item, show_ids, own_ids):
    media = media_from({"type": "episode", "grandparentTitle": "Futurama", **item})
    assert media.show == Show(title="Futurama", ids=show_ids)
    assert media.ids == own_ids


def test_a_movie_takes_no_ids_of_a_show():
    assert media_from({"type": "movie", "guid": "com.plexapp.agents.thetvdb://73871/2/15"}).ids == Ids()


def test_numbers_in_the_guid_stand_in_for_those_that_are_missing():
    media = media_from({"type": "episode", "guid": "com.plexapp.agents.thetvdb://73871/0/3", "index": ""})
    assert (media.season, media.number) == (0, 3)


def test_an_episode_of_an_unknown_agent_does_not_pretend_to_count_in_aired_order():
    media = media_from({"type": "episode", "guid": "some.agent://1/1/1", "parentIndex": 1, "index": 1})
    assert media.numbering is Numbering.UNKNOWN


def test_an_episode_without_any_show_has_none():
    assert media_from({"type": "episode", "title": "x"}).show is None


def test_the_file_that_plays_is_chosen_among_versions():
    versions = [
        {"Part": [{"file": "a.mkv"}]},
        {"selected": True, "Part": [{"file": "b.mkv"}, {"file": "c.mkv"}]},
    ]
    assert media_from({"type": "movie", "Media": versions}).file == "b.mkv"


@pytest.mark.parametrize(
    ("markers", "credits_ms"),
    [
        ([{"type": "credits", "final": True, "startTimeOffset": 9}], 9),
        ([{"type": "credits", "final": "1", "startTimeOffset": "9"}], 9),
        (
            [
                {"type": "credits", "startTimeOffset": 5},
                {"type": "credits", "final": 1, "startTimeOffset": 9},
            ],
            9,
        ),
        ([{"type": "credits", "startTimeOffset": 5}], None),
        ([{"type": "credits", "final": False, "startTimeOffset": 5}], None),
        ([{"type": "intro", "final": True, "startTimeOffset": 5}], None),
        (
            [{"type": "credits", "final": True}, {"type": "credits", "final": True, "startTimeOffset": 0}],
            None,
        ),
        (None, None),
    ],
    ids=["final", "in XML", "after others", "not final", "said so", "no credits", "nowhere", "no markers"],
)
def test_the_final_credits_are_those_that_run_to_the_end(markers, credits_ms):
    assert media_from({"type": "movie", "Marker": markers}).credits_ms == credits_ms


@pytest.mark.parametrize(
    ("day", "aired_on"),
    [
        ("2022-02-18", date(2022, 2, 18)),
        ("2022-02-18 00:00:00", date(2022, 2, 18)),
        ("2022-02-30", None),
        ("soon", None),
        (None, None),
    ],
    ids=repr,
)
def test_a_day_of_airing_is_a_day_or_none(day, aired_on):
    assert media_from({"type": "movie", "originallyAvailableAt": day}).aired_on == aired_on


@pytest.mark.parametrize(
    ("item", "container", "library_id"),
    [
        ({"librarySectionID": "2"}, {"librarySectionID": 1}, "2"),
        ({}, {"librarySectionID": 1}, "1"),
        ({"librarySectionID": "-2"}, {}, None),
        ({}, {}, None),
    ],
    ids=["the item's own", "around it", "none of the user's", "none"],
)
def test_the_library_is_the_items_or_that_of_its_page(item, container, library_id):
    assert media_from({"type": "clip", **item}, container).library_id == library_id


@pytest.mark.parametrize(
    ("ordering", "numbering"),
    [
        (None, None),
        ("aired", None),
        ("tmdbAiring", None),
        ("dvd", Numbering.DVD),
        ("absolute", Numbering.ABSOLUTE),
        ("storyArc", Numbering.UNKNOWN),
    ],
    ids=repr,
)
def test_a_show_that_was_set_to_another_order_says_so(ordering, numbering):
    facts = show_facts_from({"type": "show", "title": "x", "showOrdering": ordering})
    assert facts.numbering is numbering


def test_a_show_of_a_legacy_agent_has_its_id_from_the_guid():
    facts = show_facts_from({"title": "Cowboy Bebop", "guid": "com.plexapp.agents.thetvdb://76885?lang=en"})
    assert facts.show.ids == Ids(tvdb=76885)
    anime = show_facts_from({"title": "Cowboy Bebop", "guid": "com.plexapp.agents.hama://anidb-23?lang=en"})
    assert anime == ShowFacts(show=Show(title="Cowboy Bebop"), foreign_ids=("anidb-23",))
