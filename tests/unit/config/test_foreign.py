"""A configuration of the open project of the same name, read into ours."""

from __future__ import annotations

import copy

import pytest

from crosswatch.config.foreign import merge, translate
from crosswatch.config.model import default_document, parse_settings
from crosswatch.config.secrets import MASK

FOREIGN = {
    "version": "0.11.3",
    "plex": {
        "server_url": "https://192.168.1.20:32400",
        "verify_ssl": False,
        "account_token": "plex-token",
        "pms_token": "server-token",
        "machine_id": "abc123",
        "username": "maya",
        "timeout": 10.0,
        "scrobble": {"libraries": ["1", "Filme"]},
        "history": {"libraries": []},
    },
    "trakt": {
        "client_id": "id",
        "client_secret": "secret",
        "access_token": "access",
        "refresh_token": "refresh",
        "scope": "public",
        "token_type": "Bearer",
        "expires_at": 1790000000,
        "history_per_page": 100,
    },
    "simkl": {"access_token": "simkl-token"},
    "sync": {"enable_add": True},
    "pairs": [{"source": "PLEX"}],
    "scrobble": {
        "enabled": True,
        "mode": "watch",
        "watch": {
            "autostart": True,
            "routes": [
                {
                    "id": "R1",
                    "enabled": True,
                    "provider": "plex",
                    "provider_instance": "default",
                    "sink": "trakt",
                    "sink_instance": "default",
                    "filters": {"username_whitelist": ["maya", "id:7"], "server_uuid": "abc123"},
                },
                {"id": "R2", "enabled": True, "provider": "plex", "sink": "simkl", "filters": {}},
            ],
        },
        "trakt": {"watched_at": 90},
    },
    "app_auth": {"enabled": True, "username": "maya", "password": {"hash": "h", "salt": "s"}},
    "runtime": {"debug": True, "apply_chunk_size": 100},
    "ui": {"theme": "flat-dark"},
}


def settings_after(foreign):
    document = default_document()
    merge(document, translate(foreign).document)
    return parse_settings(document)


def fate(foreign, key):
    """Where a key went, or why not."""
    return [finding.into or finding.why for finding in translate(foreign).findings if finding.key == key]


def changed(**parts):
    """The same with these parts in place of theirs; `a__b` means the key b below a."""
    document = copy.deepcopy(FOREIGN)
    for path, value in parts.items():
        *above, name = path.split("__")
        place = document
        for step in above:
            place = place[step]
        place[name] = value
    return document


def test_what_it_takes_to_scrobble_is_taken_over():
    settings = settings_after(FOREIGN)

    assert settings.plex.server_url == "https://192.168.1.20:32400"
    assert settings.plex.account_token == "plex-token"
    assert settings.plex.server_uuid == "abc123"
    assert (settings.trakt.client_id, settings.trakt.client_secret) == ("id", "secret")
    assert settings.auth.trakt.access_token == "access"
    assert settings.auth.trakt.refresh_token == "refresh"
    assert settings.auth.trakt.expires_at == 1790000000
    assert settings.features.watch.enabled
    assert settings.features.watch.options.allow_self_signed
    assert not settings.features.webhook.enabled
    assert settings.features.scrobble.enabled
    assert settings.features.scrobble.providers.trakt.enabled
    assert settings.features.scrobble.filters.username_whitelist == ("maya", "id:7")
    assert settings.features.scrobble.filters.libraries == ("id:1", "Filme")
    assert settings.runtime.debug


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("sync", "synchronise"),
        ("pairs", "synchronise"),
        ("simkl", "nothing of the kind"),
        ("app_auth", "set a password here"),
        ("ui", "no such settings"),
        ("scrobble.trakt", "80 %"),
        ("trakt.history_per_page", "synchronising"),
        ("plex.pms_token", "there already"),
        ("scrobble.watch.routes", "do not lead from Plex to Trakt"),
    ],
)
def test_what_is_left_is_said_with_its_reason(key, word):
    assert any(word in reason for reason in fate(FOREIGN, key))


def test_nothing_that_held_anything_vanishes_without_a_word():
    told = {finding.key.partition(".")[0] for finding in translate(FOREIGN).findings}
    assert told == set(FOREIGN)


def test_no_secret_is_in_the_report():
    said = repr(translate(FOREIGN).findings)
    assert not [
        secret for secret in ("plex-token", "server-token", "access'", "simkl-token") if secret in said
    ]


def test_nobody_is_let_in_by_an_import():
    foreign = changed(access={"open_networks": ["0.0.0.0/0"]}, web={"trusted_proxies": ["10.0.0.0/8"]})
    settings = settings_after(foreign)
    assert settings.access.open_networks == ()
    assert settings.web.trusted_proxies == ()
    assert fate(foreign, "access")


def test_secrets_that_cannot_be_read_are_left():
    foreign = changed(plex__account_token="enc:v1:gAAAA", plex__pms_token="", trakt__client_secret=MASK)
    settings = settings_after(foreign)
    assert settings.plex.account_token == ""
    assert settings.trakt.client_secret == ""
    assert "encrypted" in fate(foreign, "plex.account_token")[0]
    assert "mask" in fate(foreign, "trakt.client_secret")[0]


def test_the_token_of_the_server_stands_in_for_a_missing_one():
    assert settings_after(changed(plex__account_token="")).plex.account_token == "server-token"


@pytest.mark.parametrize(
    ("scrobble", "watch", "webhook"),
    [
        ({"enabled": True, "mode": "watch"}, True, False),
        ({"enabled": True, "mode": "webhook"}, False, True),
        ({"enabled": True, "sources": {"watcher": True, "webhook": True}}, True, True),
        ({"enabled": False, "mode": "watch"}, False, False),
    ],
)
def test_the_inputs_are_switched_as_they_were(scrobble, watch, webhook):
    features = settings_after(changed(scrobble=scrobble)).features
    assert (features.watch.enabled, features.webhook.enabled) == (watch, webhook)
    assert features.scrobble.enabled == scrobble["enabled"]


def test_without_a_way_to_trakt_trakt_is_not_told():
    foreign = changed(scrobble__watch={"routes": [{"enabled": True, "provider": "plex", "sink": "simkl"}]})
    assert not settings_after(foreign).features.scrobble.providers.trakt.enabled


def test_filters_from_before_there_were_routes_are_taken():
    foreign = changed(scrobble__watch={"filters": {"username_whitelist": ["tom"], "server_uuid": "xyz"}})
    filters = settings_after(foreign).features.scrobble.filters
    assert (filters.username_whitelist, filters.server_uuid) == (("tom",), "xyz")


def route(names, account):
    return {
        "enabled": True,
        "provider": "plex",
        "sink": "trakt",
        "sink_instance": account,
        "filters": {"username_whitelist": names},
    }


def test_several_accounts_become_people_each_with_theirs():
    foreign = changed(
        trakt__instances={"TRAKT-P01": {"access_token": "toms", "refresh_token": "toms too"}},
        scrobble__watch={
            "routes": [route(["maya", "both"], "default"), route(["id:7", "both"], "TRAKT-P01")]
        },
    )
    settings = settings_after(foreign)

    assert settings.accounts["TRAKT-P01"].access_token == "toms"
    assert [
        (person.name, person.aliases, person.plex_ids, person.accounts) for person in settings.people
    ] == [
        ("maya", ("maya",), (), ("default",)),
        ("both", ("both",), (), ("default", "TRAKT-P01")),
        ("id:7", (), (7,), ("TRAKT-P01",)),
    ]


def test_further_servers_are_taken_and_further_users_of_the_same_are_not():
    foreign = changed(
        plex__instances={
            "PLEX-P01": {"server_url": "http://10.0.0.9:32400", "account_token": "other", "machine_id": "m2"},
            "PLEX-P02": {"account_token": "same server"},
        }
    )
    [server] = settings_after(foreign).servers
    assert (server.name, server.server_url, server.account_token, server.server_uuid) == (
        "PLEX-P01",
        "http://10.0.0.9:32400",
        "other",
        "m2",
    )
    assert fate(foreign, "plex.instances") == ["servers", "it is about synchronising"]


def test_a_document_of_our_own_lineage_is_taken_as_it_is():
    """The older form, from before the two projects parted."""
    document = default_document()
    document["plex"]["account_token"] = "token"
    document["features"]["watch"]["enabled"] = True
    document["auth"]["trakt"]["access_token"] = "access"

    found = translate(document)

    assert not [finding for finding in found.findings if finding.is_translated or not finding.into]
    settings = settings_after(document)
    assert settings.features.watch.enabled
    assert settings.auth.trakt.access_token == "access"


@pytest.mark.parametrize(
    "foreign",
    [
        {},
        {"plex": []},
        {"plex": {"scrobble": 1, "instances": []}},
        {"scrobble": {"enabled": True, "watch": {"routes": "x"}}},
        {
            "scrobble": {
                "enabled": True,
                "watch": {"routes": [1, {"provider": "plex", "sink": "trakt", "filters": 1}]},
            }
        },
        {"scrobble": {"enabled": "yes", "sources": 1, "mode": None}},
        {"trakt": {"instances": {"a": 1}}, "auth": 1},
    ],
)
def test_what_makes_no_sense_breaks_nothing(foreign):
    translate(foreign)


def test_lists_of_people_that_are_here_already_stay():
    document = {"people": [{"name": "Maya"}], "servers": []}
    assert merge(document, {"people": [{"name": "Tom"}], "servers": [{"name": "Den"}]}) == ["people"]
    assert document == {"people": [{"name": "Maya"}], "servers": [{"name": "Den"}]}
