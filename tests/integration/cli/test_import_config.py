from __future__ import annotations

import json

import pytest

FOREIGN = {
    "plex": {"server_url": "http://den:32400", "account_token": "plex-token"},
    "trakt": {"client_id": "id", "access_token": "access"},
    "scrobble": {"enabled": True, "mode": "watch"},
    "pairs": [{"source": "PLEX"}],
}


@pytest.fixture
def foreign(tmp_path):
    path = tmp_path / "foreign.json"
    path.write_text(json.dumps(FOREIGN))
    return str(path)


def on_disk(directory):
    return json.loads((directory / "config.json").read_text())


def test_it_is_taken_over_and_told(run, configure, directory, foreign):
    configure(runtime={"debug": True})

    result = run("import-config", foreign)

    assert result.exit_code == 0
    stored = on_disk(directory)
    assert stored["plex"]["account_token"] == "plex-token"
    assert stored["auth"]["trakt"]["access_token"] == "access"
    assert stored["features"]["watch"]["enabled"] is True
    assert stored["runtime"]["debug"] is True
    for line in (
        "  plex.server_url\n",
        "  trakt.access_token → auth.trakt.access_token\n",
        "  pairs: CrossWatch does not synchronise services with one another\n",
        "It is in force.\n",
    ):
        assert line in result.output
    assert "plex-token" not in result.output


def test_it_can_be_tried_before(run, configure, directory, foreign):
    configure()
    before = on_disk(directory)
    result = run("import-config", foreign, "--dry-run")
    assert "Nothing was changed." in result.output
    assert on_disk(directory) == before


def test_it_is_told_to_programs(run, directory, foreign):
    told = json.loads(run("import-config", foreign, "--json").output)
    assert told["changed"] is True
    assert {"key": "trakt.access_token", "into": "auth.trakt.access_token", "why": ""} in told["findings"]
    assert on_disk(directory)["trakt"]["client_id"] == "id"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not JSON"),
        ('{"simkl": {"access_token": "x"}}', "holds nothing that CrossWatch knows"),
        ('{"plex": {"server_url": "no address"}}', "plex.server_url"),
    ],
)
def test_what_cannot_be_used_changes_nothing(run, directory, tmp_path, *, text, word):
    (directory / "config.json").write_text("{}")
    before = on_disk(directory)
    (tmp_path / "foreign.json").write_text(text)
    result = run("import-config", str(tmp_path / "foreign.json"))
    assert result.exit_code == 1
    assert word in result.output
    assert on_disk(directory) == before


def test_a_file_that_is_not_there_is_said(run, directory):
    assert run("import-config", str(directory / "none.json")).exit_code == 1
