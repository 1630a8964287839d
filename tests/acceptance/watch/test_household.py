"""The household itself: its time leaps only when nobody is at work, and a killed app does nothing more."""

from __future__ import annotations

import asyncio
import time

PAPERMAN = "Paperman (2012)"


async def test_time_leaps_over_waiting_and_stands_still_while_a_thread_is_at_work():
    loop, began_at = asyncio.get_running_loop(), time.monotonic()
    waiting = asyncio.ensure_future(asyncio.sleep(3_600))
    await asyncio.to_thread(time.sleep, 0.05)
    assert (loop.time(), waiting.done()) == (0.0, False)
    await waiting
    assert loop.time() == 3_600
    assert time.monotonic() - began_at < 5


async def test_an_app_that_was_killed_neither_sends_nor_writes_nor_listens(live_in):
    home = await live_in()
    player = home.plex.player()
    await player.start(home.item(PAPERMAN), offset_ms=300_000)
    await home.later(minutes=1)
    await home.kill_app()
    assert home.plex.world.hub.listeners == []
    told = home.told()
    await player.stop()
    await home.later(minutes=5)
    assert home.told() == told
    await home.start_app()
    (play,) = await home.plays()
    assert play.state == "playing"
