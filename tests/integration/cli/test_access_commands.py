"""The commands that say who may come in."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from crosswatch.access.file import AccessFile
from crosswatch.access.passwords import is_password
from crosswatch.access.register import Scope
from crosswatch.access.tokens import digest
from crosswatch.cli.program import program

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.usefixtures("directory")


@pytest.fixture
def register(directory):
    """What the file says now."""

    def read():
        file = AccessFile(directory)
        file.refresh()
        return file.register

    return read


def reset(*arguments, said=f"{PASSWORD}\n"):
    return CliRunner().invoke(program, ["reset-password", *arguments], input=said)


# ---------------------------------------------------------------- the set-up code


def test_the_set_up_code_is_printed_and_stays_the_same(run, register):
    first = run("setup-code").output.strip()
    assert run("setup-code").output.strip() == first == register().setup_code


def test_once_there_is_a_password_there_is_no_code(run, register):
    reset()
    result = run("setup-code")
    assert result.exit_code == 1
    assert "reset-password" in result.output
    assert register().setup_code == ""


# ---------------------------------------------------------------- a lost password


def test_a_password_is_read_from_where_nobody_can_be_asked(register):
    assert reset().exit_code == 0
    [user] = register().users
    assert user.name == "admin"
    assert is_password(PASSWORD, user.password)


def test_a_password_can_be_made_up(register):
    result = reset("--generate", "--name", "maya")
    password = result.stdout.strip()
    assert len(password) >= 40
    assert is_password(password, register().user("maya").password)


def test_a_password_that_is_too_short_changes_nothing(register):
    result = reset(said="short\n")
    assert result.exit_code == 1
    assert "at least 12" in result.output
    assert register().users == ()


def test_it_takes_the_place_of_the_old_one_and_keeps_the_keys(run, register):
    reset()
    run("keys", "create", "home")
    reset(said="another password\n")
    [user] = register().users
    assert is_password("another password", user.password)
    assert [key.name for key in register().keys] == ["home"]


def test_it_gets_past_a_broken_file_which_is_kept(register, directory):
    reset()
    (directory / "access.json").write_text("{ broken")

    assert reset().exit_code == 0

    assert register().user("admin")
    assert (directory / "access.json.broken").read_text() == "{ broken"


# ---------------------------------------------------------------- keys


def test_a_key_is_shown_once_and_kept_as_a_digest(run, register, directory):
    text = run("keys", "create", "home page", "--scope", "operate").output.strip()

    [key] = register().keys
    assert (key.name, key.scope, key.digest) == ("home page", Scope.OPERATE, digest(text))
    assert text not in (directory / "access.json").read_text()


def test_a_key_may_only_read_unless_somebody_says_otherwise(run, register):
    run("keys", "create", "home")
    assert register().keys[0].scope is Scope.READ


def test_keys_are_listed_for_people_and_for_programs(run):
    assert run("keys", "list").output == "There are no keys.\n"
    run("keys", "create", "home")
    assert "read     home  (never used)" in run("keys", "list").output
    [listed] = json.loads(run("keys", "list", "--json").output)
    assert (listed["name"], listed["scope"], listed["used_at"]) == ("home", "read", None)


@pytest.mark.parametrize("by", ["name", "id"])
def test_a_key_is_taken_back_by_its_name_or_its_id(run, register, by):
    run("keys", "create", "home")
    assert run("keys", "revoke", getattr(register().keys[0], by)).exit_code == 0
    assert register().keys == ()


def test_a_key_that_is_not_there_is_said(run):
    result = run("keys", "revoke", "home")
    assert result.exit_code == 1
    assert "There is no key 'home'." in result.output


@pytest.mark.parametrize("command", [("keys", "list"), ("keys", "create", "x"), ("setup-code",)])
def test_a_broken_file_is_said_and_left_alone(run, directory, command):
    (directory / "access.json").write_text("{")
    result = run(*command)
    assert result.exit_code == 1
    assert "reset-password" in result.output
    assert (directory / "access.json").read_text() == "{"
