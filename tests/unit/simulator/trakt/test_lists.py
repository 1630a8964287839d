from __future__ import annotations

import pytest

ARRIVAL = {"ids": {"tmdb": 329865}}


def test_positions_are_listed_by_kind_and_time_and_deleted_by_number(desk):
    desk.scrobble("pause", 10)
    desk.scrobble("pause", 42.5, {"episode": {"ids": {"tvdb": 9900102}}})
    newest, oldest = desk.ask("GET", "/sync/playback").json
    assert (newest["type"], newest["progress"], oldest["type"]) == ("episode", 42.5, "movie")
    assert [one["type"] for one in desk.ask("GET", "/sync/playback/movies").json] == ["movie"]
    assert desk.ask("GET", "/sync/playback?start_at=2026-10-15").json == []
    assert desk.ask("GET", "/sync/playback?start_at=tomorrow").status == 400
    desk.forward(seconds=1)
    assert desk.ask("DELETE", f"/sync/playback/{oldest['id']}").status == 204
    desk.forward(seconds=1)
    assert desk.ask("DELETE", f"/sync/playback/{oldest['id']}").status == 404
    assert [one["id"] for one in desk.ask("GET", "/sync/playback").json] == [newest["id"]]


@pytest.mark.parametrize(
    ("rating", "status"),
    [(1, 201), (10, 201), (0, 422), (11, 422), (7.5, 422), ("8", 422), (None, 422), (True, 422)],
)
def test_a_rating_is_a_whole_number_from_1_to_10(desk, rating, status):
    assert desk.write("/sync/ratings", {"movies": [{**ARRIVAL, "rating": rating}]}).status == status
    assert len(desk.ask("GET", "/sync/ratings").json) == (status == 201)


def test_ratings_of_shows_seasons_and_episodes_are_counted_apart(desk):
    show = {"ids": {"tmdb": 95396}}
    body = {
        "shows": [
            {**show, "rating": 9},
            {**show, "seasons": [{"number": 1, "rating": 8}, {"number": 9, "rating": 8}]},
            {**show, "seasons": [{"number": 1, "episodes": [{"number": 3, "rating": 7}, {"number": 99}]}]},
        ],
        "episodes": [{"ids": {"tvdb": 9900102}, "rating": 7}],
        "movies": [{"ids": {"tmdb": 1}, "rating": 7}],
    }
    answer = desk.write("/sync/ratings", body)
    assert answer.json["added"] == {"movies": 0, "shows": 1, "seasons": 1, "episodes": 2}
    assert answer.json["not_found"]["movies"] == [{"ids": {"tmdb": 1}}]
    assert {one["type"]: one["rating"] for one in desk.ask("GET", "/sync/ratings").json} == {
        "show": 9,
        "season": 8,
        "episode": 7,
    }
    assert len(desk.ask("GET", "/sync/ratings/episodes").json) == 2
    removed = desk.write("/sync/ratings/remove", {"shows": [show]})
    assert removed.json["deleted"]["shows"] == 1


def test_a_rating_is_dated_by_what_was_sent(desk):
    desk.write("/sync/ratings", {"movies": [{**ARRIVAL, "rating": 5, "rated_at": "2026-01-02T03:04:05Z"}]})
    assert desk.ask("GET", "/sync/ratings").json[0]["rated_at"] == "2026-01-02T03:04:05.000Z"
    wrong = {"movies": [{**ARRIVAL, "rating": 5, "rated_at": "once"}]}
    assert desk.write("/sync/ratings", wrong).status == 400


@pytest.mark.parametrize(("vip", "fits"), [(False, 1), (True, 20)])
def test_a_watchlist_is_as_long_as_the_account_allows(desk, vip, fits):
    desk.trakt.set_options(watchlist_cap=1)
    desk.alice.vip = vip
    titles = desk.trakt.world.catalogue.movies[: fits + 1]
    body = {"movies": [{"ids": {"trakt": movie.trakt}} for movie in titles]}
    refused = desk.write("/sync/watchlist", body)
    assert (refused.status, refused.headers["X-VIP-User"]) == (420, str(vip).lower())
    body["movies"].pop()
    answer = desk.write("/sync/watchlist", body)
    assert (answer.status, answer.json["list"]["item_count"]) == (201, fits)
    assert desk.write("/sync/watchlist", body).json["existing"]["movies"] == fits


def test_a_420_may_come_with_a_rate_limit_header_only(desk):
    desk.trakt.set_options(watchlist_cap=0, limit_headers=False)
    assert list(desk.write("/sync/watchlist", {"movies": [ARRIVAL]}).headers) == ["X-Ratelimit"]


def test_activities_move_with_what_was_done(desk):
    before = desk.ask("GET", "/sync/last_activities").json
    desk.scrobble("stop", 95)
    after = desk.ask("GET", "/sync/last_activities").json
    assert after["movies"]["watched_at"] == after["all"] == "2026-10-14T20:00:01.000Z"
    assert after["episodes"] == before["episodes"]


def test_settings_say_who_asks_and_what_is_allowed(desk):
    settings = desk.ask("GET", "/users/settings").json
    assert (settings["user"]["username"], settings["user"]["vip"]) == ("alice", False)
    assert settings["limits"]["watchlist"]["item_count"] == 250
    assert "browsing" not in settings
    desk.alice.vip = True
    settings = desk.ask("GET", "/users/settings?extended=browsing").json
    assert settings["limits"]["watchlist"]["item_count"] == 5000
    assert settings["browsing"] == {"watch_only_once": False}


def test_the_plex_settings_are_for_vips(desk):
    refused = desk.ask("GET", "/users/settings/plex")
    assert (refused.status, "X-Upgrade-URL" in refused.headers) == (426, True)
    desk.alice.vip = True
    assert desk.ask("GET", "/users/settings/plex").status == 200


def test_members_see_each_other_by_name(desk):
    desk.trakt.add_user("bob")
    desk.scrobble("start", 5)
    bob = desk.trakt.link("bob").access_token
    assert desk.ask("GET", "/users/alice/watching", token=bob).json["movie"]["title"] == "Arrival"
    assert desk.ask("GET", "/users/bob", authorization=None).json["username"] == "bob"
    assert desk.ask("GET", "/users/carol").status == 404
    assert desk.ask("GET", "/users/me/watching", authorization=None).status == 401
