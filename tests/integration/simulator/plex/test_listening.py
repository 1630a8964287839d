from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest

from crosswatch.simulator.plex import Ending
from crosswatch.simulator.plex.frames import Frame
from crosswatch.simulator.plex.noise import MALFORMED, NOTICES, make_noise, push_notices

OWNER = "EXAMPLE-TOKEN-OWNER"

# ---------------------------------------------------------------- who may listen


@pytest.mark.parametrize("path", ["/:/websockets/notifications", "/:/websocket/notifications"])
async def test_both_addresses_of_the_socket_work(plex, listen, path):
    ear = await listen(plex, path=path)
    push_notices(plex.world)
    await ear.until_count(len(NOTICES) - 1)


async def test_the_token_may_be_in_the_address(plex, http):
    await http.ws_connect(f"{plex.base_url}/:/websockets/notifications?X-Plex-Token={OWNER}")
    assert [one.person.name for one in plex.world.hub.listeners] == ["alice"]


async def test_a_wrong_token_fails_the_handshake(plex, listen):
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await listen(plex, token="WRONG")
    assert refused.value.status == 401


async def test_a_shared_user_hears_of_their_own_sessions_only(plex, listen):
    theirs, owners = await listen(plex, token="EXAMPLE-TOKEN-BOB"), await listen(plex)
    await plex.player("alice", "tv").start(plex.item("1357"))
    await plex.player("bob", "web").start(plex.item("9723"))
    make_noise(plex.world, 20)
    await owners.until_count(22)
    assert [play["ratingKey"] for play in theirs.plays] == ["9723"]
    assert len(theirs.messages) == 1


async def test_a_shared_user_may_not_see_the_sessions(plex, ask):
    assert (await ask(plex, "/status/sessions", token="EXAMPLE-TOKEN-BOB"))[0] == 403
    assert (await ask(plex, "/accounts", token="EXAMPLE-TOKEN-BOB"))[0] == 403


async def test_the_other_refusal_that_was_reported_can_be_chosen(make_plex, ask):
    plex = await make_plex(sessions_refusal=401)
    assert (await ask(plex, "/status/sessions", token="EXAMPLE-TOKEN-BOB"))[0] == 401


async def test_only_the_owner_may_use_an_account_token_at_the_server(plex, ask):
    assert (await ask(plex, "/", token="EXAMPLE-TOKEN-OWNER"))[0] == 200
    assert (await ask(plex, "/", token="EXAMPLE-TOKEN-SERVER"))[0] == 200
    assert (await ask(plex, "/", token="EXAMPLE-TOKEN-BOB"))[0] == 200
    assert (await ask(plex, "/", token="EXAMPLE-TOKEN-BOB-ACCOUNT"))[0] == 401


# ---------------------------------------------------------------- filters


@pytest.mark.parametrize(
    ("filters", "types"),
    [
        ("", {"status", "progress"}),
        ("?filters=-log", {"status", "progress"}),
        ("?filters=", {"status", "progress", "log"}),
        ("?filters=status,log", {"status", "log"}),
        ("?filters=-log,status", {"progress"}),
        ("?filter=status", {"status"}),
    ],
)
async def test_filters_choose_the_types(plex, listen, filters, types):
    ear = await listen(plex, path=f"/:/websockets/notifications{filters}")
    for frame_type in ("log", "status", "progress"):
        plex.push_frame({"NotificationContainer": {"type": frame_type, "size": 1}})
    await ear.until_count(len(types))
    assert {frame["type"] for frame in ear.frames} == types


async def test_a_server_may_ignore_the_filters_of_a_socket(make_plex, listen):
    plex = await make_plex(socket_filters=False)
    ear = await listen(plex, path="/:/websockets/notifications?filters=playing")
    push_notices(plex.world)
    await ear.until_count(len(NOTICES))


# ---------------------------------------------------------------- liveness


async def test_pings_are_answered_with_their_own_words(plex, http):
    socket = await http.ws_connect(
        plex.base_url + "/:/websockets/notifications", headers={"X-Plex-Token": OWNER}, autoping=False
    )
    await socket.ping(b"are you there")
    pong = await socket.receive(timeout=5)
    assert (pong.type, pong.data) == (aiohttp.WSMsgType.PONG, b"are you there")


async def test_what_a_client_says_is_ignored(plex, listen):
    ear = await listen(plex)
    await ear.socket.send_str("12:00:00")
    push_notices(plex.world)
    await ear.until_count(1)


async def test_the_closing_handshake_is_completed(plex, listen, eventually):
    ear = await listen(plex)
    await ear.socket.close()
    assert ear.socket.close_code == 1000
    await eventually(lambda: not plex.world.hub.listeners)


async def test_a_server_may_ping_too(make_plex, http):
    plex = await make_plex(server_ping_s=0.01)
    socket = await http.ws_connect(
        plex.base_url + "/:/websockets/notifications", headers={"X-Plex-Token": OWNER}, autoping=False
    )
    assert (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.PING


async def test_a_half_open_link_gives_no_pong_no_frame_and_no_end(plex, http, listen):
    dead = await http.ws_connect(
        plex.base_url + "/:/websockets/notifications", headers={"X-Plex-Token": OWNER}, autoping=False
    )
    plex.silence()
    alive = await listen(plex)
    await dead.ping()
    push_notices(plex.world)
    await alive.until_count(len(NOTICES) - 1)
    with pytest.raises(TimeoutError):
        await dead.receive(timeout=0.1)


async def test_a_reader_that_is_too_slow_is_dropped(make_plex, http):
    plex = await make_plex(reader_backlog=100)
    socket = await http.ws_connect(
        plex.base_url + "/:/websockets/notifications", headers={"X-Plex-Token": OWNER}
    )
    make_noise(plex.world, 500)
    async with asyncio.timeout(5):
        while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            pass
    assert plex.world.hub.listeners == []


async def test_a_scan_makes_a_burst_that_a_good_reader_gets_whole(plex, listen):
    ear = await listen(plex)
    make_noise(plex.world, 1_500, malformed=True)
    await ear.until(lambda ear: MALFORMED[-1] in ear.messages)
    assert len(ear.messages) > 1_400
    assert [message for message in ear.messages if message in MALFORMED] == list(MALFORMED)


# ---------------------------------------------------------------- shapes of frames


@pytest.mark.parametrize(
    ("shape", "recorded"),
    [
        ("modern", "ws/01-playing-directplay-noqueue.json"),
        ("no_size", "ws/15-no-size.json"),
        ("children", "ws/16-legacy-children.json"),
        ("unwrapped", "ws/17-unwrapped.json"),
        ("blank_type", "ws/18-type-trailing-space.json"),
    ],
)
async def test_frames_can_have_every_shape_that_was_recorded(make_plex, listen, recording, shape, recorded):
    plex = await make_plex(frame_shape=shape, client_identifier=shape != "children")
    ear = await listen(plex)
    await plex.player("alice", "web", queues=False).start(plex.item("9723"))
    await ear.until_count(1)
    sent, wanted = json.loads(ear.messages[0]), recording(recorded)
    assert _keys(sent) == _keys(wanted)
    type_of = [document.get("NotificationContainer", document)["type"] for document in (sent, wanted)]
    assert type_of[0] == type_of[1]


def _keys(value):
    if isinstance(value, dict):
        return {name: _keys(inner) for name, inner in value.items()}
    return [_keys(inner) for inner in value] if isinstance(value, list) else type(value)


async def test_frames_can_be_binary(make_plex, listen):
    plex = await make_plex(binary_frames=True)
    ear = await listen(plex)
    push_notices(plex.world)
    await ear.until_count(1)
    assert isinstance(ear.messages[0], bytes)
    assert ear.frames[0]["type"] == "status"


async def test_any_text_can_be_pushed(plex, listen, recording):
    ear = await listen(plex)
    for document in (recording("ws/14-two-entries.json"), recording("ws/19-ids-as-numbers.json")):
        plex.push_frame(document)
    plex.push_frame("not json")
    plex.push_frame(b"\x00")
    await ear.until_count(4)
    assert json.loads(ear.messages[0]) == recording("ws/14-two-entries.json")
    assert ear.messages[2:] == ["not json", b"\x00"]


# ---------------------------------------------------------------- the event source


async def test_the_event_source_speaks_as_recorded(make_plex, http, recording):
    plex = await make_plex(event_ping_s=0.01)
    url = f"{plex.base_url}/:/eventsource/notifications?filters=playing&X-Plex-Token={OWNER}"
    recorded = _events(recording("sse/01-stream.json")["raw"])
    async with http.get(url) as response:
        assert response.content_type == recording("sse/01-stream.json")["content_type"]
        await _read_until(response, "event: ping")
        make_noise(plex.world, 10)
        await plex.player("alice", "web").start(plex.item("9723"))
        text = await _read_until(response, "PlaySessionStateNotification")
    sent = [event for event in _events(text) if event[0] == "playing"]
    assert _keys(sent[0][1]) == _keys(recorded[1][1])
    assert {name for name, _ in _events(text)} <= {"ping", "playing"}


async def test_the_event_source_can_wrap_its_data(make_plex, http, recording):
    plex = await make_plex(event_wrapped=True)
    url = f"{plex.base_url}/:/eventsource/notifications?X-Plex-Token={OWNER}"
    async with http.get(url) as response:
        await plex.player("alice", "dlna").start(plex.item("9723"))
        text = await _read_until(response, "PlaySessionStateNotification")
    recorded = _events(recording("sse/02-stream-wrapped.json")["raw"])
    sent, wanted = _events(text)[0][1], recorded[0][1]
    assert _keys(sent) == _keys(wanted)


async def test_the_event_source_needs_a_token(plex, ask):
    assert (await ask(plex, "/:/eventsource/notifications", token=None))[0] == 401


async def test_an_event_source_that_goes_away_is_forgotten(plex, http):
    response = await http.get(f"{plex.base_url}/:/eventsource/notifications?X-Plex-Token={OWNER}")
    await plex.world.hub.wait_for_listener()
    response.close()
    async with asyncio.timeout(5):
        while plex.world.hub.listeners:
            plex.world.hub.publish(Frame(type="status", entries=[{}]))
            await asyncio.sleep(0.005)


async def _read_until(response, text):
    got = ""
    async with asyncio.timeout(5):
        while text not in got or not got.endswith("\n\n"):
            got += (await response.content.readany()).decode()
    return got


def _events(raw):
    events = []
    for block in raw.strip().split("\n\n"):
        name, data = block.split("\n")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


# ---------------------------------------------------------------- what the ledger keeps


async def test_listening_and_asking_are_in_the_ledger(plex, ask, listen):
    await listen(plex)
    await ask(plex, "/status/sessions", token="EXAMPLE-TOKEN-BOB")
    await ask(plex, f"{plex.plextv_url}/api/v2/user")
    kept = [(r.path, r.account, r.status, r.listener) for r in plex.ledger.requests]
    assert kept == [
        ("/:/websockets/notifications", "alice", 101, "pms"),
        ("/status/sessions", "bob", 403, "pms"),
        ("/api/v2/user", "alice", 200, "plextv"),
    ]


async def test_an_ending_without_a_session_reaches_the_owner(plex, listen, recording):
    ear = await listen(plex)
    player = plex.player("alice", "kodi")
    await player.start(plex.item("9723"))
    await player.stop(Ending.NO_KEY)
    await ear.until_stopped()
    assert ear.frames[-1] == recording("ws/09-stop-nokey-noitem.json")["NotificationContainer"]
