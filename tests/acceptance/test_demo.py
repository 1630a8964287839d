"""The demo as a user runs it, only faster; and its comparison, which must be able to fail."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import time

import aiohttp
import psutil
import pytest

from crosswatch.clock import Clock
from crosswatch.demo.comparison import Finding, compare
from crosswatch.demo.stage import ACCOUNT, Stage
from crosswatch.demo.truth import Truth

SCALE = "900"
ALL_RIGHT = "12 of 12 plays are right: 8 recorded, 4 rightly not. 0 lost, 0 doubled, 0 wrong."
STEP_S = 60.0


class Demo:
    """The command, and what it has written."""

    def __init__(self, process):
        self.process = process
        self.lines = []

    async def until(self, what):
        """Read on until a line says that."""
        async with asyncio.timeout(STEP_S):
            while line := (await self.process.stdout.readline()).decode():
                self.lines.append(line.rstrip("\n"))
                if what in line:
                    return self.lines[-1]
        raise AssertionError(f"the demo ended without saying {what!r}:\n" + "\n".join(self.lines))

    async def end(self, number):
        """Send a signal; the exit code, once it and everything it started are gone."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(number)
        async with asyncio.timeout(STEP_S):
            rest = (await self.process.stdout.read()).decode()
            self.lines += rest.splitlines()
            code = await self.process.wait()
        assert children
        assert not any(child.is_running() for child in children)
        return code


@contextlib.asynccontextmanager
async def started(*options):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crosswatch", "demo", "--port", "0", "--scale", SCALE, *options),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    try:
        yield Demo(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()


async def test_the_evening_comes_out_right_and_life_goes_on_until_ctrl_c():
    async with started("--serve") as demo:
        address = re.search(r"http://\S+", await demo.until("The live page:"))[0]
        assert await demo.until("right") == ALL_RIGHT
        told = "\n".join(demo.lines)
        assert "dave (id 1000005) is not in `username_whitelist`." in told
        assert re.search(r"Bluey S01E01 +100\u00a0% .*✓", told)
        assert "search for WALL-E" in told
        assert "kill -9" in told
        assert "\x1b" not in told
        await demo.until("Life goes on")
        await demo.until("▶")
        async with aiohttp.ClientSession() as http, http.get(address) as page:
            assert page.status == 200
        assert await demo.end(signal.SIGINT) == 0
        assert demo.lines[-1] == "Ended. Everything is shut down."


async def test_an_interrupted_evening_ends_at_once_and_leaves_nothing_behind():
    async with started() as demo:
        await demo.until("▶")
        assert await demo.end(signal.SIGTERM) == 130


async def test_a_play_that_trakt_holds_too_much_or_too_little_is_seen():
    clock = Clock(scale=600.0, epoch=time.time())  # noqa: TID251 -- a clock of our own
    async with Stage(clock=clock) as stage:
        truth = Truth(stage.plexes, stage.trakt)

        def compared():
            return compare(truth.seen(), truth.held(), {"alice": ACCOUNT})

        await stage.start_app()
        await stage.until_connected()
        await stage.plex.player("alice", "tv").watch(stage.plex.item("Paperman"))
        await stage.trakt.ledger.wait_for(lambda r: r.path == "/scrobble/stop" and r.status == 201)
        assert compared().is_right

        world, member = stage.trakt.world, stage.trakt.user(ACCOUNT)
        (play,) = member.history
        extra = world.new_play(
            play.item, clock.now(), "watch", made_at=clock.now(), made_by="a planted fault"
        )
        world.record(member, extra)
        assert [row.finding for row in compared().rows] == [Finding.RECORDED, Finding.DOUBLED]

        member.history.clear()
        assert [row.finding for row in compared().rows] == [Finding.LOST]


@pytest.mark.parametrize("scale", ["1", "0"])
async def test_an_evening_that_would_take_an_evening_is_refused(scale):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crosswatch", "demo", "--scale", scale), stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert b"--scale" in errors
