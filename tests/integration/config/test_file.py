from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crosswatch.clock import Clock
from crosswatch.config.file import ConfigFile, config_directory
from crosswatch.config.model import default_document
from crosswatch.config.secrets import MASK, mask
from crosswatch.errors import ConfigError

BROKEN = '{\n  "plex": {"account_token": "canary-in-the-file"},\n}\n'


@pytest.fixture
def config(tmp_path):
    config = ConfigFile(tmp_path / "config")
    config.load()
    return config


def on_disk(config):
    return json.loads(config.path.read_text("utf-8"))


def edit(path, text):
    """Write as an editor does, and make sure that the file's time has moved on."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text, "utf-8")
    if path.stat().st_mtime_ns == before:
        os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def with_token(token, document=None):
    document = document or default_document()
    document["auth"]["trakt"]["access_token"] = token
    return document


# ---------------------------------------------------------------- the first start


def test_the_first_start_writes_the_defaults_for_the_owner_only(config):
    assert on_disk(config) == default_document()
    assert config.problem is None
    assert stat.S_IMODE(config.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(config.last_good_path.stat().st_mode) == 0o600


def test_an_empty_file_that_somebody_mounted_is_filled(tmp_path):
    (tmp_path / "config.json").touch()
    config = ConfigFile(tmp_path)
    config.load()
    assert config.problem is None
    assert on_disk(config) == default_document()


def test_a_second_start_reads_what_is_there_and_changes_nothing(config):
    document = default_document() | {"mine": {"b": 1, "a": 2}}
    edit(config.path, json.dumps(document))
    before = config.path.read_bytes()
    again = ConfigFile(config.directory)
    again.load()
    assert again.document == document
    assert config.path.read_bytes() == before


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"CROSSWATCH_CONFIG_DIR": "/data/cw", "HOME": "/home/maya"}, "/data/cw"),
        ({"XDG_CONFIG_HOME": "/home/maya/.conf", "HOME": "/home/maya"}, "/home/maya/.conf/crosswatch"),
        ({"HOME": "/home/maya"}, "/home/maya/.config/crosswatch"),
    ],
)
def test_the_folder_is_named_by_the_environment(variables, expected, monkeypatch, tmp_path):
    monkeypatch.setattr("crosswatch.config.file.CONTAINER_DIRECTORY", tmp_path / "no-such-folder")
    assert config_directory(variables) == Path(expected)


def test_the_containers_folder_is_taken_when_it_exists(monkeypatch, tmp_path):
    monkeypatch.setattr("crosswatch.config.file.CONTAINER_DIRECTORY", tmp_path)
    assert config_directory({"HOME": "/home/maya"}) == tmp_path


def test_a_folder_that_cannot_be_made_is_a_problem_and_not_the_end(tmp_path):
    (tmp_path / "file").touch()
    config = ConfigFile(tmp_path / "file" / "config")
    assert config.load().features.watch.enabled is False
    assert "cannot be used" in str(config.problem)
    with pytest.raises(ConfigError):
        config.replace(default_document())


# ---------------------------------------------------------------- replacing


def test_a_replaced_document_is_on_disk_in_force_and_announced(config):
    heard = []
    config.subscribe(heard.append)
    document = default_document() | {"mine": [1, {"two": 2}]}
    document["runtime"]["debug"] = True
    assert config.replace(document) == document
    assert on_disk(config) == config.document == document
    assert list(on_disk(config)) == list(document)
    assert config.settings.runtime.debug
    assert heard == [config.settings]


def test_a_document_that_is_not_valid_changes_nothing(config):
    before = config.path.read_bytes()
    heard = []
    config.subscribe(heard.append)
    with pytest.raises(ConfigError) as caught:
        config.replace(default_document() | {"features": {"watch": {"enabled": "yes"}}})
    assert caught.value.key == "features.watch.enabled"
    assert config.path.read_bytes() == before
    assert config.document == default_document()
    assert heard == []


def test_a_masked_document_posted_back_keeps_the_secrets(config):
    document = with_token("canary")
    document["features"]["watch"]["enabled"] = True
    config.replace(document)
    shown = mask(config.document)
    assert shown["auth"]["trakt"]["access_token"] == MASK
    shown["features"]["watch"]["enabled"] = False
    config.replace(shown)
    assert on_disk(config)["auth"]["trakt"]["access_token"] == "canary"
    assert config.settings.features.watch.enabled is False
    assert "canary" in config.secrets


def test_a_mask_keeps_the_token_that_was_renewed_after_the_document_was_fetched(config):
    config.replace(with_token("old"))
    shown = mask(config.document)
    config.update(lambda document: document["auth"]["trakt"].update(access_token="new", expires_at=99))
    config.replace(shown)
    assert config.settings.auth.trakt.access_token == "new"
    assert config.settings.auth.trakt.expires_at == 99


def test_the_file_keeps_being_for_the_owner_only(config):
    config.path.chmod(0o644)
    config.replace(default_document() | {"x": 1})
    assert stat.S_IMODE(config.path.stat().st_mode) == 0o600


def test_a_link_to_the_file_stays_a_link(tmp_path):
    real = tmp_path / "elsewhere.json"
    real.write_text("{}")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.json").symlink_to(real)
    config = ConfigFile(tmp_path / "config")
    config.load()
    config.replace({"x": 1})
    assert config.path.is_symlink()
    assert json.loads(real.read_text()) == {"x": 1}


def test_the_document_handed_out_is_a_copy(config):
    config.document["plex"]["username"] = "mallory"
    assert config.document["plex"]["username"] == ""


def test_who_has_unsubscribed_hears_nothing(config):
    heard = []
    config.subscribe(heard.append)()
    config.replace({"x": 1})
    assert heard == []


# ---------------------------------------------------------------- edits from outside


def test_an_edit_from_outside_is_in_force_after_one_look(config):
    heard = []
    config.subscribe(heard.append)
    assert config.poll() is False
    edit(config.path, json.dumps(default_document() | {"runtime": {"debug": True}}))
    assert config.poll() is True
    assert config.settings.runtime.debug
    assert heard == [config.settings]
    assert config.poll() is False


def test_a_file_put_in_place_by_renaming_is_noticed(config):
    other = config.directory / "new.json"
    other.write_text(json.dumps(default_document() | {"runtime": {"debug": True}}))
    other.replace(config.path)
    assert config.poll() is True
    assert config.settings.runtime.debug


def test_a_touched_file_with_the_same_text_is_no_change(config):
    edit(config.path, config.path.read_text())
    assert config.poll() is False


async def test_watching_notices_an_edit_within_two_seconds(config):
    changed = asyncio.Event()
    config.subscribe(lambda _settings: changed.set())
    watching = asyncio.create_task(config.watch(Clock().sleep))
    try:
        await asyncio.sleep(0)
        edit(config.path, json.dumps({"runtime": {"debug": True}}))
        await asyncio.wait_for(changed.wait(), 2.0)
    finally:
        watching.cancel()
    assert config.settings.runtime.debug


def test_an_update_starts_from_what_the_file_says_now(config):
    edit(config.path, json.dumps(default_document() | {"by_hand": "kept"}))
    config.update(lambda document: document["auth"]["trakt"].update(access_token="new"))
    assert on_disk(config)["by_hand"] == "kept"
    assert config.settings.auth.trakt.access_token == "new"


def test_an_update_that_changes_nothing_writes_nothing(config):
    before = config.path.stat().st_mtime_ns
    config.update(lambda document: document["auth"]["trakt"].update(access_token=""))
    assert config.path.stat().st_mtime_ns == before


def test_a_file_that_others_may_read_is_said_once(config, caplog):
    config.path.chmod(0o644)
    for number in range(2):
        edit(config.path, json.dumps({"x": number}))
        config.path.chmod(0o644)
        assert config.poll()
    assert [record.event for record in caplog.records].count("config.mode") == 1


# ---------------------------------------------------------------- a file that cannot be read


def test_a_broken_file_leaves_the_last_good_one_in_force_and_is_not_touched(config, caplog):
    config.replace({"features": {"watch": {"enabled": True}}})
    heard = []
    config.subscribe(heard.append)
    edit(config.path, BROKEN)
    assert config.poll() is True
    assert (config.problem.line, config.problem.column) == (3, 1)
    assert "comma too many" in str(config.problem)
    assert config.settings.features.watch.enabled
    assert len(heard) == 1
    assert config.poll() is False
    assert config.path.read_text() == BROKEN
    assert "canary-in-the-file" not in caplog.text + str(config.problem)


def test_a_file_with_a_wrong_value_leaves_the_last_good_one_in_force(config):
    edit(config.path, '{"runtime": {"debug": "on"}}')
    assert config.poll() is True
    assert config.problem.key == "runtime.debug"
    assert config.document == default_document()


def test_the_problem_ends_when_the_file_is_mended(config):
    edit(config.path, BROKEN)
    config.poll()
    edit(config.path, '{"runtime": {"debug": true}}')
    assert config.poll() is True
    assert config.problem is None
    assert config.settings.runtime.debug


def test_a_file_mended_to_what_is_in_force_is_announced_too(config):
    good = config.path.read_text()
    edit(config.path, BROKEN)
    config.poll()
    edit(config.path, good)
    assert config.poll() is True
    assert config.problem is None


def test_a_start_with_a_broken_file_takes_the_copy_of_the_last_good_one(config):
    config.replace(with_token("kept"))
    edit(config.path, BROKEN)
    again = ConfigFile(config.directory)
    assert again.load().auth.trakt.access_token == "kept"
    assert again.problem is not None
    assert again.path.read_text() == BROKEN


def test_a_first_start_with_a_broken_file_has_everything_off(tmp_path):
    (tmp_path / "config.json").write_text(BROKEN)
    config = ConfigFile(tmp_path)
    assert config.load().features.watch.enabled is False
    assert config.problem.line == 3
    assert config.path.read_text() == BROKEN


def test_a_file_cut_to_nothing_is_broken_when_there_was_a_good_one(config):
    config.replace(with_token("kept"))
    edit(config.path, "")
    again = ConfigFile(config.directory)
    assert again.load().auth.trakt.access_token == "kept"
    assert again.problem is not None
    assert again.path.read_text() == ""


def test_a_folder_in_the_place_of_the_file_is_explained(tmp_path):
    (tmp_path / "config.json").mkdir()
    config = ConfigFile(tmp_path)
    config.load()
    assert "Docker" in str(config.problem)
    with pytest.raises(ConfigError):
        config.replace({})
    assert config.path.is_dir()


def test_a_file_that_vanishes_while_running_changes_nothing_in_force(config):
    config.replace(with_token("kept"))
    config.path.unlink()
    assert config.poll() is True
    assert "gone" in str(config.problem)
    assert config.settings.auth.trakt.access_token == "kept"
    config.update(lambda document: document.update(x=1))
    assert on_disk(config)["auth"]["trakt"]["access_token"] == "kept"
    assert config.problem is None


def test_replacing_a_broken_file_keeps_its_text_beside_it(tmp_path):
    (tmp_path / "config.json").write_text(BROKEN)
    at = datetime(2025, 9, 7, 20, 14, tzinfo=UTC).timestamp()
    config = ConfigFile(tmp_path, clock=Clock(scale=1e-9, epoch=at))
    config.load()
    for document in ({"x": 1}, {"x": 2}):
        config.replace(document)
        assert config.problem is None
        edit(config.path, BROKEN)
        config.poll()
    kept = sorted(path.name for path in tmp_path.glob("config.json.broken-*"))
    assert kept == ["config.json.broken-20250907T201400Z", "config.json.broken-20250907T201400Z-2"]
    assert {(tmp_path / name).read_text() for name in kept} == {BROKEN}


def test_nothing_is_updated_while_the_file_is_broken(config):
    config.ensure_writable()
    edit(config.path, BROKEN)
    with pytest.raises(ConfigError, match="comma"):
        config.ensure_writable()
    with pytest.raises(ConfigError, match="comma"):
        config.update(lambda document: document.update(x=1))
    assert config.path.read_text() == BROKEN


# ---------------------------------------------------------------- odd mounts, crashes, crowds


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV])
def test_a_file_mounted_by_itself_is_written_in_place(config, monkeypatch, number):
    inode = config.path.stat().st_ino
    real = os.replace

    def refuse(source, target):
        if Path(target).name == "config.json":
            raise OSError(number, os.strerror(number))
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    config.replace(with_token("a" * 500))
    config.replace(with_token("b"))
    assert on_disk(config) == with_token("b")
    assert config.path.stat().st_ino == inode
    assert list(config.directory.glob(".config.json.*")) == []


KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from crosswatch.config.file import ConfigFile
config = ConfigFile(Path(sys.argv[1]))
config.load()
os.replace = lambda source, target: os.kill(os.getpid(), signal.SIGKILL)
config.replace({"x": "new"})
"""


def python(code, *arguments):
    paths = [path for path in sys.path if path]
    environment = {"PYTHONPATH": os.pathsep.join(paths), "PATH": os.environ["PATH"]}
    return subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment)


def test_a_writer_killed_before_the_rename_leaves_the_old_file(config):
    config.replace({"x": "old"})
    writer = python(KILLED_WRITER, str(config.directory))
    assert writer.wait(30) == -signal.SIGKILL
    assert on_disk(config) == {"x": "old"}
    assert len(list(config.directory.glob(".config.json.*.tmp"))) == 1
    again = ConfigFile(config.directory)
    again.load()
    assert again.document == {"x": "old"}
    assert list(config.directory.glob(".config.json.*.tmp")) == []


def test_updates_from_many_threads_are_all_kept(config):
    def add(name):
        for number in range(10):
            seen = {f"{name}-{number}": True}
            config.update(lambda document, seen=seen: document.setdefault("seen", {}).update(seen))

    threads = [threading.Thread(target=add, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(on_disk(config)["seen"]) == 60
    assert config.document == on_disk(config)


COUNTING_WRITER = """
import sys
from pathlib import Path
from crosswatch.config.file import ConfigFile
config = ConfigFile(Path(sys.argv[1]))
config.load()
for number in range(20):
    config.update(lambda document: document.update(count=document.get("count", 0) + 1))
"""


def test_updates_from_several_processes_are_all_kept(config):
    writers = [python(COUNTING_WRITER, str(config.directory)) for _ in range(3)]
    for _ in range(20):
        config.update(lambda document: document.update(mine=document.get("mine", 0) + 1))
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert on_disk(config)["count"] == 60
    assert on_disk(config)["mine"] == 20
    config.poll()
    assert config.document == on_disk(config)
    assert config.problem is None
