from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Numbering
from crosswatch.core.guids import Bearer, Guid, parse_guid
from crosswatch.core.ids import Ids

AGENTS = "com.plexapp.agents"

TABLE = {
    # Plex's own: a kind, and no id that anybody else knows
    "plex://movie/5d7768000000000000001357": Guid(bearer=Bearer.MOVIE),
    "plex://show/5d7768000000000000147960": Guid(bearer=Bearer.SHOW),
    "plex://episode/5d7768000000000000147967": Guid(bearer=Bearer.EPISODE),
    "plex://season/5d7768000000000000147965": Guid(),
    "plex://track/5d07cdbb403c640290f5881e": Guid(),
    # the old agents of Plex
    f"{AGENTS}.imdb://tt0072684?lang=en": Guid(bearer=Bearer.TITLE, ids=Ids(imdb="tt0072684")),
    f"{AGENTS}.imdb://tt0386676/2/5?lang=en": Guid(
        bearer=Bearer.SHOW, ids=Ids(imdb="tt0386676"), season=2, number=5
    ),
    f"{AGENTS}.themoviedb://603?lang=en": Guid(bearer=Bearer.TITLE, ids=Ids(tmdb=603)),
    f"{AGENTS}.themoviedb://1396/2/5?lang=en": Guid(
        bearer=Bearer.SHOW, ids=Ids(tmdb=1396), season=2, number=5
    ),
    f"{AGENTS}.thetvdb://73871?lang=en": Guid(bearer=Bearer.SHOW, ids=Ids(tvdb=73871)),
    f"{AGENTS}.thetvdb://73871/2?lang=en": Guid(bearer=Bearer.SHOW, ids=Ids(tvdb=73871), season=2),
    f"{AGENTS}.thetvdb://73871/2/15?lang=en": Guid(
        bearer=Bearer.SHOW, ids=Ids(tvdb=73871), season=2, number=15
    ),
    f"{AGENTS}.thetvdb://73871/0/3": Guid(bearer=Bearer.SHOW, ids=Ids(tvdb=73871), season=0, number=3),
    f"{AGENTS}.thetvdb://71256/2023/2023-05-17?lang=en": Guid(
        bearer=Bearer.SHOW, ids=Ids(tvdb=71256), season=2023
    ),
    f"{AGENTS}.thetvdb://abc/1/2": Guid(bearer=Bearer.SHOW, season=1, number=2),
    # other orders
    f"{AGENTS}.thetvdbdvdorder://78874/1/2": Guid(
        bearer=Bearer.SHOW, ids=Ids(tvdb=78874), season=1, number=2, numbering=Numbering.DVD
    ),
    f"{AGENTS}.abstvdb://81797/1/517": Guid(
        bearer=Bearer.SHOW, ids=Ids(tvdb=81797), season=1, number=517, numbering=Numbering.ABSOLUTE
    ),
    # anime
    f"{AGENTS}.hama://anidb-23/1/5?lang=en": Guid(
        bearer=Bearer.SHOW, season=1, number=5, numbering=Numbering.ANIDB, foreign_ids=("anidb-23",)
    ),
    f"{AGENTS}.hama://anidb-69": Guid(
        bearer=Bearer.TITLE, numbering=Numbering.ANIDB, foreign_ids=("anidb-69",)
    ),
    f"{AGENTS}.hama://69/1/5": Guid(
        bearer=Bearer.SHOW, season=1, number=5, numbering=Numbering.ANIDB, foreign_ids=("anidb-69",)
    ),
    f"{AGENTS}.hama://anidb2-7251/1/5": Guid(
        bearer=Bearer.SHOW, season=1, number=5, numbering=Numbering.UNKNOWN, foreign_ids=("anidb-7251",)
    ),
    f"{AGENTS}.hama://tvdb-267440/1/3?lang=en": Guid(
        bearer=Bearer.SHOW, ids=Ids(tvdb=267440), season=1, number=3
    ),
    f"{AGENTS}.hama://tvdb-267440": Guid(bearer=Bearer.SHOW, ids=Ids(tvdb=267440)),
    f"{AGENTS}.hama://tvdb2-267440/2/1": Guid(bearer=Bearer.SHOW, ids=Ids(tvdb=267440), season=2, number=1),
    f"{AGENTS}.hama://tvdb3-81797/1/517": Guid(
        bearer=Bearer.SHOW, ids=Ids(tvdb=81797), season=1, number=517, numbering=Numbering.ABSOLUTE
    ),
    f"{AGENTS}.hama://tvdb4-81797/14/517": Guid(
        bearer=Bearer.SHOW, ids=Ids(tvdb=81797), season=14, number=517, numbering=Numbering.ABSOLUTE
    ),
    f"{AGENTS}.hama://tvdb5-81797/14/1": Guid(
        bearer=Bearer.SHOW, ids=Ids(tvdb=81797), season=14, number=1, numbering=Numbering.UNKNOWN
    ),
    f"{AGENTS}.hama://tvdb6-81797/1/1": Guid(
        bearer=Bearer.SHOW, ids=Ids(tvdb=81797), season=1, number=1, numbering=Numbering.UNKNOWN
    ),
    f"{AGENTS}.hama://tmdb-128": Guid(bearer=Bearer.TITLE, ids=Ids(tmdb=128)),
    f"{AGENTS}.hama://tsdb-1429/1/2": Guid(bearer=Bearer.SHOW, ids=Ids(tmdb=1429), season=1, number=2),
    f"{AGENTS}.hama://imdb-tt0245429": Guid(bearer=Bearer.TITLE, ids=Ids(imdb="tt0245429")),
    f"{AGENTS}.hama://youtube-UCabc/2023/5": Guid(
        bearer=Bearer.SHOW,
        season=2023,
        number=5,
        numbering=Numbering.UNKNOWN,
        foreign_ids=("youtube-UCabc",),
    ),
    "net.devvsbugs.coding.plex.myanimelist://21?lang=en": Guid(
        bearer=Bearer.TITLE, numbering=Numbering.UNKNOWN, foreign_ids=("mal-21",)
    ),
    "net.fribbtastic.coding.plex.myanimelist://16498/1/2": Guid(
        bearer=Bearer.SHOW, season=1, number=2, numbering=Numbering.UNKNOWN, foreign_ids=("mal-16498",)
    ),
    # files that describe themselves
    f"{AGENTS}.xbmcnfo://tt0103064": Guid(bearer=Bearer.MOVIE, ids=Ids(imdb="tt0103064")),
    f"{AGENTS}.xbmcnfo://603?lang=en": Guid(bearer=Bearer.MOVIE, ids=Ids(tmdb=603)),
    f"{AGENTS}.xbmcnfotv://81189/1/1": Guid(bearer=Bearer.SHOW, ids=Ids(tvdb=81189), season=1, number=1),
    f"{AGENTS}.xbmcnfotv://tt0903747/1/1": Guid(
        bearer=Bearer.SHOW, ids=Ids(imdb="tt0903747"), season=1, number=1
    ),
    "tv.plex.agents.nfo.movie://movie/tmdb_383498": Guid(bearer=Bearer.MOVIE, ids=Ids(tmdb=383498)),
    "tv.plex.agents.nfo.movie://movie/imdb_tt5463162": Guid(bearer=Bearer.MOVIE, ids=Ids(imdb="tt5463162")),
    "tv.plex.agents.nfo.movie://movie/383498": Guid(bearer=Bearer.MOVIE),
    "tv.plex.agents.nfo.series://show/tvdb_121361": Guid(bearer=Bearer.SHOW, ids=Ids(tvdb=121361)),
    "tv.plex.agents.nfo.series://episode/tvdb_3254641": Guid(bearer=Bearer.EPISODE, ids=Ids(tvdb=3254641)),
    # YouTube
    f"{AGENTS}.youtube://youtube-UCexample/2023/5?lang=en": Guid(
        bearer=Bearer.SHOW,
        season=2023,
        number=5,
        numbering=Numbering.UNKNOWN,
        foreign_ids=("youtube-UCexample",),
    ),
    f"{AGENTS}.ytinforeader://UCexample": Guid(
        bearer=Bearer.TITLE, numbering=Numbering.UNKNOWN, foreign_ids=("youtube-UCexample",)
    ),
    # by hand
    "tt0112253": Guid(bearer=Bearer.ITEM, ids=Ids(imdb="tt0112253")),
    "imdb://tt0878804": Guid(bearer=Bearer.ITEM, ids=Ids(imdb="tt0878804")),
    "tmdb://348": Guid(bearer=Bearer.ITEM, ids=Ids(tmdb=348)),
    "tvdb://5370": Guid(bearer=Bearer.ITEM, ids=Ids(tvdb=5370)),
    # nothing that anybody knows
    f"{AGENTS}.none://0a1b2c3d4e5f60718293a4b5c6d7e8f901234567?lang=xn": Guid(numbering=Numbering.UNKNOWN),
    "tv.plex.agents.none://68178": Guid(numbering=Numbering.UNKNOWN),
    "local://81001": Guid(numbering=Numbering.UNKNOWN),
    "library://1/item": Guid(numbering=Numbering.UNKNOWN),
    "file:///media/a.mkv": Guid(numbering=Numbering.UNKNOWN),
    f"{AGENTS}.plexmusic://gracenote/track/1": Guid(numbering=Numbering.UNKNOWN),
    f"{AGENTS}.lastfm://a/b/c": Guid(numbering=Numbering.UNKNOWN),
    "tv.plex.xmltv://episode/1": Guid(numbering=Numbering.UNKNOWN),
    "iva://api.internetvideoarchive.com/2.0/DataService/VideoAssets(409353)?lang=en": Guid(
        numbering=Numbering.UNKNOWN
    ),
    "analyzed.prerolls://0f1e2d3c4b5a69788796a5b4c3d2e1f001234567": Guid(numbering=Numbering.UNKNOWN),
    "no_idea": Guid(numbering=Numbering.UNKNOWN),
    "some.future.agent://81189/1/2": Guid(numbering=Numbering.UNKNOWN),
    "": Guid(),
}


@pytest.mark.parametrize("text", TABLE)
def test_a_guid_is_typed_by_what_it_carries(text):
    found = parse_guid(text)
    expected = TABLE[text]
    assert found.text == text
    assert (found.bearer, found.ids, found.season, found.number) == (
        expected.bearer,
        expected.ids,
        expected.season,
        expected.number,
    )
    assert (found.numbering, found.foreign_ids) == (expected.numbering, expected.foreign_ids)


@pytest.mark.parametrize(
    ("text", "movie", "show", "episode"),
    [
        pytest.param("com.plexapp.agents.thetvdb://73871/2/15", False, True, False, id="a show with numbers"),
        pytest.param("com.plexapp.agents.themoviedb://603", True, True, False, id="a movie or a show"),
        pytest.param("tv.plex.agents.nfo.series://episode/tvdb_3254641", False, False, True, id="an episode"),
        pytest.param("com.plexapp.agents.xbmcnfo://603", True, False, False, id="a movie"),
        pytest.param("imdb://tt0878804", True, True, True, id="whatever carries it"),
        pytest.param("plex://episode/5d7768000000000000147967", False, False, False, id="no ids at all"),
    ],
)
def test_ids_are_given_only_to_their_own_kind_of_bearer(text, movie, show, episode):
    guid = parse_guid(text)
    given = [bool(guid.ids_of(bearer)) for bearer in (Bearer.MOVIE, Bearer.SHOW, Bearer.EPISODE)]
    assert given == [movie, show, episode]


def test_nobody_gets_ids_by_asking_for_no_kind():
    assert not parse_guid("imdb://tt0878804").ids_of(Bearer.UNKNOWN)


SCHEMES = sorted({text.partition("://")[0] for text in TABLE})


@given(
    st.one_of(
        st.text(),
        st.builds("{}://{}".format, st.sampled_from(SCHEMES), st.text()),
        st.builds("{}://{}/{}/{}".format, st.sampled_from(SCHEMES), *[st.text(max_size=12)] * 3),
    )
)
def test_no_text_breaks_the_parser_and_no_show_id_is_ever_an_episodes(text):
    guid = parse_guid(text)
    if guid.season is not None or guid.number is not None:
        assert not guid.ids_of(Bearer.EPISODE)
    if guid.ids_of(Bearer.SHOW) and guid.bearer is not Bearer.ITEM:
        assert not guid.ids_of(Bearer.EPISODE)
