"""What goes on beside the plays, in the whole app: sums, checks that know, and people who are told once."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from aiohttp import web

from crosswatch.health.checks import Level
from crosswatch.tallies import Counted

PAPERMAN = "Paperman (2012)"


@asynccontextmanager
async def place():
    """Somewhere to be told of things, and what was said there."""
    told = []

    async def take(request):
        told.append(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", told
    await runner.cleanup()


async def checks(home):
    return {check.kind: check for check in (await home.app.upkeep.look()).checks}


async def test_a_viewing_is_counted_from_the_frame_to_the_record(live_in):
    home = await live_in()
    await home.watch(PAPERMAN)
    await home.watch(PAPERMAN, person="bob")
    await home.settled()

    counts = home.app.upkeep.tallies.counts
    assert counts[Counted.EVENTS, ("watch", "start")] == 2
    assert counts[Counted.PLAYS, ("delivered", "watched")] == 1
    assert counts[Counted.PLAYS, ("skipped", "person_not_listed")] == 1
    assert counts[Counted.TRAKT_REQUESTS, ("/scrobble/start", "201")] == 1
    assert sum(home.app.upkeep.tallies.delivery_buckets) == 2


async def test_checks_know_when_trakt_last_said_yes(live_in):
    home = await live_in()
    assert (await checks(home))["link"].proved_at is not None  # the link itself is new
    await home.watch(PAPERMAN)
    await home.settled()

    found = await checks(home)
    assert "Trakt last said yes" in found["link"].sentence
    assert found["server"].level is found["link"].level is found["backlog"].level is Level.FINE
    assert found["backup"].level is Level.FINE


async def test_a_server_that_goes_away_is_told_of_once_and_so_is_its_return(live_in):
    async with place() as (address, told):
        home = await live_in()
        home.edit(notices={"webhook_url": address})
        await home.later(minutes=1)
        away = asyncio.create_task(home.plex.restart(down_s=3600))
        await home.later(minutes=30)
        assert [(one["event"], one["state"]) for one in told] == [("source", "open")]

        await home.stop_app()
        await home.start_app(connects=False)
        await away
        await home.connected()
        await home.later(minutes=11)

    assert [(one["event"], one["state"]) for one in told] == [("source", "open"), ("source", "resolved")]


async def test_somebody_new_is_told_of_once(live_in):
    async with place() as (address, told):
        home = await live_in()
        home.edit(notices={"webhook_url": address})
        await home.later(minutes=1)
        for _ in range(2):
            await home.watch(PAPERMAN, person="bob", start=0.5)
            await home.settled()
            await home.later(hours=1)

    assert [one["title"] for one in told] == ["Somebody new: bob"]
