"""Whatever somebody writes into `config.json`, or posts: in force, or refused and nothing has happened."""

from __future__ import annotations

import json
from contextlib import suppress
from functools import reduce

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from crosswatch.config.document import decode_document, encode_document
from crosswatch.config.file import ConfigFile
from crosswatch.config.model import Settings, default_document, known_keys
from crosswatch.errors import ConfigError
from fakes.hand_clock import HandClock
from fakes.mutated import ODDITIES, broken_bytes

PLAIN_KEYS = [key for key in known_keys() if "[" not in key and "<" not in key]
SECRET = "a-secret-that-is-kept"
COMMON = {"deadline": None, "suppress_health_check": list(HealthCheck)}


SPARE = {
    "people": [{"name": "maya", "plex_ids": [1]}],
    "servers": [{"server_url": "http://127.0.0.1:1", "webhook_secret": SECRET}],
    "accounts": {"tom": {"access_token": SECRET}},
    "homepage": {"order": [1, 2]},
}
PLAUSIBLE = {
    bool: st.booleans(),
    str: st.sampled_from(["", "x", "http://127.0.0.1:1", "maya"]),
    int: st.integers(min_value=0, max_value=100),
    float: st.floats(min_value=0, max_value=100),
    list: st.sampled_from([[], ["maya"], ["movie"]]),
    tuple: st.sampled_from([[], ["192.168.0.0/16"]]),
}
"""Values of the kind that a key has by default."""


def default_of(key):
    return reduce(getattr, key.split("."), Settings())


def set_at(document, key, value, depth):
    """Put the value at the key, or in place of what holds it; nothing where that is not there."""
    path = key.split(".")[: max(1, len(key.split(".")) - depth)]
    holder = document
    for step in path[:-1]:
        holder = holder.get(step) if isinstance(holder, dict) else None
    if isinstance(holder, dict):
        holder[path[-1]] = value


@st.composite
def documents(draw):
    """A document in which some keys are missing, replaced, or hold what belongs elsewhere."""
    document = json.loads(json.dumps(default_document() | SPARE))
    document["plex"]["account_token"] = SECRET
    if draw(st.integers(min_value=0, max_value=3)) == 0:
        document[draw(st.sampled_from(sorted(SPARE)))] = draw(ODDITIES)
    for key in draw(st.lists(st.sampled_from(PLAIN_KEYS), max_size=3)):
        if draw(st.integers(min_value=0, max_value=3)):
            set_at(document, key, draw(PLAUSIBLE[type(default_of(key))]), depth=0)
        else:
            set_at(document, key, draw(ODDITIES), depth=draw(st.integers(min_value=0, max_value=1)))
    return document


@st.composite
def texts(draw):
    """The bytes of such a document, mostly whole."""
    text = json.dumps(draw(documents())).encode(errors="replace")
    kind = draw(st.sampled_from(["whole", "whole", "whole", "broken", "rubbish"]))
    if kind == "whole":
        return text
    return draw(broken_bytes(st.just(text)) if kind == "broken" else st.binary(max_size=100))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzzed")


def fresh(folder):
    """A configuration with a secret in it, in force."""
    for path in folder.iterdir():
        path.unlink()
    document = default_document()
    document["plex"]["account_token"] = SECRET
    (folder / "config.json").write_bytes(encode_document(document))
    config = ConfigFile(folder, clock=HandClock())
    config.load()
    return config


def is_posted_or_refused(config, text):
    """Posted, as the API does it."""
    before, stored = config.document, config.path.read_bytes()
    after, problem = None, ""
    try:
        after = config.replace(decode_document(text))
    except ConfigError as error:
        problem = str(error)
    event("refused" if problem else "posted")
    if problem:
        assert SECRET not in problem
        assert (config.document, config.path.read_bytes()) == (before, stored)
        return
    assert config.document == after
    again = ConfigFile(config.directory, clock=HandClock())
    again.load()
    assert (again.problem, again.document) == (None, after)


def is_taken_over_or_left_alone(config, text):
    """Written by somebody's editor, as the app notices it, and as it finds it at its next start."""
    before = config.document
    config.path.write_bytes(text)
    config.poll()
    again = ConfigFile(config.directory, clock=HandClock())
    again.load()
    assert config.path.read_bytes() == text
    assert (config.problem is None) == (again.problem is None)
    assert again.document == config.document
    if config.problem is not None:
        assert config.document == before
        assert SECRET not in str(config.problem)
        with suppress(ConfigError):
            config.update(lambda document: document.update(marker=1))
            raise AssertionError("a broken file was written over")
        assert config.path.read_bytes() == text


def is_harmless(folder, text):
    is_posted_or_refused(fresh(folder), text)
    is_taken_over_or_left_alone(fresh(folder), text)


@settings(max_examples=60, **COMMON)
@given(text=texts())
def test_whatever_is_written_is_in_force_or_refused_and_left_alone(folder, text):
    is_harmless(folder, text)


@pytest.mark.fuzz
@pytest.mark.timeout(3_600)
@settings(max_examples=10_000, **COMMON)
@given(text=texts())
def test_ten_thousand_configurations_are_in_force_or_refused_and_left_alone(folder, text):
    is_harmless(folder, text)
