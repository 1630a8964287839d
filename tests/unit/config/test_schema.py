"""The schema against the view itself: every key, and each kind of key once by hand."""

from __future__ import annotations

import pytest

from crosswatch.config.model import default_document, known_keys, parse_settings
from crosswatch.config.schema import Kind, key_at, path_of, schema
from crosswatch.errors import ConfigError


def test_every_key_has_a_label_and_a_sentence():
    assert [key.name for key in schema()] == list(known_keys())
    assert [key.name for key in schema() if not key.label or not key.help.endswith((".", "`."))] == []


def test_a_label_names_one_key_of_its_part():
    labels = [(key.name.rpartition(".")[0], key.label) for key in schema()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("plex.server_url", {"kind": Kind.TEXT, "default": "", "is_secret": False}),
        ("plex.account_token", {"kind": Kind.TEXT, "is_secret": True}),
        ("features.watch.enabled", {"kind": Kind.SWITCH, "default": False}),
        ("features.scrobble.options.watched_at_percent", {"kind": Kind.NUMBER, "least": 50, "most": 100}),
        ("features.scrobble.filters.libraries", {"kind": Kind.TEXTS, "default": []}),
        ("features.scrobble.filters.kinds", {"kind": Kind.CHOICES, "choices": ("movie", "episode")}),
        ("people[].plex_ids", {"kind": Kind.NUMBERS, "least": 1}),
        ("people[].watched_at_percent", {"kind": Kind.NUMBER, "default": None, "may_be_null": True}),
        ("servers[].server_url", {"same_as": "plex.server_url"}),
        ("runtime.debug", {"may_be_null": False, "same_as": ""}),
    ],
)
def test_a_key_is_as_the_view_declares_it(name, facts):
    key = key_at(name)
    assert {fact: getattr(key, fact) for fact in facts} == facts


@pytest.mark.parametrize("key", [key for key in schema() if key.name.count("[") + key.name.count("<") == 0])
def test_a_default_is_what_counts_while_nothing_is_written(key):
    value = parse_settings({})
    for step in path_of(key.name):
        value = getattr(value, step)
    assert (list(value) if isinstance(value, tuple) else value) == key.default


@pytest.mark.parametrize(
    "key", [key for key in schema() if key.least is not None and "[" not in key.name and "<" not in key.name]
)
def test_a_limit_is_the_one_that_is_held(key):
    for beyond in (key.least - 1, key.most + 1):
        document = default_document()
        inner = document
        *above, last = path_of(key.name)
        for step in above:
            inner = inner.setdefault(step, {})
        inner[last] = beyond
        with pytest.raises(ConfigError) as refused:
            parse_settings(document)
        assert refused.value.key == key.name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("servers[3].name", "servers[].name"),
        ("accounts.tom.scope", "accounts.<name>.scope"),
        ("plex", None),
        ("plex.nothing", None),
    ],
)
def test_an_entry_of_a_list_is_found_under_the_lists_name(name, found):
    key = key_at(name)
    assert (key and key.name) == found
