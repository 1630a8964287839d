from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Media, MediaKind, Numbering, Show
from crosswatch.core.ids import Ids
from crosswatch.core.plays import DesiredAction, Match
from crosswatch.providers.scrobble.trakt.bodies import (
    ask_by_match,
    ask_for,
    is_fit_for_good,
    match_from,
    media_key,
    scrobble_progress,
)

SHOW_IDS = Ids(tmdb=1396, tvdb=81189, imdb="tt0903747")
NO_NUMBER = [Numbering.DVD, Numbering.ABSOLUTE, Numbering.ANIDB, Numbering.UNKNOWN]

# ---------------------------------------------------------------------------------- naming


@pytest.mark.parametrize(
    ("change", "body"),
    [
        pytest.param(
            {},
            {"title": "Guardians of the Galaxy", "year": 2014, "ids": {"imdb": "tt2015381", "tmdb": 118340}},
            id="all ids, title and year",
        ),
        pytest.param(
            {"ids": Ids(tmdb=118340, tvdb=9), "year": None},
            {"ids": {"tmdb": 118340, "tvdb": 9}},
            id="no year, no title",
        ),
        pytest.param(
            {"ids": Ids()}, {"title": "Guardians of the Galaxy", "year": 2014}, id="title and year alone"
        ),
    ],
)
def test_a_movie_is_named_by_all_that_is_known(movie, change, body):
    assert ask_for(movie(**change)).address.body() == {"movie": body}


def test_a_movie_of_which_only_the_title_is_known_is_not_named(movie):
    assert ask_for(movie(ids=Ids(), year=None)) is None


def test_an_episode_is_named_by_its_shows_ids_with_season_and_number(episode):
    assert ask_for(episode()).address.body() == {
        "show": {
            "title": "Breaking Bad",
            "year": 2008,
            "ids": {"imdb": "tt0903747", "tmdb": 1396, "tvdb": 81189},
        },
        "episode": {"season": 1, "number": 1},
    }


def test_season_0_and_number_0_are_numbers(episode):
    body = ask_for(episode(season=0, number=0)).address.body()
    assert body["episode"] == {"season": 0, "number": 0}


@pytest.mark.parametrize(
    "change",
    [
        *[pytest.param({"numbering": one}, id=f"{one.value} order") for one in NO_NUMBER],
        pytest.param({"season": None}, id="season unknown"),
        pytest.param({"number": None}, id="number unknown"),
        pytest.param({"show": None}, id="show unknown"),
        pytest.param({"show": Show(title="Breaking Bad", year=2008)}, id="no ids of the show"),
    ],
)
def test_an_episode_is_named_by_its_own_ids_where_the_shows_do_not_serve(episode, change):
    body = ask_for(episode(**change)).address.body()
    assert body == {"episode": {"ids": {"imdb": "tt0959621", "tmdb": 62085, "tvdb": 349232}}}


def test_an_episode_without_ids_is_not_named(episode):
    assert ask_for(episode(ids=Ids(), show=Show(title="Breaking Bad", year=2008))) is None


def match(**given):
    return Match(**{"key": "k", "evidence": "answer", "made_at": datetime(2026, 11, 20, tzinfo=UTC), **given})


@pytest.mark.parametrize(
    ("given", "body"),
    [
        pytest.param(
            {"ids": Ids(trakt=73482, tvdb=349232), "show_ids": Ids(trakt=1388), "season": 1, "number": 1},
            {"episode": {"ids": {"trakt": 73482}}},
            id="Trakt's number alone",
        ),
        pytest.param(
            {"ids": Ids(tvdb=349232)}, {"episode": {"ids": {"tvdb": 349232}}}, id="an override by id"
        ),
        pytest.param(
            {"show_ids": Ids(tmdb=1396), "season": 3, "number": 7},
            {"show": {"ids": {"tmdb": 1396}}, "episode": {"season": 3, "number": 7}},
            id="an override by show, season and number",
        ),
    ],
)
def test_a_remembered_match_names_the_episode(episode, given, body):
    assert ask_by_match(episode(), match(**given)).address.body() == body


def test_a_remembered_match_names_the_movie(movie):
    asked = ask_by_match(movie(), match(ids=Ids(trakt=28, imdb="tt2015381")))
    assert asked.address.body() == {"movie": {"ids": {"trakt": 28}}}


@pytest.mark.parametrize(
    "given", [{}, {"show_ids": Ids(trakt=1388)}, {"show_ids": Ids(trakt=1), "season": 1}]
)
def test_a_match_without_an_item_names_nothing(episode, given):
    assert ask_by_match(episode(), match(**given)) is None


def test_a_show_never_names_a_movie(movie):
    assert ask_by_match(movie(), match(show_ids=Ids(trakt=1), season=1, number=1)) is None


@pytest.mark.parametrize(
    ("ids", "fit"),
    [(Ids(tmdb=1), True), (Ids(imdb="tt0000001"), True), (Ids(tvdb=1), False), (Ids(), False)],
    ids=["tmdb", "imdb", "tvdb, which Trakt does not match", "title alone"],
)
def test_a_movie_is_named_for_good_only_by_an_id(movie, ids, fit):
    assert is_fit_for_good(ask_for(movie(ids=ids))) is fit


ids = st.builds(
    Ids,
    trakt=st.none() | st.integers(1, 10**9),
    imdb=st.none() | st.from_regex(r"tt\d{7,8}", fullmatch=True),
    tmdb=st.none() | st.integers(1, 10**9),
    tvdb=st.none() | st.integers(1, 10**9),
)
shows = st.builds(Show, title=st.text(max_size=5), year=st.none() | st.integers(1900, 2030), ids=ids)
medias = st.builds(
    Media,
    kind=st.sampled_from([MediaKind.MOVIE, MediaKind.EPISODE]),
    title=st.text(max_size=5),
    year=st.none() | st.integers(1900, 2030),
    ids=ids,
    show=st.none() | shows,
    season=st.none() | st.integers(0, 40),
    number=st.none() | st.integers(0, 2000),
    numbering=st.sampled_from(Numbering),
)


@given(medias)
def test_a_body_never_holds_both_forms_nor_an_id_of_another_kind(media):
    asked = ask_for(media)
    if asked is None:
        return
    body = asked.address.body()
    if media.kind is MediaKind.MOVIE:
        assert set(body) == {"movie"}
        assert body["movie"].get("ids", {}) == media.ids.as_dict()
    elif "show" in body:
        assert media.numbering is Numbering.AIRED
        assert body["episode"] == {"season": media.season, "number": media.number}
        assert body["show"]["ids"] == media.show.ids.as_dict()
    else:
        assert body == {"episode": {"ids": media.ids.as_dict()}}


@given(medias)
def test_a_title_never_goes_without_its_year(media):
    asked = ask_for(media)
    named = next(iter(asked.address.body().values())) if asked else {}
    assert ("title" in named) == ("year" in named)


# ---------------------------------------------------------------------------------- progress


@pytest.mark.parametrize(
    ("action", "progress", "sent"),
    [
        ("start", 0, 0.0),
        ("start", 12.345678, 12.35),
        ("start", 95, 95.0),
        ("pause", 0.99, None),
        ("pause", 1, 1.0),
        ("pause", 79.9, 79.9),
        ("pause", 79.99, 79.9),
        ("pause", 79.999, None),
        ("pause", 80, None),
        ("stop", 0, None),
        ("stop", 0.994, None),
        ("stop", 1, 1.0),
        ("stop", 85, 79.9),
        ("watched", 50, 80.0),
        ("watched", 80, 80.0),
        ("watched", 99.999, 100.0),
    ],
)
def test_progress_is_what_trakt_takes(action, progress, sent):
    assert scrobble_progress(DesiredAction(action), progress) == sent


@given(st.sampled_from(DesiredAction), st.floats(0, 100))
def test_only_watched_ever_makes_a_play(action, progress):
    sent = scrobble_progress(action, progress)
    if action is DesiredAction.WATCHED:
        assert 80 <= sent <= 100
    elif action is not DesiredAction.START and sent is not None:
        assert 1 <= sent <= 79.9


# ---------------------------------------------------------------------------------- keys


@pytest.mark.parametrize(
    ("given", "key"),
    [
        pytest.param({}, "movie:imdb-tt2015381", id="best id"),
        pytest.param({"ids": Ids(tmdb=118340)}, "movie:tmdb-118340", id="next id"),
        pytest.param({"ids": Ids(), "guid": "plex://movie/5d77"}, "movie:plex://movie/5d77", id="Plex's own"),
        pytest.param(
            {"ids": Ids(), "guid": "local://5"}, "movie:guardians of the galaxy:2014", id="a server's own"
        ),
        pytest.param({"ids": Ids(), "year": None}, "movie:guardians of the galaxy:", id="no year"),
    ],
)
def test_the_key_of_a_movie(movie, given, key):
    assert media_key(movie(**given)) == key


@pytest.mark.parametrize(
    ("given", "key"),
    [
        pytest.param({}, "episode:tvdb-349232:aired:s1e1", id="best id of its own"),
        pytest.param({"ids": Ids()}, "episode:show:tmdb-1396:aired:s1e1", id="show and place"),
        pytest.param(
            {"ids": Ids(), "numbering": Numbering.DVD}, "episode:show:tmdb-1396:dvd:s1e1", id="another order"
        ),
        pytest.param(
            {"ids": Ids(), "show": Show(title="Breaking Bad", year=2008)},
            "episode:breaking bad:2008:aired:s1e1:pilot",
            id="titles",
        ),
        pytest.param({"ids": Ids(), "show": None}, "episode:::aired:s1e1:pilot", id="hardly anything"),
    ],
)
def test_the_key_of_an_episode(episode, given, key):
    assert media_key(episode(**given)) == key


def test_episodes_that_an_agent_gave_one_id_have_their_own_keys(episode):
    assert media_key(episode()) != media_key(episode(number=2))


def test_a_corrected_item_gets_another_key(movie):
    assert media_key(movie()) != media_key(movie(ids=Ids(imdb="tt9999999")))


def test_what_trakt_named_is_remembered_with_its_show(episode, now):
    found = episode(ids=Ids(trakt=73482), show=Show(title="Breaking Bad", ids=Ids(trakt=1388)))
    assert match_from(episode(), found, evidence="answer", now=now) == Match(
        key="episode:tvdb-349232:aired:s1e1",
        ids=Ids(trakt=73482),
        show_ids=Ids(trakt=1388),
        season=1,
        number=1,
        evidence="answer",
        made_at=now,
        item="Breaking Bad S01E01",
        found="Breaking Bad S01E01",
    )


def test_an_item_without_ids_is_nothing_to_remember(movie, now):
    assert match_from(movie(), movie(ids=Ids()), evidence="answer", now=now) is None
