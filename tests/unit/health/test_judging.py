from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from crosswatch.config.model import parse_settings
from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import Backlog
from crosswatch.health.checks import Level
from crosswatch.health.facts import Facts
from crosswatch.health.judging import judge
from fakes.documents import complete

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
COMPLETE = complete(filters={"username_whitelist": ["maya"]})
DEN = {"name": "Den", "connected": True, "last_frame_at": NOW, "problem": ""}
WATCHING = {"alive": True, "stop_set": False, "servers": [DEN]}
FINE = Facts(
    settings=parse_settings(COMPLETE),
    config_problem="",
    storage_problem="",
    watch=WATCHING,
    sinks=[{"name": "trakt/default", "ok": True, "reason": "", "sentence": ""}],
    backlog={},
    now=NOW,
)


def without(*path):
    """The complete configuration but for one thing."""
    document = {**COMPLETE}
    level = document
    for step in path[:-1]:
        level[step] = {**level[step]}
        level = level[step]
    del level[path[-1]]
    return parse_settings(document)


def test_where_all_is_well_nothing_is_said():
    health = judge(FINE)

    assert (health.level, health.word, health.notices) == (Level.FINE, "Healthy", ())
    assert [server.name for server in health.servers] == ["Den"]


@pytest.mark.parametrize(
    ("missing", "codes"),
    [
        (("plex", "server_url"), ["plex_server"]),
        (("plex", "account_token"), ["plex_token"]),
        (("trakt", "client_id"), ["trakt_app"]),
        (("auth", "trakt", "access_token"), ["trakt_link"]),
        (("features", "watch", "enabled"), ["watch"]),
        (("features", "scrobble", "enabled"), ["scrobble"]),
        (("features", "scrobble", "providers"), ["scrobble"]),
        (("features",), ["watch", "scrobble"]),
        (("plex",), ["plex_server", "plex_token"]),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_not_set_up_yet_is_a_step_and_nothing_else_is_said(missing, codes):
    health = judge(replace(FINE, settings=without(*missing), watch={"alive": False, "servers": []}))

    assert (health.level, health.word) == (Level.SETUP, "Setting up")
    assert [notice.id for notice in health.notices] == codes


def test_webhooks_alone_are_a_source_as_well():
    document = {**COMPLETE, "features": {**COMPLETE["features"], "watch": {}, "webhook": {"enabled": True}}}

    health = judge(replace(FINE, settings=parse_settings(document), watch={"alive": False}))

    assert health.level is Level.FINE


def test_one_of_several_servers_without_a_token_is_a_step():
    document = {**COMPLETE, "servers": [{"name": "Attic", "server_url": "http://attic:32400"}]}

    assert [notice.id for notice in judge(replace(FINE, settings=parse_settings(document))).notices] == [
        "plex_token"
    ]


@pytest.mark.parametrize(
    ("changes", "level", "title"),
    [
        pytest.param(
            {"config_problem": "line 3"}, Level.BROKEN, "config.json can't be used", id="a broken file"
        ),
        pytest.param(
            {"storage_problem": "full"}, Level.BROKEN, "The database can't be used", id="a full disk"
        ),
        pytest.param(
            {"watch": {"alive": False, "stop_set": True}},
            Level.ATTENTION,
            "Not watching",
            id="stopped by hand",
        ),
        pytest.param(
            {"watch": {"alive": False, "stop_set": False, "problem": "No server."}},
            Level.BROKEN,
            "Not watching",
            id="a watcher that died",
        ),
        pytest.param(
            {"watch": {**WATCHING, "servers": [{**DEN, "connected": False, "problem": "No answer."}]}},
            Level.BROKEN,
            "Lost touch with Den",
            id="a server that was there",
        ),
        pytest.param(
            {
                "watch": {
                    **WATCHING,
                    "servers": [{**DEN, "connected": False, "problem": "No answer.", "last_frame_at": None}],
                }
            },
            Level.BROKEN,
            "Can't reach Den",
            id="a server that never was there",
        ),
        pytest.param(
            {"watch": {**WATCHING, "servers": [{**DEN, "connected": False}]}},
            Level.ATTENTION,
            "Connecting to Den",
            id="a server about to answer",
        ),
        pytest.param(
            {
                "sinks": [
                    {"name": "trakt/default", "ok": False, "reason": "link_expired", "sentence": "It ended."}
                ]
            },
            Level.BROKEN,
            "The link to Trakt ended",
            id="a link that ended",
        ),
        pytest.param(
            {"sinks": [{"name": "trakt/default", "ok": False, "reason": "", "sentence": "It is away."}]},
            Level.ATTENTION,
            "Trakt isn't answering",
            id="a Trakt that is away",
        ),
        pytest.param(
            {"backlog": {SinkAccount(): Backlog(watched=3, oldest_at=NOW - timedelta(minutes=16))}},
            Level.ATTENTION,
            "Plays are waiting",
            id="plays that wait for long",
        ),
    ],
)
def test_what_is_in_the_way_of_plays_is_named(changes, level, title):
    health = judge(replace(FINE, **changes))

    assert health.level is level
    assert [notice.title for notice in health.notices] == [title]


def test_plays_that_have_waited_for_a_moment_are_no_worry():
    recent = {SinkAccount(): Backlog(watched=3, oldest_at=NOW - timedelta(minutes=14))}

    assert judge(replace(FINE, backlog=recent)).level is Level.FINE


def test_the_worst_comes_first_and_gives_the_word():
    health = judge(
        replace(FINE, watch={"alive": False, "stop_set": True}, storage_problem="The disk is full.")
    )

    assert [notice.id for notice in health.notices] == ["storage", "watcher"]
    assert health.word == "Not working"


def test_a_watcher_that_was_stopped_can_be_started_from_the_page():
    [notice] = judge(replace(FINE, watch={"alive": False, "stop_set": True})).notices

    assert notice.button == "start_watch"


def test_an_ended_link_says_what_to_do():
    ended = {
        "name": "trakt/default",
        "ok": False,
        "reason": "link_expired",
        "sentence": "It ended on 12 May.",
    }

    [notice] = judge(replace(FINE, sinks=[ended])).notices

    assert (notice.sentence, notice.action) == ("It ended on 12 May.", "Run `crosswatch login trakt`.")


def test_a_list_of_nobody_means_everybody_and_that_is_said_without_alarm():
    health = judge(replace(FINE, settings=without("features", "scrobble", "filters")))

    assert [notice.id for notice in health.notices] == ["everyone"]
    assert health.word == "Healthy"
