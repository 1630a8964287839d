"""The quick tests of the hand-over with somebody who really watches, on simulated servers."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from crosswatch.clock import Clock, describe_clock
from crosswatch.config.model import default_document
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt
from fakes.served import ServedApp

SCALE = 120.0


@pytest.fixture
async def evening(tmp_path):
    """A Plex, a Trakt, and an app between them that watches for alice; two minutes pass in a second."""
    clock = Clock(scale=SCALE, epoch=time.time())  # noqa: TID251 -- the servers and the app share one clock
    async with SimulatedPlex(clock=clock) as plex, SimulatedTrakt(clock=clock) as trakt:
        trakt.add_user("maya_w")
        trakt.register_app("client-id", "client-secret")
        grant = trakt.link("maya_w")
        document = default_document()
        document["plex"] |= {"server_url": plex.base_url, "account_token": plex.owner_token}
        document["plex"]["tv_url"] = plex.plextv_url
        document["trakt"] = {
            "client_id": "client-id",
            "client_secret": "client-secret",
            "api_url": trakt.api_url,
            "auth_url": trakt.auth_url,
        }
        document["auth"]["trakt"] |= {
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
        }
        document["features"]["watch"]["enabled"] = True
        document["features"]["scrobble"] |= {"enabled": True, "providers": {"trakt": {"enabled": True}}}
        document["features"]["scrobble"]["filters"]["username_whitelist"] = ["alice"]
        async with ServedApp(tmp_path / "config", CROSSWATCH_CLOCK=describe_clock(clock)) as app:
            await app.post("/api/config", document)
            yield app, plex, trakt


@asynccontextmanager
async def following(app, path):
    """Collects what a stream says, beside; `said` is a function that waits for a text in it."""
    text, more = bytearray(), asyncio.Event()

    async def read(answer):
        async for piece in answer.content.iter_any():
            text.extend(piece)
            more.set()

    async def said(*words, within_s=15.0):
        async with asyncio.timeout(within_s):
            while not all(word.encode() in text for word in words):
                more.clear()
                await more.wait()

    async with app.http.get(path) as answer:
        reading = asyncio.create_task(read(answer))
        yield said
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def test_switched_on_by_a_post_the_watcher_is_alive_and_connected(evening):
    app, _, _ = evening

    status = await app.until("/debug/watch/status", lambda found: found["connected"])

    assert {key: status[key] for key in ("has_watch", "alive", "stop_set")} == {
        "has_watch": True,
        "alive": True,
        "stop_set": False,
    }


async def test_stop_closes_the_socket_and_start_opens_it_again(evening):
    app, plex, _ = evening
    await app.until("/debug/watch/status", lambda found: found["connected"])

    assert await app.post("/debug/watch/stop") == {"ok": True, "alive": False}
    async with asyncio.timeout(5):
        while plex.world.hub.listeners:  # noqa: ASYNC110 -- it happens in another process
            await asyncio.sleep(0.02)

    assert await app.post("/debug/watch/start") == {"ok": True, "alive": True}
    await app.until("/debug/watch/status", lambda found: found["connected"])


async def test_the_log_of_trakt_and_the_page_follow_a_viewing_from_start_to_history(evening):
    app, plex, trakt = evening
    await app.until("/debug/watch/status", lambda found: found["connected"])
    player = plex.player("alice", "tv")
    arrival = plex.item("Arrival")

    async with (
        following(app, "/api/logs/stream?channel=TRAKT") as log_said,
        following(app, "/api/events") as page_said,
    ):
        await log_said("connected")
        await player.start(arrival)
        await log_said("dispatch start Arrival")
        await page_said("Arrival", "Scrobbling to the Trakt account", 'data-run="playing"')
        await player.seek(int(arrival.length_ms * 0.95))
        await player.stop()
        await log_said("dispatch stop Arrival")
        await page_said("Delivered", "is in the history of the Trakt account")

    [play] = trakt.history("maya_w")
    assert play.item.title == "Arrival"
    [told] = (await app.get("/api/plays"))["plays"]
    assert (told["verdict"], told["person"]["name"]) == ("delivered", "alice")
    assert (await app.get(f"/api/plays/{told['id']}"))["trace"]


async def test_no_token_is_in_anything_that_the_app_has_said(evening):
    app, plex, _ = evening
    await app.until("/debug/watch/status", lambda found: found["connected"])
    paths = ("/", "/api/config", "/debug/watch/status", "/api/logs/dump", "/api/plays", "/openapi.json")

    said = app.output
    for path in paths:
        async with app.http.get(path) as answer:
            said += await answer.text()

    assert plex.owner_token not in said
    assert "client-secret" not in said
