"""Changes of one person's entry: what they touch, and what they refuse to touch."""

from __future__ import annotations

import copy
import time
from datetime import datetime, timedelta, timezone

import pytest

from crosswatch.config.revision import revision_of
from crosswatch.errors import ConfigError, ConflictError
from crosswatch.linking.people import (
    add_person,
    edit_person,
    find_entry,
    ignore_person,
    next_morning,
    pause_person,
    recognise_person,
    remove_person,
)

MAYA = {"name": "Maya", "plex_ids": [1], "accounts": ["default"]}
TOM = {"name": " Tom ", "plex_ids": [2], "note": "kept"}

EVENING = datetime(2026, 5, 12, 4, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def document():
    return copy.deepcopy({"people": [MAYA, TOM], "unknown": {"key": 1}})


def test_an_entry_is_found_by_its_name_without_the_blanks_around_it(document):
    assert find_entry(document, "Tom") == TOM
    assert find_entry(document, "tom") is None
    assert find_entry({}, "Tom") is None


def test_what_is_empty_and_was_not_written_stays_unwritten(document):
    change = edit_person("Tom", revision_of(TOM), {"name": "Tommy", "libraries": [], "kinds": ["movie"]})
    change(document)
    assert document["people"][1] == {"name": "Tommy", "plex_ids": [2], "note": "kept", "kinds": ["movie"]}


@pytest.mark.parametrize(
    "change",
    [
        edit_person("Tom", revision_of({**TOM, "paused": True}), {"name": "Tommy"}),
        edit_person("Kim", revision_of(TOM), {"name": "Tommy"}),
        pause_person("Kim", paused=True),
        recognise_person("Kim", {"aliases": ["kim"]}),
        remove_person("Kim"),
    ],
    ids=["another state", "edit", "pause", "recognise", "remove"],
)
def test_an_entry_that_is_gone_or_another_one_is_not_changed(document, change):
    before = copy.deepcopy(document)
    with pytest.raises(ConflictError):
        change(document)
    assert document == before


def test_nobody_is_added_twice_and_those_who_count_by_now_come_first(document):
    kim = {"name": "Kim", "aliases": ["kim"], "accounts": []}
    add_person({**kim, "aliases": ["KIM"]}, others=[kim])(document)
    assert [one["name"].strip() for one in document["people"]] == ["Maya", "Tom", "Kim"]
    add_person(kim)(document)
    assert len(document["people"]) == 3
    fresh = {}
    add_person(kim, others=[MAYA, kim])(fresh)
    assert fresh["people"] == [MAYA, kim]


def test_a_list_of_names_lets_pass_whoever_is_added_and_an_empty_one_stays_empty():
    listed = {"features": {"scrobble": {"filters": {"username_whitelist": ["maya"]}}}}
    add_person(TOM, listed="id:2")(listed)
    assert listed["features"]["scrobble"]["filters"]["username_whitelist"] == ["maya", "id:2"]
    fresh = {}
    add_person(TOM, listed="id:2")(fresh)
    assert not fresh["features"]["scrobble"]["filters"].get("username_whitelist")


@pytest.mark.parametrize(
    ("given", "paused", "until", "written"),
    [
        pytest.param({}, True, None, {"paused": True}, id="until somebody says so"),
        pytest.param({}, True, EVENING, {"paused": False, "paused_until": EVENING.isoformat()}, id="until"),
        pytest.param(
            {"paused": True},
            True,
            EVENING,
            {"paused": False, "paused_until": EVENING.isoformat()},
            id="shorter",
        ),
        pytest.param({"paused_until": "2026-05-12T04:00:00Z"}, True, None, {"paused": True}, id="longer"),
        pytest.param({"paused_until": "2026-05-12T04:00:00Z"}, False, None, {"paused": False}, id="no more"),
    ],
)
def test_a_pause_lasts_until_somebody_says_so_or_until_a_moment(document, given, paused, until, written):
    document["people"][1] |= given
    pause_person("Tom", paused=paused, until=until)(document)
    assert document["people"][1] == {**TOM, **written}


@pytest.fixture
def _berlin(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_berlin")
@pytest.mark.parametrize(
    ("now", "morning"),
    [
        pytest.param("2026-05-11T20:00:00+02:00", "2026-05-12T04:00:00+02:00", id="in the evening"),
        pytest.param("2026-05-12T01:30:00+02:00", "2026-05-12T04:00:00+02:00", id="after midnight"),
        pytest.param("2026-05-12T04:00:00+02:00", "2026-05-13T04:00:00+02:00", id="in the morning itself"),
        pytest.param("2026-05-11T22:00:00+00:00", "2026-05-12T04:00:00+02:00", id="told in another zone"),
        pytest.param("2026-10-24T20:00:00+02:00", "2026-10-25T04:00:00+01:00", id="the clock is set back"),
        pytest.param("2026-03-28T20:00:00+01:00", "2026-03-29T04:00:00+02:00", id="the clock is set on"),
    ],
)
def test_tomorrow_begins_at_four_by_the_clock_on_the_wall(now, morning):
    assert next_morning(datetime.fromisoformat(now)).isoformat() == morning


def test_the_last_person_is_not_removed(document):
    remove_person("Tom")(document)
    with pytest.raises(ConfigError, match="is the last one"):
        remove_person("Maya")(document)
    assert document["people"] == [MAYA]


def test_whoever_is_ignored_is_written_once_and_taken_back_in_any_spelling(document):
    for name in ("Local", "id:3", "LOCAL"):
        ignore_person(name, ignored=True)(document)
    assert document["people_ignored"] == ["id:3", "LOCAL"]
    ignore_person("local", ignored=False)(document)
    assert document["people_ignored"] == ["id:3"]
