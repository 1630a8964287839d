from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.events import Numbering, Show
from crosswatch.core.ids import Ids
from crosswatch.providers.scrobble.trakt.compare import (
    is_generic,
    near_year,
    normalise,
    same_item,
    same_show,
    same_title,
    year_in_title,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("TRON: Legacy", "Tron - Legacy", id="punctuation and case"),
        pytest.param("WALL·E", "WALL-E", id="middle dot"),
        pytest.param("Don't Look Up", "Don\u2019t Look Up", id="apostrophes"),
        pytest.param("Don't Look Up", "Dont Look Up", id="no apostrophe"),
        pytest.param("Law & Order", "Law and Order", id="ampersand"),
        pytest.param("Ame\u0301lie", "Am\u00e9lie", id="composed and decomposed"),
        pytest.param("\uff21\uff2b\uff29\uff32\uff21", "Akira", id="full width"),
        pytest.param("Straße", "STRASSE", id="casefold"),
        pytest.param("The Office (US)", "The Office", id="country behind"),
        pytest.param("Cowboy Bebop (2021)", "Cowboy Bebop", id="year behind"),
        pytest.param("[REC]²", "Rec 2", id="brackets and superscript"),
        pytest.param("…", "…", id="punctuation alone"),
    ],
)
def test_one_title_in_two_spellings(one, other):
    assert same_title(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Dune", "Dune: Part Two", id="longer"),
        pytest.param("Alien", "Aliens", id="one letter"),
        pytest.param("Arrival", "The Arrival", id="article"),
        pytest.param("", "", id="both unknown"),
        pytest.param("…", "?!", id="punctuation alone"),
        pytest.param("千と千尋の神隠し", "千と千尋", id="shorter, in Japanese"),
        pytest.param("कि", "की", id="vowel signs"),
    ],
)
def test_two_titles(one, other):
    assert not same_title(one, other)


@given(st.text())
def test_normalising_twice_changes_nothing(title):
    assert normalise(normalise(title)) == normalise(title)


@pytest.mark.parametrize("title", ["", "Episode 5", "Folge 12", "5", "Part 2"])
def test_titles_that_say_nothing(title):
    assert is_generic(title)


@pytest.mark.parametrize("title", ["Pilot", "Ozymandias", "The Renegade (1)", "Good News About Hell"])
def test_titles_that_say_something(title):
    assert not is_generic(title)


def test_the_year_behind_a_title():
    assert [year_in_title(title) for title in ("Fargo (2014)", "Fargo (US)", "Blade Runner 2049")] == [
        2014,
        None,
        None,
    ]


def test_years_may_be_one_apart():
    assert [near_year(2014, year) for year in (2012, 2013, 2014, 2015, 2016, None)] == [
        False,
        True,
        True,
        True,
        False,
        None,
    ]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        pytest.param({}, True, id="the same"),
        pytest.param({"title": "Guardianes de la Galaxia", "year": 1900}, True, id="ids before titles"),
        pytest.param({"ids": Ids(imdb="tt2015381", tmdb=5)}, True, id="one id of two"),
        pytest.param(
            {"ids": Ids(imdb="tt2015381", tmdb=5), "title": "Another", "year": 2001},
            False,
            id="one id of two, another title",
        ),
        pytest.param({"ids": Ids(imdb="tt2015381", tmdb=5), "title": ""}, True, id="one id of two, no title"),
        pytest.param({"ids": Ids(imdb="tt0000001", tmdb=5)}, False, id="other ids, same title and year"),
        pytest.param({"ids": Ids(trakt=28)}, True, id="no common id, same title and year"),
        pytest.param({"ids": Ids(trakt=28), "year": 2015}, True, id="no common id, a year apart"),
        pytest.param({"ids": Ids(trakt=28), "year": 2017}, False, id="no common id, a remake"),
        pytest.param({"ids": Ids(trakt=28), "title": "Guardians"}, False, id="no common id, another title"),
        pytest.param({"ids": Ids(trakt=28), "year": None}, None, id="no common id, year unknown"),
        pytest.param({"ids": Ids(trakt=28), "title": ""}, None, id="no common id, title unknown"),
    ],
)
def test_movies(movie, change, verdict):
    assert same_item(movie(), movie(**change)) is verdict


def test_a_movie_is_no_episode(movie, episode):
    assert same_item(movie(), episode()) is False


SHOW = Show(title="Breaking Bad", year=2008, ids=Ids(tmdb=1396, tvdb=81189, imdb="tt0903747"))
STRANGER = Show(title="Somebody Else's Evening", year=2019, ids=Ids(tmdb=603, tvdb=169))


@pytest.mark.parametrize(
    ("asked", "found", "verdict"),
    [
        pytest.param({}, {}, True, id="the same"),
        pytest.param({}, {"number": 2}, True, id="renumbered: own id and show agree"),
        pytest.param({}, {"show": STRANGER}, False, id="own id agrees, but of another show"),
        pytest.param(
            {"ids": Ids(tvdb=1, tmdb=2)},
            {"ids": Ids(tvdb=1, tmdb=3), "number": 2},
            True,
            id="one id of two, another number, the title agrees",
        ),
        pytest.param(
            {"ids": Ids(tvdb=1, tmdb=2)},
            {"ids": Ids(tvdb=1, tmdb=3), "number": 2, "title": "Otro"},
            False,
            id="one id of two, another number and title",
        ),
        pytest.param(
            {"ids": Ids(tvdb=1, tmdb=2), "numbering": Numbering.UNKNOWN},
            {"ids": Ids(tvdb=1, tmdb=3), "title": "Otro"},
            False,
            id="one id of two, numbers that nobody understands, another title",
        ),
        pytest.param(
            {"ids": Ids(tvdb=1, tmdb=2)},
            {"ids": Ids(tvdb=1, tmdb=3), "title": "Otro"},
            True,
            id="one id of two, the place agrees",
        ),
        pytest.param({}, {"ids": Ids(trakt=1)}, True, id="show and place agree"),
        pytest.param({}, {"ids": Ids(trakt=1), "number": 2}, False, id="another number"),
        pytest.param({}, {"ids": Ids(trakt=1), "season": 0}, False, id="a special"),
        pytest.param({}, {"ids": Ids(tvdb=9, tmdb=9)}, True, id="own ids outdated, title agrees"),
        pytest.param({}, {"ids": Ids(tvdb=9), "title": "Otro"}, False, id="own ids and title disagree"),
        pytest.param(
            {"title": "Episode 1"}, {"title": "Episode 1", "ids": Ids(tvdb=9)}, False, id="generic title"
        ),
        pytest.param({"ids": Ids()}, {"show": STRANGER}, False, id="another show"),
        pytest.param({"ids": Ids(), "show": None}, {"show": SHOW}, True, id="place alone"),
        pytest.param({"season": None}, {"ids": Ids(trakt=1)}, True, id="number unknown, title agrees"),
        pytest.param({"season": None}, {"ids": Ids(), "title": "Otro"}, None, id="number unknown, title not"),
        pytest.param(
            {"numbering": Numbering.DVD, "number": 5},
            {"ids": Ids(trakt=1)},
            True,
            id="DVD order, title agrees",
        ),
        pytest.param(
            {"numbering": Numbering.ABSOLUTE, "ids": Ids()},
            {"title": "Otro"},
            None,
            id="absolute order is no place",
        ),
        pytest.param(
            {"show": replace(SHOW, ids=Ids()), "ids": Ids()},
            {"show": Show(title="Breaking Bad", year=2018)},
            False,
            id="show of the same title, ten years on",
        ),
        pytest.param(
            {"show": Show(title="La casa de papel", year=2017)},
            {"show": Show(title="Money Heist", year=2017)},
            False,
            id="own id agrees, but the show has another title",
        ),
        pytest.param(
            {"show": Show(title="Breaking Bad")},
            {"number": 9},
            True,
            id="own id and title agree, year unknown",
        ),
        pytest.param(
            {"show": Show(title="Breaking Bad")},
            {"number": 9, "title": "Otro"},
            False,
            id="own id agrees, neither title nor place, year unknown",
        ),
        pytest.param(
            {"show": Show(title="Severance", year=2022), "title": "Good News"},
            {"show": STRANGER, "title": "Taken for a Show"},
            False,
            id="a show's id taken for an episode's",
        ),
    ],
)
def test_episodes(episode, asked, found, verdict):
    assert same_item(episode(**asked), episode(**found)) is verdict


def test_shows_are_compared_by_year_where_they_share_no_id():
    asked = Show(title="The Office (US)", year=2005, ids=Ids(tvdb=73244))
    assert same_show(asked, Show(title="The Office", year=2005, ids=Ids(tmdb=2316))) is True
    assert same_show(asked, Show(title="The Office", year=2001, ids=Ids(tmdb=2996))) is False
    assert same_show(asked, None) is None
