from __future__ import annotations

from datetime import timedelta

import pytest

ARRIVAL = {"movie": {"ids": {"tmdb": 329865}}}
DUNE = {"movie": {"ids": {"tmdb": 438631}}}
HALF_LOOP = {"show": {"ids": {"tmdb": 95396}}, "episode": {"season": 1, "number": 2}}

TOO_LITTLE = {"message": "Progress should be at least 1.0% to pause."}


def too_much(progress):
    return {"message": f"Progress is {progress}%. Use stop to scrobble."}


# ---------------------------------------------------------------- thresholds


@pytest.mark.parametrize(
    ("action", "progress", "status", "said"),
    [
        ("start", 0, 201, "start"),
        ("start", 0.4, 201, "start"),
        ("start", 100, 201, "start"),
        ("pause", 0, 422, TOO_LITTLE),
        ("pause", 0.99, 422, TOO_LITTLE),
        ("pause", 1, 201, "pause"),
        ("pause", 79.99, 201, "pause"),
        ("pause", 80, 422, too_much(80)),
        ("pause", 85.909, 422, too_much(85.909)),
        ("stop", 0.99, 422, TOO_LITTLE),
        ("stop", 1.0, 201, "pause"),
        ("stop", 79.99, 201, "pause"),
        ("stop", 80, 201, "scrobble"),
        ("stop", 100.0, 201, "scrobble"),
    ],
)
def test_progress_decides_what_a_call_comes_to(desk, action, progress, status, said):
    answer = desk.scrobble(action, progress)
    assert answer.status == status
    assert (answer.json["action"] if status == 201 else answer.json) == said
    assert answer.applied == (status == 201)


@pytest.mark.parametrize("progress", [-1, 100.1, "50", True, None, [1]])
def test_progress_has_to_be_a_number_from_0_to_100(desk, progress):
    assert desk.scrobble("stop", progress).status == 422


def test_missing_progress_counts_as_none_at_all(desk):
    assert desk.write("/scrobble/start", ARRIVAL).json["progress"] == 0
    assert desk.write("/scrobble/stop", ARRIVAL).status == 422


def test_exactly_eighty_is_a_pause_where_the_boundary_says_so(desk):
    desk.trakt.set_options(scrobble_boundary=">")
    assert desk.scrobble("pause", 80).json["action"] == "pause"
    assert desk.scrobble("stop", 80).json["action"] == "pause"
    assert desk.scrobble("stop", 80.01).json["action"] == "scrobble"


# ---------------------------------------------------------------- now watching


def test_a_start_shows_until_the_rest_of_the_runtime_has_passed(desk):
    desk.scrobble("start", 50)
    assert desk.watching.expires_at - desk.clock.now() == timedelta(minutes=58)
    desk.forward(minutes=57)
    assert desk.ask("GET", "/users/me/watching").json["movie"]["title"] == "Arrival"
    desk.forward(minutes=1)
    assert desk.ask("GET", "/users/me/watching").status == 204
    assert desk.labels == []


def test_the_last_start_wins(desk):
    desk.scrobble("start", 5)
    desk.scrobble("start", 5, DUNE)
    assert desk.watching.item.label == "Dune (2021)"
    assert desk.labels == []


def test_a_start_drops_the_saved_position_of_its_item_only(desk):
    desk.scrobble("pause", 30)
    desk.scrobble("pause", 40, DUNE)
    desk.scrobble("start", 30)
    assert [position.item.label for position in desk.trakt.playback("alice")] == ["Dune (2021)"]


@pytest.mark.parametrize(("clears", "shown"), [(True, None), (False, "Arrival (2016)")])
def test_a_pause_ends_now_watching_unless_switched(desk, clears, shown):
    desk.trakt.set_options(pause_clears_watching=clears)
    desk.scrobble("start", 5)
    desk.scrobble("pause", 10)
    assert (desk.watching and desk.watching.item.label) == shown


@pytest.mark.parametrize("progress", [40, 90])
def test_a_stop_always_ends_now_watching(desk, progress):
    desk.trakt.set_options(pause_clears_watching=False)
    desk.scrobble("start", 5)
    desk.scrobble("stop", progress)
    assert desk.watching is None


def test_a_refused_stop_leaves_everything_as_it_was(desk):
    desk.scrobble("start", 0)
    desk.scrobble("stop", 0.5)
    assert desk.watching is not None
    assert desk.trakt.playback("alice") == []


# ---------------------------------------------------------------- positions and plays


def test_a_position_keeps_its_number_when_it_moves(desk):
    first = desk.scrobble("pause", 10).json["id"]
    assert desk.scrobble("stop", 20).json["id"] == first
    (position,) = desk.trakt.playback("alice")
    assert (position.id, position.progress) == (first, 20)


def test_a_stop_needs_no_start_and_is_dated_by_its_arrival(desk):
    answer = desk.scrobble("stop", 95)
    (play,) = desk.trakt.history("alice")
    assert (play.id, play.watched_at, play.action) == (answer.json["id"], desk.clock.now(), "scrobble")
    assert play.id > 2**32


def test_a_play_clears_the_position_and_the_watchlist(desk):
    desk.scrobble("pause", 50)
    desk.write("/sync/watchlist", {"movies": [{"ids": {"tmdb": 329865}}]})
    desk.scrobble("stop", 95)
    assert desk.trakt.playback("alice") == []
    assert desk.ask("GET", "/sync/watchlist").json == []


def test_one_watched_episode_takes_its_show_off_the_watchlist(desk):
    desk.write("/sync/watchlist", {"shows": [{"ids": {"tmdb": 95396}}], "movies": [{"ids": {"tmdb": 603}}]})
    desk.scrobble("stop", 95, HALF_LOOP)
    assert [entry["type"] for entry in desk.ask("GET", "/sync/watchlist").json] == ["movie"]


# ---------------------------------------------------------------- the duplicate window


def test_a_second_stop_within_the_hour_is_a_409_that_says_until_when(desk):
    desk.scrobble("stop", 95)
    played_at = desk.clock.now()
    desk.forward(minutes=59)
    answer = desk.scrobble("stop", 95)
    assert answer.status == 409
    assert answer.json == {
        "watched_at": f"{played_at:%FT%T}.000Z",
        "expires_at": f"{played_at + timedelta(hours=1):%FT%T}.000Z",
    }
    assert len(desk.labels) == 1


def test_a_stop_after_the_hour_is_a_second_play(desk):
    desk.scrobble("stop", 95)
    desk.forward(minutes=60)
    assert desk.scrobble("stop", 95).json["action"] == "scrobble"
    assert len(desk.labels) == 2


def test_the_window_is_a_switch(desk):
    desk.trakt.set_options(duplicate_window_s=10)
    desk.scrobble("stop", 95)
    assert desk.scrobble("stop", 95).status == 409
    desk.forward(seconds=10)
    assert desk.scrobble("stop", 95).status == 201


def test_the_window_is_of_one_item_and_one_member(desk):
    desk.scrobble("stop", 95)
    assert desk.scrobble("stop", 95, DUNE).status == 201
    desk.trakt.add_user("bob")
    bob = desk.trakt.link("bob").access_token
    assert desk.write("/scrobble/stop", {**ARRIVAL, "progress": 95}, token=bob).status == 201


def test_the_window_holds_back_neither_pause_nor_a_stop_below_eighty(desk):
    desk.scrobble("stop", 95)
    assert desk.scrobble("pause", 20).status == 201
    assert desk.scrobble("stop", 30).status == 201


def test_a_play_added_by_hand_opens_the_window_too(desk):
    desk.write("/sync/history", {"movies": [{"ids": {"tmdb": 329865}}]})
    assert desk.scrobble("stop", 95).status == 409


@pytest.mark.parametrize("status", [201, 409])
def test_a_start_within_the_window_is_a_switch(desk, status):
    desk.trakt.set_options(start_in_window=status)
    desk.scrobble("stop", 95)
    assert desk.scrobble("start", 1).status == status


# ---------------------------------------------------------------- check-ins


def test_a_check_in_becomes_a_play_when_the_runtime_has_passed(desk):
    checked_in = desk.write("/checkin", ARRIVAL)
    desk.forward(minutes=115)
    assert desk.labels == []
    desk.forward(minutes=1)
    (play,) = desk.trakt.history("alice")
    assert (play.id, play.action) == (checked_in.json["id"], "checkin")


def test_a_dropped_check_in_becomes_nothing(desk):
    desk.write("/checkin", ARRIVAL)
    desk.forward(seconds=1)
    assert desk.ask("DELETE", "/checkin").status == 204
    desk.forward(minutes=200)
    assert desk.labels == []


def test_dropping_a_check_in_leaves_a_scrobble_alone(desk):
    desk.scrobble("start", 5)
    desk.forward(seconds=1)
    assert desk.ask("DELETE", "/checkin").status == 204
    assert desk.watching is not None


def test_a_check_in_while_something_is_on_is_a_409(desk):
    desk.scrobble("start", 5)
    answer = desk.write("/checkin", DUNE)
    assert (answer.status, list(answer.json)) == (409, ["expires_at"])


@pytest.mark.parametrize(("status", "shown"), [(201, "Arrival (2016)"), (409, "Dune (2021)")])
def test_a_start_during_a_check_in_is_a_switch(desk, status, shown):
    desk.trakt.set_options(start_during_checkin=status)
    desk.write("/checkin", DUNE)
    assert desk.scrobble("start", 1).status == status
    assert desk.watching.item.label == shown


def test_the_status_of_a_check_in_is_a_switch(desk):
    desk.trakt.set_options(checkin_status=200)
    assert desk.write("/checkin", ARRIVAL).status == 200


# ---------------------------------------------------------------- shapes


@pytest.mark.parametrize(
    ("shape", "keys"),
    [
        ("full", {"id", "action", "progress", "sharing", "episode", "show"}),
        ("minimal", {"id", "action", "progress", "episode", "show"}),
        ("legacy", {"action", "progress", "sharing", "episode", "show"}),
    ],
)
def test_an_answer_has_the_keys_of_its_time(desk, shape, keys):
    desk.trakt.set_options(scrobble_shape=shape)
    assert desk.scrobble("stop", 95, HALF_LOOP).json.keys() == keys


@pytest.mark.parametrize("status", ["404", "405", "410"])
def test_the_pause_endpoint_can_be_taken_away(desk, status):
    desk.trakt.set_options(pause_endpoint=status)
    assert desk.scrobble("pause", 50).status == int(status)
    assert desk.scrobble("stop", 50).json["action"] == "pause"
