from __future__ import annotations

from pathlib import Path

import pytest

import crosswatch.simulator
from crosswatch.core.anime import AnimeList, Place, Span, Title
from crosswatch.core.ids import Ids
from crosswatch.errors import PayloadError
from crosswatch.providers.anime.formats import parse_list

SAMPLES = Path(crosswatch.simulator.__file__).parent


def xml(inner, **attributes):
    facts = {"anidbid": "1", "tvdbid": "100", "defaulttvdbseason": "1", "episodeoffset": "", **attributes}
    given = " ".join(f'{name}="{value}"' for name, value in facts.items())
    return f"<anime-list><anime {given}><name>x</name>{inner}</anime></anime-list>".encode()


def mapping(text="", **attributes):
    facts = {"anidbseason": "1", "tvdbseason": "2", **attributes}
    given = " ".join(f'{name}="{value}"' for name, value in facts.items())
    return f"<mapping-list><mapping {given}>{text}</mapping></mapping-list>"


def only(body):
    (title,) = parse_list(body).titles.values()
    return title


def span(first=1, last=None, *, to=1, offset=0):
    return Span(season=1, first=first, last=last, tvdb_season=to, offset=offset)


def at(season, number):
    return Place(season=season, number=number)


REST = span()
FILMS = '"themoviedb_id": {"movie": [7, 8]}, "imdb_id": ["tt0000007", "tt0000008"]'


def test_our_own_sample_is_a_list():
    known = parse_list((SAMPLES / "anime_list.xml").read_bytes())
    assert sorted(known.titles) == [23, *range(99701, 99707)]
    assert known.titles[23].place(1, 5) == at(1, 5)
    assert known.titles[99703].place(1, 1) == at(3, 13)
    assert known.titles[99704].place(1, 9) == at(2, 1)
    assert known.titles[99704].place(1, 174) == at(None, 174)
    assert known.titles[99705].film == Ids(imdb="tt0245429", tmdb=129)


def test_our_own_sample_of_ids_is_a_list():
    known = parse_list((SAMPLES / "anime_ids.json").read_bytes())
    assert known.titles[23] == Title(tvdb=76885)
    assert known.titles[99705] == Title(film=Ids(imdb="tt0245429", tmdb=129))
    assert known.mal == {1: 23, 199: 99705, 99807: 99707}  # 99802 is two titles at AniDB


@pytest.mark.parametrize(
    ("attributes", "spans"),
    [
        pytest.param({}, (REST,), id="the same numbers"),
        pytest.param(
            {"defaulttvdbseason": "2", "episodeoffset": "12"},
            (span(1, None, to=2, offset=12),),
            id="later in a season",
        ),
        pytest.param(
            {"episodeoffset": "-3"},
            (span(1, None, to=1, offset=-3),),
            id="backwards",
        ),
        pytest.param(
            {"defaulttvdbseason": "a"},
            (span(1, None, to=None, offset=0),),
            id="through all seasons",
        ),
        pytest.param(
            {"defaulttvdbseason": "0"},
            (span(1, None, to=0, offset=0),),
            id="among the specials",
        ),
        pytest.param({"defaulttvdbseason": ""}, (), id="no default"),
        pytest.param({"defaulttvdbseason": "b"}, (), id="a default that makes no sense"),
        pytest.param({"episodeoffset": "many"}, (), id="an offset that makes no sense"),
        pytest.param({"tvdbid": "unknown"}, (), id="not at TheTVDB"),
    ],
)
def test_a_default_says_where_regular_episodes_are(attributes, spans):
    assert only(xml("", **attributes)).spans == spans


@pytest.mark.parametrize(
    ("inner", "pairs", "spans"),
    [
        pytest.param(mapping(";1-5;2-6;"), {(1, 1): at(2, 5), (1, 2): at(2, 6)}, (), id="pairs"),
        pytest.param(
            mapping("\n ;1-5;\n", anidbseason="0", tvdbseason="0"), {(0, 1): at(0, 5)}, (), id="a special"
        ),
        pytest.param(mapping(";3-0;"), {(1, 3): None}, (), id="nowhere"),
        pytest.param(mapping(";1-5+6;"), {(1, 1): None}, (), id="in two places"),
        pytest.param(mapping(";x-5;7-y;"), {(1, 7): None}, (), id="rubbish"),
        pytest.param(
            mapping("", start="14", end="26", offset="-13"),
            {},
            (span(14, 26, to=2, offset=-13),),
            id="a span",
        ),
        pytest.param(
            mapping("", start="14", offset="0"),
            {},
            (span(14, None, to=2, offset=0),),
            id="a span without an end",
        ),
        pytest.param(mapping("", start="14"), {}, (), id="a span without an offset"),
        pytest.param(mapping(";1-5;", anidbseason="7"), {}, (), id="a season that AniDB does not have"),
        pytest.param(mapping(";1-5;", tvdbseason="?"), {}, (), id="a season that makes no sense"),
    ],
)
def test_a_mapping_says_where_single_episodes_are(inner, pairs, spans):
    title = only(xml(inner))
    assert title.pairs == pairs
    assert title.spans == (*spans, REST)


@pytest.mark.parametrize(
    ("attributes", "film"),
    [
        ({"imdbid": "tt0245429"}, Ids(imdb="tt0245429")),
        ({"tmdbid": "129"}, Ids(tmdb=129)),
        ({"imdbid": "unknown", "tmdbid": ""}, Ids()),
        ({"imdbid": "tt0000001,tt0000002"}, Ids()),
    ],
    ids=["imdb", "tmdb", "unknown", "several"],
)
def test_a_film_has_the_films_ids(attributes, film):
    assert only(xml("", tvdbid="movie", **attributes)).film == film


@pytest.mark.parametrize(
    ("entry", "title"),
    [
        ('{"anidb_id": 1, "tvdb_id": 5}', Title(tvdb=5)),
        ('{"anidb_id": "1", "thetvdb_id": "5"}', Title(tvdb=5)),
        (
            '{"anidb_id": 1, "type": "movie", "themoviedb_id": "7", "imdb_id": "tt0000007"}',
            Title(film=Ids(tmdb=7, imdb="tt0000007")),
        ),
        ('{"anidb_id": 1, "type": "MOVIE", ' + FILMS + "}", Title()),
        ('{"anidb_id": 1, "tvdb_id": true, "other": {"deep": []}}', Title()),
        ('{"anidb_id": 1}, {"mal_id": 3}, {"anidb_id": 1, "tvdb_id": 5}', Title(tvdb=5)),
    ],
    ids=["a show", "numbers as text", "a film", "several films", "rubbish", "twice"],
)
def test_an_entry_of_the_list_of_ids_is_understood(entry, title):
    assert only(f"[{entry}]".encode()) == title


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing",
        b"<html><body>404</body></html>",
        b"<anime-list><anime anidbid='1' tvdbid='2'>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><anime-list><anime anidbid='1'/></anime-list>",
        b"<anime-list></anime-list>",
        b"{}",
        b"[]",
        b"[1, 2]",
        b'[{"mal_id": 1}]',
        b"[" * 100_000,
    ],
    ids=[
        "empty",
        "text",
        "a page",
        "cut off",
        "entities",
        "no titles",
        "an object",
        "no entries",
        "numbers",
        "no AniDB",
        "nested without end",
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(body):
    with pytest.raises(PayloadError, match="anime list"):
        parse_list(body)


def test_two_lists_of_both_formats_are_one():
    known = parse_list((SAMPLES / "anime_list.xml").read_bytes()).joined(
        parse_list((SAMPLES / "anime_ids.json").read_bytes())
    )
    assert isinstance(known, AnimeList)
    assert known.titles[known.mal[1]].place(1, 5) == at(1, 5)
