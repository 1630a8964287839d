from __future__ import annotations

import re

import pytest

from crosswatch.simulator.plex.items import COUNTED_KINDS, PREROLLS, UNKNOWN_CLIPS
from crosswatch.simulator.plex.shelving import default_library

LIBRARY = default_library()


@pytest.fixture
def library():
    return default_library()


FORMS = {
    "plex movie": r"plex://movie/[0-9a-f]{24}",
    "plex show": r"plex://show/[0-9a-f]{24}",
    "plex season": r"plex://season/[0-9a-f]{24}",
    "plex episode": r"plex://episode/[0-9a-f]{24}",
    "plex track": r"plex://track/[0-9a-f]{24}",
    "legacy imdb movie": r"com\.plexapp\.agents\.imdb://tt0072684\?lang=en",
    "legacy tmdb movie": r"com\.plexapp\.agents\.themoviedb://129\?lang=en",
    "legacy tmdb show id with numbers": r"com\.plexapp\.agents\.themoviedb://1396/2/5\?lang=en",
    "legacy tvdb show": r"com\.plexapp\.agents\.thetvdb://73871\?lang=en",
    "legacy tvdb show id with numbers": r"com\.plexapp\.agents\.thetvdb://73871/2/15\?lang=en",
    "dvd order": r"com\.plexapp\.agents\.thetvdbdvdorder://73871/1/10\?lang=en",
    "absolute order": r"com\.plexapp\.agents\.abstvdb://267440/1/26\?lang=en",
    "hama anidb": r"com\.plexapp\.agents\.hama://anidb-23/1/5\?lang=en",
    "hama tvdb": r"com\.plexapp\.agents\.hama://tvdb-267440/1/3\?lang=en",
    "hama tvdb3, all in season 1": r"com\.plexapp\.agents\.hama://tvdb3-81797/1/61\?lang=en",
    "nfo movie by imdb": r"com\.plexapp\.agents\.xbmcnfo://tt0078748",
    "nfo movie by tmdb": r"com\.plexapp\.agents\.xbmcnfo://1396",
    "nfo show": r"com\.plexapp\.agents\.xbmcnfotv://80379/1/1",
    "new nfo movie by tmdb": r"tv\.plex\.agents\.nfo\.movie://movie/tmdb_383498",
    "new nfo movie by imdb": r"tv\.plex\.agents\.nfo\.movie://movie/imdb_tt2015381",
    "new nfo show": r"tv\.plex\.agents\.nfo\.series://show/tvdb_121361",
    "new nfo episode": r"tv\.plex\.agents\.nfo\.series://episode/tvdb_3254641",
    "myanimelist": r"net\.fribbtastic\.coding\.plex\.myanimelist://1/1/5\?lang=en",
    "youtube": r"com\.plexapp\.agents\.youtube://youtube-\w+/2023/5\?lang=en",
    "none": r"com\.plexapp\.agents\.none://[0-9a-f]{40}\?lang=xn",
    "new none": r"tv\.plex\.agents\.none://68178",
    "local": r"local://81001",
    "library (theme music)": r"library://.+",
    "bare imdb": r"tt0065126",
    "imdb scheme": r"imdb://tt0878804",
    "live guide": r"tv\.plex\.xmltv://.+",
    "online trailer": r"iva://api\.internetvideoarchive\.com/.+",
    "pre-roll": r"analyzed\.prerolls://[0-9a-f]{40}",
    "meaningless": r"no_idea",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_guid_occurs(form):
    assert any(re.fullmatch(FORMS[form], item.guid) for item in LIBRARY.everything())


@pytest.mark.parametrize(
    "kind", ["movie", "show", "season", "episode", "artist", "album", "track", "clip", "photo"]
)
def test_every_kind_of_item_occurs(kind):
    assert any(item.kind == kind for item in LIBRARY.everything())


def test_there_is_plenty():
    assert sum(item.kind in COUNTED_KINDS for item in LIBRARY.everything()) > 40
    assert {item.section for item in LIBRARY.everything()} >= {PREROLLS, UNKNOWN_CLIPS, None}


@pytest.mark.parametrize(
    ("name", "guids"),
    [
        pytest.param("1357", ("imdb://tt0133093", "tmdb://603", "tvdb://169"), id="all three"),
        pytest.param("Parasite", ("tmdb://496243",), id="one only"),
        pytest.param("90001", (), id="an empty list"),
        pytest.param("3456", None, id="no list"),
        pytest.param(
            "Face/Off",
            ("imdb://tt0119094", "tmdb://999999901", "tmdb://754", "TVDB://abc", "nonsense", None),
            id="two of one kind and rubbish",
        ),
    ],
)
def test_external_ids_are_whole_partial_empty_absent_or_doubled(name, guids):
    assert LIBRARY.find(name).guids == guids


def test_episodes_carry_their_own_ids_and_not_the_shows():
    episode = LIBRARY.get("147967")
    assert episode.guids == ("imdb://tt9900102", "tmdb://9900102", "tvdb://9900102")
    assert episode.grandparent.guids == ("imdb://tt11280740", "tmdb://95396", "tvdb://371980")


def test_two_episodes_of_one_file_share_it_and_its_whole_length():
    first, second = LIBRARY.get("40101"), LIBRARY.get("40102")
    assert first.media is second.media
    assert (first.length_ms, second.length_ms) == (2_520_000, 2_520_000)


def test_a_movie_in_two_files_is_one_item():
    assert len(LIBRARY.movie("(500) Days of Summer").media.files) == 2


def test_two_editions_have_the_same_ids():
    editions = [item for item in LIBRARY.everything() if item.title == "Dune" and item.year == 2021]
    assert len(editions) == 2
    assert editions[0].guids == editions[1].guids
    assert [item.extra.get("editionTitle") for item in editions] == [None, "IMAX"]


@pytest.mark.parametrize(
    ("guid", "here", "aired"),
    [
        pytest.param("com.plexapp.agents.thetvdbdvdorder://73871/1/10?lang=en", (1, 10), (2, 1), id="dvd"),
        pytest.param("com.plexapp.agents.hama://tvdb3-81797/1/61?lang=en", (1, 61), (5, 1), id="absolute"),
        pytest.param("com.plexapp.agents.abstvdb://267440/1/26?lang=en", (1, 26), (2, 1), id="abstvdb"),
        pytest.param("com.plexapp.agents.thetvdb://73871/2/15?lang=en", (2, 15), None, id="as aired"),
    ],
)
def test_other_orders_know_the_aired_one(guid, here, aired):
    item = next(item for item in LIBRARY.everything() if item.guid == guid)
    assert ((item.season_index, item.index), item.aired) == (here, aired)


def test_specials_are_season_zero():
    special = LIBRARY.get("30177")
    assert (special.season_index, special.index, special.parent.title) == (0, 8, "Specials")


def test_a_show_by_date_has_a_year_for_a_season_and_no_number():
    episode = LIBRARY.get("84005")
    assert (episode.season_index, episode.index, episode.day.isoformat()) == (2025, None, "2025-03-03")


def test_things_are_found_by_key_path_title_and_place():
    matrix = LIBRARY.get("1357")
    names = ("1357", "/library/metadata/1357", "The Matrix", "The Matrix (1999)")
    assert [LIBRARY.find(name) for name in names] == [matrix] * 4
    assert LIBRARY.movie("The Matrix") is matrix
    assert LIBRARY.episode("Severance", 1, 2).rating_key == "147967"
    assert LIBRARY.find("Severance S01E02").rating_key == "147967"
    assert LIBRARY.at_path("/livetv/sessions/00000000-0000-4000-8000-00000000ab01").title == "Evening News"
    assert LIBRARY.at_path("") is None


@pytest.mark.parametrize(
    "look",
    [
        lambda library: library.get("0"),
        lambda library: library.find("nothing"),
        lambda library: library.movie("Severance"),
        lambda library: library.show("The Matrix"),
        lambda library: library.episode("Severance", 1, 99),
        lambda library: library.remove("0"),
    ],
)
def test_what_is_not_there_is_a_key_error(library, look):
    with pytest.raises(KeyError):
        look(library)


def test_the_next_episode_crosses_seasons_and_ends():
    last_of_season = LIBRARY.episode("Severance", 1, 9)
    assert LIBRARY.next_episode(last_of_season) is LIBRARY.episode("Severance", 2, 1)
    assert LIBRARY.next_episode(LIBRARY.episode("Severance", 2, 10)) is None
    assert LIBRARY.next_episode(LIBRARY.get("1357")) is None


def test_what_is_taken_out_takes_along_what_is_below(library):
    season = library.get("147965")
    gone = library.remove("147965")
    assert len(gone) == 10
    assert gone[-1] is season
    assert not library.holds(season)
    assert season not in library.children(library.get("147960"))


def test_a_key_is_given_once(library):
    item = library.new_movie("Fresh", library.sections[1], length_ms=1000)
    library.add(item)
    with pytest.raises(ValueError, match="is taken"):
        library.add(item)
    assert library.free_key() != item.rating_key


def test_two_libraries_share_nothing_that_changes(library):
    library.remove("1357")
    assert LIBRARY.get("1357").title == "The Matrix"
