from __future__ import annotations

import json

import pytest

ARRIVAL = {"movie": {"ids": {"tmdb": 329865}}, "progress": 10}


# ---------------------------------------------------------------- the edge


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "   ",
        None,
        "python-requests/2.32.3",
        "Python/3.11 aiohttp/3.14.5",
        "aiohttp/3.9",
        "curl/8.5.0",
        "okhttp/4.12",
    ],
)
def test_the_edge_turns_away_user_agents_of_libraries(desk, agent):
    answer = desk.ask("POST", "/scrobble/start", ARRIVAL, user_agent=agent)
    assert answer.status == 403
    assert answer.all_headers()["Server"] == "cloudflare"
    assert "text/html" in answer.all_headers()["Content-Type"]
    assert "blocked" in answer.text
    assert not answer.applied


@pytest.mark.parametrize("agent", ["CrossWatch/1.0", "Mozilla/5.0", "pythonic/1.0"])
def test_the_edge_lets_others_pass(desk, agent):
    assert desk.ask("POST", "/scrobble/start", ARRIVAL, user_agent=agent).status == 201


def test_the_edge_can_be_switched_off(desk):
    desk.trakt.set_options(block_library_user_agents=False)
    assert desk.ask("POST", "/scrobble/start", ARRIVAL, user_agent="curl/8").status == 201


# ---------------------------------------------------------------- who asks


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"content_type": None}, 412),
        ({"content_type": "text/plain"}, 412),
        ({"content_type": "application/json; charset=utf-8"}, 201),
        ({"trakt_api_key": None}, 403),
        ({"trakt_api_key": "unheard of"}, 403),
        ({"authorization": None}, 401),
        ({"authorization": "Bearer unheard-of"}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": "Basic YWxpY2U6"}, 401),
    ],
)
def test_a_header_that_is_missing_or_wrong_has_its_status(desk, wrong, status):
    answer = desk.ask("POST", "/scrobble/start", ARRIVAL, **wrong)
    assert answer.status == status
    assert (desk.watching is not None) == (status == 201)


def test_a_401_names_the_scheme(desk):
    assert desk.ask("GET", "/users/settings", token="none").headers["WWW-Authenticate"].startswith("Bearer")


def test_searching_needs_the_key_alone(desk):
    assert desk.ask("GET", "/search/tmdb/603?type=movie", authorization=None).status == 200
    assert desk.ask("GET", "/search/tmdb/603?type=movie", authorization=None, key=None).status == 403
    assert desk.ask("GET", "/search/tmdb/603?type=movie", token="dead").status == 401


@pytest.mark.parametrize(
    ("flag", "locked", "deactivated"), [("locked", "true", "false"), ("deactivated", "false", "true")]
)
def test_a_locked_account_is_a_423_that_says_why(desk, flag, locked, deactivated):
    setattr(desk.alice, flag, True)
    answer = desk.ask("POST", "/scrobble/start", ARRIVAL)
    assert answer.status == 423
    assert answer.headers == {"X-Account-Locked": locked, "X-Account-Deactivated": deactivated}
    assert desk.ask("GET", "/search/tmdb/603?type=movie", authorization=None).status == 200


# ---------------------------------------------------------------- what is asked


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[1]", b'"text"', b"", b"null"])
def test_a_body_that_is_no_object_is_a_400(desk, body):
    assert desk.write("/scrobble/start", body).status == 400
    assert desk.write("/sync/history", body).status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "/scrobble/start", 405),
        ("GET", "/scrobble/start", 405),
        ("DELETE", "/sync/history", 405),
        ("GET", "/scrobble/rewind", 404),
        ("GET", "/", 404),
        ("GET", "/movies/no-such-film", 404),
    ],
)
def test_a_wrong_address_or_verb_has_its_status(desk, method, path, status):
    assert desk.ask(method, path).status == status


@pytest.mark.parametrize(("option", "is_empty"), [("empty", True), ("html", False)])
@pytest.mark.parametrize(
    "asked",
    [
        {"path": "/users/settings", "token": "dead"},
        {"path": "/users/settings", "key": "dead"},
        {"path": "/movies/nothing"},
    ],
    ids=["401", "403", "404"],
)
def test_bodies_of_refusals_are_a_switch(desk, option, is_empty, asked):
    desk.trakt.set_options(error_bodies=option)
    answer = desk.ask("GET", **asked)
    assert (answer.body() == b"") is is_empty
    assert is_empty or answer.headers["Content-Type"].startswith("text/html")


def test_double_slashes_count_as_one(desk):
    assert desk.ask("GET", "//users//settings").status == 200


# ---------------------------------------------------------------- rate limits


def test_a_member_writes_once_a_second(desk):
    assert desk.ask("POST", "/scrobble/start", ARRIVAL).status == 201
    desk.forward(milliseconds=900)
    answer = desk.ask("POST", "/scrobble/pause", ARRIVAL)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    described = json.loads(answer.headers["X-Ratelimit"])
    assert (described["name"], described["limit"], described["remaining"]) == ("AUTHED_API_POST_LIMIT", 1, 0)
    assert desk.watching is not None
    desk.forward(milliseconds=100)
    assert desk.ask("POST", "/scrobble/pause", ARRIVAL).status == 201


def test_a_refused_write_does_not_push_the_limit_on(desk):
    desk.ask("POST", "/scrobble/start", ARRIVAL)
    for _ in range(9):
        desk.forward(milliseconds=100)
        assert desk.ask("POST", "/scrobble/start", ARRIVAL).status == 429
    desk.forward(milliseconds=100)
    assert desk.ask("POST", "/scrobble/start", ARRIVAL).status == 201


def test_the_write_limit_is_of_each_member_alone(desk):
    desk.trakt.add_user("bob")
    bob = desk.trakt.link("bob").access_token
    assert desk.ask("POST", "/scrobble/start", ARRIVAL).status == 201
    assert desk.ask("POST", "/scrobble/start", ARRIVAL, token=bob).status == 201


def test_deleting_counts_as_writing_and_reading_does_not(desk):
    desk.ask("POST", "/checkin", ARRIVAL)
    assert desk.ask("GET", "/users/me/watching").status == 200
    assert desk.ask("DELETE", "/checkin").status == 429


def test_the_write_limit_can_be_switched_off_and_widened(desk):
    desk.trakt.set_options(enforce_write_limit=False)
    assert [desk.ask("POST", "/scrobble/start", ARRIVAL).status for _ in range(2)] == [201, 201]
    desk.trakt.set_options(enforce_write_limit=True, write_interval_s=10)
    answer = desk.ask("POST", "/scrobble/start", ARRIVAL)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "10")


def test_reads_have_a_quota_that_comes_back(desk):
    desk.trakt.set_options(read_limit=2)
    remaining = [
        json.loads(desk.ask("GET", "/users/settings").headers["X-Ratelimit"])["remaining"] for _ in range(2)
    ]
    assert remaining == [1, 0]
    desk.forward(seconds=60)
    answer = desk.ask("GET", "/users/settings")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "240")
    desk.forward(seconds=240)
    assert desk.ask("GET", "/users/settings").status == 200


def test_reads_without_a_token_count_for_the_app(desk):
    desk.trakt.set_options(read_limit=1)
    path = "/search/tmdb/603?type=movie"
    assert desk.ask("GET", path, authorization=None).status == 200
    answer = desk.ask("GET", path, authorization=None)
    assert json.loads(answer.headers["X-Ratelimit"])["name"] == "UNAUTHED_API_GET_LIMIT"
    assert desk.ask("GET", path).status == 200


def test_the_read_quota_can_be_switched_off(desk):
    desk.trakt.set_options(read_limit=0, enforce_read_limit=False)
    assert desk.ask("GET", "/users/settings").status == 200


# ---------------------------------------------------------------- switches


def test_unknown_switches_and_positions_are_refused_and_change_nothing(desk):
    before = desk.trakt.options
    with pytest.raises(ValueError, match="unknown options: pause_button"):
        desk.trakt.set_options(pause_button=True)
    with pytest.raises(ValueError, match="refusal_status"):
        desk.trakt.set_options(refusal_status=500, history_status=200)
    assert desk.trakt.options is before
