"""`config.json` with settings from the environment: in force, shown, and never on disk."""

from __future__ import annotations

import json

import pytest

from crosswatch.config.file import ConfigFile
from crosswatch.config.model import default_document
from crosswatch.config.secrets import MASK, mask
from crosswatch.errors import ConfigError

ENVIRONMENT = {
    "CROSSWATCH_PLEX_ACCOUNT_TOKEN": "token-of-the-environment",
    "CROSSWATCH_PLEX_SERVER_URL": "http://den:32400",
    "CROSSWATCH_FEATURES_WATCH_ENABLED": "true",
}


@pytest.fixture
def config(tmp_path):
    file = ConfigFile(tmp_path, environment=ENVIRONMENT)
    file.load()
    return file


def on_disk(config):
    return json.loads(config.path.read_text())


def test_what_the_environment_sets_is_in_force_and_secret_and_not_on_disk(config):
    assert config.settings.plex.account_token == "token-of-the-environment"
    assert config.settings.features.watch.enabled
    assert "token-of-the-environment" in config.secrets
    assert on_disk(config) == default_document()
    assert "token-of-the-environment" not in config.last_good_path.read_text()


def test_what_was_fetched_can_be_posted_back_and_the_environment_stays_off_the_disk(config):
    shown = mask(config.document)
    assert shown["plex"]["account_token"] == MASK
    shown["plex"]["username"] = "maya"

    answer = config.replace(shown)

    assert answer["plex"]["account_token"] == "token-of-the-environment"
    assert on_disk(config) == {
        **default_document(),
        "plex": {**default_document()["plex"], "username": "maya"},
    }


def test_a_token_that_was_stored_before_is_stored_still(tmp_path):
    plain = ConfigFile(tmp_path)
    plain.load()
    document = default_document()
    document["plex"]["account_token"] = "token-of-the-file"
    plain.replace(document)

    config = ConfigFile(tmp_path, environment=ENVIRONMENT)
    config.load()
    assert config.settings.plex.account_token == "token-of-the-environment"
    config.replace(mask(config.document))

    assert on_disk(config)["plex"]["account_token"] == "token-of-the-file"


def test_an_update_of_other_keys_leaves_the_environment_off_the_disk(config):
    config.update(lambda document: document["auth"]["trakt"].update(access_token="renewed"))

    assert config.settings.auth.trakt.access_token == "renewed"
    assert config.settings.plex.account_token == "token-of-the-environment"
    assert "token-of-the-environment" not in config.path.read_text()


def test_an_edit_by_hand_does_not_beat_the_environment(config):
    document = default_document()
    document["plex"] |= {"server_url": "http://other:32400", "username": "tom"}
    config.path.write_text(json.dumps(document))

    assert config.poll()
    assert config.settings.plex.server_url == "http://den:32400"
    assert config.settings.plex.username == "tom"


@pytest.mark.parametrize("wrong", [["a list"], 7])
def test_what_stands_behind_the_environment_is_checked_as_well(config, wrong):
    """It counts once the variable is gone, and must not be what the app then refuses to start with."""
    before = on_disk(config)
    with pytest.raises(ConfigError) as refused:
        config.replace({**before, "plex": {"account_token": wrong}})
    assert refused.value.key == "plex.account_token"
    assert on_disk(config) == before


def test_a_key_that_needs_what_the_environment_sets_may_be_written(tmp_path):
    config = ConfigFile(tmp_path, environment={"CROSSWATCH_WEB_TRUSTED_PROXIES": "10.0.0.2"})
    config.load()
    config.replace({**on_disk(config), "access": {"external": True}})
    assert config.settings.access.external


def test_a_variable_that_cannot_be_used_puts_the_app_into_safe_mode_with_everything_off(tmp_path):
    config = ConfigFile(tmp_path, environment={"CROSSWATCH_ACCESS_EXTERNAL": "true"})
    config.load()

    assert config.problem is not None
    assert config.problem.key == "access.external"
    assert not config.settings.access.external
    assert not config.settings.features.watch.enabled
    with pytest.raises(ConfigError, match=r"access\.external"):
        config.replace(default_document())
