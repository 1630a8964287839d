from __future__ import annotations

import asyncio
import sqlite3
import threading

import pytest

from crosswatch.errors import StorageError
from crosswatch.storage.threads import CommitPoint, Reader, Writer


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "notes #1?.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE note (n INTEGER PRIMARY KEY)")
    connection.close()
    return path


@pytest.fixture
def commits():
    return []


@pytest.fixture
async def writer(path, commits):
    writer = Writer(path, commits.append)
    yield writer
    await writer.close()


@pytest.fixture
async def reader(path):
    reader = Reader(path, "reader")
    yield reader
    await reader.close()


@pytest.fixture
async def busy(writer):
    """Keeps the writer busy until it is told to go on, so that what is asked for meanwhile queues up."""
    entered, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(_):
        loop.call_soon_threadsafe(entered.set)
        assert go_on.wait(timeout=30)

    task = asyncio.create_task(writer.run(work))
    async with asyncio.timeout(30):
        await entered.wait()
    yield go_on
    go_on.set()
    await task


def put(n):
    return lambda connection: connection.execute("INSERT INTO note VALUES (?)", [n]).lastrowid


def notes(connection):
    return [row["n"] for row in connection.execute("SELECT n FROM note ORDER BY rowid")]


async def asked(*calls):
    """The calls as tasks, each of which has put its job into the queue."""
    tasks = [asyncio.create_task(call) for call in calls]
    await asyncio.sleep(0)
    return tasks


async def test_what_the_work_returns_comes_back(writer, reader):
    assert await writer.run(put(7)) == 7
    assert await reader.run(notes) == [7]


async def test_a_commit_is_on_the_disk_before_it_is_told(writer):
    """Only a power cut could show that it is not; 2 is FULL."""
    assert await writer.run(lambda connection: connection.execute("PRAGMA synchronous").fetchone()[0]) == 2


async def test_all_that_waits_is_committed_at_once(writer, busy, commits):
    tasks = await asked(*(writer.run(put(n)) for n in range(50)))
    busy.set()
    assert await asyncio.gather(*tasks) == list(range(50))
    assert commits == [CommitPoint.BEFORE, CommitPoint.AFTER] * 2


async def test_work_is_done_in_the_order_in_which_it_was_asked_for(writer, busy):
    seen = []
    tasks = await asked(*(writer.run(lambda _, n=n: seen.append(n)) for n in range(50)))
    busy.set()
    await asyncio.gather(*tasks)
    assert seen == list(range(50))


async def test_work_that_fails_is_undone_alone(writer, busy):
    def fail(connection):
        put(2)(connection)
        raise ZeroDivisionError("mine")

    tasks = await asked(writer.run(put(1)), writer.run(fail), writer.run(put(1)), writer.run(put(3)))
    busy.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [int, ZeroDivisionError, sqlite3.IntegrityError, int]
    assert await writer.run(notes) == [1, 3]


async def test_nobody_is_told_before_the_commit(path):
    told = []
    writer = Writer(path, lambda point: told.append((point, task.done())))
    task = asyncio.create_task(writer.run(put(1)))
    await task
    await writer.close()
    assert told == [(CommitPoint.BEFORE, False), (CommitPoint.AFTER, False)]


async def test_a_commit_that_fails_is_none_and_everybody_in_it_is_told(path):
    def fail_once(point):
        if point is CommitPoint.BEFORE and failures:
            raise failures.pop()

    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    failures = [error]
    writer = Writer(path, fail_once)
    tasks = await asked(writer.run(put(1)), writer.run(put(2)))
    results = await asyncio.gather(*tasks, return_exceptions=True)
    refused = [result for result in results if isinstance(result, StorageError)]
    assert refused
    assert len(await writer.run(notes)) == len(results) - len(refused)
    assert await writer.run(put(3)) == 3
    await writer.close()


async def test_a_caller_that_is_cancelled_takes_nobody_with_it(writer, busy):
    first, second = await asked(writer.run(put(1)), writer.run(put(2)))
    first.cancel()
    busy.set()
    assert await second == 2
    assert first.cancelled()
    assert await writer.run(notes) == [1, 2]


async def test_what_was_asked_for_before_closing_is_done(path, commits):
    writer = Writer(path, commits.append)
    tasks = await asked(*(writer.run(put(n)) for n in range(20)))
    await writer.close()
    await asyncio.gather(*tasks)
    with pytest.raises(StorageError, match="is stopping"):
        await writer.run(put(99))
    await writer.close()
    assert not path.with_name(f"{path.name}-wal").exists()


async def test_a_writer_whose_loop_is_gone_still_ends(path):
    async def leave():
        writer = Writer(path)
        await asked(writer.run(lambda connection: (gone.wait(30), put(5)(connection))))
        writer._jobs.put(None)
        return writer

    gone = threading.Event()
    writer = await asyncio.to_thread(asyncio.run, leave())
    gone.set()
    await asyncio.to_thread(writer._thread.join, 30)
    assert not writer._thread.is_alive()
    assert await asyncio.to_thread(
        lambda: sqlite3.connect(path).execute("SELECT n FROM note").fetchall()
    ) == [(5,)]


async def test_a_reader_sees_one_moment_and_holds_up_no_writer(writer, reader):
    loop = asyncio.get_running_loop()
    entered, go_on = asyncio.Event(), threading.Event()

    def look_twice(connection):
        before = notes(connection)
        loop.call_soon_threadsafe(entered.set)
        assert go_on.wait(timeout=30)
        return before, notes(connection)

    await writer.run(put(1))
    looking = asyncio.create_task(reader.run(look_twice))
    async with asyncio.timeout(30):
        await entered.wait()
        await writer.run(put(2))
    go_on.set()
    assert await looking == ([1], [1])
    assert await reader.run(notes) == [1, 2]


async def test_a_reader_cannot_write(reader):
    with pytest.raises(StorageError, match="cannot be written"):
        await reader.run(put(1))
    assert await reader.run(notes) == []


async def test_a_failure_of_our_own_is_no_failure_of_the_disk(reader):
    with pytest.raises(sqlite3.ProgrammingError):
        await reader.run(lambda connection: connection.execute("SELECT ?"))


@pytest.mark.parametrize("kind", [Reader, Writer])
async def test_a_file_that_is_not_there_is_a_sentence_and_may_come_back(path, kind):
    away = path.rename(path.with_name("away.db"))
    thread = Reader(path, "reader") if kind is Reader else Writer(path)
    with pytest.raises(
        StorageError, match=r"notes #1\?\.db cannot be opened .* Check that the folder is there"
    ):
        await thread.run(notes)
    away.rename(path)
    assert await thread.run(notes) == []
    await thread.close()


async def test_another_program_that_keeps_the_file_locked_is_named(path, writer):
    await writer.run(lambda connection: connection.execute("PRAGMA busy_timeout = 20"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match=r"Another program keeps .* locked"):
        await writer.run(put(1))
    other.execute("ROLLBACK")
    other.close()
    assert await writer.run(put(1)) == 1
