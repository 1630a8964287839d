"""Root writes for whom the folder belongs to."""

from __future__ import annotations

import os

import pytest

from crosswatch.config.atomic import file_lock, write_atomically

SOMEBODY = 4321

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def folder(tmp_path):
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    return tmp_path


def owner(path):
    status = path.stat()
    return status.st_uid, status.st_gid


def test_a_new_file_belongs_to_the_owner_of_the_folder(folder):
    """`docker exec` runs as root; an app that runs as somebody else must be able to read what that wrote."""
    write_atomically(folder / "access.json", b"{}")
    assert owner(folder / "access.json") == (SOMEBODY, SOMEBODY)


def test_a_file_that_is_there_keeps_its_owner(folder):
    path = folder / "config.json"
    path.write_bytes(b"{}")
    os.chown(path, SOMEBODY + 1, SOMEBODY)

    write_atomically(path, b"{ }")

    assert owner(path) == (SOMEBODY + 1, SOMEBODY)


def test_a_lock_belongs_to_the_owner_of_the_folder(folder):
    with file_lock(folder / "config.json.lock"):
        assert owner(folder / "config.json.lock") == (SOMEBODY, SOMEBODY)
