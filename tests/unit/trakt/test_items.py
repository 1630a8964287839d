from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from crosswatch.core.events import MediaKind
from crosswatch.core.ids import Ids
from crosswatch.providers.scrobble.trakt.items import (
    parse_episode,
    parse_ids,
    parse_item,
    parse_moment,
    parse_movie,
    parse_number,
    parse_show,
    write_moment,
)


def test_ids_are_read_whatever_stands_beside_them():
    raw = {
        "trakt": 1388,
        "slug": "breaking-bad",
        "tvdb": 81189,
        "imdb": "tt0903747",
        "tmdb": 1396,
        "tvrage": None,
    }
    assert parse_ids(raw) == Ids(trakt=1388, imdb="tt0903747", tmdb=1396, tvdb=81189)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(None, id="nothing"),
        pytest.param([1], id="a list"),
        pytest.param({"trakt": None, "imdb": "", "tmdb": None}, id="nulls and empty texts"),
        pytest.param({"trakt": True, "tmdb": 0, "tvdb": -5}, id="no numbers"),
        pytest.param({"imdb": "nm0000001", "tmdb": "x", "tvdb": 1.5}, id="no ids"),
        pytest.param({"tmdb": "9" * 40}, id="a number nobody counts"),
    ],
)
def test_what_is_no_id_is_missing(raw):
    assert parse_ids(raw) == Ids()


def test_numbers_written_as_text_are_numbers():
    assert parse_ids({"tmdb": "1396"}) == Ids(tmdb=1396)


@pytest.mark.parametrize("parse", [parse_movie, parse_show, lambda raw: parse_episode(raw, None)])
@pytest.mark.parametrize("raw", [None, 5, "text", []], ids=str)
def test_what_is_no_object_is_none(parse, raw):
    assert parse(raw) is None


def test_wrong_types_inside_an_object_count_as_missing():
    found = parse_movie({"title": 5, "year": "soon", "ids": "none"})
    assert (found.title, found.year, found.ids) == ("", None, Ids())


def test_specials_are_season_0():
    assert parse_episode({"season": 0, "number": 3}, None).season == 0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param("scrobble-stop-movie-201", MediaKind.MOVIE, id="movie"),
        pytest.param("scrobble-stop-episode-201", MediaKind.EPISODE, id="episode"),
        pytest.param("scrobble-201-legacy-shape", MediaKind.EPISODE, id="legacy shape"),
        pytest.param("scrobble-201-minimal-shape", MediaKind.MOVIE, id="minimal shape"),
    ],
)
def test_a_scrobbles_answer_names_its_item(recorded, name, kind):
    assert parse_item(recorded(name).json).kind is kind


def test_an_episode_comes_with_its_show(recorded):
    found = parse_item(recorded("search-id-episode-200").json[0])
    assert (found.season, found.number, found.title) == (1, 1, "Pilot")
    assert found.show.ids == Ids(trakt=1388, imdb="tt0903747", tmdb=1396, tvdb=81189)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({"type": "show", "show": {"title": "Fargo"}}, id="a show"),
        pytest.param({"type": "person", "movie": {"title": "Fargo"}}, id="another type than its block"),
        pytest.param({"action": "start"}, id="no block"),
        pytest.param("movie", id="no object"),
    ],
)
def test_what_is_no_item_is_none(raw):
    assert parse_item(raw) is None


def test_times_are_read_as_trakt_writes_them():
    assert parse_moment("2026-10-14T22:01:32.000Z") == datetime(2026, 10, 14, 22, 1, 32, tzinfo=UTC)


def test_a_time_without_offset_is_utc():
    assert parse_moment("2026-10-14T22:01:32") == datetime(2026, 10, 14, 22, 1, 32, tzinfo=UTC)


@pytest.mark.parametrize("raw", [None, 5, "", "yesterday", "2026-13-01T00:00:00Z"], ids=repr)
def test_what_is_no_time_is_none(raw):
    assert parse_moment(raw) is None


def test_times_are_written_in_utc_with_milliseconds():
    berlin = timezone(timedelta(hours=1))
    moment = datetime(2026, 11, 20, 22, 0, 1, 234_567, tzinfo=berlin)
    assert write_moment(moment) == "2026-11-20T21:00:01.234Z"


@pytest.mark.parametrize(
    ("raw", "number"), [(10_373_536_622, 10_373_536_622), (0, None), (None, None), (True, None), (1.5, None)]
)
def test_a_plays_number_is_above_0(raw, number):
    assert parse_number(raw) == number
