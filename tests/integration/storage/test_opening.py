from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from crosswatch.core.plays import DesiredAction
from crosswatch.core.ports import PlayChange, PlayQuery
from crosswatch.errors import StorageError
from crosswatch.storage.migrations import MIGRATIONS
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from crosswatch.storage.threads import CommitPoint
from fakes import doomed_ledger
from fakes.hand_clock import HandClock
from fakes.plays import MAYA, at, full_play, make_play, want, wants

STAMP = "20261120T201500Z"


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config" / DATABASE_NAME


@pytest.fixture
def opened(path, clock):
    """Opens the ledger, and closes it at the end of the block."""

    @contextlib.asynccontextmanager
    async def opened(**options):
        ledger = await open_ledger(path, clock=clock, **options)
        try:
            yield ledger
        finally:
            await ledger.close()

    return opened


def beside(path):
    return sorted(file.name for file in path.parent.iterdir())


def run(code, path):
    """What a process of its own says about the file."""
    command = [sys.executable, "-c", code, str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout


async def fill(ledger, count=40):
    """Enough that the file has many pages."""
    await ledger.record([PlayChange(play=make_play(number)) for number in range(1, count + 1)])


async def plays(ledger):
    return len(await ledger.plays(PlayQuery(limit=500)))


# ---------------------------------------------------------------- the first start, and the next


async def test_folder_and_file_are_for_their_owner_only(opened, path):
    async with opened() as ledger:
        await ledger.record([PlayChange(play=make_play())])
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        assert modes == dict.fromkeys(
            ["crosswatch.db", "crosswatch.db-shm", "crosswatch.db-wal", "crosswatch.lock"], 0o600
        )
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_what_was_recorded_is_there_at_the_next_start(opened, path):
    async with opened() as ledger:
        await ledger.record([PlayChange(play=full_play())])
    assert beside(path) == ["crosswatch.db", "crosswatch.lock"]
    async with opened() as ledger:
        assert await ledger.play(full_play().id) == full_play()


async def test_a_closed_ledger_says_so(opened):
    async with opened() as ledger:
        await ledger.close()  # and once more at the end of the block
    with pytest.raises(StorageError, match="is closed"):
        await ledger.record([])
    with pytest.raises(StorageError, match="is closed"):
        await ledger.backlog()


async def test_an_empty_file_that_somebody_mounted_is_filled(opened, path):
    path.parent.mkdir()
    path.touch()
    async with opened() as ledger:
        await fill(ledger)
    assert beside(path) == ["crosswatch.db", "crosswatch.lock"]


async def test_what_a_dead_process_was_sending_is_unknown_after_the_start(opened, clock, caplog):
    caplog.set_level(logging.INFO)
    async with opened() as ledger:
        await ledger.record([wants(make_play(), want(DesiredAction.WATCHED))])
        [claim] = await ledger.claim(MAYA, worker="dead", now=at(0), lease=at(60) - at(0), batch=1)
    clock.move(5)
    async with opened() as ledger:
        [row] = (await ledger.deliveries([make_play().id]))[make_play().id]
        assert (row.lease_owner, row.fence) == ("", claim.delivery.fence)
        assert (row.unknown_since, row.updated_at) == (claim.delivery.sending_since, at(5))
        assert await ledger.next_due(MAYA) == at(0)
    assert "1 deliveries were on their way" in caplog.text


# ---------------------------------------------------------------- one process


async def test_a_second_opener_is_told_which_folder_is_in_use(opened, path):
    async with opened() as ledger:
        with pytest.raises(StorageError, match=f"Another CrossWatch is using {path.parent}"):
            await open_ledger(path, clock=HandClock())
        await fill(ledger)
    async with opened() as ledger:
        assert await plays(ledger) == 40


async def test_a_second_process_is_told_as_well(opened, path):
    code = (
        "import asyncio, pathlib, sys\n"
        "from crosswatch.clock import Clock\n"
        "from crosswatch.errors import StorageError\n"
        "from crosswatch.storage.opening import open_ledger\n"
        "try:\n"
        "    asyncio.run(open_ledger(pathlib.Path(sys.argv[1]), clock=Clock()))\n"
        "except StorageError as error:\n"
        "    print(error)\n"
    )
    async with opened():
        told = await asyncio.to_thread(run, code, path)
    assert told.startswith("Another CrossWatch is using ")


async def test_a_start_that_fails_lets_the_next_one_in(opened, path):
    path.parent.mkdir()
    path.mkdir()
    with pytest.raises(StorageError, match=DATABASE_NAME):
        async with opened():
            pass
    path.rmdir()
    async with opened() as ledger:
        await fill(ledger)


async def test_a_start_whose_disk_fails_at_the_last_step_lets_the_next_one_in(opened, path):
    seen = []

    def fail_at_the_second_commit(point):
        seen.append(point)
        if seen.count(CommitPoint.BEFORE) == 2:
            raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(StorageError, match="disk I/O error"):
        async with opened(hook=fail_at_the_second_commit):
            pass
    assert beside(path) == ["crosswatch.db", "crosswatch.lock"]
    async with opened() as ledger:
        await fill(ledger)


# ---------------------------------------------------------------- damage


def no_database(data):
    return b"PK\x03\x04 this is an archive" + data[24:]


def garbage_inside(data):
    return data[:8192] + os.urandom(len(data) - 8192)


def half(data):
    return data[: len(data) // 2]


def a_few_bytes(data):
    return data[:50]


def zeroes(data):
    return bytes(len(data))


@pytest.mark.parametrize("damage", [no_database, garbage_inside, half, a_few_bytes, zeroes])
async def test_a_damaged_database_is_put_aside_and_a_fresh_one_made(opened, path, caplog, damage):
    async with opened() as ledger:
        await fill(ledger)
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    async with opened() as ledger:
        assert await plays(ledger) == 0
        await fill(ledger)
        assert (path.parent / f"crosswatch.db.corrupt-{STAMP}").read_bytes() == damaged
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.event == "storage.quarantined"
    assert f"It is kept as crosswatch.db.corrupt-{STAMP}, untouched" in record.getMessage()


async def test_the_log_of_a_damaged_database_goes_with_it(opened, path):
    async with opened() as ledger:
        await fill(ledger)
        shutil.copytree(path.parent, path.parent.with_name("killed"))
    wal = (path.parent.with_name("killed") / "crosswatch.db-wal").read_bytes()
    path.write_bytes(b"\0" * 9000)
    path.with_name("crosswatch.db-wal").write_bytes(wal)
    async with opened() as ledger:
        assert await plays(ledger) == 0
    assert path.with_name(f"crosswatch.db.corrupt-{STAMP}-wal").read_bytes() == wal


async def test_a_process_that_died_while_it_put_a_database_aside_is_followed_up(opened, path):
    path.parent.mkdir()
    path.with_name("crosswatch.db-wal").write_bytes(b"orphan")
    async with opened() as ledger:
        await fill(ledger)
    assert path.with_name(f"crosswatch.db.corrupt-{STAMP}-wal").read_bytes() == b"orphan"


async def test_nothing_is_overwritten_when_it_happens_twice(opened, path):
    path.parent.mkdir()
    for text in (b"first, and no database", b"second, and no database"):
        path.write_bytes(text)
        async with opened():
            pass
    assert path.with_name(f"crosswatch.db.corrupt-{STAMP}").read_bytes().startswith(b"first")
    assert path.with_name(f"crosswatch.db.corrupt-{STAMP}-2").read_bytes().startswith(b"second")


async def test_a_log_that_was_torn_loses_only_what_was_not_committed(opened, path, tmp_path, clock):
    async with opened() as ledger:
        await fill(ledger, 10)
        shutil.copytree(path.parent, tmp_path / "killed")
    wal = tmp_path / "killed" / "crosswatch.db-wal"
    wal.write_bytes(wal.read_bytes() + os.urandom(5000))
    ledger = await open_ledger(tmp_path / "killed" / DATABASE_NAME, clock=clock)
    assert await plays(ledger) == 10
    await ledger.close()


# ---------------------------------------------------------------- other schemas

NEXT = doomed_ledger.NEXT_SCHEMA


async def test_an_older_schema_is_brought_up_to_date_and_a_copy_kept(opened, path):
    async with opened() as ledger:
        await fill(ledger)
    async with opened(migrations=NEXT) as ledger:
        assert await plays(ledger) == 40
        assert await ledger._reader.run(lambda c: c.execute("PRAGMA user_version").fetchone()[0]) == 2
    copy = path.with_name(f"crosswatch.db.schema-1-{STAMP}")
    assert beside(path) == ["crosswatch.db", copy.name, "crosswatch.lock"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    path.unlink()
    copy.rename(path)
    async with opened() as ledger:
        assert await plays(ledger) == 40


async def test_an_up_to_date_schema_is_left_alone(opened, path):
    for _ in range(2):
        async with opened(migrations=NEXT):
            pass
    assert beside(path) == ["crosswatch.db", "crosswatch.lock"]


async def test_a_newer_schema_is_refused_and_left_alone(opened, path):
    async with opened(migrations=NEXT) as ledger:
        await fill(ledger)
    before = path.read_bytes()
    with pytest.raises(StorageError, match=r"written by a newer CrossWatch \(schema 2; this one knows 1\)"):
        async with opened():
            pass
    assert path.read_bytes() == before


async def test_a_migration_that_fails_changes_nothing(opened, path):
    async with opened() as ledger:
        await fill(ledger)
    broken = (*MIGRATIONS, "CREATE TABLE extra (n INTEGER); INSERT INTO no_such_table VALUES (1);")
    with pytest.raises(StorageError, match="no_such_table"):
        async with opened(migrations=broken):
            pass
    async with opened(migrations=NEXT) as ledger:
        assert await plays(ledger) == 40
    assert sum(name.startswith("crosswatch.db.schema-1") for name in beside(path)) == 2


async def test_without_a_copy_nothing_is_migrated(opened, path):
    async with opened() as ledger:
        await fill(ledger)
    path.with_name("crosswatch.db.copy.tmp").mkdir()
    with pytest.raises(StorageError, match="no copy of it could be kept first"):
        async with opened(migrations=NEXT):
            pass
    async with opened() as ledger:
        assert await plays(ledger) == 40


async def test_the_rest_of_a_copy_that_was_cut_short_is_in_nobodys_way(opened, path):
    async with opened():
        pass
    path.with_name("crosswatch.db.copy.tmp").write_bytes(b"half of a copy")
    async with opened(migrations=NEXT):
        pass
    assert beside(path) == ["crosswatch.db", f"crosswatch.db.schema-1-{STAMP}", "crosswatch.lock"]


async def test_the_database_of_another_program_is_left_alone(opened, path):
    path.parent.mkdir()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE play (mine TEXT)")
        connection.execute("INSERT INTO play VALUES ('precious')")
        connection.commit()
    with pytest.raises(StorageError, match="play already exists"):
        async with opened():
            pass
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT mine FROM play").fetchall() == [("precious",)]


# ---------------------------------------------------------------- what the system does not allow

OPEN_AS_NOBODY = """
import asyncio, concurrent.futures.thread, os, pathlib, sys  # the libraries may be root's alone, too
from crosswatch.clock import Clock
from crosswatch.errors import StorageError
from crosswatch.storage.opening import open_ledger

if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    asyncio.run(open_ledger(pathlib.Path(sys.argv[1]), clock=Clock()))
except StorageError as error:
    print(error)
"""


@pytest.fixture
def public_folder():
    """A folder that everybody may enter; pytest's own may be root's alone."""
    folder = Path(tempfile.mkdtemp(prefix="crosswatch-"))
    folder.chmod(0o755)
    yield folder
    for inside in folder.iterdir():
        inside.chmod(0o700)
    shutil.rmtree(folder)


def test_a_folder_that_is_read_only_is_a_sentence(public_folder):
    folder = public_folder / "config"
    folder.mkdir()
    folder.chmod(0o555)
    assert run(OPEN_AS_NOBODY, folder / DATABASE_NAME) == (
        f"{folder} cannot be used: Permission denied. Check that it is there, has room, and is writable for "
        "CrossWatch's user.\n"
    )
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_sentence(public_folder):
    folder = public_folder / "closed"
    folder.mkdir()
    folder.chmod(0o555)
    told = run(OPEN_AS_NOBODY, folder / "config" / DATABASE_NAME)
    assert told.startswith(f"{folder / 'config'} cannot be used: Permission denied.")


async def test_a_file_that_is_read_only_is_a_sentence_and_stays_as_it_is(public_folder, clock):
    path = public_folder / "config" / DATABASE_NAME
    ledger = await open_ledger(path, clock=clock)
    await fill(ledger)
    await ledger.close()
    before = path.read_bytes()
    path.chmod(0o444)
    path.with_name("crosswatch.lock").chmod(0o666)
    path.parent.chmod(0o777)
    assert run(OPEN_AS_NOBODY, path).startswith(f"{path} cannot be used: Permission denied.")
    assert path.read_bytes() == before
