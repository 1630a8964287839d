"""The log as somebody reads it: it follows, waits for whoever reads further up, and says what it missed."""

from __future__ import annotations

import re

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

FULL = 60
"""So many lines fill the box."""


@pytest.fixture
def say(home):
    """Has the app say something so often: each request for DEBUG lines is a line of its own."""

    async def speak(times=1):
        async with aiohttp.ClientSession(home.stage.url, raise_for_status=True) as http:
            for minutes in [1] * times + [0]:
                async with http.post("/api/logs/debug", params={"minutes": minutes}) as answer:
                    await answer.read()

    return speak


@pytest_asyncio.fixture(loop_scope="session")
async def log(look, say):
    """The page of those lines alone, live, with more of them than fit."""
    await say(FULL)
    page = await (await look(width=1000, height=600)).go("logs?q=DEBUG+lines")
    await expect(page.locator("#live")).to_have_text("Live")
    return page


async def test_new_lines_come_by_themselves_while_the_end_is_in_sight(log, say):
    before = await log.locator(".line").count()
    await say(3)
    await expect(log.locator("#lines .line")).to_have_count(before + 3)
    await expect(log.locator("#lines .line").last).to_be_in_viewport()


async def test_lines_wait_for_whoever_reads_further_up(log, say):
    before = await log.locator("#lines .line").count()
    await log.locator("#log").evaluate("(box) => { box.scrollTop = -300; }")
    await say(3)
    more = log.locator("#more")
    await expect(more).to_have_text("3 new lines ↓")
    await expect(log.locator("#lines .line")).to_have_count(before)
    await more.click()
    await expect(log.locator("#lines .line")).to_have_count(before + 3)
    await expect(more).to_be_hidden()


async def test_a_log_that_is_paused_stands_still_and_goes_on(log, say):
    before = await log.locator("#lines .line").count()
    pause = log.get_by_role("button", name="Pause")
    await pause.click()
    await say()
    await expect(log.locator("#more")).to_have_text("1 new line ↓")
    await expect(log.locator("#lines .line")).to_have_count(before)
    await pause.click()
    await expect(log.locator("#lines .line")).to_have_count(before + 1)


async def test_what_was_lost_with_the_app_is_said_with_its_time_span(log, say, home):
    await home.stage.kill_app()
    await expect(log.locator("#live")).to_have_text("Reconnecting…", timeout=5_000)
    await home.stage.start_app()
    await home.stage.until_connected()
    await expect(log.locator("#live")).to_have_text("Live", timeout=30_000)
    await say()
    told = re.compile(r"Lost touch for \d+ s\. Lines between \d\d:\d\d:\d\d and \d\d:\d\d:\d\d are no longer")
    await expect(log.locator(".rule").last).to_have_text(told)
