"""Recorded traces go out as they were recorded, and the lists fit them."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest


async def test_a_trace_is_replayed_frame_by_frame(make_plex, listen, trace):
    plex = await make_plex(scale=500.0)
    wanted = [step["ws"] for step in trace["steps"] if "ws" in step]
    ears = [await listen(plex)]
    replay = plex.spawn(plex.replay_trace(trace))
    while not replay.done():
        if not ears[-1].socket.closed:
            await asyncio.wait(
                {replay, asyncio.ensure_future(ears[-1].until_closed())}, return_when="FIRST_COMPLETED"
            )
            continue
        try:
            ears.append(await listen(plex))
        except aiohttp.ClientError:
            await asyncio.sleep(0.005)
    await replay
    await ears[-1].until(lambda _: sum(len(ear.messages) for ear in ears) >= len(wanted))
    assert [json.loads(message) for ear in ears for message in ear.messages] == wanted


@pytest.fixture
def trace_of(recording):
    return lambda name: recording(f"traces/{name}.json")


async def listed(plex, ask):
    _, answer = await ask(plex, "/status/sessions")
    return [
        (one["sessionKey"], one["ratingKey"], one["User"]["title"], one["Player"]["state"])
        for one in answer["MediaContainer"].get("Metadata", [])
    ]


async def test_sessions_are_made_up_where_a_trace_has_none(make_plex, ask, listen, trace_of):
    plex = await make_plex(scale=50.0)
    ear = await listen(plex)
    plex.spawn(plex.replay_trace(trace_of("03-autoplay-new-key"), "bob"))
    await ear.until_count(1)
    assert await listed(plex, ask) == [("91", "147967", "bob", "playing")]
    await ear.until_stopped()
    assert await listed(plex, ask) in ([], [("92", "147968", "bob", "playing")])
    await ear.until_count(5)
    assert await listed(plex, ask) == [("92", "147968", "bob", "playing")]


async def test_the_sessions_of_a_trace_are_there_until_the_first_stop(make_plex, ask, listen, trace_of):
    plex = await make_plex(scale=5.0)
    ear = await listen(plex)
    plex.spawn(plex.replay_trace(trace_of("06-kodi-triple-stop")))
    await ear.until_count(1)
    assert await listed(plex, ask) == [("85", "9723", "alice", "playing")]
    await ear.until_stopped()
    assert await listed(plex, ask) == []


async def test_a_session_can_vanish_without_a_stop(plex, ask, trace_of):
    await plex.replay_trace(trace_of("07-vanish-without-stop"))
    assert await listed(plex, ask) == []


async def test_after_the_recorded_restart_key_one_is_somebody_elses(make_plex, ask, listen, trace_of):
    plex = await make_plex(scale=40.0)
    replay = plex.spawn(plex.replay_trace(trace_of("08-pms-restart")))
    await listen(plex)
    assert await listed(plex, ask) == [("1", "1357", "alice", "playing")]
    refusals = []
    while not plex.world.hub.listeners or not refusals:
        try:
            await listen(plex)
        except aiohttp.WSServerHandshakeError as refused:
            refusals.append(refused.status)
        except aiohttp.ClientError:
            refusals.append(0)
        await asyncio.sleep(0.005)
    await replay
    assert set(refusals) == {0, 503}
    assert await listed(plex, ask) == [("1", "147967", "bob", "playing")]


async def test_an_unknown_control_step_is_an_error(plex):
    with pytest.raises(ValueError, match="set fire"):
        await plex.replay_trace({"steps": [{"at": 0, "control": "set fire"}]})
