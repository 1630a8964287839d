"""Webhooks to a real process, by the command that the hand-over names."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal

import pytest

from crosswatch.config.model import default_document
from crosswatch.simulator.trakt import SimulatedTrakt
from fakes.plex_recordings import recorded
from fakes.served import ServedApp

MEMBER, CLIENT_ID, CLIENT_SECRET = "alice_at_trakt", "example-client-id", "example-client-secret"
DATA = (
    '{"event":"media.play","Metadata":{"type":"movie","title":"Ping","duration":600000,'
    '"guid":"imdb://tt0878804"},"viewOffset":60000}'
)
CURL = (
    f"curl -s 'http://127.0.0.1:8787/webhook/trakt'   -H 'Content-Type: application/json'   --data '{DATA}'"
)
"""As it is written in the hand-over, "Quick tests"."""


@pytest.fixture
async def trakt():
    async with SimulatedTrakt() as trakt:
        trakt.add_user(MEMBER, vip=True)
        trakt.register_app(CLIENT_ID, CLIENT_SECRET, owner=MEMBER)
        yield trakt


@pytest.fixture
async def app(tmp_path, trakt):
    """A fresh instance that knows nothing but its Trakt account: webhooks and scrobbling are on."""
    document = default_document()
    document["trakt"] = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "api_url": trakt.api_url,
        "auth_url": trakt.auth_url,
        "write_interval_seconds": 0,
    }
    document["auth"]["trakt"] = trakt.link(MEMBER, CLIENT_ID).answer()
    document["features"]["webhook"]["enabled"] = True
    document["features"]["scrobble"] |= {"enabled": True, "providers": {"trakt": {"enabled": True}}}
    folder = tmp_path / "config"
    folder.mkdir(0o700)
    path = folder / "config.json"
    path.touch(0o600)
    path.write_text(json.dumps(document))
    async with ServedApp(folder) as app:
        yield app


async def until(holds, within_s=10.0):
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 -- it happens in another process
            await asyncio.sleep(0.02)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
async def test_the_curl_of_the_hand_over_ends_as_a_start_at_trakt(app, trakt):
    process = await asyncio.create_subprocess_shell(
        CURL.replace("8787", str(app.port)), stdout=asyncio.subprocess.PIPE
    )
    answer = json.loads((await process.communicate())[0])
    assert answer["ok"]
    await until(lambda: trakt.ledger.of("POST", "/scrobble/start"))
    (request,) = trakt.ledger.of("POST", "/scrobble/start")
    assert (request.body["movie"]["ids"], request.body["progress"]) == ({"imdb": "tt0878804"}, 10.0)
    play = await app.get(f"/api/plays/{answer['play']}")
    assert (play["origin"], play["media"]["title"]) == ("webhook", "Ping")


async def test_what_was_answered_outlives_a_killed_process(app):
    answer = await app.post("/webhook/trakt", recorded("webhooks/18-handover-test.json"))
    app.signal(signal.SIGKILL)
    await app.ended(within_s=2.0)
    await app.start()
    await app.until(
        "/api/plays", lambda found: [play["media"]["title"] for play in found["plays"]] == ["Ping"]
    )
    stop = {**recorded("webhooks/18-handover-test.json"), "event": "media.stop", "viewOffset": 570_000}
    assert (await app.post("/webhook/trakt", stop))["play"]
    found = await app.until("/api/plays", lambda found: found["plays"][0]["state"] == "ended")
    assert (len(found["plays"]), found["plays"][0]["progress"]) == (1, 95.0)
    assert answer["ok"]
