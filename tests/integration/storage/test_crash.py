"""kill -9 at every commit: all that was acknowledged is there, and nothing half."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes import doomed_ledger
from fakes.hand_clock import HandClock
from fakes.memory_ledger import MemoryLedger
from fakes.plays import make_play

WHOLE = 10_000
"""A commit that is never reached."""
STEPS = len(doomed_ledger.STEPS)
LAST = doomed_ledger.COMMITS_BEFORE + STEPS


@pytest.fixture
def path(tmp_path):
    return tmp_path / DATABASE_NAME


def run_until_killed(path, commit, point, manner="steps"):
    """Which steps were acknowledged before the process died."""
    done = subprocess.run(
        [sys.executable, doomed_ledger.__file__, str(path), str(commit), point, manner],
        env={"PYTHONPATH": str(Path(doomed_ledger.__file__).parents[1])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.returncode == (0 if commit == WHOLE else -signal.SIGKILL)
    return [int(line.removeprefix("done ")) for line in done.stdout.splitlines()]


async def told_after(steps):
    """What a ledger tells that was opened again after so many steps."""
    ledger, memory = MemoryLedger(HandClock()), {}
    for each in doomed_ledger.STEPS[:steps]:
        await each(ledger, memory)
    await ledger.release()
    return await doomed_ledger.readable(ledger)


async def told_at(path, **options):
    ledger = await open_ledger(path, clock=HandClock(), **options)
    try:
        return await doomed_ledger.readable(ledger)
    finally:
        await ledger.close()


async def test_without_a_kill_every_step_is_there(path):
    assert run_until_killed(path, WHOLE, "after") == list(range(1, STEPS + 1))
    assert await told_at(path) == await told_after(STEPS)


@pytest.mark.parametrize("commit", range(1, LAST + 1))
async def test_a_kill_right_before_a_commit_loses_that_step_as_a_whole(path, commit):
    committed = max(0, commit - doomed_ledger.COMMITS_BEFORE - 1)
    assert run_until_killed(path, commit, "before") == list(range(1, committed + 1))
    assert await told_at(path) == await told_after(committed)


@pytest.mark.parametrize("commit", range(1, LAST + 1))
async def test_a_kill_right_after_a_commit_keeps_that_step_as_a_whole(path, commit):
    committed = max(0, commit - doomed_ledger.COMMITS_BEFORE)
    assert run_until_killed(path, commit, "after") == list(range(1, max(1, committed)))
    assert await told_at(path) == await told_after(committed)


@pytest.mark.parametrize("point", ["before", "after"])
@pytest.mark.parametrize("commit", [1, 2, 3])
async def test_of_many_that_write_at_once_none_that_was_told_is_lost(path, commit, point):
    acknowledged = run_until_killed(path, doomed_ledger.COMMITS_BEFORE + commit, point, "crowd")
    kept = sorted(play.id for play in (await told_at(path))["plays"])
    assert kept == [make_play(number).id for number in range(1, len(kept) + 1)]  # in order, none left out
    assert len(kept) >= len(acknowledged)
    assert acknowledged == list(range(1, len(acknowledged) + 1))


@pytest.mark.parametrize("point", ["before", "after"])
async def test_a_kill_while_the_schema_changes_leaves_the_old_one_or_the_new_one(path, point):
    run_until_killed(path, LAST, "after")
    assert run_until_killed(path, 1, point, "migrate") == []
    copies = list(path.parent.glob("crosswatch.db.schema-1-*"))
    assert len(copies) == 1
    assert await told_at(path, migrations=doomed_ledger.NEXT_SCHEMA) == await told_after(STEPS)
    assert len(list(path.parent.glob("crosswatch.db.schema-1-*"))) == (2 if point == "before" else 1)
    assert not list(path.parent.glob("*.corrupt-*"))
    path.unlink()
    copies[0].rename(path)
    assert await told_at(path) == await told_after(STEPS)
