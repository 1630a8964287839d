"""What a page does while somebody has it open: it follows, keeps the focus, and comes back."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SAYS_SO_WITHIN_MS = 5_000


async def until_changed(page, read):
    """Wait until the page shows something else; what is read must be an expression of the page's script."""
    await page.wait_for_function(f"(was) => ({read}) !== was", arg=await page.evaluate(read))


async def test_positions_move_by_themselves(look):
    page = await (await look()).go()
    await expect(page.locator("#live")).to_have_text("Live")
    await until_changed(page, "document.querySelector('[data-run=playing] [data-position]').textContent")


async def test_the_focus_and_what_was_opened_survive_a_live_update(look):
    page = await (await look()).go()
    card = page.locator(".card:has([data-run=playing])").first
    await card.locator("summary").focus()
    await page.keyboard.press("Enter")
    await until_changed(page, "document.querySelector('[data-run=playing]').dataset.known")
    assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert await card.locator("details").get_attribute("open") is not None


async def test_a_page_says_that_the_app_is_gone_and_shows_the_present_when_it_is_back(look, home):
    window = await look()
    page = await window.go()
    await expect(page.locator("#live")).to_have_text("Live")
    await home.stage.kill_app()
    began = time.monotonic()
    await expect(page.locator("#live")).to_have_text("Reconnecting…", timeout=SAYS_SO_WITHIN_MS)
    assert time.monotonic() - began < SAYS_SO_WITHIN_MS / 1000
    known = await page.evaluate("document.querySelector('[data-run=playing]').dataset.known")
    await home.stage.start_app()
    await home.stage.until_connected()
    await expect(page.locator("#live")).to_have_text("Live", timeout=30_000)
    await page.wait_for_function(
        "(was) => document.querySelector('[data-run=playing]')?.dataset.known > was", arg=known
    )
    shown = await page.locator(".card h3").all_inner_texts()
    fresh = await (await look()).go()
    assert sorted(shown) == sorted(await fresh.locator(".card h3").all_inner_texts())


async def test_a_log_goes_on_after_a_restart_without_a_gap(look, home):
    page = await (await look()).go("logs")
    await expect(page.locator("#live")).to_have_text("Live")
    await home.stage.restart_app()
    await home.stage.until_connected()
    await expect(page.locator("#live")).to_have_text("Live", timeout=30_000)
    await expect(page.locator("#lines")).to_contain_text("connected to Den", timeout=30_000)
    told = [record["message"] for record in (await home.stage.get("/api/logs/dump", n=1000))["records"]]
    shown = await page.locator("#lines").inner_text()
    assert len(told) > 5
    assert [message for message in told[:-5] if message not in shown] == []


async def test_the_page_of_a_play_follows_what_becomes_of_it(look, home):
    play = (await home.stage.get("/api/plays", verdict="queued"))["plays"][0]
    page = await (await look()).go(f"history/{play['id']}")

    async def wish(verb):
        """Ask for it elsewhere; it is refused for as long as Trakt is being told of the play."""
        ask = "async ([id, verb]) => (await fetch(`../api/plays/${id}/${verb}`, {method: 'POST'})).ok"
        await page.wait_for_function(ask, arg=[play["id"], verb], timeout=SAYS_SO_WITHIN_MS)

    verdict = page.locator("#outcome .verdict")
    await expect(verdict).to_contain_text("Queued")
    await wish("ignore")
    await expect(verdict).to_contain_text("Skipped", timeout=SAYS_SO_WITHIN_MS)
    await expect(page.locator("#acts")).to_contain_text("Count it")
    await wish("retry")
