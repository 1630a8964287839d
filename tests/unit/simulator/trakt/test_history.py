from __future__ import annotations

from datetime import timedelta

import pytest

ARRIVAL = {"ids": {"tmdb": 329865}}
SEVERANCE = {"ids": {"tmdb": 95396}}
NOTHING = {"movies": [], "shows": [], "seasons": [], "episodes": []}
AT = "2026-10-10T20:15:00.000Z"


def add(desk, **lists):
    return desk.write("/sync/history", lists)


def episodes(*numbers, **more):
    return {**SEVERANCE, "seasons": [{"number": 1, "episodes": [{"number": n, **more} for n in numbers]}]}


def read(desk, path=""):
    return desk.ask("GET", f"/sync/history{path}")


# ---------------------------------------------------------------- adding


def test_plays_are_added_at_their_own_times(desk):
    answer = add(desk, movies=[{**ARRIVAL, "watched_at": AT}], shows=[episodes(2, watched_at=AT)])
    assert answer.status == 201
    assert answer.json == {"added": {"movies": 1, "episodes": 1}, "not_found": NOTHING}
    assert [(line["watched_at"], line["action"]) for line in read(desk).json] == [(AT, "watch")] * 2
    assert {play.made_by for play in desk.trakt.history("alice")} == {"POST /sync/history"}


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("2026-10-10T20:15:00.000Z", "2026-10-10T20:15:00.000Z"),
        ("2026-10-10T22:15:00+02:00", "2026-10-10T20:15:00.000Z"),
        ("2026-10-10T20:15:00.900Z", "2026-10-10T20:15:00.000Z"),
        ("2026-10-10", "2026-10-10T00:00:00.000Z"),
        ("unknown", "1970-01-01T00:00:00.000Z"),
        ("released", "2022-02-18T00:53:00.000Z"),
        (None, "2026-10-14T20:00:01.000Z"),
    ],
)
def test_a_time_is_taken_in_each_form(desk, sent, stored):
    add(desk, shows=[episodes(2, watched_at=sent)])
    assert [line["watched_at"] for line in read(desk).json] == [stored]


@pytest.mark.parametrize("wrong", ["yesterday", 1700000000, "2026-13-40", "2026-10-10T99:00:00Z"])
def test_a_time_that_is_none_adds_nothing_at_all(desk, wrong):
    answer = add(desk, movies=[ARRIVAL, {"ids": {"tmdb": 603}, "watched_at": wrong}])
    assert answer.status == 400
    assert desk.labels == []


def test_duplicates_are_not_looked_for(desk):
    add(desk, movies=[{**ARRIVAL, "watched_at": AT}])
    add(desk, movies=[{**ARRIVAL, "watched_at": AT}])
    assert desk.labels == ["Arrival (2016)"] * 2


def test_a_back_fill_after_a_scrobble_makes_two_plays(desk):
    desk.scrobble("stop", 95)
    assert add(desk, movies=[ARRIVAL]).json["added"]["movies"] == 1
    assert len(desk.labels) == 2


def test_a_bare_show_marks_every_episode_and_a_bare_season_its_own(desk):
    assert add(desk, shows=[SEVERANCE]).json["added"]["episodes"] == 19
    assert add(desk, shows=[{**SEVERANCE, "seasons": [{"number": 1}]}]).json["added"]["episodes"] == 9


def test_seasons_and_episodes_can_be_named_by_their_own_numbers(desk):
    season = desk.trakt.world.catalogue.show("tmdb", 95396).seasons[2]
    answer = add(desk, seasons=[{"ids": {"trakt": season.trakt}}], episodes=[{"ids": {"tvdb": 9900102}}])
    assert answer.json["added"] == {"movies": 0, "episodes": 11}


def test_what_nobody_knows_comes_back_as_it_was_sent_with_a_success(desk):
    lost = {"title": "No Such Film", "year": 1901, "ids": {"imdb": "tt0000111"}}
    answer = add(
        desk,
        movies=[{**lost, "watched_at": AT}, ARRIVAL],
        shows=[lost, episodes(1, 99), {**SEVERANCE, "seasons": [{"number": 7}]}],
        seasons=[{"ids": {"trakt": 1}}],
        episodes=[{"ids": {"tvdb": 1}}],
    )
    assert answer.status == 201
    assert answer.json["added"] == {"movies": 1, "episodes": 1}
    assert answer.json["not_found"] == {
        "movies": [lost],
        "shows": [
            lost,
            {**SEVERANCE, "seasons": [{"number": 1, "episodes": [{"number": 99}]}]},
            {**SEVERANCE, "seasons": [{"number": 7}]},
        ],
        "seasons": [{"ids": {"trakt": 1}}],
        "episodes": [{"ids": {"tvdb": 1}}],
    }


@pytest.mark.parametrize(
    "lists", [{"movies": "Arrival"}, {"movies": ["Arrival"]}, {"shows": [{**SEVERANCE, "seasons": 1}]}]
)
def test_lists_that_are_none_are_a_400(desk, lists):
    assert add(desk, **lists).status == 400


def test_the_status_and_the_updated_key_are_switches(desk):
    desk.trakt.set_options(history_status=200, history_updated_key=True)
    answer = add(desk, movies=[ARRIVAL])
    assert (answer.status, answer.json["updated"]) == (200, {"movies": 0, "episodes": 0})


def test_a_full_history_is_a_420(desk):
    desk.trakt.set_options(history_cap=1)
    add(desk, movies=[ARRIVAL])
    answer = add(desk, movies=[ARRIVAL])
    assert (answer.status, answer.headers["X-Account-Limit"]) == (420, "1")
    assert len(desk.labels) == 1


# ---------------------------------------------------------------- reading


def test_history_is_newest_first_whatever_the_order_of_making(desk):
    now = desk.clock.now()
    for days in (3, 1, 2):
        add(desk, movies=[{**ARRIVAL, "watched_at": (now - timedelta(days=days)).isoformat()}])
    times = [line["watched_at"] for line in read(desk).json]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("path", "labels"),
    [
        ("", ["movie", "episode"]),
        ("/all", ["movie", "episode"]),
        ("/movies", ["movie"]),
        ("/episodes", ["episode"]),
        ("/shows", ["episode"]),
        ("/movies/28", []),
        ("/movies/{movie}", ["movie"]),
        ("/shows/{show}", ["episode"]),
        ("/seasons/{season}", ["episode"]),
        ("/episodes/{episode}", ["episode"]),
        ("/episodes/{show}", []),
        ("?start_at=2026-10-10T20:15:00Z", ["movie"]),
        ("?start_at=2026-10-10T20:15:01Z", []),
        ("?end_at=2026-10-10T20:14:59Z", ["episode"]),
        ("?start_at=2026-10-10&end_at=2026-10-10", ["movie"]),
        ("?start_at=2026-10-09&end_at=2026-10-09", ["episode"]),
    ],
)
def test_history_is_read_by_kind_number_and_time(desk, path, labels):
    add(desk, movies=[{**ARRIVAL, "watched_at": AT}], shows=[episodes(2, watched_at="2026-10-09T23:00:00Z")])
    catalogue = desk.trakt.world.catalogue
    show = catalogue.show("tmdb", 95396)
    numbers = {
        "movie": catalogue.movie("tmdb", 329865).trakt,
        "show": show.trakt,
        "season": show.seasons[1].trakt,
        "episode": show.episode(1, 2).trakt,
    }
    assert [line["type"] for line in read(desk, path.format(**numbers)).json] == labels


@pytest.mark.parametrize(
    "path", ["?start_at=yesterday", "/movies/arrival-2016", "?page=0", "?limit=none", "?limit=0"]
)
def test_a_question_that_makes_no_sense_is_a_400(desk, path):
    assert read(desk, path).status == 400


@pytest.mark.parametrize(
    ("query", "lines", "pages", "limit"),
    [
        ("", 10, 2, "10"),
        ("?page=2", 2, 2, "10"),
        ("?limit=100", 12, 1, "100"),
        ("?limit=9999", 12, 1, "250"),
        ("?page=9", 0, 2, "10"),
    ],
)
def test_history_comes_in_pages(desk, query, lines, pages, limit):
    add(desk, movies=[{**ARRIVAL, "watched_at": f"2026-09-{day:02d}"} for day in range(1, 13)])
    answer = read(desk, query)
    assert len(answer.json) == lines
    assert answer.headers["X-Pagination-Page-Count"] == str(pages)
    assert answer.headers["X-Pagination-Item-Count"] == "12"
    assert answer.headers["X-Pagination-Limit"] == limit


# ---------------------------------------------------------------- removing


def test_removing_an_item_removes_all_its_plays(desk):
    add(desk, movies=[ARRIVAL, ARRIVAL, {"ids": {"tmdb": 603}}])
    answer = desk.write("/sync/history/remove", {"movies": [ARRIVAL]})
    assert answer.json["deleted"] == {"movies": 2, "episodes": 0}
    assert desk.labels == ["The Matrix (1999)"]


def test_removing_by_history_id_removes_one_play(desk):
    add(desk, movies=[ARRIVAL, ARRIVAL])
    keep, drop = (play.id for play in desk.trakt.history("alice"))
    answer = desk.write("/sync/history/remove", {"ids": [drop, 42]})
    assert answer.json["deleted"]["movies"] == 1
    assert answer.json["not_found"]["ids"] == [42]
    assert [play.id for play in desk.trakt.history("alice")] == [keep]


def test_histories_of_two_members_do_not_touch(desk):
    desk.trakt.add_user("bob")
    add(desk, movies=[ARRIVAL])
    (number,) = (play.id for play in desk.trakt.history("alice"))
    bob = desk.trakt.link("bob").access_token
    answer = desk.write("/sync/history/remove", {"ids": [number], "movies": [ARRIVAL]}, token=bob)
    assert answer.json["deleted"]["movies"] == 0
    assert desk.labels == ["Arrival (2016)"]
