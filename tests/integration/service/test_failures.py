"""A ledger that refuses, a process that dies at any commit, and parts that stumble (P1)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from crosswatch.core.plays import DesiredAction
from fakes.plays import MAYA
from fakes.sink import Fault

START, PAUSE, STOP, WATCHED = DesiredAction


async def begun(evening, media, offset_s=5_000.0):
    """Somebody watches; when that began."""
    evening.source.list(media, offset_s=offset_s)
    evening.frame(media, offset_s)
    await evening.settle()
    return evening.clock.now()


async def ended(evening, media, offset_s=5_990.0, *, key="1"):
    """They stop; when that was."""
    evening.source.sessions.pop(key, None)
    evening.frame(media, offset_s, "stopped", key=key)
    return evening.clock.now()


# ---------------------------------------------------------------- the disk


@pytest.mark.parametrize("minutes", [1, 300])
async def test_what_ends_while_the_disk_is_full_is_recorded_with_its_time(evening, film, minutes):
    await begun(evening, film)
    await evening.later(60)
    evening.ledger.is_failing = True
    ended_at = await ended(evening, film)
    await evening.later(minutes=minutes)
    assert evening.recorder.has_unsaved
    assert "disk is full" in evening.recorder.problem
    assert evening.recorded == []
    evening.ledger.is_failing = False
    await evening.later(minutes=1)
    ((_, at),) = evening.sink.plays(MAYA)
    assert abs((at - ended_at).total_seconds()) < 120
    assert (evening.recorder.has_unsaved, evening.recorder.problem) == (False, "")


async def test_a_whole_viewing_while_the_disk_is_full_is_recorded(evening, film):
    evening.ledger.is_failing = True
    ended_at = await evening.watch(film)
    await evening.later(minutes=2)
    evening.ledger.is_failing = False
    await evening.later(minutes=1)
    ((_, at),) = evening.sink.plays(MAYA)
    assert abs((at - ended_at).total_seconds()) < 1
    assert evening.sink.of("send") == []


async def test_two_halves_of_one_viewing_while_the_disk_is_full_count_once(evening, film):
    evening.ledger.is_failing = True
    ended_at = await evening.watch(film, end=0.88)
    await evening.later(minutes=10)
    await evening.watch(film, start=0.87, key="2")
    evening.ledger.is_failing = False
    await evening.later(minutes=1)
    ((_, at),) = evening.sink.plays(MAYA)
    assert abs((at - ended_at).total_seconds()) < 1
    assert [reason for _, reason in await evening.verdicts()] == ["watched", "duplicate_of"]


async def test_what_waits_for_the_disk_does_not_grow_with_every_frame(evening, film):
    await begun(evening, film, 100)
    evening.ledger.is_failing = True
    for turn in range(100):
        await evening.later(30)
        evening.frame(film, 3_000 if turn % 8 < 4 else 100)
    await evening.later(1)
    assert len(evening.recorder._waiting) <= 2


async def test_what_is_judged_late_is_judged_as_what_it_is(evening, film):
    """The tail of a counted viewing, which cannot be looked up at the time."""
    await evening.watch(film, end=0.85)
    await evening.later(hours=2)
    evening.ledger.refuses = {"plays_of"}
    await evening.watch(film, start=0.85)
    assert evening.recorder.has_unsaved
    evening.ledger.refuses.clear()
    await evening.later(minutes=2)
    assert evening.recorded == ["Arrival (2016)"]
    assert [play.reason.value for play in await evening.plays()] == ["watched", "duplicate_of"]


async def test_one_writers_success_does_not_throw_away_what_another_could_not_write(evening, film, short):
    await begun(evening, film)
    evening.ledger.refuses = {"record"}
    await ended(evening, film)
    await evening.later(1)
    evening.ledger.refuses.clear()
    evening.source.list(short, key="2", client="phone")
    evening.frame(short, 600, key="2", client="phone")
    await evening.settle()
    assert evening.recorded == ["Arrival (2016)"]


async def test_what_could_not_be_written_is_tried_again_without_a_frame(evening, film):
    await begun(evening, film)
    evening.ledger.refuses = {"record"}
    await ended(evening, film)
    await evening.later(3)
    evening.ledger.refuses.clear()
    await evening.later(8)
    assert evening.recorded == ["Arrival (2016)"]


async def test_what_cannot_be_written_when_the_history_is_read_is_made_good_once(evening, film):
    await evening.stop()
    await evening.later(5_400)
    evening.source.count(film, evening.clock.now())
    await evening.start(connected=False)
    evening.ledger.refuses = {"record"}
    evening.pipeline.connected()
    await evening.later(20)
    assert evening.recorded == []
    evening.ledger.refuses.clear()
    await evening.later(hours=2)
    assert evening.recorded == ["Arrival (2016)"]
    assert len(await evening.plays()) == 1


@pytest.mark.parametrize("call", ["cursor", "plays_of"])
async def test_a_history_that_cannot_be_compared_is_read_again(evening, film, call):
    await evening.stop()
    await evening.later(5_400)
    evening.source.count(film, evening.clock.now())
    await evening.start(connected=False)
    evening.ledger.refuses = {call}
    evening.pipeline.connected()
    await evening.later(20)
    evening.ledger.refuses.clear()
    await evening.later(minutes=2)
    assert evening.recorded == ["Arrival (2016)"]


async def test_open_plays_that_cannot_be_read_at_first_are_taken_up_later(evening, film):
    await begun(evening, film, 600)
    await evening.later(60)
    await evening.kill()
    await evening.start(connected=False)
    evening.ledger.refuses = {"open_plays"}
    evening.running.cancel()
    evening.running = asyncio.create_task(evening.pipeline.run())
    evening.pipeline.connected()
    await evening.later(20)
    evening.ledger.refuses.clear()
    await evening.watch(film, start=0.13)
    assert (evening.recorded, len(await evening.plays())) == (["Arrival (2016)"], 1)


@pytest.mark.parametrize("call", ["claim", "next_due", "settle", "match", "delivered_near", "wake_account"])
async def test_a_delivery_whose_ledger_call_fails_for_a_while_is_made_once(evening, film, call):
    evening.sink.faults.extend([Fault.NONE, Fault.AFTER])
    await begun(evening, film)
    evening.ledger.refuses = {call}
    ended_at = await ended(evening, film)
    await evening.later(minutes=3)
    evening.ledger.refuses.clear()
    await evening.later(minutes=10)
    ((_, at),) = evening.sink.plays(MAYA)
    assert abs((at - ended_at).total_seconds()) < 120


# ---------------------------------------------------------------- death


@pytest.mark.parametrize("call", ["record", "claim", "settle", "release", "wake_account"])
@pytest.mark.parametrize("seconds", [5, 180, 4_000])
async def test_a_process_that_dies_after_a_commit_loses_nothing_and_doubles_nothing(
    evening, film, call, seconds
):
    await begun(evening, film)
    evening.ledger.dies_after = call
    ended_at = await ended(evening, film)
    await evening.later(10)
    await evening.kill()
    await evening.later(seconds)
    await evening.start()
    await evening.later(minutes=5)
    ((_, at),) = evening.sink.plays(MAYA)
    assert abs((at - ended_at).total_seconds()) < 120


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
@pytest.mark.parametrize("seconds", [1, 180, 3_500, 40_000])
async def test_a_process_that_dies_before_the_answer_loses_nothing_and_doubles_nothing(
    evening, film, fault, seconds
):
    await begun(evening, film)
    evening.sink.faults.append(fault)
    ended_at = await ended(evening, film)
    await evening.later(10)
    await evening.kill()
    await evening.later(seconds)
    await evening.start()
    await evening.later(minutes=5)
    ((_, at),) = evening.sink.plays(MAYA)
    assert abs((at - ended_at).total_seconds()) < 120


@pytest.mark.parametrize("fault", [Fault.CUT_BEFORE, Fault.CUT_AFTER])
async def test_a_process_that_dies_while_late_plays_are_added_doubles_none(evening, film, short, fault):
    evening.sink.always = Fault.UNAVAILABLE
    await begun(evening, film)
    await ended(evening, film)
    await evening.watch(short, key="2")
    await evening.later(minutes=30)
    evening.sink.always = Fault.NONE
    evening.sink.faults.extend([Fault.NONE, fault])
    await evening.later(minutes=20)
    assert [kind for kind, _, _ in evening.sink.requests][-2:] == ["read", "add"]
    await evening.restart()
    await evening.later(minutes=5)
    assert evening.recorded == ["Arrival (2016)", short.label]


async def test_a_stop_cuts_off_a_request_and_the_next_start_finds_out_what_came_of_it(evening, film):
    await begun(evening, film)
    evening.sink.latency_s = 60.0
    await ended(evening, film)
    await evening.later(5)
    await evening.stop()
    evening.sink.latency_s = 0.2
    await evening.later(minutes=5)
    await evening.start()
    await evening.later(minutes=1)
    assert evening.recorded == ["Arrival (2016)"]


async def test_what_was_heard_before_a_stop_is_written(evening, film):
    await begun(evening, film)
    evening.source.sessions.clear()
    evening.frame(film, 5_990, "stopped")
    await evening.stop()
    assert [play.state.value for play in await evening_plays(evening)] == ["ended"]
    await evening.start()
    await evening.later(5)
    assert evening.recorded == ["Arrival (2016)"]


async def evening_plays(evening):
    """The plays, read after the app has stopped."""
    await evening.start()
    plays = await evening.plays()
    await evening.stop()
    return plays


# ---------------------------------------------------------------- slips of ours


async def test_a_pipeline_that_stumbles_goes_on_with_the_sessions_that_it_knows(evening, film):
    await begun(evening, film, 600)
    evening.pipeline._inbox.put_nowait(lambda _now: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await evening.running
    evening.running = asyncio.create_task(evening.pipeline.run())
    await evening.later(60)
    await evening.watch(film, start=0.12)
    assert (evening.recorded, len(await evening.plays())) == (["Arrival (2016)"], 1)


async def test_a_pipeline_that_stumbles_takes_stock_again(evening, film):
    evening.pipeline._inbox.put_nowait(lambda _now: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await evening.running
    evening.source.list(film, offset_s=600)
    evening.running = asyncio.create_task(evening.pipeline.run())
    await evening.later(400)
    assert len(await evening.plays()) == 1


async def test_a_sink_that_stumbles_is_asked_again_and_holds_up_nobody(evening, film, short):
    evening.sink.faults.append(Fault.CRASH)
    await begun(evening, film)
    ended_at = await ended(evening, film)
    await evening.watch(short, start=0.5, key="2")
    await evening.later(minutes=5)
    assert evening.recorded == ["Arrival (2016)", short.label]
    assert abs((evening.sink.plays(MAYA)[0][1] - ended_at).total_seconds()) < 120


async def test_facts_that_come_while_the_open_plays_cannot_be_read_wait(evening, film):
    await evening.stop()
    await evening.start(connected=False)
    await evening.later(1)
    evening.rules = replace(evening.rules, usernames=())
    await begun(evening, film)
    await ended(evening, film)
    await evening.later(5)
    assert evening.recorded == ["Arrival (2016)"]
