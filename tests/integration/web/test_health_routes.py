"""Readiness, figures and the widget, over HTTP: what they say, and to whom."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

import crosswatch
from crosswatch.core.plays import Desired, DesiredAction, PlayState
from crosswatch.core.ports import PlayChange
from crosswatch.core.reasons import Reason, Verdict
from crosswatch.errors import StorageError
from crosswatch.health.checks import Level
from crosswatch.tallies import Counted
from fakes.documents import complete
from fakes.plays import MAYA, make_play

COMPLETE = complete(plex_token="plex-secret-token", trakt_token="trakt-secret-token")
SERVER = {
    "name": "Den",
    "server_uuid": "uuid-of-den",
    "connected": True,
    "since": None,
    "last_frame_at": None,
    "problem": "",
    "reconnects": 3,
    "sessions": 2,
}
LINK = {"name": "trakt/maya", "ok": True, "reason": "", "sentence": "", "expires_at": None}
STRANGER = {"peer": "203.0.113.9"}


@pytest.fixture
async def ready(web, runtime):
    """An app whose plays reach Trakt."""
    assert (await web.post("/api/config", COMPLETE)).status == 200
    at = runtime.clock.now()
    runtime.watch |= {"alive": True, "servers": [{**SERVER, "last_frame_at": at}]}
    runtime.sinks = [{**LINK, "expires_at": at + timedelta(days=6)}]
    return web


async def test_an_app_that_nobody_has_set_up_is_not_ready(web):
    answer = await web.get("/readyz")

    assert answer.status == 503
    assert answer.json()["status"] == "setup_needed"
    assert {"plex_server", "trakt_link"} <= {check["id"] for check in answer.json()["checks"]}


async def test_an_app_whose_plays_reach_trakt_is_ready(ready):
    answer = await ready.get("/readyz")

    assert answer.status == 200
    assert answer.json()["status"] == "ready"
    assert {check["level"] for check in answer.json()["checks"]} == {"fine"}
    assert (await ready("HEAD", "/readyz")).status == 200


def lose_the_server(runtime):
    runtime.watch["servers"] = [{**SERVER, "connected": False, "problem": "It does not answer."}]


def break_the_link(runtime):
    ended = {"ok": False, "reason": "link_expired", "sentence": "It ended."}
    runtime.sinks = [{**LINK, **ended}]


def lose_trakt(runtime):
    runtime.sinks = [{**LINK, "ok": False, "sentence": "It does not answer."}]


@pytest.mark.parametrize(
    ("spoil", "kind", "level"),
    [
        pytest.param(lose_the_server, "server", "broken", id="the server is away"),
        pytest.param(break_the_link, "link", "broken", id="the link ended"),
        pytest.param(lose_trakt, "link", "attention", id="Trakt is away"),
    ],
)
async def test_whatever_keeps_plays_from_trakt_is_named(ready, runtime, spoil, kind, level):
    spoil(runtime)
    answer = await ready.get("/readyz")

    assert answer.status == 503
    worst = answer.json()["checks"][0]
    assert answer.json()["status"] == "not_ready"
    assert (worst["id"].split("-")[0], worst["level"]) == (kind, level)
    assert worst["since"] is not None
    assert worst["message"]


async def wait_for_trakt(runtime, minutes):
    at = runtime.clock.now() - timedelta(minutes=minutes)
    play = make_play(state=PlayState.ENDED, started_at=at, ended_at=at, watched_at=at)
    desired = Desired(action=DesiredAction.WATCHED, progress=95.0, at=at)
    await runtime.ledger.record([PlayChange(play=play, desired=((MAYA, desired),))])


@pytest.mark.parametrize(("minutes", "status"), [(14, 200), (16, 503)])
async def test_a_finished_play_may_wait_for_a_quarter_of_an_hour(ready, runtime, minutes, status):
    await wait_for_trakt(runtime, minutes)

    assert (await ready.get("/readyz")).status == status


async def test_a_monitor_chooses_what_decides(ready, runtime):
    lose_the_server(runtime)
    link = next(check.id for check in (await runtime.upkeep.look()).checks if check.kind == "link")

    assert (await ready.get("/readyz?ignore=server")).status == 200
    assert (await ready.get("/readyz?only=link,backlog")).status == 200
    assert (await ready.get(f"/readyz?only={link}")).status == 200
    assert (await ready.get("/readyz?only=link&only=server")).status == 503
    assert (await ready.get("/readyz?only=watcher&ignore=server")).status == 200


async def test_a_slip_is_not_taken_for_readiness(ready):
    answer = await ready.get("/readyz?only=serverz")

    assert answer.status == 400
    assert "serverz" in answer.json()["detail"]


async def test_a_stranger_learns_kinds_and_levels_only(ready, runtime):
    lose_the_server(runtime)
    answer = await ready.get("/readyz", **STRANGER)

    assert answer.status == 503
    checks = answer.json()["checks"]
    assert {"id": "server", "level": "broken"} in checks
    assert all(set(check) == {"id", "level"} for check in checks)
    assert not re.search(r"Den|maya|-[0-9a-f]{8}", answer.text)


async def test_a_stranger_cannot_find_out_who_is_linked_by_asking_for_their_check(ready, runtime):
    link = next(check.id for check in (await runtime.upkeep.look()).checks if check.kind == "link")

    for name in (link, "link-00000000"):
        for how in ("only", "ignore"):
            answer = await ready.get(f"/readyz?{how}={name}", **STRANGER)
            assert (answer.status, answer.json()) == (400, {"detail": f"There is no check called {name}."})
    assert (await ready.get("/readyz?only=link", **STRANGER)).status == 200


async def test_strangers_are_told_the_same_for_some_moments_however_often_they_ask(ready, runtime):
    assert (await ready.get("/readyz", **STRANGER)).status == 200
    lose_the_server(runtime)

    assert (await ready.get("/readyz", **STRANGER)).status == 200
    assert (await ready.get("/readyz")).status == 503


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/stats/widget", "/api/health"])
async def test_figures_are_for_readers(ready, path):
    assert (await ready.get(path)).status == 200
    assert (await ready.get(path, **STRANGER)).status in {401, 403}


async def test_all_checks_can_be_read(ready):
    answer = (await ready.get("/api/health")).json()

    assert answer["word"] == "Healthy"
    server = next(check for check in answer["checks"] if check["kind"] == "server")
    assert server["message"].startswith("Den is connected")
    assert set(server) == {"id", "kind", "level", "title", "message", "action", "since", "next_try_at"}


# ---------------------------------------------------------------- metrics


def samples(text):
    """Each sample by its name and labels."""
    found = re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


async def test_metrics_are_those_that_dashboards_are_made_of(ready, runtime):
    await wait_for_trakt(runtime, 30)
    tallies = runtime.upkeep.tallies
    tallies.count(Counted.EVENTS, "watch", "start")
    tallies.count(Counted.PLAYS, Verdict.DELIVERED, Reason.WATCHED)
    tallies.count(Counted.TRAKT_REQUESTS, "/scrobble/start", "201")
    tallies.count(Counted.NOTIFICATIONS, "sent")
    tallies.note_delivery(0.2)
    tallies.note_delivery(7.0)

    answer = await ready.get("/metrics")
    found = samples(answer.text)

    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert found[f'crosswatch_build_info{{version="{crosswatch.__version__}"}}'] == 1
    assert found["crosswatch_queue_plays"] == 1
    assert found["crosswatch_queue_oldest_seconds"] == 1800
    assert found["crosswatch_sessions_active"] == 2
    assert found['crosswatch_events_total{action="start",source="watch"}'] == 1
    assert found['crosswatch_plays_total{outcome="delivered",reason="watched"}'] == 1
    assert found['crosswatch_trakt_requests_total{code="201",route="/scrobble/start"}'] == 1
    assert found['crosswatch_notifications_total{result="sent"}'] == 1
    assert found['crosswatch_delivery_seconds_bucket{le="0.25"}'] == 1
    assert found['crosswatch_delivery_seconds_bucket{le="+Inf"}'] == 2
    assert found["crosswatch_delivery_seconds_sum"] == 7.2
    per_server = {name: value for name, value in found.items() if "server=" in name}
    assert sorted(name.split("{")[0] for name in per_server) == [
        "crosswatch_source_last_event_timestamp_seconds",
        "crosswatch_source_reconnects_total",
        "crosswatch_source_up",
    ]
    assert any(name.startswith("crosswatch_trakt_link_expiry_timestamp_seconds{account=") for name in found)


async def test_without_a_database_metrics_say_so_and_guess_no_queue(ready, runtime):
    runtime.ledger.failing = StorageError("The disk is full.")
    answer = await ready.get("/metrics")
    found = samples(answer.text)

    assert answer.status == 200
    assert found['crosswatch_check_level{check="storage"}'] == Level.BROKEN
    assert "crosswatch_queue_plays" not in found


async def test_no_metric_holds_a_name(ready, runtime):
    await wait_for_trakt(runtime, 30)
    text = (await ready.get("/metrics")).text

    for name in ("Den", "uuid-of-den", "maya", "Arrival", "secret", "192.168"):
        assert name not in text


# ---------------------------------------------------------------- widget


async def test_the_widget_is_flat_and_counts_the_day(ready, runtime):
    await wait_for_trakt(runtime, 5)
    now = runtime.clock.now()
    done = make_play(
        2,
        state=PlayState.ENDED,
        started_at=now - timedelta(hours=1),
        ended_at=now - timedelta(minutes=10),
        verdict=Verdict.SKIPPED,
        reason=Reason.PERSON_UNLINKED,
    )
    playing = replace(make_play(3), verdict=Verdict.WATCHING, reason=Reason.LIVE)
    await runtime.ledger.record([PlayChange(play=done), PlayChange(play=playing)])

    assert (await ready.get("/api/v1/stats/widget")).json() == {
        "watching": 1,
        "delivered_today": 0,
        "queued": 1,
        "failed_7d": 0,
        "status": "ok",
        "last_delivered_at": None,
    }


async def test_the_widget_says_when_something_is_in_the_way(ready, runtime):
    break_the_link(runtime)
    assert (await ready.get("/api/v1/stats/widget")).json()["status"] == "attention"


async def test_the_widget_of_a_fresh_app_says_that_it_is_to_be_set_up(web):
    assert (await web.get("/api/v1/stats/widget")).json()["status"] == "setup"


# ---------------------------------------------------------------- what was noticed at the door


async def test_a_proxy_that_is_not_listed_is_noticed(ready, runtime):
    await ready.get("/healthz", headers={"X-Forwarded-For": "198.51.100.7"}, peer="172.18.0.1")

    check = next(check for check in (await runtime.upkeep.look()).checks if check.kind == "proxy")
    assert "172.18.0.1" in check.sentence


async def test_a_header_that_anybody_made_up_is_not_taken_for_a_proxys(ready, runtime):
    await ready.get("/healthz", headers={"X-Forwarded-For": "198.51.100.7"}, **STRANGER)

    assert "proxy" not in {check.kind for check in (await runtime.upkeep.look()).checks}


async def test_somebody_who_comes_in_from_a_public_address_is_noticed(ready, runtime):
    await ready.post("/api/config", {**COMPLETE, "access": {"open_networks": ["203.0.113.0/24"]}})
    assert (await ready.get("/api/plays", **STRANGER)).status == 200

    check = next(check for check in (await runtime.upkeep.look()).checks if check.kind == "exposed")
    assert "203.0.113.9" in check.sentence
