"""The control interface, as a driver in another process uses it."""

from __future__ import annotations

import asyncio

import pytest

EPISODE = "28841"


@pytest.fixture
def drive(plex, http):
    """One request to the control interface: status and decoded answer."""

    async def drive(method, path, /, **body):
        async with http.request(method, plex.control_url + path, json=body or None) as response:
            return response.status, await response.json()

    return drive


async def until(drive, path, fits, within_s=5.0):
    """Ask again until the answer fits."""
    async with asyncio.timeout(within_s):
        while True:
            _, answer = await drive("GET", path)
            if fits(answer):
                return answer
            await asyncio.sleep(0.01)


async def test_the_state_names_addresses_people_and_sessions(plex, drive, listen):
    await listen(plex)
    await plex.player("bob", "web").start(plex.item("1357"))
    status, state = await drive("GET", "/state")
    assert status == 200
    assert (state["base_url"], state["plextv_url"]) == (plex.base_url, plex.plextv_url)
    assert [person["name"] for person in state["people"]] == ["alice", "bob", "Kids", "carol84"]
    assert [(s["key"], s["person"], s["item"]) for s in state["sessions"]] == [
        ("1", "bob", "The Matrix (1999)")
    ]
    assert state["listeners"] == [{"kind": "socket", "person": "alice"}]
    assert "TOKEN" not in str(state)


async def test_the_interface_is_at_both_listeners_and_survives_an_outage(plex, drive, http):
    async with http.get(f"{plex.base_url}/_control/state") as response:
        assert response.status == 200
    assert await drive("POST", "/link/refuse") == (200, {"is_listening": False})
    assert (await drive("GET", "/state"))[1]["is_listening"] is False
    assert await drive("POST", "/link/listen") == (200, {"is_listening": True})
    assert plex.ledger.requests == []


async def test_a_driver_starts_a_viewing_and_reads_what_was_watched(drive):
    status, player = await drive(
        "POST",
        "/players",
        person="bob",
        device="tv",
        item=EPISODE,
        script={"start": 0.85, "until": 0.95, "pauses": [[0.9, 10]], "ending": "triple"},
        manners={"transcode": True},
    )
    assert (status, player["number"], player["person"]) == (201, 1, "bob")
    [viewing] = await until(drive, "/viewings", lambda found: found and found[0]["ended_at"])
    assert (viewing["item"]["label"], viewing["ending"]) == ("Bluey S03E15", "triple")
    assert viewing["progress"] == pytest.approx(95.0)
    _, rows = await drive("GET", "/history")
    assert [(row["person"], row["item"]["key"]) for row in rows] == [("bob", EPISODE)]
    assert (await drive("GET", "/viewings?after=1"))[1] == []


async def test_a_driver_starts_a_queue(drive):
    items = ["47999", EPISODE]
    await drive("POST", "/players", items=items, autoplay="same_key", script={"until": 0.1})
    found = await until(drive, "/viewings", lambda found: len(found) == 2 and found[1]["ended_at"])
    assert [viewing["item"]["key"] for viewing in found] == items


async def test_a_driver_works_a_player_by_hand(plex, drive, listen):
    ear = await listen(plex)
    await drive("POST", "/players", person="Kids", device="tablet")
    await drive("POST", "/players/1/start", item=EPISODE)
    await drive("POST", "/players/1/pause")
    assert (await drive("GET", "/players"))[1][0]["state"] == "paused"
    await drive("POST", "/players/1/resume")
    await drive("POST", "/players/1/seek", to=0.5)
    await drive("POST", "/players/1/buffer", flips=2)
    await drive("POST", "/players/1/stop", ending="no_item")
    await ear.until_stopped()
    assert ear.plays[-1]["ratingKey"] == ""


async def test_a_driver_crashes_a_player(drive):
    await drive("POST", "/players", item="1357")
    await until(drive, "/players", lambda players: players[0]["state"] == "playing")
    status, player = await drive("DELETE", "/players/1")
    assert (status, player["state"], player["viewing"]["ending"]) == (200, "idle", "crash")


async def test_a_driver_changes_the_library(plex, drive):
    _, items = await drive("GET", "/items?kind=movie&section=1")
    assert "The Matrix (1999)" in [item["label"] for item in items]
    await drive(
        "POST", "/items/90001/match", guid="plex://movie/x", guids=["imdb://tt0000001"], title="Found"
    )
    assert plex.item("90001").title == "Found"
    _, fresh = await drive("POST", "/items", title="Fresh", length_ms=60_000, year=2026)
    assert plex.item(fresh["key"]).label == "Fresh (2026)"
    await drive("DELETE", "/items/90001")
    assert (await drive("DELETE", "/items/90001"))[0] == 404


async def test_a_driver_pushes_frames_lists_traces_and_noise(plex, drive, listen, recording):
    ear = await listen(plex)
    frame = recording("ws/07-error.json")
    assert await drive("POST", "/frames", frame=frame) == (200, {"listeners": 1})
    await drive("POST", "/frames", text="not json")
    await ear.until_count(2)
    listed = recording("sessions/01-movie.json")["MediaContainer"]["Metadata"]
    assert (await drive("PUT", "/sessions", sessions=listed))[1] == listed
    trace = recording("traces/05-stop-under-new-key.json")
    assert await drive("POST", "/traces", trace=trace) == (202, {"steps": 3})
    await ear.until_count(5)
    _, sent = await drive("POST", "/noise", count=50, malformed=True)
    assert sent["frames_sent"] > 60


async def test_a_driver_breaks_and_mends_the_link(plex, drive, listen):
    ear = await listen(plex)
    await drive("POST", "/link/drop")
    await ear.until_closed()
    await drive("POST", "/link/flap", count=1, after_s=0.0)
    await (await listen(plex)).until_closed()
    await listen(plex)
    await drive("POST", "/link/silence")
    assert all(one.silent for one in plex.world.hub.listeners)
    run = plex.world.sessions.run
    await drive("POST", "/link/restart", down_s=5.0, starting_s=0.0)
    await until(drive, "/state", lambda state: state["is_listening"] and state["is_up"])
    assert plex.world.sessions.run == run + 1


async def test_a_driver_makes_and_ends_faults(plex, drive, ask):
    status, fault = await drive("POST", "/faults", kind="status", status=502, path="/identity", count=1)
    assert (status, fault["hits"]) == (201, 0)
    assert (await ask(plex, "/identity"))[0] == 502
    await drive("POST", "/faults", preset="reset")
    assert len((await drive("GET", "/faults"))[1]) == 1
    assert await drive("DELETE", "/faults") == (200, [])
    assert (await ask(plex, "/identity"))[0] == 200
    _, ledger = await drive("GET", "/ledger?path=/identity")
    assert [request["status"] for request in ledger] == [502, 200]
    await drive("DELETE", "/ledger")
    assert plex.ledger.requests == []


async def test_a_driver_adds_history_people_preferences_and_hooks(plex, drive):
    await drive("POST", "/history", person="bob", item="1357", viewed_at=100)
    assert plex.world.history.rows[0].viewed_at == 100
    status, person = await drive("POST", "/people", username="dave", plex_pass=True)
    assert (status, person) == (201, {"name": "dave", "number": 1_000_005, "role": "shared"})
    await drive("PUT", "/preferences", LibraryVideoPlayedThreshold=70)
    assert plex.world.preferences.played_threshold == 70
    assert await drive("PUT", "/webhooks", urls=["http://127.0.0.1:1/"]) == (
        200,
        {"urls": ["http://127.0.0.1:1/"]},
    )
    assert (await drive("GET", "/webhooks"))[1]["deliveries"] == []
    assert (await drive("POST", "/webhooks", payload={"event": "media.rate"}))[0] == 202
    await plex.webhooks.idle()
    assert (await drive("GET", "/webhooks"))[1]["deliveries"][0]["event"] == "media.rate"


async def test_a_driver_allows_a_sign_in(plex, drive, ask):
    headers = {"X-Plex-Client-Identifier": "c", "Accept": "application/json"}
    url = f"{plex.plextv_url}/api/v2/pins"
    _, pin = await ask(plex, url, token=None, headers=headers, method="POST")
    assert (await drive("GET", "/state"))[1]["open_pins"] == [pin["code"]]
    assert (await drive("POST", f"/pins/{pin['code'].lower()}", person="bob"))[0] == 200
    _, claimed = await ask(plex, f"{url}/{pin['id']}", token=None, headers=headers)
    assert claimed["authToken"] == "EXAMPLE-TOKEN-BOB-ACCOUNT"


@pytest.mark.parametrize(
    ("request_line", "body", "status", "sentence"),
    [
        ("POST /players", {"item": "nothing"}, 404, "there is no item 'nothing'"),
        ("POST /players", {"person": "nobody"}, 404, "nobody called 'nobody'"),
        ("POST /players", {"manners": {"speed": 2}}, 400, "speed"),
        ("POST /players", {"script": {"speed": 2}}, 400, "unknown fields of a script: speed"),
        ("POST /players", {"item": EPISODE, "script": {"ending": "bang"}}, 400, "bang"),
        ("POST /players/7/stop", {}, 404, "there is no player 7"),
        ("POST /items", {"title": "x", "length_ms": 1, "section": 99}, 404, "there is no library 99"),
        ("POST /link/dance", {}, 404, "a link cannot dance"),
        ("POST /pins/ZZZZ", {}, 404, "there is no PIN 'ZZZZ'"),
        ("POST /faults", {"preset": "fire"}, 400, "preset is 'fire'"),
        ("POST /faults", {"preset": "wrong_item"}, 400, "wrong_item"),
        ("POST /people", {"username": "bob"}, 400, "'bob' is taken"),
        ("POST /people", {"age": 4, "username": "eve"}, 400, "do not go together"),
        ("PUT /webhooks", {"person": "Kids", "urls": ["http://127.0.0.1:1/"]}, 400, "no Plex Pass"),
        ("PUT /preferences", {"Colour": "red"}, 404, "there is no preference 'Colour'"),
        ("POST /history", {"person": "bob"}, 400, "item is missing"),
        ("PUT /sessions", {}, 400, "sessions is missing"),
    ],
)
async def test_mistakes_are_sentences(drive, request_line, body, status, sentence):
    answered, answer = await drive(*request_line.split(), **body)
    assert answered == status
    assert sentence in answer["error"]
