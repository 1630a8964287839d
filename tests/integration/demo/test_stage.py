from __future__ import annotations

import asyncio
import json
import signal
import socket

import aiohttp
import pytest

from crosswatch.demo.stage import HOST, AppDiedError, Stage, first_of, free_port
from crosswatch.simulator.plex import PlexOptions, SimulatedPlex


async def test_a_play_on_the_stage_reaches_trakt_and_outlives_kill_and_restart(fast_clock):
    async with Stage(clock=fast_clock) as stage:
        await stage.start_app()
        await stage.until_connected()
        await stage.plex.player("alice", "tv").watch(stage.plex.item("Paperman"))
        await stage.trakt.ledger.wait_for(lambda r: r.path == "/scrobble/stop" and r.status == 201)
        await stage.kill_app()
        with pytest.raises(aiohttp.ClientError):
            await stage.get("/healthz")
        await stage.start_app()
        (play,) = (await stage.get("/api/plays"))["plays"]
        assert play["media"]["label"] == "Paperman (2012)"
        assert [one.label for one in stage.trakt.history("the-household")] == ["Paperman (2012)"]


async def test_every_server_on_the_stage_is_heard(fast_clock):
    uuids = ["a" * 40, "b" * 40]
    plexes = [SimulatedPlex(clock=fast_clock, options=PlexOptions(machine_identifier=uuid)) for uuid in uuids]
    async with Stage(clock=fast_clock, plexes=plexes) as stage:
        await stage.start_app()
        await stage.until_connected()
        status = await stage.get("/debug/watch/status")
        assert [server["server_uuid"] for server in status["servers"]] == uuids


async def test_a_changed_document_is_what_the_app_starts_with(fast_clock):
    async with Stage(clock=fast_clock, listed=["bob"]) as stage:
        stage.document["features"]["watch"]["enabled"] = False
        await stage.start_app()
        status = await stage.get("/debug/watch/status")
        assert not status["has_watch"]
        config = await stage.get("/api/config")
        assert config["features"]["scrobble"]["filters"]["username_whitelist"] == ["bob"]
        folder = stage.directory
    assert not folder.exists()


async def test_config_json_is_nobody_elses_to_read(fast_clock):
    async with Stage(clock=fast_clock) as stage:
        await stage.start_app()
        path = stage.directory / "config.json"
        assert path.stat().st_mode & 0o077 == 0
        assert json.loads(path.read_text())["trakt"]["api_url"] == stage.trakt.api_url


async def test_an_app_that_does_not_come_up_leaves_its_last_words(fast_clock):
    async with Stage(clock=fast_clock) as stage:
        with (
            socket.create_server((HOST, stage.port)),
            pytest.raises(AppDiedError, match="address already in use"),
        ):
            await stage.start_app()


async def test_an_app_that_dies_of_itself_ends_the_work_that_needs_it(fast_clock):
    async with Stage(clock=fast_clock) as stage:
        stage.document["features"]["watch"]["enabled"] = False
        await stage.start_app()
        stage.signal_app(signal.SIGKILL)
        with pytest.raises(AppDiedError, match="nobody asked it to"):
            await stage.while_alive(asyncio.sleep(20))
        await stage.start_app()
        assert await stage.while_alive(asyncio.sleep(0, "done")) == "done"


async def test_the_app_runs_once_and_stopping_it_twice_is_fine(fast_clock):
    async with Stage(clock=fast_clock) as stage:
        await stage.start_app()
        with pytest.raises(RuntimeError, match="already"):
            await stage.start_app()
        await stage.stop_app()
        await stage.stop_app()


def test_a_port_that_somebody_has_is_passed_over():
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) > port


async def test_of_several_the_first_to_end_decides_and_the_others_are_cancelled():
    others = asyncio.Event()

    async def never():
        try:
            await asyncio.Event().wait()
        finally:
            others.set()

    assert await first_of(never(), asyncio.sleep(0, "first")) == "first"
    assert others.is_set()
