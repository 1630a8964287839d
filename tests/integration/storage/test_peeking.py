"""Looking into the database beside its owner: nothing is locked, migrated or written."""

from __future__ import annotations

import sqlite3

import pytest

from crosswatch.clock import Clock
from crosswatch.core.ports import PlayQuery
from crosswatch.errors import StorageError
from crosswatch.storage.opening import open_ledger
from crosswatch.storage.peeking import peek
from fakes.plays import MAYA, full_play, step, want, wants


@pytest.fixture
def path(tmp_path):
    return tmp_path / "crosswatch.db"


@pytest.fixture
async def ledger(path):
    ledger = await open_ledger(path, clock=Clock())
    yield ledger
    await ledger.close()


async def test_what_the_owner_has_written_can_be_read_beside_it(ledger, path):
    play = full_play()
    await ledger.record([wants(play, want(), trace=(step("heard"),))])
    async with peek(path) as peeked:
        assert await peeked.play(play.id) == await ledger.play(play.id)
        assert await peeked.plays(PlayQuery()) == await ledger.plays(PlayQuery())
        assert await peeked.tally(PlayQuery()) == await ledger.tally(PlayQuery())
        assert [row.account for row in (await peeked.deliveries([play.id]))[play.id]] == [MAYA]
        assert [entry.text for entry in await peeked.trace(play.id)] == ["heard"]
        await ledger.record([wants(full_play())])  # and the owner goes on


async def test_what_a_stopped_app_left_can_be_read(path):
    ledger = await open_ledger(path, clock=Clock())
    await ledger.record([wants(full_play())])
    await ledger.close()
    async with peek(path) as peeked:
        assert len(await peeked.plays(PlayQuery())) == 1


async def test_where_nothing_was_played_there_is_nothing_to_look_at(path):
    with pytest.raises(StorageError, match="no plays yet"):
        async with peek(path):
            pass
    assert not path.exists()


async def test_another_versions_database_is_left_alone(ledger, path):
    await ledger.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="schema 99"):
        async with peek(path):
            pass


async def test_what_is_no_database_is_said_to_be_none(path):
    path.write_text("this is not a database, however long one looks at it " * 20)
    with pytest.raises(StorageError, match="damaged"):
        async with peek(path):
            pass
