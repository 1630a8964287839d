from __future__ import annotations

import pytest

from crosswatch.config.environment import Overlay, settable_keys, variable_of
from crosswatch.config.model import default_document, known_keys, parse_settings
from crosswatch.errors import ConfigError


def test_every_key_that_is_no_list_of_objects_and_no_token_has_a_variable_of_its_own():
    variables = [variable_of(key) for key in settable_keys()]
    assert len(variables) == len(set(variables))
    left = set(known_keys()) - set(settable_keys())
    assert all("[" in key or "<" in key or key.startswith("auth.") for key in left)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("plex.account_token", "a secret", "a secret"),
        ("features.watch.enabled", "true", True),
        ("features.watch.enabled", "Off", False),
        ("features.watch.options.reconnect_backoff_min_seconds", "2.5", 2.5),
        ("features.scrobble.filters.username_whitelist", "Maya, Tom ,", ["Maya", "Tom"]),
        ("features.scrobble.filters.username_whitelist", '["Maya, K.", "Tom"]', ["Maya, K.", "Tom"]),
        ("web.trusted_proxies", "172.18.0.0/16", ["172.18.0.0/16"]),
    ],
)
def test_a_variable_is_read_as_its_key_needs_it(key, text, value):
    document = Overlay({variable_of(key): text}).applied(default_document())

    found = document
    for step in key.split("."):
        found = found[step]
    assert found == value
    parse_settings(document)


def test_a_file_is_read_in_place_of_the_variable(tmp_path):
    (tmp_path / "token").write_text("from a file\n")
    overlay = Overlay({"CROSSWATCH_PLEX_ACCOUNT_TOKEN_FILE": str(tmp_path / "token")})

    assert overlay.applied({})["plex"]["account_token"] == "from a file"
    assert overlay.variables == {"plex.account_token": "CROSSWATCH_PLEX_ACCOUNT_TOKEN"}


def test_an_empty_variable_sets_nothing():
    """Templates of containers pass on what nobody has filled in."""
    overlay = Overlay({"CROSSWATCH_PLEX_SERVER_URL": "", "CROSSWATCH_PLEX_ACCOUNT_TOKEN_FILE": ""})
    assert overlay.variables == {}
    assert overlay.applied(default_document()) == default_document()


@pytest.mark.parametrize(
    ("environment", "key"),
    [
        pytest.param(
            {"CROSSWATCH_FEATURES_WATCH_ENABLED": "maybe"}, "features.watch.enabled", id="no switch"
        ),
        pytest.param(
            {"CROSSWATCH_TRAKT_WRITE_INTERVAL_SECONDS": "soon"},
            "trakt.write_interval_seconds",
            id="no number",
        ),
        pytest.param({"CROSSWATCH_WEB_ALLOWED_HOSTS": '["a",'}, "web.allowed_hosts", id="half a list"),
        pytest.param(
            {"CROSSWATCH_PLEX_ACCOUNT_TOKEN": "a", "CROSSWATCH_PLEX_ACCOUNT_TOKEN_FILE": "/b"},
            "plex.account_token",
            id="both",
        ),
        pytest.param(
            {"CROSSWATCH_PLEX_ACCOUNT_TOKEN_FILE": "/no/such/file"}, "plex.account_token", id="no file"
        ),
    ],
)
def test_a_variable_that_cannot_be_used_is_refused_by_name_and_without_its_value(environment, key):
    with pytest.raises(ConfigError) as refused:
        Overlay(environment).applied(default_document())
    assert refused.value.key == key
    assert variable_of(key) in str(refused.value)
    assert "maybe" not in str(refused.value)


def test_limits_hold_for_variables_as_well():
    document = Overlay({"CROSSWATCH_FEATURES_SCROBBLE_OPTIONS_WATCHED_AT_PERCENT": "7"}).applied({})
    with pytest.raises(ConfigError, match="from 50 to 100"):
        parse_settings(document)


def test_a_variable_named_after_a_section_that_sets_nothing_is_told():
    overlay = Overlay(
        {
            "CROSSWATCH_PLEX_TOKEN": "misspelt",
            "CROSSWATCH_PLEX_SERVER_URL": "http://den:32400",
            "CROSSWATCH_CONFIG_DIR": "/config",
            "PATH": "/bin",
        }
    )
    assert overlay.unknown == ["CROSSWATCH_PLEX_TOKEN"]


def test_what_the_environment_sets_is_taken_out_again_and_nothing_else():
    overlay = Overlay({"CROSSWATCH_PLEX_ACCOUNT_TOKEN": "env", "CROSSWATCH_TRAKT_CLIENT_ID": "id"})
    stored = {"plex": {"account_token": "filed", "username": "maya"}}

    in_force = overlay.applied(stored)
    assert in_force["plex"] == {"account_token": "env", "username": "maya"}

    assert overlay.taken_out(in_force, stored) == {**stored, "trakt": {}}


def test_what_somebody_writes_in_place_of_a_variable_is_kept_for_when_it_is_gone():
    overlay = Overlay({"CROSSWATCH_PLEX_USERNAME": "env"})
    kept = overlay.taken_out({"plex": {"username": "mine"}}, {"plex": {"username": "before"}})

    assert kept == {"plex": {"username": "mine"}}
    assert overlay.applied(kept) == {"plex": {"username": "env"}}


def test_a_section_that_is_none_is_left_for_the_check_to_tell():
    overlay = Overlay({"CROSSWATCH_PLEX_USERNAME": "env"})
    with pytest.raises(ConfigError, match="plex must be an object"):
        parse_settings(overlay.applied({"plex": []}))
