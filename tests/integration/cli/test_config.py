"""Keys by name on the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from crosswatch.cli.program import program
from crosswatch.config.model import known_keys
from crosswatch.config.secrets import MASK

TOKEN = "plex-token-1234567890"


@pytest.fixture
def stored(directory, configure):
    """What the file says; the defaults at first."""
    configure()
    return lambda: json.loads((directory / "config.json").read_text())


def test_what_is_in_force_is_shown_and_no_secret(run, configure):
    configure(plex={"server_url": "http://192.0.2.7:32400/", "account_token": TOKEN})
    said = run("config", "get")
    assert said.exit_code == 0
    assert 'plex.server_url = "http://192.0.2.7:32400"' in said.output
    assert f'plex.account_token = "{MASK}"' in said.output
    assert "features.scrobble.options.watched_at_percent = 80.0" in said.output
    assert TOKEN not in said.output
    assert TOKEN not in run("config", "get", "--json").output
    assert run("config", "get", "plex.server_url").output == '"http://192.0.2.7:32400"\n'
    assert json.loads(run("config", "get", "features.watch", "--json").output)["enabled"] is False


def test_entries_of_lists_have_their_place(run, configure):
    configure(servers=[{"name": "Attic", "server_url": "http://192.0.2.8:32400", "account_token": TOKEN}])
    assert 'servers[0].name = "Attic"' in run("config", "get", "servers").output
    assert run("config", "set", "servers[0].name", "Den").exit_code == 0
    assert run("config", "get", "servers[0].name").output == '"Den"\n'


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("features.watch.enabled", "yes", True),
        ("features.scrobble.options.watched_at_percent", "90", 90.0),
        ("features.scrobble.filters.username_whitelist", "Maya, Tom", ["Maya", "Tom"]),
        ("features.scrobble.filters.libraries", '["Films, old"]', ["Films, old"]),
        ("plex.username", "maya", "maya"),
    ],
)
def test_a_key_is_set_as_its_kind_demands(run, stored, key, text, value):
    said = run("config", "set", key, text)
    assert said.exit_code == 0, said.output
    found = stored()
    for step in key.split("."):
        found = found[step]
    assert found == value


@pytest.mark.parametrize(
    ("key", "text", "says"),
    [
        ("features.scrobble.options.watched_at_percent", "20", "must be a number from 50 to 100"),
        ("features.watch.enabled", "perhaps", "must be true or false"),
        ("plex.server_url", "nas", "must be an address such as"),
        ("plex.nothing", "1", "There is no key"),
        ("plex", "1", "There is no key"),
    ],
)
def test_what_could_not_be_in_force_changes_nothing(run, stored, key, text, says):
    before = stored()
    said = run("config", "set", key, text)
    assert said.exit_code == 1
    assert says in said.output
    assert stored() == before


def test_a_secret_comes_by_standard_input_and_is_not_repeated(directory, configure, stored):  # noqa: ARG001
    configure()
    said = CliRunner().invoke(program, ["config", "set", "plex.account_token", "-"], input=f"{TOKEN}\n")
    assert said.output == "plex.account_token is set.\n"
    assert stored()["plex"]["account_token"] == TOKEN


def test_what_the_environment_sets_is_changed_there(run, configure, monkeypatch):
    configure()
    monkeypatch.setenv("CROSSWATCH_PLEX_USERNAME", "maya")
    assert run("config", "get", "plex.username").output == '"maya"\n'
    said = run("config", "set", "plex.username", "tom")
    assert said.exit_code == 1
    assert "CROSSWATCH_PLEX_USERNAME" in said.output


def test_a_broken_file_is_said_and_left_alone(run, directory):
    (directory / "config.json").write_text("{ broken")
    for arguments in (("get",), ("set", "plex.username", "maya")):
        said = run("config", *arguments)
        assert said.exit_code == 1
        assert "line 1, column 3" in said.output
    assert (directory / "config.json").read_text() == "{ broken"


def test_the_schema_tells_every_key(run):
    told = json.loads(run("config", "schema", "--json").output)
    assert [key["name"] for key in told] == list(known_keys())
    said = run("config", "schema", "features.scrobble.options.watched_at_percent").output
    assert said.startswith(
        "features.scrobble.options.watched_at_percent  (number, 50 to 100; 80.0 if left out)\n    From"
    )
    assert run("config", "schema", "kitchen").exit_code == 1
