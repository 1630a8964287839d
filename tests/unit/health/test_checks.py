"""Each check on its own: when it is fine, when it needs a look, and that its name tells nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from crosswatch.config.household import PersonSettings
from crosswatch.config.model import parse_settings
from crosswatch.core.plays import SinkAccount
from crosswatch.core.ports import Backlog
from crosswatch.health.checks import KINDS, Level
from crosswatch.health.facts import BackupState, Facts, Folder, NoticeState, Sightings
from crosswatch.health.judging import judge
from fakes.documents import complete

NOW = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
SETTINGS = parse_settings(complete(webhook=True))
DEN = {
    "name": "Den",
    "server_uuid": "uuid-of-den",
    "connected": True,
    "since": NOW - timedelta(days=3),
    "last_frame_at": NOW - timedelta(seconds=8),
    "problem": "",
}
LINK = {"name": "trakt/maya", "ok": True, "reason": "", "sentence": "", "expires_at": NOW + timedelta(days=6)}
FACTS = Facts(
    settings=SETTINGS,
    config_problem="",
    storage_problem="",
    watch={"alive": True, "servers": [DEN], "webhooks": []},
    sinks=[LINK],
    backlog={SinkAccount(name="maya"): Backlog()},
    now=NOW,
    folder=Folder(path="/config", free_bytes=5_000_000_000),
    skew=timedelta(seconds=2),
    notices=NoticeState(targets=1, last_sent_at=NOW - timedelta(hours=3)),
    backup=BackupState(wanted_since=NOW, last_at=NOW - timedelta(hours=20), count=7),
)


def found(facts):
    return {check.kind: check for check in judge(facts).checks}


def test_fine_things_are_named_as_well():
    checks = found(FACTS)

    assert {check.level for check in checks.values()} == {Level.FINE}
    assert set(checks) == {
        "config", "folder", "storage", "clock", "watcher", "server", "webhooks", "link", "backlog",
        "everyone", "notices", "backup",
    }  # fmt: skip


def test_of_several_accounts_each_says_whose_plays_go_there():
    family = msgspec.structs.replace(
        SETTINGS,
        people=[
            PersonSettings(name=name, plex_ids=[number], accounts=["maya"])
            for number, name in enumerate(("Maya", "Kids"))
        ],
    )
    away = {**LINK, "name": "trakt/tom", "ok": False, "sentence": "Trakt isn't answering."}
    checks = judge(replace(FACTS, settings=family, sinks=[LINK, away])).checks
    assert {str(check.title) for check in checks if check.kind in ("link", "backlog")} == {
        "Link to Trakt: Maya and Kids",
        "Plays on their way: Maya and Kids",
        "Trakt isn't answering: tom",
        "Plays on their way: tom",
    }


def test_fine_things_say_what_proves_it():
    checks = found(replace(FACTS, sinks=[{**LINK, "last_ok_at": NOW - timedelta(minutes=4)}]))

    assert checks["server"].sentence == "Den is connected, and last spoke 8 s ago."
    assert checks["link"].sentence == (
        "The Trakt account maya can be used. Trakt last said yes 4 minutes ago. "
        "It lasts for 6 days, and is renewed by itself before."
    )
    assert checks["folder"].sentence == "/config can be written; 5.0 GB free."
    assert checks["backup"].sentence == "The last was made 20 hours ago. 7 backups kept."
    assert checks["notices"].sentence == "The last was sent 3 hours ago."
    assert checks["webhooks"].sentence == "None has come since the start."


def hook(**changes):
    heard = {"last_heard_at": NOW - timedelta(minutes=3), "received": 12, "ignored": 1}
    return {**FACTS.watch, "webhooks": [{**heard, **changes}]}


WATCH = FACTS.watch
DEAF = {**DEN, "last_frame_at": NOW - timedelta(hours=37)}


@pytest.mark.parametrize(
    ("changes", "kind", "level", "said"),
    [
        pytest.param({"config_problem": "Line 3."}, "config", Level.BROKEN, "Line 3.", id="a broken file"),
        pytest.param(
            {"folder": Folder(path="/config", problem="Read-only.")},
            "folder", Level.BROKEN, "Read-only.", id="a folder that is read-only",
        ),
        pytest.param(
            {"folder": Folder(path="/config", free_bytes=150_000_000)},
            "folder", Level.ATTENTION, "150 MB free", id="little room",
        ),
        pytest.param(
            {"folder": Folder(path="/config", free_bytes=5_000_000)},
            "folder", Level.BROKEN, "5 MB free", id="no room",
        ),
        pytest.param(
            {"folder": Folder(path="/config", free_bytes=10**10, is_lost_with_container=True)},
            "folder", Level.ATTENTION, "part of the container", id="no volume",
        ),
        pytest.param({"storage_problem": "Full."}, "storage", Level.BROKEN, "Full.", id="a full disk"),
        pytest.param({"skew": timedelta(minutes=7)}, "clock", Level.ATTENTION, "7 minutes behind", id="late"),
        pytest.param(
            {"skew": timedelta(minutes=-7)}, "clock", Level.ATTENTION, "7 minutes ahead of", id="early"
        ),
        pytest.param({"is_root": True}, "root", Level.FINE, "everything", id="run by root"),
        pytest.param(
            {"watch": {**WATCH, "servers": [DEAF]}}, "server", Level.ATTENTION, "37 hours", id="a deaf socket"
        ),
        pytest.param({"watch": hook()}, "webhooks", Level.FINE, "12 webhooks", id="webhooks come"),
        pytest.param(
            {"sinks": [{**LINK, "sentence": "It is not renewed."}]},
            "link", Level.ATTENTION, "It is not renewed.", id="a link that ends soon",
        ),
        pytest.param(
            {"backlog": {SinkAccount(): Backlog(watched=1, oldest_at=NOW - timedelta(minutes=1))}},
            "backlog", Level.FINE, "1 finished play on the way", id="a play on its way",
        ),
        pytest.param(
            {"sightings": Sightings(proxy="172.18.0.1", proxy_at=NOW)},
            "proxy", Level.ATTENTION, "172.18.0.1", id="a proxy that is not listed",
        ),
        pytest.param(
            {"sightings": Sightings(public="203.0.113.9", public_at=NOW)},
            "exposed", Level.ATTENTION, "203.0.113.9", id="open to the internet",
        ),
        pytest.param(
            {"notices": NoticeState(targets=1, problem="It answered 403.")},
            "notices", Level.ATTENTION, "It answered 403.", id="notices that do not get through",
        ),
        pytest.param(
            {"notices": NoticeState()}, "notices", Level.FINE, "none is set up", id="no notices"
        ),
        pytest.param(
            {"notices": NoticeState(targets=2)}, "notices", Level.FINE, "2 places", id="nothing to tell yet"
        ),
        pytest.param(
            {"backup": BackupState(wanted_since=NOW, last_at=NOW - timedelta(days=3))},
            "backup", Level.ATTENTION, "3 days", id="an old backup",
        ),
        pytest.param(
            {"backup": BackupState(wanted_since=NOW - timedelta(days=3))},
            "backup", Level.ATTENTION, "None has been made", id="no backup ever",
        ),
        pytest.param(
            {"backup": BackupState(wanted_since=NOW)}, "backup", Level.FINE, "None", id="no backup yet"
        ),
        pytest.param(
            {"backup": BackupState(wanted_since=NOW, last_at=NOW, problem="No room.")},
            "backup", Level.ATTENTION, "No room.", id="a backup that failed",
        ),
    ],
)  # fmt: skip
def test_a_check_says_how_it_is(changes, kind, level, said):
    check = found(replace(FACTS, **changes))[kind]

    assert check.level is level
    assert said in check.sentence


def test_what_was_seen_at_the_door_long_ago_is_over():
    long_ago = NOW - timedelta(days=1)
    seen = Sightings(proxy="172.18.0.1", proxy_at=long_ago, public="203.0.113.9", public_at=long_ago)

    assert not {"proxy", "exposed"} & set(found(replace(FACTS, sightings=seen)))


def test_a_name_of_a_check_holds_no_name_and_stays_the_same():
    checks = judge(FACTS).checks

    assert not [check.id for check in checks if "maya" in check.id.lower() or "den" in check.id.lower()]
    assert [check.id for check in checks] == [check.id for check in judge(FACTS).checks]


def test_two_accounts_have_two_checks():
    sinks = [LINK, {**LINK, "name": "trakt/tom"}]

    links = [check for check in judge(replace(FACTS, sinks=sinks)).checks if check.kind == "link"]
    assert len({check.id for check in links}) == 2


def test_every_check_is_of_a_kind_that_is_known():
    assert {check.kind for check in judge(FACTS).checks} <= set(KINDS)
