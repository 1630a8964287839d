from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crosswatch.core.events import MediaKind
from crosswatch.core.ids import Ids
from crosswatch.providers.scrobble.trakt.answers import Answer
from crosswatch.providers.scrobble.trakt.bodies import Address
from crosswatch.providers.scrobble.trakt.history import (
    Added,
    Entry,
    add_request,
    is_last_page,
    page_request,
    read_added,
    read_page,
    read_removed,
    remove_request,
)

AT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
MOVIE = Address(kind=MediaKind.MOVIE, ids=Ids(imdb="tt1104001", tmdb=20526))
EPISODE = Address(kind=MediaKind.EPISODE, ids=Ids(trakt=73482))


def numbered(season, number, **ids):
    return Address(kind=MediaKind.EPISODE, ids=Ids(**ids or {"tmdb": 1396}), season=season, number=number)


def entries(*addresses):
    return [Entry(address=one, watched_at=AT + timedelta(hours=hour)) for hour, one in enumerate(addresses)]


def test_plays_are_grouped_and_each_has_its_own_time():
    request = add_request(
        entries(
            MOVIE,
            numbered(1, 1),
            numbered(1, 2),
            numbered(2, 1),
            EPISODE,
            numbered(1, 1),
            numbered(0, 0, tvdb=9),
        )
    )
    assert (request.method, request.path) == ("POST", "/sync/history")
    times = [f"2026-11-20T{hour}:00:00.000Z" for hour in (21, 22, 23)]
    times += [f"2026-11-21T{hour:02}:00:00.000Z" for hour in range(4)]
    assert request.body == {
        "movies": [{"watched_at": times[0], "ids": {"imdb": "tt1104001", "tmdb": 20526}}],
        "shows": [
            {
                "ids": {"tmdb": 1396},
                "seasons": [
                    {
                        "number": 1,
                        "episodes": [
                            {"number": 1, "watched_at": times[1]},
                            {"number": 2, "watched_at": times[2]},
                            {"number": 1, "watched_at": times[5]},
                        ],
                    },
                    {"number": 2, "episodes": [{"number": 1, "watched_at": times[3]}]},
                ],
            },
            {
                "ids": {"tvdb": 9},
                "seasons": [{"number": 0, "episodes": [{"number": 0, "watched_at": times[6]}]}],
            },
        ],
        "episodes": [{"watched_at": times[4], "ids": {"trakt": 73482}}],
    }


def test_lists_without_plays_are_left_out():
    assert set(add_request(entries(MOVIE)).body) == {"movies"}


def added(movies=0, episodes=0, missing=None, **more):
    lists = {"movies": [], "shows": [], "seasons": [], "episodes": [], **(missing or {})}
    return {"added": {"movies": movies, "episodes": episodes}, "not_found": lists, **more}


def split(done=(), unknown=(), unsure=()):
    return Added(done=frozenset(done), unknown=frozenset(unknown), unsure=frozenset(unsure))


THREE = entries(MOVIE, numbered(1, 1), numbered(1, 99))


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        pytest.param(added(1, 2), split(done=[0, 1, 2]), id="all"),
        pytest.param(
            added(0, 2, {"movies": [{"ids": {"imdb": "tt1104001"}}]}),
            split([1, 2], [0]),
            id="a movie is unknown",
        ),
        pytest.param(
            added(
                1,
                1,
                {
                    "shows": [
                        {"ids": {"tmdb": 1396}, "seasons": [{"number": 1, "episodes": [{"number": 99}]}]}
                    ]
                },
            ),
            split([0, 1], [2]),
            id="an episode is unknown",
        ),
        pytest.param(
            added(1, 0, {"shows": [{"ids": {"tmdb": 1396}}]}), split([0], [1, 2]), id="a show is unknown"
        ),
        pytest.param(
            added(1, 0, {"shows": [{"ids": {"tmdb": 1396}, "seasons": [{"number": 1}]}]}),
            split([0], [1, 2]),
            id="a season is unknown",
        ),
        pytest.param(added(1, 0), split([0], [1, 2]), id="none added, none named"),
        pytest.param(added(1, 1), split([0], unsure=[1, 2]), id="one is missing and not named"),
        pytest.param(
            added(0, 0, updated={"movies": 1, "episodes": 2}), split([0, 1, 2]), id="counted as updated"
        ),
        pytest.param({"added": {"movies": "1"}, "not_found": []}, split(unknown=[0, 1, 2]), id="odd types"),
    ],
)
def test_what_became_of_each_play(answer, result):
    assert read_added(answer, THREE) == result


def test_an_episode_by_its_own_id_is_unknown_as_such():
    answer = added(0, 0, {"episodes": [{"ids": {"trakt": 73482}}]})
    assert read_added(answer, entries(EPISODE)) == split(unknown=[0])


@pytest.mark.parametrize("answer", [None, [], {}, {"added": 5}, {"deleted": {}}], ids=str)
def test_what_is_no_answer_to_adding(answer):
    assert read_added(answer, THREE) is None


def test_the_recorded_answers(recorded):
    movie = Address(kind=MediaKind.MOVIE, ids=Ids(imdb="tt0000111"))
    assert read_added(recorded("history-add-201-not-found").json, entries(movie)) == split(unknown=[0])
    assert read_added(recorded("history-add-201").json, entries(MOVIE, numbered(1, 1))) == split([0, 1])


def test_one_play_is_removed_by_its_number_alone():
    assert remove_request(3373536700).body == {"ids": [3373536700]}


def test_what_became_of_a_removal(recorded):
    answer = recorded("history-remove-200").json
    assert read_removed(answer, 3373536700) is True
    assert read_removed(answer, 42) is False


@pytest.mark.parametrize(
    "answer", [None, {}, {"deleted": {"movies": 0}, "not_found": {"ids": None}}], ids=str
)
def test_an_unclear_removal(answer):
    assert read_removed(answer, 42) is None


def test_a_page_is_asked_for_with_room_at_its_end():
    request = page_request(AT, AT + timedelta(hours=1), 2)
    assert request.target == (
        "/sync/history?start_at=2026-11-20T21%3A00%3A00.000Z&end_at=2026-11-21T22%3A00%3A00.000Z&page=2&limit=100"
    )


def test_lines_are_read_with_show_and_time(recorded):
    plays, lost = read_page(recorded("history-get-episodes-200"))
    assert lost == 0
    assert [play.remote_id for play in plays] == [3373536702, 3373536701]
    assert plays[0].watched_at == datetime(2026, 10, 14, 22, 0, tzinfo=UTC)
    assert plays[0].media.show.ids.trakt == 1388


@pytest.mark.parametrize(
    "line",
    [
        None,
        {"id": 5, "watched_at": "2026-10-14T22:00:00.000Z"},
        {"id": 5, "watched_at": None, "type": "movie", "movie": {}},
        {"watched_at": "2026-10-14T22:00:00.000Z", "type": "movie", "movie": {}},
    ],
    ids=["nothing", "no item", "no time", "no number"],
)
def test_a_line_without_its_facts_is_counted_as_lost(line):
    assert read_page(Answer(status=200, json=[line])) == ([], 1)


@pytest.mark.parametrize(
    ("given", "page", "last"),
    [
        pytest.param({"headers": {"x-pagination-page-count": "2"}, "json": [1]}, 1, False, id="one more"),
        pytest.param({"headers": {"x-pagination-page-count": "2"}, "json": [1]}, 2, True, id="the last one"),
        pytest.param({"headers": {"x-pagination-page-count": "0"}, "json": []}, 1, True, id="none"),
        pytest.param({"json": [1]}, 1, False, id="no count, a full page"),
        pytest.param({"json": []}, 2, True, id="no count, an empty page"),
        pytest.param({"headers": {"x-pagination-page-count": "many"}, "json": [1]}, 1, False, id="odd count"),
    ],
)
def test_when_all_has_been_read(given, page, last):
    assert is_last_page(Answer(status=200, **given), page) is last
