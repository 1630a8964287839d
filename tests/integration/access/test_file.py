"""`access.json`: whole, private, shared with commands, and closed when it cannot be read."""

from __future__ import annotations

import json
import stat
import threading
from datetime import UTC, datetime

import msgspec
import pytest

from crosswatch.access.changes import make_key, with_code, with_key, with_user
from crosswatch.access.file import AccessFile
from crosswatch.access.register import Register, Scope, User
from crosswatch.errors import AccessError, UnfitError

AT = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)
USER = User(name="admin", password="$argon2id$…", created_at=AT)


@pytest.fixture
def file(tmp_path):
    made = AccessFile(tmp_path / "config")
    made.update(with_code)
    return made


def other(file):
    """The same file, as another process sees it."""
    return AccessFile(file.path.parent)


def test_it_is_made_with_a_code_and_for_its_owner_only(file):
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert file.register.setup_code
    assert file.register.instance


def test_a_change_is_on_disk_and_another_process_takes_it_over(file):
    running = other(file)
    running.refresh()

    file.update(lambda register: with_user(register, USER))
    running.refresh()

    assert running.register == file.register
    assert running.register.users == (USER,)
    assert running.register.setup_code == ""


def test_two_processes_do_not_undo_each_others_changes(file):
    running = other(file)
    running.refresh()
    file.update(lambda register: with_user(register, USER))

    running.update(lambda register: with_key(register, make_key("home", Scope.READ, AT)[1]))

    assert running.register.users == (USER,)
    assert [key.name for key in running.register.keys] == ["home"]


def test_writers_in_many_threads_lose_nothing(file):
    def add(number):
        other(file).update(lambda register: with_key(register, make_key(f"key {number}", Scope.READ, AT)[1]))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    file.refresh()
    assert {key.name for key in file.register.keys} == {f"key {number}" for number in range(20)}


def test_what_a_change_raises_changes_nothing(file):
    before = file.path.read_bytes()
    key = make_key("home", Scope.READ, AT)[1]
    file.update(lambda register: with_key(register, key))
    after = file.path.read_bytes()

    with pytest.raises(UnfitError, match="already"):
        file.update(lambda register: with_key(register, key))

    assert file.path.read_bytes() == after != before


def broken_by(text):
    return pytest.param(text, id=text[:20].decode() or "nothing")


@pytest.mark.parametrize(
    "text",
    [
        broken_by(b""),
        broken_by(b"{"),
        broken_by(b"[]"),
        broken_by(b'{"users": 1}'),
        broken_by(b'{"format": 2}'),
        broken_by(b'{"users": [{"name": "x"}]}'),
    ],
)
def test_what_cannot_be_read_is_told_and_left_alone(file, text):
    file.update(lambda register: with_user(register, USER))
    file.path.write_bytes(text)

    file.refresh()
    assert "reset-password" in file.problem
    with pytest.raises(AccessError, match="reset-password"):
        file.update(with_code)

    assert file.path.read_bytes() == text


def test_only_who_says_so_begins_anew_over_a_broken_file_which_is_kept(file):
    file.path.write_bytes(b"{ broken")
    file.refresh()

    file.update(lambda register: with_user(register, USER), over_broken=True)

    assert not file.problem
    assert file.register.users == (USER,)
    assert file.path.with_name("access.json.broken").read_bytes() == b"{ broken"


def test_a_file_that_is_mended_is_in_force_again(file):
    good = file.path.read_bytes()
    file.path.write_bytes(b"{")
    file.refresh()

    file.path.write_bytes(good)
    file.refresh()

    assert not file.problem


def test_a_file_that_goes_away_opens_nothing(file):
    file.update(lambda register: with_user(register, USER))
    file.path.unlink()

    file.refresh()
    assert file.register.users == (USER,)

    file.update(with_code)
    assert json.loads(file.path.read_bytes())["users"][0]["name"] == "admin"


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "config").write_text("a file where the folder should be")
    with pytest.raises(AccessError, match="cannot be written"):
        AccessFile(tmp_path / "config").update(with_code)


def test_keys_of_a_later_version_are_no_reason_to_lock_anybody_out(file):
    document = json.loads(file.path.read_bytes())
    file.path.write_text(json.dumps({**document, "something": "new"}))
    file.refresh()
    assert not file.problem


def test_a_register_survives_being_written_and_read():
    register = with_key(with_user(with_code(Register()), USER), make_key("home", Scope.OPERATE, AT)[1])
    assert msgspec.json.decode(msgspec.json.encode(register), type=Register) == register
