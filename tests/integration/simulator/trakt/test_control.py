from __future__ import annotations

import pytest

from crosswatch.simulator.trakt import Fault

ARRIVAL = {"movie": {"ids": {"tmdb": 329865}}, "progress": 95}


@pytest.fixture
def control(trakt, browser):
    """Asks the control interface: verb, path, body -> status and body."""

    async def ask(method, path, body=None):
        async with browser.request(method, f"{trakt.control_url}{path}", json=body) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()

    return ask


async def test_a_driver_sets_up_members_apps_and_tokens(trakt, control, client):
    status, made = await control("POST", "/users", {"username": "bob", "vip": True})
    assert (status, made["username"], made["vip"], made["live_sessions"]) == (201, "bob", True, 0)
    assert (await control("POST", "/apps", {"client_id": "other", "owner": "bob"}))[0] == 201
    status, pair = await control("POST", "/users/bob/tokens", {"client_id": "other"})
    assert (status, pair["client_id"], pair["expires_in"]) == (201, "other", 604_800)
    headers = {"Authorization": f"Bearer {pair['access_token']}", "trakt-api-key": "other"}
    settings = await (await client.get("/users/settings", headers=headers)).json()
    assert settings["user"]["username"] == "bob"
    assert [user.username for user in trakt.world.users.values()] == ["sample-user", "bob"]


async def test_a_driver_reads_what_trakt_holds(control, client):
    await client.post("/scrobble/pause", json={**ARRIVAL, "progress": 30})
    _, (position,) = await control("GET", "/users/sample-user/playback")
    assert (position["label"], position["progress"]) == ("Arrival (2016)", 30)
    await client.post("/scrobble/stop", json=ARRIVAL)
    await client.post("/scrobble/start", json={"episode": {"ids": {"tvdb": 9900102}}, "progress": 10})
    _, (play,) = await control("GET", "/users/sample-user/history")
    assert (play["label"], play["action"], play["made_by"]) == (
        "Arrival (2016)",
        "scrobble",
        "POST /scrobble/stop",
    )
    assert play["movie"]["ids"]["imdb"] == "tt2543164"
    assert play["watched_at"].endswith("Z")
    _, watching = await control("GET", "/users/sample-user/watching")
    assert (watching["label"], watching["show"]["ids"]["tmdb"]) == ("Severance S01E02", 95396)


async def test_nothing_on_is_null(control):
    assert await control("GET", "/users/sample-user/watching") == (200, None)


async def test_a_driver_locks_and_frees_an_account(control, client):
    status, changed = await control("PATCH", "/users/sample-user", {"locked": True})
    assert (status, changed["locked"]) == (200, True)
    assert (await client.get("/users/settings")).status == 423
    await control("PATCH", "/users/sample-user", {"locked": False})
    assert (await client.get("/users/settings")).status == 200


async def test_a_driver_makes_trouble_with_tokens(trakt, control, client):
    await control("POST", "/users/sample-user/tokens/expire")
    assert (await client.get("/users/settings")).status == 401
    await control("POST", "/users/sample-user/tokens/refuse", {"times": 1})
    assert trakt.world.oauth.refusals == {"sample-user": 1}
    _, user = await control("POST", "/users/sample-user/tokens/revoke")
    assert user["live_sessions"] == 0


async def test_a_driver_takes_an_app_away(control, client):
    assert (await control("PATCH", "/apps/sample-client-id", {"state": "deleted"}))[0] == 200
    assert (await client.get("/users/settings")).status == 403


async def test_a_driver_decides_about_devices(trakt, control, client):
    url = f"{trakt.auth_url}/oauth/device/code"
    codes = [
        (await (await client.post(url, json={"client_id": "sample-client-id"})).json())["user_code"]
        for _ in range(2)
    ]
    assert (
        await control("POST", f"/devices/{codes[0]}", {"decision": "approve", "username": "sample-user"})
    )[0] == 200
    assert (await control("POST", f"/devices/{codes[1]}", {"decision": "deny"}))[0] == 200
    _, state = await control("GET", "/state")
    assert [device["state"] for device in state["devices"]] == ["approved", "denied"]


async def test_a_driver_turns_switches(control, client):
    status, options = await control("PATCH", "/options", {"pause_endpoint": "404"})
    assert (status, options["pause_endpoint"]) == (200, "404")
    assert (await control("GET", "/options"))[1] == options
    assert (await client.post("/scrobble/pause", json=ARRIVAL)).status == 404


async def test_a_driver_adds_sees_and_ends_faults(control, client):
    status, made = await control("POST", "/faults", {"status": 503, "path": "/users", "count": 2})
    assert (status, made["number"], made["hits"]) == (201, 1, 0)
    assert (await client.get("/users/settings")).status == 503
    _, (active,) = await control("GET", "/faults")
    assert (active["kind"], active["status"], active["hits"]) == ("status", 503, 1)
    assert await control("DELETE", "/faults") == (200, [])
    assert (await client.get("/users/settings")).status == 200


async def test_a_driver_reads_the_ledger_from_where_it_was(control, client):
    await client.get("/users/settings")
    await client.post("/scrobble/stop", json=ARRIVAL)
    _, all_of_it = await control("GET", "/ledger")
    assert [(one["path"], one["status"]) for one in all_of_it] == [
        ("/users/settings", 200),
        ("/scrobble/stop", 201),
    ]
    assert all_of_it[1]["body"] == ARRIVAL
    assert (await control("GET", "/ledger?method=POST"))[1] == all_of_it[1:]
    assert (await control("GET", "/ledger?path=/users"))[1] == all_of_it[:1]
    assert (await control("GET", "/ledger?after=1"))[1] == all_of_it[1:]
    assert await control("DELETE", "/ledger") == (200, [])
    assert (await control("GET", "/state"))[1]["requests"] == 0


async def test_the_state_shows_everything_but_secrets(trakt, control, client):
    await client.post("/scrobble/start", json={**ARRIVAL, "progress": 10})
    await control("POST", "/faults", {"preset": "hang", "path": "/nowhere"})
    _, state = await control("GET", "/state")
    (user,) = state["users"]
    assert (user["username"], user["watching"]["label"], user["live_sessions"]) == (
        "sample-user",
        "Arrival (2016)",
        1,
    )
    assert state["apps"] == [{"client_id": "sample-client-id", "state": "active", "owner": None}]
    assert (state["faults"][0]["kind"], state["options"]["refusal_status"]) == ("hang", 400)
    shown = str(state)
    assert "sample-client-secret" not in shown
    assert not any(grant.access_token in shown for grant in trakt.grants("sample-user"))


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        ("GET", "/users/nobody/history", None, 404, "there is no user 'nobody'"),
        ("POST", "/users/nobody/tokens", {}, 404, "there is no user 'nobody'"),
        ("PATCH", "/apps/nothing", {"state": "active"}, 404, "there is no app 'nothing'"),
        ("POST", "/devices/WRONG", {"decision": "deny"}, 404, "there is no user code 'WRONG'"),
        ("POST", "/users", {}, 400, "username is missing"),
        ("POST", "/users", {"username": "sample-user"}, 400, "'sample-user' is taken or no name"),
        ("POST", "/users", {"username": 1}, 400, "username should be of type str"),
        (
            "POST",
            "/users",
            {"username": "bob", "age": 1},
            400,
            "unknown field 'age'; known are username, vip",
        ),
        ("POST", "/users", [], 400, "Expected `object`, got `array`"),
        ("PATCH", "/apps/sample-client-id", {"state": "x"}, 400, "known are active, unapproved, deleted"),
        ("POST", "/devices/X", {"decision": "maybe"}, 400, "decision is 'maybe'; known are approve, deny"),
        ("PATCH", "/options", {"nonsense": 1}, 400, "unknown options: nonsense"),
        ("POST", "/faults", {"preset": "x"}, 400, "preset is 'x'"),
        ("GET", "/ledger?after=x", None, 400, "invalid literal"),
    ],
)
async def test_a_mistake_is_answered_with_a_sentence(control, method, path, body, status, sentence):  # noqa: PLR0917
    answered, said = await control(method, path, body)
    assert answered == status
    assert sentence in said["error"]


async def test_the_interface_is_outside_of_faults_limits_and_ledger(trakt, control):
    trakt.add_fault(Fault.answering(503))
    assert (await control("GET", "/state"))[0] == 200
    assert trakt.ledger.requests == []
