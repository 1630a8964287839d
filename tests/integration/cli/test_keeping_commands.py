"""`crosswatch backup`, `restore`, `support-bundle`: on a folder nobody uses, and on one that is used."""

from __future__ import annotations

import asyncio
import json
import zipfile

import pytest

from crosswatch.clock import Clock
from crosswatch.core.ports import PlayChange
from crosswatch.storage.opening import DATABASE_NAME, open_ledger
from fakes.plays import make_play

SECRET = "plex-token-0123456789"


@pytest.fixture
def configured(configure, directory):
    configure(plex={"account_token": SECRET})

    async def play():
        ledger = await open_ledger(directory / DATABASE_NAME, clock=Clock())
        await ledger.record([PlayChange(play=make_play())])
        await ledger.close()

    asyncio.run(play())
    return directory


def test_a_backup_goes_beside_the_configuration_or_where_it_is_told(configured, run, tmp_path):
    kept = run("backup")
    named = run("backup", str(tmp_path / "mine.zip"))

    assert kept.exit_code == named.exit_code == 0, kept.output + named.output
    assert [path.name for path in (configured / "backups").iterdir()] == [kept.output.strip().split("/")[-1]]
    with zipfile.ZipFile(tmp_path / "mine.zip") as archive:
        assert SECRET in archive.read("config.json").decode()


def test_a_backup_without_secrets_is_for_a_file_of_its_own(configured, run, tmp_path):
    assert run("backup", "--without-secrets").exit_code == 2
    assert run("backup", "--without-secrets", str(tmp_path / "shown.zip")).exit_code == 0
    with zipfile.ZipFile(tmp_path / "shown.zip") as archive:
        assert SECRET not in archive.read("config.json").decode()
    assert configured.exists()


def test_a_backup_comes_back(configured, run, tmp_path):
    run("backup", str(tmp_path / "mine.zip"))
    (configured / "config.json").write_text("{}")
    done = run("restore", str(tmp_path / "mine.zip"))

    assert done.exit_code == 0, done.output
    assert "Restored what CrossWatch" in done.output
    assert "before-restore-" in done.output
    assert json.loads((configured / "config.json").read_text())["plex"]["account_token"] == SECRET


def test_nothing_is_restored_under_a_running_app(configured, run, tmp_path):
    run("backup", str(tmp_path / "mine.zip"))

    async def attempt():
        ledger = await open_ledger(configured / DATABASE_NAME, clock=Clock())
        try:
            return await asyncio.to_thread(run, "restore", str(tmp_path / "mine.zip"))
        finally:
            await ledger.close()

    done = asyncio.run(attempt())
    assert done.exit_code == 1
    assert "Stop it" in done.output


def test_a_file_that_is_no_backup_is_refused_in_a_sentence(configured, run, tmp_path):
    (tmp_path / "mine.zip").write_text("hello")
    before = (configured / "config.json").read_text()
    done = run("restore", str(tmp_path / "mine.zip"))

    assert (done.exit_code, done.output) == (
        1,
        f"Error: {tmp_path / 'mine.zip'} is no zip that can be read, or it is damaged.\n",
    )
    assert (configured / "config.json").read_text() == before


def test_a_support_bundle_is_made_while_nothing_runs(configured, run, tmp_path):
    done = run("support-bundle", str(tmp_path / "support.zip"))

    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / "support.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert json.loads(texts["about.json"])["counts"]["play"] == 1
    assert SECRET not in "".join(texts.values())
    assert configured.exists()


def test_a_support_bundle_says_that_the_configuration_is_broken(directory, run, tmp_path):
    (directory / "config.json").write_text('{"plex": ')
    done = run("support-bundle", str(tmp_path / "support.zip"))

    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(tmp_path / "support.zip") as archive:
        assert "line 1" in archive.read("log.txt").decode()
