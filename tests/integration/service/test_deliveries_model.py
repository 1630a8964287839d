"""Whatever goes wrong in whatever order: each finished play is at the sink once, with its time, and no other.

Ledger, delivery loop and a sink with faults, against the simplest of models: a list of what was watched.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crosswatch.core.ids import Ids
from crosswatch.core.plays import DesiredAction, Origin, PlayState
from fakes.evening import Evening
from fakes.leaping_loop import LeapingLoop
from fakes.plays import EPISODE, MAYA, make_play, want, wants
from fakes.sink import Fault

START, PAUSE, STOP, WATCHED = DesiredAction
LENGTH_S = 1_200
ITEMS = st.integers(1, 3)
PASSING = [fault for fault in Fault if fault not in (Fault.NONE, Fault.CUT_BEFORE, Fault.CUT_AFTER)]
CUTS = [Fault.CUT_BEFORE, Fault.CUT_AFTER]
TOLERANCE_S = 120.0


def item(number):
    return replace(
        EPISODE,
        ids=Ids(tvdb=1_000 + number),
        season=1,
        number=number,
        rating_key=str(number),
        duration_ms=LENGTH_S * 1000,
    )


class Deliveries(RuleBasedStateMachine):
    """One person, three episodes, and everything that may go wrong on the way to a sink."""

    def __init__(self):
        super().__init__()
        self.loop = LeapingLoop()
        self.folder = None  # everything is in memory
        self.open = {}
        self.watched = []
        self.number = 0
        self.late_items = 100
        self.set_by_s = 0.0

    def run(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    @initialize()
    def begin(self):
        async def begin():
            return await Evening(self.folder and Path(self.folder.name)).start()

        self.evening = self.run(begin())

    # ---------------------------------------------------------------- plays

    def record(self, play, action, progress):
        async def record():
            desired = replace(want(action, progress=progress), at=play.last_seen_at)
            await self.evening._store.record([wants(play, desired)])
            self.evening.workers.wake(MAYA)
            await self.evening.later(0.1)

        self.run(record())

    @rule(number=ITEMS)
    def start(self, number):
        if number in self.open:
            return
        self.number += 1
        now = self.evening.clock.now()
        play = make_play(self.number, media=item(number), started_at=now, last_seen_at=now)
        self.open[number] = play
        self.record(play, START, 1.0)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), action=st.sampled_from([START, PAUSE]))
    def go_on(self, data, action):
        number = data.draw(st.sampled_from(sorted(self.open)))
        state = PlayState.PAUSED if action is PAUSE else PlayState.PLAYING
        now = self.evening.clock.now()
        play = self.open[number] = replace(self.open[number], state=state, last_seen_at=now)
        self.record(play, action, 40.0)

    @precondition(lambda self: self.open)
    @rule(data=st.data(), is_finished=st.booleans())
    def end(self, data, is_finished):
        number = data.draw(st.sampled_from(sorted(self.open)))
        if is_finished:
            self.run(self.evening.later(LENGTH_S))
        now = self.evening.clock.now()
        play = replace(self.open.pop(number), state=PlayState.ENDED, last_seen_at=now, ended_at=now)
        if is_finished:
            play = replace(play, watched_at=now, progress=99.0)
            self.watched.append((play.media.label, now))
        self.record(play, WATCHED if is_finished else STOP, 99.0 if is_finished else 40.0)

    @rule(ago_s=st.integers(200, 400_000))
    def find_in_history(self, ago_s):
        """A play of another item, that happened unseen."""
        self.number += 1
        self.late_items += 1
        at = self.evening.clock.now() - timedelta(seconds=ago_s)
        play = make_play(
            self.number,
            origin=Origin.HISTORY,
            media=item(self.late_items),
            state=PlayState.ENDED,
            started_at=at - timedelta(seconds=LENGTH_S),
            last_seen_at=at,
            ended_at=at,
            watched_at=at,
        )
        self.watched.append((play.media.label, at))
        self.record(play, WATCHED, 80.0)

    # ---------------------------------------------------------------- faults

    @rule(faults=st.lists(st.sampled_from(PASSING), min_size=1, max_size=4))
    def stumble(self, faults):
        self.evening.sink.faults.extend(faults)

    @rule(fault=st.sampled_from([Fault.NONE, Fault.UNAVAILABLE, Fault.HELD, Fault.LIMITED, Fault.AFTER]))
    def stay_so(self, fault):
        self.evening.sink.always = fault

    @rule(cut=st.sampled_from(CUTS), seconds=st.sampled_from([1, 100, 4_000, 90_000]))
    def die_in_the_middle_of_a_request(self, cut, seconds):
        self.evening.sink.faults.append(cut)
        self.run(self.evening.later(5))
        self.die(seconds)

    @rule(call=st.sampled_from(["claim", "settle", "release", "wake_account"]), seconds=st.integers(1, 5_000))
    def die_after_a_commit(self, call, seconds):
        self.evening.ledger.dies_after = call
        self.run(self.evening.later(10))
        self.die(seconds)

    @rule(seconds=st.sampled_from([1, 60, 600, 4_000]))
    def die(self, seconds):
        async def die():
            await self.evening.kill()
            await self.evening.later(seconds)
            self.evening.sink.faults = type(self.evening.sink.faults)(
                fault for fault in self.evening.sink.faults if fault not in CUTS
            )
            await self.evening.start()

        self.run(die())

    @rule(seconds=st.sampled_from([5, 100, 3_000]))
    def fill_the_disk(self, seconds):
        self.evening.ledger.is_failing = True
        self.run(self.evening.later(seconds))
        self.evening.ledger.is_failing = False

    @rule(seconds=st.sampled_from([-40.0, -2.0, 2.0, 40.0]))
    def set_the_clock(self, seconds):
        self.evening.clock.set_by_s += seconds
        self.set_by_s += abs(seconds)

    @rule()
    def unblock(self):
        self.evening.workers.unblock()
        self.run(self.evening.later(3))

    @rule(seconds=st.sampled_from([1, 30, 89, 100, 600, 3_500, 8_000]))
    def wait(self, seconds):
        self.run(self.evening.later(seconds))

    @rule(seconds=st.sampled_from([1, 200, 2_000]))
    def share_with_another_process(self, seconds):
        """Another process claims what is due for a while, and is cut off then."""

        async def share():
            other = asyncio.create_task(self.evening.make_worker(MAYA, "other").run())
            await self.evening.later(seconds)
            other.cancel()
            await asyncio.gather(other, return_exceptions=True)

        self.run(share())

    # ---------------------------------------------------------------- what holds

    @invariant()
    def nothing_is_doubled_and_nothing_is_made_up(self):
        if not hasattr(self, "evening"):
            return
        held = Counter(self.evening.recorded)
        watched = Counter(label for label, _ in self.watched)
        assert held <= watched, held - watched

    def teardown(self):
        if hasattr(self, "evening"):
            self.run(self.come_to_rest())
            self.everything_is_there_with_its_time()
            self.run(self.evening.stop())
        self.loop.close()

    async def come_to_rest(self):
        """Everything works again, and a person presses Retry wherever something was refused."""
        evening = self.evening
        evening.sink.faults.clear()
        evening.sink.always = Fault.NONE
        await evening.restart()
        for play in await evening.plays():
            await evening._store.retry(play.id, evening.clock.now())
        evening.workers.unblock()
        await evening.later(hours=2)

    def everything_is_there_with_its_time(self):
        held = sorted(self.evening.sink.plays(MAYA))
        watched = sorted(self.watched)
        assert [label for label, _ in held] == [label for label, _ in watched]
        for (label, at), (_, ended_at) in zip(held, watched, strict=True):
            off_s = abs((at - ended_at).total_seconds())
            assert off_s <= TOLERANCE_S + self.set_by_s, f"{label} is {off_s:g} s off"


class DeliveriesOnDisk(Deliveries):
    """The same on SQLite."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()

    def teardown(self):
        super().teardown()
        self.folder.cleanup()


COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    "print_blob": True,
}

TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=40, stateful_step_count=25, **COMMON)
TestDeliveriesOnDisk = DeliveriesOnDisk.TestCase
TestDeliveriesOnDisk.settings = settings(max_examples=10, stateful_step_count=25, **COMMON)
