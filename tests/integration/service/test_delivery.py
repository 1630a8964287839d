"""One worker for each sink account: order, patience, outages, and whose turn it is."""

from __future__ import annotations

import asyncio
import itertools
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from crosswatch.core.identity import media_key
from crosswatch.core.ids import Ids
from crosswatch.core.plays import DeliveryState, DesiredAction, Match, PlayState
from crosswatch.core.reasons import Reason
from fakes.plays import EPISODE, JON, MAYA, make_play, want, wants
from fakes.sink import Fault

START, PAUSE, STOP, WATCHED = DesiredAction
PENDING, SETTLED, DEAD = DeliveryState


@pytest.fixture
def queue(evening):
    """Records deliveries that became due so many seconds ago."""

    async def queue(number, action=WATCHED, *, ago_s=0.0, progress=99.0, account=MAYA, **changes):
        now = evening.clock.now()
        at = now - timedelta(seconds=ago_s)
        media = replace(
            EPISODE, number=number, season=1, ids=Ids(tvdb=1_000 + number), rating_key=str(number)
        )
        given = {
            "media": media,
            "state": PlayState.ENDED if action in (STOP, WATCHED) else PlayState.PLAYING,
            "started_at": at - timedelta(minutes=50),
            "last_seen_at": at,
            "ended_at": at,
            "watched_at": at if action is WATCHED else None,
            **changes,
        }
        play = make_play(number, **given)
        desired = replace(want(action, progress=progress), at=at)
        await evening.ledger.record([wants(play, desired, account=account)])
        return play

    return queue


def wake(evening, account=MAYA):
    evening.workers.wake(account)


# ---------------------------------------------------------------- order


async def test_what_is_watched_goes_first_then_what_is_live_then_the_backlog(evening, queue):
    await queue(1, ago_s=900)
    await queue(2, ago_s=600)
    await queue(3, START, ago_s=5, progress=1.0)
    await queue(4, STOP, ago_s=5, progress=40.0)
    await queue(5, ago_s=1)
    wake(evening)
    await evening.later(10)
    assert [(kind, detail) for kind, detail, _ in evening.sink.requests] == [
        ("send", WATCHED),
        ("send", STOP),
        ("send", START),
        ("read", MAYA),
        ("add", [WATCHED, WATCHED]),
    ]


async def test_writes_keep_their_distance_and_reads_need_none(evening, queue):
    for number in range(1, 6):
        await queue(number, ago_s=number / 10)
    wake(evening)
    await evening.later(10)
    times = [at for _, _, at in evening.sink.requests]
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(times)]
    assert len(times) == 5
    assert min(gaps) >= 1.05


async def test_a_stale_state_is_not_told(evening, queue):
    play = await queue(1, START, ago_s=700, progress=5.0)
    wake(evening)
    await evening.later(5)
    assert evening.sink.requests == []
    assert (await evening.delivery(play)).state is SETTLED
    assert any("not worth telling" in line for line in await evening.story(play))


async def test_late_plays_are_added_in_one_request_and_in_order(evening, queue):
    for number in range(1, 61):
        await queue(number, ago_s=100_000 - number)
    wake(evening)
    await evening.later(30)
    assert [len(each) for each in evening.sink.of("add")] == [50, 10]
    assert [at for _, at in evening.sink.plays(MAYA)] == sorted(at for _, at in evening.sink.plays(MAYA))
    assert len(evening.recorded) == 60


async def test_two_accounts_do_not_wait_for_each_other(evening, queue):
    await queue(1, account=JON)
    await queue(2)
    evening.sink.faults.append(Fault.CUT_BEFORE)
    wake(evening, JON)
    await evening.later(1)
    wake(evening)
    await evening.later(5)
    assert len(evening.recorded) == 1


# ---------------------------------------------------------------- what a sink holds already


async def test_what_somebody_else_recorded_is_not_added(evening, queue):
    play = await queue(1, ago_s=900)
    evening.sink.add(MAYA, play.media, play.watched_at - timedelta(minutes=3))
    wake(evening)
    await evening.later(5)
    assert (len(evening.recorded), evening.sink.of("add")) == (1, [])
    assert (await evening.delivery(play)).reason is Reason.ALREADY_RECORDED


async def test_an_item_that_was_found_by_a_search_is_recognised(evening, queue):
    """Nothing in the history names it as the server does; what is remembered of it does."""
    play = await queue(1, ago_s=900)
    nameless = replace(play.media, ids=Ids(), show=None, season=None, number=None, title="Half Loop")
    await evening.ledger.record([wants(replace(play, media=nameless))])
    known = (await evening.plays())[0].media
    made = evening.clock.now()
    await evening.ledger.save_match(
        Match(key=media_key(known), ids=Ids(trakt=5), evidence="search", made_at=made)
    )
    theirs = replace(EPISODE, ids=Ids(trakt=5), title="Der halbe Kreis", season=1, number=2)
    evening.sink.add(MAYA, theirs, play.watched_at)
    wake(evening)
    await evening.later(5)
    assert evening.sink.of("add") == []
    assert (await evening.delivery(play)).state is SETTLED


async def test_two_late_plays_of_one_item_do_not_share_an_entry(evening, queue):
    first = await queue(1, ago_s=9_000)
    again = replace(
        first,
        id="again",
        started_at=first.started_at + timedelta(seconds=3_600),
        ended_at=first.ended_at + timedelta(seconds=3_600),
        watched_at=first.watched_at + timedelta(seconds=3_600),
    )
    await evening.ledger.record([wants(again, replace(want(WATCHED), at=again.watched_at))])
    evening.sink.add(MAYA, first.media, first.watched_at)
    wake(evening)
    await evening.later(5)
    assert [at for _, at in evening.sink.plays(MAYA)] == [first.watched_at, again.watched_at]


async def test_a_history_that_cannot_be_read_lets_nothing_be_added(evening, queue):
    play = await queue(1, ago_s=900)
    evening.sink.faults.append(Fault.UNAVAILABLE)
    wake(evening)
    await evening.later(0.5)
    assert evening.sink.of("add") == []
    assert (await evening.delivery(play)).state is PENDING
    await evening.later(10)
    assert len(evening.recorded) == 1


async def test_the_story_of_a_second_look_tells_of_the_first(evening, queue):
    play = await queue(1)
    evening.sink.add(MAYA, play.media, evening.clock.now() - timedelta(minutes=30))
    wake(evening)
    await evening.later(5)
    assert [line.split(" ")[0] for line in await evening.story(play)] == ["send", "maya"]


# ---------------------------------------------------------------- trouble


@pytest.mark.parametrize("fault", [Fault.BEFORE, Fault.AFTER, Fault.SERVER_ERROR, Fault.LIMITED])
@pytest.mark.parametrize("ago_s", [0, 900], ids=["live", "late"])
async def test_a_play_survives_one_fault_and_is_there_once(evening, queue, fault, ago_s):
    play = await queue(1, ago_s=ago_s)
    evening.sink.faults.extend([fault] if ago_s == 0 else [Fault.NONE, fault])
    wake(evening)
    await evening.later(minutes=3)
    ((_, at),) = evening.sink.plays(MAYA)
    assert abs((at - play.watched_at).total_seconds()) < 120


async def test_a_refused_play_waits_for_a_person(evening, queue):
    play = await queue(1)
    evening.sink.faults.append(Fault.REFUSED)
    wake(evening)
    await evening.later(hours=5)
    assert (await evening.delivery(play)).state is DEAD
    assert len(evening.sink.requests) == 1
    await evening.ledger.retry(play.id, evening.clock.now())
    evening.workers.unblock()
    await evening.later(5)
    assert len(evening.recorded) == 1


async def test_one_failed_batch_is_one_failure(evening, queue):
    for number in range(1, 51):
        await queue(number, ago_s=900 + number)
    evening.sink.faults.append(Fault.UNAVAILABLE)
    wake(evening)
    await evening.later(15)
    assert len(evening.recorded) == 50


async def test_an_outage_is_told_at_its_beginning_and_at_its_end(evening, queue, caplog):
    caplog.set_level(logging.INFO, "crosswatch.trakt")
    evening.sink.always = Fault.UNAVAILABLE
    await queue(1)
    wake(evening)
    await evening.later(hours=3)
    worker = evening.workers.worker(MAYA)
    assert worker.outage.failures > 5
    assert len(evening.sink.requests) < 40
    evening.sink.always = Fault.NONE
    await evening.later(minutes=16)
    events = [getattr(record, "event", "") for record in caplog.records if record.name == "crosswatch.trakt"]
    assert events == ["trakt.unavailable", "trakt.recovered"]
    assert worker.outage is None
    assert len(evening.recorded) == 1


async def test_what_waits_when_an_outage_ends_goes_at_once(evening, queue):
    evening.sink.always = Fault.UNAVAILABLE
    for number in range(1, 4):
        await queue(number, ago_s=number)
        wake(evening)
        await evening.later(minutes=20)
    evening.sink.always = Fault.NONE
    before = len(evening.sink.requests)
    while len(evening.sink.requests) == before:
        await evening.later(10)
    await evening.later(10)
    assert len(evening.recorded) == 3


async def test_an_item_that_makes_the_sink_stumble_keeps_nobody_else_waiting(evening, queue):
    await queue(1, ago_s=2)
    await queue(2, ago_s=1)
    evening.sink.faults.append(Fault.SERVER_ERROR)
    wake(evening)
    await evening.later(10)
    assert [title[-2:] for title in evening.recorded] == ["02", "01"]


async def test_giving_back_what_was_not_sent_is_no_failure(evening, queue, monkeypatch):
    first, second = await queue(1, ago_s=900), await queue(2, ago_s=800)
    await evening.later(1)
    monkeypatch.setattr("crosswatch.service.delivery._is_leased", lambda *_: False)
    wake(evening)
    await evening.later(0.7)
    monkeypatch.undo()
    assert evening.workers.worker(MAYA).outage is None
    for play in (first, second):
        assert (await evening.delivery(play)).lease_owner == ""
    await evening.later(10)
    assert len(evening.recorded) == 2


async def test_a_clock_that_is_set_back_keeps_no_delivery_waiting(evening, queue):
    evening.sink.faults.append(Fault.UNAVAILABLE)
    await queue(1)
    wake(evening)
    await evening.later(0.5)
    evening.clock.set_by_s = -100_000.0
    await evening.later(minutes=3)
    assert len(evening.recorded) == 1
    await queue(2)
    wake(evening)
    await evening.later(5)
    assert len(evening.recorded) == 2


# ---------------------------------------------------------------- an account that is held


async def test_a_held_account_is_tried_once_an_hour(evening, queue):
    evening.sink.always = Fault.HELD
    play = await queue(1)
    wake(evening)
    await evening.later(hours=10)
    assert 8 <= len(evening.sink.requests) <= 12
    row = await evening.delivery(play)
    assert (row.state, row.reason, row.attempts) == (PENDING, Reason.LINK_EXPIRED, 0)


async def test_a_held_play_says_so_even_when_it_goes_on(evening, queue):
    evening.sink.always = Fault.HELD
    play = await queue(1, START, progress=1.0)
    wake(evening)
    await evening.later(5)
    await queue(1, WATCHED)
    wake(evening)
    await evening.later(minutes=5)
    row = await evening.delivery(play)
    assert (row.desired.action, row.reason) == (WATCHED, Reason.LINK_EXPIRED)
    assert len(evening.sink.requests) == 1


async def test_a_held_account_is_tried_at_once_when_it_may_be_mended(evening, queue):
    evening.sink.always = Fault.HELD
    play = await queue(1)
    wake(evening)
    await evening.later(minutes=10)
    evening.sink.always = Fault.NONE
    evening.workers.unblock()
    await evening.later(5)
    assert evening.sink.plays(MAYA) == [(play.media.label, play.watched_at)]


async def test_a_held_account_is_tried_at_once_after_a_restart(evening, queue):
    evening.sink.always = Fault.HELD
    await queue(1)
    wake(evening)
    await evening.later(5)
    await evening.restart()
    evening.sink.always = Fault.NONE
    await evening.later(5)
    assert len(evening.sink.requests) == 2


async def test_what_is_mended_again_and_again_and_never_holds_is_tried_with_patience(evening, queue):
    """As where each renewed login changes the configuration, and is refused all the same."""
    evening.sink.always = Fault.HELD
    await queue(1)
    wake(evening)
    for _ in range(1_200):
        await evening.later(3)
        evening.workers.unblock()
    assert len(evening.sink.requests) < 20


# ---------------------------------------------------------------- leases and fences


async def second_worker(evening):
    """Another process that delivers for the same account."""
    other = evening.make_worker(MAYA, "other")
    return asyncio.create_task(other.run())


async def test_two_processes_do_not_send_one_play_twice(evening, queue):
    task = await second_worker(evening)
    await queue(1)
    wake(evening)
    await evening.later(minutes=2)
    task.cancel()
    assert (len(evening.recorded), evening.sink.of("send")) == (1, [WATCHED])


async def test_a_process_that_lost_its_lease_cannot_undo_what_its_successor_did(evening, queue, caplog):
    evening.sink.latency_s = 200.0
    play = await queue(1)
    evening.sink.faults.append(Fault.REFUSED)
    wake(evening)
    await evening.later(190)
    evening.sink.latency_s = 0.2
    task = await second_worker(evening)
    await evening.later(5)
    assert len(evening.recorded) == 1
    assert (await evening.delivery(play)).state is SETTLED
    await evening.later(10)
    task.cancel()
    assert (await evening.delivery(play)).state is SETTLED
    assert "delivery.fenced" in [getattr(record, "event", "") for record in caplog.records]


async def test_a_process_that_lost_its_lease_while_it_read_does_not_write(evening, queue):
    evening.sink.latency_s = 200.0
    await queue(1, ago_s=900)
    wake(evening)
    await evening.later(190)
    evening.sink.latency_s = 0.2
    task = await second_worker(evening)
    await evening.later(minutes=5)
    task.cancel()
    assert (len(evening.recorded), len(evening.sink.of("add"))) == (1, 1)


async def test_a_worker_gives_back_only_its_own_leases(evening, queue):
    await queue(1, account=JON)
    evening.sink.faults.append(Fault.CUT_BEFORE)
    wake(evening, JON)
    await evening.later(1)
    evening.workers.worker(MAYA)._is_to_release = True
    wake(evening)
    await evening.later(1)
    (play,) = await evening.plays()
    assert (await evening.delivery(play)).lease_owner != ""
