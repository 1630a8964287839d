"""From a frame to the picture: until a page that somebody has open shows what a player has just done.

A simulated player is paused and resumed, and Chromium has the page of now before it. The clock runs from the
moment at which the frame is pushed until the card on the screen says so. The app gathers what happens within
200 ms into one drawing, so frames that come close to each other would wait for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import statistics
import time
from typing import TYPE_CHECKING

from playwright.async_api import async_playwright

from bench.app import document, register, running_app
from bench.figures import Row, Table, milliseconds, percentile
from bench.scene import LENIENT, plex_section
from crosswatch.simulator.plex import SimulatedPlex
from crosswatch.simulator.trakt import SimulatedTrakt
from tools import chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from bench.scale import Scale
    from crosswatch.simulator.plex.player import Player

TITLE = "frame → picture of an open page"
SEEN_S = 0.3
GAP_S = (0.4, 0.8)
BEGINS_MS = 600_000
FILM = "The Matrix"
MOVES, STANDS = "[data-run=playing]", "[data-run]:not([data-run=playing])"


async def run(scale: Scale) -> Table:
    """Measure it; without a Chromium there is nothing to measure."""
    path = chromium.find()
    if path is None:
        return Table(title=TITLE, how=f"Left out. {chromium.MISSING}", rows=())
    rng = random.Random(1)  # noqa: S311 -- only spreads the frames
    async with SimulatedPlex() as plex, SimulatedTrakt(options=LENIENT) as trakt:
        register(trakt)
        settings = document([plex_section(plex)], trakt, "screen", write_interval_s=0)
        async with running_app(settings) as app, _open(f"{app.url}/", path) as page:
            await app.connected()
            player = plex.player("alice")
            await player.start(plex.item(FILM), offset_ms=BEGINS_MS)
            await page.wait_for_selector(MOVES)
            took = [await _change(player, page, rng) for _ in range(scale.of(100, quick=4))]
    p50, p99 = statistics.median(took), percentile(took, 0.99)
    return Table(
        title=TITLE,
        how=f"{len(took)} frames, each on an idle page.",
        rows=(
            Row(
                what="median",
                figure=milliseconds(p50),
                budget=f"≤ {milliseconds(SEEN_S)}",
                is_met=p50 <= SEEN_S,
            ),
            Row(
                what="p99", figure=milliseconds(p99), budget=f"≤ {milliseconds(SEEN_S)}", is_met=p99 <= SEEN_S
            ),
        ),
    )


async def _change(player: Player, page: Page, rng: random.Random) -> float:
    """Seconds from one more frame until the page shows it."""
    await asyncio.sleep(rng.uniform(*GAP_S))
    began = time.perf_counter()
    if player.state == "playing":
        player.pause()
        await page.wait_for_selector(STANDS)
    else:
        player.resume()
        await page.wait_for_selector(MOVES)
    return time.perf_counter() - began


@contextlib.asynccontextmanager
async def _open(url: str, path: str) -> AsyncIterator[Page]:
    """The page, in a browser of its own."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=options)
        page = await browser.new_page()
        await page.goto(url)
        yield page
        await browser.close()
