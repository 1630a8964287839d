from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.core.ids import Ids, merge_ids, named_ids, parse_external


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param("imdb://tt0078748", Ids(imdb="tt0078748"), id="imdb"),
        pytest.param("tmdb://348", Ids(tmdb=348), id="tmdb"),
        pytest.param("tvdb://81189", Ids(tvdb=81189), id="tvdb"),
        pytest.param("TVDB://81189", Ids(tvdb=81189), id="capitals"),
        pytest.param(" tmdb://348?lang=en ", Ids(tmdb=348), id="blanks and a query"),
        pytest.param("imdb://TT0078748", Ids(imdb="tt0078748"), id="imdb in capitals"),
        pytest.param("imdb://tt12345678", Ids(imdb="tt12345678"), id="imdb with eight digits"),
        pytest.param("imdb://tt007874", Ids(), id="imdb with six digits"),
        pytest.param("imdb://0078748", Ids(), id="imdb without its letters"),
        pytest.param("imdb://nm0078748", Ids(), id="a person at imdb"),
        pytest.param("tmdb://0", Ids(), id="zero"),
        pytest.param("tmdb://-5", Ids(), id="negative"),
        pytest.param("tvdb://abc", Ids(), id="letters"),
        pytest.param("tvdb://12.5", Ids(), id="a fraction"),
        pytest.param("tmdb://99999999999999999999", Ids(), id="too long for any number"),
        pytest.param("tmdb://٣٤٨", Ids(), id="digits beyond ASCII"),
        pytest.param("mbid://5b11f4ce-a62d-471e-81fc-a69a8278c7da", Ids(), id="music"),
        pytest.param("tmdb:348", Ids(), id="no separator"),
        pytest.param("nonsense", Ids(), id="nonsense"),
        pytest.param("", Ids(), id="empty"),
    ],
)
def test_an_external_id_is_read_or_dropped(text, ids):
    assert parse_external(text) == ids


def test_a_source_is_named_in_any_case():
    assert named_ids(" TMDB ", " 348 ") == Ids(tmdb=348)


@pytest.mark.parametrize(
    ("many", "merged"),
    [
        pytest.param([], Ids(), id="none"),
        pytest.param([Ids(tmdb=603), Ids(imdb="tt0133093")], Ids(tmdb=603, imdb="tt0133093"), id="two kinds"),
        pytest.param([Ids(tmdb=999999901), Ids(tmdb=603)], Ids(tmdb=603), id="the lowest of two numbers"),
        pytest.param(
            [Ids(imdb="tt12345678"), Ids(imdb="tt9999999")], Ids(imdb="tt9999999"), id="imdb by its number"
        ),
        pytest.param([Ids(trakt=2), Ids(trakt=1), Ids(tvdb=7)], Ids(trakt=1, tvdb=7), id="trakt too"),
    ],
)
def test_ids_of_one_thing_are_merged(many, merged):
    assert merge_ids(many) == merged


@given(st.text())
def test_no_text_breaks_the_parser(text):
    parse_external(text)
    parse_external(f"imdb://{text}")
    parse_external(f"tvdb://{text}")


def test_ids_are_true_if_there_is_one_and_name_those_there_are():
    assert not Ids()
    assert Ids(tvdb=1)
    assert Ids(imdb="tt0133093", tmdb=603).as_dict() == {"imdb": "tt0133093", "tmdb": 603}


@pytest.mark.parametrize(
    ("mine", "theirs", "agree"),
    [
        pytest.param(Ids(tmdb=1, imdb="tt0000001"), Ids(tmdb=1, imdb="tt0000002"), True, id="one in common"),
        pytest.param(Ids(tmdb=1), Ids(tmdb=2), False, id="another number"),
        pytest.param(Ids(tmdb=1), Ids(tvdb=1), None, id="nothing to compare"),
    ],
)
def test_ids_agree_if_one_kind_does(mine, theirs, agree):
    assert mine.agrees_with(theirs) is agree
