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
from crosswatch.demo.comparison import Comparison, Finding, Row, compare
from crosswatch.demo.family import LINKS, OWNER, move_in
from crosswatch.demo.show import Options, Show
from crosswatch.demo.stage import ACCOUNT, Stage
from crosswatch.demo.terminal import Terminal
from crosswatch.demo.truth import Truth

SCALE = "900"
ALL_RIGHT = "17 of 17 plays are right: 12 recorded, 5 rightly not. 0 lost, 0 doubled, 0 wrong."
STEP_S = 60.0

TOLD = {
    "a visitor": "dave (id 1000006) is not linked to a Trakt account.",
    "a stranger": "Plex never said who watched Game of Thrones S01E01, and nobody is guessed.",
    "an odd title": "search for WALL-E",
    "a remake": "True Grit (1970), taken for True Grit (2010),",
    "a crash": "kill -9",
    "an outage": "Trakt is out of order",
    "a restart": "Plex restarts",
}
TABLE = [
    r"alice +The Office \(US\) S04E01 .* ✓ \d\d:\d\d  alice  as The Office S04E01",
    r" +The Office \(US\) S04E02 .* ✓ \d\d:\d\d  alice  as The Office S04E02",
    r"Cowboy Bebop S01E05 .* ✓ \d\d:\d\d  bob",
    r"One Piece S01E164 .* ✓ \d\d:\d\d  bob    as One Piece S09E21",
    r"dave +The Big Bang Theory S01E01 .* ✓ – +Not linked",  # noqa: RUF001 -- as it is shown
    r"Kids +Bluey S01E01 +100\u00a0% .* ✓ \d\d:\d\d  kids",
    r"somebody Game of Thrones S01E01 .* ✓ – +Plex did not say who",  # noqa: RUF001 -- the same
    r"Together True Grit \(1970\) .* ✓ \d\d:\d\d  alice  as True Grit \(1969\)",
    r"\n +✓ \d\d:\d\d  bob    as True Grit \(1969\)",
]
"""What the table says, in the account of whom it is, and why it is in none."""


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
        assert {name: said in told for name, said in TOLD.items()} == dict.fromkeys(TOLD, True)
        assert {line: bool(re.search(line, told)) for line in TABLE} == dict.fromkeys(TABLE, True)
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
            return compare(truth.seen(), truth.held(), {"alice": (ACCOUNT,)})

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


async def test_a_play_in_the_account_of_somebody_else_is_seen():
    clock = Clock(scale=600.0, epoch=time.time())  # noqa: TID251 -- a clock of our own
    async with Stage(clock=clock, listed=(), account=OWNER) as stage:
        truth = Truth(stage.plexes, stage.trakt)
        move_in(stage)
        (kids,) = [one for one in stage.document["people"] if one["name"] == "Kids"]
        kids["accounts"] = ["bob"]
        await stage.start_app()
        await stage.until_connected()
        await stage.plex.player("Kids", "tablet").watch(stage.plex.item("Paperman"))
        await stage.trakt.ledger.wait_for(lambda r: r.path == "/scrobble/stop" and r.status == 201)
        rows = compare(truth.seen(), truth.held(), LINKS).rows
        assert [(row.account, row.finding) for row in rows] == [
            ("kids", Finding.LOST),
            ("bob", Finding.WRONG),
        ]


@pytest.mark.parametrize(
    ("finding", "reason", "code"),
    [
        (Finding.RECORDED, "", 0),
        (Finding.LEFT_OUT, "Not linked", 0),
        (Finding.LEFT_OUT, "", 1),
        (Finding.LOST, "", 1),
        (Finding.DOUBLED, "", 1),
        (Finding.WRONG, "", 1),
    ],
)
def test_a_table_that_is_not_right_is_a_failure(finding, reason, code):
    show = Show(Options(), Terminal())
    show.comparison = Comparison(rows=[Row(finding=finding, reason=reason)])
    assert show.exit_code == code


@pytest.mark.parametrize("scale", ["1", "0"])
async def test_an_evening_that_would_take_an_evening_is_refused(scale):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crosswatch", "demo", "--scale", scale), stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert process.returncode == 2
    assert b"--scale" in errors
