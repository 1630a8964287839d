"""A process that writes to a ledger, step by step, and is killed at a commit of its choice.

    python doomed_ledger.py <database> <commit, from 1> <before | after> <steps | crowd | migrate>

It says `done <n>` when the step n has been acknowledged.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from crosswatch.core.ids import Ids
from crosswatch.core.outcomes import Accepted, Retry
from crosswatch.core.plays import Cursor, DesiredAction, Match, PlayState
from crosswatch.core.ports import PlayChange, PlayQuery, Settlement
from crosswatch.core.reasons import Reason
from crosswatch.storage.migrations import MIGRATIONS
from crosswatch.storage.opening import open_ledger
from fakes.hand_clock import HandClock
from fakes.plays import JON, MAYA, at, make_play, step, want, wants

START, PAUSE, STOP, WATCHED = DesiredAction
LEASE = timedelta(seconds=60)
MATCH = Match(key="movie/arrival", ids=Ids(trakt=210803), evidence="answer", made_at=at(0))
NEXT_SCHEMA = (*MIGRATIONS, "ALTER TABLE play ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';")


async def begin(ledger, _):
    await ledger.record([wants(make_play(1), want(START, 1), trace=(step("heard", 1), step("bound", 1)))])


async def claim_start(ledger, memory):
    memory["claims"] = await ledger.claim(MAYA, worker="doomed", now=at(0), lease=LEASE, batch=10)


async def end_and_begin_the_next(ledger, _):
    ended = make_play(1, state=PlayState.ENDED, ended_at=at(2), watched_at=at(2))
    changes = [wants(ended, want(WATCHED, 2)), wants(make_play(2), want(START, 2), account=JON)]
    await ledger.record(changes, cursor=Cursor(server="den", viewed_at=at(2), keys=frozenset({"k"})))


async def settle_start(ledger, memory):
    await _settle(ledger, memory["claims"], Accepted())


async def claim_watched(ledger, memory):
    memory["claims"] = await ledger.claim(MAYA, worker="doomed", now=at(3), lease=LEASE, batch=10)


async def settle_watched(ledger, memory):
    await _settle(ledger, memory["claims"], Accepted(remote_id=2**40, match=MATCH))


async def claim_for_another(ledger, memory):
    memory["claims"] = await ledger.claim(JON, worker="doomed", now=at(3), lease=LEASE, batch=10)


async def put_off(ledger, memory):
    await _settle(ledger, memory["claims"], Retry(reason=Reason.TRAKT_DOWN))


async def wake(ledger, _):
    await ledger.wake_account(JON, at(4))


async def _settle(ledger, claims, outcome):
    await ledger.settle(
        [
            Settlement(claim=claim, outcome=outcome, at=at(3), retry_at=at(900), trace=(step("answered", 3),))
            for claim in claims
        ]
    )


STEPS = (
    begin,
    claim_start,
    end_and_begin_the_next,
    settle_start,
    claim_watched,
    settle_watched,
    claim_for_another,
    put_off,
    wake,
)
"""Each is one commit."""
COMMITS_BEFORE = 2
"""Of the schema, and of the leases that a dead process may have left."""


async def readable(ledger):
    """Everything that a ledger tells."""
    plays = await ledger.plays(PlayQuery(limit=500))
    return {
        "plays": plays,
        "deliveries": await ledger.deliveries([play.id for play in plays]),
        "traces": [await ledger.trace(play.id) for play in plays],
        "backlog": await ledger.backlog(),
        "match": await ledger.match(MATCH.key, at(0)),
        "cursor": await ledger.cursor("den"),
    }


def make_hook(commit, point):
    """Kills the process, as a power cut would, at that point of that commit."""
    seen = {"before": 0, "after": 0}

    def hook(now):
        seen[now] += 1
        if (now, seen[now]) == (point, commit):
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


def acknowledge(number):
    """Tell the parent, at once."""
    sys.stdout.write(f"done {number}\n")
    sys.stdout.flush()


async def write_in_steps(ledger):
    memory = {}
    for number, each in enumerate(STEPS, start=1):
        await each(ledger, memory)
        acknowledge(number)


async def write_in_a_crowd(ledger):
    async def write(number):
        await ledger.record([PlayChange(play=make_play(number), trace=(step(f"step {number}"),))])
        acknowledge(number)

    for wave in range(1, 100, 20):
        await asyncio.gather(*(write(number) for number in range(wave, wave + 20)))


async def main(path, commit, point, manner):
    migrations = NEXT_SCHEMA if manner == "migrate" else MIGRATIONS
    hook = make_hook(int(commit), point)
    ledger = await open_ledger(Path(path), clock=HandClock(), hook=hook, migrations=migrations)
    await (write_in_a_crowd if manner == "crowd" else write_in_steps)(ledger)
    await ledger.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
