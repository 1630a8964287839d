"""Whoever follows the hand-over's pointers finds the thing itself there, not a sign to it."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil

import pytest

import crosswatch

POINTERS = [
    ("providers.scrobble.plex.watch", "WatchService"),
    ("providers.scrobble.scrobble", "from_plex_pssn"),
    ("providers.scrobble.scrobble", "from_plex_webhook"),
    ("providers.scrobble.scrobble", "enrich"),
    ("providers.scrobble.trakt.sink", "TraktSink"),
]


@pytest.mark.parametrize(("module", "name"), POINTERS, ids=lambda value: value.rpartition(".")[2])
def test_a_pointer_of_the_hand_over_leads_to_the_definition(module, name):
    found = getattr(importlib.import_module(f"crosswatch.{module}"), name)
    assert found.__module__ == f"crosswatch.{module}"


def test_the_sinks_send_is_where_the_hand_over_says():
    from crosswatch.providers.scrobble.trakt.sink import TraktSink

    assert TraktSink.send.__module__ == "crosswatch.providers.scrobble.trakt.sink"


def test_nothing_is_called_crosswatch_app():
    assert importlib.util.find_spec("crosswatch.app") is None
    assert "app" not in {module.name for module in pkgutil.iter_modules(crosswatch.__path__)}


def test_the_front_door_keeps_the_hand_overs_two_names():
    assert crosswatch._UIHostLogger.__name__ == "_UIHostLogger"
    assert callable(crosswatch.app)
