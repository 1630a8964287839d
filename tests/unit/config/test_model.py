from __future__ import annotations

import copy

import pytest

from crosswatch.config.model import Settings, default_document, known_keys, parse_settings
from crosswatch.config.secrets import MASK
from crosswatch.errors import ConfigError

WATCH = "features.watch.options"


def with_value(key, value):
    document = default_document()
    *folders, last = key.split(".")
    inner = document
    for folder in folders:
        inner = inner.setdefault(folder, {})
    inner[last] = value
    return document


def test_the_default_document_switches_everything_off():
    features = parse_settings(default_document()).features
    assert not features.watch.enabled
    assert not features.webhook.enabled
    assert not features.scrobble.enabled
    assert not features.scrobble.providers.trakt.enabled


def test_the_default_document_holds_the_features_that_the_hand_over_shows():
    assert default_document()["features"] == {
        "watch": {
            "enabled": False,
            "options": {
                "allow_self_signed": False,
                "reconnect_backoff_min_seconds": 2,
                "reconnect_backoff_max_seconds": 60,
            },
        },
        "webhook": {"enabled": False},
        "scrobble": {
            "enabled": False,
            "providers": {"trakt": {"enabled": False}},
            "filters": {"username_whitelist": [], "server_uuid": ""},
        },
    }


def test_an_empty_document_means_the_same_as_the_default_one():
    assert parse_settings({}) == parse_settings(default_document()) == Settings()


def test_the_default_document_is_a_fresh_one_each_time():
    default_document()["features"]["watch"]["enabled"] = True
    assert default_document()["features"]["watch"]["enabled"] is False


def test_the_document_of_the_hand_over_is_understood():
    document = default_document()
    document["plex"] = {
        "server_url": "http://192.0.2.7:32400",
        "account_token": "tok",
        "username": "maya",
        "server_uuid": "",
    }
    document["features"]["scrobble"]["filters"]["username_whitelist"] = ["maya"]
    settings = parse_settings(document)
    assert settings.plex.server_url == "http://192.0.2.7:32400"
    assert settings.features.scrobble.filters.username_whitelist == ("maya",)
    assert settings.features.watch.options.reconnect_backoff_max_seconds == 60.0
    assert settings.features.scrobble.options.watched_at_percent == 80.0


def test_parsing_leaves_the_document_alone():
    document = with_value("plex.server_url", " http://den:32400/ ")
    before = copy.deepcopy(document)
    parse_settings(document)
    assert document == before


def test_blanks_and_a_last_slash_are_not_part_of_a_value():
    settings = parse_settings(
        with_value("plex", {"server_url": " http://den:32400/ ", "account_token": " t\n"})
    )
    assert settings.plex.server_url == "http://den:32400"
    assert settings.plex.account_token == "t"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_an_address_with_a_default_falls_back_to_it(value):
    assert parse_settings(with_value("plex.tv_url", value)).plex.tv_url == "https://plex.tv"


@pytest.mark.parametrize(
    ("key", "value", "allowed", "given"),
    [
        pytest.param("features.watch.enabled", "yes", "true or false", '"yes"', id="a text for a switch"),
        pytest.param("features.watch.enabled", 1, "true or false", "1", id="a number for a switch"),
        pytest.param("features.watch.enabled", None, "true or false", "null", id="null for a switch"),
        pytest.param(
            f"{WATCH}.reconnect_backoff_min_seconds", True, "a number", "true", id="a switch for a number"
        ),
        pytest.param(
            f"{WATCH}.reconnect_backoff_min_seconds", "2", "a number", '"2"', id="a text for a number"
        ),
        pytest.param(f"{WATCH}.reconnect_backoff_min_seconds", 0, "from 0.01", "0", id="no back-off at all"),
        pytest.param(
            "features.scrobble.options.watched_at_percent", 49.9, "from 50 to 100", "49.9", id="below 50"
        ),
        pytest.param(
            "features.scrobble.options.watched_at_percent", 101, "from 50 to 100", "101", id="above 100"
        ),
        pytest.param("features.scrobble.options.catch_up_days", 8, "from 0 to 7", "8", id="eight days"),
        pytest.param("trakt.write_interval_seconds", -1, "from 0", "-1", id="a negative wait"),
        pytest.param("auth.trakt.expires_at", 10**400, "from 0", "1000", id="a number beyond all floats"),
        pytest.param("features", [], "an object", "a list", id="a list for an object"),
        pytest.param("servers", {}, "a list", "an object", id="an object for a list"),
        pytest.param(
            "features.scrobble.filters.username_whitelist", "maya", "a list", '"maya"', id="one name"
        ),
        pytest.param("plex.server_url", "192.168.1.20", "an address", '"192.168.1.20"', id="no scheme"),
        pytest.param("plex.server_url", "ftp://den", "an address", '"ftp://den"', id="another scheme"),
        pytest.param("plex.server_url", "http://", "an address", '"http:"', id="no host"),
        pytest.param("plex.server_url", "http://den:0", "an address", ":0", id="port 0"),
        pytest.param("plex.server_url", "http://den:99999", "an address", ":99999", id="port too high"),
        pytest.param("plex.server_url", "http://[::1", "an address", "[::1", id="half an IPv6 address"),
        pytest.param("plex.server_url", "http://my nas", "an address", "my nas", id="a blank inside"),
        pytest.param(
            "trakt.api_url", "api.trakt.tv", "an address", "api.trakt.tv", id="an API without scheme"
        ),
        pytest.param(
            "storage.url", "postgresql://db", "must be empty", "storage.url", id="a store that is not built"
        ),
    ],
)
def test_a_wrong_value_is_refused_with_key_rule_and_value(key, value, allowed, given):
    with pytest.raises(ConfigError) as caught:
        parse_settings(with_value(key, value))
    assert caught.value.key == key
    assert str(caught.value).startswith(f"{key} must be ")
    assert allowed in str(caught.value)
    assert given in str(caught.value)


@pytest.mark.parametrize(
    ("document", "key"),
    [
        pytest.param({"servers": [{}, {"server_url": 5}]}, "servers[1].server_url", id="the second server"),
        pytest.param({"servers": [{"server_url": "x"}]}, "servers[0].server_url", id="no address"),
        pytest.param(
            {"accounts": {"a": {}, "tom": {"expires_at": "x"}}}, "accounts.tom.expires_at", id="an account"
        ),
        pytest.param({"accounts": {"tom": 3}}, "accounts.tom", id="an account that is a number"),
        pytest.param({"people": [{}, "tom"]}, "people[1]", id="a person that is a text"),
    ],
)
def test_a_wrong_value_in_a_list_is_named_with_its_place(document, key):
    with pytest.raises(ConfigError) as caught:
        parse_settings(document)
    assert caught.value.key == key


def test_the_longest_wait_may_not_be_shorter_than_the_shortest():
    document = with_value(WATCH, {"reconnect_backoff_min_seconds": 5, "reconnect_backoff_max_seconds": 4})
    with pytest.raises(ConfigError, match=r"at least .*reconnect_backoff_min_seconds \(5\), not 4"):
        parse_settings(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("plex.account_token", 771234567),
        ("plex.server_url", "http://den?X-Plex-Token=771234567"),
        ("plex.server_url", "den:32400?771234567"),
        ("plex.server_url", "ftp://me:771234567@den"),
        ("storage.url", "mysql://me:771234567@den"),
        ("auth.trakt.access_token", ["771234567"]),
    ],
)
def test_an_error_never_repeats_a_secret(key, value):
    with pytest.raises(ConfigError) as caught:
        parse_settings(with_value(key, value))
    assert "771234567" not in str(caught.value)
    assert caught.value.key == key


def test_a_mask_is_no_secret():
    with pytest.raises(ConfigError, match="mask") as caught:
        parse_settings(with_value("auth.trakt.access_token", MASK))
    assert caught.value.key == "auth.trakt.access_token"


def test_printing_settings_shows_no_secret():
    document = with_value("plex.account_token", "canary-1")
    document["auth"]["trakt"]["refresh_token"] = "canary-2"
    document["accounts"] = {"tom": {"access_token": "canary-3"}}
    document["servers"] = [{"server_url": "http://me:canary-4@den", "account_token": "canary-5"}]
    document["people"] = [{"name": "tom", "plex_ids": [7], "token": "canary-6"}]
    settings = parse_settings(document)
    assert settings.plex.account_token == "canary-1"
    assert "canary" not in f"{settings!r} {settings}"


def test_the_known_keys_are_all_keys():
    keys = list(known_keys())
    assert len(keys) == len(set(keys))
    assert {"plex.server_url", "runtime.debug", "servers[].name", "accounts.<name>.refresh_token"} <= set(
        keys
    )
