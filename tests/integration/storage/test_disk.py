"""A disk that does not take any more, and takes up again."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from crosswatch.core.plays import DesiredAction
from crosswatch.core.ports import PlayChange, PlayQuery
from crosswatch.errors import StorageError
from crosswatch.storage.failures import storage_error
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes.hand_clock import HandClock
from fakes.plays import MAYA, at, make_play, step, want, wants

LONG = "x" * 200_000


@pytest.fixture
def path(tmp_path):
    return tmp_path / DATABASE_NAME


@pytest.fixture
async def ledger(path):
    ledger = await open_ledger(path, clock=HandClock())
    yield ledger
    await ledger.close()


async def limit_pages(ledger, spare):
    """Let the file grow by so many pages at most; None takes the limit away."""

    def limit(connection):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        most = 2**30 if spare is None else pages + spare
        connection.execute(f"PRAGMA max_page_count = {most}").fetchone()

    await ledger._writer.run(limit)


def told(number):
    return wants(make_play(number), want(DesiredAction.WATCHED, number), trace=(step(LONG),))


async def test_a_full_disk_is_a_sentence_and_what_was_stored_is_safe(ledger, path):
    await ledger.record([told(1)])
    await limit_pages(ledger, 20)
    with pytest.raises(StorageError, match=r"There is no room left for .*Free some space") as caught:
        await ledger.record([told(2)])
    assert str(path) in str(caught.value)
    assert [play.id for play in await ledger.plays(PlayQuery())] == [make_play(1).id]
    [claim] = await ledger.claim(MAYA, worker="one", now=at(9), lease=at(60) - at(0), batch=1)
    assert claim.play == make_play(1)


async def test_everything_goes_on_when_there_is_room_again(ledger):
    await limit_pages(ledger, 20)
    for _ in range(3):
        with pytest.raises(StorageError):
            await ledger.record([told(1)])
    await limit_pages(ledger, None)
    await ledger.record([told(1)])
    assert len(await ledger.trace(make_play(1).id)) == 1


async def test_half_a_record_is_never_kept(ledger):
    await limit_pages(ledger, 20)
    with pytest.raises(StorageError):
        await ledger.record([PlayChange(play=make_play(1)), PlayChange(play=make_play(2)), told(3)])
    await limit_pages(ledger, None)
    assert await ledger.plays(PlayQuery()) == []
    assert await ledger.backlog() == {}


async def test_what_fits_is_kept_although_it_waited_beside_what_does_not(ledger):
    await limit_pages(ledger, 20)
    small = [PlayChange(play=make_play(number)) for number in (1, 3)]
    results = await asyncio.gather(
        ledger.record(small[:1]), ledger.record([told(2)]), ledger.record(small[1:]), return_exceptions=True
    )
    kept = {play.id for play in await ledger.plays(PlayQuery())}
    promised = {
        make_play(number).id for number, result in zip((1, 2, 3), results, strict=True) if result is None
    }
    assert kept == promised
    assert isinstance(results[1], StorageError)


IN_A_QUOTA = """
import asyncio, os, pathlib, resource, signal, sys
from crosswatch.core.ports import PlayQuery
from crosswatch.errors import StorageError
from crosswatch.storage.opening import open_ledger
from fakes.hand_clock import HandClock
from fakes.plays import make_play, step, wants

def told(number):
    return wants(make_play(number), trace=(step("x" * 200_000),))

def allow(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def main(path):
    ledger = await open_ledger(path, clock=HandClock())
    await ledger.record([told(1)])
    await ledger.plays(PlayQuery())  # while somebody reads, the log stays as long as it is
    allow(path.with_name(path.name + "-wal").stat().st_size + 50_000)
    for _ in range(2):
        try:
            await ledger.record([told(2)])
        except StorageError as error:
            print(error)
    print(len(await ledger.plays(PlayQuery())))
    allow(resource.RLIM_INFINITY)
    await ledger.record([told(3)])
    print([play.id for play in await ledger.plays(PlayQuery())])
    await ledger.close()

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


def test_a_disk_that_fails_to_write_is_a_sentence_and_is_tried_again(path):
    done = subprocess.run(
        [sys.executable, "-c", IN_A_QUOTA, str(path)],
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    first, second, count, plays = done.stdout.splitlines()
    assert first == second
    assert first.startswith(f"The disk failed while {path} was used (disk I/O error). Nothing was written;")
    assert count == "1"
    assert plays == "['play-000003', 'play-000001']"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(sqlite3.SQLITE_FULL, "Free some space", id="full"),
        pytest.param(sqlite3.SQLITE_READONLY, "Make it writable", id="read-only"),
        pytest.param(sqlite3.SQLITE_READONLY_DBMOVED, "Make it writable", id="read-only, in other words"),
        pytest.param(sqlite3.SQLITE_PERM, "Make it writable", id="not permitted"),
        pytest.param(sqlite3.SQLITE_CANTOPEN, "Check that the folder is there", id="cannot be opened"),
        pytest.param(sqlite3.SQLITE_IOERR_FSYNC, "Check the disk", id="a disk that fails"),
        pytest.param(sqlite3.SQLITE_BUSY_SNAPSHOT, "Another program", id="busy"),
        pytest.param(sqlite3.SQLITE_LOCKED, "Another program", id="locked"),
        pytest.param(sqlite3.SQLITE_CORRUPT, "Restart CrossWatch", id="damaged"),
        pytest.param(sqlite3.SQLITE_NOTADB, "Restart CrossWatch", id="no database"),
        pytest.param(sqlite3.SQLITE_ERROR, "cannot be used", id="anything else"),
    ],
)
def test_every_failure_names_the_file_and_what_to_do(path, code, words):
    error = sqlite3.OperationalError("as SQLite says")
    error.sqlite_errorcode = code
    sentence = str(storage_error(error, path))
    assert str(path) in sentence
    assert words in sentence
