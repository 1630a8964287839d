"""Backups: made while the app writes, put back whole, or refused with nothing changed."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import os
import sqlite3
import stat
import time
import zipfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from crosswatch.access.changes import make_user, with_user
from crosswatch.access.file import AccessFile
from crosswatch.access.register import Session
from crosswatch.backup.archive import MANIFEST, make_archive, open_archive
from crosswatch.backup.restoring import restore
from crosswatch.backup.shelf import KEPT, NIGHT_HOUR, UNFINISHED, Shelf, due_after
from crosswatch.config.model import default_document
from crosswatch.core.events import PlayId
from crosswatch.core.ports import PlayChange
from crosswatch.errors import BackupError, StorageError
from crosswatch.storage.migrations import MIGRATIONS
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes.hand_clock import HandClock
from fakes.plays import make_play

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
TOKEN = "plex-token-0123456789"


@pytest.fixture
def folder(tmp_path):
    """The folder of an installation with a configuration."""
    made = tmp_path / "config"
    made.mkdir()
    document = default_document()
    document["plex"]["account_token"] = TOKEN
    (made / "config.json").write_text(json.dumps(document))
    AccessFile(made).update(lambda register: with_user(register, make_user("maya", "x" * 20, NOW)))
    return made


async def record(folder, *numbers):
    """Play something, and stop the app."""
    ledger = await open_ledger(folder / DATABASE_NAME, clock=HandClock())
    await ledger.record([PlayChange(play=make_play(number)) for number in numbers])
    await ledger.close()


async def plays(folder):
    ledger = await open_ledger(folder / DATABASE_NAME, clock=HandClock())
    found = {number for number in range(1, 20) if await ledger.play(PlayId(f"play-{number:06d}"))}
    await ledger.close()
    return found


def everything(folder):
    """The bytes of each file that means something."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
    return {path.name: path.read_bytes() for path in paths if "-shm" not in path.name}


async def test_what_was_there_comes_back_and_what_came_since_is_kept(folder, tmp_path):
    await record(folder, 1, 2)
    backup = tmp_path / "mine.zip"
    manifest = make_archive(folder, backup, now=NOW)
    assert (manifest.schema, manifest.has_secrets) == (len(MIGRATIONS), True)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600

    await record(folder, 3)
    (folder / "config.json").write_text('{"plex": {"account_token": "another"}}')
    (folder / "access.json").unlink()
    done = restore(backup, folder, now=NOW)

    assert json.loads((folder / "config.json").read_text())["plex"]["account_token"] == TOKEN
    access = AccessFile(folder)
    access.refresh()
    assert [user.name for user in access.register.users] == ["maya"]
    assert await plays(folder) == {1, 2}
    assert "another" in (done.kept / "config.json").read_text()
    assert await plays(done.kept) == {1, 2, 3}
    assert stat.S_IMODE((folder / "config.json").stat().st_mode) == 0o600


def test_a_session_that_was_ended_does_not_come_back(folder, tmp_path):
    """A browser that was stolen, and signed out since, must not be let in by a restore."""
    stolen = Session(id="s1", user="maya", digest="d" * 64, created_at=NOW, seen_at=NOW)
    AccessFile(folder).update(lambda register: structs.replace(register, sessions=(stolen,)))
    make_archive(folder, tmp_path / "mine.zip", now=NOW)

    restore(tmp_path / "mine.zip", folder, now=NOW)
    access = AccessFile(folder)
    access.refresh()
    assert access.register.sessions == ()
    assert [user.name for user in access.register.users] == ["maya"]
    assert stat.S_IMODE((folder / "access.json").stat().st_mode) == 0o600


async def test_a_backup_is_made_while_the_app_writes(folder, tmp_path):
    ledger = await open_ledger(folder / DATABASE_NAME, clock=HandClock())

    async def write():
        for number in range(1, 15):
            await ledger.record([PlayChange(play=make_play(number))])

    writing = asyncio.create_task(write())
    await asyncio.to_thread(make_archive, folder, tmp_path / "mine.zip", now=NOW)
    await writing
    await ledger.close()

    elsewhere = tmp_path / "elsewhere"
    restore(tmp_path / "mine.zip", elsewhere, now=NOW)
    assert await plays(elsewhere) <= set(range(1, 15))


async def test_nothing_is_restored_under_a_running_app(folder, tmp_path):
    await record(folder, 1)
    make_archive(folder, tmp_path / "mine.zip", now=NOW)
    ledger = await open_ledger(folder / DATABASE_NAME, clock=HandClock())
    before = everything(folder)
    try:
        with pytest.raises(StorageError, match="Stop it"):
            restore(tmp_path / "mine.zip", folder, now=NOW)
        assert everything(folder) == before
    finally:
        await ledger.close()


async def test_an_empty_installation_takes_a_backup(folder, tmp_path):
    await record(folder, 1)
    make_archive(folder, tmp_path / "mine.zip", now=NOW)
    fresh = tmp_path / "fresh" / "config"

    assert restore(tmp_path / "mine.zip", fresh, now=NOW).kept is None
    assert await plays(fresh) == {1}


def test_an_installation_without_plays_has_a_backup_as_well(folder, tmp_path):
    assert make_archive(folder, tmp_path / "mine.zip", now=NOW).schema == 0
    restore(tmp_path / "mine.zip", folder, now=NOW)


async def test_what_is_left_of_the_old_log_is_not_taken_for_a_part_of_the_new_database(folder, tmp_path):
    await record(folder, 1)
    make_archive(folder, tmp_path / "mine.zip", now=NOW)
    ledger = await open_ledger(folder / DATABASE_NAME, clock=HandClock())
    await ledger.record([PlayChange(play=make_play(2))])
    left = {path.name: path.read_bytes() for path in folder.glob(f"{DATABASE_NAME}*")}
    await ledger.close()
    for name, data in left.items():  # as a process leaves them that was killed
        (folder / name).write_bytes(data)

    done = restore(tmp_path / "mine.zip", folder, now=NOW)
    assert await plays(folder) == {1}
    assert await plays(done.kept) == {1, 2}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of others")
async def test_what_root_makes_and_restores_is_the_apps(folder, tmp_path):
    """In a container a command is root's, and the app is not."""
    await record(folder, 1)
    for path in (folder, *folder.iterdir()):
        os.chown(path, 1234, 1234)
    kept = await Shelf(folder, clock=HandClock()).make()
    restore(folder / "backups" / kept.name, folder, now=NOW)

    fresh = tmp_path / "fresh"
    fresh.mkdir()
    os.chown(fresh, 1234, 1234)
    restore(folder / "backups" / kept.name, fresh, now=NOW)
    assert {path.stat().st_uid for path in (*folder.rglob("*"), *fresh.rglob("*"))} == {1234}


# ---------------------------------------------------------------- refused


def rebuilt(backup, **changes):
    """The same zip with other contents under some names; None leaves one out."""
    with zipfile.ZipFile(backup) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(backup, "w") as archive:
        for name, data in parts.items():
            if data is not None:
                archive.writestr(name, data)


def manifest_of(backup, **changes):
    with zipfile.ZipFile(backup) as archive:
        return json.dumps(json.loads(archive.read(MANIFEST)) | changes)


def with_manifest(**changes):
    return lambda backup: rebuilt(backup, **{MANIFEST: manifest_of(backup, **changes)})


def cut(backup):
    backup.write_bytes(backup.read_bytes()[:-200])


def flip(backup):
    """One bit of the database in it, with a checksum that the zip itself takes for right."""
    with zipfile.ZipFile(backup) as archive:
        data = bytearray(archive.read(DATABASE_NAME))
    data[5000] ^= 1
    rebuilt(backup, **{DATABASE_NAME: bytes(data)})


def of_another_program(backup):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("readme.txt", "hello")
    backup.write_bytes(memory.getvalue())


def with_config(text):
    """A configuration that cannot be used, with the right checksum."""

    def spoil(backup):
        with zipfile.ZipFile(backup) as archive:
            manifest = json.loads(archive.read(MANIFEST))
        digest = hashlib.sha256(text.encode()).hexdigest()
        manifest["parts"]["config.json"] = {"size": len(text), "sha256": digest}
        rebuilt(backup, **{MANIFEST: json.dumps(manifest), "config.json": text})

    return spoil


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        pytest.param(lambda backup: backup.unlink(), "There is no file", id="no file"),
        pytest.param(lambda backup: backup.write_text("hello"), "no zip", id="no zip"),
        pytest.param(cut, "no zip that can be read", id="half of a zip"),
        pytest.param(flip, "is not what was put in", id="a bit that flipped"),
        pytest.param(of_another_program, "no backup of CrossWatch", id="another program's zip"),
        pytest.param(lambda b: rebuilt(b, **{MANIFEST: "{"}), "no manifest", id="half of a manifest"),
        pytest.param(
            lambda b: rebuilt(b, **{MANIFEST: manifest_of(b) + " " * 1_000_000}),
            "no manifest",
            id="a manifest that swells",
        ),
        pytest.param(lambda b: rebuilt(b, **{"config.json": None}), "does not hold", id="a part is missing"),
        pytest.param(
            lambda b: rebuilt(b, **{"../config.json": "{}"}), "does not hold", id="a part from elsewhere"
        ),
        pytest.param(
            lambda b: rebuilt(b, **{MANIFEST: manifest_of(b, schema=99)}),
            "newer CrossWatch",
            id="newer schema",
        ),
        pytest.param(
            lambda b: rebuilt(b, **{MANIFEST: manifest_of(b, format=2)}),
            "newer CrossWatch",
            id="newer format",
        ),
        pytest.param(
            lambda b: rebuilt(b, **{MANIFEST: manifest_of(b, schema=0)}),
            "database in this",
            id="other schema",
        ),
        pytest.param(
            with_config('{"plex": {"server_url": 7}}'), "plex.server_url must be", id="a config that is wrong"
        ),
    ],
)
async def test_what_cannot_be_restored_changes_nothing(folder, tmp_path, spoil, sentence):
    await record(folder, 1)
    backup = tmp_path / "mine.zip"
    make_archive(folder, backup, now=NOW)
    spoil(backup)
    before = everything(folder)

    with pytest.raises(BackupError, match=sentence):
        restore(backup, folder, now=NOW)
    assert everything(folder) == before


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_whatever_bytes_change_it_is_refused_or_comes_back_as_it_was(folder, changes):
    backup = folder.with_name("mine.zip")
    make_archive(folder, backup, now=NOW)
    data = bytearray(backup.read_bytes())
    for place, flips in changes:
        data[int(place * (len(data) - 1))] ^= flips
    backup.write_bytes(bytes(data))
    before = {name: (folder / name).read_bytes() for name in ("config.json", "access.json")}

    with contextlib.suppress(BackupError):
        restore(backup, folder, now=NOW)
    assert {name: (folder / name).read_bytes() for name in before} == before


async def test_a_backup_without_secrets_holds_none_and_is_not_for_restoring(folder, tmp_path):
    await record(folder, 1)
    backup = tmp_path / "shown.zip"
    make_archive(folder, backup, now=NOW, with_secrets=False)

    with open_archive(backup) as (archive, manifest):
        assert set(manifest.parts) == {"config.json", DATABASE_NAME}
        assert TOKEN.encode() not in b"".join(archive.read(name) for name in archive.namelist())
    with pytest.raises(BackupError, match="without secrets"):
        restore(backup, folder, now=NOW)


def test_a_folder_without_configuration_has_no_backup(tmp_path):
    with pytest.raises(BackupError, match="No backup could be made"):
        make_archive(tmp_path, tmp_path / "mine.zip", now=NOW)
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------- the shelf


async def filled_until(shelf, is_enough):
    """Have the shelf filled until that is so."""
    filling = asyncio.create_task(shelf.fill())
    async with asyncio.timeout(20):
        while not is_enough(await shelf.contents()):  # noqa: ASYNC110 -- time is moved by who waits for it
            await asyncio.sleep(0.01)
    filling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await filling


async def test_a_week_of_backups_is_kept(folder):
    clock = HandClock()
    shelf = Shelf(folder, clock=clock)
    for _ in range(KEPT + 3):
        clock.move(86_400)
        await shelf.make()

    contents = await shelf.contents()
    assert len(contents) == KEPT == shelf.state.count
    assert contents[0].made_at == clock.now() == shelf.state.last_at
    assert shelf.path_of(contents[0].name).stat().st_size == contents[0].size


async def test_a_shelf_is_filled_each_night_from_the_first(folder):
    clock = HandClock()
    shelf = Shelf(folder, clock=clock)
    await filled_until(shelf, lambda kept: len(kept) >= 3)

    moments = [kept.made_at for kept in await shelf.contents()]
    assert moments[-1] == NOW + timedelta(hours=1)
    assert {moment.astimezone().hour for moment in moments[:-1]} == {NIGHT_HOUR}
    assert all(
        timedelta(hours=20) < newer - older < timedelta(hours=45) for newer, older in pairwise(moments)
    )


async def made_ahead(folder, clock, count):
    """Backups that were made while the clock was years ahead."""
    clock.move(3 * 365 * 86_400)
    for _ in range(count):
        await Shelf(folder, clock=clock).make()
        clock.move(60)
    clock.moment = NOW


@pytest.mark.parametrize("count", [1, KEPT], ids=["one", "as many as are kept"])
async def test_backups_from_a_clock_that_was_set_back_keep_nobody_from_making_one(folder, count):
    clock = HandClock()
    await made_ahead(folder, clock, count)
    shelf = Shelf(folder, clock=clock)
    await filled_until(shelf, lambda kept: any(one.made_at < NOW + timedelta(days=365) for one in kept))
    assert shelf.state.last_at < NOW + timedelta(days=365)


async def test_a_clock_that_is_set_back_while_the_shelf_is_filled_stops_nothing(folder):
    clock = HandClock(moment=NOW + timedelta(days=900))
    shelf = Shelf(folder, clock=clock)
    filling = asyncio.create_task(shelf.fill())
    async with asyncio.timeout(20):
        while len(await shelf.contents()) < 2:  # noqa: ASYNC110 -- time is moved by who waits for it
            await asyncio.sleep(0.01)
        clock.moment = NOW
        while not (last := shelf.state.last_at) or last > NOW + timedelta(days=365):  # noqa: ASYNC110 -- the same
            await asyncio.sleep(0.01)
    filling.cancel()


async def test_where_none_are_wanted_the_shelf_is_seldom_thought_of(folder):
    clock = HandClock()
    shelf = Shelf(folder, clock=clock, is_wanted=lambda: False)
    filling = asyncio.create_task(shelf.fill())
    turns, before = 0, clock.now() + timedelta(hours=2)
    async with asyncio.timeout(20):
        while turns < 20:
            await asyncio.sleep(0)
            turns += clock.now() > before
    filling.cancel()
    assert clock.now() - before > timedelta(hours=10)


async def test_a_backup_that_fails_is_a_problem_until_one_succeeds(folder, caplog):
    shelf = Shelf(folder, clock=HandClock())
    config = (folder / "config.json").read_bytes()
    (folder / "config.json").unlink()
    with pytest.raises(BackupError):
        await shelf.make()
    assert "No backup could be made" in shelf.state.problem
    assert "No backup could be made" in caplog.text

    (folder / "config.json").write_bytes(config)
    await shelf.make()
    assert shelf.state.problem == ""


async def test_what_a_process_left_that_ended_meanwhile_is_taken_away(folder):
    shelf = Shelf(folder, clock=HandClock())
    old, young = (folder / "backups" / f"{UNFINISHED}{name}" for name in ("old", "young"))
    for left in (old, young):
        left.mkdir(parents=True)
        (left / DATABASE_NAME).write_text("half of it")
    long_ago = NOW.timestamp() - 86_400
    os.utime(old, (long_ago, long_ago))
    os.utime(young, (NOW.timestamp(), NOW.timestamp()))

    await shelf.make()
    assert (old.exists(), young.exists()) == (False, True)


def test_where_none_are_wanted_there_is_nothing_to_say(folder):
    assert Shelf(folder, clock=HandClock(), is_wanted=lambda: False).state is None


@pytest.mark.parametrize("name", ["../config.json", "config.json", "crosswatch-20261120T201500Z.zip", ""])
def test_nothing_but_a_backup_is_handed_out(folder, name):
    with pytest.raises(BackupError):
        Shelf(folder, clock=HandClock()).path_of(name)


@pytest.mark.parametrize(
    ("last", "due"),
    [
        pytest.param(None, "2026-11-20T18:00", id="none yet, an hour after the start"),
        pytest.param("2026-11-20T03:00", "2026-11-21T03:00", id="last night"),
        pytest.param("2026-11-20T19:00", "2026-11-22T03:00", id="this evening by hand"),
        pytest.param("2026-11-10T03:00", "2026-11-11T03:00", id="slept through"),
    ],
)
def test_when_the_next_is_due(last, due, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    last_at = datetime.fromisoformat(last).replace(tzinfo=UTC) if last else None
    found = due_after(last_at, wanted_since=NOW.replace(hour=17, minute=0))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)
    monkeypatch.undo()
    time.tzset()


def test_a_copy_needs_no_companion(folder, tmp_path):
    """What is in a backup can be opened by any SQLite, from a medium that cannot be written."""
    asyncio.run(record(folder, 1))
    make_archive(folder, tmp_path / "mine.zip", now=NOW)
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        archive.extract(DATABASE_NAME, tmp_path)
    with contextlib.closing(
        sqlite3.connect(f"file:{tmp_path / DATABASE_NAME}?immutable=1", uri=True)
    ) as found:
        assert found.execute("SELECT count(*) FROM play").fetchone() == (1,)
