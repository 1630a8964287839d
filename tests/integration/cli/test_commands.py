"""Commands that need no network."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest

import crosswatch
from crosswatch.cli.program import COMMANDS
from crosswatch.errors import StorageError
from fakes.served import ServedApp, free_port


@pytest.mark.parametrize("arguments", [("--version",), ("version",)])
def test_the_version_is_said(run, arguments):
    assert crosswatch.__version__ in run(*arguments).output


def test_the_version_for_programs(run):
    assert json.loads(run("version", "--json").output)["version"] == crosswatch.__version__


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_is_for(run, name):
    listed = run("--help")

    assert listed.exit_code == 0
    assert f"  {name} " in listed.output


def test_an_unknown_command_is_said_to_be_one(run):
    assert run("scrobble").exit_code == 2


def test_an_error_of_ours_is_one_sentence_and_exit_code_1(run, monkeypatch):
    def fail(**_options):
        raise StorageError("The disk is full.")

    monkeypatch.setattr("crosswatch.cli.demo.main", fail)

    result = run("demo")

    assert (result.exit_code, result.output) == (1, "Error: The disk is full.\n")


def test_the_demo_is_given_what_was_asked_for_and_gives_its_exit_code(run, monkeypatch):
    seen = {}

    def play(**options):
        seen.update(options)
        return 3

    monkeypatch.setattr("crosswatch.cli.demo.main", play)

    assert run("demo", "--serve", "--port", "9000", "--seed", "7", "--scale", "60").exit_code == 3
    assert seen == {"serve": True, "port": 9000, "seed": 7, "scale": 60.0}


@pytest.mark.parametrize("scale", ["1", "0", "-5", "fast"])
def test_a_demo_slower_than_life_is_refused(run, scale):
    assert run("demo", "--scale", scale).exit_code == 2


def test_healthcheck_says_by_its_exit_code_that_nothing_answers(run):
    port = free_port()

    result = run("healthcheck", "--port", str(port))

    assert result.exit_code == 1
    assert f"Nothing answers at 127.0.0.1:{port}" in result.output


async def test_healthcheck_is_content_with_an_app_that_answers(tmp_path):
    async with ServedApp(tmp_path / "config") as app:
        command = [sys.executable, "-m", "crosswatch", "healthcheck", "--port", str(app.port)]
        done = subprocess.run(command, capture_output=True, timeout=20, check=False)  # noqa: ASYNC221

    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_serve_says_that_a_port_is_taken_before_anything_starts(run, directory):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = run("serve", "--host", "127.0.0.1", "--port", str(port))

    assert result.exit_code == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in result.output
    assert list(directory.iterdir()) == []


class TestCheckConfig:
    def test_a_good_file_is_called_fine_and_what_is_missing_is_no_error(self, run, directory, configure):
        configure()

        result = run("check-config")

        assert result.exit_code == 0
        assert result.output.startswith(f"{directory / 'config.json'} is fine.\n")
        assert "No Plex server is named yet." in result.output

    def test_another_file_can_be_checked_and_nothing_is_written(self, run, tmp_path, directory):
        other = tmp_path / "other.json"
        other.write_text("{}")

        assert run("check-config", str(other)).exit_code == 0
        assert list(directory.iterdir()) == []

    def test_a_slip_is_shown_with_its_place(self, run, directory):
        (directory / "config.json").write_text('{\n  "plex": {},\n}')

        result = run("check-config")

        assert result.exit_code == 1
        assert f"{directory / 'config.json'}:3:1: This is not JSON" in result.output

    def test_a_wrong_value_is_shown_with_its_key(self, run, configure):
        configure(runtime={"debug": "yes"})

        result = run("check-config", "--json")

        assert result.exit_code == 1
        assert json.loads(result.output)["problem"]["key"] == "runtime.debug"

    def test_no_file_at_all_is_an_error(self, run, directory):
        result = run("check-config")

        assert result.exit_code == 1
        assert "It is gone" in result.output or "config.json" in result.output
        assert list(directory.iterdir()) == []

    def test_keys_that_mean_nothing_are_pointed_out(self, run, configure):
        configure(
            plex={"server_ulr": "http://nas:32400"},
            features={"wacth": {"enabled": True}},
            servers=[],
            accounts={"tom": {"access_token": "t", "acess": 1}},
            people=[{"name": "Tom", "plex_ids": [7], "colour": "green"}],
            homepage={"a": {"b": 1}},
        )

        unknown = json.loads(run("check-config", "--json").output)["unknown"]

        assert sorted(unknown) == [
            "accounts.tom.acess",
            "features.wacth",
            "homepage",
            "people[0].colour",
            "plex.server_ulr",
        ]

    def test_no_secret_is_repeated(self, run, configure):
        configure(plex={"account_token": 12345678901})

        result = run("check-config")

        assert result.exit_code == 1
        assert "12345678901" not in result.output
