"""Every `curl` of the hand-over, asked of a real process on a fresh folder."""

from __future__ import annotations

import asyncio
import json

import pytest

from crosswatch.config.model import default_document
from crosswatch.config.secrets import MASK

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def read_events(answer, fits, within_s=5.0):
    """What a stream says until it fits."""
    said = b""
    async with asyncio.timeout(within_s):
        async for piece in answer.content.iter_any():
            said += piece
            if fits(said):
                return said
    raise AssertionError(said)


async def test_a_fresh_instance_shows_the_factory_defaults(shared_app):
    """curl -s http://127.0.0.1:8787/api/config"""  # noqa: D403, D415 -- as the hand-over writes it
    assert await shared_app.get("/api/config") == default_document()
    assert json.loads((shared_app.directory / "config.json").read_text()) == default_document()


async def test_a_full_document_replaces_the_configuration_and_comes_back(shared_app):
    """POST /api/config (body = full JSON to replace config; returns new config)."""
    document = default_document()
    document["plex"]["account_token"] = "contract-token"
    document["features"]["scrobble"]["filters"]["username_whitelist"] = ["Maya"]

    answer = await shared_app.post("/api/config", document)

    assert answer == {**document, "plex": {**document["plex"], "account_token": MASK}}
    assert await shared_app.get("/api/config") == answer
    assert json.loads((shared_app.directory / "config.json").read_text()) == document


async def test_a_document_that_is_not_valid_is_refused_and_names_the_key(shared_app):
    document = default_document()
    document["features"]["watch"]["options"]["reconnect_backoff_min_seconds"] = "soon"

    answer = await shared_app.post("/api/config", document, status=422)

    assert answer["key"] == "features.watch.options.reconnect_backoff_min_seconds"
    assert await shared_app.get("/api/config") == default_document()


async def test_the_watcher_of_a_fresh_instance_is_off(shared_app):
    """curl -s http://127.0.0.1:8787/debug/watch/status"""  # noqa: D403, D415
    status = await shared_app.get("/debug/watch/status")

    assert {key: status[key] for key in ("has_watch", "alive", "stop_set")} == {
        "has_watch": False,
        "alive": False,
        "stop_set": False,
    }


async def test_the_watcher_can_be_stopped_and_started(shared_app):
    """POST /debug/watch/start and /stop."""
    assert (await shared_app.post("/debug/watch/stop")) == {"ok": True, "alive": False}
    assert (await shared_app.get("/debug/watch/status"))["stop_set"] is True

    started = await shared_app.post("/debug/watch/start")

    assert started == {"ok": True, "alive": False}  # no server is named, so there is none to watch
    assert (await shared_app.get("/debug/watch/status"))["stop_set"] is False


async def test_the_log_can_be_dumped(shared_app):
    """GET /api/logs/dump?channel=TRAKT&n=80."""
    dump = await shared_app.get("/api/logs/dump?channel=TRAKT&n=80")
    assert dump["channel"] == "TRAKT"
    assert isinstance(dump["lines"], list)

    everything = await shared_app.get("/api/logs/dump")
    assert any("config.json" in line for line in everything["lines"])


async def test_the_log_streams(shared_app):
    """curl -N 'http://127.0.0.1:8787/api/logs/stream?channel=TRAKT'"""  # noqa: D403, D415
    async with shared_app.http.get("/api/logs/stream?channel=TRAKT") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        await read_events(answer, lambda said: b"retry:" in said)


async def test_a_webhook_is_told_that_the_feature_is_off(shared_app):
    """curl -s http://127.0.0.1:8787/webhook/trakt -H 'Content-Type: application/json' --data '{...}'"""  # noqa: D403, D415
    payload = {
        "event": "media.play",
        "Metadata": {"type": "movie", "title": "Ping", "duration": 600000, "guid": "imdb://tt0878804"},
        "viewOffset": 60000,
    }

    answer = await shared_app.post("/webhook/trakt", payload, status=503)

    assert answer["ok"] is False
    assert answer["reason"] == "feature_off"


def shows_debug(dump):
    return any(record["level"] == "DEBUG" for record in dump["records"])


async def test_debug_lines_show_within_two_seconds_of_a_change_of_the_file(shared_app):
    """Set "runtime.debug": true; takes effect within ~2s."""
    document = default_document()
    document["runtime"]["debug"] = True
    assert not shows_debug(await shared_app.get("/api/logs/dump"))

    (shared_app.directory / "config.json").write_text(json.dumps(document))

    await shared_app.until("/api/logs/dump", shows_debug, within_s=2.0)


def is_edited(document):
    return document["plex"]["username"] == "by hand"


async def test_an_edit_by_hand_is_in_force_within_two_seconds(shared_app):
    document = default_document()
    document["plex"]["username"] = "by hand"
    document["homepage"] = {"kept": True}

    (shared_app.directory / "config.json").write_text(json.dumps(document))

    found = await shared_app.until("/api/config", is_edited, within_s=2.0)
    assert found["homepage"] == {"kept": True}


async def test_a_slip_in_the_file_is_told_and_nothing_is_lost(shared_app):
    (shared_app.directory / "config.json").write_text('{\n  "plex": {},\n}')

    status = await shared_app.until("/api/config/status", lambda found: found["safe_mode"], within_s=2.0)

    assert (status["problem"]["line"], status["problem"]["column"]) == (3, 1)
    assert await shared_app.get("/api/config") == default_document()
    assert (shared_app.directory / "config.json").read_text() == '{\n  "plex": {},\n}'


async def test_the_page_is_there(shared_app):
    async with shared_app.http.get("/", headers={"Accept": "text/html"}) as answer:
        text = await answer.text()

    assert answer.status == 200
    assert "Setting up" in text
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
