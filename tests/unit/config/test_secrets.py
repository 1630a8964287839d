from __future__ import annotations

import copy
import json
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosswatch.config.model import default_document
from crosswatch.config.secrets import MASK, is_secret_name, mask, secret_values, unmask
from crosswatch.errors import ConfigError


@pytest.mark.parametrize(
    "name",
    [
        "account_token",
        "X-Plex-Token",
        "client_secret",
        "webhookSecret",
        "PASSWORD",
        "api_key",
        "apiKey",
        "passwd",
    ],
)
def test_a_name_that_sounds_secret_is_secret(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["token_type", "username", "client_id", "scope", "key", "expires_at", "enabled"]
)
def test_an_ordinary_name_is_not_secret(name):
    assert not is_secret_name(name)


def test_masking_hides_secrets_and_nothing_else():
    document = default_document()
    document["plex"] |= {"account_token": "canary", "username": "maya"}
    masked = mask(document)
    assert masked["plex"] == {"server_url": "", "account_token": MASK, "username": "maya", "server_uuid": ""}
    assert masked["auth"]["trakt"]["access_token"] == ""
    assert masked["auth"]["trakt"]["token_type"] == "bearer"
    assert document["plex"]["account_token"] == "canary"


@pytest.mark.parametrize(
    ("document", "masked"),
    [
        ({"mine": {"api_key": "k"}}, {"mine": {"api_key": MASK}}),
        ({"tokens": ["a", {"x": "b"}]}, {"tokens": [MASK, {"x": MASK}]}),
        ({"pin_password": 1234}, {"pin_password": MASK}),
        ({"password_needed": True, "token": None}, {"password_needed": True, "token": None}),
        ({"url": "postgresql://me:pw@db/x"}, {"url": MASK}),
        ({"hook": "http://x/?token=abc"}, {"hook": MASK}),
        ({"url": "http://den:32400"}, {"url": "http://den:32400"}),
        ({"servers": [{"account_token": "t"}]}, {"servers": [{"account_token": MASK}]}),
    ],
)
def test_unknown_places_are_masked_by_the_sound_of_their_name(document, masked):
    assert mask(document) == masked


def test_a_mask_keeps_an_empty_text_clears_and_anything_else_replaces():
    stored = {"a_token": "1", "b_token": "2", "c_token": "3", "d_token": "4"}
    new = {"a_token": MASK, "b_token": "", "c_token": None, "d_token": "new"}
    assert unmask(new, stored) == {"a_token": "1", "b_token": "", "c_token": None, "d_token": "new"}


def test_what_is_left_out_is_gone():
    assert unmask({"plex": {}}, {"plex": {"account_token": "t"}, "mine": 1}) == {"plex": {}}


@pytest.mark.parametrize(
    ("new", "stored", "key"),
    [
        ({"plex": {"account_token": MASK}}, {"plex": {"account_token": ""}}, "plex.account_token"),
        ({"plex": {"account_token": MASK}}, {}, "plex.account_token"),
        ({"plex": {"username": MASK}}, {"plex": {"username": "maya"}}, "plex.username"),
        ({"servers": [{"name": "new", "token": MASK}]}, {"servers": []}, "servers[0]"),
        ({"tokens": [MASK]}, {"tokens": ["a", "b"]}, "tokens[0]"),
    ],
)
def test_a_mask_that_stands_for_nothing_certain_is_refused(new, stored, key):
    with pytest.raises(ConfigError) as caught:
        unmask(new, stored)
    assert caught.value.key == key


def test_servers_are_recognised_by_address_or_name_wherever_they_move():
    stored = {
        "servers": [
            {"name": "den", "server_url": "http://den", "account_token": "for-den"},
            {"name": "attic", "server_url": "http://attic", "account_token": "for-attic"},
            {"name": "barn", "server_url": "http://barn", "account_token": "for-barn"},
        ]
    }
    new = {
        "servers": [
            {"name": "new", "server_url": "http://new", "account_token": "for-new"},
            {"name": "barn", "server_url": "http://moved", "account_token": MASK},
            {"name": "renamed", "server_url": "http://den", "account_token": MASK},
        ]
    }
    assert [server["account_token"] for server in unmask(new, stored)["servers"]] == [
        "for-new",
        "for-barn",
        "for-den",
    ]


def test_a_renamed_and_moved_server_keeps_its_token_by_its_place():
    stored = {"servers": [{"name": "a", "token": "1"}, {"name": "b", "token": "2"}]}
    new = {"servers": [{"name": "a", "token": MASK}, {"name": "c", "token": MASK}]}
    assert unmask(new, stored)["servers"][1]["token"] == "2"


def test_a_server_never_gets_the_token_of_one_that_was_removed():
    stored = {"servers": [{"name": "a", "token": "1"}, {"name": "b", "token": "2"}]}
    with pytest.raises(ConfigError):
        unmask({"servers": [{"name": "c", "token": MASK}]}, stored)


def test_the_dates_of_a_kept_token_stay_with_it():
    stored = {"access_token": "renewed", "expires_at": 200, "scope": "public"}
    new = {"access_token": MASK, "expires_at": 100, "scope": "other"}
    assert unmask(new, stored) == {"access_token": "renewed", "expires_at": 200, "scope": "other"}


def test_secret_values_include_what_hides_in_addresses():
    values = secret_values(
        {"db": {"url": "postgresql://me:p%40ss-word@db/x"}, "hook": "http://h/?token=abcdef"}
    )
    assert {"p%40ss-word", "p@ss-word", "abcdef"} <= values


def test_secret_values_are_known_in_the_spelling_of_an_address():
    assert {"a b/c=dd", "a%20b%2Fc%3Ddd", " a b/c=dd"} <= secret_values({"token": " a b/c=dd"})


def test_very_short_secrets_are_masked_but_not_searched_for():
    assert secret_values({"token": "abc", "secret": "abcd"}) == {"abcd"}


# ---------------------------------------------------------------- any document at all

plain_values = st.one_of(st.none(), st.booleans(), st.integers(), st.text('aZ é✓\n"{%', max_size=4))
plain_names = st.sampled_from(["name", "url", "id", "server_url", "enabled", "x", "username", "expires_at"])
secret_names = st.sampled_from(
    ["account_token", "client_secret", "password", "apiKey", "access_token", "tokens"]
)


def objects(values):
    return st.dictionaries(st.one_of(plain_names, secret_names), values, max_size=5)


documents = objects(
    st.recursive(
        st.one_of(plain_values, st.just("<canary>"), st.just("<address>")),
        lambda inner: st.one_of(st.lists(inner, max_size=4), objects(inner)),
        max_leaves=20,
    )
)


def plant(value, numbers, planted, *, secret=False):
    """Put a unique secret into each secret place, and an address that holds one into some others."""
    if isinstance(value, dict):
        return {k: plant(v, numbers, planted, secret=secret or is_secret_name(k)) for k, v in value.items()}
    if isinstance(value, list):
        return [plant(item, numbers, planted, secret=secret) for item in value]
    if value == "<address>" or (secret and value == "<canary>"):
        planted.append(f"canary{next(numbers):05}")
        return f"http://me:{planted[-1]}@den/" if value == "<address>" else planted[-1]
    return value


@given(documents)
def test_masked_and_posted_back_is_unchanged_and_shows_no_secret(template):
    planted = []
    stored = plant(template, count(), planted)
    before = copy.deepcopy(stored)
    masked = mask(stored)
    shown = json.dumps(masked, ensure_ascii=False)
    assert not [secret for secret in planted if secret in shown]
    assert unmask(json.loads(json.dumps(masked)), stored) == stored
    assert stored == before
    assert set(planted) <= secret_values(stored)
