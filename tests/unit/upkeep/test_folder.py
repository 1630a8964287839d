"""Whether a folder outlives its container, by the table of mounts."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from crosswatch.upkeep import folder as module
from crosswatch.upkeep.folder import is_mounted, look_at, read_mounts

DISK = "rw - ext4 /dev/sda1 rw"
ROOT = "22 1 0:20 / / rw,relatime - overlay overlay rw"
PROC = "23 22 0:21 / /proc rw - proc proc rw"


@pytest.mark.parametrize(
    ("folder", "mounts", "expected"),
    [
        pytest.param("/config", [ROOT, PROC], False, id="no volume"),
        pytest.param("/config", [ROOT, f"30 22 8:1 /x /config {DISK}"], True, id="a volume"),
        pytest.param(
            "/config/crosswatch", [ROOT, f"30 22 8:1 /x /config {DISK}"], True, id="below one"
        ),
        pytest.param("/config", [ROOT, f"30 22 8:1 /x /configs {DISK}"], False, id="beside one"),
        pytest.param(
            "/my config", [ROOT, f"30 22 8:1 /x /my\\040config {DISK}"], True, id="with a blank"
        ),
        pytest.param("/données", [ROOT, f"30 22 8:1 /x /données {DISK}"], True, id="with an accent"),
        pytest.param("/config", [], True, id="nothing is known"),
    ],
)  # fmt: skip
def test_whether_a_folder_is_mounted(folder, mounts, expected):
    assert is_mounted(Path(folder), "\n".join(mounts)) is expected


def test_a_folder_that_can_be_written_has_no_problem(tmp_path):
    found = look_at(tmp_path)
    assert found.problem == ""
    assert found.free_bytes > 0


def test_a_folder_that_is_gone_is_named(tmp_path):
    assert "is not there" in look_at(tmp_path / "gone").problem


def test_a_folder_whose_file_system_does_not_answer_is_a_problem_and_no_failure(tmp_path, monkeypatch):
    def fail(path):
        raise OSError(errno.ESTALE, "Stale file handle", str(path))

    monkeypatch.setattr(module.shutil, "disk_usage", fail)
    assert look_at(tmp_path).problem == f"{tmp_path} cannot be looked at: Stale file handle."


def test_a_mount_whose_name_is_no_utf8_is_read_all_the_same(tmp_path, monkeypatch):
    table = tmp_path / "mountinfo"
    table.write_bytes(f"{ROOT}\n30 22 8:1 /x /caf\xe9 {DISK}\n".encode("latin-1"))
    monkeypatch.setattr(module, "MOUNTS", table)
    assert is_mounted(Path("/config"), read_mounts()) is False
