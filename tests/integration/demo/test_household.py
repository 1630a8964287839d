from __future__ import annotations

import asyncio
import random
from itertools import pairwise

from crosswatch.clock import Clock
from crosswatch.demo.household import ALONE, REMEMBERED_REQUESTS, live
from crosswatch.demo.stage import Stage, first_of
from crosswatch.demo.truth import Truth
from crosswatch.simulator.ledger import RecordedRequest


async def test_the_family_goes_on_watching_one_thing_at_a_time_each_and_old_requests_are_forgotten(
    fast_clock,
):
    clock = Clock(scale=20_000.0, epoch=fast_clock.epoch)
    async with Stage(clock=clock) as stage:
        request = RecordedRequest(at=clock.now(), method="GET", path="/")
        stage.trakt.ledger.requests += [request] * (REMEMBERED_REQUESTS + 1)
        truth = Truth(stage.plexes, stage.trakt)

        async def until_each_has_watched_twice():
            while True:
                names = [one.who for one in truth.seen()]
                if all(names.count(member.name) >= 2 for member in ALONE):
                    return
                await asyncio.sleep(0.02)

        async with asyncio.timeout(20):
            rng = random.Random(1)  # noqa: S311 -- play
            await first_of(live(stage, rng), until_each_has_watched_twice())
        assert not stage.trakt.ledger.requests
        by_person = {who: [one for one in truth.seen() if one.who == who] for who in ("alice", "bob", "Kids")}
        for viewings in by_person.values():
            assert all(a.ended_at <= b.started_at for a, b in pairwise(viewings))
